/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike graph + device -> the chip of one core that fits both: widths that the network's numbers
 * need, features that it has, memories that its plan uses, as many lanes as the device takes.
 */
#ifndef TTFS_SPIKE_TO_CHIP_H
#define TTFS_SPIKE_TO_CHIP_H

#include "device.h"
#include "spike.h"
#include "spike_to_plan.h"

/* The chip's name is the device's. Lanes: `lanes` of them, or with 0 of those numbers that fewer
 * groups of channels come from than from any smaller one, the largest with which the chip fits.
 * What the chip takes of the device, as estimated, goes to *size. DEVICE_FIT when none fits: what
 * the nearest is short of, each with figures. */
bool ttfs_spike_to_chip(const TtfsSpike *s, const TtfsDevice *d, TtfsSchedule schedule,
                        uint32_t lanes, const char *file, TtfsChip *chip, TtfsSize *size,
                        TtfsDiag *diag);

#endif
