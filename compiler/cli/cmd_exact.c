/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs run --engine exact: the network in continuous time, two passes over the samples. The first
 * finds the largest value of every layer, so that the windows hold all of them; the second runs the
 * spikes and holds them against the plain sums in float64, and the class against the relu engine.
 */
#include "commands.h"
#include "exact.h"
#include "clock.h"
#include "ir_to_ir.h"
#include "judge.h"
#include "kept.h"
#include "parallel.h"
#include "relu.h"
#include "report_json.h"
#include "run_report.h"
#include "session.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>

enum { MOST_THREADS = 64 };

typedef struct {
    TtfsArena arena;
    TtfsDiag diag;
    TtfsReference *reference; /* of the first pass */
    TtfsExactTops tops;
    TtfsRelu *relu;
    TtfsExact *exact;
    float *real;
    double *got, *want; /* values of an output */
    double seconds;     /* inside the engine */
    TtfsTally tally;
} Worker;

typedef struct {
    TtfsSession session;
    TtfsIr canonical;
    TtfsNet net;
    TtfsExactOptions options;
    TtfsJudge judge;
    TtfsKept kept;
    Worker *worker;
    atomic_uint_least64_t done;
} Exact;

static void progress(Exact *x, uint32_t worker) {
    uint64_t done = atomic_fetch_add(&x->done, 1) + 1;
    if (worker == 0) ttfs_session_progress(&x->session, done / 2);
}

static bool measure_item(void *context, uint32_t worker, uint64_t i) {
    Exact *x = context;
    Worker *w = &x->worker[worker];
    if (!ttfs_array_sample(&x->session.input, &x->session.out.map, i, w->real, &w->diag))
        return false;
    ttfs_reference_run(w->reference, w->real);
    ttfs_exact_tops_add(&w->tops, &x->net, w->reference);
    progress(x, worker);
    return true;
}

static void judge_outputs(Exact *x, Worker *w, uint64_t sample) {
    for (uint32_t o = 0; o < x->judge.outputs; o++) {
        uint64_t n = ttfs_output_count(&x->judge.output[o]);
        const float *want = ttfs_relu_output(w->relu, o);
        for (uint64_t k = 0; k < n; k++) w->want[k] = (double)want[k];
        ttfs_exact_output(w->exact, o, w->got);
        ttfs_judge_output(&x->judge, &w->tally, sample, o, w->got, w->want);
        ttfs_kept_add(&x->kept, sample, o, w->got);
    }
}

static bool run_item(void *context, uint32_t worker, uint64_t i) {
    Exact *x = context;
    Worker *w = &x->worker[worker];
    TtfsSession *s = &x->session;
    if (!ttfs_array_sample(&s->input, &s->out.map, i, w->real, &w->diag)) return false;
    ttfs_relu_run(w->relu, w->real);
    double start = ttfs_now();
    ttfs_exact_run(w->exact, w->real, i);
    w->seconds += ttfs_now() - start;
    judge_outputs(x, w, i);
    progress(x, worker);
    return true;
}

/* The input's range is the encoder's, widened by the samples. */
static void open_worker(Exact *x, Worker *w) {
    const TtfsPopulation *in = ttfs_spike_pop(&x->session.out.spike, x->session.out.spike.input);
    w->real = TTFS_ARRAY(&w->arena, float, x->session.input.elements);
    w->got = TTFS_ARRAY(&w->arena, double, x->judge.widest);
    w->want = TTFS_ARRAY(&w->arena, double, x->judge.widest);
    w->relu = ttfs_relu_open(&x->session.out.net);
    w->reference = ttfs_reference_open(&x->net);
    w->tops = ttfs_exact_tops(&x->net, in->offset, in->offset + in->scale * in->ticks, &w->arena);
}

static void close_worker(Worker *w) {
    ttfs_exact_close(w->exact);
    ttfs_reference_close(w->reference);
    if (w->relu) ttfs_relu_close(w->relu);
    ttfs_diag_free(&w->diag);
    ttfs_arena_free(&w->arena);
}

static bool both_passes(Exact *x, uint32_t threads, TtfsDiag *diag) {
    Worker *w = x->worker;
    for (uint32_t i = 0; i < threads; i++) open_worker(x, &w[i]);
    bool ok = ttfs_parallel(threads, 0, x->session.count, measure_item, x);
    for (uint32_t i = 1; i < threads; i++) ttfs_exact_tops_merge(&w[0].tops, &x->net, &w[i].tops);
    for (uint32_t i = 0; ok && i < threads; i++) {
        ttfs_reference_close(w[i].reference);
        w[i].reference = NULL;
        w[i].exact = ttfs_exact_open(&x->net, &w[0].tops, &x->options);
    }
    ok = ok && ttfs_parallel(threads, 0, x->session.count, run_item, x);
    for (uint32_t i = 0; i < threads; i++) ttfs_diag_append(diag, &w[i].diag);
    return ok;
}

