/* SPDX-License-Identifier: Apache-2.0
 *
 * The canonical form: each network is brought into it, must have the nodes named, and must give
 * the values that the relu engine finds for the network before; what has no canonical form is
 * refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "affine.h"
#include "built_net.h"
#include "net.h"
#include "random_net.h"
#include "reject.h"
#include "share.h"

static void test_folds(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2, 8, 8));
    conv(&n, "c1", 3, 2);
    push(&n, TTFS_OP_ADD, "bias", IN(CONST(&n, 3, 1, 1), LAST), NULL);
    batchnorm(&n, "bn1", 3);
    batchnorm(&n, "bn2", 3);
    push(&n, TTFS_OP_IDENTITY, "id", IN(LAST), NULL);
    push(&n, TTFS_OP_ADD, "scalar", IN(LAST, CONST(&n, 1)), NULL);
    push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    relu(&n, "r1");
    relu(&n, "r2");
    reshape(&n, "flat", DIMS(1, 3, 9));
    reshape(&n, "flatter", DIMS(1, 27));
    dense(&n, "fc1", 5, 27);
    batchnorm(&n, "bn3", 5);
    relu(&n, "r3");
    dense(&n, "fc2", 4, 5);
    expect_canonical(&n,
                     "conv:c1 relu:r1 maxpool:pool reshape:pool.shape gemm:fc1 relu:r3 gemm:fc2");
}

static void test_products(void **state) {
    (void)state;
    Net n = start(DIMS(1, 1, 6));
    push(&n, TTFS_OP_MATMUL, "m1", IN(LAST, CONST(&n, 6, 5)), NULL); /* [1, 1, 5] */
    push(&n, TTFS_OP_ADD, "b1", IN(LAST, CONST(&n, 5)), NULL);
    relu(&n, "r1");
    reshape(&n, "column", DIMS(5, 1));
    push(&n, TTFS_OP_MATMUL, "m2", IN(CONST(&n, 4, 5), LAST), NULL); /* W x, [4, 1] */
    relu(&n, "r2");
    TtfsNode g = *push(&n, TTFS_OP_GEMM, "m3", IN(CONST(&n, 3, 4), LAST, CONST(&n, 3, 1)), NULL);
    assert_int_equal(g.n_in, 3);
    n.ir.nodes.at[n.ir.nodes.len - 1].attr.alpha = 0.5f;
    n.ir.nodes.at[n.ir.nodes.len - 1].attr.beta = -2.0f;
    expect_canonical(&n, "gemm:m1 relu:r1 gemm:m2 relu:r2 gemm:m3 reshape:m3.shape");
}

static void test_input_shape(void **state) {
    (void)state;
    Net n = start(DIMS(1, 64));
    reshape(&n, "image", DIMS(1, 1, 8, 8));
    conv(&n, "c1", 2, 1);
    relu(&n, "r1");
    reshape(&n, "flat", DIMS(1, 72));
    dense(&n, "fc", 3, 72);
    expect_canonical(&n, "conv:c1 relu:r1 reshape:r1.shape gemm:fc");
}

static void test_tail(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr out;
    Net n = start(DIMS(1, 4));
    dense(&n, "fc", 3, 4);
    push(&n, TTFS_OP_SOFTMAX, "s", IN(LAST), NULL);
    push(&n, TTFS_OP_ARGMAX, "a", IN(LAST), NULL);
    assert_true(ttfs_ir_drop_tail(&n.ir, &out, "net", &diag));
    assert_int_equal(out.nodes.len, 1);
    assert_string_equal(ttfs_ir_tensor(&out, out.output)->name, "a");
    assert_int_equal(diag.messages.len, 2);
    assert_int_equal(diag.messages.at[0].severity, TTFS_NOTE);
    ttfs_ir_free(&out);
    ttfs_ir_free(&n.ir);
    ttfs_diag_free(&diag);
}

