/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantised networks. Their canonical form: where a QUANT goes, and that values stay. Their
 * integers: weights are multiples of the model's; golden has the model's own integers, neuron for
 * neuron, where all ratios of grids are whole; elsewhere it is off by no more than the quanta that
 * the bound allows (docs/semantics.md, "Quantised networks").
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "built_net.h"
#include "golden.h"
#include "ir_to_spike.h"
#include "net.h"
#include "qdq_net.h"
#include "term_weight.h"

enum { NETS = 400, SAMPLES = 4 };

static Qdq open_net(uint32_t rank, const uint32_t *dim) {
    Qdq k = {0};
    k.n = start(rank, dim);
    return k;
}

static void input_and_pools(void **state) {
    (void)state;
    Qdq k = open_net(DIMS(1, 2, 8, 8));
    qdq_round(&k, 0.01, -20, -128, 127); /* the input's window */
    push(&k.n, TTFS_OP_MAXPOOL, "p0", IN(LAST), NULL);
    qdq_round(&k, 0.01, -20, -128, 127); /* has that grid */
    conv(&k.n, "c1", 3, 2);
    qdq_round(&k, 0.1, 0, 0, 255); /* a relu by its bounds alone */
    reshape(&k.n, "flat", DIMS(1, 12));
    qdq_round(&k, 0.1, 0, 0, 255);
    dense(&k.n, "fc", 3, 12);
    expect_canonical(&k.n, "quant:q0 maxpool:p0 conv:c1 relu:q2 quant:q2_2 reshape:q2_2.shape "
                           "gemm:fc");
}

static void in_front_of_pools(void **state) {
    (void)state;
    Qdq k = open_net(DIMS(1, 2, 12, 12));
    conv(&k.n, "c1", 3, 2);
    relu(&k.n, "r1");
    push(&k.n, TTFS_OP_MAXPOOL, "p1", IN(LAST), NULL);
    qdq_round(&k, 0.1, 4, -3, 60); /* nothing is below its zero point: 4..60 */
    conv(&k.n, "c2", 2, 3);
    push(&k.n, TTFS_OP_MAXPOOL, "p2", IN(LAST), NULL);
    qdq_round(&k, 0.1, 0, -5, 9); /* the sum's own zero: a constant, and a relu from -0.5 on */
    conv_with(&k.n, "c3", CONST(&k.n, 2, 2, 1, 1), 1, 1);
    expect_canonical(&k.n, "conv:c1 relu:r1 quant:q0 maxpool:p1_2 conv:c2 relu:q1 quant:q1_2 "
                           "maxpool:p2 conv:c3 add:c3.bias");
}

static void bounds_and_sums(void **state) {
    (void)state;
    Qdq k = open_net(DIMS(1, 2, 8, 8));
    conv(&k.n, "c1", 3, 2);
    push(&k.n, TTFS_OP_CLIP, "clip", IN(LAST), NULL); /* to 0..1, ten quanta */
    qdq_round(&k, 0.1, 0, -128, 127);
    TtfsTensor x = k.n.last;
    push(&k.n, TTFS_OP_ADD, "sum", IN(x, x), NULL);
    qdq_round(&k, 0.1, 0, 0, 12); /* clipped at 12 quanta: a population of its own */
    push(&k.n, TTFS_OP_CONCAT, "both", IN(LAST, x), NULL);
    qdq_round(&k, 0.1, 0, 0, 255); /* both lie on it */
    conv(&k.n, "c2", 2, 6);
    expect_canonical(&k.n, "conv:c1 relu:q0 quant:q0_2 conv:sum.pos relu:sum.pos.relu quant:q1 "
                           "conv:c2 conv:c2_2 add:c2.sum");
}

