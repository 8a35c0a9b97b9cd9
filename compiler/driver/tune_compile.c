/* SPDX-License-Identifier: Apache-2.0
 *
 * From trained integers to a folder. Method: the model is written to a temporary folder, from which
 * the pipeline reads it as it would any model; so compiling the model that lies in OUT2 gives
 * OUT2's forms. Then the graph is held against the integers.
 */
#include "tune_compile.h"

#include "net_to_onnx.h"
#include "tune_graph.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Whether all weights of a channel are 0. */
static bool is_silent(const TtfsTuneStart *s, uint32_t layer, uint32_t channel) {
    const TtfsNetLayer *l = &s->net.layers.at[layer];
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsTerm *t = &s->net.terms.at[l->term_first + k];
        uint64_t each = ttfs_term_rows(l, t) / l->c * t->row;
        const int16_t *w = s->layer[layer].weights[k] + channel * each;
        for (uint64_t i = 0; i < each; i++)
            if (w[i]) return false;
    }
    return true;
}

/* A neuron without weights has no grid to keep: its ramp becomes 1, its bias what it sends. */
static void settle_silent(TtfsTuneStart *s, uint32_t layer) {
    TtfsTuneLayer *t = &s->layer[layer];
    uint32_t c = s->net.layers.at[layer].c;
    for (uint32_t i = 0; t->ramp && i < c; i++) {
        if (!is_silent(s, layer, i)) continue;
        for (uint32_t k = i * (t->biases / c); k < (i + 1) * (t->biases / c); k++) {
            double y = floor((double)t->bias[k] / t->ramp[i]);
            t->bias[k] = (int32_t)fmin(fmax(y, 0), t->ticks);
        }
        for (uint32_t k = i * (t->reals / c); k < (i + 1) * (t->reals / c); k++)
            t->real[k] = t->bias[k * (t->biases / t->reals)] * t->scale;
        t->ramp[i] = 1;
    }
}

static double unit_of(const TtfsTuneLayer *t, uint32_t channel) {
    return t->scale / (t->ramp ? t->ramp[channel] : 1);
}

/* What the input's offset adds to the bias of a channel that has one everywhere. */
static double offset_of(const TtfsTuneStart *s, uint32_t layer, uint32_t channel,
                        const float *const *step) {
    const TtfsNetLayer *l = &s->net.layers.at[layer];
    double sum = 0;
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsTerm *t = &s->net.terms.at[l->term_first + k];
        if (!s->net.layers.at[t->src].of_input) continue;
        const int16_t *w = s->layer[layer].weights[k] + channel * t->row;
        for (uint64_t j = 0; j < t->row; j++)
            sum += (double)(float)((double)step[k][channel] * w[j]);
    }
    return sum * s->offset;
}

/* Whether what the offset adds is the same at all positions, so that a bias can be an integer. */
static bool has_own_biases(const TtfsTuneStart *s, uint32_t layer) {
    const TtfsTuneLayer *t = &s->layer[layer];
    const TtfsNetLayer *l = &s->net.layers.at[layer];
    bool places, shifted = ttfs_net_shifts(&s->net, l, &places);
    return t->biases == t->reals && (t->biases == l->c || s->offset == 0 || !shifted);
}

/* Biases on the grid of the sums, where a channel has one: the integer itself. */
static const double *biases_of(TtfsTuneStart *s, uint32_t layer, const float *const *step) {
    const TtfsTuneLayer *t = &s->layer[layer];
    double *b = TTFS_ARRAY(&s->arena, double, t->reals);
    uint32_t each = ttfs_net_size(&s->net.layers.at[layer]) / t->reals;
    uint32_t plane = s->net.layers.at[layer].h * s->net.layers.at[layer].w;
    bool own = has_own_biases(s, layer);
    for (uint32_t i = 0; i < t->reals; i++) {
        uint32_t channel = i * each / plane;
        int32_t half = t->ramp ? t->ramp[channel] / 2 : 0;
        b[i] = own ? (t->bias[i] - half) * unit_of(t, channel) - offset_of(s, layer, channel, step)
                   : t->real[i];
    }
    return b;
}

