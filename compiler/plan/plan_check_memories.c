/* SPDX-License-Identifier: Apache-2.0
 *
 * The memories of every core. Checked: each task's patches lie inside a buffer of its core that is
 * filled from that population, a pool's at the start of words; no words are two buffers', no
 * weights or parameters two populations'; nothing is beyond its memory, nor are there more flows
 * than ids.
 */
#include "plan_check.h"

#include <inttypes.h>
#include <stdlib.h>

static bool covers(const TtfsBuffer *b, const TtfsReach *r) {
    int64_t y = (int64_t)r->y_first - b->y_first, x = (int64_t)r->x_first - b->x_first;
    int64_t ch = (int64_t)r->ch_first - b->ch_first;
    return y >= 0 && x >= 0 && ch >= 0 && y + ttfs_reach_extent(r, 0) <= b->rows &&
           x + ttfs_reach_extent(r, 1) <= b->cols && ch + r->channels <= b->channels;
}

/* A reach in its buffer. */
static void check_reach(PlanCheck *c, uint32_t task, const TtfsReach *r) {
    const TtfsTask *t = &c->plan->tasks.at[task];
    const TtfsBuffer *b = ttfs_plan_buffer(c->plan, t->core, r->src, NULL);
    if (!b || !covers(b, r)) {
        ttfs_plan_fault(c, t->pop, "task %u: core %u does not keep all that it reads of %s", task,
                        t->core, ttfs_spike_pop(c->spike, r->src)->name);
        return;
    }
    uint32_t first = b->base + r->ch_first - b->ch_first;
    if (ttfs_conn_is_pool(r->conn) && (first | b->pitch) % TTFS_WORD_ELEMENTS)
        ttfs_plan_fault(c, t->pop, "task %u pools values that do not start a word", task);
}

/* Words of a memory of a core. */
typedef struct {
    uint32_t core;
    uint64_t base, end;
    TtfsPop pop;
} Region;

static int region_order(const void *a, const void *b) {
    const Region *x = a, *y = b;
    if (x->core != y->core) return x->core < y->core ? -1 : 1;
    if (x->base != y->base) return x->base < y->base ? -1 : 1;
    if (x->end != y->end) return x->end < y->end ? -1 : 1;
    return (x->pop.i > y->pop.i) - (x->pop.i < y->pop.i);
}

/* No two regions overlap, but those of one population that are the same where `shared`. */
static void check_disjoint(PlanCheck *c, Region *r, uint32_t n, const char *what, bool shared) {
    qsort(r, n, sizeof *r, region_order);
    for (uint32_t i = 1; i < n; i++) {
        if (r[i].core != r[i - 1].core || r[i].base >= r[i - 1].end) continue;
        if (!shared || region_order(&r[i], &r[i - 1]) != 0)
            ttfs_plan_fault(c, r[i].pop, "%s from %" PRIu64 " on core %u overlap others", what,
                            r[i].base, r[i].core);
    }
}

static void check_activations(PlanCheck *c, Region *r) {
    const TtfsPlan *p = c->plan;
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->buffers.len; i++) {
        const TtfsBuffer *b = &p->buffers.at[i];
        uint64_t end = b->base + (uint64_t)b->rows * b->cols * b->pitch;
        if (b->channels)
            r[n++] = (Region){b->core, b->base / TTFS_WORD_ELEMENTS,
                              (end + TTFS_WORD_ELEMENTS - 1) / TTFS_WORD_ELEMENTS, b->pop};
    }
    check_disjoint(c, r, n, "words of values", false);
}

static void check_weights(PlanCheck *c, Region *r) {
    const TtfsPlan *p = c->plan;
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        uint64_t size = (uint64_t)t->groups * t->group_rows;
        if (size) r[n++] = (Region){t->core, t->weight_base, t->weight_base + size, t->pop};
    }
    check_disjoint(c, r, n, "weight rows", true);
    n = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        if (t->groups)
            r[n++] = (Region){t->core, t->param_base, t->param_base + ttfs_task_params(t), t->pop};
    }
    check_disjoint(c, r, n, "parameters", true);
}

static void at_most(PlanCheck *c, uint32_t core, const char *what, uint64_t n, uint64_t most) {
    if (n > most)
        ttfs_plan_fault(c, (TtfsPop){0}, "core %u uses %" PRIu64 " %s, the chip has %" PRIu64, core,
                        n, what, most);
}

static void check_use(PlanCheck *c, uint32_t core) {
    const TtfsUse *u = &c->plan->use[core];
    const TtfsChip *chip = &c->plan->chip;
    at_most(c, core, "activation words", u->act_words, chip->act_words);
    at_most(c, core, "weight rows", u->weight_rows, chip->weight_rows);
    at_most(c, core, "parameter words", u->param_words, chip->param_words);
    at_most(c, core, "program words", u->program_words, chip->program_words);
    at_most(c, core, "buffers", u->buffers, chip->buffers);
    at_most(c, core, "rows of the table", u->table_rows, chip->table_words);
    at_most(c, core, "columns of the table", u->table_cols, chip->table_words);
}

void ttfs_plan_check_memories(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    uint32_t n = p->buffers.len > p->tasks.len ? p->buffers.len : p->tasks.len;
    Region *r = TTFS_ARRAY(&c->scratch, Region, n);
    for (uint32_t i = 0; i < p->tasks.len; i++)
        for (uint32_t k = 0; k < ttfs_spike_pop(c->spike, p->tasks.at[i].pop)->conn_count; k++) {
            TtfsReach reach = ttfs_task_reach(c->spike, &p->tasks.at[i], k);
            check_reach(c, i, &reach);
        }
    check_activations(c, r);
    check_weights(c, r);
    for (uint32_t i = 0; i < ttfs_chip_cores(&p->chip); i++) check_use(c, i);
    if (p->flows.len > p->chip.flows)
        ttfs_plan_fault(c, (TtfsPop){0}, "%u flows, the chip has %u", p->flows.len, p->chip.flows);
}
