/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows from the tasks and times of random plans, said once more in the simplest way: banks
 * for the latest reader, copies where they fit first, weights that tasks share, flows to whoever
 * keeps something of what they carry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "random_plan.h"

enum { BANKS = TTFS_PLAN_BANKS + 1 };

/* A plan of a random graph on a random chip, derived; false: there is none. `sound`: it fits. */
static bool make(uint64_t seed, TtfsSpike *s, TtfsPlan *p, bool *sound) {
    TtfsRng rng = ttfs_rng(seed);
    TtfsDiag diag = {0};
    TtfsChip chip = random_chip(&rng);
    if (seed % 4 == 0 && ttfs_chip_cores(&chip) > 1) chip.flows = between(&rng, 2, 12);
    if (seed % 3 == 0) chip.act_words = between(&rng, 2, 600);
    random_spike(s, seed);
    *sound = random_plan(p, s, &chip, &rng, &diag);
    if (!*sound) assert_true(diag.errors > 0);
    ttfs_diag_free(&diag);
    return p->use != NULL;
}

static void for_plans(uint32_t n, void (*look)(const TtfsPlan *p, const TtfsSpike *s, bool sound)) {
    uint32_t made = 0, sound = 0;
    for (uint64_t seed = 0; seed < n; seed++) {
        TtfsSpike s;
        TtfsPlan p;
        bool fits;
        if (make(seed, &s, &p, &fits)) look(&p, &s, fits), made++;
        sound += fits;
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
    }
    assert_true(made > n / 2 && sound > n / 5 && sound < made);
}

static uint64_t words_of(const TtfsBuffer *b) {
    uint64_t n = b->base % TTFS_WORD_ELEMENTS + (uint64_t)b->rows * b->cols * b->pitch;
    return (n + TTFS_WORD_ELEMENTS - 1) / TTFS_WORD_ELEMENTS;
}

/* The turns that the latest reader of a buffer is late. */
static uint32_t latest(const TtfsPlan *p, const TtfsSpike *s, const TtfsBuffer *b) {
    uint32_t most = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        const TtfsPopulation *pop = ttfs_spike_pop(s, t->pop);
        for (uint32_t k = 0; t->core == b->core && k < pop->conn_count; k++) {
            if (s->conns.at[pop->conn_first + k].src.i != b->pop.i) continue;
            uint32_t late = ttfs_plan_when(p, t->pop).stage - ttfs_plan_when(p, b->pop).stage;
            if (late > most) most = late;
        }
    }
    return most;
}

static uint32_t with_banks[BANKS];

static void banks_are_enough(const TtfsPlan *p, const TtfsSpike *s, bool sound) {
    (void)sound;
    for (uint32_t i = 0; i < p->buffers.len; i++) {
        const TtfsBuffer *b = &p->buffers.at[i];
        uint32_t late = latest(p, s, b);
        assert_true(b->banks < BANKS);
        if (b->channels) late += p->early; /* a copy more */
        if (late >= 1u << TTFS_PLAN_BANKS) continue;
        assert_true(late < 1u << b->banks);
        assert_true(b->banks == 0 || late >= 1u << (b->banks - 1));
        with_banks[b->banks]++;
    }
}

static void banks(void **state) {
    (void)state;
    memset(with_banks, 0, sizeof with_banks);
    for_plans(graphs(150), banks_are_enough);
    for (int i = 0; i < BANKS; i++) assert_true(with_banks[i] > 20);
}

/* Are the words free in all copies, and all of them there? Then they are taken. */
static bool take(unsigned char *taken, uint64_t all, uint64_t at, uint64_t n, uint64_t bank,
                 uint32_t copies) {
    for (uint32_t k = 0; k < copies; k++)
        for (uint64_t w = at + k * bank; w < at + k * bank + n; w++)
            if (w >= all || taken[w]) return false;
    for (uint32_t k = 0; k < copies; k++) memset(taken + at + k * bank, 1, n);
    return true;
}

