/* SPDX-License-Identifier: Apache-2.0
 *
 * What a sample takes of a chip, estimated.
 */
#ifndef TTFS_ENERGY_H
#define TTFS_ENERGY_H

#include "chip.h"
#include "spike.h"

/* Events, ticks and spikes of a sample, with the rates of calibration, weighted with the chip's
 * estimates. No board was measured. */
typedef struct {
    double events, ticks, spikes; /* spikes that meet a synapse, ticks of neurons, spikes */
    double nanojoules;
} TtfsEnergy;
TtfsEnergy ttfs_energy(const TtfsSpike *s, const TtfsChip *chip);

#endif
