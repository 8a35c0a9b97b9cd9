/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks over an IR that more than one user needs: who makes a tensor, and how the network ends.
 * Linear in the number of nodes.
 */
#include "ir.h"

const TtfsNode **ttfs_ir_makers(const TtfsIr *ir, TtfsArena *a) {
    const TtfsNode **maker = TTFS_ARRAY(a, const TtfsNode *, ir->tensors.len);
    for (uint32_t i = 0; i < ir->nodes.len; i++)
        maker[ir->nodes.at[i].out.i - 1] = &ir->nodes.at[i];
    return maker;
}

static bool only_moves(const TtfsIr *ir, const TtfsNode *n) {
    bool moves = n->op == TTFS_OP_RESHAPE || n->op == TTFS_OP_TRANSPOSE ||
                 n->op == TTFS_OP_CONCAT || n->op == TTFS_OP_SLICE || n->op == TTFS_OP_IDENTITY;
    for (uint32_t k = 0; moves && k < n->n_in; k++) moves = !ttfs_ir_tensor(ir, n->in[k])->data;
    return moves;
}

TtfsIrEnds ttfs_ir_ends(const TtfsIr *ir, const TtfsTensor *end, uint32_t ends, TtfsArena *a) {
    TtfsIrEnds e = {TTFS_ARRAY(a, bool, ir->nodes.len), TTFS_ARRAY(a, bool, ir->tensors.len)};
    bool *wanted = TTFS_ARRAY(a, bool, ir->tensors.len);
    for (uint32_t i = 0; i < ends; i++) wanted[end[i].i - 1] = true;
    for (uint32_t i = ir->nodes.len; i-- > 0;) {
        const TtfsNode *n = &ir->nodes.at[i];
        if (!wanted[n->out.i - 1]) continue;
        e.moves[i] = only_moves(ir, n);
        e.head[n->out.i - 1] = !e.moves[i];
        for (uint32_t k = 0; e.moves[i] && k < n->n_in; k++) wanted[n->in[k].i - 1] = true;
    }
    e.head[ir->input.i - 1] = wanted[ir->input.i - 1];
    return e;
}
