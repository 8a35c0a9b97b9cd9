/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast engine: a spike graph compiled to machine code by LLVM. The same integers as the golden
 * engine, spike for spike, at the speed at which people run the network itself.
 *
 *     TtfsJit *j = ttfs_jit_open(&spike, NULL, &diag);         NULL: diag says why
 *     ttfs_jit_run(j, n, x, potentials, NULL);                 n samples
 *     ttfs_jit_close(j);
 *
 * Instances are independent of each other. Calls on one instance from several threads are safe;
 * they take turns. The graph may be freed after ttfs_jit_open. Nothing is allocated by a run.
 */
#ifndef TTFS_JIT_H
#define TTFS_JIT_H

#include "spike.h"

typedef struct TtfsJit TtfsJit;

/* How a layer takes its sources' spikes. */
typedef enum {
    TTFS_JIT_CHOOSE, /* the cost model decides, layer by layer */
    TTFS_JIT_DENSE,  /* every weight is used, silent or not */
    TTFS_JIT_EVENTS  /* only weights of sources that fired, where the layer allows it */
} TtfsJitPath;

/* All zeros is what one wants. */
typedef struct {
    uint32_t threads;  /* most threads of a run, the caller's included; 0: its cores, 64 at most */
    const char *cache; /* folder of compiled code; NULL: none is kept. "", or one that others can
                          write to: none either, and a note says why */
    uint64_t cache_bytes; /* bound of that folder; 0: 256 MiB */
    const char *dump;     /* folder for the LLVM text before and after optimisation; NULL: none */
    const char *cpu;      /* LLVM's name of the processor to compile for; NULL: this one */
    TtfsJitPath path;
} TtfsJitOptions;

/* Compiles a graph that passed ttfs_spike_check. `options` NULL: all zeros. On failure (no memory,
 * unknown processor, an error of LLVM) NULL, and diag has JIT_COMPILE, JIT_MEMORY or MEMORY. */
TtfsJit *ttfs_jit_open(const TtfsSpike *s, const TtfsJitOptions *options, TtfsDiag *diag);
void ttfs_jit_close(TtfsJit *j);

/* When LLVM finds no memory for itself it aborts the process: it cannot go on, and cannot be left.
 * A program that wants another end says so here, for all of the process: `act` ends it. It is also
 * what operator new calls. */
void ttfs_jit_when_starved(void (*act)(void));

/* Runs n samples. x: [n][input neurons], integers as ttfs_spike_encode gives them, each at most T
 * of the input. Either result may be NULL.
 * potentials: [n][readout neurons], of all readouts in order of population.
 * ticks: [n][neurons of all spiking populations], as TtfsTrace.tick: the tick of the spike in the
 * population's window, or 0xffff when the neuron is silent. */
void ttfs_jit_run(TtfsJit *j, uint64_t n, const uint16_t *x, int32_t *potentials, uint16_t *ticks);
/* The same from real values [n][input neurons], which are encoded as ttfs_spike_encode does. */
void ttfs_jit_run_real(TtfsJit *j, uint64_t n, const float *values, int32_t *potentials,
                       uint16_t *ticks);

/* Is given each spiking population of each sample in order: x [neurons], its integers (T - tick; 0:
 * silent), which it may change within 0..T; true: it has. `member`, below the threads, is whose
 * turn it is; members come side by side, each with samples of its own. */
typedef bool TtfsJitVisit(void *context, uint32_t member, uint64_t sample, uint32_t pop,
                          uint16_t *x);
/* The same run, of what `visit` leaves. */
void ttfs_jit_run_visited(TtfsJit *j, uint64_t n, const float *values, int32_t *potentials,
                          TtfsJitVisit *visit, void *context);

uint32_t ttfs_jit_inputs(const TtfsJit *j);   /* values of a sample */
uint32_t ttfs_jit_readouts(const TtfsJit *j); /* potentials of a sample */
uint64_t ttfs_jit_neurons(const TtfsJit *j);  /* ticks of a sample */

/* What was chosen, for reports. */
typedef struct {
    const char *name; /* of the population */
    /* How it is computed, in words: "4x2 pixels x 32 channels, u8 x s8 by four". */
    const char *kernel;
    bool events;     /* sparse tiles of samples take the event-driven path */
    const char *why; /* of the path; "" when there is none to choose */
    uint64_t macs;   /* of a sample */
} TtfsJitLayer;
uint32_t ttfs_jit_layers(const TtfsJit *j);
const TtfsJitLayer *ttfs_jit_layer(const TtfsJit *j, uint32_t i);

typedef struct {
    const char *cpu;                               /* what the code is for */
    uint32_t threads, chunk;                       /* samples that a thread takes at a time */
    uint64_t code_bytes, weight_bytes, work_bytes; /* work: of all threads */
    double open_seconds, generate_seconds;         /* generate: 0 when all came from the cache */
    uint32_t cached, generated;                    /* layers whose code was found, was made */
} TtfsJitStats;
void ttfs_jit_stats(const TtfsJit *j, TtfsJitStats *out);

#endif
