/* SPDX-License-Identifier: Apache-2.0
 *
 * The exact engine: spikes of both models compute what ReLU computes, on 1,000 random networks with
 * all operations and 1,000 in every canonical form;
 * silence, forced spikes, saturation, noise; plain sums to the bit; and the small cases that show
 * why the gate is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "exact_case.h"
#include "ir_f64.h"
#include "relu.h"

enum { NETS = 2000 };
static const double BOUND = 1e-9;

static void compare_layers(const Case *c, const TtfsExact *e, const F64 *f, uint64_t seed,
                           double *worst) {
    for (uint32_t l = 0; l < c->net.layers.len; l++) {
        const TtfsNetLayer *layer = &c->net.layers.at[l];
        const double *want = f64_values(f, layer->tensor), *got = ttfs_exact_values(e, l);
        const double *plain = ttfs_reference_values(ttfs_exact_reference(e), l);
        for (uint32_t i = 0; i < ttfs_net_size(layer); i++) {
            double error = fmax(fabs(got[i] - want[i]), fabs(plain[i] - want[i]));
            if (error > BOUND)
                fail_msg("seed %d layer %u neuron %u: spikes %g, sum %g, expected %g", (int)seed, l,
                         i, got[i], plain[i], want[i]);
            if (error > *worst) *worst = error;
        }
    }
}

/* Every output, in the order and shape that the network has it, against the nodes and against the
 * relu engine, which rounds to float32. */
static void compare_outputs(const Case *c, const TtfsExact *e, const F64 *f, const TtfsRelu *r,
                            uint64_t seed) {
    const TtfsIr *ir = &c->k.ir;
    assert_int_equal(c->net.outputs.len, ttfs_ir_outputs(ir));
    for (uint32_t o = 0; o < c->net.outputs.len; o++) {
        const TtfsTensorInfo *t = ttfs_ir_tensor(ir, ttfs_ir_output(ir, o));
        const double *want = f64_values(f, ttfs_ir_output(ir, o));
        const float *rounded = ttfs_relu_output(r, o);
        uint64_t n = ttfs_output_count(&c->net.outputs.at[o]);
        TtfsArena scratch = {0};
        double *got = TTFS_ARRAY(&scratch, double, n);
        assert_int_equal(n, ttfs_ir_count(t));
        assert_memory_equal(c->net.outputs.at[o].dim, t->dim, t->rank * sizeof *t->dim);
        for (uint64_t i = 0; i < n; i++) got[i] = NAN;
        ttfs_exact_output(e, o, got);
        for (uint64_t i = 0; i < n; i++)
            if (!(fabs(got[i] - want[i]) <= BOUND) ||
                !(fabs(got[i] - (double)rounded[i]) <= 1e-4 * (1 + fabs(want[i]))))
                fail_msg("seed %d output %u element %d: %g, expected %g, relu %g", (int)seed, o,
                         (int)i, got[i], want[i], (double)rounded[i]);
        ttfs_arena_free(&scratch);
    }
}

/* Spikes: in model a one a neuron, in model b one an active neuron. Returns how many neurons of
 * model b decide otherwise than the plain sum whether a value that is rounding of 0, such as the
 * difference of two equal paths, is above it. */
static uint64_t compare_spikes(const Case *c, const TtfsExact *e, TtfsExactModel model) {
    uint64_t odd = 0;
    for (uint32_t l = 0; l < c->net.layers.len; l++) {
        const TtfsNetLayer *layer = &c->net.layers.at[l];
        if (layer->kind == TTFS_LAYER_READOUT) continue;
        const double *want = ttfs_reference_values(ttfs_exact_reference(e), l);
        const double *time = ttfs_exact_times(e, l), least = layer->of_input ? c->tops.input_lo : 0;
        assert_int_equal(ttfs_exact_stat(e, l)->beyond, 0);
        for (uint32_t i = 0; i < ttfs_net_size(layer); i++) {
            bool fires = time[i] != INFINITY, wanted = model == TTFS_EXACT_A || want[i] > least;
            if (fires == wanted) continue;
            if (model == TTFS_EXACT_A || want[i] > least + BOUND)
                fail_msg("layer %u neuron %u: value %g, time %g", l, i, want[i], time[i]);
            odd++;
        }
    }
    return odd;
}