/* The first place of a buffer's words in a bank of a memory, UINT64_MAX: there is none. */
static uint64_t first_place(unsigned char *taken, uint64_t all, const TtfsBuffer *b) {
    uint64_t bank = ttfs_chip_bank_words((uint32_t)all) >> b->banks, end = b->banks ? bank : all;
    for (uint64_t at = 0; at + words_of(b) <= end; at++)
        if (take(taken, all, at, words_of(b), bank, 1u << b->banks)) return at;
    return UINT64_MAX;
}

/* Whether a memory of so many words takes a core's buffers, each at its first place; `there`: it is
 * the chip's. */
static bool are_laid(const TtfsPlan *p, uint32_t core, uint64_t all, bool there) {
    unsigned char *taken = calloc(all, 1);
    bool fits = true;
    for (uint32_t banks = BANKS; banks-- > 0;)
        for (uint32_t i = 0; fits && i < p->buffers.len; i++) {
            const TtfsBuffer *b = &p->buffers.at[i];
            if (b->core != core || b->banks != banks) continue;
            uint64_t at = first_place(taken, all, b);
            fits = at != UINT64_MAX;
            if (there && fits && words_of(b)) assert_int_equal(b->base / TTFS_WORD_ELEMENTS, at);
        }
    free(taken);
    return fits;
}

static uint32_t too_large, laid;

/* A core whose buffers all fit has each at its first place, and needs their words; else just as
 * many as a memory must have that takes them. */
static void lies_at_first(const TtfsPlan *p, uint32_t core) {
    uint64_t words = 0, said = p->use[core].act_words, all = p->chip.act_words;
    for (uint32_t i = 0; i < p->buffers.len; i++)
        if (p->buffers.at[i].core == core)
            words += words_of(&p->buffers.at[i]) << p->buffers.at[i].banks;
    bool fits = said <= all;
    assert_int_equal(are_laid(p, core, all, fits), fits);
    if (fits) assert_int_equal(said, words);
    if (!fits && said <= UINT16_MAX) {
        assert_true(are_laid(p, core, said, false));
        assert_false(are_laid(p, core, said - 1, false));
    }
    *(fits ? &laid : &too_large) += 1;
}

/* The same tasks without stages: nothing has a copy. */
static void without_copies(const TtfsPlan *p, const TtfsSpike *s) {
    TtfsPlan q = {.chip = p->chip};
    for (uint32_t i = 0; i < p->when.len; i++) *TTFS_PUSH(&q.arena, q.when) = (TtfsWhen){0};
    for (uint32_t i = 0; i < p->tasks.len; i++) *TTFS_PUSH(&q.arena, q.tasks) = p->tasks.at[i];
    ttfs_plan_derive(&q, s);
    for (uint32_t c = 0; c < ttfs_chip_cores(&q.chip); c++) lies_at_first(&q, c);
    ttfs_plan_free(&q);
}

static void copies_at_first(const TtfsPlan *p, const TtfsSpike *s, bool sound) {
    (void)sound;
    for (uint32_t c = 0; c < ttfs_chip_cores(&p->chip); c++) lies_at_first(p, c);
    without_copies(p, s);
}

static void copies(void **state) {
    (void)state;
    laid = too_large = 0;
    for_plans(graphs(150), copies_at_first);
    assert_true(laid > 200 && too_large > 20);
}

static bool is_dense(const TtfsSpike *s, TtfsPop id) {
    const TtfsPopulation *pop = ttfs_spike_pop(s, id);
    bool dense = false;
    for (uint32_t k = 0; k < pop->conn_count; k++)
        dense |= s->conns.at[pop->conn_first + k].kind == TTFS_CONN_DENSE;
    return dense;
}

/* Is it the same for both tasks, which may be at other places where it is not `placed`? */
static bool is_shared(const TtfsTask *a, const TtfsTask *b, bool placed) {
    bool here = a->oy_first == b->oy_first && a->ox_first == b->ox_first;
    return a->core == b->core && a->pop.i == b->pop.i && a->ch_first == b->ch_first &&
           a->channels == b->channels && (here || !placed);
}

