/* SPDX-License-Identifier: Apache-2.0
 *
 * The golden engine against the closed form y = clamp(floor(U / R), 0, T), U = c + sum w x, written
 * here by gathering over geometry (golden scatters), on random graphs and exhaustively on small
 * divisions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "golden.h"
#include "random_spike.h"

/* x of every neuron of every population, or the potentials of the readout. */
typedef struct {
    TtfsArena arena;
    int64_t **value, **potential;
} Closed;

static int64_t source_value(const TtfsPopulation *src, const int64_t *x, uint32_t ch, int64_t y,
                            int64_t col) {
    if (y < 0 || y >= src->h || col < 0 || col >= src->w) return 0;
    return x[((int64_t)ch * src->h + y) * src->w + col];
}

/* Sum of w x over the patch of one position and one source channel. */
static int64_t patch_sum(const TtfsConnection *c, const TtfsPopulation *src, const int64_t *x,
                         uint32_t ch, uint32_t oy, uint32_t ox, const int16_t *w) {
    int64_t sum = 0;
    for (uint32_t ky = 0; ky < c->kernel[0]; ky++)
        for (uint32_t kx = 0; kx < c->kernel[1]; kx++) {
            int64_t y = (int64_t)oy * c->stride[0] + (int64_t)ky * c->dilation[0] - c->pad[0];
            int64_t col = (int64_t)ox * c->stride[1] + (int64_t)kx * c->dilation[1] - c->pad[1];
            sum += w[ky * c->kernel[1] + kx] * source_value(src, x, ch, y, col);
        }
    return sum;
}

/* The largest or least x of the patch of one position; 0 when it lies outside the source. */
static int64_t pooled(const TtfsConnection *c, const TtfsPopulation *src, const int64_t *x,
                      uint32_t ch, uint32_t oy, uint32_t ox) {
    int64_t best = -1;
    for (int64_t y = 0; y < src->h; y++)
        for (int64_t col = 0; col < src->w; col++) {
            int64_t dy = y + c->pad[0] - (int64_t)oy * c->stride[0];
            int64_t dx = col + c->pad[1] - (int64_t)ox * c->stride[1];
            bool tap = dy >= 0 && dx >= 0 && dy % c->dilation[0] == 0 && dx % c->dilation[1] == 0 &&
                       dy / c->dilation[0] < c->kernel[0] && dx / c->dilation[1] < c->kernel[1];
            int64_t v = source_value(src, x, ch, y, col);
            if (tap && (best < 0 || (c->kind == TTFS_CONN_POOL ? v > best : v < best))) best = v;
        }
    return best < 0 ? 0 : best;
}

static int64_t gather(const TtfsSpike *s, const TtfsConnection *c, const int64_t *x, uint32_t ch,
                      uint32_t oy, uint32_t ox) {
    const TtfsPopulation *src = ttfs_spike_pop(s, c->src);
    int64_t sum = 0;
    if (c->kind == TTFS_CONN_POOL || c->kind == TTFS_CONN_MINPOOL)
        return pooled(c, src, x, c->src_ch_first + ch, oy, ox);
    if (c->kind == TTFS_CONN_CONV) {
        size_t taps = (size_t)c->kernel[0] * c->kernel[1];
        uint32_t ins = c->src_channels / c->group;
        uint32_t first = ch / (ttfs_spike_pop(s, c->dst)->c / c->group) * ins + c->src_ch_first;
        for (uint32_t k = 0; k < ins; k++)
            sum += patch_sum(c, src, x, first + k, oy, ox, c->weights + (ch * ins + k) * taps);
        return sum;
    }
    const TtfsPopulation *dst = ttfs_spike_pop(s, c->dst);
    size_t plane = (size_t)src->h * src->w, n = c->src_channels * plane;
    size_t row = ((size_t)ch * dst->h + oy) * dst->w + ox;
    for (size_t j = 0; j < n; j++) sum += c->weights[row * n + j] * x[c->src_ch_first * plane + j];
    return sum;
}

