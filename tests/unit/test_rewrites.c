/* SPDX-License-Identifier: Apache-2.0
 *
 * The canonical form of what networks seldom have: constants that are computed, operands that
 * spread, products on any axis, moves of channels, pools behind pools, sums of many layers, grids
 * of weights behind factors. Each network must give the relu engine's values afterwards, or be
 * refused at its node.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <float.h>
#include <cmocka.h>

#include "affine.h"
#include "rewritten_net.h"

static void computed_constants(void **state) {
    (void)state;
    for (int cut = 0; cut < 2; cut++) {
        Net n = dense_net(4, 5);
        push(&n, TTFS_OP_ADD, "sum", IN(computed(&n, 0.3f, cut), LAST), NULL);
        end_dense(&n);
        n = dense_net(4, 5);
        push(&n, TTFS_OP_MUL, "scale", IN(LAST, computed(&n, -0.7f, cut)), NULL);
        end_dense(&n);
        n = dense_net(4, 6); /* as the weights of a product */
        TtfsTensor x = n.last;
        n.last = computed(&n, 0.4f, cut);
        reshape(&n, "weights", DIMS(6, 1));
        push(&n, TTFS_OP_MATMUL, "product", IN(x, LAST), NULL);
        end_dense(&n);
        n = dense_net(4, 5); /* a relu of it, and the sum */
        x = n.last;
        push(&n, TTFS_OP_RELU, "still", IN(computed(&n, -0.5f, cut)), NULL);
        push(&n, TTFS_OP_ADD, "sum", IN(LAST, x), NULL);
        relu(&n, "r1");
        end_dense(&n);
        n = dense_net(4, 5); /* of two of them */
        x = n.last;
        push(&n, TTFS_OP_SUB, "two", IN(computed(&n, 0.5f, cut), computed(&n, 0.25f, !cut)), NULL);
        push(&n, TTFS_OP_MAX, "max", IN(LAST, x), NULL);
        end_dense(&n);
    }
}

static void pools_of_constants(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        Net n = map_net();
        TtfsTensor x = n.last;
        n.last = computed(&n, 1, kind / 2);
        push(&n, TTFS_OP_ADD, "shape", IN(LAST, CONST(&n, 3, 4, 5)), NULL);
        TtfsIrAttr a = ttfs_ir_attr();
        a.kernel[0] = a.kernel[1] = 3;
        a.stride[1] = 2;
        a.pad[0] = a.pad[2] = a.pad[1] = 1;
        push_with(&n, kind % 2 ? TTFS_OP_MINPOOL : TTFS_OP_MAXPOOL, "still", &a);
        TtfsTensor still = n.last;
        n.last = x;
        push_with(&n, TTFS_OP_MAXPOOL, "moving", &a);
        push(&n, TTFS_OP_ADD, "sum", IN(LAST, still), NULL);
        relu(&n, "r");
        end_dense(&n);
    }
}

/* Pools that wait for a rectifier behind one another, more than may. */
static void pools_behind_pools(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2, 12, 12));
    conv_with(&n, "c", CONST(&n, 2, 2, 1, 1), 0, 1);
    TtfsIrAttr a = ttfs_ir_attr();
    a.kernel[0] = 2;
    for (int i = 0; i < 10; i++) push_with(&n, TTFS_OP_MAXPOOL, "pool", &a);
    relu(&n, "r");
    end_dense(&n);
    n = dense_net(4, 3); /* windows that hold one value each */
    reshape(&n, "map", DIMS(1, 3, 1, 1));
    a = ttfs_ir_attr();
    a.kernel[0] = a.kernel[1] = 2;
    a.pad[0] = a.pad[1] = a.pad[2] = a.pad[3] = 1;
    push_with(&n, TTFS_OP_MAXPOOL, "pool", &a);
    push(&n, TTFS_OP_SUB, "less", IN(LAST, CONST(&n, 3, 2, 2)), NULL);
    end_dense(&n);
}

