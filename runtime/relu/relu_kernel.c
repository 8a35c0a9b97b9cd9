/* SPDX-License-Identifier: Apache-2.0
 *
 * The one hot loop of the relu engine. Eight outputs by two rows are accumulated in registers: one
 * load of weights serves both rows, sums run over the inputs in ascending order, so the result does
 * not depend on blocking. The lane loops have constant bounds, which compilers vectorise.
 */
#include "relu_kernel.h"

enum { L = TTFS_RELU_LANES };

uint64_t ttfs_relu_packed_size(uint64_t n, uint64_t k) {
    return (n + L - 1) / L * L * k;
}

void ttfs_relu_pack(float *packed, const float *w, uint64_t n, uint64_t k, uint64_t step_out,
                    uint64_t step_in) {
    for (uint64_t o = 0; o < n; o += L)
        for (uint64_t i = 0; i < k; i++)
            for (uint64_t l = 0; l < L; l++)
                *packed++ = o + l < n ? w[(o + l) * step_out + i * step_in] : 0.0f;
}

static void two_rows(double *restrict acc0, double *restrict acc1, const double *x0,
                     const double *x1, const float *w, uint64_t k) {
    double s0[L] = {0}, s1[L] = {0};
    for (uint64_t i = 0; i < k; i++, w += L) {
        for (int l = 0; l < L; l++) {
            double v = w[l];
            s0[l] += v * x0[i];
            s1[l] += v * x1[i];
        }
    }
    for (int l = 0; l < L; l++) acc0[l] = s0[l];
    for (int l = 0; l < L; l++) acc1[l] = s1[l];
}

static void one_row(double *restrict acc, const double *x, const float *w, uint64_t k) {
    double s[L] = {0};
    for (uint64_t i = 0; i < k; i++, w += L)
        for (int l = 0; l < L; l++) s[l] += (double)w[l] * x[i];
    for (int l = 0; l < L; l++) acc[l] = s[l];
}

void ttfs_relu_product(double *acc, const double *rows, uint32_t n_rows, const float *packed,
                       uint64_t n, uint64_t k) {
    uint64_t padded = (n + L - 1) / L * L;
    for (uint64_t o = 0; o < padded; o += L, packed += k * L) {
        if (n_rows == 2)
            two_rows(acc + o, acc + padded + o, rows, rows + k, packed, k);
        else
            one_row(acc + o, rows, packed, k);
    }
}
