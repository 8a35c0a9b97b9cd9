/* SPDX-License-Identifier: Apache-2.0
 *
 * Running of a sweep. Trial after trial, and in it the points that share their weights at once: on
 * all threads, some samples at a time, first without fault, then at each of the points. What is
 * counted are whole numbers of each sample, so no order of work shows. What is done is written as
 * it comes.
 */
#include "sweep.h"

#include "asked.h"
#include "clock.h"
#include "ir_to_ir.h"
#include "json.h"
#include "judge.h"
#include "noisy.h"
#include "parallel.h"
#include "session.h"
#include "shards.h"
#include "sweep_chip.h"
#include "tops.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

enum { SAMPLES = TTFS_NOISY_SAMPLES, SECONDS = 10 /* between writes */ };

typedef struct {
    TtfsNoisyWork *noisy; /* engine fast */
    TtfsExact *exact;     /* engine exact, of the unit in hand */
    float *x;             /* samples in hand */
    double *got, *want;   /* values of an output */
    TtfsSweepUnit *unit;  /* [points] what this thread counted */
} Worker;

typedef struct {
    TtfsArena arena;
    TtfsSession session;
    TtfsIr canonical;
    TtfsNet net;
    TtfsExactTops tops;
    TtfsExactOptions options; /* that all points share */
    TtfsSweepEngine engine;
    bool added; /* weight noise is */
    TtfsJudge judge;
    TtfsNoisy *noisy;    /* engine fast */
    TtfsSweepChip *chip; /* engine jit */
    TtfsSweepDoc *doc;
    const char *out;
    Worker worker[TTFS_MOST_THREADS];
    /* of the units in hand: */
    uint32_t trial, n, *point; /* [n] */
    TtfsNoisyRule **rule;      /* [n]; engine fast */
    atomic_uint_least64_t done;
    uint64_t before, all; /* samples of units, done before these and of all */
    double written;       /* when */
} Sweep;

/* --- what is asked --- */

static const char *const preset[] = {
    "margin=-0.7,-0.6,-0.5,-0.4,-0.3,0,0.5",
    "time-noise=5e-5,1e-4,5e-4,1e-3,5e-3,0.01,0.03,0.05",
    "slope-noise=0,5e-6,1e-5,5e-5,1e-4,5e-4,1e-3,5e-3",
};
enum { PRESET = sizeof preset / sizeof *preset };

static bool read_points(const TtfsSweepOptions *o, TtfsSweepDoc *d, TtfsDiag *diag) {
    static const char *const presets[] = {"exact-mapping", NULL};
    uint32_t index = 0, n = o->preset ? PRESET : 0;
    if (!ttfs_asked_word("--preset", o->preset, presets, &index, diag)) return false;
    if (o->n_vary > TTFS_MOST_POINTS)
        return ttfs_error(diag, TTFS_AT_FILE("--vary"), TTFS_OPTION_VALUE, "given too often");
    const char **vary = TTFS_ARRAY(&d->arena, const char *, n + o->n_vary);
    for (uint32_t i = 0; i < n; i++) vary[i] = preset[i];
    for (uint32_t i = 0; i < o->n_vary; i++) vary[n + i] = o->vary[i];
    return ttfs_points_read(vary, n + o->n_vary, o->grid, &d->points, &d->arena, diag);
}

/* The word that was asked for, else the first. */
static bool read_word(const char *option, const char *text, const char *const *words,
                      const char **word, TtfsDiag *diag) {
    uint32_t index = 0;
    if (!ttfs_asked_word(option, text, words, &index, diag)) return false;
    *word = words[index];
    return true;
}

static bool read_words(const TtfsSweepOptions *o, TtfsSweepDoc *d, TtfsDiag *diag) {
    const char *unit = o->unit ? o->unit : o->preset ? "input" : NULL;
    const char *per = o->slope_per ? o->slope_per : o->preset ? "channel" : NULL;
    return read_word("--model", o->model, ttfs_sweep_models, &d->model, diag) &&
           read_word("--unit", unit, ttfs_sweep_units, &d->unit, diag) &&
           read_word("--slope-noise-per", per, ttfs_sweep_pers, &d->slope_per, diag) &&
           read_word("--weight-noise-kind", o->weight_kind, ttfs_sweep_kinds, &d->weight_kind,
                     diag);
}

