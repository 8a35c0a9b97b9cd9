/* SPDX-License-Identifier: Apache-2.0
 *
 * A run of the exact engine: the network in continuous time, two passes over the samples. The first
 * finds the largest value of every layer, so that the windows hold all of them; with windows of
 * calibration there is none. The second runs the spikes and holds them against the plain sums in
 * float64, and the class against the relu engine.
 */
#include "exact_run.h"

#include "asked.h"
#include "chip_waves.h"
#include "clock.h"
#include "ir_to_ir.h"
#include "parallel.h"
#include "relu.h"
#include "tops.h"

#include <math.h>
#include <stdatomic.h>

typedef struct {
    TtfsArena arena;
    TtfsReference *reference; /* of the first pass */
    TtfsExactTops tops;
    TtfsRelu *relu;
    TtfsExact *exact;
    float *real;
    double *got, *want; /* values of an output */
    double seconds;     /* inside the engine */
    TtfsTally tally;
} Worker;

struct TtfsExactRun {
    TtfsArena arena; /* it lies in it */
    TtfsSession session;
    TtfsIr canonical;
    TtfsNet net;
    TtfsExactOptions options;
    bool calibrated; /* windows hold what calibration made of the folder */
    TtfsJudge judge;
    TtfsKept *kept;
    Worker *worker;
    atomic_uint_least64_t done;
    TtfsExactResult result;
};

static void progress(TtfsExactRun *x, uint32_t worker) {
    uint64_t done = atomic_fetch_add(&x->done, 1) + 1;
    if (worker == 0) ttfs_session_progress(&x->session, done / 2);
}

static bool measure_item(void *context, uint32_t worker, uint64_t i, TtfsDiag *diag) {
    TtfsExactRun *x = context;
    Worker *w = &x->worker[worker];
    if (!ttfs_go_on(&x->session.progress, diag)) return false;
    if (!ttfs_array_sample(&x->session.input, &x->session.out.map, i, w->real, diag)) return false;
    ttfs_reference_run(w->reference, w->real);
    ttfs_exact_tops_add(&w->tops, &x->net, w->reference);
    progress(x, worker);
    return true;
}

static void judge_outputs(TtfsExactRun *x, Worker *w, uint64_t sample) {
    for (uint32_t o = 0; o < x->judge.outputs; o++) {
        uint64_t n = ttfs_output_count(&x->judge.output[o]);
        const float *want = ttfs_relu_output(w->relu, o);
        for (uint64_t k = 0; k < n; k++) w->want[k] = (double)want[k];
        ttfs_exact_output(w->exact, o, w->got);
        ttfs_judge_output(&x->judge, &w->tally, sample, o, w->got, w->want);
        ttfs_kept_add(x->kept, sample, o, w->got);
    }
}

static bool run_item(void *context, uint32_t worker, uint64_t i, TtfsDiag *diag) {
    TtfsExactRun *x = context;
    Worker *w = &x->worker[worker];
    TtfsSession *s = &x->session;
    if (!ttfs_go_on(&s->progress, diag)) return false;
    if (!ttfs_array_sample(&s->input, &s->out.map, i, w->real, diag)) return false;
    ttfs_relu_run(w->relu, w->real);
    double start = ttfs_now();
    ttfs_exact_run(w->exact, w->real, i);
    w->seconds += ttfs_now() - start;
    judge_outputs(x, w, i);
    progress(x, worker);
    return true;
}

/* The input's range is the encoder's, widened by the samples. */
static void open_worker(TtfsExactRun *x, Worker *w) {
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
    ttfs_arena_free(&w->arena);
}

/* What windows must hold, into the first worker's. */
static bool find_tops(TtfsExactRun *x, uint32_t threads, TtfsDiag *diag) {
    Worker *w = x->worker;
    uint64_t n = x->session.count;
    if (x->calibrated) {
        atomic_store(&x->done, n);
        return ttfs_out_tops(&x->session.out, &x->net, &w[0].tops, &w[0].arena, diag);
    }
    bool ok = ttfs_parallel_diag(threads, 0, n, measure_item, x, diag);
    for (uint32_t i = 1; i < threads; i++) ttfs_exact_tops_merge(&w[0].tops, &x->net, &w[i].tops);
    return ok;
}

static bool both_passes(TtfsExactRun *x, uint32_t threads, TtfsDiag *diag) {
    Worker *w = x->worker;
    for (uint32_t i = 0; i < threads; i++) open_worker(x, &w[i]);
    ttfs_session_begin(&x->session);
    bool ok = find_tops(x, threads, diag);
    for (uint32_t i = 0; ok && i < threads; i++) {
        ttfs_reference_close(w[i].reference);
        w[i].reference = NULL;
        w[i].exact = ttfs_exact_open(&x->net, &w[0].tops, &x->options);
    }
    return ok && ttfs_parallel_diag(threads, 0, x->session.count, run_item, x, diag);
}

static void add_stat(TtfsExactStat *to, const TtfsExactStat *s) {
    to->max_error = fmax(to->max_error, s->max_error);
    to->window = s->window;
    to->spikes += s->spikes;
    to->active += s->active;
    to->beyond += s->beyond;
    to->neuron_runs += s->neuron_runs;
}

