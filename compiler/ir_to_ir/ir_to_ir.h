/* SPDX-License-Identifier: Apache-2.0
 *
 * IR -> IR passes. The list in ir_to_ir.c is straight-line; each pass is one file.
 */
#ifndef TTFS_IR_TO_IR_H
#define TTFS_IR_TO_IR_H

#include "ir.h"

/* Drops what follows the logits (softmax, argmax, identities), with a note. The result is what the
 * relu engine calls the network. */
bool ttfs_ir_drop_tail(const TtfsIr *in, TtfsIr *out, const char *file, TtfsDiag *diag);

/* Rewrites into the canonical form: after the input only CONV (with bias) and GEMM (y = W x + b:
 * alpha = beta = 1, trans_b, bias present), each followed by RELU unless it makes the output,
 * MAXPOOL after RELU or the input, RESHAPE only to flatten in front of a GEMM. Batch normalisation
 * before the relu, bias additions and identities are folded exactly, in float64. What has another
 * form is refused with MODEL_FORM, every obstacle at once, each at its node. */
bool ttfs_ir_canonical(const TtfsIr *in, TtfsIr *out, const char *file, TtfsDiag *diag);

#endif
