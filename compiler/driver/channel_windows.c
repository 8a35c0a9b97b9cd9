/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows of channels. In: a canonical network, calibration samples; out: the same network, in
 * which the usual share of every channel's positive values lies within the same number. Method:
 * products with constants around every rectifier, which ir_to_ir then folds into weights and
 * biases, exactly but for rounding.
 */
#include "channel_windows.h"

#include "calib_pass.h"
#include "ir_to_ir.h"

#include <math.h>
#include <string.h>

/* A histogram over OCTAVES exponents and 5 bits behind the point: to 3 %. */
enum { SHIFT = 18, OCTAVES = 40, BINS = OCTAVES << 5, FEWEST = 10 };
enum { LOOKERS = 4 }; /* threads that look, each with counters of its own */
/* A channel's window beside its layer's. */
static const double least = 1.0 / 64, most = 4;

/* The positive values of the rectifiers' channels. */
typedef struct {
    const TtfsIr *ir;
    uint32_t **bins; /* [tensors] [channel][bin]; NULL: its channels stay as they are */
    uint32_t *first; /* [tensors] the lowest bin; the highest has the largest value */
} Seen;

static uint32_t channels_of(const TtfsTensorInfo *t) {
    return t->dim[1];
}

static bool is_output(const TtfsIr *ir, TtfsTensor t) {
    for (uint32_t i = 0; i < ttfs_ir_outputs(ir); i++)
        if (ttfs_ir_output(ir, i).i == t.i) return true;
    return false;
}

/* A rectifier of one map with channels, or of one vector, that is not what the network is for. */
static bool has_channels(const TtfsIr *ir, const TtfsNode *n) {
    const TtfsTensorInfo *t = ttfs_ir_tensor(ir, n->out);
    return n->op == TTFS_OP_RELU && t->rank >= 2 && t->dim[0] == 1 && t->rank < TTFS_MAX_RANK &&
           !is_output(ir, n->out);
}

static uint32_t bits_of(float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* The bin that an octave begins with, OCTAVES below the end of that of the largest value. */
static uint32_t first_bin(float largest) {
    uint32_t octave = bits_of(largest) >> 23;
    return octave < OCTAVES ? 0 : (octave - OCTAVES + 1) << 5;
}

/* Bytes of the counters of every tensor whose channels may have windows of their own, 0 of others:
 * [tensors]. A tensor whose window the network sets has none: between a rectifier and its QUANT or
 * CLIP a product would make another layer. */
static uint64_t *counters_of(const TtfsIr *ir, TtfsArena *a) {
    uint64_t *bytes = TTFS_ARRAY(a, uint64_t, ir->tensors.len);
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        const TtfsNode *n = &ir->nodes.at[i];
        if (has_channels(ir, n))
            bytes[n->out.i - 1] = (uint64_t)channels_of(ttfs_ir_tensor(ir, n->out)) * BINS *
                                  sizeof(uint32_t);
    }
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        const TtfsNode *n = &ir->nodes.at[i];
        if (n->op == TTFS_OP_QUANT || n->op == TTFS_OP_CLIP) bytes[n->in[0].i - 1] = 0;
    }
    return bytes;
}

/* Integers of the model's own would not stay such beside factors of what they weigh. */
static bool has_grids(const TtfsIr *ir) {
    for (uint32_t i = 0; i < ir->tensors.len; i++)
        if (ir->tensors.at[i].quantum) return true;
    return false;
}

static Seen seen_of(const TtfsIr *ir, const TtfsCalib *calib, TtfsArena *a) {
    const uint64_t *bytes = counters_of(ir, a);
    Seen s = {ir, TTFS_ARRAY(a, uint32_t *, ir->tensors.len),
              TTFS_ARRAY(a, uint32_t, ir->tensors.len)};
    for (uint32_t i = 0; i < ir->tensors.len; i++) {
        if (!bytes[i]) continue;
        s.bins[i] = TTFS_ARRAY(a, uint32_t, bytes[i] / sizeof(uint32_t));
        s.first[i] = first_bin(calib->stat[i].max);
    }
    return s;
}

static void see_channel(const float *v, uint64_t n, uint32_t first, uint32_t *bins) {
    for (uint64_t i = 0; i < n; i++) {
        uint32_t bin = bits_of(v[i]) >> SHIFT;
        if (v[i] > 0) bins[bin < first ? 0 : bin - first >= BINS ? BINS - 1 : bin - first]++;
    }
}

