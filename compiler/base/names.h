/* SPDX-License-Identifier: Apache-2.0
 *
 * Names: a set of texts in which every new one is given a name that no other has.
 */
#ifndef TTFS_NAMES_H
#define TTFS_NAMES_H

#include "arena.h"

typedef struct {
    const char *name;
    uint32_t copy; /* number that the next text like it is tried with */
} TtfsName;

/* Empty when all zeros. */
typedef struct {
    TtfsName *at; /* open addressing, cap a power of two */
    uint32_t len, cap;
} TtfsNames;

/* `wanted`, or with _2, _3 .. behind it when that is taken; "layer" for NULL and "". The name and
 * the table live in `a`. Constant time on average, however many are alike. */
const char *ttfs_names_take(TtfsNames *n, const char *wanted, TtfsArena *a);

#endif
