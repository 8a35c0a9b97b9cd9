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
    uint32_t *slot_of; /* by population id: slot + 1 */
    bool ok;
} PlanCheck;

/* plan_check_fault.c. Reports a PLAN_CHECK fault of a population (id 0: of the plan) and returns
 * false. */
bool ttfs_plan_fault(PlanCheck *c, TtfsPop pop, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Logs, lists, scratch and the counts of them, core by core. */
void ttfs_plan_check_lists(PlanCheck *c);

#endif
