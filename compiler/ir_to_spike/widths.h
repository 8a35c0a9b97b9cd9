/* SPDX-License-Identifier: Apache-2.0
 *
 * What fewer bits of a layer's weights cost, for choices between layers.
 */
#ifndef TTFS_WIDTHS_H
#define TTFS_WIDTHS_H

#include "ir_to_spike.h"

typedef struct {
    const char *name; /* of the population */
    uint64_t weights;
    uint32_t bits; /* that it was lowered with */
    /* [bits], 2 to `bits`: its squared error over its square on the samples held back, with so many
     * bits a weight; infinite where the network would be refused. */
    double noise[TTFS_MOST_WEIGHT_BITS + 1];
} TtfsLayerWidths;

typedef struct {
    TtfsArena arena;
    TTFS_VEC(TtfsLayerWidths) at; /* layers with weights, in order */
} TtfsWidths;

/* Lowers with plain weights of options->weight_bits (a layer's own go before) and tries each layer
 * with fewer, plain and, where they are few, fitted, behind layers that keep theirs. Needs
 * options->fit; false with an error when there are too few samples, or the network is refused. */
bool ttfs_measure_widths(const TtfsIr *ir, const TtfsCalib *calib, const TtfsSpikeOptions *options,
                         const char *file, TtfsWidths *out, TtfsDiag *diag);

#endif
