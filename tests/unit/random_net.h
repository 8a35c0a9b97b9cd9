/* SPDX-License-Identifier: Apache-2.0
 *
 * Random networks as an importer gives them: convolutions (groups, strides, dilations, uneven
 * pads), normalisation before and after rectifiers with negative factors too, all activations,
 * residual sums, concat, slice, gather, blocks of channels, pad, transpose, pools, and fully
 * connected layers at the end. Seeded; sizes stay small. Include after cmocka.h.
 */
#ifndef RANDOM_NET_H
#define RANDOM_NET_H

#include <string.h>

#include "random_outputs.h"

typedef struct {
    uint32_t layers; /* operations on maps, at most */
    bool simple;     /* only conv, batchnorm, relu, maxpool, add */
} RandomNetOptions;

typedef struct {
    TtfsIr ir;
    TtfsArena *data;
    TtfsRng r;
    TtfsDiag diag;
    TtfsTensor last;
    TtfsTensor maps[64]; /* of rank 4 so far */
    uint32_t n_maps;
} RandomNet;

static inline uint32_t rn_in(RandomNet *k, uint32_t low, uint32_t high) {
    return low + ttfs_rng_below(&k->r, high - low + 1);
}

static inline bool rn_chance(RandomNet *k, uint32_t percent) {
    return ttfs_rng_below(&k->r, 100) < percent;
}

static inline const TtfsTensorInfo *rn_info(const RandomNet *k, TtfsTensor t) {
    return ttfs_ir_tensor(&k->ir, t);
}

/* mean + sd * normal */
static inline TtfsTensor rn_constant(RandomNet *k, uint32_t rank, const uint32_t *dim, double mean,
                                     double sd) {
    TtfsTensorInfo t = {.name = "c", .rank = rank};
    memcpy(t.dim, dim, rank * sizeof *dim);
    uint64_t n = ttfs_ir_count(&t);
    float *v = TTFS_ARRAY(k->data, float, n);
    for (uint64_t i = 0; i < n; i++) v[i] = (float)(mean + sd * ttfs_rng_normal(&k->r));
    t.data = v;
    return ttfs_ir_add_tensor(&k->ir, &t);
}

static inline TtfsNode rn_node(RandomNet *k, TtfsOp op, uint32_t n_in, TtfsTensor a, TtfsTensor b) {
    TtfsNode n = {.op = op, .n_in = n_in, .in = {a, b}, .attr = ttfs_ir_attr()};
    n.name = ttfs_arena_printf(&k->ir.arena, "%s%u", ttfs_op_name(op), k->ir.nodes.len);
    return n;
}

/* Adds the node if its shapes fit; its output is the last tensor then. */
static inline bool rn_add(RandomNet *k, TtfsNode n, const TtfsTensorInfo *shape) {
    TtfsTensorInfo out = shape ? *shape : (TtfsTensorInfo){0};
    out.name = n.name;
    out.data = NULL;
    if (!ttfs_ir_infer(&k->ir, &n, &out, "net", &k->diag)) return false;
    n.out = k->last = ttfs_ir_add_tensor(&k->ir, &out);
    ttfs_ir_add_node(&k->ir, &n);
    bool map = out.rank == 4 && out.dim[0] == 1 && k->n_maps < 64;
    if (map) k->maps[k->n_maps++] = k->last;
    return true;
}

static inline void rn_patch(RandomNet *k, TtfsIrAttr *a, bool pool) {
    for (int i = 0; i < 2; i++) {
        a->kernel[i] = rn_in(k, pool ? 2 : 1, 3);
        a->stride[i] = rn_chance(k, 70) ? 1 : 2;
        a->dilation[i] = !pool && rn_chance(k, 15) ? 2 : 1;
    }
    for (int i = 0; i < 4; i++)
        if (rn_chance(k, 50)) a->pad[i] = rn_in(k, 0, (a->kernel[i & 1] - 1) * a->dilation[i & 1]);
}