static void see(void *context, const TtfsNode *node, const float *values, uint64_t n) {
    const Seen *s = context;
    const TtfsTensorInfo *t = ttfs_ir_tensor(s->ir, node->out);
    uint32_t *bins = s->bins[node->out.i - 1];
    if (!bins) return;
    uint64_t channels = channels_of(t), plane = ttfs_ir_count(t) / channels;
    for (uint64_t i = 0; i < n * channels; i++)
        see_channel(values + i * plane, plane, s->first[node->out.i - 1],
                    bins + i % channels * BINS);
}

/* The counters of one into another's. */
static void add_bins(const Seen *to, const Seen *from) {
    for (uint32_t i = 0; i < to->ir->tensors.len; i++) {
        uint64_t n = to->bins[i] ? (uint64_t)channels_of(&to->ir->tensors.at[i]) * BINS : 0;
        for (uint64_t k = 0; k < n; k++) to->bins[i][k] += from->bins[i][k];
    }
}

/* What channels hold on the samples that are not held back: the others say whether that is better.
 * What the threads' counters take of the budget decides nothing. */
static bool look(TtfsPipeline *f, Seen *s, TtfsDiag *diag) {
    TtfsBudget before = f->budget;
    TtfsArena a = {.budget = s->ir->arena.budget};
    Seen more[LOOKERS];
    void *context[LOOKERS] = {s};
    uint32_t n = f->fit.threads < LOOKERS ? f->fit.threads : LOOKERS;
    for (uint32_t i = 1; i < n; i++) {
        more[i] = seen_of(s->ir, &f->calib, &a);
        context[i] = &more[i];
    }
    bool ok = ttfs_calib_pass(s->ir, &f->fit, TTFS_FITTED_SAMPLES, n, see, context, diag);
    for (uint32_t i = 1; i < n; i++) add_bins(s, &more[i]);
    ttfs_arena_free(&a);
    f->budget.passed = before.passed;
    return ok;
}

/* The value below which that share of the counted ones lies, over that of the first bin; 0: they
 * are too few. */
static double quantile(const uint64_t *bins, double share) {
    uint64_t all = 0, sum = 0;
    for (uint32_t i = 0; i < BINS; i++) all += bins[i];
    if (all < FEWEST) return 0;
    uint32_t at = 0;
    while (at + 1 < BINS && (double)(sum + bins[at]) < share * (double)all) sum += bins[at++];
    return ldexp(1 + (at % 32 + 0.5) / 32, (int)(at / 32));
}

/* What to divide each channel by. */
static void find_factors(const uint32_t *bins, uint32_t channels, double share, float *factor) {
    uint64_t all[BINS] = {0}, own[BINS];
    for (uint64_t i = 0; i < (uint64_t)channels * BINS; i++) all[i % BINS] += bins[i];
    double whole = quantile(all, share);
    for (uint32_t c = 0; c < channels; c++) {
        for (uint32_t i = 0; i < BINS; i++) own[i] = bins[(uint64_t)c * BINS + i];
        double top = whole > 0 ? quantile(own, share) / whole : 0;
        factor[c] = (float)(top > 0 ? fmin(fmax(top, least), most) : 1);
    }
}

/* A constant with a value a channel. */
static TtfsTensor constant(TtfsIr *ir, const TtfsTensorInfo *like, const float *value) {
    TtfsTensorInfo c = {.name = like->name, .rank = like->rank, .data = value};
    for (uint32_t i = 0; i < c.rank; i++) c.dim[i] = i == 1 ? like->dim[1] : 1;
    return ttfs_ir_add_tensor(ir, &c);
}

static TtfsTensor like(TtfsIr *ir, TtfsTensor t) {
    TtfsTensorInfo x = *ttfs_ir_tensor(ir, t);
    return ttfs_ir_add_tensor(ir, &x);
}

static void add_product(TtfsIr *ir, const TtfsNode *of, TtfsTensor x, const float *factor,
                        TtfsTensor out) {
    TtfsNode n = {.op = TTFS_OP_MUL, .name = of->name, .n_in = 2, .attr = ttfs_ir_attr()};
    n.in[0] = x;
    n.in[1] = constant(ir, ttfs_ir_tensor(ir, out), factor);
    n.out = out;
    ttfs_ir_add_node(ir, &n);
}

