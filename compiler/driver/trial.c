/* SPDX-License-Identifier: Apache-2.0
 *
 * One trial: ir_to_spike as the compilation runs it, the jit, logits in real units. What the trial
 * took of the model's budget is given back, so that the number of trials is not the model's
 * concern.
 */
#include "trial.h"

#include "cache_folder.h"
#include "calibrate.h"
#include "energy.h"
#include "engine.h"
#include "fast.h"
#include "labels.h"
#include "labels_beside.h"
#include "parallel.h"

#include <inttypes.h>
#include <string.h>

#define MOST_LOGIT_BYTES ((uint64_t)1 << 27)
enum { BLOCK = 64 };

/* Samples whose float logits are looked at: all that calibrate or are held back, the last of them
 * when they are too many. */
static uint64_t looked_at(const TtfsBench *b) {
    uint64_t n = b->f->calibrated + b->held;
    uint64_t most = MOST_LOGIT_BYTES / sizeof(float) / b->all.classes;
    return n < most ? n : most > b->held ? most : b->held;
}

typedef struct {
    TtfsBench *b;
    const TtfsArray *samples;
    TtfsFastWork **work;
    float **x;
    float *logits;
    uint64_t first;
} Reading;

/* Some samples: their float logits; of those held back also the values. */
static bool read_some(void *context, uint32_t worker, uint64_t item, TtfsDiag *diag) {
    Reading *r = context;
    TtfsBench *b = r->b;
    uint64_t at = item * TTFS_FAST_SAMPLES, left = b->all.samples - at;
    uint64_t n = left < TTFS_FAST_SAMPLES ? left : TTFS_FAST_SAMPLES;
    float *x = r->x[worker];
    if (!ttfs_go_on(&b->job->options->progress, diag)) return false;
    for (uint64_t i = 0; i < n; i++) {
        float *to = x + i * b->elements;
        uint64_t sample = r->first + at + i;
        if (!ttfs_array_sample(r->samples, &b->f->map, sample, to, diag)) return false;
        if (sample >= b->f->calibrated)
            memcpy(b->values + (sample - b->f->calibrated) * b->elements, to,
                   b->elements * sizeof *to);
    }
    ttfs_fast_run(r->work[worker], x, n, NULL, NULL);
    memcpy(r->logits + at * b->all.classes, ttfs_fast_output(r->work[worker], 0),
           n * b->all.classes * sizeof(float));
    return true;
}

static bool run_float(TtfsBench *b, const TtfsArray *samples, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsArena *own = &b->f->arena;
    uint32_t threads = b->job->options->threads;
    b->all.samples = looked_at(b);
    b->values = TTFS_ARRAY(own, float, b->held * b->elements);
    Reading r = {.b = b,
                 .samples = samples,
                 .work = TTFS_ARRAY(&a, TtfsFastWork *, threads),
                 .x = TTFS_ARRAY(&a, float *, threads),
                 .logits = TTFS_ARRAY(own, float, b->all.samples * b->all.classes),
                 .first = b->f->calibrated + b->held - b->all.samples};
    TtfsFast *fast = ttfs_fast_open(&b->f->canonical, &(TtfsFastOptions){.whole = false}, diag);
    for (uint32_t i = 0; fast && i < threads; i++) {
        r.work[i] = ttfs_fast_work(fast);
        r.x[i] = TTFS_ARRAY(&a, float, TTFS_FAST_SAMPLES * b->elements);
    }
    uint64_t items = (b->all.samples + TTFS_FAST_SAMPLES - 1) / TTFS_FAST_SAMPLES;
    bool ok = fast && ttfs_parallel_diag(threads, 0, items, read_some, &r, diag);
    b->all.logits = r.logits;
    for (uint32_t i = 0; fast && i < threads; i++) ttfs_fast_drop(r.work[i]);
    ttfs_fast_close(fast);
    ttfs_arena_free(&a);
    return ok;
}

/* --- labels --- */

