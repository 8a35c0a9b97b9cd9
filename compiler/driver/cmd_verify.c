/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs verify: the whole spike traces and readouts of several engines, held against those of the
 * first. Before any sample runs, the image is decoded and compared with the spike graph, so that no
 * damaged bit hides in a weight that these samples do not use.
 */
#include "commands.h"
#include "engine.h"
#include "fault.h"
#include "flow.h"
#include "golden.h"
#include "image_to_spike.h"
#include "parallel.h"
#include "report_json.h"
#include "session.h"

#include <stdio.h>
#include <string.h>

enum { MOST_ENGINES = 8, BATCH = 64 };

/* What one sample showed. */
typedef struct {
    uint64_t spikes, readouts, differences;
    uint32_t engine; /* of the first difference */
    TtfsDifference first;
    int32_t potential; /* the reference's, of the first difference's neuron */
    char fault[160];
} Found;

typedef struct {
    TtfsArena arena;
    TtfsDiag diag;
    TtfsEngine engine[MOST_ENGINES];
    TtfsTrace trace[MOST_ENGINES];
    TtfsGolden *golden; /* tells potentials at a difference */
    TtfsTrace told;
    float *real;
    uint16_t *x;
} VerifyWorker;

typedef struct {
    TtfsSession *session;
    TtfsOut *damaged; /* what engines but the first read */
    const char *engines[MOST_ENGINES];
    uint32_t n_engines;
    TtfsFault fault;
    uint64_t spikes_before; /* of the samples before the present one, for spike faults */
    VerifyWorker *worker;
    Found *found; /* of a batch */
    uint64_t batch_first;
} Verify;

static bool uses(const Verify *v, const char *name) {
    for (uint32_t i = 0; i < v->n_engines; i++)
        if (strcmp(v->engines[i], name) == 0) return true;
    return false;
}

static bool parse_engines(Verify *v, const char *text, TtfsArena *a, TtfsDiag *diag) {
    for (const char *p = text ? text : "golden,rtl"; *p;) {
        size_t n = strcspn(p, ",");
        char *name = ttfs_arena_strndup(a, p, n);
        if (strcmp(name, "golden") != 0 && strcmp(name, "rtl") != 0)
            return ttfs_error(diag, TTFS_AT_FILE("--engines"), TTFS_OPTION_VALUE,
                              "'%s' is none of golden, rtl", name);
        if (v->n_engines == MOST_ENGINES)
            return ttfs_error(diag, TTFS_AT_FILE("--engines"), TTFS_OPTION_VALUE,
                              "more than %d engines", MOST_ENGINES);
        v->engines[v->n_engines++] = name;
        p += n + (p[n] == ',');
    }
    if (v->n_engines < 2)
        return ttfs_error(diag, TTFS_AT_FILE("--engines"), TTFS_OPTION_VALUE,
                          "two engines or more are compared");
    return true;
}

static bool open_worker(VerifyWorker *w, Verify *v, TtfsDiag *diag) {
    TtfsSession *s = v->session;
    w->real = TTFS_ARRAY(&w->arena, float, s->input.elements);
    w->x = TTFS_ARRAY(&w->arena, uint16_t, s->input.elements);
    w->golden = ttfs_golden_open(&s->out.spike);
    ttfs_trace_init(&w->told, &s->out.spike, &w->arena);
    for (uint32_t i = 0; i < v->n_engines; i++) {
        ttfs_trace_init(&w->trace[i], &s->out.spike, &w->arena);
        if (!ttfs_engine_open(&w->engine[i], v->engines[i], i ? v->damaged : &s->out, diag))
            return false;
    }
    return true;
}

static void close_worker(VerifyWorker *w) {
    for (uint32_t i = 0; i < MOST_ENGINES; i++) ttfs_engine_close(&w->engine[i]);
    if (w->golden) ttfs_golden_close(w->golden);
    ttfs_diag_free(&w->diag);
    ttfs_arena_free(&w->arena);
}

static uint64_t all_spikes(const TtfsTrace *t) {
    uint64_t n = 0;
    for (uint64_t i = 0; i < t->neurons; i++) n += t->tick[i] != TTFS_SILENT;
    return n;
}

/* The reference's potential of the neuron where the traces part. */
static void tell_potential(VerifyWorker *w, const TtfsSession *s, Found *f) {
    TtfsPopKind kind = ttfs_spike_pop(&s->out.spike, f->first.pop)->kind;
    if (kind != TTFS_POP_RELU && kind != TTFS_POP_READOUT) return;
    ttfs_golden_run(w->golden, w->x, &w->told);
    f->potential = ttfs_golden_potentials(w->golden, f->first.pop)[f->first.neuron];
}

