/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plan needs of the cores' memories and the chip's numbers, against what there is. A layer
 * that is too large for a memory alone is named, each of them; where only all layers together are,
 * the largest is. In: the plan is derived. What to do is said in the chip description's keys, and
 * of the schedule that was tried: one with copies of values, or with weights that come together,
 * asks for more than latency does.
 */
#include "solver.h"

#include <inttypes.h>
#include <stddef.h>

/* A memory: its words in TtfsUse and in the chip; what to do where they are too few. */
typedef struct {
    const char *what;
    size_t use, have;
    const char *advice;
} Memory;

static const Memory memories[] = {
    {"words of activations on a core", offsetof(TtfsUse, act_words), offsetof(TtfsChip, act_words),
     "use a chip with more act_words or cores, or a smaller network"},
    {"weight rows on a core", offsetof(TtfsUse, weight_rows), offsetof(TtfsChip, weight_rows),
     "use a chip with more weight_rows or cores, or a smaller network"},
    {"parameter words on a core", offsetof(TtfsUse, param_words), offsetof(TtfsChip, param_words),
     "use a chip with more param_words or cores, or a smaller network"},
    {"program words on a core", offsetof(TtfsUse, program_words), offsetof(TtfsChip, program_words),
     "use a chip with more program_words or cores, or a smaller network"},
    {"buffers on a core", offsetof(TtfsUse, buffers), offsetof(TtfsChip, buffers),
     "use a chip with more buffers or cores, or a smaller network"},
    {"words of the table of rows", offsetof(TtfsUse, table_rows), offsetof(TtfsChip, table_words),
     "use a chip with more table_words or cores, or a smaller network"},
    {"words of the table of columns", offsetof(TtfsUse, table_cols),
     offsetof(TtfsChip, table_words),
     "use a chip with more table_words or cores, or a smaller network"},
};
enum { MEMORIES = sizeof memories / sizeof *memories };

static uint64_t used(const TtfsUse *u, const Memory *m) {
    return *(const uint64_t *)(const void *)((const char *)u + m->use);
}

static uint32_t had(const TtfsChip *c, const Memory *m) {
    return *(const uint32_t *)(const void *)((const char *)c + m->have);
}

static void raise(TtfsUse *most, const TtfsUse *u) {
    for (const Memory *m = memories; m < memories + MEMORIES; m++)
        if (used(u, m) > used(most, m)) *(uint64_t *)(void *)((char *)most + m->use) = used(u, m);
}

static uint64_t above(uint64_t end, uint64_t first) {
    return end > first ? end - first : 0;
}

/* Tasks that stream in a pipeline may go to a slot each. */
static bool may_part(const Solver *v) {
    return v->plan->chip.stream && v->schedule == TTFS_SCHEDULE_PIPELINE;
}

/* What the tasks from `first` on, of one core, slot and population, need; the first behind them. */
static uint32_t run_use(const Solver *v, uint32_t first, TtfsUse *u) {
    const TtfsPlan *p = v->plan;
    const TtfsTask *t = &p->tasks.at[first];
    *u = (TtfsUse){0};
    uint32_t i = first;
    for (; i < p->tasks.len && p->tasks.at[i].slot == t->slot && p->tasks.at[i].core == t->core;
         i++) {
        const TtfsTask *a = &p->tasks.at[i];
        if (a->pop.i != t->pop.i) break;
        uint64_t rows = (uint64_t)a->groups * a->group_rows;
        TtfsUse end = {.weight_rows = may_part(v) ? rows
                                                  : above(a->weight_base + rows, t->weight_base),
                       .param_words = above(a->param_base + ttfs_task_params(a), t->param_base),
                       .program_words = u->program_words + ttfs_task_words(v->spike, a)};
        raise(u, &end);
    }
    return i;
}

static TtfsUse buffer_use(const Solver *v, const TtfsBuffer *b) {
    const TtfsPopulation *p = ttfs_spike_pop(v->spike, b->pop);
    uint64_t before = b->base % TTFS_WORD_ELEMENTS, n = (uint64_t)b->rows * b->cols * b->pitch;
    uint64_t words = (before + n + TTFS_WORD_ELEMENTS - 1) / TTFS_WORD_ELEMENTS;
    TtfsUse u = {.act_words = words << b->banks};
    if (v->plan->chip.conv) u.table_rows = p->h, u.table_cols = p->w;
    return u;
}