/* same: the output has the shape of the input. */
static inline bool rn_conv(RandomNet *k, bool same) {
    const TtfsTensorInfo *x = rn_info(k, k->last);
    uint32_t c = x->dim[1], group = 1, outs = same ? c : rn_in(k, 1, 6);
    TtfsNode n = rn_node(k, TTFS_OP_CONV, 2, k->last, k->last);
    rn_patch(k, &n.attr, false);
    for (int i = 0; same && i < 2; i++) {
        n.attr.stride[i] = 1;
        uint32_t span = (n.attr.kernel[i] - 1) * n.attr.dilation[i];
        n.attr.pad[i] = rn_in(k, 0, span);
        n.attr.pad[i + 2] = span - n.attr.pad[i];
    }
    if (rn_chance(k, 30)) {
        group = c;
        outs = same ? c : c * rn_in(k, 1, 2);
    } else if (c % 2 == 0 && rn_chance(k, 20)) {
        group = 2;
        outs += outs % 2;
    }
    if (same) outs = c;
    if (outs % group) group = 1;
    n.attr.group = group;
    uint32_t dim[4] = {outs, c / group, n.attr.kernel[0], n.attr.kernel[1]};
    double fan = (double)dim[1] * dim[2] * dim[3];
    n.in[1] = rn_constant(k, 4, dim, 0.1 / fan, fan < 2 ? 1 : fan < 8 ? 0.5 : fan < 24 ? 0.3 : 0.2);
    if (rn_chance(k, 60)) {
        n.in[2] = rn_constant(k, 1, &outs, 0, 0.3);
        n.n_in = 3;
    }
    return rn_add(k, n, NULL);
}

static inline bool rn_batchnorm(RandomNet *k) {
    uint32_t c = rn_info(k, k->last)->dim[1];
    TtfsNode n = rn_node(k, TTFS_OP_BATCHNORM, 5, k->last, rn_constant(k, 1, &c, 0.5, 0.8));
    n.in[2] = rn_constant(k, 1, &c, 0, 0.4);
    n.in[3] = rn_constant(k, 1, &c, 0, 0.3);
    n.in[4] = rn_constant(k, 1, &c, 4, 0.3);
    n.attr.epsilon = 1e-3f;
    return rn_add(k, n, NULL);
}

static inline bool rn_activation(RandomNet *k, bool simple) {
    static const TtfsOp ops[] = {TTFS_OP_RELU,      TTFS_OP_RELU,  TTFS_OP_RELU,
                                 TTFS_OP_LEAKYRELU, TTFS_OP_PRELU, TTFS_OP_CLIP,
                                 TTFS_OP_ABS,       TTFS_OP_MAX,   TTFS_OP_MIN};
    TtfsNode n = rn_node(k, ops[simple ? 0 : rn_in(k, 0, 8)], 1, k->last, k->last);
    uint32_t dim[3] = {rn_info(k, k->last)->dim[1], 1, 1};
    n.attr.slope = rn_chance(k, 80) ? 0.1f : -0.2f;
    bool both = rn_chance(k, 60);
    if (both || rn_chance(k, 50)) n.attr.lo = rn_chance(k, 70) ? 0 : -0.5f;
    if (both || n.attr.lo < -1) n.attr.hi = rn_chance(k, 80) ? 1 : 0.25f;
    if (n.op == TTFS_OP_PRELU || n.op == TTFS_OP_MAX || n.op == TTFS_OP_MIN) {
        n.n_in = 2;
        n.in[1] = rn_constant(k, 3, dim, 0.2, 0.3);
    }
    return rn_add(k, n, NULL);
}

static inline bool rn_constant_op(RandomNet *k) {
    static const TtfsOp ops[] = {TTFS_OP_ADD, TTFS_OP_SUB, TTFS_OP_MUL, TTFS_OP_DIV, TTFS_OP_NEG};
    const TtfsTensorInfo *x = rn_info(k, k->last);
    uint32_t kind = rn_in(k, 0, 2), dim[3] = {1, 1, 1};
    if (kind > 0) dim[0] = x->dim[1];
    TtfsOp op = ops[rn_in(k, 0, 4)];
    if (kind == 2 && (op == TTFS_OP_ADD || op == TTFS_OP_SUB)) memcpy(dim, x->dim + 1, sizeof dim);
    TtfsNode n = rn_node(k, op, op == TTFS_OP_NEG ? 1 : 2, k->last, k->last);
    if (op != TTFS_OP_NEG) n.in[1] = rn_constant(k, 3, dim, op == TTFS_OP_DIV ? 2 : 0.3, 0.2);
    if ((op == TTFS_OP_ADD || op == TTFS_OP_SUB || op == TTFS_OP_MUL) && rn_chance(k, 30)) {
        TtfsTensor t = n.in[0];
        n.in[0] = n.in[1];
        n.in[1] = t;
    }
    return rn_add(k, n, NULL);
}

