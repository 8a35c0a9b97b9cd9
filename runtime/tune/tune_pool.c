/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools. A max pool passes the largest integer of its patch (the earliest spike), a min pool the
 * smallest; a gradient goes where that came from, to the lowest index on ties.
 */
#include "tune_inside.h"

#include <string.h>

/* The place in the source of the value that a pool passes in one lane. */
static size_t chosen(const TtfsNetLayer *to, const TtfsTerm *term, const float *x, uint32_t lanes,
                     uint32_t neuron, uint32_t lane, bool least) {
    size_t plane = (size_t)term->in[1] * term->in[2], best = 0;
    size_t base = term->first + neuron / (to->h * to->w) * plane;
    uint32_t y = neuron / to->w % to->h, column = neuron % to->w;
    bool any = false;
    for (uint32_t ky = 0; ky < term->kernel[0]; ky++)
        for (uint32_t kx = 0; kx < term->kernel[1]; kx++) {
            int64_t sy = ttfs_term_tap(term, 0, y, ky), sx = ttfs_term_tap(term, 1, column, kx);
            if (sy < 0 || sy >= term->in[1] || sx < 0 || sx >= term->in[2]) continue;
            size_t at = (base + (size_t)(sy * term->in[2] + sx)) * lanes + lane;
            if (any && !(least ? x[at] < x[best] : x[at] > x[best])) continue;
            best = at;
            any = true;
        }
    return best;
}

typedef struct {
    const TtfsNetLayer *to;
    const TtfsTerm *term;
    bool least;
} Pool;

static Pool pool_of(const TtfsTune *t, uint32_t layer) {
    const TtfsNetLayer *l = &t->net->layers.at[layer];
    return (Pool){l, &t->net->terms.at[l->term_first], l->kind == TTFS_LAYER_MINPOOL};
}

void ttfs_tune_pool(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, uint32_t lanes) {
    Pool p = pool_of(t, layer);
    const float *x = w->value[p.term->src];
    float *out = w->value[layer];
    for (uint32_t i = 0; i < t->layer[layer].size; i++)
        for (uint32_t lane = 0; lane < lanes; lane++)
            *out++ = x[chosen(p.to, p.term, x, lanes, i, lane, p.least)];
}

void ttfs_tune_pool_back(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, uint32_t lanes) {
    Pool p = pool_of(t, layer);
    const float *x = w->value[p.term->src], *g = w->gradient[layer];
    float *to = w->gradient[p.term->src];
    for (uint32_t i = 0; i < t->layer[layer].size; i++)
        for (uint32_t lane = 0; lane < lanes; lane++, g++)
            to[chosen(p.to, p.term, x, lanes, i, lane, p.least)] += *g;
}
