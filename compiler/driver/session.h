/* SPDX-License-Identifier: Apache-2.0
 *
 * Session: what run and verify share. An output folder, the samples, the number of them, progress.
 */
#ifndef TTFS_SESSION_H
#define TTFS_SESSION_H

#include "labels.h"
#include "options.h"
#include "out.h"

typedef struct {
    TtfsOut out;
    TtfsArray input, label_array;
    TtfsLabels labels; /* kind NONE when there are none */
    uint64_t count;    /* samples to take */
    uint32_t threads;
    bool quiet;            /* no progress */
    double started, shown; /* for progress */
} TtfsSession;

/* Opens the folder's `parts` and the samples of --input (and --labels, or y of the same .npz when
 * `want_labels`). */
bool ttfs_session_open(TtfsSession *s, const TtfsOptions *o, int parts, int64_t flip,
                       bool want_labels, TtfsDiag *diag);
void ttfs_session_close(TtfsSession *s);
/* Shows rate and time left on standard error when it is a terminal and more than a second has
 * passed. */
void ttfs_session_progress(TtfsSession *s, uint64_t done);
void ttfs_session_progress_end(TtfsSession *s);

#endif