static bool verify_item(void *context, uint32_t worker, uint64_t i) {
    Verify *v = context;
    VerifyWorker *w = &v->worker[worker];
    TtfsSession *s = v->session;
    Found *f = &v->found[i - v->batch_first];
    *f = (Found){0};
    if (!ttfs_array_sample(&s->input, &s->out.map, i, w->real, &w->diag)) return false;
    ttfs_spike_encode(&s->out.spike, w->real, w->x);
    for (uint32_t e = 0; e < v->n_engines; e++)
        if (!w->engine[e].run(w->engine[e].state, w->x, &w->trace[e], &w->diag)) return false;
    f->spikes = all_spikes(&w->trace[0]);
    f->readouts = w->trace[0].readouts;
    for (uint32_t e = 1; e < v->n_engines; e++) {
        TtfsDifference d = {0};
        ttfs_fault_spike(&v->fault, &w->trace[e], v->spikes_before);
        uint64_t n = ttfs_trace_compare(&w->trace[0], &w->trace[e], &d);
        if (n && f->differences == 0) {
            f->first = d;
            f->engine = e;
            const char *why = w->trace[e].faults ? w->trace[e].fault : w->trace[0].fault;
            snprintf(f->fault, sizeof f->fault, "%s", why);
            if (d.pop.i) tell_potential(w, s, f);
        }
        f->differences += n;
    }
    return true;
}

typedef struct {
    uint64_t samples, spikes, readouts, differences;
    cJSON *first;          /* null or an object */
    char sentence[640];    /* the first difference in words */
    uint64_t *slot_cycles; /* most cycles seen in each slot; NULL when no engine has a clock */
} Verdict;

static void first_difference(Verdict *d, const Verify *v, uint64_t sample, const Found *f) {
    const TtfsOut *out = &v->session->out;
    uint32_t core = 0, slot = 0;
    d->first = cJSON_CreateObject();
    cJSON_AddStringToObject(d->first, "kind",
                            f->first.pop.i ? (f->first.readout ? "readout" : "spike") : "trace");
    cJSON_AddStringToObject(d->first, "engine", v->engines[f->engine]);
    cJSON_AddNumberToObject(d->first, "sample", (double)sample);
    if (!f->first.pop.i) {
        cJSON_AddStringToObject(d->first, "what", f->fault);
        snprintf(d->sentence, sizeof d->sentence, "sample %llu: engine %s: %s",
                 (unsigned long long)sample, v->engines[f->engine], f->fault);
        return;
    }
    const TtfsPopulation *p = ttfs_spike_pop(&out->spike, f->first.pop);
    uint32_t plane = p->h * p->w, n = f->first.neuron;
    bool placed = out->plan.slots.len &&
                  ttfs_plan_find(&out->plan, &out->spike, f->first.pop, n, &core, &slot);
    const char *unit = f->first.readout ? "potential" : "tick";
    cJSON_AddStringToObject(d->first, "population", p->name);
    cJSON_AddNumberToObject(d->first, "neuron", n);
    cJSON_AddNumberToObject(d->first, f->first.readout ? "want_potential" : "want_tick",
                            (double)f->first.want);
    cJSON_AddNumberToObject(d->first, f->first.readout ? "got_potential" : "got_tick",
                            (double)f->first.got);
    cJSON_AddItemToObject(d->first, "core", placed ? cJSON_CreateNumber(core) : cJSON_CreateNull());
    cJSON_AddItemToObject(d->first, "slot", placed ? cJSON_CreateNumber(slot) : cJSON_CreateNull());
    cJSON_AddNumberToObject(d->first, "potential", f->potential);
    if (*f->fault) cJSON_AddStringToObject(d->first, "fault", f->fault);
    int used = snprintf(d->sentence, sizeof d->sentence,
                        "sample %llu, population %s, neuron %u (channel %u, row %u, column %u): %s "
                        "%lld in %s, %lld in %s (-1 is silent); "
                        "reference potential %d",
                        (unsigned long long)sample, p->name, n, n / plane, n % plane / p->w,
                        n % p->w, unit, (long long)f->first.want, v->engines[0],
                        (long long)f->first.got, v->engines[f->engine], f->potential);
    if (placed && used > 0 && (size_t)used < sizeof d->sentence)
        snprintf(d->sentence + used, sizeof d->sentence - (size_t)used, "; core %u, slot %u", core,
                 slot);
}

/* Keeps the most cycles any engine with a clock needed in each slot. */
static void take_slot_cycles(Verdict *d, const Verify *v, const VerifyWorker *w) {
    TtfsOut *out = &v->session->out;
    for (uint32_t e = 0; e < v->n_engines; e++) {
        const uint64_t *seen =
            w->engine[e].slot_cycles ? w->engine[e].slot_cycles(w->engine[e].state) : NULL;
        if (!seen) continue;
        if (!d->slot_cycles)
            d->slot_cycles = TTFS_ARRAY(&out->arena, uint64_t, out->plan.slots.len);
        for (uint32_t i = 0; i < out->plan.slots.len; i++)
            if (seen[i] > d->slot_cycles[i]) d->slot_cycles[i] = seen[i];
    }
}

