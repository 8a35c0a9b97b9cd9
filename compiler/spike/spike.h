/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike graph: the spike-time dataflow graph, all integers. Populations of neurons that fire at
 * most once in their window of T ticks, and the connections between them. The golden engine
 * executes it; nothing in it knows of cores or slots.
 *
 * A neuron that fires at tick k of its window encodes the integer x = T - k; silence encodes 0; the
 * real value is x * scale + offset. A RELU neuron with weights w, bias c (half a quantum included)
 * and ramp R computes U = c + sum w x,   y = clamp(floor(U / R), 0, T),   fires at tick T - y when
 * y > 0. A READOUT neuron does not fire: its potential c + sum w x is the logit in units of
 * `scale`. A POOL neuron fires with the earliest spike of its patch of source neurons (max pool),
 * or with the latest and only if all of them fire (min pool); what lies outside the source does not
 * count.
 *
 * RELU and READOUT populations may have several connections, from any populations before them: each
 * source is integrated in its own window, one after the other in order of connection, and the own
 * window starts when the last of the sources' ends.
 *
 * The network's outputs are made of READOUTs: a piece of an output says which neurons its elements
 * are, and element = potential * scale of that readout.
 *
 * Invariants (ttfs_spike_check): populations in topological order, connections grouped by target,
 * ramps >= 1, no potential beyond int32 at any tick, weights within their bits, every element of an
 * output is one neuron of a readout, sizes below the limits.
 */
#ifndef TTFS_SPIKE_H
#define TTFS_SPIKE_H

#include "base.h"

enum {
    TTFS_MAX_TICKS = 65535,
    TTFS_MAX_NEURONS = 1 << 24, /* of one population */
    TTFS_MAX_POPULATIONS = 1 << 16,
    TTFS_MAX_BANDS = 8,           /* of rows, of columns, that rates are told apart by */
    TTFS_RATE_ONE = 1000,         /* the unit of relative rates */
    TTFS_MAX_RATE_PARTS = 1000000 /* the largest relative rate */
};
#define TTFS_MAX_NEURONS_ALL ((uint64_t)1 << 28) /* of the whole graph */
#define TTFS_MAX_WEIGHTS     ((uint64_t)1 << 31) /* of the whole graph */

typedef struct {
    uint32_t i; /* index + 1; 0 = none */
} TtfsPop;

typedef enum { TTFS_POP_INPUT, TTFS_POP_RELU, TTFS_POP_POOL, TTFS_POP_READOUT } TtfsPopKind;
typedef enum { TTFS_CONN_DENSE, TTFS_CONN_CONV, TTFS_CONN_POOL, TTFS_CONN_MINPOOL } TtfsConnKind;

/* What calibration saw of a population's rate, in 1 / TTFS_RATE_ONE of it: how it is from place to
 * place, in a grid of bands of rows and columns (band i of n begins at row h * i / n), and its
 * standard deviation from sample to sample, of all neurons and of those of a region of the grid. */
typedef struct {
    uint32_t rows, cols; /* bands; 0: nothing is known, all places and samples are alike */
    uint32_t *part;      /* [rows][cols] */
    uint32_t vary, vary_part;
} TtfsRates;

typedef struct {
    TtfsPopKind kind;
    const char *name; /* unique: the model's node that makes the values */
    /* Channels, rows, columns; a vector is c x 1 x 1. Neuron index (ch * h + y) * w + x. */
    uint32_t c, h, w;
    uint32_t ticks; /* T, 1..TTFS_MAX_TICKS; 0 for a readout */
    uint32_t start; /* first tick of the window, counted from the sample's start; a pool's is its
                       source's */
    double scale, offset; /* real = x * scale + offset; a readout's: real = potential * scale */
    uint32_t rate_ppm;    /* expected share of neurons that fire, from calibration, in 1e-6 */
    TtfsRates rates;      /* not of the chip's concern: plans are made and cycles expected by it */
    /* RELU, READOUT: accumulator grid, half a quantum included; one per channel, or one per neuron
     * (bias_count = c * h * w: it depends on the position); else NULL and 0 */
    int32_t *bias;
    uint32_t bias_count;
    int32_t *ramp;                   /* RELU: one per channel, >= 1; else NULL */
    uint32_t conn_first, conn_count; /* incoming connections: index of the first, and how many */
    /* For messages, no part of the text: of one of several that a layer of the model became, that
     * layer and what of it this is; NULL: the whole, or not known. */
    const char *of, *part;
} TtfsPopulation;

