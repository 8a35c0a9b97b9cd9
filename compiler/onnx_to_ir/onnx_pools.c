/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of the pools and of reductions: MaxPool, AveragePool, GlobalMaxPool, GlobalAveragePool,
 * ReduceMax, ReduceMin, ReduceMean, ReduceSum. A reduction is a pool of one patch over the axes it
 * reduces, which a transposition brings to the end where they are not there.
 */
#include "onnx_import.h"

#include <string.h>

static bool pool_patch(OnnxImport *im, const OnnxNode *n, OnnxPatch *w) {
    bool ok = ttfs_onnx_read_patch(im, n, w);
    if (ok && !w->has_kernel)
        ok = ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "attribute 'kernel_shape' is missing");
    return ok;
}

void ttfs_onnx_maxpool(OnnxImport *im, OnnxNode *n) {
    OnnxPatch w;
    if (!pool_patch(im, n, &w) || n->unknown) return;
    TtfsNode node = {.op = TTFS_OP_MAXPOOL, .n_in = 1};
    node.in[0] = ttfs_onnx_patch_input(im, n, 0, &w);
    if (!node.in[0].i) return;
    ttfs_onnx_settle_pads(&w, ttfs_ir_tensor(im->ir, node.in[0]));
    for (int i = 0; i < 2; i++) w.attr.pad[i + 2] += w.over[i];
    node.attr = w.attr;
    ttfs_onnx_emit_patch(im, n, &node, w.spatial);
}

/* The pads of a pool as zeros of their own: the pool's pads then count for nothing. */
static TtfsTensor padded(OnnxImport *im, OnnxNode *n, TtfsTensor x, OnnxPatch *w) {
    TtfsNode pad = {.op = TTFS_OP_PAD, .n_in = 1, .in = {x}, .attr = ttfs_ir_attr()};
    for (int i = 0; i < 2; i++) {
        pad.attr.before[i + 2] = (int32_t)w->attr.pad[i];
        pad.attr.after[i + 2] = (int32_t)w->attr.pad[i + 2];
        w->attr.pad[i] = w->attr.pad[i + 2] = 0;
    }
    return ttfs_onnx_emit(im, n, &pad, NULL);
}

void ttfs_onnx_averagepool(OnnxImport *im, OnnxNode *n) {
    OnnxPatch w;
    int64_t count_pad = 0;
    bool ok = pool_patch(im, n, &w);
    ok = ttfs_onnx_attr_int(im, n, "count_include_pad", &count_pad) && ok;
    if (!ok || n->unknown) return;
    TtfsNode node = {.op = TTFS_OP_AVERAGEPOOL, .n_in = 1};
    TtfsTensor x = ttfs_onnx_patch_input(im, n, 0, &w);
    if (!x.i) return;
    ttfs_onnx_settle_pads(&w, ttfs_ir_tensor(im->ir, x));
    bool pads = w.attr.pad[0] || w.attr.pad[1] || w.attr.pad[2] || w.attr.pad[3];
    bool over = w.over[0] || w.over[1];
    if (count_pad && pads && over) { /* the pads count, what ceil_mode adds does not */
        if (!(x = padded(im, n, x, &w)).i) return;
        count_pad = 0;
    }
    for (int i = 0; i < 2; i++) w.attr.pad[i + 2] += w.over[i];
    node.in[0] = x;
    node.attr = w.attr;
    node.attr.count_pad = count_pad && pads;
    ttfs_onnx_emit_patch(im, n, &node, w.spatial);
}

