/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan: what the solver makes passes the checker and comes back from its text; every mutation
 * of a plan is refused, by the rule that it breaks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chip_spike.h"
#include "plan_geometry.h"
#include "reject.h"
#include "share.h"
#include "spike_to_plan.h"

static const uint32_t shapes[][4] = {{1, 1, 1, 8}, {1, 1, 16, 9}, {2, 1, 5, 9}, {3, 1, 7, 10},
                                     {2, 2, 8, 9}, {1, 2, 3, 11}, {4, 1, 2, 9}, {3, 3, 4, 9}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static TtfsChip chip_of(uint64_t seed) {
    const uint32_t *s = shapes[seed % SHAPES];
    TtfsChip chip = small_chip(s[0], s[2], s[3]);
    chip.cores_y = s[1];
    if (seed % 3 == 0) chip.list_entries = 20;
    return chip;
}

static void print_faults(const TtfsDiag *diag) {
    TtfsBuf out = {0};
    ttfs_diag_print(diag, TTFS_NOTE, false, &out);
    printf("%s", ttfs_buf_text(&out));
    ttfs_buf_free(&out);
}

/* A graph and its plan; small chips may refuse some, which the caller skips. */
static bool make(uint64_t seed, TtfsSpike *s, TtfsPlan *p, TtfsDiag *diag) {
    TtfsChip chip = chip_of(seed);
    if (seed % 2)
        chip_spike(s, seed, chip.weight_bits);
    else
        random_spike(s, seed);
    TtfsSchedule schedule = (TtfsSchedule)(seed / 7 % TTFS_SCHEDULES);
    bool ok = ttfs_spike_to_plan(s, &chip, schedule, "net", p, diag);
    for (uint32_t i = 0; i < diag->messages.len; i++)
        assert_int_not_equal(diag->messages.at[i].code, TTFS_PLAN_CHECK);
    return ok;
}

static void solver_satisfies_checker(void **state) {
    (void)state;
    uint32_t made = 0;
    for (uint64_t seed = 0; seed < A_SHARE(600); seed++) {
        TtfsSpike s;
        TtfsPlan p;
        TtfsDiag diag = {0};
        if (make(seed, &s, &p, &diag)) {
            made++;
            assert_true(ttfs_plan_check(&p, &s, "net", &diag));
        } else {
            assert_true(diag.errors > 0);
        }
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
    }
    assert_true(made > A_SHARE(500));
}

static void text_is_a_fixed_point(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        TtfsSpike s;
        TtfsPlan p, q;
        TtfsDiag diag = {0};
        TtfsBuf first = {0}, second = {0};
        if (make(seed, &s, &p, &diag)) {
            ttfs_plan_print(&p, &first);
            if (!ttfs_plan_read(&q, "plan", first.text, first.len, &diag)) print_faults(&diag);
            ttfs_plan_print(&q, &second);
            assert_string_equal(first.text, second.text);
            assert_true(ttfs_plan_check(&q, &s, "plan", &diag));
            ttfs_plan_free(&q);
        }
        ttfs_buf_free(&first);
        ttfs_buf_free(&second);
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
    }
}

static bool read_plan(const char *name, const void *bytes, size_t n, TtfsDiag *diag) {
    TtfsPlan p;
    bool ok = ttfs_plan_read(&p, name, bytes, n, diag);
    ttfs_plan_free(&p);
    return ok;
}

static void refused_texts(void **state) {
    (void)state;
    reject_folder(TTFS_SOURCE_DIR "/tests/reject/plan", read_plan, 5);
}

/* A seed whose plan has a pool, bands of rows with padding, several passes, classes, and copies. */
static void rich(TtfsSpike *s, TtfsPlan *p) {
    for (uint64_t seed = 0;; seed++) {
        TtfsDiag diag = {0};
        bool ok = make(seed, s, p, &diag), pool = false, rows = false, passes = false, edge = false;
        bool padded = false, copies = false;
        for (uint32_t i = 0; ok && i < p->tasks.len; i++) {
            const TtfsTask *t = &p->tasks.at[i];
            pool = pool || t->groups == 0;
            passes = passes || t->passes > 1;
            edge = edge || ttfs_task_params(t) > t->channels;
            rows = rows || t->oy_count < ttfs_spike_pop(s, t->pop)->h;
        }
        for (uint32_t i = 0; ok && i < p->buffers.len; i++)
            padded = padded || p->buffers.at[i].y_first < 0,
            copies = copies || p->buffers.at[i].banks > 0;
        ttfs_diag_free(&diag);
        if (ok && pool && passes && edge && rows && padded && copies) return;
        ttfs_plan_free(p);
        ttfs_spike_free(s);
        assert_true(seed < 5000);
    }
}

