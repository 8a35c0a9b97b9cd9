/* SPDX-License-Identifier: Apache-2.0
 *
 * OUT/report/index.html, one self-contained page made of what the folder holds. Bars
 * are inline SVG; nothing is loaded.
 */
#include "page.h"

#include "json_tree.h"
#include "out.h"
#include "out_folder.h"
#include "plan_traffic.h"
#include "report_json.h"
#include "schedule.h"
#include "sweep_page.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char style[] =
    "<style>:root{color-scheme:light dark}body{font:15px/1.5 "
    "system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 "
    "1rem;color:#1b1f24;background:#fff}"
    "h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:"
    "100%}"
    "th,td{text-align:right;padding:.25rem .6rem;border-bottom:1px solid "
    "#d8dee4;white-space:nowrap}"
    "th:first-child,td:first-child{text-align:left}th{font-weight:600;color:#57606a}.wide{overflow-"
    "x:auto}"
    ".ok{color:#116329}.bad{color:#a40e26}.key{color:#57606a}svg{vertical-align:middle}"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}th,td{border-color:#"
    "30363d}.key,th{color:#9198a1}"
    ".ok{color:#3fb950}.bad{color:#ff7b72}}</style>";

static void escape(TtfsBuf *b, const char *name) {
    TtfsBuf shown = {0};
    ttfs_buf_shown(&shown, name);
    for (const char *s = ttfs_buf_text(&shown); *s; s++) {
        const char *e = *s == '<'   ? "&lt;"
                        : *s == '>' ? "&gt;"
                        : *s == '&' ? "&amp;"
                        : *s == '"' ? "&quot;"
                                    : NULL;
        if (e)
            ttfs_buf_puts(b, e);
        else
            ttfs_buf_bytes(b, s, 1);
    }
    ttfs_buf_free(&shown);
}

/* `share`: 0 to 1. */
static void bar(TtfsBuf *b, double share, const char *colour) {
    ttfs_buf_printf(b,
                    "<svg width=\"120\" height=\"10\" role=\"img\"><rect width=\"120\" "
                    "height=\"10\" fill=\"currentColor\" opacity=\".15\"/><rect width=\"%.1f\" "
                    "height=\"10\" fill=\"%s\"/></svg>",
                    120 * share, colour);
}

static void layers(TtfsBuf *b, const TtfsOut *o) {
    char shape[48];
    ttfs_buf_puts(
        b, "<h2>Populations</h2><div "
           "class=\"wide\"><table><tr><th>name</th><th>kind</th><th>shape</th><th>neurons</th>"
           "<th>window (ticks)</th><th>weight bits</th><th>expected to fire</th></tr>");
    for (uint32_t i = 0; i < o->spike.pops.len; i++) {
        const TtfsPopulation *p = &o->spike.pops.at[i];
        uint32_t bits = p->conn_count ? o->spike.conns.at[p->conn_first].weight_bits : 0;
        ttfs_buf_puts(b, "<tr><td>");
        escape(b, p->name);
        ttfs_buf_printf(b, "</td><td>%s</td><td>%s</td><td>%u</td>", ttfs_pop_kind_name(p->kind),
                        ttfs_pop_shape(p, shape), ttfs_pop_size(p));
        if (p->ticks)
            ttfs_buf_printf(b, "<td>%u to %u</td>", p->start, p->start + p->ticks);
        else
            ttfs_buf_puts(b, "<td>reads potentials</td>");
        ttfs_buf_printf(b, bits ? "<td>%u</td>" : "<td></td>", bits);
        if (p->ticks) {
            ttfs_buf_printf(b, "<td>%.1f %% ", p->rate_ppm * 1e-4);
            bar(b, p->rate_ppm * 1e-6, "#0969da");
            ttfs_buf_puts(b, "</td></tr>");
        } else {
            ttfs_buf_puts(b, "<td></td></tr>");
        }
    }
    ttfs_buf_puts(b, "</table></div>");
}

static void outputs(TtfsBuf *b, const TtfsOut *o) {
    TtfsArena scratch = {0};
    ttfs_buf_puts(b, "<h2>Outputs</h2><div class=\"wide\"><table><tr><th>name</th><th>shape</th>"
                     "<th>pieces</th></tr>");
    for (uint32_t i = 0; i < ttfs_spike_outputs(&o->spike); i++) {
        TtfsOutput out = ttfs_spike_output(&o->spike, i, &scratch);
        ttfs_buf_puts(b, "<tr><td>");
        escape(b, out.name);
        ttfs_buf_puts(b, "</td><td>");
        for (uint32_t k = 0; k < out.rank; k++)
            ttfs_buf_printf(b, "%s%u", k ? "x" : "", out.dim[k]);
        ttfs_buf_printf(b, "</td><td>%u</td></tr>", out.pieces.len);
    }
    ttfs_buf_puts(b, "</table></div>");
    ttfs_arena_free(&scratch);
}

/* When and where each population is computed. */
static void placed(TtfsBuf *b, const TtfsOut *o) {
    TtfsArena scratch = {0};
    const TtfsPlaced *at = ttfs_placed(&o->plan, &o->spike, &scratch);
    ttfs_buf_puts(b, "<div class=\"wide\"><table><tr><th>population</th><th>slot</th><th>stage</th>"
                     "<th>cores</th><th>tasks</th></tr>");
    for (uint32_t i = 0; i < o->spike.pops.len; i++) {
        ttfs_buf_puts(b, "<tr><td>");
        escape(b, o->spike.pops.at[i].name);
        ttfs_buf_printf(b, "</td><td>%u</td><td>%u</td><td>%u</td><td>%u</td></tr>",
                        at[i].when.slot, at[i].when.stage, at[i].cores, at[i].tasks);
    }
    ttfs_buf_puts(b, "</table></div>");
    ttfs_arena_free(&scratch);
}

/* The slots of a turn; one slot says no more than the turn. */
static void slots(TtfsBuf *b, const TtfsPlan *p) {
    double all = p->worst_cycles ? (double)p->worst_cycles : 1;
    if (p->slots.len == 1) return;
    ttfs_buf_puts(b, "<div class=\"wide\"><table><tr><th>slot</th><th>cycles at most</th>"
                     "<th>expected</th><th>share</th></tr>");
    for (uint32_t i = 0; i < p->slots.len; i++) {
        const TtfsSlot *s = &p->slots.at[i];
        ttfs_buf_printf(b, "<tr><td>%u</td><td>%llu</td><td>%llu</td><td>", i,
                        (unsigned long long)s->worst_cycles,
                        (unsigned long long)s->expected_cycles);
        bar(b, (double)s->worst_cycles / all, "#8250df");
        ttfs_buf_puts(b, "</td></tr>");
    }
    ttfs_buf_puts(b, "</table></div>");
}

/* What the schedule means for a sample. */
static void turns(TtfsBuf *b, const TtfsOut *o) {
    static const char *const means[TTFS_SCHEDULES] = {
        [TTFS_SCHEDULE_LATENCY] = "a sample is through before the next one comes",
        [TTFS_SCHEDULE_OVERLAP] = "a sample comes in while the one before is computed",
        [TTFS_SCHEDULE_PIPELINE] = "all layers work at once, each on another sample"};
    const TtfsPlan *p = &o->plan;
    TtfsSchedule schedule = ttfs_schedule_of(p, &o->spike);
    uint64_t n = ttfs_plan_turns(p, &o->spike), worst = n * p->worst_cycles;
    ttfs_buf_printf(b, "<p>Schedule <b>%s</b>: %s. ", ttfs_schedule_names[schedule],
                    means[schedule]);
    ttfs_buf_printf(
        b,
        "Results are there after %llu turn%s, at most %llu cycles (%.1f &micro;s) after "
        "the sample's start.</p>",
        (unsigned long long)n, n == 1 ? "" : "s", (unsigned long long)worst,
        (double)worst / p->chip.clock_mhz);
}

/* What the calibrated rates make of lanes and links. */
static void traffic(TtfsBuf *b, const TtfsOut *o) {
    TtfsTraffic t = ttfs_plan_traffic(&o->plan, &o->spike);
    ttfs_buf_printf(b, "<p>Lanes are expected to add a weight in %.1f %% of their cycles.",
                    t.lane_use_ppm * 1e-4);
    if (t.hops)
        ttfs_buf_printf(b,
                        " %llu values and sums a sample take %llu hops from core to core, %llu if "
                        "tasks lay on the cores row by row; the busiest link takes %llu of them.",
                        (unsigned long long)t.flits, (unsigned long long)t.hops,
                        (unsigned long long)t.row_hops, (unsigned long long)t.busiest);
    ttfs_buf_puts(b, "</p>");
}

static void schedule(TtfsBuf *b, const TtfsOut *o) {
    const TtfsPlan *p = &o->plan;
    ttfs_buf_printf(b,
                    "<h2>Schedule</h2><p>A sample takes at most <b>%llu</b> cycles, proven before "
                    "anything runs; %llu are expected with the "
                    "rates of calibration. At %g MHz: %.1f &micro;s and %.1f &micro;s.</p>",
                    (unsigned long long)p->worst_cycles, (unsigned long long)p->expected_cycles,
                    p->chip.clock_mhz, (double)p->worst_cycles / p->chip.clock_mhz,
                    (double)p->expected_cycles / p->chip.clock_mhz);
    turns(b, o);
    traffic(b, o);
    slots(b, p);
    placed(b, o);
}

static void use(TtfsBuf *b, uint64_t used, uint32_t available) {
    ttfs_buf_printf(b, "<td>%llu of %u ", (unsigned long long)used, available);
    bar(b, available ? (double)used / (double)available : 0, "#1a7f37");
    ttfs_buf_puts(b, "</td>");
}

static void fit(TtfsBuf *b, const TtfsOut *o) {
    const TtfsPlan *p = &o->plan;
    uint32_t cores = ttfs_chip_cores(&p->chip);
    ttfs_buf_printf(
        b,
        "<h2>Fit on chip %s</h2><p class=\"key\">%u core%s of %u lanes, %u-bit weights, %u-bit "
        "accumulators</p><div class=\"wide\"><table>"
        "<tr><th>core</th><th>activation words</th><th>weight rows</th><th>parameter words</th>"
        "<th>program words</th><th>buffers</th></tr>",
        p->chip.name, cores, cores == 1 ? "" : "s", p->chip.lanes, p->chip.weight_bits,
        p->chip.acc_bits);
    for (uint32_t c = 0; c < cores; c++) {
        const TtfsUse *u = &p->use[c];
        ttfs_buf_printf(b, "<tr><td>%u</td>", c);
        use(b, u->act_words, p->chip.act_words);
        use(b, u->weight_rows, p->chip.weight_rows);
        use(b, u->param_words, p->chip.param_words);
        use(b, u->program_words, p->chip.program_words);
        use(b, u->buffers, p->chip.buffers);
        ttfs_buf_puts(b, "</tr>");
    }
    ttfs_buf_puts(b, "</table></div>");
}

static TtfsJsonTree *load_json(const char *path) {
    TtfsDiag quiet = {0};
    TtfsFile f;
    TtfsJsonTree *tree = NULL;
    if (ttfs_file_open(&f, path, 64 << 20, &quiet)) {
        tree = ttfs_json_parse(f.bytes, f.size, NULL);
        ttfs_file_close(&f);
    }
    ttfs_diag_free(&quiet);
    return tree;
}

static const cJSON *root_of(const TtfsJsonTree *tree) {
    return tree ? tree->root : NULL;
}

static double number(const cJSON *j, const char *key) {
    const cJSON *v = cJSON_GetObjectItem(j, key);
    return cJSON_IsNumber(v) ? v->valuedouble : 0;
}

/* Of a quantised network: how many channels of a layer keep the model's integers. */
static void own_grid(TtfsBuf *b, const cJSON *e) {
    double kept = number(e, "grid_kept_channels"), lost = number(e, "grid_lost_channels");
    if (kept + lost > 0)
        ttfs_buf_printf(b, "<td class=\"%s\">%.0f of %.0f channels, to %.2g %%</td></tr>",
                        lost > 0 ? "bad" : "ok", kept, kept + lost, 100 * number(e, "grid_error"));
    else
        ttfs_buf_puts(b, "<td></td></tr>");
}

static void quantisation(TtfsBuf *b, TtfsOut *o) {
    TtfsJsonTree *tree = load_json(ttfs_out_path(o, "report/accuracy.json"));
    const cJSON *j = root_of(tree);
    ttfs_buf_printf(b,
                    "<h2>Quantisation</h2><p class=\"key\">%.0f calibration samples</p><div "
                    "class=\"wide\"><table><tr><th>population</th><th>window top</th>"
                    "<th>largest seen</th><th>saturated</th><th>weight error</th><th>clipped "
                    "weights</th><th>ramps</th><th>the model's integers</th></tr>",
                    number(j, "calibration_samples"));
    const cJSON *e;
    cJSON_ArrayForEach(e, cJSON_GetObjectItem(j, "layers")) {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(e, "population"));
        ttfs_buf_puts(b, "<tr><td>");
        escape(b, name ? name : "");
        ttfs_buf_puts(b, "</td>");
        if (number(e, "window_top") > 0)
            ttfs_buf_printf(b, "<td>%.4g</td><td>%.4g</td><td>%.3f %%</td>",
                            number(e, "window_top"), number(e, "seen_max"),
                            100 * number(e, "saturated_share"));
        else
            ttfs_buf_puts(b, "<td></td><td></td><td></td>");
        ttfs_buf_printf(b, "<td>%.3f %%</td><td>%.0f</td>", 100 * number(e, "weight_error"),
                        number(e, "clipped_weights"));
        if (number(e, "ramp_max") > 0)
            ttfs_buf_printf(b, "<td>%.0f to %.0f</td>", number(e, "ramp_min"),
                            number(e, "ramp_max"));
        else
            ttfs_buf_puts(b, "<td></td>");
        own_grid(b, e);
    }
    ttfs_buf_puts(b, "</table></div>");
    ttfs_undo(tree);
}

