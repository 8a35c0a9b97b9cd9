/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of a training, made: parameters begin with the network's weights and biases, where they
 * round to the integers that quantising it gave, and with the units and windows of these.
 */
#include "tune_inside.h"

#include <math.h>

static size_t take(TtfsTune *t, size_t n) {
    size_t at = t->parameters;
    t->parameters += n;
    return at;
}

/* Whether biases hold the input's offset, and whether it depends on the position. */
static void look_at_offset(const TtfsTune *t, TtfsTuneState *l) {
    bool places = false;
    l->shifted = t->offset != 0 && ttfs_net_shifts(t->net, l->net, &places);
    if (places) l->bias_count = l->size;
}

static void open_terms(TtfsTune *t, TtfsTuneState *l, TtfsArena *a) {
    l->term = TTFS_ARRAY(a, TtfsTuneTerm, l->net->terms);
    for (uint32_t k = 0; k < l->net->terms; k++) {
        TtfsTuneTerm *term = &l->term[k];
        term->term = &t->net->terms.at[l->net->term_first + k];
        term->rows = ttfs_term_rows(l->net, term->term);
        term->at = take(t, term->rows * term->term->row);
        term->weights = TTFS_ARRAY(a, float, term->rows * term->term->row);
        term->step = TTFS_ARRAY(a, float, l->net->c);
    }
}

static void open_layer(TtfsTune *t, TtfsTuneState *l, const TtfsTuneLayer *start, TtfsArena *a) {
    uint32_t c = l->net->c, half = 1u << (start->bits - 1);
    l->low = -(float)half;
    l->high = (float)(half - 1);
    l->biases = l->bias_count = l->net->bias_map ? l->size : c;
    l->units = l->ticks ? c : 1;
    open_terms(t, l, a);
    look_at_offset(t, l);
    l->bias_at = take(t, l->biases);
    l->unit_at = take(t, l->units);
    l->window_at = take(t, 1);
    l->ramp = TTFS_ARRAY(a, float, c);
    l->unit = TTFS_ARRAY(a, double, c);
    l->bias = TTFS_ARRAY(a, float, l->bias_count);
    l->unit_from = TTFS_ARRAY(a, double, l->units);
    l->window_from = start->scale * start->ticks;
    for (uint32_t i = 0; i < l->units; i++)
        l->unit_from[i] = start->scale / (start->ramp ? start->ramp[i] : 1);
}

static void fill(TtfsTune *t, const TtfsTuneState *l) {
    uint32_t own = l->size / l->biases;
    for (uint32_t i = 0; i < l->biases; i++) {
        double b = l->net->bias ? l->net->bias[i * own / l->plane] : 0;
        if (l->net->bias_map) b += l->net->bias_map[i];
        t->value[l->bias_at + i] = (float)b;
    }
    for (uint32_t k = 0; k < l->net->terms; k++) {
        const TtfsTuneTerm *term = &l->term[k];
        for (uint64_t i = 0; i < term->rows * term->term->row; i++)
            t->value[term->at + i] = term->term->weights[i];
    }
}

/* The integers of a layer are quotients by its window and its sources': these are held too. A
 * pool's window is its source's. */
static void freeze(TtfsTune *t, uint32_t layer) {
    const TtfsNetLayer *l = t->layer[layer].net;
    t->layer[layer].frozen = t->layer[layer].held = true;
    for (uint32_t k = 0; k < l->terms; k++) {
        uint32_t src = t->net->terms.at[l->term_first + k].src;
        while (src && !t->layer[src].term)
            src = t->net->terms.at[t->layer[src].net->term_first].src;
        t->layer[src].held = true;
    }
}

