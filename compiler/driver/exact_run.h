/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact run: samples through the network in continuous time, beside plain sums and the relu engine.
 */
#ifndef TTFS_EXACT_RUN_H
#define TTFS_EXACT_RUN_H

#include "exact.h"
#include "judge.h"
#include "kept.h"
#include "session.h"

/* Sums over threads and, for the whole, over the hidden layers. */
typedef struct {
    const TtfsNet *net;
    TtfsExactOptions options;
    TtfsExactStat *layer, hidden; /* [net's layers] */
    double max_error, rate, latency;
    uint64_t samples, beyond;
    const TtfsJudge *judge;
    TtfsTally tally;
} TtfsExactResult;

typedef struct TtfsExactRun TtfsExactRun;

/* Runs the samples, fills `kept`, which outlives the run, and writes the outputs if that is asked
 * for; NULL when something went wrong on the way. */
TtfsExactRun *ttfs_exact_run_samples(const TtfsRunOptions *o, TtfsKept *kept, TtfsDiag *diag);
const TtfsExactResult *ttfs_exact_run_result(const TtfsExactRun *x);
void ttfs_exact_run_close(TtfsExactRun *x);

#endif
