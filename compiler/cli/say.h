/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands print with: JSON documents, names, progress.
 */
#ifndef TTFS_SAY_H
#define TTFS_SAY_H

#include "options.h"
#include "progress.h"

#include <cjson/cJSON.h>

/* True when people read standard output: neither --json nor --quiet. */
bool ttfs_talks(const TtfsOptions *o);
/* Prints a name that a file gave on standard output, escaped, in at least `width` columns. */
void ttfs_print_name(const char *name, int width);
/* Prints a text on standard output. */
void ttfs_print_buf(const TtfsBuf *b);
/* Prints a command's result, the document under --json and words otherwise, and frees it; words are
 * left out under --quiet. */
void ttfs_print_result(TtfsBuf *b, const TtfsOptions *o);
/* Prints the document on standard output and deletes it. */
void ttfs_json_emit(cJSON *j);

/* Rate and time left on standard error, when it is a terminal and more than a second has passed. */
typedef struct {
    bool quiet;
    double started, shown;
} TtfsProgressLine;

TtfsProgress ttfs_progress_line(TtfsProgressLine *line, const TtfsOptions *o);
/* Removes the line. */
void ttfs_progress_end(TtfsProgressLine *line);

#endif