/* The rectifier of x / factor, times factor: what it was. */
static void add_scaled(TtfsIr *ir, const TtfsNode *of, const uint32_t *bins, double share) {
    uint32_t channels = channels_of(ttfs_ir_tensor(ir, of->out));
    float *factor = TTFS_ARRAY(&ir->arena, float, channels);
    float *inverse = TTFS_ARRAY(&ir->arena, float, channels);
    find_factors(bins, channels, share, factor);
    for (uint32_t c = 0; c < channels; c++) inverse[c] = 1 / factor[c];
    TtfsNode n = *of;
    n.in[0] = like(ir, of->in[0]);
    n.out = like(ir, of->out);
    add_product(ir, of, of->in[0], inverse, n.in[0]);
    ttfs_ir_add_node(ir, &n);
    add_product(ir, of, n.out, factor, of->out);
}

/* The canonical network with products around rectifiers. What is constant stays the source's. */
static void scale(const Seen *s, double share, TtfsIr *out) {
    *out = (TtfsIr){
        .arena.budget = s->ir->arena.budget, .input = s->ir->input, .output = s->ir->output};
    for (uint32_t i = 0; i < s->ir->tensors.len; i++)
        ttfs_ir_add_tensor(out, &s->ir->tensors.at[i]);
    for (uint32_t i = 0; i < s->ir->outputs.len; i++)
        *TTFS_PUSH(&out->arena, out->outputs) = s->ir->outputs.at[i];
    for (uint32_t i = 0; i < s->ir->nodes.len; i++) {
        const TtfsNode *n = &s->ir->nodes.at[i];
        const uint32_t *bins = s->bins[n->out.i - 1];
        if (bins)
            add_scaled(out, n, bins, share);
        else
            ttfs_ir_add_node(out, n);
    }
}

/* What a pipeline has of a network. */
typedef struct {
    TtfsIr net, canonical;
    TtfsCalib calib;
    TtfsSpike spike;
    TtfsQuantReport quant;
} Made;

/* The same steps as the pipeline's, of the network in `scaled`, whose calibration is on the samples
 * that are kept, so that it can be made again from these; `said`: by the last one, `quiet`: by
 * those before it, which was said of the network as it is. */
static bool make(Made *g, const TtfsIr *scaled, const TtfsPipeline *f, const TtfsJob *job,
                 TtfsDiag *quiet, TtfsDiag *said) {
    const char *file = job->options->model;
    return ttfs_ir_canonical(scaled, &g->net, file, quiet) && ttfs_ir_check(&g->net, file, quiet) &&
           ttfs_ir_canonical(&g->net, &g->canonical, file, quiet) &&
           ttfs_ir_check(&g->canonical, file, quiet) &&
           ttfs_calib_of_samples(&g->canonical, &f->fit, file, &g->calib, quiet) &&
           ttfs_ir_to_spike(&g->canonical, &g->calib, &job->spike, file, &g->spike, &g->quant,
                            said) &&
           ttfs_spike_check(&g->spike, file, said);
}

/* The pipeline goes on with what was made, and owns what it had: constants of the new networks may
 * lie in those before and in `scaled`. */
static void take(TtfsPipeline *f, Made *g, const TtfsIr *scaled) {
    Made was = {.spike = f->spike, .quant = f->quant};
    f->windows.net = f->net, f->windows.canonical = f->canonical, f->windows.scaled = *scaled;
    f->windows.calib = f->calib;
    f->net = g->net, f->canonical = g->canonical, f->calib = g->calib;
    f->spike = g->spike, f->quant = g->quant;
    *g = was;
}

static void swap_said(TtfsDiag *a, TtfsDiag *b) {
    TtfsDiag was = *a;
    *a = *b, *b = was;
}

static void note(const TtfsJob *job, const TtfsWindows *w, TtfsDiag *said) {
    ttfs_note(said, TTFS_AT_FILE(job->options->model),
              "on the calibration samples held back the outputs are off by %.3g %% with a window a "
              "layer, %.3g %% with one a channel: it is one a %s",
              100 * w->layers, 100 * w->channels,
              w->taken ? "channel, and layers' values are in their channels' own units" : "layer");
}

static void note_failed(const TtfsJob *job, const TtfsDiag *quiet, const TtfsDiag *new,
                        TtfsDiag *said) {
    const TtfsMessage *e = ttfs_diag_error(quiet) ? ttfs_diag_error(quiet) : ttfs_diag_error(new);
    ttfs_note(said, TTFS_AT_FILE(job->options->model),
              "windows are one a layer: with one a channel %s",
              e ? e->what : "there is no memory left to judge them by samples (--memory)");
}

