/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes into an output folder. out_folder.c makes it appear: whoever looks at OUT sees the old
 * compilation or the new one, never half of one.
 */
#include "pipeline.h"

#include "calibrate.h"
#include "out_folder.h"
#include "report_json.h"

typedef struct {
    const TtfsPipeline *f;
    const TtfsJob *job;
    const char *folder;
    TtfsArena *arena;
    TtfsDiag *diag;
} Writer;

static const char *path_of(const Writer *w, const char *name) {
    return ttfs_path_join(w->arena, w->folder, name);
}

static bool put(const Writer *w, const char *name, TtfsBuf *text) {
    bool ok = ttfs_file_fill(path_of(w, name), ttfs_buf_text(text), text->len, w->diag);
    ttfs_buf_free(text);
    return ok;
}

static bool folder(const Writer *w, const char *name) {
    return ttfs_make_folders(path_of(w, name), w->diag);
}

/* `margins` are of as many samples as the calibration, or none. */
static bool put_calibration_of(const Writer *w, const char *name, const TtfsCalib *calib,
                               const TtfsMargins *margins, const TtfsIr *canonical) {
    const TtfsPipeline *f = w->f;
    const TtfsCalibration c = {
        .calib = *calib, .margins = *margins, .source = f->source, .kept = ttfs_kept_samples(f)};
    TtfsBuf bytes = {0};
    ttfs_calibration_pack(&c, canonical, &bytes);
    return put(w, name, &bytes);
}

/* What --calib OUT takes again, of the network as the model has it, and what the folder's own graph
 * is made of again: of the samples that are kept, which may be fewer, so without their margins. */
static bool put_calibration(const Writer *w) {
    const TtfsPipeline *f = w->f;
    const TtfsWindows *was = &f->windows;
    const TtfsMargins none = {.samples = 0};
    if (!f->source.file) return true;
    if (!was->taken)
        return put_calibration_of(w, "forms/calib.blob", &f->calib, &f->margins, &f->canonical);
    return put_calibration_of(w, "forms/calib.blob", &was->calib, &f->margins, &was->canonical) &&
           put_calibration_of(w, "forms/channels.blob", &f->calib, &none, &f->canonical);
}

static bool put_forms(const Writer *w) {
    TtfsBuf ir = {0}, spike = {0}, plan = {0};
    bool ok = folder(w, "forms") &&
              ttfs_ir_print(&w->f->net, path_of(w, "forms/ir.blob"), &ir, w->diag) &&
              put(w, "forms/ir.txt", &ir);
    if (ok && ttfs_pipeline_has(w->f, TTFS_STEP_SPIKE))
        ok = ttfs_spike_print(&w->f->spike, path_of(w, "forms/spike.blob"), &spike, w->diag) &&
             put(w, "forms/spike.txt", &spike) && put_calibration(w);
    if (ok && ttfs_pipeline_has(w->f, TTFS_STEP_PLAN)) {
        ttfs_plan_print(&w->f->plan, &plan);
        ok = put(w, "forms/plan.txt", &plan);
    }
    ttfs_buf_free(&ir);
    ttfs_buf_free(&spike);
    return ok;
}

/* The memories of a core, those that the chip has. */
static bool put_hex(const Writer *w, uint32_t core) {
    const TtfsImage *img = &w->f->image;
    bool ok = true;
    for (uint32_t m = 0; ok && m < TTFS_MEMS; m++) {
        TtfsBuf text = {0};
        TtfsMemShape shape = ttfs_chip_memory(&img->chip, (TtfsMem)m);
        if (shape.rows == 0) continue;
        ttfs_image_hex(img, core, (TtfsMem)m, &text);
        ok = put(w, ttfs_arena_printf(w->arena, "image/core%u_%s.hex", core, shape.name), &text);
    }
    return ok;
}

/* What the memory outside of a chip with stream holds. */
static bool put_stream(const Writer *w) {
    TtfsBuf text = {0};
    if (!w->f->image.chip.stream) return true;
    ttfs_image_stream_hex(&w->f->image, &text);
    return put(w, "image/stream.hex", &text);
}

