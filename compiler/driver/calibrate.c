/* SPDX-License-Identifier: Apache-2.0
 *
 * The float network over the calibration samples, some at once, on all threads. Invariant: what is
 * gathered does not depend on which thread took which samples.
 */
#include "calibrate.h"

#include "calib_pass.h"
#include "out.h"
#include "fit.h"
#include "parallel.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

TtfsSampleShape ttfs_pipeline_sample(const TtfsPipeline *f) {
    const TtfsTensorInfo *in = ttfs_ir_tensor(&f->net, f->net.input);
    TtfsSampleShape shape = {0};
    for (uint32_t i = in->rank > 1; i < in->rank; i++) shape.dim[shape.rank++] = in->dim[i];
    return shape;
}

static bool open_samples(const TtfsPipeline *f, const TtfsJob *job, TtfsArray *a, TtfsArena *arena,
                         TtfsDiag *diag) {
    const TtfsTensorInfo *in = ttfs_ir_tensor(&f->canonical, f->canonical.input);
    const TtfsWanted want = {.name = "x", .elements = {ttfs_ir_count(in)}};
    TtfsSampleShape shape = ttfs_pipeline_sample(f);
    return ttfs_array_take(a, job->options->calib_values, job->options->calib, &want, arena,
                           diag) &&
           ttfs_samples_fit(a, &f->map, &shape, diag);
}

/* What a thread of the calibration owns. */
typedef struct {
    TtfsArena arena;
    TtfsFastWork *relu;
    const TtfsIr *ir;
    TtfsCalib calib;
    TtfsMargins margins;
    double *logits;   /* of a sample; NULL: the outputs are none */
    float *x;         /* of some samples */
    uint64_t outside; /* values that the encoder will clip, as far as its range is known */
} CalibWorker;

typedef struct {
    const TtfsPipeline *f;
    const TtfsArray *samples;
    const TtfsProgress *progress;
    uint64_t n; /* samples to take */
    atomic_uint_least64_t done;
    float lo, hi; /* the encoder clips below lo, and from hi on; all numbers where it is unknown */
    CalibWorker *worker;
} CalibLoop;

enum {
    MOST_KEPT_BYTES = 1 << 27,
    MOST_WRITTEN_BYTES = 1 << 24,
    HELD_OF = 5,
    MOST_HELD_BYTES = 1 << 27
};
static const char told[] = "calibration samples";

static void gather_node(void *context, const TtfsNode *node, const float *values, uint64_t n) {
    CalibWorker *w = context;
    uint64_t count = ttfs_ir_count(ttfs_ir_tensor(w->ir, node->out));
    for (uint64_t i = 0; i < n; i++)
        ttfs_calib_add(&w->calib, node->out, values + i * count, count);
}

/* Sample k of n that are kept is k / n of the way through all. */
static void keep_sample(const CalibLoop *l, uint64_t i, const float *x) {
    uint64_t n = l->f->fit.count, k = n ? (i * n + l->n - 1) / l->n : 0;
    if (k < n && k * l->n / n == i)
        memcpy(l->f->kept + k * l->samples->elements, x, l->samples->elements * sizeof *x);
}

/* How many samples are kept for fitting: bounded in number and memory. */
static uint32_t kept_of(uint64_t samples, uint64_t elements) {
    uint64_t room = MOST_KEPT_BYTES / sizeof(float) / elements;
    uint64_t most = room < TTFS_MOST_KEPT_SAMPLES ? room : TTFS_MOST_KEPT_SAMPLES;
    return (uint32_t)(samples < most ? samples : most);
}

static void fit_to(TtfsPipeline *f, TtfsJob *job, uint32_t samples, const float *values) {
    f->fit = (TtfsFitSamples){.count = samples,
                              .values = values,
                              .threads = job->options->threads,
                              .progress = job->options->progress};
    job->spike.fit = &f->fit;
}

