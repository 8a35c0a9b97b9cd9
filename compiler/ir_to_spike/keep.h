/* SPDX-License-Identifier: Apache-2.0
 *
 * Weights that lie on a grid of the model keep its integers. Private to ir_to_spike.
 */
#ifndef TTFS_KEEP_H
#define TTFS_KEEP_H

#include "task.h"

/* One channel: the weights of term k become multiple[k] times the model's integers. */
typedef struct {
    uint32_t *multiple; /* [terms], the caller's memory */
    bool kept;
    bool had_grid; /* the model said one */
    uint32_t bits; /* that the integers need */
    uint32_t ramp; /* of a relu */
    /* Of a channel with one source: the real value of one of the model's quanta of the sum, and how
     * many quanta of the potential it is; base 0: several sources. */
    double base, times;
    double error; /* largest relative error of a source's share in the sum */
} TtfsKept;

/* Finds multiples and a ramp for a window of that scale; kept is false when there are none. */
void ttfs_keep_relu(const TtfsGridTask *l, uint32_t channel, double s_out, uint32_t most_ramp,
                    TtfsKept *out);
/* The common unit of all channels of a readout and their multiples; 0, and nothing kept, when there
 * are none. */
double ttfs_keep_readout(const TtfsGridTask *l, TtfsKept *out);
/* Writes the integers of a kept channel. */
void ttfs_keep_write(const TtfsGridTask *l, uint32_t channel, const TtfsKept *k, int16_t **weights);
/* A real bias in units of the potential, not yet rounded. Of a kept channel whose bias is on the
 * model's grid it is the exact integer. */
double ttfs_keep_bias(const TtfsKept *k, double bias, double unit);

#endif
