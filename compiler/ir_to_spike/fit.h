/* SPDX-License-Identifier: Apache-2.0
 *
 * Weights fitted to calibration data: grids and integers with which a channel's sum comes out best.
 * Private to ir_to_spike.
 */
#ifndef TTFS_FIT_LAYER_H
#define TTFS_FIT_LAYER_H

#include "moments.h"
#include "task.h"

/* How strongly weights stay where they are, in mean second moments of an input; whether the sum is
 * to become the float network's, whatever the layers before lost (1), or what the real weights make
 * of the quantised inputs (0). */
typedef struct {
    float ridge, repair;
} TtfsFitWay;

struct TtfsFit {
    const TtfsMoments *moments;
    TtfsFitWay way;
    const float *pull; /* [channels][inputs] the target of that way (ttfs_fit_pull) */
    uint32_t threads;
};

/* Of a channel: the grid, and what is added to its bias so that the mean of the sum is right. */
typedef struct {
    double least, most; /* in: bounds of a ramp; none when most < 1: the channel is left alone */
    uint32_t ramp;
    double shift; /* real */
} TtfsFitted;

/* The targets; memory is `a`'s. */
const float *ttfs_fit_pull(const TtfsGridTask *l, const TtfsMoments *m, TtfsFitWay way,
                           uint32_t threads, TtfsArena *a);
/* Every channel of a relu with window scale `s_out`: ramp, shift, integers. */
void ttfs_fit_relu(const TtfsGridTask *l, double s_out, int16_t **weights, TtfsFitted *fitted);
/* All channels of a readout, whose common quantum of the potential is `unit` or about as large; the
 * quantum. */
double ttfs_fit_readout(const TtfsGridTask *l, double coarsest, double finest, int16_t **weights,
                        TtfsFitted *fitted);

#endif
