/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike graph + chip -> plan: slices on cores and slots, memory maps, cycles. Refuses what the chip
 * cannot hold, with the layer, what it needs and what there is.
 */
#ifndef TTFS_SPIKE_TO_PLAN_H
#define TTFS_SPIKE_TO_PLAN_H

#include "plan.h"

bool ttfs_spike_to_plan(const TtfsSpike *s, const TtfsChip *chip, const char *file, TtfsPlan *out,
                        TtfsDiag *diag);

#endif