static void open_kept(TtfsPipeline *f, TtfsJob *job, uint64_t samples, uint64_t elements) {
    if (job->quantiser == TTFS_QUANTISER_PLAIN) return;
    uint32_t n = kept_of(samples, elements);
    f->kept = TTFS_ARRAY(&f->arena, float, n *elements);
    fit_to(f, job, n, f->kept);
}

TtfsKeptSamples ttfs_kept_samples(const TtfsPipeline *f) {
    uint64_t elements = ttfs_ir_count(ttfs_ir_tensor(&f->canonical, f->canonical.input));
    bool small = f->fit.count * elements <= MOST_WRITTEN_BYTES / sizeof(float);
    return small ? (TtfsKeptSamples){f->fit.count, f->fit.values} : (TtfsKeptSamples){0};
}

/* The samples of an item into `w->x`. */
static bool read_some(const CalibLoop *l, CalibWorker *w, uint64_t first, uint64_t n,
                      TtfsDiag *diag) {
    uint64_t elements = l->samples->elements;
    for (uint64_t i = 0; i < n; i++) {
        float *x = w->x + i * elements;
        if (!ttfs_array_sample(l->samples, &l->f->map, first + i, x, diag)) return false;
        for (uint64_t k = 0; k < elements; k++) w->outside += x[k] < l->lo || x[k] >= l->hi;
        ttfs_calib_add(&w->calib, w->ir->input, x, elements);
        keep_sample(l, first + i, x);
    }
    return true;
}

/* The margins of the logits, where the network has one vector of them. */
static void gather_margins(CalibWorker *w, uint64_t n) {
    uint64_t logits = ttfs_ir_count(ttfs_ir_tensor(w->ir, ttfs_ir_output(w->ir, 0)));
    const float *values = w->logits ? ttfs_fast_output(w->relu, 0) : NULL;
    for (uint64_t i = 0; values && i < n; i++) {
        for (uint64_t k = 0; k < logits; k++) w->logits[k] = (double)values[i * logits + k];
        ttfs_margins_add(&w->margins, ttfs_margin(w->logits, logits), &w->arena);
    }
}

static bool calibrate_some(void *context, uint32_t worker, uint64_t item, TtfsDiag *diag) {
    CalibLoop *l = context;
    CalibWorker *w = &l->worker[worker];
    uint64_t first = item * TTFS_FAST_SAMPLES, left = l->n - first;
    uint64_t n = left < TTFS_FAST_SAMPLES ? left : TTFS_FAST_SAMPLES;
    if (!ttfs_go_on(l->progress, diag)) return false;
    if (!read_some(l, w, first, n, diag)) return false;
    ttfs_fast_run(w->relu, w->x, n, gather_node, w);
    gather_margins(w, n);
    uint64_t done = atomic_fetch_add(&l->done, n) + n;
    if (worker == 0) ttfs_tell(l->progress, told, done, l->n);
    return true;
}

/* Before the encoder is made its range is what the job says, or what the samples will say. */
static CalibLoop calib_loop(TtfsPipeline *f, const TtfsJob *job, const TtfsArray *a,
                            uint32_t threads) {
    const TtfsSpikeOptions *s = &job->spike;
    float half = 0.5f * (s->input_hi - s->input_lo) / (float)s->ticks;
    return (CalibLoop){.f = f,
                       .samples = a,
                       .progress = &job->options->progress,
                       .lo = job->range_given ? s->input_lo - half : -INFINITY,
                       .hi = job->range_given ? s->input_hi + half : INFINITY,
                       .worker = TTFS_ARRAY(&f->arena, CalibWorker, threads)};
}

/* One output in which one dimension at most is above 1. */
static bool has_logits(const TtfsIr *ir) {
    const TtfsTensorInfo *t = ttfs_ir_tensor(ir, ttfs_ir_output(ir, 0));
    uint64_t n = ttfs_ir_count(t), most = 1;
    for (uint32_t i = 0; i < t->rank; i++)
        if (t->dim[i] > most) most = t->dim[i];
    return ttfs_ir_outputs(ir) == 1 && n == most;
}