static void test_normalisation_across_padding(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2, 6, 5));
    conv_with(&n, "c1", CONST(&n, 3, 2, 3, 3), 1, 1);
    relu(&n, "r1");
    batchnorm(&n, "bn", 3);
    conv_with(&n, "c2", CONST(&n, 2, 3, 3, 3), 1, 1);
    relu(&n, "r2");
    reshape(&n, "flat", DIMS(1, 60));
    dense(&n, "fc", 3, 60);
    expect_canonical(&n, "conv:c1 relu:r1 conv:c2 add:c2.bias relu:r2 reshape:r2.shape gemm:fc");
}

static void test_pools(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2, 8, 8)); /* a normalisation between pool and relu, of either sign */
    conv(&n, "c1", 2, 2);
    push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    push(&n, TTFS_OP_NEG, "neg", IN(LAST), NULL);
    relu(&n, "r1");
    reshape(&n, "flat", DIMS(1, 18));
    dense(&n, "fc", 3, 18);
    expect_canonical(&n, "conv:c1 relu:r1 minpool:pool reshape:pool.shape gemm:fc");

    n = start(DIMS(1, 2, 8, 8)); /* mixed signs behind a relu: both pools */
    conv(&n, "c1", 2, 2);
    relu(&n, "r1");
    TtfsTensor k = CONST(&n, 2, 1, 1);
    float *signs = TTFS_ARRAY(&n.ir.arena, float, 2);
    signs[0] = 0.5f, signs[1] = -0.5f;
    ttfs_ir_tensor(&n.ir, k)->data = signs;
    push(&n, TTFS_OP_MUL, "mul", IN(LAST, k), NULL);
    push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    conv(&n, "c2", 1, 2);
    expect_canonical(&n, "conv:c1 relu:r1 maxpool:pool minpool:pool_2 slice:pool.part conv:c2 "
                         "slice:pool_2.part conv:c2_2 add:c2.sum");

    n = start(DIMS(1, 2, 8, 8)); /* activations that grow are pooled relu by relu */
    conv(&n, "c1", 2, 2);
    push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    push(&n, TTFS_OP_LEAKYRELU, "leaky", IN(LAST), NULL);
    conv(&n, "c2", 1, 2);
    expect_canonical(&n, "conv:c1 relu:leaky conv:c1_2 relu:leaky_2 maxpool:pool minpool:pool_2 "
                         "conv:c2 conv:c2_2 add:c2.sum");

    n = start(DIMS(1, 2, 8, 8)); /* nothing rectifies: two populations */
    conv(&n, "c1", 2, 2);
    push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    conv(&n, "c2", 1, 2);
    expect_canonical(&n, "conv:c1.pos relu:c1.pos.relu conv:c1.neg relu:c1.neg.relu maxpool:pool "
                         "minpool:pool_2 conv:c2 conv:c2_2 add:c2.sum");
}

static void test_sums(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2, 6, 6));
    conv(&n, "c1", 2, 2);
    relu(&n, "r1");
    TtfsTensor r1 = n.last;
    conv_with(&n, "c2", CONST(&n, 2, 2, 3, 3), 1, 1);
    batchnorm(&n, "bn", 2);
    push(&n, TTFS_OP_ADD, "join", IN(LAST, r1), NULL);
    relu(&n, "r2");
    push(&n, TTFS_OP_AVERAGEPOOL, "avg", IN(LAST), NULL);
    reshape(&n, "flat", DIMS(1, 8));
    dense(&n, "fc", 3, 8);
    expect_canonical(
        &n, "conv:c1 relu:r1 conv:c2 conv:join add:c2.sum relu:r2 reshape:r2.shape gemm:fc");

    n = start(DIMS(1, 2, 6, 6)); /* concat: parts are rectified one by one, weights are cut */
    conv(&n, "c1", 2, 2);
    TtfsTensor c1 = n.last;
    n.last = n.ir.input;
    conv(&n, "c2", 3, 2);
    push(&n, TTFS_OP_CONCAT, "cat", IN(c1, LAST), NULL);
    relu(&n, "r");
    conv(&n, "c3", 2, 5);
    expect_canonical(&n, "conv:c1 relu:r conv:c2 relu:r_2 conv:c3 conv:c3_2 add:c3.sum");

    n = start(DIMS(1, 4, 6, 6)); /* a range of channels */
    TtfsIrAttr a = ttfs_ir_attr();
    memcpy(a.count, (uint32_t[]){1, 2, 6, 6}, sizeof(uint32_t[4]));
    a.first[1] = 1;
    push_with(&n, TTFS_OP_SLICE, "slice", &a);
    conv(&n, "c1", 2, 2);
    expect_canonical(&n, "slice:input.part conv:c1");
}

