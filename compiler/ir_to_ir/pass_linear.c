/* SPDX-License-Identifier: Apache-2.0
 *
 * matmul, gemm and conv -> their normal forms: conv with a bias; gemm y = W x + b with weights
 * [out, in], trans_b, alpha = beta = 1 and a bias [out]. The activation may stand on either side of
 * the product as long as it is one vector; reshapes put it into one row and the result into its old
 * shape. What cannot be brought into this form stays as it is, for the check to name. Needs
 * nothing.
 */
#include "pass.h"

typedef struct {
    uint64_t outs, ins;
    TtfsTensor x, w, c;         /* c.i = 0: no addend */
    uint64_t out_step, in_step; /* w[o * out_step + i * in_step] */
    double alpha, beta;
} Product;

/* A product of constants with one vector, or false. */
static bool as_product(const TtfsPass *p, const TtfsNode *n, Product *f) {
    bool gemm = n->op == TTFS_OP_GEMM, ta = gemm && n->attr.trans_a, tb = gemm && n->attr.trans_b;
    bool first = ttfs_pass_is_const(p, n->in[0]), second = ttfs_pass_is_const(p, n->in[1]);
    if (first == second) return false;
    const TtfsTensorInfo *w = ttfs_pass_info(p, n->in[first ? 0 : 1]);
    const TtfsTensorInfo *x = ttfs_pass_info(p, n->in[first ? 1 : 0]);
    if (w->rank != 2) return false;
    bool out_first = first ? !ta : tb; /* w is [out, in] */
    *f = (Product){.outs = w->dim[!out_first],
                   .ins = w->dim[out_first],
                   .x = n->in[first ? 1 : 0],
                   .w = n->in[first ? 0 : 1],
                   .c = n->n_in > 2 ? n->in[2] : (TtfsTensor){0},
                   .alpha = gemm ? (double)n->attr.alpha : 1.0,
                   .beta = gemm ? (double)n->attr.beta : 1.0};
    f->out_step = out_first ? f->ins : 1;
    f->in_step = out_first ? 1 : f->outs;
    if (f->c.i && !ttfs_pass_is_const(p, f->c)) return false;
    return ttfs_ir_count(x) == f->ins;
}

static TtfsTensor make_weights(TtfsPass *p, const Product *f) {
    const TtfsTensorInfo *old = ttfs_pass_info(p, f->w);
    bool as_is = f->in_step == 1 && f->out_step == f->ins && f->alpha == 1;
    if (as_is && old->dim[0] == f->outs) return f->w;
    TtfsTensorInfo t = {.name = old->name, .rank = 2, .dim = {(uint32_t)f->outs, (uint32_t)f->ins}};
    double *w = TTFS_ARRAY(&p->ir.arena, double, f->outs * f->ins);
    for (uint64_t o = 0; o < f->outs; o++)
        for (uint64_t i = 0; i < f->ins; i++)
            w[o * f->ins + i] = f->alpha *
                                ttfs_pass_value(p, f->w, o * f->out_step + i * f->in_step);
    return ttfs_pass_add_tensor(p, &t, w);
}

static TtfsTensor make_bias(TtfsPass *p, const TtfsNode *n, const Product *f) {
    const TtfsTensorInfo *old = f->c.i ? ttfs_pass_info(p, f->c) : NULL;
    if (old && old->rank == 1 && old->dim[0] == f->outs && f->beta == 1) return f->c;
    TtfsTensorInfo t = {.name = old ? old->name
                                    : ttfs_arena_printf(&p->ir.arena, "%s.bias", n->name),
                        .rank = 1,
                        .dim = {(uint32_t)f->outs}};
    double *b = TTFS_ARRAY(&p->ir.arena, double, f->outs);
    uint64_t count = old ? ttfs_ir_count(old) : 0;
    for (uint64_t o = 0; o < f->outs && count; o++) /* one value, or one an output */
        b[o] = f->beta * ttfs_pass_value(p, f->c, count == 1 ? 0 : o);
    return ttfs_pass_add_tensor(p, &t, b);
}

