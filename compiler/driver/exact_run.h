/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact run: samples through the network in continuous time, beside plain sums and the relu engine.
 */
#ifndef TTFS_EXACT_RUN_H
#define TTFS_EXACT_RUN_H

#include "exact.h"
#include "judge.h"
#include "session.h"

typedef struct {
    TtfsSessionOptions session;
    TtfsExactOptions exact;
    const char *outputs; /* file for the values of the outputs (.npy, .npz); NULL: none */
} TtfsExactJob;

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

/* Runs the samples; NULL when something went wrong on the way. */
TtfsExactRun *ttfs_exact_run_samples(const TtfsExactJob *job, TtfsDiag *diag);
const TtfsExactResult *ttfs_exact_run_result(const TtfsExactRun *x);
void ttfs_exact_run_close(TtfsExactRun *x);

#endif
