/* SPDX-License-Identifier: Apache-2.0
 *
 * OUT/report/index.html, one self-contained page made of what the folder holds. A panel is a file
 * page_NAME.c, the smaller ones are here. Nothing is loaded, and a page that names would have made
 * something else of could run nothing: the policy in its head allows only our own script.
 */
#include "page.h"

#include "out_folder.h"
#include "page_assets.h"
#include "page_inside.h"
#include "report_json.h"
#include "sweep_page.h"

#include <string.h>

static void layers(TtfsBuf *b, const TtfsOut *o) {
    char shape[48];
    ttfs_buf_puts(
        b, "<h2>Populations</h2><div "
           "class=\"wide\"><table><tr><th>name</th><th>kind</th><th>shape</th><th>neurons</th>"
           "<th>");
    ttfs_html_word(b, "window", "window (ticks)");
    ttfs_buf_puts(b, "</th><th>weight bits</th><th>expected to fire</th></tr>");
    for (uint32_t i = 0; i < o->spike.pops.len; i++) {
        const TtfsPopulation *p = &o->spike.pops.at[i];
        uint32_t bits = p->conn_count ? o->spike.conns.at[p->conn_first].weight_bits : 0;
        ttfs_buf_printf(b, "<tr id=\"pop-%u\"><td>", i + 1);
        ttfs_html(b, p->name);
        ttfs_buf_printf(b, "</td><td>%s</td><td>%s</td><td>%u</td>", ttfs_pop_kind_name(p->kind),
                        ttfs_pop_shape(p, shape), ttfs_pop_size(p));
        if (p->ticks)
            ttfs_buf_printf(b, "<td>%u to %u</td>", p->start, p->start + p->ticks);
        else
            ttfs_buf_puts(b, "<td>reads potentials</td>");
        ttfs_buf_printf(b, bits ? "<td>%u</td>" : "<td></td>", bits);
        if (p->ticks) {
            ttfs_buf_printf(b, "<td>%.1f %% ", p->rate_ppm * 1e-4);
            ttfs_html_bar(b, p->rate_ppm * 1e-6, "#0969da");
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
        ttfs_html(b, out.name);
        ttfs_buf_puts(b, "</td><td>");
        for (uint32_t k = 0; k < out.rank; k++)
            ttfs_buf_printf(b, "%s%u", k ? "x" : "", out.dim[k]);
        ttfs_buf_printf(b, "</td><td>%u</td></tr>", out.pieces.len);
    }
    ttfs_buf_puts(b, "</table></div>");
    ttfs_arena_free(&scratch);
}

/* Of a quantised network: how many channels of a layer keep the model's integers. */
static void own_grid(TtfsBuf *b, const cJSON *e) {
    double kept = ttfs_page_number(e, "grid_kept_channels"),
           lost = ttfs_page_number(e, "grid_lost_channels");
    if (kept + lost > 0)
        ttfs_buf_printf(b, "<td class=\"%s\">%.0f of %.0f channels, to %.2g %%</td></tr>",
                        lost > 0 ? "bad" : "ok", kept, kept + lost,
                        100 * ttfs_page_number(e, "grid_error"));
    else
        ttfs_buf_puts(b, "<td></td></tr>");
}

static void quantisation(TtfsBuf *b, const TtfsPage *p) {
    const cJSON *j = p->accuracy;
    ttfs_buf_printf(b,
                    "<h2>Quantisation</h2><p class=\"key\">%.0f calibration samples%s</p><div "
                    "class=\"wide\"><table><tr><th>population</th><th>window top</th>"
                    "<th>largest seen</th><th>",
                    ttfs_page_number(j, "calibration_samples"),
                    strcmp(ttfs_page_text(j, "windows"), "channel") == 0
                        ? "; a window a channel: values are in its channels' own units"
                        : "");
    ttfs_html_word(b, "saturated", "saturated");
    ttfs_buf_puts(b, "</th><th>weight error</th><th>clipped weights</th><th>");
    ttfs_html_word(b, "ramp", "ramps");
    ttfs_buf_puts(b, "</th><th>the model's integers</th></tr>");
    const cJSON *e;
    cJSON_ArrayForEach(e, cJSON_GetObjectItem(j, "layers")) {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(e, "population"));
        ttfs_buf_puts(b, "<tr><td>");
        ttfs_html(b, name ? name : "");
        ttfs_buf_puts(b, "</td>");
        if (ttfs_page_number(e, "window_top") > 0)
            ttfs_buf_printf(b, "<td>%.4g</td><td>%.4g</td><td>%.3f %%</td>",
                            ttfs_page_number(e, "window_top"), ttfs_page_number(e, "seen_max"),
                            100 * ttfs_page_number(e, "saturated_share"));
        else
            ttfs_buf_puts(b, "<td></td><td></td><td></td>");
        ttfs_buf_printf(b, "<td>%.3f %%</td><td>%.0f</td>",
                        100 * ttfs_page_number(e, "weight_error"),
                        ttfs_page_number(e, "clipped_weights"));
        if (ttfs_page_number(e, "ramp_max") > 0)
            ttfs_buf_printf(b, "<td>%.0f to %.0f</td>", ttfs_page_number(e, "ramp_min"),
                            ttfs_page_number(e, "ramp_max"));
        else
            ttfs_buf_puts(b, "<td></td>");
        own_grid(b, e);
    }
    ttfs_buf_puts(b, "</table></div>");
}

