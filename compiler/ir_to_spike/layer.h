/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantisation of one linear layer: weights, ramps, biases. Private to ir_to_spike.
 */
#ifndef TTFS_LAYER_H
#define TTFS_LAYER_H

#include "ir_to_spike.h"

/* A linear layer with real weights; in real units y_i = sum_j W_ij x_j + b_i. */
typedef struct {
    const char *file, *name;
    const float *weights; /* [channels][row] */
    const double *bias;   /* [channels] */
    uint32_t channels;
    uint64_t row;
    uint64_t group;    /* weights of one source channel: a kernel's taps; divides row */
    double in_scale;   /* real value of one integer step of the source */
    uint32_t in_ticks; /* T of the source */
    uint32_t bits;     /* of the weights, 2..16 */
    uint32_t ticks;    /* T of the layer; 0 for a readout */
} TtfsLayer;

typedef struct {
    double scale; /* in: the window's scale; out: the same or wider (relu), s_w s_in (readout) */
    int16_t *weights;
    int32_t *bias, *ramp; /* ramp NULL for a readout */
    double weight_error;  /* sqrt(sum (W - w s_w)^2 / sum W^2) */
    uint32_t ramp_min, ramp_max;
    uint64_t clipped;
} TtfsGridLayer;

/* Memory of the results is `a`'s. Refuses with QUANT_RANGE what int32 does not hold. */
bool ttfs_layer_relu(const TtfsLayer *l, TtfsGridLayer *out, TtfsArena *a, TtfsDiag *diag);
bool ttfs_layer_readout(const TtfsLayer *l, TtfsGridLayer *out, TtfsArena *a, TtfsDiag *diag);

#endif
