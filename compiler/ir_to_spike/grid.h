/* SPDX-License-Identifier: Apache-2.0
 *
 * Weight grids: rounding real weights to integers of a range times a quantum, and how much that
 * loses. Private to ir_to_spike.
 */
#ifndef TTFS_GRID_H
#define TTFS_GRID_H

#include <stdint.h>

/* The integers that a weight can be, low < 0 < high. */
typedef struct {
    double low, high;
} TtfsLevels;

/* Of a weight that is shared out to so many synapses of `bits` bits in two's complement. */
TtfsLevels ttfs_grid_levels(uint32_t bits, uint32_t synapses);
/* The finest quantum that clips none of `w` on those levels; 0 when all are 0. */
double ttfs_grid_quantum(const float *w, uint64_t n, TtfsLevels levels);
/* sum (w - q quantum)^2 with q = clamp(round(w / quantum)). */
double ttfs_grid_error(const float *w, uint64_t n, double quantum, TtfsLevels levels);
/* Writes the integers q; returns how many were clipped. */
uint64_t ttfs_grid_round(const float *w, uint64_t n, double quantum, TtfsLevels levels, int16_t *q);

/* Moves roundings whose errors add up, largest first, until their sum over every group, then over
 * all, is at most half a quantum. */
void ttfs_grid_balance(const float *w, uint64_t n, uint64_t group, double quantum,
                       TtfsLevels levels, int16_t *q);

#endif
