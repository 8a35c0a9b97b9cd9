/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of a core's tasks, and the plan that follows from them. In: tasks in any order; out:
 * the whole plan but its cycles. Cost: that of a sort of the tasks.
 */
#include "plan_cycles.h"
#include "solver.h"

#include <stdlib.h>
#include <string.h>

/* On a core pools come last, where they are known to be some: before a layer they would hold up its
 * first lists (but see take_turns). */
static int by_place(const void *a, const void *b) {
    const TtfsTask *x = a, *y = b;
    const uint32_t i[] = {x->slot,     x->core,     !x->groups, x->pop.i,
                          x->oy_first, x->ox_first, x->ch_first};
    const uint32_t j[] = {y->slot,     y->core,     !y->groups, y->pop.i,
                          y->oy_first, y->ox_first, y->ch_first};
    for (size_t k = 0; k < sizeof i / sizeof *i; k++)
        if (i[k] != j[k]) return i[k] < j[k] ? -1 : 1;
    return 0;
}

/* The layer that a task is of: of a pool the one that it reads. */
static uint32_t layer_of(const TtfsSpike *s, TtfsPop pop) {
    if (!ttfs_pop_is_pooled(s, pop)) return pop.i;
    return s->conns.at[ttfs_spike_pop(s, pop)->conn_first].src.i;
}

/* The layer that sends the most values. */
static uint32_t loudest(Solver *v) {
    const TtfsPlan *p = v->plan;
    uint64_t *sent = TTFS_ARRAY(&v->scratch, uint64_t, (size_t)v->spike->pops.len + 1);
    uint32_t most = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        uint32_t layer = layer_of(v->spike, t->pop);
        sent[layer] += ttfs_cycles_flits(&p->chip, v->spike, t, true);
        if (sent[layer] > sent[most]) most = layer;
    }
    return most;
}

/* Is it a core that begins with that layer, or one that ends with it? */
static bool begins_loud(const TtfsPlan *p, uint32_t core) {
    return (core % p->chip.cores_x + core / p->chip.cores_x) % 2;
}

/* When a core's task comes: 0 first, 1, 2 last. */
static uint32_t turn_of(const Solver *v, const TtfsTask *t, uint32_t loud) {
    if (layer_of(v->spike, t->pop) != loud) return 1;
    return begins_loud(v->plan, t->core) ? 0 : 2;
}

/* The core's tasks that come then, in their order. */
static uint32_t pick(const Solver *v, const TtfsTask *from, uint32_t n, uint32_t turn,
                     uint32_t loud, TtfsTask *to) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++)
        if (turn_of(v, &from[i], loud) == turn) to[kept++] = from[i];
    return kept;
}

/* Cores next to one another compute the layer that sends the most at different times, so that its
 * values do not all come at once. */
static void take_turns(Solver *v) {
    TtfsPlan *p = v->plan;
    TtfsMark mark = ttfs_arena_mark(&v->scratch);
    uint32_t loud = loudest(v);
    TtfsTask *old = TTFS_ARRAY(&v->scratch, TtfsTask, p->tasks.len);
    memcpy(old, p->tasks.at, p->tasks.len * sizeof *old);
    for (uint32_t first = 0, end = 0; first < p->tasks.len; first = end) {
        while (end < p->tasks.len && old[end].core == old[first].core) end++;
        TtfsTask *to = &p->tasks.at[first];
        for (uint32_t turn = 0; turn < 3; turn++)
            to += pick(v, &old[first], end - first, turn, loud, to);
    }
    ttfs_arena_release(&v->scratch, mark);
}

/* In one slot of a mesh all layers are at work, on different samples: in any order. */
static bool is_free(const TtfsPlan *p) {
    return p->tasks.len && p->slots.len == 1 && ttfs_chip_cores(&p->chip) > 1;
}

void ttfs_solver_derive(Solver *v) {
    TtfsPlan *p = v->plan;
    if (p->tasks.len) qsort(p->tasks.at, p->tasks.len, sizeof *p->tasks.at, by_place);
    if (is_free(p)) take_turns(v);
    ttfs_plan_derive(p, v->spike);
}