void ttfs_tune_open(TtfsTune *t, const TtfsTuneLayer *start, TtfsArena *a) {
    t->layers = t->net->layers.len;
    t->layer = TTFS_ARRAY(a, TtfsTuneState, t->layers);
    for (uint32_t i = 0; i < t->layers; i++) {
        TtfsTuneState *l = &t->layer[i];
        l->net = &t->net->layers.at[i];
        l->size = ttfs_net_size(l->net);
        l->plane = l->net->h * l->net->w;
        l->ticks = start[i].ticks;
        l->scale = start[i].scale;
        if (ttfs_net_sums(l->net)) open_layer(t, l, &start[i], a);
        if (l->net->kind == TTFS_LAYER_READOUT) t->readout = i;
        if (l->net->kind == TTFS_LAYER_RELU) t->hidden += l->size, t->relus++;
    }
    t->value = TTFS_ARRAY(a, float, t->parameters);
    t->mean = TTFS_ARRAY(a, float, t->parameters);
    t->square = TTFS_ARRAY(a, float, t->parameters);
    for (uint32_t i = 0; i < TTFS_TUNE_CHUNKS; i++)
        t->gradient[i] = TTFS_ARRAY(a, float, t->parameters);
    for (uint32_t i = 0; i < t->layers; i++)
        if (t->layer[i].term) fill(t, &t->layer[i]);
    ttfs_tune_begin(t, start, a);
    for (uint32_t i = 0; t->options->frozen && i < t->layers; i++)
        if (t->options->frozen[i]) freeze(t, i);
}

/* Floats that a tile of patches takes, the largest of all terms. */
static size_t tile_of(const TtfsTune *t, uint32_t lanes) {
    size_t most = 0;
    for (uint32_t i = 0; i < t->layers; i++)
        for (uint32_t k = 0; t->layer[i].term && k < t->layer[i].net->terms; k++) {
            const TtfsTerm *term = t->layer[i].term[k].term;
            if (ttfs_tune_in_place(term)) continue;
            size_t n = term->row * ttfs_tune_tile(t->layer[i].net, term, lanes) * lanes;
            if (n > most) most = n;
        }
    return most;
}

static void open_taught(const TtfsTune *t, TtfsTuneWork *w, uint32_t lanes, bool imitates,
                        bool moves, TtfsArena *a) {
    w->lane = TTFS_ARRAY(a, double, 2 * (size_t)lanes);
    w->taught = TTFS_ARRAY(a, float *, t->layers);
    for (uint32_t i = 0; i < t->layers; i++) {
        TtfsLayerKind kind = t->layer[i].net->kind;
        if ((imitates && kind == TTFS_LAYER_RELU) || (moves && kind == TTFS_LAYER_READOUT))
            w->taught[i] = TTFS_ARRAY(a, float, (size_t)t->layer[i].size *lanes);
    }
}

void ttfs_tune_work_open(const TtfsTune *t, TtfsTuneWork *w, uint32_t lanes, bool imitates,
                         bool moves, TtfsArena *a) {
    size_t most = 0, tile = tile_of(t, lanes);
    w->value = TTFS_ARRAY(a, float *, t->layers);
    w->potential = TTFS_ARRAY(a, float *, t->layers);
    w->gradient = TTFS_ARRAY(a, float *, t->layers);
    for (uint32_t i = 0; i < t->layers; i++) {
        size_t n = (size_t)t->layer[i].size * lanes;
        if (n > most) most = n;
        w->value[i] = TTFS_ARRAY(a, float, n);
        w->gradient[i] = TTFS_ARRAY(a, float, n);
        if (t->layer[i].term) w->potential[i] = TTFS_ARRAY(a, float, n);
    }
    w->delta = TTFS_ARRAY(a, float, most);
    w->shifted = t->offset != 0 ? TTFS_ARRAY(a, float, most) : NULL;
    w->patch = TTFS_ARRAY(a, float, tile);
    w->patch_gradient = TTFS_ARRAY(a, float, tile);
    w->scratch = TTFS_ARRAY(a, float, TTFS_GEMM_SCRATCH);
    w->room = TTFS_ARRAY(a, double, 5 * (size_t)t->layer[t->readout].size);
    w->x = TTFS_ARRAY(a, uint16_t, t->layer[0].size);
    if (imitates || moves) open_taught(t, w, lanes, imitates, moves, a);
}
