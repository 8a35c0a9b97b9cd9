/* SPDX-License-Identifier: Apache-2.0
 *
 * The solver, near-linear: one population a slot in topological order; channels cut in groups of
 * lanes over the cores, rows too when there are fewer groups than cores; weights one after the
 * other; lists by first fit with lifetimes (lists.c). All refusals are collected. What it makes is
 * handed to ttfs_plan_check, which trusts none of it.
 */
#include "solver.h"

#include <inttypes.h>

static void check_graph(Solver *v) {
    for (uint32_t i = 1; i <= v->spike->pops.len; i++) {
        TtfsPop p = {i};
        if (!ttfs_plan_fits(&v->plan->chip, v->spike, p, v->file, v->diag)) v->ok = false;
        const TtfsPopulation *pop = ttfs_spike_pop(v->spike, p);
        if (pop->kind != TTFS_POP_READOUT && ttfs_pop_size(pop) > v->plan->chip.log_words)
            ttfs_solver_refuse(v, p, "log words", ttfs_pop_size(pop), v->plan->chip.log_words);
    }
    if (v->spike->pops.len > v->plan->chip.slots)
        ttfs_solver_refuse(v, (TtfsPop){0}, "slots", v->spike->pops.len, v->plan->chip.slots);
}

/* The input first, then the others as they stand: the graph is in topological order. */
static void make_slots(Solver *v) {
    TtfsPlan *p = v->plan;
    *TTFS_PUSH(&p->arena, p->slots) = (TtfsSlot){.pop = v->spike->input};
    for (uint32_t i = 1; i <= v->spike->pops.len; i++)
        if (i != v->spike->input.i) *TTFS_PUSH(&p->arena, p->slots) = (TtfsSlot){.pop = {i}};
    p->at = TTFS_ARRAY(&p->arena, TtfsCoreSlot, (size_t)p->chip.cores * p->slots.len);
    p->weight_rows_used = TTFS_ARRAY(&p->arena, uint32_t, p->chip.cores);
    p->list_words_used = TTFS_ARRAY(&p->arena, uint32_t, p->chip.cores);
    p->log_words_used = TTFS_ARRAY(&p->arena, uint32_t, p->chip.cores);
    p->seen_words_used = TTFS_ARRAY(&p->arena, uint32_t, p->chip.cores);
}

/* How a population is cut: `parts` of its channels times `bands` of its rows. */
typedef struct {
    uint32_t parts, bands;
} Cut;

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint32_t share(uint32_t whole, uint32_t parts) {
    return (whole + parts - 1) / parts;
}

/* The cut whose largest slice replays its list least often; of equal ones the one with most parts,
 * since every band of rows holds its own copy of the weights. */
static Cut choose_cut(const Solver *v, const TtfsGeometry *g) {
    uint32_t cores = v->plan->chip.cores;
    if (g->pool) return (Cut){least(cores, g->dst->c), 1};
    uint32_t groups = share(g->dst->c, v->plan->chip.lanes);
    Cut best = {least(cores, groups), 1};
    uint64_t best_cost = (uint64_t)share(groups, best.parts) * g->dst->h;
    for (uint32_t parts = best.parts; v->cut_rows && parts >= 1; parts--) {
        Cut cut = {parts, least(cores / parts, g->dst->h)};
        uint64_t cost = (uint64_t)share(groups, parts) * share(g->dst->h, cut.bands);
        if (cost >= best_cost) continue;
        best = cut;
        best_cost = cost;
    }
    return best;
}

static uint32_t emptiest_core(const TtfsPlan *p) {
    uint32_t best = 0;
    for (uint32_t c = 1; c < p->chip.cores; c++)
        if (p->weight_rows_used[c] < p->weight_rows_used[best]) best = c;
    return best;
}

/* Gives a slice its weight rows; false when the core's memory is full. */
static bool place_weights(TtfsPlan *p, TtfsSlice *s) {
    uint64_t params = ttfs_chip_threshold_rows(&p->chip) + ttfs_chip_ramp_rows(&p->chip);
    uint64_t used = p->weight_rows_used[s->core];
    uint64_t end = used + s->groups * (s->group_rows + params);
    if (end > p->chip.weight_rows) return false;
    if (s->groups) {
        s->weight_base = (uint32_t)used;
        s->param_base = (uint32_t)(used + (uint64_t)s->groups * s->group_rows);
    }
    p->weight_rows_used[s->core] = (uint32_t)end;
    return true;
}

/* Units (groups of lanes; a pool's channels) of part i of n: nearly equal runs. */
static uint32_t run_start(uint32_t whole, uint32_t parts, uint32_t i) {
    return (uint32_t)((uint64_t)whole * i / parts);
}

static TtfsSlice make_slice(const Solver *v, const TtfsGeometry *g, Cut cut, uint32_t i) {
    uint32_t part = i / cut.bands, band = i % cut.bands, unit = g->pool ? 1 : v->plan->chip.lanes;
    uint32_t units = share(g->dst->c, unit);
    uint32_t first = run_start(units, cut.parts, part) * unit;
    uint32_t end = least(run_start(units, cut.parts, part + 1) * unit, g->dst->c);
    uint32_t row = run_start(g->dst->h, cut.bands, band);
    return (TtfsSlice){.ch_first = first,
                       .channels = end - first,
                       .oy_first = row,
                       .oy_count = run_start(g->dst->h, cut.bands, band + 1) - row,
                       .groups = g->pool ? 0 : share(end - first, unit),
                       .group_rows = (uint32_t)g->group_rows};
}

