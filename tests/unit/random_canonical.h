/* SPDX-License-Identifier: Apache-2.0
 *
 * Random networks in canonical form: sums of convolutions (groups, strides, dilations, uneven pads)
 * and matrices over any populations before, slices and flattened ones of them, identities, biases
 * per channel or per position, max and min pools, pools of pools. Include after cmocka.h.
 */
#ifndef RANDOM_CANONICAL_H
#define RANDOM_CANONICAL_H

#include <string.h>

#include "random_outputs.h"

typedef struct {
    TtfsIr ir;
    TtfsRng r;
    TtfsDiag diag;
    TTFS_VEC(TtfsTensor) pops; /* population tensors so far */
    float lo, hi;              /* range of the input */
} Canon;

static inline uint32_t canon_in(Canon *k, uint32_t low, uint32_t high) {
    return low + ttfs_rng_below(&k->r, high - low + 1);
}

static inline TtfsTensorInfo *canon_info(const Canon *k, TtfsTensor t) {
    return ttfs_ir_tensor(&k->ir, t);
}

static inline TtfsTensor canon_tensor(Canon *k, uint32_t rank, const uint32_t *dim) {
    TtfsTensorInfo t = {.name = "t", .rank = rank};
    if (rank) memcpy(t.dim, dim, rank * sizeof *dim);
    return ttfs_ir_add_tensor(&k->ir, &t);
}

static inline TtfsTensor canon_constant(Canon *k, uint32_t rank, const uint32_t *dim, double sd) {
    TtfsTensor t = canon_tensor(k, rank, dim);
    uint64_t n = ttfs_ir_count(canon_info(k, t));
    float *v = TTFS_ARRAY(&k->ir.arena, float, n);
    for (uint64_t i = 0; i < n; i++) v[i] = (float)(sd * ttfs_rng_normal(&k->r));
    canon_info(k, t)->data = v;
    return t;
}

static inline TtfsNode canon_node(Canon *k, TtfsOp op, TtfsTensor in) {
    return (TtfsNode){
        .op = op,
        .name = ttfs_arena_printf(&k->ir.arena, "%s%u", ttfs_op_name(op), k->ir.nodes.len),
        .in = {in},
        .n_in = 1,
        .attr = ttfs_ir_attr()};
}

static inline TtfsTensor canon_add(Canon *k, TtfsNode n) {
    TtfsTensorInfo out = {.name = n.name};
    assert_true(ttfs_ir_infer(&k->ir, &n, &out, "net", &k->diag));
    n.out = ttfs_ir_add_tensor(&k->ir, &out);
    ttfs_ir_add_node(&k->ir, &n);
    return n.out;
}

static inline TtfsTensor canon_reshape(Canon *k, TtfsTensor in, uint32_t rank,
                                       const uint32_t *dim) {
    TtfsNode n = canon_node(k, TTFS_OP_RESHAPE, in);
    n.out = canon_tensor(k, rank, dim);
    ttfs_ir_add_node(&k->ir, &n);
    return n.out;
}

/* A run of channels, in half of the cases all of them. */
static inline TtfsTensor canon_slice(Canon *k, TtfsTensor in) {
    const TtfsTensorInfo t = *canon_info(k, in);
    if (ttfs_rng_below(&k->r, 2)) return in;
    TtfsNode n = canon_node(k, TTFS_OP_SLICE, in);
    for (uint32_t i = 0; i < t.rank; i++) {
        n.attr.first[i] = i == 1 ? canon_in(k, 0, t.dim[1] - 1) : 0;
        n.attr.count[i] = i == 1 ? canon_in(k, 1, t.dim[1] - n.attr.first[1]) : t.dim[i];
        n.attr.apart[i] = 1;
    }
    return canon_add(k, n);
}

static inline TtfsTensor canon_pick(Canon *k) {
    uint32_t n = k->pops.len;
    return k->pops.at[ttfs_rng_below(&k->r, 2) ? n - 1 : ttfs_rng_below(&k->r, n)];
}

static inline double canon_sd(Canon *k, uint64_t fan_in) {
    double root = 1;
    while (root * root < (double)fan_in) root++;
    return (0.5 + 1.5 * ttfs_rng_f64(&k->r)) / root;
}

static inline TtfsTensor canon_bias(Canon *k, TtfsNode *n, uint32_t channels, bool wanted) {
    if (!wanted) return (TtfsTensor){0};
    n->in[2] = canon_constant(k, 1, &channels, 0.3);
    n->n_in = 3;
    return n->in[2];
}

