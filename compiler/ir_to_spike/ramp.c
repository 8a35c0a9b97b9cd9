/* SPDX-License-Identifier: Apache-2.0
 *
 * Ramps. In: real numbers above 0; out: whole ones, or powers of two, all of them exact in float64.
 */
#include "ramp.h"

#include <math.h>

/* The largest power of two that is at most v > 0. */
static double power_below(double v) {
    int exponent;
    frexp(v, &exponent); /* v = m 2^exponent, m in 0.5..1 */
    return ldexp(1, exponent - 1);
}

double ttfs_ramp_near(bool pow2, double v) {
    if (!pow2) return rint(v);
    double below = power_below(v);
    return v * v > 2 * below * below ? 2 * below : below;
}

double ttfs_ramp_next(bool pow2, double r) {
    return pow2 ? 2 * r : r + 1;
}

void ttfs_ramp_bound(bool pow2, double *low, double *high) {
    if (!pow2) return;
    double least = power_below(*low), most = power_below(*high);
    if (least < *low) least *= 2;
    *low = least < most ? least : most;
    *high = most;
}
