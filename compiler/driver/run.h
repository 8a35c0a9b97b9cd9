/* SPDX-License-Identifier: Apache-2.0
 *
 * Run: samples through one engine, beside the relu engine, and what is counted on the way.
 */
#ifndef TTFS_RUN_H
#define TTFS_RUN_H

#include "judge.h"
#include "session.h"

typedef struct {
    TtfsSessionOptions session;
    uint32_t engine;     /* TTFS_ENGINE_RELU, GOLDEN, JIT or RTL */
    bool classes_only;   /* count classes only: neither relu beside the engine nor spikes */
    bool traced;         /* keep the spike traces, of relu the values, as text */
    const char *outputs; /* file for the values of the outputs (.npy, .npz); NULL: none */
    TtfsJitOptions jit;
} TtfsRunJob;

typedef struct {
    const char *engine;
    const TtfsJudge *judge;
    TtfsTally tally;
    uint64_t samples, spikes, cycles, hidden; /* hidden: neurons */
    uint64_t inputs, clipped; /* values of all samples, and those outside the encoder's range */
    bool spiking, counted;    /* counted: spikes are */
    double rate;              /* samples a second inside the engine */
    uint32_t latency;         /* ticks */
    const TtfsJit *jit;       /* NULL for other engines */
} TtfsRunResult;

typedef struct TtfsRun TtfsRun;

/* Runs the samples; NULL when something went wrong on the way. */
TtfsRun *ttfs_run(const TtfsRunJob *job, TtfsDiag *diag);
const TtfsRunResult *ttfs_run_result(const TtfsRun *r);
/* The traces of the samples in order; empty unless they were asked for. */
const TtfsBuf *ttfs_run_traces(const TtfsRun *r);
void ttfs_run_close(TtfsRun *r);

#endif
