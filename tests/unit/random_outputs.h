/* SPDX-License-Identifier: Apache-2.0
 *
 * Random outputs: tensors of a network moved, joined and named as several outputs, as detection
 * heads are and in orders that no exporter would write. Include after cmocka.h.
 */
#ifndef RANDOM_OUTPUTS_H
#define RANDOM_OUTPUTS_H

#include <string.h>

#include "ir.h"

static inline uint32_t ro_below(TtfsRng *r, uint32_t n) {
    return ttfs_rng_below(r, n);
}

static inline TtfsTensor ro_add(TtfsIr *ir, TtfsOp op, const TtfsIrAttr *attr, uint32_t n_in,
                                const TtfsTensor *in, const TtfsTensorInfo *shape) {
    TtfsDiag diag = {0};
    TtfsNode n = {.op = op, .n_in = n_in, .attr = attr ? *attr : ttfs_ir_attr()};
    n.name = ttfs_arena_printf(&ir->arena, "out_%s%u", ttfs_op_name(op), ir->nodes.len);
    for (uint32_t i = 0; i < n_in; i++) n.in[i] = in[i];
    TtfsTensorInfo out = shape ? *shape : (TtfsTensorInfo){0};
    assert_true(ttfs_ir_infer(ir, &n, &out, "net", &diag));
    out.name = n.name;
    out.data = NULL;
    n.out = ttfs_ir_add_tensor(ir, &out);
    ttfs_ir_add_node(ir, &n);
    return n.out;
}

static inline TtfsTensor ro_reshape(TtfsIr *ir, TtfsTensor t, uint32_t rank, const uint32_t *dim) {
    TtfsTensorInfo shape = {.rank = rank};
    memcpy(shape.dim, dim, rank * sizeof *dim);
    return ro_add(ir, TTFS_OP_RESHAPE, NULL, 1, &t, &shape);
}

/* Other dimensions: up to five factors of the number of elements. */
static inline TtfsTensor ro_reshaped(TtfsIr *ir, TtfsRng *r, TtfsTensor t) {
    uint32_t left = (uint32_t)ttfs_ir_count(ttfs_ir_tensor(ir, t)), dim[5], rank = 0;
    while (rank < 4 && left > 1) {
        uint32_t factor = 1 + ro_below(r, left < 12 ? left : 12);
        while (left % factor) factor--;
        dim[rank++] = factor;
        left /= factor;
    }
    dim[rank++] = left;
    return ro_reshape(ir, t, rank, dim);
}

static inline TtfsTensor ro_transposed(TtfsIr *ir, TtfsRng *r, TtfsTensor t) {
    TtfsIrAttr a = ttfs_ir_attr();
    uint32_t rank = ttfs_ir_tensor(ir, t)->rank;
    for (uint32_t i = 0; i < rank; i++) {
        uint32_t k = ro_below(r, i + 1);
        a.perm[i] = a.perm[k];
        a.perm[k] = i;
    }
    return ro_add(ir, TTFS_OP_TRANSPOSE, &a, 1, &t, NULL);
}

static inline TtfsTensor ro_sliced(TtfsIr *ir, TtfsRng *r, TtfsTensor t) {
    const TtfsTensorInfo x = *ttfs_ir_tensor(ir, t);
    TtfsIrAttr a = ttfs_ir_attr();
    for (uint32_t i = 0; i < x.rank; i++) {
        int32_t apart = 1 + (int32_t)ro_below(r, 2);
        uint32_t first = ro_below(r, x.dim[i]) / 2, room = x.dim[i] - 1 - first;
        a.count[i] = 1 + room / (uint32_t)apart;
        a.first[i] = first;
        a.apart[i] = apart;
        if (ro_below(r, 4) == 0) { /* backwards */
            a.first[i] = first + (a.count[i] - 1) * (uint32_t)apart;
            a.apart[i] = -apart;
        }
    }
    return ro_add(ir, TTFS_OP_SLICE, &a, 1, &t, NULL);
}

static inline TtfsTensor ro_moved(TtfsIr *ir, TtfsRng *r, TtfsTensor t) {
    for (uint32_t moves = ro_below(r, 4); moves > 0; moves--) {
        uint32_t kind = ro_below(r, 5);
        if (kind < 2)
            t = ro_reshaped(ir, r, t);
        else
            t = kind < 4 ? ro_transposed(ir, r, t) : ro_sliced(ir, r, t);
    }
    return t;
}

/* Behind one another, or row by row where all have an even number of elements. */
static inline TtfsTensor ro_joined(TtfsIr *ir, TtfsRng *r, uint32_t n, TtfsTensor *t) {
    TtfsIrAttr a = ttfs_ir_attr();
    uint32_t rows = 1 + ro_below(r, 2);
    for (uint32_t i = 0; i < n; i++)
        if (ttfs_ir_count(ttfs_ir_tensor(ir, t[i])) % 2) rows = 1;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t count = (uint32_t)ttfs_ir_count(ttfs_ir_tensor(ir, t[i]));
        t[i] = ro_reshape(ir, t[i], 3, (uint32_t[]){1, rows, count / rows});
    }
    a.axis = 2;
    return ro_add(ir, TTFS_OP_CONCAT, &a, n, t, NULL);
}

/* One to four outputs out of the `n` tensors `ends`. */
static inline void random_outputs(TtfsIr *ir, TtfsRng *r, uint32_t n, const TtfsTensor *ends) {
    uint32_t outputs = 1 + ro_below(r, 4);
    ir->outputs.len = 0;
    for (uint32_t o = 0; o < outputs; o++) {
        TtfsTensor part[3], t;
        uint32_t parts = 1 + ro_below(r, 3);
        for (uint32_t i = 0; i < parts; i++) part[i] = ro_moved(ir, r, ends[ro_below(r, n)]);
        t = parts == 1 ? part[0] : ro_joined(ir, r, parts, part);
        *TTFS_PUSH(&ir->arena, ir->outputs) = ro_moved(ir, r, t);
    }
    ir->output = ir->outputs.at[0];
    if (outputs == 1) ir->outputs.len = 0;
}

#endif
