/* SPDX-License-Identifier: Apache-2.0
 *
 * Budget: how much memory and work a model may ask for, so that a small file cannot take a machine.
 * Arenas draw their memory on it (arena.h), loops spend their work. Once it is passed it stays
 * passed: whoever computes may stop with whatever there is, and whoever goes through the nodes asks
 * once a node and refuses the one at work. Memory that is known to be large is asked for before.
 */
#ifndef TTFS_BUDGET_H
#define TTFS_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

typedef struct TtfsBudget {
    uint64_t bytes, work; /* limits; a unit of work is about a multiplication and an addition */
    uint64_t held, spent;
    uint32_t raised; /* how many times the default it is, for limits that count other things */
    bool given;      /* the bytes are the caller's */
    enum { TTFS_WITHIN, TTFS_PAST_BYTES, TTFS_PAST_WORK } passed;
} TtfsBudget;

/* The default of a file of that size, or with `memory` (0: not given) bytes and as much more work.
 * 1 GiB and 2^32 units are what any file may ask for; every byte of it adds 16 and 256. */
TtfsBudget ttfs_budget(uint64_t file_size, uint64_t memory);

/* The model has another file of that size. */
void ttfs_budget_grow(TtfsBudget *b, uint64_t file_size);

/* False, and the budget is passed, when there is no room for so many bytes more. NULL: no limit, in
 * all of these. */
bool ttfs_budget_room(TtfsBudget *b, uint64_t bytes);
/* The same of an array of `count` objects of `size` bytes. */
bool ttfs_budget_array(TtfsBudget *b, uint64_t count, uint64_t size);
/* False, and the budget is passed, when so much work more is too much. */
bool ttfs_budget_spend(TtfsBudget *b, uint64_t work);
/* True when so much work is a small part of what is left, and spends it; nothing else happens. */
bool ttfs_budget_afford(TtfsBudget *b, uint64_t work);

/* What an arena does with its chunks. */
void ttfs_budget_hold(TtfsBudget *b, uint64_t bytes);
void ttfs_budget_release(TtfsBudget *b, uint64_t bytes);

#endif