static bool weights_vary(const TtfsSweepDoc *d) {
    bool vary = false;
    for (uint32_t i = 0; i < d->points.len; i++)
        vary |= d->points.at[i].value[TTFS_AXIS_WEIGHT_NOISE] != 0;
    return vary;
}

/* An axis that is varied and none of the engine's; TTFS_AXES: there is none. */
static TtfsAxis foreign_axis(const TtfsSweepDoc *d, TtfsSweepEngine e) {
    uint32_t a = 0;
    while (a < TTFS_AXES &&
           (!ttfs_points_vary(&d->points, (TtfsAxis)a) || ttfs_axis_of_engine((TtfsAxis)a, e)))
        a++;
    return (TtfsAxis)a;
}

static void list_engines(TtfsAxis a, TtfsBuf *out) {
    for (uint32_t e = 0; e < TTFS_SWEEP_ENGINES; e++)
        if (ttfs_axis_of_engine(a, (TtfsSweepEngine)e))
            ttfs_buf_printf(out, "%s%s", out->len ? ", " : "", ttfs_sweep_engines[e]);
}

static bool refuse_axis(TtfsAxis a, const char *engine, TtfsDiag *diag) {
    TtfsBuf own = {0};
    list_engines(a, &own);
    ttfs_error(diag, TTFS_AT_FILE("--vary"), TTFS_OPTION_VALUE,
               "'%s' is an axis of engine %s, not of %s", ttfs_axis_name(a), ttfs_buf_text(&own),
               engine);
    ttfs_buf_free(&own);
    return false;
}

/* The engine that was asked for, else the jit where it alone has all axes. */
static bool choose_engine(Sweep *s, const char *asked, TtfsDiag *diag) {
    bool jit = foreign_axis(s->doc, TTFS_SWEEP_FAST) != TTFS_AXES &&
               foreign_axis(s->doc, TTFS_SWEEP_JIT) == TTFS_AXES;
    uint32_t index = jit ? TTFS_SWEEP_JIT : TTFS_SWEEP_FAST;
    if (!ttfs_asked_word("--engine", asked, ttfs_sweep_engines, &index, diag)) return false;
    s->engine = (TtfsSweepEngine)index;
    s->doc->engine = ttfs_sweep_engines[s->engine];
    TtfsAxis a = foreign_axis(s->doc, s->engine);
    return a == TTFS_AXES || refuse_axis(a, s->doc->engine, diag);
}

/* The jit runs what is compiled: neurons of model b, in ticks. */
static bool check_chip(const Sweep *s, const TtfsSweepOptions *o, TtfsDiag *diag) {
    const char *option = strcmp(s->doc->model, "b") != 0 ? "--model"
                         : o->unit                       ? "--unit"
                         : o->slope_per                  ? "--slope-noise-per"
                                                         : NULL;
    return s->engine != TTFS_SWEEP_JIT || !option ||
           ttfs_error(
               diag, TTFS_AT_FILE(option), TTFS_OPTION_VALUE,
               "it is of the engines fast and exact; jit runs the integers that are compiled");
}

static bool read_options(Sweep *s, const TtfsSweepOptions *o, TtfsDiag *diag) {
    TtfsSweepDoc *d = s->doc;
    if (!read_points(o, d, diag) || !read_words(o, d, diag) || !choose_engine(s, o->engine, diag) ||
        !check_chip(s, o, diag) ||
        !ttfs_asked_within("--trials", o->trials, 1, TTFS_MOST_TRIALS, diag) ||
        (o->shard && !ttfs_shard_read(o->shard, &d->shard, &d->shards, diag)))
        return false;
    if (o->shard && !o->out)
        return ttfs_error(diag, TTFS_AT_FILE("-o"), TTFS_OPTION_VALUE,
                          "a shard needs a file of its own: -o FILE");
    s->added = strcmp(d->weight_kind, "added") == 0;
    d->seed = o->seed;
    d->trials = o->trials;
    s->options =
        (TtfsExactOptions){.model = strcmp(d->model, "a") == 0 ? TTFS_EXACT_A : TTFS_EXACT_B,
                           .input_unit = strcmp(d->unit, "input") == 0,
                           .by_channel = strcmp(d->slope_per, "channel") == 0,
                           .seed = o->seed};
    return true;
}

