/* SPDX-License-Identifier: Apache-2.0
 *
 * Shards: parts I of N of one work, each in a file of its own, and which of them a merge has.
 */
#ifndef TTFS_SHARDS_H
#define TTFS_SHARDS_H

#include "base.h"

/* Reads I/N. */
bool ttfs_shard_read(const char *text, uint32_t *shard, uint32_t *shards, TtfsDiag *diag);

/* Of one file. */
typedef struct {
    const char *file;
    uint32_t shard, shards; /* shards 0: it is the whole */
    bool same;              /* of the same work as the first file */
    bool finished;
} TtfsShard;

/* SWEEP_SHARDS names the first that is whole, of another work (`what`, as "sweep"), of other
 * shards, doubled or not finished, and else the first that is missing. */
bool ttfs_shards_check(const TtfsShard *at, uint32_t n, const char *what, TtfsDiag *diag);
/* Whether what is written is none of the files, nor `csv` (NULL: none) one of them or that. */
bool ttfs_shards_apart(const char *const *files, uint32_t n, const char *out, const char *csv,
                       TtfsDiag *diag);

#endif
