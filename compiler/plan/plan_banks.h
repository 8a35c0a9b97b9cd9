/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the copies of buffers lie in a memory: a bank apart, and a bank of few banks is several of
 * many. So buffers with the most banks are laid first, into the holes of one bank, which then are
 * those of its neighbour too. Taken from the front, holes stay as few as there are banks.
 */
#ifndef TTFS_PLAN_BANKS_H
#define TTFS_PLAN_BANKS_H

#include "plan.h"

/* Words first .. end - 1 that are free in a bank. */
typedef struct {
    uint64_t first, end;
} TtfsHole;

/* Buffers of so many banks are laid into the first bank, and thereby into all. At first all but
 * `all` and `span` is 0. */
typedef struct {
    uint64_t all;  /* words of the memory */
    uint64_t span; /* of all banks */
    uint32_t banks;
    uint64_t size;  /* words of a bank */
    uint64_t limit; /* of a bank, so that its highest copy is not beyond the memory */
    TtfsHole hole[(1 << TTFS_PLAN_BANKS) + 1];
    uint32_t holes;
    uint64_t used, end; /* words of all copies; behind the highest */
    bool full;          /* some fit nowhere */
} TtfsBanks;

/* The bank of buffers with 2^banks copies: TTFS_PLAN_BANKS first, then one less each time. */
void ttfs_banks_next(TtfsBanks *k, uint32_t banks);
/* Where so many words are free first, in all copies; behind the memory where they are nowhere. */
uint64_t ttfs_banks_take(TtfsBanks *k, uint64_t words);

#endif