/* --- opening --- */

static bool open_net(Sweep *s, TtfsDiag *diag) {
    TtfsOut *out = &s->session.out;
    const char *file = ttfs_out_path(out, "forms/ir.txt");
    return ttfs_ir_canonical(&out->net, &s->canonical, file, diag) &&
           ttfs_net_of(&s->canonical, file, &s->net, diag) &&
           ttfs_out_tops(out, &s->net, &s->tops, &s->arena, diag);
}

/* All that the counts depend on: the network, its windows, samples, labels. */
static bool hash_inputs(Sweep *s, TtfsDiag *diag) {
    static const char *const files[] = {"forms/ir.txt", "forms/ir.blob", NULL};
    static const char *const chip[] = {"forms/spike.txt",  "forms/spike.blob",
                                       "forms/calib.blob", "forms/channels.blob",
                                       "manifest.json",    NULL};
    const double range[2] = {s->tops.input_lo, s->tops.input_hi};
    TtfsSha256 h;
    char hex[65];
    ttfs_sha256_init(&h);
    ttfs_session_hash_files(&s->session, files, &h);
    if (s->engine == TTFS_SWEEP_JIT) ttfs_session_hash_files(&s->session, chip, &h);
    ttfs_sha256_add(&h, range, sizeof range);
    ttfs_sha256_add(&h, s->tops.top, s->net.layers.len * sizeof *s->tops.top);
    if (!ttfs_session_hash(&s->session, &h, diag)) return false;
    ttfs_sha256_hex(&h, hex);
    s->doc->inputs = ttfs_arena_strdup(&s->doc->arena, hex);
    return true;
}

static bool make_doc(Sweep *s, TtfsDiag *diag) {
    TtfsSweepDoc *d = s->doc;
    TtfsSession *n = &s->session;
    d->network = ttfs_arena_strdup(&d->arena, n->out.model);
    d->samples = n->count;
    d->labelled = ttfs_judge_knows_accuracy(&s->judge);
    d->judged = ttfs_judge_knows_agreement(&s->judge);
    d->layers = s->net.layers.len;
    d->layer = TTFS_ARRAY(&d->arena, TtfsSweepLayer, d->layers);
    for (uint32_t i = 0; i < d->layers; i++) {
        const TtfsNetLayer *l = &s->net.layers.at[i];
        d->layer[i] = (TtfsSweepLayer){ttfs_arena_strdup(&d->arena, l->name),
                                       ttfs_json_number_kept(s->tops.top[i])};
        if (l->kind != TTFS_LAYER_INPUT && l->kind != TTFS_LAYER_READOUT)
            d->neurons += ttfs_net_size(l);
    }
    if (!ttfs_sweep_doc_fits(d))
        return ttfs_error(diag, TTFS_AT_FILE("--trials"), TTFS_OPTION_VALUE,
                          "%" PRIu32 " trials at %" PRIu32 " points of %" PRIu32
                          " layers may be more than the 256 MiB that a file of a sweep holds",
                          d->trials, d->points.len, d->layers);
    ttfs_sweep_doc_make(d);
    return true;
}

static uint64_t items(const Sweep *s) {
    return (s->session.count + SAMPLES - 1) / SAMPLES;
}

static void open_workers(Sweep *s) {
    TtfsArena *a = &s->arena;
    if (s->session.threads > items(s)) s->session.threads = (uint32_t)items(s);
    for (uint32_t i = 0; i < s->session.threads; i++) {
        Worker *w = &s->worker[i];
        w->x = TTFS_ARRAY(a, float, s->session.input.elements *SAMPLES);
        w->got = TTFS_ARRAY(a, double, s->judge.widest);
        w->want = TTFS_ARRAY(a, double, s->judge.widest *SAMPLES);
        w->unit = TTFS_ARRAY(a, TtfsSweepUnit, s->doc->points.len);
        if (s->noisy) w->noisy = ttfs_noisy_work(s->noisy);
        for (uint32_t p = 0; p < s->doc->points.len; p++)
            w->unit[p].error = TTFS_ARRAY(a, uint64_t, s->doc->layers);
    }
}

