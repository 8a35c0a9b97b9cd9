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
    m->attr.perm[rank] = rank;
    m->attr.first[rank] = 0;
    m->attr.count[rank] = LANES;
    m->attr.apart[rank] = 1;
    m->attr.before[rank] = m->attr.after[rank] = 0;
    return m;
}

/* Operands of one shape are one row, as `all` then is. */
static void flatten(TtfsReluOp *op, TtfsTensorInfo *all) {
    uint64_t n = ttfs_ir_count(all);
    if (!broadcasts(op->node->op)) return;
    for (uint32_t k = 0; k < op->node->n_in; k++)
        if (op->shape[k]->data || ttfs_ir_count(op->shape[k]) != n) return;
    for (uint32_t k = 0; k < op->node->n_in; k++) op->shape[k] = all;
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

static void prepare_axis(TtfsFastWork *w, const TtfsFastStep *s, TtfsReluOp *op) {
    const TtfsIr *ir = w->fast->ir;
    TtfsTensorInfo *out = with_axis(w, ttfs_ir_tensor(ir, s->out));
    *op = (TtfsReluOp){.node = longer(w, s->node, out->rank - 1), .out_shape = out};
    op->out = ttfs_fast_at(w, s->out);
    for (uint32_t k = 0; k < s->node->n_in; k++) {
        const TtfsTensorInfo *x = input_of(ir, s->node, k);
        op->shape[k] = with_axis(w, x);
        op->in[k] = x->data ? x->data : ttfs_fast_at(w, s->node->in[k]);
    }
    flatten(op, out);
}

static void prepare_alone(TtfsFastWork *w, const TtfsFastStep *s, TtfsReluOp *op) {
    const TtfsIr *ir = w->fast->ir;
    *op = (TtfsReluOp){.node = s->node, .out_shape = ttfs_ir_tensor(ir, s->out)};
    for (uint32_t k = 0; k < s->node->n_in; k++) {
        const TtfsTensorInfo *x = input_of(ir, s->node, k);
        op->shape[k] = x;
        op->in[k] = x->data ? x->data : TTFS_ARRAY(&w->arena, float, LANES *ttfs_ir_count(x));
    }
}

void ttfs_fast_prepare(TtfsFastWork *w, const TtfsFastStep *s, TtfsReluOp *op) {
    if (s->kind == TTFS_FAST_AXIS)
        prepare_axis(w, s, op);
    else
        prepare_alone(w, s, op);
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
