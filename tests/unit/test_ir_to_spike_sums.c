/* SPDX-License-Identifier: Apache-2.0
 *
 * The lowering of sums: several sources with scales of their own, groups, slices and reshapes,
 * shared weights, biases that depend on the position.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "lowered_error.h"

/* With zero padding p counts only where the taps lie inside: a bias for every position, but for the
 * second layer, whose source starts at 0. */
static void input_range_and_padding(void **state) {
    (void)state;
    for (int calibrated = 0; calibrated < 2; calibrated++) {
        Net n;
        cnn(&n);
        n.options.input_lo = 0.5f;
        n.options.input_hi = 2;
        if (calibrated) calibrate(&n, 200);
        expect_lowered(&n);
        const TtfsPopulation *p = n.spike.pops.at;
        assert_int_equal(p[1].bias_count, 4 * 8 * 8);
        assert_int_equal(p[3].bias_count, 6);
        assert_true(ttfs_pop_bias(&p[1], 0) != ttfs_pop_bias(&p[1], 9));
        assert_int_equal(ttfs_pop_bias(&p[1], 9), ttfs_pop_bias(&p[1], 10));
        assert_true(worst_error(&n, 100) < (calibrated ? 0.03 : 0.2));
        end(&n);
    }
}

static TtfsTensor sum(Net *n, TtfsTensor a, TtfsTensor b) {
    TtfsNode *k = node(n, TTFS_OP_ADD, "add", a);
    k->in[1] = b, k->n_in = 2;
    return finish(n, k);
}

/* A 1x1 convolution in as many groups as channels, all weights 1, without bias. */
static TtfsTensor identity(Net *n, TtfsTensor in) {
    uint32_t c = ttfs_ir_tensor(&n->ir, in)->dim[1];
    TtfsTensor w = constant(n, 4, (uint32_t[]){c, 1, 1, 1}, 1);
    for (uint32_t i = 0; i < c; i++) data(n, w)[i] = 1;
    TtfsNode *k = node(n, TTFS_OP_CONV, "identity", in);
    k->in[1] = w, k->n_in = 2;
    k->attr.group = c;
    return finish(n, k);
}

/* Two convolutions and a connection around them. */
static void residual(Net *n) {
    TtfsTensor x = start(n, 4, (uint32_t[]){1, 2, 8, 8}), y;
    x = relu(n, conv(n, "stem", x, 4, 3, 1, 0.3));
    y = relu(n, conv(n, "left", x, 4, 3, 1, 0.2));
    y = conv(n, "right", y, 4, 3, 1, 0.2);
    x = relu(n, sum(n, y, identity(n, x)));
    gemm(n, "fc", flatten(n, x), 5, 0.1);
}

/* One ramp a channel ties the grids of both sources: s_w = s_out / (R s). */
static void residual_comes_near(void **state) {
    (void)state;
    Net n;
    residual(&n);
    calibrate(&n, 200);
    expect_lowered(&n);
    const TtfsPopulation *p = &n.spike.pops.at[3];
    const TtfsConnection *c = &n.spike.conns.at[p->conn_first];
    assert_int_equal(n.spike.pops.len, 5);
    assert_string_equal(p->name, "right");
    assert_int_equal(p->conn_count, 2);
    assert_int_equal(c[0].src.i, 3);
    assert_int_equal(c[1].src.i, 2);
    assert_int_equal(c[1].group, 4);
    assert_int_equal(p->start, 3 * 255); /* after the later source; the other ended a window ago */
    assert_int_equal(n.spike.latency, 4 * 255);
    for (uint32_t i = 0; i < 4; i++) {
        double quantum = p->scale / (p->ramp[i] * n.spike.pops.at[1].scale);
        assert_true(fabs(c[1].weights[i] * quantum - 1) <= quantum / 2 * 1.0001);
    }
    assert_true(worst_error(&n, 100) < 0.05);
    end(&n);
}

/* At 3 bits the 1 of the identity is three synapses of 3 bits, which together stand for it on a
 * grid that the other source sets; one would end at 3, and only so coarse a grid would hold it. */
static void identity_is_shared_out(void **state) {
    (void)state;
    Net n;
    residual(&n);
    n.options.weight_bits = 3;
    calibrate(&n, 200);
    expect_lowered(&n);
    const TtfsPopulation *p = &n.spike.pops.at[3];
    const TtfsConnection *c = &n.spike.conns.at[p->conn_first];
    bool beyond = false;
    assert_int_equal(p->conn_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        double quantum = p->scale / (p->ramp[i] * n.spike.pops.at[1].scale);
        int32_t sum = 0;
        for (int k = 1; k < 4; k++) {
            assert_int_equal(c[k].src.i, 2);
            assert_int_equal(c[k].weight_bits, 3);
            assert_in_range(c[k].weights[i] + 4, 0, 7);
            assert_in_range(c[k].weights[i] - c[3].weights[i], 0, 1); /* even shares */
            sum += c[k].weights[i];
        }
        assert_true(fabs(sum * quantum - 1) <= quantum / 2 * 1.0001);
        beyond = beyond || sum > 3;
    }
    assert_true(beyond);
    end(&n);
}

/* No more sources than every shipped chip takes; one where there is no room, at more bits, and
 * where nothing else is read. */
