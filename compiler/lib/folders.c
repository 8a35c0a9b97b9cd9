/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiled folders: run and verify, the page, the text of a form, code for a processor.
 */
#include "lib_inside.h"

#include "agreement_report.h"
#include "asked.h"
#include "convert_out.h"
#include "emit_out.h"
#include "exact_report.h"
#include "info.h"
#include "out_diff.h"
#include "out_folder.h"
#include "page.h"
#include "parallel.h"
#include "run_report.h"
#include "asic_report.h"
#include "synth_report.h"
#include "timeline.h"
#include "verify.h"
#include "verify_report.h"
#include "watch_report.h"

#include <math.h>
#include <string.h>

static TtfsSessionOptions session_defaults(void) {
    return (TtfsSessionOptions){.count = UINT32_MAX, .threads = ttfs_cores(), .keep_code = true};
}

/* --- run --- */

TtfsRunOptions ttfs_run_defaults(void) {
    return (TtfsRunOptions){
        .session = session_defaults(), .engine = "jit", .model = "b", .seed = 1};
}

static double share(bool known, uint64_t part, uint64_t whole) {
    return known && whole ? (double)part / (double)whole : NAN;
}

static TtfsFigures judged(const TtfsJudge *j, const TtfsTally *t, uint64_t samples, double rate) {
    return (TtfsFigures){.samples = samples,
                         .accuracy = share(ttfs_judge_knows_accuracy(j), t->right, samples),
                         .agreement = share(ttfs_judge_knows_agreement(j), t->agree, samples),
                         .spikes_per_neuron = NAN,
                         .cycles = NAN,
                         .latency_cycles = NAN,
                         .samples_per_second = rate};
}

static bool run_exact(const TtfsRunOptions *o, TtfsResult *r, TtfsDiag *diag) {
    TtfsExactRun *x = ttfs_exact_run_samples(o, &r->kept, diag);
    if (!x) return false;
    const TtfsExactResult *e = ttfs_exact_run_result(x);
    ttfs_exact_json(e, &r->json);
    ttfs_exact_text(e, &r->text);
    r->figures = judged(e->judge, &e->tally, e->samples, e->rate);
    r->figures.spikes_per_neuron = share(true, e->hidden.spikes, e->hidden.neuron_runs);
    ttfs_exact_run_close(x);
    return true;
}

/* What the page and others read. */
static bool keep_agreement(const TtfsRunResult *v, const char *folder, TtfsDiag *diag) {
    TtfsBuf text = {0};
    if (!v->agreement) return true;
    if (!ttfs_out_may_put(folder, "report")) {
        ttfs_note(diag, TTFS_AT_FILE(folder),
                  "the agreement by layer is not kept: the folder may not be written to");
        return true;
    }
    ttfs_agreement_json(v, &(TtfsJson){.out = &text}, NULL);
    bool ok = ttfs_out_put(folder, "report", "agreement.json", text.text, text.len, diag);
    ttfs_buf_free(&text);
    return ok;
}

static bool run_engine(const TtfsRunOptions *o, uint32_t engine, TtfsResult *r, TtfsDiag *diag) {
    TtfsRun *run = ttfs_run(o, engine, &r->kept, diag);
    if (!run) return false;
    const TtfsRunResult *v = ttfs_run_result(run);
    ttfs_run_json(v, &r->json);
    ttfs_run_text(v, &r->text);
    r->figures = judged(v->judge, &v->tally, v->samples, v->rate);
    r->figures.spikes_per_neuron = share(v->counted, v->spikes, v->hidden * v->samples);
    r->figures.cycles = share(v->lanes.timed != 0, v->lanes.cycles, v->lanes.timed);
    r->figures.latency_cycles = share(v->lanes.timed != 0, v->latency_cycles, v->samples);
    r->figures.latency_ticks = v->latency;
    bool ok = keep_agreement(v, o->session.folder, diag) &&
              ttfs_watch_keep(v, o->session.folder, diag);
    ttfs_run_close(run);
    return ok;
}

/* Those of `run`: the first of all engines, and a board by its device. */
static const char *const run_engines[] = {"relu",  "golden",       "jit", "rtl",
                                          "exact", "board:DEVICE", NULL};

/* What synth made has spikes to compare and no figures of its own. */
static bool is_made(const char *engine) {
    return strcmp(engine, "netlist") == 0 || strcmp(engine, "bitstream") == 0 ||
           strcmp(engine, "asic") == 0;
}

