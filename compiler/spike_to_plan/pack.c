/* SPDX-License-Identifier: Apache-2.0
 *
 * The solver of pipelines: all populations are cut into cells that are alike in load (cells.c), the
 * cells packed on the cores of the mesh (fit.c), moved to where the busiest core has less
 * (balance.c), and then to where values travel less (near.c). A core weighs what it takes in the
 * mean and what it may take more in a sample (fill.c): so layers that vary unlike mix. Cells may be
 * large or small, with whole channels or parts: of the cuttings that look best, and fit, the one
 * whose plan takes the fewest expected cycles is taken, with what its links carry. On a large mesh
 * each is tried with work that goes to any core, which makes it more even, and with work that stays
 * nearby; where cores may be a turn ahead, more of them, and only the former: evenness is all then.
 */
#include "pack.h"
#include "plan_traffic.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t cells_a_core[] = {2, 3, 4, 5, 6, 8, 10, 12}, most_parts[] = {1, 2, 4, 8};
enum {
    CELLS = sizeof cells_a_core / sizeof *cells_a_core,
    PARTS = sizeof most_parts / sizeof *most_parts,
    TRIES = CELLS * PARTS,
    FINALS = 4,
    FINALS_AHEAD = 6 /* where cores may be a turn ahead of one another */
};

/* A cutting, and what its plan takes: UINT64_MAX cycles when it does not fit. Those of one mark cut
 * all populations alike, so only the first is tried. */
typedef struct {
    PackTry how;
    uint64_t cycles, mark;
} Result;

static bool rates_known(const TtfsSpike *s) {
    for (uint32_t i = 0; i < s->pops.len; i++)
        if (s->pops.at[i].rate_ppm) return true;
    return false;
}

static bool pack(Pack *p, PackTry how) {
    ttfs_pack_cut(p);
    if (!ttfs_pack_place(p)) return false;
    ttfs_pack_balance(p);
    if (how.near && ttfs_pack_connect(p)) ttfs_pack_draw_near(p);
    return true;
}

/* The tasks of a packing are the plan's. */
static void write_tasks(const Pack *p) {
    TtfsPlan *plan = p->solver->plan;
    plan->tasks.len = 0;
    if (p->solver->spreads) ttfs_solver_take_slots(p->solver);
    for (uint32_t i = 1; i < p->cells.len; i++) {
        TtfsTask *t = TTFS_PUSH(&plan->arena, plan->tasks);
        *t = p->cells.at[i].task;
        t->core = p->units.at[p->cells.at[i].unit].core;
        t->slot = ttfs_plan_when(plan, t->pop).slot;
    }
    ttfs_solver_derive(p->solver);
}

/* Of streamed weights a core has any number. */
static const TtfsChip *chip_of(const Solver *v, TtfsArena *a) {
    TtfsChip *c = TTFS_NEW(a, TtfsChip);
    *c = v->plan->chip;
    if (v->streams || v->spreads) c->weight_rows = INT32_MAX;
    return c;
}

static bool is_among(const Result *all, uint32_t n, uint64_t mark) {
    for (uint32_t i = 0; i < n; i++)
        if (all[i].mark == mark) return true;
    return false;
}

/* Of a pipeline there is one slot, or all go on with it. */
static uint64_t turn_cycles(const Solver *v, bool expected) {
    uint64_t cycles = 0;
    for (uint32_t slot = 0; slot < (v->spreads ? v->plan->slots.len : 1); slot++)
        cycles += ttfs_plan_slot_cycles(v->plan, v->spike, slot, expected);
    return cycles;
}

/* Cycles of the core that has most to do, as it is weighed. */
static uint64_t slowest(const Pack *p) {
    uint64_t most = 0;
    for (uint32_t c = 0; c < ttfs_chip_cores(p->chip); c++)
        if (p->cores[c].time > most) most = p->cores[c].time;
    return most;
}

/* Makes the plan; its cycles (where cores may be a turn ahead, until it is drawn near, those of the
 * slowest core: what routers carry then says nothing yet). Not when one of those before cuts the
 * same way. */
