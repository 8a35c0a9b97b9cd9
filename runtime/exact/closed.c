/* SPDX-License-Identifier: Apache-2.0
 *
 * Closed forms from an engine's windows, scales and slopes; a run of them in float64 on the plain
 * sums.
 */
#include "closed.h"

#include "exact_inside.h"
#include "philox.h"

#include <math.h>

struct TtfsClosed {
    TtfsArena arena;
    const TtfsExact *exact;
    TtfsClosedLayer *layer;
    TtfsReference *reference;
    uint64_t sample; /* of the run */
};

/* The factor of a neuron whose potential does not rise: its value is at one end of the window. */
static const double STEEP = 1e30;

/* `own` is e, of model a e (1 - S); `length` B, of model a L; `most` B: rescaled. */
static void set_slope(TtfsClosedLayer *k, uint32_t i, double own, double length, double most,
                      double scale) {
    double rise = 1 + own, shift = own * length;
    k->shift[i] = (rise > 0 ? shift : shift - most * rise) / scale;
    k->factor[i] = rise > 0 ? 1 / rise : STEEP;
}

static void set_slopes(TtfsClosed *c, uint32_t index) {
    const TtfsNetLayer *l = &c->exact->net->layers.at[index];
    const TtfsExactLayer *x = &c->exact->layer[index];
    TtfsClosedLayer *k = &c->layer[index];
    bool a = c->exact->options.model == TTFS_EXACT_A;
    uint32_t n = ttfs_net_size(l);
    k->shift = TTFS_ARRAY(&c->arena, double, n);
    k->factor = TTFS_ARRAY(&c->arena, double, n);
    for (uint32_t i = 0; i < n; i++) {
        size_t state = (size_t)(i % k->plane) * l->c + i / k->plane;
        double own = a ? x->noise[i] / x->gain[state] : x->noise[i];
        double length = a ? x->start + x->window - x->first : x->window;
        set_slope(k, i, own, length, x->window, x->scale[i / k->plane]);
    }
}

static void set_layer(TtfsClosed *c, uint32_t index) {
    const TtfsNetLayer *l = &c->exact->net->layers.at[index];
    const TtfsExactLayer *x = &c->exact->layer[index];
    TtfsClosedLayer *k = &c->layer[index];
    *k = (TtfsClosedLayer){.c = l->c,
                           .plane = l->h * l->w,
                           .least = l->of_input ? c->exact->input_lo : 0,
                           .most = TTFS_ARRAY(&c->arena, double, l->c),
                           .window = TTFS_ARRAY(&c->arena, double, l->c),
                           .sd = TTFS_ARRAY(&c->arena, double, l->c),
                           .all = c->exact->options.model == TTFS_EXACT_A,
                           .rule = l->kind == TTFS_LAYER_INPUT || l->kind == TTFS_LAYER_RELU};
    for (uint32_t i = 0; i < l->c; i++) {
        k->window[i] = x->window / x->scale[i];
        k->most[i] = l->top > 0 ? fmin(l->top, k->window[i]) : k->window[i];
        k->sd[i] = ttfs_exact_time_sd(c->exact, index) / x->scale[i];
    }
    if (x->noise) set_slopes(c, index);
}

TtfsClosed *ttfs_closed_open(const TtfsExact *e) {
    TtfsArena arena = {0};
    TtfsClosed *c = TTFS_NEW(&arena, TtfsClosed);
    *c = (TtfsClosed){.arena = arena, .exact = e};
    c->layer = TTFS_ARRAY(&c->arena, TtfsClosedLayer, e->net->layers.len);
    for (uint32_t i = 0; i < e->net->layers.len; i++) set_layer(c, i);
    c->reference = ttfs_reference_open(e->net);
    return c;
}

void ttfs_closed_close(TtfsClosed *c) {
    if (!c) return;
    ttfs_reference_close(c->reference);
    TtfsArena arena = c->arena; /* holds *c itself */
    ttfs_arena_free(&arena);
}

const TtfsClosedLayer *ttfs_closed_layer(const TtfsClosed *c, uint32_t layer) {
    return &c->layer[layer];
}

static double within(double x, double most) {
    return x > 0 ? x < most ? x : most : 0;
}

static void disturb(const TtfsClosed *c, uint32_t layer, double *x) {
    const TtfsClosedLayer *k = &c->layer[layer];
    const uint32_t key[2] = {c->exact->options.seed, TTFS_DRAW_TIME};
    double z[TTFS_NORMALS];
    for (uint32_t i = 0; i < k->c * k->plane; i++) {
        const uint32_t counter[4] = {c->exact->options.trial, (uint32_t)c->sample, layer, i};
        if (i % TTFS_NORMALS == 0) ttfs_philox_normals(key, counter, 3, TTFS_NORMALS, z);
        if (!k->all && !(x[i] > k->least)) continue;
        uint32_t ch = i / k->plane;
        double moved = x[i] - k->least - k->sd[ch] * z[i % TTFS_NORMALS];
        x[i] = k->least + within(moved, k->window[ch]);
    }
}

static void rule(void *context, uint32_t layer, double *y) {
    const TtfsClosed *c = context;
    const TtfsClosedLayer *k = &c->layer[layer];
    for (uint32_t i = 0; i < k->c * k->plane; i++) {
        double x = y[i] - k->least;
        if (k->shift) x = (x + k->shift[i]) * k->factor[i];
        y[i] = k->least + within(x, k->most[i / k->plane]);
    }
    if (c->exact->options.time_noise > 0) disturb(c, layer, y);
}

void ttfs_closed_run(TtfsClosed *c, const float *input, uint64_t sample) {
    c->sample = sample;
    ttfs_reference_run_as(c->reference, input, rule, c);
}

const double *ttfs_closed_values(const TtfsClosed *c, uint32_t layer) {
    return ttfs_reference_values(c->reference, layer);
}
