/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs run: samples through one engine, beside the relu engine, and what is counted on the way.
 */
#include "commands.h"
#include "engine.h"
#include "flow.h"
#include "golden.h"
#include "output_error.h"
#include "parallel.h"
#include "relu.h"
#include "report_json.h"
#include "session.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* What a thread owns. */
typedef struct {
    TtfsArena arena;
    TtfsDiag diag;
    TtfsRelu *relu;
    TtfsEngine engine;
    TtfsTrace trace;
    float *real;
    uint16_t *x;
    double *values; /* of an output */
    double seconds; /* inside the engine */
    uint64_t right, agree, spikes, cycles, clipped;
    TtfsBuf text;
} RunWorker;

typedef struct {
    TtfsSession *session;
    bool spiking, labelled, traced;
    uint64_t outputs; /* elements of the first */
    TtfsOutputErrors errors;
    RunWorker *worker;
    atomic_uint_least64_t done;
} Run;

static uint32_t argmax(const float *v, uint64_t n) {
    uint64_t best = 0;
    for (uint64_t i = 1; i < n; i++)
        if (v[i] > v[best]) best = i;
    return (uint32_t)best;
}

static void add_errors(Run *r, RunWorker *w, uint64_t sample) {
    for (uint32_t i = 0; r->errors.output && i < r->errors.outputs; i++) {
        ttfs_trace_output(&w->trace, &r->errors.output[i], w->values);
        ttfs_output_errors_add(&r->errors, sample, i, ttfs_relu_output(w->relu, i), w->values);
    }
}

static bool run_item(void *context, uint32_t worker, uint64_t i) {
    Run *r = context;
    RunWorker *w = &r->worker[worker];
    TtfsSession *s = r->session;
    uint32_t label = 0;
    if (!ttfs_array_sample(&s->input, &s->out.map, i, w->real, &w->diag)) return false;
    if (r->labelled && !ttfs_array_label(&s->labels, i, &label, &w->diag)) return false;
    double start = ttfs_now();
    uint32_t want = argmax(ttfs_relu_run(w->relu, w->real), r->outputs), got = want;
    if (!r->spiking) w->seconds += ttfs_now() - start;
    if (r->spiking) {
        w->clipped += ttfs_spike_encode(&s->out.spike, w->real, w->x);
        start = ttfs_now();
        if (!w->engine.run(w->engine.state, w->x, &w->trace, &w->diag)) return false;
        w->seconds += ttfs_now() - start;
        if (w->trace.faults)
            return ttfs_error(&w->diag, TTFS_AT_FILE(w->engine.name), TTFS_SIM_RUN,
                              "sample %llu: %s", (unsigned long long)i, w->trace.fault);
        got = ttfs_trace_class(&w->trace);
        add_errors(r, w, i);
        w->spikes += ttfs_trace_hidden_spikes(&w->trace);
        w->cycles += w->trace.cycles;
        if (r->traced) {
            ttfs_buf_printf(&w->text, "sample %llu\n", (unsigned long long)i);
            ttfs_trace_print(&w->trace, &w->text);
        }
    }
    w->agree += got == want;
    w->right += r->labelled && got == label;
    uint64_t done = atomic_fetch_add(&r->done, 1) + 1;
    if (worker == 0) ttfs_session_progress(s, done);
    return true;
}

static bool open_worker(RunWorker *w, const Run *r, const char *engine, TtfsDiag *diag) {
    TtfsSession *s = r->session;
    uint64_t n = s->input.elements;
    w->values = TTFS_ARRAY(&w->arena, double, r->errors.widest);
    w->relu = ttfs_relu_open(&s->out.net);
    w->real = TTFS_ARRAY(&w->arena, float, n);
    w->x = TTFS_ARRAY(&w->arena, uint16_t, n);
    ttfs_trace_init(&w->trace, &s->out.spike, &w->arena);
    return strcmp(engine, "relu") == 0 || ttfs_engine_open(&w->engine, engine, &s->out, diag);
}

static void close_worker(RunWorker *w) {
    ttfs_engine_close(&w->engine);
    if (w->relu) ttfs_relu_close(w->relu);
    ttfs_buf_free(&w->text);
    ttfs_diag_free(&w->diag);
    ttfs_arena_free(&w->arena);
}

typedef struct {
    const char *engine;
    uint64_t samples, right, agree, spikes, cycles, clipped, hidden;
    bool labelled;
    double rate;
    uint32_t latency;
} RunResult;

static void add_up(const Run *r, uint32_t threads, RunResult *out) {
    double slowest = 0;
    for (uint32_t i = 0; i < threads; i++) {
        const RunWorker *w = &r->worker[i];
        out->right += w->right;
        out->agree += w->agree;
        out->spikes += w->spikes;
        out->cycles += w->cycles;
        out->clipped += w->clipped;
        if (w->seconds > slowest) slowest = w->seconds;
    }
    out->hidden = ttfs_trace_hidden_neurons(&r->worker[0].trace);
    out->rate = slowest > 0 ? (double)out->samples / slowest : 0;
}

static double share(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : 0;
}

