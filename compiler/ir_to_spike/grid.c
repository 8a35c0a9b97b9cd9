/* SPDX-License-Identifier: Apache-2.0
 *
 * Rounding to a grid. In: float32 weights, a step > 0, bits 2..16; out: integers, squared error in
 * float64, summed in the order of the weights.
 */
#include "grid.h"

typedef struct {
    double inverse, low, high;
} Grid;

static Grid grid_of(double step, uint32_t bits) {
    double half = (double)(1 << (bits - 1));
    return (Grid){1 / step, -half, half - 1};
}

/* The level nearest to w; ties away from zero. */
static int32_t level(const Grid *g, double w) {
    double v = w * g->inverse;
    v = v < g->low ? g->low : v > g->high ? g->high : v;
    return (int32_t)(v < 0 ? v - 0.5 : v + 0.5);
}

double ttfs_grid_step(const float *w, uint64_t n, uint32_t bits) {
    double most = 0, least = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (w[i] > most) most = w[i];
        if (w[i] < least) least = w[i];
    }
    Grid g = grid_of(1, bits);
    double above = most / g.high, below = least / g.low;
    return above > below ? above : below;
}

double ttfs_grid_error(const float *w, uint64_t n, double step, uint32_t bits) {
    Grid g = grid_of(step, bits);
    double sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        double e = w[i] - level(&g, w[i]) * step;
        sum += e * e;
    }
    return sum;
}

uint64_t ttfs_grid_round(const float *w, uint64_t n, double step, uint32_t bits, int16_t *q) {
    Grid g = grid_of(step, bits);
    uint64_t clipped = 0;
    for (uint64_t i = 0; i < n; i++) {
        double v = w[i] * g.inverse;
        clipped += v < g.low - 0.5 || v >= g.high + 0.5;
        q[i] = (int16_t)level(&g, w[i]);
    }
    return clipped;
}
