/* SPDX-License-Identifier: Apache-2.0
 *
 * A loop over items spread on threads. What an item computes may depend on the item alone, so
 * results do not depend on the threads.
 */
#ifndef TTFS_PARALLEL_H
#define TTFS_PARALLEL_H

#include "base.h"

/* Calls fn(context, worker, item) for items [first, first + count); worker is 0..threads-1 and each
 * worker runs one item at a time. After a call returns false no new items are begun; returns
 * whether all returned true. */
bool ttfs_parallel(uint32_t threads, uint64_t first, uint64_t count,
                   bool (*fn)(void *context, uint32_t worker, uint64_t item), void *context);
/* The same with a list of messages for each worker, appended to `diag` in the end; where items
 * fail, that alone of the first of them. */
bool ttfs_parallel_diag(uint32_t threads, uint64_t first, uint64_t count,
                        bool (*fn)(void *context, uint32_t worker, uint64_t item, TtfsDiag *diag),
                        void *context, TtfsDiag *diag);
/* The machine's cores, at most 64. */
uint32_t ttfs_cores(void);

#endif
