/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows and rates. In: what calibration saw, or real intervals; out: the real value of T, and the
 * share of neurons expected to fire. Invariant: a window is never zero, denormal or unbounded.
 * Percentile windows: Rueckauer et al. 2017, section 2.2.4, here over the positive activations.
 */
#include "lower.h"

#include <float.h>
#include <math.h>
#include <string.h>

static bool calibrated(const TtfsLower *l, TtfsTensor t) {
    return l->calib && l->calib->samples > 0 && l->calib->stat[t.i - 1].count > 0;
}

static bool has_bins(const TtfsLower *l, TtfsTensor t) {
    return calibrated(l, t) && l->calib->stat[t.i - 1].binned;
}

static double highest(const TtfsRange *range, uint32_t channels) {
    double top = 0;
    for (uint32_t i = 0; i < channels; i++)
        if (range->high[i] > top) top = range->high[i];
    return top;
}

double ttfs_lower_seen_max(const TtfsLower *l, TtfsTensor t) {
    return calibrated(l, t) ? (double)l->calib->stat[t.i - 1].max : 0;
}

double ttfs_lower_top(TtfsLower *l, const TtfsNetLayer *layer, const TtfsRange *range, TtfsLoc at,
                      const TtfsPopOptions *own) {
    TtfsTensor t = layer->tensor;
    double top = calibrated(l, t) ? (double)ttfs_calib_percentile(l->calib, t, own->percentile)
                                  : highest(range, layer->c);
    double otherwise = layer->top > 0 ? layer->top : 1;
    if (top >= FLT_MIN && top <= DBL_MAX / TTFS_MAX_TICKS) return top;
    ttfs_note(l->diag, at, "%s: its window is taken as %g",
              top < FLT_MIN ? "no activation above 0 is expected" : "its activations have no bound",
              otherwise);
    return otherwise;
}

uint32_t ttfs_lower_ticks(const TtfsNetLayer *layer, double scale, uint32_t ticks) {
    double below = fmax(1, rint(layer->top / scale));
    return layer->top == 0 || below >= ticks ? ticks : (uint32_t)below;
}

/* Mean value of a bin of the histogram. */
static double middle_of(uint32_t bin) {
    uint32_t bits = (bin << TTFS_HIST_SHIFT) | (1u << (TTFS_HIST_SHIFT - 1));
    float v;
    memcpy(&v, &bits, sizeof v);
    return (double)v;
}

static double window_error(const uint64_t *bins, double top, uint32_t ticks) {
    double error = 0, scale = top / ticks;
    for (uint32_t i = 0; i < TTFS_HIST_BINS; i++) {
        if (!bins[i]) continue;
        double v = middle_of(i), k = fmin(floor(v / scale + 0.5), ticks);
        error += (double)bins[i] * (v - k * scale) * (v - k * scale);
    }
    return error;
}

double ttfs_lower_least_error(const TtfsLower *l, TtfsTensor t, uint32_t ticks) {
    static const double RATIO = 0.96, NARROWEST = 0.05;
    if (!has_bins(l, t) || !l->calib->stat[t.i - 1].bins) return 0;
    double best = 0, least = INFINITY, max = (double)l->calib->stat[t.i - 1].max;
    for (double top = max; top > max * NARROWEST; top *= RATIO) {
        double error = window_error(l->calib->stat[t.i - 1].bins, top, ticks);
        if (!(error < least)) continue;
        least = error;
        best = top;
    }
    return best;
}

double ttfs_lower_saturated(const TtfsLower *l, TtfsTensor t, double top) {
    if (!has_bins(l, t) || top >= (double)l->calib->stat[t.i - 1].max) return 0;
    return ttfs_calib_share_from(l->calib, t, (float)top);
}

uint32_t ttfs_lower_rate(const TtfsLower *l, TtfsTensor t, double half_quantum,
                         uint32_t otherwise) {
    if (!has_bins(l, t) || !(half_quantum > 0)) return otherwise;
    double share = ttfs_calib_share_from(l->calib, t, (float)half_quantum);
    return (uint32_t)floor((share < 1 ? share : 1) * 1e6 + 0.5);
}

static uint32_t parts(double share) {
    double n = share * TTFS_RATE_ONE + 0.5;
    return n < TTFS_MAX_RATE_PARTS ? (uint32_t)n : TTFS_MAX_RATE_PARTS;
}

/* Places of band i of n. */
static uint32_t band_size(uint32_t size, uint32_t n, uint32_t i) {
    return (uint32_t)((uint64_t)size * (i + 1) / n - (uint64_t)size * i / n);
}

