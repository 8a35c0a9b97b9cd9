/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of ttfs_plan_derive: its state, shared by its files.
 */
#ifndef TTFS_PLAN_DERIVE_H
#define TTFS_PLAN_DERIVE_H

#include "plan_geometry.h"

typedef struct {
    TtfsPlan *plan;
    const TtfsSpike *spike;
    TtfsArena scratch;
    bool *is_read; /* by population id */
} PlanDerive;

/* plan_derive_buffers.c. What cores keep, and where. */
void ttfs_plan_derive_buffers(PlanDerive *d);
/* plan_derive_flows.c. In: buffers. What carries which task's results where. */
void ttfs_plan_derive_flows(PlanDerive *d);

#endif
