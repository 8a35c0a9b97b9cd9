/* SPDX-License-Identifier: Apache-2.0
 *
 * Rounding to a grid. In: float32 weights, a quantum > 0, levels; out: integers, squared error
 * in float64, summed in the order of the weights. Balancing (Guo et al. 2022, "SQuant", arXiv
 * 2202.07471) rounds a few weights the other way, the nearest to a tie first: activations are
 * never negative, so what a channel loses is mostly the sum of its rounding errors times their
 * mean.
 */
#include "grid.h"

#include <math.h>

typedef struct {
    double inverse, low, high;
} Grid;

static Grid grid_of(double quantum, TtfsLevels levels) {
    return (Grid){1 / quantum, levels.low, levels.high};
}

TtfsLevels ttfs_grid_levels(uint32_t bits, uint32_t synapses) {
    double half = (double)(1 << (bits - 1));
    return (TtfsLevels){-half * synapses, (half - 1) * synapses};
}

/* The level nearest to w; ties away from zero. */
static int32_t level(const Grid *g, double w) {
    double v = w * g->inverse;
    v = v < g->low ? g->low : v > g->high ? g->high : v;
    return (int32_t)(v < 0 ? v - 0.5 : v + 0.5);
}

double ttfs_grid_quantum(const float *w, uint64_t n, TtfsLevels levels) {
    double most = 0, least = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (w[i] > most) most = w[i];
        if (w[i] < least) least = w[i];
    }
    double above = most / levels.high, below = least / levels.low;
    return above > below ? above : below;
}

double ttfs_grid_error(const float *w, uint64_t n, double quantum, TtfsLevels levels) {
    Grid g = grid_of(quantum, levels);
    double sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        double e = w[i] - level(&g, w[i]) * quantum;
        sum += e * e;
    }
    return sum;
}

uint64_t ttfs_grid_round(const float *w, uint64_t n, double quantum, TtfsLevels levels,
                         int16_t *q) {
    Grid g = grid_of(quantum, levels);
    uint64_t clipped = 0;
    for (uint64_t i = 0; i < n; i++) {
        double v = w[i] * g.inverse;
        clipped += v < g.low - 0.5 || v >= g.high + 0.5;
        q[i] = (int16_t)level(&g, w[i]);
    }
    return clipped;
}

enum { BUCKETS = 1024 };

/* How far rounding went in direction `sign`, as a bucket 0..BUCKETS-1; -1 when it went the other
 * way, was clipped, or the level on the other side is outside the grid. */
static int bucket_of(const Grid *g, double w, int16_t q, double sign) {
    double v = w * g->inverse, error = (q - v) * sign, back = q - sign;
    if (v < g->low || v > g->high || back < g->low || back > g->high || error <= 0) return -1;
    int bucket = (int)(error * 2 * BUCKETS);
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* Rounds elements the other way, the nearest to a tie first and in order within a bucket, until the
 * sum of the errors is at most half a quantum. Two walks, whatever the weights. */
static void balance(const Grid *g, const float *w, uint64_t n, int16_t *q) {
    uint64_t count[BUCKETS] = {0}, moves, above = 0;
    double sum = 0;
    for (uint64_t i = 0; i < n; i++) sum += q[i] - w[i] * g->inverse;
    double sign = sum < 0 ? -1 : 1;
    if (sum * sign <= 0.5) return;
    moves = (uint64_t)ceil(sum * sign - 0.5);
    for (uint64_t i = 0; i < n; i++) {
        int b = bucket_of(g, w[i], q[i], sign);
        if (b >= 0) count[b]++;
    }
    int last = BUCKETS - 1; /* buckets above it are moved whole */
    while (last > 0 && above + count[last] <= moves) above += count[last--];
    uint64_t partly = moves - above;
    for (uint64_t i = 0; i < n; i++) {
        int b = bucket_of(g, w[i], q[i], sign);
        if (b > last || (b == last && partly > 0)) {
            partly -= b == last;
            q[i] = (int16_t)(q[i] - (int)sign);
        }
    }
}

void ttfs_grid_balance(const float *w, uint64_t n, uint64_t group, double quantum,
                       TtfsLevels levels, int16_t *q) {
    Grid g = grid_of(quantum, levels);
    for (uint64_t i = 0; group > 1 && i < n; i += group) balance(&g, w + i, group, q + i);
    balance(&g, w, n, q);
}