TtfsRates ttfs_lower_rates(TtfsLower *l, const TtfsPopulation *p, TtfsTensor t,
                           double half_quantum) {
    TtfsRates r = {0};
    if (!has_bins(l, t) || !(half_quantum > 0)) return r;
    const TtfsPlaceStat *seen = &l->calib->stat[t.i - 1].places;
    float v = (float)half_quantum;
    TtfsPlaceCount all = ttfs_calib_place(l->calib, t, seen->rows * seen->cols, v);
    if (seen->h != p->h || seen->w != p->w || !(all.mean > 0)) return r;
    r = (TtfsRates){
        .rows = seen->rows, .cols = seen->cols, .vary = parts(all.deviation / all.mean)};
    r.part = TTFS_ARRAY(&l->out->arena, uint32_t, r.rows * r.cols);
    double place = all.mean / p->h / p->w, deviation = 0;
    for (uint32_t i = 0; i < r.rows * r.cols; i++) {
        TtfsPlaceCount of = ttfs_calib_place(l->calib, t, i, v);
        uint32_t tall = band_size(p->h, r.rows, i / r.cols);
        r.part[i] = parts(of.mean / (place * tall * band_size(p->w, r.cols, i % r.cols)));
        deviation += of.deviation;
    }
    r.vary_part = parts(deviation / all.mean);
    return r;
}

/* Adds what one term reaches: the source channel of weight j of output channel i, and whether a tap
 * may lie in the padding, where the value is 0. */
static void add_term(TtfsLower *l, const TtfsNetLayer *to, const TtfsTerm *t, TtfsRange *r) {
    const TtfsRange *src = &l->ranges.at[t->src];
    const TtfsNetLayer *from = &l->net->layers.at[t->src];
    uint64_t plane = (uint64_t)from->h * from->w, taps = (uint64_t)t->kernel[0] * t->kernel[1];
    uint64_t positions = (uint64_t)t->in[1] * t->in[2];
    double *widest = TTFS_ARRAY(&l->scratch, double, 2 * (size_t)to->c); /* over a channel's rows */
    bool padded = !t->dense && (t->pad[0] || t->pad[1] || t->pad[2] || t->pad[3]);
    uint32_t rows = ttfs_term_rows(to, t), each = rows / to->c;
    if (!ttfs_budget_spend(l->scratch.budget, t->row * rows)) return;
    for (uint32_t n = 0; n < rows; n++) {
        const float *w = t->weights + n * t->row;
        uint32_t i = n / each;
        uint64_t group = (uint64_t)(i / (to->c / t->group)) * (t->in[0] / t->group);
        double reach[2] = {0, 0};
        for (uint64_t j = 0; j < t->row; j++) {
            uint64_t neuron = t->first + (t->dense ? j : (group + j / taps) * positions);
            double v = (double)w[j], low = src->low[neuron / plane],
                   high = src->high[neuron / plane];
            if (padded && low > 0) low = 0;
            if (padded && high < 0) high = 0;
            reach[0] += v < 0 ? v * high : v * low;
            reach[1] += v < 0 ? v * low : v * high;
        }
        widest[2 * i] = n % each && widest[2 * i] < reach[0] ? widest[2 * i] : reach[0];
        widest[2 * i + 1] = n % each && widest[2 * i + 1] > reach[1] ? widest[2 * i + 1] : reach[1];
    }
    for (uint32_t i = 0; i < to->c; i++) {
        r->low[i] += widest[2 * i];
        r->high[i] += widest[2 * i + 1];
    }
}

TtfsRange ttfs_lower_propagate(TtfsLower *l, uint32_t layer) {
    const TtfsNetLayer *to = &l->net->layers.at[layer];
    TtfsRange r = {TTFS_ARRAY(&l->scratch, double, to->c), TTFS_ARRAY(&l->scratch, double, to->c)};
    uint32_t count, each;
    const double *bias = ttfs_net_bias(l->net, layer, 0, &l->scratch, &count);
    each = count / to->c;
    for (uint32_t i = 0; i < to->c; i++) {
        r.low[i] = INFINITY, r.high[i] = -INFINITY;
        for (uint32_t k = 0; k < each; k++) {
            r.low[i] = fmin(r.low[i], bias[i * each + k]);
            r.high[i] = fmax(r.high[i], bias[i * each + k]);
        }
    }
    for (uint32_t k = 0; k < to->terms; k++)
        add_term(l, to, &l->net->terms.at[to->term_first + k], &r);
    for (uint32_t i = 0; i < to->c; i++) {
        r.low[i] = r.low[i] > 0 ? r.low[i] : 0;
        r.high[i] = r.high[i] > 0 ? r.high[i] : 0;
        if (to->quantum > 0) r.high[i] = fmin(r.high[i], to->quantum * to->ticks);
        if (to->top > 0) r.high[i] = fmin(r.high[i], to->top);
    }
    return r;
}