/* By population id: the most of every memory that it needs on a core. */
static TtfsUse *use_of_layers(Solver *v) {
    const TtfsPlan *p = v->plan;
    TtfsUse *own = TTFS_ARRAY(&v->scratch, TtfsUse, (size_t)v->spike->pops.len + 1), u;
    for (uint32_t i = 0, next; i < p->tasks.len; i = next) {
        next = run_use(v, i, &u);
        raise(&own[p->tasks.at[i].pop.i], &u);
    }
    for (uint32_t i = 0; i < p->buffers.len; i++) {
        u = buffer_use(v, &p->buffers.at[i]);
        raise(&own[p->buffers.at[i].pop.i], &u);
    }
    return own;
}

static bool refuse(Solver *v, TtfsPop pop, TtfsExcess e, const char *advice) {
    v->ok = false;
    TtfsLoc at = pop.i ? ttfs_pop_at(ttfs_spike_pop(v->spike, pop), v->file)
                       : TTFS_AT_FILE(v->file);
    return ttfs_error_figures(v->diag, at, TTFS_PLAN_FIT, e, advice,
                              "needs %" PRIu64 " %s, the chip has %" PRIu64, e.needed, e.limit,
                              e.available);
}

bool ttfs_solver_refuse(Solver *v, TtfsPop pop, const char *what, uint64_t need, uint64_t have) {
    return refuse(v, pop, (TtfsExcess){what, need, have}, NULL);
}

/* In words of the schedule that was tried, and of what the chip leaves out. */
static const char *advice_of(const Solver *v, const Memory *m) {
    if (m->use == offsetof(TtfsUse, act_words) && v->latency_fits)
        return "use --schedule latency, which keeps no values for samples that overlap, or a chip "
               "with more act_words or cores";
    if (m->use != offsetof(TtfsUse, weight_rows)) return m->advice;
    if (!v->plan->chip.stream)
        return "use a chip with stream, or with more weight_rows or cores, or a smaller network";
    if (v->latency_fits && v->schedule == TTFS_SCHEDULE_OVERLAP)
        return "use --schedule latency, in which none stay for the next sample, or a chip with "
               "more weight_rows";
    if (v->latency_fits)
        return "use --schedule latency: in a pipeline all weights of a neuron come in one slot; or "
               "a chip with more weight_rows";
    return m->advice;
}

static void refuse_all(Solver *v, const Memory *m, uint64_t need, uint64_t have,
                       const TtfsPopulation *largest, uint64_t own) {
    v->ok = ttfs_error_figures(v->diag, TTFS_AT_FILE(v->file), TTFS_PLAN_FIT,
                               (TtfsExcess){m->what, need, have}, advice_of(v, m),
                               "the layers together need %" PRIu64 " %s, %" PRIu64
                               " of them for %s; the chip has %" PRIu64,
                               need, m->what, own, largest->name, have);
}

/* The layers that are too large for the memory, or all of them together. */
static void refuse_memory(Solver *v, const Memory *m, uint64_t need, const TtfsUse *own) {
    uint64_t have = had(&v->plan->chip, m);
    uint32_t largest = 1;
    bool alone = false;
    for (uint32_t i = 1; i <= v->spike->pops.len; i++) {
        if (used(&own[i], m) > used(&own[largest], m)) largest = i;
        if (used(&own[i], m) <= have) continue;
        refuse(v, (TtfsPop){i}, (TtfsExcess){m->what, used(&own[i], m), have}, advice_of(v, m));
        alone = true;
    }
    if (!alone)
        refuse_all(v, m, need, have, ttfs_spike_pop(v->spike, (TtfsPop){largest}),
                   used(&own[largest], m));
}

static bool pool_fits(const Solver *v, const TtfsTask *t, const TtfsReach *r) {
    const TtfsBuffer *b = ttfs_plan_buffer(v->plan, t->core, r->src, NULL);
    return (b->base + r->ch_first - b->ch_first) % TTFS_WORD_ELEMENTS == 0;
}

