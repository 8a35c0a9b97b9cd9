/* SPDX-License-Identifier: Apache-2.0
 *
 * Trials: a canonical network quantised with one setting, run on calibration samples that were held
 * back from windows and fits, and held against the float network.
 */
#ifndef TTFS_TRIAL_H
#define TTFS_TRIAL_H

#include "pipeline.h"

/* What a trial is judged on. Lies in the pipeline's arena. */
typedef struct {
    TtfsPipeline *f;
    const TtfsJob *job;
    TtfsLogits all;    /* of the float network: windows' samples, then those held back */
    TtfsLogits seen;   /* of them, without those for proof */
    uint64_t held;     /* samples held back: the even ones for choosing, the odd for proof */
    float *values;     /* [held][elements], as the model takes them */
    uint64_t elements; /* of a sample */
    uint64_t right;    /* of those for choosing, by the float network; with labels */
    const char *cache; /* folder of compiled code; NULL: none */
} TtfsBench;

/* Reads the samples, and labels where the target is of accuracy; runs the float network. The
 * pipeline is calibrated. */
bool ttfs_bench_open(TtfsBench *b, TtfsPipeline *f, const TtfsJob *job, TtfsDiag *diag);
/* Quantises with `with` and judges. False: somebody wants it to stop, or there is no memory. */
bool ttfs_bench_try(const TtfsBench *b, const TtfsSpikeOptions *with, TtfsTried *out,
                    TtfsDiag *diag);

#endif
