/* SPDX-License-Identifier: Apache-2.0
 *
 * Geometry: what a task reads, as the chip sees it, and the limits of the chip that do not depend on
 * where a task lies. Used by the solver, the checker, the cycle formula and the image maker, so that the
 * meaning of a task is said once.
 */
#ifndef TTFS_PLAN_GEOMETRY_H
#define TTFS_PLAN_GEOMETRY_H

#include "plan.h"

/* What a task reads of one source: a patch of kh x kw places, `channels` channels each from ch_first on;
 * the first place for the task's position (r, c) is source row y_first + r * sy, column x_first + c * sx. A
 * dense connection is a patch as large as its source, with one position. Element number of place (ky, kx),
 * channel c in the patch: ((ky * kw) + kx) * channels + c - ch_first; weight rows of the task's sources
 * follow one another in order of connection. */
typedef struct {
    const TtfsConnection *conn;
    TtfsPop src;
    uint32_t ch_first, channels;
    int32_t y_first, x_first;
    uint32_t kh, kw; /* places */
    uint32_t dy, dx; /* source rows, columns from a place to the next */
    uint32_t sy, sx; /* from a position to the next */
} TtfsReach;

/* What source `k` (0 .. conn_count - 1) of the task is; sizes are those of a checked graph. Of a connection in groups
 * the channels are those of all groups that the task's channels are in. */
TtfsReach ttfs_task_reach(const TtfsSpike *s, const TtfsTask *t, uint32_t k);
uint64_t ttfs_reach_elements(const TtfsReach *r);
/* The weight of `channel` (of the population) for place (ky, kx) and source channel c of the reach; 0 where the
 * channel's group does not see it. (y, x): the task's first position, for a dense connection to rows and columns. */
int32_t ttfs_reach_weight(const TtfsSpike *s, const TtfsReach *r, uint32_t channel, uint32_t y, uint32_t x,
                          uint32_t ky, uint32_t kx, uint32_t c);
/* The reach in its buffer, as the segment of a SCAN record. */
TtfsSegment ttfs_reach_segment(const TtfsReach *r, const TtfsBuffer *b);
/* A population that only a chip's pools can make? */
bool ttfs_pop_is_pooled(const TtfsSpike *s, TtfsPop p);
/* The most channels that one task can have: all, or those of one set of groups that share a list, or (dense to rows
 * and columns) those of one position; `unit`: cuts of channels lie at multiples of it. */
typedef struct {
    uint32_t most, unit;
    bool by_position; /* a task has one position */
} TtfsCutRule;
TtfsCutRule ttfs_plan_cut_rule(const TtfsChip *chip, const TtfsSpike *s, TtfsPop p);
/* Rows, columns at the edges of the rectangle (oy, ox first and count) whose biases differ from those inside. */
void ttfs_plan_edges(const TtfsSpike *s, const TtfsTask *t, uint32_t edge[4]);
/* The pass `p` of the task's elements: source k, the part of its segment, and its first element. A pass is a
 * part of one segment (whole rows, or a part of its only run), or, when passes is 1, all of them. */
bool ttfs_task_pass(const TtfsSpike *s, const TtfsPlan *plan, const TtfsTask *t, uint32_t pass, TtfsSegment *seg,
                    uint32_t *first_element);
/* How many passes a task takes on this chip: 1 when its elements fit a list. */
uint32_t ttfs_task_passes(const TtfsSpike *s, const TtfsPlan *plan, const TtfsTask *t);
/* Words of the task's records in the three programs. */
uint32_t ttfs_task_words(const TtfsSpike *s, const TtfsPlan *plan, const TtfsTask *t);

/* Everything the chip must offer a population wherever it lies: kind of connection, sizes of the
 * records' fields, id bits, ticks, weight bits, accumulators. Appends every fault: PLAN_KIND,
 * PLAN_FIT, PLAN_WIDTH. */
bool ttfs_plan_fits(const TtfsChip *chip, const TtfsSpike *s, TtfsPop p, const char *file,
                    TtfsDiag *diag);

#endif
