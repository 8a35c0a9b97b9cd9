/* SPDX-License-Identifier: Apache-2.0
 *
 * SplitMix64 and what is drawn from it.
 */
#include "rng.h"

TtfsRng ttfs_rng(uint64_t seed) {
    return (TtfsRng){seed};
}

uint64_t ttfs_rng_u64(TtfsRng *r) {
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t ttfs_rng_below(TtfsRng *r, uint32_t n) {
    return (uint32_t)((ttfs_rng_u64(r) >> 32) * n >> 32);
}

double ttfs_rng_f64(TtfsRng *r) {
    return (double)(ttfs_rng_u64(r) >> 11) * 0x1p-53;
}

double ttfs_rng_normal(TtfsRng *r) {
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += ttfs_rng_f64(r);
    return sum;
}
