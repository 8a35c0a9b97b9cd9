/* SPDX-License-Identifier: Apache-2.0
 *
 * The float network with one approximation of the spike graph after the other switched on: the ends
 * of its windows, then its ticks too. Weights stay real.
 */
#ifndef TTFS_BOUNDED_H
#define TTFS_BOUNDED_H

#include "net.h"
#include "spike.h"

/* Whether layer i is population i + 1: the same kind, the same shape. OUT_FOLDER else. */
bool ttfs_bounded_check(const TtfsNet *net, const TtfsSpike *s, const char *folder, TtfsDiag *diag);
/* A copy of the canonical network in which every rectified layer ends at its population's window, a
 * CLIP; with `ticks` it is rounded to the window's ticks instead, a QUANT (ties to even, where the
 * chip rounds them up). Layers that the model rounds itself stay. Tensors keep their ids; `ir` must
 * outlive the copy. Free it with ttfs_ir_free. */
void ttfs_bounded_net(const TtfsIr *ir, const TtfsNet *net, const TtfsSpike *s, bool ticks,
                      TtfsIr *out);
/* One sample as these networks take it, `to` in the order of `from`: within the input's window;
 * with x, the integers that the encoder makes of it, what these stand for. */
void ttfs_bounded_input(const TtfsNet *net, const TtfsSpike *s, const float *from,
                        const uint16_t *x, float *to);

#endif
