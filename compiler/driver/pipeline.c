/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipeline as prose: read ttfs_pipeline_run first.
 */
#include "pipeline.h"

#include "calibrate.h"
#include "channel_windows.h"
#include "chip_to_verilog.h"
#include "fit_device.h"
#include "image_to_spike.h"
#include "ip.h"
#include "ir_to_ir.h"
#include "model.h"
#include "plan_to_image.h"
#include "refill.h"
#include "shipped.h"
#include "spike_to_plan.h"
#include "find_target.h"
#include "find_widths.h"

const char *const ttfs_step_names[] = {
#define TTFS_STEP(NAME, name, folders, form, makes) #name,
#include "steps.def"
#undef TTFS_STEP
    NULL};

bool ttfs_step_has_form(TtfsStep step) {
    static const bool form[] = {
#define TTFS_STEP(NAME, name, folders, form, makes) form,
#include "steps.def"
#undef TTFS_STEP
    };
    return form[step];
}

static bool import(TtfsPipeline *f, const TtfsJob *job, TtfsDiag *diag) {
    TtfsModelOptions o = ttfs_model_options(job->options, &f->budget);
    const char *path = job->options->model;
    if (job->model) o.memory = UINT64_MAX; /* it was made of what is in memory */
    return job->model
               ? ttfs_model_import_bytes(path, job->model, job->model_size, &o, &f->imported, diag)
               : ttfs_model_import(path, &o, &f->imported, diag);
}

static bool ir(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag) {
    return import(f, job, diag) &&
           ttfs_ir_drop_tail(&f->imported, &f->net, job->options->model, diag) &&
           ttfs_ir_check(&f->net, job->options->model, diag);
}

static bool canonical(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag) {
    return ttfs_ir_canonical(&f->net, &f->canonical, job->options->model, diag) &&
           ttfs_ir_check(&f->canonical, job->options->model, diag);
}

/* Logits of the calibration samples that the readout cannot tell apart. */
static void tell_margins(const TtfsPipeline *f, const TtfsJob *job, TtfsDiag *diag) {
    double step = ttfs_logit_step(&f->spike).step;
    if (f->margins.samples)
        ttfs_margins_warn(&f->spike, job->options->model, ttfs_margins_below(&f->margins, step),
                          f->margins.samples, "calibration samples", diag);
}

static bool spike(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag) {
    TtfsDiag said = {0};
    bool ok = ttfs_calibrate(f, job, diag) && ttfs_target_find(f, job, diag) &&
              ttfs_widths_find(f, job, diag);
    TtfsBudget before = f->budget;
    ok = ok &&
         ttfs_ir_to_spike(&f->canonical, &f->calib, &job->spike, job->options->model, &f->spike,
                          &f->quant, &said) &&
         ttfs_spike_check(&f->spike, job->options->model, &said) &&
         ttfs_channel_windows(f, job, &before, &said);
    ttfs_diag_append(diag, &said);
    ttfs_diag_free(&said);
    if (ok) tell_margins(f, job, diag);
    return ok;
}

static bool plan(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag) {
    if (job->refill)
        return ttfs_refill_plan(job->refill, &f->spike, job->options->model, &f->plan, diag);
    if (job->options->fit && !ttfs_fit_chip(job, &f->spike, diag)) return false;
    return ttfs_spike_to_plan(&f->spike, &job->chip, job->schedule, job->options->model, &f->plan,
                              diag);
}

/* The image must decode to the very graph it was made from. */
static bool lift(const TtfsPipeline *f, const TtfsJob *job, TtfsDiag *diag) {
    TtfsSpike back = {0};
    char what[256];
    bool ok = ttfs_image_to_spike(&f->image, job->options->model, &back, diag);
    if (ok && !ttfs_spike_equal(&f->spike, &back, what, sizeof what))
        ok = ttfs_error(diag, TTFS_AT_FILE(job->options->model), TTFS_IMAGE_LIFT,
                        "the image does not lift to the network: %s", what);
    ttfs_spike_free(&back);
    return ok;
}

static bool image(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag) {
    return ttfs_plan_to_image(&f->plan, &f->spike, &f->image, diag) &&
           ttfs_image_check(&f->image, job->options->model, diag) && lift(f, job, diag);
}

static bool verilog(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag) {
    const char *rtl = ttfs_data_path(&f->arena, "rtl");
    if (job->refill) {
        if (!ttfs_refill_verilog(job->refill, &f->verilog, diag)) return false;
    } else {
        if (!ttfs_chip_to_verilog(&job->chip, rtl, &f->verilog, diag)) return false;
        ttfs_verilog_list(&f->verilog);
    }
    return !job->options->ip_xact ||
           ttfs_chip_to_ip(&job->chip, &f->verilog, ttfs_path_dir(&f->arena, rtl), &f->ip, diag);
}

bool ttfs_pipeline_run(TtfsPipeline *f, TtfsJob *job, TtfsStep last, TtfsDiag *diag) {
    static bool (*const step[])(TtfsPipeline *, TtfsJob *, TtfsDiag *) = {
#define TTFS_STEP(NAME, name, folders, form, makes) name,
#include "steps.def"
#undef TTFS_STEP
    };
    for (f->next = 0; f->next <= last; f->next++) {
        double start = ttfs_now();
        if (!ttfs_go_on(&job->options->progress, diag)) return false;
        if (!step[f->next](f, job, diag)) return false;
        TtfsStepTime *t = TTFS_PUSH(&f->arena, f->times);
        *t = (TtfsStepTime){ttfs_step_names[f->next], ttfs_now() - start, ttfs_peak_bytes()};
    }
    return true;
}

bool ttfs_pipeline_has(const TtfsPipeline *f, TtfsStep step) {
    return f->next > step;
}

void ttfs_pipeline_free(TtfsPipeline *f) {
    ttfs_file_set_free(&f->ip);
    ttfs_file_set_free(&f->verilog);
    ttfs_image_free(&f->image);
    ttfs_plan_free(&f->plan);
    ttfs_arena_free(&f->quant.arena);
    ttfs_spike_free(&f->spike);
    ttfs_calib_free(&f->calib);
    ttfs_ir_free(&f->canonical);
    ttfs_ir_free(&f->net);
    ttfs_calib_free(&f->windows.calib);
    ttfs_ir_free(&f->windows.scaled);
    ttfs_ir_free(&f->windows.canonical);
    ttfs_ir_free(&f->windows.net);
    ttfs_ir_free(&f->imported);
    ttfs_arena_free(&f->arena);
}

bool ttfs_pipeline_print(const TtfsPipeline *f, TtfsStep step, TtfsBuf *text, TtfsDiag *diag) {
    switch (step) {
    case TTFS_STEP_IR:
        return ttfs_ir_print(&f->net, NULL, text, diag);
    case TTFS_STEP_CANONICAL:
        return ttfs_ir_print(&f->canonical, NULL, text, diag);
    case TTFS_STEP_SPIKE:
        return ttfs_spike_print(&f->spike, NULL, text, diag);
    case TTFS_STEP_PLAN:
        ttfs_plan_print(&f->plan, text);
        return true;
    case TTFS_STEP_IMAGE:
        ttfs_image_print(&f->image, text);
        return true;
    case TTFS_STEP_VERILOG:
    case TTFS_STEPS:
        break;
    }
    return true;
}
