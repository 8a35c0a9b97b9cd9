/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan's checker. It knows the machine (docs/core.md) and trusts no solver: populations fit the
 * chip, every reader is behind its sources, tasks hold every neuron once (plan_check_tasks.c), no
 * number is another than follows from them (plan_check_derived.c), tasks read what their cores
 * keep, nothing overlaps or exceeds a memory (plan_check_memories.c), and the cycles are the
 * formula's. Every fault is reported. Cost: neurons, and tasks times the buffers of their
 * population.
 */
#include "plan_check.h"

/* A population of the input or of a layer is computed in a slot that there is. */
static bool check_when(PlanCheck *c, TtfsPop pop) {
    TtfsWhen w = ttfs_plan_when(c->plan, pop);
    if (pop.i == c->spike->input.i && (w.slot || w.stage))
        return ttfs_plan_fault(c, pop, "the input is in slot %u at stage %u, not in 0 at 0", w.slot,
                               w.stage);
    if (w.slot < c->plan->slots.len) return true;
    return ttfs_plan_fault(c, pop, "is in slot %u of %u", w.slot, c->plan->slots.len);
}

/* A reader comes behind its source, and no later than the source's values are kept. */
static void check_order(PlanCheck *c, const TtfsConnection *k) {
    TtfsWhen from = ttfs_plan_when(c->plan, k->src), to = ttfs_plan_when(c->plan, k->dst);
    const uint32_t latest = ttfs_plan_latest(c->plan);
    if (to.stage < from.stage || (to.stage == from.stage && to.slot <= from.slot))
        ttfs_plan_fault(c, k->dst, "is in slot %u at stage %u, its source in slot %u at stage %u",
                        to.slot, to.stage, from.slot, from.stage);
    else if (to.stage - from.stage > latest)
        ttfs_plan_fault(c, k->dst, "reads values that are %u turns old, the chip keeps them for %u",
                        to.stage - from.stage, latest);
    else if (c->plan->early && to.stage - from.stage < TTFS_EARLY_TURNS)
        ttfs_plan_fault(c, k->dst,
                        "reads values that are %u turns old, without barriers %d expected at least",
                        to.stage - from.stage, TTFS_EARLY_TURNS);
}

/* Without barriers there is one slot of a mesh (that nothing is streamed follows: slot 0 has none).
 */
static bool check_early(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    if (!p->early) return true;
    if (p->early > 1)
        return ttfs_plan_fault(c, (TtfsPop){0}, "early is %u, 0 or 1 expected", p->early);
    if (ttfs_chip_cores(&p->chip) == 1)
        return ttfs_plan_fault(c, (TtfsPop){0}, "cores are a turn ahead, but there is one");
    return p->slots.len == 1 ||
           ttfs_plan_fault(c, (TtfsPop){0}, "cores are a turn ahead, with %u slots, 1 expected",
                           p->slots.len);
}

/* Every population has a slot, sources before their readers. */
static bool check_slots(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    if (p->when.len != c->spike->pops.len)
        return ttfs_plan_fault(c, (TtfsPop){0}, "says when %u populations are computed, of %u",
                               p->when.len, c->spike->pops.len);
    if (p->slots.len < 1 || p->slots.len > TTFS_PLAN_SLOTS)
        return ttfs_plan_fault(c, (TtfsPop){0}, "%u slots, 1 to %d expected", p->slots.len,
                               TTFS_PLAN_SLOTS);
    if (!check_early(c)) return false;
    for (uint32_t i = 1; i <= p->when.len; i++)
        if (!check_when(c, (TtfsPop){i})) return false;
    for (uint32_t i = 0; i < c->spike->conns.len; i++) check_order(c, &c->spike->conns.at[i]);
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
            ttfs_plan_fault(c, (TtfsPop){0}, "the cycles of slot %u are not the formula's", slot);
        worst += s->worst_cycles;
        expected += s->expected_cycles;
    }
    if (worst != p->worst_cycles || expected != p->expected_cycles)
        ttfs_plan_fault(c, (TtfsPop){0}, "the cycles of a turn are not the sum of the slots");
}

bool ttfs_plan_check(const TtfsPlan *p, const TtfsSpike *s, const char *file, TtfsDiag *diag) {
    if (!ttfs_chip_check(&p->chip, file, diag) || !ttfs_spike_check(s, file, diag)) return false;
    PlanCheck c = {.plan = p, .spike = s, .file = file, .diag = diag, .ok = true};
    check_fits(&c);
    if (c.ok && check_slots(&c) && ttfs_plan_check_tasks(&c)) {
        ttfs_plan_check_derived(&c);
        ttfs_plan_check_memories(&c);
        if (c.ok) check_cycles(&c); /* the formula trusts tasks and flows */
    }
    ttfs_arena_free(&c.scratch);
    return c.ok;
}