/* Channels that go up, down and nowhere, by turns. */
static void pools_of_either_sign(void **state) {
    (void)state;
    for (uint32_t turns = 1; turns <= 3; turns++) {
        Net n = start(DIMS(1, 2, 6, 6));
        conv(&n, "c0", 9, 2);
        relu(&n, "r0");
        TtfsTensor k = CONST(&n, 9, 1, 1);
        float *sign = TTFS_ARRAY(&n.ir.arena, float, 9);
        for (uint32_t c = 0; c < 9; c++)
            sign[c] = c == 4 ? 0 : c / turns % 2 ? -0.5f - (float)c : 1;
        ttfs_ir_tensor(&n.ir, k)->data = sign;
        push(&n, TTFS_OP_MUL, "signs", IN(LAST, k), NULL);
        push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
        push(&n, TTFS_OP_ADD, "shift", IN(LAST, CONST(&n, 9, 1, 1)), NULL);
        end_dense(&n);
    }
}

static void sums_of_many(void **state) {
    (void)state;
    Net n = start(DIMS(1, 3));
    TtfsTensor sum = {0};
    for (uint32_t i = 0; i < TTFS_TERMS_MAX + 6; i++) {
        n.last = n.ir.input;
        dense(&n, "fc", 2, 3);
        relu(&n, "r");
        if (i) push(&n, TTFS_OP_ADD, "sum", IN(sum, LAST), NULL);
        sum = n.last;
    }
    end_dense(&n);
}

/* [1, 4, 5] times a matrix on either side; channels last; with a sum that is computed. */
static void products(void **state) {
    (void)state;
    Net n = dense_net(4, 20);
    reshape(&n, "rows", DIMS(1, 4, 5));
    push(&n, TTFS_OP_MATMUL, "right", IN(LAST, CONST(&n, 5, 3)), NULL);
    end_dense(&n);
    n = dense_net(4, 20);
    reshape(&n, "rows", DIMS(1, 4, 5));
    push(&n, TTFS_OP_MATMUL, "left", IN(CONST(&n, 3, 4), LAST), NULL);
    relu(&n, "r");
    end_dense(&n);
    n = map_net();
    transpose(&n, "last", to_last);
    push(&n, TTFS_OP_MATMUL, "channels", IN(LAST, CONST(&n, 3, 2)), NULL);
    relu(&n, "r");
    push(&n, TTFS_OP_MATMUL, "again", IN(LAST, CONST(&n, 2, 4)), NULL);
    transpose(&n, "first", to_first);
    conv_with(&n, "c1", CONST(&n, 2, 4, 2, 2), 0, 1);
    end_dense(&n);
    n = map_net(); /* along the columns */
    push(&n, TTFS_OP_MATMUL, "columns", IN(LAST, CONST(&n, 5, 2)), NULL);
    relu(&n, "r");
    end_dense(&n);
    n = dense_net(4, 5);
    TtfsTensor x = n.last;
    dense(&n, "fc1", 5, 5);
    relu(&n, "r1");
    push(&n, TTFS_OP_GEMM, "sum", IN(x, CONST(&n, 5, 5), LAST), NULL);
    n.ir.nodes.at[n.ir.nodes.len - 1].attr.beta = -0.5f;
    n.ir.nodes.at[n.ir.nodes.len - 1].attr.alpha = 2;
    relu(&n, "r2");
    end_dense(&n);
}