static int64_t floor_div(int64_t a, int64_t b) {
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static int64_t closed_neuron(const TtfsSpike *s, Closed *k, uint32_t pop, uint32_t i) {
    const TtfsPopulation *p = &s->pops.at[pop];
    uint32_t ch = i / (p->h * p->w), oy = i / p->w % p->h, ox = i % p->w;
    int64_t u = p->bias ? p->bias[p->bias_count == p->c ? ch : i] : 0;
    for (uint32_t n = 0; n < p->conn_count; n++) {
        const TtfsConnection *c = &s->conns.at[p->conn_first + n];
        u += gather(s, c, k->value[c->src.i - 1], ch, oy, ox);
    }
    k->potential[pop][i] = u;
    if (p->kind != TTFS_POP_RELU) return u;
    int64_t y = floor_div(u, p->ramp[ch]);
    return y < 0 ? 0 : y > p->ticks ? p->ticks : y;
}

static Closed closed_form(const TtfsSpike *s, const uint16_t *x) {
    Closed k = {0};
    k.value = TTFS_ARRAY(&k.arena, int64_t *, s->pops.len);
    k.potential = TTFS_ARRAY(&k.arena, int64_t *, s->pops.len);
    for (uint32_t p = 0; p < s->pops.len; p++) {
        uint32_t n = ttfs_pop_size(&s->pops.at[p]);
        k.value[p] = TTFS_ARRAY(&k.arena, int64_t, n);
        k.potential[p] = TTFS_ARRAY(&k.arena, int64_t, n);
        for (uint32_t i = 0; i < n; i++)
            k.value[p][i] = s->pops.at[p].kind == TTFS_POP_INPUT ? x[i]
                                                                 : closed_neuron(s, &k, p, i);
    }
    return k;
}

static void compare_population(const TtfsSpike *s, const Closed *k, const TtfsGolden *g,
                               const TtfsTrace *t, uint32_t p) {
    const TtfsPopulation *pop = &s->pops.at[p];
    const uint16_t *tick = ttfs_trace_ticks(t, (TtfsPop){p + 1});
    for (uint32_t i = 0, n = ttfs_pop_size(pop); i < n; i++) {
        if (pop->bias)
            assert_int_equal(ttfs_golden_potentials(g, (TtfsPop){p + 1})[i], k->potential[p][i]);
        if (pop->kind == TTFS_POP_READOUT) {
            assert_int_equal(t->potential[i], k->value[p][i]);
            continue;
        }
        int64_t got = tick[i] == TTFS_SILENT ? 0 : (int64_t)pop->ticks - tick[i];
        assert_int_equal(got, k->value[p][i]);
    }
}

static void random_graphs(void **state) {
    (void)state;
    uint64_t spikes = 0, silent = 0, first = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        TtfsSpike s;
        TtfsDiag diag = {0};
        TtfsTrace t;
        random_spike(&s, seed);
        assert_true(ttfs_spike_check(&s, NULL, &diag));
        TtfsGolden *g = ttfs_golden_open(&s);
        TtfsRng r = ttfs_rng(seed * 77);
        uint16_t *x = TTFS_ARRAY(&s.arena, uint16_t, ttfs_pop_size(ttfs_spike_pop(&s, s.input)));
        ttfs_trace_init(&t, &s, &s.arena);
        for (int sample = 0; sample < 3; sample++) {
            random_input(&s, &r, x);
            ttfs_golden_run(g, x, &t);
            Closed k = closed_form(&s, x);
            for (uint32_t p = 0; p < s.pops.len; p++) compare_population(&s, &k, g, &t, p);
            for (uint64_t i = 0; i < t.neurons; i++) {
                spikes += t.tick[i] != TTFS_SILENT;
                silent += t.tick[i] == TTFS_SILENT;
                first += t.tick[i] == 0;
            }
            ttfs_arena_free(&k.arena);
        }
        ttfs_golden_close(g);
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
    }
    /* The graphs must reach all three: spikes, silence, saturation. */
    assert_true(spikes > 10000 && silent > 10000 && first > 1000);
}

enum { LOW_U = -60, COUNT_U = 200 };

