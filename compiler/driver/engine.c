/* SPDX-License-Identifier: Apache-2.0
 *
 * Adapters from the engines' own interfaces to one.
 */
#include "engine.h"

#include "cache_folder.h"
#include "flow.h"
#include "golden.h"
#include "job.h"
#include "parallel.h"
#include "plan_to_verilog.h"

#include <string.h>

const char *const ttfs_engine_names[] = {"relu", "golden", "jit", "rtl", "exact", NULL};

void ttfs_traces_init(TtfsTraces *t, const TtfsSpike *s, uint64_t samples, bool ticks,
                      TtfsArena *a) {
    TtfsTrace one;
    ttfs_trace_init(&one, s, a);
    t->trace = TTFS_ARRAY(a, TtfsTrace, samples);
    t->tick = ticks ? TTFS_ARRAY(a, uint16_t, samples * one.neurons) : NULL;
    t->potential = TTFS_ARRAY(a, int32_t, samples * one.readouts);
    for (uint64_t i = 0; i < samples; i++) {
        t->trace[i] = one;
        if (ticks) t->trace[i].tick = t->tick + i * one.neurons;
        t->trace[i].potential = t->potential + i * one.readouts;
        if (ticks) ttfs_trace_clear(&t->trace[i]);
    }
}

bool ttfs_engine_options(TtfsEngineOptions *e, const TtfsOptions *o, TtfsSession *s,
                         TtfsDiag *diag) {
    static const char *const paths[] = {"choose", "dense", "events", NULL};
    uint32_t path;
    *e = (TtfsEngineOptions){.threads = s->threads < s->count ? s->threads : (uint32_t)s->count,
                             .no_cache = o->value[TTFS_OPT_NO_CACHE] != NULL,
                             .trust_rtl = o->value[TTFS_OPT_TRUST_RTL] != NULL};
    if (!ttfs_option_word(o, TTFS_OPT_JIT_PATH, paths, 0, &path, diag)) return false;
    e->jit = (TtfsJitOptions){.threads = s->threads,
                              .dump = o->value[TTFS_OPT_DUMP_LLVM],
                              .cpu = o->value[TTFS_OPT_CPU],
                              .path = (TtfsJitPath)path};
    return !e->jit.dump || ttfs_make_folders(e->jit.dump, diag);
}

static bool run_golden(void *instance, const uint16_t *x, TtfsTrace *out, TtfsDiag *diag) {
    (void)diag;
    ttfs_golden_run(instance, x, out);
    return true;
}

static void close_golden(void *instance) {
    ttfs_golden_close(instance);
}

static bool open_golden(TtfsEngine *e, const TtfsOut *o) {
    for (uint32_t i = 0; i < e->threads; i++) e->instance[i] = ttfs_golden_open(&o->spike);
    e->run = run_golden;
    e->close = close_golden;
    return true;
}

static bool run_rtl(void *instance, const uint16_t *x, TtfsTrace *out, TtfsDiag *diag) {
    return ttfs_sim_run(instance, x, out, diag);
}

static void close_rtl(void *instance) {
    ttfs_sim_close(instance);
}

/* Verilog can run any program while it is simulated ($system, DPI, C++ in it), so that of a folder
 * is built only when it is, byte for byte, what ttfs writes for this chip. */
static bool check_rtl(const TtfsFileSet *found, TtfsOut *o, const char *folder, TtfsDiag *diag) {
    TtfsFileSet own = {0};
    bool ok = ttfs_verilog_of_chip(&o->image.chip, ttfs_data_path(&o->arena, "rtl"), &own, diag);
    const char *name = ok ? ttfs_file_set_difference(found, &own) : NULL;
    if (name)
        ok = ttfs_error(diag, TTFS_AT_FILE(ttfs_path_join(&o->arena, folder, name)),
                        TTFS_RTL_CHANGED, "not the Verilog that this ttfs writes for the chip");
    ttfs_file_set_free(&own);
    return ok;
}

static bool open_chip(TtfsEngine *e, TtfsOut *o, bool trusted, TtfsDiag *diag) {
    const char *folder = ttfs_out_path(o, "rtl");
    const char *wrapper = ttfs_data_path(&o->arena, "runtime/sim/sim_chip.cpp");
    TtfsFileSet verilog = {0};
    bool ok = ttfs_file_set_read(&verilog, folder, ttfs_verilog_endings, trusted, diag) &&
              (trusted || check_rtl(&verilog, o, folder, diag));
    if (ok) e->chip = ttfs_sim_chip_open(&verilog, wrapper, diag);
    ttfs_file_set_free(&verilog);
    return e->chip != NULL;
}