static void test_pads(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2, 5, 6));
    TtfsIrAttr a = ttfs_ir_attr();
    a.before[2] = a.after[3] = 1;
    push_with(&n, TTFS_OP_PAD, "pad", &a);
    conv(&n, "c1", 2, 2);
    relu(&n, "r1");
    push_with(&n, TTFS_OP_PAD, "pad2", &a);
    push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    conv_with(&n, "c2", CONST(&n, 2, 2, 1, 1), 0, 1);
    expect_canonical(&n, "conv:c1 relu:r1 maxpool:pool conv:c2");
}

/* Channels of two groups of `each` take turns; `side` x `side` positions. */
static void shuffle(Net *n, uint32_t each, uint32_t side) {
    TtfsIrAttr a = ttfs_ir_attr();
    memcpy(a.perm, (uint32_t[]){0, 2, 1, 3, 4}, sizeof(uint32_t[5]));
    reshape(n, "split", DIMS(1, 2, each, side, side));
    push_with(n, TTFS_OP_TRANSPOSE, "shuffle", &a);
    reshape(n, "merge", DIMS(1, 2 * each, side, side));
}

static void test_channels_last(void **state) {
    (void)state;
    Net n = start(DIMS(1, 6, 6, 3)); /* the input is moved once, the rest is in the weights */
    push(&n, TTFS_OP_MUL, "scale", IN(LAST, CONST(&n, 3)), NULL);
    transpose(&n, "t1", to_first);
    conv(&n, "c1", 4, 3);
    transpose(&n, "t2", to_last);
    push(&n, TTFS_OP_ADD, "bias", IN(LAST, CONST(&n, 4)), NULL);
    relu(&n, "r1");
    reshape(&n, "flat", DIMS(1, 64));
    dense(&n, "fc", 3, 64);
    expect_canonical(&n, "transpose:input.channels_first conv:c1 relu:r1 reshape:r1.shape gemm:fc");

    n = start(DIMS(1, 4, 5, 5)); /* channels shuffled between two groups */
    conv_with(&n, "c1", CONST(&n, 4, 2, 1, 1), 0, 2);
    relu(&n, "r1");
    shuffle(&n, 2, 5);
    conv_with(&n, "c2", CONST(&n, 4, 1, 3, 3), 1, 4);
    relu(&n, "r2");
    conv_with(&n, "c3", CONST(&n, 2, 2, 1, 1), 0, 2);
    expect_canonical(&n, "conv:c1 relu:r1 conv:c2 relu:r2 conv:c3");
}

/* An average of channels in an order that is not its own inverse. */
static void test_average_of_shuffled(void **state) {
    (void)state;
    Net n = start(DIMS(1, 1, 5, 5));
    conv(&n, "c1", 6, 1);
    shuffle(&n, 3, 3);
    TtfsIrAttr a = ttfs_ir_attr();
    a.kernel[0] = a.kernel[1] = 3;
    push_with(&n, TTFS_OP_AVERAGEPOOL, "avg", &a);
    reshape(&n, "flat", DIMS(1, 6));
    dense(&n, "fc", 2, 6);
    expect_canonical(&n, "reshape:input.shape gemm:fc");
}

/* One tap of a kernel meets the one position of channels in another order. */
static void test_tap_of_shuffled(void **state) {
    (void)state;
    Net n = start(DIMS(1, 1, 3, 3));
    conv(&n, "c1", 6, 1);
    relu(&n, "r1");
    shuffle(&n, 3, 1);
    conv_with(&n, "c2", CONST(&n, 2, 6, 3, 3), 1, 1);
    expect_equal(&n);
}

