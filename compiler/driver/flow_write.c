/* SPDX-License-Identifier: Apache-2.0
 *
 * The output folder. Everything is written into OUT.PID.tmp, which is renamed to OUT at the end;
 * whoever looks at OUT sees the old compilation or the new one, never half of one.
 */
#include "flow.h"

#include "report_json.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const TtfsFlow *f;
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

static bool put_forms(const Writer *w) {
    TtfsBuf ir = {0}, spike = {0}, plan = {0};
    bool ok = folder(w, "forms") &&
              ttfs_ir_print(&w->f->net, path_of(w, "forms/ir.blob"), &ir, w->diag) &&
              put(w, "forms/ir.txt", &ir);
    if (ok && ttfs_flow_has(w->f, TTFS_STEP_SPIKE))
        ok = ttfs_spike_print(&w->f->spike, path_of(w, "forms/spike.blob"), &spike, w->diag) &&
             put(w, "forms/spike.txt", &spike);
    if (ok && ttfs_flow_has(w->f, TTFS_STEP_PLAN)) {
        ttfs_plan_print(&w->f->plan, &plan);
        ok = put(w, "forms/plan.txt", &plan);
    }
    ttfs_buf_free(&ir);
    ttfs_buf_free(&spike);
    return ok;
}

static bool put_image(const Writer *w) {
    const TtfsImage *img = &w->f->image;
    TtfsBuf b = {0};
    ttfs_image_pack(img, &b);
    bool ok = folder(w, "image") && put(w, "image/chip.img", &b);
    for (uint32_t c = 0; ok && c < img->chip.cores; c++) {
        TtfsBuf desc = {0}, weights = {0};
        ttfs_image_hex(img, c, 1, &desc);
        ttfs_image_hex(img, c, 2, &weights);
        ok = put(w, ttfs_arena_printf(w->arena, "image/core%u_desc.hex", c), &desc);
        ok = put(w, ttfs_arena_printf(w->arena, "image/core%u_weights.hex", c), &weights) && ok;
    }
    return ok;
}

static bool put_manifest(const Writer *w) {
    TtfsBuf text = {0};
    TtfsJson j = {.out = &text};
    return ttfs_json_manifest(&j, w->f, w->job, w->diag) && put(w, "manifest.json", &text);
}

static bool put_reports(const Writer *w, bool times) {
    const TtfsFlow *f = w->f;
    TtfsBuf text = {0};
    bool ok = folder(w, "report") && put_manifest(w);
    if (ok && times) {
        ttfs_json_steps(&(TtfsJson){.out = &text}, f);
        ok = put(w, "report/steps.json", &text);
    }
    if (ok && ttfs_flow_has(f, TTFS_STEP_SPIKE)) {
        ttfs_json_quant(&(TtfsJson){.out = &text}, f, w->job);
        ok = put(w, "report/accuracy.json", &text);
    }
    if (ok && ttfs_flow_has(f, TTFS_STEP_PLAN)) {
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

static bool put_all(const Writer *w, bool times) {
    bool ok = folder(w, "") && put_forms(w) && put_reports(w, times);
    if (ok && ttfs_flow_has(w->f, TTFS_STEP_IMAGE)) ok = put_image(w);
    if (ok && ttfs_flow_has(w->f, TTFS_STEP_VERILOG))
        ok = ttfs_file_set_fill(&w->f->verilog, path_of(w, "rtl"), w->diag);
    return ok;
}

static bool empty_folder(const char *path) {
    DIR *d = opendir(path);
    if (!d) return false;
    int entries = 0;
    while (readdir(d)) entries++;
    closedir(d);
    return entries <= 2;
}

/* True when `out` may be replaced: absent, an empty folder, or one that ttfs wrote. */
static bool replaceable(const char *out, TtfsArena *a, TtfsDiag *diag) {
    if (!ttfs_file_exists(out)) return true;
    if (ttfs_is_folder(out) &&
        (empty_folder(out) || ttfs_file_exists(ttfs_path_join(a, out, "manifest.json"))))
        return true;
    return ttfs_error_advice(diag, TTFS_AT_FILE(out), TTFS_FILE_WRITE,
                             "give another folder, or remove this one",
                             "exists and is not a folder that ttfs wrote");
}

static bool swap_in(const char *made, const char *out, const char *old, TtfsDiag *diag) {
    bool had = ttfs_file_exists(out);
    if (had && rename(out, old) != 0)
        return ttfs_error(diag, TTFS_AT_FILE(out), TTFS_FILE_WRITE, "%s", strerror(errno));
    if (rename(made, out) != 0) {
        ttfs_error(diag, TTFS_AT_FILE(out), TTFS_FILE_WRITE, "%s", strerror(errno));
        if (had && rename(old, out) != 0)
            ttfs_note(diag, TTFS_AT_FILE(old), "the former output is here");
        return false;
    }
    return !had || ttfs_remove_tree(old, diag);
}

bool ttfs_flow_write(const TtfsFlow *f, const TtfsJob *job, const char *out, bool times,
                     TtfsDiag *diag) {
    TtfsArena a = {0};
    size_t n = strlen(out);
    while (n > 1 && out[n - 1] == '/') n--;
    const char *target = ttfs_arena_strndup(&a, out, n);
    const char *made = ttfs_arena_printf(&a, "%s.%ld.tmp", target, (long)getpid());
    const char *old = ttfs_arena_printf(&a, "%s.%ld.old", target, (long)getpid());
    Writer w = {f, job, made, &a, diag};
    bool ok = replaceable(target, &a, diag) && ttfs_make_folders(ttfs_path_dir(&a, target), diag);
    if (ok) ok = put_all(&w, times) && swap_in(made, target, old, diag);
    if (!ok) ttfs_remove_tree(made, diag);
    ttfs_arena_free(&a);
    return ok;
}
