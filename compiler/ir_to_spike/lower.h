/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of the lowering, shared by its files. Private to ir_to_spike.
 */
#ifndef TTFS_LOWER_H
#define TTFS_LOWER_H

#include "ir_to_spike.h"

/* Real interval of every channel of a population, for windows without calibration. */
typedef struct {
    double *low, *high;
} TtfsRange;

typedef struct {
    const TtfsIr *ir;
    const TtfsCalib *calib; /* NULL: none */
    const TtfsSpikeOptions *options;
    const char *file;
    TtfsSpike *out;
    TtfsQuantReport *report;
    TtfsDiag *diag;
    TtfsArena scratch;
    TtfsPop *made;              /* per IR tensor: the population that holds it, 0 = none */
    uint32_t *users;            /* per IR tensor: how many nodes read it */
    uint32_t *reader;           /* per IR tensor: index + 1 of the last node that reads it */
    TTFS_VEC(TtfsRange) ranges; /* per population */
    bool *layer_used;           /* per layer option: a population has its name */
} TtfsLower;

/* Options of one population; every member has its final value. */
typedef struct {
    uint32_t ticks, weight_bits;
    double percentile;
} TtfsLayerPlan;

/* window.c: how large a window is, and how many neurons fire in it. */
double ttfs_lower_top(TtfsLower *l, TtfsTensor t, const TtfsRange *range, uint32_t channels,
                      const char *name, const TtfsLayerPlan *plan, TtfsQuantLayer *report);
uint32_t ttfs_lower_rate(const TtfsLower *l, TtfsTensor t, double half_step, uint32_t otherwise);
double ttfs_lower_saturated(const TtfsLower *l, TtfsTensor t, double top);
/* Interval of a linear layer's channels, from its source's. */
TtfsRange ttfs_lower_propagate(TtfsLower *l, const TtfsRange *src, uint32_t src_channels,
                               const float *weights, const double *bias, uint32_t channels,
                               uint64_t row);

/* populate.c: populations from nodes; `node` is a CONV, GEMM or MAXPOOL, `t` the tensor made. */
bool ttfs_lower_input(TtfsLower *l);
bool ttfs_lower_linear(TtfsLower *l, const TtfsNode *node, TtfsTensor t, bool readout);
bool ttfs_lower_pool(TtfsLower *l, const TtfsNode *node);
/* A tensor's shape as channels, rows, columns; the batch in front is left out. */
void ttfs_lower_shape(const TtfsTensorInfo *t, uint32_t shape[3]);

#endif
