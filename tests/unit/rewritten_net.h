/* SPDX-License-Identifier: Apache-2.0
 *
 * Networks whose canonical form tests of rewriting look at: how they begin and end, and moves and
 * constants in between.
 */
#ifndef REWRITTEN_NET_H
#define REWRITTEN_NET_H

#include "built_net.h"

static inline Net dense_net(uint32_t ins, uint32_t outs) {
    Net n = start(DIMS(1, ins));
    dense(&n, "fc0", outs, ins);
    relu(&n, "r0");
    return n;
}

/* 3 channels of 4 x 5 behind a relu. */
static inline Net map_net(void) {
    Net n = start(DIMS(1, 2, 6, 7));
    conv(&n, "c0", 3, 2);
    relu(&n, "r0");
    return n;
}

static inline uint32_t count(const Net *n) {
    return (uint32_t)ttfs_ir_count(ttfs_ir_tensor(&n->ir, n->last));
}

static inline void end_dense(Net *n) {
    uint32_t all = count(n);
    reshape(n, "end", DIMS(1, all));
    dense(n, "fc", 3, all);
    expect_equal(n);
}

/* A constant of the last tensor's shape, computed: channels are added and cut off again, or it is
 * made of one that is given. */
static inline TtfsTensor computed(Net *n, float value, bool cut) {
    TtfsTensorInfo t = *ttfs_ir_tensor(&n->ir, n->last);
    TtfsTensor kept = n->last;
    TtfsIrAttr a = ttfs_ir_attr();
    if (cut) {
        a.after[1] = (int32_t)t.dim[1], a.value = value;
        push_with(n, TTFS_OP_PAD, "constant", &a);
        a.after[1] = 0, a.first[1] = t.dim[1];
        memcpy(a.count, t.dim, sizeof t.dim);
        push_with(n, TTFS_OP_SLICE, "cut", &a);
    } else {
        push(n, TTFS_OP_NEG, "minus", IN(tensor(n, "c", t.rank, t.dim, true)), NULL);
    }
    TtfsTensor made = n->last;
    n->last = kept;
    return made;
}

static inline TtfsTensor number(Net *n, float v) {
    TtfsTensor t = CONST(n, 1);
    ((float *)(uintptr_t)ttfs_ir_tensor(&n->ir, t)->data)[0] = v;
    return t;
}

static inline void slice(Net *n, uint32_t axis, uint32_t first, uint32_t many, int32_t apart) {
    const TtfsTensorInfo *t = ttfs_ir_tensor(&n->ir, n->last);
    TtfsIrAttr a = ttfs_ir_attr();
    memcpy(a.count, t->dim, t->rank * sizeof *t->dim);
    a.first[axis] = first, a.count[axis] = many, a.apart[axis] = apart;
    push_with(n, TTFS_OP_SLICE, "slice", &a);
}

#endif