/* Where the weights or parameters of a task begin: with an earlier one's that are the same, or
 * behind all others. */
static uint32_t base_of(const TtfsPlan *p, uint32_t task, bool placed, bool params,
                        uint64_t *used) {
    const TtfsTask *t = &p->tasks.at[task];
    for (uint32_t i = 0; i < task; i++)
        if (is_shared(&p->tasks.at[i], t, placed) &&
            (params || p->tasks.at[i].streamed == t->streamed))
            return params ? p->tasks.at[i].param_base : p->tasks.at[i].weight_base;
    uint64_t base = *used;
    *used += params ? ttfs_task_params(t) : (uint64_t)t->groups * t->group_rows;
    return (uint32_t)base;
}

static uint32_t shared_weights, streamed_weights;

static bool same_weights(const TtfsSpike *s, const TtfsTask *a, const TtfsTask *b) {
    return is_shared(a, b, is_dense(s, a->pop)) && a->streamed == b->streamed;
}

/* Rows that a core streams for a slot, those of its tasks before `end`, each once. */
static uint64_t rows_for(const TtfsPlan *p, const TtfsSpike *s, uint32_t core, uint32_t slot,
                         uint32_t end) {
    uint64_t rows = 0;
    for (uint32_t i = 0; i < end; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        bool again = false;
        if (t->core != core || t->slot != slot || !t->streamed) continue;
        for (uint32_t k = 0; k < i; k++) again |= same_weights(s, &p->tasks.at[k], t);
        if (!again) rows += (uint64_t)t->groups * t->group_rows;
    }
    return rows;
}

/* Behind what stays, slots in turn from below and from above. */
static void streams_lie_behind(const TtfsPlan *p, const TtfsSpike *s, uint32_t core,
                               uint64_t stays) {
    uint64_t most = 0;
    for (uint32_t slot = 1; slot < p->slots.len; slot++) {
        uint64_t two = rows_for(p, s, core, slot, p->tasks.len) +
                       rows_for(p, s, core, slot + 1, p->tasks.len);
        if (two > most) most = two;
    }
    assert_int_equal(p->use[core].stream_rows, most);
    assert_int_equal(p->use[core].weight_rows, stays + most);
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        uint32_t first = i;
        if (t->core != core || !t->streamed) continue;
        for (uint32_t k = i; k-- > 0;)
            if (same_weights(s, &p->tasks.at[k], t)) first = k;
        uint64_t before = rows_for(p, s, core, t->slot, first);
        uint64_t end = p->chip.weight_rows - before - (uint64_t)t->groups * t->group_rows;
        assert_int_equal(t->weight_base, (uint32_t)(t->slot % 2 ? end : stays + before));
        streamed_weights++;
    }
}

static void core_is_sized(const TtfsPlan *p, const TtfsSpike *s, uint32_t core) {
    TtfsUse use = {.program_words = 3 + (uint64_t)3 * p->slots.len}, said = p->use[core];
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        const TtfsPopulation *pop = ttfs_spike_pop(s, t->pop);
        uint64_t before = use.weight_rows;
        bool maps = pop->bias && pop->bias_count != pop->c;
        if (t->core != core) continue;
        use.program_words += ttfs_task_words(s, t);
        if (pop->kind == TTFS_POP_POOL) {
            assert_int_equal(t->groups + t->weight_base + t->param_base, 0);
            continue;
        }
        assert_true(t->groups * p->chip.lanes >= t->channels);
        assert_true((t->groups - 1) * p->chip.lanes < t->channels);
        if (!t->streamed)
            assert_int_equal(t->weight_base,
                             base_of(p, i, is_dense(s, t->pop), false, &use.weight_rows));
        assert_int_equal(t->param_base, base_of(p, i, maps, true, &use.param_words));
        shared_weights += !t->streamed && use.weight_rows == before;
    }
    assert_int_equal(said.program_words, use.program_words);
    streams_lie_behind(p, s, core, use.weight_rows);
    assert_int_equal(said.param_words, use.param_words);
}

