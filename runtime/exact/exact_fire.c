/* SPDX-License-Identifier: Apache-2.0
 *
 * Integration and firing. In: the spike times of the sources, each in its own window; out: those of
 * the layer. Between two events at a neuron its potential is a straight line: an event first brings
 * the potential up to its time, then adds its weight to the slope. Times count from the start of
 * the window they fall in, so that late windows are as fine as early ones. Cost: spikes * fan-out +
 * spikes * log(spikes).
 */
#include "exact_inside.h"

#include <math.h>
#include <stdlib.h>

static const double ALPHA = 1;

static int by_time(const void *a, const void *b) {
    const TtfsEvent *p = a, *q = b;
    if (p->time != q->time) return p->time < q->time ? -1 : 1;
    return p->neuron < q->neuron ? -1 : p->neuron > q->neuron;
}

/* The spikes that a term sees, in order of time; neurons count from the first it sees. */
static uint32_t collect(TtfsExact *e, const TtfsTerm *t) {
    const double *time = e->layer[t->src].time + t->first;
    uint32_t n = t->in[0] * t->in[1] * t->in[2], count = 0;
    for (uint32_t i = 0; i < n; i++)
        if (time[i] != INFINITY) e->events[count++] = (TtfsEvent){time[i], i};
    qsort(e->events, count, sizeof *e->events, by_time);
    return count;
}

/* Brings `n` neighbours up to time t, then adds their weights to the slopes. */
static void meet(double *v, double *slope, double *last, double t, const double *j, uint32_t n) {
    double dt = t - *last;
    *last = t;
    for (uint32_t i = 0; i < n; i++) {
        v[i] += slope[i] * dt;
        slope[i] += j[i];
    }
}

/* The output position whose tap k lies on source coordinate x; false when there is none. */
static bool position_of(int64_t x, uint32_t k, const TtfsTerm *t, int axis, uint32_t count,
                        uint32_t *o) {
    int64_t at = x + t->pad[axis] - (int64_t)k * t->dilation[axis], stride = t->stride[axis];
    if (at < 0 || at % stride != 0 || at / stride >= count) return false;
    *o = (uint32_t)(at / stride);
    return true;
}

static void meet_convolution(TtfsExact *e, const TtfsNetLayer *l, const TtfsWiring *w,
                             const TtfsEvent *s) {
    const TtfsTerm *t = w->term;
    uint32_t x = s->neuron % t->in[2], y = s->neuron / t->in[2] % t->in[1], oy, ox;
    uint32_t ch = s->neuron / t->in[2] / t->in[1], group = ch / (t->in[0] / t->group);
    uint32_t outs = l->c / t->group;
    const double *j = w->j + (size_t)ch * t->kernel[0] * t->kernel[1] * outs;
    for (uint32_t ky = 0; ky < t->kernel[0]; ky++) {
        if (!position_of(y, ky, t, 0, l->h, &oy)) continue;
        for (uint32_t kx = 0; kx < t->kernel[1]; kx++) {
            if (!position_of(x, kx, t, 1, l->w, &ox)) continue;
            size_t at = (size_t)oy * l->w + ox, first = at * l->c + group * outs;
            meet(e->v + first, e->slope + first, e->last + at * t->group + group, s->time,
                 j + ((size_t)ky * t->kernel[1] + kx) * outs, outs);
        }
    }
}

/* Runs the events of one source through its window; e->v takes what they add, e->slope ends as the
 * slope at the window's end. */
static void run_window(TtfsExact *e, const TtfsNetLayer *l, const TtfsWiring *w, uint32_t count,
                       double window) {
    uint32_t n = ttfs_net_size(l), outs = w->term->dense ? n : l->c / w->term->group;
    for (uint32_t i = 0; i < n; i++) e->slope[i] = 0;
    for (uint32_t i = 0; i < n / outs; i++) e->last[i] = 0;
    for (uint32_t i = 0; i < count; i++) {
        const TtfsEvent *s = &e->events[i];
        if (w->term->dense)
            meet(e->v, e->slope, e->last, s->time, w->j + (size_t)s->neuron * n, n);
        else
            meet_convolution(e, l, w, s);
    }
    for (uint32_t i = 0; i < n; i++) e->v[i] += e->slope[i] * (window - e->last[i / outs]);
}

