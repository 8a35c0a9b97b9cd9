/* SPDX-License-Identifier: Apache-2.0
 *
 * A run, block by block: read and encode on all threads, run, judge on all threads, as many samples
 * at once as the float network beside the engine takes.
 */
#include "run.h"

#include "asked.h"
#include "block.h"
#include "chip_waves.h"
#include "clock.h"
#include "counts_doc.h"
#include "fast.h"
#include "margin.h"
#include "parallel.h"
#include "relu.h"
#include "resemble.h"
#include "trace_file.h"

#include <stdatomic.h>
#include <string.h>

/* What a thread owns. */
typedef struct {
    TtfsFastWork *relu; /* NULL when no relu runs */
    double *got, *want; /* values of an output */
    TtfsTally tally;
    uint64_t spikes, latency_cycles;
    TtfsLanes lanes; /* cycles of samples */
    TtfsActivity activity;
    TtfsShares shares; /* of neurons, when spikes are counted */
} Worker;

struct TtfsRun {
    TtfsArena arena; /* it lies in it */
    TtfsSession session;
    TtfsEngine engine;             /* closed when relu itself is what runs */
    TtfsFast *relu;                /* NULL when it does not run */
    bool spiking, counted, traced; /* counted: spikes are */
    bool ticks_kept;
    TtfsTraceFile *trace;  /* of the samples, when it is wanted */
    TtfsChipWaves signals; /* of the chip, the same */
    TtfsBlock block;
    TtfsTraces traces;
    TtfsBuf *values; /* [room] relu's values as text; NULL when they are not wanted */
    TtfsOutput *output;
    TtfsJudge judge;
    TtfsKept *kept;
    TtfsNeurobench neurobench; /* when spikes are counted */
    TtfsAgree *agree;          /* NULL: layers are not looked at */
    TtfsWatch *watch;          /* when spikes are counted */
    double relu_seconds;
    uint64_t clipped; /* input values */
    Worker worker[TTFS_MOST_THREADS];
    TtfsPart part;              /* of the work on this block */
    atomic_uint_least64_t done; /* samples that are through it */
    TtfsRunResult result;
    TtfsCountsDoc counts; /* where a file is asked for */
};

/* Some samples of the block, which one thread judges. */
typedef struct {
    TtfsRun *run;
    Worker *worker;
    uint32_t thread;
    uint64_t first, n;
} Some;

static void judge_output(const Some *k, uint32_t o, const float *relu) {
    TtfsRun *r = k->run;
    Worker *w = k->worker;
    uint64_t n = ttfs_output_count(&r->output[o]);
    double *want = relu ? w->want : NULL;
    for (uint64_t i = 0; i < k->n; i++) {
        uint64_t at = k->first + i, sample = r->block.first + at;
        for (uint64_t e = 0; want && e < n; e++) want[e] = (double)relu[i * n + e];
        if (r->spiking) ttfs_trace_output(&r->traces.trace[at], &r->output[o], w->got);
        const double *got = r->spiking ? w->got : want;
        ttfs_judge_output(&r->judge, &w->tally, sample, o, got, want);
        ttfs_kept_add(r->kept, sample, o, got);
        if (o == 0 && r->watch) ttfs_watch_output(r->watch, k->thread, sample, got, want);
    }
}

static void print_tensor(const Some *k, TtfsTensor t, const char *name, const float *values) {
    uint64_t n = ttfs_ir_count(ttfs_ir_tensor(&k->run->session.out.net, t));
    for (uint64_t i = 0; i < k->n; i++)
        ttfs_relu_print(name, values + i * n, n, &k->run->values[k->first + i]);
}

static void print_node(void *context, const TtfsNode *node, const float *values, uint64_t n) {
    (void)n;
    print_tensor(context, node->out, node->name, values);
}

/* The float network, and what there is to print of it. */
static void run_relu(Some *k) {
    const TtfsRun *r = k->run;
    const TtfsIr *net = &r->session.out.net;
    const float *x = r->block.real + k->first * r->session.input.elements;
    if (r->values) print_tensor(k, net->input, ttfs_ir_tensor(net, net->input)->name, x);
    ttfs_fast_run(k->worker->relu, x, k->n, r->values ? print_node : NULL, k);
}

static void count_spikes(const TtfsRun *r, Worker *w, const TtfsTrace *t) {
    if (r->counted) ttfs_neurobench_add(&r->neurobench, &w->activity, t);
    if (r->counted) w->spikes += ttfs_shares_add(&w->shares, t);
    ttfs_lanes_add(&w->lanes, t);
    w->latency_cycles += t->latency_cycles;
}

