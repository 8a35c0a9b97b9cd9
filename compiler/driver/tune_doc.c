/* SPDX-License-Identifier: Apache-2.0
 *
 * The document of a training: every epoch, before and after.
 */
#include "tune_doc.h"

void ttfs_tuned_free(TtfsTuned *t) {
    ttfs_pipeline_free(&t->made);
    ttfs_arena_free(&t->report.arena);
}

static void epoch_json(TtfsJson *j, const TtfsTuneEpoch *e, bool timed) {
    ttfs_json_object(j, NULL);
    ttfs_json_number(j, "loss", e->loss);
    ttfs_json_number(j, "validation", e->accuracy);
    ttfs_json_number(j, "validation_loss", e->validation);
    ttfs_json_number(j, "spikes_per_neuron", e->spikes);
    if (timed) ttfs_json_number(j, "seconds", e->seconds);
    ttfs_json_end(j);
}

void ttfs_tuned_json(const TtfsTuned *t, bool timed, TtfsBuf *out) {
    TtfsJson j = {.out = out};
    const TtfsTuneReport *r = &t->report;
    ttfs_json_object(&j, NULL);
    ttfs_json_number(&j, "ticks", t->ticks);
    ttfs_json_number(&j, "weight_bits", t->weight_bits);
    ttfs_json_number(&j, "seed", t->seed);
    ttfs_json_string(&j, "teacher", t->labelled ? "labels" : "float network");
    ttfs_json_number(&j, "trained", (double)r->trained);
    ttfs_json_number(&j, "held_back", (double)r->held);
    ttfs_json_array(&j, "epochs");
    for (uint32_t i = 1; i < r->epochs.len; i++) epoch_json(&j, &r->epochs.at[i], timed);
    ttfs_json_end(&j);
    ttfs_json_number(&j, "best_epoch", r->best);
    ttfs_json_number(&j, "accuracy_before", r->epochs.at[0].accuracy);
    ttfs_json_number(&j, "accuracy_after", r->epochs.at[r->best].accuracy);
    ttfs_json_number(&j, "spikes_per_neuron_before", r->epochs.at[0].spikes);
    ttfs_json_number(&j, "spikes_per_neuron", r->epochs.at[r->best].spikes);
    if (timed) ttfs_json_number(&j, "seconds", t->seconds);
    ttfs_json_end(&j);
}
