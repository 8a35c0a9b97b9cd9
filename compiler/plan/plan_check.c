/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan's checker. It knows the machine (docs/core.md) and trusts no solver: populations fit the
 * chip, slots are in topological order, tasks hold every neuron once (plan_check_tasks.c), no
 * number is another than follows from them (plan_check_derived.c), tasks read what their cores
 * keep, nothing overlaps or exceeds a memory (plan_check_memories.c), and the cycles are the
 * formula's. Every fault is reported. Cost: O(neurons + n log n) in tasks and buffers.
 */
#include "plan_check.h"

static bool population_exists(const PlanCheck *c, TtfsPop p) {
    return p.i >= 1 && p.i <= c->spike->pops.len;
}

static bool check_slot(PlanCheck *c, uint32_t slot) {
    TtfsPop pop = c->plan->slots.at[slot].pop;
    if (!population_exists(c, pop))
        return ttfs_plan_fault(c, (TtfsPop){0}, "slot %u: no population %u", slot, pop.i);
    if (c->slot_of[pop.i])
        return ttfs_plan_fault(c, pop, "is in slots %u and %u", c->slot_of[pop.i] - 1, slot);
    c->slot_of[pop.i] = slot + 1;
    return true;
}

/* Slots name every population once, the input first, sources before their readers. */
static bool check_slots(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    uint32_t n = p->slots.len;
    if (n != c->spike->pops.len || n > TTFS_PLAN_SLOTS)
        return ttfs_plan_fault(c, (TtfsPop){0}, "%u slots for %u populations, at most %d", n,
                               c->spike->pops.len, TTFS_PLAN_SLOTS);
    for (uint32_t s = 0; s < n; s++)
        if (!check_slot(c, s)) return false;
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

/* The promised cycles are the formula's. */
static void check_cycles(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    uint64_t worst = 0, expected = 0;
    for (uint32_t slot = 0; slot < p->slots.len; slot++) {
        const TtfsSlot *s = &p->slots.at[slot];
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
    if (c.ok && check_slots(&c) && ttfs_plan_check_tasks(&c)) {
        ttfs_plan_check_derived(&c);
        ttfs_plan_check_memories(&c);
        if (c.ok) check_cycles(&c); /* the formula trusts tasks and flows */
    }
    ttfs_arena_free(&c.scratch);
    return c.ok;
}
