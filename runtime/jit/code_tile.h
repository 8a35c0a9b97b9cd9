/* SPDX-License-Identifier: Apache-2.0
 *
 * A register tile under construction: sums of some samples, rows, columns and vectors of outputs.
 * Private to the linear kernel.
 */
#ifndef TTFS_CODE_TILE_H
#define TTFS_CODE_TILE_H

#include "code.h"

enum { TTFS_TILE_SUMS = 64 };

typedef struct {
    Code *c;
    const TtfsRoutine *routine;
    uint32_t n[4];             /* samples, rows, columns, vectors */
    uint32_t lanes_last;       /* lanes of the last vector that are channels */
    Value sample;              /* where the first sample's values lie */
    Value y, x, vector;        /* of the first output */
    Value out_y, out_x;        /* ... in the population that is filled */
    Value sum[TTFS_TILE_SUMS]; /* variables, [sample][row][column][vector] */
} Tile;

/* clamp(floor(u / ramp), 0, T) in every lane; the multiplier of every lane, NULL when all ramps are
 * powers of two, and its shift when the routine has no common number of bits (divide.h). */
Value ttfs_code_fire(const Code *c, const TtfsRoutine *s, Value u, Value multiplier, Value shift);
/* The whole kernel of a narrow routine. */
void ttfs_code_narrow(Code *c, const TtfsRoutine *s);

/* Places: samples x rows x columns; place i lies this many bytes behind the first when samples,
 * rows and columns are so many apart. */
uint32_t ttfs_tile_places(const Tile *t);
uint64_t ttfs_tile_offset(const Tile *t, uint32_t place, uint64_t row, uint64_t column);
/* The pixel of the first output, y * w + x. */
Value ttfs_tile_pixel(const Tile *t);

/* Sums start as biases. */
void ttfs_tile_start(Tile *t);
/* Adds all connections: every weight. */
void ttfs_tile_add(Tile *t);
/* Adds the only connection: the first `count` dots of the tile's list. */
void ttfs_tile_add_events(Tile *t, Value count);
/* Divides by the ramp, clamps and stores; a readout stores its potentials. */
void ttfs_tile_fire(Tile *t);

#endif
