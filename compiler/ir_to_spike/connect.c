/* SPDX-License-Identifier: Apache-2.0
 *
 * A term of a layer -> a connection. In: how the term sees its source; out: kind, geometry, range
 * of channels; and how many of them one term becomes. A slice that cuts through a channel has no
 * such form and is refused.
 */
#include "lower.h"

#include <string.h>

static bool refuse(const TtfsLower *l, const TtfsNetLayer *to, const TtfsTerm *t, const char *why) {
    return ttfs_error(l->diag, ttfs_lower_at(l, to, t->name), TTFS_MODEL_FORM, "%s", why);
}

static bool take_range(const TtfsLower *l, const TtfsNetLayer *to, const TtfsTerm *t,
                       TtfsConnection *c) {
    const TtfsNetLayer *src = &l->net->layers.at[t->src];
    uint64_t plane = (uint64_t)src->h * src->w, seen = (uint64_t)t->in[0] * t->in[1] * t->in[2];
    if (t->first % plane || seen % plane)
        return refuse(l, to, t, "it sees a part of a channel of its source");
    c->src_ch_first = (uint32_t)(t->first / plane);
    c->src_channels = (uint32_t)(seen / plane);
    return true;
}

bool ttfs_lower_connect(TtfsLower *l, const TtfsNetLayer *to, const TtfsTerm *t,
                        TtfsConnection *c) {
    *c = (TtfsConnection){.src = {t->src + 1}, .group = 1};
    if (!take_range(l, to, t, c)) return false;
    c->kind = t->dense ? TTFS_CONN_DENSE : TTFS_CONN_CONV;
    if (to->kind == TTFS_LAYER_MAXPOOL) c->kind = TTFS_CONN_POOL;
    if (to->kind == TTFS_LAYER_MINPOOL) c->kind = TTFS_CONN_MINPOOL;
    if (t->dense) return true;
    c->group = t->weights ? t->group : 1;
    memcpy(c->kernel, t->kernel, sizeof c->kernel);
    memcpy(c->stride, t->stride, sizeof c->stride);
    memcpy(c->dilation, t->dilation, sizeof c->dilation);
    memcpy(c->pad, t->pad, sizeof c->pad);
    return true;
}

/* True when the weights of a term stand alone, each the only one of its neuron: an identity, a
 * scale. At few bits they would set the grid of all that the neuron reads. */
static bool is_lone(const TtfsTerm *t) {
    return t->weights && t->row == 1 && !t->quantum;
}

/* Into how many synapses each such weight of a sum is shared out. That depends on the graph's form
 * alone, so that other weights make the same graph, and leaves as many sources as every shipped
 * chip takes. */
uint32_t ttfs_lower_synapses(const TtfsLower *l, const TtfsNetLayer *layer, const TtfsTerm *t,
                             uint32_t bits) {
    enum { FEW_BITS = 5, MOST_SHARED = 3, MOST_SOURCES = 4 };
    uint32_t lone = 0;
    if (!is_lone(t)) return 1;
    for (uint32_t k = 0; k < layer->terms; k++)
        lone += is_lone(&l->net->terms.at[layer->term_first + k]);
    if (layer->terms == 1 || layer->terms > MOST_SOURCES || bits > FEW_BITS || layer->quantum > 0)
        return 1;
    uint32_t fit = (MOST_SOURCES - layer->terms) / lone + 1;
    return fit < MOST_SHARED ? fit : MOST_SHARED;
}