/* What `make` made. */
static void drop(Made *g) {
    ttfs_arena_free(&g->quant.arena);
    ttfs_spike_free(&g->spike);
    ttfs_calib_free(&g->calib);
    ttfs_ir_free(&g->canonical);
    ttfs_ir_free(&g->net);
}

static bool stopped(const TtfsDiag *d) {
    return d->errors_of[TTFS_STOPPED] > 0;
}

static void say(const TtfsPipeline *f, const TtfsJob *job, const TtfsDiag *quiet,
                const TtfsDiag *new, TtfsDiag *said) {
    if (stopped(quiet) || stopped(new))
        ttfs_diag_append(said, stopped(quiet) ? quiet : new);
    else if (f->windows.tried)
        note(job, &f->windows, said);
    else
        note_failed(job, quiet, new, said);
}

static bool try_channels(TtfsPipeline *f, TtfsJob *job, const Seen *s, TtfsDiag *said) {
    Made g = {.spike = {.latency = 0}};
    TtfsIr scaled;
    TtfsDiag quiet = {0}, new = {0};
    scale(s, job->spike.percentile, &scaled);
    bool ok = make(&g, &scaled, f, job, &quiet, &new), stop = stopped(&quiet) || stopped(&new);
    bool judged = ok && g.quant.probed; /* else the error is that of no sample */
    double layers = sqrt(f->quant.error), channels = judged ? sqrt(g.quant.error) : INFINITY;
    f->windows = (TtfsWindows){
        .tried = judged, .taken = channels < layers, .layers = layers, .channels = channels};
    if (f->windows.taken) {
        take(f, &g, &scaled);
        swap_said(said, &new);
    } else
        ttfs_ir_free(&scaled);
    say(f, job, &quiet, &new, said);
    ttfs_diag_free(&quiet);
    ttfs_diag_free(&new);
    drop(&g);
    return !stop;
}

/* Whether as much work and memory as the graph took is left for another, and memory for counters.
 */
static bool affords(const TtfsBudget *now, const TtfsBudget *before, uint64_t counters) {
    uint64_t held = now->held > before->held ? now->held - before->held : 0;
    return now->work - now->spent > now->spent - before->spent && now->bytes > now->held &&
           (now->bytes - now->held) / LOOKERS > held / LOOKERS + counters;
}

/* What is tried and dropped takes nothing of the model's budget. */
static bool look_and_try(TtfsPipeline *f, TtfsJob *job, TtfsDiag *said) {
    TtfsBudget before = f->budget;
    TtfsArena a = {.budget = f->canonical.arena.budget};
    Seen s = seen_of(&f->canonical, &f->calib, &a);
    bool ok = look(f, &s, said) && try_channels(f, job, &s, said);
    f->budget.spent = before.spent;
    f->budget.passed = before.passed;
    ttfs_arena_free(&a);
    return ok;
}

/* Why there is nothing to try; NULL: there may be. */
static const char *hindrance_of(const TtfsPipeline *f, const TtfsBudget *before,
                                uint64_t counters) {
    if (has_grids(&f->canonical))
        return "factors would take from its weights the grids that they have";
    return affords(&f->budget, before, counters)
               ? NULL
               : "others take more work or memory than is left (--memory)";
}

/* Bytes of all counters of one that looks. */
static uint64_t all_counters(const TtfsIr *ir) {
    TtfsArena a = {0};
    const uint64_t *bytes = counters_of(ir, &a);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < ir->tensors.len; i++) sum += bytes[i];
    ttfs_arena_free(&a);
    return sum;
}

bool ttfs_channel_windows(TtfsPipeline *f, TtfsJob *job, const TtfsBudget *before, TtfsDiag *said) {
    bool asked = job->quantiser == TTFS_QUANTISER_AUTO || job->quantiser == TTFS_QUANTISER_CHANNELS;
    if (!asked || !job->spike.fit || !f->quant.probed) return true; /* which was said */
    uint64_t counters = all_counters(&f->canonical);
    if (counters == 0) return true;
    const char *hindrance = hindrance_of(f, before, counters);
    if (hindrance)
        ttfs_note(said, TTFS_AT_FILE(job->options->model), "windows are one a layer: %s",
                  hindrance);
    return hindrance || look_and_try(f, job, said);
}
