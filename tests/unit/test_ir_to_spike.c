/* SPDX-License-Identifier: Apache-2.0
 *
 * The lowering: what it makes of small hand-made networks, how near the integers come to the real
 * network, what it notes, what it refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lowered_error.h"

static void mlp_comes_near(void **state) {
    (void)state;
    Net n;
    mlp(&n);
    calibrate(&n, 200);
    expect_lowered(&n);
    assert_int_equal(n.spike.pops.len, 4);
    assert_string_equal(n.spike.pops.at[1].name, "fc1");
    assert_int_equal(n.spike.pops.at[3].kind, TTFS_POP_READOUT);
    assert_int_equal(n.spike.latency, 3 * 255);
    assert_int_equal(n.report.at.len, 4);
    assert_true(worst_error(&n, 100) < 0.03);
    end(&n);
    mlp(&n);
    n.options.weight_bits = 16;
    n.options.ticks = 2000;
    calibrate(&n, 500);
    expect_lowered(&n);
    double fine = worst_error(&n, 100);
    if (fine > 0.05) fail_msg("error %g", fine); /* saturation of unseen samples */
    end(&n);
}

/* Rates of parts are those of the whole in the mean, and vary no less than it. */
static void expect_parts(const TtfsPopulation *p) {
    const TtfsRates *r = &p->rates;
    assert_int_equal(r->rows, p->h < TTFS_MAX_BANDS ? p->h : TTFS_MAX_BANDS);
    assert_in_range(ttfs_pop_rate(p, 0, p->h, 0, p->w), p->rate_ppm * 0.99, p->rate_ppm * 1.01);
    if (!(r->vary > 0 && r->vary <= r->vary_part && r->vary_part < 2 * TTFS_RATE_ONE))
        fail_msg("it varies by %u, a region by %u", r->vary, r->vary_part);
}

static void cnn_comes_near(void **state) {
    (void)state;
    Net n;
    cnn(&n);
    calibrate(&n, 200);
    expect_lowered(&n);
    const TtfsPopulation *p = n.spike.pops.at;
    assert_int_equal(n.spike.pops.len, 5);
    assert_string_equal(p[2].name, "pool1");
    assert_int_equal(p[2].start, p[1].start);
    assert_true(p[2].scale == p[1].scale);
    assert_true(p[2].rate_ppm > p[1].rate_ppm && p[2].rate_ppm < 4 * p[1].rate_ppm);
    assert_int_equal(p[3].start, 2 * 255);
    assert_true(p[1].rate_ppm > 100000 && p[1].rate_ppm < 900000);
    expect_parts(&p[1]);
    expect_parts(&p[2]);
    assert_int_equal(p[4].rates.rows, 0);
    assert_int_equal(n.spike.conns.at[0].pad[3], 1);
    assert_true(worst_error(&n, 100) < 0.03);
    end(&n);
}

/* Without calibration the windows hold everything, and a warning says that they are loose. */
static void without_calibration(void **state) {
    (void)state;
    Net n;
    cnn(&n);
    expect_lowered(&n);
    assert_true(said(&n, TTFS_WARNING, "loose"));
    TtfsGolden *g = ttfs_golden_open(&n.spike);
    TtfsTrace t;
    float x[256];
    uint16_t k[256];
    ttfs_trace_init(&t, &n.spike, &n.spike.arena);
    for (int i = 0; i < 50; i++) {
        sample(&n, x);
        ttfs_spike_encode(&n.spike, x, k);
        ttfs_golden_run(g, k, &t);
        for (uint32_t p = 2; p < n.spike.pops.len; p++)
            for (uint32_t j = 0; j < ttfs_pop_size(&n.spike.pops.at[p - 1]); j++)
                assert_true(ttfs_trace_ticks(&t, (TtfsPop){p})[j] > 0);
    }
    ttfs_golden_close(g);
    assert_true(worst_error(&n, 50) < 0.2);
    end(&n);
}