/* The text of the plan with the number at `at` changed. */
static void change_number(const TtfsBuf *text, const char *at, int way, TtfsBuf *bad) {
    char *end;
    long long v = strtoll(at, &end, 10);
    v = way == 0 ? v + 1 : way == 1 ? v - 1 : v ^ 64;
    bad->len = 0;
    ttfs_buf_bytes(bad, text->text, (size_t)(at - text->text));
    ttfs_buf_printf(bad, "%lld%s", v, end);
}

/* Another stage can make another plan, where it takes no other banks. */
static bool may_change(const char *at) {
    return strncmp(at - 6, "stage ", 6) == 0;
}

/* Every number of the plan, changed by one or with one bit flipped, is refused. */
static void every_number_matters(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    TtfsBuf text = {0}, bad = {0};
    rich(&s, &p);
    ttfs_plan_print(&p, &text);
    uint32_t tried = 0;
    for (const char *at = strstr(text.text, "cycles worst"); *at; at++) {
        if (at[-1] != ' ' || !strchr("-0123456789", *at)) continue;
        for (int way = 0; way < 3; way++, tried++) {
            TtfsDiag diag = {0};
            TtfsPlan q;
            change_number(&text, at, way, &bad);
            bool ok = ttfs_plan_read(&q, "plan", bad.text, bad.len, &diag) &&
                      ttfs_plan_check(&q, &s, "plan", &diag);
            if (ok && !may_change(at)) fail_msg("taken: %.60s, way %d", at - 20, way);
            assert_true(ok || diag.errors > 0);
            ttfs_plan_free(&q);
            ttfs_diag_free(&diag);
        }
    }
    assert_true(tried > 300);
    ttfs_buf_free(&bad);
    ttfs_buf_free(&text);
    ttfs_plan_free(&p);
    ttfs_spike_free(&s);
}

/* Input 2x6x6 -> conv 3x3 to 5 channels -> pool 2x2 -> dense to 10. */
static void small_net(TtfsSpike *s) {
    TtfsRng rng = ttfs_rng(1), *r = &rng;
    *s = (TtfsSpike){0};
    s->input =
        add_pop(s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 2, .h = 6, .w = 6, .ticks = 15});
    TtfsConnection c = {.kind = TTFS_CONN_CONV,
                        .src = s->input,
                        .kernel = {3, 3},
                        .stride = {1, 1},
                        .dilation = {1, 1},
                        .pad = {1, 1, 1, 1}};
    c.dst =
        add_pop(s, (TtfsPopulation){.kind = TTFS_POP_RELU, .c = 5, .h = 6, .w = 6, .ticks = 31});
    chip_weights(s, r, &c, 5 * 2 * 9, 8);
    add_conn(s, c);
    random_neurons(s, r, c.dst);
    c = (TtfsConnection){.kind = TTFS_CONN_POOL,
                         .src = c.dst,
                         .kernel = {2, 2},
                         .stride = {2, 2},
                         .dilation = {1, 1}};
    c.dst =
        add_pop(s, (TtfsPopulation){.kind = TTFS_POP_POOL, .c = 5, .h = 3, .w = 3, .ticks = 31});
    add_conn(s, c);
    chip_dense(s, r, c.dst, TTFS_POP_READOUT, 8);
    s->readout = (TtfsPop){s->pops.len};
    set_times(s, r);
}

/* A rule of the checker, and how a plan of small_net on two cores breaks it. */
typedef struct {
    void (*damage)(TtfsPlan *p);
    const char *says;
} Rule;

