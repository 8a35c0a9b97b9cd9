/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the plan's checker: its state, shared by its files.
 */
#ifndef TTFS_PLAN_CHECK_H
#define TTFS_PLAN_CHECK_H

#include "plan_geometry.h"

typedef struct {
    const TtfsPlan *plan;
    const TtfsSpike *spike;
    const char *file;
    TtfsDiag *diag;
    TtfsArena scratch;
    bool ok;
} PlanCheck;

/* plan_check_fault.c. Reports a PLAN_CHECK fault of a population (id 0: of the plan) and returns
 * false. */
bool ttfs_plan_fault(PlanCheck *c, TtfsPop pop, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* plan_check_tasks.c. Places and lists of tasks, and that they hold every neuron once; false when
 * what follows must not look at them. */
bool ttfs_plan_check_tasks(PlanCheck *c);
/* plan_check_derived.c. Every number that follows from the tasks is what follows. */
void ttfs_plan_check_derived(PlanCheck *c);
/* plan_check_memories.c. What lies in the memories: all that tasks read, nothing twice, nothing
 * beyond them. */
void ttfs_plan_check_memories(PlanCheck *c);

#endif