static void open_worker(CalibWorker *w, const TtfsFast *relu, const TtfsPipeline *f,
                        uint64_t elements) {
    w->ir = &f->canonical;
    w->relu = ttfs_fast_work(relu);
    w->x = TTFS_ARRAY(&w->arena, float, elements *TTFS_FAST_SAMPLES);
    if (has_logits(w->ir)) {
        TtfsTensor t = ttfs_ir_output(w->ir, 0);
        w->logits = TTFS_ARRAY(&w->arena, double, ttfs_ir_count(ttfs_ir_tensor(w->ir, t)));
    }
    ttfs_calib_init(&w->calib, &f->canonical);
}

static void close_worker(CalibWorker *w) {
    ttfs_calib_free(&w->calib);
    ttfs_fast_drop(w->relu);
    ttfs_arena_free(&w->arena);
}

/* SHA-256 of an .npy that holds the array as numpy saves it. */
static void hash_of_values(const TtfsValues *v, char hex[65]) {
    TtfsSha256 h;
    TtfsBuf head = {0};
    ttfs_sha256_init(&h);
    ttfs_npy_header(v, &head);
    ttfs_sha256_add(&h, head.text, head.len);
    ttfs_sha256_add(&h, v->data, ttfs_npy_bytes(v));
    ttfs_sha256_hex(&h, hex);
    ttfs_buf_free(&head);
}

static bool hash_of_samples(const TtfsCompileOptions *o, char hex[65], TtfsDiag *diag) {
    if (!o->calib_values) return ttfs_file_sha256(o->calib, hex, diag);
    hash_of_values(o->calib_values, hex);
    return true;
}

static TtfsCalibSource source_of(const TtfsJob *job, const TtfsArray *a) {
    TtfsCalibSource s = {.file = ttfs_path_base(ttfs_job_calib(job)), .u8 = a->type == TTFS_U8};
    if (!s.u8) return s;
    s.map = job->map;
    s.lo = job->spike.input_lo;
    s.hi = job->spike.input_hi;
    return s;
}

uint64_t ttfs_held_back(const TtfsPipeline *f, const TtfsJob *job, uint64_t n, uint64_t elements) {
    const TtfsIr *ir = &f->canonical;
    uint64_t size = ttfs_ir_count(ttfs_ir_tensor(ir, ttfs_ir_output(ir, 0))), held = n / HELD_OF;
    if (!job->target.wanted) return 0;
    if (size < elements) size = elements;
    uint64_t most = MOST_HELD_BYTES / sizeof(float) / size;
    return held < most ? held : most ? most : 1;
}

/* The first of the samples set windows; with a target the others are for that. */
static uint64_t windows_from(const TtfsPipeline *f, const TtfsJob *job, const TtfsArray *a) {
    uint64_t most = job->options->calib_count, n = a->samples < most ? a->samples : most;
    return n - ttfs_held_back(f, job, n, a->elements);
}

/* Runs the canonical network on the calibration samples and gathers what every tensor holds. The
 * threads' counts add up to the same whatever sample ran where. */
