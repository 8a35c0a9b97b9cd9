/* SPDX-License-Identifier: Apache-2.0
 *
 * Training samples, moved: mirrored and shifted at random, another way in every epoch.
 */
#ifndef TTFS_TUNE_MOVE_H
#define TTFS_TUNE_MOVE_H

#include "net.h"
#include "session.h"
#include "ttfs.h"

typedef struct {
    const TtfsSession *session;
    bool flip;      /* left and right are exchanged, of every second sample in the mean */
    uint32_t shift; /* pixels at most, down or up and right or left */
    uint32_t seed;
    uint32_t dim[3]; /* channels, rows, columns; */
    size_t step[3];  /* from one to the next in a sample */
} TtfsTuneMove;

/* Of the samples of `s`, which must outlive it. Refused where they have no rows and columns to be
 * moved along. */
bool ttfs_tune_move_open(TtfsTuneMove *m, const TtfsSession *s, const TtfsNet *net,
                         const TtfsTuneOptions *o, TtfsDiag *diag);
bool ttfs_tune_moves(const TtfsTuneMove *m);
/* Sample `i` as real values [elements], in the order that the network takes them. It is moved as
 * the seed, `turn` and `i` say, beyond an edge by the pixels there; not in turn TTFS_TUNE_STILL.
 * Called by several threads. */
bool ttfs_tune_sample(const TtfsTuneMove *m, uint64_t i, uint32_t turn, float *out, TtfsDiag *diag);

#endif