static inline bool rn_pool(RandomNet *k, bool simple) {
    uint32_t pick = simple ? 0 : rn_in(k, 0, 5);
    TtfsOp op = pick <= 2 ? TTFS_OP_MAXPOOL : pick == 3 ? TTFS_OP_MINPOOL : TTFS_OP_AVERAGEPOOL;
    TtfsNode n = rn_node(k, op, 1, k->last, k->last);
    rn_patch(k, &n.attr, true);
    n.attr.count_pad = op == TTFS_OP_AVERAGEPOOL && rn_chance(k, 50);
    return rn_add(k, n, NULL);
}

/* A sum, difference or extreme with an earlier tensor of the same shape. */
static inline bool rn_join(RandomNet *k, bool simple) {
    const TtfsTensorInfo *x = rn_info(k, k->last);
    for (int i = 0; i < 8; i++) {
        TtfsTensor t = k->maps[rn_in(k, 0, k->n_maps - 1)];
        if (memcmp(rn_info(k, t)->dim, x->dim, sizeof x->dim) != 0 || t.i == k->last.i) continue;
        uint32_t pick = simple ? 0 : rn_in(k, 0, 5);
        TtfsOp op = pick < 4 ? TTFS_OP_ADD : pick == 4 ? TTFS_OP_SUB : TTFS_OP_MAX;
        return rn_add(k, rn_node(k, op, 2, k->last, t), NULL);
    }
    return false;
}

static inline bool rn_concat(RandomNet *k) {
    const TtfsTensorInfo *x = rn_info(k, k->last);
    for (int i = 0; i < 8; i++) {
        TtfsTensor t = k->maps[rn_in(k, 0, k->n_maps - 1)];
        const TtfsTensorInfo *y = rn_info(k, t);
        bool fits = y->dim[2] == x->dim[2] && y->dim[3] == x->dim[3];
        if (!fits || x->dim[1] + y->dim[1] > 10) continue;
        TtfsNode n = rn_node(k, TTFS_OP_CONCAT, 2, k->last, t);
        n.attr.axis = 1;
        return rn_add(k, n, NULL);
    }
    return false;
}

static inline bool rn_slice(RandomNet *k) {
    const TtfsTensorInfo *x = rn_info(k, k->last);
    TtfsNode n = rn_node(k, TTFS_OP_SLICE, 1, k->last, k->last);
    memcpy(n.attr.count, x->dim, sizeof n.attr.count);
    uint32_t axis = rn_chance(k, 80) ? 1 : rn_in(k, 2, 3), size = x->dim[axis];
    if (size < 2) return false;
    n.attr.first[axis] = rn_in(k, 0, size - 1);
    n.attr.count[axis] = rn_in(k, 1, size - n.attr.first[axis]);
    return rn_add(k, n, NULL);
}

static inline bool rn_pad(RandomNet *k) {
    TtfsNode n = rn_node(k, TTFS_OP_PAD, 1, k->last, k->last);
    for (int i = 2; i < 4; i++) {
        n.attr.before[i] = (int32_t)rn_in(k, 0, 2);
        n.attr.after[i] = (int32_t)rn_in(k, 0, 2) - (rn_chance(k, 10) ? 1 : 0);
    }
    if (rn_chance(k, 20)) n.attr.value = 0.5f;
    return rn_add(k, n, NULL);
}

