/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the fast engine. A computed tensor lies in a work as its elements in their order, and each
 * element as its values of sixteen samples. Tensors that are not needed at the same time may lie at
 * the same place.
 */
#ifndef TTFS_FAST_INSIDE_H
#define TTFS_FAST_INSIDE_H

#include "fast.h"
#include "fast_code.h"
#include "fast_winograd.h"
#include "relu_ops.h"

typedef enum {
    TTFS_FAST_SUM, /* a convolution or a matrix of constant weights, by generated code */
    TTFS_FAST_POOL,
    TTFS_FAST_AXIS, /* the relu engine's code, to which the samples are a last axis */
    TTFS_FAST_ALONE /* the same, sample by sample */
} TtfsFastKind;

/* A sum: of each of `groups`, n outputs of k inputs. */
typedef struct {
    uint64_t n, k, groups;
    uint32_t outputs, places; /* of a tile */
    uint64_t block;           /* Winograd's tiles that are computed at once; 0: none are */
    float *weights; /* [group][tile][input][output of the tile]; Winograd's: [group][product][..] */
    float *scale, *shift; /* [group][output] */
    float lo, hi;
    TtfsTensor add; /* 0: nothing */
} TtfsFastWeights;

typedef struct {
    TtfsFastKind kind;
    const TtfsNode *node;
    TtfsTensor out; /* the node's, or of the last one that goes with it */
    TtfsFastWeights sum;
} TtfsFastStep;

struct TtfsFast {
    TtfsArena arena;
    const TtfsIr *ir;
    bool whole;
    TTFS_VEC(TtfsFastStep) steps;
    uint64_t *place; /* [tensors] of a computed one in a work, in floats */
    uint64_t floats; /* of a work */
    uint64_t rows;   /* ... that convolutions turn rows into, or Winograd's tiles */
    uint64_t most;   /* elements of the largest that is not a constant in between */
    TtfsTarget target;
    TtfsFastCode code;
};

struct TtfsFastWork {
    TtfsArena arena;
    const TtfsFast *fast;
    float *values, *rows;
    float *samples;     /* [16][most] one after the other */
    TtfsFastPart *part; /* of a convolution's patch */
    TtfsReluOp *op;     /* [steps] of AXIS and ALONE */
    uint64_t n;         /* samples of the last run */
};

/* Taps [from, to) of one axis of a patch that lie on the map. */
typedef struct {
    uint32_t from, to;
} TtfsFastTaps;

/* fast_values.c: of the patch of position `at` along an axis of `size` values. */
TtfsFastTaps ttfs_fast_taps(const TtfsIrAttr *a, int axis, uint32_t at, uint32_t size);
/* The values of a computed tensor. */
float *ttfs_fast_at(const TtfsFastWork *w, TtfsTensor t);
/* Between samples one after the other and side by side: the first `n`, of `count` elements each; of
 * those that are missing the values are 0. */
void ttfs_fast_join(const TtfsFastWork *w, const float *samples, uint64_t n, uint64_t count,
                    float *joined);
void ttfs_fast_part(const TtfsFastWork *w, const float *joined, uint64_t count, float *samples);

/* fast_steps.c: the steps, what goes with which sum, where tensors lie; then the code. */
bool ttfs_fast_steps(TtfsFast *f, TtfsDiag *diag);
/* fast_weights.c: packs the weights of a SUM; notes the sums that it calls. */
bool ttfs_fast_is_sum(const TtfsIr *ir, const TtfsNode *n);
void ttfs_fast_pack(TtfsFast *f, TtfsFastStep *s, TtfsFastWanted *wanted);
/* fast_tiles.c: how many of Winograd's tiles a convolution takes at once, 0 where plain sums are
 * better; floats that they need between the transforms; the convolution. */
uint64_t ttfs_fast_block(const TtfsIr *ir, const TtfsNode *n, const TtfsFastWeights *s);
uint64_t ttfs_fast_block_floats(const TtfsFastWeights *s);
void ttfs_fast_tiles(TtfsFastWork *w, const TtfsFastStep *s);
/* fast_sum.c, fast_pool.c, fast_op.c: a step on all samples of a work. */
void ttfs_fast_sum(TtfsFastWork *w, const TtfsFastStep *s);
void ttfs_fast_pool(TtfsFastWork *w, const TtfsFastStep *s);
void ttfs_fast_alone(TtfsFastWork *w, TtfsReluOp *op);
/* fast_op.c: whether the samples can be a last axis; what a step runs. */
bool ttfs_fast_takes_axis(const TtfsIr *ir, const TtfsNode *n);
void ttfs_fast_prepare(TtfsFastWork *w, const TtfsFastStep *s, TtfsReluOp *op);

#endif
