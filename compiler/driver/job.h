/* SPDX-License-Identifier: Apache-2.0
 *
 * Job: one compilation that can begin. Its options are within their bounds; the chip, the input's
 * range and what the step ir_to_spike is told are made of them.
 */
#ifndef TTFS_JOB_H
#define TTFS_JOB_H

#include "device.h"
#include "ir_to_spike.h"
#include "samples.h"
#include "schedule.h"
#include "ttfs.h"

typedef struct TtfsRefill TtfsRefill;

/* What ticks and bits are found for. */
typedef enum {
    TTFS_OPTIMISE_LATENCY,
    TTFS_OPTIMISE_MEMORY,
    TTFS_OPTIMISE_ENERGY,
    TTFS_OPTIMISE_SPIKES,
    TTFS_OPTIMISES
} TtfsOptimise;
extern const char *const ttfs_optimise_names[]; /* NULL at the end */

/* How weights are found: rounded by themselves, or fitted to the calibration samples, with a window
 * a layer, or one a channel where that is better (channels). auto: channels where there are enough
 * samples, plain where there are not and where ticks and bits are being found. */
typedef enum {
    TTFS_QUANTISER_AUTO,
    TTFS_QUANTISER_PLAIN,
    TTFS_QUANTISER_FITTED,
    TTFS_QUANTISER_CHANNELS
} TtfsQuantiser;
extern const char *const ttfs_quantisers[]; /* NULL at the end */

/* What ramps may be: whole numbers, or powers of two alone. */
typedef enum { TTFS_RAMPS_ANY, TTFS_RAMPS_POW2 } TtfsRamps;
extern const char *const ttfs_ramps_names[]; /* NULL at the end */

/* A target of the compilation, which then finds ticks and weight bits. */
typedef struct {
    bool wanted, labelled; /* labelled: it is of accuracy, else of agreement */
    double loss; /* share of samples whose class may change, or of right ones that may be lost */
    TtfsOptimise optimise;
} TtfsTarget;

enum { TTFS_LEAST_TARGET_SAMPLES = 50 };

typedef struct {
    const TtfsCompileOptions *options;
    const void *model; /* the bytes of options->model, of which no file is there yet; NULL: it is
                          a file */
    size_t model_size;
    TtfsRefill *refill;     /* the folder whose plan, chip and Verilog are kept; NULL: none */
    TtfsSpikeOptions spike; /* input_lo, input_hi are set by the pipeline unless range_given */
    TtfsInputMap map;
    bool range_given;  /* the input's range, or mean and deviation, are the caller's */
    TtfsChip chip;     /* lies in the arena; with options->fit made from the spike graph */
    TtfsDevice device; /* with options->fit */
    bool writes_chip;  /* chip.json goes into the folder */
    TtfsSchedule schedule;
    TtfsQuantiser quantiser;
    TtfsTarget target;
} TtfsJob;

/* Looks at the options, which must outlive the job, and reads the chip, but with weights_only. */
bool ttfs_job_open(TtfsJob *job, const TtfsCompileOptions *options, TtfsArena *a, TtfsDiag *diag);
/* What the samples to calibrate with are called; NULL: there are none. */
const char *ttfs_job_calib(const TtfsJob *job);

#endif
