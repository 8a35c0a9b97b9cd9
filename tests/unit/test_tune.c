/* SPDX-License-Identifier: Apache-2.0
 *
 * Fine-tuning: products against plain sums; the training's forward pass against golden, population
 * by population, on random networks in canonical form; the model that the integers become, read
 * back; gradients against differences of the loss. Whole trainings: test_training.c.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "golden.h"
#include "onnx_to_ir.h"
#include "tune_case.h"

enum { NETS = 300 };

static void test_products(void **state) {
    TtfsRng r = ttfs_rng(3);
    static float a[40 * 300], b[300 * 40], c[40 * 40], scratch[TTFS_GEMM_SCRATCH];
    (void)state;
    for (int turn = 0; turn < 40; turn++) {
        size_t m = 1 + ttfs_rng_below(&r, 40), n = 1 + ttfs_rng_below(&r, 40);
        size_t k = 1 + ttfs_rng_below(&r, 300);
        bool across = ttfs_rng_below(&r, 2), down = ttfs_rng_below(&r, 2), add = turn % 2;
        TtfsMatrix x = {a, across ? 1 : k, across ? m : 1}, y = {b, down ? 1 : n, down ? k : 1};
        for (size_t i = 0; i < m * k; i++) a[i] = (float)ttfs_rng_below(&r, 21) - 10;
        for (size_t i = 0; i < n * k; i++) b[i] = (float)ttfs_rng_below(&r, 21) - 10;
        for (size_t i = 0; i < m * n; i++) c[i] = 7;
        ttfs_gemm(m, n, k, x, y, c, n, add, scratch);
        for (size_t i = 0; i < m * n; i++) {
            float want = add ? 7 : 0;
            for (size_t p = 0; p < k; p++)
                want += a[i / n * x.row + p * x.col] * b[p * y.row + i % n * y.col];
            assert_true(c[i] == want);
        }
    }
}

static void expect_population(const Case *c, uint32_t i, uint32_t lane, TtfsTrace *t) {
    const TtfsPopulation *p = &c->start.spike.pops.at[i];
    for (uint32_t k = 0; k < ttfs_pop_size(p); k++) {
        int32_t want, got;
        if (p->kind == TTFS_POP_READOUT) {
            want = ttfs_trace_potentials(t, (TtfsPop){i + 1})[k];
            got = (int32_t)c->work.potential[i][k * LANES + lane];
        } else {
            uint16_t tick = ttfs_trace_ticks(t, (TtfsPop){i + 1})[k];
            want = tick == TTFS_SILENT ? 0 : (int32_t)p->ticks - tick;
            got = (int32_t)c->work.value[i][k * LANES + lane];
        }
        if (want != got) fail_msg("population %u neuron %u: %d, not %d", i, k, got, want);
    }
}

static void expect_golden(Case *c) {
    const TtfsTuneSamples samples = {
        .encode = encode, .context = c, .classes = (uint32_t[LANES]){0}};
    const uint32_t order[LANES] = {0, 1, 2, 3, 4, 5, 6, 7};
    TtfsTuneChunk chunk = {.lanes = LANES, .count = LANES, .batch = LANES, .sample = order};
    TtfsGolden *g = ttfs_golden_open(&c->start.spike);
    TtfsTrace t;
    ttfs_trace_init(&t, &c->start.spike, &c->start.arena);
    for (uint32_t turn = 0; turn < 2; turn++) /* the second time nothing is left of the first */
        assert_true(ttfs_tune_chunk(&c->tune, &samples, &c->work, &chunk));
    for (uint32_t lane = 0; lane < LANES; lane++) {
        ttfs_golden_run(g, c->x[lane], &t);
        for (uint32_t i = 0; i < c->start.spike.pops.len; i++) {
            expect_population(c, i, lane, &t);
            if (c->start.spike.pops.at[i].kind == TTFS_POP_RELU)
                chunk.spikes -= ttfs_trace_spikes(&t, (TtfsPop){i + 1});
        }
    }
    assert_int_equal(chunk.spikes, 0);
    ttfs_golden_close(g);
}