static TtfsTask *task_of(TtfsPlan *p, uint32_t slot) {
    uint32_t i = 0;
    while (p->tasks.at[i].slot != slot) i++;
    return &p->tasks.at[i];
}

#define RULE(name, statement, says)                                                                \
    static void name(TtfsPlan *p) {                                                                \
        statement;                                                                                 \
    }
#define RULES                                                                                      \
    RULE(few_pops, p->when.len = 3, "says when 3 populations are computed, of 4")                  \
    RULE(no_slots, p->slots.len = 0, "0 slots, 1 to 4096 expected")                                \
    RULE(many_slots, p->slots.len = 4097, "4097 slots, 1 to 4096 expected")                        \
    RULE(few_slots, p->slots.len = 3, "layer 4: is in slot 3 of 3")                                \
    RULE(input_late, p->when.at[0].slot = 1, "layer 1: the input is in slot 1 at stage 0, not")    \
    RULE(input_staged, p->when.at[0].stage = 1, "the input is in slot 0 at stage 1, not in 0 at")  \
    RULE(source_late, p->when.at[1].slot = 2,                                                      \
         "layer 3: is in slot 2 at stage 0, its source in slot 2 at stage 0")                      \
    RULE(source_staged, p->when.at[1].stage = 1,                                                   \
         "layer 3: is in slot 2 at stage 0, its source in slot 1 at stage 1")                      \
    RULE(too_late, p->when.at[3].stage = 8, "layer 4: reads values that are 8 turns old, the")     \
    RULE(few_banks, p->when.at[3].stage = 1, "layer 4: task 4 reads what is 1 turns old of 1")     \
    RULE(no_core, task_of(p, 1)->core = 2, "task 0 is outside the chip or the graph")              \
    RULE(no_pop, task_of(p, 1)->pop.i = 5, "task 0 is outside the chip or the graph")              \
    RULE(wrong_slot, task_of(p, 1)->slot = 2, "layer 2: task 0 is in slot 2")                      \
    RULE(channels, task_of(p, 1)->channels = 6, "layer 2: task 0 holds channels 0+6")              \
    RULE(no_channels, task_of(p, 1)->channels = 0, "layer 2: task 0 holds channels 0+0")           \
    RULE(rows, task_of(p, 1)->oy_count = 7, "layer 2: task 0 holds channels 0+5, rows 0+7")        \
    RULE(columns, task_of(p, 1)->ox_first = 6, "columns 6+6 of 5, 6, 6")                           \
    RULE(order, (p->tasks.at[0].core = 1, p->tasks.at[1].core = 0),                                \
         "layer 2: task 1 is not in the order of slots and cores")                                 \
    RULE(twice, (p->tasks.at[1].oy_first--, p->tasks.at[1].oy_count++),                            \
         "layer 2: task 1 holds neurons of an earlier one")                                        \
    RULE(missing, task_of(p, 1)->oy_count--, "layer 2: the tasks hold 150 of 180 neurons")         \
    RULE(task_gone, p->tasks.len--, "layer 4: the tasks hold")                                     \
    RULE(passes, task_of(p, 1)->passes = 2, "layer 2: task 0 has several passes and positions")    \
    RULE(too_long, p->chip.list_entries = 30, "layer 4: task")                                     \
    RULE(positions, p->chip.list_entries = 17,                                                     \
         "layer 2: task 0 has 18 positions with weights or lists of their own")                    \
    RULE(groups, task_of(p, 1)->groups++, "layer 2: task 0 has 2 groups of 18 rows")               \
    RULE(group_rows, task_of(p, 1)->group_rows--, "1 groups of 17 rows in 1 passes")               \
    RULE(weights_over, p->tasks.at[p->tasks.len - 1].weight_base = 0, "weight rows from 0 on")     \
    RULE(params_over, p->tasks.at[p->tasks.len - 1].param_base = 0, "parameters from 0 on")        \
    RULE(edges, task_of(p, 1)->edge[2] = 1, "edges 0 0 1 0; ")                                     \
    RULE(buffer_gone, p->buffers.len--, "does not keep all that it reads of")                      \
    RULE(buffer_count, p->buffers.len--, " buffers, ")                                             \
    RULE(buffer_small, p->buffers.at[0].rows--, "core 0 does not keep all that it reads of layer") \
    RULE(buffer_left, p->buffers.at[0].x_first++, "core 0 does not keep all that it reads of")     \
    RULE(buffer_low, p->buffers.at[0].ch_first++, "core 0 does not keep all that it reads of")     \
    RULE(buffer_base, p->buffers.at[0].base += 16, "buffer 0 is not what core 0's tasks read")     \
    RULE(words_over, p->buffers.at[1].base = 0, "words of values from 0 on core 0 overlap others") \
    RULE(pool_word, p->buffers.at[1].base += 3, "pools values that do not start a word")           \
    RULE(pool_pitch, p->buffers.at[1].pitch = 5, "pools values that do not start a word")          \
    RULE(flow_count, p->flows.len--, "6 flows to 9 buffers, 7 to 9 expected")                      \
    RULE(flow_core, p->flows.at[1].core ^= 1, "flow 1 is population 2's from core 1")              \
    RULE(flow_ends, p->flows.at[1].ends--, "flow 1 does not reach core 1, which reads it")         \
    RULE(flow_first, p->flows.at[1].first = 99, "flow 1 has ends that are not listed")             \
    RULE(flow_many, p->flows.at[1].ends = 99, "flow 1 has ends that are not listed")               \
    RULE(flow_other, p->ends.at[2] = 0, "or to others than keep something of it")                  \
    RULE(flow_input, p->ends.at[1] = 0, "layer 1: the input does not reach core 1")                \
    RULE(task_flow, task_of(p, 1)->flow = 2, "layer 2: task 0 sends flow 2, which is not its own") \
    RULE(no_flow, task_of(p, 1)->flow = 99, "layer 2: task 0 sends flow 99, which is not its own") \
    RULE(many_banks, p->buffers.at[0].banks = 4, "of 16 banks")                                    \
    RULE(copies_over, p->buffers.at[0].banks = 1, "buffer 0 is not what core 0's tasks read")      \
    RULE(beyond, p->buffers.at[0].base = 16384, "layer 1: its buffer on core 0 lies beyond the")   \
    RULE(across, (p->buffers.at[0].banks = 3, p->buffers.at[0].base = 2032),                       \
         "layer 1: its buffer on core 0 lies in several banks")                                    \
    RULE(flow_ids, p->chip.flows = 5, "flows, the chip has 5")                                     \
    RULE(use, p->use[1].act_words++, "core 1 does not use the words that the plan says")           \
    RULE(few_words, p->chip.act_words = 10, "activation words, the chip has 10")                   \
    RULE(few_rows, p->chip.weight_rows = 60, "weight rows, the chip has 60")                       \
    RULE(few_params, p->chip.param_words = 9, "parameter words, the chip has 9")                   \
    RULE(few_program, p->chip.program_words = 50, "program words, the chip has 50")                \
    RULE(few_buffers, p->chip.buffers = 2, "buffers, the chip has 2")                              \
    RULE(few_tables, p->chip.table_words = 8, "rows of the table, the chip has 8")                 \
    RULE(few_columns, p->chip.table_words = 8, "columns of the table, the chip has 8")             \
    RULE(slot_cycles, p->slots.at[2].worst_cycles++, "the cycles of slot 2 are not")               \
    RULE(cycles, p->expected_cycles--, "the cycles of a turn are not the sum")                     \
    RULE(chip, p->chip.lanes = 0, "lanes: 0 is not a whole number")                                \
    RULE(no_stream, task_of(p, 1)->streamed = 1,                                                   \
         "layer 2: task 0 streams its weights, the chip has no stream")                            \
    RULE(streamed_pool, (p->chip.stream = 1, task_of(p, 2)->streamed = 1),                         \
         "in slot 2, of 0 groups, has streamed 1")                                                 \
    RULE(streamed_twice, (p->chip.stream = 1, task_of(p, 1)->streamed = 2), "has streamed 2")      \
    RULE(streamed_over,                                                                            \
         (p->chip.stream = 1, task_of(p, 3)->streamed = 1, task_of(p, 3)->weight_base = 0),        \
         "weight rows from 0 on")                                                                  \
    RULE(beyond_weights, task_of(p, 1)->weight_base = 16384, "the weights of task 0 lie beyond")   \
    RULE(stream_rows, p->use[1].stream_rows++, "core 1 does not use the words that the plan")      \
    RULE(unfit, p->chip.y_bits = 2, "layer 1: needs row ids of 6, the chip takes 4")
