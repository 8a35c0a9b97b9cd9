/* SPDX-License-Identifier: Apache-2.0
 *
 * What all families of shape inference use: faults, and the output's shape. Broadcasting is
 * everybody's who works with shapes.
 */
#include "ir_infer.h"

bool ttfs_infer_fault(TtfsInfer *f, const char *fmt, ...) {
    TtfsLoc at = TTFS_AT_OP(f->file, f->node->name, ttfs_op_name(f->node->op));
    va_list ap;
    va_start(ap, fmt);
    ttfs_error_va(f->diag, at, TTFS_ONNX_SHAPE, NULL, fmt, ap);
    va_end(ap);
    return false;
}

const char *ttfs_infer_text(TtfsInfer *f, uint32_t input) {
    return ttfs_ir_shape_text(&f->scratch, f->in[input]);
}

bool ttfs_infer_set(TtfsInfer *f, uint32_t rank, const uint32_t *dim) {
    f->out->rank = rank;
    for (uint32_t i = 0; i < TTFS_MAX_RANK; i++) f->out->dim[i] = i < rank ? dim[i] : 0;
    if (ttfs_ir_dims_count(rank, dim)) return true;
    return ttfs_infer_fault(f, "an output of shape %s has no elements or too many",
                            ttfs_ir_shape_text(&f->scratch, f->out));
}

bool ttfs_infer_same(TtfsInfer *f) {
    return ttfs_infer_set(f, f->in[0]->rank, f->in[0]->dim);
}

bool ttfs_ir_broadcast(uint32_t a_rank, const uint32_t *a, uint32_t b_rank, const uint32_t *b,
                       uint32_t *rank, uint32_t dim[TTFS_MAX_RANK]) {
    *rank = a_rank > b_rank ? a_rank : b_rank;
    for (uint32_t i = 0; i < *rank; i++) {
        uint32_t p = i + a_rank < *rank ? 1 : a[i + a_rank - *rank];
        uint32_t q = i + b_rank < *rank ? 1 : b[i + b_rank - *rank];
        if (p != q && p != 1 && q != 1) return false;
        dim[i] = p == 1 ? q : p;
    }
    return true;
}
