/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs: the sums are the fast engine's; behind each layer, for all its neurons, sixteen samples at
 * once, the closed form, the spike's disturbed time, and what is counted. Deviates of times are
 * drawn once for all runs of the same samples, and only where there is a spike. Loops over the
 * lanes have a fixed length and no branches, so that compilers make vectors of them.
 */
#include "noisy_inside.h"

#include "philox.h"

#include <math.h>
#include <string.h>

enum { LANES = TTFS_NOISY_LANES };

TtfsNoisyWork *ttfs_noisy_work(const TtfsNoisy *n) {
    TtfsArena arena = {0};
    TtfsNoisyWork *w = TTFS_NEW(&arena, TtfsNoisyWork);
    *w = (TtfsNoisyWork){.arena = arena, .noisy = n};
    w->clean = TTFS_ARRAY(&w->arena, float, n->neurons *LANES);
    w->noise = TTFS_ARRAY(&w->arena, float, n->neurons *LANES);
    w->drawn = TTFS_ARRAY(&w->arena, uint8_t, n->neurons);
    w->work = ttfs_fast_work(n->fast);
    w->work_clean = n->fast_clean == n->fast ? w->work : ttfs_fast_work(n->fast_clean);
    return w;
}

void ttfs_noisy_drop(TtfsNoisyWork *w) {
    if (!w) return;
    if (w->work_clean != w->work) ttfs_fast_drop(w->work_clean);
    ttfs_fast_drop(w->work);
    TtfsArena arena = w->arena; /* holds *w itself */
    ttfs_arena_free(&arena);
}

/* The layer whose values a tensor has; NULL: of none. */
static const TtfsNetLayer *layer_of(const TtfsNoisy *n, TtfsTensor t, uint32_t *index) {
    *index = n->layer_of[t.i - 1] - 1;
    return n->layer_of[t.i - 1] ? &n->net.layers.at[*index] : NULL;
}

static void rectify(float *v, uint64_t n, float most) {
    for (uint64_t i = 0; i < n; i++) {
        float x = v[i] > 0 ? v[i] : 0;
        v[i] = x < most ? x : most;
    }
}

static void keep_clean(void *context, TtfsTensor t, float *values) {
    TtfsNoisyWork *w = context;
    uint32_t i;
    const TtfsNetLayer *l = layer_of(w->noisy, t, &i);
    if (!l || l->kind != TTFS_LAYER_RELU) return;
    uint64_t n = (uint64_t)ttfs_net_size(l) * LANES;
    rectify(values, n, l->top > 0 ? (float)l->top : INFINITY);
    memcpy(w->clean + w->noisy->first[i] * LANES, values, n * sizeof *values);
}

void ttfs_noisy_begin(TtfsNoisyWork *w, const float *x, uint64_t first, uint64_t n) {
    w->x = x;
    w->first = first;
    w->n = n;
    w->last = w->work_clean;
    memset(w->drawn, 0, w->noisy->neurons);
    ttfs_fast_run_changed(w->work_clean, x, n, keep_clean, w);
}

/* Deviates of the samples in hand for a neuron. */
static void draw(TtfsNoisyWork *w, uint32_t layer, uint32_t neuron) {
    uint64_t at = w->noisy->first[layer] + neuron;
    const uint32_t counter[4] = {w->rule->trial, (uint32_t)w->first, layer, neuron};
    double z[LANES];
    if (w->drawn[at]) return;
    ttfs_philox_normals(w->rule->key, counter, 1, LANES, z);
    for (uint32_t l = 0; l < LANES; l++) w->noise[at * LANES + l] = (float)z[l];
    w->drawn[at] = 1;
}

static float within(float x, float most) {
    x = x > 0 ? x : 0;
    return x < most ? x : most;
}

/* Counts of a layer, a lane a sample. */
typedef struct {
    uint32_t spikes[LANES], saturated[LANES];
    float error[LANES];
} Lanes;

/* From sums to what lies above the layer's least value. */
static void close_form(float *v, uint64_t n, float shift, float factor, float most) {
    for (uint64_t i = 0; i < n; i++) v[i] = within((v[i] + shift) * factor, most);
}

/* Spikes move; where there is none, and not `all` have one, nothing does. */
static void move_spikes(float *v, const float *z, uint64_t n, float sd, float most, bool all) {
    for (uint64_t i = 0; i < n; i++) {
        float moved = within(v[i] - sd * z[i], most);
        v[i] = all || v[i] > 0 ? moved : v[i];
    }
}

static void raise(float *v, uint64_t n, float by) {
    for (uint64_t i = 0; i < n; i++) v[i] += by;
}

