/* SPDX-License-Identifier: Apache-2.0
 *
 * A run's document for the page. Cells of rasters are digits of base 36: the spikes in it where no
 * cell has more than 35, else in 35ths of the fullest cell's, rounded up.
 */
#include "watch_report.h"

#include "judge_report.h"
#include "out_folder.h"
#include "report_json.h"

#include <string.h>

enum { DIGITS = 35 };
static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static void number(TtfsJson *j, const char *key, uint64_t v) {
    ttfs_json_number(j, key, (double)v);
}

static void figures_json(TtfsJson *j, const TtfsRunResult *v) {
    ttfs_json_string(j, "engine", v->engine);
    number(j, "samples", v->samples);
    ttfs_judge_json(v->judge, &v->tally, v->samples, j);
    ttfs_json_share(j, "spikes_per_neuron", v->counted, v->spikes, v->hidden * v->samples);
    number(j, "latency_ticks", v->latency);
    ttfs_json_share(j, "cycles", v->lanes.timed != 0, v->lanes.cycles, v->lanes.timed);
    ttfs_json_share(j, "latency_cycles", v->lanes.timed != 0, v->latency_cycles, v->samples);
}

/* --- spikes by population --- */

static void counts_json(TtfsJson *j, const char *key, const uint64_t *n, uint32_t count) {
    ttfs_json_array(j, key);
    for (uint32_t i = 0; i < count; i++) number(j, NULL, n[i]);
    ttfs_json_end(j);
}

static void population_json(TtfsJson *j, const TtfsRunResult *v, uint32_t pop) {
    const TtfsWatch *w = v->watch;
    const TtfsPopulation *p = &w->spike->pops.at[pop];
    uint64_t all = ttfs_pop_size(p) * v->samples, spikes = v->shares->spikes[pop];
    uint32_t bins = p->ticks < TTFS_WATCH_BINS ? p->ticks : TTFS_WATCH_BINS;
    ttfs_json_object(j, NULL);
    ttfs_json_string(j, "population", p->name);
    number(j, "neurons", ttfs_pop_size(p));
    number(j, "ticks", p->ticks);
    ttfs_json_number(j, "spikes_per_sample", ttfs_share(spikes, v->samples));
    ttfs_json_number(j, "silent_share", ttfs_share(all - spikes, all));
    ttfs_json_number(j, "saturated_share", ttfs_share(v->shares->saturated[pop], all));
    if (pop < w->pops)
        counts_json(j, "histogram", w->ticks[0] + (uint64_t)pop * TTFS_WATCH_BINS, bins);
    ttfs_json_end(j);
}

static void populations_json(TtfsJson *j, const TtfsRunResult *v) {
    const TtfsSpike *s = v->watch->spike;
    number(j, "histogram_samples", v->watch->ticked);
    ttfs_json_array(j, "populations");
    for (uint32_t i = 0; i < s->pops.len; i++)
        if (s->pops.at[i].ticks) population_json(j, v, i);
    ttfs_json_end(j);
}

/* --- samples --- */

static void picture_json(TtfsJson *j, const TtfsWatch *w, const TtfsWatched *s) {
    TtfsBuf hex = {0};
    uint64_t n = (uint64_t)w->channels * w->width * w->height;
    for (uint64_t i = 0; i < n; i++) ttfs_buf_printf(&hex, "%02x", s->pixel[i]);
    ttfs_json_string(j, "pixels", ttfs_buf_text(&hex));
    ttfs_buf_free(&hex);
}

static void raster_json(TtfsJson *j, const TtfsGrid *g, const TtfsRaster *r) {
    TtfsBuf cells = {0};
    uint32_t n = g->rows * g->cols, peak = 0;
    for (uint32_t i = 0; i < n; i++)
        if (r->cell[i] > peak) peak = r->cell[i];
    for (uint32_t i = 0; i < n; i++) {
        uint64_t level = peak <= DIGITS ? r->cell[i]
                                        : ((uint64_t)r->cell[i] * DIGITS + peak - 1) / peak;
        ttfs_buf_bytes(&cells, &digits[level], 1);
    }
    ttfs_json_object(j, NULL);
    number(j, "spikes", r->spikes);
    number(j, "peak", peak);
    ttfs_json_string(j, "cells", ttfs_buf_text(&cells));
    ttfs_json_end(j);
    ttfs_buf_free(&cells);
}

