/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike traces as FST, GTKWave's compressed waveforms (what its fstapi reads): the waveforms of
 * wave.h, a third of the text's size and read a signal at a time. A block of the file is 64
 * samples, or as few as have 2^18 changes. The same traces give the same bytes; no date.
 */
#ifndef TTFS_FST_H
#define TTFS_FST_H

#include "wave.h"

typedef struct TtfsFst TtfsFst;

/* Begins the file in `out`, which is empty; lies in the arena, whose memory grows with signals, and
 * with the changes of a block: 2^18 and those of one sample. */
TtfsFst *ttfs_fst_begin(const TtfsSpike *s, TtfsBuf *out, TtfsArena *a);
/* Sample i, from 0, each once and in order; appends the block before it when that is whole. */
void ttfs_fst_sample(TtfsFst *f, const TtfsTrace *t, uint64_t i, TtfsBuf *out);
/* Appends names and widths. `head` gets the bytes that the file begins with, in place of those
 * there; then it is whole. */
void ttfs_fst_end(TtfsFst *f, TtfsBuf *out, TtfsBuf *head);

#endif
