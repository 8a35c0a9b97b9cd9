/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside shape inference: the node looked at, and what its files give each other. A function of a
 * family writes the output's shape and returns true, or reports ONNX_SHAPE and returns false.
 */
#ifndef TTFS_IR_INFER_H
#define TTFS_IR_INFER_H

#include "ir.h"

typedef struct {
    const TtfsIr *ir;
    const TtfsNode *node;
    const TtfsTensorInfo *in[TTFS_MAX_INPUTS];
    TtfsTensorInfo *out;
    const char *file;
    TtfsDiag *diag;
    TtfsArena scratch; /* for the shapes in messages */
} TtfsInfer;

/* ir_infer_shape.c */
bool ttfs_infer_fault(TtfsInfer *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *ttfs_infer_text(TtfsInfer *f, uint32_t input);
bool ttfs_infer_set(TtfsInfer *f, uint32_t rank, const uint32_t *dim);
/* Shapes of one operation or of a family: ttfs_infer_SHAPE of ops.def, in ir_infer.c what works
 * element by element or along an axis, in ir_infer_layers.c what has weights or kernels, in
 * ir_infer_moves.c what moves. */
#define TTFS_OP(NAME, name, least, most, attrs, shape, value, meaning)                             \
    bool ttfs_infer_##shape(TtfsInfer *f);
#include "ops.def"
#undef TTFS_OP

#endif
