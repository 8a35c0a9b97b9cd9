/* SPDX-License-Identifier: Apache-2.0
 *
 * Margins: how far the largest two logits of a sample are apart, of one logit how far it is from 0,
 * beside the step of the readout that gives them. Closer ones the chip cannot tell apart: rounding
 * names the class.
 */
#ifndef TTFS_MARGIN_H
#define TTFS_MARGIN_H

#include "diag.h"
#include "spike.h"

/* A histogram over the bits of float32, as calibration's: the order of samples does not matter. */
typedef struct {
    uint64_t *bins; /* TTFS_MARGIN_BINS; NULL before the first */
    uint64_t samples;
} TtfsMargins;

enum { TTFS_MARGIN_SHIFT = 15, TTFS_MARGIN_BINS = 1 << 16 };

/* Of a vector of n logits: 1: its size; else the largest less the next one. */
double ttfs_margin(const double *logits, uint64_t n);
void ttfs_margins_add(TtfsMargins *m, double margin, TtfsArena *a);
void ttfs_margins_merge(TtfsMargins *m, const TtfsMargins *other, TtfsArena *a);
/* How many lie below v, to the resolution of the bins, of which only whole ones count. */
uint64_t ttfs_margins_below(const TtfsMargins *m, double v);

/* The step of an output's logits: one of the potentials of its readout; of several readouts, of the
 * coarsest. */
typedef struct {
    double step; /* real units; 0: the network's outputs name no class */
    TtfsPop readout;
} TtfsLogitStep;

/* Of a graph with one output, a vector. */
TtfsLogitStep ttfs_logit_step(const TtfsSpike *s);
/* Whether so many of the samples are a relevant share. */
bool ttfs_margins_matter(uint64_t close, uint64_t samples);
/* Warns (LOGITS_CLOSE) when they are. `which`: "calibration samples", "samples". */
void ttfs_margins_warn(const TtfsSpike *s, const char *file, uint64_t close, uint64_t samples,
                       const char *which, TtfsDiag *diag);

#endif