/* One input neuron of weight 0 and a channel for every U: the division alone. */
static void division(uint32_t ramp, uint32_t ticks) {
    TtfsSpike s = {0};
    int16_t *zero = TTFS_ARRAY(&s.arena, int16_t, COUNT_U);
    s.input =
        add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 1, .h = 1, .w = 1, .ticks = 1});
    TtfsPop relu = add_pop(
        &s, (TtfsPopulation){.kind = TTFS_POP_RELU, .c = COUNT_U, .h = 1, .w = 1, .ticks = ticks});
    add_conn(&s, (TtfsConnection){TTFS_CONN_DENSE, s.input, relu, .weight_bits = 2, .weights = zero,
                                  .weight_count = COUNT_U});
    TtfsPopulation *p = ttfs_spike_pop(&s, relu);
    p->bias = TTFS_ARRAY(&s.arena, int32_t, COUNT_U);
    p->bias_count = COUNT_U;
    p->ramp = TTFS_ARRAY(&s.arena, int32_t, COUNT_U);
    for (int i = 0; i < COUNT_U; i++) p->bias[i] = LOW_U + i, p->ramp[i] = (int32_t)ramp;
    s.readout = add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_READOUT, .c = 1, .h = 1, .w = 1});
    add_conn(&s, (TtfsConnection){TTFS_CONN_DENSE, relu, s.readout, .weight_bits = 2,
                                  .weights = zero, .weight_count = COUNT_U});
    ttfs_spike_pop(&s, s.readout)->bias = TTFS_ARRAY(&s.arena, int32_t, 1);
    ttfs_spike_pop(&s, s.readout)->bias_count = 1;
    TtfsTrace t;
    TtfsGolden *g = ttfs_golden_open(&s);
    ttfs_trace_init(&t, &s, &s.arena);
    ttfs_golden_run(g, &(uint16_t){1}, &t);
    const uint16_t *tick = ttfs_trace_ticks(&t, relu);
    for (int i = 0; i < COUNT_U; i++) {
        int64_t y = floor_div(LOW_U + i, ramp);
        y = y < 0 ? 0 : y > ticks ? ticks : y;
        assert_int_equal(tick[i], y ? ticks - y : TTFS_SILENT);
    }
    ttfs_golden_close(g);
    ttfs_spike_free(&s);
}

static void every_small_division(void **state) {
    (void)state;
    for (uint32_t ramp = 1; ramp <= 9; ramp++)
        for (uint32_t ticks = 1; ticks <= 9; ticks++) division(ramp, ticks);
}

/* W = [5, -10], x = (5, 3), T = 5: the potential rises to 20 on the way and ends at -5. Without the
 * comparator's gate the neuron would fire; ReLU gives 0. */
static void potential_that_falls_stays_silent(void **state) {
    (void)state;
    static const int16_t w[] = {5, -10}, one[] = {1};
    TtfsSpike s = {0};
    s.input =
        add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 2, .h = 1, .w = 1, .ticks = 5});
    TtfsPop relu = add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_RELU,
                                                .c = 1,
                                                .h = 1,
                                                .w = 1,
                                                .ticks = 5,
                                                .bias = (int32_t[]){0},
                                                .ramp = (int32_t[]){1}});
    add_conn(&s, (TtfsConnection){TTFS_CONN_DENSE, s.input, relu, .weight_bits = 5, .weights = w,
                                  .weight_count = 2});
    s.readout = add_pop(
        &s,
        (TtfsPopulation){.kind = TTFS_POP_READOUT, .c = 1, .h = 1, .w = 1, .bias = (int32_t[]){7}});
    add_conn(&s, (TtfsConnection){TTFS_CONN_DENSE, relu, s.readout, .weight_bits = 2,
                                  .weights = one, .weight_count = 1});
    TtfsTrace t;
    TtfsGolden *g = ttfs_golden_open(&s);
    ttfs_trace_init(&t, &s, &s.arena);
    ttfs_golden_run(g, (uint16_t[]){5, 3}, &t);
    assert_int_equal(ttfs_golden_potentials(g, relu)[0], -5);
    assert_int_equal(ttfs_trace_ticks(&t, relu)[0], TTFS_SILENT);
    assert_int_equal(t.potential[0], 7);
    ttfs_golden_run(g, (uint16_t[]){1, 0}, &t);
    assert_int_equal(ttfs_trace_ticks(&t, relu)[0], 0);
    assert_int_equal(t.potential[0], 12);
    ttfs_golden_close(g);
    ttfs_spike_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs),
        cmocka_unit_test(every_small_division),
        cmocka_unit_test(potential_that_falls_stays_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
