/* SPDX-License-Identifier: Apache-2.0
 *
 * Adapters from the engines' own interfaces to one.
 */
#include "engine.h"

#include "board_run.h"
#include "clock.h"
#include "golden.h"
#include "parallel.h"

#include <string.h>

#include <stdatomic.h>

const char *const ttfs_engine_names[] = {"relu",    "golden",    "jit",  "rtl",   "exact",
                                         "netlist", "bitstream", "asic", "board", NULL};

const char *ttfs_engine_device(const char *name) {
    static const char board[] = "board:";
    return strncmp(name, board, sizeof board - 1) == 0 ? name + sizeof board - 1 : NULL;
}

bool ttfs_engine_device_named(const char *option, const char *name, TtfsDiag *diag) {
    const char *device = ttfs_engine_device(name);
    if (strcmp(name, ttfs_engine_names[TTFS_ENGINE_BOARD]) != 0 && !(device && !*device))
        return true;
    return ttfs_error_advice(diag, TTFS_AT_FILE(option), TTFS_OPTION_VALUE,
                             "give the serial or SPI device that the board is at, as in "
                             "board:/dev/ttyUSB0 or board:/dev/spidev0.0",
                             "'%s' names no device", name);
}

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

static bool run_golden(void *instance, uint64_t n, const uint16_t *x, TtfsTrace *out,
                       const TtfsProgress *progress, TtfsDiag *diag) {
    (void)n, (void)diag;
    ttfs_golden_run(instance, x, out);
    ttfs_tell(progress, "samples", 1, 1);
    return true;
}

static void close_golden(void *instance) {
    ttfs_golden_close(instance);
}

static bool open_golden(TtfsEngine *e, const TtfsEngineSource *source) {
    for (uint32_t i = 0; i < e->threads; i++) e->instance[i] = ttfs_golden_open(source->spike);
    e->run = run_golden;
    e->close = close_golden;
    return true;
}

static bool run_rtl(void *instance, uint64_t n, const uint16_t *x, TtfsTrace *out,
                    const TtfsProgress *progress, TtfsDiag *diag) {
    return ttfs_sim_run(instance, n, x, out, progress, diag);
}

/* A row costs turns that fill the chip, so it shall be long; but then a run must be cut for
 * its threads, in the same way whatever their number is. */
static uint64_t row_of(uint64_t samples, uint64_t turns) {
    enum { LONG = 64, MOST_TURNS = 8 };
    uint64_t row = (samples + 1) / 2;
    uint64_t most = MOST_TURNS * turns > LONG ? MOST_TURNS * turns : LONG;
    return row < turns ? turns : row > most ? most : row;
}

static void close_rtl(void *instance) {
    ttfs_sim_close(instance);
}

static const TtfsFileSet *verilog_of(uint32_t which, const TtfsEngineSource *source) {
    return which == TTFS_ENGINE_NETLIST     ? source->netlist
           : which == TTFS_ENGINE_BITSTREAM ? source->bitstream
           : which == TTFS_ENGINE_ASIC      ? source->asic
                                            : source->verilog;
}

static bool open_rtl(TtfsEngine *e, uint32_t which, const TtfsEngineSource *source,
                     const TtfsEngineOptions *options, TtfsDiag *diag) {
    if (!source->image)
        return ttfs_error(diag, TTFS_AT_FILE(source->folder), TTFS_OUT_FOLDER,
                          "no image: the compilation stopped before it");
    const TtfsFileSet *verilog = verilog_of(which, source);
    if (!verilog)
        return ttfs_error(diag, TTFS_AT_FILE(source->folder), TTFS_OUT_FOLDER,
                          "no Verilog: the compilation stopped before it");
    e->run = run_rtl;
    e->close = close_rtl;
    TtfsSimKind kind = which != TTFS_ENGINE_RTL                    ? TTFS_SIM_GATES
                       : ttfs_chip_cores(&source->image->chip) > 1 ? TTFS_SIM_MESH
                                                                   : TTFS_SIM_CORE;
    e->chip = options->waves
                  ? ttfs_sim_chip_watched(verilog, source->wrapper, kind, &options->progress, diag)
                  : ttfs_sim_chip_open(verilog, source->wrapper, kind, &options->progress, diag);
    if (!e->chip) return false;
    if (options->waves) e->threads = 1;
    e->row = row_of(options->samples, ttfs_sim_turns(source->image));
    uint64_t rows = (options->samples + e->row - 1) / e->row;
    if (e->threads > rows) e->threads = (uint32_t)rows;
    for (uint32_t i = 0; i < e->threads; i++) {
        e->instance[i] = ttfs_sim_open(e->chip, source->image, source->slot_limit, diag);
        if (!e->instance[i]) return false;
        if (which == TTFS_ENGINE_NETLIST && source->netlist_traced)
            ttfs_sim_take_trace(e->instance[i]);
    }
    if (options->waves) ttfs_sim_watch(e->instance[0], options->waves);
    return true;
}

void ttfs_engine_unwatch(TtfsEngine *e) {
    if (e->run == run_rtl && e->threads) ttfs_sim_watch(e->instance[0], NULL);
}