static bool open(Sweep *s, const TtfsSweepOptions *o, TtfsDiag *diag) {
    TtfsSession *n = &s->session;
    if (!ttfs_session_check(&o->session, diag) || !read_options(s, o, diag) ||
        !ttfs_session_open(n, &o->session, TTFS_OUT_NET | TTFS_OUT_SPIKE, true, diag) ||
        !open_net(s, diag))
        return false;
    ttfs_judge_open(&s->judge, s->net.outputs.at, s->net.outputs.len, &n->labels, n->count, true,
                    false, &s->arena);
    const char *file = ttfs_out_path(&n->out, "forms/ir.txt");
    if (s->engine == TTFS_SWEEP_FAST &&
        !(s->noisy = ttfs_noisy_open(&s->canonical, file, weights_vary(s->doc), diag)))
        return false;
    if (!hash_inputs(s, diag) || !make_doc(s, diag)) return false;
    if (s->engine != TTFS_SWEEP_JIT) open_workers(s);
    s->point = TTFS_ARRAY(&s->arena, uint32_t, s->doc->points.len);
    s->rule = TTFS_ARRAY(&s->arena, TtfsNoisyRule *, s->doc->points.len);
    s->out = o->out ? o->out : ttfs_out_path(&n->out, "report/sweep.json");
    return ttfs_session_apart(&o->session, "-o", o->out, diag) &&
           ttfs_session_apart(&o->session, "--csv", o->csv, diag) &&
           ttfs_asked_apart("--csv", o->csv, s->out, diag);
}

static void close(Sweep *s) {
    for (uint32_t i = 0; i < TTFS_MOST_THREADS; i++) {
        ttfs_noisy_drop(s->worker[i].noisy);
        ttfs_exact_close(s->worker[i].exact);
    }
    for (uint32_t i = 0; i < s->n; i++) ttfs_noisy_rule_close(s->rule[i]);
    ttfs_noisy_close(s->noisy);
    ttfs_sweep_chip_close(s->chip);
    ttfs_net_free(&s->net);
    ttfs_ir_free(&s->canonical);
    ttfs_session_close(&s->session);
    ttfs_arena_free(&s->arena);
}

/* --- the file --- */

/* A file that is not of this sweep is replaced; by a shard never: it may be another's work. `old`
 * NULL: it is no sweep's. */
static bool replace(const Sweep *s, const TtfsSweepDoc *old, TtfsDiag *diag) {
    const TtfsSweepDoc *d = s->doc;
    if (d->shards == 0) {
        ttfs_note(diag, TTFS_AT_FILE(s->out), "it was not of this sweep and is replaced");
        return true;
    }
    const char *what = !old                            ? "no file of a sweep"
                       : ttfs_sweep_same(d, old, true) ? "another part of this sweep"
                                                       : "of another sweep";
    return ttfs_error_advice(diag, TTFS_AT_FILE(s->out), TTFS_SWEEP_SHARDS,
                             "name another file with -o, or remove this one",
                             "it is %s, not shard %" PRIu32 "/%" PRIu32 ", and is not replaced",
                             what, d->shard, d->shards);
}

/* Whether there may be something to read: nothing is in devices and pipes that are written to. */
static bool holds(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 ? S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) : errno != ENOENT;
}

/* Takes what the file holds when it is of this sweep. What cannot be read is never replaced. */
static bool resume(Sweep *s, TtfsDiag *diag) {
    TtfsSweepDoc old = {0};
    TtfsDiag why = {0};
    bool ok = true;
    if (!holds(s->out)) return true;
    bool read = ttfs_sweep_doc_load(&old, s->out, &why);
    if (read && ttfs_sweep_same(s->doc, &old, false))
        ttfs_sweep_take(s->doc, &old);
    else if (read || why.errors_of[TTFS_SWEEP_FILE])
        ok = replace(s, read ? &old : NULL, diag);
    else
        ok = false, ttfs_diag_append(diag, &why);
    ttfs_sweep_doc_free(&old);
    ttfs_diag_free(&why);
    return ok;
}

