/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipeline: from a model to the forms, step by step, and to the output folder.
 */
#ifndef TTFS_PIPELINE_H
#define TTFS_PIPELINE_H

#include "calib_file.h"
#include "clock.h"
#include "file_set.h"
#include "fit.h"
#include "frontier.h"
#include "image.h"
#include "ir_to_spike.h"
#include "job.h"
#include "plan.h"

typedef enum {
#define TTFS_STEP(NAME, name, folders, form, makes) TTFS_STEP_##NAME,
#include "steps.def"
#undef TTFS_STEP
    TTFS_STEPS
} TtfsStep;

typedef struct {
    const char *name;
    double seconds;
    uint64_t peak_bytes; /* of the process, at the step's end */
} TtfsStepTime;

/* Windows of channels. Where they are taken, net and canonical of the pipeline are the scaled
 * network and its canonical form, and these are the network that was, whose calibration the folder
 * keeps for other settings. */
typedef struct {
    bool tried, taken;
    double layers, channels; /* what the outputs are off by on the samples held back, as a share */
    TtfsIr net, canonical, scaled;
    TtfsCalib calib;
} TtfsWindows;

/* A file of an output folder, by its path there. */
typedef struct {
    const char *path;
    const void *bytes;
    size_t n;
} TtfsMade;

typedef struct {
    TtfsArena arena;
    TtfsBudget budget; /* that the forms draw on */
    /* net: imported without what follows the logits; the relu engine runs it. */
    TtfsIr imported, net, canonical;
    TtfsCalib calib;
    TtfsWindows windows;
    TtfsMargins margins;    /* of the logits of the calibration samples */
    TtfsCalibSource source; /* of the calibration; file NULL: there is none */
    TtfsSpike spike;
    TtfsQuantReport quant;
    TtfsPlan plan;
    TtfsImage image;
    TtfsFileSet verilog; /* with its file list */
    TtfsFileSet ip;      /* the block for a design, where it is asked for */
    TtfsInputMap map;
    uint32_t calibrated; /* samples */
    float *kept;         /* of them, those that weights are fitted to, evenly spread */
    TtfsFitSamples fit;
    const TtfsFrontier *frontier; /* of a target; NULL: there was none */
    const TtfsMade *made;         /* what goes into the folder besides */
    uint32_t n_made;
    uint32_t next; /* the step that has not been made yet */
    TTFS_VEC(TtfsStepTime) times;
} TtfsPipeline;

/* NULL at the end. */
extern const char *const ttfs_step_names[];
/* Whether what the step makes has a text. */
bool ttfs_step_has_form(TtfsStep step);

/* Runs the steps up to and including `last`. */
bool ttfs_pipeline_run(TtfsPipeline *f, TtfsJob *job, TtfsStep last, TtfsDiag *diag);
/* Whether the step was made. */
bool ttfs_pipeline_has(const TtfsPipeline *f, TtfsStep step);
void ttfs_pipeline_free(TtfsPipeline *f);
/* Writes what was made to the folder that the job names: all at once under a temporary name, then
 * renamed. A folder there is replaced when ttfs wrote it or it is empty, else refused. */
bool ttfs_pipeline_write(const TtfsPipeline *f, const TtfsJob *job, TtfsDiag *diag);
/* Appends the text of the form a step made; nothing when it has none. */
bool ttfs_pipeline_print(const TtfsPipeline *f, TtfsStep step, TtfsBuf *text, TtfsDiag *diag);

#endif