static void all_are_sized(const TtfsPlan *p, const TtfsSpike *s, bool sound) {
    (void)sound;
    for (uint32_t c = 0; c < ttfs_chip_cores(&p->chip); c++) core_is_sized(p, s, c);
}

static void sizes(void **state) {
    (void)state;
    shared_weights = 0;
    for_plans(graphs(150), all_are_sized);
    assert_true(shared_weights > 100);
}

static bool keeps(const TtfsBuffer *b, uint32_t c, int64_t y, int64_t x) {
    return c - b->ch_first < b->channels && y >= b->y_first && y < (int64_t)b->y_first + b->rows &&
           x >= b->x_first && x < (int64_t)b->x_first + b->cols;
}

/* Does the buffer keep a neuron of the task? */
static bool keeps_some(const TtfsBuffer *b, const TtfsTask *t) {
    for (uint32_t c = 0; c < t->channels; c++)
        for (uint32_t y = 0; y < t->oy_count; y++)
            for (uint32_t x = 0; x < t->ox_count; x++)
                if (keeps(b, t->ch_first + c, t->oy_first + y, t->ox_first + x)) return true;
    return false;
}

static bool ends_in(const TtfsPlan *p, const TtfsFlow *f, uint32_t buffer) {
    for (uint32_t i = 0; i < f->ends; i++)
        if (p->ends.at[f->first + i] == buffer) return true;
    return false;
}

/* The buffer that drops what none keeps of a task. */
static uint32_t dropping(const TtfsPlan *p, const TtfsTask *t) {
    uint32_t found = UINT32_MAX;
    for (uint32_t i = 0; i < p->buffers.len; i++) {
        const TtfsBuffer *b = &p->buffers.at[i];
        if (b->pop.i != t->pop.i) continue;
        if (keeps_some(b, t)) return UINT32_MAX;
        if (found == UINT32_MAX || b->core == t->core) found = i;
    }
    return found;
}

/* Is buffer `i` an end of what the task makes? */
static bool is_end(const TtfsPlan *p, const TtfsTask *t, uint32_t i) {
    const TtfsBuffer *b = &p->buffers.at[i];
    return b->pop.i == t->pop.i && (keeps_some(b, t) || dropping(p, t) == i);
}

/* A flow's ends are those of its tasks: what keeps something of them, or what drops it. */
static void flow_is_right(const TtfsPlan *p, uint32_t flow) {
    const TtfsFlow *f = &p->flows.at[flow];
    for (uint32_t i = 0; i < p->buffers.len; i++) {
        bool wanted = false;
        for (uint32_t k = 0; k < p->tasks.len; k++)
            wanted = wanted || (p->tasks.at[k].flow == flow && is_end(p, &p->tasks.at[k], i));
        assert_int_equal(ends_in(p, f, i), wanted);
    }
}

static bool same_readers(const TtfsPlan *p, const TtfsTask *a, const TtfsTask *b) {
    if (a->pop.i != b->pop.i || a->core != b->core) return false;
    for (uint32_t i = 0; i < p->buffers.len; i++) {
        const TtfsBuffer *k = &p->buffers.at[i];
        bool for_a = dropping(p, a) == i, for_b = dropping(p, b) == i;
        if (k->pop.i != a->pop.i) continue;
        if ((for_a || keeps_some(k, a)) != (for_b || keeps_some(k, b))) return false;
    }
    return true;
}

static bool has_equal_before(const TtfsPlan *p, uint32_t task) {
    for (uint32_t i = 0; i < task; i++)
        if (same_readers(p, &p->tasks.at[i], &p->tasks.at[task])) return true;
    return false;
}

/* Flows, the input's too, if a population has on a core as many as sets of readers, or `most`. */
static uint32_t flows_up_to(const TtfsPlan *p, uint32_t most) {
    uint32_t all = 1;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        uint32_t n = 0;
        for (uint32_t k = 0; k < p->tasks.len; k++) {
            const TtfsTask *a = &p->tasks.at[i], *b = &p->tasks.at[k];
            if (a->pop.i != b->pop.i || a->core != b->core) continue;
            if (k < i) n = UINT32_MAX;
            if (n < most) n += !has_equal_before(p, k);
        }
        all += n == UINT32_MAX ? 0 : n;
    }
    return all;
}