static TtfsNetGrid grid_of(TtfsTuneStart *s, uint32_t layer) {
    const TtfsNetLayer *l = &s->net.layers.at[layer];
    TtfsTuneLayer *t = &s->layer[layer];
    TtfsNetGrid g = {.scale = t->scale, .ticks = t->ticks, .bits = t->bits};
    if (layer == 0) g.offset = s->offset, g.rounded = s->rounded;
    if (!ttfs_net_sums(l)) return g;
    settle_silent(s, layer);
    float **step = TTFS_ARRAY(&s->arena, float *, l->terms);
    for (uint32_t k = 0; k < l->terms; k++) {
        double in = s->layer[s->net.terms.at[l->term_first + k].src].scale;
        step[k] = TTFS_ARRAY(&s->arena, float, l->c);
        for (uint32_t i = 0; i < l->c; i++) step[k][i] = (float)(unit_of(t, i) / in);
    }
    g.step = (const float **)step;
    g.weights = t->weights;
    g.bias = biases_of(s, layer, (const float *const *)step);
    g.biases = t->reals;
    return g;
}

void ttfs_tune_model(TtfsTuneStart *s, TtfsBuf *out) {
    TtfsNetGrid *grid = TTFS_ARRAY(&s->arena, TtfsNetGrid, s->net.layers.len);
    for (uint32_t i = 0; i < s->net.layers.len; i++) grid[i] = grid_of(s, i);
    const TtfsTensorInfo *sample = ttfs_ir_tensor(&s->canonical, s->canonical.input);
    ttfs_net_to_onnx(&s->net, sample, grid, out);
}

/* --- the graph that came out --- */

static bool differs(const TtfsTuneStart *s, uint32_t layer, const char *what, TtfsDiag *diag) {
    return ttfs_error_advice(diag, TTFS_AT_NODE(s->file, s->net.layers.at[layer].name),
                             TTFS_GRAPH_DIFFERS, "report it with the folder and the samples",
                             "the tuned network is compiled to another one than was trained: its "
                             "%s are not the same",
                             what);
}

/* Neuron by neuron: a map of matrices may have come out as a vector. */
static bool same_ramps(const TtfsTuneLayer *t, const TtfsNetLayer *l, const TtfsPopulation *p) {
    for (uint32_t k = 0; t->ramp && k < ttfs_pop_size(p); k++)
        if (p->ramp[k / (p->h * p->w)] != t->ramp[k / (l->h * l->w)]) return false;
    return true;
}

static bool same_layer(const TtfsTuneStart *s, uint32_t i, const TtfsSpike *out, TtfsDiag *diag) {
    const TtfsTuneLayer *t = &s->layer[i];
    const TtfsPopulation *p = &out->pops.at[i];
    const TtfsNetLayer *l = &s->net.layers.at[i];
    if (p->ticks != t->ticks || ttfs_pop_size(p) != ttfs_net_size(l))
        return differs(s, i, "windows", diag);
    if (fabs(p->scale - t->scale) > 1e-6 * t->scale) return differs(s, i, "scales", diag);
    if (!ttfs_net_sums(l)) return true;
    if (p->conn_count != l->terms) return differs(s, i, "connections", diag);
    for (uint32_t k = 0; k < ttfs_pop_size(p); k++)
        if (ttfs_pop_bias(p, k) != t->bias[k / (ttfs_pop_size(p) / t->biases)])
            return differs(s, i, "biases", diag);
    if (!same_ramps(t, l, p)) return differs(s, i, "ramps", diag);
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsConnection *c = &out->conns.at[p->conn_first + k];
        uint64_t n = ttfs_term_rows(l, &s->net.terms.at[l->term_first + k]) *
                     s->net.terms.at[l->term_first + k].row;
        if (c->weight_count != n || memcmp(c->weights, t->weights[k], n * sizeof *c->weights) != 0)
            return differs(s, i, "weights", diag);
    }
    return true;
}

bool ttfs_tune_same(const TtfsTuneStart *s, const TtfsSpike *out, TtfsDiag *diag) {
    if (out->pops.len != s->net.layers.len) return differs(s, 0, "layers", diag);
    for (uint32_t i = 0; i < out->pops.len; i++)
        if (!same_layer(s, i, out, diag)) return false;
    return true;
}

/* With other ticks or bits the folder's integers are not those that a layer was frozen with. */
static void tell_frozen(const TtfsTuneStart *s, TtfsDiag *diag) {
    for (uint32_t i = 0; s->frozen && !s->as_out && i < s->net.layers.len; i++)
        if (s->frozen[i])
            ttfs_note(diag, TTFS_AT_NODE(s->file, s->net.layers.at[i].name),
                      "frozen as the training begins with it, quantised anew for other ticks or "
                      "bits than those of %s, whose integers it has not",
                      s->session.out.folder);
}

