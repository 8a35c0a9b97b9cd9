/* SPDX-License-Identifier: Apache-2.0
 *
 * The solver of pipelines: all populations are cut into cells that are alike in load (cells.c), the
 * cells packed on the cores of the mesh (fit.c). Cells may be large or small, with whole channels
 * or parts: the cutting whose plan takes the fewest expected cycles is taken.
 */
#include "pack.h"

static const PackTry tries[] = {{3, 1}, {3, 2}, {3, 4},  {3, 8},  {6, 1},  {6, 2},
                                {6, 4}, {6, 8}, {12, 1}, {12, 2}, {12, 4}, {12, 8}};
enum { TRIES = sizeof tries / sizeof *tries };

static bool rates_known(const TtfsSpike *s) {
    for (uint32_t i = 0; i < s->pops.len; i++)
        if (s->pops.at[i].rate_ppm) return true;
    return false;
}

static void make_room(Pack *p) {
    uint32_t pops = p->spike->pops.len, cores = ttfs_chip_cores(p->chip);
    p->cores = TTFS_ARRAY(p->arena, PackCore, cores);
    for (uint32_t i = 0; i < cores; i++) p->cores[i].first = PACK_NONE;
    p->held_weights = TTFS_ARRAY(p->arena, uint32_t, p->weights);
    p->held_params = TTFS_ARRAY(p->arena, uint32_t, p->params);
    p->held_pop = TTFS_ARRAY(p->arena, uint32_t, (size_t)pops + 1);
    p->kept = TTFS_ARRAY(p->arena, TtfsRead, (size_t)pops + 1);
    p->pops = TTFS_ARRAY(p->arena, uint32_t, (size_t)pops + 1);
}

static bool pack(Pack *p, PackTry how) {
    ttfs_pack_cut(p, how);
    make_room(p);
    if (!ttfs_pack_place(p)) return false;
    return true;
}

/* The tasks of a packing are the plan's. */
static void write_tasks(const Pack *p) {
    TtfsPlan *plan = p->solver->plan;
    plan->tasks.len = 0;
    for (uint32_t i = 1; i < p->cells.len; i++) {
        TtfsTask *t = TTFS_PUSH(&plan->arena, plan->tasks);
        *t = p->cells.at[i].task;
        t->core = p->units.at[p->cells.at[i].unit].core;
    }
    ttfs_solver_derive(p->solver);
}

static bool try_packing(Solver *v, PackTry how, uint64_t *cycles) {
    TtfsMark mark = ttfs_arena_mark(&v->scratch);
    Pack p = {.solver = v,
              .spike = v->spike,
              .chip = &v->plan->chip,
              .arena = &v->scratch,
              .expected = rates_known(v->spike),
              .act_words = v->plan->chip.act_words};
    bool ok = pack(&p, how);
    if (ok) {
        write_tasks(&p);
        ok = ttfs_solver_fits(v, false);
        *cycles = ttfs_plan_slot_cycles(v->plan, v->spike, 0, p.expected);
    }
    ttfs_arena_release(&v->scratch, mark);
    return ok;
}

bool ttfs_solver_pack(Solver *v) {
    uint64_t best = UINT64_MAX, cycles;
    uint32_t chosen = TRIES;
    for (uint32_t i = 0; i < TRIES; i++) {
        if (!try_packing(v, tries[i], &cycles) || cycles >= best) continue;
        best = cycles;
        chosen = i;
    }
    return chosen < TRIES && try_packing(v, tries[chosen], &cycles);
}