static void set(Net *n, TtfsTensor t, const float *v) {
    memcpy(data(n, t), v, ttfs_ir_count(ttfs_ir_tensor(&n->ir, t)) * sizeof *v);
}

/* The window of population `name`, as reported. */
static double top_of(const Net *n, const char *name) {
    for (uint32_t i = 0; i < n->report.at.len; i++)
        if (strcmp(n->report.at.at[i].name, name) == 0) return n->report.at.at[i].window_top;
    fail_msg("no layer %s in the report", name);
    return 0;
}

/* Windows without calibration are what intervals of the inputs say: computed by hand, with a lower
 * end above 0 for every channel, which a tap in the padding does not have. */
static void intervals(void **state) {
    (void)state;
    Net n;
    TtfsTensor x = start(&n, 2, (uint32_t[]){1, 2});
    n.options.input_lo = 1, n.options.input_hi = 2;
    x = relu(&n, gemm(&n, "fc1", x, 2, 1)); /* 3.5..6.5 and 5..9 */
    set(&n, n.ir.nodes.at[0].in[1], (const float[]){1, 2, 3, -1});
    set(&n, n.ir.nodes.at[0].in[2], (const float[]){0.5f, 4});
    x = relu(&n, gemm(&n, "fc2", x, 2, 1)); /* 30 - 6.5 - 18..30 - 3.5 - 10, and 3..4 */
    set(&n, n.ir.nodes.at[2].in[1], (const float[]){-1, -2, 0, 0.25f});
    set(&n, n.ir.nodes.at[2].in[2], (const float[]){30, 1.75f});
    gemm(&n, "fc3", x, 2, 0.3);
    expect_lowered(&n);
    assert_true(fabs(top_of(&n, "fc1") - 9) < 1e-6);
    assert_true(fabs(top_of(&n, "fc2") - 16.5) < 1e-6);
    end(&n);
    for (uint32_t pad = 0; pad < 2; pad++) {
        x = start(&n, 4, (uint32_t[]){1, 1, 4, 4});
        n.options.input_lo = 1, n.options.input_hi = 2;
        x = relu(&n, conv(&n, "conv", x, 1, 3, pad, 1));
        for (int i = 0; i < 9; i++) data(&n, n.ir.nodes.at[0].in[1])[i] = -1;
        set(&n, n.ir.nodes.at[0].in[2], (const float[]){20});
        gemm(&n, "fc", flatten(&n, x), 2, 0.3);
        expect_lowered(&n);
        assert_true(fabs(top_of(&n, "conv") - (pad ? 20 : 11)) < 1e-6);
        end(&n);
    }
}

/* x = p + s k: the first layer's bias takes sum w p. */
static void input_range(void **state) {
    (void)state;
    Net n;
    mlp(&n);
    n.options.input_lo = -0.5f;
    n.options.input_hi = 2;
    calibrate(&n, 200);
    expect_lowered(&n);
    assert_true(n.spike.pops.at[0].offset == -0.5);
    assert_true(worst_error(&n, 100) < 0.03);
    assert_false(said(&n, TTFS_NOTE, "is clipped"));
    end(&n);
    mlp(&n);
    calibrate(&n, 200);
    n.options.input_hi = 0.75;
    expect_lowered(&n);
    assert_true(said(&n, TTFS_NOTE, "what lies outside the range 0..0.75 is clipped"));
    assert_true(n.report.at.at[0].window_top == 0.75 && n.report.at.at[0].seen_max > 0.75);
    assert_true(n.report.at.at[0].saturated > 0.1);
    end(&n);
}

/* Squared error of the clip-free grid, one quantum a channel. */
static double max_abs_error(const float *w, uint32_t channels, uint32_t row, uint32_t bits) {
    double error = 0, all = 0, top = (1 << (bits - 1)) - 1;
    for (uint32_t i = 0; i < channels; i++) {
        double most = 0;
        for (uint32_t j = 0; j < row; j++) most = fmax(most, fabs((double)w[i * row + j]));
        for (uint32_t j = 0; j < row; j++) {
            double v = (double)w[i * row + j], e = v - floor(v * top / most + 0.5) * most / top;
            error += e * e;
            all += v * v;
        }
    }
    return sqrt(error / all);
}