static Result try_unlike(Solver *v, PackTry how, const Result *before, uint32_t n) {
    TtfsMark mark = ttfs_arena_mark(&v->scratch);
    Pack p = {.solver = v,
              .spike = v->spike,
              .chip = chip_of(v, &v->scratch),
              .arena = &v->scratch,
              .tight = how.tight,
              .far = how.far,
              .expected = rates_known(v->spike)};
    Result r = {how, UINT64_MAX, ttfs_pack_divide(&p, how)};
    if (!is_among(before, n, r.mark) && pack(&p, how)) {
        write_tasks(&p);
        if (v->streams) ttfs_solver_stream(v);
        if (v->spreads) ttfs_solver_spread(v);
        bool cores = v->plan->early && !how.near;
        if (ttfs_solver_fits(v, false)) r.cycles = cores ? slowest(&p) : turn_cycles(v, p.expected);
    }
    ttfs_arena_release(&v->scratch, mark);
    return r;
}

static Result try_packing(Solver *v, PackTry how) {
    return try_unlike(v, how, NULL, 0);
}

static int by_cycles(const void *a, const void *b) {
    const Result *x = a, *y = b;
    if (x->cycles != y->cycles) return x->cycles < y->cycles ? -1 : 1;
    if (x->how.cells != y->how.cells) return x->how.cells < y->how.cells ? -1 : 1;
    return (x->how.parts > y->how.parts) - (x->how.parts < y->how.parts);
}

/* All cuttings, the best first; if none fits, those that copy the fewest weights. */
static bool try_all(Solver *v, Result all[TRIES]) {
    for (uint32_t i = 0; i < TRIES; i++)
        all[i] = try_unlike(
            v, (PackTry){cells_a_core[i / PARTS], most_parts[i % PARTS], false, true, false}, all,
            i);
    qsort(all, TRIES, sizeof *all, by_cycles);
    for (uint32_t i = 0; i < CELLS && all[0].cycles == UINT64_MAX; i++)
        all[0] = try_packing(v, (PackTry){cells_a_core[i], 1, true, true, false});
    return all[0].cycles < UINT64_MAX;
}

/* Makes the plan, and keeps its tasks when it is the best so far: what a core's links carry counts
 * as much as its cycles. */
static void try_final(Solver *v, PackTry how, Result *best, TtfsTask *tasks, uint32_t *n) {
    Result r = try_packing(v, how);
    if (r.cycles == UINT64_MAX) return;
    r.cycles += ttfs_plan_traffic(v->plan, v->spike).hops / ttfs_chip_cores(&v->plan->chip);
    if (r.cycles >= best->cycles) return;
    *best = r;
    *n = v->plan->tasks.len;
    memcpy(tasks, v->plan->tasks.at, *n * sizeof *tasks);
}

bool ttfs_solver_pack(Solver *v) {
    Result all[TRIES], best = {.cycles = UINT64_MAX};
    uint32_t n = 0;
    if (!try_all(v, all)) return false;
    TtfsTask *tasks = TTFS_ARRAY(&v->scratch, TtfsTask, v->plan->tasks.cap);
    uint32_t reaches = v->plan->early || ttfs_pack_is_small(&v->plan->chip) ? 1 : 2;
    uint32_t finals = v->plan->early ? FINALS_AHEAD : FINALS;
    for (uint32_t i = 0; i < finals && all[i / reaches].cycles < UINT64_MAX; i++) {
        PackTry how = all[i / reaches].how;
        how.near = true;
        how.far = i % reaches == 0;
        try_final(v, how, &best, tasks, &n);
    }
    all[0].how.near = false;
    if (!n) try_final(v, all[0].how, &best, tasks, &n);
    memcpy(v->plan->tasks.at, tasks, n * sizeof *tasks);
    v->plan->tasks.len = n;
    if (v->spreads) ttfs_solver_take_slots(v);
    ttfs_solver_derive(v);
    return true;
}

bool ttfs_solver_squeeze(Solver *v) {
    static const uint32_t cells[] = {1, 2, 3, 4, 6, 8};
    for (uint32_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (try_packing(v, (PackTry){cells[i], 1, true, true, false}).cycles < UINT64_MAX)
            return true;
    return false;
}
