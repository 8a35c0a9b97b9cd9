/* SPDX-License-Identifier: Apache-2.0
 *
 * Geometry: what a task reads, as the chip sees it, and the limits of the chip that do not depend
 * on where a task lies. Used by the solver, the checker, the cycle formula and the image maker, so
 * that the meaning of a task is said once.
 */
#ifndef TTFS_PLAN_GEOMETRY_H
#define TTFS_PLAN_GEOMETRY_H

#include "plan.h"

/* What a task reads of one source: a patch of kh x kw places, `channels` channels each from
 * ch_first on; the first place for the task's position (r, q) is source row y_first + r * sy,
 * column x_first + q * sx. A dense connection is a patch as large as its source, with one position;
 * a min pool's has only the places inside the source (or one outside, where there is none). Element
 * number of place (ky, kx), channel ch_first + c: ((ky * kw) + kx) * channels + c; weight rows of
 * the task's sources follow one another in order of connection. */
typedef struct {
    const TtfsConnection *conn;
    TtfsPop src;
    uint32_t ch_first, channels;
    int32_t y_first, x_first;
    uint32_t kh, kw;     /* places */
    uint32_t dy, dx;     /* source rows, columns from a place to the next */
    uint32_t sy, sx;     /* from a position to the next */
    uint32_t rows, cols; /* positions */
} TtfsReach;

/* The first slot in which some of a population can be computed: behind its sources of the same
 * stage.
 */
uint32_t ttfs_plan_earliest(const TtfsPlan *p, const TtfsSpike *s, TtfsPop pop);
/* What source `k` (0 .. conn_count - 1) of the task is; sizes are those of a checked graph that
 * fits the chip. Of a connection in groups the channels are those of all groups that the task's
 * channels are in. */
TtfsReach ttfs_task_reach(const TtfsSpike *s, const TtfsTask *t, uint32_t k);
uint64_t ttfs_reach_elements(const TtfsReach *r);
/* Elements of all sources' patches: weight rows a group; 0 of a pool. */
uint64_t ttfs_task_elements(const TtfsSpike *s, const TtfsTask *t);
/* Source rows (axis 0) or columns from the first place to the last, of all positions. */
uint32_t ttfs_reach_extent(const TtfsReach *r, int axis);
/* Places of all positions' patches that lie in source rows (axis 0) or columns `first` .. `end`
 * - 1.
 */
uint64_t ttfs_reach_places(const TtfsReach *r, int axis, uint32_t first, uint32_t end);
/* Expected rates, in 1e-6, of what the positions read of the source, as often as they do, and of a
 * task's own neurons. */
uint32_t ttfs_reach_rate(const TtfsSpike *s, const TtfsReach *r);
uint32_t ttfs_task_rate(const TtfsSpike *s, const TtfsTask *t);
/* The weight of `channel` (of the population) for place (ky, kx) and channel `c` of the source; 0
 * where the channel's group does not see it. (y, x): the task's first position, for a dense
 * connection to rows and columns. */
int32_t ttfs_reach_weight(const TtfsSpike *s, const TtfsReach *r, uint32_t channel, uint32_t y,
                          uint32_t x, uint32_t ky, uint32_t kx, uint32_t c);
/* The reach in its buffer, as the segment of a SCAN record: runs that follow one another are one,
 * and steps that are never taken 0. It is as late as the reader's stage is behind the source's. */
TtfsSegment ttfs_reach_segment(const TtfsPlan *plan, const TtfsReach *r, const TtfsBuffer *b);
/* A population that only a chip's pools can make? */
bool ttfs_pop_is_pooled(const TtfsSpike *s, TtfsPop p);
/* How a population is cut: its channels fall into sets of `most` (all, or those of groups that
 * share a list), a task's lie in one set, from a multiple of `unit` of that set on; by_position: a
 * task has one position (each has weights of its own, or its list is longer than one that a core
 * holds). */
typedef struct {
    uint32_t most, unit;
    bool by_position;
} TtfsCutRule;
TtfsCutRule ttfs_plan_cut_rule(const TtfsChip *chip, const TtfsSpike *s, TtfsPop p);
/* Positions of an axis (0: rows, 1: columns) from `first` on that one task can have: whose patches
 * have the same places. */
uint32_t ttfs_plan_alike(const TtfsSpike *s, TtfsPop p, int axis, uint32_t first);
/* Rows at the top and bottom, columns at the left and right whose biases differ from those inside:
 * the fewest that tell all biases of the task apart. */
void ttfs_plan_edges(const TtfsSpike *s, const TtfsTask *t, uint32_t edge[4]);
/* Parameter words of the task: a word for each of its channels and classes of positions. */
uint64_t ttfs_task_params(const TtfsTask *t);
/* Do a population's weights, or its biases, depend on the position? Where they do not, tasks of a
 * core that hold the same channels share them. */
bool ttfs_plan_weights_vary(const TtfsSpike *s, TtfsPop p);
bool ttfs_plan_biases_vary(const TtfsSpike *s, TtfsPop p);
/* The pass `pass` of a task that takes several: the segment of its list, and the number of its
 * first element. A pass is a part of one source's patch: whole rows, runs of a row or channels of a
 * run. */
bool ttfs_task_pass(const TtfsSpike *s, const TtfsPlan *plan, const TtfsTask *t, uint32_t pass,
                    TtfsSegment *seg, uint32_t *first_element);
/* How many passes the task's neurons take on this chip, in all their parts if it is one of these: 1
 * when their elements fit a list, and their sources a SCAN record. */
uint32_t ttfs_task_passes(const TtfsSpike *s, const TtfsChip *chip, const TtfsTask *t);
/* The first element of a pass of them; behind the last: how many there are. */
uint32_t ttfs_task_pass_start(const TtfsSpike *s, const TtfsChip *chip, const TtfsTask *t,
                              uint32_t pass);
/* Does the task add some of its neurons' weights, and others of the same neurons the rest? */
bool ttfs_task_is_part(const TtfsTask *t);
/* Words of the task's records in the three programs. */
uint64_t ttfs_task_words(const TtfsSpike *s, const TtfsTask *t);

/* Cycles of a task alone, whose place, groups and passes are known, as plan_cycles.c counts them;
 * its core does not matter. */
uint64_t ttfs_plan_task_cycles(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t,
                               bool expected);

/* Everything the chip must offer a population wherever it lies: kind of connection, sizes of the
 * records' fields, id bits, ticks, weight bits, accumulators. Appends every fault: PLAN_KIND,
 * PLAN_FIT, PLAN_WIDTH. */
bool ttfs_plan_fits(const TtfsChip *chip, const TtfsSpike *s, TtfsPop p, const char *file,
                    TtfsDiag *diag);

#endif