/* Activations that spread over others. */
static void spread_operands(void **state) {
    (void)state;
    static const uint32_t shapes[][4] = {
        {1, 1, 4, 5}, {1, 3, 1, 1}, {1, 3, 1, 5}, {1, 1, 1, 1}, {1, 1, 4, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        Net n = map_net();
        TtfsTensor x = n.last;
        const uint32_t *s = shapes[i];
        uint32_t all = s[1] * s[2] * s[3];
        reshape(&n, "flat", DIMS(1, 60));
        dense(&n, "part", all, 60);
        reshape(&n, "shape", 4, s);
        push(&n, TTFS_OP_ADD, "sum", IN(x, LAST), NULL);
        relu(&n, "r");
        end_dense(&n);
    }
    Net n = dense_net(4, 5);
    TtfsTensor x = n.last;
    dense(&n, "one", 1, 5);
    push(&n, TTFS_OP_MAX, "max", IN(LAST, x), NULL);
    end_dense(&n);
}

/* Extremes of two that are computed, bounds of each kind, in front of pools and behind. */
static void bounds(void **state) {
    (void)state;
    static const float bound[][2] = {
        {-0.5f, 0.7f}, {-0.5f, FLT_MAX}, {-FLT_MAX, 0.5f}, {-FLT_MAX, -0.2f}, {0.2f, 0.6f}};
    for (size_t i = 0; i < sizeof bound / sizeof *bound; i++)
        for (int pooled = 0; pooled < 2; pooled++) {
            Net n = start(DIMS(1, 2, 6, 7));
            TtfsIrAttr a = ttfs_ir_attr();
            conv(&n, "c0", 3, 2);
            if (pooled) push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
            a.lo = bound[i][0], a.hi = bound[i][1];
            push_with(&n, TTFS_OP_CLIP, "clip", &a);
            end_dense(&n);
        }
    for (int least = 0; least < 2; least++) {
        Net n = map_net();
        TtfsTensor x = n.last;
        conv_with(&n, "c1", CONST(&n, 3, 3, 1, 1), 0, 1);
        push(&n, least ? TTFS_OP_MIN : TTFS_OP_MAX, "extreme", IN(x, LAST), NULL);
        end_dense(&n);
        n = start(DIMS(1, 2, 6, 7)); /* with a constant a channel, behind a pool */
        conv(&n, "c0", 3, 2);
        push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
        push(&n, least ? TTFS_OP_MIN : TTFS_OP_MAX, "bound", IN(CONST(&n, 3, 1, 1), LAST), NULL);
        end_dense(&n);
        n = start(DIMS(1, 2, 6, 7)); /* and one for each position */
        conv(&n, "c0", 3, 2);
        push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
        push(&n, least ? TTFS_OP_MIN : TTFS_OP_MAX, "bound", IN(CONST(&n, 3, 2, 2), LAST), NULL);
        end_dense(&n);
    }
}

static void slices(void **state) {
    (void)state;
    static const struct {
        uint32_t axis, first, many;
        int32_t apart;
    } cut[] = {{1, 0, 3, 2}, {1, 1, 2, 3}, {1, 4, 1, -1}, {1, 5, 6, -1},
               {2, 0, 2, 2}, {3, 1, 2, 2}, {2, 3, 1, -2}, {3, 4, 1, 1}};
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++)
        for (int last = 0; last < 2; last++) {
            Net n = start(DIMS(1, 2, 6, 7));
            conv(&n, "c0", 6, 2);
            relu(&n, "r0");
            if (last) transpose(&n, "last", to_last);
            uint32_t axis = !last ? cut[i].axis : cut[i].axis == 1 ? 3 : cut[i].axis - 1;
            slice(&n, axis, cut[i].first, cut[i].many, cut[i].apart);
            end_dense(&n);
        }
    for (uint32_t axis = 2; axis < 4; axis++) {
        Net n = map_net();
        slice(&n, axis, 3, 3, -1);
        uint32_t all = count(&n);
        reshape(&n, "flat", DIMS(1, all));
        dense(&n, "fc", 2, all);
        expect_refused(&n, "slice", "it reverses rows or columns");
    }
}

/* Weights that are integers times a quantum: one for all, or one a place of an axis. */
static TtfsTensor on_grid(Net *n, uint32_t rank, const uint32_t *dim, bool each, uint32_t axis) {
    TtfsTensor t = tensor(n, "w", rank, dim, true);
    TtfsTensorInfo *w = ttfs_ir_tensor(&n->ir, t);
    uint32_t quanta = each ? dim[axis] : 1;
    uint64_t inner = 1, all = ttfs_ir_count(w);
    for (uint32_t i = axis + 1; i < rank; i++) inner *= dim[i];
    float *quantum = TTFS_ARRAY(&n->ir.arena, float, quanta), *v = (float *)(uintptr_t)w->data;
    for (uint32_t i = 0; i < quanta; i++) quantum[i] = 0.01f * (float)(i + 3);
    for (uint64_t i = 0; i < all; i++)
        v[i] = ((float)ttfs_rng_below(&n->rng, 15) - 7) * quantum[each ? i / inner % dim[axis] : 0];
    w->quantum = quantum, w->quanta = quanta, w->quantum_axis = axis;
    return t;
}

/* The weights of the node that bears the name have as many quanta, the first of them `first`, and
 * are on them; with none, a note says why. */
