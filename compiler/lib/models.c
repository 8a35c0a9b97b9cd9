/* SPDX-License-Identifier: Apache-2.0
 *
 * Models: check, compile, and what one holds.
 */
#include "lib_inside.h"

#include "asked.h"
#include "check.h"
#include "compile_report.h"
#include "pipeline.h"
#include "info.h"
#include "parallel.h"
#include "refill.h"

TtfsCompileOptions ttfs_compile_defaults(void) {
    return (TtfsCompileOptions){.calib_count = TTFS_USUAL_CALIB,
                                .ticks = 255,
                                .weight_bits = 8,
                                .percentile = TTFS_USUAL_PERCENTILE,
                                .max_drop = -1,
                                .seed = 1,
                                .threads = ttfs_cores()};
}

TtfsCompileOptions ttfs_weights_only_defaults(const char *folder) {
    return (TtfsCompileOptions){
        .weights_only = folder, .percentile = -1, .max_drop = -1, .threads = ttfs_cores()};
}

static bool check(const void *options, TtfsResult *r, TtfsDiag *diag) {
    const TtfsCompileOptions *o = options;
    TtfsArena a = {0};
    TtfsJob job;
    TtfsCheck c = {0};
    bool ok = ttfs_job_open(&job, o, &a, diag);
    if (ok) {
        r->passed = ttfs_check(&job, &c, diag) && (c.fits || !o->chip);
        ttfs_check_json(&c, diag, &r->json);
        ttfs_check_text(o->model, &c, diag, &r->text);
        if (o->chip) ttfs_diag_append(diag, &c.chip_diag);
    }
    ttfs_check_free(&c);
    ttfs_arena_free(&a);
    return ok;
}

TtfsResult *ttfs_check_model(const TtfsCompileOptions *o, TtfsMessages *m) {
    return ttfs_call(check, o, NULL, m);
}

/* The last step to take, and the one whose form is wanted, TTFS_STEPS when there is none. */
static bool read_steps(const TtfsCompileOptions *o, uint32_t *last, uint32_t *dump,
                       TtfsDiag *diag) {
    *last = TTFS_STEPS - 1;
    *dump = TTFS_STEPS;
    if (!ttfs_asked_word("--stop-after", o->stop_after, ttfs_step_names, last, diag) ||
        !ttfs_asked_word("--dump", o->dump, ttfs_step_names, dump, diag))
        return false;
    return !o->dump || (ttfs_step_has_form((TtfsStep)*dump) && *dump <= *last) ||
           ttfs_error(diag, TTFS_AT_FILE("--dump"), TTFS_OPTION_VALUE, "step %s makes no form here",
                      o->dump);
}

/* Opens the folder that is kept, if there is one, and the job. */
static bool open_job(TtfsRefill *kept, TtfsJob *job, const TtfsCompileOptions *o, TtfsArena *a,
                     TtfsDiag *diag) {
    if (o->weights_only)
        return ttfs_refill_open(kept, o, diag) && ttfs_refill_job(kept, job, a, diag);
    return ttfs_asked_for("--output", o->out, "compile needs -o OUT", diag) &&
           ttfs_job_open(job, o, a, diag);
}

/* The folder that is replaced is not the only one that holds the model, as what tune made does. */
static bool check_model(const TtfsJob *job, TtfsArena *a, TtfsDiag *diag) {
    const TtfsCompileOptions *o = job->options;
    return ttfs_asked_apart("-o", ttfs_path_join(a, o->out, "model.onnx"), o->model, diag);
}

static bool compile(const void *options, TtfsResult *r, TtfsDiag *diag) {
    const TtfsCompileOptions *o = options;
    TtfsPipeline f = {0};
    TtfsJob job;
    uint32_t last, dump;
    double start = ttfs_now();
    TtfsRefill kept = {0};
    bool ok = read_steps(o, &last, &dump, diag) && open_job(&kept, &job, o, &f.arena, diag) &&
              check_model(&job, &f.arena, diag) &&
              ttfs_pipeline_run(&f, &job, (TtfsStep)last, diag) &&
              ttfs_pipeline_write(&f, &job, diag) &&
              (!o->dump || ttfs_pipeline_print(&f, (TtfsStep)dump, &r->form, diag));
    if (ok) {
        double seconds = ttfs_now() - start;
        ttfs_compile_json(&f, seconds, &r->json);
        ttfs_compile_text(&f, job.options->out, seconds, &r->text);
        r->figures.latency_ticks = f.spike.latency;
    }
    ttfs_pipeline_free(&f);
    ttfs_refill_close(&kept);
    return ok;
}

TtfsResult *ttfs_compile(const TtfsCompileOptions *o, TtfsMessages *m) {
    return ttfs_call(compile, o, o->weights_only, m);
}

typedef struct {
    const char *path;
    uint64_t memory;
} About;

static bool describe(const void *options, TtfsResult *r, TtfsDiag *diag) {
    const About *a = options;
    return ttfs_asked_for("path", a->path, "a model or a compiled folder is needed", diag) &&
           ttfs_info(a->path, a->memory, &r->json, &r->text, diag);
}

TtfsResult *ttfs_describe(const char *path, uint64_t memory, TtfsMessages *m) {
    return ttfs_call(describe, &(About){path, memory}, path, m);
}
