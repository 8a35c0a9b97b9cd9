/* SPDX-License-Identifier: Apache-2.0
 *
 * Run: samples through one engine, beside the relu engine, and what is counted on the way.
 */
#ifndef TTFS_RUN_H
#define TTFS_RUN_H

#include "output_error.h"
#include "session.h"

typedef struct {
    TtfsSessionOptions session;
    uint32_t engine;   /* TTFS_ENGINE_RELU, GOLDEN, JIT or RTL */
    bool classes_only; /* count classes only: neither relu beside the engine nor spikes */
    bool traced;       /* keep the spike traces as text */
    TtfsJitOptions jit;
} TtfsRunJob;

typedef struct {
    const char *engine;
    uint64_t samples, right, agree, spikes, cycles, clipped, hidden; /* hidden: neurons */
    bool labelled, compared, spiking, counted; /* has labels; relu ran beside; spikes are counted */
    double rate;                               /* samples a second inside the engine */
    uint32_t latency;                          /* ticks */
    const TtfsJit *jit;                        /* NULL for other engines */
    TtfsOutputErrors errors; /* of the outputs, when relu ran beside a spiking engine */
} TtfsRunResult;

typedef struct TtfsRun TtfsRun;

/* Runs the samples; NULL when something went wrong on the way. */
TtfsRun *ttfs_run(const TtfsRunJob *job, TtfsDiag *diag);
const TtfsRunResult *ttfs_run_result(const TtfsRun *r);
/* The traces of the samples in order; empty unless they were asked for. */
const TtfsBuf *ttfs_run_traces(const TtfsRun *r);
void ttfs_run_close(TtfsRun *r);

#endif
