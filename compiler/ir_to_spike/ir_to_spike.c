/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonical IR -> spike graph. In: IR, calibration, options; out: a checked graph and what the
 * quantiser did. Method: every layer of the network (compiler/net) becomes a population, every term
 * of its sum a connection, in the same order.
 * Float decides here, once, and nowhere below.
 */
#include "ir_to_spike.h"

#include "lower.h"
#include "widths.h"
#include "moments.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static bool bad_option(const TtfsLower *l, const char *layer, const char *what, double value,
                       const char *range) {
    return ttfs_error(l->diag, TTFS_AT_NODE(l->file, layer), TTFS_OPTION_VALUE,
                      "%s is %g, expected %s", what, value, range);
}

static bool check_options(const TtfsLower *l) {
    const TtfsSpikeOptions *o = l->options;
    bool ok = true;
    if (o->ticks < 1 || o->ticks > TTFS_MAX_TICKS)
        ok = bad_option(l, NULL, "ticks", o->ticks, "1..65535");
    if (o->weight_bits < 2 || o->weight_bits > 16)
        ok = bad_option(l, NULL, "weight bits", o->weight_bits, "2..16");
    if (!(o->percentile > 0 && o->percentile <= 1))
        ok = bad_option(l, NULL, "the percentile", o->percentile, "more than 0, at most 1");
    if (!isfinite(o->input_lo) || !isfinite(o->input_hi) || !(o->input_hi - o->input_lo >= 1e-30f))
        ok = bad_option(l, NULL, "the width of the input range",
                        (double)o->input_hi - (double)o->input_lo, "finite LO < HI");
    for (uint32_t i = 0; i < o->n_layers; i++) {
        const TtfsLayerOptions *a = &o->layers[i];
        if (a->ticks > TTFS_MAX_TICKS) ok = bad_option(l, a->layer, "ticks", a->ticks, "1..65535");
        if (a->weight_bits == 1 || a->weight_bits > 16)
            ok = bad_option(l, a->layer, "weight bits", a->weight_bits, "2..16");
        if (a->percentile > 1 || a->percentile == 0)
            ok = bad_option(l, a->layer, "the percentile", a->percentile, "more than 0, at most 1");
    }
    return ok;
}

/* What an option of a layer asks for and its population cannot have; NULL when all is well. */
static const char *useless(const TtfsLower *l, uint32_t option) {
    const TtfsLayerOptions *a = &l->options->layers[option];
    if (!l->layer_used[option]) return "options for a layer that the network does not have";
    for (uint32_t i = 0; i < l->out->pops.len; i++)
        if (l->out->pops.at[i].kind == TTFS_POP_READOUT &&
            strcmp(a->layer, l->out->pops.at[i].name) == 0 && (a->ticks || a->percentile >= 0))
            return "a window for the readout, which does not spike";
    for (uint32_t i = 0; i < l->net->layers.len; i++)
        if (strcmp(a->layer, l->out->pops.at[i].name) == 0 && l->net->layers.at[i].quantum > 0 &&
            (a->ticks || a->percentile >= 0))
            return "a window for a layer that has the model's own grid";
    if (strcmp(a->layer, ttfs_spike_pop(l->out, l->out->input)->name) == 0 &&
        (a->weight_bits || a->percentile >= 0))
        return "weight bits or a percentile for the input, which takes only ticks";
    return NULL;
}

static bool check_layer_options(const TtfsLower *l) {
    bool ok = true;
    for (uint32_t i = 0; i < l->options->n_layers; i++) {
        const char *why = useless(l, i);
        if (why)
            ok = ttfs_error_advice(
                l->diag, TTFS_AT_NODE(l->file, l->options->layers[i].layer), TTFS_CONFIG_VALUE,
                "ttfs info MODEL lists the layers; a pool has its source's window", "%s", why);
    }
    return ok;
}

/* End of the newest population's window; very deep networks could pass any bound. */
static bool extend_latency(const TtfsLower *l, uint64_t *latency) {
    uint32_t newest = l->out->pops.len - 1;
    const TtfsPopulation *p = &l->out->pops.at[newest];
    uint64_t end = (uint64_t)p->start + p->ticks;
    if (end > *latency) *latency = end;
    return end <= INT32_MAX ||
           ttfs_error(l->diag, ttfs_lower_at(l, &l->net->layers.at[newest], p->name), TTFS_LIMIT,
                      "a latency of %" PRIu64 " ticks, at most %d", end, INT32_MAX);
}

