/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON, written as it comes: what is opened, filled and closed goes straight into a text. One
 * layout (tabs, a line a key, arrays of values on a line) and one place that escapes.
 */
#ifndef TTFS_JSON_H
#define TTFS_JSON_H

#include "buf.h"

#include <stdbool.h>

/* Declare as `TtfsJson j = {.out = &text};`. The outermost object or array ends with a newline. */
typedef struct {
    TtfsBuf *out;
    uint32_t depth;         /* at most 63 */
    uint64_t array, filled; /* a bit a depth: is it an array, does it hold something */
} TtfsJson;

/* In all of these `key` is the name inside an object, NULL inside an array and outside of all. */
void ttfs_json_object(TtfsJson *j, const char *key);
void ttfs_json_array(TtfsJson *j, const char *key);
/* Closes what was opened last and is still open. */
void ttfs_json_end(TtfsJson *j);
/* Control characters and those that turn the direction of a line as \uXXXX, bytes that are not
 * UTF-8 as the characters \xHH. */
void ttfs_json_string(TtfsJson *j, const char *key, const char *s);
/* A number as a person would write it: as many digits as it takes to read the same number back;
 * what is not finite is null. */
typedef struct {
    char text[32];
} TtfsJsonNumber;
TtfsJsonNumber ttfs_json_number_text(double v);
/* The number that is read back from that text. */
double ttfs_json_number_kept(double v);
void ttfs_json_number(TtfsJson *j, const char *key, double v);
void ttfs_json_bool(TtfsJson *j, const char *key, bool v);
void ttfs_json_null(TtfsJson *j, const char *key);

#endif
