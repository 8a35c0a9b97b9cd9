/* SPDX-License-Identifier: Apache-2.0
 *
 * From parameters to integers, once a step. In: real weights and biases, logarithms of the units of
 * channels and of windows; out: s_out, R = round(s_out / u), u = s_out / R, w = clamp(round(W /
 * (u / s_in))), c = round(b / u) + floor(R / 2). Scales are float32, as a model says them. And
 * back: LSQ's gradients (dw/dW = 1 / s inside the grid, 0 outside; of log s: w - W / s inside, the
 * bound outside).
 */
#include "tune_inside.h"

#include <math.h>
#include <string.h>

enum { MOST_RAMP = 1 << 22 };

/* The whole number nearest to v, halves to even; |v| < 2^22. */
static float nearest(float v) {
    const float big = 12582912;
    return v + big - big;
}

static float within(float v, float low, float high) {
    return v < low ? low : v > high ? high : v;
}

static double scale_of_term(const TtfsTune *t, const TtfsTuneTerm *k) {
    return t->layer[k->term->src].scale;
}

static uint32_t channel_of(const TtfsTuneState *l, const TtfsTuneTerm *k, uint32_t row) {
    return k->rows == l->net->c ? row : row / l->plane;
}

/* The larger one; of what is no number that. */
static double larger(double a, double b) {
    return a > b || isnan(a) ? a : b;
}

/* The ramp nearest to v > 0, 1..most; of powers of two by their ratio. */
static double ramp_near(bool pow2, double v, double most) {
    if (!pow2) return fmin(fmax(rint(v), 1), most);
    double exponent = fmin(rint(log2(v)), floor(log2(most)));
    return ldexp(1, (int)fmax(exponent, 0));
}

/* What a window or unit has grown by since the beginning. */
static double growth(const TtfsTune *t, size_t at) {
    return exp(t->options->pace * (double)t->value[at]);
}

/* Window, ramps, units; whether float32 has all of them. */
static bool snap_scales(TtfsTune *t, TtfsTuneState *l) {
    bool sound = true;
    if (l->ticks)
        l->scale = (double)(float)(l->window_from * growth(t, l->window_at) / l->ticks);
    else
        l->scale = l->unit_from[0] * growth(t, l->unit_at);
    for (uint32_t i = 0; i < l->net->c; i++) {
        double ramp = 1;
        if (l->ticks) {
            double most = fmin(MOST_RAMP, TTFS_TUNE_MOST_EXACT / (l->ticks + 1));
            double unit = l->unit_from[i] * growth(t, l->unit_at + i);
            ramp = ramp_near(t->options->pow2, l->scale / unit, most);
        }
        l->ramp[i] = (float)ramp;
        l->unit[i] = l->scale / ramp;
        for (uint32_t k = 0; k < l->net->terms; k++) {
            l->term[k].step[i] = (float)(l->unit[i] / scale_of_term(t, &l->term[k]));
            sound = sound && isnormal(l->term[k].step[i]);
        }
    }
    return sound && isnormal((float)l->scale);
}

/* Integers of a row; sum of their sizes. */
static double snap_row(const TtfsTuneState *l, const float *w, float step, uint64_t n, float *q) {
    float inverse = 1 / step, sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        q[i] = nearest(within(w[i] * inverse, l->low, l->high));
        sum += fabsf(q[i]);
    }
    return (double)sum;
}

static double snap_term(const TtfsTune *t, const TtfsTuneState *l, TtfsTuneTerm *k) {
    double reach = 0;
    for (uint32_t i = 0; i < k->rows; i++) {
        uint64_t row = k->term->row;
        double sum = snap_row(l, t->value + k->at + i * row, k->step[channel_of(l, k, i)], row,
                              k->weights + i * row);
        reach = larger(reach, sum * t->layer[k->term->src].ticks);
    }
    return reach;
}

/* The sum of the weights of a row whose taps lie inside the input, at a position. */
static double inside_sum(const TtfsTuneTerm *k, uint32_t row, uint32_t y, uint32_t x) {
    const TtfsTerm *t = k->term;
    const float *w = k->weights + row * t->row;
    uint64_t taps = t->dense ? t->row : (uint64_t)t->kernel[0] * t->kernel[1];
    double sum = 0;
    for (uint64_t j = 0; j < t->row; j++) {
        uint32_t tap = (uint32_t)(j % taps);
        if (!t->dense) {
            int64_t sy = ttfs_term_tap(t, 0, y, tap / t->kernel[1]);
            int64_t sx = ttfs_term_tap(t, 1, x, tap % t->kernel[1]);
            if (sy < 0 || sy >= t->in[1] || sx < 0 || sx >= t->in[2]) continue;
        }
        sum += (double)w[j];
    }
    return sum;
}

double ttfs_tune_offset(const TtfsTune *t, const TtfsTuneState *l, uint32_t neuron) {
    double sum = 0;
    for (uint32_t k = 0; k < l->net->terms; k++) {
        const TtfsTuneTerm *term = &l->term[k];
        if (!t->net->layers.at[term->term->src].of_input) continue;
        uint32_t row = term->term->dense ? neuron : neuron / l->plane;
        sum += inside_sum(term, row, neuron / l->net->w % l->net->h, neuron % l->net->w);
    }
    return sum * t->offset;
}