static const char *pools_advice(const Solver *v) {
    if (v->latency_fits)
        return "use --schedule latency, pool before the split, or pool the whole layer";
    return ttfs_chip_cores(&v->plan->chip) > 1
               ? "use a chip of more cores, pool before the split, or pool the whole layer"
               : "use a chip of several cores, pool before the split, or pool the whole layer";
}

/* A pool takes whole words: on a core all that pool a population begin at channels that lie a
 * multiple of a word apart. */
static bool pools_fit(Solver *v, bool say) {
    const TtfsPlan *p = v->plan;
    TtfsPop refused = {0};
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        TtfsReach r = ttfs_task_reach(v->spike, t, 0);
        if (!ttfs_conn_is_pool(r.conn) || pool_fits(v, t, &r)) continue;
        if (say && refused.i != t->pop.i)
            ttfs_error_advice(
                v->diag, ttfs_pop_at(ttfs_spike_pop(v->spike, t->pop), v->file), TTFS_PLAN_KIND,
                pools_advice(v),
                "pools channels of %s from %u on, and another pool others that do not "
                "lie a multiple of %d channels apart, on the same core",
                ttfs_spike_pop(v->spike, r.src)->name, r.ch_first, TTFS_WORD_ELEMENTS);
        refused = t->pop;
    }
    return !refused.i;
}

static void refuse_delay(Solver *v, const TtfsConnection *k, uint32_t delay, uint32_t latest) {
    v->ok = ttfs_error_figures(
        v->diag, ttfs_pop_at(ttfs_spike_pop(v->spike, k->dst), v->file), TTFS_PLAN_FIT,
        (TtfsExcess){"turns that a value is kept", delay, latest},
        v->latency_fits ? "use --schedule latency, or a network with shorter ways around its layers"
                        : "use a network with shorter ways around its layers",
        "reads %s %u layers later, a pipeline keeps values for %u",
        ttfs_spike_pop(v->spike, k->src)->name, delay, latest);
}

/* What is read is not too old. */
static bool delays_fit(Solver *v, bool say) {
    const uint32_t latest = ttfs_plan_latest(v->plan);
    bool ok = true;
    for (uint32_t i = 0; i < v->spike->conns.len; i++) {
        const TtfsConnection *k = &v->spike->conns.at[i];
        uint32_t delay = ttfs_plan_when(v->plan, k->dst).stage -
                         ttfs_plan_when(v->plan, k->src).stage;
        if (delay <= latest) continue;
        ok = false;
        if (say) refuse_delay(v, k, delay, latest);
    }
    return ok;
}

bool ttfs_solver_delays_fit(Solver *v) {
    return delays_fit(v, false);
}

static uint64_t lack(uint64_t need, uint64_t have) {
    return need > have ? need * 1000 / (have ? have : 1) : 0;
}

uint64_t ttfs_solver_lacks(const Solver *v) {
    const TtfsPlan *p = v->plan;
    TtfsUse most = {0};
    uint64_t lacks = lack(p->flows.len, p->chip.flows);
    for (uint32_t c = 0; c < ttfs_chip_cores(&p->chip); c++) raise(&most, &p->use[c]);
    for (const Memory *m = memories; m < memories + MEMORIES; m++) {
        uint64_t n = lack(used(&most, m), had(&p->chip, m));
        if (n > lacks) lacks = n;
    }
    return lacks;
}

bool ttfs_solver_fits(Solver *v, bool say) {
    const TtfsPlan *p = v->plan;
    TtfsUse most = {0}, *own = use_of_layers(v);
    bool ok = delays_fit(v, say);
    ok = pools_fit(v, say) && ok && p->flows.len <= p->chip.flows;
    for (uint32_t c = 0; c < ttfs_chip_cores(&p->chip); c++) raise(&most, &p->use[c]);
    for (const Memory *m = memories; m < memories + MEMORIES; m++) {
        if (used(&most, m) <= had(&p->chip, m)) continue;
        ok = false;
        if (say) refuse_memory(v, m, used(&most, m), own);
    }
    if (say && p->flows.len > p->chip.flows)
        ttfs_solver_refuse(v, (TtfsPop){0}, "flows", p->flows.len, p->chip.flows);
    return ok;
}
