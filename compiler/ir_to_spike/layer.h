/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantisation of one linear layer: weights, ramps, biases. Private to ir_to_spike.
 */
#ifndef TTFS_LAYER_H
#define TTFS_LAYER_H

#include "ir_to_spike.h"

/* The part of a layer that reads one source. */
typedef struct {
    const float *weights; /* [channels][rows][row] */
    uint32_t rows;        /* 1; of a matrix, neurons a channel */
    uint64_t row;
    uint64_t group;    /* weights of one source channel: a kernel's taps; divides row */
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
    uint32_t bits;  /* of the weights, 2..16 */
    uint32_t ticks; /* T of the layer; 0 for a readout */
    bool fixed;     /* the window is the model's own grid */
} TtfsGridTask;

typedef struct {
    double scale; /* in: the window's scale; out: the same or wider (relu), s_w s_in (readout) */
    int16_t **weights;    /* [terms]; sums over the synapses; the caller's memory, filled in */
    int32_t *bias, *ramp; /* ramp NULL for a readout */
    double weight_error;  /* sqrt(sum e (W - w s_w)^2 / sum e W^2), e = (the source's window)^2 */
    uint32_t ramp_min, ramp_max;
    uint64_t clipped;
    uint32_t kept, left; /* channels whose weights are the model's integers, or multiples; channels
                            that had such integers and lost them */
    double kept_error;   /* the largest relative error of a kept channel's ramp */
    uint32_t kept_bits;  /* that the integers of the channels that were left need, at most */
} TtfsGridLayer;

/* Work that it takes (budget.h): weights are rounded once for each grid that is tried. */
uint64_t ttfs_layer_work(const TtfsGridTask *l);
/* Memory of biases and ramps is `a`'s. Refuses with QUANT_RANGE what int32 does not hold. */
bool ttfs_layer_relu(const TtfsGridTask *l, TtfsGridLayer *out, TtfsArena *a, TtfsDiag *diag);
bool ttfs_layer_readout(const TtfsGridTask *l, TtfsGridLayer *out, TtfsArena *a, TtfsDiag *diag);

#endif
