/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the relu engine: one operation on values, shapes known and checked. Shapes come from the
 * tensors, values from the arrays; `out` is written whole.
 */
#ifndef TTFS_RELU_OPS_H
#define TTFS_RELU_OPS_H

#include "ir.h"

typedef struct {
    const TtfsNode *node;
    const TtfsTensorInfo *shape[TTFS_MAX_INPUTS], *out_shape;
    const float *in[TTFS_MAX_INPUTS];
    float *out;
    float *packed;      /* weights of CONV, GEMM, MATMUL; one part a group */
    bool packs_again;   /* the weights are computed: pack in every run */
    double *rows, *acc; /* two rows of inputs, two rows of sums */
} TtfsReluStep;

/* Sizes of the buffers above for a step with weights; all 0 for other operations. */
typedef struct {
    uint64_t packed, rows, acc;
} TtfsReluNeed;

TtfsReluNeed ttfs_relu_need(const TtfsReluStep *s);
void ttfs_relu_pack_weights(TtfsReluStep *s);
/* relu_layers.c */
void ttfs_relu_conv(TtfsReluStep *s);
void ttfs_relu_gemm(TtfsReluStep *s);
/* relu_ops.c: all other operations. */
void ttfs_relu_op(TtfsReluStep *s);

#endif
