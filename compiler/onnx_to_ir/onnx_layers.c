/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of the layers with weights and windows: Conv, MaxPool, Gemm, MatMul, BatchNormalization.
 * Automatic padding and ceil_mode become explicit pads, which gives the same values.
 */
#include "onnx_import.h"

#include <string.h>

enum { LARGEST = 1 << 20 }; /* of kernels, strides, dilations, pads */

typedef struct {
    TtfsIrAttr attr;
    char pad_mode; /* 'N' notset, 'V' valid, 'U' same upper, 'L' same lower */
    int64_t ceil;
    bool has_kernel;
} Window;

/* `count` integers in [least, LARGEST], or none. */
static bool read_sizes(OnnxImport *im, const OnnxNode *n, const char *name, uint32_t count,
                       int64_t least, uint32_t *out, bool *present) {
    const int64_t *v;
    size_t found;
    if (!ttfs_onnx_attr_ints(im, n, name, &v, &found)) return false;
    if (present) *present = found > 0;
    if (found && found != count)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, "use the 2-D form of the layer",
                                  "attribute '%s' has %zu values, %u expected", name, found, count);
    for (size_t i = 0; i < found; i++) {
        if (v[i] < least || v[i] > LARGEST)
            return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "attribute '%s' holds %lld",
                                      name, (long long)v[i]);
        out[i] = (uint32_t)v[i];
    }
    return true;
}

static bool read_window(OnnxImport *im, const OnnxNode *n, Window *w) {
    const char *mode = "NOTSET";
    *w = (Window){.attr = ttfs_ir_attr()};
    bool ok = read_sizes(im, n, "kernel_shape", 2, 1, w->attr.kernel, &w->has_kernel);
    ok = read_sizes(im, n, "strides", 2, 1, w->attr.stride, NULL) && ok;
    ok = read_sizes(im, n, "dilations", 2, 1, w->attr.dilation, NULL) && ok;
    ok = read_sizes(im, n, "pads", 4, 0, w->attr.pad, NULL) && ok;
    ok = ttfs_onnx_attr_int(im, n, "ceil_mode", &w->ceil) && ok;
    if (!ttfs_onnx_attr_text(im, n, "auto_pad", &mode)) return false;
    w->pad_mode = strcmp(mode, "NOTSET") == 0       ? 'N'
                  : strcmp(mode, "VALID") == 0      ? 'V'
                  : strcmp(mode, "SAME_UPPER") == 0 ? 'U'
                  : strcmp(mode, "SAME_LOWER") == 0 ? 'L'
                                                    : 0;
    if (!w->pad_mode)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "auto_pad '%s' is unknown", mode);
    return ok;
}

/* Explicit pads along one axis for an input of `size` (ONNX Conv and MaxPool, auto_pad). */
static void same_pads(Window *w, int axis, uint32_t size) {
    const TtfsIrAttr *a = &w->attr;
    uint64_t stride = a->stride[axis],
             span = (uint64_t)(a->kernel[axis] - 1) * a->dilation[axis] + 1;
    uint64_t outputs = (size + stride - 1) / stride, need = (outputs - 1) * stride + span;
    uint32_t total = need > size ? (uint32_t)(need - size) : 0;
    w->attr.pad[axis] = w->pad_mode == 'U' ? total / 2 : total - total / 2;
    w->attr.pad[axis + 2] = total - w->attr.pad[axis];
}

/* With ceil_mode the last window may end beyond the pads, but must not begin there: the missing
 * part is more padding at the end. */
static void ceil_pads(Window *w, int axis, uint32_t size) {
    TtfsIrAttr *a = &w->attr;
    uint64_t stride = a->stride[axis], span = a->kernel[axis];
    uint64_t room = (uint64_t)size + a->pad[axis] + a->pad[axis + 2];
    if (span > room) return; /* shape inference says so */
    uint64_t last = (room - span + stride - 1) / stride * stride;
    if (last >= (uint64_t)size + a->pad[axis]) last -= stride;
    if (last + span > room) a->pad[axis + 2] += (uint32_t)(last + span - room);
}

static void settle_pads(Window *w, const TtfsTensorInfo *x) {
    if (x->rank != 4) return; /* shape inference says so */
    for (int axis = 0; axis < 2; axis++) {
        if (w->pad_mode == 'V') w->attr.pad[axis] = w->attr.pad[axis + 2] = 0;
        if (w->pad_mode == 'U' || w->pad_mode == 'L') same_pads(w, axis, x->dim[axis + 2]);
        if (w->ceil) ceil_pads(w, axis, x->dim[axis + 2]);
    }
}

void ttfs_onnx_conv(OnnxImport *im, OnnxNode *n) {
    Window w;
    int64_t group = 1;
    bool ok = read_window(im, n, &w);
    ok = ttfs_onnx_attr_int(im, n, "group", &group) && ok;
    if (group != 1)
        ok = ttfs_onnx_obstacle(
            im, n, TTFS_ONNX_ATTR, "use a convolution with group = 1",
            "grouped and depthwise convolutions are not supported, group = %lld", (long long)group);
    if (!ok || n->unknown) return;
    TtfsNode node = {.op = TTFS_OP_CONV, .n_in = ttfs_onnx_has(n, 2) ? 3 : 2, .attr = w.attr};
    node.in[0] = ttfs_onnx_activation(im, n, 0);
    node.in[1] = ttfs_onnx_weight(im, n, 1);
    if (node.n_in == 3) node.in[2] = ttfs_onnx_weight(im, n, 2);
    if (!node.in[0].i || !node.in[1].i || (node.n_in == 3 && !node.in[2].i)) return;
    const TtfsTensorInfo *weights = ttfs_ir_tensor(im->ir, node.in[1]);
    if (!w.has_kernel && weights->rank == 4)
        for (int i = 0; i < 2; i++) w.attr.kernel[i] = weights->dim[i + 2];
    settle_pads(&w, ttfs_ir_tensor(im->ir, node.in[0]));
    node.attr = w.attr;
    ttfs_onnx_emit(im, n, &node, NULL);
}

void ttfs_onnx_maxpool(OnnxImport *im, OnnxNode *n) {
    Window w;
    bool ok = read_window(im, n, &w);
    if (ok && !w.has_kernel)
        ok = ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "attribute 'kernel_shape' is missing");
    if (w.attr.dilation[0] != 1 || w.attr.dilation[1] != 1)
        ok = ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, "use a pool without dilation",
                                "dilated pools are not supported");
    if (!ok || n->unknown) return;
    TtfsNode node = {.op = TTFS_OP_MAXPOOL, .n_in = 1};
    node.in[0] = ttfs_onnx_activation(im, n, 0);
    if (!node.in[0].i) return;
    settle_pads(&w, ttfs_ir_tensor(im->ir, node.in[0]));
    node.attr = w.attr;
    ttfs_onnx_emit(im, n, &node, NULL);
}

/* Both operands of a product; at least one must be an activation. */
static bool product_operands(OnnxImport *im, const OnnxNode *n, TtfsNode *node) {
    if (ttfs_onnx_is_const(n, 0) && ttfs_onnx_is_const(n, 1))
        return ttfs_onnx_activation(im, n, 0).i != 0;
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

void ttfs_onnx_matmul(OnnxImport *im, OnnxNode *n) {
    TtfsNode node = {.op = TTFS_OP_MATMUL, .n_in = 2, .attr = ttfs_ir_attr()};
    if (n->unknown || !product_operands(im, n, &node)) return;
    ttfs_onnx_emit(im, n, &node, NULL);
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
