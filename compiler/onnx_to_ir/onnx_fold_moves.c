/* SPDX-License-Identifier: Apache-2.0
 *
 * Constant folding: moves of values. What only moves them (transpose, slice, expand) is one affine
 * map from output coordinates to the place of the element; concat and gather copy blocks.
 */
#include "onnx_import.h"

#include <string.h>

void ttfs_onnx_strides(const OnnxConst *c, int64_t *stride) {
    int64_t product = 1;
    for (uint32_t i = c->rank; i-- > 0; product *= c->dim[i]) stride[i] = product;
}

/* The grid of values that were moved: the channels must be an axis of it, whole and in order. */
static void moved_quanta(const OnnxConst *c, int64_t start, const int64_t *stride, OnnxConst *out) {
    int64_t own[TTFS_MAX_RANK];
    ttfs_onnx_strides(c, own);
    bool found = c->quanta == 1;
    for (uint32_t i = 0; c->quanta > 1 && !found && i < out->rank; i++) {
        int64_t axis = own[c->quantum_axis];
        found = stride[i] == axis && out->dim[i] == c->quanta && start / axis % c->quanta == 0;
        if (found) out->quantum_axis = i;
    }
    if (found) out->quantum = c->quantum, out->quanta = c->quanta;
}

bool ttfs_onnx_fold_strided(OnnxImport *im, const OnnxNode *n, const OnnxConst *c, uint32_t rank,
                            const uint32_t *dim, int64_t start, const int64_t *stride,
                            OnnxConst *out) {
    float *f = NULL;
    int64_t *q = NULL;
    uint32_t at[TTFS_MAX_RANK] = {0};
    if (!ttfs_onnx_new_const(im, n, c->f != NULL, rank, dim, &f, &q, out)) return false;
    out->type = c->type;
    moved_quanta(c, start, stride, out);
    if (!out->quanta) ttfs_onnx_note_lost_grid(im, n, c, NULL);
    for (uint64_t k = 0; k < out->count; k++) {
        int64_t from = start;
        for (uint32_t i = 0; i < rank; i++) from += at[i] * stride[i];
        if (f)
            f[k] = c->f[from];
        else
            q[k] = c->n[from];
        for (uint32_t i = rank; i-- > 0 && ++at[i] == dim[i];) at[i] = 0;
    }
    return true;
}

/* Appends `count` elements of c from `from` on; the place after them. */
static uint64_t copy(const OnnxConst *c, uint64_t from, uint64_t count, float *f, int64_t *q,
                     uint64_t to) {
    if (count && f) memcpy(f + to, c->f + from, count * sizeof *f);
    if (count && q) memcpy(q + to, c->n + from, count * sizeof *q);
    return to + count;
}

static bool concat_shape(OnnxImport *im, const OnnxNode *n, uint32_t axis, uint32_t *dim) {
    const OnnxConst *x = &n->in[0]->c;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < x->rank; i++) dim[i] = x->dim[i];
    for (uint32_t k = 0; k < n->n_in; k++) {
        const OnnxConst *y = &n->in[k]->c;
        bool alike = y->rank == x->rank && (y->f != NULL) == (x->f != NULL);
        for (uint32_t i = 0; alike && i < x->rank; i++) alike = i == axis || y->dim[i] == x->dim[i];
        if (!alike)
            return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                                      "the constants have types or shapes that do not fit");
        sum += y->dim[axis];
    }
    if (sum > INT32_MAX)
        return ttfs_onnx_obstacle(im, n, TTFS_LIMIT, NULL, "the constants are too large together");
    dim[axis] = (uint32_t)sum;
    return true;
}

void ttfs_onnx_fold_concat(OnnxImport *im, OnnxNode *n, int64_t signed_axis) {
    const OnnxConst *x = &n->in[0]->c;
    uint32_t axis, dim[TTFS_MAX_RANK];
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst out;
    if (!ttfs_onnx_axis(im, n, signed_axis, x->rank, &axis) || !concat_shape(im, n, axis, dim) ||
        !ttfs_onnx_new_const(im, n, x->f != NULL, x->rank, dim, &f, &q, &out))
        return;
    out.type = x->type;
    for (uint32_t k = 0; k < n->n_in; k++)
        if (n->in[k]->c.quanta) {
            ttfs_onnx_note_lost_grid(im, n, &n->in[k]->c, NULL);
            break;
        }
    uint64_t outer = 1, to = 0;
    for (uint32_t i = 0; i < axis; i++) outer *= dim[i];
    for (uint64_t o = 0; o < outer && to < out.count; o++)
        for (uint32_t k = 0; k < n->n_in; k++) {
            const OnnxConst *y = &n->in[k]->c;
            to = copy(y, o * (y->count / outer), y->count / outer, f, q, to);
        }
    ttfs_onnx_bind_const(n, &out);
}

/* The indices' shape takes the place of the axis. */
static bool gather_shape(OnnxImport *im, const OnnxNode *n, const OnnxConst *x, const OnnxConst *at,
                         uint32_t axis, uint32_t *rank, uint32_t *dim) {
    *rank = 0;
    if (x->rank + at->rank > TTFS_MAX_RANK + 1u)
        return ttfs_onnx_obstacle(im, n, TTFS_LIMIT, NULL, "more than %d dimensions",
                                  TTFS_MAX_RANK);
    for (uint32_t i = 0; i < axis; i++) dim[(*rank)++] = x->dim[i];
    for (uint32_t i = 0; i < at->rank; i++) dim[(*rank)++] = at->dim[i];
    for (uint32_t i = axis + 1; i < x->rank; i++) dim[(*rank)++] = x->dim[i];
    for (uint64_t i = 0; i < at->count; i++)
        if (at->n[i] < -(int64_t)x->dim[axis] || at->n[i] >= (int64_t)x->dim[axis])
            return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "index %lld of %u elements",
                                      (long long)at->n[i], x->dim[axis]);
    return true;
}

bool ttfs_onnx_fold_gather(OnnxImport *im, const OnnxNode *n, const OnnxConst *x,
                           const OnnxConst *at, uint32_t axis, OnnxConst *out) {
    uint32_t rank, dim[TTFS_MAX_RANK];
    float *f = NULL;
    int64_t *q = NULL;
    if (!gather_shape(im, n, x, at, axis, &rank, dim) ||
        !ttfs_onnx_new_const(im, n, x->f != NULL, rank, dim, &f, &q, out))
        return false;
    out->type = x->type;
    if (x->quanta == 1)
        out->quantum = x->quantum, out->quanta = 1;
    else
        ttfs_onnx_note_lost_grid(im, n, x, NULL);
    uint64_t outer = 1, inner = 1, to = 0;
    for (uint32_t i = 0; i < axis; i++) outer *= x->dim[i];
    for (uint32_t i = axis + 1; i < x->rank; i++) inner *= x->dim[i];
    for (uint64_t o = 0; o < outer && to < out->count; o++)
        for (uint64_t i = 0; i < at->count; i++) {
            uint64_t index = (uint64_t)(at->n[i] < 0 ? at->n[i] + x->dim[axis] : at->n[i]);
            to = copy(x, (o * x->dim[axis] + index) * inner, inner, f, q, to);
        }
    return true;
}