static inline TtfsTensor canon_gemm(Canon *k, TtfsTensor from, uint32_t out, bool bias) {
    TtfsTensor x = canon_slice(k, from);
    uint32_t n = (uint32_t)ttfs_ir_count(canon_info(k, x));
    if (canon_info(k, x)->rank != 2) x = canon_reshape(k, x, 2, (uint32_t[]){1, n});
    TtfsNode g = canon_node(k, TTFS_OP_GEMM, x);
    g.in[1] = canon_constant(k, 2, (uint32_t[]){out, n}, canon_sd(k, n));
    g.n_in = 2;
    g.attr.trans_b = true;
    canon_bias(k, &g, out, bias);
    return canon_add(k, g);
}

/* A convolution with the patch in `a`; groups where the channels allow them. */
static inline TtfsTensor canon_conv(Canon *k, TtfsTensor x, uint32_t out, const TtfsIrAttr *a,
                                    uint32_t group, bool bias) {
    uint32_t in = canon_info(k, x)->dim[1];
    TtfsNode n = canon_node(k, TTFS_OP_CONV, x);
    n.attr = *a;
    n.attr.group = group;
    uint32_t dim[4] = {out, in / group, a->kernel[0], a->kernel[1]};
    n.in[1] = canon_constant(k, 4, dim, canon_sd(k, (uint64_t)dim[1] * dim[2] * dim[3]));
    n.n_in = 2;
    canon_bias(k, &n, out, bias);
    return canon_add(k, n);
}

static inline uint32_t canon_group(Canon *k, uint32_t in, uint32_t out) {
    uint32_t g = canon_in(k, 1, in);
    while (in % g || out % g) g--;
    return g;
}

/* A patch that fits; that of a pool has a tap inside at every position. */
static inline TtfsIrAttr canon_patch(Canon *k, TtfsTensor x, bool pool) {
    TtfsIrAttr a = ttfs_ir_attr();
    for (int i = 0; i < 2; i++) {
        uint32_t in = canon_info(k, x)->dim[2 + i], extent;
        do {
            a.kernel[i] = canon_in(k, 1, 3), a.stride[i] = canon_in(k, 1, 2);
            a.dilation[i] = pool ? 1 : canon_in(k, 1, 2);
            extent = (a.kernel[i] - 1) * a.dilation[i] + 1;
            a.pad[i] = canon_in(k, 0, pool ? extent - 1 : extent);
            a.pad[i + 2] = canon_in(k, 0, pool ? extent - 1 : extent);
        } while (in + a.pad[i] + a.pad[i + 2] < extent);
    }
    return a;
}

static inline TtfsTensor canon_sum(Canon *k, TtfsTensor a, TtfsTensor b) {
    TtfsNode n = canon_node(k, TTFS_OP_ADD, a);
    n.in[1] = b;
    n.n_in = 2;
    return canon_add(k, n);
}

/* In a third of the cases a bias for every position. */
static inline TtfsTensor canon_map(Canon *k, TtfsTensor t) {
    if (ttfs_rng_below(&k->r, 3)) return t;
    const TtfsTensorInfo i = *canon_info(k, t);
    return canon_sum(k, t, canon_constant(k, i.rank, i.dim, 0.3));
}

/* A sum of vectors: matrices, and element-wise products where a population is as long. */
static inline TtfsTensor canon_vector_sum(Canon *k, uint32_t out) {
    TtfsTensor t = canon_gemm(k, canon_pick(k), out, ttfs_rng_below(&k->r, 2));
    for (uint32_t more = canon_in(k, 0, 2); more > 0; more--) {
        TtfsTensor p = canon_pick(k);
        TtfsIrAttr one = ttfs_ir_attr();
        if (canon_info(k, p)->rank == 2 && canon_info(k, p)->dim[1] == out) {
            p = canon_reshape(k, p, 4, (uint32_t[]){1, out, 1, 1});
            p = canon_conv(k, p, out, &one, out, false);
            t = canon_sum(k, t, canon_reshape(k, p, 2, (uint32_t[]){1, out}));
        } else {
            t = canon_sum(k, t, canon_gemm(k, p, out, false));
        }
    }
    return canon_map(k, t);
}

