/* SPDX-License-Identifier: Apache-2.0
 *
 * Populations and connections from layers. In: a layer whose sources have populations; out: its own
 * population with window, scale, weights, biases and ramps.
 */
#include "lower.h"

#include "layer.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ALL = 1000000 }; /* a rate: every neuron fires */

/* The options of the population of that name: the common ones with its own over them. */
static TtfsPopOptions options_of(TtfsLower *l, const char *name) {
    const TtfsSpikeOptions *o = l->options;
    TtfsPopOptions p = {o->ticks, o->weight_bits, o->percentile};
    for (uint32_t i = 0; i < o->n_layers; i++) {
        if (strcmp(o->layers[i].layer, name) != 0) continue;
        l->layer_used[i] = true;
        if (o->layers[i].ticks) p.ticks = o->layers[i].ticks;
        if (o->layers[i].weight_bits) p.weight_bits = o->layers[i].weight_bits;
        if (o->layers[i].percentile >= 0) p.percentile = o->layers[i].percentile;
    }
    return p;
}

static void add_population(TtfsLower *l, const TtfsPopulation *p, TtfsRange range) {
    *TTFS_PUSH(&l->out->arena, l->out->pops) = *p;
    *TTFS_PUSH(&l->scratch, l->ranges) = range;
}

static TtfsRange constant_range(TtfsLower *l, uint32_t channels, double low, double high) {
    TtfsRange r = {TTFS_ARRAY(&l->scratch, double, channels),
                   TTFS_ARRAY(&l->scratch, double, channels)};
    for (uint32_t i = 0; i < channels; i++) {
        r.low[i] = low;
        r.high[i] = high;
    }
    return r;
}

static void report_input(TtfsLower *l, const TtfsPopulation *p, TtfsTensor t, double low,
                         double high) {
    TtfsQuantLayer *q = TTFS_PUSH(&l->report->arena, l->report->at);
    *q =
        (TtfsQuantLayer){.name = ttfs_arena_strdup(&l->report->arena, p->name), .window_top = high};
    if (!l->calib || l->calib->samples == 0) return;
    const TtfsTensorStat *seen = &l->calib->stat[t.i - 1];
    q->seen_max = (double)seen->max;
    q->saturated = high > 0 ? ttfs_lower_saturated(l, t, high) : 0;
    q->first_tick = high > 0 ? ttfs_lower_saturated(l, t, high - p->scale / 2) : 0;
    if ((double)seen->max > high || (double)seen->min < low)
        ttfs_note(l->diag, TTFS_AT_NODE(l->file, p->name),
                  "calibration has values in %g..%g; what lies outside the range %g..%g is clipped",
                  (double)seen->min, (double)seen->max, low, high);
}

static const char *kept_text(const TtfsLower *l, const char *text) {
    return text ? ttfs_arena_strdup(&l->out->arena, text) : NULL;
}

/* A population of the layer's shape, not yet in the graph. */
static TtfsPopulation shaped(TtfsLower *l, const TtfsNetLayer *layer, TtfsPopKind kind) {
    return (TtfsPopulation){.kind = kind,
                            .name = ttfs_names_take(&l->names, layer->name, &l->out->arena),
                            .c = layer->c,
                            .h = layer->h,
                            .w = layer->w,
                            .conn_first = l->out->conns.len,
                            .of = kept_text(l, layer->of),
                            .part = kept_text(l, layer->part)};
}

static void set_rates(TtfsLower *l, TtfsPopulation *p, TtfsTensor t, double half_quantum,
                      uint32_t otherwise) {
    p->rate_ppm = ttfs_lower_rate(l, t, half_quantum, otherwise);
    p->rates = ttfs_lower_rates(l, p, t, half_quantum);
}

static bool lower_input(TtfsLower *l, const TtfsNetLayer *layer) {
    double low = (double)l->options->input_lo, high = (double)l->options->input_hi;
    TtfsPopulation p = shaped(l, layer, TTFS_POP_INPUT);
    p.ticks = options_of(l, p.name).ticks;
    if (layer->quantum > 0) {
        p.ticks = layer->ticks;
        low = layer->offset;
        high = low + layer->quantum * p.ticks;
        ttfs_note(l->diag, TTFS_AT_NODE(l->file, p.name),
                  "its window is the model's grid: %g to %g in %" PRIu32 " steps", low, high,
                  p.ticks);
    }
    p.offset = low;
    p.scale = layer->quantum > 0 ? layer->quantum : (high - low) / p.ticks;
    set_rates(l, &p, l->net->input, low + p.scale / 2, ALL);
    report_input(l, &p, l->net->input, low, high);
    add_population(l, &p, constant_range(l, p.c, low, high));
    l->out->input = (TtfsPop){l->out->pops.len};
    if (l->probe) ttfs_probe_input(l->probe, l->options->fit, p.offset, p.scale, p.ticks);
    return true;
}

