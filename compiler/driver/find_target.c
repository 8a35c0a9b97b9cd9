/* SPDX-License-Identifier: Apache-2.0
 *
 * The search. Losses fall as ticks and bits rise, nearly: for every width of weights, from the
 * widest down, the least ticks that meet the target are found by bisection over rungs (1, 2, .., 8,
 * then by an eighth), from those of the width before on, and must be met a rung higher too. Of the
 * widths the cheapest is taken. Then each layer for itself gets the least ticks, or bits, with
 * which the target is still met, where that is cheaper, those with most to save first. All in one
 * order, by integers of the engine and sums that are the same everywhere.
 */
#include "find_target.h"

#include "trial.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TRIALS = 160, MOST_RUNGS = 160, LEAST_BITS = TTFS_LEAST_WEIGHT_BITS };
static const char told[] = "settings";

typedef struct {
    TtfsBench bench;
    TtfsPipeline *f;
    TtfsJob *job;
    TtfsFrontier *out;
    TtfsDiag *diag;
    uint32_t rung[MOST_RUNGS], rungs; /* ticks, rising */
    uint32_t most_bits;
    bool ended; /* stopped, or without memory: diag says it */
} Search;

static TtfsArena *arena(Search *s) {
    return &s->f->arena;
}

/* --- trying --- */

static bool same_layers(const TtfsSetting *p, const TtfsLayerOptions *layers, uint32_t n) {
    return p->n_layers == n && (n == 0 || p->layers == layers);
}

static bool meets(const TtfsTarget *t, const TtfsTried *r) {
    const double rounding = 1e-9; /* of the percent that were given */
    return !r->refused && ttfs_setting_loss(r) <= t->loss + rounding;
}

/* The point of a setting, which is tried unless it was; NULL when the search is over. */
static const TtfsSetting *try_setting(Search *s, uint32_t ticks, uint32_t bits,
                                      const TtfsLayerOptions *layers, uint32_t n) {
    for (uint32_t i = 0; i < s->out->points.len; i++) {
        const TtfsSetting *p = &s->out->points.at[i];
        if (p->ticks == ticks && p->weight_bits == bits && same_layers(p, layers, n)) return p;
    }
    if (s->ended || s->out->points.len == MOST_TRIALS) return NULL;
    TtfsSetting p = {.ticks = ticks, .weight_bits = bits, .layers = layers, .n_layers = n};
    TtfsSpikeOptions with = s->job->spike;
    with.ticks = ticks;
    with.weight_bits = bits;
    with.layers = layers;
    with.n_layers = n;
    s->ended = !ttfs_bench_try(&s->bench, &with, &p.tried, s->diag);
    if (s->ended) return NULL;
    p.meets = meets(&s->out->target, &p.tried);
    *TTFS_PUSH(arena(s), s->out->points) = p;
    ttfs_tell(&s->job->options->progress, told, s->out->points.len, MOST_TRIALS);
    return &s->out->points.at[s->out->points.len - 1];
}

static bool met(Search *s, uint32_t rung, uint32_t bits) {
    const TtfsSetting *p =
        try_setting(s, s->rung[rung], bits, s->job->spike.layers, s->job->spike.n_layers);
    return p && p->meets;
}

/* --- the network's ticks and bits --- */

/* The first rung from `from` on that meets the target; s->rungs: none. */
static uint32_t bisect(Search *s, uint32_t bits, uint32_t from) {
    uint32_t fails = from, holds = s->rungs - 1;
    if (met(s, from, bits)) return from;
    if (from == holds || !met(s, holds, bits)) return s->rungs;
    while (holds - fails > 1) {
        uint32_t middle = fails + (holds - fails) / 2;
        if (met(s, middle, bits))
            holds = middle;
        else
            fails = middle;
    }
    return holds;
}

/* The same, with the rung above meeting it as well. */
static uint32_t settle(Search *s, uint32_t bits, uint32_t from) {
    uint32_t at = bisect(s, bits, from);
    while (at < s->rungs && !(met(s, at, bits) && (at + 1 == s->rungs || met(s, at + 1, bits))))
        at++;
    return at;
}

/* Points are named by index: the list moves as it grows. */
static uint32_t index_of(const Search *s, const TtfsSetting *p) {
    return (uint32_t)(p - s->out->points.at);
}

/* Cheaper; of equals the one of fewer bits of memory, then of less loss. */
static bool better(const TtfsFrontier *f, const TtfsSetting *p, const TtfsSetting *q) {
    double a = ttfs_setting_cost(f, p), b = ttfs_setting_cost(f, q);
    if (a != b) return a < b;
    if (p->tried.memory_bits != q->tried.memory_bits)
        return p->tried.memory_bits < q->tried.memory_bits;
    return p->tried.odds.bound < q->tried.odds.bound;
}