/* A pool's gradient goes to the first of its patch that has what it sent. */
static void expect_pool_back(Case *c, uint32_t layer) {
    const TtfsNetLayer *l = &c->start.net.layers.at[layer];
    const TtfsTerm *t = &c->start.net.terms.at[l->term_first];
    const float *x = c->work.value[t->src], *y = c->work.value[layer];
    float *g = c->work.gradient[layer], *got = c->work.gradient[t->src];
    size_t n = (size_t)c->tune.layer[t->src].size * LANES;
    float *want = TTFS_ARRAY(&c->start.arena, float, n);
    memset(got, 0, n * sizeof *got);
    for (uint32_t i = 0; i < c->tune.layer[layer].size * LANES; i++) {
        uint32_t neuron = i / LANES, row = neuron / l->w % l->h, channel = neuron / l->w / l->h;
        g[i] = (float)(i % 11) - 5;
        for (uint32_t k = 0; k < t->kernel[0] * t->kernel[1]; k++) {
            int64_t sy = ttfs_term_tap(t, 0, row, k / t->kernel[1]);
            int64_t sx = ttfs_term_tap(t, 1, neuron % l->w, k % t->kernel[1]);
            if (sy < 0 || sy >= t->in[1] || sx < 0 || sx >= t->in[2]) continue;
            size_t at = t->first + ((size_t)channel * t->in[1] + (size_t)sy) * t->in[2] +
                        (size_t)sx;
            if (x[at * LANES + i % LANES] != y[i]) continue;
            want[at * LANES + i % LANES] += g[i];
            break;
        }
    }
    ttfs_tune_pool_back(&c->tune, layer, &c->work, LANES);
    assert_memory_equal(got, want, n * sizeof *got);
}

/* What a training begins with are the integers of the graph that it begins with. */
static void expect_begun(const Case *c, uint64_t seed) {
    for (uint32_t i = 1; i < c->start.net.layers.len; i++) {
        const TtfsPopulation *p = &c->start.spike.pops.at[i];
        const TtfsTuneLayer *l = &c->start.layer[i];
        if (!c->tune.layer[i].term) continue;
        for (uint32_t k = 0; k < ttfs_pop_size(p); k++)
            if (l->bias[k / (ttfs_pop_size(p) / l->biases)] != ttfs_pop_bias(p, k))
                fail_msg("seed %u population %u: bias %u", (unsigned)seed, i, k);
        for (uint32_t k = 0; p->ramp && k < p->c; k++) assert_int_equal(l->ramp[k], p->ramp[k]);
        for (uint32_t k = 0; k < p->conn_count; k++) {
            const TtfsConnection *x = &c->start.spike.conns.at[p->conn_first + k];
            if (memcmp(l->weights[k], x->weights, x->weight_count * sizeof *x->weights))
                fail_msg("seed %u population %u: weights of %u", (unsigned)seed, i, k);
        }
    }
}

/* What is trained is what golden runs: groups, strides, dilations, pads, sums, slices, pools of
 * both kinds, biases by position, inputs that begin elsewhere than at 0. */
static void test_forward(void **state) {
    uint32_t seen = 0, pools = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        Case c;
        if (open_case(&c, seed, false)) {
            ttfs_tune_open(&c.tune, c.start.layer, &c.start.arena);
            ttfs_tune_work_open(&c.tune, &c.work, LANES, false, false, &c.start.arena);
            ttfs_tune_snap(&c.tune, false);
            ttfs_tune_take(&c.tune, c.start.layer, &c.start.arena);
            if (!c.tune.inexact) expect_begun(&c, seed);
            put_integers(&c);
            draw_samples(&c);
            if (!c.tune.inexact) expect_golden(&c), seen++;
            for (uint32_t i = 1; !c.tune.inexact && i < c.tune.layers; i++)
                if (!c.tune.layer[i].term && !c.start.net.layers.at[i].of_input)
                    expect_pool_back(&c, i), pools++;
        }
        close_case(&c);
    }
    assert_true(seen > NETS / 2 && pools > NETS / 10);
}

/* --- the model --- */

