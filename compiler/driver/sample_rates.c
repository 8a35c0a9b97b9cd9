/* SPDX-License-Identifier: Apache-2.0
 *
 * Rates of single samples. In: a spike graph, samples that calibration kept; out: what share of
 * each region's neurons fired in some of them, evenly spread, by the golden engine. Invariant: the
 * mean over the samples of a set is what calibration saw in all of its own, so only what differs
 * between samples is taken from these few. Cost: at most MOST_SYNAPSES, or nothing.
 */
#include "sample_rates.h"

#include "golden.h"
#include "plan_scenes.h"

enum { LEAST_SAMPLES = 4 * TTFS_SCENE_SETS };
#define MOST_SYNAPSES UINT64_C(3000000000) /* looked at in all samples */

/* How many samples are run; 0: they are too few or too dear. */
static uint32_t samples_of(const TtfsSpike *s, const TtfsFitSamples *f) {
    uint64_t synapses = ttfs_spike_synapses(s), n = MOST_SYNAPSES / (synapses ? synapses : 1);
    if (n > TTFS_MAX_RATE_SAMPLES) n = TTFS_MAX_RATE_SAMPLES;
    if (n > f->count) n = f->count;
    n -= n % TTFS_SCENE_SETS;
    return n < LEAST_SAMPLES ? 0 : (uint32_t)n;
}

/* The band, of `bands`, that a row (column) of `size` lies in. */
static uint32_t band_of(uint32_t at, uint32_t size, uint32_t bands) {
    return (uint32_t)(((uint64_t)(at + 1) * bands - 1) / size);
}

/* Spikes of each region. */
static void count_spikes(const TtfsPopulation *p, const uint16_t *tick, uint32_t *count) {
    const TtfsRates *r = &p->rates;
    for (uint64_t row = 0; row < (uint64_t)p->c * p->h; row++) {
        uint32_t *of_row = count + band_of((uint32_t)(row % p->h), p->h, r->rows) * r->cols;
        for (uint32_t x = 0; x < p->w; x++)
            of_row[band_of(x, p->w, r->cols)] += tick[row * p->w + x] != TTFS_SILENT;
    }
}

/* Counts of a region in the samples of a set become rates whose mean is the region's. */
static void scale(TtfsRates *r, uint32_t region, uint32_t set) {
    uint32_t regions = r->rows * r->cols, n = 0;
    uint64_t all = 0;
    for (uint32_t k = set; k < r->samples; k += TTFS_SCENE_SETS, n++)
        all += r->sample[k * regions + region];
    for (uint32_t k = set; k < r->samples; k += TTFS_SCENE_SETS) {
        uint32_t *v = &r->sample[k * regions + region];
        uint64_t rate = all ? (uint64_t)*v * n * r->part[region] / all : r->part[region];
        *v = (uint32_t)(rate < TTFS_MAX_RATE_PARTS ? rate : TTFS_MAX_RATE_PARTS);
    }
}

static void scale_all(TtfsRates *r) {
    for (uint32_t i = 0; i < r->rows * r->cols; i++)
        for (uint32_t set = 0; set < TTFS_SCENE_SETS; set++) scale(r, i, set);
}

static void make_room(TtfsSpike *s, uint32_t samples) {
    for (uint32_t i = 0; i < s->pops.len; i++) {
        TtfsRates *r = &s->pops.at[i].rates;
        if (!r->rows) continue;
        r->samples = samples;
        r->sample = TTFS_ARRAY(&s->arena, uint32_t, (size_t)samples * r->rows * r->cols);
    }
}

static void take_trace(TtfsSpike *s, const TtfsTrace *t, uint32_t sample) {
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        uint32_t regions = p->rates.rows * p->rates.cols;
        if (regions)
            count_spikes(p, ttfs_trace_ticks(t, (TtfsPop){i + 1}),
                         p->rates.sample + (size_t)sample * regions);
    }
}

void ttfs_sample_rates(TtfsSpike *s, const TtfsFitSamples *f) {
    uint32_t samples = samples_of(s, f);
    uint64_t elements = ttfs_pop_size(ttfs_spike_pop(s, s->input));
    if (!samples) return;
    TtfsArena a = {0};
    TtfsTrace t;
    ttfs_trace_init(&t, s, &a);
    uint16_t *x = TTFS_ARRAY(&a, uint16_t, elements);
    TtfsGolden *golden = ttfs_golden_open(s);
    make_room(s, samples);
    for (uint32_t k = 0; k < samples; k++) {
        uint64_t i = (uint64_t)k * f->count / samples;
        ttfs_spike_encode(s, f->values + i * elements, x);
        ttfs_golden_run(golden, x, &t);
        take_trace(s, &t, k);
    }
    ttfs_golden_close(golden);
    ttfs_arena_free(&a);
    for (uint32_t i = 0; i < s->pops.len; i++) scale_all(&s->pops.at[i].rates);
}
