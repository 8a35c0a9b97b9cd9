/* SPDX-License-Identifier: Apache-2.0
 *
 * Products of matrices of float32, in plain C: every sum is made in one order, each product rounded
 * before it is added, so that results are the same bits on every processor. Integers are exact to
 * 2^24.
 */
#ifndef TTFS_GEMM_H
#define TTFS_GEMM_H

#include <stdbool.h>
#include <stddef.h>

/* Element (i, k) lies at at[i * row + k * col]. */
typedef struct {
    const float *at;
    size_t row, col;
} TtfsMatrix;

/* Floats of scratch memory that a product takes. */
enum { TTFS_GEMM_SCRATCH = 128 * 256 + 16 * 256 };

/* c[m][n] = a b, or with `add` += a b; a is m x k, b is k x n, a row of c begins `row` elements
 * after the one before it. `scratch` has TTFS_GEMM_SCRATCH floats. */
void ttfs_gemm(size_t m, size_t n, size_t k, TtfsMatrix a, TtfsMatrix b, float *c, size_t row,
               bool add, float *scratch);
/* The same as a processor without vectors of eight makes it. */
void ttfs_gemm_plain(size_t m, size_t n, size_t k, TtfsMatrix a, TtfsMatrix b, float *c, size_t row,
                     bool add, float *scratch);

#endif
