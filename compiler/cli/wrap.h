/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines for a terminal.
 */
#ifndef TTFS_WRAP_H
#define TTFS_WRAP_H

#include "base.h"

/* Appends `text` with no line longer than `width` columns as far as words allow: what is too long
 * goes on below, in the column behind the line's first gap of two spaces, or four columns in. */
void ttfs_wrap(const char *text, uint32_t width, TtfsBuf *out);

#endif