static double snap_biases(const TtfsTune *t, TtfsTuneState *l) {
    uint32_t each = l->size / l->bias_count, own = l->size / l->biases;
    double most = 0;
    for (uint32_t i = 0; i < l->bias_count; i++) {
        uint32_t neuron = i * each, channel = neuron / l->plane;
        double v = (double)t->value[l->bias_at + neuron / own] / l->unit[channel];
        if (l->shifted) v += ttfs_tune_offset(t, l, neuron);
        if (l->fix) v += l->fix[i] / l->unit[channel];
        v = floor(v + 0.5) + (l->ticks ? floor((double)l->ramp[channel] / 2) : 0);
        l->bias[i] = (float)v;
        most = larger(most, fabs(v));
    }
    return most;
}

void ttfs_tune_snap(TtfsTune *t, bool noisy) {
    t->inexact = 0;
    t->lost = false;
    for (uint32_t i = 1; i < t->layers; i++) {
        TtfsTuneState *l = &t->layer[i];
        double reach = 0;
        if (!l->term) {
            l->scale = t->layer[t->net->terms.at[l->net->term_first].src].scale;
            continue;
        }
        bool sound = snap_scales(t, l);
        for (uint32_t k = 0; k < l->net->terms; k++) reach += snap_term(t, l, &l->term[k]);
        reach += snap_biases(t, l);
        if (!(reach <= TTFS_TUNE_MOST_EXACT)) t->inexact = i;
        t->lost = t->lost || !sound || !isfinite(reach);
        for (uint32_t k = 0; noisy && t->options->weight_noise > 0 && k < l->net->terms; k++)
            ttfs_tune_disturb_weights(t, i, k);
    }
}

/* Of one row: gradients by integers become those by weights; that by the step's logarithm. */
static double row_gradient(const TtfsTuneState *l, const float *w, float step, uint64_t n,
                           float *g) {
    float inverse = 1 / step;
    double by_step = 0;
    for (uint64_t i = 0; i < n; i++) {
        float v = w[i] * inverse, q = within(v, l->low, l->high);
        bool inside = q == v;
        by_step += (double)(g[i] * (inside ? nearest(v) - v : q));
        g[i] = inside ? g[i] * inverse : 0;
    }
    return by_step;
}

/* No gradient, no step: Adam's moments begin as 0. */
static void hold_still(const TtfsTuneState *l, float *gradient) {
    if (l->held) gradient[l->window_at] = 0;
    if (!l->frozen) return;
    for (uint32_t k = 0; k < l->net->terms; k++)
        memset(gradient + l->term[k].at, 0,
               l->term[k].rows * l->term[k].term->row * sizeof *gradient);
    memset(gradient + l->bias_at, 0, l->biases * sizeof *gradient);
    memset(gradient + l->unit_at, 0, l->units * sizeof *gradient);
}

void ttfs_tune_grid_gradient(const TtfsTune *t, uint32_t layer, float *gradient) {
    const TtfsTuneState *l = &t->layer[layer];
    uint32_t own = l->size / l->biases;
    for (uint32_t i = 0; i < l->units; i++) gradient[l->unit_at + i] = 0;
    for (uint32_t k = 0; k < l->net->terms; k++) {
        const TtfsTuneTerm *term = &l->term[k];
        uint64_t row = term->term->row;
        for (uint32_t i = 0; i < term->rows; i++) {
            uint32_t channel = channel_of(l, term, i);
            size_t at = term->at + i * row;
            gradient[l->unit_at + (l->units > 1 ? channel : 0)] +=
                (float)(t->options->pace *
                        row_gradient(l, t->value + at, term->step[channel], row, gradient + at));
        }
    }
    gradient[l->window_at] *= (float)t->options->pace;
    for (uint32_t i = 0; i < l->biases; i++)
        gradient[l->bias_at + i] /= (float)l->unit[i * own / l->plane];
    hold_still(l, gradient);
}

static void take_weights(const TtfsTuneState *l, const int16_t **out, TtfsArena *a) {
    for (uint32_t k = 0; k < l->net->terms; k++) {
        uint64_t n = l->term[k].rows * l->term[k].term->row;
        int16_t *w = TTFS_ARRAY(a, int16_t, n);
        for (uint64_t i = 0; i < n; i++) w[i] = (int16_t)l->term[k].weights[i];
        out[k] = w;
    }
}

/* Real biases: the parameters, or where something is added to them what is, of every position. */
static void take_biases(const TtfsTune *t, const TtfsTuneState *l, TtfsTuneLayer *out,
                        TtfsArena *a) {
    uint32_t n = l->fix ? l->bias_count : l->biases;
    out->reals = n;
    out->real = TTFS_ARRAY(a, double, n);
    for (uint32_t i = 0; i < n; i++)
        out->real[i] = (double)t->value[l->bias_at + i / (n / l->biases)] +
                       (l->fix ? l->fix[i] : 0);
}

static void take_layer(const TtfsTune *t, const TtfsTuneState *l, TtfsTuneLayer *out,
                       TtfsArena *a) {
    out->weights = TTFS_ARRAY(a, const int16_t *, l->net->terms);
    out->bias = TTFS_ARRAY(a, int32_t, l->bias_count);
    out->biases = l->bias_count;
    take_weights(l, out->weights, a);
    take_biases(t, l, out, a);
    for (uint32_t i = 0; i < l->bias_count; i++) out->bias[i] = (int32_t)l->bias[i];
    if (!l->ticks) return;
    out->ramp = TTFS_ARRAY(a, int32_t, l->net->c);
    for (uint32_t i = 0; i < l->net->c; i++) out->ramp[i] = (int32_t)l->ramp[i];
}

void ttfs_tune_take(const TtfsTune *t, TtfsTuneLayer *out, TtfsArena *a) {
    for (uint32_t i = 1; i < t->layers; i++) {
        out[i].scale = t->layer[i].scale;
        if (t->layer[i].term) take_layer(t, &t->layer[i], &out[i], a);
    }
}
