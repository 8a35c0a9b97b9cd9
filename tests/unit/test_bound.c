/* SPDX-License-Identifier: Apache-2.0
 *
 * The golden engine stays within the quantisation bound of ReLU, on 1,000 random networks with all
 * operations and 1,000 in every canonical form. The bound of a neuron is derived from the grids
 * alone, layer by layer (docs/semantics.md, "How far from ReLU"), with the values of the float64
 * network for the sample. Of the input: half a quantum of its grid. Of a linear neuron: |w s_w|
 * times the sources' bounds, plus |W - w s_w| |x| of the sources, plus what the rounded bias is
 * off. Of a ReLU, besides: half a quantum of the window's grid, and what exceeds the window. Of a
 * pool: the largest bound in its patch. What the quantiser may be off by is asserted on the way:
 * half a quantum of a bias, a quantum of a weight that is not clipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "golden.h"
#include "ir_f64.h"
#include "ir_to_spike.h"
#include "net.h"
#include "random_case.h"
#include "share.h"
#include "term_weight.h"

enum { NETS = A_SHARE(2000), CALIBRATED = 20, SAMPLES = 3 };

typedef struct {
    Canon k;
    RandomSource source;
    TtfsNet net;
    F64 f;
    TtfsCalib calib;
    TtfsSpikeOptions options;
    TtfsSpike spike;
    TtfsQuantReport report;
    double **bound; /* per population */
} Case;

static void add_to_calibration(Case *c) {
    for (uint32_t i = 0; i < c->net.layers.len; i++) {
        const TtfsNetLayer *l = &c->net.layers.at[i];
        uint32_t n = ttfs_net_size(l);
        float *v = TTFS_ARRAY(&c->k.ir.arena, float, n);
        for (uint32_t j = 0; j < n; j++) v[j] = (float)f64_values(&c->f, l->tensor)[j];
        ttfs_calib_add(&c->calib, i ? l->tensor : c->net.input, v, n);
    }
}

/* Powers of two where they were asked for. */
static void check_ramps(const Case *c) {
    for (uint32_t i = 0; c->options.pow2 && i < c->spike.pops.len; i++) {
        const TtfsPopulation *p = &c->spike.pops.at[i];
        for (uint32_t k = 0; p->ramp && k < p->c; k++)
            assert_true(p->ramp[k] > 0 && (p->ramp[k] & (p->ramp[k] - 1)) == 0);
    }
}

/* False when the network, or its integers, are refused. */
static bool open_case(Case *c, uint64_t seed) {
    float x[MOST_INPUT];
    memset(c, 0, sizeof *c);
    if (!random_case(&c->k, &c->source, seed)) return false;
    assert_true(ttfs_net_of(&c->k.ir, "net", &c->net, &c->k.diag));
    f64_open(&c->f, &c->k.ir);
    ttfs_calib_init(&c->calib, &c->k.ir);
    for (int i = 0; seed % 4 && i < CALIBRATED; i++) {
        canon_sample(&c->k, x);
        f64_run(&c->f, x);
        add_to_calibration(c);
    }
    static const uint32_t ticks[] = {7, 63, 255, 1000}, bits[] = {3, 5, 8, 12};
    c->options = (TtfsSpikeOptions){.ticks = ticks[seed % 3 + (seed % 5 == 0)],
                                    .weight_bits = bits[seed / 4 % 4],
                                    .percentile = seed % 2 ? 1 : 0.99,
                                    .pow2 = seed % 7 < 2,
                                    .input_lo = c->k.lo,
                                    .input_hi = c->k.hi};
    if (!ttfs_ir_to_spike(&c->k.ir, &c->calib, &c->options, "net", &c->spike, &c->report,
                          &c->k.diag)) {
        const TtfsMessage *m = &c->k.diag.messages.at[c->k.diag.messages.len - 1];
        if (m->code != TTFS_QUANT_RANGE) fail_msg("seed %d: %s", (int)seed, m->what);
        return false;
    }
    check_ramps(c);
    c->bound = TTFS_ARRAY(&c->k.ir.arena, double *, c->net.layers.len);
    for (uint32_t i = 0; i < c->net.layers.len; i++)
        c->bound[i] = TTFS_ARRAY(&c->k.ir.arena, double, ttfs_net_size(&c->net.layers.at[i]));
    return true;
}

static void close_case(Case *c) {
    ttfs_spike_free(&c->spike);
    ttfs_arena_free(&c->report.arena);
    ttfs_calib_free(&c->calib);
    f64_close(&c->f);
    ttfs_net_free(&c->net);
    random_case_free(&c->k, &c->source);
}

