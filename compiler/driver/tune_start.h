/* SPDX-License-Identifier: Apache-2.0
 *
 * What a training begins with: a compiled folder's network, quantised from the calibration that the
 * folder keeps, and training samples.
 */
#ifndef TTFS_TUNE_START_H
#define TTFS_TUNE_START_H

#include "calib_file.h"
#include "ir_to_spike.h"
#include "net.h"
#include "refill.h"
#include "session.h"
#include "tune.h"

typedef struct {
    TtfsArena arena;
    TtfsSession session;
    TtfsRefill folder; /* its options */
    TtfsIr canonical;
    TtfsNet net;
    TtfsSpike spike; /* as it begins */
    const char *file;
    TtfsTuneLayer *layer; /* [layers of net] */
    double offset;        /* real value of the input's 0 */
    bool rounded;         /* the tuned model will say the input's grid */
    uint32_t *classes;    /* [samples]; NULL: none */
    float *logits;        /* [samples][outputs] of the teacher; NULL: labels alone */
    const char *teacher;  /* a model; NULL: the float network, where there are logits */
    char teacher_sha256[65];
    const bool *frozen; /* [layers of net]; NULL: none */
} TtfsTuneStart;

/* To be closed after an error too. */
bool ttfs_tune_start(TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsDiag *diag);
/* The beginning again, with so many ticks of one layer; what was trained is to be kept before. */
bool ttfs_tune_restart(TtfsTuneStart *s, uint32_t layer, uint32_t ticks, TtfsDiag *diag);
void ttfs_tune_start_close(TtfsTuneStart *s);
/* Encoded integers of a training sample, for ttfs_tune. */
bool ttfs_tune_encode(void *start, uint64_t sample, uint16_t *x, TtfsDiag *diag);

#endif
