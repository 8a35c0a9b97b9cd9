/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools over rows and columns: the largest, the smallest, the mean. Padding never wins; a mean
 * divides by the values in the window, or with count_pad by the whole window.
 */
#include "relu_ops.h"

#include <math.h>

/* The taps of one window that lie on values. */
typedef struct {
    const float *first;
    uint32_t rows, columns;
    uint64_t row_step, column_step;
} View;

/* First tap at or after 0 and taps below `size` along one axis, for a window from `start`. */
static uint32_t taps(int64_t start, uint32_t kernel, uint32_t dilation, int64_t size,
                     int64_t *place) {
    int64_t d = dilation, from = start < 0 ? (-start + d - 1) / d : 0;
    int64_t end = start < size ? (size - start + d - 1) / d : 0;
    if (end > kernel) end = kernel;
    *place = start + from * d;
    return end > from ? (uint32_t)(end - from) : 0;
}

static View view(const TtfsReluStep *s, const float *plane, uint32_t oy, uint32_t ox) {
    const TtfsIrAttr *a = &s->node->attr;
    int64_t h = s->shape[0]->dim[2], w = s->shape[0]->dim[3], y, x;
    View v = {.row_step = (uint64_t)w * a->dilation[0], .column_step = a->dilation[1]};
    v.rows = taps((int64_t)oy * a->stride[0] - a->pad[0], a->kernel[0], a->dilation[0], h, &y);
    v.columns = taps((int64_t)ox * a->stride[1] - a->pad[1], a->kernel[1], a->dilation[1], w, &x);
    v.first = v.rows && v.columns ? plane + y * w + x : plane;
    return v;
}

static float extreme(const View *v, bool largest) {
    float best = largest ? -INFINITY : INFINITY;
    for (uint32_t i = 0; i < v->rows; i++)
        for (uint32_t k = 0; k < v->columns; k++) {
            float x = v->first[i * v->row_step + k * v->column_step];
            best = (largest ? x > best : x < best) ? x : best;
        }
    return best;
}

static float mean(const View *v, const TtfsIrAttr *a) {
    double sum = 0;
    for (uint32_t i = 0; i < v->rows; i++)
        for (uint32_t k = 0; k < v->columns; k++)
            sum += (double)v->first[i * v->row_step + k * v->column_step];
    uint64_t values = (uint64_t)v->rows * v->columns;
    uint64_t window = (uint64_t)a->kernel[0] * a->kernel[1];
    return (float)(sum / (double)(a->count_pad ? window : values));
}

void ttfs_relu_pool(TtfsReluStep *s) {
    const TtfsTensorInfo *x = s->shape[0], *y = s->out_shape;
    uint64_t planes = (uint64_t)x->dim[0] * x->dim[1], size = (uint64_t)x->dim[2] * x->dim[3];
    float *out = s->out;
    for (uint64_t c = 0; c < planes; c++)
        for (uint32_t oy = 0; oy < y->dim[2]; oy++)
            for (uint32_t ox = 0; ox < y->dim[3]; ox++) {
                View v = view(s, s->in[0] + c * size, oy, ox);
                *out++ = s->node->op == TTFS_OP_AVERAGEPOOL
                             ? mean(&v, &s->node->attr)
                             : extreme(&v, s->node->op == TTFS_OP_MAXPOOL);
            }
}
