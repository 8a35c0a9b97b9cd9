/* SPDX-License-Identifier: Apache-2.0
 *
 * The training as a whole: epochs over samples in another order each, a look at those held back
 * after every one, the best of them kept.
 */
#include "tune_inside.h"

#include "clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    TtfsTune tune;
    const TtfsTuneSamples *samples;
    TtfsTuneWork *work;
    TtfsTuneChunk chunk[TTFS_TUNE_CHUNKS];
    uint32_t per, lanes; /* samples of a chunk; lanes, a multiple of 8 */
    uint32_t *order;     /* those held back, then those to train with */
    uint64_t held, trained;
    uint32_t threads;
    float *best, *wide; /* parameters: of the best epoch that is accepted, and that is not */
    double best_score, wide_score, started;
    double least;           /* a later epoch is kept whose score is above it */
    uint32_t widest;        /* index of that epoch; 0: none */
    TtfsTuneLayer *offered; /* [layers] integers that may be accepted */
    char told[96];          /* what is under way */
    TtfsTuneReport *report;
    TtfsDiag *diag;
} Run;

/* What a pass over samples found. */
typedef struct {
    double loss;
    uint64_t right, alike, spikes;
} Found;

static bool refuse(const char *file, const TtfsNetLayer *l, const char *advice, const char *why,
                   TtfsDiag *diag) {
    return ttfs_error_advice(diag, TTFS_AT_NODE(file, l->name), TTFS_MODEL_FORM, advice, "%s", why);
}

bool ttfs_tune_check(const TtfsNet *net, const char *file, TtfsDiag *diag) {
    uint32_t readouts = 0;
    const TtfsNetLayer *last = NULL;
    for (uint32_t i = 0; i < net->layers.len; i++)
        if (net->layers.at[i].kind == TTFS_LAYER_READOUT) readouts++, last = &net->layers.at[i];
    if (readouts != 1 || net->outputs.len > 1)
        return refuse(file, last, "train it in its own framework, on integers: QONNX",
                      "tune trains networks with one output", diag);
    return ttfs_net_size(last) > 1 || refuse(file, last, "train it in its own framework",
                                             "tune trains networks that name one of two classes "
                                             "or more, not those of one value",
                                             diag);
}

/* The batch order[first .. first + n) as chunks. */
static void cut(Run *r, uint64_t first, uint32_t n, bool train, uint32_t turn) {
    for (uint32_t c = 0; c < TTFS_TUNE_CHUNKS; c++) {
        uint32_t at = c * r->per, left = at < n ? n - at : 0;
        r->chunk[c] = (TtfsTuneChunk){.lanes = r->lanes,
                                      .count = left < r->per ? left : r->per,
                                      .sample = r->order + first + at,
                                      .first = at,
                                      .batch = n,
                                      .turn = turn,
                                      .noisy = true,
                                      .gradient = train ? r->tune.gradient[c] : NULL};
    }
}

/* Chunks are begun in order, so the first that failed is the same for any number of threads. */
static void tell_first(Run *r) {
    bool told = false;
    for (uint32_t c = 0; c < TTFS_TUNE_CHUNKS; c++) {
        TtfsDiag *d = &r->chunk[c].diag;
        if (d->errors && !told) ttfs_diag_append(r->diag, d), told = true;
        ttfs_diag_free(d);
    }
}

static bool run_batch(Run *r, Found *f) {
    bool ok = ttfs_tune_chunks(&r->tune, r->samples, r->work, r->chunk);
    if (!ok) tell_first(r);
    for (uint32_t c = 0; ok && c < TTFS_TUNE_CHUNKS; c++) {
        f->loss += r->chunk[c].loss;
        f->right += r->chunk[c].right;
        f->alike += r->chunk[c].alike;
        f->spikes += r->chunk[c].spikes;
    }
    return ok;
}

/* The integers of the parameters, with noise. */
static void snap(Run *r, uint32_t turn) {
    r->tune.turn = turn;
    ttfs_tune_snap(&r->tune, true);
}

static bool stopped(const Run *r) {
    const volatile int *stop = r->tune.options->progress.stop;
    return stop && *stop;
}

/* Whether the caller takes the integers of the parameters; what there is before any step he does.
 */
static bool accepted(Run *r) {
    const TtfsTuneSettings *o = r->tune.options;
    TtfsArena a = {0};
    if (!o->accept || r->report->epochs.len == 1) return true;
    ttfs_tune_snap(&r->tune, false);
    ttfs_tune_take(&r->tune, r->offered, &a);
    bool ok = o->accept(o->context, r->offered);
    ttfs_arena_free(&a);
    return ok;
}

/* What a share of the samples held back is known to: its standard error, one sample more of either
 * kind assumed, so that it never is 0. */
static double error_of(const Run *r, double share) {
    double n = (double)r->held + 2, p = ((double)r->held * share + 1) / n;
    return sqrt(p * (1 - p) / n);
}