/* One axis of space, channels last: the same layers as channels first, padded before or behind the
 * transposition, which stands at the input alone. */
static void test_channels_last_1d(void **state) {
    (void)state;
    for (int padded_first = 0; padded_first < 2; padded_first++) {
        Net n = start(DIMS(1, 9, 4)); /* steps x channels */
        TtfsIrAttr pad = ttfs_ir_attr(), turn = ttfs_ir_attr();
        memcpy(turn.perm, (uint32_t[]){0, 2, 1}, sizeof(uint32_t[3]));
        pad.before[padded_first ? 1 : 2] = 2;
        if (padded_first) push_with(&n, TTFS_OP_PAD, "causal", &pad);
        push_with(&n, TTFS_OP_TRANSPOSE, "first", &turn);
        if (!padded_first) push_with(&n, TTFS_OP_PAD, "causal", &pad);
        reshape(&n, "as2d", DIMS(1, 4, 1, 11));
        conv_with(&n, "c1", CONST(&n, 3, 4, 1, 3), 0, 1);
        relu(&n, "r1");
        reshape(&n, "as1d", DIMS(1, 3, 9));
        push_with(&n, TTFS_OP_TRANSPOSE, "last", &turn);
        push(&n, TTFS_OP_MUL, "scale", IN(LAST, CONST(&n, 3)), NULL);
        push_with(&n, TTFS_OP_TRANSPOSE, "again", &turn);
        reshape(&n, "wide", DIMS(1, 3, 1, 9));
        conv_with(&n, "c2", CONST(&n, 2, 3, 1, 2), 0, 1);
        relu(&n, "r2");
        reshape(&n, "flat", DIMS(1, 16));
        dense(&n, "fc", 3, 16);
        expect_canonical(&n, "transpose:input.channels_first conv:c1 relu:r1 conv:c2 relu:r2 "
                             "reshape:r2.shape gemm:fc");
    }
    Net n = start(DIMS(4, 9)); /* a sample without a batch, channels first already */
    reshape(&n, "as2d", DIMS(1, 4, 1, 9));
    conv_with(&n, "c1", CONST(&n, 3, 4, 1, 3), 0, 1);
    expect_canonical(&n, "conv:c1");
}

static void test_linear_after_linear(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2, 6, 6));
    conv(&n, "c1", 3, 2);
    conv_with(&n, "c2", CONST(&n, 2, 3, 1, 1), 0, 1);
    conv_with(&n, "c3", CONST(&n, 2, 2, 2, 2), 0, 1);
    expect_canonical(&n, "conv:c3");

    n = start(DIMS(1, 2, 6, 6)); /* padding between them: their product would be another one */
    conv_with(&n, "c1", CONST(&n, 3, 2, 3, 3), 1, 1);
    conv_with(&n, "c2", CONST(&n, 2, 3, 3, 3), 1, 1);
    expect_canonical(&n, "conv:c1.pos relu:c1.pos.relu conv:c1.neg relu:c1.neg.relu conv:c2 "
                         "conv:c2_2 add:c2.sum");

    n = start(DIMS(1, 2, 4, 4)); /* 1 x 1 in front of a padded one: only the constant differs */
    push(&n, TTFS_OP_CONV, "c1", IN(LAST, CONST(&n, 3, 2, 1, 1), CONST(&n, 3)), NULL);
    conv_with(&n, "c2", CONST(&n, 2, 3, 3, 3), 1, 1);
    expect_canonical(&n, "conv:c2 add:c2.bias");

    n = start(DIMS(1, 2, 5, 5)); /* borders of an average that leaves padding out */
    relu(&n, "r");
    TtfsIrAttr a = ttfs_ir_attr();
    for (int i = 0; i < 2; i++) a.kernel[i] = 3, a.pad[i] = 1, a.pad[i + 2] = 1;
    push_with(&n, TTFS_OP_AVERAGEPOOL, "avg", &a);
    relu(&n, "r2");
    reshape(&n, "flat", DIMS(1, 50));
    dense(&n, "fc", 2, 50);
    expect_canonical(&n, "conv:r relu:r_2 reshape:r_2.shape gemm:fc");
}

