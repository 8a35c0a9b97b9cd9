/* SPDX-License-Identifier: Apache-2.0
 *
 * The result of ttfs run: one JSON document, or some lines and, of the jit, what each layer became.
 */
#include "run_report.h"

#include "report_json.h"
#include "say.h"

#include <stdio.h>
#include <string.h>

enum { LAYERS_SHOWN = 24 };

static double share(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : 0;
}

static void add_share(cJSON *j, const char *key, bool known, uint64_t part, uint64_t whole) {
    cJSON_AddItemToObject(j, key,
                          known ? cJSON_CreateNumber(share(part, whole)) : cJSON_CreateNull());
}

/* Which path single samples take through a layer. */
static const char *path_of(const TtfsJitLayer *l) {
    return l->events ? "events" : "dense";
}

static void add_jit(cJSON *j, const TtfsJit *jit) {
    TtfsJitStats s;
    ttfs_jit_stats(jit, &s);
    cJSON_AddStringToObject(j, "cpu", s.cpu);
    cJSON_AddNumberToObject(j, "threads", s.threads);
    cJSON_AddNumberToObject(j, "chunk", s.chunk);
    cJSON_AddNumberToObject(j, "open_seconds", s.open_seconds);
    cJSON_AddNumberToObject(j, "generate_seconds", s.generate_seconds);
    cJSON_AddNumberToObject(j, "cached", s.cached);
    cJSON_AddNumberToObject(j, "generated", s.generated);
    cJSON_AddNumberToObject(j, "code_bytes", (double)s.code_bytes);
    cJSON_AddNumberToObject(j, "weight_bytes", (double)s.weight_bytes);
    cJSON_AddNumberToObject(j, "work_bytes", (double)s.work_bytes);
    cJSON *layers = cJSON_AddArrayToObject(j, "layers");
    for (uint32_t i = 0; i < ttfs_jit_layers(jit); i++) {
        const TtfsJitLayer *l = ttfs_jit_layer(jit, i);
        cJSON *e = cJSON_CreateObject();
        cJSON_AddItemToArray(layers, e);
        cJSON_AddStringToObject(e, "name", l->name);
        cJSON_AddStringToObject(e, "kernel", l->kernel);
        cJSON_AddStringToObject(e, "path", path_of(l));
        cJSON_AddStringToObject(e, "why", l->why);
        cJSON_AddNumberToObject(e, "macs", (double)l->macs);
    }
}

void ttfs_run_json(const TtfsRunResult *v) {
    cJSON *j = cJSON_CreateObject();
    cJSON_AddStringToObject(j, "engine", v->engine);
    cJSON_AddNumberToObject(j, "samples", (double)v->samples);
    ttfs_judge_json(v->judge, &v->tally, v->samples, j);
    add_share(j, "spikes_per_neuron", v->counted, v->spikes, v->hidden * v->samples);
    cJSON_AddNumberToObject(j, "latency_ticks", v->latency);
    add_share(j, "cycles", v->cycles != 0, v->cycles, v->samples);
    cJSON_AddNumberToObject(j, "samples_per_second", v->rate);
    cJSON_AddNumberToObject(j, "clipped_inputs", (double)v->clipped);
    cJSON_AddNumberToObject(j, "clipped_share", share(v->clipped, v->inputs));
    ttfs_judge_errors_json(v->judge, j);
    if (v->jit) add_jit(j, v->jit);
    ttfs_json_emit(j);
}

static void print_layers(const TtfsJit *jit) {
    uint32_t n = ttfs_jit_layers(jit);
    int name = 5, kernel = 6;
    for (uint32_t i = 0; i < n; i++) {
        const TtfsJitLayer *l = ttfs_jit_layer(jit, i);
        if ((int)strlen(l->name) > name) name = (int)strlen(l->name);
        if ((int)strlen(l->kernel) > kernel) kernel = (int)strlen(l->kernel);
    }
    printf("  %-*s  %-*s  path\n", name, "layer", kernel, "kernel");
    for (uint32_t i = 0; i < n; i++) {
        const TtfsJitLayer *l = ttfs_jit_layer(jit, i);
        printf("  %-*s  %-*s  %s%s%s\n", name, l->name, kernel, l->kernel, path_of(l),
               *l->why ? ": " : "", l->why);
    }
}

static void print_jit(const TtfsJit *jit) {
    TtfsJitStats s;
    ttfs_jit_stats(jit, &s);
    uint32_t n = ttfs_jit_layers(jit), events = 0;
    for (uint32_t i = 0; i < n; i++) events += ttfs_jit_layer(jit, i)->events;
    printf("compiled            for %s in %.2f s, %u of %u functions from the cache; %u thread%s\n",
           s.cpu, s.open_seconds, s.cached, s.cached + s.generated, s.threads,
           s.threads == 1 ? "" : "s");
    if (n <= LAYERS_SHOWN)
        print_layers(jit);
    else
        printf("layers              %u, of which %u event-driven; --json lists them\n", n, events);
}

static void print_errors(const char *what, const TtfsOutputErrors *e) {
    for (uint32_t i = 0; e->at && i < e->outputs; i++) {
        TtfsOutputError w = ttfs_output_errors_whole(e, i);
        double scale = ttfs_output_error_scale(&w);
        printf("%s ", what);
        ttfs_print_name(e->output[i].name, 12);
        printf(" largest error %.3g, mean %.3g (relative to its range, %.4g to %.4g)\n",
               w.most / scale, w.n ? w.sum / (double)w.n / scale : 0, w.lo, w.hi);
    }
}

void ttfs_judge_print(const TtfsJudge *j, const TtfsTally *t, uint64_t samples, bool itself) {
    static const char *const accuracy[] = {"the largest value names the class",
                                           "the sign of the one value names the class", ""};
    static const char *const agreement[] = {"the same class", "the same sign", ""};
    if (ttfs_judge_knows_accuracy(j))
        printf("accuracy            %.2f %% (%s)\n", 100 * share(t->right, samples),
               accuracy[j->meaning]);
    if (ttfs_judge_knows_agreement(j) && !itself)
        printf("agreement with relu %.2f %% (%s)\n", 100 * share(t->agree, samples),
               agreement[j->meaning]);
    if (j->meaning == TTFS_BY_ERROR)
        printf("judged by           errors: the outputs name no class\n");
    print_errors("output", &j->relu);
    print_errors("labels", &j->truth);
}

void ttfs_run_text(const TtfsRunResult *v) {
    printf("engine %s, %llu samples\n", v->engine, (unsigned long long)v->samples);
    ttfs_judge_print(v->judge, &v->tally, v->samples, !v->spiking);
    if (v->counted)
        printf("spikes per neuron   %.3f (hidden)\n", share(v->spikes, v->hidden * v->samples));
    if (v->spiking) {
        printf("latency             %u ticks", v->latency);
        if (v->cycles) printf(", %.0f cycles in the mean", share(v->cycles, v->samples));
        printf("\n");
        if (v->clipped)
            printf("clipped inputs      %.2f %%, %llu values outside the encoder's range\n",
                   100 * share(v->clipped, v->inputs), (unsigned long long)v->clipped);
    }
    printf("samples per second  %.0f\n", v->rate);
    if (v->jit) print_jit(v->jit);
}
