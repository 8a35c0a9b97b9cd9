/* SPDX-License-Identifier: Apache-2.0
 *
 * Job: one compilation that can begin. Its options are within their bounds; the chip, the input's
 * range and what the step ir_to_spike is told are made of them.
 */
#ifndef TTFS_JOB_H
#define TTFS_JOB_H

#include "chip.h"
#include "ir_to_spike.h"
#include "samples.h"
#include "schedule.h"
#include "ttfs.h"

typedef struct {
    const TtfsCompileOptions *options;
    TtfsSpikeOptions spike; /* input_lo, input_hi are set by the pipeline unless range_given */
    TtfsInputMap map;
    bool range_given; /* the input's range, or mean and deviation, are the caller's */
    TtfsChip chip;    /* lies in the arena */
    TtfsSchedule schedule;
} TtfsJob;

/* Looks at the options, which must outlive the job, and reads the chip. */
bool ttfs_job_open(TtfsJob *job, const TtfsCompileOptions *options, TtfsArena *a, TtfsDiag *diag);

#endif
