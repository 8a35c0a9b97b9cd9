/* SPDX-License-Identifier: Apache-2.0
 *
 * Margins of logits, counted and judged. In: logits of the float network; out: how many samples
 * have two that the readout's step does not tell apart.
 */
#include "margin.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Of all samples. Rounding decides about half of them, so agreement falls by half of that. */
static const double RELEVANT = 0.05;

double ttfs_margin(const double *logits, uint64_t n) {
    if (n == 1) return fabs(logits[0]);
    double first = -INFINITY, second = -INFINITY;
    for (uint64_t i = 0; i < n; i++) {
        if (logits[i] > first) {
            second = first;
            first = logits[i];
        } else if (logits[i] > second) {
            second = logits[i];
        }
    }
    return first - second;
}

static uint32_t bin_of(double v) {
    float f = v < FLT_MAX ? (float)v : FLT_MAX;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits >> TTFS_MARGIN_SHIFT;
}

static void need_bins(TtfsMargins *m, TtfsArena *a) {
    if (!m->bins) m->bins = TTFS_ARRAY(a, uint64_t, TTFS_MARGIN_BINS);
}

void ttfs_margins_add(TtfsMargins *m, double margin, TtfsArena *a) {
    need_bins(m, a);
    m->samples++;
    if (margin >= 0) m->bins[bin_of(margin)]++;
}

void ttfs_margins_merge(TtfsMargins *m, const TtfsMargins *other, TtfsArena *a) {
    if (!other->bins) return;
    need_bins(m, a);
    m->samples += other->samples;
    for (uint32_t i = 0; i < TTFS_MARGIN_BINS; i++) m->bins[i] += other->bins[i];
}

uint64_t ttfs_margins_below(const TtfsMargins *m, double v) {
    uint64_t n = 0;
    uint32_t end = m->bins && v > 0 ? bin_of(v) : 0;
    for (uint32_t i = 0; i < end; i++) n += m->bins[i];
    return n;
}

TtfsLogitStep ttfs_logit_step(const TtfsSpike *s) {
    TtfsArena scratch = {0};
    TtfsLogitStep found = {0};
    TtfsOutput o = ttfs_spike_output(s, 0, &scratch);
    bool named = ttfs_spike_outputs(s) == 1 && ttfs_output_is_vector(&o);
    for (uint32_t i = 0; named && i < o.pieces.len; i++) {
        TtfsPop at = {o.pieces.at[i].pop};
        if (ttfs_spike_pop(s, at)->scale <= found.step) continue;
        found = (TtfsLogitStep){ttfs_spike_pop(s, at)->scale, at};
    }
    ttfs_arena_free(&scratch);
    return found;
}

bool ttfs_margins_matter(uint64_t close, uint64_t samples) {
    return close > 1 && (double)close > RELEVANT * (double)samples;
}

void ttfs_margins_warn(const TtfsSpike *s, const char *file, uint64_t close, uint64_t samples,
                       const char *which, TtfsDiag *diag) {
    TtfsLogitStep step = ttfs_logit_step(s);
    if (step.step == 0 || !ttfs_margins_matter(close, samples)) return;
    const TtfsPopulation *p = ttfs_spike_pop(s, step.readout);
    const char *what = ttfs_pop_size(p) == 1 ? "the logit is closer to 0"
                                             : "the largest two logits are closer to each other";
    ttfs_warn(
        diag, ttfs_pop_at(p, file), TTFS_LOGITS_CLOSE,
        "in %.1f %% of %llu %s %s than the readout's step, %.3g: rounding decides there which "
        "class is named",
        100 * (double)close / (double)samples, (unsigned long long)samples, which, what, step.step);
}