typedef struct {
    TtfsConnKind kind;
    TtfsPop src, dst;
    uint32_t kernel[2], stride[2], dilation[2]; /* y, x; CONV and pools */
    uint32_t pad[4];                            /* top, left, bottom, right */
    uint32_t weight_bits;                       /* 2..16; 0 for pools */
    /* DENSE [dst neuron][src neuron of the range], CONV [dst c][src_channels / group][ky][kx];
     * shared by positions, never expanded; NULL for pools. */
    const int16_t *weights;
    uint64_t weight_count;
    uint32_t src_ch_first, src_channels; /* the source's channels that it sees */
    uint32_t group;                      /* CONV: groups of channels, as in ONNX; else 1 */
    uint32_t shared; /* index + 1 of the earlier connection whose weights these are; 0: its own */
} TtfsConnection;

typedef struct {
    TtfsArena arena;
    TTFS_VEC(TtfsPopulation) pops;
    TTFS_VEC(TtfsConnection) conns;
    TtfsPop input, readout; /* the first readout: there may be more behind it */
    /* In the model's order; empty: every readout is one, its neurons in order. Not of the chip's
     * concern. */
    TTFS_VEC(TtfsOutput) outputs;
    uint32_t order[3]; /* axis of a sample that the input's channels, rows, columns are: 0 1 2, or
                          2 0 1 when samples have their channels last */
    uint32_t latency;  /* ticks from the start of the sample to the end of the last window */
} TtfsSpike;

void ttfs_spike_free(TtfsSpike *s);
TtfsPopulation *ttfs_spike_pop(const TtfsSpike *s, TtfsPop p);
/* The place of a message about the population. */
TtfsLoc ttfs_pop_at(const TtfsPopulation *p, const char *file);
uint32_t ttfs_pop_size(const TtfsPopulation *p);
/* How many outputs there are (1 or more), and each of them. */
uint32_t ttfs_spike_outputs(const TtfsSpike *s);
TtfsOutput ttfs_spike_output(const TtfsSpike *s, uint32_t i, TtfsArena *a);
/* Where a band of rows (columns) of its rates begins; behind the last: where that ends. */
uint32_t ttfs_rates_row(const TtfsPopulation *p, uint32_t band);
uint32_t ttfs_rates_col(const TtfsPopulation *p, uint32_t band);
/* How often rows and columns of each band are meant, all rows with all columns. */
typedef struct {
    uint64_t row[TTFS_MAX_BANDS], col[TTFS_MAX_BANDS];
} TtfsPlaces;
/* Expected share, in 1e-6, of the neurons of these places that fire; of all when there are none. */
uint32_t ttfs_pop_rate_of(const TtfsPopulation *p, const TtfsPlaces *n);
/* Expected share, in 1e-6, of the neurons that fire of those in a rectangle of rows and columns, of
 * which only what lies inside counts; of all when nothing does. */
uint32_t ttfs_pop_rate(const TtfsPopulation *p, int64_t y, uint64_t rows, int64_t x, uint64_t cols);
/* Bias of one neuron of a population that has any. */
int32_t ttfs_pop_bias(const TtfsPopulation *p, uint32_t neuron);
bool ttfs_conn_is_pool(const TtfsConnection *c);
/* The source's neurons that a connection sees: the first, and how many. */
uint32_t ttfs_conn_first(const TtfsSpike *s, const TtfsConnection *c);
uint32_t ttfs_conn_fan(const TtfsSpike *s, const TtfsConnection *c);
/* Sum over pops / conns, for reports. A synapse is a weight seen by one neuron (a shared weight
 * counts once per use); of parameters, weights that connections share count once. */