static void test_activations(void **state) {
    (void)state;
    Net n = start(DIMS(1, 4));
    dense(&n, "fc1", 5, 4);
    push(&n, TTFS_OP_CLIP, "clip", IN(LAST), NULL);
    dense(&n, "fc2", 3, 5);
    push(&n, TTFS_OP_PRELU, "prelu", IN(LAST, CONST(&n, 3)), NULL);
    dense(&n, "fc3", 3, 3);
    push(&n, TTFS_OP_ABS, "abs", IN(LAST), NULL);
    TtfsTensor top = CONST(&n, 1);
    *(float *)(uintptr_t)ttfs_ir_tensor(&n.ir, top)->data = 0.5f;
    push(&n, TTFS_OP_MIN, "min", IN(LAST, top), NULL);
    push(&n, TTFS_OP_MAX, "max", IN(CONST(&n, 3), LAST), NULL);
    dense(&n, "fc4", 2, 3);
    expect_canonical(&n,
                     "gemm:fc1 relu:clip clip:clip_2 gemm:fc2 relu:prelu gemm:fc2_2 relu:prelu_2 "
                     "gemm:fc3 gemm:fc3_2 add:fc3.sum relu:abs gemm:fc3_3 gemm:fc3_4 add:fc3.sum_2 "
                     "relu:abs_2 reshape:abs.shape conv:abs.pos reshape:abs_2.shape conv:abs_3 "
                     "add:abs.pos.sum relu:abs.pos.relu clip:min conv:max relu:max_2 "
                     "reshape:max_2.shape gemm:fc4");
}

static void test_readout_of_relu(void **state) {
    (void)state;
    Net n = start(DIMS(1, 4));
    dense(&n, "fc1", 5, 4);
    relu(&n, "end");
    expect_canonical(&n, "gemm:fc1 relu:end reshape:end.shape conv:end_2 reshape:end_2.shape");
}

/* Weights that need no change are the source's memory. */
static void test_weights_stay(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr c;
    Net n = start(DIMS(1, 2, 6, 6));
    TtfsTensor w = CONST(&n, 2, 2, 3, 3), v = CONST(&n, 3, 32);
    conv_with(&n, "c1", w, 0, 1);
    relu(&n, "r1");
    TtfsTensor r1 = n.last;
    batchnorm(&n, "bn", 2);
    relu(&n, "r2");
    push(&n, TTFS_OP_ADD, "join", IN(LAST, r1), NULL);
    reshape(&n, "flat", DIMS(1, 32));
    push(&n, TTFS_OP_GEMM, "fc", IN(LAST, CONST(&n, 32, 3)), NULL);
    TtfsNode *fc = &n.ir.nodes.at[n.ir.nodes.len - 1];
    fc->attr.trans_b = true;
    fc->in[1] = v;
    assert_true(ttfs_ir_canonical(&n.ir, &c, "net", &diag));
    uint32_t shared = 0;
    for (uint32_t i = 0; i < c.tensors.len; i++) {
        const float *data = c.tensors.at[i].data;
        shared += data && (data == ttfs_ir_tensor(&n.ir, w)->data ||
                           data == ttfs_ir_tensor(&n.ir, v)->data);
    }
    assert_int_equal(shared, 3); /* the convolution's once, the matrix in both terms */
    ttfs_ir_free(&c);
    ttfs_ir_free(&n.ir);
    ttfs_diag_free(&diag);
}

