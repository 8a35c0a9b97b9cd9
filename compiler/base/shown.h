/* SPDX-License-Identifier: Apache-2.0
 *
 * Text from files, made fit to be shown: what a terminal would obey, what could pass for another
 * line and what is not UTF-8 is written as escapes, everything else as it is.
 */
#ifndef TTFS_SHOWN_H
#define TTFS_SHOWN_H

#include "arena.h"
#include "buf.h"

/* Appends `s` for people: the bytes of such characters as \xHH. */
void ttfs_buf_shown(TtfsBuf *b, const char *s);
/* The same in at least `width` columns, a column a byte. */
void ttfs_buf_name(TtfsBuf *b, const char *name, int width);
/* The same in an arena, for printf. */
const char *ttfs_shown(TtfsArena *a, const char *s);
/* Appends `s` as a JSON string: such characters as \uXXXX, so that they are read back; bytes that
 * are not UTF-8 as the characters \xHH. */
void ttfs_buf_json_string(TtfsBuf *b, const char *s);

#endif