void ttfs_exact_full_slope(TtfsExact *e, uint32_t layer, uint32_t term) {
    const TtfsNetLayer *l = &e->net->layers.at[layer];
    const TtfsWiring *w = &e->layer[layer].wiring[term];
    uint32_t n = w->term->in[0] * w->term->in[1] * w->term->in[2];
    for (uint32_t i = 0; i < n; i++) e->events[i] = (TtfsEvent){0, i};
    run_window(e, l, w, n, 0);
}

/* Model b: each source counts in its own window only. Model a: the intrinsic slope runs from the
 * start of the earliest source window, and a synapse's slope stays on once it is on. */
void ttfs_exact_integrate(TtfsExact *e, uint32_t layer) {
    const TtfsNetLayer *l = &e->net->layers.at[layer];
    const TtfsExactLayer *x = &e->layer[layer];
    bool stays = e->options.model == TTFS_EXACT_A && l->kind == TTFS_LAYER_RELU;
    uint32_t n = ttfs_net_size(l);
    for (uint32_t i = 0; i < n; i++) e->v[i] = e->after[i] = 0;
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsWiring *w = &x->wiring[k];
        const TtfsExactLayer *src = &e->layer[w->term->src];
        run_window(e, l, w, collect(e, w->term), src->window);
        double gap = x->start - (src->start + src->window);
        for (uint32_t i = 0; stays && i < n; i++) {
            double slope = e->slope[i] + (w->pad ? w->pad[i] : 0);
            e->v[i] += slope * gap;
            e->after[i] += slope;
        }
    }
}

/* The comparator is gated off until the own window opens. From there to its end no event comes, and
 * the potential is one straight line: at once when it is above the threshold already, else where
 * the line reaches it; INFINITY when that is not before the window's end. */
static double first_crossing(double v, double slope, double threshold, double window) {
    if (v >= threshold) return 0;
    double t = slope > 0 ? (threshold - v) / slope : INFINITY;
    return t < window ? t : INFINITY;
}

/* theta of model a: alpha (t_max - t_first) + sum over sources of J (t_max - t_max(source)) -
 * (alpha + J) b, where J is the sum over a source's synapses; with one source this is
 * alpha (t_max(n) - t_min(n-1)) + D of the paper. */
static double threshold_a(const TtfsExact *e, const TtfsExactLayer *x, uint32_t terms, size_t state,
                          double bias) {
    double end = x->start + x->window, gain = x->gain[state];
    double theta = ALPHA * (end - x->first) - gain * bias; /* alpha + sum J is the gain */
    for (uint32_t k = 0; k < terms; k++) {
        const TtfsExactLayer *src = &e->layer[x->wiring[k].term->src];
        theta += gain * x->wiring[k].total[state] * (end - (src->start + src->window));
    }
    return theta;
}

/* A neuron that the network bounds: its comparator opens when what is left of the window is the
 * bound. */
static double gated(const TtfsNetLayer *l, const TtfsExactLayer *x, uint32_t ch, double t) {
    return l->top > 0 ? fmax(t, x->window - l->top * x->scale[ch]) : t;
}

void ttfs_exact_fire(TtfsExact *e, uint32_t layer) {
    const TtfsNetLayer *l = &e->net->layers.at[layer];
    TtfsExactLayer *x = &e->layer[layer];
    uint32_t plane = l->h * l->w, each = x->bias_count / l->c;
    bool a = e->options.model == TTFS_EXACT_A;
    for (uint32_t ch = 0; ch < l->c; ch++)
        for (uint32_t at = 0; at < plane; at++) {
            size_t i = (size_t)ch * plane + at, state = (size_t)at * l->c + ch;
            double own = x->noise ? 1 + x->noise[i] : 1;
            double bias = x->bias[each == 1 ? ch : i];
            if (l->kind == TTFS_LAYER_READOUT) {
                x->value[i] = e->v[state] + bias;
            } else if (a) {
                double v = x->gain[state] * e->v[state] + ALPHA * own * (x->start - x->first);
                double slope = ALPHA * own + x->gain[state] * e->after[state];
                double t =
                    first_crossing(v, slope, threshold_a(e, x, l->terms, state, bias), x->window);
                x->time[i] = gated(l, x, ch, t < x->window ? t : x->window); /* forced at the end */
            } else {
                double t = first_crossing(e->v[state], own, x->window - bias, x->window);
                x->time[i] = gated(l, x, ch, t);
            }
        }
}