static bool gather(TtfsPipeline *f, TtfsJob *job, const TtfsArray *a, TtfsDiag *diag) {
    uint64_t n = windows_from(f, job, a);
    uint64_t items = (n + TTFS_FAST_SAMPLES - 1) / TTFS_FAST_SAMPLES, outside = 0;
    uint32_t threads = job->options->threads < items ? job->options->threads : (uint32_t)items;
    CalibLoop l = calib_loop(f, job, a, threads);
    TtfsFast *relu = ttfs_fast_open(&f->canonical, &(TtfsFastOptions){.whole = true}, diag);
    if (!relu) return false;
    l.n = n;
    open_kept(f, job, n, a->elements);
    ttfs_tell(l.progress, told, 0, n);
    for (uint32_t i = 0; i < threads; i++) open_worker(&l.worker[i], relu, f, a->elements);
    bool ok = ttfs_parallel_diag(threads, 0, items, calibrate_some, &l, diag);
    for (uint32_t i = 0; i < threads; i++) {
        CalibWorker *w = &l.worker[i];
        ttfs_calib_merge(&f->calib, &w->calib);
        ttfs_margins_merge(&f->margins, &w->margins, &f->arena);
        outside += w->outside;
        close_worker(w);
    }
    ttfs_fast_close(relu);
    f->calibrated = f->calib.samples;
    f->source = source_of(job, a);
    if (ok) ok = hash_of_samples(job->options, f->source.sha256, diag);
    if (ok) ok = ttfs_calib_held(&f->canonical, &f->calib, job->options->model, diag);
    if (ok)
        ttfs_samples_clipped(a->file, outside, n * a->elements, (double)job->spike.input_lo,
                             (double)job->spike.input_hi, diag);
    return ok;
}

/* True when the model itself says on which grid the input lies. */
static bool input_has_grid(const TtfsIr *ir) {
    TtfsTensor t = ir->input;
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        const TtfsNode *n = &ir->nodes.at[i];
        if (n->in[0].i != t.i) continue;
        if (n->op == TTFS_OP_QUANT) return true;
        if (n->op == TTFS_OP_TRANSPOSE) t = n->out;
    }
    return false;
}

/* Whether uint8 samples become the same. */
static bool same_map(const TtfsInputMap *a, const TtfsInputMap *b) {
    bool same = a->channels == b->channels && (a->channels || (a->lo == b->lo && a->hi == b->hi));
    for (uint32_t i = 0; same && i < a->channels; i++)
        same = a->mean[i] == b->mean[i] && a->deviation[i] == b->deviation[i];
    return same;
}

/* The input's range is the kept samples', unless it is given and the samples do not depend on it.
 */
static bool take_range(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag) {
    const TtfsCalibSource *s = &f->source;
    if (!s->u8) return true;
    if (job->range_given)
        return same_map(&job->map, &s->map) ||
               ttfs_error(diag, TTFS_AT_FILE(job->options->calib), TTFS_CALIB_KEPT,
                          "its samples are uint8 and were calibrated for another input range, %g "
                          "to %g",
                          (double)s->lo, (double)s->hi);
    bool usual = same_map(&s->map, &job->map);
    f->map = job->map = s->map;
    job->spike.input_lo = s->lo;
    job->spike.input_hi = s->hi;
    job->range_given = !usual;
    if (!usual)
        ttfs_note(diag, TTFS_AT_FILE(job->options->calib),
                  "input range %g to %g taken from its calibration", (double)s->lo, (double)s->hi);
    return true;
}

/* Without the samples weights are not fitted, which is an error where that was asked for. */
static bool take_kept(TtfsPipeline *f, TtfsJob *job, const TtfsKeptSamples *kept, TtfsDiag *diag) {
    TtfsLoc at = TTFS_AT_FILE(job->options->calib);
    if (job->quantiser == TTFS_QUANTISER_PLAIN) return true;
    if (kept->count) {
        fit_to(f, job, kept->count, kept->values);
        return true;
    }
    if (job->quantiser >= TTFS_QUANTISER_FITTED)
        return ttfs_error_advice(diag, at, TTFS_CALIB_KEPT,
                                 "give the samples themselves with --calib, or --quantiser plain",
                                 "keeps what its samples showed, not the samples: weights are not "
                                 "fitted to that");
    ttfs_note(diag, at,
              "keeps what its samples showed, not the samples: weights are plain, not fitted");
    return true;
}

