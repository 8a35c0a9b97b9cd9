/* SPDX-License-Identifier: Apache-2.0
 *
 * Chips at random, and plans of a graph that no solver would make: every population cut at random
 * places, every part on a random core, as the plan's rules allow. Include after cmocka.h.
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
    c.acc_bits = between(r, 29, 32);
    c.ramp_bits = between(r, 9, 24);
    c.value_bits = between(r, 8, 10);
    c.c_bits = between(r, 5, 8);
    c.act_words = between(r, 200, 1024);
    c.list_entries = lists[ttfs_rng_below(r, 4)];
    c.program_words = 16384;
    c.segments = between(r, 2, 8);
    return c;
}

static inline int plan_by_core(const void *a, const void *b) {
    const TtfsTask *x = a, *y = b;
    if (x->slot != y->slot) return x->slot < y->slot ? -1 : 1;
    return (x->core > y->core) - (x->core < y->core);
}

/* The next part of an axis that is cut at random. */
static inline uint32_t plan_part(TtfsRng *r, uint32_t left) {
    return ttfs_rng_below(r, 2) ? left : between(r, 1, left);
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
        *TTFS_PUSH(&p->arena, p->tasks) = t;
        t.ch_first += t.channels;
    }
}

static inline void plan_population(TtfsPlan *p, const TtfsSpike *s, TtfsRng *r, uint32_t slot) {
    TtfsPop pop = p->slots.at[slot].pop;
    const TtfsPopulation *q = ttfs_spike_pop(s, pop);
    TtfsCutRule rule = ttfs_plan_cut_rule(&p->chip, s, pop);
    TtfsTask t = {.pop = pop, .slot = slot};
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
    for (uint32_t i = 1; i <= s->pops.len; i++) {
        *TTFS_PUSH(&p->arena, p->slots) = (TtfsSlot){.pop = {i}};
        if (!ttfs_plan_fits(chip, s, (TtfsPop){i}, "net", diag)) return false;
        if (i > 1) plan_population(p, s, r, i - 1);
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