/* A sum of maps: the same patch on sources of one size, and 1x1 on sources of the output's. */
static inline TtfsTensor canon_map_sum(Canon *k, TtfsTensor p) {
    TtfsTensor x = canon_slice(k, p);
    TtfsIrAttr a = canon_patch(k, x, false), one = ttfs_ir_attr();
    uint32_t in = canon_info(k, x)->dim[1], group = canon_group(k, in, in);
    uint32_t out = group * canon_in(k, 1, 3);
    TtfsTensor t = canon_conv(k, x, out, &a, group, ttfs_rng_below(&k->r, 2));
    for (uint32_t i = 0; i < k->pops.len; i++) {
        const TtfsTensorInfo from = *canon_info(k, k->pops.at[i]), to = *canon_info(k, t);
        const TtfsTensorInfo first = *canon_info(k, p);
        if (from.rank != 4 || ttfs_rng_below(&k->r, 2)) continue;
        if (from.dim[2] == to.dim[2] && from.dim[3] == to.dim[3])
            t = canon_sum(
                k, t,
                canon_conv(k, k->pops.at[i], out, &one, canon_group(k, from.dim[1], out), false));
        else if (from.dim[2] == first.dim[2] && from.dim[3] == first.dim[3])
            t = canon_sum(k, t, canon_conv(k, canon_slice(k, k->pops.at[i]), out, &a, 1, false));
    }
    return canon_map(k, t);
}

static inline void canon_layer(Canon *k) {
    TtfsTensor p = canon_pick(k), t;
    uint32_t kind = ttfs_rng_below(&k->r, 6);
    if (canon_info(k, p)->rank == 4 && kind < 2) {
        TtfsNode n = canon_node(k, kind ? TTFS_OP_MAXPOOL : TTFS_OP_MINPOOL, p);
        n.attr = canon_patch(k, p, true);
        t = canon_add(k, n);
    } else {
        t = canon_info(k, p)->rank == 4 && kind < 5 ? canon_map_sum(k, p)
                                                    : canon_vector_sum(k, canon_in(k, 1, 6));
        t = canon_add(k, canon_node(k, TTFS_OP_RELU, t));
    }
    *TTFS_PUSH(&k->ir.arena, k->pops) = t;
}

/* Several readouts, vectors and maps, and outputs that are moves of them. */
static inline void canon_outputs(Canon *k) {
    TtfsTensor ends[4] = {k->ir.output};
    uint32_t n = 1;
    for (; n < 4; n++) {
        TtfsTensor p = canon_pick(k);
        ends[n] = canon_info(k, p)->rank == 4 ? canon_map_sum(k, p)
                                              : canon_vector_sum(k, canon_in(k, 1, 6));
    }
    random_outputs(&k->ir, &k->r, n, ends);
}

/* A network of 1 to 6 layers and a readout, in half of the cases several; the input's range starts
 * at, below or above 0. */
static inline void random_canonical(Canon *k, uint64_t seed) {
    *k = (Canon){.r = ttfs_rng(seed), .hi = 1};
    uint32_t map[4] = {1, canon_in(k, 1, 3), canon_in(k, 1, 6), canon_in(k, 1, 6)};
    uint32_t vector[2] = {1, canon_in(k, 1, 12)};
    bool flat = ttfs_rng_below(&k->r, 4) == 0;
    k->lo = (float)canon_in(k, 0, 2) * 0.5f - 0.5f;
    if (k->lo > 0) k->hi = 2;
    k->ir.input = flat ? canon_tensor(k, 2, vector) : canon_tensor(k, 4, map);
    *TTFS_PUSH(&k->ir.arena, k->pops) = k->ir.input;
    for (uint32_t n = canon_in(k, 1, 6); n > 0; n--) canon_layer(k);
    k->ir.output = canon_vector_sum(k, canon_in(k, 1, 5));
    if (ttfs_rng_below(&k->r, 2)) canon_outputs(k);
    assert_true(ttfs_ir_check(&k->ir, "net", &k->diag));
}

static inline void canon_sample(Canon *k, float *x) {
    uint64_t n = ttfs_ir_count(canon_info(k, k->ir.input));
    for (uint64_t i = 0; i < n; i++)
        x[i] = ttfs_rng_below(&k->r, 4) ? k->lo + (k->hi - k->lo) * (float)ttfs_rng_f64(&k->r)
                                        : k->lo;
}

static inline void canon_free(Canon *k) {
    ttfs_ir_free(&k->ir);
    ttfs_diag_free(&k->diag);
}

#endif
