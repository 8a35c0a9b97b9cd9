/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the solver: its state, which its files share.
 */
#ifndef TTFS_SOLVER_H
#define TTFS_SOLVER_H

#include "plan_geometry.h"
#include "spike_to_plan.h"

typedef struct {
    const TtfsSpike *spike;
    TtfsPlan *plan;
    const char *file;
    TtfsDiag *diag;
    TtfsArena scratch;
    bool cut_rows, ok;
} Solver;

/* PLAN_FIT: the population (id 0: the network) needs so many of something. Returns false. */
bool ttfs_solver_refuse(Solver *v, TtfsPop pop, const char *what, uint64_t need, uint64_t have);

/* Listening, sealing and the list memory of every core; copies where they save cycles. */
void ttfs_solver_place_lists(Solver *v);

#endif