static void grids_beat_max_abs(void **state) {
    (void)state;
    for (uint32_t bits = 3; bits <= 8; bits++) {
        Net n;
        mlp(&n);
        n.options.weight_bits = bits;
        calibrate(&n, 100);
        expect_lowered(&n);
        const float *w = ttfs_ir_tensor(&n.ir, n.ir.nodes.at[0].in[1])->data;
        double plain = max_abs_error(w, 30, 20, bits), got = n.report.at.at[1].weight_error;
        if (got > plain * (bits > 5 ? 1.0 : 0.97))
            fail_msg("%u bits: %g against %g", bits, got, plain);
        assert_true(n.report.at.at[1].ramp_min >= 1);
        end(&n);
    }
}

/* A channel whose weights are next to nothing, or far above its sources': its ramp stays one that
 * the chip has, 1 .. 2^22 and with its threshold below 2^30. */
static void ramps_have_bounds(void **state) {
    (void)state;
    static const float factors[] = {1e-9f, 1e-6f, 1e-4f, 1e3f};
    for (size_t f = 0; f < sizeof factors / sizeof *factors; f++) {
        Net n;
        mlp(&n);
        float *w = data(&n, n.ir.nodes.at[0].in[1]);
        for (int i = 0; i < 20; i++) w[i] *= factors[f];
        calibrate(&n, 100);
        expect_lowered(&n);
        const TtfsPopulation *p = &n.spike.pops.at[1];
        for (uint32_t i = 0; i < p->c; i++)
            if (p->ramp[i] < 1 || p->ramp[i] > 1 << 22 || p->ramp[i] * 256LL > 1 << 30)
                fail_msg("factor %g: ramp %d", (double)factors[f], p->ramp[i]);
        end(&n);
    }
}

/* The rounding errors of a channel add up to at most half a quantum. */
static void errors_are_balanced(void **state) {
    (void)state;
    Net n;
    mlp(&n);
    n.options.weight_bits = 4;
    calibrate(&n, 100);
    expect_lowered(&n);
    for (uint32_t layer = 0; layer < 2; layer++) {
        const TtfsConnection *c = &n.spike.conns.at[layer];
        const TtfsPopulation *src = ttfs_spike_pop(&n.spike, c->src);
        const TtfsPopulation *dst = ttfs_spike_pop(&n.spike, c->dst);
        const float *w = ttfs_ir_tensor(&n.ir, n.ir.nodes.at[2 * layer].in[1])->data;
        for (uint32_t i = 0; i < dst->c; i++) {
            double quantum = dst->scale / (dst->ramp[i] * src->scale), sum = 0;
            for (uint32_t j = 0; j < src->c; j++)
                sum += c->weights[i * src->c + j] - (double)w[i * src->c + j] / quantum;
            assert_true(fabs(sum) < 0.5001);
        }
    }
    end(&n);
}

/* Layers as large as they are or smaller by a power of two become the same integers. */
static void size_is_all_in_the_scales(void **state) {
    (void)state;
    Net one, two;
    Net *n[2] = {&one, &two};
    for (int i = 0; i < 2; i++) {
        mlp(n[i]);
        n[i]->options.weight_bits = 4;
        for (uint32_t k = 0; i && k < n[i]->ir.nodes.len; k++)
            for (uint32_t j = 1; j < n[i]->ir.nodes.at[k].n_in; j++) {
                TtfsTensor t = n[i]->ir.nodes.at[k].in[j];
                uint64_t count = ttfs_ir_count(ttfs_ir_tensor(&n[i]->ir, t));
                int by = j == 1 ? -30 : -30 * (int)(k / 2 + 1);
                for (uint64_t e = 0; e < count; e++)
                    data(n[i], t)[e] = ldexpf(data(n[i], t)[e], by);
            }
        calibrate(n[i], 100);
        expect_lowered(n[i]);
    }
    for (uint32_t i = 0; i < one.spike.conns.len; i++) {
        const TtfsConnection *c = &one.spike.conns.at[i], *d = &two.spike.conns.at[i];
        assert_int_equal(c->weight_count, d->weight_count);
        assert_memory_equal(c->weights, d->weights, c->weight_count * sizeof *c->weights);
    }
    end(&one);
    end(&two);
}