static void values_json(TtfsJson *j, const TtfsWatch *w, const TtfsWatched *s) {
    ttfs_json_array(j, "outputs");
    for (uint32_t i = 0; i < s->values; i++) {
        ttfs_json_object(j, NULL);
        number(j, "element", s->value[i].element);
        ttfs_json_number(j, "value", s->value[i].got);
        if (w->judge->compared) ttfs_json_number(j, "relu", s->value[i].want);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

static void class_json(TtfsJson *j, const char *key, bool known, uint32_t class) {
    if (known)
        number(j, key, class);
    else
        ttfs_json_null(j, key);
}

static void sample_json(TtfsJson *j, const TtfsWatch *w, uint32_t sample) {
    const TtfsWatched *s = &w->sample[sample];
    ttfs_json_object(j, NULL);
    number(j, "sample", sample);
    class_json(j, "label", ttfs_judge_knows_accuracy(w->judge), s->label);
    class_json(j, "class", w->judge->meaning != TTFS_BY_ERROR, s->got);
    class_json(j, "relu_class", ttfs_judge_knows_agreement(w->judge), s->want);
    picture_json(j, w, s);
    values_json(j, w, s);
    ttfs_json_array(j, "rasters");
    for (uint32_t i = 0; i < w->pops; i++)
        if (w->grid[i].rows) raster_json(j, &w->grid[i], &s->raster[i]);
    ttfs_json_end(j);
    ttfs_json_end(j);
}

static void grids_json(TtfsJson *j, const TtfsWatch *w) {
    ttfs_json_array(j, "grids");
    for (uint32_t i = 0; i < w->pops; i++) {
        if (w->grid[i].rows == 0) continue;
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "population", w->spike->pops.at[i].name);
        number(j, "rows", w->grid[i].rows);
        number(j, "columns", w->grid[i].cols);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

static void shown_json(TtfsJson *j, const TtfsWatch *w) {
    const uint32_t size[] = {w->channels, w->height, w->width};
    ttfs_json_array(j, "picture");
    for (int i = 0; i < 3; i++) number(j, NULL, size[i]);
    ttfs_json_end(j);
    grids_json(j, w);
    ttfs_json_array(j, "shown");
    for (uint32_t i = 0; i < w->shown; i++) sample_json(j, w, i);
    ttfs_json_end(j);
}

/* --- classes --- */

static void matrix_json(TtfsJson *j, const char *key, const TtfsWatch *w, TtfsConfusion which) {
    const uint64_t *n = w->confused[0] + (uint64_t)which * w->classes * w->classes;
    ttfs_json_array(j, key);
    for (uint32_t i = 0; i < w->classes; i++)
        counts_json(j, NULL, n + (uint64_t)i * w->classes, w->classes);
    ttfs_json_end(j);
}

static void confusion_json(TtfsJson *j, const TtfsWatch *w) {
    bool labelled = ttfs_judge_knows_accuracy(w->judge);
    bool compared = ttfs_judge_knows_agreement(w->judge);
    if (w->classes == 0) return;
    ttfs_json_object(j, "confusion");
    number(j, "classes", w->classes);
    if (labelled) matrix_json(j, "chip", w, TTFS_CONFUSED_CHIP);
    if (labelled && compared) matrix_json(j, "relu", w, TTFS_CONFUSED_RELU);
    if (compared) matrix_json(j, "chip_beside_relu", w, TTFS_CONFUSED_APART);
    ttfs_json_end(j);
}

void ttfs_watch_json(const TtfsRunResult *v, TtfsBuf *out) {
    TtfsJson document = {.out = out}, *j = &document;
    ttfs_json_object(j, NULL);
    figures_json(j, v);
    populations_json(j, v);
    shown_json(j, v->watch);
    confusion_json(j, v->watch);
    ttfs_json_end(j);
}

bool ttfs_watch_keep(const TtfsRunResult *v, const char *folder, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsBuf text = {0};
    bool ok = true;
    if (v->watch && !ttfs_out_may_put(folder, "report")) {
        ttfs_note(diag, TTFS_AT_FILE(folder),
                  "what the page shows of this run is not kept: the folder may not be written to");
    } else if (v->watch) {
        ttfs_watch_json(v, &text);
        ok = ttfs_out_put(folder, "report", ttfs_arena_printf(&a, "run-%s.json", v->engine),
                          text.text, text.len, diag);
    }
    ttfs_buf_free(&text);
    ttfs_arena_free(&a);
    return ok;
}
