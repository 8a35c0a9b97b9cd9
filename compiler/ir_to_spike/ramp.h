/* SPDX-License-Identifier: Apache-2.0
 *
 * Which numbers a ramp may be: whole ones from 1 on, or powers of two alone. Private to
 * ir_to_spike.
 */
#ifndef TTFS_RAMP_H
#define TTFS_RAMP_H

#include <stdbool.h>

/* Of such numbers, with powers `pow2`, the nearest to v > 0 (of powers by their ratio); below 1
 * when there is none as small. */
double ttfs_ramp_near(bool pow2, double v);
/* The one behind r. */
double ttfs_ramp_next(bool pow2, double r);
/* Narrows whole numbers 1 <= *low <= *high to those that a ramp may be; where none lies between
 * them both become the largest below. */
void ttfs_ramp_bound(bool pow2, double *low, double *high);

#endif
