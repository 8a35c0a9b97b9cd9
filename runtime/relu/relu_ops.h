/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the relu engine: one operation on values, shapes known and checked. Shapes come from the
 * tensors, values from the arrays; `out` is written whole. One file a family, ttfs_relu_run_op
 * calls them.
 */
#ifndef TTFS_RELU_OPS_H
#define TTFS_RELU_OPS_H

#include "ir.h"
#include "relu_kernel.h"

typedef struct {
    const TtfsNode *node;
    const TtfsTensorInfo *shape[TTFS_MAX_INPUTS], *out_shape;
    const float *in[TTFS_MAX_INPUTS];
    float *out;
    double *packed;      /* weights of CONV, GEMM, MATMUL; one part a group */
    bool packs_again;    /* the weights are computed: pack in every run */
    TtfsReluTerm *terms; /* scratch that all operations share */
    double *acc;
} TtfsReluOp;

/* Sizes of the buffers above, in elements; 0 for what the operation does not use. */
typedef struct {
    uint64_t packed, terms, acc;
} TtfsReluNeed;

TtfsReluNeed ttfs_relu_need(const TtfsReluOp *s);
void ttfs_relu_pack_weights(TtfsReluOp *s);
/* relu_ops.c: any operation. */
void ttfs_relu_run_op(TtfsReluOp *s);
/* One operation or a family: ttfs_relu_VALUE of ops.def. relu_layers.c: what has weights;
 * relu_pointwise.c: one, two or three operands, broadcast; relu_curve.c; relu_pool.c; relu_moves.c;
 * relu_axis.c: what runs along an axis. */
#define TTFS_OP(NAME, name, least, most, attrs, shape, value, meaning)                             \
    void ttfs_relu_##value(TtfsReluOp *s);
#include "ops.def"
#undef TTFS_OP

#endif
