/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between two texts of the same form. Lines are held against each other by what they
 * name (row 7 of the weights of core 2), not by where they stand, so that a line more does not
 * make all behind it differ.
 */
#ifndef TTFS_TEXT_DIFF_H
#define TTFS_TEXT_DIFF_H

#include "base.h"

enum {
    TTFS_DIFF_LINES = 8,  /* kept of a place */
    TTFS_DIFF_PLACES = 40 /* kept of a text */
};

/* A line of one text and of the other; NULL: it has none of this name. */
typedef struct {
    const char *before, *after;
} TtfsLinePair;

/* A list of the text: "core 2 weights". */
typedef struct {
    const char *where;
    uint64_t differences;
    uint32_t kept;
    TtfsLinePair line[TTFS_DIFF_LINES];
} TtfsDiffPlace;

/* All differences are counted, the first are kept. */
typedef struct {
    uint64_t lines; /* of the first text */
    uint64_t differences, places;
    TTFS_VEC(TtfsDiffPlace) at;
} TtfsTextDiff;

/* Compares two texts of ttfs_plan_print or ttfs_image_print; what is kept lies in the arena. No
 * difference exactly when they are the same text. Cost: lines of both; a place that only one has,
 * once the places of the other. */
void ttfs_text_diff(TtfsTextDiff *d, const char *before, const char *after, TtfsArena *a);

#endif
