/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolutions of 3 x 3 by Winograd's minimal filtering (Lavin and Gray, arXiv 1509.09308): of a
 * tile of 4 x 4 outputs 36 products a channel in place of 144. The points are 0, 3/4, -3/4, 3/2,
 * -3/2 and infinity, whose transforms are exact in float32 and which lose least of it: half a digit
 * against a plain sum, where 1 and 2 lose more than one. Private to the fast engine.
 */
#ifndef TTFS_FAST_WINOGRAD_H
#define TTFS_FAST_WINOGRAD_H

#include "code.h"

enum { TTFS_TILE = 4, TTFS_TILE_IN = TTFS_TILE + 2, TTFS_TILE_PRODUCTS = 36 };

/* Functions "tile_in" and "tile_out", as fast_code.h has them. */
void ttfs_fast_winograd_code(Code *c);
/* The 36 factors of a kernel of 3 x 3 weights, row by row. */
void ttfs_fast_winograd_kernel(const float *w, float factor[TTFS_TILE_PRODUCTS]);

#endif