static void expect_quanta(Net *n, const char *name, uint32_t quanta, float first) {
    TtfsDiag diag = {0};
    TtfsIr c;
    uint32_t seen = 0;
    assert_true(ttfs_ir_canonical(&n->ir, &c, "net", &diag));
    expect_same_values(n, &c);
    for (uint32_t i = 0; i < c.nodes.len; i++) {
        const TtfsNode *node = &c.nodes.at[i];
        if (strcmp(node->name, name) != 0) continue;
        const TtfsTensorInfo *w = ttfs_ir_tensor(&c, node->in[1]);
        uint64_t row = ttfs_ir_count(w) / (w->quanta ? w->quanta : 1);
        double q;
        assert_int_equal(w->quanta, quanta);
        if (quanta) assert_float_equal(w->quantum[0], first, 1e-6f);
        for (uint64_t k = 0; quanta && k < ttfs_ir_count(w); k++)
            assert_true(ttfs_on_grid((double)w->data[k], (double)w->quantum[k / row], &q));
        seen++;
    }
    assert_int_equal(seen, 1);
    uint32_t lost = 0;
    for (uint32_t i = 0; i < diag.messages.len; i++)
        lost += strstr(diag.messages.at[i].what, "on their grid no more") != NULL;
    assert_int_equal(lost, quanta == 0);
    ttfs_ir_free(&c);
    ttfs_ir_free(&n->ir);
    ttfs_diag_free(&diag);
}

static void gemm_on_grid(Net *n, const char *name, uint32_t outs, uint32_t ins, bool each,
                         float alpha) {
    push(n, TTFS_OP_GEMM, name, IN(LAST, on_grid(n, DIMS(ins, outs), each, 1)), NULL);
    n->ir.nodes.at[n->ir.nodes.len - 1].attr.alpha = alpha;
}

/* Factors in front of weights on a grid and behind them. */
static void grids_of_products(void **state) {
    (void)state;
    for (int each = 0; each < 2; each++) {
        Net n = dense_net(3, 5);
        gemm_on_grid(&n, "g", 4, 5, each, -3);
        expect_quanta(&n, "g", 4, 0.09f);
        n = dense_net(3, 5);
        gemm_on_grid(&n, "g", 4, 5, each, 1);
        push(&n, TTFS_OP_MUL, "twice", IN(LAST, number(&n, -2)), NULL);
        expect_quanta(&n, "g", 4, 0.06f);
        n = dense_net(3, 5);
        push(&n, TTFS_OP_MUL, "half", IN(LAST, number(&n, 0.5f)), NULL);
        gemm_on_grid(&n, "g", 4, 5, each, 1);
        expect_quanta(&n, "g", 4, 0.015f);
        n = dense_net(3, 5); /* a factor for every input: no grid is left */
        push(&n, TTFS_OP_MUL, "each", IN(LAST, CONST(&n, 5)), NULL);
        gemm_on_grid(&n, "g", 4, 5, each, 1);
        expect_quanta(&n, "g", 0, 0);
        n = dense_net(3, 20); /* a product of every row */
        reshape(&n, "rows", DIMS(1, 4, 5));
        push(&n, TTFS_OP_MATMUL, "g", IN(LAST, on_grid(&n, DIMS(5, 2), each, 1)), NULL);
        relu(&n, "r");
        expect_quanta(&n, "g", 8, 0.03f);
    }
}

/* Convolutions: channels in another order, one channel each behind them, borders, parts. */
static void grids_of_kernels(void **state) {
    (void)state;
    for (int each = 0; each < 2; each++) {
        Net n = map_net();
        push(&n, TTFS_OP_CONV, "c", IN(LAST, on_grid(&n, DIMS(4, 3, 2, 2), each, 0)), NULL);
        push(&n, TTFS_OP_NEG, "minus", IN(LAST), NULL);
        relu(&n, "r");
        expect_quanta(&n, "c", 4, 0.03f);
        n = map_net(); /* a matrix behind a convolution of one kernel a channel */
        TtfsTensor w = CONST(&n, 3, 1, 1, 1);
        float *two = (float *)(uintptr_t)ttfs_ir_tensor(&n.ir, w)->data;
        two[0] = two[2] = 2, two[1] = -2;
        conv_with(&n, "each", w, 0, 3);
        push(&n, TTFS_OP_CONV, "c", IN(LAST, on_grid(&n, DIMS(4, 3, 2, 2), each, 0)), NULL);
        relu(&n, "r");
        expect_quanta(&n, "c", 4, 0.06f);
        n = map_net(); /* and in front of it */
        push(&n, TTFS_OP_CONV, "c", IN(LAST, on_grid(&n, DIMS(3, 3, 2, 2), each, 0)), NULL);
        w = CONST(&n, 3, 1, 1, 1);
        two = (float *)(uintptr_t)ttfs_ir_tensor(&n.ir, w)->data;
        two[0] = two[2] = 3, two[1] = -3;
        conv_with(&n, "each", w, 0, 3);
        relu(&n, "r");
        expect_quanta(&n, "each", 3, 0.09f);
        n = map_net(); /* a part of the channels */
        push(&n, TTFS_OP_CONV, "c", IN(LAST, on_grid(&n, DIMS(4, 3, 2, 2), each, 0)), NULL);
        slice(&n, 1, 1, 2, 1);
        relu(&n, "r");
        expect_quanta(&n, "c", 2, each ? 0.04f : 0.03f);
        n = map_net(); /* in another order of the elements */
        push(&n, TTFS_OP_CONV, "c", IN(LAST, on_grid(&n, DIMS(4, 3, 4, 4), each, 0)), NULL);
        transpose(&n, "last", to_last);
        reshape(&n, "rows", DIMS(1, 8));
        relu(&n, "r");
        dense(&n, "fc", 2, 8);
        expect_quanta(&n, "c", 4, 0.03f);
    }
}

