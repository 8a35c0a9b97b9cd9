/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows and rates. In: what calibration saw, or real intervals; out: the real value of T, and the
 * share of neurons expected to fire. Invariant: a window is never zero, denormal or unbounded.
 * Percentile windows: Rueckauer et al. 2017, section 2.2.4, here over the positive activations.
 */
#include "lower.h"

#include <float.h>
#include <math.h>

static bool calibrated(const TtfsLower *l, TtfsTensor t) {
    return l->calib && l->calib->samples > 0 && l->calib->stat[t.i - 1].count > 0;
}

static bool has_bins(const TtfsLower *l, TtfsTensor t) {
    return calibrated(l, t) && l->calib->stat[t.i - 1].bins != NULL;
}

static double highest(const TtfsRange *range, uint32_t channels) {
    double top = 0;
    for (uint32_t i = 0; i < channels; i++)
        if (range->high[i] > top) top = range->high[i];
    return top;
}

double ttfs_lower_top(TtfsLower *l, TtfsTensor t, const TtfsRange *range, uint32_t channels,
                      const char *name, const TtfsLayerPlan *plan, TtfsQuantLayer *report) {
    TtfsLoc at = TTFS_AT_NODE(l->file, name);
    bool seen = calibrated(l, t);
    double top = seen ? (double)ttfs_calib_percentile(l->calib, t, plan->percentile)
                      : highest(range, channels);
    report->seen_max = seen ? (double)l->calib->stat[t.i - 1].max : 0;
    if (top >= FLT_MIN && top <= DBL_MAX / TTFS_MAX_TICKS) return top;
    if (top < FLT_MIN)
        ttfs_note(l->diag, at, "no activation above 0 is expected: its window is taken as 1.0");
    else
        ttfs_note(l->diag, at, "its activations have no bound: its window is taken as 1.0");
    return 1.0;
}

double ttfs_lower_saturated(const TtfsLower *l, TtfsTensor t, double top) {
    if (!has_bins(l, t) || top >= (double)l->calib->stat[t.i - 1].max) return 0;
    return ttfs_calib_share_from(l->calib, t, (float)top);
}

uint32_t ttfs_lower_rate(const TtfsLower *l, TtfsTensor t, double half_step, uint32_t otherwise) {
    if (!has_bins(l, t) || !(half_step > 0)) return otherwise;
    double share = ttfs_calib_share_from(l->calib, t, (float)half_step);
    return (uint32_t)floor((share < 1 ? share : 1) * 1e6 + 0.5);
}

TtfsRange ttfs_lower_propagate(TtfsLower *l, const TtfsRange *src, uint32_t src_channels,
                               const float *weights, const double *bias, uint32_t channels,
                               uint64_t row) {
    TtfsRange r = {TTFS_ARRAY(&l->scratch, double, channels),
                   TTFS_ARRAY(&l->scratch, double, channels)};
    uint64_t taps = row / src_channels; /* weights of one source channel stand together */
    for (uint32_t i = 0; i < channels; i++) {
        double low = bias[i], high = bias[i];
        for (uint64_t j = 0; j < row; j++) {
            double w = weights[i * row + j];
            uint64_t c = j / taps;
            low += w < 0 ? w * src->high[c] : w * src->low[c];
            high += w < 0 ? w * src->low[c] : w * src->high[c];
        }
        r.low[i] = low > 0 ? low : 0;
        r.high[i] = high > 0 ? high : 0;
    }
    return r;
}
