/* SPDX-License-Identifier: Apache-2.0
 *
 * The memories of every core. Checked: each task's patches lie inside a buffer of its core that is
 * filled from that population and kept for as long as they are late, a pool's at the start of
 * words; what a task makes reaches every buffer that keeps some of it; no words are two buffers'
 * copies, no weights or parameters two populations' at one time; nothing is beyond its memory, nor
 * are there more flows than ids.
 */
#include "plan_check.h"
#include "plan_index.h"

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
    uint32_t late = ttfs_plan_when(c->plan, t->pop).stage - ttfs_plan_when(c->plan, r->src).stage;
    if (b->banks > TTFS_PLAN_BANKS || ttfs_plan_copies(c->plan, late) > 1u << b->banks)
        ttfs_plan_fault(c, t->pop, "task %u reads what is %u turns old of %u banks", task, late,
                        1u << (b->banks & 31));
    uint32_t first = b->base + r->ch_first - b->ch_first;
    if (ttfs_conn_is_pool(r->conn) && (first | b->pitch) % TTFS_WORD_ELEMENTS)
        ttfs_plan_fault(c, t->pop, "task %u pools values that do not start a word", task);
}

/* Words of a memory of a core; of streamed weights also for which slot, + 1, and of a part of the
 * weights which passes. */
typedef struct {
    uint32_t core;
    uint64_t base, end;
    TtfsPop pop;
    uint32_t slot, pass;
} Region;

static int region_order(const void *a, const void *b) {
    const Region *x = a, *y = b;
    if (x->core != y->core) return x->core < y->core ? -1 : 1;
    if (x->base != y->base) return x->base < y->base ? -1 : 1;
    if (x->end != y->end) return x->end < y->end ? -1 : 1;
    if (x->pop.i != y->pop.i) return x->pop.i < y->pop.i ? -1 : 1;
    if (x->slot != y->slot) return x->slot < y->slot ? -1 : 1;
    return (x->pass > y->pass) - (x->pass < y->pass);
}

/* No two regions overlap, but those of one population that are the same where `shared`; for two
 * slots the same weights come twice. */
static void check_disjoint(PlanCheck *c, Region *r, uint32_t n, const char *what, bool shared) {
    qsort(r, n, sizeof *r, region_order);
    for (uint32_t i = 1; i < n; i++) {
        if (r[i].core != r[i - 1].core || r[i].base >= r[i - 1].end) continue;
        if (!shared || region_order(&r[i], &r[i - 1]) != 0)
            ttfs_plan_fault(c, r[i].pop, "%s from %" PRIu64 " on core %u overlap others", what,
                            r[i].base, r[i].core);
    }
}

/* A buffer's copies: in a bank each, the same words of it. */
static uint32_t add_copies(PlanCheck *c, const TtfsBuffer *b, Region *r) {
    uint32_t banks = b->banks < TTFS_PLAN_BANKS ? b->banks : TTFS_PLAN_BANKS;
    uint32_t bits = ttfs_chip_bank_bits(&c->plan->chip) - banks;
    uint64_t size = (uint64_t)b->rows * b->cols * b->pitch;
    if (!b->channels) return 0;
    if (banks && size && b->base >> bits != (b->base + size - 1) >> bits)
        ttfs_plan_fault(c, b->pop, "its buffer on core %u lies in several banks", b->core);
    for (uint32_t k = 0; k < 1u << banks; k++) {
        uint64_t first = b->base ^ (uint64_t)k << bits, end = first + size;
        r[k] = (Region){b->core,
                        first / TTFS_WORD_ELEMENTS,
                        (end + TTFS_WORD_ELEMENTS - 1) / TTFS_WORD_ELEMENTS,
                        b->pop,
                        0,
                        0};
        if (r[k].end > c->plan->chip.act_words)
            ttfs_plan_fault(c, b->pop, "its buffer on core %u lies beyond the activations",
                            b->core);
    }
    return 1u << banks;
}

static void check_activations(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    Region *r = TTFS_ARRAY(&c->scratch, Region, (size_t)p->buffers.len << TTFS_PLAN_BANKS);
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->buffers.len; i++) n += add_copies(c, &p->buffers.at[i], r + n);
    check_disjoint(c, r, n, "words of values", false);
}

/* Do the flow's ends, ascending, have the buffer among them? */
static bool reaches(const TtfsPlan *p, const TtfsFlow *f, uint32_t buffer) {
    uint32_t low = 0, high = f->ends;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (p->ends.at[f->first + middle] < buffer)
            low = middle + 1;
        else
            high = middle;
    }
    return low < f->ends && p->ends.at[f->first + low] == buffer;
}

