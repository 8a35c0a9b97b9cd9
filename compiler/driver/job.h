/* SPDX-License-Identifier: Apache-2.0
 *
 * Job: what one compilation was asked to do, from the command line and the config file. The command
 * line wins.
 */
#ifndef TTFS_JOB_H
#define TTFS_JOB_H

#include "chip.h"
#include "ir_to_spike.h"
#include "options.h"
#include "samples.h"

typedef struct {
    const char *model; /* path */
    const char *calib; /* path, or NULL */
    uint32_t calib_count;
    TtfsSpikeOptions spike; /* input_lo, input_hi are set by the flow unless range_given */
    TtfsInputMap map;
    bool range_given; /* --input-range, or mean and std */
    uint64_t memory;  /* that the model may ask for, bytes; 0: the default */
    uint32_t seed;
    uint32_t threads; /* over samples; nothing written depends on it */
    TtfsChip chip;
} TtfsJob;

/* Fills the job from `o`; values the config file holds are put into `o` where the command line is
 * silent. */
bool ttfs_job_read(TtfsJob *job, TtfsOptions *o, TtfsArena *a, TtfsDiag *diag);
/* Path of a shipped file or folder ("hw/chips", "rtl", ...): $TTFS_DATA, the installed share
 * folder, or the source tree. */
const char *ttfs_data_path(TtfsArena *a, const char *name);
/* Reads a chip by name or path. */
bool ttfs_chip_load(TtfsChip *chip, const char *name, TtfsArena *a, TtfsDiag *diag);

#endif
