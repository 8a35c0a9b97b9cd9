/* SPDX-License-Identifier: Apache-2.0
 *
 * Kept: the values of all outputs of a run and the spikes of all populations, for a file and for
 * whoever asked. They are held in memory until that is done: four bytes a value and sample, a
 * neuron and sample.
 */
#ifndef TTFS_KEPT_H
#define TTFS_KEPT_H

#include "trace.h"
#include "write.h"

typedef struct {
    TtfsArena *arena; /* the caller's: in which it lies; all else is 0 to begin with */
    const char *path;
    TtfsValues *array; /* outputs, then populations that spike; samples first */
    float **values;    /* of an output each; NULL: nothing is kept of them */
    int32_t **ticks;   /* of a population each (index id - 1), NULL of a readout; NULL: the same */
    uint32_t outputs, populations;
    bool told; /* the outputs are asked for, not only for the file */
} TtfsKept;

/* Whether a file's name ends so (".npz"), and has something before that. */
bool ttfs_kept_as(const char *path, const char *kind);
/* `outputs` of the options ends with .npy (one output) or .npz (an array an output, by its name);
 * what is not asked for is not kept. `spike`: NULL where nothing spikes in ticks, which keep_spikes
 * then is an error of. */
bool ttfs_kept_open(TtfsKept *k, const TtfsRunOptions *o, const TtfsOutput *output,
                    uint32_t outputs, uint64_t samples, const TtfsSpike *spike, TtfsDiag *diag);
/* One output of one sample; threads may take samples apart. */
void ttfs_kept_add(TtfsKept *k, uint64_t sample, uint32_t output, const double *values);
/* The spikes of one sample. */
void ttfs_kept_spikes(TtfsKept *k, uint64_t sample, const TtfsTrace *trace);
bool ttfs_kept_write(const TtfsKept *k, TtfsDiag *diag);
/* What was asked for, in order. */
uint32_t ttfs_kept_count(const TtfsKept *k);
const TtfsValues *ttfs_kept_array(const TtfsKept *k, uint32_t i);

#endif
