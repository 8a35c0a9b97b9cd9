/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages as other programs see them. They outlive every guard: a call that runs out of memory
 * leaves the list whole.
 */
#include "lib_inside.h"

#include <string.h>

/* TTFS_CODE_COUNT of a text that is none. */
static TtfsCode code_named(const char *name) {
    uint32_t i = 0;
    while (i < TTFS_CODE_COUNT && strcmp(ttfs_code_id((TtfsCode)i), name) != 0) i++;
    return (TtfsCode)i;
}

TtfsMessages *ttfs_messages_new(void) {
    TtfsMessages *m = ttfs_try_hold(NULL, sizeof *m, NULL);
    if (m) *m = (TtfsMessages){.diag = {.arena = {.outlives = true}}};
    return m;
}

void ttfs_messages_clear(TtfsMessages *m) {
    ttfs_buf_free(&m->text);
    ttfs_diag_free(&m->diag);
    *m = (TtfsMessages){.diag = {.arena = {.outlives = true}}};
}

void ttfs_messages_free(TtfsMessages *m) {
    if (m) ttfs_messages_clear(m);
    ttfs_release(m);
}

size_t ttfs_messages_count(const TtfsMessages *m) {
    return m->diag.messages.len;
}

size_t ttfs_messages_errors(const TtfsMessages *m) {
    return m->diag.errors;
}

size_t ttfs_messages_errors_of(const TtfsMessages *m, const char *code) {
    TtfsCode c = code_named(code);
    return c == TTFS_CODE_COUNT ? 0 : m->diag.errors_of[c];
}

TtfsSaid ttfs_messages_at(const TtfsMessages *m, size_t i) {
    const TtfsMessage *from = &m->diag.messages.at[i];
    return (TtfsSaid){.severity = (TtfsSaying)from->severity,
                      .code = from->severity == TTFS_NOTE ? "" : ttfs_code_id(from->code),
                      .where = from->where,
                      .node = from->node,
                      .op = from->op,
                      .what = from->what,
                      .advice = from->advice};
}

void ttfs_messages_starved(TtfsMessages *m, size_t wanted) {
    ttfs_diag_starved(&m->diag, wanted);
}

typedef struct {
    TtfsMessages *m;
    TtfsLoc loc;
    TtfsCode code;
    const char *what, *advice;
} Error;

static void add_error(void *context) {
    const Error *e = context;
    const char *advice = e->advice ? e->advice : ttfs_code_advice(e->code);
    ttfs_error_advice(&e->m->diag, e->loc, e->code, advice, "%s", e->what);
}

void ttfs_messages_error(TtfsMessages *m, const char *code, const char *where, const char *node,
                         const char *what, const char *advice) {
    Error e = {m, TTFS_AT_NODE(where, node), code_named(code), what, advice};
    if (e.code == TTFS_CODE_COUNT) e.code = TTFS_OPTION_VALUE;
    ttfs_diag_guard(&m->diag, add_error, &e);
}

typedef struct {
    const TtfsDiag *diag;
    TtfsSaying least;
    bool coloured;
    TtfsBuf text;
} Print;

static void print(void *context) {
    Print *p = context;
    TtfsBuf b = {0};
    ttfs_diag_print(p->diag, (TtfsSeverity)p->least, p->coloured, &b);
    p->text = b;
}

const char *ttfs_messages_text(TtfsMessages *m, TtfsSaying least, bool coloured) {
    TtfsGuard g = TTFS_GUARD;
    Print p = {.diag = &m->diag, .least = least, .coloured = coloured};
    ttfs_buf_free(&m->text);
    if (!ttfs_guard(&g, print, &p)) return NULL;
    ttfs_guard_pass(&g);
    m->text = p.text;
    return ttfs_buf_text(&m->text);
}