/* Sums over threads and, for the whole, over the hidden layers. */
typedef struct {
    TtfsExactStat *layer, hidden;
    double max_error, rate;
    TtfsTally tally;
    uint64_t beyond;
} Result;

static void add_stat(TtfsExactStat *to, const TtfsExactStat *s) {
    to->max_error = fmax(to->max_error, s->max_error);
    to->window = s->window;
    to->spikes += s->spikes;
    to->active += s->active;
    to->beyond += s->beyond;
    to->neuron_runs += s->neuron_runs;
}

static Result add_up(const Exact *x, uint32_t threads, TtfsArena *a) {
    uint32_t n = x->net.layers.len;
    Result r = {.layer = TTFS_ARRAY(a, TtfsExactStat, n)};
    double slowest = 0;
    for (uint32_t t = 0; t < threads; t++) {
        const Worker *w = &x->worker[t];
        for (uint32_t i = 0; i < n; i++) add_stat(&r.layer[i], ttfs_exact_stat(w->exact, i));
        r.tally.right += w->tally.right;
        r.tally.agree += w->tally.agree;
        slowest = fmax(slowest, w->seconds);
    }
    for (uint32_t i = 0; i < n; i++) {
        TtfsLayerKind kind = x->net.layers.at[i].kind;
        r.max_error = fmax(r.max_error, r.layer[i].max_error);
        r.beyond += r.layer[i].beyond;
        if (kind != TTFS_LAYER_INPUT && kind != TTFS_LAYER_READOUT)
            add_stat(&r.hidden, &r.layer[i]);
    }
    r.rate = slowest > 0 ? (double)x->session.count / slowest : 0;
    return r;
}

static double share(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : 0;
}

static const char *model_name(const Exact *x) {
    return x->options.model == TTFS_EXACT_A ? "a" : "b";
}

static void layers_json(const Exact *x, const Result *r, cJSON *list) {
    static const char *const kind[] = {"input", "relu", "pool", "minpool", "readout"};
    for (uint32_t i = 0; i < x->net.layers.len; i++) {
        const TtfsExactStat *s = &r->layer[i];
        cJSON *j = cJSON_CreateObject();
        cJSON_AddItemToArray(list, j);
        cJSON_AddStringToObject(j, "layer", x->net.layers.at[i].name);
        cJSON_AddStringToObject(j, "kind", kind[x->net.layers.at[i].kind]);
        cJSON_AddNumberToObject(j, "max_abs_error", s->max_error);
        if (x->net.layers.at[i].kind == TTFS_LAYER_READOUT) continue;
        cJSON_AddNumberToObject(j, "window", s->window);
        cJSON_AddNumberToObject(j, "spikes_per_neuron", share(s->spikes, s->neuron_runs));
        cJSON_AddNumberToObject(j, "active_relus", share(s->active, s->neuron_runs));
        cJSON_AddNumberToObject(j, "beyond_window", (double)s->beyond);
    }
}

static void print_json(const Exact *x, const Result *r) {
    uint64_t n = x->session.count;
    cJSON *j = cJSON_CreateObject();
    cJSON_AddStringToObject(j, "engine", "exact");
    cJSON_AddStringToObject(j, "model", model_name(x));
    cJSON_AddNumberToObject(j, "samples", (double)n);
    ttfs_judge_json(&x->judge, &r->tally, n, j);
    cJSON_AddNumberToObject(j, "max_abs_error", r->max_error);
    cJSON_AddNumberToObject(j, "spikes_per_neuron", share(r->hidden.spikes, r->hidden.neuron_runs));
    cJSON_AddNumberToObject(j, "active_relus", share(r->hidden.active, r->hidden.neuron_runs));
    cJSON_AddNumberToObject(j, "beyond_window", (double)r->beyond);
    cJSON_AddNullToObject(j, "latency_ticks");
    cJSON_AddNumberToObject(j, "latency", ttfs_exact_latency(x->worker[0].exact));
    cJSON_AddNullToObject(j, "cycles");
    cJSON_AddNumberToObject(j, "margin", x->options.margin);
    cJSON_AddNumberToObject(j, "time_noise", x->options.time_noise);
    cJSON_AddNumberToObject(j, "slope_noise", x->options.slope_noise);
    cJSON_AddNumberToObject(j, "samples_per_second", r->rate);
    layers_json(x, r, cJSON_AddArrayToObject(j, "layers"));
    ttfs_judge_errors_json(&x->judge, j);
    ttfs_json_emit(j);
}

