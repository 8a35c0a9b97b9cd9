/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples through a network twice, beside the engines that define it: the integers of a probe are
 * golden's, neuron by neuron, and its real values relu's, of convolutions with padding, pools,
 * matrices, sums and maps of several channels, on samples that are fitted to as on those held back.
 * The error of a way is what the two say. Moments are those of the same samples, added up plainly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "golden.h"
#include "moments.h"
#include "probe.h"
#include "replay.h"
#include "small_net.h"

#include <math.h>

enum { SAMPLES = 57, MOST_LAYERS = 16, MOST_TERMS = 4 };

typedef struct {
    Net *n;
    TtfsNet net;
    TtfsProbe probe;
    TtfsFitSamples samples;
    double *bias;
    uint32_t bias_count;
} Case;

/* A residual sum: a convolution beside the values that it reads. */
static void residual(Net *n) {
    TtfsTensor x = start(n, 4, (uint32_t[]){1, 2, 8, 8});
    x = relu(n, conv(n, "conv1", x, 4, 3, 1, 0.3));
    TtfsTensor a = conv(n, "conv2", x, 4, 3, 1, 0.3), b = conv(n, "skip", x, 4, 1, 0, 0.3);
    n->ir.nodes.at[n->ir.nodes.len - 1].n_in = 2;
    TtfsNode *k = node(n, TTFS_OP_ADD, "add", a);
    k->in[1] = b, k->n_in = 2;
    x = relu(n, finish(n, k));
    gemm(n, "fc", flatten(n, x), 5, 0.3);
}

/* The same beside a convolution of every channel for itself. */
static void depthwise(Net *n) {
    TtfsTensor x = start(n, 4, (uint32_t[]){1, 2, 8, 8});
    x = relu(n, conv(n, "conv1", x, 4, 3, 1, 0.3));
    TtfsTensor skip = conv(n, "skip", x, 4, 1, 0, 0.3);
    n->ir.nodes.at[n->ir.nodes.len - 1].n_in = 2;
    TtfsNode *k = node(n, TTFS_OP_CONV, "own", x);
    k->in[1] = constant(n, 4, (uint32_t[]){4, 1, 3, 3}, 0.3), k->n_in = 2;
    k->attr.group = 4;
    for (int i = 0; i < 4; i++) k->attr.kernel[i % 2] = 3, k->attr.pad[i] = 1;
    TtfsTensor own = finish(n, k);
    k = node(n, TTFS_OP_ADD, "add", own);
    k->in[1] = skip, k->n_in = 2;
    x = relu(n, finish(n, k));
    gemm(n, "fc", flatten(n, x), 5, 0.3);
}

static TtfsProbeWay way_of(Case *c, uint32_t layer, int16_t **weights) {
    const TtfsPopulation *p = &c->n->spike.pops.at[layer];
    for (uint32_t k = 0; k < p->conn_count; k++)
        weights[k] = (int16_t *)(uintptr_t)c->n->spike.conns.at[p->conn_first + k].weights;
    return (TtfsProbeWay){.weights = weights,
                          .bias = p->bias,
                          .ramp = p->ramp,
                          .bias_count = p->bias_count,
                          .scale = p->scale,
                          .ticks = p->ticks};
}

static uint64_t place_of(const Case *c, uint32_t layer, uint32_t i, uint32_t neuron);

/* What a channel reads at a position, in real units, shared inputs first; how many. */
static uint32_t inputs_of(const Case *c, uint32_t layer, uint32_t channel, uint32_t i, uint32_t at,
                          double *x) {
    const TtfsNetLayer *to = &c->net.layers.at[layer];
    uint32_t neuron[1024], n = 0;
    for (int own = 0; own < 2; own++)
        for (uint32_t k = 0; k < to->terms; k++) {
            const TtfsTerm *t = &c->net.terms.at[to->term_first + k];
            const TtfsProbeLayer *src = &c->probe.layer[t->src];
            if ((t->group > 1) != own) continue;
            uint32_t group = own ? channel / (to->c / t->group) : 0;
            ttfs_replay_patch(&c->net.layers.at[t->src], to, t, group, at / to->w, at % to->w,
                              neuron);
            for (uint64_t j = 0; j < t->row; j++) {
                bool there = neuron[j] != TTFS_NO_NEURON;
                float v = there ? src->spike[place_of(c, t->src, i, neuron[j])] : 0;
                x[n++] = (double)v * src->scale;
            }
        }
    return n;
}

