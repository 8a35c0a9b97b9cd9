/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of a core's tasks, and the plan that follows from them. In: tasks in any order; out:
 * the whole plan but its cycles.
 */
#include "solver.h"

#include <stdlib.h>

/* On a core pools come last, where they are known to be some: before a layer they would hold up its
 * first lists. */
static int by_place(const void *a, const void *b) {
    const TtfsTask *x = a, *y = b;
    const uint32_t i[] = {x->slot,     x->core,     !x->groups, x->pop.i,
                          x->oy_first, x->ox_first, x->ch_first};
    const uint32_t j[] = {y->slot,     y->core,     !y->groups, y->pop.i,
                          y->oy_first, y->ox_first, y->ch_first};
    for (size_t k = 0; k < sizeof i / sizeof *i; k++)
        if (i[k] != j[k]) return i[k] < j[k] ? -1 : 1;
    return 0;
}

void ttfs_solver_derive(Solver *v) {
    TtfsPlan *p = v->plan;
    if (p->tasks.len) qsort(p->tasks.at, p->tasks.len, sizeof *p->tasks.at, by_place);
    ttfs_plan_derive(p, v->spike);
}
