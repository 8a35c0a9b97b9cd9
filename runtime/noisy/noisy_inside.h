/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the noisy engine: the network with rectifiers that do nothing, closed forms in float32,
 * what a thread keeps of the samples in hand.
 */
#ifndef TTFS_NOISY_INSIDE_H
#define TTFS_NOISY_INSIDE_H

#include "closed.h"
#include "fast.h"
#include "noisy.h"

enum { TTFS_NOISY_LANES = TTFS_FAST_SAMPLES };

struct TtfsNoisy {
    TtfsArena arena;
    const char *file;
    TtfsIr plain; /* the canonical network; what it shares with it is not its own */
    TtfsIr open;  /* the same tensors, rectifiers let everything through */
    TtfsIr clean; /* that with the weights as they were */
    TtfsNet net;
    float **weight;     /* [tensors] own copy of a constant that is disturbed; NULL: none */
    uint32_t *layer_of; /* [tensors] index + 1 of the layer whose values it has; 0: none */
    uint64_t *first;    /* [layers] of their neurons among those of all */
    uint64_t neurons;
    TtfsFast *fast, *fast_clean; /* the same one unless weights are disturbed */
};

/* A layer's closed form; as TtfsClosedLayer says. */
typedef struct {
    float least, *most, *window, *sd, *shift, *factor;
    bool all, rule, hidden;
    uint32_t n, plane;
    double top;  /* what the window must hold */
    float *late; /* [c]: what readouts do not wait for; NULL: nothing */
} TtfsNoisyLayer;

struct TtfsNoisyRule {
    TtfsArena arena;
    uint32_t layers, key[2], trial;
    TtfsNoisyLayer *layer;
    bool timed; /* spikes' times are disturbed */
    double latency;
    uint32_t early_layer, early_reader; /* as TtfsClosedEarly has them */
};

struct TtfsNoisyWork {
    TtfsArena arena;
    const TtfsNoisy *noisy;
    TtfsFastWork *work, *work_clean, *last; /* last: of the last run */
    const float *x;
    uint64_t first, n;     /* samples in hand */
    float *clean;          /* [neurons][16] values without fault */
    float *noise;          /* [neurons][16] deviates of times, where drawn */
    uint8_t *drawn;        /* [neurons] */
    uint32_t drawn_for[3]; /* key and trial that they were drawn for */
    const TtfsNoisyRule *rule;
    TtfsNoisyCount *count;
};

#endif
