/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages and results as other programs see them.
 */
#include "lib_inside.h"

#include <math.h>

TtfsMessages *ttfs_messages_new(void) {
    TtfsMessages *m = ttfs_try_hold(NULL, sizeof *m, NULL);
    if (m) *m = (TtfsMessages){.diag = {.errors = 0}};
    return m;
}

void ttfs_messages_free(TtfsMessages *m) {
    if (m) ttfs_diag_free(&m->diag);
    ttfs_release(m);
}

void ttfs_messages_clear(TtfsMessages *m) {
    ttfs_diag_free(&m->diag);
    m->diag = (TtfsDiag){0};
}

size_t ttfs_messages_count(const TtfsMessages *m) {
    return m->diag.messages.len;
}

size_t ttfs_messages_errors(const TtfsMessages *m) {
    return m->diag.errors;
}

TtfsSaid ttfs_messages_at(const TtfsMessages *m, size_t i) {
    static const char *const code[] = {
#define TTFS_CODE(name, advice) #name,
#include "diag.def"
#undef TTFS_CODE
    };
    const TtfsMessage *from = &m->diag.messages.at[i];
    return (TtfsSaid){.severity = (TtfsSaying)from->severity,
                      .code = from->severity == TTFS_NOTE ? "" : code[from->code],
                      .where = from->where,
                      .node = from->node,
                      .op = from->op,
                      .what = from->what,
                      .advice = from->advice};
}

TtfsResult *ttfs_result_new(void) {
    TtfsArena a = {0};
    TtfsResult *r = TTFS_NEW(&a, TtfsResult);
    r->arena = a;
    r->passed = true;
    r->figures =
        (TtfsFigures){.accuracy = NAN, .agreement = NAN, .spikes_per_neuron = NAN, .cycles = NAN};
    return r;
}

void ttfs_result_free(TtfsResult *r) {
    if (!r) return;
    ttfs_buf_free(&r->json);
    ttfs_buf_free(&r->text);
    ttfs_buf_free(&r->traces);
    TtfsArena a = r->arena;
    ttfs_arena_free(&a);
}

bool ttfs_result_passed(const TtfsResult *r) {
    return r->passed;
}

TtfsFigures ttfs_result_figures(const TtfsResult *r) {
    return r->figures;
}

const char *ttfs_result_json(const TtfsResult *r) {
    return ttfs_buf_text(&r->json);
}

const char *ttfs_result_text(const TtfsResult *r) {
    return ttfs_buf_text(&r->text);
}

const char *ttfs_result_traces(const TtfsResult *r) {
    return ttfs_buf_text(&r->traces);
}