static bool read_kept(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag) {
    TtfsCalibration c;
    if (!ttfs_calibration_load(&c, &f->canonical, job->options->calib, &f->arena, diag))
        return false;
    ttfs_calib_free(&f->calib);
    f->calib = c.calib;
    f->margins = c.margins;
    f->source = c.source;
    f->calibrated = f->calib.samples;
    return take_kept(f, job, &c.kept, diag);
}

/* The samples, for messages: as they were named, or as the folder knows them. */
static const char *calib_name(const TtfsPipeline *f, const TtfsJob *job) {
    const char *name = ttfs_job_calib(job);
    return !job->options->calib_values && ttfs_is_folder(name) ? f->source.file : name;
}

/* Without --input-range or mean and std, samples of float32 set the encoder's range by what they
 * hold. */
static bool range_from_samples(const TtfsPipeline *f, TtfsJob *job, bool u8, TtfsDiag *diag) {
    const TtfsTensorStat *s = &f->calib.stat[f->canonical.input.i - 1];
    if (job->range_given || u8 || input_has_grid(&f->canonical)) return true;
    job->spike.input_lo = s->min < 0 ? s->min : 0;
    job->spike.input_hi = s->max;
    if (!(job->spike.input_hi > job->spike.input_lo))
        return ttfs_error(diag, TTFS_AT_FILE(calib_name(f, job)), TTFS_CALIB_RANGE,
                          "all values are %g or below", (double)s->max);
    if (!(job->spike.input_hi - job->spike.input_lo >= 1e-30f))
        return ttfs_error(diag, TTFS_AT_FILE(calib_name(f, job)), TTFS_CALIB_RANGE,
                          "all values lie between %g and %g, too close to be told apart",
                          (double)job->spike.input_lo, (double)job->spike.input_hi);
    ttfs_note(diag, TTFS_AT_FILE(calib_name(f, job)),
              "input range %g to %g taken from the calibration samples",
              (double)job->spike.input_lo, (double)job->spike.input_hi);
    return true;
}

/* The calibration of a compiled folder, in place of the samples that it came from. */
static bool calibrate_kept(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag) {
    if (job->target.wanted)
        return ttfs_error(diag, TTFS_AT_FILE(job->options->calib), TTFS_CALIB_KEPT,
                          "keeps what its samples showed, not the samples: a part of these has to "
                          "decide on the target");
    if (!read_kept(f, job, diag) || !take_range(f, job, diag)) return false;
    return range_from_samples(f, job, f->source.u8, diag);
}

static bool enough(const TtfsJob *job, const TtfsArray *a, TtfsDiag *diag) {
    uint64_t n = a->samples < job->options->calib_count ? a->samples : job->options->calib_count;
    return !job->target.wanted || n >= TTFS_LEAST_TARGET_SAMPLES ||
           ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_OPTION_VALUE,
                      "%" PRIu64 " calibration samples, of which a fifth decides on the target: "
                      "at least %d expected",
                      n, TTFS_LEAST_TARGET_SAMPLES);
}

bool ttfs_calibrate(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag) {
    f->map = job->map;
    ttfs_calib_init(&f->calib, &f->canonical);
    if (!ttfs_job_calib(job)) {
        if (job->quantiser >= TTFS_QUANTISER_FITTED)
            ttfs_note(diag, TTFS_AT_FILE(job->options->model),
                      "no calibration samples to fit weights to: they are rounded by themselves");
        if (!job->range_given && !input_has_grid(&f->canonical))
            ttfs_note(diag, TTFS_AT_FILE(job->options->model),
                      "input range 0 to 1 assumed; --input-range says otherwise");
        return true;
    }
    if (!job->options->calib_values && ttfs_is_out(job->options->calib))
        return calibrate_kept(f, job, diag);
    TtfsArray a;
    bool ok = open_samples(f, job, &a, &f->arena, diag) && enough(job, &a, diag) &&
              gather(f, job, &a, diag) && range_from_samples(f, job, a.type == TTFS_U8, diag);
    ttfs_array_close(&a);
    return ok;
}
