/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs run: samples through one engine, beside the relu engine, and what is counted on the way.
 * Block by block: read and encode on all threads, run, judge on all threads.
 */
#include "block.h"
#include "commands.h"
#include "engine.h"
#include "clock.h"
#include "judge.h"
#include "kept.h"
#include "parallel.h"
#include "relu.h"
#include "run_report.h"

#include <stdatomic.h>
#include <string.h>

enum { MOST_THREADS = 64 };

/* What a thread owns. */
typedef struct {
    TtfsRelu *relu;     /* NULL when no relu runs */
    double *got, *want; /* values of an output */
    TtfsTally tally;
    uint64_t spikes, cycles;
} Worker;

typedef struct {
    TtfsSession *session;
    TtfsEngine engine;             /* closed when relu itself is what runs */
    bool spiking, counted, traced; /* counted: spikes are */
    TtfsBlock block;
    TtfsTraces traces;
    TtfsBuf *values; /* [room] relu's values as text; NULL when they are not wanted */
    TtfsOutput *output;
    TtfsJudge judge;
    TtfsKept kept;
    double relu_seconds;
    uint64_t clipped; /* input values */
    Worker worker[MOST_THREADS];
    atomic_uint_least64_t done;
    TtfsBuf text;
} Run;

/* Values of an output of relu's last run. */
static void relu_values(const TtfsRelu *relu, uint32_t output, uint64_t n, double *values) {
    const float *v = ttfs_relu_output(relu, output);
    for (uint64_t i = 0; i < n; i++) values[i] = (double)v[i];
}

static void judge_outputs(Run *r, Worker *w, uint64_t i) {
    uint64_t sample = r->block.first + i;
    for (uint32_t o = 0; o < r->judge.outputs; o++) {
        uint64_t n = ttfs_output_count(&r->output[o]);
        double *want = w->relu ? w->want : NULL;
        if (want) relu_values(w->relu, o, n, want);
        if (r->spiking) ttfs_trace_output(&r->traces.trace[i], &r->output[o], w->got);
        const double *got = r->spiking ? w->got : want;
        ttfs_judge_output(&r->judge, &w->tally, sample, o, got, want);
        ttfs_kept_add(&r->kept, sample, o, got);
    }
}

static bool judge_item(void *context, uint32_t worker, uint64_t i, TtfsDiag *diag) {
    Run *r = context;
    Worker *w = &r->worker[worker];
    const TtfsTrace *t = r->spiking ? &r->traces.trace[i] : NULL;
    if (t && t->faults)
        return ttfs_error(diag, TTFS_AT_FILE(r->engine.name), TTFS_SIM_RUN, "sample %llu: %s",
                          (unsigned long long)(r->block.first + i), t->fault);
    if (w->relu) ttfs_relu_run(w->relu, r->block.real + i * r->session->input.elements);
    judge_outputs(r, w, i);
    if (r->values) ttfs_relu_print(w->relu, &r->values[i]);
    if (r->counted) w->spikes += ttfs_trace_hidden_spikes(t);
    if (t) w->cycles += t->cycles;
    uint64_t done = atomic_fetch_add(&r->done, 1) + 1;
    if (worker == 0) ttfs_session_progress(r->session, done);
    return true;
}

static void print_traces(Run *r) {
    for (uint64_t i = 0; i < r->block.n; i++) {
        ttfs_buf_printf(&r->text, "sample %llu\n", (unsigned long long)(r->block.first + i));
        if (r->spiking) {
            ttfs_trace_print(&r->traces.trace[i], &r->text);
        } else {
            ttfs_buf_bytes(&r->text, r->values[i].text, r->values[i].len);
            ttfs_buf_free(&r->values[i]);
        }
    }
}

static bool run_block(Run *r, TtfsDiag *diag) {
    uint64_t n = r->block.n;
    if (r->spiking && !ttfs_engine_run(&r->engine, n, r->block.x, &r->traces, diag)) return false;
    double start = ttfs_now();
    if (!ttfs_parallel_diag(r->session->threads, 0, n, judge_item, r, diag)) return false;
    r->relu_seconds += ttfs_now() - start;
    if (r->traced) print_traces(r);
    return true;
}

static bool run_all(Run *r, TtfsDiag *diag) {
    TtfsSession *s = r->session;
    bool ok = true;
    for (uint64_t i = 0; ok && i < s->count; i += r->block.n) {
        ok = ttfs_block_read(&r->block, i, diag) && run_block(r, diag);
        atomic_store(&r->done, i + r->block.n);
        r->clipped += ttfs_block_clipped(&r->block);
        ttfs_session_progress(s, i + r->block.n);
    }
    return ok;
}

/* Outputs, who judges and keeps them, and what every thread needs for that. */
static bool open_outputs(Run *r, bool relu, const char *keep, TtfsDiag *diag) {
    TtfsSession *s = r->session;
    TtfsArena *a = &s->out.arena;
    uint32_t outputs = ttfs_spike_outputs(&s->out.spike);
    r->output = TTFS_ARRAY(a, TtfsOutput, outputs);
    for (uint32_t i = 0; i < outputs; i++) r->output[i] = ttfs_spike_output(&s->out.spike, i, a);
    ttfs_judge_open(&r->judge, r->output, outputs, &s->labels, s->count, relu, relu && r->spiking,
                    a);
    if (relu && !ttfs_judge_check(&r->judge, &s->out.net, s->out.folder, diag)) return false;
    for (uint32_t i = 0; i < s->threads; i++) {
        r->worker[i].got = TTFS_ARRAY(a, double, r->judge.widest);
        r->worker[i].want = TTFS_ARRAY(a, double, r->judge.widest);
        if (relu) r->worker[i].relu = ttfs_relu_open(&s->out.net);
    }
    return ttfs_kept_open(&r->kept, keep, r->output, outputs, s->count, a, diag);
}