static bool take_labels(TtfsBench *b, const TtfsArray *x, const TtfsArray *y, TtfsDiag *diag) {
    TtfsLabels labels;
    if (y->samples != x->samples)
        return ttfs_error(diag, TTFS_AT_FILE(y->file), TTFS_LABELS_FORMAT,
                          "%" PRIu64 " labels for %" PRIu64 " calibration samples", y->samples,
                          x->samples);
    if (!ttfs_labels_read(&labels, y, b->all.classes, true, diag)) return false;
    if (labels.kind != TTFS_LABELS_CLASSES)
        return ttfs_error(diag, TTFS_AT_FILE(y->file), TTFS_LABELS_FORMAT,
                          "a class a sample expected: --max-drop is of accuracy");
    uint32_t *of = TTFS_ARRAY(&b->f->arena, uint32_t, b->all.samples);
    uint64_t first = b->f->calibrated + b->held - b->all.samples;
    for (uint64_t i = 0; i < b->all.samples; i++) of[i] = ttfs_labels_class(&labels, first + i);
    b->all.labels = of;
    return true;
}

static bool read_labels(TtfsBench *b, const TtfsArray *x, TtfsDiag *diag) {
    const TtfsCompileOptions *o = b->job->options;
    const TtfsWanted want = {.name = "y", .samples = x->samples, .elements = {1}};
    TtfsArray y = {0};
    bool given = o->calib_labels || o->calib_label_values, ok;
    if (given)
        ok = ttfs_array_take(&y, o->calib_label_values, o->calib_labels, &want, &b->f->arena, diag);
    else
        ok = (!o->calib_values && ttfs_labels_beside(o->calib, x, &y, &b->f->arena, diag)) ||
             ttfs_error(diag, TTFS_AT_FILE("--max-drop"), TTFS_OPTION_VALUE,
                        "a drop of accuracy needs the labels of the calibration samples: "
                        "--calib-labels Y");
    ok = ok && take_labels(b, x, &y, diag);
    ttfs_array_close(&y);
    return ok;
}

/* Logits of the float network of a sample that was held back. */
static const float *held_logits(const TtfsBench *b, uint64_t i) {
    return b->all.logits + (b->all.samples - b->held + i) * b->all.classes;
}

static uint32_t held_label(const TtfsBench *b, uint64_t i) {
    return b->all.labels[b->all.samples - b->held + i];
}

/* --- opening --- */

/* The network's output names a class. */
static bool read_classes(TtfsBench *b, TtfsDiag *diag) {
    const TtfsIr *ir = &b->f->canonical;
    const TtfsTensorInfo *t = ttfs_ir_tensor(ir, ttfs_ir_output(ir, 0));
    uint64_t most = 1;
    for (uint32_t i = 0; i < t->rank; i++)
        if (t->dim[i] > most) most = t->dim[i];
    b->all.classes = ttfs_ir_count(t);
    return (ttfs_ir_outputs(ir) == 1 && b->all.classes == most) ||
           ttfs_error_advice(diag, TTFS_AT_FILE(b->job->options->model), TTFS_OPTION_VALUE,
                             "choose --ticks and --weight-bits for such a network",
                             "its outputs name no class, so that there is no %s to reach: one "
                             "vector of logits expected",
                             b->job->target.labelled ? "accuracy" : "agreement");
}

/* Shuffled samples hold every class that there is more than a few times. */
static void tell_classes(const TtfsBench *b, TtfsDiag *diag) {
    TtfsArena a = {0};
    uint64_t classes = b->all.classes == 1 ? 2 : b->all.classes, seen = 0;
    bool *is = TTFS_ARRAY(&a, bool, classes);
    for (uint64_t i = 0; i < b->held; i++) {
        uint32_t k = ttfs_logits_class(held_logits(b, i), b->all.classes);
        seen += !is[k];
        is[k] = true;
    }
    if (seen < classes && b->held >= 10 * classes)
        ttfs_warn(diag, TTFS_AT_FILE(ttfs_job_calib(b->job)), TTFS_TARGET_SAMPLES,
                  "the last %" PRIu64 " samples, which decide on the target, are of %" PRIu64
                  " of %" PRIu64 " classes",
                  b->held, seen, classes);
    ttfs_arena_free(&a);
}

