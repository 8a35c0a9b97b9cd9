/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of what stands at the end of a classifier: Softmax, LogSoftmax, ArgMax, TopK. The IR
 * keeps the axis of an ArgMax; without keepdims a reshape drops it.
 */
#include "onnx_import.h"

/* Before opset 13 the tensor is taken as a matrix whose rows begin at `axis`. */
static void softmax_of_rows(OnnxImport *im, OnnxNode *n, TtfsNode *node) {
    TtfsTensorInfo x = *ttfs_ir_tensor(im->ir, node->in[0]);
    uint32_t dim[2] = {1, 1};
    for (uint32_t i = 0; i < x.rank; i++) dim[i >= node->attr.axis] *= x.dim[i];
    node->in[0] = ttfs_onnx_emit_reshape(im, n, node->in[0], 2, dim);
    node->attr.axis = 1;
    if (!node->in[0].i) return;
    TtfsTensor y = ttfs_onnx_emit(im, n, node, NULL);
    if (y.i) ttfs_onnx_emit_reshape(im, n, y, x.rank, x.dim);
}

void ttfs_onnx_softmax(OnnxImport *im, OnnxNode *n) {
    int64_t axis = im->opset < 13 ? 1 : -1;
    TtfsNode node = {.op = n->type[0] == 'L' ? TTFS_OP_LOGSOFTMAX : TTFS_OP_SOFTMAX,
                     .n_in = 1,
                     .attr = ttfs_ir_attr()};
    if (!ttfs_onnx_attr_int(im, n, "axis", &axis) || n->unknown) return;
    node.in[0] = ttfs_onnx_activation(im, n, 0);
    if (!node.in[0].i) return;
    const TtfsTensorInfo *x = ttfs_ir_tensor(im->ir, node.in[0]);
    if (!ttfs_onnx_axis(im, n, axis, x->rank, &node.attr.axis)) return;
    bool rows = false;
    for (uint32_t i = node.attr.axis + 1; im->opset < 13 && i < x->rank; i++)
        rows = rows || x->dim[i] != 1;
    if (rows)
        softmax_of_rows(im, n, &node);
    else
        ttfs_onnx_emit(im, n, &node, NULL);
}

static void holds_integers(OnnxNode *n, uint32_t slot) {
    if (slot < n->n_out && n->out[slot]) n->out[slot]->integer = true;
}

void ttfs_onnx_argmax(OnnxImport *im, OnnxNode *n) {
    int64_t axis = 0, keep = 1, last = 0;
    TtfsNode node = {.op = TTFS_OP_ARGMAX, .n_in = 1, .attr = ttfs_ir_attr()};
    bool ok = ttfs_onnx_attr_int(im, n, "axis", &axis);
    ok = ttfs_onnx_attr_int(im, n, "keepdims", &keep) && ok;
    ok = ttfs_onnx_attr_int(im, n, "select_last_index", &last) && ok;
    if (!ok || n->unknown) return;
    node.attr.last = last != 0;
    node.in[0] = ttfs_onnx_activation(im, n, 0);
    if (!node.in[0].i) return;
    TtfsTensorInfo x = *ttfs_ir_tensor(im->ir, node.in[0]);
    if (!ttfs_onnx_axis(im, n, axis, x.rank, &node.attr.axis)) return;
    TtfsTensor full = ttfs_onnx_emit(im, n, &node, NULL);
    holds_integers(n, 0);
    if (keep || !full.i) return;
    uint32_t rank = 0, dim[TTFS_MAX_RANK];
    for (uint32_t i = 0; i < x.rank; i++)
        if (i != node.attr.axis) dim[rank++] = x.dim[i];
    ttfs_onnx_emit_reshape(im, n, full, rank, dim);
}

/* k is an attribute before opset 10, an input from then on. */
static bool read_k(OnnxImport *im, const OnnxNode *n, uint32_t *k) {
    const int64_t *values;
    size_t count;
    int64_t v = 0;
    if (ttfs_onnx_attr(n, "k")) {
        if (!ttfs_onnx_attr_int(im, n, "k", &v)) return false;
    } else {
        if (!ttfs_onnx_ints(im, n, 1, &values, &count)) return false;
        v = count == 1 ? values[0] : 0;
    }
    if (v < 1 || v > INT32_MAX)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "k is %lld", (long long)v);
    *k = (uint32_t)v;
    return true;
}

void ttfs_onnx_topk(OnnxImport *im, OnnxNode *n) {
    int64_t axis = -1, largest = 1, sorted = 1;
    TtfsNode node = {.op = TTFS_OP_TOPK, .n_in = 1, .attr = ttfs_ir_attr()};
    bool ok = ttfs_onnx_attr_int(im, n, "axis", &axis);
    ok = ttfs_onnx_attr_int(im, n, "largest", &largest) && ok;
    ok = ttfs_onnx_attr_int(im, n, "sorted", &sorted) && ok; /* unsorted: any order will do */
    if (!ok || n->unknown || !read_k(im, n, &node.attr.k)) return;
    node.in[0] = ttfs_onnx_activation(im, n, 0);
    if (!node.in[0].i) return;
    uint32_t rank = ttfs_ir_tensor(im->ir, node.in[0])->rank;
    if (!ttfs_onnx_axis(im, n, axis, rank, &node.attr.axis)) return;
    node.attr.largest = largest != 0;
    for (uint32_t slot = 0; slot < 2 && slot < n->n_out; slot++) {
        TtfsNode part = node;
        part.attr.indices = slot == 1;
        if (n->out[slot]) ttfs_onnx_emit_slot(im, n, &part, NULL, slot);
    }
    holds_integers(n, 1);
}
