/* SPDX-License-Identifier: Apache-2.0
 *
 * The hot loops of the relu engine. Sixteen outputs are accumulated in registers over the terms of
 * one row, in ascending order of the inputs, so the result depends neither on blocking nor on how
 * many zeros there are. The lane loops have constant bounds, which compilers vectorise.
 */
#include "relu_kernel.h"

enum { L = TTFS_RELU_LANES, PARTS = 8 };

uint64_t ttfs_relu_packed_size(uint64_t n, uint64_t k) {
    return (n + L - 1) / L * L * k;
}

void ttfs_relu_pack(double *packed, const float *w, uint64_t n, uint64_t k, uint64_t stride_out,
                    uint64_t stride_in) {
    for (uint64_t o = 0; o < n; o += L)
        for (uint64_t i = 0; i < k; i++)
            for (uint64_t l = 0; l < L; l++)
                *packed++ = o + l < n ? (double)w[(o + l) * stride_out + i * stride_in] : 0.0;
}

/* Without a branch: a zero is written too, and overwritten by what follows. */
uint64_t ttfs_relu_terms(TtfsReluTerm *terms, uint64_t count, const float *x, uint64_t n,
                         uint64_t stride, uint64_t first) {
    for (uint64_t i = 0; i < n; i++) {
        float v = x[i * stride];
        terms[count].x = (double)v;
        terms[count].at = (uint32_t)(first + i);
        count += v != 0;
    }
    return count;
}

void ttfs_relu_product(double *acc, const double *group, const TtfsReluTerm *terms, uint64_t n) {
    double s[L] = {0};
    for (uint64_t i = 0; i < n; i++) {
        const double *w = group + (uint64_t)terms[i].at * L;
        double x = terms[i].x;
        for (int l = 0; l < L; l++) s[l] += w[l] * x;
    }
    for (int l = 0; l < L; l++) acc[l] = s[l];
}

double ttfs_relu_dot(const double *x, const float *w, uint64_t n) {
    double s[PARTS] = {0}, sum = 0;
    uint64_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (int l = 0; l < PARTS; l++) s[l] += x[i + (uint64_t)l] * (double)w[i + (uint64_t)l];
    for (int l = 0; l < PARTS; l++) sum += s[l];
    for (; i < n; i++) sum += x[i] * (double)w[i];
    return sum;
}

void ttfs_relu_add_scaled(double *acc, const float *x, uint64_t stride, double w, uint64_t n) {
    if (stride == 1)
        for (uint64_t i = 0; i < n; i++) acc[i] += w * (double)x[i];
    else
        for (uint64_t i = 0; i < n; i++) acc[i] += w * (double)x[i * stride];
}
