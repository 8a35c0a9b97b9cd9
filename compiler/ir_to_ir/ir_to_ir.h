/* SPDX-License-Identifier: Apache-2.0
 *
 * IR -> IR: the part of a network that is compiled, and its canonical form. The results use names
 * and constants of their source, which must outlive them.
 */
#ifndef TTFS_IR_TO_IR_H
#define TTFS_IR_TO_IR_H

#include "ir.h"

/* Drops what follows the logits of each output (softmax, argmax, moves behind them), with a note.
 * Outputs keep their names. The result is what the relu engine calls the network. */
bool ttfs_ir_drop_tail(const TtfsIr *in, TtfsIr *out, const char *file, TtfsDiag *diag);

/* Rewrites into the canonical form, exactly, in float64, with weights rounded to float32 once.
 *
 * A population is the input (or its one TRANSPOSE to channels first, at the start), the output of a
 * RELU, either of them on a grid (a QUANT with one scale; of a RELU from 0 on), or a MAXPOOL or
 * MINPOOL of a population. A linear term is CONV or GEMM (alpha = beta =
 * 1, trans_b) of a population, of a SLICE of its channels, or of a RESHAPE of either: to [1,
 * elements], or from there to [1, elements, 1, 1]. Its output may be RESHAPEd. A RELU takes, and a
 * readout is, one term or ADD(sum, term), and at the end perhaps ADD(sum, constant of the full
 * shape), a bias that depends on the position. Only the first term has a bias input, and only when
 * it is not 0. An output is a readout or what RESHAPE, TRANSPOSE, CONCAT and SLICE make of
 * readouts.
 *
 * What has no such form is refused with MODEL_FORM, every obstacle at once, each at its node. What
 * is exact but costs a window of latency (values that become populations) is a note. */
bool ttfs_ir_canonical(const TtfsIr *in, TtfsIr *out, const char *file, TtfsDiag *diag);

#endif
