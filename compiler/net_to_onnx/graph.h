/* SPDX-License-Identifier: Apache-2.0
 *
 * An ONNX graph while it is written: nodes and initialisers, appended. Values are named. Private to
 * net_to_onnx.
 */
#ifndef TTFS_ONNX_GRAPH_OUT_H
#define TTFS_ONNX_GRAPH_OUT_H

#include "base.h"

typedef struct {
    TtfsArena arena;          /* of names */
    TtfsBuf nodes, constants; /* fields of a GraphProto */
    TtfsNames names;          /* of values */
} TtfsOnnxOut;

/* A list of whole numbers that is an attribute. */
typedef struct {
    const char *name; /* NULL ends a list of attributes */
    uint32_t n;       /* 0: one number, the first */
    int64_t v[4];
    const char *text; /* instead */
} TtfsOnnxAttr;

/* A name for a value, not yet taken. */
const char *ttfs_onnx_out_name(TtfsOnnxOut *g, const char *wanted);
/* Initialisers; the value's name. */
const char *ttfs_onnx_out_floats(TtfsOnnxOut *g, const char *name, uint32_t rank,
                                 const uint32_t *dim, const float *v);
const char *ttfs_onnx_out_longs(TtfsOnnxOut *g, const char *name, uint32_t n, const int64_t *v);
/* A node of one output; inputs end with NULL. The output's name is the node's but for a number. */
const char *ttfs_onnx_out_node(TtfsOnnxOut *g, const char *domain, const char *type,
                               const char *name, const char *const *in, const TtfsOnnxAttr *attr);
/* The file: input and output with the batch in front, of any size. */
void ttfs_onnx_out_model(TtfsOnnxOut *g, const char *input, uint32_t in_rank,
                         const uint32_t *in_dim, const char *output, uint32_t out_rank,
                         const uint32_t *out_dim, TtfsBuf *out);

#endif
