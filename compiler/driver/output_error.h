/* SPDX-License-Identifier: Apache-2.0
 *
 * How far the outputs of an engine are from what they should be (relu's, or labels), over all
 * samples of a run.
 */
#ifndef TTFS_OUTPUT_ERROR_H
#define TTFS_OUTPUT_ERROR_H

#include "ir.h"
#include "pieces.h"

/* In real units. */
typedef struct {
    uint64_t n;       /* values */
    double most, sum; /* largest and summed |got - want| */
    double lo, hi;    /* smallest and largest want */
} TtfsOutputError;

typedef struct {
    uint32_t outputs;
    uint64_t samples;
    const TtfsOutput *output;
    TtfsOutputError *at; /* [sample][output]: threads write apart, sums have one order; NULL:
                            nothing is counted */
} TtfsOutputErrors;

void ttfs_output_errors_open(TtfsOutputErrors *e, const TtfsOutput *output, uint32_t outputs,
                             uint64_t samples, TtfsArena *a);
/* One value of an output of a sample. */
void ttfs_output_errors_add_one(TtfsOutputErrors *e, uint64_t sample, uint32_t output, double want,
                                double got);
/* Of an output over all samples. */
TtfsOutputError ttfs_output_errors_whole(const TtfsOutputErrors *e, uint32_t output);
/* What errors are relative to: the range of what the output should be; its size when it is one
 * value all the time; 1 when that is 0. */
double ttfs_output_error_scale(const TtfsOutputError *e);

#endif
