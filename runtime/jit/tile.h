/* SPDX-License-Identifier: Apache-2.0
 *
 * The register tile of a linear routine: how many samples, rows, columns and vectors of outputs are
 * summed at once. Private to the program.
 */
#ifndef TTFS_TILE_H
#define TTFS_TILE_H

#include "program.h"

/* Fills routine->matrix, tile, by_rows and units. The routine's terms are there. */
void ttfs_tile_choose(const TtfsProgram *p, TtfsRoutine *routine);
/* Whether a tile has registers for a block of so many pixels. */
bool ttfs_tile_holds_block(const TtfsProgram *p, uint32_t rows, uint32_t columns);
/* Tiles one below the other that cover the output rows of a convolution. */
uint32_t ttfs_tile_rows(const TtfsProgram *p, const TtfsRoutine *routine);
/* Vectors that full tiles cover; the tile behind them holds what is left, a partly used vector
 * included. */
uint32_t ttfs_tile_full_vectors(const TtfsProgram *p, const TtfsRoutine *routine);

#endif
