/* SPDX-License-Identifier: Apache-2.0
 *
 * The document of a training: every epoch, before and after.
 */
#include "tune_doc.h"

void ttfs_tuned_free(TtfsTuned *t) {
    ttfs_pipeline_free(&t->made);
    ttfs_arena_free(&t->report.arena);
    ttfs_arena_free(&t->arena);
}

const char *ttfs_tuned_teacher(const TtfsTuned *t) {
    return t->teacher ? t->teacher : t->taught ? "float network" : "labels";
}

void ttfs_tuned_bits(const TtfsTuned *t, uint32_t *least, uint32_t *most) {
    const TtfsSpike *g = &t->made.spike;
    *least = *most = 0;
    for (uint32_t i = 0; i < g->conns.len; i++) {
        uint32_t bits = g->conns.at[i].weight_bits;
        if (ttfs_conn_is_pool(&g->conns.at[i])) continue;
        if (!*most || bits < *least) *least = bits;
        if (bits > *most) *most = bits;
    }
}

/* Of layers with widths of their own the widths are said beside what the folder was asked for. */
static void bits_json(TtfsJson *j, const TtfsTuned *t) {
    uint32_t least, most;
    ttfs_tuned_bits(t, &least, &most);
    ttfs_json_number(j, "weight_bits", t->weight_bits);
    if (least == t->weight_bits && most == t->weight_bits) return;
    ttfs_json_number(j, "least_weight_bits", least);
    ttfs_json_number(j, "most_weight_bits", most);
}

static void epoch_json(TtfsJson *j, const TtfsTuneEpoch *e, bool timed) {
    ttfs_json_object(j, NULL);
    ttfs_json_number(j, "loss", e->loss);
    ttfs_json_number(j, "validation", e->accuracy);
    ttfs_json_number(j, "validation_loss", e->validation);
    ttfs_json_number(j, "agreement", e->agreement);
    ttfs_json_number(j, "spikes_per_neuron", e->spikes);
    if (timed) ttfs_json_number(j, "seconds", e->seconds);
    ttfs_json_end(j);
}

/* What else than the folder, ticks, bits and samples made it: with these it is made again. */
static void asked_json(TtfsJson *j, const TtfsTuneOptions *o) {
    ttfs_json_number(j, "seed", o->seed);
    ttfs_json_number(j, "most_epochs", o->epochs);
    ttfs_json_number(j, "batch", o->batch);
    ttfs_json_number(j, "lr", o->rate);
    ttfs_json_number(j, "pace", o->pace);
    ttfs_json_number(j, "validate", o->validate);
    ttfs_json_number(j, "sparsity", o->sparsity);
    ttfs_json_number(j, "time_noise", o->time_noise);
    ttfs_json_number(j, "drop", o->drop);
    ttfs_json_number(j, "weight_noise", o->weight_noise);
    ttfs_json_number(j, "latency", o->latency);
    ttfs_json_bool(j, "flip", o->flip);
    ttfs_json_number(j, "shift", o->shift);
    ttfs_json_array(j, "layers");
    for (uint32_t i = 0; i < o->n_layers; i++) ttfs_json_string(j, NULL, o->layers[i]);
    ttfs_json_end(j);
}

static void trials_json(TtfsJson *j, const TtfsTuned *t) {
    ttfs_json_array(j, "trials");
    for (uint32_t i = 0; i < t->trials.len; i++) {
        const TtfsTuneTrial *e = &t->trials.at[i];
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "layer", e->layer);
        ttfs_json_number(j, "ticks", e->ticks);
        ttfs_json_number(j, "latency_ticks", e->latency);
        ttfs_json_number(j, "validation", e->accuracy);
        ttfs_json_number(j, "spikes_per_neuron", e->spikes);
        ttfs_json_bool(j, "fits", e->fits);
        ttfs_json_bool(j, "kept", e->kept);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

static const char *ended_by(const TtfsTuneReport *r) {
    return r->diverged      ? "diverged"
           : r->stopped     ? "stopped"
           : r->out_of_time ? "minutes"
                            : "epochs";
}

void ttfs_tuned_json(const TtfsTuned *t, bool timed, TtfsBuf *out) {
    TtfsJson j = {.out = out};
    const TtfsTuneReport *r = &t->report;
    ttfs_json_object(&j, NULL);
    ttfs_json_number(&j, "ticks", t->ticks);
    bits_json(&j, t);
    asked_json(&j, t->asked);
    ttfs_json_string(&j, "teacher", ttfs_tuned_teacher(t));
    if (t->teacher) ttfs_json_string(&j, "teacher_sha256", t->teacher_sha256);
    ttfs_json_bool(&j, "labels", t->labelled);
    ttfs_json_number(&j, "trained", (double)r->trained);
    ttfs_json_number(&j, "held_back", (double)r->held);
    ttfs_json_array(&j, "epochs");
    for (uint32_t i = 1; i < r->epochs.len; i++) epoch_json(&j, &r->epochs.at[i], timed);
    ttfs_json_end(&j);
    ttfs_json_string(&j, "ended_by", ended_by(r));
    ttfs_json_number(&j, "latency_ticks", t->made.spike.latency);
    if (t->asked->latency > 0) trials_json(&j, t);
    ttfs_json_number(&j, "best_epoch", r->best);
    ttfs_json_number(&j, "accuracy_before", r->epochs.at[0].accuracy);
    ttfs_json_number(&j, "accuracy_after", r->epochs.at[r->best].accuracy);
    ttfs_json_number(&j, "agreement_before", r->epochs.at[0].agreement);
    ttfs_json_number(&j, "agreement", r->epochs.at[r->best].agreement);
    ttfs_json_number(&j, "spikes_per_neuron_before", r->epochs.at[0].spikes);
    ttfs_json_number(&j, "spikes_per_neuron", r->epochs.at[r->best].spikes);
    if (timed) ttfs_json_number(&j, "seconds", t->seconds);
    ttfs_json_end(&j);
}
