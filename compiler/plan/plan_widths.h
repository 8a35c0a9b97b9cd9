/* SPDX-License-Identifier: Apache-2.0
 *
 * Widths that a population's numbers need of a chip, proven from interval bounds: what a chip is
 * checked against, and what one that is made for a network gets.
 */
#ifndef TTFS_PLAN_WIDTHS_H
#define TTFS_PLAN_WIDTHS_H

#include "spike.h"

/* The channel that needs most bits of something. */
typedef struct {
    uint32_t channel, bits;
} TtfsNeed;

typedef struct {
    TtfsNeed acc, slope, ramp; /* two's complement; two's complement; unsigned */
    uint32_t weight;           /* two's complement */
} TtfsWidths;

/* All 0 of a population without sums. Cost: its weights. */
TtfsWidths ttfs_plan_widths(const TtfsSpike *s, TtfsPop p);

#endif
