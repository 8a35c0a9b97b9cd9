/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of what trades channels for rows and columns: DepthToSpace, SpaceToDepth. They are pure
 * moves: a reshape that gives each part of an axis an axis of its own, a transposition, a reshape.
 */
#include "onnx_import.h"

#include <string.h>

TtfsTensor ttfs_onnx_emit_order(OnnxImport *im, OnnxNode *n, TtfsTensor x, uint32_t rank,
                                const uint32_t *dim, const uint32_t *perm, const uint32_t *out) {
    TtfsNode node = {.op = TTFS_OP_TRANSPOSE, .n_in = 1, .attr = ttfs_ir_attr()};
    node.in[0] = ttfs_onnx_emit_reshape(im, n, x, rank, dim);
    memcpy(node.attr.perm, perm, rank * sizeof *perm);
    if (!node.in[0].i) return node.in[0];
    TtfsTensor y = ttfs_onnx_emit(im, n, &node, NULL);
    return y.i ? ttfs_onnx_emit_reshape(im, n, y, 4, out) : y;
}

/* The input [n, c, h, w] and the block's size; 0 after an obstacle. */
static TtfsTensor blocks(OnnxImport *im, OnnxNode *n, TtfsTensorInfo *x, uint32_t *block) {
    int64_t size = 0;
    if (!ttfs_onnx_attr_int(im, n, "blocksize", &size) || n->unknown) return (TtfsTensor){0};
    TtfsTensor t = ttfs_onnx_activation(im, n, 0);
    if (!t.i) return t;
    *x = *ttfs_ir_tensor(im->ir, t);
    *block = size >= 1 && size <= 1 << 12 ? (uint32_t)size : 0;
    if (x->rank == 4 && *block) return t;
    ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                       "a blocksize of %lld on an input of %u dimensions", (long long)size,
                       x->rank);
    return (TtfsTensor){0};
}

void ttfs_onnx_depth_to_space(OnnxImport *im, OnnxNode *n) {
    static const uint32_t dcr[6] = {0, 3, 4, 1, 5, 2}, crd[6] = {0, 1, 4, 2, 5, 3};
    const char *mode = "DCR";
    TtfsTensorInfo x;
    uint32_t b;
    if (!ttfs_onnx_attr_text(im, n, "mode", &mode)) return;
    TtfsTensor t = blocks(im, n, &x, &b);
    if (!t.i) return;
    bool rows_first = strcmp(mode, "DCR") == 0;
    if (x.dim[1] % (b * b) || (!rows_first && strcmp(mode, "CRD") != 0)) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL,
                           "blocks of %u x %u, mode '%s', of %u channels", b, b, mode, x.dim[1]);
        return;
    }
    uint32_t c = x.dim[1] / (b * b);
    uint32_t parts[2][6] = {{x.dim[0], c, b, b, x.dim[2], x.dim[3]},
                            {x.dim[0], b, b, c, x.dim[2], x.dim[3]}};
    uint32_t out[4] = {x.dim[0], c, x.dim[2] * b, x.dim[3] * b};
    ttfs_onnx_emit_order(im, n, t, 6, parts[rows_first], rows_first ? dcr : crd, out);
}

void ttfs_onnx_space_to_depth(OnnxImport *im, OnnxNode *n) {
    static const uint32_t perm[6] = {0, 3, 5, 1, 2, 4};
    const char *mode = "DCR";
    TtfsTensorInfo x;
    uint32_t b;
    if (!ttfs_onnx_attr_text(im, n, "mode", &mode)) return;
    TtfsTensor t = blocks(im, n, &x, &b);
    if (!t.i) return;
    if (x.dim[2] % b || x.dim[3] % b || strcmp(mode, "DCR") != 0) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL,
                           "blocks of %u x %u, mode '%s', of %u x %u values", b, b, mode, x.dim[2],
                           x.dim[3]);
        return;
    }
    uint32_t parts[6] = {x.dim[0], x.dim[1], x.dim[2] / b, b, x.dim[3] / b, b};
    uint32_t out[4] = {x.dim[0], x.dim[1] * b * b, x.dim[2] / b, x.dim[3] / b};
    ttfs_onnx_emit_order(im, n, t, 6, parts, perm, out);
}
