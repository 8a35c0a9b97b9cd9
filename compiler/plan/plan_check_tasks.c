/* SPDX-License-Identifier: Apache-2.0
 *
 * The tasks of a plan: in their order, each a part of its population that a program record can say,
 * with the sizes that follow from it; all together hold every neuron once. Cost: neurons and tasks.
 */
#include "plan_check.h"
#include "plan_index.h"

#include <inttypes.h>
#include <string.h>

static bool inside(uint32_t first, uint32_t count, uint32_t size) {
    return count > 0 && first < size && count <= size - first;
}

/* The numbers by which later checks look things up. */
static bool check_place(PlanCheck *c, uint32_t i) {
    const TtfsPlan *p = c->plan;
    const TtfsTask *t = &p->tasks.at[i];
    if (t->pop.i < 1 || t->pop.i > c->spike->pops.len || t->core >= ttfs_chip_cores(&p->chip))
        return ttfs_plan_fault(c, (TtfsPop){0}, "task %u is outside the chip or the graph", i);
    const TtfsPopulation *pop = ttfs_spike_pop(c->spike, t->pop);
    if (t->pop.i == c->spike->input.i || t->slot > ttfs_plan_when(p, t->pop).slot ||
        t->slot < ttfs_plan_earliest(p, c->spike, t->pop))
        return ttfs_plan_fault(c, t->pop, "task %u is in slot %u", i, t->slot);
    if (!inside(t->ch_first, t->channels, pop->c) || !inside(t->oy_first, t->oy_count, pop->h) ||
        !inside(t->ox_first, t->ox_count, pop->w))
        return ttfs_plan_fault(c, t->pop,
                               "task %u holds channels %u+%u, rows %u+%u, columns %u+%u of "
                               "%u, %u, %u",
                               i, t->ch_first, t->channels, t->oy_first, t->oy_count, t->ox_first,
                               t->ox_count, pop->c, pop->h, pop->w);
    const TtfsTask *before = i ? t - 1 : t;
    if (before->slot > t->slot || (before->slot == t->slot && before->core > t->core))
        return ttfs_plan_fault(c, t->pop, "task %u is not in the order of slots and cores", i);
    return true;
}

/* What one list for all positions cannot be. */
static void check_positions(PlanCheck *c, uint32_t i) {
    const TtfsTask *t = &c->plan->tasks.at[i];
    TtfsCutRule rule = ttfs_plan_cut_rule(&c->plan->chip, c->spike, t->pop);
    uint64_t positions = (uint64_t)t->oy_count * t->ox_count;
    if (rule.by_position && positions > 1)
        ttfs_plan_fault(c, t->pop,
                        "task %u has %" PRIu64 " positions with weights or lists of "
                        "their own",
                        i, positions);
    if (t->oy_count > ttfs_plan_alike(c->spike, t->pop, 0, t->oy_first) ||
        t->ox_count > ttfs_plan_alike(c->spike, t->pop, 1, t->ox_first))
        ttfs_plan_fault(c, t->pop, "task %u has patches that padding cuts differently", i);
}

/* A list holds its events, a record its sources, and a neuron's class tells its bias. */
static void check_lists(PlanCheck *c, uint32_t i) {
    const TtfsPlan *p = c->plan;
    const TtfsTask *t = &p->tasks.at[i];
    bool one_list = ttfs_task_elements(c->spike, t) <= p->chip.list_entries &&
                    ttfs_spike_pop(c->spike, t->pop)->conn_count <= p->chip.segments;
    if (t->groups && t->passes == 1 && !ttfs_task_is_part(t) && !one_list)
        ttfs_plan_fault(c, t->pop, "task %u has one pass, more than a list holds", i);
    if (t->passes > 1 && (t->oy_count > 1 || t->ox_count > 1))
        ttfs_plan_fault(c, t->pop, "task %u has several passes and positions", i);
    if (!p->chip.classes && ttfs_task_params(t) > t->channels)
        ttfs_plan_fault(c, t->pop, "task %u has biases that depend on the position", i);
}

/* A part is some passes of one group at one position; the one with the last has no more. */
static bool check_part(PlanCheck *c, uint32_t i) {
    const TtfsPlan *p = c->plan;
    const TtfsTask *t = &p->tasks.at[i];
    if (!ttfs_task_is_part(t)) return true;
    uint32_t all = t->groups ? ttfs_task_passes(c->spike, &p->chip, t) : 0;
    uint64_t positions = (uint64_t)t->oy_count * t->ox_count;
    if (inside(t->first_pass, t->passes, all) && t->groups == 1 && positions == 1 &&
        t->more == (t->first_pass + t->passes < all))
        return true;
    return ttfs_plan_fault(
        c, t->pop, "task %u has passes %u+%u of %u, of %u groups at %" PRIu64 " positions, more %u",
        i, t->first_pass, t->passes, all, t->groups, positions, t->more);
}

/* The same neurons. */
static bool same_neurons(const TtfsTask *a, const TtfsTask *b) {
    return a->pop.i == b->pop.i && a->ch_first == b->ch_first && a->channels == b->channels &&
           a->oy_first == b->oy_first && a->ox_first == b->ox_first;
}

