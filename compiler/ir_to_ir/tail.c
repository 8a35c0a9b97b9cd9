/* SPDX-License-Identifier: Apache-2.0
 *
 * Drops what follows the logits: softmax, its logarithm, argmax, top k, a rounding of them, and
 * moves that keep the values in order. None of them changes which logit is the largest. Constants
 * stay the source's.
 */
#include "affine.h"
#include "ir_to_ir.h"

/* A rounding with one scale keeps the order, but for values that it makes equal. */
static bool rounds_all_alike(const TtfsIr *in, const TtfsNode *n) {
    return n->op == TTFS_OP_QUANT && ttfs_ir_count(ttfs_ir_tensor(in, n->in[1])) == 1 &&
           ttfs_ir_count(ttfs_ir_tensor(in, n->in[2])) == 1;
}

static bool droppable(const TtfsIr *in, const TtfsNode *n) {
    return n->op == TTFS_OP_SOFTMAX || n->op == TTFS_OP_LOGSOFTMAX || n->op == TTFS_OP_ARGMAX ||
           n->op == TTFS_OP_IDENTITY || n->op == TTFS_OP_RESHAPE ||
           (n->op == TTFS_OP_TOPK && n->attr.largest) || rounds_all_alike(in, n);
}

TtfsTensor ttfs_tail_source(const TtfsIr *in, const char *file, TtfsDiag *diag) {
    TtfsTensor t = in->output;
    for (uint32_t i = in->nodes.len; i-- > 0;) {
        const TtfsNode *n = &in->nodes.at[i];
        if (n->out.i != t.i) continue;
        if (!droppable(in, n) || ttfs_ir_tensor(in, n->in[0])->data) break;
        if (diag)
            ttfs_note(diag, TTFS_AT_NODE(file, n->name),
                      "%s at the end is dropped: the class is the largest value before it",
                      ttfs_op_name(n->op));
        t = n->in[0];
    }
    return t;
}

/* Numbers the tensors that are left. */
static uint32_t renumber(const TtfsIr *ir, uint32_t *id) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ir->tensors.len; i++)
        if (id[i]) id[i] = ++kept;
    return kept;
}

void ttfs_prune(TtfsIr *ir) {
    TtfsArena scratch = {0};
    uint32_t *id = TTFS_ARRAY(&scratch, uint32_t, ir->tensors.len), nodes = 0;
    id[ir->output.i - 1] = id[ir->input.i - 1] = 1;
    for (uint32_t i = ir->nodes.len; i-- > 0;) {
        const TtfsNode *n = &ir->nodes.at[i];
        for (uint32_t k = 0; id[n->out.i - 1] && k < n->n_in; k++) id[n->in[k].i - 1] = 1;
    }
    uint32_t kept = renumber(ir, id);
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        TtfsNode n = ir->nodes.at[i];
        if (!id[n.out.i - 1]) continue;
        for (uint32_t k = 0; k < n.n_in; k++) n.in[k].i = id[n.in[k].i - 1];
        n.out.i = id[n.out.i - 1];
        ir->nodes.at[nodes++] = n;
    }
    ir->nodes.len = nodes;
    ir->input.i = id[ir->input.i - 1];
    ir->output.i = id[ir->output.i - 1];
    for (uint32_t i = 0; i < ir->tensors.len; i++)
        if (id[i]) ir->tensors.at[id[i] - 1] = ir->tensors.at[i];
    ir->tensors.len = kept;
    ir->outputs.len = 0;
    ttfs_arena_free(&scratch);
}

bool ttfs_ir_drop_tail(const TtfsIr *in, TtfsIr *out, const char *file, TtfsDiag *diag) {
    *out = (TtfsIr){0};
    for (uint32_t i = 0; i < in->tensors.len; i++) ttfs_ir_add_tensor(out, &in->tensors.at[i]);
    for (uint32_t i = 0; i < in->nodes.len; i++) ttfs_ir_add_node(out, &in->nodes.at[i]);
    out->input = in->input;
    out->output = ttfs_tail_source(in, file, diag);
    for (uint32_t i = 1; i < in->outputs.len; i++)
        ttfs_note(diag, TTFS_AT_FILE(file), "output '%s' is dropped: the first one is compiled",
                  ttfs_ir_tensor(in, in->outputs.at[i])->name);
    ttfs_prune(out);
    return true;
}
