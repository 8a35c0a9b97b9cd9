/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonical IR + calibration -> spike graph: windows, integer weights, ramps and biases (semantics
 * in docs/semantics.md).
 */
#ifndef TTFS_IR_TO_SPIKE_H
#define TTFS_IR_TO_SPIKE_H

#include "ir.h"
#include "spike.h"
#include "ttfs.h"

/* Calibration samples that weights are fitted to: real values as the model takes them, sample after
 * sample. */
typedef struct {
    const float *values;
    uint32_t count, threads; /* nothing depends on the threads */
    TtfsProgress progress;   /* told of each layer; a stop is asked for between layers and ways */
} TtfsFitSamples;

/* Of so many samples the last is held back: nothing is fitted to it, choices are made on it. */
enum { TTFS_HELD_EVERY = 5 };

typedef struct {
    uint32_t ticks;       /* T of every window, 1..65535 */
    uint32_t weight_bits; /* 2..16 */
    double percentile; /* share of positive activations within the window, 0..1; 1: the maximum */
    bool pow2;         /* every ramp is a power of two; else any whole number */
    float input_lo, input_hi; /* range of real input values that the encoder spans; lo < hi */
    const TtfsLayerOptions *layers;
    uint32_t n_layers;
    const TtfsFitSamples *fit; /* NULL: weights are rounded by themselves */
} TtfsSpikeOptions;

/* What the quantiser did to one population, for the report. */
typedef struct {
    const char *name;
    double window_top;   /* real value of T */
    double seen_max;     /* largest calibrated value, 0 without calibration */
    double weight_error; /* sqrt(sum (W - w s_w)^2 / sum W^2) */
    uint32_t ramp_min, ramp_max;
    uint64_t clipped_weights;
    double saturated;      /* share of calibrated values above the window */
    double first_tick;     /* ... that spike in its first tick */
    const char *quantiser; /* plain or fitted; NULL: it has no weights */
    const char *why;       /* of plain weights though fitting was asked for; NULL otherwise */
    /* Squared errors on the samples held back, when it was chosen: plain, and as it is; 0, 0. */
    double error_plain, error;
    /* The model's own integers (semantics.md, "Quantised networks"): channels that keep them, with
     * the largest error of the ratio of their grids, and that lost them. */
    uint32_t kept, left;
    double kept_error;
} TtfsQuantLayer;

typedef struct {
    TtfsArena arena;
    TTFS_VEC(TtfsQuantLayer) at;
    bool probed;  /* samples were held back, and */
    double error; /* the readouts' squared error on these, relative to the readouts' power */
} TtfsQuantReport;

/* Without calibration (calib->samples == 0) windows come from interval bounds, with a warning. */
bool ttfs_ir_to_spike(const TtfsIr *ir, const TtfsCalib *calib, const TtfsSpikeOptions *options,
                      const char *file, TtfsSpike *out, TtfsQuantReport *report, TtfsDiag *diag);

#endif
