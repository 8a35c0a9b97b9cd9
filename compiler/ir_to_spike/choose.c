/* SPDX-License-Identifier: Apache-2.0
 *
 * Which way a layer is quantised. In: a layer whose sources are quantised, samples that reached
 * them; out: weights, ramps, biases, a window. Method: some windows with plain weights, then fitted
 * weights of several strengths in the best window; whatever has the least squared error on the
 * samples held back, plain when nothing is better.
 */
#include "fit.h"
#include "layer.h"
#include "lower.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* One way to quantise, and what came of it. */
typedef struct {
    TtfsArena arena;
    TtfsDiag diag;
    TtfsGridLayer grid;
    double error;
    bool ok, fitted;
} Trial;

static uint64_t weights_of(const TtfsGridTerm *t, uint32_t channels) {
    return channels * t->rows * t->row;
}

static bool make(const TtfsGridTask *task, TtfsGridLayer *grid, TtfsArena *a, TtfsDiag *diag) {
    return task->ticks ? ttfs_layer_relu(task, grid, a, diag)
                       : ttfs_layer_readout(task, grid, a, diag);
}

static TtfsProbeWay way_of(const TtfsNetLayer *l, const TtfsGridTask *task,
                           const TtfsGridLayer *g) {
    uint32_t ticks = ttfs_lower_ticks(l, g->scale, task->ticks);
    return (TtfsProbeWay){.weights = g->weights,
                          .bias = g->bias,
                          .ramp = g->ramp,
                          .bias_count = task->bias_count,
                          .scale = g->scale,
                          .ticks = ticks};
}

static void drop(Trial *t) {
    ttfs_diag_free(&t->diag);
    ttfs_arena_free(&t->arena);
}

/* Tries a window and a way; keeps it when it is the best so far. */
static void try_way(TtfsLower *l, uint32_t layer, TtfsGridTask *task, const TtfsFit *fit,
                    double scale, Trial *best) {
    Trial t = {.grid = {.scale = scale}, .fitted = fit != NULL};
    t.grid.weights = TTFS_ARRAY(&t.arena, int16_t *, task->terms);
    for (uint32_t k = 0; k < task->terms; k++)
        t.grid.weights[k] =
            TTFS_ARRAY(&t.arena, int16_t, weights_of(&task->term[k], task->channels));
    task->fit = fit;
    t.ok = make(task, &t.grid, &t.arena, &t.diag);
    task->fit = NULL;
    TtfsProbeWay way = way_of(&l->net->layers.at[layer], task, &t.grid);
    t.error = t.ok ? ttfs_probe_try(l->probe, layer, &way) : INFINITY;
    if (!best->grid.weights || t.error < best->error) {
        drop(best);
        *best = t;
    } else
        drop(&t);
}

/* Whether the window may be another one than the percentile says: not where the model has a grid,
 * nor where the network or the layer was given another percentile than the usual one. */
static bool window_is_free(const TtfsLower *l, const TtfsGridTask *task, const char *name) {
    const TtfsSpikeOptions *o = l->options;
    for (uint32_t i = 0; i < o->n_layers; i++)
        if (o->layers[i].percentile >= 0 && strcmp(o->layers[i].layer, name) == 0) return false;
    return task->ticks && !task->fixed && o->percentile == TTFS_USUAL_PERCENTILE;
}

/* Plain weights in the window of the percentile, and in that of least error. */
static void try_windows(TtfsLower *l, uint32_t layer, TtfsGridTask *task, double scale, bool free,
                        Trial *best) {
    try_way(l, layer, task, NULL, scale, best);
    TtfsTensor t = l->net->layers.at[layer].tensor;
    double top = free ? ttfs_lower_least_error(l, t, task->ticks) : 0;
    if (top > 0) try_way(l, layer, task, NULL, top / task->ticks, best);
}

/* Fits of several strengths in the best window. */
static void try_fits(TtfsLower *l, uint32_t layer, TtfsGridTask *task, Trial *best) {
    static const TtfsFitWay way[] = {{0.03f, 0}, {0.03f, 1}, {0.3f, 1}, {1, 1}};
    TtfsArena a = {0};
    TtfsMoments m;
    double scale = best->grid.scale;
    ttfs_moments_of(l->probe, layer, task->bias, task->bias_count, &m, &a);
    const volatile int *stop = l->options->fit->progress.stop; /* the walk over layers says so */
    for (uint32_t i = 0; i < sizeof way / sizeof *way && !(stop && *stop); i++) {
        TtfsFit fit = {.moments = &m, .way = way[i], .threads = l->probe->threads};
        TtfsMark mark = ttfs_arena_mark(&a);
        fit.pull = ttfs_fit_pull(task, &m, way[i], fit.threads, &a);
        try_way(l, layer, task, &fit, scale, best);
        ttfs_arena_release(&a, mark);
    }
    ttfs_arena_free(&a);
}

/* The chosen way becomes the layer's. */
static void keep(const TtfsGridTask *task, const Trial *t, TtfsGridLayer *grid, TtfsArena *a) {
    int16_t **weights = grid->weights;
    *grid = t->grid;
    grid->weights = weights;
    for (uint32_t k = 0; k < task->terms; k++)
        memcpy(weights[k], t->grid.weights[k],
               weights_of(&task->term[k], task->channels) * sizeof **weights);
    grid->bias = TTFS_ARRAY(a, int32_t, task->bias_count);
    memcpy(grid->bias, t->grid.bias, task->bias_count * sizeof *grid->bias);
    if (!grid->ramp) return;
    grid->ramp = TTFS_ARRAY(a, int32_t, task->channels);
    memcpy(grid->ramp, t->grid.ramp, task->channels * sizeof *grid->ramp);
}