static void print_text(const Exact *x, const Result *r) {
    uint64_t n = x->session.count;
    printf("engine exact, model %s, %llu samples\n", model_name(x), (unsigned long long)n);
    ttfs_judge_print(&x->judge, &r->tally, n, false);
    printf("largest difference  %.3g (spikes against float64 sums, over all layers)\n",
           r->max_error);
    for (uint32_t i = 0; i < x->net.layers.len; i++) {
        printf("  ");
        ttfs_print_name(x->net.layers.at[i].name, 24);
        printf("  %.3g\n", r->layer[i].max_error);
    }
    printf("spikes per neuron   %.3f (hidden), %.3f of the ReLUs are active\n",
           share(r->hidden.spikes, r->hidden.neuron_runs),
           share(r->hidden.active, r->hidden.neuron_runs));
    if (r->beyond) printf("beyond the window   %llu activations\n", (unsigned long long)r->beyond);
    printf("latency             %.6g units of time\n", ttfs_exact_latency(x->worker[0].exact));
    printf("samples per second  %.0f\n", r->rate);
}

static bool read_options(const TtfsOptions *o, TtfsExactOptions *e, TtfsDiag *diag) {
    static const char *const models[] = {"a", "b", NULL};
    uint32_t model, seed;
    if (o->value[TTFS_OPT_TRACE])
        return ttfs_error(diag, TTFS_AT_FILE("--trace"), TTFS_OPTION_VALUE,
                          "the exact engine has no ticks to write");
    if (!ttfs_option_word(o, TTFS_OPT_MODEL, models, 1, &model, diag) ||
        !ttfs_option_f64(o, TTFS_OPT_MARGIN, 0, 1e6, 0, &e->margin, diag) ||
        !ttfs_option_f64(o, TTFS_OPT_TIME_NOISE, 0, 1, 0, &e->time_noise, diag) ||
        !ttfs_option_f64(o, TTFS_OPT_SLOPE_NOISE, 0, 1, 0, &e->slope_noise, diag) ||
        !ttfs_option_u32(o, TTFS_OPT_SEED, 0, UINT32_MAX, 1, &seed, diag))
        return false;
    e->model = model == 0 ? TTFS_EXACT_A : TTFS_EXACT_B;
    e->seed = seed;
    return true;
}

int ttfs_cmd_run_exact(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    Exact x = {.worker = TTFS_ARRAY(a, Worker, MOST_THREADS)};
    TtfsSession *s = &x.session;
    TtfsSessionOptions session;
    TtfsProgressLine line;
    bool ok = read_options(o, &x.options, diag) && ttfs_read_session(&session, o, diag);
    session.progress = ttfs_progress_line(&line, o);
    ok = ok && ttfs_session_open(s, &session, TTFS_OUT_NET | TTFS_OUT_SPIKE, true, diag);
    const char *file = ok ? ttfs_out_path(&s->out, "forms/ir.txt") : NULL;
    ok = ok && ttfs_ir_canonical(&s->out.net, &x.canonical, file, diag) &&
         ttfs_net_of(&x.canonical, file, &x.net, diag);
    uint32_t threads = s->threads < s->count ? s->threads : (uint32_t)s->count;
    if (ok) {
        const TtfsOutput *output = x.net.outputs.at;
        ttfs_judge_open(&x.judge, output, x.net.outputs.len, &s->labels, s->count, true, true, a);
        ok = ttfs_judge_check(&x.judge, &s->out.net, s->out.folder, diag) &&
             ttfs_kept_open(&x.kept, o->value[TTFS_OPT_OUTPUTS], output, x.net.outputs.len,
                            s->count, a, diag) &&
             both_passes(&x, threads, diag) && ttfs_kept_write(&x.kept, diag);
        ttfs_progress_end(&line);
    }
    if (ok) {
        Result r = add_up(&x, threads, a);
        if (o->value[TTFS_OPT_JSON])
            print_json(&x, &r);
        else if (ttfs_talks(o))
            print_text(&x, &r);
    }
    for (uint32_t i = 0; i < MOST_THREADS; i++) close_worker(&x.worker[i]);
    ttfs_net_free(&x.net);
    ttfs_ir_free(&x.canonical);
    ttfs_session_close(s);
    return ok ? 0 : 1;
}
