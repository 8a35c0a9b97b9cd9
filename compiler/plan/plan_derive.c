/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows from the tasks. In: the chip, when populations are computed, the number of slots,
 * and of every task its population, core, slot and rectangle; out: everything else of the plan but
 * its cycles. Here: sizes of tasks, and where weights and parameters lie: one after the other in
 * the order of tasks, but those that an earlier task of the core holds. Cost: n log n in tasks and
 * their sources, and a look at every bias that depends on the position.
 */
#include "plan_derive.h"

#include <stdlib.h>

/* Of all passes of the task's neurons those that are its own: what it says, if it is a part. */
static void size_part(const PlanDerive *d, TtfsTask *t, uint32_t passes) {
    const TtfsChip *chip = &d->plan->chip;
    if (!ttfs_task_is_part(t)) {
        t->passes = passes;
        return;
    }
    t->group_rows = ttfs_task_pass_start(d->spike, chip, t, t->first_pass + t->passes) -
                    ttfs_task_pass_start(d->spike, chip, t, t->first_pass);
}

static void size_task(const PlanDerive *d, TtfsTask *t) {
    bool pool = ttfs_pop_is_pooled(d->spike, t->pop);
    t->groups = pool ? 0 : (t->channels + d->plan->chip.lanes - 1) / d->plan->chip.lanes;
    t->group_rows = (uint32_t)ttfs_task_elements(d->spike, t);
    size_part(d, t, pool ? 1 : ttfs_task_passes(d->spike, &d->plan->chip, t));
    ttfs_plan_edges(d->spike, t, t->edge);
}

/* What tasks of a core that are the same in all but the last hold in common. What is streamed is of
 * one slot. */
typedef struct {
    uint32_t core, pop, streamed, slot, ch_first, channels, y, x, pass, task;
} Held;

static int by_held(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    for (size_t i = 0; i < sizeof(Held) / sizeof *x; i++)
        if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
}

static bool same_held(const Held *a, const Held *b) {
    const uint32_t *x = (const uint32_t *)(const void *)a, *y = (const uint32_t *)(const void *)b;
    for (size_t i = 0; i + 1 < sizeof(Held) / sizeof *x; i++)
        if (x[i] != y[i]) return false;
    return true;
}

/* What a task holds: of weights, or of parameters, which all parts of a neuron have in common. */
static Held held_of(const PlanDerive *d, uint32_t task, bool weights) {
    const TtfsTask *t = &d->plan->tasks.at[task];
    bool own = weights ? ttfs_plan_weights_vary(d->spike, t->pop)
                       : ttfs_plan_biases_vary(d->spike, t->pop);
    Held h = {.core = t->core, .pop = t->pop.i, .ch_first = t->ch_first, .task = task};
    h.channels = t->channels;
    if (own) h.y = t->oy_first, h.x = t->ox_first;
    if (!weights) return h;
    h.pass = t->first_pass;
    h.streamed = t->streamed;
    if (t->streamed) h.slot = t->slot;
    return h;
}

/* By task: the first that holds the same weights, or parameters. */
static uint32_t *owners_of(PlanDerive *d, bool weights) {
    uint32_t n = d->plan->tasks.len;
    uint32_t *owner = TTFS_ARRAY(&d->scratch, uint32_t, n);
    Held *held = TTFS_ARRAY(&d->scratch, Held, n);
    for (uint32_t i = 0; i < n; i++) held[i] = held_of(d, i, weights);
    qsort(held, n, sizeof *held, by_held);
    for (uint32_t i = 0, first = 0; i < n; i++) {
        if (!same_held(&held[i], &held[first])) first = i;
        owner[held[i].task] = held[first].task;
    }
    return owner;
}

static uint64_t rows_of(const TtfsTask *t) {
    return (uint64_t)t->groups * t->group_rows;
}

/* A core's streamed rows: of the slot in hand, of the one before, the most of two. */
typedef struct {
    uint32_t slot;
    uint64_t now, before, most;
} Streamed;

static void enter_slot(Streamed *s, uint32_t slot) {
    if (s->slot == slot) return;
    s->before = s->slot + 1 == slot ? s->now : 0;
    s->now = 0;
    s->slot = slot;
}

/* What two slots in a row stream is there at a time: one from below, the other from above. */
static void place_streamed(PlanDerive *d, const uint32_t *owner) {
    TtfsPlan *p = d->plan;
    uint32_t cores = ttfs_chip_cores(&p->chip);
    Streamed *of = TTFS_ARRAY(&d->scratch, Streamed, cores);
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        TtfsTask *t = &p->tasks.at[i];
        Streamed *s = &of[t->core];
        if (!t->streamed || owner[i] != i) continue;
        enter_slot(s, t->slot);
        uint64_t below = p->use[t->core].weight_rows + s->now, end = p->chip.weight_rows - s->now;
        t->weight_base = (uint32_t)(t->slot % 2 ? end - rows_of(t) : below);
        s->now += rows_of(t);
        if (s->before + s->now > s->most) s->most = s->before + s->now;
    }
    for (uint32_t c = 0; c < cores; c++) {
        p->use[c].stream_rows = of[c].most;
        p->use[c].weight_rows += of[c].most;
    }
}

/* Streamed rows lie behind all others. */
static void place_weights(PlanDerive *d) {
    TtfsPlan *p = d->plan;
    const uint32_t *owner = owners_of(d, true);
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        TtfsTask *t = &p->tasks.at[i];
        TtfsUse *use = &p->use[t->core];
        if (owner[i] != i || t->streamed) continue;
        t->weight_base = t->groups ? (uint32_t)use->weight_rows : 0;
        use->weight_rows += rows_of(t);
    }
    place_streamed(d, owner);
    for (uint32_t i = 0; i < p->tasks.len; i++)
        p->tasks.at[i].weight_base = p->tasks.at[owner[i]].weight_base;
}

static void place_params(PlanDerive *d) {
    const uint32_t *owner = owners_of(d, false);
    for (uint32_t i = 0; i < d->plan->tasks.len; i++) {
        TtfsTask *t = &d->plan->tasks.at[i];
        TtfsUse *use = &d->plan->use[t->core];
        uint64_t words = owner[i] == i ? ttfs_task_params(t) : 0;
        t->param_base = owner[i] == i ? (uint32_t)use->param_words
                                      : d->plan->tasks.at[owner[i]].param_base;
        if (!t->groups) t->param_base = 0;
        use->param_words += words;
    }
}

static void derive_tasks(PlanDerive *d) {
    TtfsPlan *p = d->plan;
    for (uint32_t c = 0; c < ttfs_chip_cores(&p->chip); c++)
        p->use[c] = (TtfsUse){.program_words = 3 + UINT64_C(3) * p->slots.len};
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        TtfsTask *t = &p->tasks.at[i];
        size_task(d, t);
        p->use[t->core].program_words += ttfs_task_words(d->spike, t);
    }
    place_weights(d);
    place_params(d);
}

void ttfs_plan_derive(TtfsPlan *p, const TtfsSpike *s) {
    PlanDerive d = {.plan = p, .spike = s};
    d.is_read = TTFS_ARRAY(&d.scratch, bool, (size_t)s->pops.len + 1);
    for (uint32_t i = 0; i < s->conns.len; i++) d.is_read[s->conns.at[i].src.i] = true;
    p->use = TTFS_ARRAY(&p->arena, TtfsUse, ttfs_chip_cores(&p->chip));
    derive_tasks(&d);
    ttfs_plan_derive_buffers(&d);
    ttfs_plan_derive_flows(&d);
    ttfs_arena_free(&d.scratch);
}
