/* SPDX-License-Identifier: Apache-2.0
 *
 * The first difference in words and as JSON, the document, the file.
 */
#include "verdict.h"

#include "clock.h"
#include "out_folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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
        used += snprintf(v->sentence + used, sizeof v->sentence - (size_t)used,
                         "; core %u, slot %u", f->core, f->slot);
    if (*f->what && used > 0 && (size_t)used < sizeof v->sentence)
        snprintf(v->sentence + used, sizeof v->sentence - (size_t)used, "; %s", f->what);
}

void ttfs_verdict_traces(TtfsVerdict *v, const TtfsOut *o, const TtfsPlace *p, uint64_t n) {
    TtfsFirst *f = &v->first;
    v->differences += n;
    v->in_traces += n;
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
    v->image_checked = true;
    if (!what) return;
    v->differences++;
    snprintf(v->image, sizeof v->image, "%s", what);
}

const char *ttfs_verdict_sentence(const TtfsVerdict *v, TtfsArena *a) {
    return *v->image ? ttfs_arena_printf(a, "image: %s", v->image) : v->sentence;
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

static void first_of_traces(TtfsJson *j, const char *key, const TtfsFirst *f) {
    if (!f->kind) {
        ttfs_json_null(j, key);
        return;
    }
    ttfs_json_object(j, key);
    ttfs_json_string(j, "kind", f->kind);
    ttfs_json_string(j, "engine", f->at.engine);
    ttfs_json_number(j, "sample", (double)f->at.sample);
    if (f->population)
        difference_json(j, f);
    else
        ttfs_json_string(j, "what", f->what);
    ttfs_json_end(j);
}

static void first_of_all(TtfsJson *j, const char *key, const TtfsVerdict *v) {
    if (!*v->image) {
        first_of_traces(j, key, &v->first);
        return;
    }
    ttfs_json_object(j, key);
    ttfs_json_string(j, "kind", "image");
    ttfs_json_string(j, "what", v->image);
    ttfs_json_end(j);
}

/* What each of the two checks found: of the image's bits, and of what they do. */
static void checks_json(TtfsJson *j, const TtfsVerdict *v) {
    if (v->image_checked) {
        ttfs_json_object(j, "image");
        ttfs_json_bool(j, "equal", !*v->image);
        if (*v->image)
            ttfs_json_string(j, "what", v->image);
        else
            ttfs_json_null(j, "what");
        ttfs_json_end(j);
    } else {
        ttfs_json_null(j, "image");
    }
    ttfs_json_object(j, "traces");
    ttfs_json_number(j, "differences", (double)v->in_traces);
    first_of_traces(j, "first", &v->first);
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

void ttfs_verdict_json(const TtfsVerdict *v, const TtfsPlan *plan, const char *date, TtfsBuf *out) {
    TtfsJson document = {.out = out}, *j = &document;
    ttfs_json_object(j, NULL);
    if (date) ttfs_json_string(j, "date", date);
    ttfs_json_array(j, "engines");
    for (uint32_t i = 0; i < v->n_engines; i++) ttfs_json_string(j, NULL, v->engines[i]);
    ttfs_json_end(j);
    ttfs_json_number(j, "samples", (double)v->samples);
    ttfs_json_number(j, "spikes", (double)v->spikes);
    ttfs_json_number(j, "readouts", (double)v->readouts);
    ttfs_json_number(j, "differences", (double)v->differences);
    ttfs_json_bool(j, "equal", v->differences == 0);
    first_of_all(j, "first", v);
    checks_json(j, v);
    if (v->slot_cycles) slots_json(j, "slots", v, plan);
    ttfs_lanes_json(&v->lanes, j);
    ttfs_json_end(j);
}

bool ttfs_verdict_keep(const TtfsVerdict *v, const TtfsPlan *plan, const char *folder,
                       TtfsDiag *diag) {
    TtfsBuf text = {0}, name = {0};
    char date[24];
    bool ok = true;
    for (uint32_t i = 0; i < v->n_engines; i++)
        ttfs_buf_printf(&name, "%s%s", i ? "-" : "", v->engines[i]);
    if (v->damaged) ttfs_buf_puts(&name, "-fault");
    ttfs_buf_puts(&name, ".json");
    ttfs_verdict_json(v, plan, ttfs_date(date), &text);
    if (ttfs_out_may_put(folder, "verify"))
        ok = ttfs_out_put(folder, "verify", ttfs_buf_text(&name), ttfs_buf_text(&text), text.len,
                          diag);
    else
        ttfs_warn(diag, TTFS_AT_FILE(folder), TTFS_FILE_WRITE, "the verdict is not kept: %s",
                  strerror(errno));
    ttfs_buf_free(&text);
    ttfs_buf_free(&name);
    return ok;
}
