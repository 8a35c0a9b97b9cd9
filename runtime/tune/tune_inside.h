/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of a training. Values are float32, lanes of samples side by side: [neuron][lane].
 * Private to runtime/tune.
 */
#ifndef TTFS_TUNE_INSIDE_H
#define TTFS_TUNE_INSIDE_H

#include "gemm.h"
#include "team.h"
#include "tune.h"

/* A term of a sum: the layer's weights on one source. */
typedef struct {
    const TtfsTerm *term;
    uint32_t rows;  /* channels; of a matrix, neurons */
    size_t at;      /* of its first weight among the parameters */
    float *weights; /* [rows][row] the integers of this step, with noise when there is any */
    float *step;    /* [channels] the grid's, float32 as a model says it */
} TtfsTuneTerm;

typedef struct {
    const TtfsNetLayer *net;
    uint32_t size, plane; /* neurons; of a channel */
    uint32_t ticks;
    float low, high; /* integers of a weight */
    TtfsTuneTerm *term;
    /* Where its parameters lie: biases (real), logarithms of a channel's unit and of the window,
     * both relative to what they began with. */
    size_t bias_at, unit_at, window_at;
    uint32_t biases, units;
    double *unit_from, window_from;
    double scale;        /* of this step; of a pool its source's */
    float *ramp;         /* [channels] of this step, whole; of a readout 1 */
    double *unit;        /* [channels] scale / ramp */
    float *bias;         /* [neurons or channels] of this step, half a quantum included */
    double *fix;         /* [those] real, added to them: where integers it began with are not one
                            real bias of a channel; NULL: nothing */
    uint32_t bias_count; /* of these */
    bool shifted;        /* its biases hold the input's offset */
    bool frozen, held;   /* its integers stay; its window does, for them or for a reader's */
} TtfsTuneState;

typedef struct {
    TtfsArena arena;
    const TtfsNet *net;
    const TtfsTuneSettings *options;
    const char *file;
    TtfsTuneState *layer; /* [layers of the net] */
    uint32_t layers, readout, relus;
    uint64_t hidden; /* neurons of relus */
    double offset;   /* of the input, in its quanta: real = (x + offset) scale */
    size_t parameters;
    float *value, *mean, *square;      /* [parameters] and Adam's moments */
    float *gradient[TTFS_TUNE_CHUNKS]; /* [parameters] each */
    uint64_t step;
    uint32_t turn;    /* of the weights' noise, which is drawn by it */
    uint32_t inexact; /* a layer whose potentials may pass 2^24; 0: none */
    bool lost; /* a unit, weight or bias is no number any more, or too large or small for one */
    TtfsTeam *team;
} TtfsTune;

/* What a thread computes a chunk in: of every layer [neuron][lane]. */
typedef struct {
    float **value, **potential, **gradient; /* of the loss by an integer of the value */
    float *shifted;                         /* a layer of the input, with its offset */
    float *delta;                           /* gradient by potentials */
    float *patch;                           /* a tile of patches */
    float *patch_gradient;
    float *scratch;
    double *room; /* five times the outputs */
    uint16_t *x;
    uint32_t member;
    float **taught; /* real values of a teacher, of relus and the readout; NULL: there is none */
    double *lane;   /* twice the lanes */
} TtfsTuneWork;

/* A chunk: samples as lanes, those from `count` on empty. */
typedef struct {
    uint32_t lanes, count;
    const uint32_t *sample; /* [count] */
    uint32_t first, batch;  /* place of lane 0 in the batch; samples of that */
    uint32_t turn;          /* counts batches, for what is drawn */
    bool noisy;
    float *gradient; /* [parameters]; NULL: only forward */
    double loss;     /* sums over samples */
    uint64_t right, alike, spikes;
    TtfsDiag diag; /* why it failed */
} TtfsTuneChunk;