static void print_json(const RunResult *v, const TtfsOutputErrors *errors, bool spiking) {
    cJSON *j = cJSON_CreateObject();
    cJSON_AddStringToObject(j, "engine", v->engine);
    cJSON_AddNumberToObject(j, "samples", (double)v->samples);
    if (v->labelled)
        cJSON_AddNumberToObject(j, "accuracy", share(v->right, v->samples));
    else
        cJSON_AddNullToObject(j, "accuracy");
    cJSON_AddNumberToObject(j, "agreement", share(v->agree, v->samples));
    if (spiking)
        cJSON_AddNumberToObject(j, "spikes_per_neuron", share(v->spikes, v->hidden * v->samples));
    else
        cJSON_AddNullToObject(j, "spikes_per_neuron");
    cJSON_AddNumberToObject(j, "latency_ticks", v->latency);
    if (v->cycles)
        cJSON_AddNumberToObject(j, "cycles", share(v->cycles, v->samples));
    else
        cJSON_AddNullToObject(j, "cycles");
    cJSON_AddNumberToObject(j, "samples_per_second", v->rate);
    cJSON_AddNumberToObject(j, "clipped_inputs", (double)v->clipped);
    if (spiking) ttfs_output_errors_json(errors, j);
    ttfs_json_emit(j);
}

static void print_text(const RunResult *v, const TtfsOutputErrors *errors, bool spiking) {
    printf("engine %s, %llu samples\n", v->engine, (unsigned long long)v->samples);
    if (v->labelled) printf("accuracy            %.2f %%\n", 100 * share(v->right, v->samples));
    if (spiking) {
        printf("agreement with relu %.2f %%\n", 100 * share(v->agree, v->samples));
        ttfs_output_errors_print(errors);
        printf("spikes per neuron   %.3f (hidden)\n", share(v->spikes, v->hidden * v->samples));
        printf("latency             %u ticks", v->latency);
        if (v->cycles) printf(", %.0f cycles in the mean", share(v->cycles, v->samples));
        printf("\n");
        if (v->clipped)
            printf("clipped inputs      %llu values outside the encoder's range\n",
                   (unsigned long long)v->clipped);
    }
    printf("samples per second  %.0f\n", v->rate);
}

static bool run_all(Run *r, uint32_t threads, const char *engine, TtfsDiag *diag) {
    TtfsSession *s = r->session;
    for (uint32_t i = 0; i < threads; i++)
        if (!open_worker(&r->worker[i], r, engine, diag)) return false;
    bool ok = ttfs_parallel(threads, 0, s->count, run_item, r);
    ttfs_session_progress_end(s);
    for (uint32_t i = 0; i < threads; i++) ttfs_diag_append(diag, &r->worker[i].diag);
    return ok;
}

int ttfs_cmd_run(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    static const char *const names[] = {"relu", "golden", "rtl", "exact", NULL};
    uint32_t which = 1;
    if (!ttfs_option_word(o, TTFS_OPT_ENGINE, names, 1, &which, diag)) return 1;
    if (which == 3) return ttfs_cmd_run_exact(o, a, diag);
    const char *engine = names[which], *trace = o->value[TTFS_OPT_TRACE];
    bool spiking = which != 0, rtl = which == 2;
    int parts = TTFS_OUT_NET | TTFS_OUT_SPIKE | (rtl ? TTFS_OUT_PLAN | TTFS_OUT_IMAGE : 0);
    TtfsSession s;
    bool ok = ttfs_session_open(&s, o, parts, -1, true, diag);
    uint32_t threads = trace ? 1 : s.threads;
    Run r = {.session = &s,
             .spiking = spiking,
             .labelled = s.labels.data != NULL,
             .traced = trace != NULL};
    r.worker = TTFS_ARRAY(a, RunWorker, 64);
    if (ok && s.out.image_damaged) ok = false;
    if (ok) {
        r.outputs = ttfs_ir_count(ttfs_ir_tensor(&s.out.net, s.out.net.output));
        uint32_t outputs = ttfs_spike_outputs(&s.out.spike);
        TtfsOutput *output = TTFS_ARRAY(a, TtfsOutput, outputs);
        for (uint32_t i = 0; i < outputs; i++) output[i] = ttfs_spike_output(&s.out.spike, i, a);
        ok = ttfs_output_errors_open(&r.errors, output, outputs, &s.out.net, s.count, s.out.folder,
                                     a, diag) &&
             run_all(&r, threads, engine, diag);
    }
    if (ok && trace)
        ok = ttfs_file_write(trace, ttfs_buf_text(&r.worker[0].text), r.worker[0].text.len, diag);
    if (ok) {
        RunResult v = {.engine = engine,
                       .samples = s.count,
                       .labelled = r.labelled,
                       .latency = s.out.spike.latency};
        add_up(&r, threads, &v);
        if (o->value[TTFS_OPT_JSON])
            print_json(&v, &r.errors, spiking);
        else if (ttfs_talks(o))
            print_text(&v, &r.errors, spiking);
    }
    for (uint32_t i = 0; i < 64; i++) close_worker(&r.worker[i]);
    ttfs_session_close(&s);
    return ok ? 0 : 1;
}
