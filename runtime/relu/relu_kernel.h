/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the relu engine: the products. A row of inputs (an image's patch, or activations) becomes
 * the list of its terms that are not 0, since a zero adds nothing to any sum; behind a rectifier
 * that is every third or so. Weights are packed as float64 in groups of LANES outputs.
 */
#ifndef TTFS_RELU_KERNEL_H
#define TTFS_RELU_KERNEL_H

#include <stdint.h>

enum { TTFS_RELU_LANES = 16 };

typedef struct {
    double x;
    uint32_t at; /* which input of the row; which element of a line */
} TtfsReluTerm;

/* Doubles that `n` outputs of `k` weights take when packed. */
uint64_t ttfs_relu_packed_size(uint64_t n, uint64_t k);
/* Packs weights w[out * stride_out + in * stride_in]: groups of LANES outputs, inside a group one
 * row of LANES a weight; missing outputs are 0. */
void ttfs_relu_pack(double *packed, const float *w, uint64_t n, uint64_t k, uint64_t stride_out,
                    uint64_t stride_in);
/* Appends the elements of x (`n` of them, `stride` apart) that are not 0, counted from `first`, to
 * the list of `count` terms; the new count. The list has room for one more than its terms. */
uint64_t ttfs_relu_terms(TtfsReluTerm *terms, uint64_t count, const float *x, uint64_t n,
                         uint64_t stride, uint64_t first);
/* acc[l] = sum of term.x * w[term.at][l] over one group of outputs, in the order of the terms. */
void ttfs_relu_product(double *acc, const double *group, const TtfsReluTerm *terms, uint64_t n);
/* Sum of x[i] * w[i], in eight partial sums. */
double ttfs_relu_dot(const double *x, const float *w, uint64_t n);
/* acc[i] += x[i * stride] * w */
void ttfs_relu_add_scaled(double *acc, const float *x, uint64_t stride, double w, uint64_t n);

#endif