/* A window holds what the layer sends at most and, but for the input's, a margin; in model a that
 * of the channel that is rescaled least, which is not known here. */
static void check_windows(const Case *c, const TtfsExact *e, const TtfsExactOptions *o) {
    assert_true(ttfs_exact_stat(e, 0)->window == c->tops.input_hi - c->tops.input_lo);
    for (uint32_t l = 1; l < c->net.layers.len && o->model == TTFS_EXACT_B; l++) {
        double top = c->tops.top[l] > 0 ? c->tops.top[l] : 1;
        if (c->net.layers.at[l].kind != TTFS_LAYER_RELU) continue;
        assert_true(fabs(ttfs_exact_stat(e, l)->window / top - 1 - o->margin) < BOUND);
    }
}

static void model_is_exact(TtfsExactModel model) {
    double worst = 0, margins[] = {0, 0.5};
    uint64_t active = 0, neurons = 0, refused = 0, odd = 0, several = 0;
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        static Case c;
        F64 f;
        if (!open_case(&c, seed)) {
            refused++;
            continue;
        }
        f64_open(&f, &c.k.ir);
        TtfsRelu *r = ttfs_relu_open(&c.k.ir);
        TtfsExactOptions o = {.model = model, .margin = margins[seed % 2]};
        TtfsExact *e = ttfs_exact_open(&c.net, &c.tops, &o);
        check_windows(&c, e, &o);
        for (uint64_t i = 0; i < SAMPLES; i++) {
            f64_run(&f, c.x[i]);
            ttfs_exact_run(e, c.x[i], i);
            compare_layers(&c, e, &f, seed, &worst);
            ttfs_relu_run(r, c.x[i]);
            compare_outputs(&c, e, &f, r, seed);
            several += c.net.outputs.len > 1;
            odd += compare_spikes(&c, e, model);
        }
        for (uint32_t l = 1; l < c.net.layers.len; l++) {
            active += ttfs_exact_stat(e, l)->active;
            neurons += ttfs_exact_stat(e, l)->neuron_runs;
        }
        ttfs_relu_close(r);
        ttfs_exact_close(e);
        f64_close(&f);
        close_case(&c);
    }
    print_message("%d networks, model %c: largest difference %.3g, %.1f %% of ReLUs active, %d of "
                  "%d spikes a matter of rounding\n",
                  NETS - (int)refused, model == TTFS_EXACT_A ? 'a' : 'b', worst,
                  100 * (double)active / (double)neurons, (int)odd, (int)active);
    assert_true(odd < active / 1000);
    assert_true(several > NETS / 4);
    assert_true(refused < NETS / 100);
    assert_true(active > neurons / 10 && active < neurons);
}

static void model_a_is_exact(void **state) {
    (void)state;
    model_is_exact(TTFS_EXACT_A);
}

static void model_b_is_exact(void **state) {
    (void)state;
    model_is_exact(TTFS_EXACT_B);
}

/* W = [5, -10], b = 0, x = (1, 0.6), window 1.5: the potential rises above the threshold while the
 * source still fires, and falls again. Without the gate the neuron would fire at 0.3; ReLU gives 0.
 * The readout adds 7. */
static void make_gate(Canon *k) {
    *k = (Canon){.r = ttfs_rng(1), .hi = 1.5f};
    k->ir.input = canon_tensor(k, 2, (uint32_t[]){1, 2});
    *TTFS_PUSH(&k->ir.arena, k->pops) = k->ir.input;
    static const float w[] = {5, -10}, one[] = {1}, seven[] = {7};
    TtfsTensor x = k->ir.input;
    for (uint32_t layer = 0; layer < 2; layer++) {
        TtfsNode g = canon_node(k, TTFS_OP_GEMM, x);
        g.in[1] = canon_constant(k, 2, (uint32_t[]){1, layer ? 1 : 2}, 1);
        canon_info(k, g.in[1])->data = layer ? one : w;
        g.n_in = 2;
        g.attr.trans_b = true;
        if (layer) canon_bias(k, &g, 1, true), canon_info(k, g.in[2])->data = seven;
        x = canon_add(k, g);
        if (!layer) x = canon_add(k, canon_node(k, TTFS_OP_RELU, x));
    }
    k->ir.output = x;
}

