/* SPDX-License-Identifier: Apache-2.0
 *
 * Shards to the whole. In: files of one sweep, all its shards once, each finished; out: what one
 * run would have written.
 */
#include "sweep.h"

#include "asked.h"
#include "shards.h"

typedef struct {
    const TtfsMergeOptions *options;
    TtfsSweepDoc *part; /* [files] */
    TtfsDiag *diag;
} Merge;

static bool check_parts(const Merge *m, TtfsArena *a) {
    uint32_t n = m->options->n_files;
    TtfsShard *at = TTFS_ARRAY(a, TtfsShard, n);
    for (uint32_t i = 0; i < n; i++) {
        const TtfsSweepDoc *p = &m->part[i];
        at[i] = (TtfsShard){m->options->files[i], p->shard, p->shards,
                            ttfs_sweep_same(p, &m->part[0], true),
                            p->shards == 0 || ttfs_sweep_whole(p)};
    }
    return ttfs_shards_check(at, n, "sweep", m->diag);
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
              ttfs_asked_within("files", o->n_files, 1, UINT32_MAX, diag) &&
              ttfs_shards_apart(o->files, o->n_files, o->out, o->csv, diag) && load(&m) &&
              check_parts(&m, &a) && put_together(&m, d);
    for (uint32_t i = 0; i < o->n_files; i++) ttfs_sweep_doc_free(&m.part[i]);
    ttfs_arena_free(&a);
    return ok;
}