/* Where a great many weights are far below one that is clipped for their sake, the finest of the
 * quanta that are tried is the best: 2.2 times finer than what clips nothing. */
static void readout_takes_the_finest(void **state) {
    (void)state;
    Net n;
    gemm(&n, "fc", start(&n, 2, (uint32_t[]){1, 200}), 1, 0);
    float *w = data(&n, n.ir.nodes.at[0].in[1]);
    for (int i = 0; i < 200; i++) w[i] = i ? 0.45f : 1;
    n.options.weight_bits = 2;
    expect_lowered(&n);
    const TtfsPopulation *p = n.spike.pops.at;
    assert_true(fabs(2.2 * p[1].scale / p[0].scale - 1) < 1e-6);
    end(&n);
}

static void dead_layer(void **state) {
    (void)state;
    Net n;
    mlp(&n);
    float *w = data(&n, n.ir.nodes.at[2].in[1]), *b = data(&n, n.ir.nodes.at[2].in[2]);
    for (int i = 0; i < 30 * 16; i++) w[i] = 0;
    for (int i = 0; i < 16; i++) b[i] = -1;
    calibrate(&n, 50);
    expect_lowered(&n);
    assert_true(said(&n, TTFS_NOTE, "no activation above 0"));
    assert_true(n.spike.pops.at[2].scale == 1.0 / 255);
    assert_int_equal(n.spike.pops.at[2].ramp[0], 1);
    assert_true(worst_error(&n, 20) < 0.01);
    end(&n);
}

/* A channel whose bias is beyond all bounds never fires, or always fires first: moved into 32 bits,
 * and said. */
static void absurd_bias(void **state) {
    (void)state;
    Net n;
    mlp(&n);
    data(&n, n.ir.nodes.at[2].in[2])[3] = -1e12f;
    calibrate(&n, 50);
    expect_lowered(&n);
    assert_true(said(&n, TTFS_NOTE, "channel 3 is silent for every input"));
    assert_true(worst_error(&n, 50) < 0.03);
    end(&n);
    mlp(&n);
    calibrate(&n, 50);
    data(&n, n.ir.nodes.at[2].in[2])[3] = 1e12f;
    expect_lowered(&n);
    assert_true(said(&n, TTFS_NOTE, "channel 3 is saturated for every input"));
    end(&n);
    mlp(&n);
    data(&n, n.ir.nodes.at[4].in[2])[3] = 1e12f;
    calibrate(&n, 50);
    expect_refused(&n, TTFS_QUANT_RANGE, "the potential of channel 3 reaches ");
}

static void potential_beyond_int32(void **state) {
    (void)state;
    Net n;
    mlp(&n);
    n.options.ticks = 65535;
    n.options.weight_bits = 16;
    calibrate(&n, 10);
    expect_refused(&n, TTFS_QUANT_RANGE, "bits, 32 are available");
}

/* A window far below one quantum of the accumulator is widened. */
static void widened(void **state) {
    (void)state;
    Net n;
    mlp(&n);
    n.options.layers = (TtfsLayerOptions[]){{"input", 1, 0, -1}};
    n.options.n_layers = 1;
    n.options.weight_bits = 2;
    n.options.ticks = 1000;
    calibrate(&n, 100);
    expect_lowered(&n);
    assert_true(said(&n, TTFS_NOTE, "2 weight bits on the source's 1 ticks are coarser than it"));
    assert_true(n.report.at.at[1].ramp_min <= 2);
    end(&n);
}

