/* SPDX-License-Identifier: Apache-2.0
 *
 * Job: what one compilation is asked to do. Plain data; ttfs_job_init says what one wants.
 */
#ifndef TTFS_JOB_H
#define TTFS_JOB_H

#include "chip.h"
#include "ir_to_spike.h"
#include "progress.h"
#include "samples.h"

typedef struct {
    const char *model; /* path */
    const char *calib; /* path, or NULL */
    uint32_t calib_count;
    TtfsSpikeOptions spike; /* input_lo, input_hi are set by the flow unless range_given */
    TtfsInputMap map;
    uint64_t memory;  /* that the model may ask for, bytes; 0: the default */
    bool range_given; /* the input's range, or mean and deviation, are the caller's */
    uint32_t seed;
    uint32_t threads; /* over samples; nothing written depends on it */
    TtfsChip chip;
    TtfsProgress progress; /* of calibration */
} TtfsJob;

/* All but the chip: 255 ticks, 8 bits, percentile 0.999, 1000 samples, seed 1, input 0 to 1, all
 * cores of the machine. */
void ttfs_job_init(TtfsJob *job, const char *model);
/* The input lies in lo..hi; uint8 samples 0..255 map onto it. */
void ttfs_job_range(TtfsJob *job, float lo, float hi);
/* uint8 samples are (value / 255 - mean) / deviation, channel by channel; the input's range is what
 * that gives. */
void ttfs_job_channels(TtfsJob *job, const TtfsInputMap *map);

#endif
