/* SPDX-License-Identifier: Apache-2.0
 *
 * Block: some samples of a run, read and encoded on all threads. Memory is bounded by blocks, not
 * by the number of samples.
 */
#ifndef TTFS_BLOCK_H
#define TTFS_BLOCK_H

#include "session.h"

typedef struct {
    TtfsSession *session;
    uint64_t room;     /* samples that it can hold */
    uint64_t first, n; /* samples that it holds */
    float *real;       /* [n][elements] */
    uint16_t *x;       /* [n][elements]: the input's integers */
    uint32_t *clipped; /* [n]: values outside the encoder's range */
} TtfsBlock;

/* Room for `most` samples, or as many as some MiB hold with `traces` spike traces each, in rows of
 * `row`; but a row a thread at the least. */
typedef struct {
    uint32_t traces;
    uint64_t most, row;
} TtfsBlockSize;

void ttfs_block_init(TtfsBlock *b, TtfsSession *s, const TtfsBlockSize *size, TtfsArena *a);
/* How many values of its samples were clipped. */
uint64_t ttfs_block_clipped(const TtfsBlock *b);
/* Reads the samples from `first` on. */
bool ttfs_block_read(TtfsBlock *b, uint64_t first, TtfsDiag *diag);

#endif
