/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan's checker. It knows the machine (docs/core.md) and trusts no solver: populations fit the
 * chip, slots are in topological order, slices cover every neuron once, weights do not overlap,
 * lists (plan_check_lists.c) are sealed before use and whole until their last use, and the cycles
 * are the formula's. Every fault is reported. Cost: O(n log n) in slices, slots times cores.
 */
#include "plan_check.h"

#include <inttypes.h>
#include <stdlib.h>

static bool population_exists(const PlanCheck *c, TtfsPop p) {
    return p.i >= 1 && p.i <= c->spike->pops.len;
}

/* Slots name every population once, the input first, sources before their readers. */
static bool check_slots(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    uint32_t n = p->slots.len;
    if (n != c->spike->pops.len || n > p->chip.slots || n == 0)
        return ttfs_plan_fault(c, (TtfsPop){0}, "%u slots for %u populations on a chip with %u", n,
                               c->spike->pops.len, p->chip.slots);
    for (uint32_t s = 0; s < n; s++) {
        TtfsPop pop = p->slots.at[s].pop;
        if (!population_exists(c, pop))
            return ttfs_plan_fault(c, (TtfsPop){0}, "slot %u: no population %u", s, pop.i);
        if (c->slot_of[pop.i])
            return ttfs_plan_fault(c, pop, "is in slots %u and %u", c->slot_of[pop.i] - 1, s);
        c->slot_of[pop.i] = s + 1;
    }
    if (p->slots.at[0].pop.i != c->spike->input.i)
        return ttfs_plan_fault(c, p->slots.at[0].pop, "slot 0 must carry the input");
    for (uint32_t i = 0; i < c->spike->conns.len; i++) {
        const TtfsConnection *k = &c->spike->conns.at[i];
        if (c->slot_of[k->src.i] >= c->slot_of[k->dst.i])
            ttfs_plan_fault(c, k->dst, "runs in slot %u, its source in slot %u",
                            c->slot_of[k->dst.i] - 1, c->slot_of[k->src.i] - 1);
    }
    return c->ok;
}

static void check_fits(PlanCheck *c) {
    for (uint32_t i = 1; i <= c->spike->pops.len; i++)
        if (!ttfs_plan_fits(&c->plan->chip, c->spike, (TtfsPop){i}, c->file, c->diag))
            c->ok = false;
}

/* The numbers inside one slice, against its population. */
static bool check_slice(PlanCheck *c, uint32_t index) {
    const TtfsPlan *p = c->plan;
    const TtfsSlice *s = &p->slices.at[index];
    if (!population_exists(c, s->pop) || s->core >= p->chip.cores || s->slot >= p->slots.len)
        return ttfs_plan_fault(c, (TtfsPop){0}, "slice %u is outside the chip or the graph",
                               index + 1);
    const TtfsPopulation *pop = ttfs_spike_pop(c->spike, s->pop);
    TtfsGeometry g;
    if (s->slot + 1 != c->slot_of[s->pop.i] || !ttfs_plan_geometry(c->spike, s->pop, &g))
        return ttfs_plan_fault(c, s->pop, "slice %u is in slot %u", index + 1, s->slot);
    if (ttfs_plan_at(p, s->core, s->slot)->slice != index + 1)
        return ttfs_plan_fault(c, s->pop, "core %u does not run slice %u in slot %u", s->core,
                               index + 1, s->slot);
    if (s->channels == 0 || s->ch_first >= pop->c || s->channels > pop->c - s->ch_first ||
        s->oy_count == 0 || s->oy_first >= pop->h || s->oy_count > pop->h - s->oy_first)
        return ttfs_plan_fault(c, s->pop, "slice %u holds channels %u+%u, rows %u+%u of %u, %u",
                               index + 1, s->ch_first, s->channels, s->oy_first, s->oy_count,
                               pop->c, pop->h);
    uint32_t groups = g.pool ? 0 : (s->channels + p->chip.lanes - 1) / p->chip.lanes;
    if (s->groups != groups || s->group_rows != g.group_rows)
        return ttfs_plan_fault(c, s->pop,
                               "slice %u has %u groups of %u rows, %u of %" PRIu64 " expected",
                               index + 1, s->groups, s->group_rows, groups, g.group_rows);
    if (g.pool && (s->oy_count != pop->h || s->weight_base || s->param_base))
        return ttfs_plan_fault(c, s->pop, "slice %u: a pool has all rows and no weights",
                               index + 1);
    bool linear = !g.pool && !g.src_flat;
    if ((s->band || s->patch) && !linear)
        return ttfs_plan_fault(c, s->pop, "slice %u: copies of a flat source", index + 1);
    uint64_t outputs = (uint64_t)s->channels * pop->h * pop->w;
    if (g.pool && outputs > p->chip.seen_words)
        return ttfs_plan_fault(c, s->pop, "slice %u needs %" PRIu64 " seen words of %u", index + 1,
                               outputs, p->chip.seen_words);
    return true;
}

static bool overlap(uint32_t a, uint32_t na, uint32_t b, uint32_t nb) {
    return a < b ? b - a < na : a - b < nb;
}

