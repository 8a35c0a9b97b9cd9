/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonical network -> synapses, windows, thresholds. Model b takes the weights as they are. Model
 * a (arXiv 2212.12522, section "Exact mapping") needs S_i = sum_j W_ij < 1: ReLU is positive
 * homogeneous, so a channel may be rescaled by lambda > 0 when what reads it is rescaled by
 * 1 / lambda; then J_ij = alpha W_ij / (1 - S_i). Invariant: decoded values are divided by lambda,
 * so both models give values in the network's own units.
 */
#include "exact_inside.h"

#include <math.h>

/* Bounds of the row sums of model a. */
static const double MOST_SUM = 0.99, LEAST_SUM = -10;
static const double ALPHA = 1;

/* Channel of the source layer that input channel `ch` of a term lies in; for a matrix `ch` is the
 * neuron. */
static uint32_t source_channel(const TtfsNet *net, const TtfsTerm *t, uint32_t ch) {
    const TtfsNetLayer *src = &net->layers.at[t->src];
    uint64_t plane = (uint64_t)src->h * src->w;
    uint64_t neuron = t->first + (t->dense ? ch : (uint64_t)ch * t->in[1] * t->in[2]);
    return (uint32_t)(neuron / plane);
}

/* Place of a layer's neuron (channel, row, column) in the order [position][channel]. */
static size_t state_of(const TtfsNetLayer *l, uint32_t neuron) {
    uint32_t plane = l->h * l->w;
    return (size_t)(neuron % plane) * l->c + neuron / plane;
}

/* A matrix: every neuron has a row of its own. */
static void lay_out_matrix(TtfsExact *e, const TtfsNetLayer *l, TtfsWiring *w) {
    const TtfsTerm *t = w->term;
    const double *scale = e->layer[t->src].scale;
    uint32_t n = ttfs_net_size(l);
    for (uint32_t o = 0; o < n; o++)
        for (uint32_t i = 0; i < t->row; i++) {
            double v = (double)t->weights[o * t->row + i] / scale[source_channel(e->net, t, i)];
            w->j[(size_t)i * n + state_of(l, o)] = v;
            w->total[state_of(l, o)] += v;
        }
}

static void lay_out_kernel(TtfsExact *e, const TtfsNetLayer *l, TtfsWiring *w) {
    const TtfsTerm *t = w->term;
    const double *scale = e->layer[t->src].scale;
    uint32_t outs = l->c / t->group, taps = t->kernel[0] * t->kernel[1], n = ttfs_net_size(l);
    uint32_t ins = (uint32_t)(t->row / taps);
    for (uint32_t o = 0; o < l->c; o++)
        for (uint32_t i = 0; i < ins; i++) {
            uint32_t in = o / outs * ins + i;
            double by = scale[source_channel(e->net, t, in)];
            for (uint32_t k = 0; k < taps; k++) {
                double v = (double)t->weights[o * t->row + (size_t)i * taps + k] / by;
                w->j[((size_t)in * taps + k) * outs + o % outs] = v;
                w->total[o] += v;
            }
        }
    for (uint32_t i = l->c; i < n; i++) w->total[i] = w->total[i - l->c];
}

/* Lays out the weights of a term, divided by the scales of the sources' channels. */
static void lay_out(TtfsExact *e, const TtfsNetLayer *l, TtfsWiring *w) {
    w->j = TTFS_ARRAY(&e->arena, double, w->term->row *ttfs_term_rows(l, w->term));
    w->total = TTFS_ARRAY(&e->arena, double, ttfs_net_size(l));
    if (w->term->dense)
        lay_out_matrix(e, l, w);
    else
        lay_out_kernel(e, l, w);
}

/* Multiplies the weights of every output channel by its scale. */
static void scale_rows(const TtfsNetLayer *l, TtfsWiring *w, const double *scale) {
    const TtfsTerm *t = w->term;
    uint32_t n = ttfs_net_size(l), outs = t->dense ? n : l->c / t->group;
    uint64_t rows = t->row * ttfs_term_rows(l, t) / outs;
    for (uint64_t r = 0; r < rows; r++) {
        uint64_t first = t->dense ? 0 : r / t->row * outs;
        for (uint32_t o = 0; o < outs; o++) w->j[r * outs + o] *= scale[(first + o) % l->c];
    }
    for (uint32_t i = 0; i < n; i++) w->total[i] *= scale[i % l->c];
}

/* S of a neuron, in the order [position][channel]. */
static double sum_of(const TtfsNetLayer *l, const TtfsExactLayer *x, size_t i) {
    double sum = 0;
    for (uint32_t k = 0; k < l->terms; k++) sum += x->wiring[k].total[i];
    return sum;
}

/* lambda of every channel: the factor that brings the sums of its neurons' weights into the bounds.
 */
static void choose_scales(const TtfsNetLayer *l, TtfsExactLayer *x) {
    for (uint32_t o = 0; o < l->c; o++) {
        double most = -INFINITY, least = INFINITY;
        for (uint32_t i = o; i < ttfs_net_size(l); i += l->c) {
            most = fmax(most, sum_of(l, x, i));
            least = fmin(least, sum_of(l, x, i));
        }
        double above = most > MOST_SUM ? MOST_SUM / most : 1;
        double below = least < LEAST_SUM ? LEAST_SUM / least : 1;
        x->scale[o] = fmin(above, below);
    }
}

/* Rescales; then J = alpha W / (1 - S), and the slope in the own window is alpha + sum J = alpha /
 * (1 - S). */
