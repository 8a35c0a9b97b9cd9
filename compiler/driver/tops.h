/* SPDX-License-Identifier: Apache-2.0
 *
 * What windows hold by calibration.
 */
#ifndef TTFS_TOPS_H
#define TTFS_TOPS_H

#include "exact.h"
#include "out.h"

/* The input's range and the value at which each population's window ends, as the folder's spike
 * graph has them; `net` is that of its network. False: they do not belong together. */
bool ttfs_out_tops(const TtfsOut *o, const TtfsNet *net, TtfsExactTops *tops, TtfsArena *a,
                   TtfsDiag *diag);

#endif