static bool judge_some(void *context, uint32_t worker, uint64_t item, TtfsDiag *diag) {
    TtfsRun *r = context;
    Worker *w = &r->worker[worker];
    uint64_t first = item * TTFS_FAST_SAMPLES, left = r->block.n - first;
    if (!ttfs_go_on(&r->session.progress, diag)) return false;
    Some k = {r, w, worker, first, left < TTFS_FAST_SAMPLES ? left : TTFS_FAST_SAMPLES};
    for (uint64_t i = first; r->spiking && i < first + k.n; i++) {
        const TtfsTrace *t = &r->traces.trace[i];
        if (t->faults)
            return ttfs_error(diag, TTFS_AT_FILE(r->engine.name), TTFS_SIM_RUN, "sample %llu: %s",
                              (unsigned long long)(r->session.input.first + r->block.first + i),
                              t->fault);
        count_spikes(r, w, t);
        ttfs_kept_spikes(r->kept, r->block.first + i, t);
        if (r->watch)
            ttfs_watch_spikes(r->watch, worker, r->block.first + i, t,
                              r->block.x + i * r->session.input.elements);
    }
    if (w->relu) run_relu(&k);
    if (r->agree) ttfs_agree_some(r->agree, worker, &r->traces, first, k.n);
    for (uint32_t o = 0; o < r->judge.outputs; o++)
        judge_output(&k, o, w->relu ? ttfs_fast_output(w->relu, o) : NULL);
    uint64_t done = atomic_fetch_add(&r->done, k.n) + k.n;
    if (worker == 0) ttfs_part_progress(&r->part, done);
    return true;
}

static bool print_traces(TtfsRun *r, TtfsDiag *diag) {
    bool ok = true;
    for (uint64_t i = 0; ok && i < r->block.n; i++) {
        uint64_t sample = r->block.first + i;
        if (r->spiking) {
            ok = ttfs_trace_file_sample(r->trace, &r->traces.trace[i], sample, diag);
            continue;
        }
        ok = ttfs_trace_file_values(r->trace, &r->values[i], sample, diag);
        ttfs_buf_free(&r->values[i]);
    }
    return ok;
}

/* What the engine takes of the work, against relu beside it. */
static double engine_share(const TtfsRun *r) {
    double cost = r->spiking ? ttfs_engine_cost(&r->engine) : 0;
    return cost / (cost + 1);
}

static bool run_block(TtfsRun *r, TtfsDiag *diag) {
    uint64_t n = r->block.n;
    double share = engine_share(r);
    r->part = (TtfsPart){&r->session, r->block.first, n, 0, share};
    r->engine.progress = ttfs_part_teller(&r->part);
    if (r->spiking && !ttfs_engine_run(&r->engine, n, r->block.x, &r->traces, diag)) return false;
    double start = ttfs_now();
    r->part = (TtfsPart){&r->session, r->block.first, n, share, 1 - share};
    atomic_store(&r->done, 0);
    uint64_t items = (n + TTFS_FAST_SAMPLES - 1) / TTFS_FAST_SAMPLES;
    if (!ttfs_parallel_diag(r->session.threads, 0, items, judge_some, r, diag)) return false;
    r->relu_seconds += ttfs_now() - start;
    if (r->agree) ttfs_agree_block(r->agree);
    return ttfs_chip_waves_go_on(&r->signals, diag) && (!r->trace || print_traces(r, diag));
}

static bool run_all(TtfsRun *r, TtfsDiag *diag) {
    TtfsSession *s = &r->session;
    bool ok = true;
    ttfs_session_begin(s);
    for (uint64_t i = 0; ok && i < s->count; i += r->block.n) {
        ok = ttfs_block_read(&r->block, i, diag) && run_block(r, diag);
        r->clipped += ttfs_block_clipped(&r->block);
        if (ok) ttfs_session_progress(s, i + r->block.n);
    }
    return ok;
}

