/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two halves of the layout share. Private to the program.
 */
#ifndef TTFS_LAYOUT_H
#define TTFS_LAYOUT_H

#include "program.h"

/* Hands out `bytes` at a multiple of 64: their offset. */
uint64_t ttfs_layout_take(uint64_t *at, uint64_t bytes);
/* Fills a linear step and adds its terms. */
void ttfs_layout_linear(TtfsProgram *p, TtfsStep *s, int path);
/* The step that does a pool and the convolution before it in one, for runs that do not ask for
 * ticks; false when there is none. The convolution's own step becomes one for ticks. */
bool ttfs_layout_fuse(TtfsProgram *p, uint32_t pool, TtfsStep *fused);

#endif
