/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder and samples made ready. Invariant: what begins is the folder's graph, or with other
 * ticks or bits what compiling its network with these gives, but for the input's scale, which is
 * float32.
 */
#include "tune_start.h"

#include "ir_to_ir.h"
#include "net_to_onnx.h"
#include "tune_graph.h"
#include "tune_layers.h"
#include "tune_targets.h"

#include <math.h>
#include <string.h>

static bool open_folder(TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsDiag *diag) {
    int parts = TTFS_OUT_NET | TTFS_OUT_SPIKE | TTFS_OUT_PLAN_IF_ANY;
    TtfsSessionOptions session = o->session;
    bool none = session.labels && strcmp(session.labels, "none") == 0;
    if (none) session.labels = NULL;
    if (!ttfs_session_open(&s->session, &session, parts, !none, diag)) return false;
    TtfsOut *out = &s->session.out;
    s->file = ttfs_out_path(out, "forms/ir.txt");
    s->folder.options = (TtfsCompileOptions){.percentile = -1, .max_drop = -1};
    return ttfs_refill_manifest(&s->folder, ttfs_out_path(out, "manifest.json"), &s->arena, diag) &&
           ttfs_ir_canonical(&out->net, &s->canonical, s->file, diag) &&
           ttfs_net_of(&s->canonical, s->file, &s->net, diag);
}

/* Labels that were asked for are classes. */
static bool check_labels(const TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsDiag *diag) {
    const TtfsSession *in = &s->session;
    bool given = o->session.labels || o->session.label_values;
    return !given || in->labels.kind != TTFS_LABELS_VALUES ||
           ttfs_error(diag, TTFS_AT_FILE(in->label_array.file), TTFS_LABELS_FORMAT,
                      "a class a sample expected: tune trains networks that name classes");
}

/* The elements of the output are the readout's neurons in order, a vector of them. */
static bool check_order(const TtfsTuneStart *s, TtfsDiag *diag) {
    const TtfsOutput *o = &s->net.outputs.at[0];
    uint32_t neuron, element;
    if (!ttfs_output_is_vector(o))
        return ttfs_error_advice(diag, TTFS_AT_NODE(s->file, o->name), TTFS_MODEL_FORM,
                                 "train it in its own framework",
                                 "tune trains networks whose output is one vector of logits, not "
                                 "a map");
    for (uint32_t i = 0; i < o->pieces.len; i++)
        for (uint64_t k = 0; k < ttfs_piece_size(&o->pieces.at[i]); k++) {
            ttfs_piece_at(&o->pieces.at[i], k, &neuron, &element);
            if (neuron != element)
                return ttfs_error_advice(diag, TTFS_AT_NODE(s->file, o->name), TTFS_MODEL_FORM,
                                         "leave out what moves the outputs",
                                         "tune trains networks whose last layer is their output");
        }
    return true;
}

/* Where a model can say the input's grid, its scale is float32. */
static void round_input(TtfsTuneStart *s) {
    TtfsPopulation *in = ttfs_spike_pop(&s->spike, s->spike.input);
    TtfsNetGrid g = {.scale = (double)(float)in->scale, .offset = in->offset};
    s->offset = in->offset;
    s->rounded = ttfs_net_to_onnx_rounds(&g);
    if (!s->rounded) return;
    in->scale = s->layer[0].scale = g.scale;
    s->offset = in->offset = rint(g.offset / g.scale) * g.scale;
}

/* The options of the folder with so many ticks of a population. */
static void set_ticks(TtfsTuneStart *s, const char *name, uint32_t ticks) {
    TtfsCompileOptions *c = &s->folder.options;
    TtfsLayerOptions *o = TTFS_ARRAY(&s->arena, TtfsLayerOptions, c->n_layers + 1);
    uint32_t at = 0;
    if (c->n_layers) memcpy(o, c->layers, c->n_layers * sizeof *o);
    while (at < c->n_layers && strcmp(o[at].layer, name) != 0) at++;
    if (at == c->n_layers) o[c->n_layers++] = (TtfsLayerOptions){.layer = name, .percentile = -1};
    o[at].ticks = ticks;
    c->layers = o;
}

bool ttfs_tune_restart(TtfsTuneStart *s, uint32_t layer, uint32_t ticks, TtfsTuneStand *before) {
    TtfsDiag own = {0};
    *before = (TtfsTuneStand){.spike = s->spike,
                              .layer = s->layer,
                              .offset = s->offset,
                              .rounded = s->rounded,
                              .layers = s->folder.options.layers,
                              .n_layers = s->folder.options.n_layers};
    set_ticks(s, ttfs_arena_strdup(&s->arena, s->spike.pops.at[layer].name), ticks);
    bool ok = ttfs_tune_quantise(s, &own) && ttfs_tune_shared(s);
    ttfs_diag_free(&own);
    if (ok) {
        ttfs_tune_take_layers(s);
        round_input(s);
    } else {
        ttfs_tune_return(s, before);
    }
    return ok;
}

void ttfs_tune_return(TtfsTuneStart *s, const TtfsTuneStand *before) {
    ttfs_spike_free(&s->spike);
    s->spike = before->spike;
    s->layer = before->layer;
    s->offset = before->offset;
    s->rounded = before->rounded;
    s->folder.options.layers = before->layers;
    s->folder.options.n_layers = before->n_layers;
}

bool ttfs_tune_start(TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsDiag *diag) {
    *s = (TtfsTuneStart){.offset = 0};
    if (!open_folder(s, o, diag) || !ttfs_tune_check(&s->net, s->file, diag) ||
        !ttfs_net_to_onnx_check(&s->net, s->file, diag) || !check_order(s, diag) ||
        !check_labels(s, o, diag) || !ttfs_tune_graph(s, o, diag) || !ttfs_tune_fits(s, NULL, diag))
        return false;
    ttfs_tune_take_layers(s);
    round_input(s);
    return ttfs_tune_move_open(&s->move, &s->session, &s->net, o, diag) &&
           ttfs_tune_frozen(&s->net, &s->spike, o, &s->arena, &s->frozen, diag) &&
           ttfs_tune_targets(s, o, diag);
}

void ttfs_tune_start_close(TtfsTuneStart *s) {
    if (s->example) ttfs_tune_example_close(s->example);
    ttfs_spike_free(&s->spike);
    ttfs_net_free(&s->net);
    ttfs_ir_free(&s->canonical);
    ttfs_session_close(&s->session);
    ttfs_arena_free(&s->arena);
}

bool ttfs_tune_encode(void *start, uint64_t sample, uint32_t turn, uint16_t *x, TtfsDiag *diag) {
    const TtfsTuneStart *s = start;
    float v[4096];
    TtfsArena a = {0};
    uint64_t n = s->session.input.elements;
    float *room = n <= 4096 ? v : TTFS_ARRAY(&a, float, n);
    bool ok = ttfs_tune_sample(&s->move, sample, turn, room, diag);
    if (ok) ttfs_spike_encode(&s->spike, room, x);
    ttfs_arena_free(&a);
    return ok;
}

bool ttfs_tune_show(void *start, uint32_t member, const uint32_t *sample, uint32_t n, uint32_t turn,
                    uint32_t lanes, float *const *to, TtfsDiag *diag) {
    const TtfsTuneStart *s = start;
    return ttfs_tune_example_show(s->example, member, sample, n, turn, lanes, to, diag);
}

bool ttfs_tune_accept(void *start, const TtfsTuneLayer *layer) {
    TtfsDiag own = {0};
    bool ok = ttfs_tune_fits(start, layer, &own);
    ttfs_diag_free(&own);
    return ok;
}