/* The shape of the input is that of the first layer, whose channels may come last. */
static void shapes_of_the_input(void **state) {
    (void)state;
    Qdq k = open_net(DIMS(1, 72));
    qdq_round(&k, 0.01, -20, -128, 127);
    reshape(&k.n, "image", DIMS(1, 2, 6, 6));
    conv(&k.n, "c1", 3, 2);
    expect_canonical(&k.n, "quant:q0 conv:c1");
    k = open_net(DIMS(1, 6, 6, 2));
    qdq_round(&k, 0.01, -20, -128, 127);
    transpose(&k.n, "turn", to_first);
    qdq_round(&k, 0.01, -20, -128, 127);
    conv(&k.n, "c1", 3, 2);
    expect_canonical(&k.n, "transpose:input.channels_first quant:q0 conv:c1");
}

/* A relu that is read on a grid and without one is two layers of the same sum. */
static void with_and_without(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr canonical;
    TtfsNet net;
    Qdq k = open_net(DIMS(1, 2, 8, 8));
    conv(&k.n, "c1", 3, 2);
    relu(&k.n, "r1");
    TtfsTensor plain = k.n.last;
    qdq_round(&k, 0.1, 0, 0, 255);
    conv(&k.n, "c2", 2, 3);
    TtfsTensor left = k.n.last;
    push(&k.n, TTFS_OP_CONV, "c3", IN(plain, CONST(&k.n, 2, 3, 3, 3)), NULL);
    push(&k.n, TTFS_OP_ADD, "sum", IN(left, LAST), NULL);
    assert_true(ttfs_ir_canonical(&k.n.ir, &canonical, "net", &diag));
    assert_true(ttfs_net_of(&canonical, "net", &net, &diag));
    assert_int_equal(net.layers.len, 4);
    assert_true(net.layers.at[1].quantum == 0 && net.layers.at[2].ticks == 255);
    ttfs_net_free(&net);
    ttfs_ir_free(&canonical);
    ttfs_diag_free(&diag);
    expect_canonical(&k.n, "conv:c1 relu:r1 quant:q0 conv:c2 conv:c3 add:c2.sum");
}

/* A network brought to integers, and its values in the model's own arithmetic. */
typedef struct {
    Qdq k;
    TtfsIr canonical;
    TtfsNet net;
    TtfsSpike spike;
    TtfsQuantReport report;
    TtfsDiag diag;
    TtfsRelu *relu;
    double **want;   /* per layer: integers of the model, counted from the window's start */
    uint32_t **most; /* per layer: quanta by which golden may differ */
    TtfsArena arena;
} Case;

static void open_case(Case *c, uint64_t seed, bool exact) {
    TtfsCalib none = {0};
    TtfsSpikeOptions options = {
        .ticks = 255, .weight_bits = 12, .percentile = 1, .input_lo = 0, .input_hi = 1};
    memset(c, 0, sizeof *c);
    c->k = qdq_random(seed, exact);
    if (!ttfs_ir_canonical(&c->k.n.ir, &c->canonical, "net", &c->diag) ||
        !ttfs_ir_to_spike(&c->canonical, &none, &options, "net", &c->spike, &c->report, &c->diag))
        fail_msg("seed %d: %s", (int)seed, c->diag.messages.at[c->diag.messages.len - 1].what);
    for (uint32_t i = 0; i < c->diag.messages.len; i++)
        if (strstr(c->diag.messages.at[i].what, "anew") ||
            strstr(c->diag.messages.at[i].what, "no calibration"))
            fail_msg("seed %d: %s %s", (int)seed, c->diag.messages.at[i].where,
                     c->diag.messages.at[i].what);
    assert_true(ttfs_net_of(&c->canonical, "net", &c->net, &c->diag));
    c->relu = ttfs_relu_open(&c->k.n.ir);
    c->want = TTFS_ARRAY(&c->arena, double *, c->net.layers.len);
    c->most = TTFS_ARRAY(&c->arena, uint32_t *, c->net.layers.len);
    for (uint32_t i = 0; i < c->net.layers.len; i++) {
        c->want[i] = TTFS_ARRAY(&c->arena, double, ttfs_net_size(&c->net.layers.at[i]));
        c->most[i] = TTFS_ARRAY(&c->arena, uint32_t, ttfs_net_size(&c->net.layers.at[i]));
    }
}

