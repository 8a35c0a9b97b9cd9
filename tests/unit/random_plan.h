/* SPDX-License-Identifier: Apache-2.0
 *
 * Chips at random, and plans of a graph that no solver would make: every population at a random
 * time, cut at random places, every part on a random core, some in an earlier slot, its weights
 * streamed or not, as the plan's rules allow. Include after cmocka.h.
 */
#ifndef RANDOM_PLAN_H
#define RANDOM_PLAN_H

#include "chip_spike.h"
#include "plan_geometry.h"

/* Wide enough in every number for most graphs of random_spike.h, small enough to be cut. */
static inline TtfsChip random_chip(TtfsRng *r) {
    static const uint32_t lists[] = {32768, 512, 24, 5};
    TtfsChip c = base_chip();
    bool one = ttfs_rng_below(r, 3) == 0;
    c.cores_x = one ? 1 : between(r, 1, 4);
    c.cores_y = one ? 1 : between(r, 1, 3);
    c.lanes = between(r, 1, 9);
    c.weight_bits = between(r, 9, 12);
    c.slope_bits = between(r, 24, 32);
    c.acc_bits = between(r, c.slope_bits > 29 ? c.slope_bits : 29, 32);
    c.ramp_bits = between(r, 9, 24);
    c.value_bits = between(r, 8, 10);
    c.c_bits = between(r, 5, 8);
    c.act_words = between(r, 200, 16384);
    c.list_entries = lists[ttfs_rng_below(r, 4)];
    c.program_words = 16384;
    c.segments = between(r, 2, 8);
    c.stream = c.lanes % 2;
    return c;
}

/* Tasks of a core are in any order, whatever population they are of. */
static inline int plan_by_core(const void *a, const void *b) {
    const TtfsTask *x = a, *y = b;
    const uint32_t i[] = {x->slot, x->core, x->oy_first, x->ch_first, x->pop.i, x->ox_first};
    const uint32_t j[] = {y->slot, y->core, y->oy_first, y->ch_first, y->pop.i, y->ox_first};
    for (size_t k = 0; k < sizeof i / sizeof *i; k++)
        if (i[k] != j[k]) return i[k] < j[k] ? -1 : 1;
    return 0;
}

/* When the sources of a population are computed: the latest, and the first. */
static inline TtfsWhen plan_sources(const TtfsPlan *p, const TtfsSpike *s, TtfsPop pop,
                                    uint32_t *first) {
    const TtfsPopulation *q = ttfs_spike_pop(s, pop);
    TtfsWhen latest = {0};
    *first = UINT32_MAX;
    for (uint32_t k = 0; k < q->conn_count; k++) {
        TtfsWhen w = ttfs_plan_when(p, s->conns.at[q->conn_first + k].src);
        if (w.stage < *first) *first = w.stage;
        if (w.stage > latest.stage || (w.stage == latest.stage && w.slot > latest.slot)) latest = w;
    }
    return latest;
}

/* A slot behind those of its sources, or any slot some turns later, none later than values are
 * kept. A pipeline (`slots` 1) has one slot. */
static inline void plan_when(TtfsPlan *p, const TtfsSpike *s, TtfsRng *r, TtfsPop pop,
                             uint32_t slots) {
    uint32_t first, later = slots == 1 || ttfs_rng_below(r, 2) ? between(r, 1, 5) : 0;
    TtfsWhen w = plan_sources(p, s, pop, &first);
    uint32_t least = p->early ? TTFS_EARLY_TURNS : slots == 1;
    if ((slots == 1 && ttfs_rng_below(r, 4)) || later < least) later = least;
    while (later > least && w.stage + later - first > ttfs_plan_latest(p)) later--;
    w.slot = later ? ttfs_rng_below(r, slots) : w.slot + between(r, 1, 2);
    w.stage += later;
    *TTFS_PUSH(&p->arena, p->when) = pop.i == s->input.i ? (TtfsWhen){0} : w;
    while (p->slots.len <= p->when.at[pop.i - 1].slot)
        *TTFS_PUSH(&p->arena, p->slots) = (TtfsSlot){0};
}

/* The next part of an axis that is cut at random. */
static inline uint32_t plan_part(TtfsRng *r, uint32_t left) {
    return ttfs_rng_below(r, 2) ? left : between(r, 1, left);
}