/* Heads side by side in one output: each is as wide as it, and keeps its grid. */
static void grids_of_heads(void **state) {
    (void)state;
    Net n = dense_net(3, 5);
    TtfsTensor r = n.last;
    gemm_on_grid(&n, "left", 2, 5, true, 1);
    TtfsTensor left = n.last;
    n.last = r;
    gemm_on_grid(&n, "right", 3, 5, true, 1);
    push(&n, TTFS_OP_CONCAT, "both", IN(left, LAST), NULL);
    push(&n, TTFS_OP_ADD, "bias", IN(LAST, CONST(&n, 5)), NULL);
    expect_quanta(&n, "left", 5, 0.03f);
}

static void pads(void **state) {
    (void)state;
    static const int32_t pad[][2] = {{1, 0}, {0, 2}, {-1, 0}, {0, -1}, {-1, 1}, {1, -1}};
    for (size_t i = 0; i < sizeof pad / sizeof *pad; i++)
        for (int value = 0; value < 2; value++) {
            Net n = map_net();
            TtfsIrAttr a = ttfs_ir_attr();
            a.before[1] = pad[i][0], a.after[1] = pad[i][1];
            a.before[2] = pad[i][1], a.after[3] = pad[i][0];
            a.value = value ? 0.5f : 0;
            push_with(&n, TTFS_OP_PAD, "pad", &a);
            relu(&n, "r");
            end_dense(&n);
        }
}

static void end_refused(Net *n, const char *node, const char *why) {
    uint32_t all = count(n);
    reshape(n, "end", DIMS(1, all));
    dense(n, "fc", 3, all);
    expect_refused(n, node, why);
}

static void refusals(void **state) {
    (void)state;
    Net n = map_net(); /* slopes that are computed */
    TtfsTensor x = n.last;
    conv_with(&n, "c1", CONST(&n, 3, 3, 1, 1), 0, 1);
    push(&n, TTFS_OP_PRELU, "prelu", IN(x, LAST), NULL);
    expect_refused(&n, "prelu", "its slopes are computed");
    n = dense_net(4, 18); /* weights that are computed */
    reshape(&n, "w", DIMS(1, 2, 3, 3));
    TtfsTensor w = n.last;
    n.last = n.ir.input;
    dense(&n, "wide", 50, 4);
    reshape(&n, "map", DIMS(1, 2, 5, 5));
    push(&n, TTFS_OP_CONV, "conv", IN(LAST, w), NULL);
    expect_refused(&n, "conv", "not a product of constant weights with one sample");
    n = dense_net(4, 3); /* statistics that are computed */
    x = n.last;
    reshape(&n, "p", DIMS(3));
    push(&n, TTFS_OP_BATCHNORM, "bn", IN(x, LAST, LAST, LAST, LAST), NULL);
    expect_refused(&n, "bn",
                   "its parameters are not constant, or a variance plus epsilon is not positive");
    n = dense_net(4, 5); /* a product of two that are computed */
    x = n.last;
    reshape(&n, "w", DIMS(5, 1));
    push(&n, TTFS_OP_MATMUL, "both", IN(x, LAST), NULL);
    expect_refused(&n, "both", "not a product of constant weights with one vector");
}