static void close_case(Case *c) {
    ttfs_relu_close(c->relu);
    ttfs_net_free(&c->net);
    ttfs_spike_free(&c->spike);
    ttfs_arena_free(&c->report.arena);
    ttfs_ir_free(&c->canonical);
    ttfs_ir_free(&c->k.n.ir);
    ttfs_diag_free(&c->diag);
    ttfs_arena_free(&c->arena);
}

/* The values of a layer in the model: of the tensor with that name, or its first part ("q1_2" is
 * QUANT q1 behind relu q1). */
static const float *model_values(const Case *c, uint32_t layer, const TtfsNode **quant) {
    const char *name = ttfs_ir_tensor(&c->canonical, c->net.layers.at[layer].tensor)->name;
    const TtfsIr *ir = &c->k.n.ir;
    size_t n = strcspn(name, "_.");
    *quant = NULL;
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        const TtfsNode *m = &ir->nodes.at[i];
        if (strlen(m->name) != n || strncmp(m->name, name, n) != 0) continue;
        if (m->op == TTFS_OP_QUANT) *quant = m;
        return ttfs_relu_values(c->relu, m->out);
    }
    return NULL;
}

static double number_of(const Case *c, TtfsTensor t) {
    return (double)ttfs_ir_tensor(&c->k.n.ir, t)->data[0];
}

/* The model's integers of all layers but the readout. A window ends where the grid does. */
static void model_integers(Case *c) {
    for (uint32_t i = 0; i + 1 < c->net.layers.len; i++) {
        const TtfsNode *q;
        const TtfsNetLayer *l = &c->net.layers.at[i];
        const float *v = model_values(c, i, &q);
        assert_non_null(v);
        uint32_t src = l->terms ? c->net.terms.at[l->term_first].src : 0;
        const TtfsPopulation *p = &c->spike.pops.at[q ? i : src];
        for (uint32_t k = 0; q && k < ttfs_net_size(l); k++)
            c->want[i][k] = rint((double)v[k] / number_of(c, q->in[1])) + number_of(c, q->in[2]) -
                            (double)q->attr.hi + p->ticks;
        if (q) continue;
        for (uint32_t k = 0; k < ttfs_net_size(l); k++) { /* a pool: the largest of its patch */
            const TtfsTerm *t = &c->net.terms.at[l->term_first];
            for (uint32_t tap = 0; tap < 4; tap++) {
                uint32_t y = k / l->w % l->h * 2 + tap / 2, x = k % l->w * 2 + tap % 2;
                uint32_t at = (k / l->w / l->h * t->in[1] + y) * t->in[2] + x;
                c->want[i][k] = fmax(c->want[i][k], c->want[src][at]);
                if (c->most[src][at] > c->most[i][k]) c->most[i][k] = c->most[src][at];
            }
        }
    }
}

/* What a neuron of a linear layer adds up: in the model, in quanta of its grid (or real units of a
 * readout), and how far golden may be from it before it rounds. */
typedef struct {
    double value, slack;
} Sum;

static Sum sum_of(const Case *c, uint32_t layer, uint32_t i, double bias) {
    const TtfsNetLayer *l = &c->net.layers.at[layer];
    const TtfsPopulation *p = &c->spike.pops.at[layer];
    uint32_t ch = i / l->w / l->h, y = i / l->w % l->h, x = i % l->w;
    double ramp = p->ramp ? p->ramp[ch] : 1, unit = p->ramp ? p->scale : 1;
    double share = p->ramp ? 1 / ramp : p->scale; /* of one quantum of the potential */
    Sum s = {bias / unit, 0.5 * share};
    double ratio = 0; /* largest relative error of a grid */
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsTerm *t = &c->net.terms.at[l->term_first + k];
        const TtfsConnection *conn = &c->spike.conns.at[p->conn_first + k];
        for (uint32_t j = 0; j < t->in[0] * t->in[1] * t->in[2]; j++) {
            uint64_t q;
            double w = term_weight(l, t, ch, y, x, j, &q);
            if (q == UINT64_MAX) continue;
            double own = w * c->spike.pops.at[t->src].scale / unit, have = conn->weights[q] * share;
            s.value += own * c->want[t->src][t->first + j];
            s.slack += fabs(have) * c->most[t->src][t->first + j];
            s.slack += fabs(own - have) * c->want[t->src][t->first + j];
            if (own != 0) ratio = fmax(ratio, fabs(have / own - 1));
        }
    }
    s.slack += fabs(bias / unit) * ratio; /* the bias goes with the weights */
    return s;
}

