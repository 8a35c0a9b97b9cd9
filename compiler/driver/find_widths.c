/* SPDX-License-Identifier: Apache-2.0
 *
 * Widths of weights at a given memory. Method: errors of layers, each relative to the layer's own
 * values, add up on the way to the outputs (Lin, Talathi, Annapureddy 2016, "Fixed point
 * quantization of deep convolutional networks", arXiv 1511.06393), so what counts of a
 * layer's width is that error on calibration samples held back; greedy by error per bit of memory.
 */
#include "find_widths.h"

#include <math.h>
#include <string.h>

enum { LEAST = TTFS_LEAST_WEIGHT_BITS };

/* --- the choice --- */

typedef struct {
    uint32_t layer, bits;
    double gain; /* noise a bit of memory */
} Step;

/* The best step of those that fit; gain 0: none takes any noise away. */
static Step best_step(const TtfsWidths *w, const bool *fixed, const uint32_t *bits, double left) {
    Step best = {.gain = 0};
    for (uint32_t i = 0; i < w->at.len; i++) {
        const TtfsLayerWidths *l = &w->at.at[i];
        for (uint32_t b = bits[i] + 1; !fixed[i] && b <= l->bits; b++) {
            double memory = (double)l->weights * (b - bits[i]);
            double gain = (l->noise[bits[i]] - l->noise[b]) / memory;
            if (memory <= left && gain > best.gain) best = (Step){i, b, gain};
        }
    }
    return best;
}

/* The width of a layer where a search starts: fewer bits than it can have are none of its widths.
 */
static uint32_t start_of(const TtfsLayerWidths *l, uint32_t start) {
    uint32_t b = start < l->bits ? start : l->bits;
    while (b < l->bits && !isfinite(l->noise[b])) b++;
    return b;
}

/* From so many bits everywhere on; the noise that is left, infinite when they are too many. */
static double climb(const TtfsWidths *w, double mean, const bool *fixed, uint32_t start,
                    uint32_t *bits) {
    double left = 0, noise = 0;
    for (uint32_t i = 0; i < w->at.len; i++) {
        const TtfsLayerWidths *l = &w->at.at[i];
        bits[i] = fixed[i] ? l->bits : start_of(l, start);
        left += (double)l->weights * (mean - bits[i]);
    }
    if (left < 0) return INFINITY;
    for (Step s = best_step(w, fixed, bits, left); s.gain > 0;
         s = best_step(w, fixed, bits, left)) {
        left -= (double)w->at.at[s.layer].weights * (s.bits - bits[s.layer]);
        bits[s.layer] = s.bits;
    }
    for (uint32_t i = 0; i < w->at.len; i++) noise += w->at.at[i].noise[bits[i]];
    return noise;
}

bool ttfs_widths_choose(const TtfsWidths *w, double mean, const bool *fixed, uint32_t *bits) {
    TtfsArena a = {0};
    uint32_t *tried = TTFS_ARRAY(&a, uint32_t, w->at.len);
    double least = INFINITY;
    for (uint32_t start = LEAST; start <= mean; start++) {
        double noise = climb(w, mean, fixed, start, tried);
        if (!(noise < least)) continue;
        least = noise;
        memcpy(bits, tried, w->at.len * sizeof *bits);
    }
    ttfs_arena_free(&a);
    return isfinite(least);
}

/* --- around it --- */

/* The options of that layer; NULL: there are none. */
static const TtfsLayerOptions *given(const TtfsSpikeOptions *o, const char *name) {
    for (uint32_t i = o->n_layers; i > 0; i--)
        if (strcmp(o->layers[i - 1].layer, name) == 0) return &o->layers[i - 1];
    return NULL;
}

/* The job's layers, then those that it had no options of, with the widths in place. */
static void take(const TtfsWidths *w, const uint32_t *bits, TtfsPipeline *f, TtfsSpikeOptions *o) {
    TtfsLayerOptions *layer =
        TTFS_ARRAY(&f->arena, TtfsLayerOptions, (size_t)o->n_layers + w->at.len);
    uint32_t n = o->n_layers;
    if (n) memcpy(layer, o->layers, n * sizeof *layer);
    for (uint32_t i = 0; i < w->at.len; i++) {
        const TtfsLayerOptions *own = given(o, w->at.at[i].name);
        uint32_t at = own ? (uint32_t)(own - o->layers) : n++;
        if (!own)
            layer[at] = (TtfsLayerOptions){.layer = ttfs_arena_strdup(&f->arena, w->at.at[i].name),
                                           .percentile = -1};
        layer[at].weight_bits = bits[i];
    }
    o->layers = layer;
    o->n_layers = n;
}

static void tell(const TtfsWidths *w, const uint32_t *bits, const TtfsJob *job, TtfsDiag *diag) {
    TtfsArena a = {0};
    const char *text = "";
    double weights = 0, memory = 0;
    for (uint32_t i = 0; i < w->at.len; i++) {
        const TtfsLayerWidths *l = &w->at.at[i];
        weights += (double)l->weights;
        memory += (double)l->weights * bits[i];
        text = ttfs_arena_printf(&a, "%s%s%s %u", text, i ? ", " : "", l->name, bits[i]);
    }
    ttfs_note(diag, TTFS_AT_FILE(job->options->model),
              "weight bits of layers: %s; %.3g bits a weight in the mean", text,
              weights > 0 ? memory / weights : 0);
    ttfs_arena_free(&a);
}

static bool choose(const TtfsWidths *w, TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag) {
    TtfsArena a = {0};
    bool *fixed = TTFS_ARRAY(&a, bool, w->at.len);
    uint32_t *bits = TTFS_ARRAY(&a, uint32_t, w->at.len);
    for (uint32_t i = 0; i < w->at.len; i++) {
        const TtfsLayerOptions *own = given(&job->spike, w->at.at[i].name);
        fixed[i] = own && own->weight_bits;
    }
    double mean = job->options->mean_bits;
    bool ok = ttfs_widths_choose(w, mean, fixed, bits);
    if (ok) {
        take(w, bits, f, &job->spike);
        tell(w, bits, job, diag);
    } else
        ttfs_error(diag, TTFS_AT_FILE("--mean-bits"), TTFS_OPTION_VALUE,
                   "%g bits a weight are fewer than the layers' own widths and the least of the "
                   "others take",
                   mean);
    ttfs_arena_free(&a);
    return ok;
}

/* What measuring took of the model's budget is given back: it is dropped. */
bool ttfs_widths_find(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag) {
    TtfsWidths w = {0};
    TtfsBudget before = f->budget;
    if (job->options->mean_bits == 0) return true;
    if (!job->spike.fit)
        return ttfs_error(diag, TTFS_AT_FILE("--mean-bits"), TTFS_OPTION_VALUE,
                          "calibration samples expected, on which widths are chosen: --calib X, "
                          "and no --quantiser plain");
    bool ok =
        ttfs_measure_widths(&f->canonical, &f->calib, &job->spike, job->options->model, &w, diag);
    f->budget.spent = before.spent;
    f->budget.passed = before.passed;
    ok = ok && choose(&w, f, job, diag);
    ttfs_arena_free(&w.arena);
    return ok;
}
