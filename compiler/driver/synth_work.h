/* SPDX-License-Identifier: Apache-2.0
 *
 * The private folder in which a flow runs its tools: made, filled, and what of it OUT keeps.
 */
#ifndef TTFS_SYNTH_WORK_H
#define TTFS_SYNTH_WORK_H

#include "file_set.h"
#include "synth_tools.h"

/* Calls work(context) while t->work is an empty folder that nobody else enters, called after
 * `name`; it is removed then. Removes what runs that died left. */
bool ttfs_work_run(TtfsTools *t, const char *name, bool (*work)(void *context), void *context);
/* Writes a file of it. */
bool ttfs_work_fill(const TtfsTools *t, const char *name, const void *bytes, size_t n);
/* The same; the text is freed. */
bool ttfs_work_fill_buf(const TtfsTools *t, const char *name, TtfsBuf *text);
/* The error that a tool's report, a file of it, is not what ttfs reads. */
bool ttfs_work_unread(const TtfsTools *t, const char *name);

/* Files that are kept beside those of the folder. */
typedef struct {
    const char *folder; /* where; "": beside them */
    const TtfsFileSet *files;
} TtfsWorkSet;

/* Puts the files `kept` (NULL ends them) and n sets in the place of t->out's folder `place`, whole
 * or not at all. What verify simulates is remembered as made here. */
bool ttfs_work_keep(const TtfsTools *t, const char *place, const char *const kept[],
                    const TtfsWorkSet *sets, size_t n);

#endif