/* A third of a population's tasks is in the first slot that it may be in; not its last one. */
static inline uint32_t plan_slot(const TtfsPlan *p, const TtfsSpike *s, const TtfsTask *t) {
    const TtfsPopulation *q = ttfs_spike_pop(s, t->pop);
    bool last = t->ch_first + t->channels == q->c && t->oy_first + t->oy_count == q->h &&
                t->ox_first + t->ox_count == q->w;
    if (last || (t->pop.i + t->oy_first + t->ox_first) % 3) return ttfs_plan_when(p, t->pop).slot;
    return ttfs_plan_earliest(p, s, t->pop);
}

/* The channels of a rectangle, in sets and units as the rule wants. */
static inline void plan_channels(TtfsPlan *p, const TtfsSpike *s, TtfsRng *r, TtfsTask t,
                                 const TtfsCutRule *rule) {
    uint32_t all = ttfs_spike_pop(s, t.pop)->c;
    while (t.ch_first < all) {
        uint32_t set = t.ch_first / rule->most * rule->most, end = set + rule->most;
        uint32_t left = (end < all ? end : all) - t.ch_first;
        t.channels = (plan_part(r, left) + rule->unit - 1) / rule->unit * rule->unit;
        if (t.channels > left) t.channels = left;
        t.core = ttfs_rng_below(r, ttfs_chip_cores(&p->chip));
        t.slot = plan_slot(p, s, &t);
        t.streamed = p->chip.stream && t.slot && !ttfs_pop_is_pooled(s, t.pop) &&
                     (t.core ^ t.ch_first) % 3;
        *TTFS_PUSH(&p->arena, p->tasks) = t;
        t.ch_first += t.channels;
    }
}

static inline void plan_population(TtfsPlan *p, const TtfsSpike *s, TtfsRng *r, TtfsPop pop) {
    const TtfsPopulation *q = ttfs_spike_pop(s, pop);
    TtfsCutRule rule = ttfs_plan_cut_rule(&p->chip, s, pop);
    TtfsTask t = {.pop = pop, .slot = ttfs_plan_when(p, pop).slot};
    for (; t.oy_first < q->h; t.oy_first += t.oy_count) {
        uint32_t rows = ttfs_plan_alike(s, pop, 0, t.oy_first);
        t.oy_count = rule.by_position ? 1 : plan_part(r, rows);
        for (t.ox_first = 0; t.ox_first < q->w; t.ox_first += t.ox_count) {
            uint32_t cols = ttfs_plan_alike(s, pop, 1, t.ox_first);
            t.ox_count = rule.by_position ? 1 : plan_part(r, cols);
            plan_channels(p, s, r, t, &rule);
        }
    }
}

/* False when the chip does not hold it. */
static inline bool random_plan(TtfsPlan *p, const TtfsSpike *s, const TtfsChip *chip, TtfsRng *r,
                               TtfsDiag *diag) {
    *p = (TtfsPlan){.chip = *chip};
    p->chip.name = ttfs_arena_strdup(&p->arena, chip->name);
    uint32_t slots = ttfs_rng_below(r, 2) ? 1 : between(r, 2, 6);
    p->early = slots == 1 && ttfs_chip_cores(chip) > 1 && chip->act_words % 2;
    for (uint32_t i = 1; i <= s->pops.len; i++) {
        plan_when(p, s, r, (TtfsPop){i}, slots);
        if (!ttfs_plan_fits(chip, s, (TtfsPop){i}, "net", diag)) return false;
        if (i > 1) plan_population(p, s, r, (TtfsPop){i});
    }
    qsort(p->tasks.at, p->tasks.len, sizeof *p->tasks.at, plan_by_core);
    ttfs_plan_derive(p, s);
    for (uint32_t i = 0; i < p->slots.len; i++) {
        TtfsSlot *slot = &p->slots.at[i];
        p->worst_cycles += slot->worst_cycles = ttfs_plan_slot_cycles(p, s, i, false);
        p->expected_cycles += slot->expected_cycles = ttfs_plan_slot_cycles(p, s, i, true);
    }
    return ttfs_plan_check(p, s, "net", diag);
}

#endif