/* Pools the last axes, from `first` on, to one value each; x is the tensor's shape. */
static TtfsTensor pool_last(OnnxImport *im, OnnxNode *n, TtfsOp op, TtfsTensor x, uint32_t first) {
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, x);
    TtfsNode node = {.op = op, .n_in = 1, .attr = ttfs_ir_attr()};
    if (t.rank != 4 || first != 2) {
        uint32_t dim[4] = {1, 1, 1, 1};
        for (uint32_t i = 0; i < t.rank; i++) dim[i >= first ? 3 : i == 0 ? 0 : 1] *= t.dim[i];
        if (!(x = ttfs_onnx_emit_reshape(im, n, x, 4, dim)).i) return x;
        t = *ttfs_ir_tensor(im->ir, x);
    }
    node.in[0] = x;
    node.attr.kernel[0] = t.dim[2];
    node.attr.kernel[1] = t.dim[3];
    return ttfs_onnx_emit(im, n, &node, NULL);
}

void ttfs_onnx_globalpool(OnnxImport *im, OnnxNode *n) {
    TtfsOp op = n->type[6] == 'A' ? TTFS_OP_AVERAGEPOOL : TTFS_OP_MAXPOOL;
    if (n->unknown) return;
    TtfsTensor x = ttfs_onnx_activation(im, n, 0);
    if (!x.i) return;
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, x);
    if (t.rank < 2) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "an input of %u dimensions", t.rank);
        return;
    }
    TtfsTensor y = pool_last(im, n, op, x, 2);
    for (uint32_t i = 2; i < t.rank; i++) t.dim[i] = 1;
    if (y.i) ttfs_onnx_emit_reshape(im, n, y, t.rank, t.dim);
}

/* Brings the axes in `set` to the end, the others in their order before them. */
static TtfsTensor reduced_last(OnnxImport *im, OnnxNode *n, TtfsTensor x, uint32_t set) {
    uint32_t rank = ttfs_ir_tensor(im->ir, x)->rank, k = 0;
    TtfsNode node = {.op = TTFS_OP_TRANSPOSE, .n_in = 1, .in = {x}, .attr = ttfs_ir_attr()};
    for (uint32_t last = 0; last < 2; last++)
        for (uint32_t i = 0; i < rank; i++)
            if ((set >> i & 1) == last) node.attr.perm[k++] = i;
    bool moves = false;
    for (uint32_t i = 0; i < rank; i++) moves = moves || node.attr.perm[i] != i;
    return moves ? ttfs_onnx_emit(im, n, &node, NULL) : x;
}

void ttfs_onnx_reduce(OnnxImport *im, OnnxNode *n) {
    bool sum = strcmp(n->type, "ReduceSum") == 0;
    TtfsOp op = strcmp(n->type, "ReduceMax") == 0   ? TTFS_OP_MAXPOOL
                : strcmp(n->type, "ReduceMin") == 0 ? TTFS_OP_MINPOOL
                                                    : TTFS_OP_AVERAGEPOOL;
    int64_t keep = 1, nothing = 0;
    uint32_t set, rank = 0, reduced = 0, dim[TTFS_MAX_RANK];
    size_t count;
    uint64_t ones = 1; /* values that become one */
    bool ok = ttfs_onnx_attr_int(im, n, "keepdims", &keep);
    ok = ttfs_onnx_attr_int(im, n, "noop_with_empty_axes", &nothing) && ok;
    if (!ok || n->unknown) return;
    TtfsTensor x = ttfs_onnx_activation(im, n, 0);
    if (!x.i) return;
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, x);
    if (!ttfs_onnx_axes(im, n, 1, t.rank, &set, &count)) return;
    if (count == 0 && nothing) {
        ttfs_onnx_identity(im, n);
        return;
    }
    if (count == 0) set = (1u << t.rank) - 1;
    for (uint32_t i = 0; i < t.rank; i++) {
        bool gone = set >> i & 1;
        reduced += gone;
        if (gone) ones *= t.dim[i];
        if (!gone || keep) dim[rank++] = gone ? 1 : t.dim[i];
    }
    if (!(x = reduced_last(im, n, x, set)).i) return;
    x = pool_last(im, n, op, x, t.rank - reduced);
    if (x.i && sum) x = ttfs_onnx_emit_times(im, n, x, (double)ones);
    if (x.i) ttfs_onnx_emit_reshape(im, n, x, rank, dim);
}
