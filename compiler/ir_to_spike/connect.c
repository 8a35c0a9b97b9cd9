/* SPDX-License-Identifier: Apache-2.0
 *
 * A term of a layer -> a connection. In: how the term sees its source; out: kind, geometry, range
 * of channels. A convolution that sees a map as a vector (1x1, on flattened neurons) has no such
 * form of its own and becomes a matrix with its weights where they belong.
 */
#include "lower.h"

#include <inttypes.h>
#include <string.h>

/* Entries that a convolution is spread to at most. */
#define MOST_SPREAD ((uint64_t)1 << 26)

static bool refuse(const TtfsLower *l, const TtfsTerm *t, const char *why) {
    return ttfs_error(l->diag, TTFS_AT_NODE(l->file, t->name), TTFS_MODEL_FORM, "%s", why);
}

/* Weights of a 1x1 convolution of vectors as a matrix. */
static const float *spread(TtfsLower *l, const TtfsNetLayer *to, const TtfsTerm *t) {
    uint32_t ins = t->in[0] / t->group, outs = to->c / t->group;
    float *m = TTFS_ARRAY(&l->scratch, float, (size_t)to->c * t->in[0]);
    for (uint32_t i = 0; i < to->c; i++)
        memcpy(m + (size_t)i * t->in[0] + (size_t)(i / outs) * ins, t->weights + (size_t)i * ins,
               ins * sizeof *m);
    return m;
}

static bool take_range(const TtfsLower *l, const TtfsTerm *t, TtfsConnection *c) {
    const TtfsNetLayer *src = &l->net->layers.at[t->src];
    uint64_t plane = (uint64_t)src->h * src->w, seen = (uint64_t)t->in[0] * t->in[1] * t->in[2];
    if (t->first % plane || seen % plane)
        return refuse(l, t, "it sees a part of a channel of its source");
    c->src_ch_first = (uint32_t)(t->first / plane);
    c->src_channels = (uint32_t)(seen / plane);
    return true;
}

bool ttfs_lower_connect(TtfsLower *l, const TtfsNetLayer *to, const TtfsTerm *t, TtfsConnection *c,
                        const float **weights) {
    const TtfsNetLayer *src = &l->net->layers.at[t->src];
    *c = (TtfsConnection){.src = {t->src + 1}, .group = 1};
    *weights = t->weights;
    if (!take_range(l, t, c)) return false;
    c->kind = t->dense ? TTFS_CONN_DENSE : TTFS_CONN_CONV;
    if (to->kind == TTFS_LAYER_MAXPOOL) c->kind = TTFS_CONN_POOL;
    if (to->kind == TTFS_LAYER_MINPOOL) c->kind = TTFS_CONN_MINPOOL;
    if (t->dense) return true;
    if (t->in[0] != c->src_channels || t->in[1] != src->h || t->in[2] != src->w) {
        bool vectors = t->weights && t->in[1] == 1 && t->in[2] == 1 && to->h == 1 && to->w == 1 &&
                       t->kernel[0] == 1 && t->kernel[1] == 1;
        if (!vectors || (uint64_t)to->c * t->in[0] > MOST_SPREAD)
            return refuse(l, t, "it sees its source in another shape than that has");
        c->kind = TTFS_CONN_DENSE;
        *weights = spread(l, to, t);
        return true;
    }
    c->group = t->weights ? t->group : 1;
    memcpy(c->kernel, t->kernel, sizeof c->kernel);
    memcpy(c->stride, t->stride, sizeof c->stride);
    memcpy(c->dilation, t->dilation, sizeof c->dilation);
    memcpy(c->pad, t->pad, sizeof c->pad);
    return true;
}
