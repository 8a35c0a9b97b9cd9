/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike traces as NIRData (NIRGraphData of the package nir 1.0): an HDF5 file that nir.read_data
 * reads. A node for every population, named as it is, with an observable: `spikes`, EventData, of
 * one that spikes; `membrane`, TimeGriddedData of one step, of a readout. Times are ticks of the
 * sample, dt = 1. A '/' of a name, which HDF5 does not take, is a '.'.
 */
#ifndef TTFS_NIRD_H
#define TTFS_NIRD_H

#include "trace.h"

typedef struct TtfsNird TtfsNird;

/* Begins the file of `samples` samples in `out`, which is empty; lies in the arena. Held are the
 * spikes of as many samples as a chunk has, 64 or as few as have 2^24 neurons, and of every chunk
 * where it is. */
TtfsNird *ttfs_nird_begin(const TtfsSpike *s, uint64_t samples, TtfsBuf *out, TtfsArena *a);
/* Sample i, from 0, each once and in order; appends the chunks that are whole with it. */
void ttfs_nird_sample(TtfsNird *n, const TtfsTrace *t, uint64_t i, TtfsBuf *out);
/* Appends the rest. `head` gets the bytes that the file begins with, in place of those there. */
void ttfs_nird_end(TtfsNird *n, TtfsBuf *out, TtfsBuf *head);

#endif
