/* SPDX-License-Identifier: Apache-2.0
 *
 * The flows. In: tasks and buffers; out: flows, their ends, the flow of every task. On a mesh the
 * tasks of a population on a core share a flow if the same buffers keep something of what they
 * make; where that makes more flows than the chip has, they have no more than some number of flows,
 * the largest that fits: neighbours in the order of their ends share one, to all their buffers.
 * Cost: tasks times the buffers of their population.
 */
#include "plan_derive.h"
#include "plan_index.h"

#include <stdlib.h>
#include <string.h>

/* What a population's tasks on a core are sent to. */
typedef struct {
    const uint32_t *ends;
    uint32_t n, id;
} Ends;

typedef struct {
    PlanDerive *d;
    TtfsPlanIndex buffers;
    uint32_t most; /* flows of a population on a core */
    bool *met;     /* by buffer of the population in hand */
    TTFS_VEC(Ends) sets;
    uint32_t *wanted, groups; /* of every population and core: flows, if none is shared */
} Flows;

/* A task in the order of populations and cores. */
typedef struct {
    uint32_t pop, core, task;
} Made;

static int by_made(const void *a, const void *b) {
    const Made *x = a, *y = b;
    if (x->pop != y->pop) return x->pop < y->pop ? -1 : 1;
    if (x->core != y->core) return x->core < y->core ? -1 : 1;
    return (x->task > y->task) - (x->task < y->task);
}

static int by_ends(const void *a, const void *b) {
    const Ends *x = a, *y = b;
    for (uint32_t i = 0; i < x->n && i < y->n; i++)
        if (x->ends[i] != y->ends[i]) return x->ends[i] < y->ends[i] ? -1 : 1;
    return (x->n > y->n) - (x->n < y->n);
}

static const uint32_t *buffers_of(const Flows *f, uint32_t pop, uint32_t *n) {
    *n = f->buffers.first[pop + 1] - f->buffers.first[pop];
    return f->buffers.at + f->buffers.first[pop];
}

/* The buffer that drops what none keeps. */
static void drop(Flows *f, const Made *m, const uint32_t *all, uint32_t n) {
    uint32_t number = 0;
    for (uint32_t i = 0; i < n; i++)
        if (f->d->plan->buffers.at[all[i]].core == m->core) number = i;
    if (n) f->met[number] = true;
}

/* The n buffers of the population that are met. */
static Ends ends_met(Flows *f, const uint32_t *all, uint32_t n) {
    uint32_t met = 0, count = 0;
    for (uint32_t i = 0; i < n; i++) met += f->met[i];
    uint32_t *ends = TTFS_ARRAY(&f->d->scratch, uint32_t, met);
    for (uint32_t i = 0; i < n; i++)
        if (f->met[i]) ends[count++] = all[i];
    return (Ends){ends, count, 0};
}

static Ends ends_of(Flows *f, const Made *m) {
    const TtfsPlan *p = f->d->plan;
    uint32_t n, met = 0;
    const uint32_t *all = buffers_of(f, m->pop, &n);
    for (uint32_t i = 0; i < n; i++) {
        f->met[i] = ttfs_plan_meets(&p->tasks.at[m->task], &p->buffers.at[all[i]]);
        met += f->met[i];
    }
    if (!met) drop(f, m, all, n);
    return ends_met(f, all, n);
}

/* All ends of sets first .. end - 1. */
static Ends unite(Flows *f, uint32_t pop, uint32_t first, uint32_t end) {
    uint32_t n;
    const uint32_t *all = buffers_of(f, pop, &n);
    memset(f->met, 0, n * sizeof *f->met);
    for (uint32_t i = first; i < end; i++)
        for (uint32_t k = 0, at = 0; k < f->sets.at[i].n; k++, f->met[at] = true)
            while (all[at] != f->sets.at[i].ends[k]) at++;
    return ends_met(f, all, n);
}

static uint32_t set_of(Flows *f, Ends e) {
    for (uint32_t i = 0; i < f->sets.len; i++)
        if (by_ends(&f->sets.at[i], &e) == 0) return i;
    e.id = f->sets.len;
    *TTFS_PUSH(&f->d->scratch, f->sets) = e;
    return e.id;
}

static void push_flow(TtfsPlan *p, TtfsPop pop, uint32_t core, const Ends *e) {
    *TTFS_PUSH(&p->arena, p->flows) = (TtfsFlow){pop, core, p->ends.len, e->n};
    for (uint32_t i = 0; i < e->n; i++) *TTFS_PUSH(&p->arena, p->ends) = e->ends[i];
}