/* The cheapest of the widths; false: none meets the target. */
static bool find_network(Search *s) {
    bool found = false;
    uint32_t from = 0;
    for (uint32_t bits = s->most_bits; bits >= LEAST_BITS; bits--) {
        uint32_t at = settle(s, bits, from);
        const TtfsSetting *p =
            at < s->rungs
                ? try_setting(s, s->rung[at], bits, s->job->spike.layers, s->job->spike.n_layers)
                : NULL;
        if (!p) break;
        if (!found || better(s->out, p, ttfs_frontier_chosen(s->out)))
            s->out->chosen = index_of(s, p);
        found = true;
        from = at;
    }
    return found;
}

/* Where nothing meets it: the least bound. */
static void take_nearest(Search *s) {
    double least = INFINITY;
    for (uint32_t i = 0; i < s->out->points.len; i++) {
        const TtfsTried *t = &s->out->points.at[i].tried;
        double off = ttfs_setting_loss(t);
        if (t->refused || !(off < least)) continue;
        least = off;
        s->out->chosen = i;
    }
}

/* --- layers --- */

typedef struct {
    const char *name;
    bool ticks;    /* its ticks are looked for, else its weight bits */
    uint64_t gain; /* neurons, or weights */
    uint32_t order;
} Knob;

static bool user_has(const Search *s, const char *name, bool ticks) {
    const TtfsSpikeOptions *o = &s->job->spike;
    for (uint32_t i = 0; i < o->n_layers; i++)
        if (strcmp(o->layers[i].layer, name) == 0 &&
            (ticks ? o->layers[i].ticks : o->layers[i].weight_bits))
            return true;
    return false;
}