/* The plan's worst case is a promise: a slot that took longer is a fault of the plan or the chip.
 */
static bool check_slot_cycles(const Verdict *d, const TtfsOut *out, TtfsDiag *diag) {
    bool ok = true;
    for (uint32_t i = 0; d->slot_cycles && i < out->plan.slots.len; i++) {
        const TtfsSlot *s = &out->plan.slots.at[i];
        if (d->slot_cycles[i] <= s->worst_cycles) continue;
        ok = ttfs_error(diag, TTFS_AT_NODE(out->folder, ttfs_spike_pop(&out->spike, s->pop)->name),
                        TTFS_SIM_RUN, "slot %u took %llu cycles, the plan promises at most %llu", i,
                        (unsigned long long)d->slot_cycles[i], (unsigned long long)s->worst_cycles);
    }
    return ok;
}

static bool run_samples(Verify *v, Verdict *d, uint32_t threads, TtfsDiag *diag) {
    TtfsSession *s = v->session;
    bool ok = true;
    for (uint32_t i = 0; ok && i < threads; i++) ok = open_worker(&v->worker[i], v, diag);
    /* a spike fault counts spikes in order, so its samples run one by one */
    uint64_t step = v->fault.kind == TTFS_FAULT_SPIKE ? 1 : BATCH;
    for (uint64_t i = 0; ok && i < s->count; i += step) {
        uint64_t n = s->count - i < step ? s->count - i : step;
        v->batch_first = i;
        v->spikes_before = d->spikes;
        ok = ttfs_parallel(threads, i, n, verify_item, v);
        for (uint64_t k = 0; ok && k < n; k++) {
            const Found *f = &v->found[k];
            d->spikes += f->spikes;
            d->readouts += f->readouts;
            d->differences += f->differences;
            d->samples++;
            if (f->differences && !d->first) first_difference(d, v, i + k, f);
        }
        ttfs_session_progress(s, d->samples);
    }
    ttfs_session_progress_end(s);
    for (uint32_t i = 0; i < threads; i++) {
        ttfs_diag_append(diag, &v->worker[i].diag);
        if (ok) take_slot_cycles(d, v, &v->worker[i]);
    }
    if (ok && v->fault.kind == TTFS_FAULT_SPIKE && v->fault.index >= d->spikes)
        ok = ttfs_error(diag, TTFS_AT_FILE("--fault"), TTFS_OPTION_VALUE,
                        "there are only %llu spikes", (unsigned long long)d->spikes);
    return ok;
}

static void image_difference(Verdict *d, const char *what) {
    d->differences++;
    if (d->first) return;
    d->first = cJSON_CreateObject();
    cJSON_AddStringToObject(d->first, "kind", "image");
    cJSON_AddStringToObject(d->first, "what", what);
    snprintf(d->sentence, sizeof d->sentence, "image: %s", what);
}

/* The image against the spike graph, both as they lie in the folder. False when the image could not
 * be loaded at all. */
static bool check_image(const TtfsOut *reference, TtfsOut *damaged, Verdict *d, TtfsDiag *diag) {
    if (damaged->image_damaged) {
        image_difference(d, diag->messages.len ? diag->messages.at[diag->messages.len - 1].what
                                               : "it does not load");
        return false;
    }
    TtfsSpike lifted = {0};
    char what[256];
    uint32_t from = diag->messages.len;
    if (!ttfs_image_to_spike(&damaged->image, ttfs_out_path(damaged, "image/chip.img"), &lifted,
                             diag))
        image_difference(d, diag->messages.len > from ? diag->messages.at[from].what
                                                      : "it does not decode");
    else if (!ttfs_spike_equal(&reference->spike, &lifted, what, sizeof what))
        image_difference(d, what);
    ttfs_spike_free(&lifted);
    return true;
}