/* How many connections each term has that shares its weights out: those of one weight a neuron. */
static uint32_t shares(const Case *c, uint32_t layer) {
    const TtfsNetLayer *l = &c->net.layers.at[layer];
    uint32_t lone = 0, conns = c->spike.pops.at[layer].conn_count;
    for (uint32_t k = 0; k < l->terms; k++) lone += c->net.terms.at[l->term_first + k].row == 1;
    return lone ? (conns - l->terms) / lone + 1 : 1;
}

/* Weight `q` of `n` connections together; *end: it may have been clipped. */
static int32_t weight_of(const TtfsConnection *c, uint32_t n, uint64_t q, bool *end) {
    int32_t half = 1 << (c->weight_bits - 1), sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += c[i].weights[q];
    *end = sum == (int32_t)n * (half - 1) || sum == (int32_t)n * -half;
    return sum;
}

/* The bound of one linear neuron, before the rectifier. `unit`: real value of one quantum of its
 * potential. */
static double linear_bound(const Case *c, uint32_t layer, uint32_t neuron, double unit) {
    const TtfsNetLayer *l = &c->net.layers.at[layer];
    const TtfsPopulation *p = &c->spike.pops.at[layer];
    uint32_t ch = neuron / (l->h * l->w), y = neuron / l->w % l->h, x = neuron % l->w;
    double offset = c->spike.pops.at[0].offset, bound = 0;
    double bias = (l->bias ? l->bias[ch] : 0) + (l->bias_map ? (double)l->bias_map[neuron] : 0);
    const TtfsConnection *conn = &c->spike.conns.at[p->conn_first];
    for (uint32_t k = 0, n; k < l->terms; k++, conn += n) {
        const TtfsTerm *t = &c->net.terms.at[l->term_first + k];
        n = t->row == 1 ? shares(c, layer) : 1;
        const TtfsNetLayer *from = &c->net.layers.at[t->src];
        const double *value = f64_values(&c->f, from->tensor) + t->first;
        const double *off = c->bound[t->src] + t->first;
        double quantum = unit / c->spike.pops.at[t->src].scale, least = from->of_input ? offset : 0;
        for (uint32_t j = 0; j < t->in[0] * t->in[1] * t->in[2]; j++) {
            uint64_t q;
            double w = term_weight(l, t, ch, y, x, j, &q);
            if (q == UINT64_MAX) continue;
            bool end;
            double grid = weight_of(conn, n, q, &end) * quantum;
            assert_true(fabs(w - grid) <= quantum * (1 + 1e-6) || end);
            bound += fabs(grid) * off[j] + fabs(w - grid) * fabs(value[j] - least);
            bias += w * least;
        }
    }
    double half = p->ramp ? p->ramp[ch] / 2 : 0;
    double off = fabs(bias - (ttfs_pop_bias(p, neuron) - half) * unit);
    /* A bias beyond int32 is moved to the nearest that fits: the neuron is silent, or full, anyhow.
     */
    bool moved = p->ramp && fabs((double)ttfs_pop_bias(p, neuron)) > INT32_MAX / 2;
    assert_true(off <= unit * (0.5 + 1e-6) || moved);
    return bound + off;
}

static void bound_linear(Case *c, uint32_t layer) {
    const TtfsPopulation *p = &c->spike.pops.at[layer];
    const double *want = f64_values(&c->f, c->net.layers.at[layer].tensor);
    for (uint32_t i = 0; i < ttfs_pop_size(p); i++) {
        double *b = &c->bound[layer][i];
        if (!p->ramp) {
            *b = linear_bound(c, layer, i, p->scale);
            continue;
        }
        double over = want[i] - p->scale * p->ticks;
        *b = linear_bound(c, layer, i, p->scale / p->ramp[i / (p->h * p->w)]) + p->scale / 2 +
             (over > 0 ? over : 0);
    }
}

static void bound_pool(Case *c, uint32_t layer) {
    const TtfsNetLayer *l = &c->net.layers.at[layer];
    const TtfsTerm *t = &c->net.terms.at[l->term_first];
    for (uint32_t i = 0; i < ttfs_net_size(l); i++) {
        double most = 0;
        for (uint32_t k = 0; k < t->kernel[0] * t->kernel[1]; k++) {
            int64_t y = ttfs_term_tap(t, 0, i / l->w % l->h, k / t->kernel[1]);
            int64_t x = ttfs_term_tap(t, 1, i % l->w, k % t->kernel[1]);
            if (y < 0 || y >= t->in[1] || x < 0 || x >= t->in[2]) continue;
            size_t at = ((size_t)(i / l->w / l->h) * t->in[1] + (size_t)y) * t->in[2] + (size_t)x;
            most = fmax(most, c->bound[t->src][t->first + at]);
        }
        c->bound[layer][i] = most;
    }
}

