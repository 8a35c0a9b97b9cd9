/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of Relu, of elementwise arithmetic and of what names the class at the end.
 */
#include "onnx_import.h"

void ttfs_onnx_relu(OnnxImport *im, OnnxNode *n) {
    if (n->unknown) return;
    TtfsNode node = {.op = TTFS_OP_RELU, .n_in = 1, .attr = ttfs_ir_attr()};
    node.in[0] = ttfs_onnx_activation(im, n, 0);
    if (node.in[0].i) ttfs_onnx_emit(im, n, &node, NULL);
}

static char arith_sign(const char *type) {
    return type[0] == 'A' ? '+' : type[0] == 'S' ? '-' : type[0] == 'M' ? '*' : '/';
}

/* The constant input 1 with its sign changed, so that x - c is x + (-c), which is exact. */
static TtfsTensor negated(OnnxImport *im, OnnxNode *n) {
    OnnxValue *v = n->in[1];
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst c;
    if (!v->c.f) return ttfs_onnx_operand(im, n, 1); /* reports the type */
    if (!ttfs_onnx_new_const(im, n, true, v->c.rank, v->c.dim, &f, &q, &c)) return (TtfsTensor){0};
    for (uint64_t i = 0; i < c.count; i++) f[i] = -v->c.f[i];
    OnnxValue minus = {.name = v->name, .kind = ONNX_CONST, .c = c};
    OnnxValue *in[1] = {&minus};
    OnnxNode view = *n;
    view.in = in;
    view.n_in = 1;
    return ttfs_onnx_operand(im, &view, 0);
}

/* Add, Sub, Mul, Div: of constants folded; x + y and x - constant become IR additions. */
void ttfs_onnx_arith(OnnxImport *im, OnnxNode *n) {
    char sign = arith_sign(n->type);
    if (n->unknown) return;
    if (ttfs_onnx_is_const(n, 0) && ttfs_onnx_is_const(n, 1)) {
        ttfs_onnx_fold_elementwise(im, n, sign);
        return;
    }
    if (sign == '*' || sign == '/' || (sign == '-' && !ttfs_onnx_is_const(n, 1))) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP,
                           "fold constant factors into the weights of the neighbouring layer",
                           "only of constants; of activations it is not supported");
        return;
    }
    TtfsNode node = {.op = TTFS_OP_ADD, .n_in = 2, .attr = ttfs_ir_attr()};
    node.in[0] = ttfs_onnx_operand(im, n, 0);
    node.in[1] = sign == '-' ? negated(im, n) : ttfs_onnx_operand(im, n, 1);
    if (node.in[0].i && node.in[1].i) ttfs_onnx_emit(im, n, &node, NULL);
}

/* Before opset 13 the tensor is taken as a matrix whose rows begin at `axis`: the same when the
 * dimensions after it are 1. */
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
    for (uint32_t i = node.attr.axis + 1; im->opset < 13 && i < x->rank; i++)
        if (x->dim[i] != 1) {
            ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, "use opset 13 or the last axis",
                               "over several axes at once is not supported");
            return;
        }
    ttfs_onnx_emit(im, n, &node, NULL);
}

/* The IR keeps the axis; without keepdims a reshape drops it. */
void ttfs_onnx_argmax(OnnxImport *im, OnnxNode *n) {
    int64_t axis = 0, keep = 1, last = 0;
    TtfsNode node = {.op = TTFS_OP_ARGMAX, .n_in = 1, .attr = ttfs_ir_attr()};
    bool ok = ttfs_onnx_attr_int(im, n, "axis", &axis);
    ok = ttfs_onnx_attr_int(im, n, "keepdims", &keep) && ok;
    ok = ttfs_onnx_attr_int(im, n, "select_last_index", &last) && ok;
    if (last)
        ok = ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL,
                                "ties go to the lowest index, not to the last");
    if (!ok || n->unknown) return;
    node.in[0] = ttfs_onnx_activation(im, n, 0);
    if (!node.in[0].i) return;
    TtfsTensorInfo x = *ttfs_ir_tensor(im->ir, node.in[0]);
    if (!ttfs_onnx_axis(im, n, axis, x.rank, &node.attr.axis)) return;
    TtfsTensor full = ttfs_onnx_emit(im, n, &node, NULL);
    if (keep || !full.i) return;
    TtfsTensorInfo flat = {.rank = x.rank - 1};
    for (uint32_t i = 0, k = 0; i < x.rank; i++)
        if (i != node.attr.axis) flat.dim[k++] = x.dim[i];
    TtfsNode drop = {.op = TTFS_OP_RESHAPE, .n_in = 1, .in = {full}, .attr = ttfs_ir_attr()};
    ttfs_onnx_emit(im, n, &drop, &flat);
}
