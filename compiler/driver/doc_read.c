/* SPDX-License-Identifier: Apache-2.0
 *
 * Values by their keys: of the right kind, or refused with the key.
 */
#include "doc_read.h"

#include "shards.h"

#include <math.h>

bool ttfs_doc_refuse(const TtfsDocRead *r, const char *key) {
    return ttfs_error(r->diag, TTFS_AT_FILE(r->file), TTFS_SWEEP_FILE,
                      "'%s' is missing or not what %s", key, r->writer);
}

const cJSON *ttfs_doc_key(const cJSON *j, const char *key) {
    return cJSON_GetObjectItemCaseSensitive(j, key);
}

bool ttfs_doc_text(const TtfsDocRead *r, const cJSON *j, const char *key, const char **text) {
    const cJSON *v = ttfs_doc_key(j, key);
    if (!cJSON_IsString(v)) return ttfs_doc_refuse(r, key);
    *text = ttfs_arena_strdup(r->arena, v->valuestring);
    return true;
}

bool ttfs_doc_bool(const TtfsDocRead *r, const cJSON *j, const char *key, bool *to) {
    const cJSON *v = ttfs_doc_key(j, key);
    if (!cJSON_IsBool(v)) return ttfs_doc_refuse(r, key);
    *to = cJSON_IsTrue(v);
    return true;
}

bool ttfs_doc_whole_value(const TtfsDocRead *r, const cJSON *v, const char *key, uint64_t most,
                          uint64_t *to) {
    if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0 && v->valuedouble <= (double)most) ||
        v->valuedouble != floor(v->valuedouble))
        return ttfs_doc_refuse(r, key);
    *to = (uint64_t)v->valuedouble;
    return true;
}

bool ttfs_doc_whole(const TtfsDocRead *r, const cJSON *j, const char *key, uint64_t most,
                    uint64_t *to) {
    return ttfs_doc_whole_value(r, ttfs_doc_key(j, key), key, most, to);
}

bool ttfs_doc_shard(const TtfsDocRead *r, const cJSON *j, uint32_t *shard, uint32_t *shards) {
    const cJSON *v = ttfs_doc_key(j, "shard");
    TtfsDiag quiet = {0};
    if (!v) return true;
    bool ok = cJSON_IsString(v) && ttfs_shard_read(v->valuestring, shard, shards, &quiet);
    ttfs_diag_free(&quiet);
    return ok || ttfs_doc_refuse(r, "shard");
}