/* The model, read as any other, gives the integers. */
static void expect_same_model(Case *c, uint64_t seed) {
    TtfsTuneStart *s = &c->start;
    TtfsBuf model = {0};
    TtfsIr ir, canonical;
    TtfsSpike spike;
    TtfsQuantReport report;
    TtfsDiag diag = {0};
    ttfs_tune_model(s, &model);
    TtfsSpikeOptions o = {.ticks = s->layer[0].ticks,
                          .weight_bits = s->layer[s->net.layers.len - 1].bits,
                          .percentile = 1,
                          .input_lo = c->canon.lo,
                          .input_hi = c->canon.hi};
    bool ok =
        ttfs_onnx_import_bytes("m", model.text, model.len, &(TtfsOnnxOptions){0}, &ir, &diag) &&
        ttfs_ir_canonical(&ir, &canonical, "m", &diag) &&
        ttfs_ir_to_spike(&canonical, NULL, &o, "m", &spike, &report, &diag) &&
        ttfs_tune_same(s, &spike, &diag);
    if (!ok) {
        TtfsBuf text = {0};
        ttfs_diag_print(&diag, TTFS_NOTE, false, &text);
        fail_msg("seed %u: %s", (unsigned)seed, ttfs_buf_text(&text));
    }
    ttfs_diag_free(&diag);
    ttfs_arena_free(&report.arena);
    ttfs_spike_free(&spike);
    ttfs_ir_free(&canonical);
    ttfs_ir_free(&ir);
    ttfs_buf_free(&model);
}

/* The first channel of every relu gets no weights. */
static void silence_channels(Case *c) {
    for (uint32_t i = 1; i < c->tune.layers; i++) {
        const TtfsTuneState *l = &c->tune.layer[i];
        if (!l->term || !l->ticks) continue;
        for (uint32_t k = 0; k < l->net->terms; k++)
            memset(c->tune.value + l->term[k].at, 0,
                   l->term[k].rows / l->net->c * l->term[k].term->row * sizeof(float));
    }
}

static void test_model(void **state) {
    uint32_t seen = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        Case c;
        if (open_case(&c, seed, false) && said(&c)) {
            TtfsNetGrid g = {.scale = (double)(float)c.start.layer[0].scale,
                             .offset = c.start.offset};
            c.start.rounded = ttfs_net_to_onnx_rounds(&g);
            if (c.start.rounded) c.start.layer[0].scale = g.scale;
            ttfs_tune_open(&c.tune, c.start.layer, &c.start.arena);
            if (seed % 2) silence_channels(&c);
            ttfs_tune_snap(&c.tune, false);
            ttfs_tune_take(&c.tune, c.start.layer, &c.start.arena);
            expect_same_model(&c, seed);
            seen++;
        }
        close_case(&c);
    }
    assert_true(seen >= NETS / 10);
}

/* --- gradients --- */

/* c[i][j] = sum over k, 256 at a time, each product rounded. */
static float product(const TtfsMatrix *a, const TtfsMatrix *b, size_t i, size_t j, size_t k) {
    float all = 0;
    for (size_t at = 0; at < k; at += 256) {
        float sum = 0;
        for (size_t p = at; p < k && p < at + 256; p++)
            sum += a->at[i * a->row + p * a->col] * b->at[p * b->row + j * b->col];
        all = at ? all + sum : sum;
    }
    return all;
}

/* A product of drawn sizes, either way of both matrices: the same bits on processors of each kind.
 */
static void one_product(TtfsRng *r, TtfsArena *arena) {
    size_t m = 1 + ttfs_rng_below(r, 140), n = 1 + ttfs_rng_below(r, 40);
    size_t k = 1 + ttfs_rng_below(r, 600), row = n + ttfs_rng_below(r, 3);
    float *x = TTFS_ARRAY(arena, float, m *k), *y = TTFS_ARRAY(arena, float, k *n);
    float *c = TTFS_ARRAY(arena, float, 2 * m * row), *d = c + m * row;
    float *scratch = TTFS_ARRAY(arena, float, TTFS_GEMM_SCRATCH);
    for (size_t i = 0; i < m * k; i++) x[i] = (float)ttfs_rng_below(r, 2000) / 999 - 1;
    for (size_t i = 0; i < k * n; i++) y[i] = (float)ttfs_rng_below(r, 2000) / 999 - 1;
    TtfsMatrix a = ttfs_rng_below(r, 2) ? (TtfsMatrix){x, k, 1} : (TtfsMatrix){x, 1, m};
    TtfsMatrix b = ttfs_rng_below(r, 2) ? (TtfsMatrix){y, n, 1} : (TtfsMatrix){y, 1, k};
    bool add = ttfs_rng_below(r, 2);
    for (size_t i = 0; i < m * row; i++) c[i] = d[i] = (float)(i % 5);
    ttfs_gemm(m, n, k, a, b, c, row, add, scratch);
    ttfs_gemm_plain(m, n, k, a, b, d, row, add, scratch);
    assert_memory_equal(c, d, m * row * sizeof *c);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < row; j++) {
            float was = (float)((i * row + j) % 5), want = j < n ? product(&a, &b, i, j, k) : was;
            if (j < n && !(add && k > 256))
                assert_true(c[i * row + j] == (add ? was + want : want));
            if (j >= n) assert_true(c[i * row + j] == was);
        }
}

