/* SPDX-License-Identifier: Apache-2.0
 *
 * What runs along one axis: softmax and its logarithm (float64 inside), argmax, topk (n log n).
 */
#include "relu_ops.h"

#include <math.h>
#include <stdlib.h>

static void softmax_line(const float *x, float *y, uint64_t n, uint64_t stride, bool logarithm) {
    double top = x[0], sum = 0;
    for (uint64_t i = 1; i < n; i++)
        top = (double)x[i * stride] > top ? (double)x[i * stride] : top;
    for (uint64_t i = 0; i < n; i++) sum += exp((double)x[i * stride] - top);
    for (uint64_t i = 0; i < n; i++) {
        double d = (double)x[i * stride] - top;
        y[i * stride] = (float)(logarithm ? d - log(sum) : exp(d) / sum);
    }
}

static float argmax_line(const float *x, uint64_t n, uint64_t stride, bool last) {
    uint64_t best = 0;
    for (uint64_t i = 1; i < n; i++)
        if (x[i * stride] > x[best * stride] || (last && x[i * stride] == x[best * stride]))
            best = i;
    return (float)best;
}

/* Ascending, the lower index first on ties. */
static int by_value(const void *a, const void *b) {
    const TtfsReluTerm *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return (p->at > q->at) - (p->at < q->at);
}

static void topk_line(TtfsReluOp *s, const float *x, float *y, uint64_t n, uint64_t stride) {
    const TtfsIrAttr *a = &s->node->attr;
    for (uint64_t i = 0; i < n; i++)
        s->terms[i] = (TtfsReluTerm){a->largest ? -(double)x[i * stride] : (double)x[i * stride],
                                     (uint32_t)i};
    qsort(s->terms, n, sizeof *s->terms, by_value);
    for (uint64_t i = 0; i < a->k; i++)
        y[i * stride] = a->indices ? (float)s->terms[i].at : x[s->terms[i].at * stride];
}

/* `stride` is that of the axis, in the input and in the output. */
void ttfs_relu_axis(TtfsReluOp *s) {
    const TtfsTensorInfo *x = s->shape[0];
    uint32_t axis = s->node->attr.axis;
    uint64_t n = x->dim[axis], m = s->out_shape->dim[axis], stride = 1;
    for (uint32_t i = axis + 1; i < x->rank; i++) stride *= x->dim[i];
    uint64_t outer = ttfs_ir_count(x) / (n * stride);
    for (uint64_t o = 0; o < outer; o++)
        for (uint64_t i = 0; i < stride; i++) {
            const float *line = s->in[0] + o * n * stride + i;
            float *out = s->out + o * m * stride + i;
            if (s->node->op == TTFS_OP_ARGMAX)
                *out = argmax_line(line, n, stride, s->node->attr.last);
            else if (s->node->op == TTFS_OP_TOPK)
                topk_line(s, line, out, n, stride);
            else
                softmax_line(line, out, n, stride, s->node->op == TTFS_OP_LOGSOFTMAX);
        }
}
