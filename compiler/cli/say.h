/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands print with: JSON documents, names, progress.
 */
#ifndef TTFS_SAY_H
#define TTFS_SAY_H

#include "options.h"
#include "progress.h"

/* True when people read standard output: neither --json nor --quiet. */
bool ttfs_talks(const TtfsOptions *o);
/* Prints a name that a file gave on standard output, escaped, in at least `width` columns. */
void ttfs_print_name(const char *name, int width);
/* Prints a text on standard output. */
void ttfs_print_buf(const TtfsBuf *b);
/* Prints a command's result, the document under --json and words otherwise, and frees it; words are
 * left out under --quiet. */
void ttfs_print_result(TtfsBuf *b, const TtfsOptions *o);
/* Prints a JSON document on standard output and frees it. */
void ttfs_json_emit(TtfsBuf *document);

/* Progress on standard error of what takes more than a second: rate and time left in one line of a
 * terminal; in a file a line when it has shown to be long and one at its end, without control
 * characters. */
typedef struct {
    bool quiet, terminal;
    const char *what; /* what is under way; NULL: nothing */
    uint64_t done, of;
    bool said;             /* there was a line about it */
    double started, shown; /* when it began, when there was a line */
} TtfsProgressLine;

TtfsProgress ttfs_progress_line(TtfsProgressLine *line, const TtfsOptions *o);
/* Ends the line. */
void ttfs_progress_end(TtfsProgressLine *line);

#endif
