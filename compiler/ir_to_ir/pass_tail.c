/* SPDX-License-Identifier: Apache-2.0
 *
 * Drops what follows the logits: softmax, its logarithm, argmax, and moves that keep the values in
 * order. None of them changes which logit is the largest. Needs nothing; leaves the output at the
 * logits, with a note for each node that is gone.
 */
#include "pass.h"

static bool droppable(TtfsOp op) {
    return op == TTFS_OP_SOFTMAX || op == TTFS_OP_LOGSOFTMAX || op == TTFS_OP_ARGMAX ||
           op == TTFS_OP_IDENTITY || op == TTFS_OP_RESHAPE;
}

bool ttfs_pass_tail(TtfsPass *p) {
    bool changed = false;
    for (;;) {
        TtfsNode *n = ttfs_pass_maker(p, p->ir.output);
        if (!n || !droppable(n->op)) break;
        if (!p->quiet)
            ttfs_note(p->diag, TTFS_AT_NODE(p->file, n->name),
                      "%s at the end is dropped: the class is the largest value before it",
                      ttfs_op_name(n->op));
        p->ir.output = ttfs_pass_resolve(p, n->in[0]);
        changed = true;
    }
    if (changed) ttfs_pass_index(p);
    return changed;
}
