/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder's own graph, or another that is made as the folder's was.
 */
#include "tune_graph.h"

#include "spike_to_plan.h"

#include <string.h>

/* Weights are fitted where the folder's were, and to what it keeps. */
static bool fits_weights(const TtfsTuneStart *s, const TtfsKeptSamples *kept) {
    const char *how = s->folder.options.quantiser;
    return kept->count && strcmp(how, ttfs_quantisers[TTFS_QUANTISER_PLAIN]) != 0;
}

static bool asks_pow2(const TtfsTuneStart *s) {
    const char *ramps = s->folder.options.ramps;
    return ramps && strcmp(ramps, ttfs_ramps_names[TTFS_RAMPS_POW2]) == 0;
}

bool ttfs_tune_pow2(const TtfsTuneStart *s) {
    if (!asks_pow2(s)) return false;
    for (uint32_t i = 0; i < s->net.layers.len; i++)
        for (uint32_t k = 0; s->layer[i].ramp && k < s->net.layers.at[i].c; k++) {
            uint32_t ramp = (uint32_t)s->layer[i].ramp[k];
            if (ramp & (ramp - 1)) return false;
        }
    return true;
}

static bool lower(TtfsTuneStart *s, const TtfsCalibration *kept, TtfsDiag *diag) {
    const TtfsCompileOptions *c = &s->folder.options;
    const TtfsFitSamples fit = {
        .values = kept->kept.values, .count = kept->kept.count, .threads = s->session.threads};
    TtfsSpikeOptions o = {.ticks = c->ticks,
                          .weight_bits = c->weight_bits,
                          .percentile = c->percentile,
                          .input_lo = s->folder.lo,
                          .input_hi = s->folder.hi,
                          .layers = c->layers,
                          .n_layers = c->n_layers,
                          .pow2 = asks_pow2(s),
                          .fit = fits_weights(s, &kept->kept) ? &fit : NULL};
    TtfsQuantReport report;
    TtfsDiag own = {0}; /* what it says of what training begins with is of no use */
    bool ok =
        ttfs_ir_to_spike(&s->canonical, &kept->calib, &o, s->file, &s->spike, &report, &own) &&
        ttfs_spike_check(&s->spike, s->file, &own);
    if (!ok) ttfs_diag_append(diag, &own);
    ttfs_arena_free(&report.arena);
    ttfs_diag_free(&own);
    return ok;
}

bool ttfs_tune_quantise(TtfsTuneStart *s, TtfsDiag *diag) {
    TtfsCalibration kept;
    TtfsArena a = {0};
    s->spike = (TtfsSpike){.latency = 0};
    bool ok = ttfs_calibration_load_own(&kept, &s->canonical, s->session.out.folder, &a, diag);
    if (ok) {
        ok = lower(s, &kept, diag);
        ttfs_calibration_free(&kept);
    }
    ttfs_arena_free(&a);
    return ok;
}

/* A weight that stands alone. */
static bool is_lone(const TtfsTerm *t) {
    return t->weights && t->row == 1 && !t->quantum;
}

static bool same_kind(TtfsLayerKind layer, TtfsPopKind pop) {
    switch (layer) {
    case TTFS_LAYER_INPUT:
        return pop == TTFS_POP_INPUT;
    case TTFS_LAYER_RELU:
        return pop == TTFS_POP_RELU;
    case TTFS_LAYER_READOUT:
        return pop == TTFS_POP_READOUT;
    case TTFS_LAYER_MAXPOOL:
    case TTFS_LAYER_MINPOOL:
        return pop == TTFS_POP_POOL;
    }
    return false;
}

static bool same_connection(const TtfsNetLayer *l, const TtfsTerm *t, const TtfsConnection *c) {
    bool sums = ttfs_net_sums(l);
    return c->src.i == t->src + 1 &&
           c->weight_count == (sums ? ttfs_term_rows(l, t) * t->row : 0) &&
           sums != ttfs_conn_is_pool(c);
}

/* How many synapses each term of a layer is; false: the population is not the layer's. */
static bool count_synapses(const TtfsTuneStart *s, uint32_t layer, uint32_t *times) {
    const TtfsNetLayer *l = &s->net.layers.at[layer];
    const TtfsPopulation *p = &s->spike.pops.at[layer];
    const TtfsTerm *term = l->terms ? &s->net.terms.at[l->term_first] : NULL;
    uint32_t lone = 0, more = p->conn_count - l->terms, at = 0;
    for (uint32_t k = 0; k < l->terms; k++) lone += is_lone(&term[k]);
    if (!same_kind(l->kind, p->kind) || p->c != l->c || p->h != l->h || p->w != l->w ||
        p->conn_count < l->terms || (lone ? more % lone : more))
        return false;
    for (uint32_t k = 0; k < l->terms; k++) {
        times[k] = is_lone(&term[k]) ? 1 + more / lone : 1;
        for (uint32_t i = 0; i < times[k]; i++)
            if (!same_connection(l, &term[k], &s->spike.conns.at[p->conn_first + at++]))
                return false;
    }
    return true;
}

bool ttfs_tune_share(TtfsTuneStart *s) {
    uint32_t *times = TTFS_ARRAY(&s->arena, uint32_t, s->net.terms.len);
    if (s->spike.pops.len != s->net.layers.len) return false;
    for (uint32_t i = 0; i < s->net.layers.len; i++)
        if (!count_synapses(s, i, times + s->net.layers.at[i].term_first)) return false;
    ttfs_net_share(&s->net, times);
    return true;
}

