/* SPDX-License-Identifier: Apache-2.0
 *
 * Fine-tuning.
 */
#include "lib_inside.h"

#include "tune_report.h"
#include "tune_run.h"

TtfsTuneOptions ttfs_tune_defaults(void) {
    TtfsRunOptions run = ttfs_run_defaults();
    return (TtfsTuneOptions){.session = run.session,
                             .epochs = 6,
                             .batch = 128,
                             .rate = 1e-3,
                             .pace = 10,
                             .validate = 0.1,
                             .seed = 1};
}

static bool tune(const void *options, TtfsResult *r, TtfsDiag *diag) {
    const TtfsTuneOptions *o = options;
    TtfsTuned t = {.seconds = 0};
    bool ok = ttfs_tune_run(o, &t, diag);
    if (ok) {
        const TtfsTuneEpoch *best = &t.report.epochs.at[t.report.best];
        r->passed = !t.misfit;
        ttfs_tuned_json(&t, true, &r->json);
        ttfs_tuned_text(&t, o->out, &r->text);
        r->figures.samples = t.report.held;
        r->figures.accuracy = best->accuracy;
        r->figures.agreement = best->agreement;
        r->figures.spikes_per_neuron = best->spikes;
        r->figures.latency_ticks = t.made.spike.latency;
    }
    ttfs_tuned_free(&t);
    return ok;
}

TtfsResult *ttfs_tune_network(const TtfsTuneOptions *o, TtfsMessages *m) {
    return ttfs_call(tune, o, o->session.folder, m);
}