static bool read_samples(TtfsBench *b, TtfsDiag *diag) {
    const TtfsCompileOptions *o = b->job->options;
    const TtfsIr *ir = &b->f->canonical;
    const TtfsWanted want = {.name = "x",
                             .elements = {ttfs_ir_count(ttfs_ir_tensor(ir, ir->input))}};
    TtfsSampleShape shape = ttfs_pipeline_sample(b->f);
    TtfsDiag said = {0}; /* by the calibration, all of it */
    TtfsArray x = {0};
    bool ok = ttfs_array_take(&x, o->calib_values, o->calib, &want, &b->f->arena, &said) &&
              ttfs_samples_fit(&x, &b->f->map, &shape, &said);
    if (!ok) ttfs_diag_append(diag, &said);
    ttfs_diag_free(&said);
    uint64_t n = x.samples < o->calib_count ? x.samples : o->calib_count;
    b->elements = x.elements;
    if (ok) b->held = ttfs_held_back(b->f, b->job, n, x.elements);
    ok = ok && run_float(b, &x, diag) && (!b->job->target.labelled || read_labels(b, &x, diag));
    ttfs_array_close(&x);
    return ok;
}

/* What errors are laid on: the samples for proof have no part in a choice, not by their logits
 * either. */
static void leave_proof_out(TtfsBench *b) {
    TtfsArena *a = &b->f->arena;
    uint64_t n = b->all.classes, before = b->all.samples - b->held;
    b->seen = (TtfsLogits){.samples = before + (b->held + 1) / 2, .classes = n};
    float *logits = TTFS_ARRAY(a, float, b->seen.samples *n);
    uint32_t *labels = b->all.labels ? TTFS_ARRAY(a, uint32_t, b->seen.samples) : NULL;
    for (uint64_t i = 0; i < b->seen.samples; i++) {
        uint64_t from = i < before ? i : before + 2 * (i - before);
        memcpy(logits + i * n, b->all.logits + from * n, n * sizeof *logits);
        if (labels) labels[i] = b->all.labels[from];
    }
    b->seen.logits = logits;
    b->seen.labels = labels;
}

bool ttfs_bench_open(TtfsBench *b, TtfsPipeline *f, const TtfsJob *job, TtfsDiag *diag) {
    *b = (TtfsBench){.f = f, .job = job, .cache = ttfs_cache_named(&f->arena, "jit")};
    if (!read_classes(b, diag) || !read_samples(b, diag)) return false;
    tell_classes(b, diag);
    leave_proof_out(b);
    for (uint64_t i = 0; b->all.labels && i < b->held; i += 2)
        b->right += ttfs_logits_class(held_logits(b, i), b->all.classes) == held_label(b, i);
    return true;
}

/* --- a trial --- */

/* Counts what a sample for proof loses or wins. */
static void prove(const TtfsBench *b, const float *got, TtfsTried *t, uint64_t i) {
    uint32_t was = ttfs_logits_class(held_logits(b, i), b->all.classes);
    uint32_t is = ttfs_logits_class(got, b->all.classes), label = was;
    if (b->all.labels) label = held_label(b, i);
    t->lost += was == label && is != label;
    t->won += was != label && is == label;
}

/* Logits of the spiking network less the float network's; counts what it names. */
static void judge(const TtfsBench *b, const float *got, float *error, TtfsTried *t, uint64_t i) {
    const float *want = held_logits(b, i);
    if (i % 2) {
        prove(b, got, t, i);
        return;
    }
    error += i / 2 * b->all.classes;
    uint32_t class = ttfs_logits_class(got, b->all.classes);
    for (uint64_t k = 0; k < b->all.classes; k++) error[k] = got[k] - want[k];
    t->same += class == ttfs_logits_class(want, b->all.classes);
    if (b->all.labels) t->right += class == held_label(b, i);
}

/* Runs the jit over the samples held back. */
static void run_held(const TtfsBench *b, const TtfsSpike *s, TtfsJit *jit, float *error,
                     TtfsTried *t, TtfsArena *a) {
    TtfsTraces traces;
    TtfsOutput output = ttfs_spike_output(s, 0, a);
    uint16_t *x = TTFS_ARRAY(a, uint16_t, BLOCK * b->elements);
    double *values = TTFS_ARRAY(a, double, b->all.classes);
    float *got = TTFS_ARRAY(a, float, b->all.classes);
    ttfs_traces_init(&traces, s, BLOCK, false, a);
    for (uint64_t at = 0; at < b->held; at += BLOCK) {
        uint64_t n = b->held - at < BLOCK ? b->held - at : BLOCK;
        for (uint64_t i = 0; i < n; i++)
            ttfs_spike_encode(s, b->values + (at + i) * b->elements, x + i * b->elements);
        ttfs_jit_run(jit, n, x, traces.potential, NULL);
        for (uint64_t i = 0; i < n; i++) {
            ttfs_trace_output(&traces.trace[i], &output, values);
            for (uint64_t k = 0; k < b->all.classes; k++) got[k] = (float)values[k];
            judge(b, got, error, t, at + i);
        }
    }
}

