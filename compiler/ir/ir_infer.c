/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape inference: a node's inputs and attributes -> the shape of its output, after the ONNX
 * operator specification, or an error that says which shapes do not fit. All sums are made in 64
 * bits from 32-bit values, so no attribute can overflow them. One function an operation family;
 * those of layers and of moves have files of their own.
 */
#include "ir_infer.h"

static bool infer_two(TtfsInfer *f) {
    uint32_t rank, dim[TTFS_MAX_RANK];
    if (!ttfs_infer_broadcast(f->in[0], f->in[1], &rank, dim))
        return ttfs_infer_fault(f, "%s and %s do not broadcast", ttfs_infer_text(f, 0),
                                ttfs_infer_text(f, 1));
    return ttfs_infer_set(f, rank, dim);
}

/* Every further operand broadcasts to the shape of the first, which is that of the output. */
static bool infer_onto(TtfsInfer *f) {
    for (uint32_t i = 1; i < f->node->n_in; i++) {
        TtfsTensorInfo both = {0};
        bool fits = ttfs_infer_broadcast(f->in[0], f->in[i], &both.rank, both.dim) &&
                    both.rank == f->in[0]->rank && ttfs_ir_count(&both) == ttfs_ir_count(f->in[0]);
        if (!fits)
            return ttfs_infer_fault(f, "%s does not broadcast to %s", ttfs_infer_text(f, i),
                                    ttfs_infer_text(f, 0));
    }
    return ttfs_infer_same(f);
}

static bool infer_range(TtfsInfer *f) {
    if (!(f->node->attr.lo <= f->node->attr.hi))
        return ttfs_infer_fault(f, "the lower bound lies above the upper one");
    return infer_onto(f);
}

static bool infer_axis(TtfsInfer *f) {
    const TtfsIrAttr *a = &f->node->attr;
    if (a->axis >= f->in[0]->rank)
        return ttfs_infer_fault(f, "axis %u of %s", a->axis, ttfs_infer_text(f, 0));
    if (!ttfs_infer_same(f)) return false;
    if (f->node->op == TTFS_OP_ARGMAX) f->out->dim[a->axis] = 1;
    if (f->node->op != TTFS_OP_TOPK) return true;
    if (a->k < 1 || a->k > f->in[0]->dim[a->axis])
        return ttfs_infer_fault(f, "the first %u of %u", a->k, f->in[0]->dim[a->axis]);
    f->out->dim[a->axis] = a->k;
    return true;
}

static bool infer_op(TtfsInfer *f) {
    switch (f->node->op) {
    case TTFS_OP_CONV:
        return ttfs_infer_conv(f);
    case TTFS_OP_GEMM:
        return ttfs_infer_gemm(f);
    case TTFS_OP_MATMUL:
        return ttfs_infer_matmul(f);
    case TTFS_OP_ADD:
    case TTFS_OP_SUB:
    case TTFS_OP_MUL:
    case TTFS_OP_DIV:
    case TTFS_OP_MAX:
    case TTFS_OP_MIN:
        return infer_two(f);
    case TTFS_OP_PRELU:
        return infer_onto(f);
    case TTFS_OP_CLIP:
    case TTFS_OP_QUANT:
        return infer_range(f);
    case TTFS_OP_MAXPOOL:
    case TTFS_OP_MINPOOL:
    case TTFS_OP_AVERAGEPOOL:
        return ttfs_infer_pool(f);
    case TTFS_OP_BATCHNORM:
        return ttfs_infer_batchnorm(f);
    case TTFS_OP_RESHAPE:
        return ttfs_infer_reshape(f);
    case TTFS_OP_TRANSPOSE:
        return ttfs_infer_transpose(f);
    case TTFS_OP_CONCAT:
        return ttfs_infer_concat(f);
    case TTFS_OP_SLICE:
        return ttfs_infer_slice(f);
    case TTFS_OP_PAD:
        return ttfs_infer_pad(f);
    case TTFS_OP_RELU:
    case TTFS_OP_LEAKYRELU:
    case TTFS_OP_ABS:
    case TTFS_OP_NEG:
    case TTFS_OP_IDENTITY:
        return ttfs_infer_same(f);
    case TTFS_OP_SOFTMAX:
    case TTFS_OP_LOGSOFTMAX:
    case TTFS_OP_ARGMAX:
    case TTFS_OP_TOPK:
        return infer_axis(f);
    case TTFS_OP_COUNT:
        break;
    }
    return ttfs_infer_fault(f, "no such operation");
}

bool ttfs_ir_infer(const TtfsIr *ir, const TtfsNode *node, TtfsTensorInfo *out, const char *file,
                   TtfsDiag *diag) {
    TtfsInfer f = {.ir = ir, .node = node, .out = out, .file = file, .diag = diag};
    bool known = node->op < TTFS_OP_COUNT && node->n_in >= ttfs_op_info(node->op)->least &&
                 node->n_in <= ttfs_op_info(node->op)->most;
    for (uint32_t i = 0; known && i < node->n_in; i++) {
        known = node->in[i].i >= 1 && node->in[i].i <= ir->tensors.len;
        if (known) f.in[i] = ttfs_ir_tensor(ir, node->in[i]);
    }
    bool ok = known ? infer_op(&f)
                    : ttfs_infer_fault(&f, "a wrong number of inputs, or an input is missing");
    ttfs_arena_free(&f.scratch);
    return ok;
}
