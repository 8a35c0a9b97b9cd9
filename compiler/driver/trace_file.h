/* SPDX-License-Identifier: Apache-2.0
 *
 * The file of `run --trace`: text, VCD, FST or NIRData by its name's ending, written while samples
 * come. It appears under its name when it is whole; beside waveforms lie views of them. The same
 * traces give the same bytes.
 */
#ifndef TTFS_TRACE_FILE_H
#define TTFS_TRACE_FILE_H

#include "trace.h"

typedef enum { TTFS_TRACE_TEXT, TTFS_TRACE_VCD, TTFS_TRACE_FST, TTFS_TRACE_NIRD } TtfsTraceForm;

typedef struct TtfsTraceFile TtfsTraceFile;

TtfsTraceForm ttfs_trace_form(const char *path);

/* Begins the file of `samples` samples; it and the graph's names lie in the arena. NULL after an
 * error. What is no regular file (a FIFO) gets an FST or NIRData at the end, since their beginnings
 * are known then: until that they are held in memory. */
TtfsTraceFile *ttfs_trace_file_open(const char *path, const TtfsSpike *s, uint64_t samples,
                                    TtfsArena *a, TtfsDiag *diag);
/* Sample i, from 0, each once and in order. False when it could not be written, and then the file
 * is dropped. */
bool ttfs_trace_file_sample(TtfsTraceFile *f, const TtfsTrace *t, uint64_t i, TtfsDiag *diag);
/* The same of a text that is ready. */
bool ttfs_trace_file_values(TtfsTraceFile *f, const TtfsBuf *values, uint64_t i, TtfsDiag *diag);
/* Makes it whole, with its views where there are none: one may be the user's own. */
bool ttfs_trace_file_end(TtfsTraceFile *f, TtfsDiag *diag);
/* Nothing appears when it did not end; NULL is fine. */
void ttfs_trace_file_close(TtfsTraceFile *f);

#endif