uint64_t ttfs_spike_neurons(const TtfsSpike *s);
uint64_t ttfs_spike_synapses(const TtfsSpike *s);
uint64_t ttfs_spike_parameters(const TtfsSpike *s);
/* The same of one connection, and of one population with its incoming connections. */
uint64_t ttfs_conn_synapses(const TtfsSpike *s, const TtfsConnection *c);
uint64_t ttfs_pop_parameters(const TtfsSpike *s, const TtfsPopulation *p);
/* Positions of a patch of `kernel` taps along one axis of `in` elements (ONNX Conv, MaxPool,
 * floor): floor((in + pads - ((kernel - 1) * dilation + 1)) / stride) + 1; 0 when the patch does
 * not fit.
 */
uint64_t ttfs_patch_count(uint32_t in, uint32_t kernel, uint32_t stride, uint32_t dilation,
                          uint32_t pad_before, uint32_t pad_after);

/* Interval bounds of a RELU or READOUT neuron's channel over every intermediate tick and every
 * input: slope: the integrated weights; potential: c + partial sums, also while the source window
 * runs. They hold for one connection after the other in any order, the slope starting at 0 with
 * each; all: the slope of a machine that takes the spikes of all connections into one; sum: the
 * partial sums without c. */
typedef struct {
    int64_t slope_min, slope_max, potential_min, potential_max;
    int64_t all_min, all_max, sum_min, sum_max;
} TtfsBounds;
TtfsBounds ttfs_spike_bounds(const TtfsSpike *s, TtfsPop p, uint32_t channel);
/* Widens the bounds of a slope by those of one row of `n` weights: the sums of its negative and of
 * its positive ones. */
void ttfs_row_bounds(const int16_t *w, uint64_t n, int64_t *below, int64_t *above);

/* The integers x of the input population for one sample of real values, whose axes `order` puts in
 * place: half-up rounding, clamped
 * to 0..T. Returns how many values were clipped. */
uint32_t ttfs_spike_encode(const TtfsSpike *s, const float *values, uint16_t *x);

/* Reports every fault it finds; true when there is none. Arrays must be as long as their sizes say.
 * A graph that passes cannot overflow int32 in any engine that keeps U, or U - R * T, per neuron.
 */
bool ttfs_spike_check(const TtfsSpike *s, const char *file, TtfsDiag *diag);
/* As ttfs_ir_print / ttfs_ir_read; the blob holds weights (int16, little-endian). Biases and ramps
 * stand in the text. The graph has passed the check; print, read, print is a fixed point. The
 * reader leaves an empty graph when it fails. */
bool ttfs_spike_print(const TtfsSpike *s, const char *blob_path, TtfsBuf *out, TtfsDiag *diag);
bool ttfs_spike_read(TtfsSpike *s, const char *file, const void *text, size_t n, TtfsDiag *diag);
/* True when equal in every field that a chip computes with (all but the order of samples, which is
 * the encoder's), and in outputs and in what varies of rates when both graphs have any; else says
 * the first difference in `what` (at most n bytes). */
bool ttfs_spike_equal(const TtfsSpike *a, const TtfsSpike *b, char *what, size_t n);
/* The same of what a plan depends on alone: populations, shapes, windows, connections, how many
 * biases; not names, numbers, weight bits and outputs. The population of the first difference
 * (none: it is of the whole); `what` is "" when there is none. */
TtfsPop ttfs_spike_same_graph(const TtfsSpike *a, const TtfsSpike *b, char *what, size_t n);

#endif