bool ttfs_tune_shared(const TtfsTuneStart *s) {
    TtfsArena a = {0};
    uint32_t *times = TTFS_ARRAY(&a, uint32_t, s->net.terms.len);
    bool same = s->spike.pops.len == s->net.layers.len;
    for (uint32_t i = 0; same && i < s->net.layers.len; i++)
        same = s->spike.pops.at[i].conn_count == s->net.layers.at[i].terms &&
               count_synapses(s, i, times + s->net.layers.at[i].term_first);
    ttfs_arena_free(&a);
    return same;
}

/* Without a calibration windows are bounds, from which nothing learns. */
static bool take_graph(TtfsTuneStart *s, TtfsDiag *diag) {
    TtfsCalibration kept;
    TtfsArena a = {0};
    bool ok = ttfs_calibration_load_own(&kept, &s->canonical, s->session.out.folder, &a, diag);
    if (ok) ttfs_calibration_free(&kept);
    ttfs_arena_free(&a);
    s->spike = s->session.out.spike;
    s->session.out.spike = (TtfsSpike){.latency = 0};
    return ok;
}

bool ttfs_tune_graph(TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsDiag *diag) {
    TtfsCompileOptions *c = &s->folder.options;
    s->as_out = (!o->ticks || o->ticks == c->ticks) &&
                (!o->weight_bits || o->weight_bits == c->weight_bits);
    if (o->ticks) c->ticks = o->ticks;
    if (o->weight_bits) c->weight_bits = o->weight_bits;
    if (s->as_out && !take_graph(s, diag)) return false;
    if (s->as_out && ttfs_tune_share(s)) return true;
    if (s->as_out)
        ttfs_note(diag, TTFS_AT_FILE(s->session.out.folder),
                  "its spike graph is not what this ttfs makes of its network: the training begins "
                  "with that, quantised anew");
    s->as_out = false;
    ttfs_spike_free(&s->spike);
    return ttfs_tune_quantise(s, diag) &&
           (ttfs_tune_share(s) ||
            ttfs_error_advice(diag, TTFS_AT_FILE(s->session.out.folder), TTFS_GRAPH_DIFFERS,
                              "report it with the folder",
                              "the spike graph that was made is not that of the network"));
}

/* The integers of a population that has any. */
static void take_integers(TtfsTuneStart *s, const TtfsPopulation *p, TtfsTuneLayer *to) {
    to->bits = s->spike.conns.at[p->conn_first].weight_bits;
    to->bias = p->bias;
    to->biases = p->bias_count;
    to->weights = TTFS_ARRAY(&s->arena, const int16_t *, p->conn_count);
    for (uint32_t k = 0; k < p->conn_count; k++)
        to->weights[k] = s->spike.conns.at[p->conn_first + k].weights;
}

void ttfs_tune_take_layers(TtfsTuneStart *s) {
    s->layer = TTFS_ARRAY(&s->arena, TtfsTuneLayer, s->net.layers.len);
    for (uint32_t i = 0; i < s->net.layers.len; i++) {
        const TtfsPopulation *p = &s->spike.pops.at[i];
        s->layer[i] = (TtfsTuneLayer){.scale = p->scale, .ticks = p->ticks, .ramp = p->ramp};
        if (p->conn_count) take_integers(s, p, &s->layer[i]);
    }
}

/* A copy of the graph with other integers; lies in `a`. */
static TtfsSpike with_integers(const TtfsTuneStart *s, const TtfsTuneLayer *layer, TtfsArena *a) {
    TtfsSpike g = s->spike;
    g.pops.at = TTFS_ARRAY(a, TtfsPopulation, g.pops.len);
    g.conns.at = TTFS_ARRAY(a, TtfsConnection, g.conns.len);
    memcpy(g.pops.at, s->spike.pops.at, g.pops.len * sizeof *g.pops.at);
    memcpy(g.conns.at, s->spike.conns.at, g.conns.len * sizeof *g.conns.at);
    for (uint32_t i = 0; i < g.pops.len; i++) {
        TtfsPopulation *p = &g.pops.at[i];
        if (!ttfs_net_sums(&s->net.layers.at[i])) continue;
        p->bias = layer[i].bias;
        p->bias_count = layer[i].biases;
        if (p->ramp) p->ramp = layer[i].ramp;
        for (uint32_t k = 0; k < p->conn_count; k++) {
            g.conns.at[p->conn_first + k].weights = layer[i].weights[k];
            g.conns.at[p->conn_first + k].shared = 0;
        }
    }
    return g;
}

static uint32_t schedule_of(const TtfsTuneStart *s) {
    const char *name = s->folder.options.schedule;
    for (uint32_t i = 0; name && ttfs_schedule_names[i]; i++)
        if (strcmp(ttfs_schedule_names[i], name) == 0) return i;
    return TTFS_SCHEDULE_AUTO;
}

bool ttfs_tune_fits(const TtfsTuneStart *s, const TtfsTuneLayer *layer, TtfsDiag *diag) {
    const TtfsOut *out = &s->session.out;
    TtfsPlan plan = {0};
    TtfsArena a = {0};
    if (!out->has_plan) return true;
    TtfsSpike g = layer ? with_integers(s, layer, &a) : s->spike;
    bool ok =
        ttfs_spike_to_plan(&g, &out->plan.chip, (TtfsSchedule)schedule_of(s), s->file, &plan, diag);
    ttfs_plan_free(&plan);
    ttfs_arena_free(&a);
    return ok;
}
