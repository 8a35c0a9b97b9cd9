/* SPDX-License-Identifier: Apache-2.0
 *
 * Probe: calibration samples as they go through the network twice, layer by layer: as the float
 * network computes them, and as the layers that are quantised so far do. A part of the samples is
 * held back: weights are fitted to the others, and choices between ways to quantise are made on it.
 * Private to ir_to_spike.
 */
#ifndef TTFS_PROBE_H
#define TTFS_PROBE_H

#include "ir_to_spike.h"
#include "net.h"
#include "replay.h"

/* What the samples are in one layer, [block][neuron][lane]; NULL: not yet, or no longer. */
typedef struct {
    TtfsArena arena;
    float *real;      /* values above the input's offset */
    float *spike;     /* integers 0..T; of a readout, potentials */
    double scale;     /* real value of one of these integers */
    uint32_t ticks;   /* T */
    uint32_t readers; /* layers that have not read it yet */
} TtfsProbeLayer;

enum { TTFS_LEAST_FIT_SAMPLES = 40 };

typedef struct {
    TtfsArena arena;
    const TtfsNet *net;
    uint32_t samples, held; /* fitted to; held back */
    uint32_t fit_blocks, blocks;
    uint32_t threads;
    bool held_only;        /* only the samples held back go through */
    TtfsProbeLayer *layer; /* [layers] */
    double error, power;   /* of the readouts, on the samples held back: sums of squares */
} TtfsProbe;

/* Bytes of a sample. */
uint64_t ttfs_probe_bytes(const TtfsNet *net);
/* How many of `of` samples fit into the memory and the work that a probe may take; 0: too few to
 * learn from. */
uint32_t ttfs_probe_room(const TtfsNet *net, uint32_t of);
/* `samples`: as the encoder takes them, spread evenly over those that there are. */
void ttfs_probe_open(TtfsProbe *p, const TtfsNet *net, const TtfsFitSamples *samples,
                     uint32_t count, bool held_only);
void ttfs_probe_close(TtfsProbe *p);
/* The float sums of a relu or a readout. Its sources are there. */
void ttfs_probe_sums(TtfsProbe *p, uint32_t layer, const double *bias, uint32_t bias_count);
/* The values of layer 0. */
void ttfs_probe_input(TtfsProbe *p, const TtfsFitSamples *samples, double offset, double scale,
                      uint32_t ticks);
void ttfs_probe_pool(TtfsProbe *p, uint32_t layer);

/* One way to quantise a relu or a readout. */
typedef struct {
    int16_t *const *weights; /* a term each: sums over the synapses */
    const int32_t *bias, *ramp;
    uint32_t bias_count;
    double scale;
    uint32_t ticks;
} TtfsProbeWay;

/* Squared error of a layer on the samples held back, whose float sums are there. */
double ttfs_probe_try(TtfsProbe *p, uint32_t layer, const TtfsProbeWay *way);
/* The same over the square of what the values should be. */
double ttfs_probe_noise(TtfsProbe *p, uint32_t layer, const TtfsProbeWay *way);
/* The layer is quantised that way: makes its values. */
void ttfs_probe_take(TtfsProbe *p, uint32_t layer, const TtfsProbeWay *way);
/* The layer has been made: what only it still read is dropped. */
void ttfs_probe_done(TtfsProbe *p, uint32_t layer);
/* Relative squared error of the readouts on the samples held back, when all layers were made. */
double ttfs_probe_error(const TtfsProbe *p);

#endif
