/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast engine as a network of noisy spikes: sums in float32, sixteen samples side by side, and
 * after each what neurons make of it by the exact engine's closed forms (closed.h). In: a canonical
 * network, the values that windows must hold, what is wrong with the neurons; out: outputs, spikes,
 * how far values are from those without fault. Invariant: what a sample gives depends on the
 * options, its number and its values alone.
 */
#ifndef TTFS_NOISY_H
#define TTFS_NOISY_H

#include "exact.h"

enum {
    TTFS_NOISY_SAMPLES = 16,   /* most of a run */
    TTFS_NOISY_ERROR_BITS = 26 /* of what stands for a whole window in counts of errors */
};

typedef struct TtfsNoisy TtfsNoisy;         /* the network; all threads share it */
typedef struct TtfsNoisyRule TtfsNoisyRule; /* neurons of some options, for all threads */
typedef struct TtfsNoisyWork TtfsNoisyWork; /* a thread's */

/* `canonical` must outlive it. `weights`: they will be disturbed. NULL with an error. */
TtfsNoisy *ttfs_noisy_open(const TtfsIr *canonical, const char *file, bool weights, TtfsDiag *diag);
void ttfs_noisy_close(TtfsNoisy *n);

/* Gaussian noise of weights, drawn once a trial: w (1 + N(0, sd)), or with `added`
 * w + N(0, sd max |w| of the layer); sd 0: none. Key (seed, TTFS_DRAW_WEIGHT), counter (trial, 0,
 * constant of the network, weight). */
typedef struct {
    double sd;
    bool added;
    uint32_t seed, trial;
} TtfsNoisyWeights;
/* Rules that were made before must not be used any more. No run may be under way. */
bool ttfs_noisy_weights(TtfsNoisy *n, const TtfsNoisyWeights *w, TtfsDiag *diag);

/* `early`: share of the last window after which the class is read; 1: all of it. */
TtfsNoisyRule *ttfs_noisy_rule(const TtfsNoisy *n, const TtfsExactTops *tops,
                               const TtfsExactOptions *options, double early);
/* Of a rule whose class is read early: a layer that would be cut short and that not only readouts
 * read, and the first such reader; false: there is none. */
bool ttfs_noisy_early_reader(const TtfsNoisyRule *r, uint32_t *layer, uint32_t *reader);
void ttfs_noisy_rule_close(TtfsNoisyRule *r);
/* End of the last window, or when the class is read, in units of time from the start of the sample.
 */
double ttfs_noisy_latency(const TtfsNoisyRule *r);

/* Of hidden neurons, over samples: whole numbers, so that sums have one value in any order. */
typedef struct {
    uint64_t spikes, saturated; /* spikes: of model b those that come before the window's end;
                                   saturated: neurons that fire as their window opens, or at the
                                   bound that the network gives them */
    uint64_t *error; /* [layers]: a sample's mean distance to the value without fault, a share of
                        what the window must hold, times 2^TTFS_NOISY_ERROR_BITS, rounded */
} TtfsNoisyCount;

TtfsNoisyWork *ttfs_noisy_work(const TtfsNoisy *n);
void ttfs_noisy_drop(TtfsNoisyWork *w);
/* Runs `n` samples, numbers from `first` on, without fault: what the next runs are held against. */
void ttfs_noisy_begin(TtfsNoisyWork *w, const float *x, uint64_t first, uint64_t n);
/* Runs the same samples as `r` has it, and adds to `count`. */
void ttfs_noisy_run(TtfsNoisyWork *w, const TtfsNoisyRule *r, TtfsNoisyCount *count);
/* Values of an output in the last run, sample after sample; valid until the next call. */
const float *ttfs_noisy_output(TtfsNoisyWork *w, uint32_t output);

#endif