/* A bound is the window of a layer that calibration never saw fire, whatever it would be else. */
static void bounded_and_silent(void **state) {
    (void)state;
    Net n;
    TtfsTensor x = start(&n, 2, (uint32_t[]){1, 20});
    x = relu(&n, gemm(&n, "fc1", x, 30, 0.3));
    for (int i = 0; i < 30; i++) data(&n, n.ir.nodes.at[0].in[2])[i] = -1000;
    TtfsNode *k = node(&n, TTFS_OP_CLIP, "clip", x);
    k->attr.hi = 0.04f;
    gemm(&n, "fc2", finish(&n, k), 5, 0.3);
    calibrate(&n, 10);
    expect_lowered(&n);
    assert_true(said(&n, TTFS_NOTE, "its window is taken as 0.04"));
    assert_true(top_of(&n, "fc1") <= 0.04);
    end(&n);
}

/* A window ends where the network bounds its values: there when values reach it, below when they do
 * not; with ticks that the grid of weights is too coarse for, with as many as lie below. */
static void bounded(void **state) {
    (void)state;
    static const struct {
        float top;
        uint32_t bits, ticks, want;
    } row[] = {{0.3f, 8, 255, 255}, {100, 8, 255, 255}, {1.5f, 2, 1000, 0}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Net n;
        TtfsTensor x = start(&n, 2, (uint32_t[]){1, 20});
        x = relu(&n, gemm(&n, "fc1", x, 30, 0.3));
        TtfsNode *k = node(&n, TTFS_OP_CLIP, "clip", x);
        k->attr.hi = row[i].top;
        gemm(&n, "fc2", finish(&n, k), 5, 0.3);
        n.options.weight_bits = row[i].bits;
        n.options.ticks = row[i].ticks;
        n.options.layers = (TtfsLayerOptions[]){{"input", 1, 0, -1}};
        n.options.n_layers = row[i].want == 0;
        n.options.percentile = i == 0 ? 0.9 : 1; /* of more values than that the end is reached */
        calibrate(&n, 100);
        expect_lowered(&n);
        const TtfsPopulation *p = &n.spike.pops.at[1];
        double last = p->scale * p->ticks, top = (double)row[i].top;
        if (row[i].want) assert_int_equal(p->ticks, row[i].want);
        if (!row[i].want) assert_in_range(p->ticks, 1, row[i].ticks - 1);
        assert_int_equal(said(&n, TTFS_NOTE, "ticks that lie below"), !row[i].want);
        if (top > 50)
            assert_true(last < 50);
        else
            assert_true(fabs(last - top) <= (row[i].want ? 1e-6 : p->scale / 2 + 1e-9));
        end(&n);
    }
}

static void layer_options(void **state) {
    (void)state;
    Net n;
    cnn(&n);
    n.options.layers = (TtfsLayerOptions[]){{"conv1", 31, 5, 0.5}, {"fc", 0, 6, -1}};
    n.options.n_layers = 2;
    calibrate(&n, 100);
    expect_lowered(&n);
    assert_int_equal(n.spike.pops.at[1].ticks, 31);
    assert_int_equal(n.spike.pops.at[2].ticks, 31);
    assert_int_equal(n.spike.conns.at[0].weight_bits, 5);
    assert_int_equal(n.spike.conns.at[3].weight_bits, 6);
    assert_true(n.report.at.at[1].saturated > 0.03);
    assert_true(said(&n, TTFS_NOTE, "above the window"));
    end(&n);
    cnn(&n);
    n.options.layers = (TtfsLayerOptions[]){{"conv9", 31, 0, -1}};
    n.options.n_layers = 1;
    expect_refused(&n, TTFS_CONFIG_VALUE, "does not have");
    cnn(&n);
    n.options.layers = (TtfsLayerOptions[]){{"fc", 31, 0, -1}};
    n.options.n_layers = 1;
    expect_refused(&n, TTFS_CONFIG_VALUE, "readout");
}

