/* SPDX-License-Identifier: Apache-2.0
 *
 * Builders of the JSON documents.
 */
#include "report_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_u(cJSON *j, const char *key, uint64_t v) {
    cJSON_AddNumberToObject(j, key, (double)v);
}

const char *ttfs_pop_kind_name(TtfsPopKind k) {
    static const char *const names[] = {"input", "relu", "pool", "readout"};
    return names[k];
}

const char *ttfs_pop_shape(const TtfsPopulation *p, char text[48]) {
    if (p->h == 1 && p->w == 1)
        snprintf(text, 48, "%u", p->c);
    else
        snprintf(text, 48, "%ux%ux%u", p->c, p->h, p->w);
    return text;
}

static cJSON *input_file(const char *path, TtfsDiag *diag) {
    TtfsFile f;
    char hex[65];
    if (!ttfs_file_open(&f, path, SIZE_MAX >> 1, diag)) return NULL;
    ttfs_sha256_of(f.bytes, f.size, hex);
    ttfs_file_close(&f);
    cJSON *j = cJSON_CreateObject();
    cJSON_AddStringToObject(j, "file", ttfs_path_base(path));
    cJSON_AddStringToObject(j, "sha256", hex);
    return j;
}

static cJSON *input_map(const TtfsInputMap *m) {
    cJSON *j = cJSON_CreateObject();
    if (m->channels == 0) {
        cJSON_AddNumberToObject(j, "lo", (double)m->lo);
        cJSON_AddNumberToObject(j, "hi", (double)m->hi);
        return j;
    }
    cJSON_AddItemToObject(j, "mean", cJSON_CreateFloatArray(m->mean, (int)m->channels));
    cJSON_AddItemToObject(j, "std", cJSON_CreateFloatArray(m->deviation, (int)m->channels));
    return j;
}

static cJSON *layer_options(const TtfsSpikeOptions *o) {
    cJSON *j = cJSON_CreateObject();
    for (uint32_t i = 0; i < o->n_layers; i++) {
        const TtfsLayerOptions *l = &o->layers[i];
        cJSON *e = cJSON_AddObjectToObject(j, l->layer);
        if (l->ticks) add_u(e, "ticks", l->ticks);
        if (l->weight_bits) add_u(e, "weight_bits", l->weight_bits);
        if (l->percentile >= 0) cJSON_AddNumberToObject(e, "percentile", l->percentile);
    }
    return j;
}

cJSON *ttfs_json_manifest(const TtfsFlow *f, const TtfsJob *job, TtfsDiag *diag) {
    cJSON *model = input_file(job->model, diag),
          *calib = job->calib ? input_file(job->calib, diag) : cJSON_CreateNull();
    if (!model || !calib) {
        cJSON_Delete(model);
        cJSON_Delete(calib);
        return NULL;
    }
    cJSON *j = cJSON_CreateObject();
    cJSON_AddStringToObject(j, "product", "ttfs");
    cJSON_AddStringToObject(j, "ttfs", TTFS_VERSION);
    cJSON_AddNumberToObject(j, "format", 1);
    cJSON_AddItemToObject(j, "model", model);
    cJSON_AddItemToObject(j, "calib", calib);
    add_u(j, "calib_count", f->calibrated);
    TtfsSampleShape sample = ttfs_flow_sample(f);
    cJSON *shape = cJSON_AddArrayToObject(j, "input_shape");
    for (uint32_t i = 0; i < sample.rank; i++)
        cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)sample.dim[i]));
    const TtfsTensorStat *seen = f->calibrated ? &f->calib.stat[f->canonical.input.i - 1] : NULL;
    cJSON_AddItemToObject(j, "calib_seen",
                          seen ? cJSON_CreateFloatArray((float[2]){seen->min, seen->max}, 2)
                               : cJSON_CreateNull());
    cJSON *o = cJSON_AddObjectToObject(j, "options");
    add_u(o, "ticks", job->spike.ticks);
    add_u(o, "weight_bits", job->spike.weight_bits);
    cJSON_AddNumberToObject(o, "percentile", job->spike.percentile);
    add_u(o, "seed", job->seed);
    cJSON *range = cJSON_AddArrayToObject(o, "input_range");
    cJSON_AddItemToArray(range, cJSON_CreateNumber((double)job->spike.input_lo));
    cJSON_AddItemToArray(range, cJSON_CreateNumber((double)job->spike.input_hi));
    cJSON_AddItemToObject(o, "uint8", input_map(&f->map));
    cJSON_AddItemToObject(o, "layers", layer_options(&job->spike));
    TtfsBuf chip = {0};
    ttfs_chip_print(&job->chip, &chip);
    cJSON_AddItemToObject(j, "chip", cJSON_Parse(ttfs_buf_text(&chip)));
    ttfs_buf_free(&chip);
    cJSON_AddStringToObject(j, "last_step", ttfs_step_names[f->steps_done - 1]);
    return j;
}