RULES
#undef RULE

/* The same of a plan without barriers. */
#define RULES_AHEAD                                                                                \
    RULE(ahead_twice, p->early = 2, "early is 2, 0 or 1 expected")                                 \
    RULE(ahead_of_none, p->chip.cores_x = 1, "cores are a turn ahead, but there is one")           \
    RULE(ahead_slots, *TTFS_PUSH(&p->arena, p->slots) = (TtfsSlot){0},                             \
         "cores are a turn ahead, with 2 slots, 1 expected")                                       \
    RULE(ahead_young, p->when.at[3].stage = 5,                                                     \
         "layer 4: reads values that are 1 turns old, without barriers 2 expected at least")       \
    RULE(ahead_late, p->when.at[3].stage = 11,                                                     \
         "layer 4: reads values that are 7 turns old, the chip keeps them for 6")                  \
    RULE(ahead_copies, p->buffers.at[0].banks = 1, "reads what is 2 turns old of 2 banks")         \
    RULE(ahead_full, (p->when.at[1].stage = 3, p->when.at[2].stage = 5, p->when.at[3].stage = 7),  \
         "task 0 reads what is 3 turns old of 4 banks")                                            \
    RULE(ahead_no_more, p->early = 0, "the cycles of slot 0 are not the formula's")                \
    RULE(ahead_streamed, (p->chip.stream = 1, p->tasks.at[0].streamed = 1), "has streamed 1")