static void test_refusals(void **state) {
    (void)state;
    Net n = start(DIMS(1, 1, 6, 6));
    conv(&n, "c1", 2, 1);
    relu(&n, "r1");
    TtfsTensor r1 = n.last;
    push(&n, TTFS_OP_SOFTMAX, "gate", IN(LAST), NULL);
    push(&n, TTFS_OP_MUL, "attention", IN(LAST, r1), NULL);
    push(&n, TTFS_OP_DIV, "inverse", IN(CONST(&n, 1), LAST), NULL);
    conv(&n, "c2", 2, 2);
    push(&n, TTFS_OP_MATMUL, "product", IN(LAST, LAST), NULL);
    expect_refused(&n, "gate attention inverse product",
                   "inside a network it has no exact spiking form; a product or quotient of two "
                   "activations is outside the mapping; a product or quotient of two activations "
                   "is outside the mapping; not a product of constant weights with one vector");

    n = start(DIMS(3, 4)); /* three rows: not one sample */
    dense(&n, "fc", 2, 4);
    expect_refused(&n, "fc", "not a product of constant weights with one vector");

    n = start(DIMS(1, 4)); /* nothing left of the input */
    TtfsTensor zero = CONST(&n, 1);
    ttfs_ir_tensor(&n.ir, zero)->data = TTFS_ARRAY(&n.ir.arena, float, 1);
    push(&n, TTFS_OP_DIV, "by_zero", IN(LAST, zero), NULL);
    dense(&n, "fc", 2, 4);
    expect_refused(&n, "by_zero", "it divides by 0");
}

static void test_random(void **state) {
    (void)state;
    uint32_t refused = 0;
    for (uint64_t seed = 0; seed < A_SHARE(1500); seed++) {
        TtfsArena data = {0};
        TtfsDiag diag = {0};
        TtfsIr canonical;
        Net n = {.ir = random_net(&data, seed, (RandomNetOptions){.layers = 16}),
                 .rng = ttfs_rng(seed)};
        assert_true(ttfs_ir_check(&n.ir, "net", &diag));
        if (ttfs_ir_canonical(&n.ir, &canonical, "net", &diag)) {
            expect_same_values(&n, &canonical);
            ttfs_ir_free(&canonical);
        } else {
            refused++;
            const TtfsMessage *m = &diag.messages.at[diag.messages.len - 1];
            if (!strstr(m->what, "does not depend on the input"))
                fail_msg("seed %u: %s: %s", (unsigned)seed, m->where, m->what);
        }
        ttfs_ir_free(&n.ir);
        ttfs_diag_free(&diag);
        ttfs_arena_free(&data);
    }
    assert_true(refused < 15);
}

/* One change, and the checker must see it. */
static bool damage(TtfsIr *c, uint32_t kind, TtfsNode *n) {
    switch (kind) {
    case 0: /* an operation that the form has not */
        if (n->op != TTFS_OP_RELU) return false;
        n->op = TTFS_OP_ABS;
        return true;
    case 1: /* a matrix with a factor */
        n->attr.alpha = 2;
        return n->op == TTFS_OP_GEMM;
    case 2: /* computed weights */
        if (n->op != TTFS_OP_CONV && n->op != TTFS_OP_GEMM) return false;
        ttfs_ir_tensor(c, n->in[1])->data = NULL;
        return true;
    case 3: /* a relu of a population */
        if (n->op != TTFS_OP_RELU) return false;
        n->in[0] = c->input;
        return true;
    default: /* a term of a sum */
        if (n->op != TTFS_OP_CONV && n->op != TTFS_OP_GEMM) return false;
        for (uint32_t i = 0; i < c->nodes.len; i++)
            if (&c->nodes.at[i] < n && c->nodes.at[i].op == TTFS_OP_CONV) {
                n->in[0] = c->nodes.at[i].out;
                return true;
            }
        return false;
    }
}

static void test_checker(void **state) {
    (void)state;
    uint32_t seen[5] = {0};
    for (uint64_t seed = 0; seed < 300; seed++) {
        TtfsArena data = {0};
        TtfsDiag diag = {0};
        TtfsIr c, ir = random_net(&data, seed, (RandomNetOptions){.layers = 12});
        if (ttfs_ir_canonical(&ir, &c, "net", &diag)) {
            uint32_t kind = (uint32_t)seed % 5;
            for (uint32_t i = 0; i < c.nodes.len; i++) {
                TtfsNode kept = c.nodes.at[i];
                if (!damage(&c, kind, &c.nodes.at[i])) {
                    c.nodes.at[i] = kept;
                    continue;
                }
                TtfsNet net;
                assert_false(ttfs_ir_check(&c, "net", &diag) &&
                             ttfs_net_of(&c, "net", &net, &diag));
                seen[kind]++;
                break;
            }
            ttfs_ir_free(&c);
        }
        ttfs_ir_free(&ir);
        ttfs_diag_free(&diag);
        ttfs_arena_free(&data);
    }
    for (int i = 0; i < 5; i++) assert_true(seen[i] > 5);
}

