/* SPDX-License-Identifier: Apache-2.0
 *
 * What cores take differs from sample to sample, and a slot lasts as long as the slowest core of
 * its samples: longer than any core does in the mean. Inside of the cycle formula and of solvers.
 */
#ifndef TTFS_PLAN_SPREAD_H
#define TTFS_PLAN_SPREAD_H

#include "spike.h"

enum { TTFS_SPREAD_ONE = 1000000, TTFS_SPREAD_REGION = 1024 };

/* How the work for a population varies between samples: squares of relative deviations, in 1 /
 * TTFS_SPREAD_ONE, of all of it alike, and of the work for a region of the grid that rates are
 * known by. */
typedef struct {
    uint64_t shared, own;
    uint64_t even; /* cycles of it that a core has in the mean over all cores */
    uint64_t base; /* the square by which a core that has none differs from that */
} TtfsVary;

/* What a core does for a population: cycles that go with the number of values which it reads, and
 * the regions that they come from, in 1 / TTFS_SPREAD_REGION. */
typedef struct {
    uint64_t moved, regions;
} TtfsMoved;

/* A core, or part of one: cycles in the mean, and the standard deviation. */
typedef struct {
    uint64_t mean, deviation;
} TtfsSpread;

/* By the deviations of the sources' rates; `even` is 0. */
TtfsVary ttfs_vary_of(const TtfsSpike *s, TtfsPop p);
void ttfs_vary_even(TtfsVary *v, uint64_t even);
/* The regions that rows x cols of the population's positions come from, one at the least. */
uint64_t ttfs_vary_regions(const TtfsSpike *s, TtfsPop p, uint64_t rows, uint64_t cols);
/* The square by which a core differs from the mean of all, of one population: what it has of it,
 * more than if it had none. */
int64_t ttfs_vary_square(const TtfsVary *v, const TtfsMoved *m);
uint64_t ttfs_spread_root(uint64_t n);
/* The expected maximum of so many that vary independently, normally distributed; no less than the
 * largest mean. */
uint64_t ttfs_spread_highest(const TtfsSpread *at, uint32_t n);

#endif