/* 4 channels of 4 x 4: every order of its axes has the same shape. */
static Net cube_net(void) {
    Net n = start(DIMS(1, 2, 6, 6));
    conv(&n, "c0", 4, 2);
    relu(&n, "r0");
    return n;
}

/* Of one sum some terms differ from element to element, others are the same everywhere. */
static void sums_by_element(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        Net n = map_net();
        TtfsTensor x = n.last;
        if (kind < 2) conv_with(&n, "c1", CONST(&n, 3, 3, 3, 3), 1, 1);
        if (kind == 2) push(&n, TTFS_OP_MUL, "k1", IN(x, CONST(&n, 3, 1, 1)), NULL);
        if (kind == 3) push(&n, TTFS_OP_NEG, "k1", IN(x), NULL);
        TtfsTensor same = n.last;
        push(&n, TTFS_OP_MUL, "k2", IN(x, CONST(&n, 3, 4, 5)), NULL);
        if (kind == 1) push(&n, TTFS_OP_MUL, "k3", IN(LAST, CONST(&n, 3, 1, 1)), NULL);
        push(&n, TTFS_OP_ADD, "sum", IN(same, LAST), NULL);
        relu(&n, "r");
        end_dense(&n);
    }
}

/* A convolution is none the less one for what is added to it. */
static void sums_keep_convolutions(void **state) {
    (void)state;
    Net n = map_net();
    TtfsTensor x = n.last;
    conv_with(&n, "c1", CONST(&n, 3, 3, 3, 3), 1, 1);
    TtfsTensor same = n.last;
    push(&n, TTFS_OP_MUL, "k", IN(x, CONST(&n, 3, 4, 5)), NULL);
    push(&n, TTFS_OP_ADD, "sum", IN(same, LAST), NULL);
    expect_canonical(&n, "conv:c0 relu:r0 conv:c1 reshape:r0.shape reshape:r0.shape.shape conv:sum "
                         "reshape:sum.shape add:c1.sum");
    n = map_net();
    x = n.last;
    conv_with(&n, "c1", CONST(&n, 3, 3, 3, 3), 1, 1);
    same = n.last;
    n.last = x;
    reshape(&n, "row", DIMS(1, 60));
    dense(&n, "fc", 60, 60);
    reshape(&n, "map", DIMS(1, 3, 4, 5));
    push(&n, TTFS_OP_ADD, "sum", IN(same, LAST), NULL);
    expect_canonical(
        &n, "conv:c0 relu:r0 conv:c1 reshape:r0.shape gemm:fc reshape:fc.shape add:c1.sum");
}

/* How far a kernel of one tap moves values: below 2^20 places. */
static void far_moves(void **state) {
    (void)state;
    for (int i = 0; i < 8; i++) {
        uint32_t axis = 2 + (i & 1);
        bool before = i & 2;
        int32_t fits = (i & 4) / 4;
        Net n = start(DIMS(1, 1, 2, 2));
        TtfsIrAttr a = ttfs_ir_attr();
        (before ? a.before : a.after)[axis] = (1 << 20) - fits;
        push_with(&n, TTFS_OP_PAD, "pad", &a);
        if (!fits) {
            push(&n, TTFS_OP_RELU, "r", IN(LAST), NULL);
            expect_refused(&n, "pad", "it moves values too far");
            continue;
        }
        slice(&n, axis, before ? (1 << 20) - 3 : 0, 2, 2);
        end_dense(&n);
    }
}

