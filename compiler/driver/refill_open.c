/* SPDX-License-Identifier: Apache-2.0
 *
 * What a folder was compiled with, from its manifest, where the options leave it open. Invariant:
 * the completed options are those with which a whole compilation of the new model for the folder's
 * chip writes the same files.
 */
#include "refill.h"

#include "asked.h"
#include "json_tree.h"
#include "shipped.h"

#include <math.h>
#include <string.h>

enum { MANIFEST_LIMIT = 1 << 20 };

typedef struct {
    TtfsRefill *refill;
    TtfsArena *arena;
    const char *path;
    TtfsDiag *diag;
} Manifest;

static bool damaged(const Manifest *m, const char *key) {
    return ttfs_error(m->diag, TTFS_AT_FILE(m->path), TTFS_OUT_FOLDER,
                      "the manifest is damaged: %s is missing or wrong", key);
}

static bool number(const cJSON *of, const char *key, double least, double most, double *out) {
    const cJSON *v = cJSON_GetObjectItem(of, key);
    if (!cJSON_IsNumber(v) || !(v->valuedouble >= least && v->valuedouble <= most)) return false;
    *out = v->valuedouble;
    return true;
}

/* A whole number from `least` to `most`; stays as it is where the options say it (not 0). */
static bool whole(const Manifest *m, const cJSON *of, const char *key, double least, double most,
                  uint32_t *to) {
    double v;
    if (!number(of, key, least, most, &v) || v != floor(v)) return damaged(m, key);
    if (*to == 0) *to = (uint32_t)v;
    return true;
}

static bool take_range(const Manifest *m, const cJSON *options) {
    const cJSON *list = cJSON_GetObjectItem(options, "input_range");
    const cJSON *lo = cJSON_GetArrayItem(list, 0), *hi = cJSON_GetArrayItem(list, 1);
    if (!cJSON_IsNumber(lo) || !cJSON_IsNumber(hi) || !(lo->valuedouble < hi->valuedouble))
        return damaged(m, "input_range");
    m->refill->lo = (float)lo->valuedouble;
    m->refill->hi = (float)hi->valuedouble;
    return true;
}

static bool take_layer(const Manifest *m, const cJSON *e, TtfsLayerOptions *layer) {
    double ticks = 0, bits = 0, share = -1;
    if ((cJSON_HasObjectItem(e, "ticks") && !number(e, "ticks", 1, TTFS_MOST_TICKS, &ticks)) ||
        (cJSON_HasObjectItem(e, "weight_bits") &&
         !number(e, "weight_bits", TTFS_LEAST_WEIGHT_BITS, TTFS_MOST_WEIGHT_BITS, &bits)) ||
        (cJSON_HasObjectItem(e, "percentile") &&
         !number(e, "percentile", TTFS_LEAST_PERCENTILE, 1, &share)))
        return damaged(m, "layers");
    *layer = (TtfsLayerOptions){ttfs_arena_strdup(m->arena, e->string), (uint32_t)ticks,
                                (uint32_t)bits, share};
    return true;
}

static bool take_layers(const Manifest *m, const cJSON *options) {
    const cJSON *list = cJSON_GetObjectItem(options, "layers");
    TtfsCompileOptions *o = &m->refill->options;
    if (!cJSON_IsObject(list)) return damaged(m, "layers");
    if (o->n_layers) return true;
    TtfsLayerOptions *layer =
        TTFS_ARRAY(m->arena, TtfsLayerOptions, (size_t)cJSON_GetArraySize(list));
    for (const cJSON *e = list->child; e; e = e->next)
        if (!take_layer(m, e, &layer[o->n_layers++])) return false;
    o->layers = layer;
    return true;
}

/* Only names it again: the plan is kept. */
static bool take_schedule(const Manifest *m, const cJSON *options) {
    const cJSON *name = cJSON_GetObjectItem(options, "schedule");
    TtfsCompileOptions *o = &m->refill->options;
    if (!name) return true; /* of the time before there were schedules */
    if (!cJSON_IsString(name)) return damaged(m, "schedule");
    o->schedule = ttfs_arena_strdup(m->arena, name->valuestring);
    return true;
}