/* Half quanta within the slack of the value: so many roundings may come out otherwise. */
static uint32_t quanta_within(Sum s) {
    double low = ceil(s.value - s.slack - 0.5), high = floor(s.value + s.slack - 0.5);
    return high < low ? 0 : (uint32_t)(high - low + 1);
}

static void compare_linear(Case *c, uint32_t layer, const TtfsTrace *t, const float *logits) {
    const TtfsNetLayer *l = &c->net.layers.at[layer];
    const TtfsPopulation *p = &c->spike.pops.at[layer];
    uint32_t count, n = ttfs_net_size(l);
    double offset = c->spike.pops.at[0].offset;
    const double *bias = ttfs_net_bias(&c->net, layer, offset, &c->arena, &count);
    for (uint32_t i = 0; i < n; i++) {
        Sum s = sum_of(c, layer, i, bias[i / (n / count)]);
        s.slack = s.slack * (1 + 1e-6) +
                  (p->ramp ? 1e-3 : 0); /* what float32 scales and sums leave open */
        if (c->k.exact) s.slack = p->ramp ? 1e-4 : p->scale / 4;
        if (!p->ramp) {
            double off = fabs(t->potential[i] * p->scale - (double)logits[i]);
            double room = s.slack + 1e-6 * fabs((double)logits[i]);
            if (off > room) fail_msg("logit %u is off by %g, %g is possible", i, off, room);
            continue;
        }
        uint16_t tick = ttfs_trace_ticks(t, (TtfsPop){layer + 1})[i];
        double have = tick == TTFS_SILENT ? 0 : (double)(p->ticks - tick);
        c->most[layer][i] = quanta_within(s);
        if (c->k.exact) assert_int_equal(c->most[layer][i], 0);
        if (fabs(have - c->want[layer][i]) > c->most[layer][i])
            fail_msg("layer %u neuron %u is %g, the model has %g, %u quanta are possible", layer, i,
                     have, c->want[layer][i], c->most[layer][i]);
    }
}

/* Every weight is one multiple of the model's integer in all of a channel. */
static void check_multiples(const Case *c) {
    for (uint32_t i = 0; i < c->net.layers.len; i++) {
        const TtfsNetLayer *l = &c->net.layers.at[i];
        for (uint32_t k = 0; k < l->terms; k++) {
            const TtfsTerm *t = &c->net.terms.at[l->term_first + k];
            const TtfsConnection *conn = &c->spike.conns.at[c->spike.pops.at[i].conn_first + k];
            for (uint32_t r = 0; t->weights && t->quantum && r < ttfs_term_rows(l, t); r++) {
                double quantum = (double)t->quantum[t->quanta == 1 ? 0 : r], multiple = 0;
                for (uint64_t j = r * t->row; j < (r + 1) * t->row; j++) {
                    double q = rint((double)t->weights[j] / quantum);
                    if (q != 0 && multiple == 0) multiple = conn->weights[j] / q;
                    assert_true(conn->weights[j] == multiple * q);
                }
                assert_true(multiple == rint(multiple) && multiple >= 0);
            }
        }
    }
}

