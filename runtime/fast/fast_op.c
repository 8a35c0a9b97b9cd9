/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations by the relu engine's code. Most do the same to every sample: to them the samples are
 * an axis behind the last, 16 long, and constants have 1 there, over which they broadcast. The few
 * others run sample by sample.
 */
#include "fast_inside.h"

#include <string.h>

enum { LANES = TTFS_FAST_LANES };

static const TtfsTensorInfo *input_of(const TtfsIr *ir, const TtfsNode *n, uint32_t k) {
    return ttfs_ir_tensor(ir, n->in[k]);
}

/* Constants that an operation reads otherwise than element by element. */
static bool takes_constant(TtfsOp op, uint32_t k) {
    if (op == TTFS_OP_BATCHNORM || op == TTFS_OP_GATHER) return k > 0;
    return false;
}

static bool broadcasts(TtfsOp op) {
    return op == TTFS_OP_ADD || op == TTFS_OP_SUB || op == TTFS_OP_MUL || op == TTFS_OP_DIV ||
           op == TTFS_OP_MAX || op == TTFS_OP_MIN || op == TTFS_OP_PRELU || op == TTFS_OP_QUANT;
}

bool ttfs_fast_takes_axis(const TtfsIr *ir, const TtfsNode *n) {
    if (n->op == TTFS_OP_CONV || n->op == TTFS_OP_GEMM || n->op == TTFS_OP_MATMUL ||
        n->op == TTFS_OP_MAXPOOL || n->op == TTFS_OP_MINPOOL || n->op == TTFS_OP_AVERAGEPOOL)
        return false;
    if (ttfs_ir_tensor(ir, n->out)->rank == TTFS_MAX_RANK) return false;
    for (uint32_t k = 0; k < n->n_in; k++) {
        const TtfsTensorInfo *x = input_of(ir, n, k);
        bool fits = takes_constant(n->op, k) ? x->data != NULL : !x->data || broadcasts(n->op);
        if (!fits || x->rank == TTFS_MAX_RANK) return false;
    }
    return true;
}

static TtfsTensorInfo *with_axis(TtfsFastWork *w, const TtfsTensorInfo *x) {
    TtfsTensorInfo *y = TTFS_NEW(&w->arena, TtfsTensorInfo);
    *y = *x;
    y->dim[y->rank++] = x->data ? 1 : LANES;
    return y;
}

/* The node with attributes of one axis more. */
static const TtfsNode *longer(TtfsFastWork *w, const TtfsNode *n, uint32_t rank) {
    TtfsNode *m = TTFS_NEW(&w->arena, TtfsNode);
    *m = *n;
    if (rank == TTFS_MAX_RANK) return m; /* sample by sample: not used */
    m->attr.perm[rank] = rank;
    m->attr.first[rank] = 0;
    m->attr.count[rank] = LANES;
    m->attr.apart[rank] = 1;
    m->attr.before[rank] = m->attr.after[rank] = 0;
    return m;
}

/* Operands of one shape are one row. */
static void flatten(TtfsReluOp *op) {
    uint64_t n = ttfs_ir_count(op->out_shape);
    if (!broadcasts(op->node->op)) return;
    for (uint32_t k = 0; k < op->node->n_in; k++)
        if (op->shape[k]->data || ttfs_ir_count(op->shape[k]) != n) return;
    for (uint32_t k = 0; k < op->node->n_in; k++) op->shape[k] = op->out_shape;
    TtfsTensorInfo *all = (TtfsTensorInfo *)op->out_shape;
    all->rank = 1;
    all->dim[0] = (uint32_t)n;
}

static void take_scratch(TtfsFastWork *w, TtfsReluOp *op) {
    TtfsReluNeed need = ttfs_relu_need(op);
    op->terms = TTFS_ARRAY(&w->arena, TtfsReluTerm, need.terms);
    op->acc = TTFS_ARRAY(&w->arena, double, need.acc);
    if (!need.packed) return;
    op->packed = TTFS_ARRAY(&w->arena, double, need.packed);
    op->packs_again = op->shape[1]->data == NULL;
    if (!op->packs_again) ttfs_relu_pack_weights(op);
}

void ttfs_fast_prepare(TtfsFastWork *w, const TtfsFastStep *s, TtfsReluOp *op) {
    const TtfsIr *ir = w->fast->ir;
    const TtfsNode *n = s->node;
    bool axis = s->kind == TTFS_FAST_AXIS;
    *op = (TtfsReluOp){.node = n, .out_shape = ttfs_ir_tensor(ir, n->out)};
    for (uint32_t k = 0; k < n->n_in; k++) {
        const TtfsTensorInfo *x = input_of(ir, n, k);
        op->shape[k] = axis ? with_axis(w, x) : x;
        op->in[k] = x->data ? x->data
                    : axis  ? ttfs_fast_at(w, n->in[k])
                            : TTFS_ARRAY(&w->arena, float, LANES *ttfs_ir_count(x));
    }
    if (axis) {
        op->node = longer(w, n, op->out_shape->rank);
        op->out_shape = with_axis(w, op->out_shape);
        op->out = ttfs_fast_at(w, s->out);
        flatten(op);
    }
    take_scratch(w, op);
}

void ttfs_fast_alone(TtfsFastWork *w, TtfsReluOp *op) {
    TtfsReluOp one = *op;
    uint64_t n = ttfs_ir_count(op->out_shape);
    for (uint32_t k = 0; k < op->node->n_in; k++)
        if (!op->shape[k]->data)
            ttfs_fast_part(w, ttfs_fast_at(w, op->node->in[k]), ttfs_ir_count(op->shape[k]),
                           (float *)op->in[k]);
    for (uint64_t i = 0; i < w->n; i++) {
        for (uint32_t k = 0; k < op->node->n_in; k++)
            if (!op->shape[k]->data) one.in[k] = op->in[k] + i * ttfs_ir_count(op->shape[k]);
        one.out = w->samples + i * n;
        if (one.packs_again) ttfs_relu_pack_weights(&one);
        ttfs_relu_run_op(&one);
    }
    ttfs_fast_join(w, w->samples, w->n, n, ttfs_fast_at(w, op->node->out));
}
