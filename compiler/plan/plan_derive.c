/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows from the tasks. In: the chip, slots, and of every task its population, core, slot
 * and rectangle; out: everything else of the plan but its cycles. Method: weights and parameters
 * one after the other in the order of tasks, those that a core holds already taken again; of what
 * tasks read, sorted by core and population, the union is a buffer. Cost: n log n in tasks and
 * their sources, and a look at every bias that depends on the position.
 */
#include "plan_geometry.h"

#include <stdlib.h>

typedef struct {
    TtfsPlan *plan;
    const TtfsSpike *spike;
    TtfsArena scratch;
    bool *is_read; /* by population id */
} Derive;

/* A part of a population that a core reads: the end is behind the last. Of what nobody reads, on a
 * core that makes it: all zeros. */
typedef struct {
    uint32_t core, pop;
    bool pooled;
    int64_t first[3], end[3]; /* channels, rows, columns */
    uint32_t pool_first;      /* channel */
} Read;

static void size_task(const Derive *d, TtfsTask *t) {
    bool pool = ttfs_pop_is_pooled(d->spike, t->pop);
    t->groups = pool ? 0 : (t->channels + d->plan->chip.lanes - 1) / d->plan->chip.lanes;
    t->group_rows = (uint32_t)ttfs_task_elements(d->spike, t);
    t->passes = pool ? 1 : ttfs_task_passes(d->spike, d->plan, t);
    ttfs_plan_edges(d->spike, t, t->edge);
}

/* The task's weights and parameters: those of an earlier task of its core and slot, or the next. */
static void place_task(const Derive *d, TtfsTask *t, const TtfsTask *first) {
    TtfsUse *u = &d->plan->use[t->core];
    const TtfsTask *weights = first, *params = first;
    while (weights < t && !ttfs_task_same_weights(d->spike, weights, t)) weights++;
    while (params < t && !ttfs_task_same_params(d->spike, params, t)) params++;
    t->weight_base = weights < t ? weights->weight_base : (uint32_t)u->weight_rows;
    t->param_base = params < t ? params->param_base : (uint32_t)u->param_words;
    if (weights == t) u->weight_rows += (uint64_t)t->groups * t->group_rows;
    if (params == t) u->param_words += ttfs_task_params(t);
}

static void derive_tasks(Derive *d) {
    TtfsPlan *p = d->plan;
    uint32_t first = 0;
    for (uint32_t c = 0; c < ttfs_chip_cores(&p->chip); c++)
        p->use[c] = (TtfsUse){.program_words = 3 + UINT64_C(3) * p->slots.len};
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        TtfsTask *t = &p->tasks.at[i];
        if (t->core != p->tasks.at[first].core || t->slot != p->tasks.at[first].slot) first = i;
        t->weight_base = t->param_base = 0;
        size_task(d, t);
        if (t->groups) place_task(d, t, &p->tasks.at[first]);
        p->use[t->core].program_words += ttfs_task_words(d->spike, t);
    }
}

static Read read_of(const TtfsTask *t, const TtfsReach *r) {
    return (Read){.core = t->core,
                  .pop = r->src.i,
                  .pooled = ttfs_conn_is_pool(r->conn),
                  .pool_first = r->ch_first,
                  .first = {r->ch_first, r->y_first, r->x_first},
                  .end = {(int64_t)r->ch_first + r->channels,
                          (int64_t)r->y_first + ttfs_reach_extent(r, 0),
                          (int64_t)r->x_first + ttfs_reach_extent(r, 1)}};
}

static int by_core_and_population(const void *a, const void *b) {
    const Read *x = a, *y = b;
    if (x->core != y->core) return x->core < y->core ? -1 : 1;
    return (x->pop > y->pop) - (x->pop < y->pop);
}

/* All that tasks read, and what they make for nobody, in order; how many. */
static uint32_t collect(Derive *d, Read **out) {
    const TtfsPlan *p = d->plan;
    size_t most = p->tasks.len, n = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++)
        most += ttfs_spike_pop(d->spike, p->tasks.at[i].pop)->conn_count;
    Read *reads = TTFS_ARRAY(&d->scratch, Read, most);
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        const TtfsPopulation *pop = ttfs_spike_pop(d->spike, t->pop);
        for (uint32_t k = 0; k < pop->conn_count; k++) {
            TtfsReach r = ttfs_task_reach(d->spike, t, k);
            reads[n++] = read_of(t, &r);
        }
        if (pop->kind != TTFS_POP_READOUT && !d->is_read[t->pop.i])
            reads[n++] = (Read){.core = t->core, .pop = t->pop.i};
    }
    qsort(reads, n, sizeof *reads, by_core_and_population);
    *out = reads;
    return (uint32_t)n;
}