static void test_product_bits(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(5);
    for (int i = 0; i < 40; i++) {
        TtfsArena a = {0};
        one_product(&r, &a);
        ttfs_arena_free(&a);
    }
}

static const uint32_t classes[LANES] = {0, 1, 0, 1, 1, 0, 1, 0},
                      in_order[LANES] = {0, 1, 2, 3, 4, 5, 6, 7};

/* A teacher's activations: anything within the windows. */
static bool teach(void *context, uint32_t member, const uint32_t *sample, uint32_t n, uint32_t turn,
                  uint32_t lanes, float *const *to, TtfsDiag *diag) {
    const Case *c = context;
    (void)member, (void)sample, (void)turn, (void)diag;
    assert_int_equal(n, lanes);
    for (uint32_t i = 0; i < c->tune.layers; i++)
        for (uint32_t k = 0; to[i] && k < c->tune.layer[i].size * lanes; k++)
            to[i][k] = (float)(k * 7 % 13 / 13.0 *
                               (i == c->tune.readout ? 3 : c->tune.layer[i].window_from));
    return true;
}

/* The loss of the chunk, and with `gradient` [parameters] its gradient. */
static double loss_of(Case *c, float *gradient) {
    static float logits[LANES * 512];
    for (int i = 0; i < LANES * 512; i++) logits[i] = (float)(i * 7 % 13) / c->logits_by;
    const TtfsTuneSamples samples = {.encode = encode,
                                     .context = c,
                                     .classes = c->teachers == 2 ? NULL : classes,
                                     .logits = c->teachers ? logits : NULL,
                                     .teach = teach};
    TtfsTuneChunk chunk = {
        .lanes = LANES, .count = LANES, .batch = LANES, .sample = in_order, .gradient = gradient};
    ttfs_tune_snap(&c->tune, false);
    assert_true(ttfs_tune_chunk(&c->tune, &samples, &c->work, &chunk));
    for (uint32_t i = 0; gradient && i < c->tune.layers; i++)
        if (c->tune.layer[i].term) ttfs_tune_grid_gradient(&c->tune, i, gradient);
    return chunk.loss / LANES;
}

/* Windows a third of what they were: many values are beyond them. */
static void shrink_windows(Case *c) {
    for (uint32_t i = 1; i < c->start.net.layers.len; i++) {
        TtfsTuneLayer *l = &c->start.layer[i];
        l->weights = NULL;
        if (!l->ramp) continue;
        l->scale /= 3;
        for (uint32_t k = 0; k < c->start.net.layers.at[i].c; k++)
            l->ramp[k] = (l->ramp[k] + 2) / 3;
    }
}

/* A direction: all weights and biases, or all windows. */
static void draw_direction(const Case *c, bool windows, TtfsRng *r, float *to) {
    memset(to, 0, c->tune.parameters * sizeof *to);
    for (uint32_t i = 0; i < c->tune.layers; i++) {
        const TtfsTuneState *l = &c->tune.layer[i];
        if (!l->term) continue;
        if (windows) {
            to[l->window_at] = (float)ttfs_rng_normal(r) / 10; /* they move at ten times the pace */
            continue;
        }
        for (uint32_t k = 0; k < l->biases; k++) to[l->bias_at + k] = (float)ttfs_rng_normal(r) / 4;
        for (uint32_t k = 0; k < l->net->terms; k++)
            for (uint64_t j = 0; j < l->term[k].rows * l->term[k].term->row; j++)
                to[l->term[k].at + j] = (float)ttfs_rng_normal(r) / 4;
    }
}

