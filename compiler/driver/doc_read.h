/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the documents that shards are written as (counts_doc.h, sweep_doc.h), key by key.
 */
#ifndef TTFS_DOC_READ_H
#define TTFS_DOC_READ_H

#include "json_tree.h"

/* Up to which JSON's numbers, doubles, hold all whole numbers. */
#define TTFS_DOC_MOST (UINT64_C(1) << 53)

typedef struct {
    const char *file;
    const char *writer; /* "a sweep writes", for messages */
    TtfsArena *arena;   /* where texts lie */
    TtfsDiag *diag;
} TtfsDocRead;

/* False, with SWEEP_FILE: `key` is missing or not what the writer writes. */
bool ttfs_doc_refuse(const TtfsDocRead *r, const char *key);
/* NULL: there is none, or `j` is no object. */
const cJSON *ttfs_doc_key(const cJSON *j, const char *key);

/* The value of a key; false where it is refused. */
bool ttfs_doc_text(const TtfsDocRead *r, const cJSON *j, const char *key, const char **text);
bool ttfs_doc_bool(const TtfsDocRead *r, const cJSON *j, const char *key, bool *to);
bool ttfs_doc_whole(const TtfsDocRead *r, const cJSON *j, const char *key, uint64_t most,
                    uint64_t *to);
/* The same of a value, `key` being what it is called. */
bool ttfs_doc_whole_value(const TtfsDocRead *r, const cJSON *v, const char *key, uint64_t most,
                          uint64_t *to);
/* "shard", which may be missing: then both stay as they are. */
bool ttfs_doc_shard(const TtfsDocRead *r, const cJSON *j, uint32_t *shard, uint32_t *shards);

#endif