#define RULE(name, statement, says)                                                                \
    static void name(TtfsPlan *p) {                                                                \
        statement;                                                                                 \
    }
RULES_AHEAD
#undef RULE

static const Rule rule_list[] = {
#define RULE(name, statement, says) {name, says},
    RULES
#undef RULE
};

static const Rule rules_ahead[] = {
#define RULE(name, statement, says) {name, says},
    RULES_AHEAD
#undef RULE
};

/* Whether a task with another edge is told with all its numbers, and with those it should have. */
static void told_with_its_numbers(TtfsPlan *p, const TtfsSpike *s, uint32_t i) {
    char words[200];
    TtfsDiag diag = {0};
    TtfsBuf said = {0};
    TtfsTask *t = &p->tasks.at[i], k = *t;
    t->edge[0] = k.edge[0] + 7;
    assert_false(ttfs_plan_check(p, s, "net", &diag));
    ttfs_diag_print(&diag, TTFS_NOTE, false, &said);
    snprintf(words, sizeof words,
             "edges %u %u %u %u; %u of %u in %u, at %u, at %u, %u, %u %u %u %u expected",
             k.edge[0] + 7, k.edge[1], k.edge[2], k.edge[3], k.groups, k.group_rows, k.passes,
             k.weight_base, k.param_base, k.flow, k.edge[0], k.edge[1], k.edge[2], k.edge[3]);
    if (!strstr(ttfs_buf_text(&said), words))
        fail_msg("without '%s':\n%s", words, ttfs_buf_text(&said));
    ttfs_buf_free(&said);
    ttfs_diag_free(&diag);
    *t = k;
}

/* Numbers that stand side by side are told apart by some task. */
static void numbers_of_tasks(void **state) {
    (void)state;
    uint32_t apart[8] = {0};
    for (uint64_t seed = 0; seed < 60; seed++) {
        TtfsSpike s;
        TtfsPlan p;
        TtfsDiag diag = {0};
        bool ok = make(seed, &s, &p, &diag);
        for (uint32_t i = 0; ok && i < p.tasks.len; i++) {
            const TtfsTask *t = &p.tasks.at[i];
            const uint32_t number[9] = {t->groups,      t->group_rows, t->passes,
                                        t->weight_base, t->param_base, t->flow,
                                        t->edge[1],     t->edge[2],    t->edge[3]};
            for (int n = 0; n < 8; n++) apart[n] += number[n] != number[n + 1];
            told_with_its_numbers(&p, &s, i);
        }
        ttfs_diag_free(&diag);
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
    }
    for (int n = 0; n < 8; n++) assert_true(apart[n] > 0);
}

