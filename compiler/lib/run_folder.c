/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiled folders: run and verify. Each call is made under a guard, as in compile.c.
 */
#include "lib_inside.h"

#include "cache_folder.h"
#include "exact_report.h"
#include "parallel.h"
#include "run_report.h"
#include "verify.h"

#include <math.h>
#include <string.h>

enum { MOST_THREADS = 64 };

typedef struct {
    const TtfsRunOptions *run;
    const TtfsVerifyOptions *verify;
    TtfsDiag *diag;
    TtfsResult *result; /* NULL when it failed */
} Call;

static double share(bool known, uint64_t part, uint64_t whole) {
    return known && whole ? (double)part / (double)whole : NAN;
}

static bool check_session(const TtfsSessionOptions *s, TtfsDiag *diag) {
    const char *option = !s->folder                                    ? "folder"
                         : !s->input                                   ? "input"
                         : s->threads < 1 || s->threads > MOST_THREADS ? "threads"
                         : s->count < 1                                ? "count"
                                                                       : NULL;
    return !option || ttfs_error(diag, TTFS_AT_FILE(option), TTFS_OPTION_VALUE,
                                 "a path, 1 to 64 threads, a count of 1 or more expected");
}

/* NULL: no code is kept; "": it would be, but there is no folder, and a note will say so. */
static const char *cache_of(bool keep, TtfsArena *a) {
    const char *cache = keep ? ttfs_cache_named(a, "jit") : NULL;
    return cache || !keep ? cache : "";
}

/* --- run --- */

TtfsRunOptions ttfs_run_defaults(void) {
    return (TtfsRunOptions){.engine = "jit",
                            .count = UINT32_MAX,
                            .threads = ttfs_cores(),
                            .keep_code = true,
                            .model = 'b',
                            .seed = 1};
}

static TtfsSessionOptions session_of(const TtfsRunOptions *o) {
    return (TtfsSessionOptions){.folder = o->folder,
                                .input = o->input,
                                .labels = o->labels,
                                .count = o->count,
                                .threads = o->threads,
                                .trust_rtl = o->trust_rtl,
                                .progress = o->progress};
}

static TtfsFigures judged(const TtfsJudge *j, const TtfsTally *t, uint64_t samples, double rate) {
    return (TtfsFigures){.samples = samples,
                         .accuracy = share(ttfs_judge_knows_accuracy(j), t->right, samples),
                         .agreement = share(ttfs_judge_knows_agreement(j), t->agree, samples),
                         .spikes_per_neuron = NAN,
                         .cycles = NAN,
                         .samples_per_second = rate};
}

static void run_exact(Call *c) {
    const TtfsRunOptions *o = c->run;
    TtfsExactJob job = {.session = session_of(o),
                        .exact = {.model = o->model == 'a' ? TTFS_EXACT_A : TTFS_EXACT_B,
                                  .margin = o->margin,
                                  .time_noise = o->time_noise,
                                  .slope_noise = o->slope_noise,
                                  .seed = o->seed},
                        .outputs = o->outputs};
    TtfsExactRun *x = ttfs_exact_run_samples(&job, c->diag);
    if (!x) return;
    const TtfsExactResult *e = ttfs_exact_run_result(x);
    TtfsResult *r = c->result = ttfs_result_new();
    ttfs_exact_json(e, &r->json);
    ttfs_exact_text(e, &r->text);
    r->figures = judged(e->judge, &e->tally, e->samples, e->rate);
    r->figures.spikes_per_neuron = share(true, e->hidden.spikes, e->hidden.neuron_runs);
    ttfs_exact_run_close(x);
}

static void run_engine(Call *c, uint32_t engine) {
    const TtfsRunOptions *o = c->run;
    TtfsArena a = {0};
    TtfsRunJob job = {.session = session_of(o),
                      .engine = engine,
                      .classes_only = o->classes_only,
                      .traced = o->traces,
                      .outputs = o->outputs,
                      .jit = {.cache = cache_of(o->keep_code, &a)}};
    TtfsRun *run = ttfs_run(&job, c->diag);
    ttfs_arena_free(&a);
    if (!run) return;
    const TtfsRunResult *v = ttfs_run_result(run);
    const TtfsBuf *traces = ttfs_run_traces(run);
    TtfsResult *r = c->result = ttfs_result_new();
    ttfs_run_json(v, &r->json);
    ttfs_run_text(v, &r->text);
    ttfs_buf_bytes(&r->traces, ttfs_buf_text(traces), traces->len);
    r->figures = judged(v->judge, &v->tally, v->samples, v->rate);
    r->figures.spikes_per_neuron = share(v->counted, v->spikes, v->hidden * v->samples);
    r->figures.cycles = share(v->cycles != 0, v->cycles, v->samples);
    r->figures.latency_ticks = v->latency;
    ttfs_run_close(run);
}

static void run(void *context) {
    Call *c = context;
    TtfsSessionOptions s = session_of(c->run);
    const char *engine = c->run->engine ? c->run->engine : "";
    uint32_t which = 0;
    if (!check_session(&s, c->diag)) return;
    while (ttfs_engine_names[which] && strcmp(engine, ttfs_engine_names[which]) != 0) which++;
    if (!ttfs_engine_names[which])
        ttfs_error(c->diag, TTFS_AT_FILE("engine"), TTFS_OPTION_VALUE,
                   "'%s' is none of relu, golden, jit, rtl, exact", engine);
    else if (which == TTFS_ENGINE_EXACT)
        run_exact(c);
    else
        run_engine(c, which);
}

TtfsResult *ttfs_run_samples(const TtfsRunOptions *o, TtfsMessages *m) {
    Call c = {.run = o, .diag = &m->diag};
    return ttfs_diag_guard(c.diag, run, &c) ? c.result : NULL;
}

/* --- verify --- */

TtfsVerifyOptions ttfs_verify_defaults(void) {
    return (TtfsVerifyOptions){.count = UINT32_MAX, .threads = ttfs_cores(), .keep_code = true};
}

static void verify(void *context) {
    Call *c = context;
    const TtfsVerifyOptions *o = c->verify;
    TtfsArena a = {0};
    TtfsVerifyJob job = {.session = {.folder = o->folder,
                                     .input = o->input,
                                     .count = o->count,
                                     .threads = o->threads,
                                     .trust_rtl = o->trust_rtl,
                                     .progress = o->progress},
                         .engines = o->engines,
                         .fault = o->fault};
    if (!check_session(&job.session, c->diag)) return;
    job.jit.cache = cache_of(o->keep_code, &a);
    TtfsVerify *v = ttfs_verify(&job, c->diag);
    ttfs_arena_free(&a);
    if (!v) return;
    const TtfsVerdict *d = ttfs_verify_verdict(v);
    TtfsResult *r = c->result = ttfs_result_new();
    ttfs_verify_json(v, &r->json);
    ttfs_verdict_text(d, &r->text);
    r->passed = ttfs_verify_passed(v);
    r->figures.samples = d->samples;
    r->figures.spikes = d->spikes;
    r->figures.readouts = d->readouts;
    r->figures.differences = d->differences;
    ttfs_verify_close(v);
}

TtfsResult *ttfs_verify_samples(const TtfsVerifyOptions *o, TtfsMessages *m) {
    Call c = {.verify = o, .diag = &m->diag};
    return ttfs_diag_guard(c.diag, verify, &c) ? c.result : NULL;
}
