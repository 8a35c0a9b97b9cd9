/* SPDX-License-Identifier: Apache-2.0
 *
 * Widths: weight bits of every layer are found for a mean that was asked for.
 */
#ifndef TTFS_FIND_WIDTHS_H
#define TTFS_FIND_WIDTHS_H

#include "pipeline.h"
#include "widths.h"

/* Of a calibrated pipeline whose job has mean_bits: puts the widths into the job's options of
 * ir_to_spike, and a note says them. Otherwise nothing happens. */
bool ttfs_widths_find(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag);

/* The widths themselves: from one width everywhere on, the step that takes most noise away for a
 * bit of memory, as long as all weights together have at most `mean` bits a weight; of all such
 * widths to start with the one that leaves the least noise, so that none of them leaves less.
 * Layers that are `fixed` keep theirs. `bits` [layers] is filled; false: even the least are more
 * than that. */
bool ttfs_widths_choose(const TtfsWidths *w, double mean, const bool *fixed, uint32_t *bits);

#endif
