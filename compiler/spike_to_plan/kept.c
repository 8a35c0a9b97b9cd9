/* SPDX-License-Identifier: Apache-2.0
 *
 * A plan put aside: its tasks, and when populations are computed, of which the rest is derived; and
 * by what two plans are held against each other.
 */
#include "solver.h"

#include <string.h>

static bool rates_known(const TtfsSpike *s) {
    bool some = false;
    for (uint32_t i = 0; i < s->pops.len; i++) some = some || s->pops.at[i].rate_ppm > 0;
    return some;
}

uint64_t ttfs_solver_turn_cycles(const Solver *v) {
    bool expected = rates_known(v->spike);
    uint64_t cycles = 0;
    for (uint32_t slot = 0; slot < v->plan->slots.len; slot++)
        cycles += ttfs_plan_slot_cycles(v->plan, v->spike, slot, expected);
    return cycles;
}

Kept ttfs_solver_keep(Solver *v) {
    const TtfsPlan *p = v->plan;
    Kept k = {.n = p->tasks.len, .slots = p->slots.len, .early = p->early};
    k.tasks = TTFS_ARRAY(&v->scratch, TtfsTask, k.n);
    k.when = TTFS_ARRAY(&v->scratch, TtfsWhen, p->when.len);
    memcpy(k.tasks, p->tasks.at, k.n * sizeof *k.tasks);
    memcpy(k.when, p->when.at, p->when.len * sizeof *k.when);
    return k;
}

void ttfs_solver_take_back(Solver *v, const Kept *k) {
    TtfsPlan *p = v->plan;
    p->tasks.len = p->slots.len = 0;
    p->early = k->early;
    for (uint32_t i = 0; i < k->n; i++) *TTFS_PUSH(&p->arena, p->tasks) = k->tasks[i];
    for (uint32_t i = 0; i < k->slots; i++) *TTFS_PUSH(&p->arena, p->slots) = (TtfsSlot){0};
    memcpy(p->when.at, k->when, p->when.len * sizeof *k->when);
    ttfs_solver_derive(v);
}