/* The form with the text is read, but has no canonical form. */
static bool canonical_of(const char *name, const void *bytes, size_t n, TtfsDiag *diag) {
    TtfsIr ir = {0}, out = {0};
    bool ok = ttfs_ir_read(&ir, name, bytes, n, diag) && ttfs_ir_canonical(&ir, &out, name, diag);
    ttfs_ir_free(&out);
    ttfs_ir_free(&ir);
    return ok;
}

static void test_rejects(void **state) {
    (void)state;
    reject_folder(TTFS_SOURCE_DIR "/tests/reject/canonical", canonical_of, 9);
}

/* A small file that asks for much. */
static void test_limits(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr canonical;
    Net n = start(DIMS(1, 64, 1000, 1000));
    batchnorm(&n, "bn", 64);
    relu(&n, "r");
    assert_false(ttfs_ir_canonical(&n.ir, &canonical, "net", &diag));
    assert_int_equal(diag.messages.at[0].code, TTFS_LIMIT);
    ttfs_ir_free(&n.ir);
    ttfs_diag_free(&diag);
}

static void test_negative_variance(void **state) {
    (void)state;
    Net n = start(DIMS(1, 4));
    dense(&n, "fc", 2, 4);
    batchnorm(&n, "bn", 2);
    float *variance = TTFS_ARRAY(&n.ir.arena, float, 2);
    variance[1] = -1;
    ttfs_ir_tensor(&n.ir, n.ir.nodes.at[1].in[4])->data = variance;
    expect_refused(&n, "bn",
                   "its parameters are not constant, or a variance plus epsilon is not positive");
}

static void test_long_chain(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2));
    dense(&n, "fc", 2, 2);
    for (int i = 0; i < 20000; i++) {
        push(&n, TTFS_OP_ADD, "a", IN(LAST, CONST(&n, 2)), NULL);
        push(&n, TTFS_OP_IDENTITY, "i", IN(LAST), NULL);
    }
    TtfsDiag diag = {0};
    TtfsIr canonical;
    assert_true(ttfs_ir_canonical(&n.ir, &canonical, "net", &diag));
    assert_int_equal(canonical.nodes.len, 1);
    ttfs_ir_free(&canonical);
    ttfs_ir_free(&n.ir);
    ttfs_diag_free(&diag);
}

/* Concatenates `a` and the last tensor along an axis. */
static void concat(Net *n, const char *name, TtfsTensor a, uint32_t axis) {
    TtfsDiag diag = {0};
    TtfsNode node = {.op = TTFS_OP_CONCAT, .name = name, .n_in = 2, .in = {a, n->last}};
    TtfsTensorInfo out = {.name = name};
    node.attr = ttfs_ir_attr();
    node.attr.axis = axis;
    if (!ttfs_ir_infer(&n->ir, &node, &out, NULL, &diag)) fail_msg("%s", diag.messages.at[0].what);
    out.name = name;
    n->last = n->ir.output = node.out = ttfs_ir_add_tensor(&n->ir, &out);
    ttfs_ir_add_node(&n->ir, &node);
}

/* Two branches whose maps have unequal sides, and the same side where they meet: 2 channels of 4 x
 * 7 and of rows x columns. The relu engine concatenates by ONNX's definition. */
