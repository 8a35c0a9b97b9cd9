/* SPDX-License-Identifier: Apache-2.0
 *
 * NeuroBench's metrics of random graphs against plain counting: every neuron asks each of its
 * synapses whether the source spiked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "neurobench.h"
#include "random_spike.h"

typedef struct {
    uint64_t all, effective; /* synapses times ticks; spikes through weights that are not 0 */
} Seen;

static void see(Seen *n, const TtfsTrace *t, const TtfsConnection *c, uint32_t neuron, int16_t w) {
    const TtfsPopulation *src = ttfs_spike_pop(t->spike, c->src);
    n->all += src->ticks;
    n->effective += w != 0 && ttfs_trace_ticks(t, c->src)[neuron] != TTFS_SILENT;
}

static void count_dense(Seen *n, const TtfsTrace *t, const TtfsConnection *c) {
    uint32_t fan = ttfs_conn_fan(t->spike, c), first = ttfs_conn_first(t->spike, c);
    for (uint64_t k = 0; k < c->weight_count; k++)
        see(n, t, c, first + (uint32_t)(k % fan), c->weights[k]);
}

/* All taps of one neuron at (o, oy, ox). */
static void count_patch(Seen *n, const TtfsTrace *t, const TtfsConnection *c, uint32_t o,
                        uint32_t oy, uint32_t ox) {
    const TtfsPopulation *src = ttfs_spike_pop(t->spike, c->src);
    uint32_t each = c->src_channels / c->group;
    uint32_t group = o / (ttfs_spike_pop(t->spike, c->dst)->c / c->group);
    for (uint32_t i = 0; i < each; i++)
        for (uint32_t ky = 0; ky < c->kernel[0]; ky++)
            for (uint32_t kx = 0; kx < c->kernel[1]; kx++) {
                int y = (int)(oy * c->stride[0] + ky * c->dilation[0]) - (int)c->pad[0];
                int x = (int)(ox * c->stride[1] + kx * c->dilation[1]) - (int)c->pad[1];
                if (y < 0 || x < 0 || y >= (int)src->h || x >= (int)src->w) continue;
                uint32_t channel = c->src_ch_first + group * each + i;
                uint32_t k = ((o * each + i) * c->kernel[0] + ky) * c->kernel[1] + kx;
                see(n, t, c, (channel * src->h + (uint32_t)y) * src->w + (uint32_t)x,
                    c->weights[k]);
            }
}

static void count_conv(Seen *n, const TtfsTrace *t, const TtfsConnection *c) {
    const TtfsPopulation *dst = ttfs_spike_pop(t->spike, c->dst);
    for (uint32_t o = 0; o < dst->c; o++)
        for (uint32_t y = 0; y < dst->h; y++)
            for (uint32_t x = 0; x < dst->w; x++) count_patch(n, t, c, o, y, x);
}

/* Spikes of rectifying neurons, and those neurons at all ticks of their windows. */
static Seen count_active(const TtfsTrace *t) {
    Seen n = {0};
    for (uint32_t i = 0; i < t->spike->pops.len; i++) {
        const TtfsPopulation *p = &t->spike->pops.at[i];
        if (p->kind != TTFS_POP_RELU) continue;
        n.effective += ttfs_trace_spikes(t, (TtfsPop){i + 1});
        n.all += (uint64_t)p->c * p->h * p->w * p->ticks;
    }
    return n;
}

static void random_trace(TtfsTrace *t, TtfsRng *r) {
    ttfs_trace_clear(t);
    for (uint64_t i = 0; i < t->neurons; i++)
        if (ttfs_rng_below(r, 3) == 0) t->tick[i] = (uint16_t)ttfs_rng_below(r, 5);
}

static void as_counted(void **state) {
    (void)state;
    uint64_t operations = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        TtfsSpike s;
        TtfsArena a = {0};
        TtfsTrace t;
        TtfsNeurobench n;
        TtfsActivity got = {0};
        TtfsRng r = ttfs_rng(seed);
        Seen want = {0};
        random_spike(&s, seed);
        ttfs_trace_init(&t, &s, &a);
        random_trace(&t, &r);
        for (uint32_t i = 0; i < s.conns.len; i++) {
            const TtfsConnection *c = &s.conns.at[i];
            if (c->kind == TTFS_CONN_DENSE) count_dense(&want, &t, c);
            if (c->kind == TTFS_CONN_CONV) count_conv(&want, &t, c);
        }
        ttfs_neurobench_open(&n, &s, &a);
        ttfs_neurobench_add(&n, &got, &t);
        Seen active = count_active(&t);
        assert_int_equal(got.operations, want.effective);
        assert_int_equal(n.dense, want.all);
        assert_int_equal(got.active, active.effective);
        assert_int_equal(n.activations, active.all);
        operations += got.operations;
        ttfs_arena_free(&a);
        ttfs_spike_free(&s);
    }
    assert_true(operations > 1000);
}

/* Two weights of 5 bits share two bytes; what several connections share counts once. */
static void footprint(void **state) {
    (void)state;
    static const int16_t weights[] = {3, 0};
    static int32_t bias[] = {1}, ramp[] = {2};
    TtfsSpike s = {0};
    TtfsArena a = {0};
    TtfsNeurobench n;
    TtfsPop in =
        add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 2, .h = 1, .w = 1, .ticks = 7});
    TtfsPop out = add_pop(
        &s,
        (TtfsPopulation){
            .kind = TTFS_POP_RELU, .c = 1, .h = 1, .w = 1, .ticks = 9, .bias = bias, .ramp = ramp});
    for (uint32_t i = 0; i < 2; i++)
        add_conn(&s, (TtfsConnection){.kind = TTFS_CONN_DENSE,
                                      .src = in,
                                      .dst = out,
                                      .weights = weights,
                                      .weight_count = 2,
                                      .weight_bits = 5,
                                      .shared = i});
    ttfs_neurobench_open(&n, &s, &a);
    assert_int_equal(n.footprint, 2 + 4 + 4);
    assert_int_equal(n.weights, 2);
    assert_int_equal(n.zeros, 1);
    assert_int_equal(n.activations, 9);
    assert_int_equal(n.dense, 2 * 2 * 7);
    TtfsBuf text = {0};
    TtfsJson j = {.out = &text};
    ttfs_json_object(&j, NULL);
    ttfs_neurobench_json(&n, &(TtfsActivity){.active = 3, .operations = 5}, 2, &j);
    ttfs_json_end(&j);
    assert_non_null(strstr(ttfs_buf_text(&text), "\"connection_sparsity\":\t0.5"));
    assert_non_null(strstr(ttfs_buf_text(&text), "\"activation_sparsity\":\t0.833333"));
    assert_non_null(strstr(ttfs_buf_text(&text), "\"Effective_ACs\":\t2.5"));
    ttfs_buf_free(&text);
    ttfs_arena_free(&a);
    ttfs_spike_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_counted), cmocka_unit_test(footprint)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