/* Pieces name layers by index + 1, which are the ids of their populations. */
static void add_outputs(const TtfsLower *l) {
    for (uint32_t i = 0; i < l->net->outputs.len; i++) {
        TtfsOutput *o = TTFS_PUSH(&l->out->arena, l->out->outputs);
        *o = l->net->outputs.at[i];
        o->name = ttfs_arena_strdup(&l->out->arena, o->name && *o->name ? o->name : "output");
        o->pieces = (TtfsPieces){0};
        for (uint32_t k = 0; k < l->net->outputs.at[i].pieces.len; k++)
            *TTFS_PUSH(&l->out->arena, o->pieces) = l->net->outputs.at[i].pieces.at[k];
    }
}

/* Before layer i, or behind the last: fitting takes long. */
static bool goes_on(const TtfsLower *l, uint32_t i) {
    if (!l->probe) return true;
    if (l->fit || l->widths)
        ttfs_tell(&l->options->fit->progress, l->widths ? "layers tried" : "layers fitted", i,
                  l->net->layers.len);
    return ttfs_go_on(&l->options->fit->progress, l->diag);
}

static bool walk(TtfsLower *l) {
    uint64_t latency = 0;
    for (uint32_t i = 0; i < l->net->layers.len; i++) {
        if (!goes_on(l, i) || !ttfs_lower_layer(l, i) || !extend_latency(l, &latency) ||
            !ttfs_budget_check(l->scratch.budget,
                               ttfs_lower_at(l, &l->net->layers.at[i], l->net->layers.at[i].name),
                               l->diag))
            return false;
        if (l->probe) ttfs_probe_done(l->probe, i);
    }
    l->out->latency = (uint32_t)latency;
    add_outputs(l);
    return goes_on(l, l->net->layers.len) && check_layer_options(l);
}

/* True when a window has to be found for some layer. */
static bool needs_windows(const TtfsNet *net) {
    for (uint32_t i = 0; i < net->layers.len; i++)
        if (net->layers.at[i].kind == TTFS_LAYER_RELU && net->layers.at[i].quantum == 0)
            return true;
    return false;
}

/* One lowering; with samples, what its readouts are off by on those held back. */
static bool lower(const TtfsLower *with, bool fit, uint32_t samples, TtfsSpike *out,
                  TtfsQuantReport *report, TtfsDiag *diag, double *error) {
    TtfsLower l = *with;
    TtfsProbe probe;
    l.out = out;
    l.report = report;
    l.diag = diag;
    l.fit = fit;
    *out = (TtfsSpike){.arena.budget = with->scratch.budget};
    *report = (TtfsQuantReport){0};
    memcpy(out->order, l.net->order, sizeof out->order);
    l.layer_used = TTFS_ARRAY(&l.scratch, bool, l.options->n_layers);
    if (samples) {
        ttfs_probe_open(&probe, l.net, l.options->fit, samples, !fit && !l.widths);
        l.probe = &probe;
    }
    bool ok = walk(&l) && ttfs_spike_check(out, l.file, diag);
    if (samples) {
        *error = ttfs_probe_error(&probe);
        report->error = *error;
        report->probed = true;
        ttfs_probe_close(&probe);
    }
    ttfs_arena_free(&l.scratch);
    return ok;
}

/* One lowering and what came of it. */
typedef struct {
    TtfsSpike spike;
    TtfsQuantReport report;
    TtfsDiag diag;
    double error;
    bool ok;
} Lowered;

static Lowered lower_one(const TtfsLower *with, bool fit, uint32_t samples) {
    Lowered r = {.ok = false};
    r.ok = lower(with, fit, samples, &r.spike, &r.report, &r.diag, &r.error);
    return r;
}

static void drop(Lowered *r) {
    ttfs_spike_free(&r->spike);
    ttfs_arena_free(&r->report.arena);
    ttfs_diag_free(&r->diag);
}

/* Whether as much work and memory as the plain lowering took is left for another. */
static bool affords(const TtfsBudget *b, const TtfsBudget *before) {
    return !b || (b->work - b->spent > b->spent - before->spent &&
                  b->bytes > b->held + (b->held > before->held ? b->held - before->held : 0));
}

/* Says which it became, and why. */
static void note_choice(const TtfsLower *l, const Lowered *plain, const Lowered *fitted, bool tried,
                        uint32_t held) {
    TtfsLoc at = TTFS_AT_FILE(l->file);
    if (!tried)
        ttfs_note(l->diag, at,
                  "weights are plain: fitting them takes more work or memory than is "
                  "left (--memory)");
    else if (!fitted->ok)
        ttfs_note(l->diag, at, "weights are plain: with fitted ones %s",
                  ttfs_diag_error(&fitted->diag)->what);
    else if (!isfinite(plain->error) || !isfinite(fitted->error))
        ttfs_note(l->diag, at,
                  "on the calibration samples held back values are too large for float32: weights "
                  "are %s",
                  fitted->error < plain->error ? "fitted" : "plain");
    else
        ttfs_note(l->diag, at,
                  "on %" PRIu32 " calibration samples held back the outputs are off by %.3g %% "
                  "with plain weights, %.3g %% with fitted ones: they are %s",
                  held, 100 * sqrt(plain->error), 100 * sqrt(fitted->error),
                  fitted->error < plain->error ? "fitted" : "plain");
}

