/* SPDX-License-Identifier: Apache-2.0
 *
 * One linear layer as the quantiser sees it. Private to ir_to_spike.
 */
#ifndef TTFS_TASK_H
#define TTFS_TASK_H

#include "ir_to_spike.h"

typedef struct TtfsFit TtfsFit;

/* The part of a layer that reads one source. */
typedef struct {
    const float *weights; /* [channels][rows][row] */
    uint32_t rows;        /* 1; of a matrix, neurons a channel */
    uint64_t row;
    uint64_t group;    /* weights of one source channel: a kernel's taps; divides row */
    bool own;          /* of a group of channels: not all read the same inputs */
    uint32_t synapses; /* 1 or more: a weight may be the sum of so many, each of the layer's bits */
    double in_scale;   /* real value of one integer quantum of the source */
    uint32_t in_ticks; /* T of the source */
    /* The model's own grid: the weights are integers times a quantum, 1 for all or one a row of
     * weights; NULL: none. */
    const float *quantum;
    uint32_t quanta;
} TtfsGridTerm;

/* A linear layer with real weights; in real units y_i = b_i + sum over terms and j of W_ij x_j. */
typedef struct {
    TtfsLoc at;
    const TtfsGridTerm *term;
    uint32_t terms;
    const double *bias; /* [channels][bias_count / channels] */
    uint32_t channels, bias_count;
    uint32_t bits;      /* of the weights, 2..16 */
    uint32_t ticks;     /* T of the layer; 0 for a readout */
    bool fixed;         /* the window is the model's own grid */
    bool pow2;          /* ramps are powers of two */
    const TtfsFit *fit; /* what weights are fitted to; NULL: they are rounded by themselves */
} TtfsGridTask;

#endif