typedef struct {
    TtfsPass *p;
    TTFS_VEC(TtfsNode) out;
} Rewrite;

/* `from` in the shape [1, count], or as `shape` says. */
static void push_reshape(Rewrite *r, const char *name, TtfsTensor from, TtfsTensor to) {
    *TTFS_PUSH(&r->p->ir.arena, r->out) = (TtfsNode){.op = TTFS_OP_RESHAPE,
                                                     .name = name,
                                                     .in = {from},
                                                     .n_in = 1,
                                                     .out = to,
                                                     .attr = ttfs_ir_attr()};
}

static TtfsTensor row_tensor(Rewrite *r, TtfsTensor like, uint64_t count) {
    TtfsTensorInfo t = {
        .name = ttfs_pass_info(r->p, like)->name, .rank = 2, .dim = {1, (uint32_t)count}};
    return ttfs_pass_add_tensor(r->p, &t, NULL);
}

static bool is_row(const TtfsPass *p, TtfsTensor t) {
    const TtfsTensorInfo *info = ttfs_pass_info(p, t);
    return info->rank == 2 && info->dim[0] == 1;
}

static void rewrite_product(Rewrite *r, const TtfsNode *n, const Product *f) {
    TtfsPass *p = r->p;
    TtfsArena *a = &p->ir.arena;
    TtfsNode g = {.op = TTFS_OP_GEMM, .name = n->name, .n_in = 3, .attr = ttfs_ir_attr()};
    g.attr.trans_b = true;
    g.in[0] = f->x;
    g.in[1] = make_weights(p, f);
    g.in[2] = make_bias(p, n, f);
    if (!is_row(p, f->x)) {
        g.in[0] = row_tensor(r, f->x, f->ins);
        push_reshape(r, ttfs_arena_printf(a, "%s.row", n->name), f->x, g.in[0]);
    }
    g.out = is_row(p, n->out) ? n->out : row_tensor(r, n->out, f->outs);
    *TTFS_PUSH(a, r->out) = g;
    if (g.out.i != n->out.i)
        push_reshape(r, ttfs_arena_printf(a, "%s.shape", n->name), g.out, n->out);
}

static void rewrite_conv(Rewrite *r, TtfsNode n) {
    TtfsPass *p = r->p;
    uint32_t outs = ttfs_pass_info(p, n.in[1])->dim[0];
    TtfsTensorInfo t = {
        .name = ttfs_arena_printf(&p->ir.arena, "%s.bias", n.name), .rank = 1, .dim = {outs}};
    n.in[2] = ttfs_pass_add_tensor(p, &t, TTFS_ARRAY(&p->ir.arena, double, outs));
    n.n_in = 3;
    *TTFS_PUSH(&p->ir.arena, r->out) = n;
}

bool ttfs_pass_linear(TtfsPass *p) {
    ttfs_pass_index(p);
    Rewrite r = {.p = p};
    bool changed = false;
    for (uint32_t i = 0; i < p->ir.nodes.len; i++) {
        TtfsNode n = p->ir.nodes.at[i];
        Product f;
        bool product = n.op == TTFS_OP_GEMM || n.op == TTFS_OP_MATMUL;
        if (n.op == TTFS_OP_COUNT) continue;
        if (product && !ttfs_pass_normal(p, &n) && as_product(p, &n, &f)) {
            rewrite_product(&r, &n, &f);
        } else if (n.op == TTFS_OP_CONV && n.n_in == 2) {
            rewrite_conv(&r, n);
        } else {
            *TTFS_PUSH(&p->ir.arena, r.out) = n;
            continue;
        }
        changed = true;
    }
    p->ir.nodes.at = r.out.at;
    p->ir.nodes.len = r.out.len;
    p->ir.nodes.cap = r.out.cap;
    ttfs_pass_index(p);
    return changed;
}
