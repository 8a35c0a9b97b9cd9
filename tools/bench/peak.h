/* SPDX-License-Identifier: Apache-2.0
 *
 * Peak: how many integer multiply-adds a second the machine does when it does nothing else. The
 * bare instruction over independent registers, no memory: what a perfect kernel would reach.
 */
#ifndef TTFS_PEAK_H
#define TTFS_PEAK_H

#include <stdint.h>

/* The instruction that is measured: the best dot product of bytes or 16-bit words that this
 * processor has; "" when none is known for its family. */
const char *peak_instruction(void);
/* Multiply-adds a second of `threads` threads at once, for about `seconds`. */
double peak_measure(uint32_t threads, double seconds);

#endif
