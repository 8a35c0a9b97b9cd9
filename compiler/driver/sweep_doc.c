/* SPDX-License-Identifier: Apache-2.0
 *
 * A sweep's document in memory: units, shards, figures.
 */
#include "sweep_doc.h"

#include "json.h"
#include "noisy.h"

#include <math.h>
#include <string.h>

const char *const ttfs_sweep_engines[] = {"fast", "exact", "jit", NULL};
const char *const ttfs_sweep_models[] = {"b", "a", NULL};
const char *const ttfs_sweep_units[] = {"window", "input", NULL};
const char *const ttfs_sweep_pers[] = {"neuron", "channel", NULL};
const char *const ttfs_sweep_kinds[] = {"relative", "added", NULL};

void ttfs_sweep_doc_make(TtfsSweepDoc *d) {
    uint64_t n = 0;
    d->unit_first = TTFS_ARRAY(&d->arena, uint64_t, d->points.len);
    for (uint32_t p = 0; p < d->points.len; n += ttfs_sweep_trials(d, p++)) d->unit_first[p] = n;
    d->unit_at = TTFS_ARRAY(&d->arena, TtfsSweepUnit, n);
}

void ttfs_sweep_unit_done(TtfsSweepDoc *d, TtfsSweepUnit *u) {
    if (!u->done) u->error = TTFS_ARRAY(&d->arena, uint64_t, d->layers);
    u->done = true;
}

void ttfs_sweep_doc_free(TtfsSweepDoc *d) {
    ttfs_arena_free(&d->arena);
}

TtfsSweepUnit *ttfs_sweep_unit(const TtfsSweepDoc *d, uint32_t point, uint32_t trial) {
    return &d->unit_at[d->unit_first[point] + trial];
}

uint32_t ttfs_sweep_trials(const TtfsSweepDoc *d, uint32_t point) {
    return ttfs_point_random(&d->points.at[point]) ? d->trials : 1;
}

bool ttfs_sweep_mine(const TtfsSweepDoc *d, uint32_t point, uint32_t trial) {
    uint64_t random = 0, before = 0, units = 0;
    if (trial >= ttfs_sweep_trials(d, point)) return false;
    if (d->shards == 0) return true;
    for (uint32_t i = 0; i < d->points.len; i++) {
        bool differs = ttfs_point_random(&d->points.at[i]);
        random += differs;
        before += i < point && (differs || trial == 0);
    }
    units = d->points.len + random * (d->trials - 1);
    uint64_t at = (trial ? d->points.len + random * (trial - 1) : 0) + before;
    return at * d->shards / units == d->shard - 1;
}

bool ttfs_sweep_whole(const TtfsSweepDoc *d) {
    for (uint32_t p = 0; p < d->points.len; p++)
        for (uint32_t t = 0; t < ttfs_sweep_trials(d, p); t++)
            if (ttfs_sweep_mine(d, p, t) && !ttfs_sweep_unit(d, p, t)->done) return false;
    return true;
}

static double share(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : NAN;
}

double ttfs_sweep_figure(const TtfsSweepDoc *d, uint32_t point, uint32_t trial, TtfsSweepFigure f) {
    const TtfsSweepUnit *u =
        ttfs_sweep_unit(d, point, trial < ttfs_sweep_trials(d, point) ? trial : 0);
    uint64_t hidden = d->neurons * d->samples;
    if (!u->done) return NAN;
    switch (f) {
    case TTFS_SWEEP_ACCURACY:
        return d->labelled ? share(u->right, d->samples) : NAN;
    case TTFS_SWEEP_AGREEMENT:
        return d->judged ? share(u->agree, d->samples) : NAN;
    case TTFS_SWEEP_SPIKES:
        return share(u->spikes, hidden);
    case TTFS_SWEEP_SATURATED:
        return share(u->saturated, hidden);
    case TTFS_SWEEP_LATENCY:
        return u->latency;
    }
    return NAN;
}

TtfsSweepSummary ttfs_sweep_summary(const TtfsSweepDoc *d, uint32_t point, TtfsSweepFigure f) {
    TtfsSweepSummary s = {0, 0, 0, INFINITY, -INFINITY};
    for (uint32_t t = 0; t < d->trials; t++) {
        double v = ttfs_sweep_figure(d, point, t, f);
        if (isnan(v)) continue;
        s.n++;
        s.mean += v;
        s.least = fmin(s.least, v);
        s.most = fmax(s.most, v);
    }
    if (s.n == 0) return (TtfsSweepSummary){0, NAN, NAN, NAN, NAN};
    s.mean = s.least == s.most ? s.least : s.mean / s.n;
    for (uint32_t t = 0; t < d->trials; t++) {
        double v = ttfs_sweep_figure(d, point, t, f) - s.mean;
        if (!isnan(v)) s.sd += v * v;
    }
    s.sd = s.n > 1 ? sqrt(s.sd / (s.n - 1)) : 0;
    return s;
}

bool ttfs_sweep_worst(const TtfsSweepDoc *d, uint32_t point, uint32_t *layer, double *worst) {
    uint64_t most = 0, n = 0;
    uint32_t trials = ttfs_sweep_trials(d, point);
    const TtfsSweepUnit *u = ttfs_sweep_unit(d, point, 0);
    for (uint32_t t = 0; t < trials; t++) n += u[t].done;
    *layer = 0;
    for (uint32_t l = 0; l < d->layers; l++) {
        uint64_t sum = 0;
        for (uint32_t t = 0; t < trials; t++) sum += u[t].done ? u[t].error[l] : 0;
        if (sum <= most) continue;
        most = sum;
        *layer = l;
    }
    *worst = n ? ldexp((double)most, -TTFS_NOISY_ERROR_BITS) / ((double)n * (double)d->samples) : 0;
    return n > 0 && d->layers > 0;
}

static void take_unit(TtfsSweepDoc *d, TtfsSweepUnit *to, const TtfsSweepUnit *from) {
    if (!from->done) return;
    ttfs_sweep_unit_done(d, to);
    uint64_t *error = to->error;
    memcpy(error, from->error, d->layers * sizeof *error);
    *to = *from;
    to->error = error;
}

void ttfs_sweep_take(TtfsSweepDoc *d, const TtfsSweepDoc *from) {
    for (uint32_t p = 0; p < d->points.len; p++)
        for (uint32_t t = 0; t < ttfs_sweep_trials(d, p); t++)
            take_unit(d, ttfs_sweep_unit(d, p, t), ttfs_sweep_unit(from, p, t));
}

void ttfs_sweep_csv(const TtfsSweepDoc *d, TtfsBuf *out) {
    ttfs_buf_puts(out, "axis,value,trial,accuracy,agreement,spikes_per_neuron,saturated,latency\n");
    for (uint32_t p = 0; p < d->points.len; p++)
        for (uint32_t t = 0; t < d->trials; t++) {
            const TtfsPoint *at = &d->points.at[p];
            if (isnan(ttfs_sweep_figure(d, p, t, TTFS_SWEEP_LATENCY))) continue;
            ttfs_buf_printf(out, "%s,%s,%u", ttfs_axis_name(at->axis),
                            ttfs_json_number_text(at->value[at->axis]).text, t);
            for (int f = TTFS_SWEEP_ACCURACY; f <= TTFS_SWEEP_LATENCY; f++) {
                double v = ttfs_sweep_figure(d, p, t, (TtfsSweepFigure)f);
                if (isnan(v))
                    ttfs_buf_puts(out, ",");
                else
                    ttfs_buf_printf(out, ",%s", ttfs_json_number_text(v).text);
            }
            ttfs_buf_puts(out, "\n");
        }
}
