/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether the samples of a run are like those of calibration: the share of neurons that are silent,
 * and that fire in their window's first tick, population by population.
 */
#ifndef TTFS_RESEMBLE_H
#define TTFS_RESEMBLE_H

#include "out.h"

/* Counted by one thread; sums over threads are the run's. */
typedef struct {
    uint64_t *spikes, *saturated; /* [populations] */
} TtfsShares;

TtfsShares ttfs_shares(const TtfsSpike *s, TtfsArena *a);
/* The spikes of hidden populations. */
uint64_t ttfs_shares_add(TtfsShares *n, const TtfsTrace *t);
void ttfs_shares_merge(TtfsShares *to, const TtfsShares *from, const TtfsSpike *s);

/* Warns (DATA_UNLIKE) of the population that is farthest off, and says of how many others it is
 * true. Nothing where the folder was compiled without samples, and of fewer than 8 samples. */
void ttfs_resemble(TtfsOut *o, const TtfsShares *n, uint64_t samples, TtfsDiag *diag);

#endif
