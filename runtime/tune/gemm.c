/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocked product. Method: 256 columns of a at a time, 128 of its rows, packed so that four rows
 * lie side by side; sixteen columns of b, where they lie or packed; four by sixteen sums, in
 * registers where the processor has AVX2, else four by eight (compilers make vectors of the inner
 * loop). Both make the same sums in the same order, nothing fused: the same bits. Cost: m n k
 * products, and copies of a for every block.
 */
#include "gemm.h"

#include <string.h>

enum { TALL = 4, NARROW = 8, WIDE = 16, DEEP = 256, HIGH = 128 };

/* sums[i][j] = sum over p of a[p][i] b[p][j], of the first `columns` at least. */
typedef void Kernel(size_t k, const float *restrict a, const float *restrict b, size_t row,
                    size_t columns, float sums[TALL][WIDE]);

/* Eight columns from `first` on. */
static void narrow(size_t k, const float *restrict a, const float *restrict b, size_t row,
                   size_t first, float sums[TALL][WIDE]) {
    float s[TALL][NARROW] = {{0}};
    for (size_t p = 0; p < k; p++)
        for (int i = 0; i < TALL; i++)
            for (int j = 0; j < NARROW; j++)
                s[i][j] += a[p * TALL + (size_t)i] * b[p * row + first + (size_t)j];
    for (int i = 0; i < TALL; i++) memcpy(sums[i] + first, s[i], sizeof s[i]);
}

static void plain(size_t k, const float *restrict a, const float *restrict b, size_t row,
                  size_t columns, float sums[TALL][WIDE]) {
    for (size_t first = 0; first < columns; first += NARROW) narrow(k, a, b, row, first, sums);
}

#ifdef __x86_64__
typedef float Eight __attribute__((vector_size(32)));

/* Compilers keep sums in registers where each has a name. */
__attribute__((target("avx2"))) static void wide(size_t k, const float *restrict a,
                                                 const float *restrict b, size_t row,
                                                 size_t columns, float sums[TALL][WIDE]) {
    Eight s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, t0 = {0}, t1 = {0}, t2 = {0}, t3 = {0};
    (void)columns;
    for (size_t p = 0; p < k; p++, a += TALL, b += row) {
        Eight left, right;
        memcpy(&left, b, sizeof left);
        memcpy(&right, b + NARROW, sizeof right);
        s0 += a[0] * left, t0 += a[0] * right;
        s1 += a[1] * left, t1 += a[1] * right;
        s2 += a[2] * left, t2 += a[2] * right;
        s3 += a[3] * left, t3 += a[3] * right;
    }
    memcpy(sums[0], &s0, sizeof s0), memcpy(sums[0] + NARROW, &t0, sizeof t0);
    memcpy(sums[1], &s1, sizeof s1), memcpy(sums[1] + NARROW, &t1, sizeof t1);
    memcpy(sums[2], &s2, sizeof s2), memcpy(sums[2] + NARROW, &t2, sizeof t2);
    memcpy(sums[3], &s3, sizeof s3), memcpy(sums[3] + NARROW, &t3, sizeof t3);
}

static Kernel *fastest(void) {
    return __builtin_cpu_supports("avx2") ? wide : plain;
}
#else
static Kernel *fastest(void) {
    return plain;
}
#endif

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
static void block(Kernel *kernel, size_t rows, size_t n, size_t at, size_t deep,
                  const float *packed, TtfsMatrix b, float *c, size_t row, bool add,
                  float *columns) {
    for (size_t j = 0; j < n; j += WIDE) {
        size_t some = least(WIDE, n - j);
        bool in_place = b.col == 1 && some == WIDE;
        const float *from = in_place ? b.at + at * b.row + j : columns;
        if (!in_place) pack_columns(b, j, some, at, deep, columns);
        for (size_t i = 0; i < rows; i += TALL) {
            float sums[TALL][WIDE];
            kernel(deep, packed + i * deep, from, in_place ? b.row : WIDE, some, sums);
            store(sums, least(TALL, rows - i), some, c + i * row + j, row, add);
        }
    }
}

static void product(Kernel *kernel, size_t m, size_t n, size_t k, TtfsMatrix a, TtfsMatrix b,
                    float *c, size_t row, bool add, float *scratch) {
    for (size_t at = 0; at < k; at += DEEP)
        for (size_t i = 0; i < m; i += HIGH) {
            size_t deep = least(DEEP, k - at), rows = least(HIGH, m - i);
            pack_rows(a, i, rows, at, deep, scratch);
            block(kernel, rows, n, at, deep, scratch, b, c + i * row, row, add || at > 0,
                  scratch + HIGH * DEEP);
        }
}

void ttfs_gemm(size_t m, size_t n, size_t k, TtfsMatrix a, TtfsMatrix b, float *c, size_t row,
               bool add, float *scratch) {
    product(fastest(), m, n, k, a, b, c, row, add, scratch);
}

void ttfs_gemm_plain(size_t m, size_t n, size_t k, TtfsMatrix a, TtfsMatrix b, float *c, size_t row,
                     bool add, float *scratch) {
    product(plain, m, n, k, a, b, c, row, add, scratch);
}