static void verdict(TtfsBuf *b, const char *path) {
    TtfsJsonTree *tree = ttfs_page_load(path);
    if (!tree) return;
    const cJSON *j = tree->root;
    bool equal = cJSON_IsTrue(cJSON_GetObjectItem(j, "equal"));
    ttfs_buf_puts(b, "<tr><td>");
    const char *name = ttfs_path_base(path), *on_purpose = strstr(name, "-fault.json");
    for (const char *c = name; *c && c != on_purpose && strcmp(c, ".json") != 0; c++)
        ttfs_html(b, *c == '-' ? ", " : (char[2]){*c, 0});
    if (on_purpose) ttfs_buf_puts(b, " (damaged on purpose)");
    ttfs_buf_printf(
        b, "</td><td>%.0f</td><td>%.0f</td><td>%.0f</td><td>%.0f</td><td class=\"%s\">%s</td></tr>",
        ttfs_page_number(j, "samples"), ttfs_page_number(j, "spikes"),
        ttfs_page_number(j, "readouts"), ttfs_page_number(j, "differences"), equal ? "ok" : "bad",
        equal ? "equal" : "not equal");
    ttfs_undo(tree);
}

static void verification(TtfsBuf *b, const TtfsPage *p) {
    char *names[TTFS_PAGE_VERDICTS];
    uint32_t n = ttfs_page_verdicts(p->out, names);
    ttfs_buf_puts(b, "<h2>Verification</h2>");
    if (n == 0) {
        ttfs_buf_puts(b, "<p>Nothing was verified yet: <code>ttfs verify OUT --input X</code> "
                         "compares the engines spike for spike.</p>");
        return;
    }
    ttfs_buf_puts(b, "<div "
                     "class=\"wide\"><table><tr><th>");
    ttfs_html_word(b, "engine", "engines");
    ttfs_buf_puts(b, "</th><th>samples</th><th>spikes</th><th>");
    ttfs_html_word(b, "readout", "readouts");
    ttfs_buf_puts(b, "</th><th>differences</th><th>verdict</th></tr>");
    for (uint32_t i = 0; i < n; i++) verdict(b, names[i]);
    ttfs_buf_puts(b, "</table></div>");
}

static void messages(TtfsBuf *b, const TtfsPage *p) {
    const cJSON *j = p->messages;
    ttfs_buf_puts(b, "<h2>What was assumed, approximated or dropped</h2>");
    if (!j || cJSON_GetArraySize(j) == 0) ttfs_buf_puts(b, "<p>Nothing to report.</p>");
    const cJSON *e;
    ttfs_buf_puts(b, "<ul>");
    cJSON_ArrayForEach(e, j) {
        const char *where = cJSON_GetStringValue(cJSON_GetObjectItem(e, "where")),
                   *op = cJSON_GetStringValue(cJSON_GetObjectItem(e, "op")),
                   *what = cJSON_GetStringValue(cJSON_GetObjectItem(e, "what"));
        ttfs_buf_puts(b, "<li><span class=\"key\">");
        ttfs_html(b, where ? where : "");
        if (op) ttfs_buf_puts(b, ": ");
        ttfs_html(b, op ? op : "");
        ttfs_buf_puts(b, "</span> ");
        ttfs_html(b, what ? what : "");
        ttfs_buf_puts(b, "</li>");
    }
    ttfs_buf_puts(b, "</ul>");
}

