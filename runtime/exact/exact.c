/* SPDX-License-Identifier: Apache-2.0
 *
 * The exact engine: opening, one sample, counting. In: a canonical network as layers, the values
 * that windows must hold; out: spike times, decoded values, and how far they are from ReLU's.
 * Deterministic: noise comes from the seed and the sample's number alone.
 */
#include "exact_inside.h"

#include <math.h>

TtfsExact *ttfs_exact_open(const TtfsNet *net, const TtfsExactTops *tops,
                           const TtfsExactOptions *options) {
    TtfsArena arena = {0};
    TtfsExact *e = TTFS_NEW(&arena, TtfsExact);
    e->arena = arena;
    uint32_t most = 0;
    for (uint32_t i = 0; i < net->layers.len; i++) {
        uint32_t n = ttfs_net_size(&net->layers.at[i]);
        if (n > most) most = n;
    }
    e->net = net;
    e->options = *options;
    e->input_lo = tops->input_lo;
    e->layer = TTFS_ARRAY(&e->arena, TtfsExactLayer, net->layers.len);
    e->events = TTFS_ARRAY(&e->arena, TtfsEvent, most);
    e->v = TTFS_ARRAY(&e->arena, double, most);
    e->slope = TTFS_ARRAY(&e->arena, double, most);
    e->after = TTFS_ARRAY(&e->arena, double, most);
    e->last = TTFS_ARRAY(&e->arena, double, most);
    e->first = TTFS_ARRAY(&e->arena, double, ttfs_output_count(&net->outputs.at[0]));
    e->reference = ttfs_reference_open(net);
    ttfs_exact_prepare(e, tops);
    return e;
}

void ttfs_exact_close(TtfsExact *e) {
    if (!e) return;
    ttfs_reference_close(e->reference);
    TtfsArena arena = e->arena; /* holds *e itself */
    ttfs_arena_free(&arena);
}

const double *ttfs_exact_values(const TtfsExact *e, uint32_t layer) {
    return e->layer[layer].value;
}

void ttfs_exact_output(const TtfsExact *e, uint32_t output, double *values) {
    const TtfsOutput *o = &e->net->outputs.at[output];
    for (uint32_t i = 0; i < o->pieces.len; i++) {
        const TtfsPiece *p = &o->pieces.at[i];
        ttfs_exact_piece(p, e->layer[p->pop - 1].value, values);
    }
}

const double *ttfs_exact_times(const TtfsExact *e, uint32_t layer) {
    return e->layer[layer].time;
}

const TtfsReference *ttfs_exact_reference(const TtfsExact *e) {
    return e->reference;
}

const TtfsExactStat *ttfs_exact_stat(const TtfsExact *e, uint32_t layer) {
    return &e->layer[layer].stat;
}

double ttfs_exact_latency(const TtfsExact *e) {
    return e->latency;
}

/* A value x above the least spikes x before the window's end; the least value is silent, or in
 * model a spikes at the end. */
static void encode(TtfsExact *e, const float *input) {
    TtfsExactLayer *x = &e->layer[0];
    uint32_t n = ttfs_net_size(&e->net->layers.at[0]);
    double nothing = e->options.model == TTFS_EXACT_A ? x->window : INFINITY;
    for (uint32_t i = 0; i < n; i++) {
        double v = (double)input[ttfs_net_sample_place(e->net, i)] - e->input_lo;
        x->time[i] = v >= x->window ? 0 : v > 0 ? x->window - v : nothing;
    }
}

/* A max pool passes the earliest spike of its patch, a min pool the latest: silence, which is
 * INFINITY, when one is silent. A patch wholly in the padding has none. */
static void pool(TtfsExact *e, uint32_t index) {
    const TtfsNetLayer *l = &e->net->layers.at[index];
    const TtfsTerm *t = &e->net->terms.at[l->term_first];
    TtfsExactLayer *x = &e->layer[index];
    bool earliest = l->kind == TTFS_LAYER_MAXPOOL;
    double *to = x->time, nothing = e->options.model == TTFS_EXACT_A ? x->window : INFINITY;
    for (uint32_t c = 0; c < l->c; c++) {
        const double *from = e->layer[t->src].time + t->first + (size_t)c * t->in[1] * t->in[2];
        for (uint32_t o = 0; o < l->h * l->w; o++) {
            double best = NAN;
            for (uint32_t k = 0; k < t->kernel[0] * t->kernel[1]; k++) {
                int64_t y = ttfs_term_tap(t, 0, o / l->w, k / t->kernel[1]);
                int64_t col = ttfs_term_tap(t, 1, o % l->w, k % t->kernel[1]);
                if (y < 0 || y >= t->in[1] || col < 0 || col >= t->in[2]) continue;
                double time = from[(size_t)y * t->in[2] + (size_t)col];
                if (isnan(best) || (earliest ? time < best : time > best)) best = time;
            }
            *to++ = isnan(best) ? nothing : best;
        }
    }
}

/* x = (end of the window - t) / lambda, on top of the input's least value. */
static void decode(TtfsExact *e, uint32_t index) {
    const TtfsNetLayer *l = &e->net->layers.at[index];
    TtfsExactLayer *x = &e->layer[index];
    uint32_t plane = l->h * l->w, n = ttfs_net_size(l);
    double least = l->of_input ? e->input_lo : 0;
    for (uint32_t i = 0; i < n; i++)
        x->value[i] = least +
                      (x->time[i] == INFINITY ? 0 : (x->window - x->time[i]) / x->scale[i / plane]);
}

static void count(TtfsExact *e, uint32_t index) {
    const TtfsNetLayer *l = &e->net->layers.at[index];
    TtfsExactLayer *x = &e->layer[index];
    const double *want = ttfs_reference_values(e->reference, index);
    uint32_t plane = l->h * l->w, n = ttfs_net_size(l);
    double least = l->of_input ? e->input_lo : 0, slack = 1 + 1e-12;
    x->stat.neuron_runs += n;
    for (uint32_t i = 0; i < n; i++) {
        x->stat.max_error = fmax(x->stat.max_error, fabs(x->value[i] - want[i]));
        if (!x->time) continue;
        x->stat.spikes += x->time[i] != INFINITY;
        x->stat.active += want[i] > least;
        x->stat.beyond += (want[i] - least) * x->scale[i / plane] > x->window * slack;
    }
}

static void run_layer(TtfsExact *e, uint32_t i, const float *input, uint64_t sample) {
    TtfsLayerKind kind = e->net->layers.at[i].kind;
    bool noisy = e->options.time_noise > 0;
    switch (kind) {
    case TTFS_LAYER_INPUT:
        encode(e, input);
        break;
    case TTFS_LAYER_MAXPOOL:
    case TTFS_LAYER_MINPOOL:
        pool(e, i);
        noisy = false;
        break;
    case TTFS_LAYER_RELU:
    case TTFS_LAYER_READOUT:
        ttfs_exact_integrate(e, i);
        ttfs_exact_fire(e, i);
        break;
    }
    if (kind == TTFS_LAYER_READOUT) return;
    if (noisy) ttfs_exact_disturb(e, i, sample);
    decode(e, i);
}

const double *ttfs_exact_run(TtfsExact *e, const float *input, uint64_t sample) {
    ttfs_reference_run(e->reference, input);
    for (uint32_t i = 0; i < e->net->layers.len; i++) {
        run_layer(e, i, input, sample);
        count(e, i);
    }
    ttfs_exact_output(e, 0, e->first);
    return e->first;
}
