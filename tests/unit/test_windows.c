/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows that a network sets: grids (QUANT) and bounds (Clip), where they lie when values are
 * moved, pooled, stacked, and what is known of values that are bounded below. Each network must
 * give the relu engine's values afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rewritten_net.h"

/* Rounds the last tensor to `lo`..`hi` steps. */
static void quant(Net *n, TtfsTensor of, float step, float lo, float hi, bool integer) {
    push(n, TTFS_OP_QUANT, "q", IN(of, number(n, step), number(n, 0)), NULL);
    TtfsIrAttr *a = &n->ir.nodes.at[n->ir.nodes.len - 1].attr;
    a->lo = lo, a->hi = hi, a->integer = integer;
}

static void clip(Net *n, const char *name, TtfsTensor x, float lo, float hi) {
    push(n, TTFS_OP_CLIP, name, IN(x), NULL);
    TtfsNode *made = &n->ir.nodes.at[n->ir.nodes.len - 1];
    made->attr.lo = lo, made->attr.hi = hi;
}

/* A bounded relu is one population, before and behind a pool; a second bound is on the same one,
 * and so is a grid; a reader of the relu itself has it as it was; one number is a constant. */
static void ends_of_windows(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2, 10, 10));
    conv(&n, "c0", 3, 2);
    clip(&n, "relu6", LAST, 0, 0.6f);
    push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    conv(&n, "c1", 2, 3);
    expect_canonical(&n, "conv:c0 relu:relu6 clip:relu6_2 maxpool:pool conv:c1");
    n = start(DIMS(1, 2, 10, 10));
    conv(&n, "c0", 3, 2);
    relu(&n, "r");
    push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    clip(&n, "first", LAST, -1, 0.6f);
    clip(&n, "second", LAST, 0, 0.5f);
    conv(&n, "c1", 2, 3);
    expect_canonical(&n, "conv:c0 relu:r clip:second maxpool:pool_2_2 conv:c1");
    n = map_net();
    TtfsTensor x = n.last;
    clip(&n, "clip", x, 0, 0.5f);
    push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    quant(&n, LAST, 0.125f, 0, 15, false);
    TtfsTensor y = n.last;
    push(&n, TTFS_OP_MAXPOOL, "plain", IN(x), NULL);
    push(&n, TTFS_OP_CONCAT, "both", IN(LAST, y), NULL);
    end_dense(&n);
    for (float hi = 0; hi > -1; hi -= 0.4f) {
        n = map_net();
        x = n.last;
        clip(&n, "none", LAST, -0.4f, hi);
        push(&n, TTFS_OP_CONCAT, "both", IN(LAST, x), NULL);
        end_dense(&n);
    }
}

static Net rounded_net(void) {
    Net n = map_net();
    quant(&n, LAST, 0.25f, 0, 15, false);
    return n;
}

/* What is on a grid stays on it: behind pads, cuts, pools, and another rounding to it. */
static void rounded_moves(void **state) {
    (void)state;
    for (int move = 0; move < 7; move++) {
        Net n = rounded_net();
        TtfsIrAttr a = ttfs_ir_attr();
        TtfsTensor x = n.last;
        if (move == 0) a.before[2] = a.after[3] = 1, push_with(&n, TTFS_OP_PAD, "pad", &a);
        if (move == 1) slice(&n, 1, 1, 2, 1);
        if (move == 2) slice(&n, 2, 0, 2, 2);
        if (move == 3) push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
        if (move == 4) push(&n, TTFS_OP_CONCAT, "twice", IN(x, LAST), NULL);
        if (move == 5) push(&n, TTFS_OP_ADD, "shift", IN(LAST, number(&n, 0.5f)), NULL);
        if (move == 6) push(&n, TTFS_OP_NEG, "minus", IN(LAST), NULL);
        if (move < 6) quant(&n, LAST, 0.25f, 0, move == 5 ? 31 : 15, false);
        relu(&n, "r");
        end_dense(&n);
    }
}

/* Of the canonical form: what spikes. */
static uint32_t populations(Net *n) {
    TtfsDiag diag = {0};
    TtfsIr canonical;
    uint32_t found = 0;
    assert_true(ttfs_ir_canonical(&n->ir, &canonical, "net", &diag));
    for (uint32_t i = 0; i < canonical.nodes.len; i++) {
        TtfsOp op = canonical.nodes.at[i].op;
        found += op == TTFS_OP_RELU || op == TTFS_OP_MAXPOOL || op == TTFS_OP_MINPOOL;
    }
    ttfs_ir_free(&canonical);
    ttfs_diag_free(&diag);
    return found;
}

