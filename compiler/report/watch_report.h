/* SPDX-License-Identifier: Apache-2.0
 *
 * What of a run the page shows, as a document of the folder: report/run-ENGINE.json.
 */
#ifndef TTFS_WATCH_REPORT_H
#define TTFS_WATCH_REPORT_H

#include "run.h"

/* Appends the document; nothing in it depends on when and how fast the run was. */
void ttfs_watch_json(const TtfsRunResult *v, TtfsBuf *out);
/* Writes it to the folder, when spikes were counted. In a folder that may not be written to nothing
 * is kept, which a note says. */
bool ttfs_watch_keep(const TtfsRunResult *v, const char *folder, TtfsDiag *diag);

#endif
