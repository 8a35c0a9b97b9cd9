/* SPDX-License-Identifier: Apache-2.0
 *
 * maxpool or reshape, then relu -> relu, then maxpool or reshape. Exact: relu is monotonic, so it
 * commutes with the maximum (padding never wins a window), and a reshape moves no value. Needs
 * nothing.
 */
#include "pass.h"

/* One step up: the two nodes change places in the list, and the tensor between them takes the shape
 * of the source. Nodes between them in the list read neither. */
static TtfsNode *swap_up(TtfsPass *p, TtfsNode *relu, TtfsNode *above) {
    TtfsTensor source = ttfs_pass_resolve(p, above->in[0]), between = above->out, out = relu->out;
    TtfsTensorInfo *info = ttfs_pass_info(p, between);
    const char *name = info->name;
    *info = *ttfs_pass_info(p, source);
    info->name = name;
    info->data = NULL;
    TtfsNode moved = *above;
    *above = *relu;
    *relu = moved;
    above->in[0] = source;
    above->out = between;
    relu->in[0] = between;
    relu->out = out;
    return above;
}

bool ttfs_pass_relu_up(TtfsPass *p) {
    ttfs_pass_index(p);
    bool changed = false;
    for (uint32_t i = 0; i < p->ir.nodes.len; i++) {
        TtfsNode *n = &p->ir.nodes.at[i];
        while (n->op == TTFS_OP_RELU) {
            TtfsNode *above = ttfs_pass_maker(p, n->in[0]);
            bool swaps = above && ttfs_pass_side(p, n->in[0])->uses == 1 &&
                         (above->op == TTFS_OP_MAXPOOL || above->op == TTFS_OP_RESHAPE);
            if (!swaps) break;
            n = swap_up(p, n, above);
            changed = true;
        }
    }
    ttfs_pass_index(p);
    return changed;
}
