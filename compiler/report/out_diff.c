/* SPDX-License-Identifier: Apache-2.0
 *
 * The forms of two folders as texts, and what text_diff.c finds in them, as lines for people and as
 * JSON. A form that only one folder has differs as a whole. Output is bounded: some lines of some
 * places, and a count of the rest.
 */
#include "out_diff.h"

#include "asked.h"
#include "info.h"
#include "json.h"
#include "out.h"
#include "text_diff.h"

#include <inttypes.h>
#include <string.h>

enum { FORMS = 2 };
static const char *const form_names[] = {"image", "plan", NULL};
static const char *const form_files[] = {"image/chip.img", "forms/plan.txt"};

/* A form of both folders. */
typedef struct {
    const char *name;
    bool in[2], asked;
    TtfsTextDiff diff;
} Form;

typedef struct {
    TtfsArena arena;
    const char *folder[2];
    Form form[FORMS];
    uint64_t differences;
} Diff;

static bool has_form(Diff *d, int side, int form) {
    return ttfs_file_exists(ttfs_path_join(&d->arena, d->folder[side], form_files[form]));
}

/* Which of the forms that are asked for the folder has: one at least. */
static bool find_side(Diff *d, int side, const char *wanted, TtfsDiag *diag) {
    TtfsLoc at = TTFS_AT_FILE(d->folder[side]);
    bool found = false;
    if (!ttfs_is_out(d->folder[side]))
        return ttfs_error(diag, at, TTFS_OUT_FOLDER, "not a folder that ttfs compile wrote");
    for (int i = 0; i < FORMS; i++) {
        Form *f = &d->form[i];
        f->in[side] = f->asked && has_form(d, side, i);
        found |= f->in[side];
    }
    return found || ttfs_error_advice(diag, at, TTFS_OUT_FOLDER, "compile the network to the end",
                                      "holds no %s to compare: the compilation stopped before",
                                      wanted ? wanted : "image and no plan");
}

static bool find_forms(Diff *d, const char *wanted, TtfsDiag *diag) {
    uint32_t only = FORMS;
    if (!ttfs_asked_word("--form", wanted, form_names, &only, diag)) return false;
    for (uint32_t i = 0; i < FORMS; i++)
        d->form[i] = (Form){.name = form_names[i], .asked = only == FORMS || only == i};
    return find_side(d, 0, wanted, diag) && find_side(d, 1, wanted, diag);
}

static bool compare(Diff *d, Form *f, TtfsDiag *diag) {
    TtfsBuf text[2] = {{0}, {0}};
    bool ok = true;
    for (int side = 0; ok && side < 2; side++)
        ok = !f->in[side] || ttfs_dump(d->folder[side], f->name, &text[side], diag);
    if (ok) ttfs_text_diff(&f->diff, ttfs_buf_text(&text[0]), ttfs_buf_text(&text[1]), &d->arena);
    d->differences += f->diff.differences;
    ttfs_buf_free(&text[0]);
    ttfs_buf_free(&text[1]);
    return ok;
}

/* --- as lines --- */

static void side_line(const char *sign, const char *line, TtfsBuf *out) {
    if (line) ttfs_buf_printf(out, "%s%s\n", sign, line);
}

static void place_text(const Form *f, const TtfsDiffPlace *p, TtfsBuf *out) {
    ttfs_buf_printf(out, "%s, %s: %" PRIu64 " line%s\n", f->name, p->where, p->differences,
                    p->differences == 1 ? "" : "s");
    for (uint32_t i = 0; i < p->kept; i++) {
        side_line("-", p->line[i].before, out);
        side_line("+", p->line[i].after, out);
    }
    if (p->differences > p->kept)
        ttfs_buf_printf(out, "... and %" PRIu64 " more\n", p->differences - p->kept);
}