/* --- running --- */

/* Options of the engine at a point. */
static TtfsExactOptions options_at(const Sweep *s, uint32_t point) {
    const TtfsPoint *p = &s->doc->points.at[point];
    TtfsExactOptions o = s->options;
    o.margin = p->value[TTFS_AXIS_MARGIN];
    o.time_noise = p->value[TTFS_AXIS_TIME_NOISE];
    o.slope_noise = p->value[TTFS_AXIS_SLOPE_NOISE];
    o.trial = s->trial;
    return o;
}

static void judge(Sweep *s, TtfsSweepUnit *u, uint64_t sample, const double *got,
                  const double *want) {
    TtfsTally t = {0};
    ttfs_judge_output(&s->judge, &t, sample, 0, got, want);
    u->right += t.right;
    u->agree += t.agree;
}

/* The first output of the samples in hand, `values` of the last run. */
static void take_values(const float *values, uint64_t n, double *to) {
    for (uint64_t i = 0; i < n; i++) to[i] = (double)values[i];
}

static void judge_some(Sweep *s, Worker *w, uint32_t k, uint64_t first, uint64_t n) {
    uint64_t size = ttfs_output_count(&s->judge.output[0]);
    const float *values = ttfs_noisy_output(w->noisy, 0);
    for (uint64_t i = 0; i < n; i++) {
        take_values(values + i * size, size, w->got);
        judge(s, &w->unit[k], first + i, w->got, w->want + i * size);
    }
}

static void run_fast(Sweep *s, Worker *w, uint64_t first, uint64_t n) {
    uint64_t size = ttfs_output_count(&s->judge.output[0]);
    ttfs_noisy_begin(w->noisy, w->x, first, n);
    take_values(ttfs_noisy_output(w->noisy, 0), n * size, w->want);
    for (uint32_t k = 0; k < s->n; k++) {
        TtfsSweepUnit *u = &w->unit[k];
        TtfsNoisyCount c = {.error = u->error};
        ttfs_noisy_run(w->noisy, s->rule[k], &c);
        u->spikes += c.spikes;
        u->saturated += c.saturated;
        judge_some(s, w, k, first, n);
    }
}

/* What the fast engine counts of a layer, of one sample of the exact engine's: in model b spikes
 * that come before the window's end. */
static void count_layer(const Sweep *s, const TtfsExact *e, uint32_t layer, TtfsSweepUnit *u) {
    const TtfsNetLayer *l = &s->net.layers.at[layer];
    const double *time = ttfs_exact_times(e, layer), *got = ttfs_exact_values(e, layer);
    const double *want = ttfs_reference_values(ttfs_exact_reference(e), layer);
    double least = l->of_input ? s->tops.input_lo : 0, error = 0;
    bool all = s->options.model == TTFS_EXACT_A;
    double top = s->tops.top[layer] > 0 ? s->tops.top[layer] : 1;
    uint32_t n = ttfs_net_size(l);
    for (uint32_t i = 0; i < n; i++) {
        u->spikes += all || got[i] > least;
        u->saturated += time[i] == 0 || (l->top > 0 && got[i] >= l->top);
        error += fabs(got[i] - want[i]);
    }
    if (l->kind != TTFS_LAYER_RELU) return;
    double unit = ldexp(1, TTFS_NOISY_ERROR_BITS) / (top * n);
    u->error[layer] += (uint64_t)(fmin(error * unit, 0x1p40) + 0.5);
}

static void run_exact(Sweep *s, Worker *w, uint64_t first, uint64_t n) {
    const TtfsNet *net = &s->net;
    for (uint64_t i = 0; i < n; i++) {
        ttfs_exact_run(w->exact, w->x + i * s->session.input.elements, first + i);
        for (uint32_t l = 0; l < net->layers.len; l++)
            if (net->layers.at[l].kind != TTFS_LAYER_INPUT &&
                net->layers.at[l].kind != TTFS_LAYER_READOUT)
                count_layer(s, w->exact, l, &w->unit[0]);
        ttfs_exact_output(w->exact, 0, w->got);
        ttfs_reference_output(ttfs_exact_reference(w->exact), 0, w->want);
        judge(s, &w->unit[0], first + i, w->got, w->want);
    }
}