static bool take_quantiser(const Manifest *m, const cJSON *options) {
    const cJSON *name = cJSON_GetObjectItem(options, "quantiser");
    TtfsCompileOptions *o = &m->refill->options;
    if (o->quantiser) return true;
    if (!name) { /* of the time when weights were plain */
        o->quantiser = ttfs_quantisers[TTFS_QUANTISER_PLAIN];
        return true;
    }
    if (!cJSON_IsString(name)) return damaged(m, "quantiser");
    o->quantiser = ttfs_arena_strdup(m->arena, name->valuestring);
    return true;
}

/* Folders without it say nothing of it. */
static bool take_ip(const Manifest *m, const cJSON *options) {
    const cJSON *ip = cJSON_GetObjectItem(options, "ip_xact");
    if (ip && !cJSON_IsBool(ip)) return damaged(m, "ip_xact");
    if (cJSON_IsTrue(ip)) m->refill->options.ip_xact = true;
    return true;
}

static bool take_ramps(const Manifest *m, const cJSON *options) {
    const cJSON *name = cJSON_GetObjectItem(options, "ramps");
    TtfsCompileOptions *o = &m->refill->options;
    if (o->ramps || !name) return true; /* none: of the time when they were whole numbers */
    if (!cJSON_IsString(name)) return damaged(m, "ramps");
    o->ramps = ttfs_arena_strdup(m->arena, name->valuestring);
    return true;
}

static bool take_options(const Manifest *m, const cJSON *root) {
    const cJSON *options = cJSON_GetObjectItem(root, "options");
    TtfsCompileOptions *o = &m->refill->options;
    double share;
    if (!number(options, "percentile", TTFS_LEAST_PERCENTILE, 1, &share))
        return damaged(m, "percentile");
    if (o->percentile < 0) o->percentile = share;
    return whole(m, options, "ticks", 1, TTFS_MOST_TICKS, &o->ticks) &&
           whole(m, options, "weight_bits", TTFS_LEAST_WEIGHT_BITS, TTFS_MOST_WEIGHT_BITS,
                 &o->weight_bits) &&
           whole(m, options, "seed", 0, UINT32_MAX, &o->seed) &&
           whole(m, root, "calib_count", 0, TTFS_MOST_CALIB, &o->calib_count) &&
           take_range(m, options) && take_layers(m, options) && take_schedule(m, options) &&
           take_quantiser(m, options) && take_ip(m, options) && take_ramps(m, options);
}

/* Whether the file has that SHA-256. */
static bool is_file(const char *path, const char *hex) {
    char found[65];
    TtfsDiag quiet = {0};
    TtfsFile f;
    bool is = ttfs_file_exists(path) && ttfs_file_open(&f, path, SIZE_MAX >> 1, &quiet);
    if (is) {
        ttfs_sha256_of(f.bytes, f.size, found);
        is = strcmp(found, hex) == 0;
        ttfs_file_close(&f);
    }
    ttfs_diag_free(&quiet);
    return is;
}

/* The samples that the folder was calibrated with: the manifest has their name and their hash, they
 * are looked for beside the model, then in the working folder. */
static bool take_calib(const Manifest *m, const cJSON *root) {
    const cJSON *calib = cJSON_GetObjectItem(root, "calib");
    const cJSON *file = cJSON_GetObjectItem(calib, "file");
    const cJSON *hash = cJSON_GetObjectItem(calib, "sha256");
    TtfsCompileOptions *o = &m->refill->options;
    if (o->calib || o->calib_values || cJSON_IsNull(calib)) return true;
    if (!cJSON_IsString(file) || !cJSON_IsString(hash)) return damaged(m, "calib");
    const char *name = ttfs_path_base(ttfs_arena_strdup(m->arena, file->valuestring));
    const char *beside = ttfs_path_join(m->arena, ttfs_path_dir(m->arena, o->model), name);
    const char *found = is_file(beside, hash->valuestring) ? beside
                        : is_file(name, hash->valuestring) ? name
                                                           : NULL;
    o->calib = found;
    return found || ttfs_error(m->diag, TTFS_AT_FILE("--calib"), TTFS_OPTION_VALUE,
                               "%s was calibrated with %s, which lies neither beside the model "
                               "nor here; samples are needed: --calib X",
                               o->weights_only, name);
}