/* The slope of the loss along a direction by differences; and by the gradient. */
static void slopes(Case *c, const float *direction, float step, double *by_differences,
                   double *by_gradient) {
    size_t n = c->tune.parameters;
    float *g = TTFS_ARRAY(&c->start.arena, float, n);
    double loss[2];
    loss_of(c, g);
    *by_gradient = 0;
    for (size_t i = 0; i < n; i++) *by_gradient += (double)g[i] * (double)direction[i];
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < n; i++) c->tune.value[i] += (side ? -2 : 1) * step * direction[i];
        loss[side] = loss_of(c, NULL);
    }
    for (size_t i = 0; i < n; i++) c->tune.value[i] += step * direction[i];
    *by_differences = (loss[0] - loss[1]) / (2 * (double)step);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* On fine grids the network is almost smooth: its slopes are those of the gradients, but where a
 * step crosses a corner of a relu, a pool or a window. */
static void test_gradients(void **state) {
    (void)state;
    for (uint32_t windows = 0; windows < 2; windows++) {
        double ratio[NETS];
        uint32_t seen = 0;
        for (uint64_t seed = 1; seed <= NETS; seed++) {
            Case c;
            if (open_case(&c, seed, true) && said(&c)) {
                shrink_windows(&c);
                c.teachers = (uint32_t)(seed % 3);
                bool taught = seed % 2, moves = seed % 4 == 1;
                ttfs_tune_open(&c.tune, c.start.layer, &c.start.arena);
                ttfs_tune_work_open(&c.tune, &c.work, LANES, taught, moves, &c.start.arena);
                draw_samples(&c);
                float *d = TTFS_ARRAY(&c.start.arena, float, c.tune.parameters);
                draw_direction(&c, windows, &c.canon.r, d);
                double want, got;
                slopes(&c, d, windows ? 0.1f : 0.03f, &want, &got);
                if (fabs(want) > 0.05) ratio[seen++] = got / want;
            }
            close_case(&c);
        }
        qsort(ratio, seen, sizeof *ratio, by_size);
        assert_true(seen >= (windows ? 10 : 60));
        assert_true(fabs(ratio[seen / 2] - 1) < (windows ? 0.06 : 0.02));
        assert_true(ratio[seen / 4] > (windows ? 0.75 : 0.8) && ratio[seen * 3 / 4] < 1.2);
    }
}

/* Of samples that move the teacher's logits are those that it is shown with them. */
static void test_shown(void **state) {
    (void)state;
    for (int moves = 0; moves < 2; moves++) {
        Case c;
        uint64_t seed = 1;
        while (!(open_case(&c, seed, true) && said(&c))) close_case(&c), seed++;
        c.teachers = 1;
        ttfs_tune_open(&c.tune, c.start.layer, &c.start.arena);
        ttfs_tune_work_open(&c.tune, &c.work, LANES, false, moves, &c.start.arena);
        draw_samples(&c);
        double loss = loss_of(&c, NULL);
        c.logits_by = 2;
        assert_int_equal(loss_of(&c, NULL) == loss, moves);
        close_case(&c);
    }
}

/* One neuron with potential u, whose value is sent or, with `lost`, was lost on its way, and a
 * gradient of 1 by its value: what docs/tune.md says of dy/dU and of log lambda. */
static void expect_slopes(Case *c, uint32_t layer, float u, bool lost) {
    const TtfsTuneState *l = &c->tune.layer[layer];
    TtfsTuneWork *w = &c->work;
    TtfsTuneChunk chunk = {.lanes = LANES, .count = LANES, .batch = LANES, .sample = in_order};
    chunk.gradient = TTFS_ARRAY(&c->start.arena, float, c->tune.parameters);
    double ramp = (double)l->ramp[0], z = (double)u - floor(ramp / 2), ticks = l->ticks;
    double y = fmin(fmax(floor((double)u / ramp), 0), ticks), top = (ticks + 0.5) * ramp;
    bool silent = lost && y > 0, inside = !silent && z >= -ramp / 2 && z < top;
    double window = silent || z < -ramp / 2 ? 0 : z >= top ? ticks : y - z / ramp;
    memset(w->gradient[layer], 0, (size_t)l->size * LANES * sizeof(float));
    w->gradient[layer][0] = 1;
    w->potential[layer][0] = u;
    w->value[layer][0] = lost ? 0 : (float)y;
    ttfs_tune_backward(&c->tune, layer, w, &chunk);
    assert_true(fabs((double)w->delta[0] - (inside ? 1 / ramp : 0)) < 1e-6);
    assert_true(fabs((double)chunk.gradient[l->window_at] - window) < 1e-4 * (1 + ticks));
}

