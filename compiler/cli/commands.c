/* SPDX-License-Identifier: Apache-2.0
 *
 * Each command: options into the library's plain struct, the library's call, its result to standard
 * output.
 */
#include "commands.h"

#include "read_options.h"
#include "say.h"
#include "streams.h"

#include <string.h>

int ttfs_cmd_check(TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    TtfsCompileOptions c;
    if (!ttfs_read_compile(&c, o, a, m)) return 1;
    return ttfs_print_result(ttfs_check_model(&c, m), o);
}

int ttfs_cmd_compile(TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    TtfsCompileOptions c;
    TtfsProgressLine line;
    if (!ttfs_read_compile(&c, o, a, m)) return 1;
    c.progress = ttfs_progress_line(&line, o);
    TtfsResult *r = ttfs_compile(&c, m);
    ttfs_progress_end(&line);
    return ttfs_print_result(r, o);
}

int ttfs_cmd_info(TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    (void)a;
    uint64_t memory = 0;
    if (!ttfs_option_size(o, TTFS_OPT_MEMORY, &memory, m)) return 1;
    return ttfs_print_result(ttfs_describe(o->operand, memory, m), o);
}

/* A board's serial device is left as it was, and nothing of a file that is written meanwhile stays:
 * with one, an interrupt has the command end by itself. */
static const volatile int *stop_of(const char *engines, bool writes) {
    bool board = engines && strstr(engines, "board:");
    return board || writes ? ttfs_interrupt_wanted() : NULL;
}

int ttfs_cmd_run(TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    (void)a;
    TtfsRunOptions run;
    TtfsProgressLine line;
    if (!ttfs_read_run(&run, o, m)) return 1;
    run.session.progress = ttfs_progress_line(&line, o);
    run.session.progress.stop = stop_of(run.engine, run.trace || run.signals);
    TtfsResult *r = ttfs_run_samples(&run, m);
    ttfs_progress_end(&line);
    return ttfs_print_result(r, o);
}

int ttfs_cmd_verify(TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    (void)a;
    TtfsVerifyOptions v = ttfs_verify_defaults();
    TtfsProgressLine line;
    if (!ttfs_read_session(&v.session, o, m)) return 1;
    v.engines = o->value[TTFS_OPT_ENGINES];
    v.fault = o->value[TTFS_OPT_FAULT];
    v.shard = o->value[TTFS_OPT_SHARD];
    v.out = o->value[TTFS_OPT_OUTPUT];
    v.session.progress = ttfs_progress_line(&line, o);
    v.session.progress.stop = stop_of(v.engines, false);
    TtfsResult *r = ttfs_verify_samples(&v, m);
    ttfs_progress_end(&line);
    return ttfs_print_result(r, o);
}

int ttfs_cmd_sweep(TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    (void)a;
    TtfsSweepOptions s;
    TtfsProgressLine line;
    if (!ttfs_read_sweep(&s, o, m)) return 1;
    s.session.progress = ttfs_progress_line(&line, o);
    TtfsResult *r = ttfs_sweep_samples(&s, m);
    ttfs_progress_end(&line);
    return ttfs_print_result(r, o);
}

int ttfs_cmd_tune(TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    TtfsTuneOptions t;
    TtfsProgressLine line;
    if (!ttfs_read_tune(&t, o, a, m)) return 1;
    t.session.progress = ttfs_progress_line(&line, o);
    t.session.progress.stop = ttfs_interrupt_wanted();
    TtfsResult *r = ttfs_tune_network(&t, m);
    ttfs_progress_end(&line);
    return ttfs_print_result(r, o);
}

int ttfs_cmd_merge(TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    (void)a;
    const TtfsMergeOptions merge = {.files = o->operands.at,
                                    .n_files = o->operands.len,
                                    .out = o->value[TTFS_OPT_OUTPUT],
                                    .csv = o->value[TTFS_OPT_CSV]};
    return ttfs_print_result(ttfs_merge_shards(&merge, m), o);
}

int ttfs_cmd_report(TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    (void)a;
    const char *timeline = o->value[TTFS_OPT_TIMELINE];
    if (timeline) return ttfs_print_result(ttfs_write_timeline(o->operand, timeline, m), o);
    return ttfs_print_result(ttfs_write_page(o->operand, m), o);
}

int ttfs_cmd_dump(TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    (void)a;
    const char *before = o->value[TTFS_OPT_DIFF], *form = o->value[TTFS_OPT_FORM];
    if (before) return ttfs_print_result(ttfs_diff_folders(before, o->operand, form, m), o);
    return ttfs_print_result(ttfs_dump_form(o->operand, form, m), o);
}

int ttfs_cmd_convert(TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    (void)a;
    const TtfsConvertOptions c = {.folder = o->operand, .file = o->value[TTFS_OPT_OUTPUT]};
    return ttfs_print_result(ttfs_convert(&c, m), o);
}

int ttfs_cmd_emit(TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    (void)a;
    const TtfsEmitOptions e = {.folder = o->operand,
                               .file = o->value[TTFS_OPT_OUTPUT],
                               .format = o->value[TTFS_OPT_FORMAT],
                               .triple = o->value[TTFS_OPT_TRIPLE],
                               .name = o->value[TTFS_OPT_NAME],
                               .cpu = o->value[TTFS_OPT_CPU],
                               .share_memory = o->value[TTFS_OPT_SHARE_MEMORY] != NULL};
    return ttfs_print_result(ttfs_emit_code(&e, m), o);
}

int ttfs_cmd_synth(TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    (void)a;
    TtfsProgressLine line;
    TtfsSynthOptions s = {.folder = o->operand,
                          .device = o->value[TTFS_OPT_DEVICE],
                          .liberty = o->value[TTFS_OPT_LIBERTY],
                          .lef = o->value[TTFS_OPT_LEF],
                          .sdc = o->value[TTFS_OPT_SDC],
                          .estimate = o->value[TTFS_OPT_ESTIMATE] != NULL,
                          .encoder = o->value[TTFS_OPT_ENCODER] != NULL,
                          .boot = o->value[TTFS_OPT_BOOT] != NULL,
                          .progress = ttfs_progress_line(&line, o)};
    s.progress.stop = ttfs_interrupt_wanted(); /* the tools that it runs end with it */
    bool read = ttfs_option_f64(o, TTFS_OPT_SRAM_NS, 0.01, 1000, &s.sram_ns, m);
    read = ttfs_option_f64(o, TTFS_OPT_CLOCK, 0.001, 100000, &s.clock_mhz, m) && read;
    read = ttfs_option_u32(o, TTFS_OPT_SEEDS, 1, TTFS_MOST_SEEDS, &s.seeds, m) && read;
    read = ttfs_option_u32(o, TTFS_OPT_THREADS, 1, TTFS_MOST_THREADS, &s.threads, m) && read;
    TtfsResult *r = read ? ttfs_synthesise(&s, m) : NULL;
    ttfs_progress_end(&line);
    return ttfs_print_result(r, o);
}