static void note_losses(const TtfsLower *l, TtfsLoc at, const TtfsQuantLayer *q, uint64_t weights) {
    if (q->clipped_weights)
        ttfs_note(l->diag, at, "%" PRIu64 " of %" PRIu64 " weights were clipped to a finer grid",
                  q->clipped_weights, weights);
    if (q->saturated > 0)
        ttfs_note(l->diag, at, "%.3g %% of the calibrated activations lie above the window of %g",
                  q->saturated * 100, q->window_top);
}

/* What became of the model's own grid. */
static void note_grid(const TtfsLower *l, const TtfsGridTask *task, const TtfsGridLayer *grid) {
    TtfsLoc at = task->at;
    if (grid->kept)
        ttfs_note(l->diag, at,
                  "the weights of %" PRIu32 " of %" PRIu32
                  " channels are the model's integers; the ratio of grids is off by at most "
                  "%.3g %%",
                  grid->kept, task->channels, grid->kept_error * 100);
    if (grid->left && grid->kept_bits > task->bits)
        ttfs_note(l->diag, at,
                  "the weights of %" PRIu32 " channels are quantised anew: the model's integers "
                  "need %" PRIu32 " bits, the layer has %" PRIu32,
                  grid->left, grid->kept_bits, task->bits);
    else if (grid->left)
        ttfs_note(l->diag, at,
                  "the weights of %" PRIu32 " channels are quantised anew: no multiples of the "
                  "model's integers in %" PRIu32 " bits give the ratio of its grids",
                  grid->left, task->bits);
}

/* The connections of a layer's terms and what the quantiser needs of each. */
static bool connect_terms(TtfsLower *l, const TtfsNetLayer *layer, uint32_t bits, TtfsPopulation *p,
                          TtfsGridTerm *grid) {
    for (uint32_t k = 0; k < layer->terms; k++) {
        const TtfsTerm *t = &l->net->terms.at[layer->term_first + k];
        const TtfsPopulation *src = &l->out->pops.at[t->src];
        TtfsConnection c;
        const float *weights = t->weights;
        if (!ttfs_lower_connect(l, layer, t, &c)) return false;
        uint64_t taps = c.kind == TTFS_CONN_DENSE ? (uint64_t)src->h * src->w
                                                  : (uint64_t)c.kernel[0] * c.kernel[1];
        uint64_t row = taps * (c.src_channels / c.group);
        c.dst.i = l->out->pops.len + 1;
        uint32_t rows = t->dense ? layer->h * layer->w : 1;
        c.weight_count = weights ? row * rows * layer->c : 0;
        if (c.weight_count > TTFS_MAX_WEIGHTS)
            return ttfs_error(l->diag, ttfs_lower_at(l, layer, t->name), TTFS_LIMIT,
                              "%" PRIu64 " weights, at most %" PRIu64, c.weight_count,
                              TTFS_MAX_WEIGHTS);
        uint32_t synapses = ttfs_lower_synapses(l, layer, t, bits);
        grid[k] = (TtfsGridTerm){.weights = weights,
                                 .rows = rows,
                                 .row = row,
                                 .group = taps,
                                 .own = t->group > 1,
                                 .synapses = synapses,
                                 .in_scale = src->scale,
                                 .in_ticks = src->ticks,
                                 .quantum = t->quantum,
                                 .quanta = t->quanta};
        uint32_t end = src->start + (weights ? src->ticks : 0);
        if (end > p->start) p->start = end;
        p->conn_count += synapses;
        for (uint32_t i = 0; i < synapses; i++) {
            *TTFS_PUSH(&l->out->arena, l->out->conns) = c;
            *TTFS_PUSH(&l->scratch, l->weights) = weights;
        }
    }
    return true;
}