static const char *text_of(const cJSON *j, const char *key) {
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItem(j, key));
    return s ? s : "";
}

static void share_cell(TtfsBuf *b, const cJSON *j, const char *key) {
    if (cJSON_IsNumber(cJSON_GetObjectItem(j, key)))
        ttfs_buf_printf(b, "<td>%.2f %%</td>", 100 * number(j, key));
    else
        ttfs_buf_puts(b, "<td></td>");
}

/* What windows, ticks and weights each do to the outputs. */
static void parts(TtfsBuf *b, const cJSON *list) {
    const cJSON *e;
    ttfs_buf_puts(b, "<div class=\"wide\"><table><tr><th>switched on</th><th>agreement</th>"
                     "<th>accuracy</th><th>output error</th><th>moved by</th><th>share</th></tr>");
    cJSON_ArrayForEach(e, list) {
        ttfs_buf_puts(b, "<tr><td>");
        escape(b, text_of(e, "part"));
        ttfs_buf_puts(b, "</td>");
        share_cell(b, e, "agreement");
        share_cell(b, e, "accuracy");
        ttfs_buf_printf(b, "<td>%.4g</td><td>%.4g</td><td>%.0f %% ", number(e, "mean_error"),
                        number(e, "mean_moved"), 100 * number(e, "share"));
        bar(b, number(e, "share"), "#bf8700");
        ttfs_buf_puts(b, "</td></tr>");
    }
    ttfs_buf_puts(b, "</table></div>");
}

