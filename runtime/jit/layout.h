/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two halves of the layout share. Private to the program.
 */
#ifndef TTFS_LAYOUT_H
#define TTFS_LAYOUT_H

#include "program.h"

/* Hands out `bytes` at a multiple of 64: their offset. */
uint64_t ttfs_layout_take(uint64_t *at, uint64_t bytes);
/* Gives all stores, whose sizes are there, places in memory that they share; bytes of it all. */
uint64_t ttfs_layout_share(TtfsProgram *p);
/* Fills a linear routine and adds its terms. */
void ttfs_layout_linear(TtfsProgram *p, TtfsRoutine *s, int path);
/* The routine that does a pool and the convolution before it in one, for runs that do not ask for
 * ticks; false when there is none. The convolution's own routine becomes one for ticks. */
bool ttfs_layout_fuse(TtfsProgram *p, uint32_t pool, TtfsRoutine *fused);

#endif
