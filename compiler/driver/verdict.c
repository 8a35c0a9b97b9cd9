/* SPDX-License-Identifier: Apache-2.0
 *
 * The first difference in words and as JSON, the document, the file.
 */
#include "verdict.h"

#include <stdio.h>

/* A fault that no trace can hold: a second spike, a spike outside its population. */
static void tell_fault(TtfsVerdict *v) {
    const TtfsFirst *f = &v->first;
    snprintf(v->sentence, sizeof v->sentence, "sample %llu: engine %s: %s",
             (unsigned long long)f->at.sample, f->at.engine, f->what);
}

static void tell_difference(TtfsVerdict *v, const TtfsPopulation *p) {
    const TtfsFirst *f = &v->first;
    const TtfsPlace *at = &f->at;
    const TtfsDifference *d = &at->what;
    uint32_t plane = p->h * p->w, n = d->neuron;
    int used = snprintf(v->sentence, sizeof v->sentence,
                        "sample %llu, population %s, neuron %u (channel %u, row %u, column %u): %s "
                        "%lld in %s, %lld in %s (-1 is silent); "
                        "reference potential %d",
                        (unsigned long long)at->sample, p->name, n, n / plane, n % plane / p->w,
                        n % p->w, d->readout ? "potential" : "tick", (long long)d->want,
                        at->reference, (long long)d->got, at->engine, at->potential);
    if (f->placed && used > 0 && (size_t)used < sizeof v->sentence)
        snprintf(v->sentence + used, sizeof v->sentence - (size_t)used, "; core %u, slot %u",
                 f->core, f->slot);
}

void ttfs_verdict_traces(TtfsVerdict *v, const TtfsOut *o, const TtfsPlace *p, uint64_t n) {
    TtfsFirst *f = &v->first;
    v->differences += n;
    if (f->kind) return;
    const TtfsDifference *d = &p->what;
    f->at = *p;
    snprintf(f->what, sizeof f->what, "%s", p->fault);
    f->at.fault = f->what;
    f->kind = !d->pop.i ? "trace" : d->readout ? "readout" : "spike";
    if (!d->pop.i) {
        tell_fault(v);
        return;
    }
    const TtfsPopulation *pop = ttfs_spike_pop(&o->spike, d->pop);
    f->population = pop->name;
    f->placed = o->plan.slots.len &&
                ttfs_plan_find(&o->plan, &o->spike, d->pop, d->neuron, &f->core, &f->slot);
    tell_difference(v, pop);
}

void ttfs_verdict_image(TtfsVerdict *v, const char *what) {
    v->differences++;
    if (v->first.kind) return;
    v->first.kind = "image";
    snprintf(v->first.what, sizeof v->first.what, "%s", what);
    snprintf(v->sentence, sizeof v->sentence, "image: %s", what);
}

static void place_json(TtfsJson *j, const char *key, bool known, uint32_t v) {
    if (known)
        ttfs_json_number(j, key, v);
    else
        ttfs_json_null(j, key);
}

static void difference_json(TtfsJson *j, const TtfsFirst *f) {
    const TtfsDifference *d = &f->at.what;
    ttfs_json_string(j, "population", f->population);
    ttfs_json_number(j, "neuron", d->neuron);
    ttfs_json_number(j, d->readout ? "want_potential" : "want_tick", (double)d->want);
    ttfs_json_number(j, d->readout ? "got_potential" : "got_tick", (double)d->got);
    place_json(j, "core", f->placed, f->core);
    place_json(j, "slot", f->placed, f->slot);
    ttfs_json_number(j, "potential", f->at.potential);
    if (*f->what) ttfs_json_string(j, "fault", f->what);
}

static void first_json(TtfsJson *j, const char *key, const TtfsFirst *f) {
    if (!f->kind) {
        ttfs_json_null(j, key);
        return;
    }
    ttfs_json_object(j, key);
    ttfs_json_string(j, "kind", f->kind);
    if (f->at.engine) {
        ttfs_json_string(j, "engine", f->at.engine);
        ttfs_json_number(j, "sample", (double)f->at.sample);
    }
    if (f->population)
        difference_json(j, f);
    else
        ttfs_json_string(j, "what", f->what);
    ttfs_json_end(j);
}

static void slots_json(TtfsJson *j, const char *key, const TtfsVerdict *v, const TtfsPlan *plan) {
    ttfs_json_array(j, key);
    for (uint32_t i = 0; i < plan->slots.len; i++) {
        ttfs_json_object(j, NULL);
        ttfs_json_number(j, "slot", i);
        ttfs_json_number(j, "most_cycles", (double)v->slot_cycles[i]);
        ttfs_json_number(j, "worst_cycles", (double)plan->slots.at[i].worst_cycles);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

void ttfs_verdict_json(const TtfsVerdict *v, const TtfsPlan *plan, TtfsBuf *out) {
    TtfsJson document = {.out = out}, *j = &document;
    ttfs_json_object(j, NULL);
    ttfs_json_array(j, "engines");
    for (uint32_t i = 0; i < v->n_engines; i++) ttfs_json_string(j, NULL, v->engines[i]);
    ttfs_json_end(j);
    ttfs_json_number(j, "samples", (double)v->samples);
    ttfs_json_number(j, "spikes", (double)v->spikes);
    ttfs_json_number(j, "readouts", (double)v->readouts);
    ttfs_json_number(j, "differences", (double)v->differences);
    ttfs_json_bool(j, "equal", v->differences == 0);
    first_json(j, "first", &v->first);
    if (v->slot_cycles) slots_json(j, "slots", v, plan);
    ttfs_json_end(j);
}

bool ttfs_verdict_keep(const TtfsVerdict *v, const TtfsBuf *json, const char *folder,
                       TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsBuf name = {0};
    for (uint32_t i = 0; i < v->n_engines; i++)
        ttfs_buf_printf(&name, "%s%s", i ? "-" : "", v->engines[i]);
    if (v->damaged) ttfs_buf_puts(&name, "-fault");
    ttfs_buf_puts(&name, ".json");
    folder = ttfs_path_join(&a, folder, "verify");
    bool ok = ttfs_make_folders(folder, diag) &&
              ttfs_file_replace(ttfs_path_join(&a, folder, ttfs_buf_text(&name)),
                                ttfs_buf_text(json), json->len, diag);
    ttfs_buf_free(&name);
    ttfs_arena_free(&a);
    return ok;
}