static cJSON *verdict_json(const Verify *v, Verdict *d) {
    cJSON *j = cJSON_CreateObject();
    cJSON_AddItemToObject(j, "engines", cJSON_CreateStringArray(v->engines, (int)v->n_engines));
    cJSON_AddNumberToObject(j, "samples", (double)d->samples);
    cJSON_AddNumberToObject(j, "spikes", (double)d->spikes);
    cJSON_AddNumberToObject(j, "readouts", (double)d->readouts);
    cJSON_AddNumberToObject(j, "differences", (double)d->differences);
    cJSON_AddBoolToObject(j, "equal", d->differences == 0);
    cJSON_AddItemToObject(j, "first",
                          d->first ? cJSON_Duplicate(d->first, true) : cJSON_CreateNull());
    const TtfsPlan *plan = &v->session->out.plan;
    cJSON *slots = d->slot_cycles ? cJSON_AddArrayToObject(j, "slots") : NULL;
    for (uint32_t i = 0; slots && i < plan->slots.len; i++) {
        cJSON *e = cJSON_CreateObject();
        cJSON_AddItemToArray(slots, e);
        cJSON_AddNumberToObject(e, "slot", i);
        cJSON_AddNumberToObject(e, "most_cycles", (double)d->slot_cycles[i]);
        cJSON_AddNumberToObject(e, "worst_cycles", (double)plan->slots.at[i].worst_cycles);
    }
    return j;
}

static bool keep_verdict(const Verify *v, const cJSON *j, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsBuf text = {0}, name = {0};
    for (uint32_t i = 0; i < v->n_engines; i++)
        ttfs_buf_printf(&name, "%s%s", i ? "-" : "", v->engines[i]);
    if (v->fault.kind != TTFS_FAULT_NONE) ttfs_buf_puts(&name, "-fault");
    ttfs_buf_puts(&name, ".json");
    const char *folder = ttfs_path_join(&a, v->session->out.folder, "verify");
    ttfs_json_text(j, &text);
    bool ok = ttfs_make_folders(folder, diag) &&
              ttfs_file_write(ttfs_path_join(&a, folder, ttfs_buf_text(&name)),
                              ttfs_buf_text(&text), text.len, diag);
    ttfs_buf_free(&text);
    ttfs_buf_free(&name);
    ttfs_arena_free(&a);
    return ok;
}

static void print_verdict(const Verify *v, const Verdict *d) {
    printf("engines    ");
    for (uint32_t i = 0; i < v->n_engines; i++) printf("%s%s", i ? ", " : "", v->engines[i]);
    printf("\nsamples     %llu\n", (unsigned long long)d->samples);
    printf("compared    %llu spikes, %llu readout potentials\n", (unsigned long long)d->spikes,
           (unsigned long long)d->readouts);
    printf("differences %llu\n", (unsigned long long)d->differences);
    if (d->differences)
        printf("first       %s\nNOT EQUAL\n", d->sentence);
    else
        printf("EQUAL: every spike at the same tick, every potential the same\n");
}

static bool verify(Verify *v, Verdict *d, TtfsOptions *o, TtfsOut *damaged, TtfsDiag *diag) {
    TtfsSession *s = v->session;
    int parts = TTFS_OUT_SPIKE | TTFS_OUT_PLAN | TTFS_OUT_IMAGE;
    int64_t flip = v->fault.kind == TTFS_FAULT_IMAGE ? (int64_t)v->fault.index : -1;
    if (!ttfs_session_open(s, o, parts, -1, false, diag)) return false;
    if (!ttfs_out_open(damaged, o->operand, parts, flip, diag)) return false;
    v->damaged = damaged;
    if (!ttfs_fault_weight(&v->fault, damaged, diag)) return false;
    if (!check_image(&s->out, damaged, d, diag) && uses(v, "rtl")) return true;
    return run_samples(v, d, v->fault.kind == TTFS_FAULT_SPIKE ? 1 : s->threads, diag);
}

int ttfs_cmd_verify(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    TtfsSession s = {0};
    TtfsOut damaged = {0};
    Verdict d = {0};
    Verify v = {.session = &s,
                .worker = TTFS_ARRAY(a, VerifyWorker, 64),
                .found = TTFS_ARRAY(a, Found, BATCH)};
    bool ok = parse_engines(&v, o->value[TTFS_OPT_ENGINES], a, diag) &&
              ttfs_fault_parse(&v.fault, o->value[TTFS_OPT_FAULT], diag) &&
              verify(&v, &d, o, &damaged, diag);
    if (ok) {
        cJSON *j = verdict_json(&v, &d);
        ok = keep_verdict(&v, j, diag) && check_slot_cycles(&d, &s.out, diag);
        if (o->value[TTFS_OPT_JSON])
            ttfs_json_emit(j);
        else
            cJSON_Delete(j);
        if (ttfs_talks(o)) print_verdict(&v, &d);
        if (d.differences)
            ttfs_error(diag, TTFS_AT_FILE(s.out.folder), TTFS_VERIFY_DIFFER,
                       "%llu difference%s; %s", (unsigned long long)d.differences,
                       d.differences == 1 ? "" : "s", d.sentence);
    }
    for (uint32_t i = 0; i < 64; i++) close_worker(&v.worker[i]);
    cJSON_Delete(d.first);
    ttfs_out_close(&damaged);
    ttfs_session_close(&s);
    return ok && d.differences == 0 ? 0 : 1;
}
