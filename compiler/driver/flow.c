/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipeline as prose: read run_steps first.
 */
#include "flow.h"

#include "fit.h"
#include "image_to_spike.h"
#include "ir_to_ir.h"
#include "onnx_to_ir.h"
#include "parallel.h"
#include "plan_to_image.h"
#include "relu.h"
#include "spike_to_plan.h"

#include <math.h>
#include <stdatomic.h>

const char *const ttfs_step_names[] = {"ir",    "canonical", "spike", "plan",
                                       "image", "verilog",   NULL};

static bool import(TtfsFlow *f, TtfsJob *job, TtfsDiag *diag) {
    TtfsOnnxOptions options = {.budget = &f->budget, .memory = job->memory};
    return ttfs_onnx_import(job->model, &options, &f->imported, diag) &&
           ttfs_ir_drop_tail(&f->imported, &f->net, job->model, diag) &&
           ttfs_ir_check(&f->net, job->model, diag);
}

static bool canonical(TtfsFlow *f, TtfsJob *job, TtfsDiag *diag) {
    return ttfs_ir_canonical(&f->net, &f->canonical, job->model, diag) &&
           ttfs_ir_check(&f->canonical, job->model, diag);
}

TtfsSampleShape ttfs_flow_sample(const TtfsFlow *f) {
    const TtfsTensorInfo *in = ttfs_ir_tensor(&f->net, f->net.input);
    TtfsSampleShape shape = {0};
    for (uint32_t i = in->rank > 1; i < in->rank; i++) shape.dim[shape.rank++] = in->dim[i];
    return shape;
}

static bool open_samples(const TtfsFlow *f, const TtfsJob *job, TtfsArray *a, TtfsArena *arena,
                         TtfsDiag *diag) {
    const TtfsTensorInfo *in = ttfs_ir_tensor(&f->canonical, f->canonical.input);
    const TtfsWanted want = {.name = "x", .elements = {ttfs_ir_count(in)}};
    TtfsSampleShape shape = ttfs_flow_sample(f);
    return ttfs_array_open(a, job->calib, &want, arena, diag) &&
           ttfs_samples_fit(a, &f->map, &shape, diag);
}

/* What a thread of the calibration owns. */
typedef struct {
    TtfsArena arena;
    TtfsDiag diag;
    TtfsRelu *relu;
    TtfsCalib calib;
    float *x;
    uint64_t outside; /* values that the encoder will clip, as far as its range is known */
} CalibWorker;

typedef struct {
    const TtfsFlow *f;
    const TtfsArray *samples;
    const TtfsProgress *progress;
    uint64_t n; /* samples to take */
    atomic_uint_least64_t done;
    float lo, hi; /* the encoder's range, half a step wider; all numbers where it is not known */
    CalibWorker *worker;
} CalibLoop;

static const char told[] = "calibration samples";

static bool calibrate_item(void *context, uint32_t worker, uint64_t i) {
    CalibLoop *l = context;
    CalibWorker *w = &l->worker[worker];
    const TtfsIr *ir = &l->f->canonical;
    if (!ttfs_array_sample(l->samples, &l->f->map, i, w->x, &w->diag)) return false;
    for (uint64_t k = 0; k < l->samples->elements; k++)
        w->outside += w->x[k] < l->lo || w->x[k] > l->hi;
    ttfs_relu_run(w->relu, w->x);
    ttfs_calib_add(&w->calib, ir->input, w->x, l->samples->elements);
    for (uint32_t k = 0; k < ir->nodes.len; k++) {
        TtfsTensor t = ir->nodes.at[k].out;
        ttfs_calib_add(&w->calib, t, ttfs_relu_values(w->relu, t),
                       ttfs_ir_count(ttfs_ir_tensor(ir, t)));
    }
    uint64_t done = atomic_fetch_add(&l->done, 1) + 1;
    if (worker == 0) ttfs_tell(l->progress, told, done, l->n);
    return true;
}

/* Before the encoder is made its range is what the job says, or what the samples will say. */
static CalibLoop calib_loop(TtfsFlow *f, const TtfsJob *job, const TtfsArray *a, uint32_t threads) {
    const TtfsSpikeOptions *s = &job->spike;
    float half = 0.5f * (s->input_hi - s->input_lo) / (float)s->ticks;
    return (CalibLoop){.f = f,
                       .samples = a,
                       .progress = &job->progress,
                       .lo = job->range_given ? s->input_lo - half : -INFINITY,
                       .hi = job->range_given ? s->input_hi + half : INFINITY,
                       .worker = TTFS_ARRAY(&f->arena, CalibWorker, threads)};
}

/* Runs the canonical network on the calibration samples and gathers what every tensor holds. The
 * threads' counts add up to the same whatever sample ran where. */