/* Slices of one slot share no neuron and hold all of them. */
static void check_cover(PlanCheck *c, uint32_t slot) {
    const TtfsPlan *p = c->plan;
    TtfsPop pop = p->slots.at[slot].pop;
    const TtfsPopulation *pp = ttfs_spike_pop(c->spike, pop);
    uint64_t area = 0;
    for (uint32_t i = 0; i < p->chip.cores; i++) {
        uint32_t si = ttfs_plan_at(p, i, slot)->slice;
        if (!si) continue;
        const TtfsSlice *a = &p->slices.at[si - 1];
        area += (uint64_t)a->channels * a->oy_count;
        for (uint32_t j = 0; j < i; j++) {
            uint32_t sj = ttfs_plan_at(p, j, slot)->slice;
            if (!sj) continue;
            const TtfsSlice *b = &p->slices.at[sj - 1];
            if (overlap(a->ch_first, a->channels, b->ch_first, b->channels) &&
                overlap(a->oy_first, a->oy_count, b->oy_first, b->oy_count))
                ttfs_plan_fault(c, pop, "slices %u and %u hold the same neurons", sj, si);
        }
    }
    if (area != (slot ? (uint64_t)pp->c * pp->h : 0))
        ttfs_plan_fault(c, pop, "the slices hold %" PRIu64 " of %" PRIu64 " channels times rows",
                        area, (uint64_t)pp->c * pp->h);
}

static bool check_slices(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    for (uint32_t i = 0; i < p->slices.len; i++) check_slice(c, i);
    for (uint32_t core = 0; core < p->chip.cores; core++)
        for (uint32_t slot = 0; slot < p->slots.len; slot++) {
            uint32_t i = ttfs_plan_at(p, core, slot)->slice;
            bool there = i >= 1 && i <= p->slices.len && p->slices.at[i - 1].core == core &&
                         p->slices.at[i - 1].slot == slot;
            if (i && !there)
                ttfs_plan_fault(c, (TtfsPop){0}, "core %u slot %u runs slice %u of elsewhere", core,
                                slot, i);
        }
    for (uint32_t slot = 0; c->ok && slot < p->slots.len; slot++) check_cover(c, slot);
    return c->ok;
}

typedef struct {
    uint32_t core;
    uint64_t base, size;
    TtfsPop pop;
} Region;

static int region_order(const void *a, const void *b) {
    const Region *x = a, *y = b;
    if (x->core != y->core) return x->core < y->core ? -1 : 1;
    return (x->base > y->base) - (x->base < y->base);
}

/* Weight and parameter rows of a core: inside the memory, disjoint, and counted. */
static void check_weights(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    Region *r = TTFS_ARRAY(&c->scratch, Region, (size_t)p->slices.len * 2);
    uint64_t *top = TTFS_ARRAY(&c->scratch, uint64_t, p->chip.cores);
    uint32_t n = 0;
    uint32_t params = ttfs_chip_threshold_rows(&p->chip) + ttfs_chip_ramp_rows(&p->chip);
    for (uint32_t i = 0; i < p->slices.len; i++) {
        const TtfsSlice *s = &p->slices.at[i];
        if (s->groups == 0) continue;
        r[n++] = (Region){s->core, s->weight_base, (uint64_t)s->groups * s->group_rows, s->pop};
        r[n++] = (Region){s->core, s->param_base, (uint64_t)s->groups * params, s->pop};
    }
    qsort(r, n, sizeof *r, region_order);
    for (uint32_t i = 0; i < n; i++) {
        if (r[i].base < top[r[i].core])
            ttfs_plan_fault(c, r[i].pop, "weight rows from %" PRIu64 " on core %u overlap others",
                            r[i].base, r[i].core);
        if (r[i].base + r[i].size > top[r[i].core]) top[r[i].core] = r[i].base + r[i].size;
    }
    for (uint32_t core = 0; core < p->chip.cores; core++)
        if (top[core] > p->chip.weight_rows || top[core] != p->weight_rows_used[core])
            ttfs_plan_fault(c, (TtfsPop){0},
                            "core %u uses %" PRIu64
                            " weight rows; the plan says %u, the chip has %u",
                            core, top[core], p->weight_rows_used[core], p->chip.weight_rows);
}

/* The promised cycles are the formula's. */
static void check_cycles(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    uint64_t worst = 0, expected = 0;
    for (uint32_t slot = 0; slot < p->slots.len; slot++) {
        const TtfsSlot *s = &p->slots.at[slot];
        for (uint32_t core = 0; core < p->chip.cores; core++)
            if (ttfs_plan_at(p, core, slot)->worst_cycles !=
                ttfs_plan_core_cycles(p, c->spike, core, slot, false))
                ttfs_plan_fault(c, s->pop,
                                "core %u: %" PRIu64 " worst cycles, %" PRIu64 " expected", core,
                                ttfs_plan_at(p, core, slot)->worst_cycles,
                                ttfs_plan_core_cycles(p, c->spike, core, slot, false));
        if (s->worst_cycles != ttfs_plan_slot_cycles(p, c->spike, slot, false) ||
            s->expected_cycles != ttfs_plan_slot_cycles(p, c->spike, slot, true))
            ttfs_plan_fault(c, s->pop, "the cycles of slot %u are not the formula's", slot);
        worst += s->worst_cycles;
        expected += s->expected_cycles;
    }
    if (worst != p->worst_cycles || expected != p->expected_cycles)
        ttfs_plan_fault(c, (TtfsPop){0}, "the cycles of the sample are not the sum of the slots");
}

bool ttfs_plan_check(const TtfsPlan *p, const TtfsSpike *s, const char *file, TtfsDiag *diag) {
    if (!ttfs_chip_check(&p->chip, file, diag) || !ttfs_spike_check(s, file, diag)) return false;
    PlanCheck c = {.plan = p, .spike = s, .file = file, .diag = diag, .ok = true};
    c.slot_of = TTFS_ARRAY(&c.scratch, uint32_t, (size_t)s->pops.len + 1);
    check_fits(&c);
    if (c.ok && check_slots(&c) && check_slices(&c)) {
        check_weights(&c);
        ttfs_plan_check_lists(&c);
        if (c.ok) check_cycles(&c); /* the formula trusts seals and slices */
    }
    ttfs_arena_free(&c.scratch);
    return c.ok;
}