/* Means of what a channel reads, of its sum, and of their products: [0] is 1, [1] the sum. */
static void add_row(const double *x, uint32_t n, double *product) {
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) product[i * n + j] += x[i] * x[j];
}

static void near(double got, double want) {
    if (!(fabs(got - want) < 1e-4 * (1 + fabs(want)))) fail_msg("%g, %g expected", got, want);
}

static void compare_moments(const TtfsMoments *m, uint32_t channel, const double *mean) {
    uint32_t all = m->shared + m->own, n = 2 + all;
    near(m->mean_sum[channel], mean[1]);
    near(m->seconds[channel], mean[n + 1]);
    for (uint32_t i = 0; i < all; i++) {
        uint32_t own = channel * m->own + i - m->shared;
        near(m->mean[i < m->shared ? i : m->shared + own], mean[2 + i]);
        near(m->cross[channel * all + i], mean[n + 2 + i] - mean[1] * mean[2 + i]);
        for (uint32_t j = 0; j < all; j++) {
            if (i < m->shared && j >= m->shared) continue;
            const float *row = i < m->shared   ? m->h + i * m->shared + j
                               : j < m->shared ? m->own_shared + own * m->shared + j
                                               : m->own_own + own * m->own + j - m->shared;
            near((double)*row, mean[(2 + i) * n + 2 + j] - mean[2 + i] * mean[2 + j]);
        }
    }
}

static void check_moments(Case *c, uint32_t layer, const double *bias, uint32_t count) {
    const TtfsNetLayer *l = &c->net.layers.at[layer];
    TtfsArena a = {0};
    TtfsMoments m;
    uint32_t plane = l->h * l->w;
    ttfs_moments_of(&c->probe, layer, bias, count, &m, &a);
    uint32_t n = 2 + m.shared + m.own;
    assert_int_equal(m.rows, (SAMPLES - SAMPLES / 5) * plane);
    for (uint32_t channel = 0; channel < l->c; channel++) {
        double *mean = TTFS_ARRAY(&a, double, (uint64_t)n *n), *x = TTFS_ARRAY(&a, double, n);
        for (uint32_t row = 0; row < SAMPLES * plane; row++) {
            uint32_t i = row / plane, at = row % plane, own = channel * plane + at;
            if (i % 5 == 4) continue;
            const float *real = c->probe.layer[layer].real;
            x[0] = 1;
            x[1] = (double)real[place_of(c, layer, i, own)] - bias[count == l->c ? channel : own];
            assert_int_equal(inputs_of(c, layer, channel, i, at, x + 2), n - 2);
            add_row(x, n, mean);
        }
        for (uint32_t i = 0; i < n * n; i++) mean[i] /= (double)m.rows;
        compare_moments(&m, channel, mean);
    }
    ttfs_arena_free(&a);
}

/* A layer's own way: its values, and the error that was foretold. */
static void take(Case *c, uint32_t layer) {
    int16_t *weights[MOST_TERMS];
    uint32_t count;
    TtfsArena a = {0};
    TtfsProbeWay way = way_of(c, layer, weights);
    double *bias = ttfs_net_bias(&c->net, layer, 0, &a, &count);
    ttfs_probe_sums(&c->probe, layer, bias, count);
    if (!ttfs_moments_refuse(&c->net, layer)) check_moments(c, layer, bias, count);
    double error = ttfs_probe_try(&c->probe, layer, &way);
    assert_true(error > 0);
    assert_float_equal(error, ttfs_probe_try(&c->probe, layer, &way), 0);
    ttfs_probe_take(&c->probe, layer, &way);
    if (c->net.layers.at[layer].kind == TTFS_LAYER_READOUT)
        assert_true(ttfs_probe_error(&c->probe) > 0 && ttfs_probe_error(&c->probe) < 0.1);
    ttfs_arena_free(&a);
}

static void make(Case *c) {
    const TtfsPopulation *in = ttfs_spike_pop(&c->n->spike, c->n->spike.input);
    ttfs_probe_input(&c->probe, &c->samples, in->offset, in->scale, in->ticks);
    for (uint32_t i = 1; i < c->net.layers.len; i++)
        if (c->net.layers.at[i].kind == TTFS_LAYER_MAXPOOL)
            ttfs_probe_pool(&c->probe, i);
        else
            take(c, i);
}

/* Where the values of sample i are: every fifth is held back. */
static uint64_t place_of(const Case *c, uint32_t layer, uint32_t i, uint32_t neuron) {
    uint32_t held = i % 5 == 4, at = held ? i / 5 : i - i / 5;
    uint64_t block = (held ? c->probe.fit_blocks : 0) + at / TTFS_LANES;
    uint32_t size = ttfs_net_size(&c->net.layers.at[layer]);
    return (block * size + neuron) * TTFS_LANES + at % TTFS_LANES;
}

