/* SPDX-License-Identifier: Apache-2.0
 *
 * Calibration statistics: values of tensors -> bounds and histograms. A bin is a range of the bits
 * of a positive float32, so bins are 1/256 wide relative to their value, any order of the samples
 * gives the same counters, and a percentile is a walk over 65,536 counters. What regions of places
 * hold is counted in coarse bins, with the squares of a sample's counts.
 */
#include "ir.h"

#include <math.h>
#include <string.h>

/* Values that spike: a rate is asked of them. */
static bool spikes(TtfsOp op) {
    return op == TTFS_OP_RELU || op == TTFS_OP_QUANT || op == TTFS_OP_CLIP ||
           op == TTFS_OP_MAXPOOL || op == TTFS_OP_MINPOOL;
}

/* Axes behind the batch and the channels are places. */
static TtfsPlaceStat places_of(const TtfsTensorInfo *t) {
    TtfsPlaceStat p = {.h = t->rank == 4 ? t->dim[2] : 1,
                       .w = t->rank > 2 ? t->dim[t->rank - 1] : 1};
    p.rows = p.h < TTFS_PLACE_BANDS ? p.h : TTFS_PLACE_BANDS;
    p.cols = p.w < TTFS_PLACE_BANDS ? p.w : TTFS_PLACE_BANDS;
    return p;
}

void ttfs_calib_init(TtfsCalib *c, const TtfsIr *ir) {
    *c = (TtfsCalib){.input = ir->input, .tensors = ir->tensors.len};
    c->stat = TTFS_ARRAY(&c->arena, TtfsTensorStat, ir->tensors.len);
    c->seen =
        TTFS_ARRAY(&c->arena, uint32_t, TTFS_PLACE_BANDS * TTFS_PLACE_BANDS * TTFS_PLACE_BINS);
    for (uint32_t i = 0; i < ir->tensors.len; i++)
        c->stat[i].places = places_of(&ir->tensors.at[i]);
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
    if (!s->binned || !positive || s->bins) return;
    TtfsPlaceStat *p = &s->places;
    size_t n = (size_t)(p->rows * p->cols + 1) * TTFS_PLACE_BINS;
    s->bins = TTFS_ARRAY(&c->arena, uint64_t, TTFS_HIST_BINS);
    p->sum = TTFS_ARRAY(&c->arena, uint64_t, n);
    p->squares = TTFS_ARRAY(&c->arena, uint64_t, n);
}

static uint32_t coarse_bin_of(float v) {
    enum { SHIFT = 21, FIRST = (127 - 32) << 2 };
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    uint32_t bin = bits >> SHIFT;
    if (bin < FIRST) return 0;
    return bin - FIRST < TTFS_PLACE_BINS ? bin - FIRST : TTFS_PLACE_BINS - 1;
}

/* The band, of `bands`, that a row (column) of `size` lies in. */
static uint32_t band_of(uint32_t at, uint32_t size, uint32_t bands) {
    return (uint32_t)(((uint64_t)(at + 1) * bands - 1) / size);
}

/* Adds to a region's sums what a sample has in it, from every bin on. */
static void add_counts(TtfsPlaceStat *p, uint32_t region, const uint64_t *from) {
    uint64_t *sum = p->sum + (size_t)region * TTFS_PLACE_BINS;
    uint64_t *squares = p->squares + (size_t)region * TTFS_PLACE_BINS;
    for (uint32_t bin = 0; bin < TTFS_PLACE_BINS; bin++) {
        sum[bin] += from[bin];
        squares[bin] += from[bin] * from[bin];
    }
}

static void count_places(TtfsCalib *c, TtfsPlaceStat *p, const float *values, uint64_t count) {
    uint32_t regions = p->rows * p->cols;
    memset(c->seen, 0, (size_t)regions * TTFS_PLACE_BINS * sizeof *c->seen);
    for (uint64_t row = 0; row * p->w < count; row++) {
        const float *v = values + row * p->w;
        uint32_t first = band_of((uint32_t)(row % p->h), p->h, p->rows) * p->cols;
        for (uint32_t x = 0; x < p->w && row * p->w + x < count; x++) {
            uint32_t region = first + band_of(x, p->w, p->cols);
            if (v[x] > 0) c->seen[region * TTFS_PLACE_BINS + coarse_bin_of(v[x])]++;
        }
    }
    uint64_t from[TTFS_PLACE_BINS], all[TTFS_PLACE_BINS] = {0};
    for (uint32_t region = 0; region < regions; region++) {
        uint64_t n = 0;
        for (uint32_t bin = TTFS_PLACE_BINS; bin-- > 0;) {
            from[bin] = n += c->seen[region * TTFS_PLACE_BINS + bin];
            all[bin] += n;
        }
        add_counts(p, region, from);
    }
    add_counts(p, regions, all);
}

void ttfs_calib_add(TtfsCalib *c, TtfsTensor t, const float *values, uint64_t count) {
    TtfsTensorStat *s = &c->stat[t.i - 1];
    if (count == 0) return;
    float lo = s->count ? s->min : values[0], hi = s->count ? s->max : values[0];
    uint64_t positive = 0, beyond = 0;
    for (uint64_t i = 0; i < count; i++) {
        float v = values[i];
        lo = v < lo ? v : lo;
        hi = v > hi ? v : hi;
        positive += v > 0;
        beyond += !(v - v == 0);
    }
    need_bins(c, s, positive > 0);
    if (s->bins) {
        for (uint64_t i = 0; i < count; i++)
            if (values[i] > 0) s->bins[bin_of(values[i])]++;
        count_places(c, &s->places, values, count);
    }
    s->places.samples++;
    s->min = lo;
    s->max = hi;
    s->positive += positive;
    s->beyond += beyond;
    s->count += count;
    if (t.i == c->input.i) c->samples++;
}

static void merge_places(TtfsPlaceStat *to, const TtfsPlaceStat *from) {
    size_t n = (size_t)(from->rows * from->cols + 1) * TTFS_PLACE_BINS;
    to->samples += from->samples;
    for (size_t i = 0; from->sum && i < n; i++) {
        to->sum[i] += from->sum[i];
        to->squares[i] += from->squares[i];
    }
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
        to->beyond += from->beyond;
        need_bins(c, to, from->bins != NULL);
        for (uint32_t bin = 0; from->bins && bin < TTFS_HIST_BINS; bin++)
            to->bins[bin] += from->bins[bin];
        merge_places(&to->places, &from->places);
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

TtfsPlaceCount ttfs_calib_place(const TtfsCalib *c, TtfsTensor t, uint32_t region, float v) {
    const TtfsPlaceStat *p = &c->stat[t.i - 1].places;
    if (!p->sum) return (TtfsPlaceCount){0, 0};
    size_t at = (size_t)region * TTFS_PLACE_BINS + (v > 0 ? coarse_bin_of(v) : 0);
    double n = (double)p->samples, mean = (double)p->sum[at] / n;
    double variance = (double)p->squares[at] / n - mean * mean;
    return (TtfsPlaceCount){mean, variance > 0 ? sqrt(variance) : 0};
}