/* Why the weights are not fitted; NULL: they may be. The work of all layers is bounded. */
static const char *refuse(TtfsLower *l, uint32_t layer, const TtfsGridTask *task) {
    static const uint64_t MOST_WORK = (uint64_t)1 << 33;
    const char *why = ttfs_moments_refuse(l->net, layer);
    uint64_t inputs = 0;
    for (uint32_t k = 0; k < task->terms; k++) inputs += task->term[k].row;
    if (why) return why;
    uint64_t work = task->channels * inputs * inputs;
    if (work > MOST_WORK - l->fit_work) return "it and the layers before it have too many weights";
    l->fit_work += work;
    return NULL;
}

/* Tries windows and ways on the samples held back. */
static bool choose(TtfsLower *l, uint32_t layer, TtfsGridTask *task, TtfsGridLayer *grid,
                   TtfsQuantLayer *q) {
    Trial best = {.error = INFINITY};
    bool free = window_is_free(l, task, q->name);
    try_windows(l, layer, task, grid->scale, free, &best);
    q->error_plain = best.error;
    q->why = best.ok && best.grid.kept == task->channels ? "its integers are the model's"
                                                         : refuse(l, layer, task);
    if (q->why && best.grid.kept < task->channels)
        ttfs_note(l->diag, task->at, "its weights are not fitted: %s", q->why);
    if (best.ok && !q->why) try_fits(l, layer, task, &best);
    q->error = best.error;
    q->quantiser = best.fitted ? "fitted" : "plain";
    if (!best.fitted && !q->why) q->why = "no fit was better on the samples held back";
    bool ok = best.ok;
    if (ok) keep(task, &best, grid, &l->out->arena);
    ttfs_diag_append(l->diag, &best.diag);
    drop(&best);
    return ok;
}

/* The layer with so many bits a weight, in the window that it has: plain, or fitted to moments. */
static double noise_at(TtfsLower *l, uint32_t layer, const TtfsGridTask *task, double scale,
                       uint32_t bits, const TtfsMoments *m) {
    const TtfsNetLayer *of = &l->net->layers.at[layer];
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsGridTask tried = *task;
    TtfsGridTerm *term = TTFS_ARRAY(&a, TtfsGridTerm, task->terms);
    TtfsGridLayer grid = {.scale = scale, .weights = TTFS_ARRAY(&a, int16_t *, task->terms)};
    TtfsFit fit = {.moments = m, .way = {0.3f, 1}, .threads = l->probe->threads};
    for (uint32_t k = 0; k < task->terms; k++) {
        term[k] = task->term[k];
        term[k].synapses = ttfs_lower_synapses(l, of, &l->net->terms.at[of->term_first + k], bits);
        grid.weights[k] = TTFS_ARRAY(&a, int16_t, weights_of(&term[k], task->channels));
    }
    tried.term = term;
    tried.bits = bits;
    if (m) fit.pull = ttfs_fit_pull(&tried, m, fit.way, fit.threads, &a);
    tried.fit = m ? &fit : NULL;
    double noise = INFINITY;
    if (make(&tried, &grid, &a, &diag)) {
        TtfsProbeWay way = way_of(of, &tried, &grid);
        noise = ttfs_probe_noise(l->probe, layer, &way);
    }
    ttfs_diag_free(&diag);
    ttfs_arena_free(&a);
    return noise;
}

/* What each width costs the layer. Where few bits are fitted in the end they are fitted here, one
 * way; with more of them plain weights tell as much. */
static void try_widths(TtfsLower *l, uint32_t layer, const TtfsGridTask *task, double scale,
                       const char *name) {
    enum { FEW_BITS = 6 };
    TtfsLayerWidths w = {.name = ttfs_arena_strdup(&l->widths->arena, name), .bits = task->bits};
    TtfsArena a = {0};
    TtfsMoments m;
    bool fits = !refuse(l, layer, task);
    if (fits) ttfs_moments_of(l->probe, layer, task->bias, task->bias_count, &m, &a);
    for (uint32_t k = 0; k < task->terms; k++)
        w.weights += weights_of(&task->term[k], task->channels);
    const volatile int *stop = l->options->fit->progress.stop; /* the walk over layers says so */
    for (uint32_t b = 2; b <= task->bits && !(stop && *stop); b++) {
        w.noise[b] = noise_at(l, layer, task, scale, b, NULL);
        if (fits && b <= FEW_BITS)
            w.noise[b] = fmin(w.noise[b], noise_at(l, layer, task, scale, b, &m));
    }
    *TTFS_PUSH(&l->widths->arena, l->widths->at) = w;
    ttfs_arena_free(&a);
}

bool ttfs_choose_layer(TtfsLower *l, uint32_t layer, TtfsGridTask *task, TtfsGridLayer *grid,
                       TtfsQuantLayer *q) {
    q->quantiser = "plain";
    if (l->probe) ttfs_probe_sums(l->probe, layer, task->bias, task->bias_count);
    if (l->widths) try_widths(l, layer, task, grid->scale, q->name);
    if (!(l->fit ? choose(l, layer, task, grid, q) : make(task, grid, &l->out->arena, l->diag)))
        return false;
    TtfsProbeWay way = way_of(&l->net->layers.at[layer], task, grid);
    if (l->probe) ttfs_probe_take(l->probe, layer, &way);
    return true;
}
