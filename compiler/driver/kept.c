/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of outputs and spikes, kept by sample. In: values in real units, traces; out: float32 and
 * int32 arrays, the samples along the first axis, behind it the output's or population's own axes.
 */
#include "kept.h"

#include <string.h>

bool ttfs_kept_as(const char *path, const char *kind) {
    size_t n = strlen(path), m = strlen(kind);
    return n > m && strcmp(path + n - m, kind) == 0;
}

static bool check_path(const char *path, uint32_t outputs, TtfsDiag *diag) {
    if (ttfs_kept_as(path, ".npz")) return true;
    if (!ttfs_kept_as(path, ".npy"))
        return ttfs_error(diag, TTFS_AT_FILE("--outputs"), TTFS_OPTION_VALUE,
                          "'%s' ends with neither .npy nor .npz", path);
    return outputs == 1 || ttfs_error(diag, TTFS_AT_FILE("--outputs"), TTFS_OPTION_VALUE,
                                      "the network has %u outputs: they need an .npz", outputs);
}

/* The axes behind the first, which is the batch. */
static void take_shape(TtfsValues *f, const TtfsOutput *o, uint64_t samples) {
    f->dim[f->rank++] = samples;
    for (uint32_t i = o->rank > 1; i < o->rank; i++) f->dim[f->rank++] = o->dim[i];
}

static void open_outputs(TtfsKept *k, const TtfsOutput *output, uint64_t samples) {
    TtfsArena *a = k->arena;
    k->values = TTFS_ARRAY(a, float *, k->outputs);
    for (uint32_t i = 0; i < k->outputs; i++) {
        TtfsValues *v = &k->array[i];
        k->values[i] = TTFS_ARRAY(a, float, samples *ttfs_output_count(&output[i]));
        *v = (TtfsValues){
            .name = ttfs_arena_strdup(a, output[i].name), .type = "float32", .data = k->values[i]};
        take_shape(v, &output[i], samples);
    }
}

static void open_spikes(TtfsKept *k, const TtfsSpike *spike, uint64_t samples) {
    TtfsArena *a = k->arena;
    k->ticks = TTFS_ARRAY(a, int32_t *, spike->pops.len);
    for (uint32_t i = 0; i < spike->pops.len; i++) {
        const TtfsPopulation *p = &spike->pops.at[i];
        if (p->kind == TTFS_POP_READOUT) continue;
        k->ticks[i] = TTFS_ARRAY(a, int32_t, samples * ttfs_pop_size(p));
        k->array[k->outputs + k->populations++] =
            (TtfsValues){.name = ttfs_arena_strdup(a, p->name),
                         .type = "int32",
                         .rank = 4,
                         .dim = {samples, p->c, p->h, p->w},
                         .data = k->ticks[i]};
    }
}

bool ttfs_kept_open(TtfsKept *k, const TtfsRunOptions *o, const TtfsOutput *output,
                    uint32_t outputs, uint64_t samples, const TtfsSpike *spike, TtfsDiag *diag) {
    bool keep = o->outputs || o->keep_outputs;
    k->path = o->outputs;
    k->told = o->keep_outputs;
    k->outputs = keep ? outputs : 0;
    if (k->path && !check_path(k->path, outputs, diag)) return false;
    if (o->keep_spikes && !spike)
        return ttfs_error(diag, TTFS_AT_FILE("keep_spikes"), TTFS_OPTION_VALUE,
                          "engine %s has no ticks to keep", o->engine);
    uint32_t populations = o->keep_spikes ? spike->pops.len : 0;
    k->array = TTFS_ARRAY(k->arena, TtfsValues, k->outputs + populations);
    if (keep) open_outputs(k, output, samples);
    if (o->keep_spikes) open_spikes(k, spike, samples);
    return true;
}

void ttfs_kept_add(TtfsKept *k, uint64_t sample, uint32_t output, const double *values) {
    if (!k->values) return;
    uint64_t n = 1;
    for (uint32_t i = 1; i < k->array[output].rank; i++) n *= k->array[output].dim[i];
    for (uint64_t i = 0; i < n; i++) k->values[output][sample * n + i] = (float)values[i];
}

void ttfs_kept_spikes(TtfsKept *k, uint64_t sample, const TtfsTrace *trace) {
    for (uint32_t p = 0; k->ticks && p < trace->spike->pops.len; p++) {
        if (!k->ticks[p]) continue;
        const uint16_t *from = ttfs_trace_ticks(trace, (TtfsPop){p + 1});
        uint64_t n = ttfs_pop_size(&trace->spike->pops.at[p]);
        int32_t *to = k->ticks[p] + sample * n;
        for (uint64_t i = 0; i < n; i++) to[i] = from[i] == TTFS_SILENT ? -1 : from[i];
    }
}

bool ttfs_kept_write(const TtfsKept *k, TtfsDiag *diag) {
    if (!k->path) return true;
    return ttfs_kept_as(k->path, ".npz") ? ttfs_npz_write(k->path, k->array, k->outputs, diag)
                                         : ttfs_npy_write(k->path, &k->array[0], diag);
}

uint32_t ttfs_kept_count(const TtfsKept *k) {
    return (k->told ? k->outputs : 0) + k->populations;
}

const TtfsValues *ttfs_kept_array(const TtfsKept *k, uint32_t i) {
    return &k->array[i + (k->told ? 0 : k->outputs)];
}
