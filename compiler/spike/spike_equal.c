/* SPDX-License-Identifier: Apache-2.0
 *
 * Equality of two spike graphs, field by field in the order of the text. In: two checked graphs;
 * out: the first difference in words. Geometry that a connection's kind does not use is not
 * compared, and neither is which connections share the memory of equal weights.
 */
#include "spike.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where the difference is being looked for, and the place for its words. */
typedef struct {
    const TtfsPopulation *pop; /* of the first graph; NULL for the graph as a whole */
    uint32_t id;
    char *what;
    size_t n;
} Compare;

static bool differ(const Compare *c, const char *text) {
    if (c->pop)
        snprintf(c->what, c->n, "population %" PRIu32 " (%s): %s", c->id, c->pop->name, text);
    else
        snprintf(c->what, c->n, "%s", text);
    return false;
}

static bool same_int(const Compare *c, const char *field, int64_t a, int64_t b) {
    if (a == b) return true;
    char text[160];
    snprintf(text, sizeof text, "%s: %" PRId64 " and %" PRId64, field, a, b);
    return differ(c, text);
}

static bool same_real(const Compare *c, const char *field, double a, double b) {
    if (a == b) return true;
    char text[160];
    snprintf(text, sizeof text, "%s: %.17g and %.17g", field, a, b);
    return differ(c, text);
}

static bool same_ints(const Compare *c, const char *field, const int32_t *a, const int32_t *b,
                      uint32_t n, const char *of) {
    if (!same_int(c, field, a != NULL, b != NULL)) return false;
    for (uint32_t i = 0; a && i < n; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s of %s %" PRIu32, field, of, i);
        if (!same_int(c, text, a[i], b[i])) return false;
    }
    return true;
}

static bool same_axes(const Compare *c, const char *field, const uint32_t *a, const uint32_t *b,
                      int n) {
    for (int i = 0; i < n; i++)
        if (!same_int(c, field, a[i], b[i])) return false;
    return true;
}

static bool same_weights(const Compare *c, const TtfsConnection *a, const TtfsConnection *b) {
    for (uint64_t i = 0; i < a->weight_count; i++) {
        if (a->weights[i] == b->weights[i]) continue;
        char text[64];
        snprintf(text, sizeof text, "weight %" PRIu64, i);
        return same_int(c, text, a->weights[i], b->weights[i]);
    }
    return true;
}

/* What a connection is, whatever its weights. */
static bool same_wiring(const Compare *c, const TtfsConnection *a, const TtfsConnection *b) {
    if (!same_int(c, "connection kind", a->kind, b->kind) ||
        !same_int(c, "connection source", a->src.i, b->src.i) ||
        !same_int(c, "connection target", a->dst.i, b->dst.i) ||
        !same_int(c, "first channel", a->src_ch_first, b->src_ch_first) ||
        !same_int(c, "source channels", a->src_channels, b->src_channels) ||
        !same_int(c, "groups", a->group, b->group))
        return false;
    return a->kind == TTFS_CONN_DENSE || (same_axes(c, "kernel", a->kernel, b->kernel, 2) &&
                                          same_axes(c, "stride", a->stride, b->stride, 2) &&
                                          same_axes(c, "dilation", a->dilation, b->dilation, 2) &&
                                          same_axes(c, "pad", a->pad, b->pad, 4));
}

static bool same_connection(const Compare *c, const TtfsConnection *a, const TtfsConnection *b) {
    return same_wiring(c, a, b) && same_int(c, "weight bits", a->weight_bits, b->weight_bits) &&
           same_int(c, "weight count", (int64_t)a->weight_count, (int64_t)b->weight_count) &&
           same_weights(c, a, b);
}

/* What a population is, whatever its numbers. */
static bool same_shape(const Compare *c, const TtfsPopulation *a, const TtfsPopulation *b) {
    return same_int(c, "kind", a->kind, b->kind) && same_int(c, "channels", a->c, b->c) &&
           same_int(c, "rows", a->h, b->h) && same_int(c, "columns", a->w, b->w) &&
           same_int(c, "ticks", a->ticks, b->ticks) && same_int(c, "start", a->start, b->start) &&
           same_int(c, "biases", a->bias_count, b->bias_count) &&
           same_int(c, "first connection", a->conn_first, b->conn_first) &&
           same_int(c, "connections", a->conn_count, b->conn_count);
}

/* A graph that an image was lifted to has none. */
static bool same_rates(const Compare *c, const TtfsRates *a, const TtfsRates *b) {
    if (!a->rows || !b->rows) return true;
    if (!same_int(c, "bands of rows", a->rows, b->rows) ||
        !same_int(c, "bands of columns", a->cols, b->cols) ||
        !same_int(c, "deviation of the rate", a->vary, b->vary) ||
        !same_int(c, "deviation of a band's rate", a->vary_part, b->vary_part))
        return false;
    for (uint32_t i = 0; i < a->rows * a->cols; i++)
        if (!same_int(c, "rate of a band", a->part[i], b->part[i])) return false;
    return true;
}

