/* SPDX-License-Identifier: Apache-2.0
 *
 * Sweeps and their shards.
 */
#include "lib_inside.h"

#include "counts_doc.h"
#include "counts_report.h"
#include "sweep.h"
#include "sweep_report.h"

#include <math.h>

TtfsSweepOptions ttfs_sweep_defaults(void) {
    TtfsRunOptions run = ttfs_run_defaults();
    return (TtfsSweepOptions){.session = run.session, .model = "b", .trials = 16, .seed = 1};
}

static void say(const TtfsSweepDoc *d, TtfsResult *r) {
    ttfs_sweep_doc_write(d, &r->json);
    ttfs_sweep_text(d, &r->text);
    r->figures.samples = d->samples;
}

static bool sweep(const void *options, TtfsResult *r, TtfsDiag *diag) {
    TtfsSweepDoc d = {0};
    bool ok = ttfs_sweep(options, &d, diag);
    if (ok) say(&d, r);
    ttfs_sweep_doc_free(&d);
    return ok;
}

TtfsResult *ttfs_sweep_samples(const TtfsSweepOptions *o, TtfsMessages *m) {
    return ttfs_call(sweep, o, o->session.folder, m);
}

/* Of a run or a verification. */
static bool merge_counts(const TtfsMergeOptions *o, TtfsResult *r, TtfsDiag *diag) {
    TtfsCountsDoc d = {.document = ""};
    bool ok = ttfs_counts_merge(o, &d, diag);
    if (ok) {
        ttfs_counts_write(&d, &r->json);
        ttfs_counts_text(&d, &r->text);
        r->figures.samples = d.samples;
        r->figures.accuracy = ttfs_counts_share(&d, TTFS_COUNT_RIGHT);
        r->figures.agreement = ttfs_counts_share(&d, TTFS_COUNT_AGREE);
        r->figures.spikes_per_neuron = ttfs_counts_share(&d, TTFS_COUNT_SPIKES);
        r->figures.differences = d.count[TTFS_COUNT_DIFFERENCES] + (*d.image != 0);
        r->passed = r->figures.differences == 0;
    }
    ttfs_counts_free(&d);
    return ok;
}

static bool merge(const void *options, TtfsResult *r, TtfsDiag *diag) {
    const TtfsMergeOptions *o = options;
    if (o->n_files && ttfs_is_counts(o->files[0])) return merge_counts(o, r, diag);
    TtfsSweepDoc d = {0};
    bool ok = ttfs_merge(options, &d, diag);
    if (ok) say(&d, r);
    ttfs_sweep_doc_free(&d);
    return ok;
}

TtfsResult *ttfs_merge_shards(const TtfsMergeOptions *o, TtfsMessages *m) {
    return ttfs_call(merge, o, NULL, m);
}
