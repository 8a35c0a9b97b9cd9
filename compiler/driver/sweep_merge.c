/* SPDX-License-Identifier: Apache-2.0
 *
 * Shards to the whole. In: files of one sweep, all its shards once, each finished; out: what one
 * run would have written.
 */
#include "sweep.h"

#include "asked.h"

#include <inttypes.h>

typedef struct {
    const TtfsMergeOptions *options;
    TtfsSweepDoc *part; /* [files] */
    TtfsDiag *diag;
} Merge;

static bool refuse(const Merge *m, uint32_t file, const char *what) {
    return ttfs_error(m->diag, TTFS_AT_FILE(m->options->files[file]), TTFS_SWEEP_SHARDS, "%s",
                      what);
}

static bool check_part(const Merge *m, uint32_t i, uint32_t *of) {
    const TtfsSweepDoc *p = &m->part[i], *first = &m->part[0];
    if (p->shards == 0) return refuse(m, i, "it is a whole sweep, not a shard");
    if (!ttfs_sweep_same(p, first, true))
        return ttfs_error(m->diag, TTFS_AT_FILE(m->options->files[i]), TTFS_SWEEP_SHARDS,
                          "it is a shard of another sweep than '%s'", m->options->files[0]);
    if (p->shards != first->shards)
        return ttfs_error(m->diag, TTFS_AT_FILE(m->options->files[i]), TTFS_SWEEP_SHARDS,
                          "it is one of %" PRIu32 " shards, '%s' one of %" PRIu32, p->shards,
                          m->options->files[0], first->shards);
    if (of[p->shard])
        return ttfs_error(m->diag, TTFS_AT_FILE(m->options->files[i]), TTFS_SWEEP_SHARDS,
                          "it is shard %" PRIu32 "/%" PRIu32 ", as '%s' is", p->shard, p->shards,
                          m->options->files[of[p->shard] - 1]);
    of[p->shard] = i + 1;
    return ttfs_sweep_whole(p) || refuse(m, i, "it is not finished: run it again to go on");
}

static bool check_parts(const Merge *m, TtfsArena *a) {
    uint32_t n = m->options->n_files, shards = m->part[0].shards;
    uint32_t *of = TTFS_ARRAY(a, uint32_t, (size_t)shards + 1);
    for (uint32_t i = 0; i < n; i++)
        if (!check_part(m, i, of)) return false;
    for (uint32_t i = 1; i <= shards; i++)
        if (!of[i])
            return ttfs_error(m->diag, TTFS_AT_FILE("merge"), TTFS_SWEEP_SHARDS,
                              "shard %" PRIu32 "/%" PRIu32 " is missing", i, shards);
    return true;
}

/* No shard is written over. */
static bool check_files(const Merge *m) {
    const TtfsMergeOptions *o = m->options;
    bool ok = ttfs_asked_apart("--csv", o->csv, o->out, m->diag);
    for (uint32_t i = 0; ok && i < o->n_files; i++)
        ok = ttfs_asked_apart("-o", o->out, o->files[i], m->diag) &&
             ttfs_asked_apart("--csv", o->csv, o->files[i], m->diag);
    return ok;
}

static bool load(const Merge *m) {
    for (uint32_t i = 0; i < m->options->n_files; i++)
        if (!ttfs_sweep_doc_load(&m->part[i], m->options->files[i], m->diag)) return false;
    return true;
}

/* The first file's head, all files' counts. */
static bool put_together(const Merge *m, TtfsSweepDoc *d) {
    const TtfsMergeOptions *o = m->options;
    if (!ttfs_sweep_doc_load(d, o->files[0], m->diag)) return false;
    d->shard = d->shards = 0;
    for (uint32_t i = 0; i < o->n_files; i++) ttfs_sweep_take(d, &m->part[i]);
    return ttfs_sweep_doc_save(d, o->out, o->csv, m->diag);
}

bool ttfs_merge(const TtfsMergeOptions *o, TtfsSweepDoc *d, TtfsDiag *diag) {
    TtfsArena a = {0};
    Merge m = {o, TTFS_ARRAY(&a, TtfsSweepDoc, o->n_files), diag};
    bool ok = ttfs_asked_for("-o", o->out, "a file to write is needed: -o FILE", diag) &&
              ttfs_asked_within("files", o->n_files, 1, UINT32_MAX, diag) && check_files(&m) &&
              load(&m) && check_parts(&m, &a) && put_together(&m, d);
    for (uint32_t i = 0; i < o->n_files; i++) ttfs_sweep_doc_free(&m.part[i]);
    ttfs_arena_free(&a);
    return ok;
}
