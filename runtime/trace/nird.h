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

/* For `samples` samples; lies in the arena, which holds all spikes until they are written. NULL
 * when what does not depend on spikes takes more than `most` bytes. */
TtfsNird *ttfs_nird_open(const TtfsSpike *s, uint64_t samples, uint64_t most, TtfsArena *a);
/* Sample i, from 0; each once. False when with it the trace, and the largest table that writing it
 * makes, take more than that. */
bool ttfs_nird_sample(TtfsNird *n, uint64_t i, const TtfsTrace *t);
/* Appends the bytes of the file. */
void ttfs_nird_write(const TtfsNird *n, TtfsBuf *out);

#endif
