/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocked product. Method: 256 columns of a at a time, 128 of its rows, packed so that four rows
 * lie side by side; sixteen columns of b, where they lie or packed; four by sixteen sums, in
 * registers where the processor has AVX2, else four by eight (compilers make vectors of the inner
 * loop). Both make the same sums in the same order, nothing fused: the same bits. Cost: m n k
 * products, and copies of a for every block.
 */
#include "gemm.h"

#include "vectors.h"

#ifdef __SSE__
#include <xmmintrin.h>
#endif

enum { TALL = 4, NARROW = 8, WIDE = 16, DEEP = 256, HIGH = 128 };

/* c[i][j] = sum over p of a[p][i] b[p][j], or with `add` += that, of four rows, `to` floats one
 * from the next, and of the first `columns` at least. */
typedef void Kernel(size_t k, const float *restrict a, const float *restrict b, size_t row,
                    size_t columns, float *restrict c, size_t to, bool add);

/* Eight columns. */
static void narrow(size_t k, const float *restrict a, const float *restrict b, size_t row,
                   float *restrict c, size_t to, bool add) {
    float s[TALL][NARROW] = {{0}};
    for (size_t p = 0; p < k; p++)
        for (int i = 0; i < TALL; i++)
            for (int j = 0; j < NARROW; j++)
                s[i][j] += a[p * TALL + (size_t)i] * b[p * row + (size_t)j];
    for (size_t i = 0; i < TALL; i++)
        for (size_t j = 0; j < NARROW; j++) c[i * to + j] = (add ? c[i * to + j] : 0) + s[i][j];
}

static void plain(size_t k, const float *restrict a, const float *restrict b, size_t row,
                  size_t columns, float *restrict c, size_t to, bool add) {
    for (size_t j = 0; j < columns; j += NARROW) narrow(k, a, b + j, row, c + j, to, add);
}

#ifdef __x86_64__
typedef TtfsEight Eight;

/* Two vectors of a row. */
TTFS_BOTH void put(const Eight *s, const Eight *t, float *c, bool add) {
    Eight left = {0}, right = {0};
    if (add) ttfs_load(&left, c), ttfs_load(&right, c + NARROW);
    left += *s, right += *t;
    ttfs_store(c, &left), ttfs_store(c + NARROW, &right);
}

/* Compilers keep sums in registers where each has a name. */
TTFS_EIGHTS static void wide(size_t k, const float *restrict a, const float *restrict b, size_t row,
                             size_t columns, float *restrict c, size_t to, bool add) {
    Eight s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, t0 = {0}, t1 = {0}, t2 = {0}, t3 = {0};
    (void)columns;
    for (size_t p = 0; p < k; p++, a += TALL, b += row) {
        Eight left, right;
        ttfs_load(&left, b), ttfs_load(&right, b + NARROW);
        s0 += a[0] * left, t0 += a[0] * right;
        s1 += a[1] * left, t1 += a[1] * right;
        s2 += a[2] * left, t2 += a[2] * right;
        s3 += a[3] * left, t3 += a[3] * right;
    }
    put(&s0, &t0, c, add), put(&s1, &t1, c + to, add);
    put(&s2, &t2, c + 2 * to, add), put(&s3, &t3, c + 3 * to, add);
}

static Kernel *fastest(void) {
    return ttfs_has_eights() ? wide : plain;
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

/* Sums of fewer rows or columns. */
static void store(const float *sums, size_t rows, size_t columns, float *c, size_t row, bool add) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            c[i * row + j] = (add ? c[i * row + j] : 0) + sums[i * WIDE + j];
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
            float sums[TALL * WIDE], *to = c + i * row + j;
            bool full = some == WIDE && rows - i >= TALL;
            kernel(deep, packed + i * deep, from, in_place ? b.row : WIDE, some, full ? to : sums,
                   full ? row : WIDE, full && add);
            if (!full) store(sums, least(TALL, rows - i), some, to, row, add);
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