static bool same_population(const Compare *c, const TtfsPopulation *a, const TtfsPopulation *b) {
    if (strcmp(a->name, b->name) != 0) {
        char text[300];
        snprintf(text, sizeof text, "name: %.120s and %.120s", a->name, b->name);
        return differ(c, text);
    }
    return same_shape(c, a, b) && same_int(c, "rate", a->rate_ppm, b->rate_ppm) &&
           same_rates(c, &a->rates, &b->rates) && same_real(c, "scale", a->scale, b->scale) &&
           same_real(c, "offset", a->offset, b->offset) &&
           same_ints(c, "bias", a->bias, b->bias, a->bias_count,
                     a->bias_count == a->c ? "channel" : "neuron") &&
           same_ints(c, "ramp", a->ramp, b->ramp, a->c, "channel");
}

static bool same_piece(const Compare *c, const TtfsPiece *a, const TtfsPiece *b) {
    if (!same_int(c, "population of a piece", a->pop, b->pop) ||
        !same_int(c, "first neuron of a piece", a->first, b->first) ||
        !same_int(c, "first element of a piece", a->at, b->at) ||
        !same_int(c, "loops of a piece", a->loops, b->loops))
        return false;
    for (uint32_t i = 0; i < a->loops; i++)
        if (!same_int(c, "turns of a loop", a->loop[i].size, b->loop[i].size) ||
            !same_int(c, "neurons of a loop's turn", a->loop[i].from, b->loop[i].from) ||
            !same_int(c, "elements of a loop's turn", a->loop[i].to, b->loop[i].to))
            return false;
    return true;
}

static bool same_output(const Compare *c, const TtfsOutput *a, const TtfsOutput *b) {
    if (strcmp(a->name, b->name) != 0) return differ(c, "an output has two names");
    if (!same_int(c, "dimensions of an output", a->rank, b->rank) ||
        !same_axes(c, "dimension of an output", a->dim, b->dim, (int)a->rank) ||
        !same_int(c, "pieces of an output", a->pieces.len, b->pieces.len))
        return false;
    for (uint32_t i = 0; i < a->pieces.len; i++)
        if (!same_piece(c, &a->pieces.at[i], &b->pieces.at[i])) return false;
    return true;
}

static bool same_outputs(const Compare *c, const TtfsSpike *a, const TtfsSpike *b) {
    if (a->outputs.len == 0 || b->outputs.len == 0) return true;
    if (!same_int(c, "outputs", a->outputs.len, b->outputs.len)) return false;
    for (uint32_t i = 0; i < a->outputs.len; i++)
        if (!same_output(c, &a->outputs.at[i], &b->outputs.at[i])) return false;
    return true;
}

bool ttfs_spike_equal(const TtfsSpike *a, const TtfsSpike *b, char *what, size_t n) {
    Compare c = {NULL, 0, what, n};
    if (!same_int(&c, "input", a->input.i, b->input.i) ||
        !same_int(&c, "readout", a->readout.i, b->readout.i) ||
        !same_int(&c, "latency", a->latency, b->latency) ||
        !same_int(&c, "populations", a->pops.len, b->pops.len) ||
        !same_int(&c, "connections", a->conns.len, b->conns.len))
        return false;
    if (!same_outputs(&c, a, b)) return false;
    for (uint32_t i = 0; i < a->pops.len; i++) {
        c.pop = &a->pops.at[i];
        c.id = i + 1;
        if (!same_population(&c, &a->pops.at[i], &b->pops.at[i])) return false;
        for (uint32_t k = 0; k < c.pop->conn_count; k++)
            if (!same_connection(&c, &a->conns.at[c.pop->conn_first + k],
                                 &b->conns.at[c.pop->conn_first + k]))
                return false;
    }
    return true;
}

/* A population and what it reads. */
static bool same_layer(const Compare *c, const TtfsSpike *a, const TtfsSpike *b, uint32_t i) {
    const TtfsPopulation *p = &a->pops.at[i];
    if (!same_shape(c, p, &b->pops.at[i])) return false;
    for (uint32_t k = p->conn_first; k < p->conn_first + p->conn_count; k++)
        if (!same_wiring(c, &a->conns.at[k], &b->conns.at[k])) return false;
    return true;
}

TtfsPop ttfs_spike_same_graph(const TtfsSpike *a, const TtfsSpike *b, char *what, size_t n) {
    const Compare c = {NULL, 0, what, n};
    *what = 0;
    for (uint32_t i = 0; i < a->pops.len && i < b->pops.len; i++)
        if (!same_layer(&c, a, b, i)) return (TtfsPop){i + 1};
    if (!same_int(&c, "populations", a->pops.len, b->pops.len))
        return (TtfsPop){a->pops.len < b->pops.len ? a->pops.len + 1 : 0};
    (void)(same_int(&c, "input", a->input.i, b->input.i) &&
           same_int(&c, "readout", a->readout.i, b->readout.i));
    return (TtfsPop){0};
}
