/* SPDX-License-Identifier: Apache-2.0
 *
 * What runs along one axis: softmax and its logarithm (float64 inside), argmax, topk (n log n).
 */
#include "relu_ops.h"

#include <math.h>
#include <stdlib.h>

static void softmax_line(const float *x, float *y, uint64_t n, uint64_t step, bool logarithm) {
    double top = x[0], sum = 0;
    for (uint64_t i = 1; i < n; i++) top = (double)x[i * step] > top ? (double)x[i * step] : top;
    for (uint64_t i = 0; i < n; i++) sum += exp((double)x[i * step] - top);
    for (uint64_t i = 0; i < n; i++) {
        double d = (double)x[i * step] - top;
        y[i * step] = (float)(logarithm ? d - log(sum) : exp(d) / sum);
    }
}

static float argmax_line(const float *x, uint64_t n, uint64_t step, bool last) {
    uint64_t best = 0;
    for (uint64_t i = 1; i < n; i++)
        if (x[i * step] > x[best * step] || (last && x[i * step] == x[best * step])) best = i;
    return (float)best;
}

/* Ascending, the lower index first on ties. */
static int by_value(const void *a, const void *b) {
    const TtfsReluTerm *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return (p->at > q->at) - (p->at < q->at);
}

static void topk_line(TtfsReluStep *s, const float *x, float *y, uint64_t n, uint64_t step) {
    const TtfsIrAttr *a = &s->node->attr;
    for (uint64_t i = 0; i < n; i++)
        s->terms[i] =
            (TtfsReluTerm){a->largest ? -(double)x[i * step] : (double)x[i * step], (uint32_t)i};
    qsort(s->terms, n, sizeof *s->terms, by_value);
    for (uint64_t i = 0; i < a->k; i++)
        y[i * step] = a->indices ? (float)s->terms[i].at : x[s->terms[i].at * step];
}

/* `step` is the axis' stride, in the input and in the output. */
void ttfs_relu_axis(TtfsReluStep *s) {
    const TtfsTensorInfo *x = s->shape[0];
    uint32_t axis = s->node->attr.axis;
    uint64_t n = x->dim[axis], m = s->out_shape->dim[axis], step = 1;
    for (uint32_t i = axis + 1; i < x->rank; i++) step *= x->dim[i];
    uint64_t outer = ttfs_ir_count(x) / (n * step);
    for (uint64_t o = 0; o < outer; o++)
        for (uint64_t i = 0; i < step; i++) {
            const float *line = s->in[0] + o * n * step + i;
            float *out = s->out + o * m * step + i;
            if (s->node->op == TTFS_OP_ARGMAX)
                *out = argmax_line(line, n, step, s->node->attr.last);
            else if (s->node->op == TTFS_OP_TOPK)
                topk_line(s, line, out, n, step);
            else
                softmax_line(line, out, n, step, s->node->op == TTFS_OP_LOGSOFTMAX);
        }
}
