/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors of outputs. In: what an engine gave and what it should have, value by value; out: the
 * largest and the mean error of each output, relative to the range of what it should be. Invariant:
 * the figures do not depend on which thread took which sample.
 */
#include "output_error.h"

#include <math.h>

void ttfs_output_errors_open(TtfsOutputErrors *e, const TtfsOutput *output, uint32_t outputs,
                             uint64_t samples, TtfsArena *a) {
    *e = (TtfsOutputErrors){.outputs = outputs,
                            .samples = samples,
                            .output = output,
                            .at = TTFS_ARRAY(a, TtfsOutputError, samples * outputs)};
}

static void merge(TtfsOutputError *to, const TtfsOutputError *from) {
    if (from->n == 0) return;
    to->lo = to->n ? fmin(to->lo, from->lo) : from->lo;
    to->hi = to->n ? fmax(to->hi, from->hi) : from->hi;
    to->most = fmax(to->most, from->most);
    to->sum += from->sum;
    to->n += from->n;
}

void ttfs_output_errors_add_one(TtfsOutputErrors *e, uint64_t sample, uint32_t output, double want,
                                double got) {
    double error = fabs(got - want);
    merge(&e->at[sample * e->outputs + output], &(TtfsOutputError){1, error, error, want, want});
}

TtfsOutputError ttfs_output_errors_whole(const TtfsOutputErrors *e, uint32_t output) {
    TtfsOutputError w = {0};
    for (uint64_t i = 0; i < e->samples; i++) merge(&w, &e->at[i * e->outputs + output]);
    return w;
}

double ttfs_output_error_scale(const TtfsOutputError *e) {
    if (e->hi > e->lo) return e->hi - e->lo;
    return e->hi != 0 ? fabs(e->hi) : 1;
}