/* Of a plan that the checker takes. */
static void check_rule(const Rule *rule, TtfsSchedule schedule) {
    TtfsSpike s;
    TtfsPlan p;
    TtfsDiag diag = {0};
    TtfsBuf said = {0};
    small_net(&s);
    TtfsChip c = small_chip(2, 16, 8);
    assert_true(ttfs_spike_to_plan(&s, &c, schedule, "net", &p, &diag));
    assert_true(ttfs_plan_check(&p, &s, "net", &diag));
    rule->damage(&p);
    assert_false(ttfs_plan_check(&p, &s, "net", &diag));
    ttfs_diag_print(&diag, TTFS_NOTE, false, &said);
    if (!strstr(ttfs_buf_text(&said), rule->says))
        fail_msg("without '%s':\n%s", rule->says, ttfs_buf_text(&said));
    ttfs_buf_free(&said);
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
    ttfs_spike_free(&s);
}

static void every_rule_is_checked(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rule_list / sizeof *rule_list; i++)
        check_rule(&rule_list[i], TTFS_SCHEDULE_LATENCY);
    for (size_t i = 0; i < sizeof rules_ahead / sizeof *rules_ahead; i++)
        check_rule(&rules_ahead[i], TTFS_SCHEDULE_PIPELINE);
}

/* A min pool whose first rows see padding is no task with the others. */
static void padding_cuts_min_pools(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    TtfsDiag diag = {0};
    small_net(&s);
    s.conns.at[1] =
        (TtfsConnection){TTFS_CONN_MINPOOL, {2},       {3}, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1},
                         .src_channels = 5, .group = 1};
    TtfsPopulation *pool = ttfs_spike_pop(&s, (TtfsPop){3});
    pool->h = pool->w = 6;
    s.conns.at[2].weight_count *= 4;
    s.conns.at[2].weights = TTFS_ARRAY(&s.arena, int16_t, s.conns.at[2].weight_count);
    TtfsChip c = small_chip(1, 4, 8);
    assert_true(ttfs_spike_to_plan(&s, &c, TTFS_SCHEDULE_LATENCY, "net", &p, &diag));
    assert_int_equal(p.tasks.len, 1 + 9 + 1);
    for (uint32_t i = 0; i < 9; i++) {
        const TtfsTask *t = &p.tasks.at[1 + i];
        TtfsReach r = ttfs_task_reach(&s, t, 0);
        assert_int_equal(t->oy_count, i / 3 == 1 ? 4 : 1);
        assert_int_equal(t->ox_count, i % 3 == 1 ? 4 : 1);
        assert_int_equal(r.kh, i / 3 == 1 ? 3 : 2);
        assert_int_equal(r.kw, i % 3 == 1 ? 3 : 2);
    }
    p.tasks.at[1].ox_count = 6;
    p.tasks.at[2] = p.tasks.at[4];
    assert_false(ttfs_plan_check(&p, &s, "net", &diag));
    assert_non_null(strstr(diag.messages.at[0].what, "patches that padding cuts differently"));
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
    ttfs_spike_free(&s);
}

