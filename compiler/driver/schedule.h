/* SPDX-License-Identifier: Apache-2.0
 *
 * When and where a plan's populations are computed, as reports say it.
 */
#ifndef TTFS_SCHEDULE_H
#define TTFS_SCHEDULE_H

#include "plan.h"
#include "spike_to_plan.h"

/* What a plan has: LATENCY when a sample is through in one turn, PIPELINE when a turn is one slot
 * or, where a pipeline streams weights, samples take more turns than an OVERLAP's two. */
TtfsSchedule ttfs_schedule_of(const TtfsPlan *p, const TtfsSpike *s);

/* Where a population is computed: on so many cores, in so many tasks. */
typedef struct {
    TtfsWhen when;
    uint32_t cores, tasks;
} TtfsPlaced;

/* By population id - 1. */
TtfsPlaced *ttfs_placed(const TtfsPlan *p, const TtfsSpike *s, TtfsArena *a);

#endif