/* Outputs, who judges and keeps them, and what every thread needs for that. */
static bool open_outputs(TtfsRun *r, bool relu, const TtfsRunOptions *o, TtfsDiag *diag) {
    TtfsSession *s = &r->session;
    TtfsArena *a = &s->out.arena;
    uint32_t outputs = ttfs_spike_outputs(&s->out.spike);
    TtfsFastOptions whole = {.whole = r->values != NULL};
    if (relu && !(r->relu = ttfs_fast_open(&s->out.net, &whole, diag))) return false;
    r->output = TTFS_ARRAY(a, TtfsOutput, outputs);
    for (uint32_t i = 0; i < outputs; i++) r->output[i] = ttfs_spike_output(&s->out.spike, i, a);
    ttfs_judge_open(&r->judge, r->output, outputs, &s->labels, s->count, relu, relu && r->spiking,
                    a);
    if (r->spiking && r->judge.meaning != TTFS_BY_ERROR)
        r->judge.step = ttfs_logit_step(&s->out.spike).step;
    if (r->counted) r->watch = ttfs_watch_open(&s->out.spike, &r->judge, s->count, s->threads, a);
    for (uint32_t i = 0; i < s->threads; i++) {
        r->worker[i].got = TTFS_ARRAY(a, double, r->judge.widest);
        r->worker[i].want = TTFS_ARRAY(a, double, r->judge.widest);
        if (r->counted) r->worker[i].shares = ttfs_shares(&s->out.spike, a);
        if (relu) r->worker[i].relu = ttfs_fast_work(r->relu);
    }
    return ttfs_kept_open(r->kept, o, r->output, outputs, s->count,
                          r->spiking ? &s->out.spike : NULL, diag);
}

static bool open_engine(TtfsRun *r, uint32_t which, const char *name, TtfsDiag *diag) {
    TtfsSession *s = &r->session;
    TtfsEngineOptions options = ttfs_session_engine(s);
    TtfsEngineSource source = ttfs_out_source(&s->out);
    bool told = r->counted || r->traced || r->ticks_kept;
    options.device = name ? ttfs_engine_device(name) : NULL;
    options.ticks = told;
    options.waves = r->signals.open ? &r->signals.waves : NULL;
    if (r->spiking && !ttfs_engine_open(&r->engine, which, &options, &source, diag)) return false;
    bool ticks = r->spiking && (told || !ttfs_engine_spares_ticks(&r->engine));
    TtfsBlockSize size = {ticks, r->traced ? 64 : 1024, 1};
    if (r->spiking) size.most = ttfs_engine_block(&r->engine);
    if (r->spiking) size.row = r->engine.row;
    ttfs_block_init(&r->block, s, &size, &s->out.arena);
    if (r->counted) ttfs_neurobench_open(&r->neurobench, &s->out.spike, &s->out.arena);
    if (r->spiking)
        ttfs_traces_init(&r->traces, &s->out.spike, r->block.room, ticks, &s->out.arena);
    else if (r->traced)
        r->values = TTFS_ARRAY(&s->out.arena, TtfsBuf, r->block.room);
    return true;
}

/* Before the engine, which is built for it. */
static bool open_signals(TtfsRun *r, const char *path, TtfsDiag *diag) {
    return !path || !r->session.out.has_image ||
           ttfs_chip_waves_open(&r->signals, path, &r->session.out.image.chip, diag);
}

/* What was written while samples ran becomes whole. */
static bool end_files(TtfsRun *r, TtfsDiag *diag) {
    ttfs_engine_unwatch(&r->engine);
    return ttfs_chip_waves_end(&r->signals, diag) &&
           (!r->trace || ttfs_trace_file_end(r->trace, diag));
}

static bool open_trace(TtfsRun *r, const char *path, TtfsDiag *diag) {
    TtfsSession *s = &r->session;
    if (path) r->trace = ttfs_trace_file_open(path, &s->out.spike, s->count, &s->out.arena, diag);
    return !path || r->trace;
}

/* Only spikes have ticks. */
static bool check_trace(const TtfsRun *r, const char *path, TtfsDiag *diag) {
    TtfsTraceForm form = path ? ttfs_trace_form(path) : TTFS_TRACE_TEXT;
    if (r->spiking || form == TTFS_TRACE_TEXT) return true;
    return ttfs_error(diag, TTFS_AT_FILE("--trace"), TTFS_OPTION_VALUE,
                      "'%s': engine relu has no ticks for %s", path,
                      form == TTFS_TRACE_NIRD ? "events" : "a waveform");
}

/* What every layer is off by, when that is asked for. */
static bool open_agreement(TtfsRun *r, bool wanted, TtfsDiag *diag) {
    if (!wanted) return true;
    r->agree = ttfs_agree_open(&r->session, &r->judge, &r->block, diag);
    return r->agree != NULL;
}