static void form_text(const Diff *d, const Form *f, TtfsBuf *out) {
    if (f->in[0] != f->in[1]) {
        ttfs_buf_printf(out, "%s: only in ", f->name);
        ttfs_buf_shown(out, d->folder[f->in[0] ? 0 : 1]);
        ttfs_buf_puts(out, "\n");
        return;
    }
    for (uint32_t i = 0; i < f->diff.at.len; i++) place_text(f, &f->diff.at.at[i], out);
    if (f->diff.places > f->diff.at.len)
        ttfs_buf_printf(out, "%s: %" PRIu64 " places more\n", f->name,
                        f->diff.places - f->diff.at.len);
}

static void diff_text(const Diff *d, TtfsBuf *out) {
    const char *gap = "";
    for (int side = 0; d->differences && side < 2; side++) {
        ttfs_buf_puts(out, side ? "+++ " : "--- ");
        ttfs_buf_shown(out, d->folder[side]);
        ttfs_buf_puts(out, "\n");
    }
    for (int i = 0; i < FORMS; i++) form_text(d, &d->form[i], out);
    ttfs_buf_puts(out, d->differences ? "lines that differ: " : "equal: ");
    for (int i = 0; i < FORMS; i++) {
        const Form *f = &d->form[i];
        if (!f->in[0] && !f->in[1]) continue;
        ttfs_buf_printf(out, "%s%s %" PRIu64, gap, f->name,
                        d->differences ? f->diff.differences : f->diff.lines);
        gap = ", ";
    }
    ttfs_buf_puts(out, d->differences ? "\n" : " lines\n");
}

/* --- as JSON --- */

static void line_json(TtfsJson *j, const char *key, const char *line) {
    if (line)
        ttfs_json_string(j, key, line);
    else
        ttfs_json_null(j, key);
}

static void place_json(const TtfsDiffPlace *p, TtfsJson *j) {
    ttfs_json_object(j, NULL);
    ttfs_json_string(j, "where", p->where);
    ttfs_json_number(j, "differences", (double)p->differences);
    ttfs_json_array(j, "lines");
    for (uint32_t i = 0; i < p->kept; i++) {
        ttfs_json_object(j, NULL);
        line_json(j, "before", p->line[i].before);
        line_json(j, "after", p->line[i].after);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
    ttfs_json_end(j);
}

static void form_json(const Form *f, TtfsJson *j) {
    ttfs_json_object(j, NULL);
    ttfs_json_string(j, "form", f->name);
    ttfs_json_number(j, "differences", (double)f->diff.differences);
    ttfs_json_number(j, "places", (double)f->diff.places);
    ttfs_json_array(j, "at");
    for (uint32_t i = 0; i < f->diff.at.len; i++) place_json(&f->diff.at.at[i], j);
    ttfs_json_end(j);
    ttfs_json_end(j);
}

static void diff_json(const Diff *d, TtfsBuf *out) {
    TtfsJson j = {.out = out};
    ttfs_json_object(&j, NULL);
    ttfs_json_bool(&j, "equal", d->differences == 0);
    ttfs_json_number(&j, "differences", (double)d->differences);
    ttfs_json_array(&j, "forms");
    for (int i = 0; i < FORMS; i++)
        if (d->form[i].in[0] || d->form[i].in[1]) form_json(&d->form[i], &j);
    ttfs_json_end(&j);
    ttfs_json_end(&j);
}

bool ttfs_out_diff(const char *before, const char *after, const char *form, bool *equal,
                   TtfsBuf *json, TtfsBuf *text, TtfsDiag *diag) {
    Diff d = {.folder = {before, after}};
    bool ok = find_forms(&d, form, diag);
    for (int i = 0; ok && i < FORMS; i++) ok = compare(&d, &d.form[i], diag);
    if (ok) {
        *equal = d.differences == 0;
        diff_text(&d, text);
        diff_json(&d, json);
    }
    ttfs_arena_free(&d.arena);
    return ok;
}