static void test_slopes(void **state) {
    uint32_t odd = 0, seen = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        Case c;
        if (open_case(&c, seed, false) && said(&c)) {
            ttfs_tune_open(&c.tune, c.start.layer, &c.start.arena);
            ttfs_tune_work_open(&c.tune, &c.work, LANES, false, false, &c.start.arena);
            draw_samples(&c);
            loss_of(&c, NULL);
            for (uint32_t i = 1; i < c.tune.layers; i++) {
                const TtfsTuneState *l = &c.tune.layer[i];
                if (!l->term || !l->ticks) continue;
                float ramp = l->ramp[0], top = ((float)l->ticks + 0.5f) * ramp + floorf(ramp / 2);
                const float at[] = {-ramp - 1,       -1,         0,      ramp - 1, ramp,
                                    floorf(top) - 1, ceilf(top), 2 * top};
                for (uint32_t k = 0; k < 2 * sizeof at / sizeof *at; k++)
                    expect_slopes(&c, i, at[k / 2], k % 2);
                odd += fmodf(ramp, 2) == 1 && ramp < 100;
                seen++;
            }
        }
        close_case(&c);
    }
    assert_true(seen >= 10 && odd >= 3);
}

/* A weight or bias that is no number, a readout's unit and a window that float32 has not: seen. A
 * channel's unit ends at its window's. */
static void test_lost(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        Case c;
        if (open_case(&c, seed, false) && said(&c)) {
            ttfs_tune_open(&c.tune, c.start.layer, &c.start.arena);
            ttfs_tune_snap(&c.tune, false);
            assert_false(c.tune.lost);
            for (uint32_t i = 1; i < c.tune.layers; i++) {
                const TtfsTuneState *l = &c.tune.layer[i];
                if (!l->term) continue;
                const size_t at[] = {l->term[0].at, l->bias_at, l->unit_at, l->window_at};
                for (int k = 0; k < (l->ticks ? 4 : 3); k++) {
                    float was = c.tune.value[at[k]];
                    c.tune.value[at[k]] = k < 2 ? NAN : -20;
                    ttfs_tune_snap(&c.tune, false);
                    assert_true(c.tune.lost || (k == 2 && l->ticks));
                    c.tune.value[at[k]] = was;
                }
            }
        }
        close_case(&c);
    }
}

/* Samples of no class of the network teach nothing. */
static void test_no_class(void **state) {
    Case c;
    const uint32_t none[LANES] = {9, 9, 9, 9, 9, 9, UINT32_MAX, UINT32_MAX};
    (void)state;
    assert_true(open_case(&c, training_seed(1), false));
    ttfs_tune_open(&c.tune, c.start.layer, &c.start.arena);
    ttfs_tune_work_open(&c.tune, &c.work, LANES, false, false, &c.start.arena);
    ttfs_tune_snap(&c.tune, false);
    draw_samples(&c);
    float *g = TTFS_ARRAY(&c.start.arena, float, c.tune.parameters);
    const TtfsTuneSamples samples = {.encode = encode, .context = &c, .classes = none};
    TtfsTuneChunk chunk = {
        .lanes = LANES, .count = LANES, .batch = LANES, .sample = in_order, .gradient = g};
    assert_true(ttfs_tune_chunk(&c.tune, &samples, &c.work, &chunk));
    assert_true(chunk.loss == 0 && chunk.right == 0);
    for (size_t i = 0; i < c.tune.parameters; i++) assert_true(g[i] == 0);
    close_case(&c);
}

