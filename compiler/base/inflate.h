/* SPDX-License-Identifier: Apache-2.0
 *
 * Deflated bytes -> bytes, never more than the caller has room for.
 */
#ifndef TTFS_INFLATE_H
#define TTFS_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

/* `wrapper` of ttfs_inflate. */
enum { TTFS_GZIP = 16 + 15, TTFS_DEFLATE = -15 };

/* Inflates the stream at p up to `cap` bytes and returns how many came; *ended when the stream
 * ended there, false when it is damaged, cut off or longer. */
size_t ttfs_inflate(const unsigned char *p, size_t n, int wrapper, unsigned char *out, size_t cap,
                    bool *ended);

#endif
