/* SPDX-License-Identifier: Apache-2.0
 *
 * A pipeline in several slots, where its weights are too many for one. In: the tasks of a pipeline,
 * all in slot 0; out: the same work, of every core some weight rows in slot 0, for good, and the
 * others, which come from outside, each in the first slot whose rows and those of its neighbours
 * fit beside what stays. All layers are at work on different samples, so any of them may be in any
 * slot. Tasks of many rows are cut into groups of lanes first. Cost: weights of a core times its
 * slots and its tasks.
 */
#include "solver.h"

#include <stdlib.h>
#include <string.h>

/* Weights of tasks that share them, on one core. */
typedef struct {
    uint32_t core, base, slot;
    uint64_t rows;
} Unit;

static uint64_t rows_of(const TtfsTask *t) {
    return (uint64_t)t->groups * t->group_rows;
}

/* Groups of the task that have at most a third of a core's rows, or one. */
static uint32_t groups_at_once(const TtfsPlan *p, const TtfsTask *t) {
    uint32_t n = t->group_rows ? p->chip.weight_rows / 3 / t->group_rows : 0;
    return n ? n : 1;
}

static void cut_task(Solver *v, uint32_t task) {
    TtfsPlan *p = v->plan;
    TtfsTask t = p->tasks.at[task];
    uint32_t most = groups_at_once(p, &t) * p->chip.lanes;
    if (!t.groups || t.channels <= most) return;
    p->tasks.at[task].channels = most;
    for (uint32_t at = most; at < t.channels; at += most) {
        TtfsTask *next = TTFS_PUSH(&p->arena, p->tasks);
        *next = t;
        next->ch_first = t.ch_first + at;
        next->channels = t.channels - at < most ? t.channels - at : most;
    }
}

static int by_core_and_base(const void *a, const void *b) {
    const Unit *x = a, *y = b;
    if (x->core != y->core) return x->core < y->core ? -1 : 1;
    return (x->base > y->base) - (x->base < y->base);
}

static int largest_first(const void *a, const void *b) {
    const Unit *x = a, *y = b;
    if (x->core != y->core) return x->core < y->core ? -1 : 1;
    if (x->rows != y->rows) return x->rows > y->rows ? -1 : 1;
    return (x->base > y->base) - (x->base < y->base);
}

static uint32_t list_units(const Solver *v, Unit *u) {
    const TtfsPlan *p = v->plan;
    uint32_t n = 0, kept = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        if (t->groups) u[n++] = (Unit){t->core, t->weight_base, 0, rows_of(t)};
    }
    if (n) qsort(u, n, sizeof *u, by_core_and_base);
    for (uint32_t i = 0; i < n; i++)
        if (!i || by_core_and_base(&u[i], &u[kept - 1]) != 0) u[kept++] = u[i];
    if (kept) qsort(u, kept, sizeof *u, largest_first);
    return kept;
}

/* What stays, the largest first, beside as many rows for what comes; in all. */
static uint64_t choose_resident(const Solver *v, Unit *u, uint32_t n, uint64_t room) {
    uint64_t all = v->plan->chip.weight_rows, stay = 0, whole = 0;
    for (uint32_t i = 0; i < n; i++) whole += u[i].rows;
    for (uint32_t i = 0; i < n; i++) {
        bool stays = whole <= all || stay + u[i].rows + room <= all;
        u[i].slot = stays ? 0 : 1;
        if (stays) stay += u[i].rows;
    }
    return stay;
}

/* Slots of what does not stay, `most` at most, each the first that fits with its neighbours into so
 * many rows. In `slot` rows of each, all 0 before, one more behind the last. Gives the last one. */
static uint32_t choose_slots(Unit *u, uint32_t n, uint64_t room, uint64_t *slot, uint32_t most) {
    uint32_t last = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t s = 1;
        if (!u[i].slot) continue;
        while (s < most && (slot[s - 1] + slot[s] + u[i].rows > room ||
                            slot[s] + slot[s + 1] + u[i].rows > room))
            s++;
        u[i].slot = s;
        slot[s] += u[i].rows;
        if (s > last) last = s;
    }
    return last;
}

enum { ROOMS = 8 };

/* Of several shares of a core's rows for what comes the smallest of those that take the fewest
 * slots. */
static void choose_best(Solver *v, Unit *u, uint32_t n) {
    uint64_t all = v->plan->chip.weight_rows;
    uint32_t most = 2 * n < TTFS_PLAN_SLOTS ? 2 * n : TTFS_PLAN_SLOTS - 1, best = UINT32_MAX;
    Unit *kept = TTFS_ARRAY(&v->scratch, Unit, n);
    for (uint32_t part = 1; part <= ROOMS; part++) {
        TtfsMark mark = ttfs_arena_mark(&v->scratch);
        uint64_t *slot = TTFS_ARRAY(&v->scratch, uint64_t, (size_t)most + 2);
        uint64_t stay = choose_resident(v, u, n, all * part / ROOMS);
        uint32_t last = choose_slots(u, n, all - stay, slot, most);
        if (last < best) memcpy(kept, u, n * sizeof *u), best = last;
        ttfs_arena_release(&v->scratch, mark);
    }
    memcpy(u, kept, n * sizeof *u);
}

/* The units of one core, whose tasks begin with `task`. */
static void spread_core(Solver *v, Unit *u, uint32_t n, uint32_t task) {
    TtfsPlan *p = v->plan;
    TtfsMark mark = ttfs_arena_mark(&v->scratch);
    choose_best(v, u, n);
    for (uint32_t i = task; i < p->tasks.len && p->tasks.at[i].core == u->core; i++)
        for (uint32_t k = 0; k < n; k++)
            if (p->tasks.at[i].groups && p->tasks.at[i].weight_base == u[k].base)
                p->tasks.at[i].slot = u[k].slot;
    ttfs_arena_release(&v->scratch, mark);
}

void ttfs_solver_take_slots(Solver *v) {
    TtfsPlan *p = v->plan;
    uint32_t last = 0;
    for (uint32_t i = 0; i < p->when.len; i++) p->when.at[i].slot = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        TtfsWhen *w = &p->when.at[p->tasks.at[i].pop.i - 1];
        if (p->tasks.at[i].slot > w->slot) w->slot = p->tasks.at[i].slot;
        if (w->slot > last) last = w->slot;
    }
    p->slots.len = 0;
    for (uint32_t i = 0; i <= last; i++) *TTFS_PUSH(&p->arena, p->slots) = (TtfsSlot){0};
}

void ttfs_solver_spread(Solver *v) {
    TtfsPlan *p = v->plan;
    TtfsMark mark = ttfs_arena_mark(&v->scratch);
    for (uint32_t i = 0, n = p->tasks.len; i < n; i++) cut_task(v, i);
    ttfs_solver_derive(v);
    Unit *u = TTFS_ARRAY(&v->scratch, Unit, p->tasks.len);
    uint32_t n = list_units(v, u), task = 0;
    for (uint32_t first = 0, end; first < n; first = end) {
        for (end = first; end < n && u[end].core == u[first].core;) end++;
        while (p->tasks.at[task].core != u[first].core) task++;
        spread_core(v, u + first, end - first, task);
    }
    ttfs_solver_take_slots(v);
    ttfs_arena_release(&v->scratch, mark);
    ttfs_solver_stream(v);
}
