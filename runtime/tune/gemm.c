/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocked product. Method: 256 columns of a at a time, 128 of its rows, packed so that four rows
 * lie side by side; eight columns of b, where they lie or packed; four by eight sums in registers
 * (compilers make vectors of the inner loop). Cost: m n k products, and copies of a for every
 * block.
 */
#include "gemm.h"

#include <string.h>

enum { TALL = 4, WIDE = 8, DEEP = 256, HIGH = 128 };

/* sums[i][j] = sum over p of a[p][i] b[p][j]. */
static void kernel(size_t k, const float *restrict a, const float *restrict b, size_t row,
                   float sums[TALL][WIDE]) {
    float s[TALL][WIDE] = {{0}};
    for (size_t p = 0; p < k; p++)
        for (int i = 0; i < TALL; i++)
            for (int j = 0; j < WIDE; j++)
                s[i][j] += a[p * TALL + (size_t)i] * b[p * row + (size_t)j];
    memcpy(sums, s, sizeof s);
}

/* Rows first.. of a, four side by side, zeros behind the last. */
static void pack_rows(TtfsMatrix a, size_t first, size_t rows, size_t at, size_t deep, float *to) {
    for (size_t i = 0; i < rows; i += TALL)
        for (size_t p = 0; p < deep; p++, to += TALL)
            for (size_t r = 0; r < TALL; r++)
                to[r] = i + r < rows ? a.at[(first + i + r) * a.row + (at + p) * a.col] : 0;
}

static void pack_columns(TtfsMatrix b, size_t first, size_t columns, size_t at, size_t deep,
                         float *to) {
    for (size_t p = 0; p < deep; p++, to += WIDE)
        for (size_t j = 0; j < WIDE; j++)
            to[j] = j < columns ? b.at[(at + p) * b.row + (first + j) * b.col] : 0;
}

static void store(float sums[TALL][WIDE], size_t rows, size_t columns, float *c, size_t row,
                  bool add) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            c[i * row + j] = (add ? c[i * row + j] : 0) + sums[i][j];
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* A block of rows of a, packed, times all columns of b. */
static void block(size_t rows, size_t n, size_t at, size_t deep, const float *packed, TtfsMatrix b,
                  float *c, size_t row, bool add, float *columns) {
    for (size_t j = 0; j < n; j += WIDE) {
        size_t wide = least(WIDE, n - j);
        bool in_place = b.col == 1 && wide == WIDE;
        const float *from = in_place ? b.at + at * b.row + j : columns;
        if (!in_place) pack_columns(b, j, wide, at, deep, columns);
        for (size_t i = 0; i < rows; i += TALL) {
            float sums[TALL][WIDE];
            kernel(deep, packed + i * deep, from, in_place ? b.row : WIDE, sums);
            store(sums, least(TALL, rows - i), wide, c + i * row + j, row, add);
        }
    }
}

void ttfs_gemm(size_t m, size_t n, size_t k, TtfsMatrix a, TtfsMatrix b, float *c, size_t row,
               bool add, float *scratch) {
    for (size_t at = 0; at < k; at += DEEP)
        for (size_t i = 0; i < m; i += HIGH) {
            size_t deep = least(DEEP, k - at), rows = least(HIGH, m - i);
            pack_rows(a, i, rows, at, deep, scratch);
            block(rows, n, at, deep, scratch, b, c + i * row, row, add || at > 0,
                  scratch + HIGH * DEEP);
        }
}