static bool run_board(void *instance, uint64_t n, const uint16_t *x, TtfsTrace *out,
                      const TtfsProgress *progress, TtfsDiag *diag) {
    return ttfs_board_run(instance, n, x, out, progress, diag);
}

static void close_board(void *instance) {
    ttfs_board_run_close(instance);
}

static bool open_board(TtfsEngine *e, const TtfsEngineSource *source,
                       const TtfsEngineOptions *options, TtfsDiag *diag) {
    if (!source->image)
        return ttfs_error(diag, TTFS_AT_FILE(source->folder), TTFS_OUT_FOLDER,
                          "no image: the compilation stopped before it");
    e->run = run_board;
    e->close = close_board;
    e->threads = 1;
    e->row = row_of(options->samples, ttfs_sim_turns(source->image));
    e->instance[0] = ttfs_board_run_open(options->device, source->image, options->ticks,
                                         &options->progress, diag);
    return e->instance[0] != NULL;
}

static bool open_jit(TtfsEngine *e, const TtfsJitOptions *options, const TtfsSpike *s,
                     TtfsDiag *diag) {
    if (options->dump && !ttfs_make_folders(options->dump, diag)) return false;
    e->jit = ttfs_jit_open(s, options, diag);
    return e->jit != NULL;
}

bool ttfs_engine_open(TtfsEngine *e, uint32_t which, const TtfsEngineOptions *options,
                      const TtfsEngineSource *source, TtfsDiag *diag) {
    const TtfsSpike *s = source->spike;
    *e = (TtfsEngine){.name = ttfs_engine_names[which],
                      .threads = options->threads,
                      .row = 1,
                      .inputs = ttfs_pop_size(ttfs_spike_pop(s, s->input))};
    if (which == TTFS_ENGINE_JIT) return open_jit(e, &options->jit, s, diag);
    e->instance = TTFS_ARRAY(&e->arena, void *, e->threads);
    return which == TTFS_ENGINE_GOLDEN  ? open_golden(e, source)
           : which == TTFS_ENGINE_BOARD ? open_board(e, source, options, diag)
                                        : open_rtl(e, which, source, options, diag);
}

void ttfs_engine_close(TtfsEngine *e) {
    for (uint32_t i = 0; e->instance && i < e->threads; i++)
        if (e->instance[i]) e->close(e->instance[i]);
    ttfs_sim_chip_close(e->chip);
    if (e->jit) ttfs_jit_close(e->jit);
    ttfs_arena_free(&e->arena);
    *e = (TtfsEngine){0};
}

uint64_t ttfs_engine_block(const TtfsEngine *e) {
    return e->jit ? 8192 : e->row == 1 ? 64 : e->row * e->threads;
}

double ttfs_engine_cost(const TtfsEngine *e) {
    if (e->jit) return 0;
    return e->run == run_rtl || e->run == run_board ? 50 : 1;
}

bool ttfs_engine_spares_ticks(const TtfsEngine *e) {
    return e->jit != NULL || e->run == run_board;
}

typedef struct {
    const TtfsEngine *engine;
    const uint16_t *x;
    TtfsTraces *out;
    uint64_t n;
    atomic_uint_least64_t done;
} Block;

typedef struct {
    Block *block;
    uint32_t worker;
} Item;

/* One more sample is through. */
static void tell_item(void *context, const char *what, uint64_t done, uint64_t of) {
    (void)done, (void)of;
    const Item *i = context;
    uint64_t all = atomic_fetch_add(&i->block->done, 1) + 1;
    if (i->worker == 0) ttfs_tell(&i->block->engine->progress, what, all, i->block->n);
}

static bool run_item(void *context, uint32_t worker, uint64_t i, TtfsDiag *diag) {
    Block *b = context;
    const TtfsEngine *e = b->engine;
    Item item = {b, worker};
    TtfsProgress progress = {tell_item, &item, e->progress.stop};
    uint64_t first = i * e->row, left = b->n - first;
    if (!ttfs_go_on(&progress, diag)) return false;
    return e->run(e->instance[worker], left < e->row ? left : e->row, b->x + first * e->inputs,
                  &b->out->trace[first], &progress, diag);
}

bool ttfs_engine_run(TtfsEngine *e, uint64_t n, const uint16_t *x, TtfsTraces *out,
                     TtfsDiag *diag) {
    Block b = {.engine = e, .x = x, .out = out, .n = n};
    double start = ttfs_now();
    bool ok = true;
    if (e->jit)
        ttfs_jit_run(e->jit, n, x, out->potential, out->tick);
    else
        ok = ttfs_parallel_diag(e->threads, 0, (n + e->row - 1) / e->row, run_item, &b, diag);
    e->seconds += ttfs_now() - start;
    return ok;
}

bool ttfs_engine_counts(const TtfsEngine *e, uint64_t *count, uint32_t cores) {
    if (e->run != run_rtl) return false;
    for (uint32_t t = 0; t < e->threads; t++) {
        const uint64_t *seen = ttfs_sim_counts(e->instance[t]);
        if (!seen) return false;
        for (uint32_t i = 0; i < cores * TTFS_COUNTS; i++) count[i] += seen[i];
    }
    return true;
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