/* Channels last, something element by element, channels first again. */
static inline bool rn_transposed(RandomNet *k) {
    static const uint32_t last[4] = {0, 2, 3, 1}, first[4] = {0, 3, 1, 2};
    uint32_t kept = k->n_maps;
    TtfsNode n = rn_node(k, TTFS_OP_TRANSPOSE, 1, k->last, k->last);
    memcpy(n.attr.perm, last, sizeof last);
    if (!rn_add(k, n, NULL)) return false;
    uint32_t c = rn_info(k, k->last)->dim[3];
    TtfsTensor scale = rn_constant(k, 1, &c, 0.8, 0.3);
    rn_add(k, rn_node(k, TTFS_OP_MUL, 2, k->last, scale), NULL);
    if (rn_chance(k, 50)) rn_add(k, rn_node(k, TTFS_OP_RELU, 1, k->last, k->last), NULL);
    k->n_maps = kept;
    n = rn_node(k, TTFS_OP_TRANSPOSE, 1, k->last, k->last);
    memcpy(n.attr.perm, first, sizeof first);
    return rn_add(k, n, NULL);
}

/* Places along an axis: chosen, or each several times in either order. */
static inline bool rn_gather(RandomNet *k) {
    const TtfsTensorInfo *x = rn_info(k, k->last);
    uint32_t axis = rn_in(k, 1, 3), size = x->dim[axis], kind = rn_in(k, 0, 2),
             times = rn_in(k, 2, 3);
    uint32_t count = kind ? size * times : rn_in(k, 1, size + 2);
    if (ttfs_ir_count(x) / size * count > 300) return false;
    float *place = TTFS_ARRAY(k->data, float, count);
    for (uint32_t i = 0; i < count; i++)
        place[i] = (float)(kind == 0 ? rn_in(k, 0, size - 1) : kind == 1 ? i / times : i % size);
    TtfsTensorInfo list = {.name = "places", .rank = 1, .dim = {count}, .data = place};
    TtfsNode n = rn_node(k, TTFS_OP_GATHER, 2, k->last, ttfs_ir_add_tensor(&k->ir, &list));
    n.attr.axis = axis;
    return rn_add(k, n, NULL);
}

/* Channels to rows and columns, as DepthToSpace has it (CRD), or back. */
static inline bool rn_blocks(RandomNet *k) {
    static const uint32_t out[6] = {0, 1, 4, 2, 5, 3}, in[6] = {0, 1, 3, 5, 2, 4};
    const TtfsTensorInfo *x = rn_info(k, k->last);
    uint32_t c = x->dim[1], h = x->dim[2], w = x->dim[3], kept = k->n_maps;
    bool back = rn_chance(k, 40);
    if (back ? h % 2 || w % 2 : c % 4) return false;
    TtfsTensorInfo parts = {.rank = 6, .dim = {1, c / 4, 2, 2, h, w}};
    TtfsTensorInfo whole = {.rank = 4, .dim = {1, c / 4, h * 2, w * 2}};
    if (back) {
        parts = (TtfsTensorInfo){.rank = 6, .dim = {1, c, h / 2, 2, w / 2, 2}};
        whole = (TtfsTensorInfo){.rank = 4, .dim = {1, c * 4, h / 2, w / 2}};
    }
    rn_add(k, rn_node(k, TTFS_OP_RESHAPE, 1, k->last, k->last), &parts);
    TtfsNode n = rn_node(k, TTFS_OP_TRANSPOSE, 1, k->last, k->last);
    memcpy(n.attr.perm, back ? in : out, sizeof in);
    if (!rn_add(k, n, NULL)) return false;
    k->n_maps = kept;
    return rn_add(k, rn_node(k, TTFS_OP_RESHAPE, 1, k->last, k->last), &whole);
}

static inline void rn_step(RandomNet *k, bool simple) {
    uint32_t pick = rn_in(k, 0, 99);
    if (rn_chance(k, 10)) k->last = k->maps[rn_in(k, 0, k->n_maps - 1)];
    if (pick < 26)
        rn_conv(k, rn_chance(k, 60));
    else if (pick < 44)
        rn_activation(k, simple);
    else if (pick < 56)
        rn_batchnorm(k);
    else if (pick < 64)
        rn_join(k, simple);
    else if (pick < 74)
        rn_pool(k, simple);
    else if (simple)
        return;
    else if (pick < 80)
        rn_concat(k);
    else if (pick < 85)
        rn_slice(k);
    else if (pick < 89)
        rn_pad(k);
    else if (pick < 93)
        rn_constant_op(k);
    else if (pick < 95)
        rn_gather(k);
    else if (pick < 97)
        rn_blocks(k);
    else
        rn_transposed(k);
}

