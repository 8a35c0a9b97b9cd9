/* SPDX-License-Identifier: Apache-2.0
 *
 * In: second moments, target, grids; out: integers. Invariant: each step takes the level at which J
 * is least with all other weights as they are, so J never grows. A step costs n when the weight
 * moves and nothing when it stays, since H v is kept up to date.
 */
#include "descent.h"

#include <math.h>

/* out += factor * row */
static void add_row(const float *restrict row, uint32_t n, float factor, float *restrict out) {
    for (uint32_t i = 0; i < n; i++) out[i] += factor * row[i];
}

/* product += factor * H[j] */
static void add_column(const TtfsDescent *d, uint32_t j, float factor, float *product) {
    float *own = product + d->shared;
    if (j < d->shared) {
        add_row(d->h + (uint64_t)j * d->shared, d->shared, factor, product);
        for (uint32_t e = 0; e < d->own; e++)
            own[e] += factor * d->own_shared[(uint64_t)e * d->shared + j];
        return;
    }
    uint32_t e = j - d->shared;
    add_row(d->own_shared + (uint64_t)e * d->shared, d->shared, factor, product);
    add_row(d->own_own + (uint64_t)e * d->own, d->own, factor, own);
}

static float diagonal(const TtfsDescent *d, uint32_t j) {
    if (j < d->shared) return d->h[(uint64_t)j * d->shared + j];
    uint32_t e = j - d->shared;
    return d->own_own[(uint64_t)e * d->own + e];
}

/* The level nearest to v. */
static float level_of(const TtfsDescent *d, uint32_t j, float v) {
    float q = floorf(v / d->quantum[j] + 0.5f);
    if (!(q >= d->low[j])) return d->low[j]; /* no number either */
    return q < d->high[j] ? q : d->high[j];
}

void ttfs_descent_start(const TtfsDescent *d, float *q) {
    for (uint32_t j = 0; j < d->shared + d->own; j++) q[j] = level_of(d, j, d->w[j]);
}

void ttfs_descent_product(const TtfsDescent *d, const float *v, float *product) {
    uint32_t n = d->shared + d->own;
    for (uint32_t j = 0; j < n; j++) product[j] = 0;
    for (uint32_t j = 0; j < n; j++)
        if (v[j] != 0) add_column(d, j, v[j], product);
}

/* The best level of a coordinate; an input that never varies keeps the nearest. */
static float best_level(const TtfsDescent *d, uint32_t j, float q, const float *product) {
    float v = q * d->quantum[j], curve = diagonal(d, j) + d->ridge;
    if (!(curve > 0)) return level_of(d, j, d->w[j]);
    float slope = product[j] - d->target[j] + d->ridge * (v - d->w[j]);
    return level_of(d, j, v - slope / curve);
}

static uint32_t sweep(const TtfsDescent *d, float *q, float *product) {
    uint32_t moved = 0;
    for (uint32_t j = 0; j < d->shared + d->own; j++) {
        float best = best_level(d, j, q[j], product);
        if (best == q[j]) continue;
        add_column(d, j, (best - q[j]) * d->quantum[j], product);
        q[j] = best;
        moved++;
    }
    return moved;
}

double ttfs_descend(const TtfsDescent *d, uint32_t sweeps, float *q, float *product) {
    uint32_t n = d->shared + d->own;
    double value = 0;
    for (uint32_t j = 0; j < n; j++) product[j] = 0;
    for (uint32_t j = 0; j < n; j++)
        if (q[j] != 0) add_column(d, j, q[j] * d->quantum[j], product);
    for (uint32_t i = 0; i < sweeps && sweep(d, q, product) > 0; i++) {
    }
    for (uint32_t j = 0; j < n; j++) {
        double v = (double)q[j] * (double)d->quantum[j], off = v - (double)d->w[j];
        value += v * ((double)product[j] - 2 * (double)d->target[j]) + (double)d->ridge * off * off;
    }
    return value;
}
