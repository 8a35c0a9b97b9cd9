/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs run and ttfs verify: options to jobs, results to standard output.
 */
#include "commands.h"
#include "exact_report.h"
#include "run_report.h"
#include "verify.h"

static bool read_options(const TtfsOptions *o, TtfsExactOptions *e, TtfsDiag *diag) {
    static const char *const models[] = {"a", "b", NULL};
    uint32_t model, seed;
    if (o->value[TTFS_OPT_TRACE])
        return ttfs_error(diag, TTFS_AT_FILE("--trace"), TTFS_OPTION_VALUE,
                          "the exact engine has no ticks to write");
    if (!ttfs_option_word(o, TTFS_OPT_MODEL, models, 1, &model, diag) ||
        !ttfs_option_f64(o, TTFS_OPT_MARGIN, 0, 1e6, 0, &e->margin, diag) ||
        !ttfs_option_f64(o, TTFS_OPT_TIME_NOISE, 0, 1, 0, &e->time_noise, diag) ||
        !ttfs_option_f64(o, TTFS_OPT_SLOPE_NOISE, 0, 1, 0, &e->slope_noise, diag) ||
        !ttfs_option_u32(o, TTFS_OPT_SEED, 0, UINT32_MAX, 1, &seed, diag))
        return false;
    e->model = model == 0 ? TTFS_EXACT_A : TTFS_EXACT_B;
    e->seed = seed;
    return true;
}

static int run_exact(const TtfsOptions *o, TtfsDiag *diag) {
    TtfsExactJob job = {.outputs = o->value[TTFS_OPT_OUTPUTS]};
    TtfsProgressLine line;
    if (!read_options(o, &job.exact, diag) || !ttfs_read_session(&job.session, o, diag)) return 1;
    job.session.progress = ttfs_progress_line(&line, o);
    TtfsExactRun *x = ttfs_exact_run_samples(&job, diag);
    ttfs_progress_end(&line);
    if (!x) return 1;
    TtfsBuf b = {0};
    (o->value[TTFS_OPT_JSON] ? ttfs_exact_json : ttfs_exact_text)(ttfs_exact_run_result(x), &b);
    ttfs_print_result(&b, o);
    ttfs_exact_run_close(x);
    return 0;
}

int ttfs_cmd_run(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    const char *trace = o->value[TTFS_OPT_TRACE];
    TtfsRunJob job = {.classes_only = o->value[TTFS_OPT_CLASSES_ONLY],
                      .traced = trace,
                      .outputs = o->value[TTFS_OPT_OUTPUTS]};
    TtfsProgressLine line;
    if (!ttfs_option_word(o, TTFS_OPT_ENGINE, ttfs_engine_names, TTFS_ENGINE_JIT, &job.engine,
                          diag))
        return 1;
    if (job.engine == TTFS_ENGINE_EXACT) return run_exact(o, diag);
    if (!ttfs_read_session(&job.session, o, diag) || !ttfs_read_jit(&job.jit, o, a, diag)) return 1;
    job.session.progress = ttfs_progress_line(&line, o);
    TtfsRun *r = ttfs_run(&job, diag);
    ttfs_progress_end(&line);
    if (!r) return 1;
    TtfsBuf b = {0};
    const TtfsBuf *t = ttfs_run_traces(r);
    bool ok = !trace || ttfs_file_write(trace, ttfs_buf_text(t), t->len, diag);
    if (ok) {
        (o->value[TTFS_OPT_JSON] ? ttfs_run_json : ttfs_run_text)(ttfs_run_result(r), &b);
        ttfs_print_result(&b, o);
    }
    ttfs_run_close(r);
    return ok ? 0 : 1;
}

int ttfs_cmd_verify(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    TtfsVerifyJob job = {.engines = o->value[TTFS_OPT_ENGINES], .fault = o->value[TTFS_OPT_FAULT]};
    TtfsProgressLine line;
    if (!ttfs_read_session(&job.session, o, diag) || !ttfs_read_jit(&job.jit, o, a, diag)) return 1;
    job.session.progress = ttfs_progress_line(&line, o);
    TtfsVerify *v = ttfs_verify(&job, diag);
    ttfs_progress_end(&line);
    if (!v) return 1;
    TtfsBuf b = {0};
    if (o->value[TTFS_OPT_JSON])
        ttfs_verify_json(v, &b);
    else
        ttfs_verdict_text(ttfs_verify_verdict(v), &b);
    ttfs_print_result(&b, o);
    bool passed = ttfs_verify_passed(v);
    ttfs_verify_close(v);
    return passed ? 0 : 1;
}
