/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of diagnostics and its printer.
 */
#include "diag.h"

#include "shown.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { KEPT = 1000 };

static const char *const code_advice[] = {
#define TTFS_CODE(name, advice) advice,
#include "diag.def"
#undef TTFS_CODE
};

void ttfs_diag_free(TtfsDiag *d) {
    ttfs_arena_free(&d->arena);
    *d = (TtfsDiag){0};
}

const char *ttfs_code_id(TtfsCode code) {
    static const char *const name[] = {
#define TTFS_CODE(name, advice) #name,
#include "diag.def"
#undef TTFS_CODE
    };
    return name[code];
}

const char *ttfs_code_advice(TtfsCode code) {
    return code_advice[code];
}

/* Names are given whole only up to here: a file may hold one of any length. */
enum { NAME_MOST = 300, WHAT_MOST = 2000 };

/* `text`, without its middle when it is longer than `most` bytes; characters stay whole. */
static const char *shortened(TtfsArena *a, const char *text, size_t most) {
    size_t n = text ? strlen(text) : 0, head = most / 2, rest = n - most / 2;
    if (n <= most) return ttfs_arena_strndup(a, text ? text : "", n);
    while (head > most / 2 - 3 && (text[head] & 0xc0) == 0x80) head--;
    while (rest < n && (text[rest] & 0xc0) == 0x80) rest++;
    return ttfs_arena_printf(a, "%.*s ... %s", (int)head, text, text + rest);
}

static const char *where_text(TtfsArena *a, const TtfsLoc *loc, const char *node) {
    const char *file = loc->file ? loc->file : "";
    const char *gap = *file && *node ? ": " : "";
    if (loc->line)
        return ttfs_arena_printf(a, "%s:%u:%u%s%s", file, loc->line, loc->col, gap, node);
    return ttfs_arena_printf(a, "%s%s%s", file, gap, node);
}

/* Makes room for a message; false when all that is there is as severe. */
static bool make_room(TtfsDiag *d, TtfsSeverity severity) {
    if (d->messages.len < KEPT) return true;
    uint32_t at = KEPT, least = severity;
    for (uint32_t i = KEPT; i-- > 0;)
        if (d->messages.at[i].severity > least) least = d->messages.at[at = i].severity;
    if (at == KEPT) return false;
    d->dropped[least]++;
    memmove(&d->messages.at[at], &d->messages.at[at + 1], (KEPT - 1 - at) * sizeof(TtfsMessage));
    d->messages.len--;
    return true;
}

/* Counts a message; false when that is all that is done with it. */
static bool count(TtfsDiag *d, TtfsSeverity severity, TtfsCode code) {
    if (severity == TTFS_ERROR) {
        d->errors++;
        d->errors_of[code]++;
    }
    if (make_room(d, severity)) return true;
    d->dropped[severity]++;
    return false;
}

/* A message joins the list when it is whole: memory may run out before. */
static void append_figures(TtfsDiag *d, TtfsSeverity severity, TtfsLoc loc, TtfsCode code,
                           TtfsExcess figures, const char *advice, const char *fmt, va_list ap) {
    if (!count(d, severity, code)) return;
    TtfsMessage m = {.severity = severity, .code = code, .figures = figures};
    TtfsBuf what = {0};
    ttfs_buf_vprintf(&what, fmt, ap);
    m.file = ttfs_arena_strdup(&d->arena, loc.file ? loc.file : "");
    m.node = shortened(&d->arena, loc.node, NAME_MOST);
    m.op = shortened(&d->arena, loc.op, NAME_MOST);
    m.where = where_text(&d->arena, &loc, m.node);
    m.what = shortened(&d->arena, ttfs_buf_text(&what), WHAT_MOST);
    m.advice = ttfs_arena_strdup(&d->arena, advice);
    *TTFS_PUSH(&d->arena, d->messages) = m;
    ttfs_buf_free(&what);
}

static void append(TtfsDiag *d, TtfsSeverity severity, TtfsLoc loc, TtfsCode code,
                   const char *advice, const char *fmt, va_list ap) {
    append_figures(d, severity, loc, code, (TtfsExcess){0}, advice, fmt, ap);
}

bool ttfs_error(TtfsDiag *d, TtfsLoc loc, TtfsCode code, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    append(d, TTFS_ERROR, loc, code, code_advice[code], fmt, ap);
    va_end(ap);
    return false;
}

bool ttfs_error_va(TtfsDiag *d, TtfsLoc loc, TtfsCode code, const char *advice, const char *fmt,
                   va_list ap) {
    append(d, TTFS_ERROR, loc, code, advice ? advice : code_advice[code], fmt, ap);
    return false;
}

bool ttfs_go_on(const TtfsProgress *p, TtfsDiag *d) {
    if (!p->stop || !*p->stop) return true;
    return d->errors_of[TTFS_STOPPED] == 0 &&
           ttfs_error(d, TTFS_AT_FILE("ttfs"), TTFS_STOPPED, "the work was told to stop");
}

bool ttfs_error_advice(TtfsDiag *d, TtfsLoc loc, TtfsCode code, const char *advice, const char *fmt,
                       ...) {
    va_list ap;
    va_start(ap, fmt);
    append(d, TTFS_ERROR, loc, code, advice ? advice : code_advice[code], fmt, ap);
    va_end(ap);
    return false;
}

