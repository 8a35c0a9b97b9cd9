/* SPDX-License-Identifier: Apache-2.0
 *
 * Rounding by coordinate descent: integers whose sum over correlated inputs is nearest to what it
 * should be (Behdin et al. 2023, "QuantEase", arXiv 2309.01885, algorithm 1). Private to
 * ir_to_spike.
 */
#ifndef TTFS_DESCENT_H
#define TTFS_DESCENT_H

#include <stdint.h>

/* Find integers q within low..high so that with v_j = q_j quantum_j
 *     J(v) = v' H v - 2 v' target + ridge sum (v_j - w_j)^2
 * is small. H is [n][n] in blocks, n = shared + own. */
typedef struct {
    uint32_t shared, own;
    const float *h;          /* [shared][shared] */
    const float *own_shared; /* [own][shared] */
    const float *own_own;    /* [own][own] */
    const float *target, *w; /* [n] */
    float ridge;
    const float *quantum, *low, *high; /* [n] */
} TtfsDescent;

/* `q`, [n] integers, is where it begins and ends; `product`, [n], is filled with H v. At most
 * `sweeps` over all coordinates, fewer when one changes nothing. Returns J, which no sweep raises.
 */
double ttfs_descend(const TtfsDescent *d, uint32_t sweeps, float *q, float *product);
/* The integers nearest to w. */
void ttfs_descent_start(const TtfsDescent *d, float *q);
/* product = H v. */
void ttfs_descent_product(const TtfsDescent *d, const float *v, float *product);

#endif
