/* SPDX-License-Identifier: Apache-2.0
 *
 * What the cores of a chip counted while samples ran, and what it says of their lanes.
 */
#ifndef TTFS_LANES_H
#define TTFS_LANES_H

#include "engine.h"
#include "json.h"

typedef struct {
    const uint64_t *count; /* [cores][TTFS_COUNTS]; NULL: nothing was counted */
    uint32_t cores;
    uint64_t samples;       /* in which they counted */
    uint64_t cycles, timed; /* of turns; of so many samples (TtfsTrace) */
} TtfsLanes;

/* Takes what the engine's chip counted in `samples`; the counts lie in the arena. */
void ttfs_lanes_take(TtfsLanes *l, const TtfsEngine *e, const TtfsChip *chip, uint64_t samples,
                     TtfsArena *a);
/* Adds a sample's cycles. */
void ttfs_lanes_add(TtfsLanes *l, const TtfsTrace *t);
/* Share of the cycles of a full chip, of all cores, in which the lanes take an event: each adds a
 * weight then. 0 when nothing was counted. */
double ttfs_lanes_use(const TtfsLanes *l);
/* Members lane_use and cores (what each counted); none when nothing was counted. */
void ttfs_lanes_json(const TtfsLanes *l, TtfsJson *j);

#endif