/* Whether any of the values, none of which is below 0, is above it. */
static bool any(const float *x) {
    uint64_t bits[LANES / 2], all = 0;
    memcpy(bits, x, sizeof bits);
    for (uint32_t l = 0; l < LANES / 2; l++) all |= bits[l];
    return all != 0;
}

static void disturb(TtfsNoisyWork *w, const TtfsNoisyLayer *k, uint32_t layer, uint32_t c,
                    float *v) {
    uint32_t first = c * k->plane;
    for (uint32_t i = 0; i < k->plane; i++)
        if (k->all || any(v + (size_t)i * LANES)) draw(w, layer, first + i);
    const float *z = w->noise + (w->noisy->first[layer] + first) * LANES;
    move_spikes(v, z, (uint64_t)k->plane * LANES, k->sd[c], k->window[c], k->all);
}

/* A channel; neurons without a slope of their own at once. */
static void apply(TtfsNoisyWork *w, const TtfsNoisyLayer *k, uint32_t layer, uint32_t c, float *v) {
    uint64_t n = (uint64_t)k->plane * LANES, some = k->shift ? LANES : n;
    uint32_t i = c * k->plane;
    for (uint64_t at = 0; at < n; at += some, i++)
        close_form(v + at, some, (k->shift ? k->shift[i] : 0) - k->least,
                   k->shift ? k->factor[i] : 1, k->most[c]);
    if (w->rule->timed) disturb(w, k, layer, c, v);
    if (k->least != 0) raise(v, n, k->least);
}

/* In model a all fire. Neurons of a pool have no error of their own. */
static void count_layer(const TtfsNoisyLayer *k, const float *values, const float *clean,
                        Lanes *c) {
    Lanes sum = {0};
    for (uint32_t i = 0; i < k->n; i++) {
        const float *v = values + (size_t)i * LANES, *want = clean + (size_t)i * LANES;
        float least = k->least, most = least + k->most[i / k->plane];
        for (uint32_t l = 0; l < LANES; l++) {
            sum.spikes[l] += v[l] > least;
            sum.saturated[l] += v[l] >= most;
            sum.error[l] += fabsf(v[l] - want[l]);
        }
    }
    *c = sum;
}

static void add_lanes(const TtfsNoisyWork *w, const TtfsNoisyLayer *k, uint32_t layer,
                      const Lanes *c) {
    double unit = ldexp(1, TTFS_NOISY_ERROR_BITS) / (k->top * k->n);
    for (uint64_t l = 0; l < w->n; l++) {
        w->count->spikes += k->all ? k->n : c->spikes[l];
        w->count->saturated += c->saturated[l];
        if (k->rule)
            w->count->error[layer] += (uint64_t)(fmin((double)c->error[l] * unit, 0x1p40) + 0.5);
    }
}

/* What is there when the class is read. */
static void cut(const TtfsNoisyLayer *k, float *v) {
    for (uint32_t i = 0; i < k->n; i++)
        for (uint32_t l = 0; l < LANES; l++, v++) {
            float x = *v - k->late[i / k->plane];
            *v = x > k->least ? x : k->least;
        }
}

static void change(void *context, TtfsTensor t, float *values) {
    TtfsNoisyWork *w = context;
    uint32_t i;
    if (!layer_of(w->noisy, t, &i)) return;
    const TtfsNoisyLayer *k = &w->rule->layer[i];
    for (uint32_t c = 0; k->rule && c < k->n / k->plane; c++)
        apply(w, k, i, c, values + (size_t)c * k->plane * LANES);
    if (k->hidden) {
        Lanes c = {0};
        count_layer(k, values, w->clean + w->noisy->first[i] * LANES, &c);
        add_lanes(w, k, i, &c);
    }
    if (k->late) cut(k, values);
}

void ttfs_noisy_run(TtfsNoisyWork *w, const TtfsNoisyRule *r, TtfsNoisyCount *count) {
    const uint32_t drawn_for[3] = {r->key[0], r->key[1], r->trial};
    if (memcmp(w->drawn_for, drawn_for, sizeof drawn_for) != 0) {
        memset(w->drawn, 0, w->noisy->neurons);
        memcpy(w->drawn_for, drawn_for, sizeof drawn_for);
    }
    w->rule = r;
    w->count = count;
    w->last = w->work;
    ttfs_fast_run_changed(w->work, w->x, w->n, change, w);
}

const float *ttfs_noisy_output(TtfsNoisyWork *w, uint32_t output) {
    return ttfs_fast_output(w->last, output);
}