static bool run_trial(const TtfsBench *b, const TtfsSpike *s, TtfsTried *t, TtfsDiag *diag) {
    TtfsArena a = {0};
    const TtfsJitOptions options = {.threads = b->job->options->threads, .cache = b->cache};
    TtfsJit *jit = ttfs_jit_open(s, &options, diag);
    if (!jit) return false;
    uint64_t n = (b->held + 1) / 2; /* for choosing */
    float *error = TTFS_ARRAY(&a, float, n * b->all.classes);
    run_held(b, s, jit, error, t, &a);
    ttfs_jit_close(jit);
    int64_t lost = b->all.labels ? (int64_t)b->right - (int64_t)t->right
                                 : (int64_t)n - (int64_t)t->same;
    t->loss = (double)lost / (double)n;
    t->odds = ttfs_odds(&b->seen, error, n);
    ttfs_arena_free(&a);
    return true;
}

static uint64_t bits_of(uint32_t ticks) {
    uint64_t bits = 0;
    for (; ticks; ticks >>= 1) bits++;
    return bits;
}

static uint64_t memory_of(const TtfsSpike *s) {
    uint64_t bits = 0;
    for (uint32_t i = 0; i < s->conns.len; i++) {
        const TtfsConnection *c = &s->conns.at[i];
        if (!c->shared) bits += c->weight_count * c->weight_bits;
    }
    for (uint32_t i = 0; i < s->pops.len; i++)
        bits += ttfs_pop_size(&s->pops.at[i]) * bits_of(s->pops.at[i].ticks);
    return bits;
}

static void take_costs(const TtfsBench *b, const TtfsSpike *s, TtfsTried *t) {
    TtfsEnergy e = ttfs_energy(s, &b->job->chip);
    t->latency_ticks = s->latency;
    t->memory_bits = memory_of(s);
    t->nanojoules = e.nanojoules;
    t->spikes = e.spikes;
}

/* An end that is not the setting's. */
static bool is_the_end(const TtfsDiag *d) {
    return d->errors_of[TTFS_STOPPED] || d->errors_of[TTFS_MEMORY] ||
           d->errors_of[TTFS_JIT_MEMORY] || d->errors_of[TTFS_JIT_COMPILE];
}

/* What went wrong in a trial is of that setting alone. */
static bool note_refusal(const TtfsBench *b, TtfsTried *t, const TtfsDiag *own, TtfsDiag *diag) {
    const TtfsMessage *e = ttfs_diag_error(own);
    if (is_the_end(own)) {
        ttfs_diag_append(diag, own);
        return false;
    }
    *t = (TtfsTried){.refused = ttfs_arena_printf(&b->f->arena, "%s%s%s", e->node,
                                                  *e->node ? ": " : "", e->what)};
    return true;
}

bool ttfs_bench_try(const TtfsBench *b, const TtfsSpikeOptions *with, TtfsTried *out,
                    TtfsDiag *diag) {
    const TtfsBudget before = b->f->budget;
    const char *file = b->job->options->model;
    TtfsSpikeOptions options = *with;
    TtfsFitSamples quiet;
    TtfsQuantReport report = {0};
    TtfsSpike s = {0};
    TtfsDiag own = {0};
    *out = (TtfsTried){0};
    if (!ttfs_go_on(&b->job->options->progress, diag)) return false;
    if (options.fit) {
        quiet = *options.fit;
        quiet.progress.tell = NULL;
        options.fit = &quiet;
    }
    bool ok = ttfs_ir_to_spike(&b->f->canonical, &b->f->calib, &options, file, &s, &report, &own) &&
              ttfs_spike_check(&s, file, &own) && run_trial(b, &s, out, &own);
    if (ok) take_costs(b, &s, out);
    ttfs_spike_free(&s);
    ttfs_arena_free(&report.arena);
    b->f->budget.spent = before.spent;
    b->f->budget.passed = before.passed;
    if (!ok) ok = note_refusal(b, out, &own, diag);
    ttfs_diag_free(&own);
    return ok;
}
