/* SPDX-License-Identifier: Apache-2.0
 *
 * What a core keeps of a population: the union of what its tasks read of it. Of this buffers are
 * derived, and a solver counts with it before there are any.
 */
#ifndef TTFS_PLAN_READS_H
#define TTFS_PLAN_READS_H

#include "plan_geometry.h"

/* A part of a population that a core reads: the end is behind the last. Of what nobody reads, on a
 * core that makes it: all zeros. */
typedef struct {
    uint32_t core, pop;
    bool pooled;
    int64_t first[3], end[3]; /* channels, rows, columns */
    uint32_t pool_first;      /* channel */
    uint32_t copies;          /* at the least */
} TtfsRead;

/* What a task reads of its source `k`. */
TtfsRead ttfs_plan_reads(const TtfsPlan *p, const TtfsSpike *s, const TtfsTask *t, uint32_t k);
void ttfs_read_unite(TtfsRead *u, const TtfsRead *r);
/* Its buffer: elements from a column to the next; elements that lie before the first in its first
 * word, for a pool; words of a copy; copies are 2^banks. */
uint32_t ttfs_read_pitch(const TtfsRead *r);
uint32_t ttfs_read_before(const TtfsRead *r);
uint64_t ttfs_read_words(const TtfsRead *r);
uint32_t ttfs_read_banks(const TtfsRead *r);
/* Neurons of the population that it keeps: without its padding. */
uint64_t ttfs_read_neurons(const TtfsSpike *s, const TtfsRead *r);
/* Their expected rate, in 1e-6. */
uint32_t ttfs_read_rate(const TtfsSpike *s, const TtfsRead *r);

#endif
