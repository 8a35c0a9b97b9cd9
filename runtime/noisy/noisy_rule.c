/* SPDX-License-Identifier: Apache-2.0
 *
 * Closed forms in float32, from those of an exact engine, which is opened for its windows, scales
 * and slopes alone.
 */
#include "noisy_inside.h"

#include "philox.h"

static float *floats(const double *from, uint32_t n, TtfsArena *a) {
    if (!from) return NULL;
    float *to = TTFS_ARRAY(a, float, n);
    for (uint32_t i = 0; i < n; i++) to[i] = (float)from[i];
    return to;
}

static void take_layer(TtfsNoisyRule *r, const TtfsNet *net, uint32_t i, const TtfsClosedLayer *k,
                       double top) {
    const TtfsNetLayer *l = &net->layers.at[i];
    uint32_t n = ttfs_net_size(l);
    r->layer[i] =
        (TtfsNoisyLayer){.least = (float)k->least,
                         .most = floats(k->most, k->c, &r->arena),
                         .window = floats(k->window, k->c, &r->arena),
                         .sd = floats(k->sd, k->c, &r->arena),
                         .shift = floats(k->shift, n, &r->arena),
                         .factor = floats(k->factor, n, &r->arena),
                         .all = k->all,
                         .rule = k->rule,
                         .hidden = l->kind != TTFS_LAYER_INPUT && l->kind != TTFS_LAYER_READOUT,
                         .n = n,
                         .plane = k->plane,
                         .top = top > 0 ? top : 1};
}

TtfsNoisyRule *ttfs_noisy_rule(const TtfsNoisy *n, const TtfsExactTops *tops,
                               const TtfsExactOptions *options, double early) {
    TtfsArena arena = {0};
    TtfsNoisyRule *r = TTFS_NEW(&arena, TtfsNoisyRule);
    TtfsExact *exact = ttfs_exact_open(&n->net, tops, options);
    TtfsClosed *closed = ttfs_closed_open(exact);
    *r = (TtfsNoisyRule){.arena = arena,
                         .layers = n->net.layers.len,
                         .key = {options->seed, TTFS_DRAW_TIME},
                         .trial = options->trial,
                         .timed = options->time_noise > 0};
    r->layer = TTFS_ARRAY(&r->arena, TtfsNoisyLayer, r->layers);
    TtfsClosedEarly cut = ttfs_closed_early(exact, early, &r->arena);
    r->latency = cut.at;
    r->early_layer = cut.layer;
    r->early_reader = cut.reader;
    for (uint32_t i = 0; i < r->layers; i++) {
        take_layer(r, &n->net, i, ttfs_closed_layer(closed, i), tops->top[i]);
        r->layer[i].late = floats(cut.late[i], n->net.layers.at[i].c, &r->arena);
    }
    ttfs_closed_close(closed);
    ttfs_exact_close(exact);
    return r;
}

void ttfs_noisy_rule_close(TtfsNoisyRule *r) {
    if (!r) return;
    TtfsArena arena = r->arena; /* holds *r itself */
    ttfs_arena_free(&arena);
}

bool ttfs_noisy_early_reader(const TtfsNoisyRule *r, uint32_t *layer, uint32_t *reader) {
    *layer = r->early_layer;
    *reader = r->early_reader;
    return r->early_reader != 0;
}

double ttfs_noisy_latency(const TtfsNoisyRule *r) {
    return r->latency;
}
