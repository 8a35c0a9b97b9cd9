/* SPDX-License-Identifier: Apache-2.0
 *
 * Models: check, describe, compile, and the page of what was compiled. Each call is made under a
 * guard, so that running out of memory is an error among the messages.
 */
#include "lib_inside.h"

#include "check.h"
#include "compile_report.h"
#include "flow.h"
#include "info.h"
#include "page.h"
#include "parallel.h"
#include "shipped.h"

#include <string.h>

typedef struct {
    const char *path;
    uint64_t memory;
    TtfsDiag *diag;
    TtfsResult *result;
    bool ok;
} Path;

static void check(void *context) {
    Path *p = context;
    TtfsResult *r = p->result = ttfs_result_new();
    TtfsArena a = {0};
    TtfsJob job;
    TtfsCheck c = {0};
    ttfs_job_init(&job, p->path);
    job.memory = p->memory;
    r->passed = ttfs_chip_load(&job.chip, "one", &a, p->diag) && ttfs_check(&job, &c, p->diag);
    ttfs_check_json(&c, p->diag, &r->json);
    ttfs_check_text(p->path, &c, p->diag, &r->text);
    ttfs_check_free(&c);
    ttfs_arena_free(&a);
}

TtfsResult *ttfs_check_model(const char *model, uint64_t memory, TtfsMessages *m) {
    Path p = {.path = model, .memory = memory, .diag = &m->diag};
    return ttfs_diag_guard(p.diag, check, &p) ? p.result : NULL;
}

static void describe(void *context) {
    Path *p = context;
    TtfsResult *r = p->result = ttfs_result_new();
    p->ok = ttfs_info(p->path, p->memory, true, &r->json, p->diag) &&
            ttfs_info(p->path, p->memory, false, &r->text, p->diag);
    if (!p->ok) ttfs_result_free(r);
}

TtfsResult *ttfs_describe(const char *path, uint64_t memory, TtfsMessages *m) {
    Path p = {.path = path, .memory = memory, .diag = &m->diag};
    return ttfs_diag_guard(p.diag, describe, &p) && p.ok ? p.result : NULL;
}

static void write_page(void *context) {
    Path *p = context;
    TtfsBuf path = {0};
    p->ok = ttfs_page_write(p->path, &path, p->diag);
    ttfs_buf_free(&path);
}

bool ttfs_write_page(const char *folder, TtfsMessages *m) {
    Path p = {.path = folder, .diag = &m->diag};
    return ttfs_diag_guard(p.diag, write_page, &p) && p.ok;
}

/* --- compile --- */

TtfsCompileOptions ttfs_compile_defaults(void) {
    TtfsJob job;
    ttfs_job_init(&job, NULL);
    return (TtfsCompileOptions){.chip = "one",
                                .calib_count = job.calib_count,
                                .ticks = job.spike.ticks,
                                .weight_bits = job.spike.weight_bits,
                                .percentile = job.spike.percentile,
                                .seed = job.seed,
                                .threads = job.threads};
}

typedef struct {
    const TtfsCompileOptions *options;
    TtfsDiag *diag;
    TtfsResult *result;
} Compile;

static bool refuse(TtfsDiag *diag, const char *option, const char *expected) {
    return ttfs_error(diag, TTFS_AT_FILE(option), TTFS_OPTION_VALUE, "%s expected", expected);
}

/* What a program got wrong, in the words of the options. */
static bool check_options(const TtfsCompileOptions *o, TtfsDiag *diag) {
    if (!o->model) return refuse(diag, "model", "the path of a model");
    if (!o->out || !*o->out) return refuse(diag, "out", "the path of a folder");
    if (!o->chip) return refuse(diag, "chip", "a name or a path");
    if (o->ticks < 1 || o->ticks > TTFS_MAX_TICKS) return refuse(diag, "ticks", "1 to 65535");
    if (o->weight_bits < 2 || o->weight_bits > 16) return refuse(diag, "weight_bits", "2 to 16");
    if (!(o->percentile >= 0.5 && o->percentile <= 1))
        return refuse(diag, "percentile", "0.5 to 1");
    if (o->ranged && !(o->lo < o->hi)) return refuse(diag, "lo, hi", "lo < hi");
    if (o->channels > 16) return refuse(diag, "channels", "at most 16");
    for (uint32_t i = 0; i < o->channels; i++)
        if (!(o->deviation[i] > 0)) return refuse(diag, "deviation", "above 0");
    if (o->threads < 1 || o->threads > 64) return refuse(diag, "threads", "1 to 64");
    return o->calib_count > 0 || refuse(diag, "calib_count", "1 or more");
}

static void take_layers(TtfsJob *job, const TtfsCompileOptions *o, TtfsArena *a) {
    TtfsLayerOptions *layers = TTFS_ARRAY(a, TtfsLayerOptions, o->n_layers);
    for (uint32_t i = 0; i < o->n_layers; i++)
        layers[i] = (TtfsLayerOptions){.layer = o->layers[i].layer,
                                       .ticks = o->layers[i].ticks,
                                       .weight_bits = o->layers[i].weight_bits,
                                       .percentile = o->layers[i].percentile};
    job->spike.layers = layers;
    job->spike.n_layers = o->n_layers;
}

static bool make_job(TtfsJob *job, const TtfsCompileOptions *o, TtfsArena *a, TtfsDiag *diag) {
    if (!check_options(o, diag)) return false;
    ttfs_job_init(job, o->model);
    job->calib = o->calib;
    job->calib_count = o->calib_count;
    job->spike.ticks = o->ticks;
    job->spike.weight_bits = o->weight_bits;
    job->spike.percentile = o->percentile;
    job->seed = o->seed;
    job->threads = o->threads;
    job->memory = o->memory;
    job->progress = o->progress;
    TtfsInputMap map = {.channels = o->channels};
    memcpy(map.mean, o->mean, sizeof map.mean);
    memcpy(map.deviation, o->deviation, sizeof map.deviation);
    if (o->ranged)
        ttfs_job_range(job, o->lo, o->hi);
    else if (o->channels)
        ttfs_job_channels(job, &map);
    take_layers(job, o, a);
    return ttfs_chip_load(&job->chip, o->chip, a, diag);
}

static bool last_step(const char *name, TtfsStep *last, TtfsDiag *diag) {
    *last = TTFS_STEPS - 1;
    if (!name) return true;
    for (*last = 0; *last < TTFS_STEPS; ++*last)
        if (strcmp(name, ttfs_step_names[*last]) == 0) return true;
    return refuse(diag, "stop_after", "the name of a step");
}

static void compile(void *context) {
    Compile *c = context;
    const TtfsCompileOptions *o = c->options;
    TtfsFlow f = {0};
    TtfsJob job;
    TtfsStep last;
    double start = ttfs_now();
    bool ok = make_job(&job, o, &f.arena, c->diag) && last_step(o->stop_after, &last, c->diag) &&
              ttfs_flow_run(&f, &job, last, c->diag) &&
              ttfs_flow_write(&f, &job, o->out, false, c->diag);
    if (ok) {
        double seconds = ttfs_now() - start;
        TtfsResult *r = ttfs_result_new();
        ttfs_compile_json(&f, seconds, &r->json);
        ttfs_compile_text(&f, o->out, seconds, &r->text);
        r->figures.latency_ticks = f.spike.latency;
        c->result = r;
    }
    ttfs_flow_free(&f);
}

TtfsResult *ttfs_compile(const TtfsCompileOptions *o, TtfsMessages *m) {
    Compile c = {.options = o, .diag = &m->diag};
    return ttfs_diag_guard(c.diag, compile, &c) ? c.result : NULL;
}