static void unite(Read *u, const Read *r) {
    for (int a = 0; a < 3; a++) {
        if (r->first[a] < u->first[a]) u->first[a] = r->first[a];
        if (r->end[a] > u->end[a]) u->end[a] = r->end[a];
    }
    if (r->pooled && (!u->pooled || r->pool_first < u->pool_first)) u->pool_first = r->pool_first;
    u->pooled = u->pooled || r->pooled;
}

static uint32_t words(uint64_t elements) {
    return (uint32_t)((elements + TTFS_WORD_ELEMENTS - 1) / TTFS_WORD_ELEMENTS);
}

/* The buffer of what a core reads, behind those that it has. A pool's first channel starts a word.
 */
static TtfsBuffer buffer_of(const Derive *d, const Read *u) {
    TtfsUse *use = &d->plan->use[u->core];
    const TtfsPopulation *pop = ttfs_spike_pop(d->spike, (TtfsPop){u->pop});
    bool tables = d->plan->chip.conv;
    TtfsBuffer b = {.pop = {u->pop},
                    .core = u->core,
                    .ch_first = (uint32_t)u->first[0],
                    .channels = (uint32_t)(u->end[0] - u->first[0]),
                    .y_first = (int32_t)u->first[1],
                    .x_first = (int32_t)u->first[2],
                    .rows = (uint32_t)(u->end[1] - u->first[1]),
                    .cols = (uint32_t)(u->end[2] - u->first[2]),
                    .row_base = tables ? (uint32_t)use->table_rows : 0,
                    .col_base = tables ? (uint32_t)use->table_cols : 0};
    uint32_t before = u->pooled ? (b.ch_first - u->pool_first) % TTFS_WORD_ELEMENTS : 0;
    b.pitch = u->pooled ? words(b.channels) * TTFS_WORD_ELEMENTS : b.channels;
    b.base = (uint32_t)use->act_words * TTFS_WORD_ELEMENTS + before;
    uint64_t line = (uint64_t)b.cols * b.pitch;
    use->act_words += (before + line * b.rows + TTFS_WORD_ELEMENTS - 1) / TTFS_WORD_ELEMENTS;
    use->buffers++;
    use->table_rows += tables ? pop->h : 0;
    use->table_cols += tables ? pop->w : 0;
    return b;
}

static void derive_buffers(Derive *d) {
    TtfsPlan *p = d->plan;
    Read *reads;
    uint32_t n = collect(d, &reads);
    p->buffers.len = 0;
    for (uint32_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && by_core_and_population(&reads[i], &reads[j]) == 0; j++)
            unite(&reads[i], &reads[j]);
        *TTFS_PUSH(&p->arena, p->buffers) = buffer_of(d, &reads[i]);
    }
}

static int by_population_and_core(const void *a, const void *b) {
    const TtfsFlow *x = a, *y = b;
    if (x->pop.i != y->pop.i) return x->pop.i < y->pop.i ? -1 : 1;
    return (x->core > y->core) - (x->core < y->core);
}

/* A flow a population and core that makes some of it; tasks of a core and slot follow one another.
 */
static void mesh_flows(Derive *d) {
    TtfsPlan *p = d->plan;
    *TTFS_PUSH(&p->arena, p->flows) = (TtfsFlow){d->spike->input, 0};
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        const TtfsFlow *last = &p->flows.at[p->flows.len - 1];
        if (last->pop.i != t->pop.i || last->core != t->core)
            *TTFS_PUSH(&p->arena, p->flows) = (TtfsFlow){t->pop, t->core};
    }
    qsort(p->flows.at, p->flows.len, sizeof *p->flows.at, by_population_and_core);
}

static void derive_flows(Derive *d) {
    TtfsPlan *p = d->plan;
    p->flows.len = 0;
    if (ttfs_chip_cores(&p->chip) > 1) {
        mesh_flows(d);
        return;
    }
    for (uint32_t i = 0; i < p->buffers.len; i++)
        *TTFS_PUSH(&p->arena, p->flows) = (TtfsFlow){p->buffers.at[i].pop, 0};
    for (uint32_t i = 1; i <= d->spike->pops.len; i++)
        if (ttfs_spike_pop(d->spike, (TtfsPop){i})->kind == TTFS_POP_READOUT)
            *TTFS_PUSH(&p->arena, p->flows) = (TtfsFlow){{i}, 0};
}

void ttfs_plan_derive(TtfsPlan *p, const TtfsSpike *s) {
    Derive d = {.plan = p, .spike = s};
    d.is_read = TTFS_ARRAY(&d.scratch, bool, (size_t)s->pops.len + 1);
    for (uint32_t i = 0; i < s->conns.len; i++) d.is_read[s->conns.at[i].src.i] = true;
    p->use = TTFS_ARRAY(&p->arena, TtfsUse, ttfs_chip_cores(&p->chip));
    derive_tasks(&d);
    derive_buffers(&d);
    derive_flows(&d);
    ttfs_arena_free(&d.scratch);
}
