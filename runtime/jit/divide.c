/* SPDX-License-Identifier: Apache-2.0
 *
 * The multiplier and its proof, in 64 bits without overflow: m < 2^32, r < 2^31, so m r < 2^63; e <
 * r, so u e < 2^62.
 */
#include "divide.h"

bool ttfs_divide_exact(uint32_t r, uint32_t most, uint32_t bits, uint32_t *multiplier) {
    uint64_t power = (uint64_t)1 << bits, m = (power + r - 1) / r;
    if (m >> 32) return false;
    uint64_t e = m * r - power;
    *multiplier = (uint32_t)m;
    return most * e < power;
}

/* For 2^k <= r < 2^(k+1): m <= 2^32 with 32 + k bits, equal only for r = 2^k, where e = 0 and one
 * bit less does; and u e < 2^31 2^(k+1) = 2^(32+k). */
uint32_t ttfs_divide_bits(uint32_t r) {
    uint32_t k = 0;
    while (r >> (k + 1)) k++;
    return r == (uint32_t)1 << k ? 31 + k : 32 + k;
}
