/* SPDX-License-Identifier: Apache-2.0
 *
 * A canonical IR as layers: what it finds, what it refuses, biases of an input whose
 * range does not start at 0 against sums by the definition.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "net.h"
#include "random_canonical.h"

static void open_map(Canon *k) {
    *k = (Canon){.r = ttfs_rng(1), .hi = 1};
    k->ir.input = canon_tensor(k, 4, (uint32_t[]){1, 4, 5, 5});
    *TTFS_PUSH(&k->ir.arena, k->pops) = k->ir.input;
}

static TtfsIrAttr patch(uint32_t kernel, uint32_t pad) {
    TtfsIrAttr a = ttfs_ir_attr();
    for (int i = 0; i < 2; i++) a.kernel[i] = kernel;
    for (int i = 0; i < 4; i++) a.pad[i] = pad;
    return a;
}

static TtfsTensor rectify(Canon *k, TtfsTensor t) {
    return canon_add(k, canon_node(k, TTFS_OP_RELU, t));
}

/* conv -> relu; slice of it -> conv, plus conv of the input, plus a map -> relu -> readout. */
static void two_sources(Canon *k) {
    TtfsIrAttr a = patch(3, 1), one = patch(1, 0);
    open_map(k);
    TtfsTensor x = rectify(k, canon_conv(k, k->ir.input, 6, &a, 2, true));
    TtfsNode s = canon_node(k, TTFS_OP_SLICE, x);
    const uint32_t first[] = {0, 2, 0, 0}, count[] = {1, 3, 5, 5};
    for (int i = 0; i < 4; i++)
        s.attr.first[i] = first[i], s.attr.count[i] = count[i], s.attr.apart[i] = 1;
    TtfsTensor y = canon_conv(k, canon_add(k, s), 2, &a, 1, true);
    y = canon_sum(k, y, canon_conv(k, k->ir.input, 2, &one, 2, false));
    y = canon_sum(k, y, canon_constant(k, 4, (uint32_t[]){1, 2, 5, 5}, 1));
    y = rectify(k, y);
    TtfsNode p = canon_node(k, TTFS_OP_MINPOOL, y);
    p.attr = patch(2, 0);
    y = canon_add(k, p);
    y = canon_reshape(k, y, 2, (uint32_t[]){1, 2 * 4 * 4});
    TtfsNode g = canon_node(k, TTFS_OP_GEMM, y);
    g.in[1] = canon_constant(k, 2, (uint32_t[]){3, 32}, 1);
    g.n_in = 2;
    g.attr.trans_b = true;
    k->ir.output = canon_add(k, g);
}

static void layers_and_terms(void **state) {
    (void)state;
    Canon k;
    TtfsNet n;
    two_sources(&k);
    assert_true(ttfs_ir_check(&k.ir, "net", &k.diag));
    assert_true(ttfs_net_of(&k.ir, "net", &n, &k.diag));
    static const TtfsLayerKind kind[] = {TTFS_LAYER_INPUT, TTFS_LAYER_RELU, TTFS_LAYER_RELU,
                                         TTFS_LAYER_MINPOOL, TTFS_LAYER_READOUT};
    assert_int_equal(n.layers.len, 5);
    for (uint32_t i = 0; i < 5; i++) assert_int_equal(n.layers.at[i].kind, kind[i]);
    const TtfsNetLayer *l = &n.layers.at[2];
    const TtfsTerm *t = &n.terms.at[l->term_first];
    assert_int_equal(l->terms, 2);
    assert_int_equal(l->c, 2);
    assert_true(l->bias && l->bias_map && !l->of_input);
    assert_int_equal(t[0].src, 1);
    assert_int_equal(t[0].first, 2 * 25);
    assert_int_equal(t[0].in[0], 3);
    assert_int_equal(t[1].src, 0);
    assert_int_equal(t[1].group, 2);
    assert_int_equal(t[0].row, 3 * 9);
    assert_int_equal(ttfs_term_rows(l, &t[0]), 2);
    t = &n.terms.at[n.layers.at[4].term_first];
    assert_true(t->dense && t->src == 3 && t->row == 32);
    assert_true(!n.layers.at[4].bias);
    ttfs_net_free(&n);
    canon_free(&k);
}

