/* SPDX-License-Identifier: Apache-2.0
 *
 * Run: samples through one engine, beside the relu engine, and what is counted on the way.
 */
#ifndef TTFS_RUN_H
#define TTFS_RUN_H

#include "agreement.h"
#include "kept.h"
#include "lanes.h"
#include "neurobench.h"
#include "resemble.h"
#include "session.h"
#include "watch.h"

typedef struct {
    const char *engine;
    const TtfsJudge *judge;
    TtfsTally tally;
    uint64_t samples, spikes, hidden; /* hidden: neurons */
    TtfsLanes lanes;                  /* cycles of turns; what cores counted */
    uint64_t latency_cycles;          /* of all samples, each from its start to its results */
    uint64_t inputs, clipped; /* values of all samples, and those outside the encoder's range */
    bool spiking, counted;    /* counted: spikes are */
    double rate;              /* samples a second inside the engine */
    uint32_t latency;         /* ticks */
    const TtfsJit *jit;       /* NULL for other engines */
    const TtfsNeurobench *neurobench; /* NULL: spikes were not counted */
    TtfsActivity activity;
    const TtfsAgreement *agreement; /* layer by layer; NULL: not asked for */
    const TtfsWatch *watch;         /* NULL: spikes were not counted */
    const TtfsShares *shares;       /* likewise */
} TtfsRunResult;

typedef struct TtfsRun TtfsRun;

/* Runs the samples on `engine`, TTFS_ENGINE_RELU, GOLDEN, JIT, RTL or BOARD, fills `kept`, which
 * outlives the run, and writes the files that are asked for; NULL when something went wrong on the
 * way. */
TtfsRun *ttfs_run(const TtfsRunOptions *o, uint32_t engine, TtfsKept *kept, TtfsDiag *diag);
const TtfsRunResult *ttfs_run_result(const TtfsRun *r);
void ttfs_run_close(TtfsRun *r);

#endif
