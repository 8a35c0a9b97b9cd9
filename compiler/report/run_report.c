/* SPDX-License-Identifier: Apache-2.0
 *
 * The result of ttfs run: one JSON document, or some lines and, of the jit, what each layer became.
 */
#include "run_report.h"

#include "agreement_report.h"
#include "judge_report.h"

#include <string.h>

enum { LAYERS_SHOWN = 24 };

/* Which path single samples take through a layer. */
static const char *path_of(const TtfsJitLayer *l) {
    return l->events ? "events" : "dense";
}

static void add_jit(TtfsJson *j, const TtfsJit *jit) {
    TtfsJitStats s;
    ttfs_jit_stats(jit, &s);
    ttfs_json_string(j, "cpu", s.cpu);
    ttfs_json_number(j, "threads", s.threads);
    ttfs_json_number(j, "chunk", s.chunk);
    ttfs_json_number(j, "open_seconds", s.open_seconds);
    ttfs_json_number(j, "generate_seconds", s.generate_seconds);
    ttfs_json_number(j, "cached", s.cached);
    ttfs_json_number(j, "generated", s.generated);
    ttfs_json_number(j, "code_bytes", (double)s.code_bytes);
    ttfs_json_number(j, "weight_bytes", (double)s.weight_bytes);
    ttfs_json_number(j, "work_bytes", (double)s.work_bytes);
    ttfs_json_array(j, "layers");
    for (uint32_t i = 0; i < ttfs_jit_layers(jit); i++) {
        const TtfsJitLayer *l = ttfs_jit_layer(jit, i);
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "name", l->name);
        ttfs_json_string(j, "kernel", l->kernel);
        ttfs_json_string(j, "path", path_of(l));
        ttfs_json_string(j, "why", l->why);
        ttfs_json_number(j, "macs", (double)l->macs);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

void ttfs_run_json(const TtfsRunResult *v, TtfsBuf *out) {
    TtfsJson document = {.out = out}, *j = &document;
    ttfs_json_object(j, NULL);
    ttfs_json_string(j, "engine", v->engine);
    ttfs_json_number(j, "samples", (double)v->samples);
    ttfs_judge_json(v->judge, &v->tally, v->samples, j);
    ttfs_json_share(j, "spikes_per_neuron", v->counted, v->spikes, v->hidden * v->samples);
    ttfs_json_number(j, "latency_ticks", v->latency);
    ttfs_json_share(j, "cycles", v->lanes.timed != 0, v->lanes.cycles, v->lanes.timed);
    ttfs_json_share(j, "latency_cycles", v->lanes.timed != 0, v->latency_cycles, v->samples);
    ttfs_json_number(j, "samples_per_second", v->rate);
    ttfs_json_number(j, "clipped_inputs", (double)v->clipped);
    ttfs_json_number(j, "clipped_share", ttfs_share(v->clipped, v->inputs));
    ttfs_json_share(j, "close_share", v->judge->step > 0 && v->judge->compared, v->tally.close,
                    v->samples);
    ttfs_judge_errors_json(v->judge, j);
    ttfs_neurobench_json(v->neurobench, &v->activity, v->samples, j);
    if (v->agreement) ttfs_agreement_json(v, j, "agreement_by_layer");
    if (v->jit) add_jit(j, v->jit);
    ttfs_lanes_json(&v->lanes, j);
    ttfs_json_end(j);
}

static void layers_text(const TtfsJit *jit, TtfsBuf *out) {
    uint32_t n = ttfs_jit_layers(jit);
    int name = 5, kernel = 6;
    for (uint32_t i = 0; i < n; i++) {
        const TtfsJitLayer *l = ttfs_jit_layer(jit, i);
        if ((int)strlen(l->name) > name) name = (int)strlen(l->name);
        if ((int)strlen(l->kernel) > kernel) kernel = (int)strlen(l->kernel);
    }
    ttfs_buf_printf(out, "  %-*s  %-*s  path\n", name, "layer", kernel, "kernel");
    for (uint32_t i = 0; i < n; i++) {
        const TtfsJitLayer *l = ttfs_jit_layer(jit, i);
        ttfs_buf_printf(out, "  %-*s  %-*s  %s%s%s\n", name, l->name, kernel, l->kernel, path_of(l),
                        *l->why ? ": " : "", l->why);
    }
}

static void jit_text(const TtfsJit *jit, TtfsBuf *out) {
    TtfsJitStats s;
    ttfs_jit_stats(jit, &s);
    uint32_t n = ttfs_jit_layers(jit), events = 0;
    for (uint32_t i = 0; i < n; i++) events += ttfs_jit_layer(jit, i)->events;
    ttfs_buf_printf(
        out,
        "compiled            for %s in %.2f s, %u of %u functions from the cache; %u thread%s\n",
        s.cpu, s.open_seconds, s.cached, s.cached + s.generated, s.threads,
        s.threads == 1 ? "" : "s");
    if (n <= LAYERS_SHOWN)
        layers_text(jit, out);
    else
        ttfs_buf_printf(out,
                        "layers              %u, of which %u event-driven; --json lists them\n", n,
                        events);
}

void ttfs_run_text(const TtfsRunResult *v, TtfsBuf *out) {
    ttfs_buf_printf(out, "engine %s, %llu samples\n", v->engine, (unsigned long long)v->samples);
    ttfs_judge_text(v->judge, &v->tally, v->samples, !v->spiking, out);
    if (v->counted)
        ttfs_buf_printf(out, "spikes per neuron   %.3f (hidden)\n",
                        ttfs_share(v->spikes, v->hidden * v->samples));
    if (v->spiking) {
        ttfs_buf_printf(out, "latency             %u ticks", v->latency);
        if (v->lanes.timed)
            ttfs_buf_printf(out, ", %.0f cycles\ncycles a sample     %.0f in the mean",
                            ttfs_share(v->latency_cycles, v->samples),
                            ttfs_share(v->lanes.cycles, v->lanes.timed));
        ttfs_buf_printf(out, "\n");
        if (v->lanes.count)
            ttfs_buf_printf(out, "lane use            %.1f %%, as the cores counted\n",
                            100 * ttfs_lanes_use(&v->lanes));
        if (v->clipped)
            ttfs_buf_printf(
                out, "clipped inputs      %.2f %%, %llu values outside the encoder's range\n",
                100 * ttfs_share(v->clipped, v->inputs), (unsigned long long)v->clipped);
    }
    ttfs_buf_printf(out, "samples per second  %.0f\n", v->rate);
    if (v->jit) jit_text(v->jit, out);
    if (v->agreement) ttfs_agreement_text(v, out);
}
