/* SPDX-License-Identifier: Apache-2.0
 *
 * One ONNX backend test as data: its model, its inputs and its wanted outputs; and the model with
 * inputs turned into constants.
 */
#ifndef NODE_MODEL_H
#define NODE_MODEL_H

#include "base.h"

#include "onnx.pb-c.h"

enum { NODE_RANK = 8, NODE_MOST = 32 };

typedef struct {
    uint32_t rank, dim[NODE_RANK];
    uint64_t count;
    bool is_float;
    double *v;
    Onnx__TensorProto *proto;
} NodeValue;

typedef struct {
    const char *op, *name; /* of the first node; of the test */
    Onnx__ModelProto *model;
    NodeValue inputs[NODE_MOST], outputs[NODE_MOST];
    uint32_t n_inputs, n_outputs;
    const char *input_name[NODE_MOST];
} NodeCase;

/* NULL when the test is loaded; "" when it has operators that are not claimed; else why it cannot
 * be run. */
const char *ttfs_node_case_load(NodeCase *c, const char *folder, const char *name,
                                bool (*claimed)(const char *), TtfsArena *a);
void ttfs_node_case_free(NodeCase *c);
/* The model's bytes with input `active` left as it is and the others as initialisers; with `active`
 * = n_inputs all are, there is one input of one element, and every output is its value as float32
 * plus that input. */
unsigned char *ttfs_node_case_model(NodeCase *c, uint32_t active, TtfsArena *a, size_t *size);
float *ttfs_node_floats(const NodeValue *v, TtfsArena *a);

#endif
