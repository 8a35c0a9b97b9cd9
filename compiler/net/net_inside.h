/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside net: the moves between readouts and outputs.
 */
#ifndef TTFS_NET_INSIDE_H
#define TTFS_NET_INSIDE_H

#include "net.h"

/* Fills the outputs. `moves`: per node, it only moves readouts; `layer`: per tensor, index + 1 of
 * the readout that it is, 0: none. */
bool ttfs_net_pieces(const TtfsIr *ir, const bool *moves, const uint32_t *layer, const char *file,
                     TtfsNet *out, TtfsDiag *diag);

#endif
