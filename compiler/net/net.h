/* SPDX-License-Identifier: Apache-2.0
 *
 * Net: the canonical IR seen as layers. A layer is what becomes a population of neurons: the input,
 * a rectified or plain sum of linear terms, a pool. A term is a convolution or matrix that reads
 * one layer. Nothing is computed, and weights are copied only where a vector is scaled element by
 * element into another shape, which becomes a matrix; the lowering and the exact engine both start
 * from this net. The canonical form is what is read here, and nothing else defines it:
 *
 * A population is the input (or its one TRANSPOSE to channels first, at the start), the output of a
 * RELU, either of them on a grid (a QUANT with one scale; of a RELU from 0 on), a RELU that ends at
 * a bound (a CLIP from 0 on), or a MAXPOOL or MINPOOL of a population. A linear term is CONV or
 * GEMM (alpha = beta = 1, trans_b) of a population, of a SLICE of its channels, or of a RESHAPE of
 * either: to [1, elements], or from there to [1, elements, 1, 1]. Its output may be RESHAPEd. A
 * RELU takes, and a readout is, one term or ADD(sum, term), and at the end perhaps ADD(sum,
 * constant of the full shape), a bias that depends on the position. Only the first term has a bias
 * input, and only when it is not 0. An output is a readout or what RESHAPE, TRANSPOSE, CONCAT and
 * SLICE make of readouts.
 *
 * Invariants: layers in topological order, layer 0 is the input, readouts are last; a term reads a
 * layer before its own; shapes fit; constants are finite; outputs are pieces of readouts.
 */
#ifndef TTFS_NET_H
#define TTFS_NET_H

#include "ir.h"

typedef enum {
    TTFS_LAYER_INPUT,
    TTFS_LAYER_RELU,
    TTFS_LAYER_MAXPOOL,
    TTFS_LAYER_MINPOOL,
    TTFS_LAYER_READOUT
} TtfsLayerKind;

/* What a layer reads of one source, through a linear map or the patch of a pool. */
typedef struct {
    const char *name; /* the node's */
    uint32_t src;     /* index of the layer it reads */
    uint32_t first;   /* first neuron it sees */
    uint32_t in[3];   /* channels, rows, columns that it sees: a slice or reshape of the source */
    bool dense;       /* a matrix; else a convolution, or the patch of a pool */
    uint32_t group, kernel[2], stride[2], dilation[2], pad[4];
    /* [out c][in c / group][ky][kx], a matrix [out neuron][in]; NULL for a pool. */
    const float *weights;
    uint64_t row; /* weights of one output channel, or of one neuron of a matrix */
    /* The weights are integers times a quantum: 1 for all, or one for each row; 0: no grid. */
    const float *quantum;
    uint32_t quanta;
} TtfsTerm;

typedef struct {
    TtfsLayerKind kind;
    const char *name;      /* of the first term's node; the input's: its tensor */
    const char *of, *part; /* as those of the node that it is named after */
    TtfsTensor tensor;     /* the values in the IR */
    uint32_t c, h, w;      /* neuron index (ch * h + y) * w + x */
    uint32_t term_first, terms;
    double *bias;     /* [c], or NULL */
    double *bias_map; /* [c][h][w] on top of it, or NULL */
    bool of_input;    /* the input or a pool of it: values have the input's range */
    /* Of the input and of a relu, when the model has a grid for them: values are offset + k
     * quantum, k = 0..ticks, rounded; quantum 0: none. The offset is 0 but for the input. */
    double quantum, offset;
    uint32_t ticks;
    double top; /* values end here: of a relu that the network bounds; 0: nowhere */
} TtfsNetLayer;

typedef struct {
    TtfsArena arena;
    TTFS_VEC(TtfsNetLayer) layers;
    TTFS_VEC(TtfsTerm) terms;
    TTFS_VEC(TtfsOutput) outputs; /* of the IR; a piece's pop: index + 1 of a readout */
    TtfsTensor input;             /* of the IR: a sample. Layer 0 is it, or its transposition */
    uint32_t order[3];            /* axis of a sample that layer 0's channels, rows, columns are */
} TtfsNet;

/* Reads a checked IR in canonical form. Whatever has another form is an error (MODEL_FORM) at its
 * node; a constant that is not finite is MODEL_VALUE. `ir` must outlive the net. */
bool ttfs_net_of(const TtfsIr *ir, const char *file, TtfsNet *out, TtfsDiag *diag);
void ttfs_net_free(TtfsNet *n);

/* Makes `times` [terms] terms of each of the net's, each with that part of its weights: what stands
 * alone as several synapses. Of a term with weights alone more than 1. */
void ttfs_net_share(TtfsNet *n, const uint32_t *times);

/* Where a sample holds the value of neuron i of layer 0. */
size_t ttfs_net_sample_place(const TtfsNet *n, uint32_t i);
uint32_t ttfs_net_size(const TtfsNetLayer *l);
/* Whether it has weights: a relu or a readout, whose terms are sums. */
bool ttfs_net_sums(const TtfsNetLayer *l);
/* Whether an offset of the input would add to the biases of a layer that has weights; *places: not
 * the same at all positions (a matrix, padding). */
bool ttfs_net_shifts(const TtfsNet *n, const TtfsNetLayer *l, bool *places);
/* Rows of a term's weights: output channels, of a matrix neurons. */
uint32_t ttfs_term_rows(const TtfsNetLayer *l, const TtfsTerm *t);
/* The source row or column (axis 0, 1) under tap k of output position o, padding taken off; outside
 * 0..in-1 when the tap lies in the padding. */
static inline int64_t ttfs_term_tap(const TtfsTerm *t, int axis, uint32_t o, uint32_t k) {
    return (int64_t)o * t->stride[axis] + (int64_t)k * t->dilation[axis] - t->pad[axis];
}

/* The biases of a layer whose input starts at p: a real input is p + (what a spike encodes), zero
 * padding is not, so b' = b + p * (sum of the weights whose tap lies inside the input). One value a
 * channel when they are the same at all positions, else one a neuron; the count says which. They
 * are worthless when the budget of `a` is passed. */
double *ttfs_net_bias(const TtfsNet *n, uint32_t layer, double p, TtfsArena *a, uint32_t *count);

#endif
