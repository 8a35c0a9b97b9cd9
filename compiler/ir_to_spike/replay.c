/* SPDX-License-Identifier: Apache-2.0
 *
 * One layer over a block of samples. Method: at each position the taps that lie inside are listed
 * once; then two outputs at a time take four taps at a time, lane by lane.
 */
#include "replay.h"

/* The taps of a position that lie inside: which weight, and the values of its source. */
typedef struct {
    uint32_t *weight;
    const float **x;
    uint32_t n;
} Taps;

void ttfs_replay_patch(const TtfsNetLayer *src, const TtfsNetLayer *to, const TtfsTerm *t,
                       uint32_t group, uint32_t y, uint32_t x, uint32_t *neuron) {
    if (t->dense) {
        for (uint64_t j = 0; j < t->row; j++) neuron[j] = t->first + (uint32_t)j;
        return;
    }
    (void)to, (void)src;
    uint32_t channels = t->in[0] / t->group, plane = t->in[1] * t->in[2];
    for (uint32_t c = 0; c < channels; c++)
        for (uint32_t ky = 0; ky < t->kernel[0]; ky++)
            for (uint32_t kx = 0; kx < t->kernel[1]; kx++) {
                int64_t at_y = ttfs_term_tap(t, 0, y, ky), at_x = ttfs_term_tap(t, 1, x, kx);
                bool inside = at_y >= 0 && at_y < t->in[1] && at_x >= 0 && at_x < t->in[2];
                uint32_t map = t->first + (group * channels + c) * plane;
                *neuron++ = inside ? map + (uint32_t)at_y * t->in[2] + (uint32_t)at_x
                                   : TTFS_NO_NEURON;
            }
}

static Taps taps_of(const float *x, const uint32_t *neuron, uint64_t row, TtfsArena *a) {
    Taps t = {TTFS_ARRAY(a, uint32_t, row + 4), TTFS_ARRAY(a, const float *, row + 4), 0};
    for (uint32_t j = 0; j < row; j++) {
        if (neuron[j] == TTFS_NO_NEURON) continue;
        t.weight[t.n] = j;
        t.x[t.n++] = x + (uint64_t)neuron[j] * TTFS_LANES;
    }
    return t;
}

/* Two outputs, four taps from the i-th on. */
static void add_four(const Taps *t, uint32_t i, const float *w0, const float *w1,
                     float *restrict s0, float *restrict s1) {
    const float *restrict a = t->x[i], *restrict b = t->x[i + 1], *restrict c = t->x[i + 2],
                          *restrict d = t->x[i + 3];
    const uint32_t *at = t->weight + i;
    float p0 = w0[at[0]], p1 = w0[at[1]], p2 = w0[at[2]], p3 = w0[at[3]];
    float q0 = w1[at[0]], q1 = w1[at[1]], q2 = w1[at[2]], q3 = w1[at[3]];
    for (uint32_t l = 0; l < TTFS_LANES; l++) {
        s0[l] += (p0 * a[l] + p1 * b[l]) + (p2 * c[l] + p3 * d[l]);
        s1[l] += (q0 * a[l] + q1 * b[l]) + (q2 * c[l] + q3 * d[l]);
    }
}

static void add_one(const Taps *t, uint32_t i, const float *w, float *restrict s) {
    const float *restrict a = t->x[i];
    float p = w[t->weight[i]];
    for (uint32_t l = 0; l < TTFS_LANES; l++) s[l] += p * a[l];
}

/* Outputs of `rows` rows of weights, whose sums are `apart` floats apart. */
static void add_rows(const Taps *t, const float *weights, uint64_t row, uint64_t rows, float *sum,
                     uint64_t apart) {
    for (uint64_t o = 0; o < rows; o += 2) {
        const float *w0 = weights + o * row, *w1 = o + 1 < rows ? w0 + row : w0;
        float unused[TTFS_LANES] = {0};
        float *s0 = sum + o * apart, *s1 = o + 1 < rows ? s0 + apart : unused;
        uint32_t i = 0;
        for (; i + 4 <= t->n; i += 4) add_four(t, i, w0, w1, s0, s1);
        for (; i < t->n; i++) {
            add_one(t, i, w0, s0);
            add_one(t, i, w1, s1);
        }
    }
}