bool ttfs_error_figures(TtfsDiag *d, TtfsLoc loc, TtfsCode code, TtfsExcess figures,
                        const char *advice, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    append_figures(d, TTFS_ERROR, loc, code, figures, advice ? advice : code_advice[code], fmt, ap);
    va_end(ap);
    return false;
}

void ttfs_warn(TtfsDiag *d, TtfsLoc loc, TtfsCode code, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    append(d, TTFS_WARNING, loc, code, code_advice[code], fmt, ap);
    va_end(ap);
}

void ttfs_note(TtfsDiag *d, TtfsLoc loc, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    append(d, TTFS_NOTE, loc, TTFS_CODE_COUNT, "", fmt, ap);
    va_end(ap);
}

bool ttfs_budget_check(const TtfsBudget *b, TtfsLoc at, TtfsDiag *diag) {
    if (!b || !b->passed) return true;
    if (b->passed == TTFS_PAST_WORK)
        return ttfs_error(diag, at, TTFS_BUDGET,
                          "with it the network takes too much time to compile for its size");
    return ttfs_error(diag, at, TTFS_BUDGET,
                      "with it the network takes more than %.3g GiB of memory to compile, too much "
                      "for its size",
                      (double)b->bytes / (1 << 30));
}

bool ttfs_diag_starved(TtfsDiag *d, size_t wanted) {
    snprintf(d->starved_of, sizeof d->starved_of, wanted ? "%zu bytes wanted" : "none is left",
             wanted);
    d->starved = (TtfsMessage){.severity = TTFS_ERROR,
                               .code = TTFS_MEMORY,
                               .where = "out of memory",
                               .file = "",
                               .node = "",
                               .op = "",
                               .what = d->starved_of,
                               .advice = code_advice[TTFS_MEMORY]};
    d->errors++;
    d->errors_of[TTFS_MEMORY]++;
    if (d->messages.cap == 0) {
        d->messages.at = &d->starved;
        d->messages.cap = 1;
    } else if (d->messages.len == d->messages.cap) {
        d->messages.len--;
        d->dropped[d->messages.at[d->messages.len].severity]++;
    }
    d->messages.at[d->messages.len++] = d->starved;
    return false;
}

bool ttfs_diag_guard(TtfsDiag *d, void (*fn)(void *), void *context) {
    TtfsGuard g = TTFS_GUARD;
    if (ttfs_guard_now()) {
        fn(context);
        return true;
    }
    d->arena.outlives = true;
    if (!ttfs_guard(&g, fn, context)) return ttfs_diag_starved(d, g.wanted);
    ttfs_guard_pass(&g);
    return true;
}

void ttfs_diag_append(TtfsDiag *d, const TtfsDiag *from) {
    uint32_t kept_of[TTFS_CODE_COUNT] = {0};
    for (uint32_t i = 0; i < from->messages.len; i++) {
        const TtfsMessage *f = &from->messages.at[i];
        if (f->severity == TTFS_ERROR) kept_of[f->code]++;
        if (!count(d, f->severity, f->code)) continue;
        TtfsMessage m = *f;
        m.where = ttfs_arena_strdup(&d->arena, f->where);
        m.file = ttfs_arena_strdup(&d->arena, f->file);
        m.node = ttfs_arena_strdup(&d->arena, f->node);
        m.op = ttfs_arena_strdup(&d->arena, f->op);
        m.what = ttfs_arena_strdup(&d->arena, f->what);
        m.advice = ttfs_arena_strdup(&d->arena, f->advice);
        m.figures = f->figures;
        *TTFS_PUSH(&d->arena, d->messages) = m;
    }
    d->errors += from->dropped[TTFS_ERROR];
    for (uint32_t i = 0; i < TTFS_CODE_COUNT; i++)
        d->errors_of[i] += from->errors_of[i] - kept_of[i];
    for (uint32_t i = 0; i <= TTFS_NOTE; i++) d->dropped[i] += from->dropped[i];
}

const TtfsMessage *ttfs_diag_error(const TtfsDiag *d) {
    for (uint32_t i = 0; i < d->messages.len; i++)
        if (d->messages.at[i].severity == TTFS_ERROR) return &d->messages.at[i];
    return NULL;
}

static const char *const words[] = {"error", "warning", "note"};

static void print_message(const TtfsMessage *m, bool coloured, TtfsBuf *out) {
    static const char *const on[] = {"\033[1;31m", "\033[1;33m", "\033[1;36m"};
    const char *part[] = {m->where, m->op, m->what, m->advice};
    ttfs_buf_printf(out, "ttfs: %s%s%s", coloured ? on[m->severity] : "", words[m->severity],
                    coloured ? "\033[0m" : "");
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        if (!*part[i]) continue;
        ttfs_buf_puts(out, ": ");
        ttfs_buf_shown(out, part[i]);
    }
    ttfs_buf_puts(out, "\n");
}

void ttfs_diag_print(const TtfsDiag *d, TtfsSeverity least, bool coloured, TtfsBuf *out) {
    for (uint32_t i = 0; i < d->messages.len; i++)
        if (d->messages.at[i].severity <= least) print_message(&d->messages.at[i], coloured, out);
    for (uint32_t i = 0; i <= TTFS_NOTE; i++)
        if (d->dropped[i] && i <= (uint32_t)least)
            ttfs_buf_printf(out, "ttfs: note: %u further %s%s left out\n", d->dropped[i], words[i],
                            d->dropped[i] == 1 ? "" : "s");
}
