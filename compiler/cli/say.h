/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands print with: results, progress.
 */
#ifndef TTFS_SAY_H
#define TTFS_SAY_H

#include "options.h"

/* Prints a result on standard output: the document under --json, else the form that was asked for,
 * else words, which are left out under --quiet. The exit code: 0, 1 when it has not passed or there
 * is none (NULL). Frees it. */
int ttfs_print_result(TtfsResult *r, const TtfsOptions *o);

/* Progress on standard error of what takes more than a second: rate and time left in one line of a
 * terminal; in a file a line when it has shown to be long and one at its end, without control
 * characters. */
typedef struct {
    bool quiet, terminal;
    char what[128]; /* what is under way; "": nothing */
    uint64_t done, of;
    bool said;             /* there was a line about it */
    double started, shown; /* when it began, when there was a line */
} TtfsProgressLine;

TtfsProgress ttfs_progress_line(TtfsProgressLine *line, const TtfsOptions *o);
/* Ends the line. */
void ttfs_progress_end(TtfsProgressLine *line);

#endif