/* A new largest score. With classes it is no better than one that is less by its error. */
static void raise(Run *r, double score) {
    const TtfsTuneEpoch *e = &r->report->epochs.at[r->report->epochs.len - 1];
    r->best_score = score;
    r->least = r->samples->classes ? score - error_of(r, e->accuracy) : score;
}

/* Keeps the parameters of an epoch that is better than those kept, or later and as good. */
static void weigh(Run *r, double score) {
    size_t bytes = r->tune.parameters * sizeof *r->best;
    uint32_t epoch = r->report->epochs.len - 1;
    if (accepted(r)) {
        if (epoch == 0 || score > r->best_score) raise(r, score);
        r->report->best = epoch;
        memcpy(r->best, r->tune.value, bytes);
        return;
    }
    r->report->refused++;
    if (r->widest && !(score > r->wide_score)) return;
    r->wide_score = score;
    r->widest = epoch;
    memcpy(r->wide, r->tune.value, bytes);
}

/* What an epoch is chosen by. With classes the share that is right: the last epoch of those that
 * are as good, since the rate falls to 0, and since early ones remember more of what the float
 * network was taught of these samples. Without classes the loss, which says more of few samples
 * than how many are in the teacher's class. */
static double score_of(const Run *r, const TtfsTuneEpoch *e) {
    double fit = r->samples->classes ? e->accuracy - 1e-6 * e->validation : -e->validation;
    return fit - r->tune.options->sparsity * e->spikes;
}

/* With classes: an epoch that lost more of those held back than forgetting and chance explain, five
 * in a hundred and three. */
static bool ruined(const Run *r, const TtfsTuneEpoch *e) {
    return r->samples->classes &&
           e->accuracy < r->report->epochs.at[0].accuracy - 0.05 - 3 / (double)r->held;
}

/* Looks at the samples held back, with the same noise every time. An epoch that is ruined, or whose
 * potentials float32 may not hold, is none to keep. With classes the beginning is kept only where
 * no epoch can be: it holds weights that were trained on these samples as well, and remembers
 * their classes, which every epoch on the others forgets. */
static bool look(Run *r, double loss) {
    Found f = {0};
    const TtfsTuneSettings *o = r->tune.options;
    snap(r, UINT32_MAX);
    for (uint64_t i = 0; i < r->held; i += o->batch) {
        uint64_t left = r->held - i;
        cut(r, i, left < o->batch ? (uint32_t)left : o->batch, false, UINT32_MAX - (uint32_t)i);
        if (!run_batch(r, &f)) return false;
    }
    double n = (double)r->held, hidden = (double)r->tune.hidden;
    TtfsTuneEpoch e = {.loss = loss,
                       .validation = f.loss / n,
                       .accuracy = (double)f.right / n,
                       .agreement = r->samples->like ? (double)f.alike / n : NAN,
                       .spikes = hidden > 0 ? (double)f.spikes / n / hidden : 0,
                       .seconds = ttfs_now() - r->started};
    double score = score_of(r, &e);
    *TTFS_PUSH(&r->report->arena, r->report->epochs) = e;
    bool sound = !r->tune.inexact && !r->tune.lost && !ruined(r, &e);
    if (r->report->epochs.len == 1 || (score > r->least && sound)) weigh(r, score);
    if (r->report->epochs.len == 1 && r->samples->classes) r->best_score = r->least = -INFINITY;
    return true;
}

static double rate_at(const Run *r, uint64_t step, uint64_t steps) {
    const double pi = 3.14159265358979323846;
    return r->tune.options->rate * 0.5 * (1 + cos(pi * (double)step / (double)steps));
}

/* One pass over the samples to train with; false: a sample could not be read. */
static bool train(Run *r, uint32_t epoch, double *loss) {
    const TtfsTuneSettings *o = r->tune.options;
    uint64_t batches = (r->trained + o->batch - 1) / o->batch;
    Found f = {0};
    ttfs_tune_shuffle(r->order + r->held, r->trained, o->seed, epoch + 1);
    for (uint64_t i = 0; i < batches && !stopped(r); i++) {
        uint64_t first = i * o->batch, left = r->trained - first;
        uint32_t n = left < o->batch ? (uint32_t)left : o->batch;
        snap(r, (uint32_t)r->tune.step);
        cut(r, r->held + first, n, true, (uint32_t)r->tune.step);
        if (!run_batch(r, &f)) return false;
        r->report->diverged = r->tune.lost || !isfinite(f.loss);
        if (r->report->diverged) break;
        ttfs_tune_move(&r->tune, rate_at(r, r->tune.step, batches * o->epochs));
        ttfs_tell(&o->progress, r->told, epoch * r->trained + first + n, o->epochs * r->trained);
    }
    *loss = f.loss / (double)r->trained;
    return true;
}

