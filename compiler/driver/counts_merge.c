/* SPDX-License-Identifier: Apache-2.0
 *
 * Shards of a run or a verification to the whole: the first file's head, all files' counts, the
 * difference of the lowest sample.
 */
#include "asked.h"
#include "counts_inside.h"
#include "doc_read.h"
#include "shards.h"

#include <inttypes.h>
#include <string.h>

/* Sums stay whole numbers that a document holds. */
static bool add(TtfsCountsDoc *d, const TtfsCountsDoc *p, const char *file, TtfsDiag *diag) {
    for (int i = 0; i < TTFS_COUNT_KINDS; i++)
        if ((d->count[i] += p->count[i]) > TTFS_DOC_MOST)
            return ttfs_error(diag, TTFS_AT_FILE(file), TTFS_SWEEP_SHARDS,
                              "with its counts the sums pass 2^53, more than a document holds");
    if (!*p->first || (*d->first && d->first_sample <= p->first_sample)) return true;
    d->first = ttfs_arena_strdup(&d->arena, p->first);
    d->first_sample = p->first_sample;
    return true;
}

static bool check(const TtfsMergeOptions *o, const TtfsCountsDoc *part, TtfsArena *a,
                  TtfsDiag *diag) {
    TtfsShard *at = TTFS_ARRAY(a, TtfsShard, o->n_files);
    for (uint32_t i = 0; i < o->n_files; i++)
        at[i] = (TtfsShard){o->files[i], part[i].shard, part[i].shards,
                            ttfs_counts_same(&part[i], &part[0]), true};
    return ttfs_shards_check(at, o->n_files, part[0].document, diag);
}

/* As verify does. */
static bool tell_differences(const TtfsCountsDoc *d, const char *out, TtfsDiag *diag) {
    uint64_t n = d->count[TTFS_COUNT_DIFFERENCES] + (*d->image != 0);
    if (n)
        ttfs_error(diag, TTFS_AT_FILE(out), TTFS_VERIFY_DIFFER, "%" PRIu64 " difference%s; %s%s", n,
                   n == 1 ? "" : "s", *d->image ? "image: " : "", *d->image ? d->image : d->first);
    return true;
}

bool ttfs_counts_merge(const TtfsMergeOptions *o, TtfsCountsDoc *d, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsCountsDoc *part = TTFS_ARRAY(&a, TtfsCountsDoc, o->n_files);
    bool ok = ttfs_asked_for("-o", o->out, "a file to write is needed: -o FILE", diag) &&
              ttfs_shards_apart(o->files, o->n_files, o->out, o->csv, diag);
    if (ok && o->csv)
        ok = ttfs_error(diag, TTFS_AT_FILE("--csv"), TTFS_OPTION_VALUE,
                        "it has a line a trial, and only sweeps have trials");
    for (uint32_t i = 0; ok && i < o->n_files; i++)
        ok = ttfs_counts_load(&part[i], o->files[i], diag);
    ok = ok && check(o, part, &a, diag) && ttfs_counts_load(d, o->files[0], diag);
    if (ok) d->shard = d->shards = 0;
    for (uint32_t i = 1; ok && i < o->n_files; i++) ok = add(d, &part[i], o->files[i], diag);
    ok = ok && ttfs_counts_save(d, o->out, diag) && tell_differences(d, o->out, diag);
    for (uint32_t i = 0; i < o->n_files; i++) ttfs_counts_free(&part[i]);
    ttfs_arena_free(&a);
    return ok;
}
