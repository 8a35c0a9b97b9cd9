/* SPDX-License-Identifier: Apache-2.0
 *
 * What belongs to a population, found at once: numbers of tasks or of buffers by population; where
 * the tasks of a slot begin. In: a
 * plan, whose populations may be anything; ids that the graph does not have are left out.
 */
#ifndef TTFS_PLAN_INDEX_H
#define TTFS_PLAN_INDEX_H

#include "plan.h"

/* Those of population i: at[first[i]] .. at[first[i + 1] - 1], ascending; i = 1 .. pops. */
typedef struct {
    uint32_t *at, *first;
} TtfsPlanIndex;

TtfsPlanIndex ttfs_plan_index_tasks(const TtfsPlan *p, uint32_t pops, TtfsArena *a);
TtfsPlanIndex ttfs_plan_index_buffers(const TtfsPlan *p, uint32_t pops, TtfsArena *a);
/* The first task of a slot or a later one; they lie by slot. */
uint32_t ttfs_plan_first_task(const TtfsPlan *p, uint32_t slot);
/* Does the buffer keep something of what the task makes? */
bool ttfs_plan_meets(const TtfsTask *t, const TtfsBuffer *b);

#endif
