/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of ai.onnx.ml: what scikit-learn's exporter puts in front of a network (Scaler,
 * ArrayFeatureExtractor that chooses features) and behind it: the look-up of a label by the class's
 * index, and the ZipMap of probabilities, which are dropped with a note.
 */
#include "onnx_import.h"

#include <string.h>

/* Labels by index: the output is the index itself, [1, indices]. */
static void label_of(OnnxImport *im, OnnxNode *n) {
    TtfsTensorInfo at = ttfs_onnx_shape(im, n, 1);
    uint32_t dim[2] = {1, (uint32_t)ttfs_ir_count(&at)};
    if (!n->in[1]->integer) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "export the model with constant indices",
                           "its indices are computed, and no class");
        return;
    }
    ttfs_note(im->diag, TTFS_AT_NODE(im->path, n->name),
              "the look-up of the label is dropped: the output is the class's index");
    TtfsNode node = {.op = TTFS_OP_RESHAPE, .n_in = 1, .attr = ttfs_ir_attr()};
    TtfsTensorInfo shape = {.rank = 2, .dim = {dim[0], dim[1]}};
    node.in[0] = ttfs_onnx_operand(im, n, 1);
    if (node.in[0].i && ttfs_onnx_emit(im, n, &node, &shape).i && n->n_out && n->out[0])
        n->out[0]->integer = true;
}

/* (x, places): the places along the last axis. */
void ttfs_onnx_pick_features(OnnxImport *im, OnnxNode *n) {
    if (n->unknown) return;
    if (!ttfs_onnx_is_const(n, 1)) {
        label_of(im, n);
        return;
    }
    const OnnxConst *at = &n->in[1]->c;
    TtfsTensor x = ttfs_onnx_activation(im, n, 0);
    if (!x.i) return;
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, x);
    bool fits = at->n && at->count && t.rank >= 1;
    for (uint64_t i = 0; fits && i < at->count; i++)
        fits = at->n[i] >= 0 && at->n[i] < t.dim[t.rank - 1];
    if (!fits) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "its places are not on the last axis");
        return;
    }
    if (ttfs_onnx_emit_places(im, n, x, t.rank - 1, at->n, at->count).i == x.i)
        ttfs_onnx_identity(im, n);
}

void ttfs_onnx_zip_map(OnnxImport *im, OnnxNode *n) {
    if (n->unknown) return;
    ttfs_note(im->diag, TTFS_AT_NODE(im->path, n->name),
              "the names of the classes are dropped: the output is the list of their values");
    ttfs_onnx_identity(im, n);
}

/* A list of floats as a constant of the IR; absent: `none`. 0 after an obstacle. */
static TtfsTensor put_list(OnnxImport *im, OnnxNode *n, const char *name, uint32_t features,
                           float none) {
    const Onnx__AttributeProto *a = ttfs_onnx_attr(n, name);
    uint32_t count = a && a->n_floats ? (uint32_t)a->n_floats : 1;
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst c;
    if (count != 1 && count != features) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "%u values in '%s', 1 or %u expected",
                           count, name, features);
        return (TtfsTensor){0};
    }
    if (!ttfs_onnx_new_const(im, n, true, 1, &count, &f, &q, &c)) return (TtfsTensor){0};
    for (uint32_t i = 0; i < count; i++) f[i] = a && a->n_floats ? a->floats[i] : none;
    return ttfs_onnx_put_const(im, n, ttfs_arena_printf(&im->scratch, "%s.%s", n->name, name), &c,
                               1, &count);
}

/* (x - offset) * scale, one number a feature or one for all. */
void ttfs_onnx_scaler(OnnxImport *im, OnnxNode *n) {
    if (n->unknown) return;
    TtfsNode sub = {.op = TTFS_OP_SUB, .n_in = 2, .attr = ttfs_ir_attr()}, mul = sub;
    mul.op = TTFS_OP_MUL;
    sub.in[0] = ttfs_onnx_activation(im, n, 0);
    if (!sub.in[0].i) return;
    TtfsTensorInfo x = *ttfs_ir_tensor(im->ir, sub.in[0]);
    uint32_t features = x.rank ? x.dim[x.rank - 1] : 1;
    sub.in[1] = put_list(im, n, "offset", features, 0);
    mul.in[1] = put_list(im, n, "scale", features, 1);
    if (sub.in[1].i && mul.in[1].i && (mul.in[0] = ttfs_onnx_emit(im, n, &sub, NULL)).i)
        ttfs_onnx_emit(im, n, &mul, NULL);
}