static void make_model_a(const TtfsNetLayer *l, TtfsExactLayer *x) {
    choose_scales(l, x);
    for (uint32_t k = 0; k < l->terms; k++) scale_rows(l, &x->wiring[k], x->scale);
    for (uint32_t i = 0; i < ttfs_net_size(l); i++) x->gain[i] = ALPHA / (1 - sum_of(l, x, i));
}

/* Padding fires at the end of the window, as any zero does in model a: the slope it then adds. */
static void find_padding(TtfsExact *e, uint32_t index, TtfsExactLayer *x) {
    const TtfsNetLayer *l = &e->net->layers.at[index];
    for (uint32_t k = 0; k < l->terms; k++) {
        TtfsWiring *w = &x->wiring[k];
        const uint32_t *pad = w->term->pad;
        if (w->term->dense || (!pad[0] && !pad[1] && !pad[2] && !pad[3])) continue;
        ttfs_exact_full_slope(e, index, k);
        uint32_t n = ttfs_net_size(l);
        w->pad = TTFS_ARRAY(&e->arena, double, n);
        for (uint32_t i = 0; i < n; i++) w->pad[i] = w->total[i] - e->slope[i];
    }
}

static void make_bias(TtfsExact *e, uint32_t index, TtfsExactLayer *x) {
    const TtfsNetLayer *l = &e->net->layers.at[index];
    x->bias = ttfs_net_bias(e->net, index, e->input_lo, &e->arena, &x->bias_count);
    uint32_t each = x->bias_count / l->c;
    for (uint32_t i = 0; i < x->bias_count; i++) x->bias[i] *= x->scale[i / each];
}

static void make_linear(TtfsExact *e, uint32_t index) {
    const TtfsNetLayer *l = &e->net->layers.at[index];
    TtfsExactLayer *x = &e->layer[index];
    bool a = e->options.model == TTFS_EXACT_A && l->kind == TTFS_LAYER_RELU;
    x->wiring = TTFS_ARRAY(&e->arena, TtfsWiring, l->terms);
    x->gain = TTFS_ARRAY(&e->arena, double, ttfs_net_size(l));
    x->first = INFINITY;
    for (uint32_t i = 0; i < ttfs_net_size(l); i++) x->gain[i] = 1;
    for (uint32_t k = 0; k < l->terms; k++) {
        TtfsWiring *w = &x->wiring[k];
        w->term = &e->net->terms.at[l->term_first + k];
        lay_out(e, l, w);
        const TtfsExactLayer *src = &e->layer[w->term->src];
        x->start = fmax(x->start, src->start + src->window);
        x->first = fmin(x->first, src->start);
    }
    if (a) make_model_a(l, x);
    if (a) find_padding(e, index, x);
    if (l->kind == TTFS_LAYER_RELU) ttfs_exact_draw_slopes(e, index);
    make_bias(e, index, x);
}

/* The window: what it must hold, in the scale of the channel that is rescaled least. Only those of
 * neurons have a margin. */
static double window_of(const TtfsExact *e, uint32_t index, double top) {
    const TtfsNetLayer *l = &e->net->layers.at[index];
    double most = 0;
    for (uint32_t o = 0; o < l->c; o++) most = fmax(most, e->layer[index].scale[o]);
    double room = l->kind == TTFS_LAYER_RELU ? 1 + e->options.margin : 1;
    return most * (top > 0 ? top : 1) * room;
}

static void make_pool(TtfsExact *e, uint32_t index) {
    const TtfsNetLayer *l = &e->net->layers.at[index];
    const TtfsTerm *t = &e->net->terms.at[l->term_first];
    const TtfsExactLayer *src = &e->layer[t->src];
    TtfsExactLayer *x = &e->layer[index];
    x->start = src->start;
    x->window = src->window;
    for (uint32_t c = 0; c < l->c; c++) x->scale[c] = src->scale[source_channel(e->net, t, c)];
}

static void make_layer(TtfsExact *e, uint32_t i, const TtfsExactTops *tops) {
    TtfsExactLayer *x = &e->layer[i];
    switch (e->net->layers.at[i].kind) {
    case TTFS_LAYER_INPUT:
        x->window = window_of(e, i, tops->input_hi - tops->input_lo);
        break;
    case TTFS_LAYER_RELU:
        make_linear(e, i);
        x->window = window_of(e, i, tops->top[i]);
        break;
    case TTFS_LAYER_READOUT:
        make_linear(e, i);
        break;
    case TTFS_LAYER_MAXPOOL:
    case TTFS_LAYER_MINPOOL:
        make_pool(e, i);
        break;
    }
}

void ttfs_exact_prepare(TtfsExact *e, const TtfsExactTops *tops) {
    for (uint32_t i = 0; i < e->net->layers.len; i++) {
        const TtfsNetLayer *l = &e->net->layers.at[i];
        TtfsExactLayer *x = &e->layer[i];
        x->scale = TTFS_ARRAY(&e->arena, double, l->c);
        for (uint32_t c = 0; c < l->c; c++) x->scale[c] = 1;
        x->value = TTFS_ARRAY(&e->arena, double, ttfs_net_size(l));
        if (l->kind != TTFS_LAYER_READOUT)
            x->time = TTFS_ARRAY(&e->arena, double, ttfs_net_size(l));
        make_layer(e, i, tops);
        x->stat.window = x->window;
        e->latency = fmax(e->latency, x->start + x->window);
    }
}