/* What a task makes reaches all that keep some of it. */
static void check_flow(PlanCheck *c, uint32_t task, const uint32_t *buffers, uint32_t n) {
    const TtfsPlan *p = c->plan;
    const TtfsTask *t = &p->tasks.at[task];
    const TtfsFlow *f = t->flow < p->flows.len ? &p->flows.at[t->flow] : NULL;
    if (!f || f->pop.i != t->pop.i || f->core != t->core) {
        ttfs_plan_fault(c, t->pop, "task %u sends flow %u, which is not its own", task, t->flow);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        const TtfsBuffer *b = &p->buffers.at[buffers[i]];
        if (ttfs_plan_meets(t, b) && !reaches(p, f, buffers[i]))
            ttfs_plan_fault(c, t->pop, "task %u: flow %u does not reach core %u, which reads it",
                            task, t->flow, b->core);
    }
}

/* Ends are in the list; a task's flow reaches its readers, and so does the input's. */
static void check_flows(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    TtfsPlanIndex of = ttfs_plan_index_buffers(p, c->spike->pops.len, &c->scratch);
    uint32_t input = c->spike->input.i, flow;
    for (uint32_t i = 0; i < p->flows.len; i++)
        if (p->flows.at[i].first > p->ends.len ||
            p->flows.at[i].ends > p->ends.len - p->flows.at[i].first) {
            ttfs_plan_fault(c, (TtfsPop){0}, "flow %u has ends that are not listed", i);
            return;
        }
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        uint32_t pop = p->tasks.at[i].pop.i;
        check_flow(c, i, of.at + of.first[pop], of.first[pop + 1] - of.first[pop]);
    }
    for (uint32_t i = of.first[input]; i < of.first[input + 1]; i++)
        if (!ttfs_plan_input_flow(p, c->spike, &flow) || !reaches(p, &p->flows.at[flow], of.at[i]))
            ttfs_plan_fault(c, c->spike->input, "the input does not reach core %u, which reads it",
                            p->buffers.at[of.at[i]].core);
}

static Region weights_of(const TtfsTask *t) {
    Region r = {t->core, t->weight_base, 0, t->pop, 0, t->first_pass};
    r.end = r.base + (uint64_t)t->groups * t->group_rows;
    if (t->streamed) r.slot = t->slot + 1;
    return r;
}

/* Weights that are there in a slot, all the time or from outside: read in it, or coming for the
 * next. */
static void check_weights(PlanCheck *c, Region *r, uint32_t slot) {
    const TtfsPlan *p = c->plan;
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        bool there = !t->streamed || t->slot == slot || t->slot == slot + 1;
        if (t->groups && there) r[n++] = weights_of(t);
    }
    check_disjoint(c, r, n, "weight rows", true);
}

static void check_params(PlanCheck *c, Region *r) {
    const TtfsPlan *p = c->plan;
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        if (t->groups)
            r[n++] =
                (Region){t->core, t->param_base, t->param_base + ttfs_task_params(t), t->pop, 0, 0};
    }
    check_disjoint(c, r, n, "parameters", true);
}

/* Without anything streamed all slots are alike. */
static void check_numbers(PlanCheck *c) {
    const TtfsPlan *p = c->plan;
    Region *r = TTFS_ARRAY(&c->scratch, Region, p->tasks.len);
    bool streams = false;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        streams = streams || t->streamed;
        if (weights_of(t).end > p->chip.weight_rows)
            ttfs_plan_fault(c, t->pop, "the weights of task %u lie beyond the memory", i);
    }
    for (uint32_t slot = 0; slot < (streams ? p->slots.len : 1); slot++) check_weights(c, r, slot);
    check_params(c, r);
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
    for (uint32_t i = 0; i < p->tasks.len; i++)
        for (uint32_t k = 0; k < ttfs_spike_pop(c->spike, p->tasks.at[i].pop)->conn_count; k++) {
            TtfsReach reach = ttfs_task_reach(c->spike, &p->tasks.at[i], k);
            check_reach(c, i, &reach);
        }
    check_activations(c);
    check_flows(c);
    check_numbers(c);
    for (uint32_t i = 0; i < ttfs_chip_cores(&p->chip); i++) check_use(c, i);
    if (p->flows.len > p->chip.flows)
        ttfs_plan_fault(c, (TtfsPop){0}, "%u flows, the chip has %u", p->flows.len, p->chip.flows);
}