/* Runs samples; the share of neurons on grids that differ from the model's. */
static double run_case(Case *c) {
    TtfsGolden *g = ttfs_golden_open(&c->spike);
    TtfsTrace t;
    float x[256];
    uint16_t in[256];
    double other = 0, all = 0;
    ttfs_trace_init(&t, &c->spike, &c->arena);
    uint32_t ins = ttfs_net_size(&c->net.layers.at[0]), last = c->net.layers.len - 1;
    for (int s = 0; s < SAMPLES; s++) {
        for (uint32_t j = 0; j < ins; j++) x[j] = (float)(2 * ttfs_rng_f64(&c->k.n.rng) - 0.7);
        const float *logits = ttfs_relu_run(c->relu, x);
        for (uint32_t i = 0; i < c->net.layers.len; i++) {
            memset(c->want[i], 0, ttfs_net_size(&c->net.layers.at[i]) * sizeof **c->want);
            memset(c->most[i], 0, ttfs_net_size(&c->net.layers.at[i]) * sizeof **c->most);
        }
        ttfs_spike_encode(&c->spike, x, in);
        model_integers(c);
        for (uint32_t j = 0; j < ins; j++) assert_true((double)in[j] == c->want[0][j]);
        ttfs_golden_run(g, in, &t);
        for (uint32_t i = 1; i <= last; i++) {
            TtfsLayerKind kind = c->net.layers.at[i].kind;
            if (kind == TTFS_LAYER_MAXPOOL) model_integers(c); /* takes up what may differ */
            if (kind == TTFS_LAYER_RELU || kind == TTFS_LAYER_READOUT)
                compare_linear(c, i, &t, logits);
            for (uint32_t k = 0; kind == TTFS_LAYER_RELU && k < ttfs_net_size(&c->net.layers.at[i]);
                 k++) {
                uint16_t tick = ttfs_trace_ticks(&t, (TtfsPop){i + 1})[k];
                double have = tick == TTFS_SILENT ? 0 : c->spike.pops.at[i].ticks - tick;
                other += have != c->want[i][k];
                all++;
            }
        }
    }
    ttfs_golden_close(g);
    return other / all;
}

static void exact_ratios(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        Case c;
        open_case(&c, seed, true);
        check_multiples(&c);
        assert_true(run_case(&c) == 0);
        close_case(&c);
    }
}

static void within_the_bound(void **state) {
    (void)state;
    double sum = 0;
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        Case c;
        open_case(&c, seed, false);
        check_multiples(&c);
        sum += run_case(&c);
        close_case(&c);
    }
    print_message("%d networks: %.2g %% of the integers differ from the model's\n", NETS,
                  100 * sum / NETS);
    assert_true(sum > 0); /* else the bound was never needed */
}

/* Whether a message of the case has that text. */
static bool said(const Case *c, const char *text) {
    bool found = false;
    for (uint32_t i = 0; i < c->diag.messages.len; i++)
        found = found || strstr(c->diag.messages.at[i].what, text);
    return found;
}

static void options_of_grids(void **state) {
    (void)state;
    TtfsCalib none = {0};
    TtfsLayerOptions own = {"c1", 100, 0, -1};
    TtfsSpikeOptions options = {.ticks = 7,
                                .weight_bits = 8,
                                .percentile = 1,
                                .input_hi = 1,
                                .layers = &own,
                                .n_layers = 1};
    Case c;
    open_case(&c, 4, true);
    ttfs_spike_free(&c.spike);
    ttfs_arena_free(&c.report.arena);
    assert_false(
        ttfs_ir_to_spike(&c.canonical, &none, &options, "net", &c.spike, &c.report, &c.diag));
    assert_true(said(&c, "a window for a layer that has the model's own grid"));
    ttfs_arena_free(&c.report.arena);
    own = (TtfsLayerOptions){"c1", 0, 2, -1}; /* fewer bits than its integers have */
    assert_true(
        ttfs_ir_to_spike(&c.canonical, &none, &options, "net", &c.spike, &c.report, &c.diag));
    assert_int_equal(c.spike.pops.at[0].ticks, 255);
    assert_true(said(&c, "bits, the layer has 2"));
    close_case(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_and_pools),     cmocka_unit_test(in_front_of_pools),
        cmocka_unit_test(bounds_and_sums),     cmocka_unit_test(options_of_grids),
        cmocka_unit_test(shapes_of_the_input), cmocka_unit_test(with_and_without),
        cmocka_unit_test(exact_ratios),        cmocka_unit_test(within_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
