/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs run: samples through one engine, beside the relu engine, and what is counted on the way.
 * Block by block: read and encode on all threads, run, judge on all threads.
 */
#include "block.h"
#include "commands.h"
#include "engine.h"
#include "clock.h"
#include "output_error.h"
#include "parallel.h"
#include "relu.h"
#include "run_report.h"

#include <stdatomic.h>
#include <string.h>

enum { MOST_THREADS = 64 };

typedef struct {
    TtfsSession *session;
    TtfsEngine engine;             /* closed when relu itself is what runs */
    bool spiking, counted, traced; /* counted: spikes are */
    TtfsBlock block;
    TtfsTraces traces;
    TtfsRelu *relu[MOST_THREADS]; /* NULL when no relu runs */
    double *values[MOST_THREADS]; /* of an output */
    uint64_t outputs;             /* elements of the first */
    TtfsOutputErrors errors;
    uint32_t *want; /* [room] relu's classes */
    double relu_seconds;
    TtfsRunResult tally[MOST_THREADS];
    atomic_uint_least64_t done;
    TtfsBuf text;
} Run;

static uint32_t argmax(const float *v, uint64_t n) {
    uint64_t best = 0;
    for (uint64_t i = 1; i < n; i++)
        if (v[i] > v[best]) best = i;
    return (uint32_t)best;
}

/* While relu's values are there. */
static void add_errors(Run *r, uint32_t worker, uint64_t i) {
    for (uint32_t o = 0; r->errors.output && o < r->errors.outputs; o++) {
        ttfs_trace_output(&r->traces.trace[i], &r->errors.output[o], r->values[worker]);
        ttfs_output_errors_add(&r->errors, r->block.first + i, o,
                               ttfs_relu_output(r->relu[worker], o), r->values[worker]);
    }
}

static bool relu_item(void *context, uint32_t worker, uint64_t i) {
    Run *r = context;
    const float *real = r->block.real + i * r->session->input.elements;
    r->want[i] = argmax(ttfs_relu_run(r->relu[worker], real), r->outputs);
    if (r->spiking) add_errors(r, worker, i);
    uint64_t done = atomic_fetch_add(&r->done, 1) + 1;
    if (worker == 0) ttfs_session_progress(r->session, done);
    return true;
}

static bool judge_item(void *context, uint32_t worker, uint64_t i, TtfsDiag *diag) {
    Run *r = context;
    TtfsRunResult *w = &r->tally[worker];
    const TtfsBlock *b = &r->block;
    uint32_t got = r->want[i];
    if (r->spiking) {
        const TtfsTrace *t = &r->traces.trace[i];
        if (t->faults)
            return ttfs_error(diag, TTFS_AT_FILE(r->engine.name), TTFS_SIM_RUN, "sample %llu: %s",
                              (unsigned long long)(b->first + i), t->fault);
        got = ttfs_trace_class(t);
        if (r->counted) w->spikes += ttfs_trace_hidden_spikes(t);
        w->cycles += t->cycles;
        w->clipped += b->clipped[i];
    }
    w->agree += got == r->want[i];
    w->right += b->label && got == b->label[i];
    return true;
}

static void print_traces(Run *r) {
    for (uint64_t i = 0; i < r->block.n; i++) {
        ttfs_buf_printf(&r->text, "sample %llu\n", (unsigned long long)(r->block.first + i));
        ttfs_trace_print(&r->traces.trace[i], &r->text);
    }
}

static bool run_block(Run *r, TtfsDiag *diag) {
    uint32_t threads = r->session->threads;
    uint64_t n = r->block.n;
    if (r->spiking && !ttfs_engine_run(&r->engine, n, r->block.x, &r->traces, diag)) return false;
    if (r->relu[0]) {
        double start = ttfs_now();
        ttfs_parallel(threads, 0, n, relu_item, r);
        r->relu_seconds += ttfs_now() - start;
    }
    if (!ttfs_parallel_diag(threads, 0, n, judge_item, r, diag)) return false;
    if (r->traced) print_traces(r);
    return true;
}

