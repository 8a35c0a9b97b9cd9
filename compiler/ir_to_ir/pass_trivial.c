/* SPDX-License-Identifier: Apache-2.0
 *
 * Removes what computes nothing: identities, reshapes to the same shape, reshapes of reshapes, and
 * relu of values that a relu made non-negative. A transpose that only moves axes of one element is
 * a reshape. Needs nothing.
 */
#include "pass.h"

static bool same_shape(const TtfsTensorInfo *a, const TtfsTensorInfo *b) {
    bool same = a->rank == b->rank;
    for (uint32_t i = 0; same && i < a->rank; i++) same = a->dim[i] == b->dim[i];
    return same;
}

/* True when the axes of more than one element keep their order. */
static bool moves_nothing(const TtfsPass *p, const TtfsNode *n) {
    const TtfsTensorInfo *x = ttfs_pass_info(p, n->in[0]);
    uint32_t last = 0;
    for (uint32_t i = 0; i < x->rank; i++) {
        uint32_t axis = n->attr.perm[i];
        if (x->dim[axis] == 1) continue;
        if (axis < last) return false;
        last = axis;
    }
    return true;
}

/* `rectified` tells of each tensor whether it is a relu's output or only moves of one. */
static bool simplify(TtfsPass *p, TtfsNode *n, bool *rectified) {
    bool changed = false;
    TtfsTensor x = n->in[0] = ttfs_pass_resolve(p, n->in[0]);
    if (n->op == TTFS_OP_TRANSPOSE && moves_nothing(p, n)) {
        n->op = TTFS_OP_RESHAPE;
        n->attr = ttfs_ir_attr();
        changed = true;
    }
    TtfsNode *before = ttfs_pass_maker(p, x);
    if (n->op == TTFS_OP_RESHAPE && before && before->op == TTFS_OP_RESHAPE) {
        ttfs_pass_side(p, x)->uses--;
        x = n->in[0] = ttfs_pass_resolve(p, before->in[0]);
        ttfs_pass_side(p, x)->uses++;
        changed = true;
    }
    bool same = same_shape(ttfs_pass_info(p, x), ttfs_pass_info(p, n->out));
    bool gone = n->op == TTFS_OP_IDENTITY || (n->op == TTFS_OP_RESHAPE && same) ||
                (n->op == TTFS_OP_RELU && rectified[x.i - 1]);
    if (gone) {
        ttfs_pass_bypass(p, n, x);
        return true;
    }
    bool moves = n->op == TTFS_OP_RESHAPE || n->op == TTFS_OP_MAXPOOL || n->op == TTFS_OP_TRANSPOSE;
    rectified[n->out.i - 1] = n->op == TTFS_OP_RELU || (moves && rectified[x.i - 1]);
    return changed;
}

bool ttfs_pass_trivial(TtfsPass *p) {
    ttfs_pass_index(p);
    TtfsArena scratch = {0};
    bool *rectified = TTFS_ARRAY(&scratch, bool, p->ir.tensors.len), changed = false;
    for (uint32_t i = 0; i < p->ir.nodes.len; i++)
        if (p->ir.nodes.at[i].op != TTFS_OP_COUNT)
            changed = simplify(p, &p->ir.nodes.at[i], rectified) || changed;
    ttfs_arena_free(&scratch);
    ttfs_pass_index(p);
    return changed;
}