static void shares_leave_room(void **state) {
    (void)state;
    const uint32_t bits[] = {3, 5, 6, 3, 3}, sources[] = {1, 1, 1, 2, 0}, want[] = {4, 4, 2, 4, 1};
    for (int i = 0; i < 5; i++) {
        Net n;
        TtfsTensor x = start(&n, 4, (uint32_t[]){1, 2, 4, 4}), y;
        x = relu(&n, conv(&n, "stem", x, 4, 3, 1, 0.3));
        y = identity(&n, x);
        for (uint32_t k = 0; k < sources[i]; k++)
            y = sum(&n, y, conv(&n, k ? "more" : "left", x, 4, 3, 1, 0.2));
        for (uint32_t k = n.ir.nodes.len; sources[i] && k-- > 0;)
            if (n.ir.nodes.at[k].op == TTFS_OP_CONV && k > 1) n.ir.nodes.at[k].n_in = 2;
        gemm(&n, "fc", flatten(&n, relu(&n, y)), 5, 0.1);
        n.options.weight_bits = bits[i];
        calibrate(&n, 100);
        expect_lowered(&n);
        assert_int_equal(n.spike.pops.at[2].conn_count, want[i]);
        end(&n);
    }
}

/* A readout of two sources with very different scales has one quantum for the logits. */
static void readout_of_two(void **state) {
    (void)state;
    Net n;
    TtfsTensor x = start(&n, 2, (uint32_t[]){1, 20});
    TtfsTensor a = relu(&n, gemm(&n, "a", x, 12, 0.3)), b = relu(&n, gemm(&n, "b", x, 12, 30));
    a = gemm(&n, "fc", a, 5, 1);
    sum(&n, a, gemm(&n, "fcb", b, 5, 0.01));
    n.ir.nodes.at[n.ir.nodes.len - 2].n_in = 2;
    calibrate(&n, 200);
    expect_lowered(&n);
    const TtfsPopulation *p = ttfs_spike_pop(&n.spike, n.spike.readout);
    assert_int_equal(p->conn_count, 2);
    assert_true(worst_error(&n, 100) < 0.03);
    end(&n);
}

/* Two layers with the same weights, biases and windows keep one copy of the integers; another
 * window makes another grid. */
static void weights_stay_shared(void **state) {
    (void)state;
    for (int same = 0; same < 2; same++) {
        Net n;
        TtfsTensor x = start(&n, 2, (uint32_t[]){1, 20});
        TtfsTensor a = relu(&n, gemm(&n, "a", x, 12, 0.3)), b = relu(&n, gemm(&n, "b", x, 12, 0.3));
        n.ir.nodes.at[2].in[1] = n.ir.nodes.at[0].in[1];
        n.ir.nodes.at[2].in[2] = n.ir.nodes.at[0].in[2];
        a = gemm(&n, "fc", a, 5, 1);
        sum(&n, a, gemm(&n, "fcb", b, 5, 1));
        n.ir.nodes.at[n.ir.nodes.len - 2].n_in = 2;
        n.options.layers = (TtfsLayerOptions[]){{"b", 0, 7, -1}};
        n.options.n_layers = same ? 0 : 1;
        calibrate(&n, 100);
        expect_lowered(&n);
        const TtfsConnection *c = n.spike.conns.at;
        assert_int_equal(c[1].shared, same);
        assert_true((c[1].weights == c[0].weights) == (same == 1));
        assert_true(worst_error(&n, 50) < 0.03);
        end(&n);
    }
}

/* A slice becomes a range of channels, a min pool a min pool; a vector scaled element by element on
 * a flattened map becomes a matrix. */
static void slices_and_reshapes(void **state) {
    (void)state;
    Net n;
    TtfsTensor x = start(&n, 4, (uint32_t[]){1, 2, 4, 4}), y;
    x = relu(&n, conv(&n, "conv", x, 4, 3, 1, 0.3));
    x = pool(&n, "low", x);
    n.ir.nodes.at[n.ir.nodes.len - 1].op = TTFS_OP_MINPOOL;
    TtfsNode *k = node(&n, TTFS_OP_SLICE, "slice", x);
    for (int i = 0; i < 4; i++) k->attr.apart[i] = 1, k->attr.count[i] = i ? 2 : 1;
    k->attr.first[1] = 1;
    y = gemm(&n, "fc1", flatten(&n, finish(&n, k)), 16, 0.5);
    k = node(&n, TTFS_OP_RESHAPE, "column", x);
    TtfsTensor column = tensor(&n, "column", 4, (uint32_t[]){1, 16, 1, 1});
    k->out = column;
    k = node(&n, TTFS_OP_RESHAPE, "row", identity(&n, column));
    TtfsTensor row = tensor(&n, "row", 2, (uint32_t[]){1, 16});
    k->out = row;
    gemm(&n, "fc2", relu(&n, sum(&n, y, row)), 5, 0.3);
    calibrate(&n, 200);
    expect_lowered(&n);
    const TtfsConnection *c = n.spike.conns.at;
    assert_int_equal(c[1].kind, TTFS_CONN_MINPOOL);
    assert_int_equal(c[2].kind, TTFS_CONN_DENSE);
    assert_int_equal(c[2].src_ch_first, 1);
    assert_int_equal(c[2].src_channels, 2);
    assert_int_equal(c[3].kind, TTFS_CONN_DENSE);
    assert_int_equal(c[3].weight_count, 256);
    for (int i = 0; i < 256; i++) assert_true((c[3].weights[i] != 0) == (i % 17 == 0));
    assert_true(worst_error(&n, 100) < 0.05);
    end(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_range_and_padding), cmocka_unit_test(residual_comes_near),
        cmocka_unit_test(identity_is_shared_out),  cmocka_unit_test(shares_leave_room),
        cmocka_unit_test(readout_of_two),          cmocka_unit_test(weights_stay_shared),
        cmocka_unit_test(slices_and_reshapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