static bool gather(TtfsFlow *f, const TtfsJob *job, const TtfsArray *a, TtfsDiag *diag) {
    uint64_t n = a->samples < job->calib_count ? a->samples : job->calib_count;
    uint32_t threads = job->threads < n ? job->threads : (uint32_t)n;
    CalibLoop l = calib_loop(f, job, a, threads);
    uint64_t outside = 0;
    l.n = n;
    ttfs_tell(l.progress, told, 0, n);
    for (uint32_t i = 0; i < threads; i++) {
        l.worker[i].relu = ttfs_relu_open(&f->canonical);
        l.worker[i].x = TTFS_ARRAY(&l.worker[i].arena, float, a->elements);
        ttfs_calib_init(&l.worker[i].calib, &f->canonical);
    }
    bool ok = ttfs_parallel(threads, 0, n, calibrate_item, &l);
    for (uint32_t i = 0; i < threads; i++) {
        CalibWorker *w = &l.worker[i];
        ttfs_calib_merge(&f->calib, &w->calib);
        outside += w->outside;
        ttfs_diag_append(diag, &w->diag);
        ttfs_calib_free(&w->calib);
        ttfs_relu_close(w->relu);
        ttfs_diag_free(&w->diag);
        ttfs_arena_free(&w->arena);
    }
    f->calibrated = f->calib.samples;
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

/* Without --input-range or mean and std, samples of float32 set the encoder's range by what they
 * hold. */
static bool range_from_samples(const TtfsFlow *f, TtfsJob *job, bool u8, TtfsDiag *diag) {
    const TtfsTensorStat *s = &f->calib.stat[f->canonical.input.i - 1];
    if (job->range_given || u8 || input_has_grid(&f->canonical)) return true;
    job->spike.input_lo = s->min < 0 ? s->min : 0;
    job->spike.input_hi = s->max;
    if (!(job->spike.input_hi > job->spike.input_lo))
        return ttfs_error(diag, TTFS_AT_FILE(job->calib), TTFS_CALIB_RANGE,
                          "all values are %g or below", (double)s->max);
    if (!(job->spike.input_hi - job->spike.input_lo >= 1e-30f))
        return ttfs_error(diag, TTFS_AT_FILE(job->calib), TTFS_CALIB_RANGE,
                          "all values lie between %g and %g, too close to be told apart",
                          (double)job->spike.input_lo, (double)job->spike.input_hi);
    ttfs_note(diag, TTFS_AT_FILE(job->calib),
              "input range %g to %g taken from the calibration samples",
              (double)job->spike.input_lo, (double)job->spike.input_hi);
    return true;
}

static bool calibrate(TtfsFlow *f, TtfsJob *job, TtfsDiag *diag) {
    f->map = job->map;
    ttfs_calib_init(&f->calib, &f->canonical);
    if (!job->calib) {
        if (!job->range_given && !input_has_grid(&f->canonical))
            ttfs_note(diag, TTFS_AT_FILE(job->model),
                      "input range 0 to 1 assumed; --input-range says otherwise");
        return true;
    }
    TtfsArray a;
    bool ok = open_samples(f, job, &a, &f->arena, diag) && gather(f, job, &a, diag) &&
              range_from_samples(f, job, a.type == TTFS_U8, diag);
    ttfs_array_close(&a);
    return ok;
}

static bool spike(TtfsFlow *f, TtfsJob *job, TtfsDiag *diag) {
    return calibrate(f, job, diag) &&
           ttfs_ir_to_spike(&f->canonical, &f->calib, &job->spike, job->model, &f->spike, &f->quant,
                            diag) &&
           ttfs_spike_check(&f->spike, job->model, diag);
}

static bool plan(TtfsFlow *f, TtfsJob *job, TtfsDiag *diag) {
    return ttfs_spike_to_plan(&f->spike, &job->chip, job->model, &f->plan, diag) &&
           ttfs_plan_check(&f->plan, &f->spike, job->model, diag);
}

/* The image must decode to the very graph it was made from. */
static bool lift(const TtfsFlow *f, const TtfsJob *job, TtfsDiag *diag) {
    TtfsSpike back = {0};
    char what[256];
    bool ok = ttfs_image_to_spike(&f->image, job->model, &back, diag);
    if (ok && !ttfs_spike_equal(&f->spike, &back, what, sizeof what))
        ok = ttfs_error(diag, TTFS_AT_FILE(job->model), TTFS_IMAGE_LIFT,
                        "the image does not lift to the network: %s", what);
    ttfs_spike_free(&back);
    return ok;
}

static bool image(TtfsFlow *f, TtfsJob *job, TtfsDiag *diag) {
    return ttfs_plan_to_image(&f->plan, &f->spike, &f->image, diag) &&
           ttfs_image_check(&f->image, job->model, diag) && lift(f, job, diag);
}

/* The Verilog depends on the chip alone and is written straight into the output folder; see
 * flow_write.c. */
static bool verilog(TtfsFlow *f, TtfsJob *job, TtfsDiag *diag) {
    (void)f, (void)job, (void)diag;
    return true;
}

bool ttfs_flow_run(TtfsFlow *f, TtfsJob *job, uint32_t last, TtfsDiag *diag) {
    static bool (*const step[])(TtfsFlow *, TtfsJob *, TtfsDiag *) = {import, canonical, spike,
                                                                      plan,   image,     verilog};
    for (uint32_t i = 0; i <= last; i++) {
        double start = ttfs_now();
        if (!step[i](f, job, diag)) return false;
        f->steps_done = i + 1;
        TtfsStepTime *t = TTFS_PUSH(&f->arena, f->times);
        *t = (TtfsStepTime){ttfs_step_names[i], ttfs_now() - start, ttfs_peak_bytes()};
    }
    return true;
}

void ttfs_flow_free(TtfsFlow *f) {
    ttfs_image_free(&f->image);
    ttfs_plan_free(&f->plan);
    ttfs_arena_free(&f->quant.arena);
    ttfs_spike_free(&f->spike);
    ttfs_calib_free(&f->calib);
    ttfs_ir_free(&f->canonical);
    ttfs_ir_free(&f->net);
    ttfs_ir_free(&f->imported);
    ttfs_arena_free(&f->arena);
}

bool ttfs_flow_print(const TtfsFlow *f, uint32_t step, TtfsBuf *text, TtfsDiag *diag) {
    switch (step) {
    case 0:
        return ttfs_ir_print(&f->net, NULL, text, diag);
    case 1:
        return ttfs_ir_print(&f->canonical, NULL, text, diag);
    case 2:
        return ttfs_spike_print(&f->spike, NULL, text, diag);
    case 3:
        ttfs_plan_print(&f->plan, text);
        return true;
    default:
        ttfs_image_print(&f->image, text);
        return true;
    }
}
