/* SPDX-License-Identifier: Apache-2.0
 *
 * The clock that the PLL of an FPGA makes of its board's oscillator.
 */
#ifndef TTFS_PLL_H
#define TTFS_PLL_H

#include "device.h"

/* The detector compares the oscillator divided by `reference` with what is fed back, divided by
 * `feedback`. iCE40 feeds its oscillator back (VCO), ECP5 the clock, which is the VCO's divided by
 * `output`. */
typedef struct {
    uint32_t reference, feedback, output;
    double detector_mhz, vco_mhz, mhz;
} TtfsPll;

/* Clocks that a device's PLL makes of its board's oscillator, in MHz: the slowest, and what none is
 * above; 0, 0: ttfs makes none of it. */
typedef struct {
    double least, most;
} TtfsPllRange;

TtfsPllRange ttfs_pll_range(const TtfsDevice *d);
/* The fastest clock that is not above `mhz`; of several ways to it that of the smallest reference,
 * then of the fastest VCO. False: there is none. */
bool ttfs_pll(const TtfsDevice *d, double mhz, TtfsPll *pll);

#endif
