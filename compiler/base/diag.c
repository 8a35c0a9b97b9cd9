/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of diagnostics and its printer.
 */
#include "diag.h"

#include <stdarg.h>
#include <stdio.h>

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

static const char *where_text(TtfsArena *a, TtfsLoc loc) {
    const char *file = loc.file ? loc.file : "";
    const char *node = loc.node ? loc.node : "";
    const char *gap = *file && *node ? ": " : "";
    if (loc.line) return ttfs_arena_printf(a, "%s:%u:%u%s%s", file, loc.line, loc.col, gap, node);
    return ttfs_arena_printf(a, "%s%s%s", file, gap, node);
}

static void add(TtfsDiag *d, TtfsSeverity severity, TtfsCode code, const char *where,
                const char *what, const char *advice) {
    if (severity == TTFS_ERROR) d->errors++;
    if (d->messages.len >= KEPT) {
        d->dropped++;
        return;
    }
    TtfsMessage *m = TTFS_PUSH(&d->arena, d->messages);
    *m = (TtfsMessage){severity, code, where, ttfs_arena_strdup(&d->arena, what),
                       ttfs_arena_strdup(&d->arena, advice)};
}

static void append(TtfsDiag *d, TtfsSeverity severity, TtfsLoc loc, TtfsCode code,
                   const char *advice, const char *fmt, va_list ap) {
    char what[1024];
    vsnprintf(what, sizeof what, fmt, ap);
    add(d, severity, code, where_text(&d->arena, loc), what, advice);
}

bool ttfs_error(TtfsDiag *d, TtfsLoc loc, TtfsCode code, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    append(d, TTFS_ERROR, loc, code, code_advice[code], fmt, ap);
    va_end(ap);
    return false;
}

bool ttfs_error_advice(TtfsDiag *d, TtfsLoc loc, TtfsCode code, const char *advice, const char *fmt,
                       ...) {
    va_list ap;
    va_start(ap, fmt);
    append(d, TTFS_ERROR, loc, code, advice, fmt, ap);
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

bool ttfs_diag_starved(TtfsDiag *d, size_t wanted) {
    snprintf(d->starved_of, sizeof d->starved_of, "%zu bytes wanted", wanted);
    d->starved = (TtfsMessage){TTFS_ERROR, TTFS_MEMORY, "out of memory", d->starved_of,
                               code_advice[TTFS_MEMORY]};
    d->errors++;
    if (d->messages.cap == 0) {
        d->messages.at = &d->starved;
        d->messages.len = d->messages.cap = 1;
        return false;
    }
    if (d->messages.len == d->messages.cap) {
        d->messages.len--;
        d->dropped++;
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
    for (uint32_t i = 0; i < from->messages.len; i++) {
        const TtfsMessage *m = &from->messages.at[i];
        add(d, m->severity, m->code, ttfs_arena_strdup(&d->arena, m->where), m->what, m->advice);
    }
    d->dropped += from->dropped;
}

void ttfs_diag_print(const TtfsDiag *d, uint32_t from, TtfsBuf *out) {
    static const char *const word[] = {"error", "warning", "note"};
    for (uint32_t i = from; i < d->messages.len; i++) {
        const TtfsMessage *m = &d->messages.at[i];
        ttfs_buf_printf(out, "ttfs: %s: %s%s%s%s%s\n", word[m->severity], m->where,
                        *m->where ? ": " : "", m->what, *m->advice ? ": " : "", m->advice);
    }
    if (d->dropped) ttfs_buf_printf(out, "ttfs: note: %u further messages left out\n", d->dropped);
}