/* Both ways; the one whose readouts are nearer to the float network's on the samples held back. */
static bool lower_both(const TtfsLower *with, uint32_t samples, TtfsSpike *out,
                       TtfsQuantReport *report) {
    TtfsBudget *budget = with->scratch.budget, before = budget ? *budget : (TtfsBudget){0};
    Lowered plain = lower_one(with, false, samples), fitted = {.ok = false};
    bool tried = plain.ok && affords(budget, &before);
    if (tried) fitted = lower_one(with, true, samples);
    bool stopped = fitted.diag.errors_of[TTFS_STOPPED] > 0;
    bool better = stopped || (fitted.ok && fitted.error < plain.error);
    Lowered *best = better ? &fitted : &plain, *other = better ? &plain : &fitted;
    if (budget && plain.ok && !better) budget->passed = TTFS_WITHIN; /* by what is dropped */
    ttfs_diag_append(with->diag, &best->diag);
    *out = best->spike;
    *report = best->report;
    if (best->ok) note_choice(with, &plain, &fitted, tried, samples / TTFS_HELD_EVERY);
    ttfs_diag_free(&best->diag);
    drop(other);
    return best->ok;
}

/* How many samples weights are fitted to; 0: too few, or they and the moments take more memory than
 * is left. */
static uint32_t fit_samples(const TtfsNet *net, const TtfsFitSamples *fit, const TtfsBudget *b) {
    uint32_t samples = ttfs_probe_room(net, fit->count);
    uint64_t moments = 0, left = b && b->held < b->bytes ? b->bytes - b->held : 0;
    for (uint32_t i = 0; i < net->layers.len; i++) {
        uint64_t bytes = ttfs_moments_room(net, i);
        if (bytes > moments) moments = bytes;
    }
    return !b || samples * ttfs_probe_bytes(net) + moments <= left ? samples : 0;
}

bool ttfs_measure_widths(const TtfsIr *ir, const TtfsCalib *calib, const TtfsSpikeOptions *options,
                         const char *file, TtfsWidths *out, TtfsDiag *diag) {
    TtfsNet net;
    TtfsLower l = {.net = &net, .calib = calib, .options = options, .file = file, .diag = diag};
    *out = (TtfsWidths){0};
    l.scratch.budget = ir->arena.budget;
    l.widths = out;
    if (!check_options(&l) || !ttfs_net_of(ir, file, &net, diag)) return false;
    uint32_t samples = fit_samples(&net, options->fit, l.scratch.budget);
    Lowered r = {.ok = false};
    if (samples)
        r = lower_one(&l, false, samples);
    else
        ttfs_error_advice(diag, TTFS_AT_FILE(file), TTFS_OPTION_VALUE,
                          "give more samples (--calib) or more memory (--memory)",
                          "widths of layers are chosen on %d calibration samples or more, and "
                          "take memory for their values in this network",
                          TTFS_LEAST_FIT_SAMPLES);
    bool ok = r.ok;
    if (!ok) ttfs_diag_append(diag, &r.diag); /* else the lowering that counts says it */
    drop(&r);
    ttfs_net_free(&net);
    return ok;
}

bool ttfs_ir_to_spike(const TtfsIr *ir, const TtfsCalib *calib, const TtfsSpikeOptions *options,
                      const char *file, TtfsSpike *out, TtfsQuantReport *report, TtfsDiag *diag) {
    TtfsNet net;
    TtfsLower l = {.net = &net, .calib = calib, .options = options, .file = file, .diag = diag};
    *out = (TtfsSpike){.arena.budget = ir->arena.budget};
    l.scratch.budget = ir->arena.budget;
    *report = (TtfsQuantReport){0};
    if (!check_options(&l) || !ttfs_net_of(ir, file, &net, diag)) return false;
    if ((!calib || calib->samples == 0) && needs_windows(&net))
        ttfs_warn(diag, TTFS_AT_FILE(file), TTFS_CALIB_NONE,
                  "no calibration data: windows come from interval bounds and are loose");
    uint32_t samples = options->fit ? fit_samples(&net, options->fit, l.scratch.budget) : 0;
    if (options->fit && !samples)
        ttfs_note(diag, TTFS_AT_FILE(file),
                  "weights are not fitted: that takes %d calibration samples or more, and memory "
                  "for their values in this network (--memory)",
                  TTFS_LEAST_FIT_SAMPLES);
    bool ok = samples ? lower_both(&l, samples, out, report)
                      : lower(&l, false, 0, out, report, diag, NULL);
    ttfs_net_free(&net);
    if (!ok) ttfs_spike_free(out);
    return ok;
}
