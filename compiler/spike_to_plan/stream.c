/* SPDX-License-Identifier: Apache-2.0
 *
 * Which weights come from outside. In: tasks, cut and on their cores; out: the plan derived with as
 * few streamed weight rows as this finds: all but those of slot 0 are streamed at first, which
 * needs least room, then on every core those that still fit stay, the largest first. Cost: weights
 * of a core times slots.
 */
#include "plan_index.h"
#include "plan_stream.h"
#include "solver.h"

#include <stdlib.h>

/* Weights of tasks that share them, on one core in one slot. */
typedef struct {
    uint32_t core, slot, base, rows;
} Unit;

static int by_core(const void *a, const void *b) {
    const Unit *x = a, *y = b;
    if (x->core != y->core) return x->core < y->core ? -1 : 1;
    if (x->rows != y->rows) return x->rows > y->rows ? -1 : 1;
    if (x->slot != y->slot) return x->slot < y->slot ? -1 : 1;
    return (x->base > y->base) - (x->base < y->base);
}

static void stream_all(Solver *v) {
    TtfsPlan *p = v->plan;
    for (uint32_t i = 0; i < p->tasks.len; i++)
        p->tasks.at[i].streamed = p->tasks.at[i].groups > 0 && p->tasks.at[i].slot > 0;
    ttfs_solver_derive(v);
}

static uint32_t list_units(Solver *v, Unit *units) {
    const TtfsPlan *p = v->plan;
    uint32_t n = 0;
    for (uint32_t slot = 1; slot < p->slots.len; slot++) {
        TtfsLoad *l;
        uint32_t loads = ttfs_plan_loads(p, slot - 1, &v->scratch, &l);
        for (uint32_t i = 0; i < loads; i++)
            units[n++] = (Unit){l[i].core, slot, l[i].base, l[i].rows};
    }
    if (n) qsort(units, n, sizeof *units, by_core);
    return n;
}

/* Streamed rows of a core by slot, and those that stay. */
typedef struct {
    uint64_t *slot, stay;
    uint32_t slots;
} Rows;

/* What stays, and the most of two slots that follow one another. */
static bool fits(const Rows *r, uint32_t room) {
    uint64_t most = 0;
    for (uint32_t s = 0; s < r->slots; s++) {
        uint64_t two = r->slot[s] + (s + 1 < r->slots ? r->slot[s + 1] : 0);
        if (two > most) most = two;
    }
    return r->stay + most <= room;
}

static void keep(TtfsPlan *p, const Unit *u) {
    for (uint32_t i = ttfs_plan_first_task(p, u->slot);
         i < p->tasks.len && p->tasks.at[i].slot == u->slot; i++) {
        TtfsTask *t = &p->tasks.at[i];
        if (t->core == u->core && t->streamed && t->weight_base == u->base) t->streamed = 0;
    }
}

/* The units of one core. */
static void keep_some(Solver *v, const Unit *units, uint32_t n) {
    const TtfsUse *use = &v->plan->use[units->core];
    Rows r = {.stay = use->weight_rows - use->stream_rows, .slots = v->plan->slots.len};
    r.slot = TTFS_ARRAY(&v->scratch, uint64_t, r.slots);
    for (uint32_t i = 0; i < n; i++) r.slot[units[i].slot] += units[i].rows;
    for (uint32_t i = 0; i < n; i++) {
        r.slot[units[i].slot] -= units[i].rows;
        r.stay += units[i].rows;
        if (fits(&r, v->plan->chip.weight_rows)) {
            keep(v->plan, &units[i]);
            continue;
        }
        r.slot[units[i].slot] += units[i].rows;
        r.stay -= units[i].rows;
    }
}

void ttfs_solver_stream(Solver *v) {
    TtfsMark mark = ttfs_arena_mark(&v->scratch);
    stream_all(v);
    Unit *units = TTFS_ARRAY(&v->scratch, Unit, v->plan->tasks.len);
    uint32_t n = list_units(v, units);
    for (uint32_t first = 0, end; first < n; first = end) {
        for (end = first; end < n && units[end].core == units[first].core;) end++;
        keep_some(v, units + first, end - first);
    }
    ttfs_arena_release(&v->scratch, mark);
    ttfs_solver_derive(v);
}