static void agreeing_layer(TtfsBuf *b, const cJSON *e) {
    bool spikes = cJSON_IsNumber(cJSON_GetObjectItem(e, "step"));
    ttfs_buf_puts(b, "<tr><td>");
    escape(b, text_of(e, "layer"));
    ttfs_buf_printf(b, "</td><td>%.1e</td><td>%.4g</td><td>%.4g</td>", number(e, "exact_max_error"),
                    number(e, "mean_error"), number(e, "max_error"));
    if (spikes)
        ttfs_buf_printf(b,
                        "<td class=\"%s\">%.2f</td><td>%.3f %%</td><td>%.1f %%</td><td>%.1f %%</td>"
                        "<td>%.1f</td><td>%.0f</td></tr>",
                        number(e, "mean_steps") > 1 ? "bad" : "", number(e, "mean_steps"),
                        100 * number(e, "saturated_share"), 100 * number(e, "silent_share"),
                        100 * number(e, "relu_silent_share"), number(e, "spikes_per_sample"),
                        number(e, "samples_that_part"));
    else
        ttfs_buf_puts(b, "<td></td><td></td><td></td><td></td><td></td><td></td></tr>");
}

static void worst_samples(TtfsBuf *b, const cJSON *list) {
    const cJSON *e;
    ttfs_buf_puts(b, "<div class=\"wide\"><table><tr><th>worst samples</th><th>error</th>"
                     "<th>relu's class</th><th>class</th><th>parts at</th></tr>");
    cJSON_ArrayForEach(e, list) {
        bool named = cJSON_IsNumber(cJSON_GetObjectItem(e, "class"));
        ttfs_buf_printf(b, "<tr><td>%.0f</td><td>%.4g</td>", number(e, "sample"),
                        number(e, "error"));
        if (named)
            ttfs_buf_printf(b, "<td>%.0f</td><td>%.0f</td><td>", number(e, "relu_class"),
                            number(e, "class"));
        else
            ttfs_buf_puts(b, "<td></td><td></td><td>");
        escape(b, text_of(e, "layer"));
        ttfs_buf_puts(b, "</td></tr>");
    }
    ttfs_buf_puts(b, "</table></div>");
}

