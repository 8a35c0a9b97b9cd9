/* SPDX-License-Identifier: Apache-2.0
 *
 * Builders of the JSON documents.
 */
#include "report_json.h"

#include "calibrate.h"
#include "energy.h"
#include "plan_stream.h"
#include "plan_traffic.h"
#include "schedule.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static void add_u(TtfsJson *j, const char *key, uint64_t v) {
    ttfs_json_number(j, key, (double)v);
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

static void input_file(TtfsJson *j, const char *key, const char *path, const char *hex) {
    ttfs_json_object(j, key);
    ttfs_json_string(j, "file", ttfs_path_base(path));
    ttfs_json_string(j, "sha256", hex);
    ttfs_json_end(j);
}

static void channels(TtfsJson *j, const char *key, const float *v, uint32_t n) {
    ttfs_json_array(j, key);
    for (uint32_t i = 0; i < n; i++) ttfs_json_number(j, NULL, (double)v[i]);
    ttfs_json_end(j);
}

static void input_map(TtfsJson *j, const char *key, const TtfsInputMap *m) {
    ttfs_json_object(j, key);
    if (m->channels == 0) {
        ttfs_json_number(j, "lo", (double)m->lo);
        ttfs_json_number(j, "hi", (double)m->hi);
    } else {
        channels(j, "mean", m->mean, m->channels);
        channels(j, "std", m->deviation, m->channels);
    }
    ttfs_json_end(j);
}

