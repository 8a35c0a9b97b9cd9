/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools over rows and columns: the largest, the smallest, the mean. Padding never wins; a mean
 * divides by the values in the patch, or with count_pad by the whole patch.
 */
#include "relu_ops.h"

#include <math.h>

/* The taps of one patch that lie on values. */
typedef struct {
    const float *first;
    uint32_t rows, columns;
    uint64_t row_stride, column_stride;
} Patch;

/* First tap at or after 0 and taps below `size` along one axis, for a patch from `start`. */
static uint32_t taps(int64_t start, uint32_t kernel, uint32_t dilation, int64_t size,
                     int64_t *place) {
    int64_t d = dilation, from = start < 0 ? (-start + d - 1) / d : 0;
    int64_t end = start < size ? (size - start + d - 1) / d : 0;
    if (end > kernel) end = kernel;
    *place = start + from * d;
    return end > from ? (uint32_t)(end - from) : 0;
}

static Patch patch_at(const TtfsReluOp *s, const float *plane, uint32_t oy, uint32_t ox) {
    const TtfsIrAttr *a = &s->node->attr;
    int64_t h = s->shape[0]->dim[2], w = s->shape[0]->dim[3], y, x;
    Patch p = {.row_stride = (uint64_t)w * a->dilation[0], .column_stride = a->dilation[1]};
    p.rows = taps((int64_t)oy * a->stride[0] - a->pad[0], a->kernel[0], a->dilation[0], h, &y);
    p.columns = taps((int64_t)ox * a->stride[1] - a->pad[1], a->kernel[1], a->dilation[1], w, &x);
    p.first = p.rows && p.columns ? plane + y * w + x : plane;
    return p;
}

static float extreme(const Patch *p, bool largest) {
    float best = largest ? -INFINITY : INFINITY;
    for (uint32_t i = 0; i < p->rows; i++)
        for (uint32_t k = 0; k < p->columns; k++) {
            float x = p->first[i * p->row_stride + k * p->column_stride];
            best = (largest ? x > best : x < best) ? x : best;
        }
    return best;
}

static float mean(const Patch *p, const TtfsIrAttr *a) {
    double sum = 0;
    for (uint32_t i = 0; i < p->rows; i++)
        for (uint32_t k = 0; k < p->columns; k++)
            sum += (double)p->first[i * p->row_stride + k * p->column_stride];
    uint64_t values = (uint64_t)p->rows * p->columns;
    uint64_t whole = (uint64_t)a->kernel[0] * a->kernel[1];
    return (float)(sum / (double)(a->count_pad ? whole : values));
}

void ttfs_relu_pool(TtfsReluOp *s) {
    const TtfsTensorInfo *x = s->shape[0], *y = s->out_shape;
    uint64_t planes = (uint64_t)x->dim[0] * x->dim[1], size = (uint64_t)x->dim[2] * x->dim[3];
    float *out = s->out;
    for (uint64_t c = 0; c < planes; c++)
        for (uint32_t oy = 0; oy < y->dim[2]; oy++)
            for (uint32_t ox = 0; ox < y->dim[3]; ox++) {
                Patch p = patch_at(s, s->in[0] + c * size, oy, ox);
                *out++ = s->node->op == TTFS_OP_AVERAGEPOOL
                             ? mean(&p, &s->node->attr)
                             : extreme(&p, s->node->op == TTFS_OP_MAXPOOL);
            }
}