static void energy_estimate(TtfsBuf *b, const cJSON *energy) {
    ttfs_buf_printf(
        b,
        "<h2>Energy</h2><p>%.2f nJ a sample for %.0f synaptic events and %.0f spikes. An estimate "
        "from the chip description's energy per event; no board was measured.</p>",
        ttfs_page_number(energy, "nanojoule_per_sample"),
        ttfs_page_number(energy, "synaptic_events"), ttfs_page_number(energy, "spikes"));
}

static void head(TtfsBuf *b, const TtfsPage *p) {
    const TtfsSpike *s = &p->out->spike;
    const char *model = ttfs_page_text(cJSON_GetObjectItem(p->manifest, "model"), "file");
    ttfs_buf_puts(b, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta "
                     "name=\"viewport\" content=\"width=device-width\"><meta "
                     "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "style-src 'unsafe-inline'; img-src data:; script-src 'sha256-");
    ttfs_html_sha256(b, page_js);
    ttfs_buf_puts(b, "'\"><title>ttfs: ");
    ttfs_html(b, model);
    ttfs_buf_printf(b, "</title><style>%s</style><h1>", page_css);
    ttfs_html(b, model);
    ttfs_buf_puts(b, " as a time-to-first-spike network</h1><p class=\"key\">made by ttfs ");
    ttfs_html(b, ttfs_page_text(p->manifest, "ttfs"));
    ttfs_buf_printf(b, "; %llu neurons, %llu synapses, %llu parameters; latency %u ticks</p>",
                    (unsigned long long)ttfs_spike_neurons(s),
                    (unsigned long long)ttfs_spike_synapses(s),
                    (unsigned long long)ttfs_spike_parameters(s), s->latency);
}

static void page(TtfsBuf *b, const TtfsPage *p) {
    head(b, p);
    ttfs_page_answer(b, p);
    ttfs_page_graph(b, p);
    ttfs_page_samples(b, p);
    ttfs_page_times(b, p);
    ttfs_page_agreement(b, p);
    ttfs_page_classes(b, p);
    verification(b, p);
    layers(b, p->out);
    outputs(b, p->out);
    ttfs_page_plan(b, p);
    ttfs_page_cores(b, p);
    quantisation(b, p);
    ttfs_page_weights(b, p);
    ttfs_page_frontier(b, p);
    ttfs_page_tune(b, p);
    ttfs_sweep_page(b, ttfs_out_path(p->out, "report/sweep.json"));
    if (p->energy) energy_estimate(b, p->energy);
    messages(b, p);
    ttfs_page_reproduce(b, p);
    ttfs_page_words(b);
    ttfs_buf_printf(b, "<script>%s</script></html>\n", page_js);
}

bool ttfs_page_write(const char *folder, TtfsBuf *path, TtfsDiag *diag) {
    TtfsOut out = {0};
    TtfsPage p = {.out = &out};
    TtfsPageTrees trees = {0};
    TtfsBuf b = {0};
    bool ok = ttfs_out_open(&out, folder, TTFS_OUT_SPIKE | TTFS_OUT_PLAN_IF_ANY, diag);
    if (ok) {
        const char *file = ttfs_out_path(&out, "report/index.html");
        ttfs_page_documents(&p, &trees);
        page(&b, &p);
        ok = ttfs_out_put(out.folder, "report", "index.html", b.text, b.len, diag);
        ttfs_buf_puts(path, file);
    }
    ttfs_page_undo(&trees);
    ttfs_buf_free(&b);
    ttfs_out_close(&out);
    return ok;
}
