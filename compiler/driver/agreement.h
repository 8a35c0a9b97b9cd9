/* SPDX-License-Identifier: Apache-2.0
 *
 * Agreement, layer by layer: relu -> exact -> a spiking engine, over the samples of a run. The
 * float network runs three times, as it is, with the ends of the windows, with their ticks too; the
 * engine adds what integers add. So what windows, ticks and weights do to the outputs is measured.
 */
#ifndef TTFS_AGREEMENT_H
#define TTFS_AGREEMENT_H

#include "block.h"
#include "judge.h"
#include "net.h"

/* Each on top of those before it; with the last it is the engine. */
typedef enum {
    TTFS_PART_WINDOWS,
    TTFS_PART_TICKS,
    TTFS_PART_WEIGHTS,
    TTFS_AGREE_PARTS
} TtfsAgreePart;

enum { TTFS_AGREE_WORST = 5, TTFS_AGREE_EXACT = 16 };

/* In real units: |difference| summed, the largest. */
typedef struct {
    double sum, most;
} TtfsGap;

typedef struct {
    TtfsGap part[TTFS_AGREE_PARTS]; /* beside relu, all neurons of all samples */
    uint64_t active;                /* values that are not the least in relu or in the engine */
    uint64_t spikes, saturated;     /* of the engine; saturated: in the window's first tick */
    uint64_t alive, beyond;         /* of relu: values above the least, above the window */
    uint64_t parted;                /* samples of which it is the first layer that parts */
    double exact;                   /* largest error of the exact engine */
} TtfsAgreeLayer;

/* Outputs, after a part is switched on. */
typedef struct {
    TtfsGap error, moved; /* beside relu; beside the part before */
    uint64_t agree, right;
} TtfsAgreeOutput;

typedef struct {
    uint64_t sample;
    double error;       /* largest of its outputs' values */
    uint32_t layer;     /* index + 1 of the first that parts; 0: none */
    uint32_t want, got; /* classes of relu and of the engine, where there are any */
} TtfsAgreeSample;

/* A layer parts where the error of its active values is more than one of its own steps in the mean.
 */
typedef struct {
    const TtfsNet *net;
    const TtfsSpike *spike;
    const TtfsJudge *judge;
    uint64_t samples, exact_samples;
    uint64_t values;       /* of the outputs of a sample */
    TtfsAgreeLayer *layer; /* [net's layers]; `parted` apart, sums over samples */
    TtfsAgreeOutput output[TTFS_AGREE_PARTS];
    TtfsAgreeSample worst[TTFS_AGREE_WORST]; /* the worst first */
    uint32_t worsts;
} TtfsAgreement;

typedef struct TtfsAgree TtfsAgree;

/* Of the samples of a session, whose folder has the net and the spike graph; `block` holds those in
 * hand. NULL with a message. All that is given must outlive it. */
TtfsAgree *ttfs_agree_open(TtfsSession *s, const TtfsJudge *judge, const TtfsBlock *block,
                           TtfsDiag *diag);
void ttfs_agree_close(TtfsAgree *a);
/* Takes `n` samples of the block, TTFS_FAST_SAMPLES at most, from `first` on, a multiple of that.
 * Different threads take different ones. */
void ttfs_agree_some(TtfsAgree *a, uint32_t worker, const TtfsTraces *traces, uint64_t first,
                     uint64_t n);
/* All samples of the block were taken: adds them up, in one order. */
void ttfs_agree_block(TtfsAgree *a);
/* After the last block: the exact engine on the first samples. The result lives as long as `a`. */
const TtfsAgreement *ttfs_agree_end(TtfsAgree *a, TtfsDiag *diag);

/* In steps of the layer's own population, the mean over active values; 0 for a readout. */
double ttfs_agree_steps(const TtfsAgreement *a, uint32_t layer);
/* Index + 1 of the first layer that parts over all samples; 0: none. */
uint32_t ttfs_agree_first(const TtfsAgreement *a);

#endif