static bool open_rtl(TtfsEngine *e, TtfsOut *o, bool trusted, TtfsDiag *diag) {
    if (!o->has_image)
        return ttfs_error(diag, TTFS_AT_FILE(o->folder), TTFS_OUT_FOLDER,
                          "no image: the compilation stopped before it");
    const char *rtl = ttfs_out_path(o, "rtl");
    if (!ttfs_is_folder(rtl))
        return ttfs_error(diag, TTFS_AT_FILE(rtl), TTFS_OUT_FOLDER,
                          "no Verilog: the compilation stopped before it");
    uint64_t *limit = TTFS_ARRAY(&o->arena, uint64_t, o->image.slots);
    for (uint32_t i = 0; i < o->image.slots && i < o->plan.slots.len; i++)
        limit[i] = 2 * o->plan.slots.at[i].worst_cycles + 1000;
    e->run = run_rtl;
    e->close = close_rtl;
    if (!open_chip(e, o, trusted, diag)) return false;
    for (uint32_t i = 0; i < e->threads; i++)
        if (!(e->instance[i] = ttfs_sim_open(e->chip, &o->image, limit, diag))) return false;
    return true;
}

static bool open_jit(TtfsEngine *e, const TtfsEngineOptions *options, TtfsOut *o, TtfsDiag *diag) {
    TtfsJitOptions jit = options->jit;
    if (!options->no_cache)
        jit.cache = ttfs_cache_folder(ttfs_cache_named(&o->arena, "jit"), &o->arena, diag);
    e->jit = ttfs_jit_open(&o->spike, &jit, diag);
    return e->jit != NULL;
}

bool ttfs_engine_open(TtfsEngine *e, uint32_t which, const TtfsEngineOptions *options, TtfsOut *o,
                      TtfsDiag *diag) {
    *e = (TtfsEngine){.name = ttfs_engine_names[which],
                      .threads = options->threads,
                      .inputs = ttfs_pop_size(ttfs_spike_pop(&o->spike, o->spike.input))};
    if (which == TTFS_ENGINE_JIT) return open_jit(e, options, o, diag);
    e->instance = TTFS_ARRAY(&o->arena, void *, e->threads);
    return which == TTFS_ENGINE_RTL ? open_rtl(e, o, options->trust_rtl, diag) : open_golden(e, o);
}

void ttfs_engine_close(TtfsEngine *e) {
    for (uint32_t i = 0; e->instance && i < e->threads; i++)
        if (e->instance[i]) e->close(e->instance[i]);
    ttfs_sim_chip_close(e->chip);
    if (e->jit) ttfs_jit_close(e->jit);
    *e = (TtfsEngine){0};
}

uint64_t ttfs_engine_block(const TtfsEngine *e) {
    return e->jit ? 8192 : 64;
}

bool ttfs_engine_spares_ticks(const TtfsEngine *e) {
    return e->jit != NULL;
}

typedef struct {
    const TtfsEngine *engine;
    const uint16_t *x;
    TtfsTraces *out;
} Block;

static bool run_item(void *context, uint32_t worker, uint64_t i, TtfsDiag *diag) {
    const Block *b = context;
    return b->engine->run(b->engine->instance[worker], b->x + i * b->engine->inputs,
                          &b->out->trace[i], diag);
}

bool ttfs_engine_run(TtfsEngine *e, uint64_t n, const uint16_t *x, TtfsTraces *out,
                     TtfsDiag *diag) {
    Block b = {e, x, out};
    double start = ttfs_now();
    bool ok = true;
    if (e->jit)
        ttfs_jit_run(e->jit, n, x, out->potential, out->tick);
    else
        ok = ttfs_parallel_diag(e->threads, 0, n, run_item, &b, diag);
    e->seconds += ttfs_now() - start;
    return ok;
}

bool ttfs_engine_slot_cycles(const TtfsEngine *e, uint64_t *most, uint32_t slots) {
    if (e->run != run_rtl) return false;
    for (uint32_t t = 0; t < e->threads; t++) {
        const uint64_t *seen = ttfs_sim_slot_cycles(e->instance[t]);
        for (uint32_t i = 0; i < slots; i++)
            if (seen[i] > most[i]) most[i] = seen[i];
    }
    return true;
}
