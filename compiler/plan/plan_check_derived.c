/* SPDX-License-Identifier: Apache-2.0
 *
 * Every number of a plan that follows from its tasks' parts is held against ttfs_plan_derive: an
 * image cannot hide anything in a number that could as well be another. That what is derived is
 * right is plan_check_memories.c's to find.
 */
#include "plan_check.h"

#include <string.h>

static TtfsPlan derived_of(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    TtfsPlan d = {.chip = p->chip, .early = p->early};
    d.when.at = p->when.at;
    d.when.len = p->when.len;
    d.slots.len = p->slots.len;
    d.tasks.len = d.tasks.cap = p->tasks.len;
    d.tasks.at = TTFS_ARRAY(&d.arena, TtfsTask, p->tasks.len);
    if (p->tasks.len) memcpy(d.tasks.at, p->tasks.at, p->tasks.len * sizeof *p->tasks.at);
    ttfs_plan_derive(&d, c->spike);
    return d;
}

/* Structs of whole numbers alone are compared as bytes. */
static void check_tasks(PlanCheck *c, const TtfsPlan *d) {
    for (uint32_t i = 0; i < d->tasks.len; i++) {
        const TtfsTask *t = &c->plan->tasks.at[i], *want = &d->tasks.at[i];
        if (memcmp(t, want, sizeof *t) != 0)
            ttfs_plan_fault(c, t->pop,
                            "task %u has %u groups of %u rows in %u passes, weights at %u, "
                            "parameters at %u, flow %u, edges %u %u %u %u; %u of %u in %u, at %u, "
                            "at %u, %u, %u %u %u %u expected",
                            i, t->groups, t->group_rows, t->passes, t->weight_base, t->param_base,
                            t->flow, t->edge[0], t->edge[1], t->edge[2], t->edge[3], want->groups,
                            want->group_rows, want->passes, want->weight_base, want->param_base,
                            want->flow, want->edge[0], want->edge[1], want->edge[2], want->edge[3]);
    }
}

static void check_buffers(PlanCheck *c, const TtfsPlan *d) {
    const TtfsPlan *p = c->plan;
    if (p->buffers.len != d->buffers.len) {
        ttfs_plan_fault(c, (TtfsPop){0}, "%u buffers, %u expected", p->buffers.len, d->buffers.len);
        return;
    }
    for (uint32_t i = 0; i < p->buffers.len; i++)
        if (memcmp(&p->buffers.at[i], &d->buffers.at[i], sizeof *p->buffers.at) != 0)
            ttfs_plan_fault(c, d->buffers.at[i].pop,
                            "buffer %u is not what core %u's tasks read of it", i,
                            d->buffers.at[i].core);
}

/* Where flows begin in `ends` follows from how many they have. */
static bool same_flow(const TtfsPlan *p, const TtfsPlan *d, uint32_t i) {
    const TtfsFlow *a = &p->flows.at[i], *b = &d->flows.at[i];
    if (memcmp(a, b, sizeof *a) != 0) return false;
    return !a->ends ||
           memcmp(p->ends.at + a->first, d->ends.at + b->first, a->ends * sizeof *p->ends.at) == 0;
}

static void check_flows(PlanCheck *c, const TtfsPlan *d) {
    const TtfsPlan *p = c->plan;
    if (p->flows.len != d->flows.len || p->ends.len != d->ends.len) {
        ttfs_plan_fault(c, (TtfsPop){0}, "%u flows to %u buffers, %u to %u expected", p->flows.len,
                        p->ends.len, d->flows.len, d->ends.len);
        return;
    }
    for (uint32_t i = 0; i < p->flows.len; i++)
        if (!same_flow(p, d, i))
            ttfs_plan_fault(c, d->flows.at[i].pop,
                            "flow %u is population %u's from core %u to %u buffers, or to others "
                            "than keep something of it",
                            i, p->flows.at[i].pop.i, p->flows.at[i].core, p->flows.at[i].ends);
}

void ttfs_plan_check_derived(PlanCheck *c) {
    TtfsPlan d = derived_of(c);
    check_tasks(c, &d);
    check_buffers(c, &d);
    check_flows(c, &d);
    for (uint32_t i = 0; i < ttfs_chip_cores(&d.chip); i++)
        if (memcmp(&c->plan->use[i], &d.use[i], sizeof *d.use) != 0)
            ttfs_plan_fault(c, (TtfsPop){0}, "core %u does not use the words that the plan says",
                            i);
    ttfs_arena_free(&d.arena);
}
