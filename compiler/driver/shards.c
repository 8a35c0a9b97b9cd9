/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks of a merge: all shards of one work, each once, each finished.
 */
#include "shards.h"

#include "asked.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

enum { MOST_SHARDS = 1000000 };

bool ttfs_shard_read(const char *text, uint32_t *shard, uint32_t *shards, TtfsDiag *diag) {
    char *end;
    unsigned long i = strtoul(text, &end, 10), n = 0;
    bool ok = isdigit((unsigned char)text[0]) && *end == '/' && isdigit((unsigned char)end[1]);
    if (ok) n = strtoul(end + 1, &end, 10);
    if (!ok || *end || i < 1 || i > n || n > MOST_SHARDS)
        return ttfs_error(diag, TTFS_AT_FILE("--shard"), TTFS_OPTION_VALUE,
                          "'%s' is no part I/N, I from 1 to N, N at most %d", text, MOST_SHARDS);
    *shard = (uint32_t)i;
    *shards = (uint32_t)n;
    return true;
}

/* `of`: of each shard the file that it is in, from 1 on. */
static bool check_one(const TtfsShard *at, uint32_t i, const char *what, uint32_t *of,
                      TtfsDiag *diag) {
    const TtfsShard *p = &at[i];
    TtfsLoc file = TTFS_AT_FILE(p->file);
    if (p->shards == 0)
        return ttfs_error(diag, file, TTFS_SWEEP_SHARDS, "it is a whole %s, not a shard", what);
    if (!p->same)
        return ttfs_error(diag, file, TTFS_SWEEP_SHARDS, "it is a shard of another %s than '%s'",
                          what, at[0].file);
    if (p->shards != at[0].shards)
        return ttfs_error(diag, file, TTFS_SWEEP_SHARDS,
                          "it is one of %" PRIu32 " shards, '%s' one of %" PRIu32, p->shards,
                          at[0].file, at[0].shards);
    if (of[p->shard])
        return ttfs_error(diag, file, TTFS_SWEEP_SHARDS,
                          "it is shard %" PRIu32 "/%" PRIu32 ", as '%s' is", p->shard, p->shards,
                          at[of[p->shard] - 1].file);
    of[p->shard] = i + 1;
    return p->finished ||
           ttfs_error(diag, file, TTFS_SWEEP_SHARDS, "it is not finished: run it again to go on");
}

bool ttfs_shards_check(const TtfsShard *at, uint32_t n, const char *what, TtfsDiag *diag) {
    TtfsArena a = {0};
    uint32_t shards = at[0].shards;
    uint32_t *of = TTFS_ARRAY(&a, uint32_t, (size_t)shards + 1);
    bool ok = true;
    for (uint32_t i = 0; ok && i < n; i++) ok = check_one(at, i, what, of, diag);
    for (uint32_t i = 1; ok && i <= shards; i++)
        if (!of[i])
            ok = ttfs_error(diag, TTFS_AT_FILE("merge"), TTFS_SWEEP_SHARDS,
                            "shard %" PRIu32 "/%" PRIu32 " is missing", i, shards);
    ttfs_arena_free(&a);
    return ok;
}

bool ttfs_shards_apart(const char *const *files, uint32_t n, const char *out, const char *csv,
                       TtfsDiag *diag) {
    bool ok = ttfs_asked_apart("--csv", csv, out, diag);
    for (uint32_t i = 0; ok && i < n; i++)
        ok = ttfs_asked_apart("-o", out, files[i], diag) &&
             ttfs_asked_apart("--csv", csv, files[i], diag);
    return ok;
}