/* The first connection before `k` that was made from the same real weights; 0: none. */
static uint32_t twin_of(const TtfsLower *l, uint32_t k) {
    for (uint32_t i = 0; i < k; i++)
        if (l->weights.at[i] == l->weights.at[k] && !l->out->conns.at[i].shared &&
            l->out->conns.at[i].weight_count == l->out->conns.at[k].weight_count)
            return i + 1;
    return 0;
}

/* Integer weights of connection `k` where they stay: shared when a twin has the same. */
static void keep_weights(TtfsLower *l, uint32_t k, int16_t *w, bool owned) {
    TtfsConnection *c = &l->out->conns.at[k];
    uint32_t twin = twin_of(l, k);
    size_t bytes = (size_t)c->weight_count * sizeof *w;
    if (twin && memcmp(l->out->conns.at[twin - 1].weights, w, bytes) == 0) {
        c->shared = twin;
        c->weights = l->out->conns.at[twin - 1].weights;
        return;
    }
    if (!owned) w = memcpy(TTFS_ARRAY(&l->out->arena, int16_t, c->weight_count), w, bytes);
    c->weights = w;
}

/* The part of synapse `i` of `n` in a weight: as even as integers can be. */
static int16_t part_of(int32_t w, uint32_t i, uint32_t n) {
    int32_t each = w / (int32_t)n, rest = w % (int32_t)n;
    return (int16_t)(each + ((uint32_t)abs(rest) > i ? (rest > 0) - (rest < 0) : 0));
}

/* The weights of a term, `w`, become those of its connections from `first` on. */
static void share_out(TtfsLower *l, const TtfsGridTerm *t, uint32_t first, int16_t *w, bool owned) {
    uint64_t n = l->out->conns.at[first].weight_count;
    for (uint32_t i = 0; i < t->synapses; i++) {
        int16_t *part = w;
        if (t->synapses > 1) {
            part = TTFS_ARRAY(&l->scratch, int16_t, n);
            for (uint64_t j = 0; j < n; j++) part[j] = part_of(w[j], i, t->synapses);
        }
        keep_weights(l, first + i, part, owned && t->synapses == 1);
    }
}

/* Where the layer's grid is too coarse for all ticks of a window that the network ends, it has
 * those that lie below the end. */
static void end_window(TtfsLower *l, const TtfsNetLayer *layer, TtfsLoc at, double scale,
                       TtfsPopulation *p) {
    uint32_t below = ttfs_lower_ticks(layer, scale, p->ticks);
    if (below == p->ticks) return;
    ttfs_note(l->diag, at,
              "values end at %g: the window has the %" PRIu32 " ticks that lie below, of %" PRIu32,
              layer->top, below, p->ticks);
    p->ticks = below;
}

/* Quantises the layer into population *p and its connections. */
static bool quantise(TtfsLower *l, uint32_t index, const TtfsPopOptions *own, TtfsGridTerm *term,
                     TtfsPopulation *p, TtfsQuantLayer *q) {
    const TtfsNetLayer *layer = &l->net->layers.at[index];
    bool readout = p->kind == TTFS_POP_READOUT;
    TtfsGridTask task = {.at = ttfs_lower_at(l, layer, p->name),
                         .term = term,
                         .terms = layer->terms,
                         .channels = layer->c,
                         .bits = own->weight_bits,
                         .ticks = p->ticks,
                         .fixed = layer->quantum > 0,
                         .pow2 = l->options->pow2};
    double offset = ttfs_spike_pop(l->out, l->out->input)->offset;
    task.bias = ttfs_net_bias(l->net, index, offset, &l->scratch, &task.bias_count);
    TtfsGridLayer grid = {.scale = p->scale};
    uint64_t weights = 0;
    grid.weights = TTFS_ARRAY(&l->scratch, int16_t *, layer->terms);
    for (uint32_t k = 0, at = p->conn_first; k < layer->terms; at += term[k++].synapses) {
        /* What may turn out to be shared is made beside the graph. */
        uint64_t n = l->out->conns.at[at].weight_count;
        TtfsArena *a = twin_of(l, at) || term[k].synapses > 1 ? &l->scratch : &l->out->arena;
        bool fits = ttfs_budget_array(l->scratch.budget, n, 2 * sizeof(int16_t));
        grid.weights[k] = TTFS_ARRAY(a, int16_t, fits ? n : 0);
        weights += n;
    }
    ttfs_budget_spend(l->scratch.budget, ttfs_layer_work(&task));
    if (!ttfs_budget_check(l->scratch.budget, task.at, l->diag)) return false;
    if (!ttfs_choose_layer(l, index, &task, &grid, q)) return false;
    for (uint32_t k = 0, at = p->conn_first; k < layer->terms; at += term[k++].synapses) {
        for (uint32_t i = 0; i < term[k].synapses; i++)
            l->out->conns.at[at + i].weight_bits = own->weight_bits;
        share_out(l, &term[k], at, grid.weights[k], !twin_of(l, at));
    }
    end_window(l, layer, task.at, grid.scale, p);
    p->scale = grid.scale;
    p->bias = grid.bias;
    p->bias_count = task.bias_count;
    p->ramp = grid.ramp;
    q->window_top = p->scale * p->ticks;
    q->weight_error = grid.weight_error;
    q->ramp_min = grid.ramp_min;
    q->ramp_max = grid.ramp_max;
    q->clipped_weights = grid.clipped;
    q->kept = grid.kept;
    q->left = grid.left;
    q->kept_error = grid.kept_error;
    q->saturated = readout ? 0 : ttfs_lower_saturated(l, layer->tensor, q->window_top);
    q->first_tick = readout ? 0
                            : ttfs_lower_saturated(l, layer->tensor, q->window_top - p->scale / 2);
    note_losses(l, task.at, q, weights);
    note_grid(l, &task, &grid);
    return true;
}

