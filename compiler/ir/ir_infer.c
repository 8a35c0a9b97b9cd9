/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape inference: a node's inputs and attributes -> the shape of its output, after the ONNX
 * operator specification, or an error that says which shapes do not fit. All sums are made in 64
 * bits from 32-bit values, so no attribute can overflow them. One function an operation family;
 * those of layers and of moves have files of their own.
 */
#include "ir_infer.h"

bool ttfs_infer_two(TtfsInfer *f) {
    uint32_t rank, dim[TTFS_MAX_RANK];
    if (!ttfs_ir_broadcast(f->in[0]->rank, f->in[0]->dim, f->in[1]->rank, f->in[1]->dim, &rank,
                           dim))
        return ttfs_infer_fault(f, "%s and %s do not broadcast", ttfs_infer_text(f, 0),
                                ttfs_infer_text(f, 1));
    return ttfs_infer_set(f, rank, dim);
}

/* Every further operand broadcasts to the shape of the first, which is that of the output. */
bool ttfs_infer_onto(TtfsInfer *f) {
    for (uint32_t i = 1; i < f->node->n_in; i++) {
        TtfsTensorInfo both = {0};
        bool fits = ttfs_ir_broadcast(f->in[0]->rank, f->in[0]->dim, f->in[i]->rank, f->in[i]->dim,
                                      &both.rank, both.dim) &&
                    both.rank == f->in[0]->rank && ttfs_ir_count(&both) == ttfs_ir_count(f->in[0]);
        if (!fits)
            return ttfs_infer_fault(f, "%s does not broadcast to %s", ttfs_infer_text(f, i),
                                    ttfs_infer_text(f, 0));
    }
    return ttfs_infer_same(f);
}

bool ttfs_infer_range(TtfsInfer *f) {
    if (!(f->node->attr.lo <= f->node->attr.hi))
        return ttfs_infer_fault(f, "the lower bound lies above the upper one");
    return ttfs_infer_onto(f);
}

bool ttfs_infer_axis(TtfsInfer *f) {
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

static bool (*const shapes[])(TtfsInfer *) = {
#define TTFS_OP(NAME, name, least, most, attrs, shape, value, meaning) ttfs_infer_##shape,
#include "ops.def"
#undef TTFS_OP
};

bool ttfs_ir_infer(const TtfsIr *ir, const TtfsNode *node, TtfsTensorInfo *out, const char *file,
                   TtfsDiag *diag) {
    TtfsInfer f = {.ir = ir, .node = node, .out = out, .file = file, .diag = diag};
    bool known = node->op < TTFS_OP_COUNT && node->n_in >= ttfs_op_info(node->op)->least &&
                 node->n_in <= ttfs_op_info(node->op)->most;
    for (uint32_t i = 0; known && i < node->n_in; i++) {
        known = node->in[i].i >= 1 && node->in[i].i <= ir->tensors.len;
        if (known) f.in[i] = ttfs_ir_tensor(ir, node->in[i]);
    }
    bool ok = known ? shapes[node->op](&f)
                    : ttfs_infer_fault(&f, "a wrong number of inputs, or an input is missing");
    ttfs_arena_free(&f.scratch);
    return ok;
}