static bool run_all(Run *r, TtfsDiag *diag) {
    TtfsSession *s = r->session;
    bool ok = true;
    for (uint64_t i = 0; ok && i < s->count; i += r->block.n) {
        ok = ttfs_block_read(&r->block, i, diag) && run_block(r, diag);
        atomic_store(&r->done, i + r->block.n);
        ttfs_session_progress(s, i + r->block.n);
    }
    return ok;
}

static bool open_relu(Run *r, uint32_t threads, TtfsDiag *diag) {
    TtfsOut *out = &r->session->out;
    uint32_t outputs = ttfs_spike_outputs(&out->spike);
    TtfsOutput *output = TTFS_ARRAY(&out->arena, TtfsOutput, outputs);
    for (uint32_t i = 0; i < outputs; i++)
        output[i] = ttfs_spike_output(&out->spike, i, &out->arena);
    if (!ttfs_output_errors_open(&r->errors, output, outputs, &out->net, r->session->count,
                                 out->folder, &out->arena, diag))
        return false;
    r->outputs = ttfs_ir_count(ttfs_ir_tensor(&out->net, out->net.output));
    for (uint32_t i = 0; i < threads; i++) {
        r->values[i] = TTFS_ARRAY(&out->arena, double, r->errors.widest);
        r->relu[i] = ttfs_relu_open(&out->net);
    }
    return true;
}

static bool open_all(Run *r, uint32_t which, bool relu, const TtfsJitOptions *jit, TtfsDiag *diag) {
    TtfsSession *s = r->session;
    TtfsEngineOptions options = ttfs_session_engine(s, jit);
    TtfsEngineSource source = ttfs_out_source(&s->out);
    if (r->spiking && !ttfs_engine_open(&r->engine, which, &options, &source, diag)) return false;
    bool ticks = r->spiking && (r->counted || r->traced || !ttfs_engine_spares_ticks(&r->engine));
    ttfs_block_init(&r->block, s, ticks, r->spiking ? ttfs_engine_block(&r->engine) : 64,
                    &s->out.arena);
    if (r->spiking)
        ttfs_traces_init(&r->traces, &s->out.spike, r->block.room, ticks, &s->out.arena);
    r->want = TTFS_ARRAY(&s->out.arena, uint32_t, r->block.room);
    return !relu || open_relu(r, options.threads, diag);
}

static TtfsRunResult add_up(const Run *r) {
    const TtfsSession *s = r->session;
    TtfsRunResult v = {.engine = r->spiking ? r->engine.name : "relu",
                       .samples = s->count,
                       .labelled = s->labels.data != NULL,
                       .compared = r->relu[0] != NULL,
                       .spiking = r->spiking,
                       .counted = r->counted,
                       .latency = s->out.spike.latency,
                       .jit = r->engine.jit};
    for (uint32_t i = 0; i < MOST_THREADS; i++) {
        const TtfsRunResult *w = &r->tally[i];
        v.right += w->right;
        v.agree += w->agree;
        v.spikes += w->spikes;
        v.cycles += w->cycles;
        v.clipped += w->clipped;
    }
    if (r->spiking) v.hidden = ttfs_trace_hidden_neurons(&r->traces.trace[0]);
    double seconds = r->spiking ? r->engine.seconds : r->relu_seconds;
    v.rate = seconds > 0 ? (double)s->count / seconds : 0;
    return v;
}

static void close_all(Run *r) {
    for (uint32_t i = 0; i < MOST_THREADS; i++)
        if (r->relu[i]) ttfs_relu_close(r->relu[i]);
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
               .traced = spiking && trace};
    bool ok = ttfs_session_open(&s, &session, parts, true, diag) && !s.out.image_damaged &&
              open_all(r, which, relu, &jit, diag) && run_all(r, diag);
    ttfs_progress_end(&line);
    if (ok && trace) ok = ttfs_file_write(trace, ttfs_buf_text(&r->text), r->text.len, diag);
    if (ok) {
        TtfsRunResult v = add_up(r);
        if (o->value[TTFS_OPT_JSON])
            ttfs_run_json(&v, &r->errors);
        else if (ttfs_talks(o))
            ttfs_run_text(&v, &r->errors);
    }
    close_all(r);
    ttfs_session_close(&s);
    return ok ? 0 : 1;
}
