/* SPDX-License-Identifier: Apache-2.0
 *
 * Net with integers on grids -> ONNX with QONNX Quant nodes: the integers, scales and bits, so that
 * compiling the file gives the integers again, and its own framework can train on.
 */
#ifndef TTFS_NET_TO_ONNX_H
#define TTFS_NET_TO_ONNX_H

#include "net.h"

/* What a layer computes with; of a relu or readout all, of layer 0 its window. */
typedef struct {
    double scale;       /* real value of one quantum of its values; of a readout, its potential */
    double offset;      /* of layer 0: real value of 0 */
    uint32_t ticks;     /* largest integer of its values; 0: a readout */
    uint32_t bits;      /* of a weight */
    bool rounded;       /* layer 0: the model says its grid; else whoever compiles it does */
    const float **step; /* [terms][channels] of the weights' grid */
    const int16_t *const *weights; /* [terms][rows][row] */
    const double *bias;            /* [biases] real */
    uint32_t biases;               /* a channel, or a neuron */
} TtfsNetGrid;

/* Whether layer 0's grid can be said by a Quant: its zero is one of its quanta. */
bool ttfs_net_to_onnx_rounds(const TtfsNetGrid *input);
/* What of a net has no form in the file, at its layer; true when all has. */
bool ttfs_net_to_onnx_check(const TtfsNet *net, const char *file, TtfsDiag *diag);
/* The bytes of the file. `sample` is the network's input, `grid` [layers]; the net has passed the
 * check. */
void ttfs_net_to_onnx(const TtfsNet *net, const TtfsTensorInfo *sample, const TtfsNetGrid *grid,
                      TtfsBuf *out);

#endif
