/* SPDX-License-Identifier: Apache-2.0
 *
 * Calibration statistics: values of tensors -> bounds and histograms. A bin is a range of the bits
 * of a positive float32, so bins are 1/256 wide relative to their value, any order of the samples
 * gives the same counters, and a percentile is a walk over 65,536 counters.
 */
#include "ir.h"

#include <math.h>
#include <string.h>

/* Values that spike: a rate is asked of them. */
static bool spikes(TtfsOp op) {
    return op == TTFS_OP_RELU || op == TTFS_OP_QUANT || op == TTFS_OP_CLIP ||
           op == TTFS_OP_MAXPOOL || op == TTFS_OP_MINPOOL;
}

void ttfs_calib_init(TtfsCalib *c, const TtfsIr *ir) {
    *c = (TtfsCalib){.input = ir->input, .tensors = ir->tensors.len};
    c->stat = TTFS_ARRAY(&c->arena, TtfsTensorStat, ir->tensors.len);
    if (ir->input.i) c->stat[ir->input.i - 1].binned = true;
    for (uint32_t i = 0; i < ir->nodes.len; i++)
        if (spikes(ir->nodes.at[i].op)) c->stat[ir->nodes.at[i].out.i - 1].binned = true;
}

void ttfs_calib_free(TtfsCalib *c) {
    ttfs_arena_free(&c->arena);
    *c = (TtfsCalib){0};
}

static uint32_t bin_of(float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits >> TTFS_HIST_SHIFT;
}

/* The smallest value of the bin after this one. */
static float upper_edge(uint32_t bin) {
    uint32_t bits = (bin + 1) << TTFS_HIST_SHIFT;
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Counters are made at the first positive value: a deep network has many layers. */
static void need_bins(TtfsCalib *c, TtfsTensorStat *s, bool positive) {
    if (s->binned && positive && !s->bins)
        s->bins = TTFS_ARRAY(&c->arena, uint64_t, TTFS_HIST_BINS);
}

void ttfs_calib_add(TtfsCalib *c, TtfsTensor t, const float *values, uint64_t count) {
    TtfsTensorStat *s = &c->stat[t.i - 1];
    if (count == 0) return;
    float lo = s->count ? s->min : values[0], hi = s->count ? s->max : values[0];
    uint64_t positive = 0;
    for (uint64_t i = 0; i < count; i++) {
        float v = values[i];
        lo = v < lo ? v : lo;
        hi = v > hi ? v : hi;
        positive += v > 0;
    }
    need_bins(c, s, positive > 0);
    if (s->bins)
        for (uint64_t i = 0; i < count; i++)
            if (values[i] > 0) s->bins[bin_of(values[i])]++;
    s->min = lo;
    s->max = hi;
    s->positive += positive;
    s->count += count;
    if (t.i == c->input.i) c->samples++;
}

void ttfs_calib_merge(TtfsCalib *c, const TtfsCalib *other) {
    for (uint32_t t = 0; t < c->tensors; t++) {
        TtfsTensorStat *to = &c->stat[t];
        const TtfsTensorStat *from = &other->stat[t];
        if (from->count == 0) continue;
        if (to->count == 0 || from->min < to->min) to->min = from->min;
        if (to->count == 0 || from->max > to->max) to->max = from->max;
        to->count += from->count;
        to->positive += from->positive;
        need_bins(c, to, from->bins != NULL);
        for (uint32_t bin = 0; from->bins && bin < TTFS_HIST_BINS; bin++)
            to->bins[bin] += from->bins[bin];
    }
    c->samples += other->samples;
}

float ttfs_calib_percentile(const TtfsCalib *c, TtfsTensor t, double q) {
    const TtfsTensorStat *s = &c->stat[t.i - 1];
    if (!(q < 1) || !s->bins) return s->max;
    if (s->positive == 0) return 0;
    double wanted = ceil(q * (double)s->positive);
    uint64_t need = wanted < 1 ? 1 : (uint64_t)wanted, below = 0;
    for (uint32_t bin = 0; bin < TTFS_HIST_BINS; bin++) {
        below += s->bins[bin];
        if (below >= need) return upper_edge(bin) < s->max ? upper_edge(bin) : s->max;
    }
    return s->max;
}

double ttfs_calib_share_from(const TtfsCalib *c, TtfsTensor t, float v) {
    const TtfsTensorStat *s = &c->stat[t.i - 1];
    if (!s->bins || s->count == 0) return 0;
    uint64_t from = 0;
    for (uint32_t bin = v > 0 ? bin_of(v) : 0; bin < TTFS_HIST_BINS; bin++) from += s->bins[bin];
    return (double)from / (double)s->count;
}
