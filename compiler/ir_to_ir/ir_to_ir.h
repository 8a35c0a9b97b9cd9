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
 * The canonical form is what ttfs_net_of (net.h) reads; it also checks the result.
 *
 * What has no such form is refused with MODEL_FORM, every obstacle at once, each at its node. What
 * is exact but costs a window of latency (values that become populations) is a note. */
bool ttfs_ir_canonical(const TtfsIr *in, TtfsIr *out, const char *file, TtfsDiag *diag);

#endif