static bool take_manifest(const Manifest *m, bool samples) {
    TtfsFile f;
    if (!ttfs_file_open(&f, m->path, MANIFEST_LIMIT, m->diag)) return false;
    TtfsJsonTree *tree = ttfs_json_parse(f.bytes, f.size, NULL);
    const cJSON *root = tree ? tree->root : NULL;
    bool ok = take_options(m, root) && (!samples || take_calib(m, root));
    if (m->refill->options.calib_count == 0) m->refill->options.calib_count = TTFS_USUAL_CALIB;
    ttfs_undo(tree);
    ttfs_file_close(&f);
    return ok;
}

/* What cannot be said beside a folder that is kept. */
static bool check(const TtfsCompileOptions *o, TtfsDiag *diag) {
    bool ok = ttfs_asked_for("model", o->model, "the path of a model is needed", diag);
    if (o->chip)
        ok = ttfs_error(diag, TTFS_AT_FILE("--chip"), TTFS_OPTION_VALUE,
                        "with --weights-only the chip is the folder's");
    if (o->fit)
        ok = ttfs_error(diag, TTFS_AT_FILE("--fit"), TTFS_OPTION_VALUE,
                        "with --weights-only the chip is the folder's");
    if (o->schedule)
        ok = ttfs_error(diag, TTFS_AT_FILE("--schedule"), TTFS_OPTION_VALUE,
                        "with --weights-only the plan is the folder's");
    if (o->stop_after)
        ok = ttfs_error(diag, TTFS_AT_FILE("--stop-after"), TTFS_OPTION_VALUE,
                        "with --weights-only all steps are made");
    return ok;
}

bool ttfs_refill_open(TtfsRefill *r, const TtfsCompileOptions *options, TtfsDiag *diag) {
    const char *folder = options->weights_only;
    *r = (TtfsRefill){.options = *options};
    if (!check(options, diag) ||
        !ttfs_out_open(&r->out, folder, TTFS_OUT_SPIKE | TTFS_OUT_PLAN_IF_ANY, diag))
        return false;
    if (!r->options.out) r->options.out = folder;
    if (!r->out.has_plan || !ttfs_is_folder(ttfs_out_path(&r->out, "rtl")))
        return ttfs_error_advice(diag, TTFS_AT_FILE(folder), TTFS_OUT_FOLDER,
                                 "compile its network to the end",
                                 "holds no plan and Verilog: the compilation stopped before");
    return take_manifest(
        &(Manifest){r, &r->out.arena, ttfs_out_path(&r->out, "manifest.json"), diag}, true);
}

bool ttfs_refill_manifest(TtfsRefill *r, const char *manifest, TtfsArena *a, TtfsDiag *diag) {
    return take_manifest(&(Manifest){r, a, manifest, diag}, false);
}

bool ttfs_refill_job(TtfsRefill *r, TtfsJob *job, TtfsArena *a, TtfsDiag *diag) {
    if (!ttfs_job_open(job, &r->options, a, diag)) return false;
    job->refill = r;
    job->chip = r->out.plan.chip;
    job->writes_chip = ttfs_file_exists(ttfs_out_path(&r->out, "chip.json"));
    if (job->range_given) return true;
    job->map = r->out.map;
    job->spike.input_lo = r->lo;
    job->spike.input_hi = r->hi;
    job->range_given = true;
    return true;
}