static void concat_maps(uint32_t axis, uint32_t rows, uint32_t columns, bool swapped) {
    Net n = start(DIMS(1, 1, 6, 9));
    push(&n, TTFS_OP_CONV, "a", IN(LAST, CONST(&n, 2, 1, 3, 3)), NULL);
    relu(&n, "ra");
    TtfsTensor a = n.last, k = CONST(&n, 2, 1, 7 - rows, 10 - columns);
    push(&n, TTFS_OP_CONV, "b", IN(n.ir.input, k), NULL);
    relu(&n, "rb");
    if (swapped) {
        TtfsTensor b = n.last;
        n.last = a;
        a = b;
    }
    concat(&n, "cat", a, axis);
    push(&n, TTFS_OP_CONV, "c", IN(LAST, CONST(&n, 3, 2, 2, 3)), NULL);
    relu(&n, "rc");
    uint64_t left = ttfs_ir_count(ttfs_ir_tensor(&n.ir, n.last));
    reshape(&n, "flat", DIMS(1, (uint32_t)left));
    dense(&n, "fc", 3, (uint32_t)left);
    expect_equal(&n);
}

static void test_concat_sides(void **state) {
    (void)state;
    for (int order = 0; order < 2; order++) {
        concat_maps(2, 2, 7, order); /* 4 + 2 rows of 7 */
        concat_maps(2, 5, 7, order);
        concat_maps(3, 4, 3, order); /* 7 + 3 columns of 4 */
        concat_maps(3, 4, 8, order);
    }
}

/* Constants as large as a map: one for every position, of every channel or of one, on either side.
 */
static void test_constants_of_a_map(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2, 4, 6));
    push(&n, TTFS_OP_MUL, "scale", IN(CONST(&n, 1, 2, 4, 6), LAST), NULL);
    push(&n, TTFS_OP_ADD, "shift", IN(LAST, CONST(&n, 2, 4, 6)), NULL);
    conv_with(&n, "c1", CONST(&n, 3, 2, 3, 3), 1, 1);
    push(&n, TTFS_OP_SUB, "each", IN(CONST(&n, 1, 3, 4, 6), LAST), NULL);
    push(&n, TTFS_OP_ADD, "row", IN(LAST, CONST(&n, 1, 1, 4, 6)), NULL);
    relu(&n, "r1");
    push(&n, TTFS_OP_MUL, "mask", IN(LAST, CONST(&n, 4, 6)), NULL);
    reshape(&n, "flat", DIMS(1, 72));
    dense(&n, "fc", 4, 72);
    expect_equal(&n);
}

/* Padding as large as it may be: all of the patch but one element, on one side or all around. */
static void test_pool_pads(void **state) {
    (void)state;
    static const uint32_t pads[][4] = {
        {2, 1, 2, 1}, {2, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 2, 0}, {0, 0, 0, 1}};
    for (size_t i = 0; i < sizeof pads / sizeof *pads; i++) {
        Net n = start(DIMS(1, 2, 5, 4));
        conv_with(&n, "c1", CONST(&n, 2, 2, 1, 1), 0, 1);
        relu(&n, "r1");
        TtfsIrAttr a = ttfs_ir_attr();
        memcpy(a.kernel, (uint32_t[]){3, 2}, sizeof a.kernel);
        memcpy(a.stride, (uint32_t[]){2, 1}, sizeof a.stride);
        memcpy(a.pad, pads[i], sizeof a.pad);
        push_with(&n, TTFS_OP_MAXPOOL, "pool", &a);
        uint64_t left = ttfs_ir_count(ttfs_ir_tensor(&n.ir, n.last));
        reshape(&n, "flat", DIMS(1, (uint32_t)left));
        dense(&n, "fc", 3, (uint32_t)left);
        expect_equal(&n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds),
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_input_shape),
        cmocka_unit_test(test_tail),
        cmocka_unit_test(test_normalisation_across_padding),
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_pads),
        cmocka_unit_test(test_channels_last),
        cmocka_unit_test(test_channels_last_1d),
        cmocka_unit_test(test_average_of_shuffled),
        cmocka_unit_test(test_tap_of_shuffled),
        cmocka_unit_test(test_linear_after_linear),
        cmocka_unit_test(test_activations),
        cmocka_unit_test(test_readout_of_relu),
        cmocka_unit_test(test_weights_stay),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_negative_variance),
        cmocka_unit_test(test_rejects),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_long_chain),
        cmocka_unit_test(test_checker),
        cmocka_unit_test(test_concat_sides),
        cmocka_unit_test(test_constants_of_a_map),
        cmocka_unit_test(test_pool_pads),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