/* tune_open.c */
void ttfs_tune_open(TtfsTune *t, const TtfsTuneLayer *start, TtfsArena *a);
/* With room for a teacher's activations, which are imitated, and for what it says of samples that
 * move. */
void ttfs_tune_work_open(const TtfsTune *t, TtfsTuneWork *w, uint32_t lanes, bool imitates,
                         bool moves, TtfsArena *a);

/* tune_grid.c: the integers of the parameters; and gradients by integers made gradients by
 * parameters, of one layer. */
void ttfs_tune_snap(TtfsTune *t, bool noisy);
void ttfs_tune_grid_gradient(const TtfsTune *t, uint32_t layer, float *gradient);
/* Real weights and biases go where they round to the integers that a training begins with; a ramp
 * that float32 cannot have makes it inexact. */
void ttfs_tune_begin(TtfsTune *t, const TtfsTuneLayer *start, TtfsArena *a);
/* What the input's offset adds to a neuron's bias, in units of its channel. */
double ttfs_tune_offset(const TtfsTune *t, const TtfsTuneState *l, uint32_t neuron);
/* The integers as the caller gets them. */
void ttfs_tune_take(const TtfsTune *t, TtfsTuneLayer *out, TtfsArena *a);

/* tune_layer.c: a relu or readout of a chunk. */
void ttfs_tune_forward(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, uint32_t lanes);
void ttfs_tune_backward(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, TtfsTuneChunk *c);

/* tune_pool.c: the same of a pool. */
void ttfs_tune_pool(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, uint32_t lanes);
void ttfs_tune_pool_back(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, uint32_t lanes);

/* tune_patch.c: positions first..end-1 of a term's patches, [row][position][lane]; the values lie
 * at from[k * *apart] where nothing had to be copied into `room`. */
enum { TTFS_TUNE_TILE = 1 << 17 }; /* floats of a tile of patches, when one position fits */
uint32_t ttfs_tune_tile(const TtfsNetLayer *to, const TtfsTerm *term, uint32_t lanes);
bool ttfs_tune_in_place(const TtfsTerm *term);
void ttfs_tune_patches(const TtfsNetLayer *to, const TtfsTerm *term, uint32_t group, uint32_t first,
                       uint32_t end, uint32_t lanes, const float *x, float *room);
void ttfs_tune_patches_back(const TtfsNetLayer *to, const TtfsTerm *term, uint32_t group,
                            uint32_t first, uint32_t end, uint32_t lanes, const float *room,
                            float *x);

/* tune_chunk.c: a chunk from its samples to its gradients; false: its messages say why. */
bool ttfs_tune_chunk(const TtfsTune *t, const TtfsTuneSamples *s, TtfsTuneWork *w,
                     TtfsTuneChunk *c);

/* tune_step.c: all chunks of a batch, on all threads; and a step by what they left. */
bool ttfs_tune_chunks(TtfsTune *t, const TtfsTuneSamples *samples, TtfsTuneWork *work,
                      TtfsTuneChunk *chunk);
void ttfs_tune_move(TtfsTune *t, double rate);

/* tune_loss.c: the loss of a chunk's readout, and its gradient by potentials. */
void ttfs_tune_loss(const TtfsTune *t, const TtfsTuneSamples *s, TtfsTuneWork *w, TtfsTuneChunk *c);
/* The loss of a relu's values against the teacher's, and its gradient, added to that by values. */
void ttfs_tune_imitate(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, TtfsTuneChunk *c);

/* tune_order.c: an order of `n` things, drawn; `turn` tells draws of a seed apart. */
void ttfs_tune_shuffle(uint32_t *at, uint64_t n, uint32_t seed, uint32_t turn);

/* tune_noise.c: spikes of a layer that are late, early or lost. */
void ttfs_tune_disturb(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, const TtfsTuneChunk *c);
void ttfs_tune_disturb_weights(const TtfsTune *t, uint32_t layer, uint32_t term);

#endif
