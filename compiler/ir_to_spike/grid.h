/* SPDX-License-Identifier: Apache-2.0
 *
 * Weight grids: rounding real weights to signed integers of B bits times a quantum, and how much
 * that loses. Private to ir_to_spike.
 */
#ifndef TTFS_GRID_H
#define TTFS_GRID_H

#include <stdint.h>

/* The finest quantum that clips none of `w` on -2^(bits-1) .. 2^(bits-1)-1; 0 when all are 0. */
double ttfs_grid_quantum(const float *w, uint64_t n, uint32_t bits);
/* sum (w - q quantum)^2 with q = clamp(round(w / quantum)). */
double ttfs_grid_error(const float *w, uint64_t n, double quantum, uint32_t bits);
/* Writes the integers q; returns how many were clipped. */
uint64_t ttfs_grid_round(const float *w, uint64_t n, double quantum, uint32_t bits, int16_t *q);

/* Moves roundings whose errors add up, largest first, until their sum over every group, then over
 * all, is at most half a quantum. */
void ttfs_grid_balance(const float *w, uint64_t n, uint64_t group, double quantum, uint32_t bits,
                       int16_t *q);

#endif