/* In a slot pools come behind what the lanes keep beyond it, and not between two parts: where the
 * programs are followed a pool's list must not stand before a part's. `pool`: the last one before
 * the task, `before`: the part before it; NULL: none. */
static bool behind_pool(const TtfsTask *t, const TtfsTask *pool, const TtfsTask *before) {
    if (!pool || pool->slot != t->slot || pool->core != t->core) return false;
    return t->more || (before && before->slot == t->slot && before < pool);
}

/* What a core's lanes hold of a part stays for the next one: their tasks, in order, are the parts
 * of the same neurons, pass by pass, up to the one that has no more. */
static void check_parts(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    const TtfsTask **open = TTFS_ARRAY(&c->scratch, const TtfsTask *, ttfs_chip_cores(&p->chip));
    const TtfsTask *pool = NULL;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i], *before = open[t->core];
        if (!t->groups) pool = t;
        if (!t->groups) continue;
        uint32_t done = before ? before->first_pass + before->passes : 0;
        if (t->first_pass != done || (before && !same_neurons(before, t)))
            ttfs_plan_fault(c, t->pop, "task %u begins with pass %u, the lanes of core %u hold %u",
                            i, t->first_pass, t->core, done);
        if (behind_pool(t, pool, before))
            ttfs_plan_fault(c, t->pop, "task %u keeps the lanes of core %u behind a pool", i,
                            t->core);
        open[t->core] = t->more ? t : NULL;
    }
    for (uint32_t k = 0; k < ttfs_chip_cores(&p->chip); k++)
        if (open[k])
            ttfs_plan_fault(c, open[k]->pop, "the lanes of core %u hold parts that nothing takes",
                            k);
}

/* What comes from outside comes in the slot before, and is some. */
static void check_streamed(PlanCheck *c, uint32_t i) {
    const TtfsTask *t = &c->plan->tasks.at[i];
    if (!t->streamed) return;
    if (!c->plan->chip.stream)
        ttfs_plan_fault(c, t->pop, "task %u streams its weights, the chip has no stream", i);
    if (t->slot == 0 || t->groups == 0 || t->streamed > 1)
        ttfs_plan_fault(c, t->pop, "task %u in slot %u, of %u groups, has streamed %u", i, t->slot,
                        t->groups, t->streamed);
}

/* Counts the task's neurons; how many of them another task has already. Of parts the last one
 * counts.
 */
static uint64_t mark(const TtfsPopulation *p, const TtfsTask *t, unsigned char *seen) {
    uint64_t twice = 0;
    for (uint32_t ch = t->ch_first; ch < t->ch_first + t->channels; ch++)
        for (uint32_t y = t->oy_first; y < t->oy_first + t->oy_count; y++) {
            unsigned char *at = seen + ((size_t)ch * p->h + y) * p->w + t->ox_first;
            for (uint32_t x = 0; x < t->ox_count; x++) twice += at[x];
            memset(at, 1, t->ox_count);
        }
    return twice;
}

/* The tasks of a population hold every neuron once. */
static void check_cover(PlanCheck *c, TtfsPop id, const uint32_t *tasks, uint32_t n) {
    const TtfsPopulation *pop = ttfs_spike_pop(c->spike, id);
    TtfsMark start = ttfs_arena_mark(&c->scratch);
    unsigned char *seen = TTFS_ARRAY(&c->scratch, unsigned char, ttfs_pop_size(pop));
    uint64_t held = 0;
    if (n && c->plan->tasks.at[tasks[n - 1]].slot != ttfs_plan_when(c->plan, id).slot)
        ttfs_plan_fault(c, id, "its last task is not in its slot");
    for (uint32_t i = 0; i < n; i++) {
        const TtfsTask *t = &c->plan->tasks.at[tasks[i]];
        if (t->more) continue;
        if (mark(pop, t, seen))
            ttfs_plan_fault(c, id, "task %u holds neurons of an earlier one", tasks[i]);
        held += (uint64_t)t->channels * t->oy_count * t->ox_count;
    }
    if (held != ttfs_pop_size(pop))
        ttfs_plan_fault(c, id, "the tasks hold %" PRIu64 " of %u neurons", held,
                        ttfs_pop_size(pop));
    ttfs_arena_release(&c->scratch, start);
}

bool ttfs_plan_check_tasks(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    for (uint32_t i = 0; i < p->tasks.len; i++)
        if (!check_place(c, i) || !check_part(c, i)) return false;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        check_positions(c, i);
        check_lists(c, i);
        check_streamed(c, i);
    }
    check_parts(c);
    TtfsPlanIndex of = ttfs_plan_index_tasks(p, c->spike->pops.len, &c->scratch);
    for (uint32_t i = 1; i <= c->spike->pops.len; i++)
        if (i != c->spike->input.i)
            check_cover(c, (TtfsPop){i}, of.at + of.first[i], of.first[i + 1] - of.first[i]);
    return c->ok;
}