/* The epoch under way, and what the last look found. */
static void say(Run *r, uint32_t epoch) {
    const TtfsTuneEpoch *last = &r->report->epochs.at[r->report->epochs.len - 1];
    snprintf(r->told, sizeof r->told,
             "samples trained (epoch %" PRIu32 " of %" PRIu32 ", %.2f %% right of those held back)",
             epoch, r->tune.options->epochs, 100 * last->accuracy);
}

static bool all_epochs(Run *r) {
    const TtfsTuneSettings *o = r->tune.options;
    if (!look(r, NAN)) return false;
    say(r, 1);
    ttfs_tell(&o->progress, r->told, 0, o->epochs * r->trained);
    for (uint32_t i = 0; i < o->epochs && !r->report->stopped; i++) {
        double loss = 0;
        if (o->seconds > 0 && ttfs_now() - r->started > o->seconds) r->report->out_of_time = true;
        if (r->report->out_of_time) break;
        if (!train(r, i, &loss)) return false;
        r->report->stopped = stopped(r);
        if (r->report->diverged) break;
        if (!r->report->stopped && !look(r, loss)) return false;
        say(r, i + 2 < o->epochs ? i + 2 : o->epochs);
    }
    return true;
}

/* Which samples are held back: drawn, at least one, and one at least is left. */
static void part(Run *r, TtfsArena *a) {
    const TtfsTuneSettings *o = r->tune.options;
    uint64_t n = r->samples->count, held = (uint64_t)((double)n * o->validate + 0.5);
    r->held = held < 1 ? 1 : held >= n ? n - 1 : held;
    r->trained = n - r->held;
    r->order = TTFS_ARRAY(a, uint32_t, n);
    for (uint64_t i = 0; i < n; i++) r->order[i] = (uint32_t)i;
    ttfs_tune_shuffle(r->order, n, o->seed, 0);
    r->report->held = r->held;
    r->report->trained = r->trained;
}

static void open(Run *r, const TtfsTuneLayer *start, TtfsArena *a) {
    const TtfsTuneSettings *o = r->tune.options;
    r->started = ttfs_now();
    r->per = (o->batch + TTFS_TUNE_CHUNKS - 1) / TTFS_TUNE_CHUNKS;
    r->lanes = (r->per + 7) / 8 * 8;
    r->threads = o->threads < TTFS_TUNE_CHUNKS ? o->threads : TTFS_TUNE_CHUNKS;
    ttfs_tune_open(&r->tune, start, a);
    r->best = TTFS_ARRAY(a, float, r->tune.parameters);
    r->wide = o->accept ? TTFS_ARRAY(a, float, r->tune.parameters) : NULL;
    r->offered = TTFS_ARRAY(a, TtfsTuneLayer, r->tune.layers);
    memcpy(r->offered, start, r->tune.layers * sizeof *start);
    r->work = TTFS_ARRAY(a, TtfsTuneWork, r->threads);
    for (uint32_t i = 0; i < r->threads; i++) {
        ttfs_tune_work_open(&r->tune, &r->work[i], r->lanes,
                            r->samples->teach && r->samples->imitates,
                            r->samples->teach && r->samples->moves, a);
        r->work[i].member = i;
    }
    part(r, a);
    r->tune.team = ttfs_team_open(r->threads);
}

/* The layer whose potentials may pass what float32 holds. */
static bool too_large(const Run *r) {
    return ttfs_error_advice(
        r->diag, TTFS_AT_NODE(r->tune.file, r->tune.layer[r->tune.inexact].net->name),
        TTFS_QUANT_RANGE, "fewer --ticks or --weight-bits",
        "its potentials may pass %d, beyond which training does not compute them exactly",
        TTFS_TUNE_MOST_EXACT);
}

/* The integers of the best epoch; of one that is not accepted where no trained one is. */
static bool take(Run *r, TtfsTuneLayer *layer) {
    r->report->misfit = r->report->best == 0 && r->widest;
    if (r->report->misfit) r->report->best = r->widest;
    memcpy(r->tune.value, r->report->misfit ? r->wide : r->best,
           r->tune.parameters * sizeof *r->best);
    ttfs_tune_snap(&r->tune, false);
    ttfs_tune_take(&r->tune, layer, &r->report->arena);
    return true;
}

bool ttfs_tune(const TtfsNet *net, double offset, TtfsTuneLayer *layer,
               const TtfsTuneSamples *samples, const TtfsTuneSettings *options, const char *file,
               TtfsTuneReport *report, TtfsDiag *diag) {
    TtfsArena a = {0};
    Run r = {.tune = {.net = net, .options = options, .file = file},
             .samples = samples,
             .report = report,
             .diag = diag};
    *report = (TtfsTuneReport){0};
    r.tune.offset = offset / layer[0].scale;
    open(&r, layer, &a);
    bool ok = r.tune.inexact ? too_large(&r) : all_epochs(&r) && take(&r, layer);
    ttfs_team_close(r.tune.team);
    ttfs_arena_free(&a);
    return ok;
}
