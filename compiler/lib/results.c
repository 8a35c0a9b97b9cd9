/* SPDX-License-Identifier: Apache-2.0
 *
 * Results as other programs see them, and the call that makes one.
 */
#include "lib_inside.h"

#include "jit.h"
#include "out_folder.h"

#include <math.h>

const char *ttfs_version(void) {
    return TTFS_VERSION;
}

void ttfs_when_llvm_starves(void (*end)(void)) {
    ttfs_jit_when_starved(end);
}

typedef struct {
    bool (*work)(const void *options, TtfsResult *r, TtfsDiag *diag);
    const void *options;
    const char *folder;
    TtfsDiag *diag;
    TtfsResult *result;
} Call;

static TtfsResult *new_result(void) {
    TtfsArena a = {0};
    TtfsResult *r = TTFS_NEW(&a, TtfsResult);
    r->arena = a;
    r->passed = true;
    r->kept.arena = &r->arena;
    r->figures =
        (TtfsFigures){.accuracy = NAN, .agreement = NAN, .spikes_per_neuron = NAN, .cycles = NAN};
    return r;
}

static void call(void *context) {
    Call *c = context;
    TtfsResult *r = new_result();
    if (c->folder) ttfs_out_recover(c->folder);
    if (c->work(c->options, r, c->diag))
        c->result = r;
    else
        ttfs_result_free(r);
}

TtfsResult *ttfs_call(bool (*work)(const void *, TtfsResult *, TtfsDiag *), const void *options,
                      const char *folder, TtfsMessages *m) {
    Call c = {.work = work, .options = options, .folder = folder, .diag = &m->diag};
    return ttfs_diag_guard(c.diag, call, &c) ? c.result : NULL;
}

void ttfs_result_free(TtfsResult *r) {
    if (!r) return;
    ttfs_buf_free(&r->json);
    ttfs_buf_free(&r->text);
    ttfs_buf_free(&r->form);
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

const char *ttfs_result_form(const TtfsResult *r) {
    return ttfs_buf_text(&r->form);
}

size_t ttfs_result_arrays(const TtfsResult *r) {
    return ttfs_kept_count(&r->kept);
}

TtfsValues ttfs_result_array(const TtfsResult *r, size_t i) {
    return *ttfs_kept_array(&r->kept, (uint32_t)i);
}