static bool end_agreement(TtfsRun *r, TtfsDiag *diag) {
    if (!r->agree) return true;
    r->result.agreement = ttfs_agree_end(r->agree, diag);
    return r->result.agreement != NULL;
}

/* Whether the samples are like those of calibration. */
static void tell_shares(TtfsRun *r, TtfsDiag *diag) {
    TtfsSession *s = &r->session;
    if (!r->counted) return;
    for (uint32_t i = 1; i < s->threads; i++)
        ttfs_shares_merge(&r->worker[0].shares, &r->worker[i].shares, &s->out.spike);
    ttfs_resemble(&s->out, &r->worker[0].shares, s->count, diag);
}

static bool check_layers(const TtfsRun *r, const TtfsRunOptions *o, TtfsDiag *diag) {
    if (!o->layers || (r->spiking && !o->classes_only)) return true;
    return ttfs_error(diag, TTFS_AT_FILE("--layers"), TTFS_OPTION_VALUE,
                      r->spiking ? "with --classes-only relu does not run"
                                 : "golden, jit and rtl are held against relu, not relu itself");
}

static TtfsRunResult add_up(TtfsRun *r) {
    TtfsSession *s = &r->session;
    TtfsRunResult v = {.engine = r->spiking ? r->engine.name : "relu",
                       .samples = s->count,
                       .judge = &r->judge,
                       .spiking = r->spiking,
                       .counted = r->counted,
                       .latency = s->out.spike.latency,
                       .inputs = s->count * s->input.elements,
                       .clipped = r->clipped,
                       .jit = r->engine.jit,
                       .neurobench = r->counted ? &r->neurobench : NULL,
                       .watch = r->watch,
                       .shares = r->counted ? &r->worker[0].shares : NULL};
    if (r->watch) ttfs_watch_end(r->watch);
    for (uint32_t i = 0; i < TTFS_MOST_THREADS; i++) {
        const Worker *w = &r->worker[i];
        v.tally.right += w->tally.right;
        v.tally.agree += w->tally.agree;
        v.tally.close += w->tally.close;
        v.spikes += w->spikes;
        v.activity.active += w->activity.active;
        v.activity.operations += w->activity.operations;
        v.lanes.cycles += w->lanes.cycles;
        v.lanes.timed += w->lanes.timed;
        v.latency_cycles += w->latency_cycles;
    }
    if (r->spiking && s->out.has_image)
        ttfs_lanes_take(&v.lanes, &r->engine, &s->out.image.chip, s->count, &s->out.arena);
    if (r->spiking) v.hidden = ttfs_trace_hidden_neurons(&r->traces.trace[0]);
    double seconds = r->spiking ? r->engine.seconds : r->relu_seconds;
    v.rate = seconds > 0 ? (double)s->count / seconds : 0;
    return v;
}

/* What would be files of a part without saying so. */
static bool check_shard(const TtfsRunOptions *o, TtfsDiag *diag) {
    const char *option = o->layers    ? "--layers"
                         : o->trace   ? "--trace"
                         : o->outputs ? "--outputs"
                                      : NULL;
    return !o->shard || !option ||
           ttfs_error(diag, TTFS_AT_FILE(option), TTFS_OPTION_VALUE,
                      "with --shard only what is counted is written, to the file of -o");
}

/* What is written is neither read nor written twice. */
static bool check_files(const TtfsRunOptions *o, TtfsDiag *diag) {
    const TtfsSessionOptions *s = &o->session;
    return ttfs_session_apart(s, "-o", o->out, diag) &&
           ttfs_session_apart(s, "--trace", o->trace, diag) &&
           ttfs_session_apart(s, "--outputs", o->outputs, diag) &&
           ttfs_session_apart(s, "--signals", o->signals, diag) &&
           ttfs_asked_outside("--signals", o->signals, s->folder, diag) &&
           ttfs_asked_outside("-o", o->out, s->folder, diag) &&
           ttfs_asked_outside("--trace", o->trace, s->folder, diag) &&
           ttfs_asked_outside("--outputs", o->outputs, s->folder, diag) &&
           (!o->out || (ttfs_asked_apart("--trace", o->trace, o->out, diag) &&
                        ttfs_asked_apart("--outputs", o->outputs, o->out, diag))) &&
           (!o->out || ttfs_asked_apart("--signals", o->signals, o->out, diag)) &&
           (!o->trace || (ttfs_asked_apart("--outputs", o->outputs, o->trace, diag) &&
                          ttfs_asked_apart("--signals", o->signals, o->trace, diag)));
}