/* What nobody reads is dropped where it is made: it has a buffer that holds nothing. */
static void unread_has_an_empty_buffer(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    TtfsDiag diag = {0};
    small_net(&s);
    s.conns.at[2].src = s.input; /* nobody reads the pool */
    s.conns.at[2].src_channels = 2;
    s.conns.at[2].weight_count = s.conns.at[2].weight_count / 45 * 72;
    s.conns.at[2].weights = TTFS_ARRAY(&s.arena, int16_t, s.conns.at[2].weight_count);
    TtfsRng r = ttfs_rng(1);
    s.latency = 0;
    set_times(&s, &r);
    for (uint32_t cores = 1; cores <= 2; cores++) {
        TtfsChip c = small_chip(cores, 4, 8);
        uint32_t number;
        assert_true(ttfs_spike_to_plan(&s, &c, TTFS_SCHEDULE_LATENCY, "net", &p, &diag));
        const TtfsBuffer *b = ttfs_plan_buffer(&p, 0, (TtfsPop){3}, &number);
        assert_non_null(b);
        assert_int_equal(b->channels + b->rows + b->cols + b->pitch, 0);
        assert_null(ttfs_plan_buffer(&p, 0, (TtfsPop){4}, NULL));
        for (uint32_t i = 0; i < p.tasks.len; i++) {
            const TtfsFlow *f = &p.flows.at[p.tasks.at[i].flow];
            if (p.tasks.at[i].pop.i != 3) continue;
            assert_int_equal(f->ends, 1);
            assert_int_equal(p.buffers.at[p.ends.at[f->first]].core, p.tasks.at[i].core);
            if (cores == 1) assert_int_equal(p.tasks.at[i].flow, number);
        }
        ttfs_plan_free(&p);
    }
    ttfs_diag_free(&diag);
    ttfs_spike_free(&s);
}

/* Of two pools that see channels of one population, on one core, both start words. */
static void pools_of_parts(void **state) {
    (void)state;
    static const struct {
        uint32_t first;
        bool fits;
    } cases[] = {{0, true}, {3, false}, {16, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TtfsSpike s = {0};
        TtfsPlan p;
        TtfsDiag diag = {0};
        TtfsRng rng = ttfs_rng(1);
        TtfsPopulation in = {.kind = TTFS_POP_INPUT, .c = 40, .h = 4, .w = 4, .ticks = 15};
        TtfsConnection c = {TTFS_CONN_POOL, {1}, {2}, {2, 2}, {2, 2}, {1, 1}, .src_channels = 16};
        s.input = add_pop(&s, in);
        in = (TtfsPopulation){.kind = TTFS_POP_POOL, .c = 16, .h = 2, .w = 2, .ticks = 15};
        add_pop(&s, in);
        c.src_ch_first = 5;
        add_conn(&s, c);
        add_pop(&s, in);
        c.dst.i = 3;
        c.src_ch_first = 5 + cases[i].first;
        add_conn(&s, c);
        chip_dense(&s, &rng, (TtfsPop){2}, TTFS_POP_READOUT, 8);
        s.readout = (TtfsPop){4};
        set_times(&s, &rng);
        TtfsChip chip = small_chip(1, 4, 8);
        bool ok = ttfs_spike_to_plan(&s, &chip, TTFS_SCHEDULE_LATENCY, "net", &p, &diag);
        assert_int_equal(ok, cases[i].fits);
        if (ok)
            assert_int_equal((p.buffers.at[0].base + 5 - p.buffers.at[0].ch_first) % 16, 0);
        else
            assert_string_equal(diag.messages.at[0].node, "layer 3");
        ttfs_plan_free(&p);
        ttfs_diag_free(&diag);
        ttfs_spike_free(&s);
    }
}

/* How many of the cores, 32 at most, compute some of it. */
static uint32_t cores_of(const TtfsPlan *p, uint32_t pop) {
    uint32_t cores = 0, n = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++)
        if (p->tasks.at[i].pop.i == pop) cores |= UINT32_C(1) << p->tasks.at[i].core;
    for (; cores; cores &= cores - 1) n++;
    return n;
}

/* A pool has no weights: on a chip with just the room for the others' it is cut in bands of rows.
 */
static void pools_need_no_room(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = small_chip(3, 4, 8);
    small_net(&s);
    bool fits = false;
    for (chip.weight_rows = 1; !fits && chip.weight_rows < 1000; chip.weight_rows++) {
        TtfsPlan p;
        TtfsDiag diag = {0};
        fits = ttfs_spike_to_plan(&s, &chip, TTFS_SCHEDULE_LATENCY, "net", &p, &diag);
        if (fits) assert_int_equal(cores_of(&p, 3), 3);
        ttfs_plan_free(&p);
        ttfs_diag_free(&diag);
    }
    assert_true(fits);
    ttfs_spike_free(&s);
}