static void pool_of_the_input(void **state) {
    (void)state;
    Canon k;
    TtfsNet n;
    open_map(&k);
    TtfsNode p = canon_node(&k, TTFS_OP_MAXPOOL, k.ir.input);
    p.attr = patch(2, 0);
    *TTFS_PUSH(&k.ir.arena, k.pops) = canon_add(&k, p);
    k.ir.output = canon_gemm(&k, k.pops.at[1], 3, true);
    assert_true(ttfs_net_of(&k.ir, "net", &n, &k.diag));
    assert_true(n.layers.at[1].of_input);
    assert_true(n.terms.at[0].weights == NULL);
    ttfs_net_free(&n);
    canon_free(&k);
}

/* b' = b + p * (weights inside), position for position, and one value a channel where all agree. */
static void biases(void **state) {
    (void)state;
    Canon k;
    TtfsNet n;
    two_sources(&k);
    assert_true(ttfs_net_of(&k.ir, "net", &n, &k.diag));
    uint32_t count;
    double *b = ttfs_net_bias(&n, 1, 0, &k.ir.arena, &count);
    assert_int_equal(count, 6);
    assert_true(b[5] == n.layers.at[1].bias[5]);
    b = ttfs_net_bias(&n, 1, 0.5, &k.ir.arena, &count);
    assert_int_equal(count, 6 * 25);
    const TtfsTerm *t = &n.terms.at[n.layers.at[1].term_first];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t ch = i / 25, y = i / 5 % 5, x = i % 5;
        double want = n.layers.at[1].bias[ch];
        for (uint32_t j = 0; j < t->row; j++) {
            int64_t sy = ttfs_term_tap(t, 0, y, j / 3 % 3), sx = ttfs_term_tap(t, 1, x, j % 3);
            if (sy >= 0 && sy < 5 && sx >= 0 && sx < 5)
                want += 0.5 * (double)t->weights[ch * t->row + j];
        }
        assert_true(fabs(b[i] - want) < 1e-12);
    }
    b = ttfs_net_bias(&n, 2, 0.5, &k.ir.arena, &count);
    assert_int_equal(count, 50); /* the map */
    double moved = b[30] - (double)n.layers.at[2].bias_map[30] - n.layers.at[2].bias[1];
    t = &n.terms.at[n.layers.at[2].term_first + 1];
    double sum = (double)t->weights[2] + (double)t->weights[3];
    assert_true(fabs(moved - 0.5 * sum) < 1e-6);
    ttfs_net_bias(&n, 4, 0.5, &k.ir.arena, &count);
    assert_int_equal(count, 3);
    ttfs_net_free(&n);
    canon_free(&k);
}

/* Of the second layer only the term that reads the input is work: 2 biases at 25 places, 2 rows of
 * 2 weights, a tap at every place. With a unit less there are no sums, and the biases are as given.
 */
static void biases_within_the_budget(void **state) {
    (void)state;
    for (uint64_t less = 0; less < 2; less++) {
        TtfsBudget budget = {.bytes = 1 << 20, .work = 50 + 4 + 50 - less};
        TtfsArena a = {.budget = &budget};
        Canon k;
        TtfsNet n;
        uint32_t count;
        two_sources(&k);
        assert_true(ttfs_net_of(&k.ir, "net", &n, &k.diag));
        ttfs_net_bias(&n, 2, 0.5, &a, &count);
        assert_int_equal(count, less ? 2 : 50);
        assert_int_equal(budget.passed, less ? TTFS_PAST_WORK : TTFS_WITHIN);
        ttfs_arena_free(&a);
        ttfs_net_free(&n);
        canon_free(&k);
    }
}

