/* SPDX-License-Identifier: Apache-2.0
 *
 * Fine-tuning in spike time. In: a network, the grids on which it is to compute, encoded samples
 * with classes or a teacher's logits, or both; out: integers. The forward pass is that of the
 * chip (docs/semantics.md), in float32, which holds them exactly: what is trained is what golden
 * runs. Gradients go straight through rounding inside a window and a grid and are zero outside;
 * scales are learned (LSQ, Esser et al. 2020, arXiv 1902.08153; the window as PACT, Choi et al.
 * 2018, arXiv 1805.06085).
 *
 * A batch is cut into TTFS_TUNE_CHUNKS parts, whose gradients are added in order: nothing depends
 * on threads. What is drawn is a function of the seed and a counter.
 */
#ifndef TTFS_TUNE_H
#define TTFS_TUNE_H

#include "diag.h"
#include "net.h"

enum {
    TTFS_TUNE_CHUNKS = 8,
    TTFS_TUNE_MOST_BATCH = 4096,
    TTFS_TUNE_MOST_EXACT = 1 << 24 /* potentials beyond it float32 does not hold */
};
#define TTFS_TUNE_STILL UINT32_MAX

/* The grids and integers of a layer, index: the layer's in the net. As it begins, scale, ticks,
 * bits, ramp, weights and biases of those that have any are read: before the first step these are
 * the integers (weights NULL: the network's, rounded by themselves). What comes out lies in the
 * report's arena. */
typedef struct {
    double scale;   /* real value of one quantum of its window; of a readout, of its potential */
    uint32_t ticks; /* T; 0: a readout */
    uint32_t bits;  /* of a weight, 2..16 */
    int32_t *ramp;  /* [channels]; NULL: a readout */
    /* [terms][rows][row] multiples of (scale / ramp of the channel) / (scale of the source); a
     * pool's scale is its source's */
    const int16_t **weights;
    int32_t *bias; /* [biases] in units of scale / ramp, half a quantum included */
    double *real; /* [reals] biases as the network has them, before the input's offset is in them */
    uint32_t biases, reals;
} TtfsTuneLayer;

/* The samples: encoded integers 0..T of layer 0, in its order. Called by several threads. `turn`
 * counts steps, so that a sample may be another one in every epoch; TTFS_TUNE_STILL: as it is. */
typedef struct {
    bool (*encode)(void *context, uint64_t sample, uint32_t turn, uint16_t *x, TtfsDiag *diag);
    void *context;
    uint64_t count;
    const uint32_t *classes; /* [count]; NULL: none */
    const float *logits;     /* [count][outputs] of a teacher; NULL: none. One of both is there */
    const uint32_t *like;    /* [count] what the float network says; NULL: not known */
    /* A teacher with the same layers: real values of `n` samples to to[layer] [neuron][lanes],
     * where that is not NULL: of the readout where samples move, else of layers that are rectified.
     * Called by several threads, no two as the same member at a time. NULL: none. */
    bool (*teach)(void *context, uint32_t member, const uint32_t *sample, uint32_t n, uint32_t turn,
                  uint32_t lanes, float *const *to, TtfsDiag *diag);
    bool imitates; /* its activations are learnt */
    bool moves;    /* samples are others at every turn: of these it gives logits */
} TtfsTuneSamples;

typedef struct {
    uint32_t epochs, batch, seed, threads;
    double rate;         /* learning rate of the first step; falls to 0 as a cosine */
    double pace;         /* logarithms of windows and units move at so many times that rate */
    double validate;     /* share of the samples that is held back */
    double sparsity;     /* weight of the mean share of neurons that spike, in the loss */
    double time_noise;   /* standard deviation of spike times as a share of the window */
    double drop;         /* probability that a spike is lost */
    double weight_noise; /* standard deviation, relative to the weight */
    double seconds;      /* no epoch begins after; 0: no limit */
    const bool *frozen;  /* [layers of the net] integers that stay; NULL: none */
    bool pow2;           /* ramps stay powers of two, which those that it begins with are */
    /* Whether integers may be kept: asked of every epoch that is better than those before it.
     * NULL: all may. Where none of the better ones may, the best of these is given all the same. */
    bool (*accept)(void *context, const TtfsTuneLayer *layer);
    void *context;
    TtfsProgress progress;
} TtfsTuneSettings;

/* One look at the samples held back, epoch 0 before any step; shares 0..1. */
typedef struct {
    double loss;       /* of the training samples, mean; NAN of epoch 0 */
    double validation; /* loss on those held back, all terms */
    double accuracy;   /* share of them in their class; without classes in the teacher's */
    double agreement;  /* share of them in the class that the float network says; NAN: not known */
    double spikes;     /* share of hidden neurons that spike, on them */
    double seconds;    /* since the beginning */
} TtfsTuneEpoch;

typedef struct {
    TtfsArena arena;
    TTFS_VEC(TtfsTuneEpoch) epochs;
    uint32_t best;             /* index of the epoch whose integers are given; with classes 0 only
                                  where no other may be */
    uint64_t trained, held;    /* samples */
    uint32_t refused;          /* epochs that were better and not accepted */
    bool misfit;               /* the best is one of these */
    bool stopped, out_of_time; /* before the last epoch */
    bool diverged;             /* so too: a loss was no number any more */
} TtfsTuneReport;

/* Why a network cannot be trained, at the layer; true when it can. */
bool ttfs_tune_check(const TtfsNet *net, const char *file, TtfsDiag *diag);
/* Trains; `layer` [layers of the net] becomes the integers of the best epoch; the report's arena is
 * the caller's to free. `offset` is the real value of the input's 0. False with QUANT_RANGE where a
 * potential is too large for float32, and where a sample cannot be read. */
bool ttfs_tune(const TtfsNet *net, double offset, TtfsTuneLayer *layer,
               const TtfsTuneSamples *samples, const TtfsTuneSettings *options, const char *file,
               TtfsTuneReport *report, TtfsDiag *diag);

#endif
