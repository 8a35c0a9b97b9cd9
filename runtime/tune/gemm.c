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
#ifdef __SSE__
#include <xmmintrin.h>
#endif

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

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

#ifdef __SSE__
/* Four rows of four, `apart` floats one from the next, become columns. */
static void turn(const float *from, size_t apart, float *to, size_t row) {
    __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + apart);
    __m128 c = _mm_loadu_ps(from + 2 * apart), d = _mm_loadu_ps(from + 3 * apart);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(to, a), _mm_storeu_ps(to + row, b);
    _mm_storeu_ps(to + 2 * row, c), _mm_storeu_ps(to + 3 * row, d);
}
#else
static void turn(const float *from, size_t apart, float *to, size_t row) {
    for (size_t i = 0; i < TALL; i++)
        for (size_t j = 0; j < TALL; j++) to[j * row + i] = from[i * apart + j];
}
#endif

/* `n` floats, `apart` one from the next, to one beside the other; `wide` - n zeros behind them. */
static void pack(const float *from, size_t apart, size_t n, size_t wide, float *to) {
    for (size_t j = 0; j < wide; j++) to[j] = j < n ? from[j * apart] : 0;
}

/* `deep` times `n` floats, `step` one from the next and `apart` one from the next, as rows of
 * `wide`: in squares of four where they lie side by side. */
static void pack_all(const float *from, size_t step, size_t deep, size_t apart, size_t n,
                     size_t wide, float *to) {
    size_t p = 0;
    for (; step == 1 && n == wide && p + TALL <= deep; p += TALL)
        for (size_t j = 0; j < wide; j += TALL)
            turn(from + p + j * apart, apart, to + p * wide + j, wide);
    for (; p < deep; p++) pack(from + p * step, apart, n, wide, to + p * wide);
}

/* Rows first.. of a, four side by side, zeros behind the last. */
static void pack_rows(TtfsMatrix a, size_t first, size_t rows, size_t at, size_t deep, float *to) {
    for (size_t i = 0; i < rows; i += TALL, to += TALL * deep)
        pack_all(a.at + (first + i) * a.row + at * a.col, a.col, deep, a.row, least(TALL, rows - i),
                 TALL, to);
}

static void pack_columns(TtfsMatrix b, size_t first, size_t columns, size_t at, size_t deep,
                         float *to) {
    pack_all(b.at + at * b.row + first * b.col, b.row, deep, b.col, columns, WIDE, to);
}

static void store_full(const float *restrict sums, float *restrict c, bool add) {
    for (size_t j = 0; j < WIDE; j++) c[j] = (add ? c[j] : 0) + sums[j];
}

static void store(float sums[TALL][WIDE], size_t rows, size_t columns, float *c, size_t row,
                  bool add) {
    for (size_t i = 0; columns == WIDE && i < rows; i++) store_full(sums[i], c + i * row, add);
    if (columns == WIDE) return;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            c[i * row + j] = (add ? c[i * row + j] : 0) + sums[i][j];
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
