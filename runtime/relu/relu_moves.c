/* SPDX-License-Identifier: Apache-2.0
 *
 * What moves values: the output is walked in order, and for each element the place in the input is
 * an affine function of its coordinates (transpose, slice, pad); concat and gather copy blocks.
 */
#include "relu_ops.h"

#include <string.h>

/* Places of x's axes: elements from one coordinate to the next. */
static void strides(const TtfsTensorInfo *x, int64_t stride[TTFS_MAX_RANK]) {
    int64_t product = 1;
    for (uint32_t i = x->rank; i-- > 0; product *= x->dim[i]) stride[i] = product;
}

/* out[at] = x[start + sum at[d] * stride[d]] */
static void gather(TtfsReluOp *s, int64_t start, const int64_t *stride) {
    const TtfsTensorInfo *y = s->out_shape;
    uint64_t n = ttfs_ir_count(y);
    uint32_t at[TTFS_MAX_RANK] = {0};
    int64_t from = start;
    for (uint64_t k = 0; k < n; k++) {
        s->out[k] = s->in[0][from];
        for (uint32_t d = y->rank; d-- > 0;) {
            from += stride[d];
            if (++at[d] < y->dim[d]) break;
            from -= stride[d] * y->dim[d];
            at[d] = 0;
        }
    }
}

void ttfs_relu_transpose(TtfsReluOp *s) {
    int64_t stride[TTFS_MAX_RANK], moved[TTFS_MAX_RANK];
    strides(s->shape[0], stride);
    for (uint32_t d = 0; d < s->shape[0]->rank; d++) moved[d] = stride[s->node->attr.perm[d]];
    gather(s, 0, moved);
}

void ttfs_relu_slice(TtfsReluOp *s) {
    const TtfsIrAttr *a = &s->node->attr;
    int64_t stride[TTFS_MAX_RANK], start = 0;
    strides(s->shape[0], stride);
    for (uint32_t d = 0; d < s->shape[0]->rank; d++) {
        start += a->first[d] * stride[d];
        stride[d] *= a->apart[d];
    }
    gather(s, start, stride);
}

void ttfs_relu_gather(TtfsReluOp *s) {
    const TtfsTensorInfo *x = s->shape[0], *y = s->out_shape;
    uint32_t axis = s->node->attr.axis, from = x->dim[axis], count = y->dim[axis];
    uint64_t block = 1;
    for (uint32_t i = axis + 1; i < x->rank; i++) block *= x->dim[i];
    uint64_t outer = ttfs_ir_count(x) / (from * block);
    float *out = s->out;
    for (uint64_t o = 0; o < outer; o++)
        for (uint32_t i = 0; i < count; i++, out += block)
            memcpy(out, s->in[0] + (o * from + (uint32_t)s->in[1][i]) * block, block * sizeof *out);
}

void ttfs_relu_copy(TtfsReluOp *s) {
    memcpy(s->out, s->in[0], ttfs_ir_count(s->out_shape) * sizeof *s->out);
}

void ttfs_relu_pad(TtfsReluOp *s) {
    const TtfsIrAttr *a = &s->node->attr;
    const TtfsTensorInfo *x = s->shape[0], *y = s->out_shape;
    uint64_t n = ttfs_ir_count(y);
    uint32_t at[TTFS_MAX_RANK] = {0};
    for (uint64_t k = 0; k < n; k++) {
        int64_t from = 0;
        bool inside = true;
        for (uint32_t d = 0; d < x->rank; d++) {
            int64_t place = (int64_t)at[d] - a->before[d];
            inside = inside && place >= 0 && place < x->dim[d];
            from = from * x->dim[d] + place;
        }
        s->out[k] = inside ? s->in[0][from] : a->value;
        for (uint32_t d = y->rank; d-- > 0 && ++at[d] == y->dim[d];) at[d] = 0;
    }
}

void ttfs_relu_concat(TtfsReluOp *s) {
    uint32_t axis = s->node->attr.axis;
    uint64_t outer = 1;
    for (uint32_t i = 0; i < axis; i++) outer *= s->out_shape->dim[i];
    float *out = s->out;
    for (uint64_t o = 0; o < outer; o++)
        for (uint32_t k = 0; k < s->node->n_in; k++) {
            uint64_t block = ttfs_ir_count(s->shape[k]) / outer;
            memcpy(out, s->in[k] + o * block, block * sizeof *out);
            out += block;
        }
}
