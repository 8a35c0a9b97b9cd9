/* SPDX-License-Identifier: Apache-2.0
 *
 * What NIR cannot say, found before anything is written. A population is a vector when a matrix
 * makes it, or when it is the input and has one row and column: NIR has no node that makes a map of
 * a vector.
 */
#include "nir_maker.h"

#include <inttypes.h>

static bool refuse(NirMaker *m, const TtfsPopulation *p, const char *advice, const char *what) {
    return ttfs_error_advice(m->diag, ttfs_pop_at(p, m->file), TTFS_NIR_NODE, advice, "%s", what);
}

bool ttfs_nir_is_matrix(const NirMaker *m, const TtfsConnection *c) {
    const TtfsPopulation *src = ttfs_spike_pop(m->spike, c->src);
    const TtfsPopulation *dst = ttfs_spike_pop(m->spike, c->dst);
    return c->kind == TTFS_CONN_DENSE ||
           (c->kind == TTFS_CONN_CONV && m->value[c->src.i - 1].is_flat && src->h * src->w == 1 &&
            dst->h * dst->w == 1);
}

/* Every tap of a pool is a convolution, with weights of its own, and two more nodes or three. */
static bool examine_taps(NirMaker *m, const TtfsPopulation *p, const TtfsConnection *c,
                         uint64_t weights) {
    enum { NODES = 3, NUMBERS = 5 /* of a neuron, in these nodes */ };
    const uint64_t most = (uint64_t)16 * NIR_MOST_ELEMENTS;
    uint64_t taps = (uint64_t)c->kernel[0] * c->kernel[1];
    uint64_t each = weights + (uint64_t)NUMBERS * ttfs_pop_size(p);
    return (taps <= NIR_MOST_WRITTEN / NODES && each <= most / taps) ||
           ttfs_error(m->diag, ttfs_pop_at(p, m->file), TTFS_LIMIT,
                      "a pool of %" PRIu64 " taps, each a convolution with %" PRIu64
                      " numbers: more than %" PRIu64 " in all, or more than %d nodes",
                      taps, each, most, NIR_MOST_WRITTEN);
}

static bool examine_patch(NirMaker *m, const TtfsPopulation *p, const TtfsConnection *c) {
    NirPatch v;
    bool padded = c->pad[0] | c->pad[1] | c->pad[2] | c->pad[3];
    if (m->value[c->src.i - 1].is_flat)
        return refuse(m, p, "give the network this layer as a matrix",
                      "its source is a vector, and NIR has no node that makes a map of one");
    if (!ttfs_nir_patch(c, &v))
        return refuse(m, p, "pad both sides alike",
                      "its padding is uneven by less than a step of its dilation; NIR pads both "
                      "sides alike");
    if (c->kind == TTFS_CONN_MINPOOL && padded)
        return refuse(m, p, "do without the padding",
                      "a min pool with padding, which NIR has no node for");
    uint64_t taps = (uint64_t)v.kernel[0] * v.kernel[1];
    const TtfsPopulation *src = ttfs_spike_pop(m->spike, c->src);
    if ((uint64_t)p->c * src->c > NIR_MOST_ELEMENTS / taps)
        return ttfs_error(m->diag, ttfs_pop_at(p, m->file), TTFS_LIMIT,
                          "its weights, all channels with all, are more than %d",
                          NIR_MOST_ELEMENTS);
    return !ttfs_conn_is_pool(c) || examine_taps(m, p, c, taps * p->c * src->c);
}

static bool examine_connection(NirMaker *m, const TtfsPopulation *p, const TtfsConnection *c) {
    if (!ttfs_nir_is_matrix(m, c)) return examine_patch(m, p, c);
    uint64_t in = ttfs_pop_size(ttfs_spike_pop(m->spike, c->src));
    return ttfs_pop_size(p) <= NIR_MOST_ELEMENTS / in ||
           ttfs_error(m->diag, ttfs_pop_at(p, m->file), TTFS_LIMIT,
                      "its weights, from all of its source, are more than %d", NIR_MOST_ELEMENTS);
}

/* What is made beside its connections: the kernel that has biases by position, the matrix of the
 * channels that takes an input's offset off. */
static bool examine_rest(NirMaker *m, const TtfsPopulation *p, const NirValue *value) {
    uint64_t side = 2 * (uint64_t)(p->h > p->w ? p->h : p->w) - 1, most = NIR_MOST_ELEMENTS;
    if (value->is_flat) return true;
    if (p->kind == TTFS_POP_INPUT && p->offset != 0 && p->c > most / p->c)
        return ttfs_error(m->diag, ttfs_pop_at(p, m->file), TTFS_LIMIT,
                          "it does not begin at 0, and has too many channels for a matrix of all "
                          "with all of at most %d",
                          NIR_MOST_ELEMENTS);
    return !ttfs_nir_bias_moves(p) || side * side <= most / p->c ||
           ttfs_error(m->diag, ttfs_pop_at(p, m->file), TTFS_LIMIT,
                      "its biases depend on the position: a kernel of %" PRIu64 " x %" PRIu64
                      " a channel is more than %d weights",
                      side, side, NIR_MOST_ELEMENTS);
}

static bool examine_population(NirMaker *m, const TtfsPopulation *p, NirValue *value) {
    bool ok = true;
    value->is_flat = p->kind == TTFS_POP_INPUT && p->h * p->w == 1;
    for (uint32_t i = 0; i < p->conn_count; i++) {
        const TtfsConnection *c = &m->spike->conns.at[p->conn_first + i];
        value->is_flat |= ttfs_nir_is_matrix(m, c);
        ok = examine_connection(m, p, c) && ok;
    }
    return examine_rest(m, p, value) && ok;
}

/* True when its elements are a readout's neurons in order. */
static bool in_order(const TtfsSpike *s, const TtfsOutput *o) {
    uint64_t count = 1;
    if (o->pieces.len != 1) return false;
    const TtfsPiece *p = o->pieces.at;
    bool ok = p->first == 0 && p->at == 0;
    for (uint32_t k = p->loops; k-- > 0; count *= p->loop[k].size)
        ok = ok && (p->loop[k].size == 1 ||
                    (p->loop[k].from == (int64_t)count && p->loop[k].to == count));
    return ok && count == ttfs_pop_size(ttfs_spike_pop(s, (TtfsPop){p->pop}));
}

bool ttfs_nir_examine(NirMaker *m) {
    bool ok = true;
    for (uint32_t i = 0; i < m->spike->pops.len; i++)
        ok = examine_population(m, &m->spike->pops.at[i], &m->value[i]) && ok;
    for (uint32_t i = 0; i < m->spike->outputs.len; i++) {
        const TtfsOutput *o = &m->spike->outputs.at[i];
        if (!in_order(m->spike, o))
            ok = ttfs_error_advice(m->diag, TTFS_AT_NODE(m->file, o->name), TTFS_NIR_NODE,
                                   "end the network before the layers that order its outputs",
                                   "this output moves elements of readouts about, and NIR has no "
                                   "node for that");
    }
    return ok;
}
