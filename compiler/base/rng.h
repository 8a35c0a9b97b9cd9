/* SPDX-License-Identifier: Apache-2.0
 *
 * Random numbers with a seed: SplitMix64 (Steele, Lea, Flood 2014). The same seed gives the same
 * numbers everywhere.
 */
#ifndef TTFS_RNG_H
#define TTFS_RNG_H

#include <stdint.h>

typedef struct {
    uint64_t state;
} TtfsRng;

TtfsRng ttfs_rng(uint64_t seed);
uint64_t ttfs_rng_u64(TtfsRng *r);
/* Uniform in [0, n), n >= 1. */
uint32_t ttfs_rng_below(TtfsRng *r, uint32_t n);
/* Uniform in [0, 1). */
double ttfs_rng_f64(TtfsRng *r);
/* Standard normal, by the sum of twelve uniforms: light tails, no libm. */
double ttfs_rng_normal(TtfsRng *r);

#endif