static inline void rn_dense(RandomNet *k, uint32_t outs) {
    uint32_t ins = rn_info(k, k->last)->dim[1];
    bool trans = rn_chance(k, 50);
    uint32_t dim[2] = {trans ? outs : ins, trans ? ins : outs};
    TtfsTensor w = rn_constant(k, 2, dim, 0, ins > 100 ? 0.1 : ins > 20 ? 0.2 : 0.4);
    TtfsNode n = rn_node(k, TTFS_OP_GEMM, 2, k->last, w);
    n.attr.trans_b = trans;
    if (rn_chance(k, 70)) {
        n.in[2] = rn_constant(k, 1, &outs, 0, 0.3);
        n.n_in = 3;
    }
    rn_add(k, n, NULL);
}

/* Flatten, in either order, and a layer or two. */
static inline void rn_head(RandomNet *k, bool simple) {
    static const uint32_t last[4] = {0, 2, 3, 1};
    const TtfsTensorInfo *x = rn_info(k, k->last);
    if (rn_chance(k, 30)) {
        TtfsNode n = rn_node(k, TTFS_OP_AVERAGEPOOL, 1, k->last, k->last);
        memcpy(n.attr.kernel, x->dim + 2, sizeof n.attr.kernel);
        rn_add(k, n, NULL);
    }
    if (!simple && rn_chance(k, 20)) {
        TtfsNode n = rn_node(k, TTFS_OP_TRANSPOSE, 1, k->last, k->last);
        memcpy(n.attr.perm, last, sizeof last);
        rn_add(k, n, NULL);
    }
    TtfsTensorInfo row = {.rank = 2, .dim = {1, (uint32_t)ttfs_ir_count(rn_info(k, k->last))}};
    rn_add(k, rn_node(k, TTFS_OP_RESHAPE, 1, k->last, k->last), &row);
    if (rn_chance(k, 50)) {
        rn_dense(k, rn_in(k, 2, 8));
        rn_activation(k, true);
    }
    if (rn_chance(k, 90)) rn_dense(k, rn_in(k, 2, 5));
    if (rn_chance(k, 10)) rn_activation(k, true);
}

/* Several outputs: of the last tensor, of maps in the middle, of convolutions of them. */
static inline void rn_outputs(RandomNet *k) {
    TtfsTensor ends[5] = {k->ir.output};
    uint32_t n = 1;
    while (n < 4) {
        ends[n] = k->last = k->maps[rn_in(k, k->n_maps > 1, k->n_maps - 1)];
        if (rn_chance(k, 75) && rn_conv(k, rn_chance(k, 50))) ends[n] = k->last;
        n++;
    }
    random_outputs(&k->ir, &k->r, n, ends);
}

/* The network; constants live in `data`, the rest in its own arena. */
static inline TtfsIr random_net(TtfsArena *data, uint64_t seed, RandomNetOptions o) {
    RandomNet k = {.data = data, .r = ttfs_rng(seed)};
    TtfsTensorInfo in = {
        .name = "input", .rank = 4, .dim = {1, rn_in(&k, 1, 4), rn_in(&k, 4, 8), rn_in(&k, 4, 8)}};
    k.maps[k.n_maps++] = k.last = k.ir.input = ttfs_ir_add_tensor(&k.ir, &in);
    uint32_t steps = rn_in(&k, 1, o.layers);
    if (o.simple || rn_chance(&k, 70)) rn_conv(&k, false);
    for (uint32_t i = 0; i < steps; i++) rn_step(&k, o.simple);
    rn_head(&k, o.simple);
    k.ir.output = k.last;
    if (!k.ir.nodes.len) rn_activation(&k, true), k.ir.output = k.last;
    if (!o.simple && rn_chance(&k, 50)) rn_outputs(&k);
    ttfs_diag_free(&k.diag);
    return k.ir;
}

#endif