static void add_use(cJSON *to, const char *what, uint64_t used, uint64_t available) {
    cJSON *j = cJSON_AddObjectToObject(to, what);
    add_u(j, "used", used);
    add_u(j, "available", available);
}

cJSON *ttfs_json_fit(const TtfsPlan *p, const TtfsSpike *s) {
    cJSON *j = cJSON_CreateObject(), *cores = cJSON_AddArrayToObject(j, "cores");
    for (uint32_t c = 0; c < p->chip.cores; c++) {
        cJSON *e = cJSON_CreateObject();
        cJSON_AddItemToArray(cores, e);
        add_u(e, "core", c);
        add_use(e, "weight_rows", p->weight_rows_used[c], p->chip.weight_rows);
        add_use(e, "list_words", p->list_words_used[c], p->chip.list_words);
        add_use(e, "log_words", p->log_words_used[c], p->chip.log_words);
        add_use(e, "seen_words", p->seen_words_used[c], p->chip.seen_words);
        add_use(e, "slots", p->slots.len, p->chip.slots);
    }
    cJSON *slices = cJSON_AddArrayToObject(j, "slices");
    for (uint32_t i = 0; i < p->slices.len; i++) {
        const TtfsSlice *sl = &p->slices.at[i];
        cJSON *e = cJSON_CreateObject();
        cJSON_AddItemToArray(slices, e);
        cJSON_AddStringToObject(e, "population", ttfs_spike_pop(s, sl->pop)->name);
        add_u(e, "core", sl->core);
        add_u(e, "slot", sl->slot);
        add_u(e, "first_channel", sl->ch_first);
        add_u(e, "channels", sl->channels);
        add_u(e, "first_row", sl->oy_first);
        add_u(e, "rows", sl->oy_count);
        add_u(e, "weight_rows", (uint64_t)sl->groups * sl->group_rows);
    }
    return j;
}

cJSON *ttfs_json_timing(const TtfsPlan *p, const TtfsSpike *s) {
    cJSON *j = cJSON_CreateObject();
    double us = p->chip.clock_mhz > 0 ? 1 / p->chip.clock_mhz : 0;
    add_u(j, "latency_ticks", s->latency);
    add_u(j, "worst_cycles", p->worst_cycles);
    add_u(j, "expected_cycles", p->expected_cycles);
    cJSON_AddNumberToObject(j, "clock_mhz", p->chip.clock_mhz);
    cJSON_AddNumberToObject(j, "worst_us", us * (double)p->worst_cycles);
    cJSON_AddNumberToObject(j, "expected_us", us * (double)p->expected_cycles);
    cJSON *slots = cJSON_AddArrayToObject(j, "slots");
    for (uint32_t i = 0; i < p->slots.len; i++) {
        cJSON *e = cJSON_CreateObject();
        cJSON_AddItemToArray(slots, e);
        add_u(e, "slot", i);
        cJSON_AddStringToObject(e, "population", ttfs_spike_pop(s, p->slots.at[i].pop)->name);
        add_u(e, "worst_cycles", p->slots.at[i].worst_cycles);
        add_u(e, "expected_cycles", p->slots.at[i].expected_cycles);
        cJSON *cores = cJSON_AddArrayToObject(e, "core_worst_cycles");
        for (uint32_t c = 0; c < p->chip.cores; c++)
            cJSON_AddItemToArray(cores,
                                 cJSON_CreateNumber((double)ttfs_plan_at(p, c, i)->worst_cycles));
    }
    return j;
}

