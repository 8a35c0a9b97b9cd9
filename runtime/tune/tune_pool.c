/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools. A max pool passes the largest integer of its patch (the earliest spike), a min pool the
 * smallest; a gradient goes where that came from, to the lowest index on ties.
 */
#include "tune_inside.h"

#include <string.h>

enum { SOME = 64 }; /* lanes at a time */

/* A pool, a neuron of it, and some of its lanes. */
typedef struct {
    const TtfsNetLayer *to;
    const TtfsTerm *term;
    bool least;
    uint32_t neuron, lane, some, lanes;
} Pool;

/* The lanes of the source under a tap, or its place there; false: the tap lies outside. */
static bool tap(const Pool *p, uint32_t k, size_t *at) {
    const TtfsTerm *t = p->term;
    uint32_t y = p->neuron / p->to->w % p->to->h, x = p->neuron % p->to->w;
    int64_t sy = ttfs_term_tap(t, 0, y, k / t->kernel[1]);
    int64_t sx = ttfs_term_tap(t, 1, x, k % t->kernel[1]);
    size_t plane = (size_t)t->in[1] * t->in[2];
    size_t base = t->first + p->neuron / (p->to->h * p->to->w) * plane;
    if (sy < 0 || sy >= t->in[1] || sx < 0 || sx >= t->in[2]) return false;
    *at = (base + (size_t)(sy * t->in[2] + sx)) * p->lanes + p->lane;
    return true;
}

static void pass(const Pool *p, const float *x, float *out) {
    bool any = false;
    for (uint32_t k = 0; k < p->term->kernel[0] * p->term->kernel[1]; k++) {
        size_t at;
        if (!tap(p, k, &at)) continue;
        const float *v = x + at;
        for (uint32_t i = 0; !any && i < p->some; i++) out[i] = v[i];
        for (uint32_t i = 0; p->least && i < p->some; i++) out[i] = v[i] < out[i] ? v[i] : out[i];
        for (uint32_t i = 0; !p->least && i < p->some; i++) out[i] = v[i] > out[i] ? v[i] : out[i];
        any = true;
    }
}

static void pass_back(const Pool *p, const float *x, const float *y, const float *g, float *to) {
    float left[SOME]; /* gradients that have not gone anywhere yet */
    memcpy(left, g, p->some * sizeof *left);
    for (uint32_t k = 0; k < p->term->kernel[0] * p->term->kernel[1]; k++) {
        size_t at;
        if (!tap(p, k, &at)) continue;
        for (uint32_t i = 0; i < p->some; i++) {
            bool here = x[at + i] == y[i];
            to[at + i] += here ? left[i] : 0;
            left[i] = here ? 0 : left[i];
        }
    }
}

static void on_all(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, uint32_t lanes, bool back) {
    const TtfsNetLayer *l = &t->net->layers.at[layer];
    Pool p = {.to = l,
              .term = &t->net->terms.at[l->term_first],
              .least = l->kind == TTFS_LAYER_MINPOOL,
              .lanes = lanes};
    const float *x = w->value[p.term->src];
    for (; p.neuron < t->layer[layer].size; p.neuron++)
        for (p.lane = 0; p.lane < lanes; p.lane += SOME) {
            size_t at = (size_t)p.neuron * lanes + p.lane;
            p.some = lanes - p.lane < SOME ? lanes - p.lane : SOME;
            if (back)
                pass_back(&p, x, w->value[layer] + at, w->gradient[layer] + at,
                          w->gradient[p.term->src]);
            else
                pass(&p, x, w->value[layer] + at);
        }
}

void ttfs_tune_pool(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, uint32_t lanes) {
    on_all(t, layer, w, lanes, false);
}

void ttfs_tune_pool_back(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, uint32_t lanes) {
    on_all(t, layer, w, lanes, true);
}