/* The flows of the tasks of a population on a core: each of a run of the sets in order. */
static void add_flows(Flows *f, const Made *m, uint32_t tasks) {
    TtfsPlan *p = f->d->plan;
    TtfsMark mark = ttfs_arena_mark(&f->d->scratch);
    f->sets.len = f->sets.cap = 0;
    for (uint32_t i = 0; i < tasks; i++) p->tasks.at[m[i].task].flow = set_of(f, ends_of(f, &m[i]));
    uint32_t n = f->sets.len, flows = n < f->most ? n : f->most, first = p->flows.len;
    uint32_t *number = TTFS_ARRAY(&f->d->scratch, uint32_t, n);
    qsort(f->sets.at, n, sizeof *f->sets.at, by_ends);
    for (uint32_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && (uint64_t)end * flows / n == p->flows.len - first; end++)
            number[f->sets.at[end].id] = p->flows.len;
        Ends all = unite(f, m->pop, i, end);
        push_flow(p, (TtfsPop){m->pop}, m->core, &all);
    }
    for (uint32_t i = 0; i < tasks; i++)
        p->tasks.at[m[i].task].flow = number[p->tasks.at[m[i].task].flow];
    ttfs_arena_release(&f->d->scratch, mark);
    f->wanted[f->groups++] = n;
}

static Made *order_tasks(const Flows *f) {
    const TtfsPlan *p = f->d->plan;
    Made *made = TTFS_ARRAY(&f->d->scratch, Made, p->tasks.len);
    for (uint32_t i = 0; i < p->tasks.len; i++)
        made[i] = (Made){p->tasks.at[i].pop.i, p->tasks.at[i].core, i};
    qsort(made, p->tasks.len, sizeof *made, by_made);
    return made;
}

static void mesh_flows(Flows *f, const Made *made) {
    TtfsPlan *p = f->d->plan;
    uint32_t n, input = f->d->spike->input.i;
    const uint32_t *all = buffers_of(f, input, &n);
    p->flows.len = p->ends.len = f->groups = 0;
    push_flow(p, (TtfsPop){input}, 0, &(Ends){all, n, 0});
    for (uint32_t i = 0, j; i < p->tasks.len; i = j) {
        for (j = i + 1; j < p->tasks.len; j++)
            if (made[j].pop != made[i].pop || made[j].core != made[i].core) break;
        add_flows(f, made + i, j - i);
    }
}

/* The number of a population's flow on a chip of one core. */
static uint32_t flow_of(const TtfsPlan *p, TtfsPop pop) {
    uint32_t i = 0;
    while (i < p->flows.len && p->flows.at[i].pop.i != pop.i) i++;
    return i;
}

static void core_flows(PlanDerive *d) {
    TtfsPlan *p = d->plan;
    p->flows.len = p->ends.len = 0;
    for (uint32_t i = 0; i < p->buffers.len; i++)
        push_flow(p, p->buffers.at[i].pop, 0, &(Ends){&i, 1, 0});
    for (uint32_t i = 1; i <= d->spike->pops.len; i++)
        if (ttfs_spike_pop(d->spike, (TtfsPop){i})->kind == TTFS_POP_READOUT)
            push_flow(p, (TtfsPop){i}, 0, &(Ends){0});
    for (uint32_t i = 0; i < p->tasks.len; i++)
        p->tasks.at[i].flow = flow_of(p, p->tasks.at[i].pop);
}

/* The most flows of a population on a core with which there are as many as the chip has. */
static uint32_t most_flows(const Flows *f) {
    uint32_t most = 1;
    for (;; most++) {
        uint64_t all = 1;
        for (uint32_t i = 0; i < f->groups; i++) all += f->wanted[i] < most ? f->wanted[i] : most;
        if (all > f->d->plan->chip.flows) return most > 1 ? most - 1 : 1;
    }
}

void ttfs_plan_derive_flows(PlanDerive *d) {
    Flows f = {.d = d, .most = UINT32_MAX};
    if (ttfs_chip_cores(&d->plan->chip) == 1) {
        core_flows(d);
        return;
    }
    f.buffers = ttfs_plan_index_buffers(d->plan, d->spike->pops.len, &d->scratch);
    f.met = TTFS_ARRAY(&d->scratch, bool, d->plan->buffers.len);
    f.wanted = TTFS_ARRAY(&d->scratch, uint32_t, d->plan->tasks.len);
    const Made *made = order_tasks(&f);
    mesh_flows(&f, made);
    if (d->plan->flows.len <= d->plan->chip.flows) return;
    f.most = most_flows(&f);
    mesh_flows(&f, made);
}