/* A grid of `quanta` + 1 values from -`zero` on behind a rectifier. */
static bool has_grid(float scale, float zero, uint32_t quanta, bool integer) {
    TtfsIrAttr a = patch(3, 1);
    Canon k;
    TtfsNet n;
    open_map(&k);
    TtfsNode q =
        canon_node(&k, TTFS_OP_QUANT, rectify(&k, canon_conv(&k, k.ir.input, 3, &a, 1, true)));
    q.in[1] = canon_constant(&k, 0, NULL, 1), q.in[2] = canon_constant(&k, 0, NULL, 1), q.n_in = 3;
    *(float *)(uintptr_t)canon_info(&k, q.in[1])->data = scale;
    *(float *)(uintptr_t)canon_info(&k, q.in[2])->data = zero;
    q.attr.lo = 0, q.attr.hi = (float)quanta, q.attr.integer = integer;
    k.ir.output = canon_gemm(&k, canon_add(&k, q), 3, true);
    bool ok = ttfs_net_of(&k.ir, "net", &n, &k.diag);
    if (ok) {
        assert_int_equal(n.layers.at[1].ticks, quanta);
        assert_true(n.layers.at[1].quantum == (double)scale && n.layers.at[1].offset == 0);
    }
    ttfs_net_free(&n);
    canon_free(&k);
    return ok;
}

static void grids(void **state) {
    (void)state;
    assert_true(has_grid(0.25f, 0, 1, false));
    assert_true(has_grid(0.25f, 0, 65535, false));
    assert_false(has_grid(0.25f, 0, 0, false));
    assert_false(has_grid(0.25f, 0, 65536, false));
    assert_false(has_grid(0, 0, 15, false));
    assert_false(has_grid(-0.25f, 0, 15, false));
    assert_false(has_grid(0.25f, 1, 15, false)); /* begins below 0 */
    assert_false(has_grid(0.25f, 0, 15, true));
}

/* conv 5x5 -> relu of `size` channels -> a readout with one weight a channel. */
static bool readout_is_matrix(uint32_t size) {
    TtfsIrAttr a = patch(5, 0), one = patch(1, 0);
    Canon k;
    TtfsNet n;
    open_map(&k);
    TtfsTensor x = rectify(&k, canon_conv(&k, k.ir.input, size, &a, 1, true));
    k.ir.output = canon_conv(&k, x, size, &one, size, true);
    assert_true(ttfs_net_of(&k.ir, "net", &n, &k.diag));
    const TtfsTerm *t = &n.terms.at[n.layers.at[2].term_first];
    const float *own = canon_info(&k, k.ir.nodes.at[k.ir.nodes.len - 1].in[1])->data;
    for (uint32_t i = 0; t->dense && i < size * size; i++)
        assert_true(t->weights[i] == (i % size == i / size ? own[i % size] : 0));
    bool matrix = t->dense;
    ttfs_net_free(&n);
    canon_free(&k);
    return matrix;
}

static void small_readouts_have_no_groups(void **state) {
    (void)state;
    assert_true(readout_is_matrix(10));
    assert_true(readout_is_matrix(64));
    assert_false(readout_is_matrix(65));
}

static void refused(Canon *k, TtfsCode code, const char *text) {
    TtfsNet n;
    assert_false(ttfs_net_of(&k->ir, "net", &n, &k->diag));
    assert_int_equal(n.layers.len, 0);
    const TtfsMessage *m = &k->diag.messages.at[k->diag.messages.len - 1];
    assert_int_equal(m->code, code);
    if (!strstr(m->what, text)) fail_msg("'%s' is not in '%s'", text, m->what);
    assert_true(strncmp(m->where, "net", 3) == 0);
    if (*m->op) { /* said of one of its nodes */
        bool found = false;
        assert_true(strncmp(m->where, "net: ", 5) == 0);
        assert_string_equal(m->where + 5, m->node);
        for (uint32_t i = 0; i < k->ir.nodes.len; i++)
            found = found || (strcmp(k->ir.nodes.at[i].name, m->node) == 0 &&
                              strcmp(ttfs_op_name(k->ir.nodes.at[i].op), m->op) == 0);
        assert_true(found);
    }
    canon_free(k);
}

