/* SPDX-License-Identifier: Apache-2.0
 *
 * One face for the engines that yield spike traces: a block of samples in, their traces out. golden
 * runs a sample at a time and rtl a row of them, on an instance a thread; board has one; the jit
 * takes the block whole and has threads of its own.
 */
#ifndef TTFS_ENGINE_H
#define TTFS_ENGINE_H

#include "image.h"
#include "jit.h"
#include "progress.h"
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
    uint32_t threads;   /* instances of golden and rtl */
    uint64_t samples;   /* that will be run in all */
    const char *device; /* a board's serial or SPI device, of engine board */
    const TtfsSimWaves
        *waves; /* where the signals of engine rtl go, on one thread; NULL: nowhere */
    bool ticks; /* whether that engine shall get spikes, not only sums of readouts */
    TtfsJitOptions jit;
    TtfsProgress progress; /* of opening: a simulator may have to be built */
} TtfsEngineOptions;

/* What engines run; must outlive them. golden and jit read the graph, rtl reads the rest. */
typedef struct {
    const char *folder; /* where it came from, for messages */
    const TtfsSpike *spike;
    const TtfsImage *image;     /* NULL: there is none */
    const TtfsFileSet *verilog; /* of the chip, code that will be run; NULL: there is none */
    const TtfsFileSet *netlist, *bitstream, *asic; /* the same in place of the chip's own Verilog */
    bool netlist_traced;                           /* it gives spikes to the host alone */
    const char *wrapper;                           /* path of sim_chip.cpp */
    const uint64_t *slot_limit; /* [image's slots]: cycles after which a run is given up */
} TtfsEngineSource;

typedef struct {
    TtfsArena arena;
    const char *name;
    double seconds; /* spent in runs so far */
    uint32_t threads;
    void **instance; /* [threads]: golden, rtl */
    uint64_t
        row; /* samples that an instance of rtl runs one after the other, out of reset; else 1 */
    bool (*run)(void *instance, uint64_t n, const uint16_t *x, TtfsTrace *out,
                const TtfsProgress *progress, TtfsDiag *diag);
    void (*close)(void *instance);
    TtfsSimChip *chip;     /* rtl's */
    TtfsJit *jit;          /* the jit; NULL for other engines */
    uint32_t inputs;       /* values of a sample */
    TtfsProgress progress; /* of a run of golden or rtl: samples of the block */
} TtfsEngine;

/* Names of the engines, NULL at the end. relu and exact yield no spikes; run has them apart. */
extern const char *const ttfs_engine_names[];
enum {
    TTFS_ENGINE_RELU,
    TTFS_ENGINE_GOLDEN,
    TTFS_ENGINE_JIT,
    TTFS_ENGINE_RTL,
    TTFS_ENGINE_EXACT,
    TTFS_ENGINE_NETLIST,
    TTFS_ENGINE_BITSTREAM,
    TTFS_ENGINE_ASIC,
    TTFS_ENGINE_BOARD
};

/* The device of "board:DEVICE", which is how that engine is named; NULL: another engine. */
const char *ttfs_engine_device(const char *name);
/* False for "board" and "board:", which lack it: OPTION_VALUE. */
bool ttfs_engine_device_named(const char *option, const char *name, TtfsDiag *diag);

/* Opens any but relu and exact. netlist, bitstream and asic are rtl with other Verilog. */
bool ttfs_engine_open(TtfsEngine *e, uint32_t which, const TtfsEngineOptions *options,
                      const TtfsEngineSource *source, TtfsDiag *diag);
void ttfs_engine_close(TtfsEngine *e);
/* The rest of the signals that are watched goes where they go, and no more. */
void ttfs_engine_unwatch(TtfsEngine *e);
/* Most samples that are worth giving at a time: a block of a slow engine is short, so that progress
 * is seen. Blocks but the last are multiples of the engine's `row`. */
uint64_t ttfs_engine_block(const TtfsEngine *e);
/* What a sample costs, roughly, in samples of golden or relu. */
double ttfs_engine_cost(const TtfsEngine *e);
/* Whether the engine can do without the ticks of its traces. */
bool ttfs_engine_spares_ticks(const TtfsEngine *e);
/* Runs n samples, x: [n][inputs]; fills the first n traces. */
bool ttfs_engine_run(TtfsEngine *e, uint64_t n, const uint16_t *x, TtfsTraces *out, TtfsDiag *diag);
/* Raises most[slot] to the most clock cycles that a turn took in that slot; false when the engine
 * has no clock. */
bool ttfs_engine_slot_cycles(const TtfsEngine *e, uint64_t *most, uint32_t slots);
/* Adds what the cores of a chip counted in all runs (sim.h) to count[core * TTFS_COUNTS ..]; false
 * when the engine has no chip, or one without counters. */
bool ttfs_engine_counts(const TtfsEngine *e, uint64_t *count, uint32_t cores);

#endif
