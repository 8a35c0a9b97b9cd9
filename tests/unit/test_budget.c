/* SPDX-License-Identifier: Apache-2.0
 *
 * A budget that ends at any question: whoever asks may find that there is no more room or time, and
 * then the network is refused with one message, the budget's, and nothing is left over. What merely
 * asks whether it can afford a shorter form gets a longer one with the same values.
 *
 * The questions are wrapped (--wrap): the k-th is answered with no. Of random networks those
 * questions are taken whose place in the code, callers included, was not tried often yet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <execinfo.h>
#include <cmocka.h>

#include "built_net.h"
#include "ir_to_spike.h"
#include "net.h"
#include "qdq_net.h"
#include "random_net.h"

enum { PLACES = 1 << 16, FRAMES = 12, TRIES = 3, MOST_ASKED = 1 << 16 };

static uint32_t asked, refuse_at; /* of the questions of `kind`, counted from 1; 0: none */
static enum { NEEDED, AFFORDED } kind;
static uint64_t asker[MOST_ASKED];

bool __real_ttfs_budget_room(TtfsBudget *b, uint64_t bytes);
bool __real_ttfs_budget_array(TtfsBudget *b, uint64_t count, uint64_t size);
bool __real_ttfs_budget_spend(TtfsBudget *b, uint64_t work);
bool __real_ttfs_budget_afford(TtfsBudget *b, uint64_t work);
bool __wrap_ttfs_budget_room(TtfsBudget *b, uint64_t bytes);
bool __wrap_ttfs_budget_array(TtfsBudget *b, uint64_t count, uint64_t size);
bool __wrap_ttfs_budget_spend(TtfsBudget *b, uint64_t work);
bool __wrap_ttfs_budget_afford(TtfsBudget *b, uint64_t work);

/* Notes the place of a question; true when it is to be answered with no. */
static bool refuses(void) {
    void *frame[FRAMES];
    uint64_t hash = 14695981039346656037u;
    if (asked < MOST_ASKED && refuse_at == 0) {
        int n = backtrace(frame, FRAMES);
        for (int i = 2; i < n; i++) hash = (hash ^ (uint64_t)(uintptr_t)frame[i]) * 1099511628211u;
        asker[asked] = hash | 1;
    }
    return ++asked == refuse_at;
}

static bool needed(TtfsBudget *b) {
    if (!b || kind != NEEDED || !refuses()) return true;
    b->passed = TTFS_PAST_WORK;
    return false;
}

bool __wrap_ttfs_budget_room(TtfsBudget *b, uint64_t bytes) {
    return needed(b) && __real_ttfs_budget_room(b, bytes);
}

bool __wrap_ttfs_budget_array(TtfsBudget *b, uint64_t count, uint64_t size) {
    return needed(b) && __real_ttfs_budget_array(b, count, size);
}

bool __wrap_ttfs_budget_spend(TtfsBudget *b, uint64_t work) {
    return needed(b) && __real_ttfs_budget_spend(b, work);
}

bool __wrap_ttfs_budget_afford(TtfsBudget *b, uint64_t work) {
    if (b && kind == AFFORDED && refuses()) return false;
    return __real_ttfs_budget_afford(b, work);
}

typedef struct {
    TtfsIr canonical;
    TtfsSpike spike;
    TtfsQuantReport report;
    TtfsDiag diag;
    bool ok;
} Result;

static Result lowered(Net *n, uint32_t at) {
    TtfsSpikeOptions o = {.ticks = 63, .weight_bits = 8, .percentile = 1, .input_hi = 1};
    TtfsBudget b = ttfs_budget(0, 0);
    Result r = {0};
    asked = 0, refuse_at = at;
    n->ir.arena.budget = &b;
    r.ok = ttfs_ir_canonical(&n->ir, &r.canonical, "net", &r.diag) &&
           ttfs_ir_to_spike(&r.canonical, NULL, &o, "net", &r.spike, &r.report, &r.diag);
    n->ir.arena.budget = r.canonical.arena.budget = NULL;
    r.spike.arena.budget = r.report.arena.budget = NULL;
    return r;
}

static void drop(Result *r) {
    ttfs_spike_free(&r->spike);
    ttfs_arena_free(&r->report.arena);
    ttfs_ir_free(&r->canonical);
    ttfs_diag_free(&r->diag);
}

/* The number of times that a place was tried, counted up. */
static uint32_t tried(uint64_t place) {
    static uint64_t seen[PLACES];
    static uint32_t times[PLACES];
    uint64_t i = place % PLACES;
    while (seen[i] && seen[i] != place) i = (i + 1) % PLACES;
    seen[i] = place;
    return times[i]++;
}

/* A network without its budget at one question after another. */
static uint32_t starve(Net *n) {
    static uint64_t place[MOST_ASKED];
    Result whole = lowered(n, 0);
    uint32_t questions = asked < MOST_ASKED ? asked : MOST_ASKED, done = 0;
    memcpy(place, asker, sizeof place);
    for (uint32_t k = 1; whole.ok && k <= questions; k++) {
        if (tried(place[k - 1]) >= TRIES) continue;
        Result r = lowered(n, k);
        if (kind == NEEDED) {
            if (r.ok)
                fail_msg("question %u of %u: refused, and a result all the same", k, questions);
            assert_int_equal(r.diag.errors, 1);
            assert_int_equal(r.diag.errors_of[TTFS_BUDGET], 1);
            assert_int_equal(r.spike.pops.len, 0);
        } else {
            assert_true(r.ok);
            expect_same_values(n, &r.canonical);
        }
        drop(&r);
        done++;
    }
    drop(&whole);
    return done;
}

