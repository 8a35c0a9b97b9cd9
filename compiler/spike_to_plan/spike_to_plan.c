/* SPDX-License-Identifier: Apache-2.0
 *
 * The solver: one population a slot in topological order, each cut over the cores (cut.c); what
 * follows from that is derived (compiler/plan/plan_derive.c). When the copies of weights that bands
 * need do not fit, all is cut once more without. All refusals are collected (refuse.c). What it
 * makes is handed to ttfs_plan_check, which trusts none of it.
 */
#include "solver.h"

static bool check_graph(Solver *v) {
    for (uint32_t i = 1; i <= v->spike->pops.len; i++)
        if (!ttfs_plan_fits(&v->plan->chip, v->spike, (TtfsPop){i}, v->file, v->diag))
            v->ok = false;
    if (v->spike->pops.len > TTFS_PLAN_SLOTS)
        ttfs_solver_refuse(v, (TtfsPop){0}, "slots", v->spike->pops.len, TTFS_PLAN_SLOTS);
    return v->ok;
}

/* The input first, then the others as they stand: the graph is in topological order. */
static void make_slots(Solver *v) {
    TtfsPlan *p = v->plan;
    *TTFS_PUSH(&p->arena, p->slots) = (TtfsSlot){.pop = v->spike->input};
    for (uint32_t i = 1; i <= v->spike->pops.len; i++)
        if (i != v->spike->input.i) *TTFS_PUSH(&p->arena, p->slots) = (TtfsSlot){.pop = {i}};
}

static void cut_all(Solver *v, bool copies) {
    TtfsPlan *p = v->plan;
    v->copies = copies;
    v->flows = 1;
    v->rows = TTFS_ARRAY(&v->scratch, uint64_t, ttfs_chip_cores(&p->chip));
    p->tasks.len = 0;
    for (uint32_t slot = 1; slot < p->slots.len; slot++) ttfs_solver_cut(v, slot);
    ttfs_plan_derive(p, v->spike);
}

static void count_cycles(Solver *v) {
    TtfsPlan *p = v->plan;
    for (uint32_t slot = 0; slot < p->slots.len; slot++) {
        TtfsSlot *s = &p->slots.at[slot];
        s->worst_cycles = ttfs_plan_slot_cycles(p, v->spike, slot, false);
        s->expected_cycles = ttfs_plan_slot_cycles(p, v->spike, slot, true);
        p->worst_cycles += s->worst_cycles;
        p->expected_cycles += s->expected_cycles;
    }
}

bool ttfs_spike_to_plan(const TtfsSpike *s, const TtfsChip *chip, const char *file, TtfsPlan *out,
                        TtfsDiag *diag) {
    *out = (TtfsPlan){.chip = *chip};
    if (!ttfs_chip_check(chip, file, diag) || !ttfs_spike_check(s, file, diag)) return false;
    out->chip.name = ttfs_arena_strdup(&out->arena, chip->name);
    Solver v = {.spike = s, .plan = out, .file = file, .diag = diag, .ok = true};
    if (!check_graph(&v)) return false;
    make_slots(&v);
    ttfs_solver_look_ahead(&v);
    cut_all(&v, true);
    bool fits = ttfs_solver_fits(&v, false);
    if (!fits) {
        cut_all(&v, false);
        fits = ttfs_solver_fits(&v, true);
    }
    if (fits) count_cycles(&v);
    ttfs_arena_free(&v.scratch);
    return fits && ttfs_plan_check(out, s, file, diag);
}