static void gate(void **state) {
    (void)state;
    Canon k;
    TtfsNet net;
    make_gate(&k);
    assert_true(ttfs_net_of(&k.ir, "net", &net, &k.diag));
    TtfsExactTops tops = ttfs_exact_tops(&net, 0, 1.5, &k.ir.arena);
    tops.top[1] = 1.5;
    for (int model = 0; model < 2; model++) {
        TtfsExactOptions o = {.model = (TtfsExactModel)model};
        TtfsExact *e = ttfs_exact_open(&net, &tops, &o);
        assert_true(ttfs_exact_run(e, (float[]){1, 0.6f}, 0)[0] == 7);
        double t = ttfs_exact_times(e, 1)[0];
        if (o.model == TTFS_EXACT_A)
            assert_true(fabs(t - ttfs_exact_stat(e, 1)->window) < 1e-12); /* forced */
        else
            assert_true(t == INFINITY);
        assert_true(fabs(ttfs_exact_run(e, (float[]){0.2f, 0}, 0)[0] - 8) < 1e-6);
        assert_int_equal(ttfs_exact_stat(e, 1)->beyond, 0);
        /* 5 * 1.5 is beyond the window and decodes to its length. */
        assert_true(fabs(ttfs_exact_run(e, (float[]){1.5f, 0}, 0)[0] - 8.5) < 1e-12);
        assert_int_equal(ttfs_exact_stat(e, 1)->beyond, 1);
        assert_true(ttfs_exact_times(e, 1)[0] == 0);
        assert_true(ttfs_exact_latency(e) >= 1.5);
        ttfs_exact_close(e);
    }
    ttfs_net_free(&net);
    canon_free(&k);
}

/* Noise makes errors, the same for the same seed and sample, other ones for others, larger ones for
 * more. */
static void noise(void **state) {
    (void)state;
    static Case c;
    assert_true(open_case(&c, 7));
    uint32_t last = c.net.layers.len - 1;
    for (int kind = 0; kind < 2; kind++) {
        double error[3], first[4];
        for (int i = 0; i < 3; i++) {
            double sd = i == 2 ? 0.05 : 0.001;
            TtfsExactOptions o = {.model = TTFS_EXACT_B, .margin = 0.2, .seed = 5};
            if (kind)
                o.slope_noise = sd;
            else
                o.time_noise = sd;
            TtfsExact *e = ttfs_exact_open(&c.net, &c.tops, &o);
            if (i == 1) ttfs_exact_run(e, c.x[1], 1);
            first[i] = ttfs_exact_run(e, c.x[0], 0)[0];
            if (i == 0) first[3] = ttfs_exact_run(e, c.x[0], 7)[0];
            error[i] = ttfs_exact_stat(e, last)->max_error;
            ttfs_exact_close(e);
        }
        assert_true(first[0] == first[1]);
        assert_true(kind ? first[0] == first[3] : first[0] != first[3]);
        assert_true(error[0] > 1e-6 && error[2] > 3 * error[0]);
    }
    close_case(&c);
}