static void add_up(TtfsExactRun *x, uint32_t threads) {
    uint32_t n = x->net.layers.len;
    TtfsExactResult r = {.net = &x->net,
                         .options = x->options,
                         .layer = TTFS_ARRAY(&x->arena, TtfsExactStat, n),
                         .latency = ttfs_exact_latency(x->worker[0].exact),
                         .samples = x->session.count,
                         .judge = &x->judge};
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
    r.rate = slowest > 0 ? (double)r.samples / slowest : 0;
    x->result = r;
}

static bool open_net(TtfsExactRun *x, const TtfsRunOptions *o, TtfsDiag *diag) {
    TtfsSession *s = &x->session;
    const char *file = ttfs_out_path(&s->out, "forms/ir.txt");
    if (!ttfs_ir_canonical(&s->out.net, &x->canonical, file, diag) ||
        !ttfs_net_of(&x->canonical, file, &x->net, diag))
        return false;
    const TtfsOutput *output = x->net.outputs.at;
    uint32_t outputs = x->net.outputs.len;
    ttfs_judge_open(&x->judge, output, outputs, &s->labels, s->count, true, true, &x->arena);
    return ttfs_kept_open(x->kept, o, output, outputs, s->count, NULL, diag);
}

static bool read_options(const TtfsRunOptions *o, TtfsExactOptions *e, TtfsDiag *diag) {
    static const char *const models[] = {"a", "b", NULL}, *const units[] = {"window", "input",
                                                                            NULL};
    static const char *const pers[] = {"neuron", "channel", NULL};
    uint32_t model = TTFS_EXACT_B, unit = 0, per = 0;
    if (o->layers)
        return ttfs_error(diag, TTFS_AT_FILE("--layers"), TTFS_OPTION_VALUE,
                          "golden, jit and rtl are held against relu; exact says its own layers");
    if (!ttfs_chip_waves_check(o->signals, false, NULL, NULL, diag)) return false;
    if (o->trace)
        return ttfs_error(diag, TTFS_AT_FILE("--trace"), TTFS_OPTION_VALUE,
                          "the exact engine has no ticks to write");
    if (!ttfs_asked_word("--model", o->model, models, &model, diag) ||
        !ttfs_asked_word("--unit", o->unit, units, &unit, diag) ||
        !ttfs_asked_word("--slope-noise-per", o->slope_per, pers, &per, diag) ||
        !ttfs_asked_within("--margin", o->margin, -1, TTFS_MOST_MARGIN, diag) ||
        !ttfs_asked_within("--time-noise", o->time_noise, 0, 1, diag) ||
        !ttfs_asked_within("--slope-noise", o->slope_noise, 0, 1, diag))
        return false;
    if (!(o->margin > -1))
        return ttfs_error(diag, TTFS_AT_FILE("--margin"), TTFS_OPTION_VALUE,
                          "%g leaves no window: it must be above -1", o->margin);
    *e = (TtfsExactOptions){.model = (TtfsExactModel)model,
                            .margin = o->margin,
                            .time_noise = o->time_noise,
                            .input_unit = unit == 1,
                            .slope_noise = o->slope_noise,
                            .by_channel = per == 1,
                            .seed = o->seed};
    return true;
}

static bool run(TtfsExactRun *x, const TtfsRunOptions *o, TtfsDiag *diag) {
    static const char *const windows[] = {"samples", "calibration", NULL};
    TtfsSession *s = &x->session;
    uint32_t from = 0;
    if (o->shard || o->out)
        return ttfs_error(diag, TTFS_AT_FILE(o->shard ? "--shard" : "-o"), TTFS_OPTION_VALUE,
                          "it is not of the engine exact; ttfs sweep --engine exact has it");
    if (!read_options(o, &x->options, diag) ||
        !ttfs_session_apart(&o->session, "--outputs", o->outputs, diag) ||
        !ttfs_asked_outside("--outputs", o->outputs, o->session.folder, diag) ||
        !ttfs_asked_word("--windows", o->windows, windows, &from, diag) ||
        !ttfs_session_open(s, &o->session, TTFS_OUT_NET | TTFS_OUT_SPIKE, true, diag) ||
        !open_net(x, o, diag))
        return false;
    x->calibrated = from == 1;
    uint32_t threads = s->threads < s->count ? s->threads : (uint32_t)s->count;
    if (!both_passes(x, threads, diag)) return false;
    add_up(x, threads);
    return ttfs_kept_write(x->kept, diag);
}

TtfsExactRun *ttfs_exact_run_samples(const TtfsRunOptions *o, TtfsKept *kept, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsExactRun *x = TTFS_NEW(&a, TtfsExactRun);
    x->worker = TTFS_ARRAY(&a, Worker, TTFS_MOST_THREADS);
    x->arena = a;
    x->kept = kept;
    if (run(x, o, diag)) return x;
    ttfs_exact_run_close(x);
    return NULL;
}

const TtfsExactResult *ttfs_exact_run_result(const TtfsExactRun *x) {
    return &x->result;
}

void ttfs_exact_run_close(TtfsExactRun *x) {
    for (uint32_t i = 0; i < TTFS_MOST_THREADS; i++) close_worker(&x->worker[i]);
    ttfs_net_free(&x->net);
    ttfs_ir_free(&x->canonical);
    ttfs_session_close(&x->session);
    TtfsArena a = x->arena;
    ttfs_arena_free(&a);
}
