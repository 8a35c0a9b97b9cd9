/* SPDX-License-Identifier: Apache-2.0
 *
 * The list memory of every core, slot by slot: a population that a later slice of the core reads is
 * listened to, sealed in the next slot at the lowest free place, and kept until its last reader.
 * Band and patch take the lowest free places of their slot, from word 1 up. Of the four ways to
 * copy (none, band, patch, both) the one with the least expected cycles that fits is taken; without
 * rates from calibration, the least worst-case cycles. Linear in slots times lists alive.
 */
#include "solver.h"

typedef struct {
    uint32_t pop; /* 0: scratch of this slot */
    uint64_t base, end;
    uint32_t last;
} Live;

typedef struct {
    Solver *v;
    uint32_t core;
    uint32_t *last_use; /* by population id; 0 = never read here */
    Live *live;         /* by base */
    uint32_t live_count;
} Core;

/* Takes the lowest free `size` words from `base` up. */
static uint64_t take(Core *k, uint64_t base, uint64_t size, uint32_t pop, uint32_t last) {
    uint32_t i = 0;
    for (; i < k->live_count; i++) {
        if (k->live[i].base >= base && k->live[i].base - base >= size) break;
        if (k->live[i].end > base) base = k->live[i].end;
    }
    for (uint32_t j = k->live_count++; j > i; j--) k->live[j] = k->live[j - 1];
    k->live[i] = (Live){pop, base, base + size, last};
    return base;
}

static void drop(Core *k, uint32_t slot, bool scratch_only) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < k->live_count; i++)
        if (k->live[i].pop && (scratch_only || k->live[i].last >= slot)) k->live[n++] = k->live[i];
    k->live_count = n;
}

static void seal(Core *k, uint32_t slot) {
    Solver *v = k->v;
    TtfsPlan *p = v->plan;
    TtfsPop pop = p->slots.at[slot - 1].pop;
    if (!k->last_use[pop.i]) return;
    const TtfsPopulation *pp = ttfs_spike_pop(v->spike, pop);
    uint64_t size = ttfs_list_words(ttfs_pop_size(pp), pp->ticks);
    uint64_t base = take(k, 0, size, pop.i, k->last_use[pop.i]);
    if (base + size > p->chip.list_words) {
        ttfs_solver_refuse(v, pop, "list words on a core", base + size, p->chip.list_words);
        return;
    }
    ttfs_plan_at(p, k->core, slot - 1)->listen = true;
    TtfsCoreSlot *at = ttfs_plan_at(p, k->core, slot);
    at->seal = pop;
    at->seal_base = (uint32_t)base;
    if (base + size > p->list_words_used[k->core])
        p->list_words_used[k->core] = (uint32_t)(base + size);
    if (ttfs_pop_size(pp) > p->log_words_used[k->core])
        p->log_words_used[k->core] = ttfs_pop_size(pp);
}

/* Places the copies that *s asks for; their end, or UINT64_MAX when they do not fit. */
static uint64_t place_copies(Core *k, const TtfsGeometry *g, TtfsSlice *s) {
    uint64_t end = 0, have = k->v->plan->chip.list_words;
    s->band_base = s->patch_base = 0;
    if (s->band) {
        uint64_t size = ttfs_copy_words(ttfs_geometry_band_events(g), g->src->ticks);
        uint64_t base = take(k, 1, size, 0, s->slot);
        end = base + size;
        s->band_base = end <= have ? (uint32_t)base : 0;
    }
    if (s->patch && end <= have) {
        uint64_t size = ttfs_copy_words(ttfs_geometry_patch_events(g), g->src->ticks);
        uint64_t base = take(k, 1, size, 0, s->slot);
        end = base + size > end ? base + size : end;
        s->patch_base = base + size <= have ? (uint32_t)base : 0;
    }
    drop(k, s->slot, true);
    return end <= have ? end : UINT64_MAX;
}

/* Tries the four ways on the slice in the plan and keeps the best. */
static void choose_copies(Core *k, const TtfsGeometry *g, TtfsSlice *s) {
    TtfsPlan *p = k->v->plan;
    TtfsSlice best = *s;
    uint64_t best_cost = UINT64_MAX, best_end = 0;
    bool expected = g->src->rate_ppm > 0;
    for (uint32_t way = 0; way < 4; way++) {
        s->band = way & 1;
        s->patch = way >> 1;
        uint64_t end = place_copies(k, g, s);
        if (end == UINT64_MAX) continue;
        uint64_t cost = ttfs_plan_core_cycles(p, k->v->spike, k->core, s->slot, expected);
        if (cost >= best_cost) continue;
        best = *s;
        best_cost = cost;
        best_end = end;
    }
    *s = best;
    if (best_end > p->list_words_used[k->core]) p->list_words_used[k->core] = (uint32_t)best_end;
}

static void place_slice(Core *k, TtfsSlice *s) {
    TtfsGeometry g;
    ttfs_plan_geometry(k->v->spike, s->pop, &g);
    for (uint32_t i = 0; i < k->live_count; i++)
        if (k->live[i].pop == g.conn->src.i) s->src_base = (uint32_t)k->live[i].base;
    if (!g.pool && !g.src_flat && !g.dst_flat) choose_copies(k, &g, s);
}

static void place_core(Core *k) {
    Solver *v = k->v;
    TtfsPlan *p = v->plan;
    for (uint32_t slot = 1; slot < p->slots.len; slot++) {
        uint32_t slice = ttfs_plan_at(p, k->core, slot)->slice;
        if (!slice) continue;
        TtfsPop pop = p->slices.at[slice - 1].pop;
        k->last_use[v->spike->conns.at[ttfs_spike_pop(v->spike, pop)->conn_first].src.i] = slot;
    }
    for (uint32_t slot = 1; slot < p->slots.len; slot++) {
        drop(k, slot, false);
        seal(k, slot);
        uint32_t slice = ttfs_plan_at(p, k->core, slot)->slice;
        if (slice && v->ok) place_slice(k, &p->slices.at[slice - 1]);
    }
}

void ttfs_solver_place_lists(Solver *v) {
    uint32_t n = v->spike->pops.len;
    for (uint32_t core = 0; core < v->plan->chip.cores; core++) {
        /* The cores read nearly the same lists: the first that overflows speaks for all. */
        if (!v->ok) return;
        TtfsMark mark = ttfs_arena_mark(&v->scratch);
        Core k = {.v = v, .core = core};
        k.last_use = TTFS_ARRAY(&v->scratch, uint32_t, (size_t)n + 1);
        k.live = TTFS_ARRAY(&v->scratch, Live, (size_t)n + 3);
        place_core(&k);
        ttfs_arena_release(&v->scratch, mark);
    }
}