/* The bounds of all layers for the sample that the float64 network has just run. */
static void make_bounds(Case *c) {
    for (uint32_t i = 0; i < c->net.layers.len; i++) {
        TtfsLayerKind kind = c->net.layers.at[i].kind;
        const TtfsPopulation *p = &c->spike.pops.at[i];
        if (kind == TTFS_LAYER_INPUT)
            for (uint32_t k = 0; k < ttfs_pop_size(p); k++) c->bound[i][k] = p->scale / 2;
        else if (kind == TTFS_LAYER_RELU || kind == TTFS_LAYER_READOUT)
            bound_linear(c, i);
        else
            bound_pool(c, i);
    }
}

/* Decoded value of a neuron of the trace. */
static double decoded(const Case *c, const TtfsTrace *t, uint32_t pop, uint32_t i) {
    const TtfsPopulation *p = &c->spike.pops.at[pop];
    if (p->kind == TTFS_POP_READOUT)
        return ttfs_trace_potentials(t, (TtfsPop){pop + 1})[i] * p->scale;
    uint16_t tick = ttfs_trace_ticks(t, (TtfsPop){pop + 1})[i];
    return p->offset + p->scale * (tick == TTFS_SILENT ? 0 : (double)(p->ticks - tick));
}

/* Largest share of its bound that a neuron's error takes, the input left out; above 1 is a failure.
 */
static double compare(const Case *c, const TtfsTrace *t, uint64_t seed) {
    double most = 0;
    for (uint32_t i = 0; i < c->net.layers.len; i++) {
        const double *want = f64_values(&c->f, c->net.layers.at[i].tensor);
        for (uint32_t k = 0; k < ttfs_net_size(&c->net.layers.at[i]); k++) {
            double error = fabs(decoded(c, t, i, k) - want[k]);
            double bound = c->bound[i][k] * (1 + 1e-9) + 1e-9;
            if (error > bound)
                fail_msg("seed %d population %u neuron %u: error %g, bound %g", (int)seed, i, k,
                         error, bound);
            if (i > 0) most = fmax(most, error / bound);
        }
    }
    return most;
}

/* Every element of every output is within the bound of the neuron that it is. */
static void compare_outputs(const Case *c, const TtfsTrace *t, uint64_t seed) {
    assert_int_equal(c->spike.outputs.len, ttfs_ir_outputs(&c->k.ir));
    for (uint32_t o = 0; o < c->spike.outputs.len; o++) {
        const TtfsOutput *out = &c->spike.outputs.at[o];
        const double *want = f64_values(&c->f, ttfs_ir_output(&c->k.ir, o));
        uint64_t n = ttfs_output_count(out);
        TtfsArena scratch = {0};
        double *got = TTFS_ARRAY(&scratch, double, n), *bound = TTFS_ARRAY(&scratch, double, n);
        for (uint64_t i = 0; i < n; i++) got[i] = NAN;
        ttfs_trace_output(t, out, got);
        for (uint32_t i = 0; i < out->pieces.len; i++)
            for (uint64_t k = 0; k < ttfs_piece_size(&out->pieces.at[i]); k++) {
                uint32_t neuron, element;
                ttfs_piece_at(&out->pieces.at[i], k, &neuron, &element);
                bound[element] = c->bound[out->pieces.at[i].pop - 1][neuron];
            }
        for (uint64_t i = 0; i < n; i++)
            if (!(fabs(got[i] - want[i]) <= bound[i] * (1 + 1e-9) + 1e-9))
                fail_msg("seed %d output %u element %d: %g, expected %g", (int)seed, o, (int)i,
                         got[i], want[i]);
        ttfs_arena_free(&scratch);
    }
}

static void golden_within_the_bound(void **state) {
    (void)state;
    double sum = 0;
    int refused = 0, several = 0;
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        Case c;
        TtfsTrace t;
        float x[MOST_INPUT];
        uint16_t k[MOST_INPUT];
        if (!open_case(&c, seed)) {
            refused++;
            close_case(&c);
            continue;
        }
        TtfsGolden *g = ttfs_golden_open(&c.spike);
        ttfs_trace_init(&t, &c.spike, &c.spike.arena);
        double most = 0;
        for (int i = 0; i < SAMPLES; i++) {
            canon_sample(&c.k, x);
            f64_run(&c.f, x);
            make_bounds(&c);
            assert_int_equal(ttfs_spike_encode(&c.spike, x, k), 0);
            ttfs_golden_run(g, k, &t);
            most = fmax(most, compare(&c, &t, seed));
            compare_outputs(&c, &t, seed);
            several += c.spike.outputs.len > 1;
        }
        sum += most;
        ttfs_golden_close(g);
        close_case(&c);
    }
    int taken = NETS - refused;
    print_message("%d networks: the worst neuron takes %.0f %% of its bound in the mean\n", taken,
                  100 * sum / taken);
    assert_true(refused < NETS / 50);
    assert_true(several > NETS / 4);
    assert_true(sum / taken > 0.3); /* a bound that nothing comes near would prove little */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_within_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
