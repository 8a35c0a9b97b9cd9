/* SPDX-License-Identifier: Apache-2.0
 *
 * The first difference in words and as JSON, the document, the file.
 */
#include "verdict.h"

#include "out_folder.h"

#include "report_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void ttfs_verdict_free(TtfsVerdict *v) {
    cJSON_Delete(v->first_trace);
    v->first_trace = NULL;
}

/* A fault that no trace can hold: a second spike, a spike outside its population. */
static void tell_fault(TtfsVerdict *v, const TtfsPlace *p) {
    cJSON_AddStringToObject(v->first_trace, "kind", "trace");
    cJSON_AddStringToObject(v->first_trace, "engine", p->engine);
    cJSON_AddNumberToObject(v->first_trace, "sample", (double)p->sample);
    cJSON_AddStringToObject(v->first_trace, "what", p->fault);
    snprintf(v->sentence, sizeof v->sentence, "sample %llu: engine %s: %s",
             (unsigned long long)p->sample, p->engine, p->fault);
}

static void tell_difference(TtfsVerdict *v, const TtfsOut *o, const TtfsPlace *at) {
    const TtfsDifference *d = &at->what;
    const TtfsPopulation *p = ttfs_spike_pop(&o->spike, d->pop);
    uint32_t plane = p->h * p->w, n = d->neuron, core = 0, slot = 0;
    bool placed = o->plan.slots.len && ttfs_plan_find(&o->plan, &o->spike, d->pop, n, &core, &slot);
    cJSON *j = v->first_trace;
    cJSON_AddStringToObject(j, "kind", d->readout ? "readout" : "spike");
    cJSON_AddStringToObject(j, "engine", at->engine);
    cJSON_AddNumberToObject(j, "sample", (double)at->sample);
    cJSON_AddStringToObject(j, "population", p->name);
    cJSON_AddNumberToObject(j, "neuron", n);
    cJSON_AddNumberToObject(j, d->readout ? "want_potential" : "want_tick", (double)d->want);
    cJSON_AddNumberToObject(j, d->readout ? "got_potential" : "got_tick", (double)d->got);
    cJSON_AddItemToObject(j, "core", placed ? cJSON_CreateNumber(core) : cJSON_CreateNull());
    cJSON_AddItemToObject(j, "slot", placed ? cJSON_CreateNumber(slot) : cJSON_CreateNull());
    cJSON_AddNumberToObject(j, "potential", at->potential);
    if (*at->fault) cJSON_AddStringToObject(j, "fault", at->fault);
    int used = snprintf(v->sentence, sizeof v->sentence,
                        "sample %llu, population %s, neuron %u (channel %u, row %u, column %u): %s "
                        "%lld in %s, %lld in %s (-1 is silent); "
                        "reference potential %d",
                        (unsigned long long)at->sample, p->name, n, n / plane, n % plane / p->w,
                        n % p->w, d->readout ? "potential" : "tick", (long long)d->want,
                        at->reference, (long long)d->got, at->engine, at->potential);
    if (placed && used > 0 && (size_t)used < sizeof v->sentence)
        snprintf(v->sentence + used, sizeof v->sentence - (size_t)used, "; core %u, slot %u", core,
                 slot);
}

void ttfs_verdict_traces(TtfsVerdict *v, const TtfsOut *o, const TtfsPlace *p, uint64_t n) {
    v->differences += n;
    v->in_traces += n;
    if (v->first_trace) return;
    v->first_trace = cJSON_CreateObject();
    if (p->what.pop.i)
        tell_difference(v, o, p);
    else
        tell_fault(v, p);
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

static cJSON *first_of_traces(const TtfsVerdict *v) {
    return v->first_trace ? cJSON_Duplicate(v->first_trace, true) : cJSON_CreateNull();
}

static cJSON *first_of_all(const TtfsVerdict *v) {
    if (!*v->image) return first_of_traces(v);
    cJSON *first = cJSON_CreateObject();
    cJSON_AddStringToObject(first, "kind", "image");
    cJSON_AddStringToObject(first, "what", v->image);
    return first;
}

/* What each of the two checks found: of the image's bits, and of what they do. */
static void add_checks(const TtfsVerdict *v, cJSON *j) {
    cJSON *image = v->image_checked ? cJSON_AddObjectToObject(j, "image") : NULL;
    if (image) {
        cJSON_AddBoolToObject(image, "equal", !*v->image);
        cJSON_AddItemToObject(image, "what",
                              *v->image ? cJSON_CreateString(v->image) : cJSON_CreateNull());
    } else {
        cJSON_AddNullToObject(j, "image");
    }
    cJSON *traces = cJSON_AddObjectToObject(j, "traces");
    cJSON_AddNumberToObject(traces, "differences", (double)v->in_traces);
    cJSON_AddItemToObject(traces, "first", first_of_traces(v));
}

cJSON *ttfs_verdict_json(const TtfsVerdict *v, const TtfsPlan *plan) {
    cJSON *j = cJSON_CreateObject();
    cJSON_AddItemToObject(j, "engines", cJSON_CreateStringArray(v->engines, (int)v->n_engines));
    cJSON_AddNumberToObject(j, "samples", (double)v->samples);
    cJSON_AddNumberToObject(j, "spikes", (double)v->spikes);
    cJSON_AddNumberToObject(j, "readouts", (double)v->readouts);
    cJSON_AddNumberToObject(j, "differences", (double)v->differences);
    cJSON_AddBoolToObject(j, "equal", v->differences == 0);
    cJSON_AddItemToObject(j, "first", first_of_all(v));
    add_checks(v, j);
    cJSON *slots = v->slot_cycles ? cJSON_AddArrayToObject(j, "slots") : NULL;
    for (uint32_t i = 0; slots && i < plan->slots.len; i++) {
        cJSON *e = cJSON_CreateObject();
        cJSON_AddItemToArray(slots, e);
        cJSON_AddNumberToObject(e, "slot", i);
        cJSON_AddNumberToObject(e, "most_cycles", (double)v->slot_cycles[i]);
        cJSON_AddNumberToObject(e, "worst_cycles", (double)plan->slots.at[i].worst_cycles);
    }
    return j;
}

/* A folder that may not be written to (a mounted disc, somebody else's) can be verified all the
 * same.
 */
static bool may_be_kept(const char *folder, TtfsArena *a) {
    const char *verify = ttfs_path_join(a, folder, "verify");
    return faccessat(AT_FDCWD, ttfs_is_folder(verify) ? verify : folder, W_OK, AT_EACCESS) == 0 ||
           (errno != EROFS && errno != EACCES && errno != EPERM);
}

bool ttfs_verdict_keep(const TtfsVerdict *v, const cJSON *j, const char *folder, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsBuf text = {0}, name = {0};
    bool ok = true;
    for (uint32_t i = 0; i < v->n_engines; i++)
        ttfs_buf_printf(&name, "%s%s", i ? "-" : "", v->engines[i]);
    if (v->damaged) ttfs_buf_puts(&name, "-fault");
    ttfs_buf_puts(&name, ".json");
    ttfs_json_text(j, &text);
    if (may_be_kept(folder, &a))
        ok = ttfs_out_put(folder, "verify", ttfs_buf_text(&name), ttfs_buf_text(&text), text.len,
                          diag);
    else
        ttfs_warn(diag, TTFS_AT_FILE(folder), TTFS_FILE_WRITE, "the verdict is not kept: %s",
                  strerror(errno));
    ttfs_buf_free(&text);
    ttfs_buf_free(&name);
    ttfs_arena_free(&a);
    return ok;
}
