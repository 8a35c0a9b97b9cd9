/* SPDX-License-Identifier: Apache-2.0
 *
 * One face for the engines that yield spike traces: a block of samples in, their traces out. golden
 * and rtl run a sample at a time, on an instance a thread; the jit takes the block whole and has
 * threads of its own.
 */
#ifndef TTFS_ENGINE_H
#define TTFS_ENGINE_H

#include "jit.h"
#include "session.h"
#include "sim.h"
#include "trace.h"

/* Traces of a block of samples, side by side: trace[i] has its part of the two arrays. */
typedef struct {
    TtfsTrace *trace;
    uint16_t *tick;     /* [samples][neurons]; NULL: none are wanted, all traces are silent */
    int32_t *potential; /* [samples][readouts] */
} TtfsTraces;

void ttfs_traces_init(TtfsTraces *t, const TtfsSpike *s, uint64_t samples, bool ticks,
                      TtfsArena *a);

typedef struct {
    uint32_t threads; /* instances of golden and rtl: no more than samples */
    bool no_cache;    /* of the jit */
    bool trust_rtl;   /* OUT/rtl may be built and run whatever it holds */
    TtfsJitOptions jit;
} TtfsEngineOptions;

/* Reads --cpu, --jit-path, --no-cache, --trust-rtl and --dump-llvm; threads and samples are the
 * session's. */
bool ttfs_engine_options(TtfsEngineOptions *e, const TtfsOptions *o, TtfsSession *s,
                         TtfsDiag *diag);

typedef struct {
    const char *name;
    double seconds; /* spent in runs so far */
    uint32_t threads;
    void **instance; /* [threads]: golden, rtl */
    bool (*run)(void *instance, const uint16_t *x, TtfsTrace *out, TtfsDiag *diag);
    void (*close)(void *instance);
    TtfsJit *jit;      /* the jit; NULL for other engines */
    TtfsSimChip *chip; /* rtl's */
    uint32_t inputs;   /* values of a sample */
} TtfsEngine;

/* Names of the engines, NULL at the end. relu and exact yield no spikes; run has them apart. */
extern const char *const ttfs_engine_names[];
enum { TTFS_ENGINE_RELU, TTFS_ENGINE_GOLDEN, TTFS_ENGINE_JIT, TTFS_ENGINE_RTL, TTFS_ENGINE_EXACT };

/* Opens golden, jit or rtl on a loaded output folder: golden and jit read o->spike, rtl reads
 * o->image and OUT/rtl, which must be what ttfs writes for the image's chip unless it is trusted.
 */
bool ttfs_engine_open(TtfsEngine *e, uint32_t which, const TtfsEngineOptions *options, TtfsOut *o,
                      TtfsDiag *diag);
void ttfs_engine_close(TtfsEngine *e);
/* Most samples that are worth giving at a time: a block of a slow engine is short, so that progress
 * is seen. */
uint64_t ttfs_engine_block(const TtfsEngine *e);
/* Whether the engine can do without the ticks of its traces. */
bool ttfs_engine_spares_ticks(const TtfsEngine *e);
/* Runs n samples, x: [n][inputs]; fills the first n traces. */
bool ttfs_engine_run(TtfsEngine *e, uint64_t n, const uint16_t *x, TtfsTraces *out, TtfsDiag *diag);
/* Raises most[slot] to the most clock cycles that a sample took in that slot; false when the engine
 * has no clock. */
bool ttfs_engine_slot_cycles(const TtfsEngine *e, uint64_t *most, uint32_t slots);

#endif
