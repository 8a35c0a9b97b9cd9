/* SPDX-License-Identifier: Apache-2.0
 *
 * Sweeps and their shards.
 */
#include "lib_inside.h"

#include "sweep.h"
#include "sweep_report.h"

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

static bool merge(const void *options, TtfsResult *r, TtfsDiag *diag) {
    TtfsSweepDoc d = {0};
    bool ok = ttfs_merge(options, &d, diag);
    if (ok) say(&d, r);
    ttfs_sweep_doc_free(&d);
    return ok;
}

TtfsResult *ttfs_merge_shards(const TtfsMergeOptions *o, TtfsMessages *m) {
    return ttfs_call(merge, o, NULL, m);
}
