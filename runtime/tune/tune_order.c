/* SPDX-License-Identifier: Apache-2.0
 *
 * Orders of samples: Fisher and Yates with counter-based numbers.
 */
#include "tune_inside.h"

#include "philox.h"

void ttfs_tune_shuffle(uint32_t *at, uint64_t n, uint32_t seed, uint32_t turn) {
    const uint32_t key[2] = {seed, TTFS_DRAW_ORDER};
    for (uint64_t i = n; i > 1; i--) {
        const uint32_t counter[4] = {turn, (uint32_t)i, 0, 0};
        uint32_t word[4];
        ttfs_philox(counter, key, word);
        uint64_t from = ((uint64_t)word[0] << 32 | word[1]) % i;
        uint32_t v = at[i - 1];
        at[i - 1] = at[from];
        at[from] = v;
    }
}
