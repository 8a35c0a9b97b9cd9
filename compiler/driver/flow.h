/* SPDX-License-Identifier: Apache-2.0
 *
 * The flow: from a model to the forms, step by step, and to the output folder.
 */
#ifndef TTFS_FLOW_H
#define TTFS_FLOW_H

#include "clock.h"
#include "fit.h"
#include "image.h"
#include "ir_to_spike.h"
#include "job.h"
#include "plan.h"

typedef struct {
    const char *name;
    double seconds;
    uint64_t peak_bytes; /* of the process, at the step's end */
} TtfsStepTime;

typedef struct {
    TtfsArena arena;
    TtfsBudget budget; /* that the forms draw on */
    /* net: imported without what follows the logits; the relu engine runs it. */
    TtfsIr imported, net, canonical;
    TtfsCalib calib;
    TtfsSpike spike;
    TtfsQuantReport quant;
    TtfsPlan plan;
    TtfsImage image;
    TtfsInputMap map;
    uint32_t calibrated; /* samples */
    uint32_t steps_done; /* how many of ttfs_step_names */
    TTFS_VEC(TtfsStepTime) times;
} TtfsFlow;

/* The steps in order: ir, canonical, spike, plan, image, verilog; NULL at the end. */
extern const char *const ttfs_step_names[];

/* Runs the steps up to and including index `last`. */
bool ttfs_flow_run(TtfsFlow *f, TtfsJob *job, uint32_t last, TtfsDiag *diag);
void ttfs_flow_free(TtfsFlow *f);
/* Writes what was made to folder `out`: all at once under a temporary name, then renamed. A folder
 * there is replaced when ttfs wrote it or it is empty, else refused. `times`: also write
 * report/steps.json. */
bool ttfs_flow_write(const TtfsFlow *f, const TtfsJob *job, const char *out, bool times,
                     TtfsDiag *diag);
/* The shape of one sample as the model takes it. */
TtfsSampleShape ttfs_flow_sample(const TtfsFlow *f);
/* Appends the text of the form a step made. */
bool ttfs_flow_print(const TtfsFlow *f, uint32_t step, TtfsBuf *text, TtfsDiag *diag);

#endif