cJSON *ttfs_json_quant(const TtfsFlow *f, const TtfsJob *job) {
    cJSON *j = cJSON_CreateObject();
    add_u(j, "calibration_samples", f->calibrated);
    cJSON_AddNumberToObject(j, "percentile", job->spike.percentile);
    cJSON *layers = cJSON_AddArrayToObject(j, "layers");
    for (uint32_t i = 0; i < f->quant.at.len; i++) {
        const TtfsQuantLayer *q = &f->quant.at.at[i];
        cJSON *e = cJSON_CreateObject();
        cJSON_AddItemToArray(layers, e);
        cJSON_AddStringToObject(e, "population", q->name);
        cJSON_AddNumberToObject(e, "window_top", q->window_top);
        cJSON_AddNumberToObject(e, "seen_max", q->seen_max);
        cJSON_AddNumberToObject(e, "saturated_share", q->saturated);
        cJSON_AddNumberToObject(e, "weight_error", q->weight_error);
        add_u(e, "clipped_weights", q->clipped_weights);
        add_u(e, "ramp_min", q->ramp_min);
        add_u(e, "ramp_max", q->ramp_max);
    }
    return j;
}

/* Spikes that meet a synapse, with the rates of calibration. */
static double expected_events(const TtfsSpike *s) {
    double events = 0;
    for (uint32_t i = 0; i < s->conns.len; i++) {
        const TtfsConnection *k = &s->conns.at[i];
        events += (double)ttfs_conn_synapses(s, k) * (ttfs_spike_pop(s, k->src)->rate_ppm * 1e-6);
    }
    return events;
}

/* Energy: events, ticks and spikes weighted with the chip's estimates. No board was measured. */
cJSON *ttfs_json_energy(const TtfsPlan *p, const TtfsSpike *s) {
    cJSON *j = cJSON_CreateObject();
    double events = expected_events(s), ticks = 0, spikes = 0;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *q = &s->pops.at[i];
        spikes += ttfs_pop_size(q) * (q->rate_ppm * 1e-6);
        if (q->kind == TTFS_POP_RELU) ticks += (double)ttfs_pop_size(q) * q->ticks;
    }
    cJSON_AddStringToObject(
        j, "basis", "estimate from the chip description's energy per event; no board was measured");
    cJSON_AddNumberToObject(j, "synaptic_events", floor(events));
    cJSON_AddNumberToObject(j, "neuron_ticks", floor(ticks));
    cJSON_AddNumberToObject(j, "spikes", floor(spikes));
    double pj = events * p->chip.energy_event_pj + ticks * p->chip.energy_tick_pj +
                spikes * p->chip.energy_spike_pj;
    cJSON_AddNumberToObject(j, "nanojoule_per_sample", floor(pj) * 1e-3);
    return j;
}

cJSON *ttfs_json_steps(const TtfsFlow *f) {
    cJSON *j = cJSON_CreateArray();
    for (uint32_t i = 0; i < f->times.len; i++) {
        cJSON *e = cJSON_CreateObject();
        cJSON_AddItemToArray(j, e);
        cJSON_AddStringToObject(e, "step", f->times.at[i].name);
        cJSON_AddNumberToObject(e, "seconds", f->times.at[i].seconds);
        add_u(e, "peak_bytes", f->times.at[i].peak_bytes);
    }
    return j;
}

/* `where` without the folder of an input file, so that documents do not depend on where it lay. */
static const char *without_folder(const char *where, const char *path) {
    size_t n = path ? strlen(path) : 0;
    return n && strncmp(where, path, n) == 0 ? where + (ttfs_path_base(path) - path) : where;
}

cJSON *ttfs_json_messages(const TtfsDiag *diag, const TtfsJob *job) {
    static const char *const severity[] = {"error", "warning", "note"};
    cJSON *j = cJSON_CreateArray();
    for (uint32_t i = 0; i < diag->messages.len; i++) {
        const TtfsMessage *m = &diag->messages.at[i];
        cJSON *e = cJSON_CreateObject();
        cJSON_AddItemToArray(j, e);
        cJSON_AddStringToObject(e, "severity", severity[m->severity]);
        cJSON_AddStringToObject(e, "where",
                                without_folder(without_folder(m->where, job->model), job->calib));
        cJSON_AddStringToObject(e, "what", m->what);
        if (*m->advice) cJSON_AddStringToObject(e, "advice", m->advice);
    }
    return j;
}

void ttfs_json_text(const cJSON *j, TtfsBuf *out) {
    char *text = cJSON_Print(j);
    if (!text) ttfs_oom(0);
    ttfs_buf_json(out, text);
    ttfs_buf_puts(out, "\n");
    free(text);
}
