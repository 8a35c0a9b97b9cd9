/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of the layers with weights: Conv, Gemm, MatMul, BatchNormalization.
 */
#include "onnx_import.h"

#include <string.h>

/* Weights as 4-D; those of a 1-D convolution get a height of 1. */
static TtfsTensor conv_weights(OnnxImport *im, OnnxNode *n, const OnnxPatch *w) {
    TtfsTensor t = ttfs_onnx_weight(im, n, 1);
    if (!t.i || w->spatial != 1 || ttfs_ir_tensor(im->ir, t)->rank != 3) return t;
    TtfsTensorInfo flat = *ttfs_ir_tensor(im->ir, t); /* the same data in another shape */
    flat.rank = 4;
    flat.dim[3] = flat.dim[2];
    flat.dim[2] = 1;
    return ttfs_ir_add_tensor(im->ir, &flat);
}

void ttfs_onnx_conv(OnnxImport *im, OnnxNode *n) {
    OnnxPatch w;
    int64_t group = 1;
    bool ok = ttfs_onnx_read_patch(im, n, &w);
    ok = ttfs_onnx_attr_int(im, n, "group", &group) && ok;
    if (group < 1 || group > INT32_MAX)
        ok = ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "group = %lld", (long long)group);
    if (!ok || n->unknown) return;
    TtfsNode node = {.op = TTFS_OP_CONV, .n_in = ttfs_onnx_has(n, 2) ? 3 : 2};
    node.in[0] = ttfs_onnx_patch_input(im, n, 0, &w);
    node.in[1] = conv_weights(im, n, &w);
    if (node.n_in == 3) node.in[2] = ttfs_onnx_weight(im, n, 2);
    if (!node.in[0].i || !node.in[1].i || (node.n_in == 3 && !node.in[2].i)) return;
    const TtfsTensorInfo *weights = ttfs_ir_tensor(im->ir, node.in[1]);
    if (!w.has_kernel && weights->rank == 4)
        for (int i = 0; i < 2; i++) w.attr.kernel[i] = weights->dim[i + 2];
    ttfs_onnx_settle_pads(&w, ttfs_ir_tensor(im->ir, node.in[0]));
    node.attr = w.attr;
    node.attr.group = (uint32_t)group;
    ttfs_onnx_emit_patch(im, n, &node, w.spatial);
}

/* Both operands of a product; exactly one must be an activation. */
static bool product_operands(OnnxImport *im, const OnnxNode *n, TtfsNode *node) {
    bool a = ttfs_onnx_is_const(n, 0), b = ttfs_onnx_is_const(n, 1);
    if (a && b) return ttfs_onnx_activation(im, n, 0).i != 0; /* Gemm */
    if (!a && !b)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP,
                                  "export the model with constant weights, or use another network",
                                  "it multiplies activations by each other, which is outside what "
                                  "the mapping covers");
    for (uint32_t i = 0; i < 2; i++) {
        node->in[i] = ttfs_onnx_operand(im, n, i);
        if (!node->in[i].i) return false;
    }
    return true;
}

void ttfs_onnx_gemm(OnnxImport *im, OnnxNode *n) {
    TtfsNode node = {.op = TTFS_OP_GEMM, .n_in = 2, .attr = ttfs_ir_attr()};
    int64_t trans_a = 0, trans_b = 0;
    bool ok = ttfs_onnx_attr_float(im, n, "alpha", &node.attr.alpha);
    ok = ttfs_onnx_attr_float(im, n, "beta", &node.attr.beta) && ok;
    ok = ttfs_onnx_attr_int(im, n, "transA", &trans_a) && ok;
    ok = ttfs_onnx_attr_int(im, n, "transB", &trans_b) && ok;
    if (!ok || n->unknown || !product_operands(im, n, &node)) return;
    node.attr.trans_a = trans_a != 0;
    node.attr.trans_b = trans_b != 0;
    if (ttfs_onnx_has(n, 2)) {
        node.in[node.n_in++] = ttfs_onnx_operand(im, n, 2);
        if (!node.in[2].i) return;
    }
    ttfs_onnx_emit(im, n, &node, NULL);
}

/* A vector on the left is a row, on the right a column; that axis is dropped from the result. */
static TtfsTensor as_matrix(OnnxImport *im, OnnxNode *n, uint32_t input, TtfsTensor x) {
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, x);
    if (t.rank != 1) return x;
    uint32_t dim[2] = {input == 0 ? 1 : t.dim[0], input == 0 ? t.dim[0] : 1};
    if (!t.data) return ttfs_onnx_emit_reshape(im, n, x, 2, dim);
    t.rank = 2;
    memcpy(t.dim, dim, sizeof dim);
    return ttfs_ir_add_tensor(im->ir, &t);
}

void ttfs_onnx_matmul(OnnxImport *im, OnnxNode *n) {
    TtfsNode node = {.op = TTFS_OP_MATMUL, .n_in = 2, .attr = ttfs_ir_attr()};
    bool vector[2];
    OnnxConst folded;
    if (n->unknown) return;
    if (ttfs_onnx_all_const(n)) {
        if (ttfs_onnx_fold_matmul(im, n, &n->in[0]->c, &n->in[1]->c, &folded))
            ttfs_onnx_bind_const(n, &folded);
        return;
    }
    if (!product_operands(im, n, &node)) return;
    for (uint32_t i = 0; i < 2; i++) {
        vector[i] = ttfs_ir_tensor(im->ir, node.in[i])->rank == 1;
        node.in[i] = as_matrix(im, n, i, node.in[i]);
        if (!node.in[i].i) return;
    }
    TtfsTensor y = ttfs_onnx_emit(im, n, &node, NULL);
    if (!y.i || (!vector[0] && !vector[1])) return;
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, y);
    uint32_t rank = 0, dim[TTFS_MAX_RANK];
    for (uint32_t i = 0; i < t.rank; i++)
        if (!(vector[0] && i + 2 == t.rank) && !(vector[1] && i + 1 == t.rank))
            dim[rank++] = t.dim[i];
    ttfs_onnx_emit_reshape(im, n, y, rank, dim);
}

void ttfs_onnx_batchnorm(OnnxImport *im, OnnxNode *n) {
    TtfsNode node = {.op = TTFS_OP_BATCHNORM, .n_in = 5, .attr = ttfs_ir_attr()};
    int64_t spatial = 1, training = 0;
    node.attr.epsilon = 1e-5f;
    bool ok = ttfs_onnx_attr_float(im, n, "epsilon", &node.attr.epsilon);
    ok = ttfs_onnx_attr_int(im, n, "spatial", &spatial) && ok;
    ok = ttfs_onnx_attr_int(im, n, "training_mode", &training) && ok;
    if (spatial != 1 || training != 0)
        ok = ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, "export the model for inference",
                                "only inference with one scale a channel is supported");
    if (!ok || n->unknown) return;
    node.in[0] = ttfs_onnx_activation(im, n, 0);
    bool all = node.in[0].i != 0;
    for (uint32_t i = 1; i < 5; i++) {
        node.in[i] = ttfs_onnx_weight(im, n, i);
        all = all && node.in[i].i;
    }
    if (all) ttfs_onnx_emit(im, n, &node, NULL);
}
