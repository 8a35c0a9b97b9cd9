/* SPDX-License-Identifier: Apache-2.0
 *
 * What handlers read and write: inputs as activations, weights or integers; outputs as IR nodes or
 * constants. Constants enter the IR at their first use, once, and are checked there.
 */
#include "onnx_import.h"

#include <math.h>
#include <string.h>

bool ttfs_onnx_has(const OnnxNode *n, uint32_t input) {
    return input < n->n_in && n->in[input];
}

bool ttfs_onnx_is_const(const OnnxNode *n, uint32_t input) {
    return ttfs_onnx_has(n, input) && n->in[input]->kind == ONNX_CONST;
}

TtfsTensorInfo ttfs_onnx_shape(const OnnxImport *im, const OnnxNode *n, uint32_t input) {
    const OnnxValue *v = n->in[input];
    if (v->kind == ONNX_TENSOR) return *ttfs_ir_tensor(im->ir, v->tensor);
    TtfsTensorInfo t = {.rank = v->c.rank};
    memcpy(t.dim, v->c.dim, sizeof t.dim);
    return t;
}

static bool finite(OnnxImport *im, const OnnxNode *n, const OnnxValue *v) {
    for (uint64_t i = 0; i < v->c.count; i++)
        if (!isfinite(v->c.f[i]))
            return ttfs_onnx_obstacle(im, n, TTFS_MODEL_VALUE, NULL, "element %llu of '%s' is %f",
                                      (unsigned long long)i, v->name, (double)v->c.f[i]);
    return true;
}

TtfsTensor ttfs_onnx_operand(OnnxImport *im, const OnnxNode *n, uint32_t input) {
    OnnxValue *v = ttfs_onnx_has(n, input) ? n->in[input] : NULL;
    if (!v) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_GRAPH, NULL, "input %u is missing", input);
        return (TtfsTensor){0};
    }
    if (v->tensor.i) return v->tensor;
    if (!v->c.f || v->c.count == 0) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_TENSOR, NULL, "'%s' %s", v->name,
                           v->c.f ? "is empty" : "is not of a floating-point type");
        return (TtfsTensor){0};
    }
    if (!finite(im, n, v)) return (TtfsTensor){0};
    TtfsArena *a = &im->ir->arena;
    float *data = TTFS_ARRAY(a, float, v->c.count);
    memcpy(data, v->c.f, v->c.count * sizeof *data);
    TtfsTensorInfo t = {.name = ttfs_arena_strdup(a, v->name), .rank = v->c.rank, .data = data};
    memcpy(t.dim, v->c.dim, sizeof t.dim);
    return v->tensor = ttfs_ir_add_tensor(im->ir, &t);
}

TtfsTensor ttfs_onnx_activation(OnnxImport *im, const OnnxNode *n, uint32_t input) {
    if (!ttfs_onnx_is_const(n, input)) return ttfs_onnx_operand(im, n, input);
    ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "fold the constant before the export",
                       "its input '%s' is a constant, and this operator is not folded",
                       n->in[input]->name);
    return (TtfsTensor){0};
}

TtfsTensor ttfs_onnx_weight(OnnxImport *im, const OnnxNode *n, uint32_t input) {
    if (!ttfs_onnx_has(n, input) || ttfs_onnx_is_const(n, input))
        return ttfs_onnx_operand(im, n, input);
    ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "export the model with constant weights",
                       "its parameter '%s' is computed, a constant expected", n->in[input]->name);
    return (TtfsTensor){0};
}

bool ttfs_onnx_ints(OnnxImport *im, const OnnxNode *n, uint32_t input, const int64_t **values,
                    size_t *count) {
    *values = NULL;
    *count = 0;
    if (!ttfs_onnx_has(n, input)) return true;
    const OnnxValue *v = n->in[input];
    if (v->kind != ONNX_CONST || !v->c.n || v->c.rank > 1)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                                  "input '%s' is not a constant list of integers", v->name);
    *values = v->c.n;
    *count = (size_t)v->c.count;
    return true;
}

TtfsTensor ttfs_onnx_emit(OnnxImport *im, OnnxNode *n, TtfsNode *node,
                          const TtfsTensorInfo *shape) {
    TtfsArena *a = &im->ir->arena;
    TtfsTensorInfo out = shape ? *shape : (TtfsTensorInfo){0};
    TtfsDiag own = {0};
    node->name = ttfs_arena_strdup(a, n->name);
    out.name = n->n_out && n->out[0] ? ttfs_arena_strdup(a, n->out[0]->name) : node->name;
    out.data = NULL;
    bool ok = ttfs_ir_infer(im->ir, node, &out, NULL, &own);
    if (!ok) /* the message begins with the operation, as the obstacle does */
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "%s",
                           own.messages.at[0].what + strlen(ttfs_op_name(node->op)) + 2);
    ttfs_diag_free(&own);
    if (!ok) return (TtfsTensor){0};
    if ((im->activations += ttfs_ir_count(&out)) > ONNX_MOST_ACTIVATIONS) {
        im->activations = 0; /* said once for each time it fills up */
        ttfs_onnx_obstacle(im, n, TTFS_LIMIT, NULL,
                           "with it the activations have more than 2^28 elements in all");
        return (TtfsTensor){0};
    }
    node->out = ttfs_ir_add_tensor(im->ir, &out);
    ttfs_ir_add_node(im->ir, node);
    if (n->n_out && n->out[0]) {
        n->out[0]->kind = ONNX_TENSOR;
        n->out[0]->tensor = node->out;
    }
    return node->out;
}

void ttfs_onnx_bind_const(OnnxNode *n, const OnnxConst *c) {
    if (n->n_out == 0 || !n->out[0]) return;
    n->out[0]->kind = ONNX_CONST;
    n->out[0]->c = *c;
}

bool ttfs_onnx_new_const(OnnxImport *im, const OnnxNode *n, bool is_float, uint32_t rank,
                         const uint32_t *dim, float **f, int64_t **i, OnnxConst *out) {
    *out = (OnnxConst){.rank = rank, .count = 1};
    for (uint32_t k = 0; k < rank; k++) {
        out->dim[k] = dim[k];
        out->count *= dim[k];
        if (out->count > im->fold_budget)
            return ttfs_onnx_obstacle(im, n, TTFS_LIMIT, NULL,
                                      "folding constants would make too many elements");
    }
    im->fold_budget -= out->count;
    if (is_float)
        out->f = *f = TTFS_ARRAY(&im->scratch, float, out->count);
    else
        out->n = *i = TTFS_ARRAY(&im->scratch, int64_t, out->count);
    return true;
}
