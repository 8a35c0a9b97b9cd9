/* SPDX-License-Identifier: Apache-2.0
 *
 * Floor division by a constant as one multiplication: floor(u / r) = (u * multiplier) >> bits for
 * every 0 <= u <= most.
 *
 * Why it is exact (Granlund and Montgomery, PLDI 1994): with m = ceil(2^n / r) and e = m r - 2^n,
 * u m / 2^n = u / r + u e / (r 2^n); the floor is right as long as the second part does not carry
 * past the largest fraction (r - 1) / r, which u e < 2^n ensures.
 */
#ifndef TTFS_DIVIDE_H
#define TTFS_DIVIDE_H

#include <stdbool.h>
#include <stdint.h>

/* The multiplier for r >= 1 and 31 <= bits <= 62; false when it does not fit 32 bits or is not
 * exact up to `most` < 2^31. */
bool ttfs_divide_exact(uint32_t r, uint32_t most, uint32_t bits, uint32_t *multiplier);
/* Bits that are exact for every u < 2^31: floor(log2 r) + 32, one less for a power of two. */
uint32_t ttfs_divide_bits(uint32_t r);

#endif
