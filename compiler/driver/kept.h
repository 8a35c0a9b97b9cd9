/* SPDX-License-Identifier: Apache-2.0
 *
 * Kept: the values of all outputs of a run, for a file. They are held in memory until the run ends:
 * four bytes a value and sample.
 */
#ifndef TTFS_KEPT_H
#define TTFS_KEPT_H

#include "pieces.h"
#include "write.h"

typedef struct {
    const char *path;
    TtfsFloats *array; /* an output each, samples first; NULL: nothing is kept */
    float **values;
    uint32_t outputs;
} TtfsKept;

/* `path` ends with .npy (one output) or .npz (an array an output, by its name); NULL: nothing is
 * kept. */
bool ttfs_kept_open(TtfsKept *k, const char *path, const TtfsOutput *output, uint32_t outputs,
                    uint64_t samples, TtfsArena *a, TtfsDiag *diag);
/* One output of one sample; threads may take samples apart. */
void ttfs_kept_add(TtfsKept *k, uint64_t sample, uint32_t output, const double *values);
bool ttfs_kept_write(const TtfsKept *k, TtfsDiag *diag);

#endif