/* Moves that no layer can be made of, and others that can. */
static void refused_moves(void **state) {
    (void)state;
    TtfsIrAttr a = ttfs_ir_attr();
    Net n = map_net(); /* rows of 12 across channels */
    transpose(&n, "last", to_last);
    reshape(&n, "rows", DIMS(1, 12, 5, 1));
    transpose(&n, "turn", to_last);
    end_refused(&n, "turn", "it moves parts of channels");
    n = cube_net();
    TtfsTensor x = n.last;
    transpose(&n, "turn", to_last);
    push(&n, TTFS_OP_ADD, "sum", IN(x, LAST), NULL);
    end_dense(&n);
    n = cube_net();
    x = n.last;
    transpose(&n, "turn", to_last);
    push(&n, TTFS_OP_CONCAT, "both", IN(x, LAST), NULL);
    end_dense(&n);
    n = cube_net();
    transpose(&n, "turn", to_last);
    conv(&n, "c1", 2, 4);
    end_dense(&n);
    n = cube_net();
    slice(&n, 3, 3, 4, -1);
    end_refused(&n, "slice", "it reverses rows or columns");
    n = cube_net();
    a.before[0] = 1;
    push_with(&n, TTFS_OP_PAD, "pad", &a);
    end_refused(&n, "pad", "it pads an axis of one element");
    n = cube_net();
    push(&n, TTFS_OP_MATMUL, "rows", IN(LAST, CONST(&n, 4, 3)), NULL);
    end_dense(&n);
    n = start(DIMS(2, 4));
    dense(&n, "fc", 3, 4);
    expect_refused(&n, "fc", "not a product of constant weights with one vector");
}

/* An order of elements that no view has is taken into the weights, where there are some. */
static void involved_orders(void **state) {
    (void)state;
    static const uint32_t turn[3] = {0, 2, 1};
    TtfsIrAttr a = ttfs_ir_attr();
    memcpy(a.perm, turn, sizeof turn);
    Net n = dense_net(3, 12);
    for (int i = 0; i < 2; i++) { /* 4 x 3 as 3 x 4 is no order of axes */
        reshape(&n, "rows", DIMS(1, 3, 4));
        push_with(&n, TTFS_OP_TRANSPOSE, i ? "again" : "turn", &a);
        if (!i) reshape(&n, "flat", DIMS(1, 12));
    }
    relu(&n, "r");
    expect_refused(&n, "again", "it moves parts of channels");
    n = map_net(); /* as a map again, and windows over it */
    reshape(&n, "rows", DIMS(1, 4, 15));
    push_with(&n, TTFS_OP_TRANSPOSE, "turn", &a);
    reshape(&n, "map", DIMS(1, 3, 5, 4));
    conv_with(&n, "c1", CONST(&n, 2, 3, 2, 2), 0, 1);
    relu(&n, "r1");
    push(&n, TTFS_OP_AVERAGEPOOL, "avg", IN(LAST), NULL);
    end_dense(&n);
}

/* Curves that grow end a network, with a note each; top k too, but not of the smallest. */
static void ends(void **state) {
    (void)state;
    static const TtfsOp ops[] = {TTFS_OP_SIGMOID,  TTFS_OP_TANH, TTFS_OP_SOFTPLUS,
                                 TTFS_OP_SOFTSIGN, TTFS_OP_ELU,  TTFS_OP_LOGSOFTMAX,
                                 TTFS_OP_TOPK,     TTFS_OP_TOPK, TTFS_OP_ELU};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        TtfsDiag diag = {0};
        TtfsIr out;
        Net n = dense_net(3, 4);
        TtfsIrAttr a = ttfs_ir_attr();
        a.slope = i == 8 ? -1 : 1;
        a.axis = 1;
        a.k = 2, a.largest = i == 6;
        bool dropped = i != 7 && i != 8;
        dense(&n, "fc", 3, 4);
        push_with(&n, ops[i], "end", &a);
        assert_true(ttfs_ir_drop_tail(&n.ir, &out, "net", &diag));
        assert_int_equal(out.nodes.len, dropped ? 3 : 4);
        assert_int_equal(diag.messages.len, dropped);
        ttfs_ir_free(&out);
        ttfs_ir_free(&n.ir);
        ttfs_diag_free(&diag);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(computed_constants),
        cmocka_unit_test(pools_of_constants),
        cmocka_unit_test(pools_behind_pools),
        cmocka_unit_test(pools_of_either_sign),
        cmocka_unit_test(sums_of_many),
        cmocka_unit_test(products),
        cmocka_unit_test(spread_operands),
        cmocka_unit_test(bounds),
        cmocka_unit_test(slices),
        cmocka_unit_test(pads),
        cmocka_unit_test(refusals),
        cmocka_unit_test(sums_keep_convolutions),
        cmocka_unit_test(far_moves),
        cmocka_unit_test(refused_moves),
        cmocka_unit_test(sums_by_element),
        cmocka_unit_test(involved_orders),
        cmocka_unit_test(ends),
        cmocka_unit_test(grids_of_products),
        cmocka_unit_test(grids_of_kernels),
        cmocka_unit_test(grids_of_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