/* The loss of a layer's values against the teacher's; its gradient goes to w->gradient. */
static double imitation_of(Case *c, uint32_t layer, TtfsTuneChunk *chunk) {
    chunk->loss = 0;
    ttfs_tune_imitate(&c->tune, layer, &c->work, chunk);
    return chunk->loss;
}

/* Squares have their slopes: the difference of two steps is the gradient; lanes without a sample
 * count for nothing. What a layer that is a quantum off costs, and one that should be silent. */
static void expect_imitation(Case *c, uint32_t layer) {
    const TtfsTuneState *l = &c->tune.layer[layer];
    float g, *value = c->work.value[layer], *gradient = c->work.gradient[layer];
    TtfsTuneChunk chunk = {.lanes = LANES, .count = LANES - 1, .batch = 3, .gradient = &g};
    double square = 0;
    for (uint32_t i = 0; i < l->size * LANES; i++) {
        value[i] = (float)(i * 5 % (l->ticks + 1));
        c->work.taught[layer][i] = (float)(i * 7 % 13 * l->scale);
        gradient[i] = 0.25f;
    }
    imitation_of(c, layer, &chunk);
    for (uint32_t i = 0; i < l->size * LANES; i += 1 + l->size) {
        double loss[2], got = ((double)gradient[i] - 0.25) * 3;
        chunk.gradient = NULL;
        for (int side = 0; side < 2; side++) {
            value[i] += side ? -2 : 1;
            loss[side] = imitation_of(c, layer, &chunk);
        }
        value[i] += 1;
        assert_true(fabs((loss[0] - loss[1]) / 2 - got) < 1e-5 * (1 + fabs(got)));
    }
    for (uint32_t i = 0; i < l->size * LANES; i++) {
        value[i] = (float)(i / LANES % 3);
        c->work.taught[layer][i] = (float)((double)(value[i] + 1) * l->scale);
        square += i % LANES ? 0 : (double)((value[i] + 1) * (value[i] + 1)) / l->size;
    }
    double want = 0.1 * (LANES - 1) / (square + 1.0 / 12) / c->tune.relus;
    assert_true(fabs(imitation_of(c, layer, &chunk) - want) < 1e-5 * want);
    memset(c->work.taught[layer], 0, (size_t)l->size * LANES * sizeof(float));
    for (uint32_t i = 0; i < l->size * LANES; i++) value[i] = 1;
    want = 0.1 * (LANES - 1) * 12 / c->tune.relus;
    assert_true(fabs(imitation_of(c, layer, &chunk) - want) < 1e-5 * want);
}

static void test_imitates(void **state) {
    uint32_t seen = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        Case c;
        if (open_case(&c, seed, false)) {
            ttfs_tune_open(&c.tune, c.start.layer, &c.start.arena);
            ttfs_tune_work_open(&c.tune, &c.work, LANES, true, false, &c.start.arena);
            for (uint32_t i = 1; i < c.tune.layers; i++)
                if (c.tune.layer[i].net->kind == TTFS_LAYER_RELU) expect_imitation(&c, i), seen++;
        }
        close_case(&c);
    }
    assert_true(seen >= 10);
}

/* The net has a term for every connection; where one is missing or of another size it has not. */
static void test_shared(void **state) {
    uint32_t seen = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        Case c;
        if (open_case(&c, seed, false)) {
            assert_true(ttfs_tune_shared(&c.start));
            for (uint32_t i = 1; i < c.start.net.layers.len; i++) {
                TtfsPopulation *p = &c.start.spike.pops.at[i];
                TtfsConnection *x = &c.start.spike.conns.at[p->conn_first];
                p->conn_count--;
                assert_false(ttfs_tune_shared(&c.start));
                p->conn_count++, x->weight_count++;
                assert_false(ttfs_tune_shared(&c.start));
                x->weight_count--, seen++;
            }
        }
        close_case(&c);
    }
    assert_true(seen >= 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products), cmocka_unit_test(test_forward),
        cmocka_unit_test(test_model),    cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_shown),    cmocka_unit_test(test_product_bits),
        cmocka_unit_test(test_slopes),   cmocka_unit_test(test_lost),
        cmocka_unit_test(test_no_class), cmocka_unit_test(test_imitates),
        cmocka_unit_test(test_shared)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