static bool run(const void *options, TtfsResult *r, TtfsDiag *diag) {
    const TtfsRunOptions *o = options;
    uint32_t engine = TTFS_ENGINE_JIT;
    if (o->engine && !ttfs_engine_device_named("--engine", o->engine, diag)) return false;
    if (o->engine && ttfs_engine_device(o->engine))
        return run_engine(o, TTFS_ENGINE_BOARD, r, diag);
    if (o->engine && is_made(o->engine))
        return ttfs_error(diag, TTFS_AT_FILE("--engine"), TTFS_OPTION_VALUE,
                          "'%s' is an engine of verify: --engines golden,%s", o->engine, o->engine);
    if (!ttfs_asked_word("--engine", o->engine, run_engines, &engine, diag)) return false;
    return engine == TTFS_ENGINE_EXACT ? run_exact(o, r, diag) : run_engine(o, engine, r, diag);
}

TtfsResult *ttfs_run_samples(const TtfsRunOptions *o, TtfsMessages *m) {
    return ttfs_call(run, o, o->session.folder, m);
}

/* --- verify --- */

TtfsVerifyOptions ttfs_verify_defaults(void) {
    return (TtfsVerifyOptions){.session = session_defaults()};
}

static bool verify(const void *options, TtfsResult *r, TtfsDiag *diag) {
    TtfsVerify *v = ttfs_verify(options, diag);
    if (!v) return false;
    const TtfsVerdict *d = ttfs_verify_verdict(v);
    ttfs_verify_json(v, &r->json);
    ttfs_verdict_text(d, &r->text);
    r->passed = ttfs_verify_passed(v);
    r->figures.samples = d->samples;
    r->figures.spikes = d->spikes;
    r->figures.readouts = d->readouts;
    r->figures.differences = d->differences;
    ttfs_verify_close(v);
    return true;
}

TtfsResult *ttfs_verify_samples(const TtfsVerifyOptions *o, TtfsMessages *m) {
    return ttfs_call(verify, o, o->session.folder, m);
}

/* --- page, form, code --- */

/* A document of one text. */
static void text_json(const char *key, const char *text, TtfsBuf *out) {
    TtfsJson j = {.out = out};
    ttfs_json_object(&j, NULL);
    ttfs_json_string(&j, key, text);
    ttfs_json_end(&j);
}

static bool write_page(const void *folder, TtfsResult *r, TtfsDiag *diag) {
    TtfsBuf path = {0};
    bool ok = ttfs_asked_folder(folder, diag) && ttfs_page_write(folder, &path, diag);
    if (ok) {
        text_json("page", ttfs_buf_text(&path), &r->json);
        ttfs_buf_printf(&r->text, "written: %s\n", ttfs_buf_text(&path));
    }
    ttfs_buf_free(&path);
    return ok;
}

TtfsResult *ttfs_write_page(const char *folder, TtfsMessages *m) {
    return ttfs_call(write_page, folder, folder, m);
}

typedef struct {
    const char *folder, *file;
} Drawn;

static bool write_timeline(const void *options, TtfsResult *r, TtfsDiag *diag) {
    const Drawn *d = options;
    TtfsBuf text = {0};
    bool ok = ttfs_asked_folder(d->folder, diag) &&
              ttfs_asked_for("--timeline", d->file, "a file is needed: --timeline F.json", diag) &&
              ttfs_asked_outside("--timeline", d->file, d->folder, diag) &&
              ttfs_timeline(d->folder, &text, diag) &&
              ttfs_file_write(d->file, text.text, text.len, diag);
    if (ok) {
        text_json("timeline", d->file, &r->json);
        ttfs_buf_printf(&r->text, "written: %s\n", d->file);
    }
    ttfs_buf_free(&text);
    return ok;
}

TtfsResult *ttfs_write_timeline(const char *folder, const char *file, TtfsMessages *m) {
    return ttfs_call(write_timeline, &(Drawn){folder, file}, folder, m);
}

typedef struct {
    const char *path, *form;
} Dump;

static bool dump(const void *options, TtfsResult *r, TtfsDiag *diag) {
    const Dump *d = options;
    if (!ttfs_asked_for("path", d->path, "a compiled folder or a form's file is needed", diag) ||
        !ttfs_dump(d->path, d->form, &r->form, diag))
        return false;
    text_json("text", ttfs_buf_text(&r->form), &r->json);
    return true;
}

TtfsResult *ttfs_dump_form(const char *path, const char *form, TtfsMessages *m) {
    return ttfs_call(dump, &(Dump){path, form}, path, m);
}

typedef struct {
    const char *before, *after, *form;
} Diff;

