/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast engine's machine code, the same for all networks: sums, of so many outputs at so many
 * places, the best value of a patch, and the transposition between samples one after the other and
 * side by side.
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

typedef void TtfsFastSum(const TtfsFastPart *part, uint64_t parts, const TtfsFastTile *tile);
/* out = the largest or smallest of rows x columns values, so many bytes apart. */
typedef void TtfsFastBest(const float *x, uint64_t rows, uint64_t columns, uint64_t row,
                          uint64_t column, float *out);
/* `blocks` squares of 16 x 16; rows and squares are so many bytes apart. */
typedef void TtfsFastTurn(const float *in, uint64_t in_row, uint64_t in_next, float *out,
                          uint64_t out_row, uint64_t out_next, uint64_t blocks);

typedef struct {
    LLVMOrcLLJITRef *code; /* held */
    TtfsFastSum *sum[TTFS_FAST_OUTPUTS + 1][TTFS_FAST_PLACES + 1];
    TtfsFastBest *largest, *smallest;
    TtfsFastTurn *turn;
} TtfsFastCode;

/* Makes the sums that are wanted, and the rest; false with JIT_COMPILE. `code` is disposed of by
 * ttfs_undo. */
bool ttfs_fast_code(TtfsFastCode *f, const TtfsTarget *t,
                    bool wanted[TTFS_FAST_OUTPUTS + 1][TTFS_FAST_PLACES + 1], TtfsDiag *diag);

#endif