static bool run_some(void *context, uint32_t worker, uint64_t item, TtfsDiag *diag) {
    Sweep *s = context;
    Worker *w = &s->worker[worker];
    TtfsSession *n = &s->session;
    uint64_t first = item * SAMPLES, left = n->count - first;
    uint64_t some = left < SAMPLES ? left : SAMPLES;
    if (!ttfs_go_on(&n->progress, diag)) return false;
    for (uint64_t i = 0; i < some; i++)
        if (!ttfs_array_sample(&n->input, &n->out.map, first + i, w->x + i * n->input.elements,
                               diag))
            return false;
    if (s->engine == TTFS_SWEEP_EXACT)
        run_exact(s, w, first, some);
    else
        run_fast(s, w, first, some);
    uint64_t done = atomic_fetch_add(&s->done, some * s->n) + some * s->n;
    if (worker == 0) ttfs_tell(&n->progress, "samples", s->before + done, s->all);
    return true;
}

static void clear(const Sweep *s, TtfsSweepUnit *u) {
    uint64_t *error = u->error;
    memset(error, 0, s->doc->layers * sizeof *error);
    *u = (TtfsSweepUnit){.error = error};
}

static void add_up(Sweep *s, uint32_t k, double latency) {
    TtfsSweepUnit *to = ttfs_sweep_unit(s->doc, s->point[k], s->trial);
    ttfs_sweep_unit_done(s->doc, to);
    for (uint32_t i = 0; i < s->session.threads; i++) {
        const TtfsSweepUnit *u = &s->worker[i].unit[k];
        to->right += u->right;
        to->agree += u->agree;
        to->spikes += u->spikes;
        to->saturated += u->saturated;
        for (uint32_t l = 0; l < s->doc->layers; l++) to->error[l] += u->error[l];
    }
    to->latency = ttfs_json_number_kept(latency);
}

/* All samples at the points in hand. */
static bool run_units(Sweep *s, TtfsDiag *diag) {
    for (uint32_t i = 0; i < s->session.threads; i++)
        for (uint32_t k = 0; k < s->n; k++) clear(s, &s->worker[i].unit[k]);
    atomic_store(&s->done, 0);
    if (!ttfs_parallel_diag(s->session.threads, 0, items(s), run_some, s, diag)) return false;
    s->before += s->n * s->session.count;
    return true;
}

static bool weigh(Sweep *s, TtfsDiag *diag) {
    double sd = s->doc->points.at[s->point[0]].value[TTFS_AXIS_WEIGHT_NOISE];
    const TtfsNoisyWeights w = {sd, s->added, s->options.seed, s->trial};
    return !weights_vary(s->doc) || ttfs_noisy_weights(s->noisy, &w, diag);
}

static double early_at(const Sweep *s, uint32_t point) {
    return s->doc->points.at[point].value[TTFS_AXIS_EARLY];
}

/* The class can only be read early of values that nobody else reads. */
static bool check_early(const Sweep *s, TtfsDiag *diag) {
    for (uint32_t k = 0; k < s->n; k++) {
        uint32_t layer, reader;
        if (!ttfs_noisy_early_reader(s->rule[k], &layer, &reader)) continue;
        return ttfs_sweep_refuse_early(early_at(s, s->point[k]), s->net.layers.at[layer].name,
                                       s->net.layers.at[reader].name, diag);
    }
    return true;
}

static bool run_points_fast(Sweep *s, TtfsDiag *diag) {
    uint32_t n = s->n;
    s->n = 0;
    if (!weigh(s, diag)) return false;
    for (; s->n < n; s->n++) {
        TtfsExactOptions o = options_at(s, s->point[s->n]);
        s->rule[s->n] = ttfs_noisy_rule(s->noisy, &s->tops, &o, early_at(s, s->point[s->n]));
    }
    bool ok = check_early(s, diag) && run_units(s, diag);
    for (uint32_t k = 0; k < n; k++) {
        if (ok) add_up(s, k, ttfs_noisy_latency(s->rule[k]));
        ttfs_noisy_rule_close(s->rule[k]);
    }
    s->n = 0;
    return ok;
}

