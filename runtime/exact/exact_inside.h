/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the exact engine: weights as the spikes meet them, and what a layer keeps. States of
 * neurons lie [position][channel], so that a spike adds one row of weights to neighbours.
 */
#ifndef TTFS_EXACT_INSIDE_H
#define TTFS_EXACT_INSIDE_H

#include "exact.h"

/* A term with its rescaled weights. A neuron's gain is a factor of all its synapses and is applied
 * to what they add up to: J = gain * j. */
typedef struct {
    const TtfsTerm *term;
    double *j;     /* [in channel][ky][kx][out channel of the group]; a matrix [in][position][c] */
    double *total; /* [position][c]: sum of j over all taps, padding included */
    double *pad;   /* [position][c]: the part of it in the padding; NULL: none, or model b */
} TtfsWiring;

typedef struct {
    double start, window; /* of the own window, in units of time; a readout: start only */
    double first;         /* start of the earliest source window */
    double *scale;        /* [c]: values are rescaled by this (model a); 1 otherwise */
    double *bias;         /* rescaled; [c], or [c][h][w] as bias_count says */
    uint32_t bias_count;
    double *gain;       /* [position][c]: alpha / (1 - S) (model a); 1 otherwise */
    double *noise;      /* [neuron]: what is added to an own slope of 1; NULL: none */
    TtfsWiring *wiring; /* one a term */
    double *time;       /* [neuron], natural order; NULL for a readout */
    double *value;      /* decoded, natural order */
    TtfsExactStat stat;
} TtfsExactLayer;

typedef struct {
    double time;
    uint32_t neuron;
} TtfsEvent;

struct TtfsExact {
    TtfsArena arena;
    const TtfsNet *net;
    TtfsExactOptions options;
    double input_lo, latency;
    TtfsExactLayer *layer;
    TtfsReference *reference;
    TtfsEvent *events;         /* of the source in hand, in order of time */
    double *v, *slope, *after; /* [position][channel] of the layer in hand */
    double *last;              /* [position][group]: when slope was last integrated */
    double *first;             /* the first output */
};

/* reference.c: a piece of an output, of its population's values. */
void ttfs_exact_piece(const TtfsPiece *p, const double *from, double *to);
/* exact_weights.c: synapses, rescaling, windows of all layers. */
void ttfs_exact_prepare(TtfsExact *e, const TtfsExactTops *tops);
/* exact_fire.c: potentials of a layer when its window opens, and its spikes in it. `after` holds
 * the slopes that stay when the sources' windows are over. */
void ttfs_exact_integrate(TtfsExact *e, uint32_t layer);
void ttfs_exact_fire(TtfsExact *e, uint32_t layer);
/* exact_noise.c: the standard deviation of a spike's time in the layer, in units of time; moves
 * every spike by a deviate of that, but not out of its window; draws what is added to own slopes.
 */
double ttfs_exact_time_sd(const TtfsExact *e, uint32_t layer);
void ttfs_exact_disturb(TtfsExact *e, uint32_t layer, uint64_t sample);
void ttfs_exact_draw_slopes(TtfsExact *e, uint32_t layer);
/* Slope at the end of the window when every neuron of the source fires at its end. */
void ttfs_exact_full_slope(TtfsExact *e, uint32_t layer, uint32_t term);

#endif
