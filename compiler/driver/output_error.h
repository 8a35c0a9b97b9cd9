/* SPDX-License-Identifier: Apache-2.0
 *
 * How far the outputs of an engine are from those of the relu engine, over all samples of a run.
 */
#ifndef TTFS_OUTPUT_ERROR_H
#define TTFS_OUTPUT_ERROR_H

#include "ir.h"
#include "pieces.h"

#include <cjson/cJSON.h>

/* Of one output and sample, in real units. */
typedef struct {
    double most, sum, largest; /* largest and summed |got - want|, largest |want| */
} TtfsOutputError;

typedef struct {
    uint32_t outputs;
    uint64_t samples, widest; /* elements of the largest output */
    const TtfsOutput *output; /* outputs of them, or NULL: nothing is counted */
    TtfsOutputError *at;      /* [sample][output]: threads write apart, sums have one order */
} TtfsOutputErrors;

/* Counts when a class does not say it all: several outputs, or one that is no vector of classes.
 * False when `net` has other outputs. */
bool ttfs_output_errors_open(TtfsOutputErrors *e, const TtfsOutput *output, uint32_t outputs,
                             const TtfsIr *net, uint64_t samples, const char *folder, TtfsArena *a,
                             TtfsDiag *diag);
void ttfs_output_errors_add(TtfsOutputErrors *e, uint64_t sample, uint32_t output,
                            const float *want, const double *got);
/* Of an output over all samples, relative to its largest value. */
TtfsOutputError ttfs_output_errors_whole(const TtfsOutputErrors *e, uint32_t output);
/* Adds the key `outputs` to `j`, when something was counted. */
void ttfs_output_errors_json(const TtfsOutputErrors *e, cJSON *j);

#endif