static bool open_engine(Run *r, uint32_t which, const TtfsJitOptions *jit, TtfsDiag *diag) {
    TtfsSession *s = r->session;
    TtfsEngineOptions options = ttfs_session_engine(s, jit);
    TtfsEngineSource source = ttfs_out_source(&s->out);
    if (r->spiking && !ttfs_engine_open(&r->engine, which, &options, &source, diag)) return false;
    bool ticks = r->spiking && (r->counted || r->traced || !ttfs_engine_spares_ticks(&r->engine));
    ttfs_block_init(&r->block, s, ticks, r->spiking ? ttfs_engine_block(&r->engine) : 64,
                    &s->out.arena);
    if (r->spiking)
        ttfs_traces_init(&r->traces, &s->out.spike, r->block.room, ticks, &s->out.arena);
    else if (r->traced)
        r->values = TTFS_ARRAY(&s->out.arena, TtfsBuf, r->block.room);
    return true;
}

static TtfsRunResult add_up(const Run *r) {
    const TtfsSession *s = r->session;
    TtfsRunResult v = {.engine = r->spiking ? r->engine.name : "relu",
                       .samples = s->count,
                       .judge = &r->judge,
                       .spiking = r->spiking,
                       .counted = r->counted,
                       .latency = s->out.spike.latency,
                       .inputs = s->count * s->input.elements,
                       .clipped = r->clipped,
                       .jit = r->engine.jit};
    for (uint32_t i = 0; i < MOST_THREADS; i++) {
        const Worker *w = &r->worker[i];
        v.tally.right += w->tally.right;
        v.tally.agree += w->tally.agree;
        v.spikes += w->spikes;
        v.cycles += w->cycles;
    }
    if (r->spiking) v.hidden = ttfs_trace_hidden_neurons(&r->traces.trace[0]);
    double seconds = r->spiking ? r->engine.seconds : r->relu_seconds;
    v.rate = seconds > 0 ? (double)s->count / seconds : 0;
    return v;
}

static void close_all(Run *r) {
    for (uint32_t i = 0; i < MOST_THREADS; i++)
        if (r->worker[i].relu) ttfs_relu_close(r->worker[i].relu);
    for (uint64_t i = 0; r->values && i < r->block.room; i++) ttfs_buf_free(&r->values[i]);
    ttfs_engine_close(&r->engine);
    ttfs_buf_free(&r->text);
}

int ttfs_cmd_run(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    uint32_t which;
    if (!ttfs_option_word(o, TTFS_OPT_ENGINE, ttfs_engine_names, TTFS_ENGINE_JIT, &which, diag))
        return 1;
    if (which == TTFS_ENGINE_EXACT) return ttfs_cmd_run_exact(o, a, diag);
    const char *trace = o->value[TTFS_OPT_TRACE];
    bool spiking = which != TTFS_ENGINE_RELU, rtl = which == TTFS_ENGINE_RTL;
    bool classes_only = o->value[TTFS_OPT_CLASSES_ONLY] != NULL, relu = !classes_only || !spiking;
    int parts = TTFS_OUT_SPIKE | (relu ? TTFS_OUT_NET : 0) |
                (rtl ? TTFS_OUT_PLAN | TTFS_OUT_IMAGE | TTFS_OUT_RTL : 0) |
                (o->value[TTFS_OPT_TRUST_RTL] ? TTFS_OUT_TRUST_RTL : 0);
    TtfsSession s = {0};
    TtfsSessionOptions session;
    TtfsJitOptions jit;
    TtfsProgressLine line;
    if (!ttfs_read_session(&session, o, diag) || !ttfs_read_jit(&jit, o, a, diag)) return 1;
    session.progress = ttfs_progress_line(&line, o);
    Run *r = TTFS_NEW(a, Run);
    *r = (Run){.session = &s,
               .spiking = spiking,
               .counted = spiking && !classes_only,
               .traced = trace != NULL};
    bool ok = ttfs_session_open(&s, &session, parts, true, diag) && !s.out.image_damaged &&
              open_engine(r, which, &jit, diag) &&
              open_outputs(r, relu, o->value[TTFS_OPT_OUTPUTS], diag) && run_all(r, diag);
    ttfs_progress_end(&line);
    if (ok && spiking) ttfs_session_clipped(&s, r->clipped, diag);
    if (ok && trace) ok = ttfs_file_write(trace, ttfs_buf_text(&r->text), r->text.len, diag);
    ok = ok && ttfs_kept_write(&r->kept, diag);
    if (ok) {
        TtfsRunResult v = add_up(r);
        if (o->value[TTFS_OPT_JSON])
            ttfs_run_json(&v);
        else if (ttfs_talks(o))
            ttfs_run_text(&v);
    }
    close_all(r);
    ttfs_session_close(&s);
    return ok ? 0 : 1;
}
