/* SPDX-License-Identifier: Apache-2.0
 *
 * Session: what run and verify share. An output folder, the samples, the number of them, progress.
 */
#ifndef TTFS_SESSION_H
#define TTFS_SESSION_H

#include "engine.h"
#include "hash.h"
#include "labels.h"
#include "out.h"
#include "ttfs.h"

typedef struct {
    TtfsOut out;
    TtfsJitOptions jit;
    TtfsArray input, label_array;
    TtfsLabels labels; /* kind NONE when there are none */
    uint64_t count;    /* samples to take */
    uint32_t threads;
    TtfsProgress progress;
} TtfsSession;

/* Whether the options are within their bounds. */
bool ttfs_session_check(const TtfsSessionOptions *o, TtfsDiag *diag);
/* A file to write, NULL: none, is not that of the samples or of the labels. */
bool ttfs_session_apart(const TtfsSessionOptions *o, const char *option, const char *path,
                        TtfsDiag *diag);
/* Checks the options, and opens the folder's `parts` and the samples (and labels when
 * `want_labels`). */
bool ttfs_session_open(TtfsSession *s, const TtfsSessionOptions *o, int parts, bool want_labels,
                       TtfsDiag *diag);
void ttfs_session_close(TtfsSession *s);
/* Adds files of the folder, by name with NULL at the end, to a hash; one that is not there adds
 * nothing. */
void ttfs_session_hash_files(TtfsSession *s, const char *const *names, TtfsSha256 *h);
/* Adds the samples to take and their classes. */
bool ttfs_session_hash(TtfsSession *s, TtfsSha256 *h, TtfsDiag *diag);
/* Warns when too many of the samples' values were clipped by the encoder. */
void ttfs_session_clipped(const TtfsSession *s, uint64_t clipped, TtfsDiag *diag);
/* Tells that the samples begin, and that `done` of them are done. */
void ttfs_session_begin(const TtfsSession *s);
void ttfs_session_progress(const TtfsSession *s, uint64_t done);

/* A part of the work on a block of samples. */
typedef struct {
    const TtfsSession *session;
    uint64_t first, n;    /* the block's samples */
    double before, share; /* of the whole work: what was done before this part, and this part */
} TtfsPart;

/* Tells that `done` samples of the block are through the part. */
void ttfs_part_progress(const TtfsPart *p, uint64_t done);
/* The same for an engine's run; `p` must outlive it. */
TtfsProgress ttfs_part_teller(TtfsPart *p);
/* Options of an engine that runs the samples: no more instances than samples. */
TtfsEngineOptions ttfs_session_engine(const TtfsSession *s);

#endif