static TtfsNode *nth(Canon *k, TtfsOp op) {
    for (uint32_t i = 0; i < k->ir.nodes.len; i++)
        if (k->ir.nodes.at[i].op == op) return &k->ir.nodes.at[i];
    fail();
    return NULL;
}

static void refused_forms(void **state) {
    (void)state;
    Canon k;
    two_sources(&k);
    nth(&k, TTFS_OP_GEMM)->attr.alpha = 2;
    refused(&k, TTFS_MODEL_FORM, "alpha");
    two_sources(&k);
    nth(&k, TTFS_OP_GEMM)->attr.beta = 2;
    refused(&k, TTFS_MODEL_FORM, "beta");
    two_sources(&k);
    nth(&k, TTFS_OP_GEMM)->attr.trans_b = false;
    refused(&k, TTFS_MODEL_FORM, "W as [out, in]");
    two_sources(&k);
    nth(&k, TTFS_OP_CONV)->in[1] = k.ir.input;
    refused(&k, TTFS_MODEL_FORM, "constant weights");
    two_sources(&k);
    nth(&k, TTFS_OP_CONV)->in[2] = k.ir.input;
    refused(&k, TTFS_MODEL_FORM, "one constant bias a channel");
    two_sources(&k);
    nth(&k, TTFS_OP_CONV)->attr.group = 3;
    refused(&k, TTFS_MODEL_FORM, "do not fit");
    two_sources(&k);
    nth(&k, TTFS_OP_RELU)->op = TTFS_OP_ABS;
    refused(&k, TTFS_MODEL_FORM, "not an operation");
    two_sources(&k);
    nth(&k, TTFS_OP_SLICE)->attr.apart[1] = 2;
    refused(&k, TTFS_MODEL_FORM, "run of channels");
    two_sources(&k);
    nth(&k, TTFS_OP_SLICE)->attr.count[2] = 4;
    refused(&k, TTFS_MODEL_FORM, "run of channels");
    two_sources(&k);
    nth(&k, TTFS_OP_ADD)->in[1] = nth(&k, TTFS_OP_RELU)->out;
    refused(&k, TTFS_MODEL_FORM, "addend");
    two_sources(&k);
    k.ir.output = rectify(&k, k.ir.output);
    refused(&k, TTFS_MODEL_FORM, "not made by");
    two_sources(&k);
    for (int i = 0; i < 2; i++) *TTFS_PUSH(&k.ir.arena, k.ir.outputs) = k.ir.output;
    k.ir.outputs.at[1] = k.ir.input;
    refused(&k, TTFS_MODEL_FORM, "is its input");
    open_map(&k);
    k.ir.output = canon_gemm(&k, rectify(&k, k.ir.input), 3, true);
    refused(&k, TTFS_MODEL_FORM, "before it");
}

static void refused_values(void **state) {
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        for (uint32_t input = 1; input < 3; input++) {
            Canon k;
            two_sources(&k);
            TtfsTensor t = nth(&k, TTFS_OP_CONV)->in[input];
            ((float *)(uintptr_t)canon_info(&k, t)->data)[3] = bad[i];
            refused(&k, TTFS_MODEL_VALUE, "element 3");
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_and_terms),
        cmocka_unit_test(pool_of_the_input),
        cmocka_unit_test(biases),
        cmocka_unit_test(biases_within_the_budget),
        cmocka_unit_test(grids),
        cmocka_unit_test(refused_forms),
        cmocka_unit_test(refused_values),
        cmocka_unit_test(small_readouts_have_no_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