static bool put_image(const Writer *w) {
    const TtfsImage *img = &w->f->image;
    TtfsBuf b = {0};
    ttfs_image_pack(img, &b);
    bool ok = folder(w, "image") && put(w, "image/chip.img", &b);
    for (uint32_t c = 0; ok && c < ttfs_chip_cores(&img->chip); c++) ok = put_hex(w, c);
    return ok && put_stream(w);
}

static bool put_manifest(const Writer *w) {
    TtfsBuf text = {0};
    TtfsJson j = {.out = &text};
    if (ttfs_json_manifest(&j, w->f, w->job, w->diag)) return put(w, "manifest.json", &text);
    ttfs_buf_free(&text);
    return false;
}

static bool put_reports(const Writer *w) {
    const TtfsPipeline *f = w->f;
    TtfsBuf text = {0};
    bool ok = folder(w, "report") && put_manifest(w);
    if (ok && w->job->options->times) {
        ttfs_json_steps(&(TtfsJson){.out = &text}, f);
        ok = put(w, "report/steps.json", &text);
    }
    if (ok && ttfs_pipeline_has(f, TTFS_STEP_SPIKE)) {
        ttfs_json_quant(&(TtfsJson){.out = &text}, f, w->job);
        ok = put(w, "report/accuracy.json", &text);
    }
    if (ok && f->frontier) {
        ttfs_frontier_json(&(TtfsJson){.out = &text}, f->frontier);
        ok = put(w, "report/frontier.json", &text);
    }
    if (ok && ttfs_pipeline_has(f, TTFS_STEP_PLAN)) {
        ttfs_json_fit(&(TtfsJson){.out = &text}, NULL, &f->plan, &f->spike);
        ok = put(w, "report/fit.json", &text);
        ttfs_json_timing(&(TtfsJson){.out = &text}, NULL, &f->plan, &f->spike);
        ok = put(w, "report/timing.json", &text) && ok;
        ttfs_json_energy(&(TtfsJson){.out = &text}, &f->plan, &f->spike);
        ok = put(w, "report/energy.json", &text) && ok;
    }
    ttfs_json_messages(&(TtfsJson){.out = &text}, w->diag, w->job);
    return put(w, "report/messages.json", &text) && ok;
}

/* The chip, when it is no file that the user gave. */
static bool put_chip(const Writer *w) {
    TtfsBuf text = {0};
    if (!w->job->writes_chip || !ttfs_pipeline_has(w->f, TTFS_STEP_PLAN)) return true;
    ttfs_chip_print(&w->job->chip, &text);
    return put(w, "chip.json", &text);
}

static bool put_made(const Writer *w) {
    bool ok = true;
    for (uint32_t i = 0; ok && i < w->f->n_made; i++) {
        const TtfsMade *m = &w->f->made[i];
        ok = ttfs_file_fill(path_of(w, m->path), m->bytes, m->n, w->diag);
    }
    return ok;
}

static bool put_all(const Writer *w) {
    bool ok = folder(w, "") && put_forms(w) && put_reports(w) && put_chip(w) && put_made(w);
    if (ok && ttfs_pipeline_has(w->f, TTFS_STEP_IMAGE)) ok = put_image(w);
    if (ok && ttfs_pipeline_has(w->f, TTFS_STEP_VERILOG))
        ok = ttfs_file_set_fill(&w->f->verilog, path_of(w, "rtl"), w->diag) &&
             (w->f->ip.files.len == 0 || ttfs_file_set_fill(&w->f->ip, path_of(w, "ip"), w->diag));
    return ok;
}

bool ttfs_pipeline_write(const TtfsPipeline *f, const TtfsJob *job, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsOutFolder o;
    bool ok = ttfs_out_begin(&o, job->options->out, &a, diag);
    if (ok) {
        Writer w = {f, job, o.made, &a, diag};
        ok = put_all(&w);
        if (ok)
            ok = ttfs_out_commit(&o, diag);
        else
            ttfs_out_abandon(&o);
    }
    ttfs_arena_free(&a);
    return ok;
}