/* --- the folder --- */

/* What single layers have that others have not: weight bits, and the input its ticks. */
static void layer_options(TtfsTuneStart *s, TtfsCompileOptions *c) {
    TtfsLayerOptions *o = TTFS_ARRAY(&s->arena, TtfsLayerOptions, s->net.layers.len);
    c->layers = o;
    c->n_layers = 0;
    for (uint32_t i = 0; i < s->net.layers.len; i++) {
        bool bits = ttfs_net_sums(&s->net.layers.at[i]) && s->layer[i].bits != c->weight_bits;
        bool ticks = i == 0 && !s->rounded && s->layer[i].ticks != c->ticks;
        if (!bits && !ticks) continue;
        o[c->n_layers++] = (TtfsLayerOptions){.layer = s->spike.pops.at[i].name,
                                              .ticks = ticks ? s->layer[i].ticks : 0,
                                              .weight_bits = bits ? s->layer[i].bits : 0,
                                              .percentile = -1};
    }
}

static TtfsCompileOptions options_of(TtfsTuneStart *s, const TtfsTuneOptions *o,
                                     const char *model) {
    TtfsCompileOptions c = s->folder.options;
    c.model = model;
    c.out = o->out;
    c.calib = o->session.input;
    c.calib_values = o->session.input_values;
    c.quantiser = ttfs_quantisers[TTFS_QUANTISER_PLAIN];
    c.ramps = ttfs_ramps_names[ttfs_tune_pow2(s) ? TTFS_RAMPS_POW2 : TTFS_RAMPS_ANY];
    c.threads = o->session.threads;
    c.max_drop = -1;
    layer_options(s, &c);
    return c;
}

/* The job of these options, on the folder's chip and with its encoder. */
static bool open_job(TtfsTuneStart *s, const TtfsCompileOptions *c, TtfsJob *job, TtfsDiag *diag) {
    TtfsOut *out = &s->session.out;
    if (!ttfs_job_open(job, c, &s->arena, diag)) return false;
    job->map = out->map;
    job->spike.input_lo = s->folder.lo;
    job->spike.input_hi = s->folder.hi;
    job->range_given = true;
    if (!out->has_plan) return true;
    job->chip = out->plan.chip;
    job->writes_chip = ttfs_file_exists(ttfs_out_path(out, "chip.json"));
    return true;
}

static bool write_folder(TtfsTuneStart *s, TtfsTuned *t, TtfsJob *job, const TtfsBuf *model,
                         TtfsDiag *diag) {
    TtfsBuf report = {0};
    ttfs_tuned_json(t, false, &report);
    const TtfsMade made[] = {{"model.onnx", model->text, model->len},
                             {"report/tune.json", report.text, report.len}};
    t->made.made = made;
    t->made.n_made = 2;
    bool ok = ttfs_tune_same(s, &t->made.spike, diag) && ttfs_pipeline_write(&t->made, job, diag);
    t->made.n_made = 0;
    ttfs_buf_free(&report);
    return ok;
}

/* Up to the image. The chip takes what the training began with; of what came out potentials and
 * ramps may be wider. Then the errors say so, and the graph is kept: a training is not lost. */
static bool run_steps(TtfsTuneStart *s, TtfsTuned *t, TtfsJob *job, TtfsDiag *diag) {
    TtfsStep last = s->session.out.has_plan ? TTFS_STEPS - 1 : TTFS_STEP_SPIKE;
    if (ttfs_pipeline_run(&t->made, job, last, diag)) return true;
    t->misfit = t->made.next == TTFS_STEP_PLAN;
    if (t->misfit)
        ttfs_note(
            diag, TTFS_AT_FILE(job->options->out),
            "written without a plan: compile its model.onnx for a wider chip (--chip, --fit)");
    return t->misfit;
}

bool ttfs_tune_compile(TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsTuned *t, TtfsDiag *diag) {
    TtfsBuf model = {0};
    TtfsJob job;
    ttfs_tune_model(s, &model);
    tell_frozen(s, diag);
    TtfsCompileOptions c = options_of(s, o, ttfs_path_join(&s->arena, o->out, "model.onnx"));
    bool ok = open_job(s, &c, &job, diag);
    job.model = model.text;
    job.model_size = model.len;
    ok = ok && run_steps(s, t, &job, diag) && write_folder(s, t, &job, &model, diag);
    ttfs_buf_free(&model);
    return ok;
}
