/* SPDX-License-Identifier: Apache-2.0
 *
 * The result of the exact engine: one JSON document, or some lines.
 */
#include "exact_report.h"

#include "judge_report.h"

static const char *model_name(const TtfsExactResult *r) {
    return r->options.model == TTFS_EXACT_A ? "a" : "b";
}

static void layers_json(const TtfsExactResult *r, TtfsJson *j) {
    static const char *const kind[] = {"input", "relu", "pool", "minpool", "readout"};
    ttfs_json_array(j, "layers");
    for (uint32_t i = 0; i < r->net->layers.len; i++) {
        const TtfsExactStat *s = &r->layer[i];
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "layer", r->net->layers.at[i].name);
        ttfs_json_string(j, "kind", kind[r->net->layers.at[i].kind]);
        ttfs_json_number(j, "max_abs_error", s->max_error);
        if (r->net->layers.at[i].kind != TTFS_LAYER_READOUT) {
            ttfs_json_number(j, "window", s->window);
            ttfs_json_number(j, "spikes_per_neuron", ttfs_share(s->spikes, s->neuron_runs));
            ttfs_json_number(j, "active_relus", ttfs_share(s->active, s->neuron_runs));
            ttfs_json_number(j, "beyond_window", (double)s->beyond);
        }
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

void ttfs_exact_json(const TtfsExactResult *r, TtfsBuf *out) {
    uint64_t n = r->samples;
    TtfsJson document = {.out = out}, *j = &document;
    ttfs_json_object(j, NULL);
    ttfs_json_string(j, "engine", "exact");
    ttfs_json_string(j, "model", model_name(r));
    ttfs_json_number(j, "samples", (double)n);
    ttfs_judge_json(r->judge, &r->tally, n, j);
    ttfs_json_number(j, "max_abs_error", r->max_error);
    ttfs_json_number(j, "spikes_per_neuron", ttfs_share(r->hidden.spikes, r->hidden.neuron_runs));
    ttfs_json_number(j, "active_relus", ttfs_share(r->hidden.active, r->hidden.neuron_runs));
    ttfs_json_number(j, "beyond_window", (double)r->beyond);
    ttfs_json_null(j, "latency_ticks");
    ttfs_json_number(j, "latency", r->latency);
    ttfs_json_null(j, "cycles");
    ttfs_json_number(j, "margin", r->options.margin);
    ttfs_json_number(j, "time_noise", r->options.time_noise);
    ttfs_json_number(j, "slope_noise", r->options.slope_noise);
    ttfs_json_number(j, "samples_per_second", r->rate);
    layers_json(r, j);
    ttfs_judge_errors_json(r->judge, j);
    ttfs_json_end(j);
}

void ttfs_exact_text(const TtfsExactResult *r, TtfsBuf *out) {
    uint64_t n = r->samples;
    ttfs_buf_printf(out, "engine exact, model %s, %llu samples\n", model_name(r),
                    (unsigned long long)n);
    ttfs_judge_text(r->judge, &r->tally, n, false, out);
    ttfs_buf_printf(out,
                    "largest difference  %.3g (spikes against float64 sums, over all layers)\n",
                    r->max_error);
    for (uint32_t i = 0; i < r->net->layers.len; i++) {
        ttfs_buf_printf(out, "  ");
        ttfs_buf_name(out, r->net->layers.at[i].name, 24);
        ttfs_buf_printf(out, "  %.3g\n", r->layer[i].max_error);
    }
    ttfs_buf_printf(out, "spikes per neuron   %.3f (hidden), %.3f of the ReLUs are active\n",
                    ttfs_share(r->hidden.spikes, r->hidden.neuron_runs),
                    ttfs_share(r->hidden.active, r->hidden.neuron_runs));
    if (r->beyond)
        ttfs_buf_printf(out, "beyond the window   %llu activations\n",
                        (unsigned long long)r->beyond);
    ttfs_buf_printf(out, "latency             %.6g units of time\n", r->latency);
    ttfs_buf_printf(out, "samples per second  %.0f\n", r->rate);
}
