/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs check and ttfs compile.
 */
#include "commands.h"
#include "check.h"
#include "compile_report.h"

/* The chip decides the exit code only when it was named. */
int ttfs_cmd_check(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    TtfsBuf b = {0};
    TtfsJob job;
    TtfsCheck c = {0};
    if (!ttfs_read_job(&job, o, a, diag)) return 1;
    bool ok = ttfs_check(&job, &c, diag);
    if (o->value[TTFS_OPT_JSON])
        ttfs_check_json(&c, diag, &b);
    else
        ttfs_check_text(o->operand, &c, diag, &b);
    if (o->value[TTFS_OPT_CHIP]) ttfs_diag_append(diag, &c.chip_diag);
    ok = ok && (c.fits || !o->value[TTFS_OPT_CHIP]);
    ttfs_check_free(&c);
    ttfs_print_result(&b, o);
    return ok ? 0 : 1;
}

int ttfs_cmd_compile(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    const char *out = o->value[TTFS_OPT_OUTPUT];
    uint32_t last = TTFS_STEPS - 1, dump = UINT32_MAX;
    TtfsJob job;
    TtfsProgressLine line = {0};
    TtfsFlow f = {0};
    TtfsBuf text = {0}, b = {0};
    double start = ttfs_now();
    if (!out || !*out)
        return ttfs_error(diag, TTFS_AT_FILE("--output"), TTFS_OPTION_VALUE,
                          "compile needs -o OUT"),
               2;
    bool ok = ttfs_option_word(o, TTFS_OPT_STOP_AFTER, ttfs_step_names, last, &last, diag) &&
              ttfs_option_word(o, TTFS_OPT_DUMP_STEP, ttfs_step_names, UINT32_MAX, &dump, diag) &&
              ttfs_read_job(&job, o, a, diag);
    if (ok && dump != UINT32_MAX && (!ttfs_step_has_form(dump) || dump > last))
        ok = ttfs_error(diag, TTFS_AT_FILE("--dump"), TTFS_OPTION_VALUE,
                        "step %s makes no form here", ttfs_step_names[dump]);
    if (ok) job.progress = ttfs_progress_line(&line, o);
    ok = ok && ttfs_flow_run(&f, &job, (TtfsStep)last, diag);
    ttfs_progress_end(&line);
    ok = ok && ttfs_flow_write(&f, &job, out, o->value[TTFS_OPT_TIMES] != NULL, diag);
    if (ok && dump != UINT32_MAX) ok = ttfs_flow_print(&f, (TtfsStep)dump, &text, diag);
    double seconds = ttfs_now() - start;
    if (ok && o->value[TTFS_OPT_JSON])
        ttfs_compile_json(&f, seconds, &b);
    else if (ok && dump != UINT32_MAX)
        ttfs_print_buf(&text);
    else if (ok && ttfs_talks(o))
        ttfs_compile_text(&f, out, seconds, &b);
    ttfs_print_result(&b, o);
    ttfs_buf_free(&text);
    ttfs_flow_free(&f);
    return ok ? 0 : 1;
}