/* What a convolution adds to an output, weight by weight. */
static double add_taps(const TtfsNetLayer *l, const TtfsTerm *t, const double *x, uint32_t neuron,
                       double y) {
    uint32_t channel = neuron / (l->h * l->w), oy = neuron / l->w % l->h, ox = neuron % l->w;
    uint32_t taps = t->kernel[0] * t->kernel[1], ins = t->in[0] / t->group;
    const float *w = t->weights + channel * t->row;
    x += (size_t)(channel / (l->c / t->group)) * ins * t->in[1] * t->in[2];
    for (uint64_t j = 0; j < t->row; j++) {
        int64_t sy = ttfs_term_tap(t, 0, oy, (uint32_t)(j % taps) / t->kernel[1]);
        int64_t sx = ttfs_term_tap(t, 1, ox, (uint32_t)(j % taps) % t->kernel[1]);
        if (w[j] == 0 || sy < 0 || sy >= t->in[1] || sx < 0 || sx >= t->in[2]) continue;
        y += (double)w[j] * x[((size_t)(j / taps) * t->in[1] + (size_t)sy) * t->in[2] + (size_t)sx];
    }
    return y;
}

/* A neuron of a layer that sums, from the values of its sources. */
static double plain_sum(const Case *c, const TtfsReference *r, uint32_t layer, uint32_t neuron,
                        double y) {
    const TtfsNetLayer *l = &c->net.layers.at[layer];
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsTerm *t = &c->net.terms.at[l->term_first + k];
        const double *x = ttfs_reference_values(r, t->src) + t->first;
        double sum = 0;
        for (uint64_t j = 0; t->dense && j < t->row; j++)
            sum += (double)t->weights[neuron * t->row + j] * x[j];
        y = t->dense ? y + sum : add_taps(l, t, x, neuron, y);
    }
    if (l->kind == TTFS_LAYER_READOUT) return y;
    return y > 0 ? l->top > 0 && y > l->top ? l->top : y : 0;
}

/* Of the plain sums every bit: they are added in the order of the weights, whatever is computed at
 * once. Returns how many outputs of convolutions there were. */
static uint32_t compare_sums(Case *c, const TtfsReference *r, uint64_t seed) {
    uint32_t convolved = 0;
    for (uint32_t l = 1; l < c->net.layers.len; l++) {
        const TtfsNetLayer *layer = &c->net.layers.at[l];
        if (!ttfs_net_sums(layer)) continue;
        TtfsArena a = {0};
        uint32_t n = ttfs_net_size(layer), biases;
        const double *bias = ttfs_net_bias(&c->net, l, 0, &a, &biases);
        for (uint32_t i = 0; i < n; i++) {
            double want = plain_sum(c, r, l, i, bias[i / (n / biases)]);
            if (ttfs_reference_values(r, l)[i] != want)
                fail_msg("seed %d layer %u neuron %u of %u: %a, expected %a", (int)seed, l, i, n,
                         ttfs_reference_values(r, l)[i], want);
        }
        convolved += c->net.terms.at[layer->term_first].dense ? 0 : n;
        ttfs_arena_free(&a);
    }
    return convolved;
}

static void plain_sums(void **state) {
    uint32_t convolved = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= NETS / 8; seed++) {
        static Case c;
        if (!open_case(&c, seed)) continue;
        TtfsReference *r = ttfs_reference_open(&c.net);
        ttfs_reference_run(r, c.x[0]);
        convolved += compare_sums(&c, r, seed);
        ttfs_reference_close(r);
        close_case(&c);
    }
    assert_true(convolved > 10000);
}

/* The widest of both ranges, the largest of each layer. */
static void tops_merge(void **state) {
    (void)state;
    double top[2][2] = {{1, 7}, {5, 2}};
    TtfsNet net = {.layers = {.len = 2}};
    for (int i = 0; i < 2; i++) {
        double mine[2] = {top[i][0], top[i][1]};
        TtfsExactTops a = {i ? -1 : -2, i ? 4 : 3, mine}, b = {i ? -2 : -1, i ? 3 : 4, top[1 - i]};
        ttfs_exact_tops_merge(&a, &net, &b);
        assert_true(a.input_lo == -2 && a.input_hi == 4 && mine[0] == 5 && mine[1] == 7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_a_is_exact),
        cmocka_unit_test(model_b_is_exact),
        cmocka_unit_test(gate),
        cmocka_unit_test(noise),
        cmocka_unit_test(plain_sums),
        cmocka_unit_test(tops_merge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