static int32_t integer_of(const Case *c, const TtfsGolden *g, const TtfsTrace *t, uint32_t layer,
                          uint32_t neuron) {
    const TtfsPopulation *p = &c->n->spike.pops.at[layer];
    TtfsPop id = {layer + 1};
    if (p->kind == TTFS_POP_READOUT) return ttfs_golden_potentials(g, id)[neuron];
    uint16_t tick = ttfs_trace_ticks(t, id)[neuron];
    return tick == TTFS_SILENT ? 0 : (int32_t)p->ticks - tick;
}

static void compare(const Case *c, uint32_t i, const TtfsGolden *g, const TtfsTrace *t,
                    const TtfsRelu *r) {
    for (uint32_t layer = 0; layer < c->net.layers.len; layer++) {
        const TtfsNetLayer *l = &c->net.layers.at[layer];
        const float *real = ttfs_relu_values(r, l->tensor);
        for (uint32_t k = 0; k < ttfs_net_size(l); k++) {
            uint64_t place = place_of(c, layer, i, k);
            int32_t want = integer_of(c, g, t, layer, k);
            assert_int_equal((int32_t)c->probe.layer[layer].spike[place], want);
            if (layer > 0) assert_true(fabsf(c->probe.layer[layer].real[place] - real[k]) < 1e-4f);
        }
    }
}

static void against_engines(void (*build)(Net *)) {
    Net n;
    Case c = {.n = &n};
    build(&n);
    n.options.ticks = 31, n.options.weight_bits = 6;
    calibrate(&n, 20);
    expect_lowered(&n);
    assert_true(ttfs_net_of(&n.ir, "net", &c.net, &n.diag));
    uint64_t size = ttfs_net_size(&c.net.layers.at[0]);
    TtfsArena a = {0};
    float *x = TTFS_ARRAY(&a, float, SAMPLES *size);
    for (uint32_t i = 0; i < SAMPLES; i++) sample(&n, x + i * size);
    c.samples = (TtfsFitSamples){.values = x, .count = SAMPLES, .threads = 2};
    assert_int_equal(ttfs_probe_room(&c.net, SAMPLES), SAMPLES);
    ttfs_probe_open(&c.probe, &c.net, &c.samples, SAMPLES, false);
    assert_int_equal(c.probe.held, SAMPLES / 5);
    make(&c);
    TtfsGolden *g = ttfs_golden_open(&n.spike);
    TtfsRelu *r = ttfs_relu_open(&n.ir);
    TtfsTrace t;
    ttfs_trace_init(&t, &n.spike, &a);
    uint16_t *integers = TTFS_ARRAY(&a, uint16_t, size);
    for (uint32_t i = 0; i < SAMPLES; i++) {
        ttfs_spike_encode(&n.spike, x + i * size, integers);
        ttfs_golden_run(g, integers, &t);
        ttfs_relu_run(r, x + i * size);
        compare(&c, i, g, &t, r);
    }
    ttfs_relu_close(r);
    ttfs_golden_close(g);
    ttfs_probe_close(&c.probe);
    ttfs_net_free(&c.net);
    ttfs_arena_free(&a);
    end(&n);
}

static void networks(void **state) {
    (void)state;
    against_engines(mlp);
    against_engines(cnn);
    against_engines(residual);
    against_engines(depthwise);
}

/* Nobody holds what nobody reads any more. */
static void released(void **state) {
    (void)state;
    Net n;
    TtfsNet net;
    TtfsProbe p;
    float x[100 * 20];
    mlp(&n);
    for (int i = 0; i < 100; i++) sample(&n, x + (size_t)i * 20);
    assert_true(ttfs_net_of(&n.ir, "net", &net, &n.diag));
    TtfsFitSamples samples = {.values = x, .count = 100, .threads = 1};
    assert_int_equal(ttfs_probe_room(&net, 39), 0);
    ttfs_probe_open(&p, &net, &samples, 50, false);
    ttfs_probe_input(&p, &samples, 0, 1.0 / 15, 15);
    ttfs_probe_done(&p, 0);
    assert_non_null(p.layer[0].spike);
    ttfs_probe_done(&p, 1);
    assert_null(p.layer[0].spike);
    ttfs_probe_close(&p);
    ttfs_net_free(&net);
    end(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(networks), cmocka_unit_test(released)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
