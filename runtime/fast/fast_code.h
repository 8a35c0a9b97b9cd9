/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast engine's machine code, the same for all networks: sums, of so many outputs at so many
 * places, Winograd's transforms (fast_winograd.h), the best value of a patch, and the transposition
 * between samples one after the other and side by side.
 */
#ifndef TTFS_FAST_CODE_H
#define TTFS_FAST_CODE_H

#include "target.h"

#include <llvm-c/LLJIT.h>

enum { TTFS_FAST_LANES = 16, TTFS_FAST_OUTPUTS = 24, TTFS_FAST_PLACES = 3 }; /* most of a sum */

/* A part of a sum: `n` inputs, which lie one after the other, by as many weights from the at-th on.
 */
typedef struct {
    const float *x;
    uint64_t at, n;
} TtfsFastPart;

/* y = sum * scale + shift (+ add), not below lo, not above hi. Weights lie input by input, for each
 * one of every output. Distances are in bytes. */
typedef struct {
    const float *weights, *scale, *shift; /* of the first output */
    const float *add;                     /* lies as `out` does; NULL: nothing */
    float *out;
    uint64_t step;          /* of x, from place to place */
    uint64_t across, along; /* of `out`, from output to output, from place to place */
    float lo, hi;
} TtfsFastTile;

/* A product is the sum alone: neither scaled nor bounded. */
typedef void TtfsFastSum(const TtfsFastPart *part, uint64_t parts, const TtfsFastTile *tile);
/* out = the largest or smallest of rows x columns values, so many bytes apart. */
typedef void TtfsFastBest(const float *x, uint64_t rows, uint64_t columns, uint64_t row,
                          uint64_t column, float *out);
/* `blocks` squares of 16 x 16; rows and squares are so many bytes apart. */
typedef void TtfsFastTurn(const float *in, uint64_t in_row, uint64_t in_next, float *out,
                          uint64_t out_row, uint64_t out_next, uint64_t blocks);

/* 6 x 6 values, rows so many bytes apart: 36 factors, so many bytes apart. */
typedef void TtfsFastTileIn(const float *x, uint64_t row, float *out, uint64_t next);
/* 36 products, so many bytes apart, of one output: 4 x 4 places, whose rows are tile->along bytes
 * apart. */
typedef void TtfsFastTileOut(const float *product, uint64_t next, const TtfsFastTile *tile);

/* What there is of sums or products, [outputs][places]. */
typedef bool TtfsFastSet[TTFS_FAST_OUTPUTS + 1][TTFS_FAST_PLACES + 1];

typedef struct {
    TtfsFastSet sum, product;
    bool tiles; /* what goes with products */
} TtfsFastWanted;

typedef struct {
    LLVMOrcLLJITRef *code; /* held */
    TtfsFastSum *sum[TTFS_FAST_OUTPUTS + 1][TTFS_FAST_PLACES + 1];
    TtfsFastSum *product[TTFS_FAST_OUTPUTS + 1][TTFS_FAST_PLACES + 1];
    TtfsFastTileIn *tile_in;
    TtfsFastTileOut *tile_out;
    TtfsFastBest *largest, *smallest;
    TtfsFastTurn *turn;
} TtfsFastCode;

/* Makes what is wanted, and the rest; false with JIT_COMPILE. `code` is disposed of by ttfs_undo.
 */
bool ttfs_fast_code(TtfsFastCode *f, const TtfsTarget *t, const TtfsFastWanted *wanted,
                    TtfsDiag *diag);

#endif
