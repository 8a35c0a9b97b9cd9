/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes of what has weights or kernels: convolution, pools, matrix products, normalisation (ONNX
 * operator specification, Conv, MaxPool, AveragePool, Gemm, MatMul, BatchNormalization).
 */
#include "ir_infer.h"

enum { PATCH_LIMIT = 1 << 20 }; /* kernels, strides, dilations and pads lie below */

/* True when some patch of a pool may hold nothing but padding, along one axis. */
static bool may_be_empty(const TtfsInfer *f, int axis, uint32_t size, uint64_t span) {
    const TtfsIrAttr *a = &f->node->attr;
    if (f->node->op == TTFS_OP_CONV || a->count_pad) return false;
    uint64_t before = a->pad[axis], after = a->pad[axis + 2];
    if (before >= span || after >= span) return true;
    return (before || after) && a->dilation[axis] > size; /* taps may straddle all values */
}

/* Positions of a patch along one axis (0: y, 1: x); 0 after a fault. */
static uint32_t patches_along(TtfsInfer *f, int axis, uint32_t size) {
    const TtfsIrAttr *a = &f->node->attr;
    uint64_t k = a->kernel[axis], s = a->stride[axis], d = a->dilation[axis];
    uint64_t before = a->pad[axis], after = a->pad[axis + 2];
    bool sane = k >= 1 && s >= 1 && d >= 1 && k < PATCH_LIMIT && s < PATCH_LIMIT &&
                d < PATCH_LIMIT && before < PATCH_LIMIT && after < PATCH_LIMIT;
    if (!sane) {
        ttfs_infer_fault(f, "a kernel, stride, dilation or pad is zero, negative or absurdly "
                            "large");
        return 0;
    }
    uint64_t span = (k - 1) * d + 1, room = size + before + after;
    if (span > room) {
        ttfs_infer_fault(f, "a kernel of %llu does not fit into %llu (input %s with pads)",
                         (unsigned long long)span, (unsigned long long)room, ttfs_infer_text(f, 0));
        return 0;
    }
    if (may_be_empty(f, axis, size, span)) {
        ttfs_infer_fault(f, "a pad is as large as the kernel, which would lie on no value there");
        return 0;
    }
    return (uint32_t)((room - span) / s + 1);
}

bool ttfs_infer_conv(TtfsInfer *f) {
    const TtfsTensorInfo *x = f->in[0], *w = f->in[1];
    const TtfsIrAttr *a = &f->node->attr;
    if (x->rank != 4 || w->rank != 4)
        return ttfs_infer_fault(f, "a 2-D convolution expected, found input %s and weights %s",
                                ttfs_infer_text(f, 0), ttfs_infer_text(f, 1));
    bool grouped = a->group >= 1 && x->dim[1] % a->group == 0 && w->dim[0] % a->group == 0;
    if (!grouped || w->dim[1] != x->dim[1] / a->group)
        return ttfs_infer_fault(f, "input %s and weights %s do not fit in %u group(s)",
                                ttfs_infer_text(f, 0), ttfs_infer_text(f, 1), a->group);
    if (w->dim[2] != a->kernel[0] || w->dim[3] != a->kernel[1])
        return ttfs_infer_fault(f, "kernel %u x %u, but weights %s", a->kernel[0], a->kernel[1],
                                ttfs_infer_text(f, 1));
    if (f->node->n_in > 2 && (f->in[2]->rank != 1 || f->in[2]->dim[0] != w->dim[0]))
        return ttfs_infer_fault(f, "bias %s, but %u output channels", ttfs_infer_text(f, 2),
                                w->dim[0]);
    uint32_t h = patches_along(f, 0, x->dim[2]);
    uint32_t v = h ? patches_along(f, 1, x->dim[3]) : 0;
    return v && ttfs_infer_set(f, 4, (uint32_t[]){x->dim[0], w->dim[0], h, v});
}

bool ttfs_infer_pool(TtfsInfer *f) {
    const TtfsTensorInfo *x = f->in[0];
    if (x->rank != 4)
        return ttfs_infer_fault(f, "a 2-D pool expected, found input %s", ttfs_infer_text(f, 0));
    uint32_t h = patches_along(f, 0, x->dim[2]);
    uint32_t w = h ? patches_along(f, 1, x->dim[3]) : 0;
    return w && ttfs_infer_set(f, 4, (uint32_t[]){x->dim[0], x->dim[1], h, w});
}

bool ttfs_infer_gemm(TtfsInfer *f) {
    const TtfsTensorInfo *a = f->in[0], *b = f->in[1];
    const TtfsIrAttr *t = &f->node->attr;
    bool fits = a->rank == 2 && b->rank == 2 && a->dim[!t->trans_a] == b->dim[t->trans_b];
    if (!fits)
        return ttfs_infer_fault(f, "%s%s times %s%s does not fit", ttfs_infer_text(f, 0),
                                t->trans_a ? " transposed" : "", ttfs_infer_text(f, 1),
                                t->trans_b ? " transposed" : "");
    uint32_t dim[2] = {a->dim[t->trans_a], b->dim[!t->trans_b]};
    if (f->node->n_in > 2) {
        TtfsTensorInfo y = {.rank = 2, .dim = {dim[0], dim[1]}};
        uint32_t rank, both[TTFS_MAX_RANK];
        bool ok = ttfs_ir_broadcast(f->in[2]->rank, f->in[2]->dim, y.rank, y.dim, &rank, both) &&
                  rank == 2 && both[0] == dim[0] && both[1] == dim[1];
        if (!ok)
            return ttfs_infer_fault(f, "bias %s, but output [%u, %u]", ttfs_infer_text(f, 2),
                                    dim[0], dim[1]);
    }
    return ttfs_infer_set(f, 2, dim);
}

/* Matrices in the last two axes; the axes before them broadcast. */
bool ttfs_infer_matmul(TtfsInfer *f) {
    TtfsTensorInfo a = *f->in[0], b = *f->in[1];
    uint32_t rank, dim[TTFS_MAX_RANK];
    bool fits = a.rank >= 2 && b.rank >= 2 && a.dim[a.rank - 1] == b.dim[b.rank - 2];
    if (fits) {
        uint32_t rows = a.dim[a.rank - 2], columns = b.dim[b.rank - 1];
        a.rank -= 2;
        b.rank -= 2;
        fits = ttfs_ir_broadcast(a.rank, a.dim, b.rank, b.dim, &rank, dim);
        if (fits) {
            dim[rank] = rows;
            dim[rank + 1] = columns;
            return ttfs_infer_set(f, rank + 2, dim);
        }
    }
    return ttfs_infer_fault(f, "%s times %s does not fit", ttfs_infer_text(f, 0),
                            ttfs_infer_text(f, 1));
}

bool ttfs_infer_batchnorm(TtfsInfer *f) {
    if (f->in[0]->rank < 2)
        return ttfs_infer_fault(f, "input %s has no channels", ttfs_infer_text(f, 0));
    for (uint32_t i = 1; i < 5; i++)
        if (f->in[i]->rank != 1 || f->in[i]->dim[0] != f->in[0]->dim[1])
            return ttfs_infer_fault(f, "input %s, but parameter %u has shape %s",
                                    ttfs_infer_text(f, 0), i, ttfs_infer_text(f, i));
    return ttfs_infer_same(f);
}
