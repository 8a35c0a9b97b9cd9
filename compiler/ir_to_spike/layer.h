/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantisation of one linear layer: weights, ramps, biases. Private to ir_to_spike.
 */
#ifndef TTFS_LAYER_H
#define TTFS_LAYER_H

#include "task.h"

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