static uint32_t shared, apart, together, some_together;

/* The most flows of a population on a core. */
static uint32_t most_of_a_core(const TtfsPlan *p) {
    uint32_t most = 1, run = 1;
    for (uint32_t i = 1; i < p->flows.len; i++) {
        const TtfsFlow *a = &p->flows.at[i - 1], *b = a + 1;
        assert_true(a->pop.i < b->pop.i || (a->pop.i == b->pop.i && a->core <= b->core));
        run = a->pop.i == b->pop.i && a->core == b->core ? run + 1 : 1;
        if (run > most) most = run;
    }
    return most;
}

/* Tasks share a flow only where they have the same readers, or the chip has no more flows. */
static void flows_of_mesh(const TtfsPlan *p) {
    uint32_t wanted = flows_up_to(p, UINT32_MAX - 1), most = most_of_a_core(p);
    if (wanted <= p->chip.flows) {
        assert_int_equal(p->flows.len, wanted);
    } else {
        assert_int_equal(p->flows.len, flows_up_to(p, most));
        assert_true(flows_up_to(p, most + 1) > p->chip.flows);
        assert_true(most == 1 || p->flows.len <= p->chip.flows);
        together++;
    }
    apart += most - 1;
    for (uint32_t i = 1; i < p->flows.len; i++) flow_is_right(p, i);
    for (uint32_t i = 1; i < p->tasks.len; i++)
        shared += p->tasks.at[i].flow == p->tasks.at[i - 1].flow;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsFlow *f = &p->flows.at[p->tasks.at[i].flow];
        assert_true(f->pop.i == p->tasks.at[i].pop.i && f->core == p->tasks.at[i].core);
    }
}

/* The same tasks on a chip that has flows for two a population and core, and not for three. */
static void two_flows_of_three(const TtfsPlan *p, const TtfsSpike *s) {
    TtfsPlan q = {.chip = p->chip, .when = p->when, .slots = p->slots};
    uint32_t two = flows_up_to(p, 2);
    if (flows_up_to(p, 3) == two) return;
    q.chip.flows = two;
    for (uint32_t i = 0; i < p->tasks.len; i++) *TTFS_PUSH(&q.arena, q.tasks) = p->tasks.at[i];
    ttfs_plan_derive(&q, s);
    assert_int_equal(most_of_a_core(&q), 2);
    flows_of_mesh(&q);
    some_together++;
    ttfs_arena_free(&q.arena);
}

static void flows_are_right(const TtfsPlan *p, const TtfsSpike *s, bool sound) {
    uint32_t input;
    (void)sound;
    if (ttfs_chip_cores(&p->chip) > 1) {
        flows_of_mesh(p);
        two_flows_of_three(p, s);
        assert_true(ttfs_plan_input_flow(p, s, &input));
        for (uint32_t i = 0; i < p->buffers.len; i++)
            if (p->buffers.at[i].pop.i == s->input.i)
                assert_true(ends_in(p, &p->flows.at[input], i));
        return;
    }
    for (uint32_t i = 0; i < p->buffers.len; i++) {
        assert_int_equal(p->flows.at[i].pop.i, p->buffers.at[i].pop.i);
        assert_true(p->flows.at[i].ends == 1 && ends_in(p, &p->flows.at[i], i));
    }
    for (uint32_t i = 0; i < p->tasks.len; i++)
        assert_int_equal(p->flows.at[p->tasks.at[i].flow].pop.i, p->tasks.at[i].pop.i);
}

static void flows(void **state) {
    (void)state;
    shared = apart = together = some_together = 0;
    for_plans(graphs(600), flows_are_right);
    assert_true(shared > 50 && apart > 20 && together > 10 && some_together > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(banks),
        cmocka_unit_test(copies),
        cmocka_unit_test(sizes),
        cmocka_unit_test(flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