/* What a run with --layers left. */
static void agreement(TtfsBuf *b, TtfsOut *o) {
    TtfsJsonTree *tree = load_json(ttfs_out_path(o, "report/agreement.json"));
    const cJSON *j = root_of(tree), *e;
    ttfs_buf_puts(b, "<h2>Agreement</h2>");
    if (!j) {
        ttfs_buf_puts(b, "<p>Not looked at yet: <code>ttfs run OUT --input X --layers</code> holds "
                         "every layer against the float network.</p>");
        return;
    }
    ttfs_buf_printf(b, "<p>%.0f samples: relu, exact (the first %.0f), ", number(j, "samples"),
                    number(j, "exact_samples"));
    escape(b, text_of(j, "engine"));
    ttfs_buf_puts(b, *text_of(j, "first_layer") ? ". They part at <b>" : ". They part nowhere<b>");
    escape(b, text_of(j, "first_layer"));
    ttfs_buf_puts(b, "</b>: a layer parts where its active values are off by more than one step of "
                     "its own in the mean.</p>");
    parts(b, cJSON_GetObjectItem(j, "parts"));
    ttfs_buf_puts(b,
                  "<div class=\"wide\"><table><tr><th>layer</th><th>exact</th><th>mean error"
                  "</th><th>largest</th><th>steps</th><th>saturated</th><th>silent</th>"
                  "<th>silent in relu</th><th>spikes a sample</th><th>samples that part</th></tr>");
    cJSON_ArrayForEach(e, cJSON_GetObjectItem(j, "layers")) agreeing_layer(b, e);
    ttfs_buf_puts(b, "</table></div>");
    worst_samples(b, cJSON_GetObjectItem(j, "worst"));
    ttfs_undo(tree);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void verdict(TtfsBuf *b, const char *path) {
    TtfsJsonTree *tree = load_json(path);
    if (!tree) return;
    const cJSON *j = tree->root;
    bool equal = cJSON_IsTrue(cJSON_GetObjectItem(j, "equal"));
    ttfs_buf_puts(b, "<tr><td>");
    const char *name = ttfs_path_base(path), *on_purpose = strstr(name, "-fault.json");
    for (const char *c = name; *c && c != on_purpose && strcmp(c, ".json") != 0; c++)
        escape(b, *c == '-' ? ", " : (char[2]){*c, 0});
    if (on_purpose) ttfs_buf_puts(b, " (damaged on purpose)");
    ttfs_buf_printf(
        b, "</td><td>%.0f</td><td>%.0f</td><td>%.0f</td><td>%.0f</td><td class=\"%s\">%s</td></tr>",
        number(j, "samples"), number(j, "spikes"), number(j, "readouts"), number(j, "differences"),
        equal ? "ok" : "bad", equal ? "equal" : "not equal");
    ttfs_undo(tree);
}

static void verification(TtfsBuf *b, TtfsOut *o) {
    enum { MOST = 64 };
    char *names[MOST];
    size_t n = 0;
    const char *folder = ttfs_out_path(o, "verify");
    TtfsFolder f;
    ttfs_folder_open(&f, AT_FDCWD, ttfs_path_join(&o->arena, folder, "."));
    ttfs_buf_puts(b, "<h2>Verification</h2>");
    for (const char *name; n < MOST && (name = ttfs_folder_next(&f)) != NULL;)
        if (strstr(name, ".json")) names[n++] = ttfs_path_join(&o->arena, folder, name);
    ttfs_folder_close(&f);
    if (n == 0) {
        ttfs_buf_puts(b, "<p>Nothing was verified yet: <code>ttfs verify OUT --input X</code> "
                         "compares the engines spike for spike.</p>");
        return;
    }
    qsort(names, n, sizeof *names, by_name);
    ttfs_buf_puts(b, "<div "
                     "class=\"wide\"><table><tr><th>engines</th><th>samples</th><th>spikes</"
                     "th><th>readouts</th><th>differences</th><th>verdict</th></tr>");
    for (size_t i = 0; i < n; i++) verdict(b, names[i]);
    ttfs_buf_puts(b, "</table></div>");
}

static void messages(TtfsBuf *b, TtfsOut *o) {
    TtfsJsonTree *tree = load_json(ttfs_out_path(o, "report/messages.json"));
    const cJSON *j = root_of(tree);
    ttfs_buf_puts(b, "<h2>What was assumed, approximated or dropped</h2>");
    if (!j || cJSON_GetArraySize(j) == 0) ttfs_buf_puts(b, "<p>Nothing to report.</p>");
    const cJSON *e;
    ttfs_buf_puts(b, "<ul>");
    cJSON_ArrayForEach(e, j) {
        const char *where = cJSON_GetStringValue(cJSON_GetObjectItem(e, "where")),
                   *op = cJSON_GetStringValue(cJSON_GetObjectItem(e, "op")),
                   *what = cJSON_GetStringValue(cJSON_GetObjectItem(e, "what"));
        ttfs_buf_puts(b, "<li><span class=\"key\">");
        escape(b, where ? where : "");
        if (op) ttfs_buf_puts(b, ": ");
        escape(b, op ? op : "");
        ttfs_buf_puts(b, "</span> ");
        escape(b, what ? what : "");
        ttfs_buf_puts(b, "</li>");
    }
    ttfs_buf_puts(b, "</ul>");
    ttfs_undo(tree);
}

static void energy_estimate(TtfsBuf *b, const cJSON *energy) {
    ttfs_buf_printf(
        b,
        "<h2>Energy</h2><p>%.2f nJ a sample for %.0f synaptic events and %.0f spikes. An estimate "
        "from the chip description's energy per event; no board was measured.</p>",
        number(energy, "nanojoule_per_sample"), number(energy, "synaptic_events"),
        number(energy, "spikes"));
}

static void page(TtfsBuf *b, TtfsOut *o) {
    TtfsJsonTree *manifest = load_json(ttfs_out_path(o, "manifest.json")),
                 *energies = load_json(ttfs_out_path(o, "report/energy.json"));
    const cJSON *m = root_of(manifest), *energy = root_of(energies);
    const char *model =
        cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetObjectItem(m, "model"), "file"));
    const char *version = cJSON_GetStringValue(cJSON_GetObjectItem(m, "ttfs"));
    ttfs_buf_puts(b, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta "
                     "name=\"viewport\" content=\"width=device-width\"><title>ttfs: ");
    escape(b, model ? model : "");
    ttfs_buf_printf(b, "</title>%s<h1>", style);
    escape(b, model ? model : "");
    ttfs_buf_puts(b, " as a time-to-first-spike network</h1><p class=\"key\">made by ttfs ");
    escape(b, version ? version : "");
    ttfs_buf_printf(b, "; %llu neurons, %llu synapses, %llu parameters; latency %u ticks</p>",
                    (unsigned long long)ttfs_spike_neurons(&o->spike),
                    (unsigned long long)ttfs_spike_synapses(&o->spike),
                    (unsigned long long)ttfs_spike_parameters(&o->spike), o->spike.latency);
    verification(b, o);
    agreement(b, o);
    layers(b, o);
    outputs(b, o);
    if (o->has_plan) {
        schedule(b, o);
        fit(b, o);
    } else {
        ttfs_buf_puts(b,
                      "<h2>Schedule</h2><p>No chip: the compilation stopped before the plan.</p>");
    }
    quantisation(b, o);
    ttfs_sweep_page(b, ttfs_out_path(o, "report/sweep.json"));
    if (energy) energy_estimate(b, energy);
    messages(b, o);
    ttfs_buf_puts(b, "</html>\n");
    ttfs_undo(energies);
    ttfs_undo(manifest);
}

bool ttfs_page_write(const char *folder, TtfsBuf *path, TtfsDiag *diag) {
    TtfsOut out = {0};
    TtfsBuf b = {0};
    bool ok = ttfs_out_open(&out, folder, TTFS_OUT_SPIKE | TTFS_OUT_PLAN_IF_ANY, diag);
    if (ok) {
        const char *file = ttfs_out_path(&out, "report/index.html");
        page(&b, &out);
        ok = ttfs_out_put(out.folder, "report", "index.html", b.text, b.len, diag);
        ttfs_buf_puts(path, file);
    }
    ttfs_buf_free(&b);
    ttfs_out_close(&out);
    return ok;
}