static bool run_point_exact(Sweep *s, TtfsDiag *diag) {
    TtfsExactOptions o = options_at(s, s->point[0]);
    for (uint32_t i = 0; i < s->session.threads; i++)
        s->worker[i].exact = ttfs_exact_open(&s->net, &s->tops, &o);
    bool ok = run_units(s, diag);
    if (ok) add_up(s, 0, ttfs_exact_latency(s->worker[0].exact));
    for (uint32_t i = 0; i < s->session.threads; i++) {
        ttfs_exact_close(s->worker[i].exact);
        s->worker[i].exact = NULL;
    }
    s->n = 0;
    return ok;
}

static bool run_points_chip(Sweep *s, TtfsDiag *diag) {
    const TtfsSweepOf of = {&s->session, &s->canonical, &s->judge, s->doc, s->added};
    uint32_t n = s->n;
    s->n = 0; /* no rules to close */
    if (!s->chip && !(s->chip = ttfs_sweep_chip_open(&of, diag))) return false;
    if (!ttfs_sweep_chip_run(s->chip, s->point, n, s->trial, s->before, s->all, diag)) return false;
    s->before += n * s->session.count;
    return true;
}

static bool wanted(const Sweep *s, uint32_t point, uint32_t trial) {
    return ttfs_sweep_mine(s->doc, point, trial) && !ttfs_sweep_unit(s->doc, point, trial)->done;
}

/* Whether both can be run at once. */
static bool alike(const Sweep *s, uint32_t point, uint32_t other) {
    const TtfsPoint *p = s->doc->points.at;
    if (s->engine == TTFS_SWEEP_JIT) return ttfs_sweep_chip_alike(s->doc, point, other);
    return s->engine == TTFS_SWEEP_FAST &&
           p[point].value[TTFS_AXIS_WEIGHT_NOISE] == p[other].value[TTFS_AXIS_WEIGHT_NOISE];
}

/* The next units of the trial that can be run at once, from `point` on, into s->point; those of one
 * weight noise, which is of no other trial. */
static uint32_t gather(Sweep *s, uint32_t point) {
    const TtfsPoints *p = &s->doc->points;
    for (s->n = 0; point < p->len; point++) {
        if (!wanted(s, point, s->trial)) continue;
        if (s->n && !alike(s, s->point[0], point)) break;
        s->point[s->n++] = point;
    }
    return point;
}

static bool keep(Sweep *s, TtfsDiag *diag) {
    if (ttfs_now() - s->written < SECONDS) return true;
    s->written = ttfs_now();
    return ttfs_sweep_doc_save(s->doc, s->out, NULL, diag);
}

static bool run_trial(Sweep *s, TtfsDiag *diag) {
    static bool (*const run_points[])(Sweep *, TtfsDiag *) = {run_points_fast, run_point_exact,
                                                              run_points_chip};
    bool ok = true;
    for (uint32_t p = 0; ok && p < s->doc->points.len;) {
        p = gather(s, p);
        if (s->n == 0) break;
        ok = run_points[s->engine](s, diag) && keep(s, diag);
    }
    return ok;
}

static bool run(Sweep *s, TtfsDiag *diag) {
    TtfsSweepDoc *d = s->doc;
    s->written = ttfs_now();
    for (uint32_t t = 0; t < d->trials; t++)
        for (uint32_t p = 0; p < d->points.len; p++) s->all += wanted(s, p, t) * s->session.count;
    ttfs_tell(&s->session.progress, "samples", 0, s->all);
    for (s->trial = 0; s->trial < d->trials; s->trial++)
        if (!run_trial(s, diag)) return false;
    return true;
}

bool ttfs_sweep(const TtfsSweepOptions *o, TtfsSweepDoc *d, TtfsDiag *diag) {
    TtfsArena a = {0};
    Sweep *s = TTFS_NEW(&a, Sweep);
    *s = (Sweep){.doc = d};
    bool ok = open(s, o, diag) && resume(s, diag) && run(s, diag) &&
              ttfs_sweep_doc_save(d, s->out, o->csv, diag);
    close(s);
    ttfs_arena_free(&a);
    return ok;
}