static void add_dense(const TtfsNetLayer *src, const TtfsNetLayer *to, const TtfsTerm *t,
                      const float *weights, const float *x, float *sum, TtfsArena *a) {
    uint32_t *neuron = TTFS_ARRAY(a, uint32_t, t->row);
    ttfs_replay_patch(src, to, t, 0, 0, 0, neuron);
    Taps taps = taps_of(x, neuron, t->row, a);
    add_rows(&taps, weights, t->row, ttfs_term_rows(to, t), sum, TTFS_LANES);
}

static void add_position(const TtfsNetLayer *src, const TtfsNetLayer *to, const TtfsTerm *t,
                         const float *weights, const float *x, uint32_t at, float *sum,
                         TtfsArena *a) {
    uint64_t plane = (uint64_t)to->h * to->w, channels = to->c / t->group;
    TtfsMark mark = ttfs_arena_mark(a);
    uint32_t *neuron = TTFS_ARRAY(a, uint32_t, t->row);
    for (uint32_t g = 0; g < t->group; g++) {
        ttfs_replay_patch(src, to, t, g, at / to->w, at % to->w, neuron);
        Taps taps = taps_of(x, neuron, t->row, a);
        add_rows(&taps, weights + g * channels * t->row, t->row, channels,
                 sum + (g * channels * plane + at) * TTFS_LANES, plane * TTFS_LANES);
    }
    ttfs_arena_release(a, mark);
}

void ttfs_replay_sum(const TtfsNetLayer *src, const TtfsNetLayer *to, const TtfsTerm *t,
                     const float *weights, const float *x, float *sum, TtfsArena *scratch) {
    TtfsMark mark = ttfs_arena_mark(scratch);
    if (t->dense)
        add_dense(src, to, t, weights, x, sum, scratch);
    else
        for (uint32_t at = 0; at < to->h * to->w; at++)
            add_position(src, to, t, weights, x, at, sum, scratch);
    ttfs_arena_release(scratch, mark);
}

/* out becomes the larger, or smaller, of itself and x. */
static void take_better(bool smallest, const float *restrict x, float *restrict out) {
    if (smallest)
        for (uint32_t l = 0; l < TTFS_LANES; l++) out[l] = x[l] < out[l] ? x[l] : out[l];
    else
        for (uint32_t l = 0; l < TTFS_LANES; l++) out[l] = x[l] > out[l] ? x[l] : out[l];
}

void ttfs_replay_pool(const TtfsNetLayer *src, const TtfsNetLayer *to, const TtfsTerm *t,
                      const float *x, float *out, TtfsArena *scratch) {
    TtfsMark mark = ttfs_arena_mark(scratch);
    uint32_t taps = t->kernel[0] * t->kernel[1], plane = to->h * to->w;
    TtfsTerm one = *t; /* a pool's channels are groups of their own */
    one.group = t->in[0];
    uint32_t *neuron = TTFS_ARRAY(scratch, uint32_t, taps);
    for (uint32_t c = 0; c < to->c; c++)
        for (uint32_t at = 0; at < plane; at++) {
            float *to_here = out + ((uint64_t)c * plane + at) * TTFS_LANES;
            bool any = false;
            ttfs_replay_patch(src, to, &one, c, at / to->w, at % to->w, neuron);
            for (uint32_t k = 0; k < taps; k++) {
                if (neuron[k] == TTFS_NO_NEURON) continue;
                const float *v = x + (uint64_t)neuron[k] * TTFS_LANES;
                for (uint32_t l = 0; !any && l < TTFS_LANES; l++) to_here[l] = v[l];
                if (any) take_better(to->kind == TTFS_LAYER_MINPOOL, v, to_here);
                any = true;
            }
        }
    ttfs_arena_release(scratch, mark);
}