static void fill_counts(TtfsRun *r) {
    const TtfsRunResult *v = &r->result;
    TtfsCountsDoc *d = &r->counts;
    d->document = "run";
    d->engine = v->engine;
    d->neurons = v->hidden;
    d->labelled = ttfs_judge_knows_accuracy(v->judge);
    d->judged = ttfs_judge_knows_agreement(v->judge);
    d->close = v->judge->step > 0 && v->judge->compared;
    d->counted = v->counted;
    d->count[TTFS_COUNT_SAMPLES] = v->samples;
    d->count[TTFS_COUNT_RIGHT] = v->tally.right;
    d->count[TTFS_COUNT_AGREE] = v->tally.agree;
    d->count[TTFS_COUNT_CLOSE] = v->tally.close;
    d->count[TTFS_COUNT_SPIKES] = v->spikes;
    d->count[TTFS_COUNT_INPUTS] = v->inputs;
    d->count[TTFS_COUNT_CLIPPED] = v->clipped;
}

static bool run(TtfsRun *r, const TtfsRunOptions *o, uint32_t engine, TtfsDiag *diag) {
    bool relu = !o->classes_only || !r->spiking;
    int parts = TTFS_OUT_SPIKE | (relu ? TTFS_OUT_NET : 0) |
                (engine == TTFS_ENGINE_RTL ? TTFS_OUT_PLAN | TTFS_OUT_IMAGE | TTFS_OUT_RTL : 0) |
                (engine == TTFS_ENGINE_BOARD ? TTFS_OUT_PLAN | TTFS_OUT_IMAGE : 0) |
                (o->session.trust_rtl ? TTFS_OUT_TRUST_RTL : 0);
    bool ok =
        ttfs_chip_waves_check(o->signals, engine == TTFS_ENGINE_RTL, o->shard, o->trace, diag) &&
        check_trace(r, o->trace, diag) && check_layers(r, o, diag) && check_shard(o, diag) &&
        check_files(o, diag) && ttfs_session_open(&r->session, &o->session, parts, true, diag) &&
        ttfs_counts_open(&r->counts, &r->session, o->shard, o->out, diag) &&
        !r->session.out.image_damaged && open_signals(r, o->signals, diag) &&
        open_engine(r, engine, o->engine, diag) && open_outputs(r, relu, o, diag) &&
        open_agreement(r, o->layers, diag) && open_trace(r, o->trace, diag) && run_all(r, diag);
    if (ok && r->spiking) ttfs_session_clipped(&r->session, r->clipped, diag);
    if (ok) r->result = add_up(r);
    if (ok) tell_shares(r, diag);
    if (ok && r->judge.step > 0)
        ttfs_margins_warn(&r->session.out.spike, r->session.out.folder, r->result.tally.close,
                          r->session.count, "samples", diag);
    if (ok) fill_counts(r);
    return ok && end_agreement(r, diag) && ttfs_kept_write(r->kept, diag) &&
           ttfs_counts_save(&r->counts, o->out, diag) && end_files(r, diag);
}

TtfsRun *ttfs_run(const TtfsRunOptions *o, uint32_t engine, TtfsKept *kept, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsRun *r = TTFS_NEW(&a, TtfsRun);
    r->arena = a;
    r->spiking = engine != TTFS_ENGINE_RELU;
    r->counted = r->spiking && !o->classes_only;
    r->traced = o->trace != NULL;
    r->ticks_kept = o->keep_spikes;
    r->kept = kept;
    if (run(r, o, engine, diag)) return r;
    ttfs_run_close(r);
    return NULL;
}

const TtfsRunResult *ttfs_run_result(const TtfsRun *r) {
    return &r->result;
}

void ttfs_run_close(TtfsRun *r) {
    for (uint32_t i = 0; i < TTFS_MOST_THREADS; i++) ttfs_fast_drop(r->worker[i].relu);
    ttfs_fast_close(r->relu);
    ttfs_agree_close(r->agree);
    for (uint64_t i = 0; r->values && i < r->block.room; i++) ttfs_buf_free(&r->values[i]);
    ttfs_engine_close(&r->engine);
    ttfs_counts_free(&r->counts);
    ttfs_trace_file_close(r->trace);
    ttfs_chip_waves_close(&r->signals);
    ttfs_session_close(&r->session);
    TtfsArena a = r->arena;
    ttfs_arena_free(&a);
}