static bool lower_linear(TtfsLower *l, uint32_t index) {
    const TtfsNetLayer *layer = &l->net->layers.at[index];
    bool readout = layer->kind == TTFS_LAYER_READOUT;
    TtfsPopulation p = shaped(l, layer, readout ? TTFS_POP_READOUT : TTFS_POP_RELU);
    TtfsGridTerm *term = TTFS_ARRAY(&l->scratch, TtfsGridTerm, layer->terms);
    TtfsPopOptions own = options_of(l, p.name);
    TtfsRange range = {NULL, NULL};
    if (!connect_terms(l, layer, own.weight_bits, &p, term)) return false;
    TtfsQuantLayer *q = TTFS_PUSH(&l->report->arena, l->report->at);
    *q = (TtfsQuantLayer){.name = ttfs_arena_strdup(&l->report->arena, p.name)};
    if (!readout) {
        p.ticks = layer->quantum > 0 ? layer->ticks : own.ticks;
        range = ttfs_lower_propagate(l, index);
        p.scale = layer->quantum > 0
                      ? layer->quantum
                      : ttfs_lower_top(l, layer, &range, ttfs_lower_at(l, layer, p.name), &own) /
                            p.ticks;
        q->seen_max = ttfs_lower_seen_max(l, layer->tensor);
    }
    if (!quantise(l, index, &own, term, &p, q)) return false;
    if (!readout) set_rates(l, &p, layer->tensor, p.scale / 2, ALL);
    add_population(l, &p, range);
    if (readout && !l->out->readout.i) l->out->readout = (TtfsPop){l->out->pops.len};
    return true;
}

static bool lower_pool(TtfsLower *l, const TtfsNetLayer *layer) {
    TtfsPopulation p = shaped(l, layer, TTFS_POP_POOL);
    TtfsGridTerm term;
    if (!connect_terms(l, layer, 0, &p, &term)) return false;
    const TtfsConnection *c = &l->out->conns.at[p.conn_first];
    const TtfsPopulation *src = ttfs_spike_pop(l->out, c->src);
    const TtfsRange *r = &l->ranges.at[c->src.i - 1];
    p.ticks = src->ticks;
    p.scale = src->scale;
    p.offset = src->offset;
    set_rates(l, &p, layer->tensor, p.offset + p.scale / 2, src->rate_ppm);
    add_population(l, &p, (TtfsRange){r->low + c->src_ch_first, r->high + c->src_ch_first});
    if (l->probe) ttfs_probe_pool(l->probe, l->out->pops.len - 1);
    return true;
}

bool ttfs_lower_layer(TtfsLower *l, uint32_t index) {
    const TtfsNetLayer *layer = &l->net->layers.at[index];
    switch (layer->kind) {
    case TTFS_LAYER_INPUT:
        return lower_input(l, layer);
    case TTFS_LAYER_RELU:
    case TTFS_LAYER_READOUT:
        return lower_linear(l, index);
    case TTFS_LAYER_MAXPOOL:
    case TTFS_LAYER_MINPOOL:
        return lower_pool(l, layer);
    }
    return false;
}
