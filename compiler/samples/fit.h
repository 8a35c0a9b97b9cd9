/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether samples are what a network takes: number of elements, order of axes, range of values.
 */
#ifndef TTFS_FIT_H
#define TTFS_FIT_H

#include "samples.h"

/* The shape of one sample as the network takes it. */
typedef struct {
    uint32_t rank;
    uint64_t dim[TTFS_ARRAY_RANK];
} TtfsSampleShape;

/* The range of real values that calibration saw. */
typedef struct {
    bool known;
    double lo, hi;
} TtfsSeenRange;

/* Refuses samples of another number of elements, or none. Samples are taken element by element in
 * the order of their axes; it warns when their axes are the network's in another order, and notes
 * another cut into axes. */
bool ttfs_samples_fit(const TtfsArray *a, const TtfsInputMap *map, const TtfsSampleShape *shape,
                      TtfsDiag *diag);
/* Warns when what the first `samples` uint8 samples become is another range than calibration saw,
 * as when they hold 0 to 16 of 255. */
void ttfs_samples_range(const TtfsArray *a, uint64_t samples, const TtfsInputMap *map,
                        const TtfsSeenRange *seen, TtfsDiag *diag);
/* Warns when more than 1 % of `values` inputs were `clipped` to the encoder's range. */
void ttfs_samples_clipped(const char *file, uint64_t clipped, uint64_t values, double lo, double hi,
                          TtfsDiag *diag);

#endif
