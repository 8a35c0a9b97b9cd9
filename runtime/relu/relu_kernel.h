/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the relu engine: a product of a matrix of rows (patches of an image, or activations) with
 * packed weights, in float64.
 */
#ifndef TTFS_RELU_KERNEL_H
#define TTFS_RELU_KERNEL_H

#include <stdint.h>

enum { TTFS_RELU_LANES = 8 };

/* Floats that `n` outputs of `k` weights take when packed. */
uint64_t ttfs_relu_packed_size(uint64_t n, uint64_t k);
/* Packs weights w[out * step_out + in * step_in]: groups of LANES outputs, inside a group one row
 * of LANES a weight; missing outputs are 0. */
void ttfs_relu_pack(float *packed, const float *w, uint64_t n, uint64_t k, uint64_t step_out,
                    uint64_t step_in);
/* acc[r * n_padded + o] = sum_i rows[r * k + i] * w[o][i] for one or two rows, i ascending;
 * n_padded = n rounded up to LANES. */
void ttfs_relu_product(double *acc, const double *rows, uint32_t n_rows, const float *packed,
                       uint64_t n, uint64_t k);

#endif