/* Channels of two layers that are rectified, rounded and pooled apart. */
static Net parts_net(void) {
    Net n = start(DIMS(1, 2, 6, 6));
    conv(&n, "c1", 2, 2);
    TtfsTensor first = n.last, step = CONST(&n, 1), zero = CONST(&n, 1);
    static const float quarter = 0.25f, nothing;
    ttfs_ir_tensor(&n.ir, step)->data = &quarter;
    ttfs_ir_tensor(&n.ir, zero)->data = &nothing;
    n.last = n.ir.input;
    conv(&n, "c2", 3, 2);
    push(&n, TTFS_OP_CONCAT, "cat", IN(first, LAST), NULL);
    relu(&n, "r");
    push(&n, TTFS_OP_QUANT, "q", IN(LAST, step, zero), NULL);
    n.ir.nodes.at[n.ir.nodes.len - 1].attr.hi = 15;
    n.ir.nodes.at[n.ir.nodes.len - 1].attr.lo = 0;
    push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    push(&n, TTFS_OP_ADD, "sum", IN(LAST, CONST(&n, 5, 2, 2)), NULL);
    reshape(&n, "flat", DIMS(1, 20));
    dense(&n, "fc", 3, 20);
    return n;
}

static uint32_t starve_random(uint32_t layers, uint64_t seeds) {
    Net parts = parts_net();
    uint32_t done = starve(&parts);
    ttfs_ir_free(&parts.ir);
    for (uint64_t seed = 0; seed < seeds; seed++) {
        TtfsArena data = {0};
        Net n = {.rng = ttfs_rng(seed)};
        n.ir = random_net(&data, seed, (RandomNetOptions){.layers = layers});
        done += starve(&n);
        ttfs_ir_free(&n.ir);
        ttfs_arena_free(&data);
        Qdq q = qdq_random(seed, seed % 2);
        done += starve(&q.n);
        ttfs_ir_free(&q.n.ir);
    }
    return done;
}

static void needed_means_refused(void **state) {
    (void)state;
    kind = NEEDED;
    assert_true(starve_random(16, 300) > 200);
}

static void unaffordable_means_longer(void **state) {
    (void)state;
    kind = AFFORDED;
    assert_true(starve_random(12, 200) > 10);
}

/* A loop that takes and releases where a chunk ends asks for memory once; an empty arena has none.
 */
static void arena_keeps_the_chunk_that_a_loop_needs(void **state) {
    (void)state;
    TtfsBudget budget = ttfs_budget(0, 0);
    TtfsArena a = {.budget = &budget};
    TtfsMark none = ttfs_arena_mark(&a);
    ttfs_arena_array(&a, 16000, 1);
    TtfsMark m = ttfs_arena_mark(&a);
    unsigned char *first = ttfs_arena_array(&a, 20000, 1);
    uint64_t held = budget.held;
    for (int i = 0; i < 3; i++) {
        memset(first, 7, 20000);
        ttfs_arena_release(&a, m);
        assert_int_equal(budget.held, held);
        assert_ptr_equal(ttfs_arena_array(&a, 20000, 1), first);
        assert_int_equal(first[19999], 0);
    }
    ttfs_arena_release(&a, m);
    assert_non_null(ttfs_arena_array(&a, 100000, 1)); /* too much for it: another in its place */
    assert_true(budget.held < held + 150000);
    ttfs_arena_release(&a, none);
    assert_int_equal(budget.held, 0);
    ttfs_arena_free(&a);
}

/* What biases of a sum of two convolutions cost, one of which reads the input. */
static uint64_t bias_work(bool input_first) {
    Net n = start(DIMS(1, 2, 6, 6));
    TtfsIr canonical;
    TtfsNet net = {0};
    TtfsDiag diag = {0};
    TtfsBudget b = ttfs_budget(0, 0);
    TtfsArena a = {.budget = &b};
    uint32_t count, layer = 0;
    conv(&n, "c1", 2, 2);
    TtfsTensor near = n.last;
    n.last = n.ir.input;
    conv(&n, "c2", 2, 2);
    relu(&n, "r1");
    conv_with(&n, "c3", CONST(&n, 2, 2, 3, 3), 1, 1);
    TtfsTensor far = n.last;
    push(&n, TTFS_OP_ADD, "sum", IN(input_first ? near : far, input_first ? far : near), NULL);
    relu(&n, "r2");
    reshape(&n, "flat", DIMS(1, 32));
    dense(&n, "fc", 3, 32);
    assert_true(ttfs_ir_canonical(&n.ir, &canonical, "net", &diag));
    assert_true(ttfs_net_of(&canonical, "net", &net, &diag));
    while (net.layers.at[layer].terms != 2) layer++;
    assert_true(net.layers.at[net.terms.at[net.layers.at[layer].term_first].src].of_input ==
                input_first);
    assert_non_null(ttfs_net_bias(&net, layer, 0.5, &a, &count));
    ttfs_arena_free(&a);
    ttfs_net_free(&net);
    ttfs_ir_free(&canonical);
    ttfs_ir_free(&n.ir);
    return b.spent;
}

/* Every term that reads the input costs its taps, whichever comes first. */
static void biases_cost_their_taps(void **state) {
    (void)state;
    assert_true(bias_work(true) > 2 * 2 * 9);
    assert_true(bias_work(false) == bias_work(true));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(biases_cost_their_taps),
        cmocka_unit_test(arena_keeps_the_chunk_that_a_loop_needs),
        cmocka_unit_test(needed_means_refused),
        cmocka_unit_test(unaffordable_means_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