static bool diff(const void *options, TtfsResult *r, TtfsDiag *diag) {
    const Diff *d = options;
    if (!ttfs_asked_folder(d->before, diag) || !ttfs_asked_folder(d->after, diag)) return false;
    ttfs_out_recover(d->after);
    return ttfs_out_diff(d->before, d->after, d->form, &r->passed, &r->json, &r->text, diag);
}

TtfsResult *ttfs_diff_folders(const char *before, const char *after, const char *form,
                              TtfsMessages *m) {
    return ttfs_call(diff, &(Diff){before, after, form}, before, m);
}

static bool convert(const void *options, TtfsResult *r, TtfsDiag *diag) {
    const TtfsConvertOptions *o = options;
    TtfsConverted c;
    TtfsJson j = {.out = &r->json};
    if (!ttfs_convert_out(o, &c, diag)) return false;
    ttfs_json_object(&j, NULL);
    ttfs_json_string(&j, "file", o->file);
    ttfs_json_number(&j, "nodes", c.graph.nodes);
    ttfs_json_number(&j, "edges", c.graph.edges);
    ttfs_json_number(&j, "bytes", (double)c.bytes);
    ttfs_json_end(&j);
    ttfs_buf_printf(&r->text, "written: %s (%zu bytes), %u nodes, %u edges\n", o->file, c.bytes,
                    c.graph.nodes, c.graph.edges);
    return true;
}

TtfsResult *ttfs_convert(const TtfsConvertOptions *o, TtfsMessages *m) {
    return ttfs_call(convert, o, o->folder, m);
}

static bool emit(const void *options, TtfsResult *r, TtfsDiag *diag) {
    const TtfsEmitOptions *o = options;
    TtfsArena a = {0};
    TtfsEmitted e;
    bool ok = ttfs_emit_out(o, &e, &a, diag);
    if (ok) {
        TtfsJson j = {.out = &r->json};
        ttfs_json_object(&j, NULL);
        ttfs_json_string(&j, "file", o->file);
        ttfs_json_string(&j, "name", e.name);
        ttfs_json_number(&j, "bytes", (double)e.bytes);
        ttfs_json_end(&j);
        ttfs_buf_printf(&r->text, "written: %s (%zu bytes), names begin with %s_\n", o->file,
                        e.bytes, e.name);
    }
    ttfs_arena_free(&a);
    return ok;
}

TtfsResult *ttfs_emit_code(const TtfsEmitOptions *o, TtfsMessages *m) {
    return ttfs_call(emit, o, o->folder, m);
}

static bool hand_over(const TtfsSynthOptions *o, TtfsResult *r, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsAsic s;
    bool ok = ttfs_asic(o, &s, &a, diag);
    if (ok) {
        ttfs_asic_json(&s, s.folder, &r->json);
        ttfs_asic_text(&s, &r->text);
        r->passed = s.meets_clock;
    }
    if (ok && s.hold.known && s.hold.slack < 0)
        ttfs_note(diag, TTFS_AT_FILE(s.folder),
                  "the hold time is missed by %.2f ns on the worst path; place and route puts in "
                  "the delays, so this is no error here",
                  -s.hold.slack);
    if (ok && !r->passed)
        ttfs_error_advice(diag, TTFS_AT_FILE(s.folder), TTFS_SYNTH_FLOW,
                          "use a slower clock (--sdc), or a chip of smaller widths",
                          "the chip reaches %.1f MHz, its clock has %.1f", s.fmax_mhz, s.clock_mhz);
    ttfs_arena_free(&a);
    return ok;
}

static bool synthesise(const void *options, TtfsResult *r, TtfsDiag *diag) {
    const TtfsSynthOptions *o = options;
    if (o->liberty) return hand_over(o, r, diag);
    TtfsArena a = {0};
    TtfsSynthesis s;
    bool ok = ttfs_synth(options, &s, &a, diag);
    if (ok) {
        ttfs_synth_json(&s, &r->json);
        ttfs_synth_text(&s, &r->text);
        r->passed = s.cells == 0 || s.meets_clock; /* not placed: nobody knows */
    }
    if (ok && !r->passed)
        ttfs_error_advice(diag, TTFS_AT_FILE(s.bitstream), TTFS_SYNTH_FLOW,
                          s.pll.mhz > 0 ? "ask for a slower --clock, or use a chip of fewer lanes"
                                        : "use a chip of fewer lanes",
                          "the chip reaches %.1f MHz, its clock has %.1f", s.fmax_mhz, s.clock_mhz);
    ttfs_arena_free(&a);
    return ok;
}

TtfsResult *ttfs_synthesise(const TtfsSynthOptions *o, TtfsMessages *m) {
    return ttfs_call(synthesise, o, o->folder, m);
}