static void names_are_unique(void **state) {
    (void)state;
    Net n;
    TtfsTensor x = start(&n, 2, (uint32_t[]){1, 4});
    x = relu(&n, gemm(&n, "fc", x, 4, 1));
    x = relu(&n, gemm(&n, "fc", x, 4, 1));
    gemm(&n, "", x, 4, 1);
    expect_lowered(&n);
    assert_string_equal(n.spike.pops.at[1].name, "fc");
    assert_string_equal(n.spike.pops.at[2].name, "fc_2");
    assert_string_equal(n.spike.pops.at[3].name, "layer");
    end(&n);
}

static void pool_on_the_input(void **state) {
    (void)state;
    Net n;
    TtfsTensor x = start(&n, 4, (uint32_t[]){1, 1, 8, 8});
    x = relu(&n, conv(&n, "conv", pool(&n, "pool", x), 3, 3, 0, 0.5));
    gemm(&n, "fc", flatten(&n, x), 4, 0.5);
    n.options.input_lo = -1;
    calibrate(&n, 100);
    expect_lowered(&n);
    assert_int_equal(n.spike.pops.at[1].start, 0);
    assert_int_equal(n.spike.latency, 2 * 255);
    assert_true(worst_error(&n, 50) < 0.03);
    end(&n);
}

static void refused_forms(void **state) {
    (void)state;
    Net n;
    mlp(&n);
    n.ir.nodes.at[1].op = TTFS_OP_IDENTITY;
    expect_refused(&n, TTFS_MODEL_FORM, "not an operation");
    mlp(&n);
    data(&n, n.ir.nodes.at[2].in[1])[7] = NAN;
    expect_refused(&n, TTFS_MODEL_VALUE, "not finite");
    mlp(&n);
    data(&n, n.ir.nodes.at[2].in[2])[7] = INFINITY;
    expect_refused(&n, TTFS_MODEL_VALUE, "not finite");
}

static void refused_options(void **state) {
    (void)state;
    static const TtfsSpikeOptions bad[] = {
        {.ticks = 0, .weight_bits = 8, .percentile = 1, .input_hi = 1},
        {.ticks = 65536, .weight_bits = 8, .percentile = 1, .input_hi = 1},
        {.ticks = 15, .weight_bits = 1, .percentile = 1, .input_hi = 1},
        {.ticks = 15, .weight_bits = 17, .percentile = 1, .input_hi = 1},
        {.ticks = 15, .weight_bits = 8, .percentile = 0, .input_hi = 1},
        {.ticks = 15, .weight_bits = 8, .percentile = 1.1, .input_hi = 1},
        {.ticks = 15, .weight_bits = 8, .percentile = 1, .input_hi = 0},
        {.ticks = 15, .weight_bits = 8, .percentile = 1, .input_hi = INFINITY},
        {.ticks = 15, .weight_bits = 8, .percentile = 1, .input_lo = NAN, .input_hi = 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Net n;
        mlp(&n);
        n.options = bad[i];
        expect_refused(&n, TTFS_OPTION_VALUE, "expected");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ramps_have_bounds),
        cmocka_unit_test(mlp_comes_near),
        cmocka_unit_test(cnn_comes_near),
        cmocka_unit_test(without_calibration),
        cmocka_unit_test(intervals),
        cmocka_unit_test(input_range),
        cmocka_unit_test(grids_beat_max_abs),
        cmocka_unit_test(errors_are_balanced),
        cmocka_unit_test(size_is_all_in_the_scales),
        cmocka_unit_test(readout_takes_the_finest),
        cmocka_unit_test(dead_layer),
        cmocka_unit_test(absurd_bias),
        cmocka_unit_test(potential_beyond_int32),
        cmocka_unit_test(widened),
        cmocka_unit_test(bounded),
        cmocka_unit_test(bounded_and_silent),
        cmocka_unit_test(layer_options),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(pool_on_the_input),
        cmocka_unit_test(refused_forms),
        cmocka_unit_test(refused_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
