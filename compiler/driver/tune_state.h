/* SPDX-License-Identifier: Apache-2.0
 *
 * What a training begins with: a compiled folder's network and its spike graph, or one with other
 * ticks or bits, and training samples.
 */
#ifndef TTFS_TUNE_STATE_H
#define TTFS_TUNE_STATE_H

#include "calib_file.h"
#include "ir_to_spike.h"
#include "net.h"
#include "refill.h"
#include "session.h"
#include "tune.h"
#include "tune_example.h"

typedef struct {
    TtfsArena arena;
    TtfsSession session;
    TtfsRefill folder; /* its options */
    TtfsIr canonical;
    TtfsNet net;     /* terms as the graph's connections */
    TtfsSpike spike; /* as it begins */
    bool as_out;     /* that is the folder's graph */
    const char *file;
    TtfsTuneLayer *layer;     /* [layers of net] */
    double offset;            /* real value of the input's 0 */
    bool rounded;             /* the tuned model will say the input's grid */
    uint32_t *classes;        /* [samples]; NULL: none */
    float *logits;            /* [samples][outputs] of the teacher; NULL: labels alone */
    uint32_t *like;           /* [samples] classes that the float network says */
    TtfsTuneMove move;        /* of samples */
    TtfsTuneExample *example; /* NULL: none */
    bool imitates;            /* its activations are learnt */
    const char *teacher;      /* a model; NULL: the float network, where there are logits */
    char teacher_sha256[65];
    const bool *frozen; /* [layers of net]; NULL: none */
} TtfsTuneStart;

/* What a training begins with, or has come to. */
typedef struct {
    TtfsSpike spike;
    TtfsTuneLayer *layer;
    double offset;
    bool rounded;
    const TtfsLayerOptions *layers;
    uint32_t n_layers;
} TtfsTuneStand;

#endif
