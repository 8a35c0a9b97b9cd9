/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of the lowering, shared by its files. Private to ir_to_spike.
 */
#ifndef TTFS_LOWER_H
#define TTFS_LOWER_H

#include "ir_to_spike.h"
#include "net.h"
#include "probe.h"
#include "task.h"
#include "layer.h"
#include "widths.h"

/* Real interval of every channel of a population, for windows without calibration. */
typedef struct {
    double *low, *high;
} TtfsRange;

/* Population id = layer index + 1 throughout. */
typedef struct {
    const TtfsNet *net;
    const TtfsCalib *calib; /* NULL: none */
    const TtfsSpikeOptions *options;
    const char *file;
    TtfsSpike *out;
    TtfsQuantReport *report;
    TtfsDiag *diag;
    TtfsArena scratch;
    TtfsNames names;                 /* of populations */
    TTFS_VEC(TtfsRange) ranges;      /* per population */
    TTFS_VEC(const float *) weights; /* per connection: the real weights it was made from */
    bool *layer_used;                /* per layer option: a population has its name */
    TtfsProbe *probe;                /* NULL: no samples go through */
    TtfsWidths *widths;              /* with a probe: layers are tried with fewer bits; or NULL */
    uint64_t fit_work;               /* that was spent on fits */
    bool fit;                        /* weights may be fitted; else the probe only measures */
} TtfsLower;

/* Options of one population; every member has its final value. */
typedef struct {
    uint32_t ticks, weight_bits;
    double percentile;
} TtfsPopOptions;

/* place.c: the place of a message about a layer, whose population has that name. */
TtfsLoc ttfs_lower_at(const TtfsLower *l, const TtfsNetLayer *layer, const char *name);

/* window.c: how large a window is, and how many neurons fire in it. */
double ttfs_lower_top(TtfsLower *l, const TtfsNetLayer *layer, const TtfsRange *range, TtfsLoc at,
                      const TtfsPopOptions *own);
/* The largest calibrated value of a tensor; 0 without calibration. */
double ttfs_lower_seen_max(const TtfsLower *l, TtfsTensor t);
/* The ticks of a window that lie below where the network ends the layer's values. */
uint32_t ttfs_lower_ticks(const TtfsNetLayer *layer, double scale, uint32_t ticks);
/* The window with the least squared error of the calibrated values, all of its ticks counted; 0:
 * nothing was seen. */
double ttfs_lower_least_error(const TtfsLower *l, TtfsTensor t, uint32_t ticks);
uint32_t ttfs_lower_rate(const TtfsLower *l, TtfsTensor t, double half_quantum, uint32_t otherwise);
/* How that rate varies from place to place and from sample to sample, of a population of the
 * tensor's values. */
TtfsRates ttfs_lower_rates(TtfsLower *l, const TtfsPopulation *p, TtfsTensor t,
                           double half_quantum);
double ttfs_lower_saturated(const TtfsLower *l, TtfsTensor t, double top);
/* Interval of a rectified layer's channels, from those of its sources. */
TtfsRange ttfs_lower_propagate(TtfsLower *l, uint32_t layer);

/* connect.c: the connection of a term, without weights. */
bool ttfs_lower_connect(TtfsLower *l, const TtfsNetLayer *to, const TtfsTerm *t, TtfsConnection *c);
/* Into how many synapses each weight of a term is shared out; 1 where it does not stand alone. */
uint32_t ttfs_lower_synapses(const TtfsLower *l, const TtfsNetLayer *layer, const TtfsTerm *t,
                             uint32_t bits);

/* choose.c: quantises a layer the best way there is, as far as the samples held back say. */
bool ttfs_choose_layer(TtfsLower *l, uint32_t layer, TtfsGridTask *task, TtfsGridLayer *grid,
                       TtfsQuantLayer *q);

/* populate.c: the population of a layer, with its connections. */
bool ttfs_lower_layer(TtfsLower *l, uint32_t layer);

#endif
