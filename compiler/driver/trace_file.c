/* SPDX-License-Identifier: Apache-2.0
 *
 * Traces -> a file. What is printed of samples lies in `text` until it is written, after every
 * block of the run; FST and NIRData begin with bytes that are known at the end and written over
 * those there.
 */
#include "trace_file.h"

#include "fst.h"
#include "kept.h"
#include "nird.h"
#include "vcd.h"
#include "view_file.h"
#include "wave_view.h"

#include <string.h>

enum { ENOUGH = 1 << 20 /* bytes that are written at once */ };

struct TtfsTraceFile {
    const char *path;
    const TtfsSpike *spike;
    TtfsTraceForm form;
    TtfsFst *waves;   /* of FST */
    TtfsNird *events; /* of NIRData */
    TtfsBuf text;     /* not yet written */
    TtfsFileWriter out;
    bool open; /* `out` is */
};

TtfsTraceForm ttfs_trace_form(const char *path) {
    return ttfs_kept_as(path, ".vcd")    ? TTFS_TRACE_VCD
           : ttfs_kept_as(path, ".fst")  ? TTFS_TRACE_FST
           : ttfs_kept_as(path, ".nird") ? TTFS_TRACE_NIRD
                                         : TTFS_TRACE_TEXT;
}

static void begin(TtfsTraceFile *f, uint64_t samples, TtfsArena *a) {
    if (f->form == TTFS_TRACE_VCD) ttfs_vcd_begin(f->spike, &f->text);
    if (f->form == TTFS_TRACE_FST) f->waves = ttfs_fst_begin(f->spike, &f->text, a);
    if (f->form == TTFS_TRACE_NIRD) f->events = ttfs_nird_begin(f->spike, samples, &f->text, a);
}

/* Whether its beginning is known at the end. */
static bool has_head(const TtfsTraceFile *f) {
    return f->form == TTFS_TRACE_FST || f->form == TTFS_TRACE_NIRD;
}

static bool end(TtfsTraceFile *f, TtfsDiag *diag) {
    f->open = false;
    return ttfs_file_end(&f->out, diag);
}

static bool put(TtfsTraceFile *f, TtfsDiag *diag) {
    ttfs_file_put(&f->out, ttfs_buf_text(&f->text), f->text.len);
    f->text.len = 0;
    return !f->out.fault || end(f, diag);
}

TtfsTraceFile *ttfs_trace_file_open(const char *path, const TtfsSpike *s, uint64_t samples,
                                    TtfsArena *a, TtfsDiag *diag) {
    TtfsTraceFile *f = TTFS_NEW(a, TtfsTraceFile);
    *f = (TtfsTraceFile){.path = path, .spike = s, .form = ttfs_trace_form(path)};
    ttfs_file_begin(&f->out, path);
    f->open = true;
    if (f->out.fault) {
        end(f, diag);
        return NULL;
    }
    begin(f, samples, a);
    return f;
}

/* What has come, once it is enough. */
static bool go_on(TtfsTraceFile *f, TtfsDiag *diag) {
    bool held = has_head(f) && !ttfs_file_seeks(&f->out);
    return held || f->text.len < ENOUGH || put(f, diag);
}

static void print_sample(TtfsTraceFile *f, const TtfsTrace *t, uint64_t i) {
    if (f->form == TTFS_TRACE_VCD) ttfs_vcd_sample(t, i, &f->text);
    if (f->form == TTFS_TRACE_FST) ttfs_fst_sample(f->waves, t, i, &f->text);
    if (f->form == TTFS_TRACE_NIRD) ttfs_nird_sample(f->events, t, i, &f->text);
    if (f->form != TTFS_TRACE_TEXT) return;
    ttfs_buf_printf(&f->text, "sample %llu\n", (unsigned long long)i);
    ttfs_trace_print(t, &f->text);
}

bool ttfs_trace_file_sample(TtfsTraceFile *f, const TtfsTrace *t, uint64_t i, TtfsDiag *diag) {
    print_sample(f, t, i);
    return go_on(f, diag);
}

bool ttfs_trace_file_values(TtfsTraceFile *f, const TtfsBuf *values, uint64_t i, TtfsDiag *diag) {
    ttfs_buf_printf(&f->text, "sample %llu\n", (unsigned long long)i);
    ttfs_buf_bytes(&f->text, ttfs_buf_text(values), values->len);
    return go_on(f, diag);
}

/* The rest, and the head over what was in its place. */
static void put_rest(TtfsTraceFile *f) {
    TtfsBuf head = {0};
    if (f->waves) ttfs_fst_end(f->waves, &f->text, &head);
    if (f->events) ttfs_nird_end(f->events, &f->text, &head);
    bool seeks = ttfs_file_seeks(&f->out);
    if (head.len && !seeks) memcpy(f->text.text, head.text, head.len);
    ttfs_file_put(&f->out, ttfs_buf_text(&f->text), f->text.len);
    if (head.len && seeks) ttfs_file_put_at(&f->out, 0, head.text, head.len);
    ttfs_buf_free(&head);
}

static bool write_gtkwave(const TtfsTraceFile *f, TtfsDiag *diag) {
    TtfsBuf text = {0};
    ttfs_wave_view(f->spike, ttfs_path_base(f->path), &text);
    bool ok = ttfs_view_file(f->path, ".gtkw", &text, diag);
    ttfs_buf_free(&text);
    return ok;
}

static bool write_surfer(const TtfsTraceFile *f, TtfsDiag *diag) {
    TtfsBuf text = {0};
    ttfs_wave_commands(f->spike, &text);
    bool ok = ttfs_view_file(f->path, ".sucl", &text, diag);
    ttfs_buf_free(&text);
    return ok;
}

bool ttfs_trace_file_end(TtfsTraceFile *f, TtfsDiag *diag) {
    bool waves = f->form == TTFS_TRACE_VCD || f->form == TTFS_TRACE_FST;
    put_rest(f);
    return end(f, diag) && (!waves || (write_gtkwave(f, diag) && write_surfer(f, diag)));
}

void ttfs_trace_file_close(TtfsTraceFile *f) {
    if (!f) return;
    if (f->open) ttfs_file_drop(&f->out);
    f->open = false;
    ttfs_buf_free(&f->text);
}