/* A chip of channels alone: no tables, and lists of one run. */
static void without_rows_and_columns(void **state) {
    (void)state;
    for (uint32_t cores = 1; cores <= 2; cores++) {
        TtfsSpike s = {0};
        TtfsPlan p;
        TtfsDiag diag = {0};
        TtfsRng rng = ttfs_rng(3);
        s.input = add_pop(
            &s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 37, .h = 1, .w = 1, .ticks = 15});
        chip_dense(&s, &rng, s.input, TTFS_POP_RELU, 8);
        chip_dense(&s, &rng, (TtfsPop){2}, TTFS_POP_READOUT, 8);
        s.readout = (TtfsPop){3};
        set_times(&s, &rng);
        TtfsChip c = small_chip(cores, 4, 8);
        c.conv = c.pool = c.classes = false;
        assert_true(ttfs_spike_to_plan(&s, &c, TTFS_SCHEDULE_LATENCY, "net", &p, &diag));
        for (uint32_t i = 0; i < cores; i++)
            assert_int_equal(p.use[i].table_rows + p.use[i].table_cols, 0);
        for (uint32_t i = 0; i < p.tasks.len; i++) {
            TtfsReach r = ttfs_task_reach(&s, &p.tasks.at[i], 0);
            TtfsSegment g =
                ttfs_reach_segment(&p, &r, ttfs_plan_buffer(&p, p.tasks.at[i].core, r.src, NULL));
            assert_true(g.nx == 1 && g.ny == 1 && g.length == (int32_t)r.channels);
            assert_int_equal(g.run_step | g.row_step | g.col_stride | g.row_stride, 0);
        }
        ttfs_plan_free(&p);
        ttfs_diag_free(&diag);
        ttfs_spike_free(&s);
    }
}

static void find_names_the_core(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    TtfsDiag diag = {0};
    small_net(&s);
    TtfsChip c = small_chip(2, 16, 8);
    assert_true(ttfs_spike_to_plan(&s, &c, TTFS_SCHEDULE_LATENCY, "net", &p, &diag));
    uint32_t core = 9, slot = 9;
    assert_false(ttfs_plan_find(&p, &s, s.input, 0, &core, &slot));
    for (uint32_t n = 0; n < 5 * 36; n++) {
        assert_true(ttfs_plan_find(&p, &s, (TtfsPop){2}, n, &core, &slot));
        assert_int_equal(slot, 1);
        assert_int_equal(core, n / 6 % 6 >= 3);
    }
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
    ttfs_spike_free(&s);
}

/* What is expected is never beyond the worst case, whatever the rates. */
static void expected_is_below_worst(void **state) {
    (void)state;
    static const uint32_t rates[] = {0, 1, 300000, 999999, 1000000};
    for (uint64_t seed = 0; seed < 60; seed++) {
        TtfsSpike s;
        TtfsPlan p;
        TtfsDiag diag = {0};
        if (make(seed, &s, &p, &diag))
            for (size_t i = 0; i < 5 * p.slots.len; i++) {
                uint32_t slot = (uint32_t)i / 5;
                for (uint32_t k = 0; k < s.pops.len; k++) s.pops.at[k].rate_ppm = rates[i % 5];
                uint64_t worst = ttfs_plan_slot_cycles(&p, &s, slot, false);
                assert_int_equal(worst, p.slots.at[slot].worst_cycles);
                assert_true(ttfs_plan_slot_cycles(&p, &s, slot, true) <= worst);
            }
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solver_satisfies_checker),
        cmocka_unit_test(text_is_a_fixed_point),
        cmocka_unit_test(refused_texts),
        cmocka_unit_test(every_number_matters),
        cmocka_unit_test(every_rule_is_checked),
        cmocka_unit_test(numbers_of_tasks),
        cmocka_unit_test(padding_cuts_min_pools),
        cmocka_unit_test(unread_has_an_empty_buffer),
        cmocka_unit_test(pools_of_parts),
        cmocka_unit_test(pools_need_no_room),
        cmocka_unit_test(without_rows_and_columns),
        cmocka_unit_test(find_names_the_core),
        cmocka_unit_test(expected_is_below_worst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
