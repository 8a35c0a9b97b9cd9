/* SPDX-License-Identifier: Apache-2.0
 *
 * A sweep's document as JSON. What is read back is the head, the settings of the points and the
 * counts; the figures beside them are made anew.
 */
#include "sweep_doc.h"

#include "doc_read.h"
#include "json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT = 1, MOST_LAYERS = 1 << 16, FILE_LIMIT = 256 << 20 };
/* What at most is written of a number, a unit beside its errors, a point beside its trials. */
enum { NUMBER_TEXT = 26, UNIT_TEXT = 320, POINT_TEXT = 2048, NAME_TEXT = 6 /* of a byte */ };

/* --- writing --- */

static void write_layers(const TtfsSweepDoc *d, TtfsJson *j) {
    ttfs_json_array(j, "layers");
    for (uint32_t i = 0; i < d->layers; i++) {
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "name", d->layer[i].name);
        ttfs_json_number(j, "window", d->layer[i].top);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

static void write_head(const TtfsSweepDoc *d, bool shard, TtfsJson *j) {
    ttfs_json_string(j, "product", "ttfs");
    ttfs_json_string(j, "document", "sweep");
    ttfs_json_number(j, "format", FORMAT);
    ttfs_json_string(j, "network", d->network);
    ttfs_json_string(j, "inputs", d->inputs);
    ttfs_json_string(j, "engine", d->engine);
    ttfs_json_string(j, "model", d->model);
    ttfs_json_string(j, "unit", d->unit);
    ttfs_json_string(j, "slope_noise_per", d->slope_per);
    ttfs_json_string(j, "weight_noise_kind", d->weight_kind);
    ttfs_json_number(j, "seed", d->seed);
    ttfs_json_number(j, "samples", (double)d->samples);
    ttfs_json_number(j, "trials", d->trials);
    ttfs_json_number(j, "neurons", (double)d->neurons);
    ttfs_json_bool(j, "labelled", d->labelled);
    ttfs_json_bool(j, "judged", d->judged);
    if (shard && d->shards) {
        char text[32];
        snprintf(text, sizeof text, "%u/%u", d->shard, d->shards);
        ttfs_json_string(j, "shard", text);
    }
    write_layers(d, j);
}

static void write_summary(const TtfsSweepDoc *d, uint32_t point, TtfsSweepFigure f, const char *key,
                          TtfsJson *j) {
    TtfsSweepSummary s = ttfs_sweep_summary(d, point, f);
    if (s.n == 0) {
        ttfs_json_null(j, key);
        return;
    }
    ttfs_json_object(j, key);
    ttfs_json_number(j, "mean", s.mean);
    ttfs_json_number(j, "sd", s.sd);
    ttfs_json_number(j, "min", s.least);
    ttfs_json_number(j, "max", s.most);
    ttfs_json_array(j, "trials");
    for (uint32_t t = 0; t < d->trials; t++)
        ttfs_json_number(j, NULL, ttfs_sweep_figure(d, point, t, f));
    ttfs_json_end(j);
    ttfs_json_end(j);
}

static void write_worst(const TtfsSweepDoc *d, uint32_t point, TtfsJson *j) {
    uint32_t layer;
    double share;
    if (!ttfs_sweep_worst(d, point, &layer, &share)) {
        ttfs_json_null(j, "worst_layer");
        return;
    }
    ttfs_json_object(j, "worst_layer");
    ttfs_json_string(j, "name", d->layer[layer].name);
    ttfs_json_number(j, "mean_abs_error", share * d->layer[layer].top);
    ttfs_json_number(j, "share_of_window", share);
    ttfs_json_end(j);
}

static void write_unit(const TtfsSweepDoc *d, const TtfsSweepUnit *u, TtfsJson *j) {
    if (!u->done) {
        ttfs_json_null(j, NULL);
        return;
    }
    ttfs_json_object(j, NULL);
    ttfs_json_number(j, "right", (double)u->right);
    ttfs_json_number(j, "agree", (double)u->agree);
    ttfs_json_number(j, "spikes", (double)u->spikes);
    ttfs_json_number(j, "saturated", (double)u->saturated);
    ttfs_json_number(j, "latency", u->latency);
    ttfs_json_array(j, "error");
    for (uint32_t l = 0; l < d->layers; l++) ttfs_json_number(j, NULL, (double)u->error[l]);
    ttfs_json_end(j);
    ttfs_json_end(j);
}

static void write_settings(const TtfsPoint *p, TtfsJson *j) {
    ttfs_json_string(j, "axis", ttfs_axis_name(p->axis));
    ttfs_json_number(j, "value", p->value[p->axis]);
    ttfs_json_string(j, "scale", p->log ? "log" : "linear");
    ttfs_json_object(j, "settings");
    for (uint32_t i = 0; i < TTFS_AXES; i++)
        ttfs_json_number(j, ttfs_axis_name((TtfsAxis)i), p->value[i]);
    ttfs_json_end(j);
}

static void write_point(const TtfsSweepDoc *d, uint32_t p, TtfsJson *j) {
    TtfsSweepSummary spikes = ttfs_sweep_summary(d, p, TTFS_SWEEP_SPIKES);
    TtfsSweepSummary full = ttfs_sweep_summary(d, p, TTFS_SWEEP_SATURATED);
    TtfsSweepSummary latency = ttfs_sweep_summary(d, p, TTFS_SWEEP_LATENCY);
    write_summary(d, p, TTFS_SWEEP_ACCURACY, "accuracy", j);
    write_summary(d, p, TTFS_SWEEP_AGREEMENT, "agreement", j);
    ttfs_json_number(j, "spikes_per_neuron", spikes.mean);
    ttfs_json_number(j, "saturated", full.mean);
    ttfs_json_number(j, "latency", latency.mean);
    write_worst(d, p, j);
    ttfs_json_array(j, "counts");
    for (uint32_t t = 0; t < ttfs_sweep_trials(d, p); t++)
        write_unit(d, ttfs_sweep_unit(d, p, t), j);
    ttfs_json_end(j);
}

/* `whole`: with what was counted and the shard; else what both must have in common to be of one
 * sweep. */
static void write(const TtfsSweepDoc *d, bool whole, bool shard, TtfsBuf *out) {
    TtfsJson document = {.out = out}, *j = &document;
    ttfs_json_object(j, NULL);
    write_head(d, shard, j);
    ttfs_json_array(j, "points");
    for (uint32_t i = 0; i < d->points.len; i++) {
        ttfs_json_object(j, NULL);
        write_settings(&d->points.at[i], j);
        if (whole) write_point(d, i, j);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
    ttfs_json_end(j);
}

void ttfs_sweep_doc_write(const TtfsSweepDoc *d, TtfsBuf *out) {
    write(d, true, true, out);
}

/* Of all points and their trials when all are done. */
static uint64_t points_text(const TtfsSweepDoc *d) {
    uint64_t name = 0, units = 0;
    for (uint32_t i = 0; i < d->layers; i++)
        if (strlen(d->layer[i].name) > name) name = strlen(d->layer[i].name);
    for (uint32_t p = 0; p < d->points.len; p++) units += ttfs_sweep_trials(d, p);
    uint64_t point = POINT_TEXT + NAME_TEXT * name + (uint64_t)2 * d->trials * NUMBER_TEXT;
    return d->points.len * point + units * (UNIT_TEXT + (uint64_t)d->layers * NUMBER_TEXT);
}

bool ttfs_sweep_doc_fits(const TtfsSweepDoc *d) {
    TtfsBuf head = {0};
    write(d, false, true, &head);
    uint64_t n = head.len + points_text(d);
    ttfs_buf_free(&head);
    return n <= FILE_LIMIT && d->layers <= MOST_LAYERS;
}

bool ttfs_sweep_same(const TtfsSweepDoc *a, const TtfsSweepDoc *b, bool any_shard) {
    TtfsBuf x = {0}, y = {0};
    write(a, false, !any_shard, &x);
    write(b, false, !any_shard, &y);
    bool same = strcmp(ttfs_buf_text(&x), ttfs_buf_text(&y)) == 0;
    ttfs_buf_free(&x);
    ttfs_buf_free(&y);
    return same;
}

/* --- reading --- */

typedef struct {
    TtfsSweepDoc *d;
    TtfsDocRead doc;
} Reading;

static bool word_of(const Reading *r, const cJSON *j, const char *key, const char *const *words,
                    const char **text) {
    if (!ttfs_doc_text(&r->doc, j, key, text)) return false;
    while (*words && strcmp(*words, *text) != 0) words++;
    return *words || ttfs_doc_refuse(&r->doc, key);
}

static bool real_of(const Reading *r, const cJSON *j, const char *key, double *to) {
    const cJSON *v = ttfs_doc_key(j, key);
    if (!cJSON_IsNumber(v) || !isfinite(v->valuedouble)) return ttfs_doc_refuse(&r->doc, key);
    *to = v->valuedouble;
    return true;
}

static bool list_of(const Reading *r, const cJSON *j, const char *key, uint64_t most,
                    const cJSON **list, uint32_t *n) {
    *list = ttfs_doc_key(j, key);
    if (!cJSON_IsArray(*list)) return ttfs_doc_refuse(&r->doc, key);
    uint64_t count = 0;
    for (const cJSON *v = (*list)->child; v && count <= most; v = v->next) count++;
    *n = (uint32_t)count;
    return count <= most || ttfs_doc_refuse(&r->doc, key);
}

static bool read_layers(const Reading *r, const cJSON *j) {
    TtfsSweepDoc *d = r->d;
    const cJSON *list;
    if (!list_of(r, j, "layers", MOST_LAYERS, &list, &d->layers)) return false;
    d->layer = TTFS_ARRAY(&d->arena, TtfsSweepLayer, d->layers);
    uint32_t i = 0;
    for (const cJSON *v = list->child; v; v = v->next, i++)
        if (!ttfs_doc_text(&r->doc, v, "name", &d->layer[i].name) ||
            !real_of(r, v, "window", &d->layer[i].top))
            return false;
    return true;
}

static bool read_head(const Reading *r, const cJSON *j) {
    TtfsSweepDoc *d = r->d;
    const char *product = "", *document = "";
    uint64_t format = 0, seed = 0, trials = 0;
    if (!ttfs_doc_text(&r->doc, j, "product", &product) ||
        !ttfs_doc_text(&r->doc, j, "document", &document))
        return false;
    if (strcmp(product, "ttfs") != 0) return ttfs_doc_refuse(&r->doc, "product");
    if (strcmp(document, "sweep") != 0) return ttfs_doc_refuse(&r->doc, "document");
    bool ok = ttfs_doc_whole(&r->doc, j, "format", TTFS_DOC_MOST, &format) &&
              ttfs_doc_text(&r->doc, j, "network", &d->network) &&
              ttfs_doc_text(&r->doc, j, "inputs", &d->inputs) &&
              word_of(r, j, "engine", ttfs_sweep_engines, &d->engine) &&
              word_of(r, j, "model", ttfs_sweep_models, &d->model) &&
              word_of(r, j, "unit", ttfs_sweep_units, &d->unit) &&
              word_of(r, j, "slope_noise_per", ttfs_sweep_pers, &d->slope_per) &&
              word_of(r, j, "weight_noise_kind", ttfs_sweep_kinds, &d->weight_kind) &&
              ttfs_doc_whole(&r->doc, j, "seed", UINT32_MAX, &seed) &&
              ttfs_doc_whole(&r->doc, j, "samples", TTFS_DOC_MOST, &d->samples) &&
              ttfs_doc_whole(&r->doc, j, "trials", TTFS_MOST_TRIALS, &trials) &&
              ttfs_doc_whole(&r->doc, j, "neurons", TTFS_DOC_MOST, &d->neurons) &&
              ttfs_doc_bool(&r->doc, j, "labelled", &d->labelled) &&
              ttfs_doc_bool(&r->doc, j, "judged", &d->judged) &&
              ttfs_doc_shard(&r->doc, j, &d->shard, &d->shards) && read_layers(r, j);
    if (!ok) return false;
    d->seed = (uint32_t)seed;
    d->trials = (uint32_t)trials;
    return format == FORMAT || ttfs_doc_refuse(&r->doc, "format");
}

static bool read_settings(const Reading *r, const cJSON *j, TtfsPoint *p) {
    const char *axis = "", *scale = "";
    const cJSON *settings = ttfs_doc_key(j, "settings");
    if (!ttfs_doc_text(&r->doc, j, "axis", &axis) || !ttfs_doc_text(&r->doc, j, "scale", &scale))
        return false;
    p->axis = ttfs_axis_of(axis);
    if (p->axis == TTFS_AXES) return ttfs_doc_refuse(&r->doc, "axis");
    p->log = strcmp(scale, "log") == 0;
    for (uint32_t i = 0; i < TTFS_AXES; i++)
        if (!real_of(r, settings, ttfs_axis_name((TtfsAxis)i), &p->value[i]) ||
            !ttfs_axis_takes((TtfsAxis)i, p->value[i]))
            return ttfs_doc_refuse(&r->doc, "settings");
    return true;
}

static bool read_unit(const Reading *r, const cJSON *j, TtfsSweepUnit *u) {
    const cJSON *list;
    uint32_t n = 0, i = 0;
    if (cJSON_IsNull(j)) return true;
    if (!ttfs_doc_whole(&r->doc, j, "right", TTFS_DOC_MOST, &u->right) ||
        !ttfs_doc_whole(&r->doc, j, "agree", TTFS_DOC_MOST, &u->agree) ||
        !ttfs_doc_whole(&r->doc, j, "spikes", TTFS_DOC_MOST, &u->spikes) ||
        !ttfs_doc_whole(&r->doc, j, "saturated", TTFS_DOC_MOST, &u->saturated) ||
        !real_of(r, j, "latency", &u->latency) || !list_of(r, j, "error", MOST_LAYERS, &list, &n))
        return false;
    if (n != r->d->layers) return ttfs_doc_refuse(&r->doc, "error");
    ttfs_sweep_unit_done(r->d, u);
    for (const cJSON *v = list->child; v; v = v->next, i++)
        if (!ttfs_doc_whole_value(&r->doc, v, "error", TTFS_DOC_MOST, &u->error[i])) return false;
    return true;
}

/* There is as much of it as the trials say, before room is made for them. */
static bool check_counts(const Reading *r, const cJSON *j, uint32_t point) {
    const cJSON *list;
    uint32_t n = 0;
    if (!list_of(r, j, "counts", r->d->trials, &list, &n)) return false;
    return n == ttfs_sweep_trials(r->d, point) || ttfs_doc_refuse(&r->doc, "counts");
}

static bool read_counts(const Reading *r, const cJSON *j, uint32_t point) {
    uint32_t t = 0;
    for (const cJSON *v = ttfs_doc_key(j, "counts")->child; v; v = v->next, t++)
        if (!read_unit(r, v, ttfs_sweep_unit(r->d, point, t))) return false;
    return true;
}

static bool read_points(const Reading *r, const cJSON *j) {
    TtfsSweepDoc *d = r->d;
    const cJSON *list;
    uint32_t i = 0;
    if (!list_of(r, j, "points", TTFS_MOST_POINTS, &list, &d->points.len)) return false;
    if (d->trials == 0) return ttfs_doc_refuse(&r->doc, "trials");
    d->points.at = TTFS_ARRAY(&d->arena, TtfsPoint, d->points.len);
    for (const cJSON *v = list->child; v; v = v->next, i++)
        if (!read_settings(r, v, &d->points.at[i]) || !check_counts(r, v, i)) return false;
    if (!ttfs_sweep_doc_fits(d)) return ttfs_doc_refuse(&r->doc, "points");
    ttfs_sweep_doc_make(d);
    i = 0;
    for (const cJSON *v = list->child; v; v = v->next, i++)
        if (!read_counts(r, v, i)) return false;
    return true;
}

bool ttfs_sweep_doc_read(TtfsSweepDoc *d, const char *file, const void *text, size_t n,
                         TtfsDiag *diag) {
    TtfsJsonTree *tree = ttfs_json_parse(text, n, NULL);
    const Reading r = {d, {file, "a sweep writes", &d->arena, diag}};
    if (!tree) return ttfs_error(diag, TTFS_AT_FILE(file), TTFS_SWEEP_FILE, "it is not JSON");
    bool ok = read_head(&r, tree->root) && read_points(&r, tree->root);
    ttfs_undo(tree);
    return ok;
}

/* --- files --- */

bool ttfs_sweep_doc_load(TtfsSweepDoc *d, const char *path, TtfsDiag *diag) {
    TtfsFile f;
    if (!ttfs_file_open(&f, path, FILE_LIMIT, diag)) return false;
    bool ok = ttfs_sweep_doc_read(d, path, f.bytes, f.size, diag);
    ttfs_file_close(&f);
    return ok;
}

bool ttfs_sweep_doc_save(const TtfsSweepDoc *d, const char *path, const char *csv, TtfsDiag *diag) {
    TtfsBuf text = {0}, lines = {0};
    ttfs_sweep_doc_write(d, &text);
    ttfs_sweep_csv(d, &lines);
    bool ok = ttfs_file_write(path, ttfs_buf_text(&text), text.len, diag) &&
              (!csv || ttfs_file_write(csv, ttfs_buf_text(&lines), lines.len, diag));
    ttfs_buf_free(&text);
    ttfs_buf_free(&lines);
    return ok;
}