static void refuse_weights(Solver *v, const TtfsSlice *s) {
    const TtfsPlan *p = v->plan;
    uint64_t params = ttfs_chip_threshold_rows(&p->chip) + ttfs_chip_ramp_rows(&p->chip);
    v->ok = ttfs_error(v->diag, ttfs_pop_at(ttfs_spike_pop(v->spike, s->pop), v->file),
                       TTFS_PLAN_FIT,
                       "needs %" PRIu64 " weight rows on core %u beside %u rows of other layers, "
                       "the chip has %u",
                       s->groups * (s->group_rows + params), s->core, p->weight_rows_used[s->core],
                       p->chip.weight_rows);
}

/* Cuts the population of a slot; false when weights or pool outputs do not fit. */
static bool cut_slot(Solver *v, uint32_t slot, bool report) {
    TtfsPlan *p = v->plan;
    TtfsPop pop = p->slots.at[slot].pop;
    TtfsGeometry g;
    ttfs_plan_geometry(v->spike, pop, &g);
    Cut cut = choose_cut(v, &g);
    uint32_t first = emptiest_core(p);
    for (uint32_t i = 0; i < cut.parts * cut.bands; i++) {
        TtfsSlice s = make_slice(v, &g, cut, i);
        s.pop = pop;
        s.slot = slot;
        s.core = (first + i) % p->chip.cores;
        uint64_t outputs = g.pool ? (uint64_t)s.channels * g.row_c : 0;
        bool weights = place_weights(p, &s), seen = outputs <= p->chip.seen_words;
        if (report && !weights) refuse_weights(v, &s);
        if (report && !seen)
            ttfs_solver_refuse(v, pop, "words to see its outputs", outputs, p->chip.seen_words);
        if (!weights || !seen) return false;
        if (outputs > p->seen_words_used[s.core]) p->seen_words_used[s.core] = (uint32_t)outputs;
        *TTFS_PUSH(&p->arena, p->slices) = s;
        ttfs_plan_at(p, s.core, slot)->slice = p->slices.len;
    }
    return true;
}

static void forget_slices(TtfsPlan *p) {
    p->slices.len = 0;
    for (uint32_t c = 0; c < p->chip.cores; c++) {
        p->weight_rows_used[c] = 0;
        p->seen_words_used[c] = 0;
        for (uint32_t s = 0; s < p->slots.len; s++) ttfs_plan_at(p, c, s)->slice = 0;
    }
}

/* Cuts all populations, with rows when the copies of weights that this makes fit, else without. */
static void make_slices(Solver *v) {
    TtfsPlan *p = v->plan;
    v->cut_rows = true;
    for (uint32_t slot = 1; slot < p->slots.len; slot++) {
        if (cut_slot(v, slot, !v->cut_rows) || !v->cut_rows) continue;
        v->cut_rows = false;
        forget_slices(p);
        slot = 0;
    }
}

static void count_cycles(Solver *v) {
    TtfsPlan *p = v->plan;
    for (uint32_t slot = 0; slot < p->slots.len; slot++) {
        for (uint32_t c = 0; c < p->chip.cores; c++)
            ttfs_plan_at(p, c, slot)->worst_cycles =
                ttfs_plan_core_cycles(p, v->spike, c, slot, false);
        TtfsSlot *s = &p->slots.at[slot];
        s->worst_cycles = ttfs_plan_slot_cycles(p, v->spike, slot, false);
        s->expected_cycles = ttfs_plan_slot_cycles(p, v->spike, slot, true);
        p->worst_cycles += s->worst_cycles;
        p->expected_cycles += s->expected_cycles;
    }
}

/* Says what the chip's form of the network costs more than the network. */
static void note_dilation(const Solver *v) {
    for (uint32_t i = 0; i < v->spike->conns.len; i++) {
        const TtfsConnection *c = &v->spike->conns.at[i];
        if (c->kind != TTFS_CONN_CONV || (c->dilation[0] == 1 && c->dilation[1] == 1)) continue;
        TtfsGeometry g;
        ttfs_plan_geometry(v->spike, c->dst, &g);
        ttfs_note(v->diag, ttfs_pop_at(g.dst, v->file),
                  "the dilated kernel is stored as %u x %u with rows of zeros", g.kh, g.kw);
    }
}

bool ttfs_spike_to_plan(const TtfsSpike *s, const TtfsChip *chip, const char *file, TtfsPlan *out,
                        TtfsDiag *diag) {
    *out = (TtfsPlan){.chip = *chip};
    if (!ttfs_chip_check(chip, file, diag) || !ttfs_spike_check(s, file, diag)) return false;
    out->chip.name = ttfs_arena_strdup(&out->arena, chip->name);
    Solver v = {.spike = s, .plan = out, .file = file, .diag = diag, .ok = true};
    check_graph(&v);
    if (!v.ok) return false;
    make_slots(&v);
    make_slices(&v);
    if (v.ok) ttfs_solver_place_lists(&v);
    if (v.ok) count_cycles(&v);
    if (v.ok) note_dilation(&v);
    ttfs_arena_free(&v.scratch);
    return v.ok && ttfs_plan_check(out, s, file, diag);
}