/* A number above 0 for each of 3 channels. */
static TtfsTensor positive(Net *n) {
    static const float v[3] = {0.3f, 0.5f, 0.2f};
    TtfsTensor t = CONST(n, 3, 1, 1);
    memcpy((float *)(uintptr_t)ttfs_ir_tensor(&n->ir, t)->data, v, sizeof v);
    return t;
}

/* Values from 0 on, numbers less a relu, moved in one way. */
static Net moved_clip(int move) {
    Net n = map_net();
    conv_with(&n, "c1", CONST(&n, 3, 3, 1, 1), 0, 1);
    relu(&n, "r1");
    push(&n, TTFS_OP_MIN, "min", IN(LAST, positive(&n)), NULL);
    TtfsTensor x = n.last;
    TtfsIrAttr a = ttfs_ir_attr();
    if (move == 0) slice(&n, 1, 1, 2, 1);
    if (move == 1) slice(&n, 2, 0, 2, 2);
    if (move == 2) a.before[2] = a.after[3] = 1, push_with(&n, TTFS_OP_PAD, "pad", &a);
    if (move == 3) push(&n, TTFS_OP_CONCAT, "twice", IN(x, LAST), NULL);
    if (move == 4) transpose(&n, "turn", to_last);
    if (move == 5) reshape(&n, "flat", DIMS(1, 60));
    if (move == 6) push(&n, TTFS_OP_ADD, "sum", IN(x, LAST), NULL);
    if (move == 7) push(&n, TTFS_OP_MUL, "double", IN(LAST, number(&n, 2)), NULL);
    if (move == 8) push(&n, TTFS_OP_ADD, "shift", IN(LAST, number(&n, 0.5f)), NULL);
    if (move == 9) push(&n, TTFS_OP_AVERAGEPOOL, "mean", IN(LAST), NULL);
    if (move == 10) push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    return n;
}

/* What is known not to be below 0 stays so wherever it goes: a relu of it is nothing. Below 0 by a
 * shift it is one. */
static void floors(void **state) {
    (void)state;
    for (int move = 0; move < 11; move++) {
        Net n = moved_clip(move), same = moved_clip(move), lower = moved_clip(move);
        relu(&n, "r");
        push(&lower, TTFS_OP_SUB, "lower", IN(LAST, number(&lower, 0.6f)), NULL);
        relu(&lower, "r");
        assert_int_equal(populations(&n), populations(&same));
        assert_true(populations(&lower) > populations(&same));
        end_dense(&n);
        end_dense(&lower);
        ttfs_ir_free(&same.ir);
    }
}

/* Constants are rounded at once; bounds may leave one step. */
static void rounded_constants(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        Net n = map_net();
        TtfsTensor x = n.last;
        TtfsIrAttr a = ttfs_ir_attr();
        if (kind < 2) quant(&n, CONST(&n, 3, 1, 1), 0.5f, -4, 4, kind == 1);
        if (kind == 2) quant(&n, computed(&n, 0.8f, true), 0.5f, -4, 4, false);
        if (kind == 3) {
            a.lo = 0.55f, a.hi = 0.6f;
            push_with(&n, TTFS_OP_CLIP, "narrow", &a);
            quant(&n, LAST, 0.5f, 0, 15, false);
        }
        push(&n, TTFS_OP_ADD, "sum", IN(x, LAST), NULL);
        relu(&n, "r");
        end_dense(&n);
    }
}

/* Of two relus side by side, and of sums. */
static void rounded_parts(void **state) {
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        Net n = map_net();
        TtfsTensor x = n.last;
        conv_with(&n, "c1", CONST(&n, 3, 3, 1, 1), 0, 1);
        if (kind) relu(&n, "r1");
        push(&n, kind == 2 ? TTFS_OP_ADD : TTFS_OP_CONCAT, "both", IN(x, LAST), NULL);
        if (!kind) relu(&n, "r1");
        quant(&n, LAST, 0.125f, 0, 31, false);
        end_dense(&n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_of_windows), cmocka_unit_test(rounded_moves),
        cmocka_unit_test(floors),          cmocka_unit_test(rounded_constants),
        cmocka_unit_test(rounded_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
