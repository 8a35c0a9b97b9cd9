/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be wrong with a chip, on the integers of a spike graph: spikes that come some ticks off
 * or not at all, neurons that are stuck, weights with other bits, a class that is read early. In:
 * values (T - tick; 0: silent), weights; out: the disturbed ones. Numbers are drawn by Philox, key
 * (seed, what), counter (trial, sample, population or connection, neuron or weight): nothing
 * depends on threads or on order. Without a fault nothing is changed.
 */
#ifndef TTFS_FAULTY_H
#define TTFS_FAULTY_H

#include "spike.h"

/* Of spikes; populations and samples count from 0. */
typedef struct {
    double jitter; /* standard deviation of a spike's tick, in ticks: k' = clamp(k + round(N), 0,
                      T - 1), halves up; of the input's and of neurons that ramp (pools pass on) */
    double drop;   /* probability that such a spike is lost */
    double stuck;  /* probability that a neuron that ramps never fires, drawn once a trial */
    uint32_t seed, trial;
} TtfsSpikeFaults;

/* What a population's values x become; true: they may differ. */
bool ttfs_faulty_spikes(const TtfsSpike *s, const TtfsSpikeFaults *f, uint32_t sample, uint32_t pop,
                        uint16_t *x);

/* Of weights, drawn once a trial. */
typedef struct {
    double flip;  /* probability of each of the bits that hold a weight, in two's complement */
    double noise; /* w' = clamp(round(w (1 + N(0, noise)))), halves up; before bits flip */
    bool added;   /* ... w + N(0, noise) times the connection's largest |w| */
    uint32_t seed, trial;
} TtfsWeightFaults;

/* The graph with other weights; all else is shared with `s`, which must outlive it; weights that
 * connections share stay shared. An error where a potential may now pass int32. */
bool ttfs_faulty_weights(const TtfsSpike *s, const TtfsWeightFaults *f, const char *file,
                         TtfsSpike *out, TtfsDiag *diag);

/* What is not yet there of the values that readouts read when a class is read after `share` of the
 * last window, in ticks rounded half up: x' = max(0, x - late). */
typedef struct {
    uint32_t *late; /* [populations] */
    uint64_t at;    /* tick of the sample at which the class is read */
    const char
        *layer; /* both: a population with late > 0 that others than readouts read, and ... */
    const char *reader; /* ... the first of those; NULL: none, as it must be */
} TtfsEarly;
TtfsEarly ttfs_faulty_early(const TtfsSpike *s, double share, TtfsArena *a);

#endif
