/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools. A max pool passes the largest integer of its patch (the earliest spike), a min pool the
 * smallest; a gradient goes where that came from, to the lowest index on ties.
 */
#include "tune_inside.h"

#include "vectors.h"

#include <string.h>

enum { SOME = 64, EIGHT = 8 }; /* lanes at a time: a multiple of eight */

/* A pool, a neuron of it, and some of its lanes. */
typedef struct {
    const TtfsNetLayer *to;
    const TtfsTerm *term;
    bool least;
    uint32_t channel, y, x; /* of the neuron */
    uint32_t lane, some, lanes;
} Pool;

/* The lanes of the source under a tap, or its place there; false: the tap lies outside. */
TTFS_BOTH bool tap(const Pool *p, uint32_t k, size_t *at) {
    const TtfsTerm *t = p->term;
    int64_t sy = ttfs_term_tap(t, 0, p->y, k / t->kernel[1]);
    int64_t sx = ttfs_term_tap(t, 1, p->x, k % t->kernel[1]);
    size_t base = t->first + (size_t)p->channel * t->in[1] * t->in[2];
    if (sy < 0 || sy >= t->in[1] || sx < 0 || sx >= t->in[2]) return false;
    *at = (base + (size_t)(sy * t->in[2] + sx)) * p->lanes + p->lane;
    return true;
}

/* The larger or the smaller of both, of what is there. */
TTFS_BOTH void choose(const Pool *p, const float *x, bool any, float *out) {
    for (uint32_t i = 0; i < p->some; i += EIGHT) {
        TtfsEight v, best;
        ttfs_load(&v, x + i), ttfs_load(&best, any ? out + i : x + i);
        TtfsMask better = p->least ? v < best : v > best;
        best = TTFS_WHERE(better, v, best);
        ttfs_store(out + i, &best);
    }
}

TTFS_BOTH void pass(const Pool *p, const float *x, float *out) {
    bool any = false;
    for (uint32_t k = 0; k < p->term->kernel[0] * p->term->kernel[1]; k++) {
        size_t at;
        if (!tap(p, k, &at)) continue;
        choose(p, x + at, any, out);
        any = true;
    }
}

/* What is left of gradients goes to the tap where the value came from. */
TTFS_BOTH void give(const float *x, const float *y, float *left, float *to, uint32_t n) {
    for (uint32_t i = 0; i < n; i += EIGHT) {
        TtfsEight v, out, rest, sum;
        ttfs_load(&v, x + i), ttfs_load(&out, y + i);
        ttfs_load(&rest, left + i), ttfs_load(&sum, to + i);
        TtfsMask here = v == out;
        sum += TTFS_WHERE_ELSE_0(here, rest);
        rest = TTFS_WHERE_ELSE_0(~here, rest);
        ttfs_store(left + i, &rest), ttfs_store(to + i, &sum);
    }
}

TTFS_BOTH void pass_back(const Pool *p, const float *x, const float *y, const float *g, float *to) {
    float left[SOME]; /* gradients that have not gone anywhere yet */
    memcpy(left, g, p->some * sizeof *left);
    for (uint32_t k = 0; k < p->term->kernel[0] * p->term->kernel[1]; k++) {
        size_t at;
        if (tap(p, k, &at)) give(x + at, y, left, to + at, p->some);
    }
}

/* Values of the source and of the pool; gradients of the pool's, which go to the source's. */
typedef struct {
    const float *x, *g; /* g NULL: forward */
    float *y, *to;
} Values;

TTFS_BOTH void on_lanes(Pool *p, const Values *v, size_t neuron) {
    for (p->lane = 0; p->lane < p->lanes; p->lane += SOME) {
        size_t at = neuron * p->lanes + p->lane;
        p->some = p->lanes - p->lane < SOME ? p->lanes - p->lane : SOME;
        if (v->g)
            pass_back(p, v->x, v->y + at, v->g + at, v->to);
        else
            pass(p, v->x, v->y + at);
    }
}

TTFS_BOTH void on_all(Pool *p, const Values *v) {
    size_t neuron = 0;
    for (p->channel = 0; p->channel < p->to->c; p->channel++)
        for (p->y = 0; p->y < p->to->h; p->y++)
            for (p->x = 0; p->x < p->to->w; p->x++) on_lanes(p, v, neuron++);
}

TTFS_EIGHTS static void on_all_eights(Pool *p, const Values *v) {
    on_all(p, v);
}

static void on_pool(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, uint32_t lanes, bool back) {
    const TtfsNetLayer *l = &t->net->layers.at[layer];
    Pool p = {.to = l,
              .term = &t->net->terms.at[l->term_first],
              .least = l->kind == TTFS_LAYER_MINPOOL,
              .lanes = lanes};
    const Values v = {.x = w->value[p.term->src],
                      .g = back ? w->gradient[layer] : NULL,
                      .y = w->value[layer],
                      .to = w->gradient[p.term->src]};
    if (ttfs_has_eights())
        on_all_eights(&p, &v);
    else
        on_all(&p, &v);
}

void ttfs_tune_pool(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, uint32_t lanes) {
    on_pool(t, layer, w, lanes, false);
}

void ttfs_tune_pool_back(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, uint32_t lanes) {
    on_pool(t, layer, w, lanes, true);
}
