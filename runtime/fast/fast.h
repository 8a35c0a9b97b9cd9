/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast engine: the IR as the relu engine evaluates it, sixteen samples side by side, its sums
 * by code that LLVM makes for this processor.
 *
 * What has weights is summed in float32 by fused multiply-adds, in one order: a convolution's by
 * kernel row, kernel column, channel; a matrix's by input. Then scale and bias, by one more. Where
 * outputs alone are wanted of a network that rounds nothing, convolutions of 3 x 3 with enough
 * channels go through Winograd's tiles (fast_winograd.h), whose sums are over channels: as near to
 * the definition as plain ones (2.5 times as far off in the mean), with a quarter of the products.
 * Their weights take four times the memory: 36 factors for each kernel of 9.
 * A value that float32 no longer holds may spread to its neighbours in a tile, and does so from
 * 1e36 on. So a value depends on its sample alone, neither on threads, nor on the other samples of
 * a run, nor on the width of a processor's vectors. The relu engine, whose sums are float64, is the
 * definition; what is not a sum is its code.
 */
#ifndef TTFS_FAST_H
#define TTFS_FAST_H

#include "ir.h"

enum { TTFS_FAST_SAMPLES = 16 }; /* most of a run */

typedef struct TtfsFast TtfsFast;
typedef struct TtfsFastWork TtfsFastWork;

typedef struct {
    /* Every tensor is computed as its node says, and can be seen. Else normalisation, residual sums
     * and bounds behind a sum go with it, and outputs alone are there after a run. */
    bool whole;
    const char *cpu; /* code for that processor, by LLVM's name; NULL: this one */
} TtfsFastOptions;

/* `ir` must outlive it; NULL with JIT_COMPILE. All threads share it; each runs on a work of its
 * own. */
TtfsFast *ttfs_fast_open(const TtfsIr *ir, const TtfsFastOptions *o, TtfsDiag *diag);
void ttfs_fast_close(TtfsFast *f);
TtfsFastWork *ttfs_fast_work(const TtfsFast *f);
void ttfs_fast_drop(TtfsFastWork *w);

/* Is shown the output of a node in a run: the values of its `n` samples, one after the other, valid
 * during the call. */
typedef void TtfsFastSeen(void *context, const TtfsNode *node, const float *values, uint64_t n);

/* Runs `n` samples, 1..TTFS_FAST_SAMPLES, which lie one after the other. `seen`, for a whole one
 * only and else NULL, is shown every node in order. */
void ttfs_fast_run(TtfsFastWork *w, const float *x, uint64_t n, TtfsFastSeen *seen, void *context);
/* Changes a tensor of a run in place, the input or what a step has made: element after element, its
 * values of TTFS_FAST_SAMPLES samples side by side. */
typedef void TtfsFastChange(void *context, TtfsTensor t, float *values);
/* The same run of what `change` leaves: it is called with the input, then after every step. */
void ttfs_fast_run_changed(TtfsFastWork *w, const float *x, uint64_t n, TtfsFastChange *change,
                           void *context);
/* Takes the weights of sums anew from the network's constants. No run may be under way. */
void ttfs_fast_reload(TtfsFast *f);
/* Values of an output in the last run, sample after sample; valid until the next call. */
const float *ttfs_fast_output(TtfsFastWork *w, uint32_t output);

#endif