static void layer_options(TtfsJson *j, const char *key, const TtfsSpikeOptions *o) {
    ttfs_json_object(j, key);
    for (uint32_t i = 0; i < o->n_layers; i++) {
        const TtfsLayerOptions *l = &o->layers[i];
        ttfs_json_object(j, l->layer);
        if (l->ticks) add_u(j, "ticks", l->ticks);
        if (l->weight_bits) add_u(j, "weight_bits", l->weight_bits);
        if (l->percentile >= 0) ttfs_json_number(j, "percentile", l->percentile);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

static void options(TtfsJson *j, const char *key, const TtfsPipeline *f, const TtfsJob *job) {
    ttfs_json_object(j, key);
    add_u(j, "ticks", job->spike.ticks);
    add_u(j, "weight_bits", job->spike.weight_bits);
    ttfs_json_number(j, "percentile", job->spike.percentile);
    add_u(j, "seed", job->options->seed);
    ttfs_json_string(j, "quantiser", ttfs_quantisers[job->quantiser]);
    ttfs_json_string(j, "ramps", ttfs_ramps_names[job->spike.pow2]);
    ttfs_json_string(j, "schedule", ttfs_schedule_names[job->schedule]);
    channels(j, "input_range", (const float[]){job->spike.input_lo, job->spike.input_hi}, 2);
    if (job->options->shape_rank) {
        ttfs_json_array(j, "input_shape");
        for (uint32_t i = 0; i < job->options->shape_rank; i++)
            add_u(j, NULL, job->options->shape[i]);
        ttfs_json_end(j);
    }
    input_map(j, "uint8", &f->map);
    if (job->options->ip_xact) ttfs_json_bool(j, "ip_xact", true);
    layer_options(j, "layers", &job->spike);
    ttfs_json_end(j);
}

/* What samples should look like: the shape, and the range that those of calibration had. */
static void seen_json(TtfsJson *j, const TtfsPipeline *f) {
    TtfsSampleShape sample = ttfs_pipeline_sample(f);
    ttfs_json_array(j, "input_shape");
    for (uint32_t i = 0; i < sample.rank; i++) ttfs_json_number(j, NULL, (double)sample.dim[i]);
    ttfs_json_end(j);
    const TtfsTensorStat *seen = f->calibrated ? &f->calib.stat[f->canonical.input.i - 1] : NULL;
    if (seen)
        channels(j, "calib_seen", (const float[]){seen->min, seen->max}, 2);
    else
        ttfs_json_null(j, "calib_seen");
}

/* The samples that calibrated the network, though a folder brought what they showed. */
static bool calib_json(TtfsJson *j, const TtfsPipeline *f, const TtfsJob *job, TtfsDiag *diag) {
    const char *path = job->options->calib;
    char hex[65];
    if (f->source.file) {
        input_file(j, "calib", f->source.file, f->source.sha256);
    } else if (!path || ttfs_is_folder(path)) {
        ttfs_json_null(j, "calib");
    } else {
        if (!ttfs_file_sha256(path, hex, diag)) return false;
        input_file(j, "calib", path, hex);
    }
    add_u(j, "calib_count", f->calibrated);
    return true;
}

static bool hash_of_model(const TtfsJob *job, char hex[65], TtfsDiag *diag) {
    if (!job->model) return ttfs_file_sha256(job->options->model, hex, diag);
    ttfs_sha256_of(job->model, job->model_size, hex);
    return true;
}

bool ttfs_json_manifest(TtfsJson *j, const TtfsPipeline *f, const TtfsJob *job, TtfsDiag *diag) {
    char model[65];
    if (!hash_of_model(job, model, diag)) return false;
    ttfs_json_object(j, NULL);
    ttfs_json_string(j, "product", "ttfs");
    ttfs_json_string(j, "ttfs", TTFS_VERSION);
    ttfs_json_number(j, "format", 1);
    input_file(j, "model", job->options->model, model);
    if (!calib_json(j, f, job, diag)) return false;
    seen_json(j, f);
    options(j, "options", f, job);
    if (f->frontier) ttfs_target_json(j, "target", f->frontier);
    if (job->options->fit && !ttfs_pipeline_has(f, TTFS_STEP_PLAN)) /* it is not made yet */
        ttfs_json_null(j, "chip");
    else
        ttfs_chip_json(&job->chip, "chip", j);
    ttfs_json_string(j, "last_step", ttfs_step_names[f->next - 1]);
    ttfs_json_end(j);
    return true;
}

static void add_use(TtfsJson *j, const char *what, uint64_t used, uint64_t available) {
    ttfs_json_object(j, what);
    add_u(j, "used", used);
    add_u(j, "available", available);
    ttfs_json_end(j);
}

static void core_json(TtfsJson *j, const TtfsChip *chip, uint32_t core, const TtfsUse *u) {
    ttfs_json_object(j, NULL);
    add_u(j, "core", core);
    add_use(j, "act_words", u->act_words, chip->act_words);
    add_use(j, "weight_rows", u->weight_rows, chip->weight_rows);
    add_use(j, "param_words", u->param_words, chip->param_words);
    add_use(j, "program_words", u->program_words, chip->program_words);
    add_use(j, "buffers", u->buffers, chip->buffers);
    add_use(j, "table_rows", u->table_rows, chip->table_words);
    add_use(j, "table_cols", u->table_cols, chip->table_words);
    ttfs_json_end(j);
}

static void task_json(TtfsJson *j, const TtfsTask *t, const TtfsSpike *s) {
    ttfs_json_object(j, NULL);
    ttfs_json_string(j, "population", ttfs_spike_pop(s, t->pop)->name);
    add_u(j, "core", t->core);
    add_u(j, "slot", t->slot);
    add_u(j, "first_channel", t->ch_first);
    add_u(j, "channels", t->channels);
    add_u(j, "first_row", t->oy_first);
    add_u(j, "rows", t->oy_count);
    add_u(j, "first_column", t->ox_first);
    add_u(j, "columns", t->ox_count);
    add_u(j, "weight_rows", (uint64_t)t->groups * t->group_rows);
    ttfs_json_bool(j, "streamed", t->streamed);
    add_u(j, "lists", (uint64_t)t->oy_count * t->ox_count * t->passes);
    ttfs_json_end(j);
}

void ttfs_json_schedule(TtfsJson *j, const TtfsPlan *p, const TtfsSpike *s) {
    ttfs_json_string(j, "schedule", ttfs_schedule_names[ttfs_schedule_of(p, s)]);
    add_u(j, "turns", ttfs_plan_turns(p, s));
    ttfs_json_bool(j, "early", p->early);
}

void ttfs_json_fit(TtfsJson *j, const char *key, const TtfsPlan *p, const TtfsSpike *s) {
    ttfs_json_object(j, key);
    ttfs_json_schedule(j, p, s);
    add_use(j, "flows", p->flows.len, p->chip.flows);
    ttfs_json_array(j, "cores");
    for (uint32_t c = 0; c < ttfs_chip_cores(&p->chip); c++) core_json(j, &p->chip, c, &p->use[c]);
    ttfs_json_end(j);
    ttfs_json_array(j, "tasks");
    for (uint32_t i = 0; i < p->tasks.len; i++) task_json(j, &p->tasks.at[i], s);
    ttfs_json_end(j);
    ttfs_json_end(j);
}

static void slots_json(TtfsJson *j, const TtfsPlan *p) {
    ttfs_json_array(j, "slots");
    for (uint32_t i = 0; i < p->slots.len; i++) {
        ttfs_json_object(j, NULL);
        add_u(j, "slot", i);
        add_u(j, "worst_cycles", p->slots.at[i].worst_cycles);
        add_u(j, "expected_cycles", p->slots.at[i].expected_cycles);
        add_u(j, "stream_words", ttfs_plan_stream_words(p, i));
        ttfs_json_bool(j, "waits_for_memory", ttfs_plan_waits(p, i));
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

static void populations_json(TtfsJson *j, const TtfsPlan *p, const TtfsSpike *s) {
    TtfsArena a = {0};
    const TtfsPlaced *placed = ttfs_placed(p, s, &a);
    ttfs_json_array(j, "populations");
    for (uint32_t i = 0; i < s->pops.len; i++) {
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "population", s->pops.at[i].name);
        add_u(j, "slot", placed[i].when.slot);
        add_u(j, "stage", placed[i].when.stage);
        add_u(j, "cores", placed[i].cores);
        add_u(j, "tasks", placed[i].tasks);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
    ttfs_arena_free(&a);
}

/* Links are those of a mesh. */
static void traffic_json(TtfsJson *j, const TtfsPlan *p, const TtfsSpike *s) {
    TtfsTraffic t = ttfs_plan_traffic(p, s);
    ttfs_json_number(j, "lane_use", t.lane_use_ppm * 1e-6);
    ttfs_json_object(j, "traffic");
    add_u(j, "flits", t.flits);
    add_u(j, "hops", t.hops);
    add_u(j, "hops_row_by_row", t.row_hops);
    add_u(j, "busiest_link", t.busiest);
    ttfs_json_end(j);
}

void ttfs_json_timing(TtfsJson *j, const char *key, const TtfsPlan *p, const TtfsSpike *s) {
    double us = p->chip.clock_mhz > 0 ? 1 / p->chip.clock_mhz : 0;
    ttfs_json_object(j, key);
    ttfs_json_schedule(j, p, s);
    add_u(j, "latency_ticks", s->latency);
    add_u(j, "worst_cycles", p->worst_cycles);
    add_u(j, "expected_cycles", p->expected_cycles);
    add_u(j, "worst_latency_cycles", ttfs_plan_latency(p, s, p->worst_cycles));
    add_u(j, "expected_latency_cycles", ttfs_plan_latency(p, s, p->expected_cycles));
    ttfs_json_number(j, "clock_mhz", p->chip.clock_mhz);
    ttfs_json_number(j, "worst_us", us * (double)p->worst_cycles);
    ttfs_json_number(j, "expected_us", us * (double)p->expected_cycles);
    traffic_json(j, p, s);
    slots_json(j, p);
    populations_json(j, p, s);
    ttfs_json_end(j);
}

/* How its weights were made; of a layer that has any. */
static void quantiser(TtfsJson *j, const TtfsQuantLayer *q) {
    if (!q->quantiser) return;
    ttfs_json_string(j, "quantiser", q->quantiser);
    if (q->why) ttfs_json_string(j, "not_fitted", q->why);
    if (!(q->error_plain > 0 && isfinite(q->error_plain))) return;
    ttfs_json_number(j, "held_back_error_plain", q->error_plain);
    ttfs_json_number(j, "held_back_error", q->error);
}

/* How many calibration samples have logits that the readout's step does not tell apart. */
static void margins_json(TtfsJson *j, const TtfsPipeline *f) {
    TtfsLogitStep step = ttfs_logit_step(&f->spike);
    if (step.step == 0) return;
    ttfs_json_number(j, "logit_step", step.step);
    if (f->margins.samples)
        ttfs_json_number(j, "close_share",
                         (double)ttfs_margins_below(&f->margins, step.step) /
                             (double)f->margins.samples);
    else
        ttfs_json_null(j, "close_share");
}

void ttfs_json_windows(TtfsJson *j, const TtfsWindows *w) {
    ttfs_json_string(j, "windows", w->taken ? "channel" : "layer");
    if (!w->tried || !isfinite(w->layers) || !isfinite(w->channels)) return;
    ttfs_json_number(j, "output_error_layer_windows", w->layers);
    ttfs_json_number(j, "output_error_channel_windows", w->channels);
}

void ttfs_json_quant(TtfsJson *j, const TtfsPipeline *f, const TtfsJob *job) {
    ttfs_json_object(j, NULL);
    add_u(j, "calibration_samples", f->calibrated);
    ttfs_json_number(j, "percentile", job->spike.percentile);
    ttfs_json_windows(j, &f->windows);
    margins_json(j, f);
    ttfs_json_array(j, "layers");
    for (uint32_t i = 0; i < f->quant.at.len; i++) {
        const TtfsQuantLayer *q = &f->quant.at.at[i];
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "population", q->name);
        ttfs_json_number(j, "window_top", q->window_top);
        ttfs_json_number(j, "seen_max", q->seen_max);
        ttfs_json_number(j, "saturated_share", q->saturated);
        ttfs_json_number(j, "first_tick_share", q->first_tick);
        ttfs_json_number(j, "weight_error", q->weight_error);
        add_u(j, "clipped_weights", q->clipped_weights);
        if (q->kept || q->left) {
            add_u(j, "grid_kept_channels", q->kept);
            add_u(j, "grid_lost_channels", q->left);
            ttfs_json_number(j, "grid_error", q->kept_error);
        }
        add_u(j, "ramp_min", q->ramp_min);
        add_u(j, "ramp_max", q->ramp_max);
        quantiser(j, q);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
    ttfs_json_end(j);
}

void ttfs_json_energy(TtfsJson *j, const TtfsPlan *p, const TtfsSpike *s) {
    TtfsEnergy e = ttfs_energy(s, &p->chip);
    ttfs_json_object(j, NULL);
    ttfs_json_string(
        j, "basis", "estimate from the chip description's energy per event; no board was measured");
    ttfs_json_number(j, "synaptic_events", floor(e.events));
    ttfs_json_number(j, "neuron_ticks", floor(e.ticks));
    ttfs_json_number(j, "spikes", floor(e.spikes));
    ttfs_json_number(j, "nanojoule_per_sample", e.nanojoules);
    ttfs_json_end(j);
}

void ttfs_json_steps(TtfsJson *j, const TtfsPipeline *f) {
    ttfs_json_array(j, NULL);
    for (uint32_t i = 0; i < f->times.len; i++) {
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "step", f->times.at[i].name);
        ttfs_json_number(j, "seconds", f->times.at[i].seconds);
        add_u(j, "peak_bytes", f->times.at[i].peak_bytes);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

/* `where` without the folder of an input file, so that documents do not depend on where it lay. */
static const char *without_folder(const char *where, const char *path) {
    size_t n = path ? strlen(path) : 0;
    return n && strncmp(where, path, n) == 0 ? where + (ttfs_path_base(path) - path) : where;
}

void ttfs_json_messages(TtfsJson *j, const TtfsDiag *diag, const TtfsJob *job) {
    static const char *const severity[] = {"error", "warning", "note"};
    ttfs_json_array(j, NULL);
    for (uint32_t i = 0; i < diag->messages.len; i++) {
        const TtfsMessage *m = &diag->messages.at[i];
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "severity", severity[m->severity]);
        ttfs_json_string(
            j, "where",
            without_folder(without_folder(m->where, job->options->model), ttfs_job_calib(job)));
        if (*m->op) ttfs_json_string(j, "op", m->op);
        ttfs_json_string(j, "what", m->what);
        if (*m->advice) ttfs_json_string(j, "advice", m->advice);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}