static int by_gain(const void *x, const void *y) {
    const Knob *a = x, *b = y;
    if (a->gain != b->gain) return a->gain < b->gain ? 1 : -1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* The layers of the chosen network, by what can be saved. */
static uint32_t list_knobs(Search *s, const TtfsSpike *spike, Knob *knob) {
    bool ticks = s->out->target.optimise != TTFS_OPTIMISE_MEMORY;
    uint32_t n = 0;
    for (uint32_t i = 0; i < spike->pops.len; i++) {
        const TtfsPopulation *p = &spike->pops.at[i];
        bool has = ticks ? p->kind == TTFS_POP_RELU || p->kind == TTFS_POP_INPUT
                         : p->kind == TTFS_POP_RELU || p->kind == TTFS_POP_READOUT;
        if (!has || user_has(s, p->name, ticks)) continue;
        uint64_t gain = ticks ? ttfs_pop_size(p) : ttfs_pop_parameters(spike, p);
        knob[n++] = (Knob){ttfs_arena_strdup(arena(s), p->name), ticks, gain, i};
    }
    qsort(knob, n, sizeof *knob, by_gain);
    return n;
}

/* The chosen layers with one of them changed. */
static TtfsLayerOptions *with_knob(Search *s, const Knob *k, uint32_t value, uint32_t *n) {
    const TtfsSetting *p = ttfs_frontier_chosen(s->out);
    TtfsLayerOptions *layers = TTFS_ARRAY(arena(s), TtfsLayerOptions, p->n_layers + 1);
    uint32_t i = 0;
    if (p->n_layers) memcpy(layers, p->layers, p->n_layers * sizeof *layers);
    while (i < p->n_layers && strcmp(layers[i].layer, k->name) != 0) i++;
    *n = i < p->n_layers ? p->n_layers : p->n_layers + 1;
    if (i == p->n_layers) layers[i] = (TtfsLayerOptions){.layer = k->name, .percentile = -1};
    *(k->ticks ? &layers[i].ticks : &layers[i].weight_bits) = value;
    return layers;
}

/* Tries a value of a layer, which becomes the chosen one when it meets the target and is cheaper.
 */
static bool turn(Search *s, const Knob *k, uint32_t value) {
    uint32_t n;
    const TtfsLayerOptions *layers = with_knob(s, k, value, &n);
    const TtfsSetting *c = ttfs_frontier_chosen(s->out);
    const TtfsSetting *p = try_setting(s, c->ticks, c->weight_bits, layers, n);
    if (!p || !p->meets || !better(s->out, p, ttfs_frontier_chosen(s->out))) return false;
    s->out->chosen = index_of(s, p);
    return true;
}

/* Values of a layer by rank: ticks are rungs, bits are themselves. */
static uint32_t rank_of(const Search *s, const Knob *k) {
    const TtfsSetting *c = ttfs_frontier_chosen(s->out);
    uint32_t rank = 0;
    if (!k->ticks) return c->weight_bits;
    while (rank + 1 < s->rungs && s->rung[rank] < c->ticks) rank++;
    return rank;
}

/* The least value of a layer that still meets the target: down by one, by two, by four, and back
 * into the last stride by halves. */
static void turn_down(Search *s, const Knob *k) {
    uint32_t at = rank_of(s, k), least = k->ticks ? 0 : LEAST_BITS, step = 1;
    bool grows = true;
    while (at > least && step && !s->ended) {
        if (step > at - least) step = at - least;
        uint32_t to = at - step;
        bool ok = turn(s, k, k->ticks ? s->rung[to] : to);
        if (ok) at = to;
        grows &= ok;
        step = grows ? 2 * step : step / 2;
    }
}

/* The spike graph of the chosen setting, for what its layers are. */
static bool lower(Search *s, TtfsSpike *spike) {
    const TtfsSetting *c = ttfs_frontier_chosen(s->out);
    TtfsBudget before = s->f->budget;
    TtfsSpikeOptions with = s->job->spike;
    TtfsQuantReport report = {0};
    TtfsDiag own = {0};
    with.ticks = c->ticks;
    with.weight_bits = c->weight_bits;
    with.fit = NULL;
    bool ok = ttfs_ir_to_spike(&s->f->canonical, &s->f->calib, &with, s->job->options->model, spike,
                               &report, &own);
    ttfs_arena_free(&report.arena);
    ttfs_diag_free(&own);
    s->f->budget.spent = before.spent;
    s->f->budget.passed = before.passed;
    return ok;
}

static void find_layers(Search *s) {
    TtfsSpike spike = {0};
    if (!lower(s, &spike)) return;
    Knob *knob = TTFS_ARRAY(arena(s), Knob, spike.pops.len);
    uint32_t n = list_knobs(s, &spike, knob);
    ttfs_spike_free(&spike);
    for (uint32_t i = 0; i < n && !s->ended; i++) turn_down(s, &knob[i]);
}

/* --- what is said --- */

static const char *setting_text(Search *s, const TtfsSetting *p) {
    const char *text =
        ttfs_arena_printf(arena(s), "%u ticks and %u bits", p->ticks, p->weight_bits);
    for (uint32_t i = s->job->spike.n_layers; i < p->n_layers; i++) {
        const TtfsLayerOptions *l = &p->layers[i];
        text = ttfs_arena_printf(arena(s), "%s, %s %u %s", text, l->layer,
                                 l->ticks ? l->ticks : l->weight_bits, l->ticks ? "ticks" : "bits");
    }
    return text;
}

/* What was counted on the samples held back, and what is expected of others. */
static const char *found_text(Search *s, const TtfsSetting *p) {
    const TtfsTried *t = &p->tried;
    bool labelled = s->out->target.labelled;
    uint64_t hits = labelled ? t->right : t->same, held = s->out->held - s->out->proof;
    TtfsInterval i = ttfs_wilson(hits, held);
    const char *counted = ttfs_arena_printf(
        arena(s), "%" PRIu64 " of %" PRIu64 " classes are %s (95 %% interval %.4g to %.4g %%)",
        hits, held, labelled ? "right" : "the float network's", 100 * i.low, 100 * i.high);
    double expected = 100 * t->odds.loss, most = 100 * fmin(1, ttfs_setting_loss(t));
    if (!labelled)
        return ttfs_arena_printf(arena(s),
                                 "%s, %.5g %% are expected by laying every error on every sample, "
                                 "%.5g %% or more of samples it was not trained on",
                                 counted, 100 - expected, 100 - most);
    return ttfs_arena_printf(arena(s),
                             "%s, %" PRIu64 " of the float network's; a drop of %.3g points is "
                             "expected by laying every error on every sample, at most %.3g of "
                             "samples it was not trained on",
                             counted, s->out->right, expected, most);
}

static const char *target_text(Search *s) {
    const TtfsTarget *t = &s->out->target;
    return t->labelled ? ttfs_arena_printf(arena(s), "a drop of %.4g points at most", 100 * t->loss)
                       : ttfs_arena_printf(arena(s), "%.6g %% agreement", 100 - 100 * t->loss);
}

/* What the samples for proof say of the chosen setting. */
static void tell_proof(Search *s, const TtfsSetting *p, TtfsLoc at) {
    enum { PROOF_OF = 10 }; /* samples one is for proof: of the fifth held back every other */
    const TtfsTried *t = &p->tried;
    const char *counted = ttfs_arena_printf(
        arena(s), "of %" PRIu64 " samples held back on which nothing was chosen %" PRIu64 " %s",
        s->out->proof, t->lost, s->out->target.labelled ? "lost their class" : "changed class");
    double most = 100 * fmin(1, ttfs_setting_proof(s->out, p)), loss = s->out->target.loss;
    if (t->won) counted = ttfs_arena_printf(arena(s), "%s, %" PRIu64 " won it", counted, t->won);
    if (ttfs_frontier_met(s->out))
        ttfs_note(s->diag, at, "proven: %s, so that with 95 %% others lose %.3g %% at most",
                  counted, most);
    else if (loss > 0 && loss < 1)
        ttfs_warn(s->diag, at, TTFS_TARGET_UNPROVEN,
                  "%s is expected, not proven: %s, so that with 95 %% others lose %.3g %% at most; "
                  "some %.0f calibration samples and no loss would prove it",
                  target_text(s), counted, most, PROOF_OF * ttfs_target_enough(&s->out->target));
    else
        ttfs_warn(s->diag, at, TTFS_TARGET_UNPROVEN,
                  "%s is expected, and no number of samples proves it: %s", target_text(s),
                  counted);
}

static void tell(Search *s) {
    const TtfsSetting *p = ttfs_frontier_chosen(s->out);
    TtfsLoc at = TTFS_AT_FILE(s->job->options->model);
    if (!p->meets) {
        ttfs_warn(s->diag, at, TTFS_TARGET_MISSED,
                  "%s is not reached with up to %u ticks and %u bits; nearest are %s: %s",
                  target_text(s), s->out->most_ticks, s->out->most_bits, setting_text(s, p),
                  found_text(s, p));
        return;
    }
    ttfs_note(s->diag, at,
              "for %s: %s, of %u settings that were tried the one of least %s that meets it; on "
              "calibration samples held back %s%s",
              target_text(s), setting_text(s, p), s->out->points.len,
              ttfs_optimise_names[s->out->target.optimise], found_text(s, p),
              s->out->points.len == MOST_TRIALS ? " (no more were tried)" : "");
    tell_proof(s, p, at);
}

/* --- the whole --- */

static void make_rungs(Search *s) {
    for (uint32_t t = 1; s->rungs < MOST_RUNGS; t += t < 16 ? 1 : t / 8) {
        if (t >= s->out->most_ticks) t = s->out->most_ticks;
        s->rung[s->rungs++] = t;
        if (t == s->out->most_ticks) return;
    }
}

/* The most that options and chip allow. */
static void take_most(Search *s) {
    const TtfsChip *c = &s->job->chip;
    uint32_t ticks = s->job->spike.ticks, bits = s->job->spike.weight_bits;
    if (!s->job->options->fit) {
        uint32_t most = ttfs_chip_max_ticks(c);
        ticks = ticks < most ? ticks : most;
        bits = bits < c->weight_bits ? bits : c->weight_bits;
    }
    s->out->most_ticks = ticks;
    s->out->most_bits = s->most_bits = bits;
}

/* Makes the chosen setting the job's. */
static void take_chosen(Search *s) {
    const TtfsSetting *p = ttfs_frontier_chosen(s->out);
    s->job->spike.ticks = p->ticks;
    s->job->spike.weight_bits = p->weight_bits;
    s->job->spike.layers = p->layers;
    s->job->spike.n_layers = p->n_layers;
    s->f->frontier = s->out;
}

static const char *first_refusal(const Search *s) {
    return s->out->points.len ? s->out->points.at[0].tried.refused : "none was tried";
}

static bool search(Search *s) {
    ttfs_tell(&s->job->options->progress, told, 0, MOST_TRIALS);
    if (find_network(s))
        find_layers(s);
    else
        take_nearest(s);
    if (s->ended) return false;
    if (!s->out->points.len || ttfs_frontier_chosen(s->out)->tried.refused)
        return ttfs_error(s->diag, TTFS_AT_FILE(s->job->options->model), TTFS_OPTION_VALUE,
                          "no setting that was tried is a network: %s", first_refusal(s));
    ttfs_tell(&s->job->options->progress, told, MOST_TRIALS, MOST_TRIALS);
    tell(s);
    take_chosen(s);
    return true;
}

bool ttfs_target_find(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag) {
    if (!job->target.wanted) return true;
    Search s = {.f = f, .job = job, .diag = diag, .out = TTFS_NEW(&f->arena, TtfsFrontier)};
    s.out->target = job->target;
    take_most(&s);
    make_rungs(&s);
    if (!ttfs_bench_open(&s.bench, f, job, diag)) return false;
    s.out->held = s.bench.held;
    s.out->proof = s.bench.held / 2;
    s.out->right = s.bench.right;
    return search(&s);
}
