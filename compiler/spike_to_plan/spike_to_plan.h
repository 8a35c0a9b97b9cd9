/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike graph + chip -> plan: slices on cores and slots, memory maps, cycles. Refuses what the chip
 * cannot hold, with the layer, what it needs and what there is.
 */
#ifndef TTFS_SPIKE_TO_PLAN_H
#define TTFS_SPIKE_TO_PLAN_H

#include "plan.h"

/* What is computed when (docs/core.md, pipeline). */
typedef enum {
    TTFS_SCHEDULE_AUTO, /* OVERLAP on one core, PIPELINE on a mesh; LATENCY where that does not fit
                         */
    TTFS_SCHEDULE_LATENCY,  /* a slot a population, a sample a turn */
    TTFS_SCHEDULE_OVERLAP,  /* the same, but the next sample comes in during the first layer's slot
                             */
    TTFS_SCHEDULE_PIPELINE, /* one slot, or those of streamed weights: every layer works at once,
                               each on another sample */
    TTFS_SCHEDULES
} TtfsSchedule;

/* By TtfsSchedule, NULL at the end. */
extern const char *const ttfs_schedule_names[];

/* That AUTO became LATENCY because the other does not fit is a note in `diag`. */
bool ttfs_spike_to_plan(const TtfsSpike *s, const TtfsChip *chip, TtfsSchedule schedule,
                        const char *file, TtfsPlan *out, TtfsDiag *diag);

#endif
