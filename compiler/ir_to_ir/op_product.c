/* SPDX-License-Identifier: Apache-2.0
 *
 * Matrix products with one constant operand, and normalisation. A product along the channels of a
 * map is a kernel of one tap; any other one is a matrix, whose columns take up the order of the
 * elements.
 */
#include "operand.h"

#include <math.h>
#include <string.h>

/* y[p][o][q] = sum over k of w(o, k) x[p][k][q]; `k` is an axis of x. */
typedef struct {
    uint32_t operand; /* which input is x */
    uint32_t axis;
    uint64_t before, ins, after, outs;
    TtfsLinear w; /* base and strides */
} Product;

static bool describe(TtfsAffine *x, Product *p) {
    const TtfsNode *n = x->node;
    *p = (Product){.operand = ttfs_is_constant(x, 0) && !ttfs_is_constant(x, 1)};
    const TtfsTensorInfo *v = ttfs_in(x, p->operand), *w = ttfs_in(x, !p->operand);
    bool left = p->operand == 0, gemm = n->op == TTFS_OP_GEMM;
    bool trans_v = gemm && (left ? n->attr.trans_a : n->attr.trans_b);
    bool trans_w = gemm && (left ? n->attr.trans_b : n->attr.trans_a);
    if (w->rank != 2 || !ttfs_base(x, !p->operand, &p->w)) return false;
    p->axis = v->rank - (left != trans_v ? 1 : 2);
    p->before = p->after = 1;
    for (uint32_t i = 0; i < v->rank; i++) {
        if (i < p->axis) p->before *= v->dim[i];
        if (i > p->axis) p->after *= v->dim[i];
    }
    p->ins = v->dim[p->axis];
    bool rows = left == trans_w; /* w is [outs][ins] */
    p->outs = w->dim[rows ? 0 : 1];
    p->w.rs = rows ? p->ins : 1;
    p->w.cs = rows ? 1 : p->outs;
    p->w.quantum = ttfs_quanta_of(&x->arena, w, rows ? 0 : 1, p->outs);
    p->w.name = n->name;
    bool one = p->before * p->after == 1;
    return one || (v->dim[0] == 1 && v->rank >= 3 && !trans_v);
}

/* Where in the tensor each element of the map stands. */
static uint32_t *inverse(TtfsAffine *x, const TtfsValue *v) {
    uint64_t count = ttfs_map_count(v->map);
    uint32_t *table = ttfs_view_table(&x->arena, &v->view, count);
    if (!table) return NULL;
    uint32_t *perm = TTFS_ARRAY(&x->arena, uint32_t, count);
    for (uint64_t e = 0; e < count; e++) perm[table[e]] = (uint32_t)e;
    return perm;
}

static const TtfsValue *vector(TtfsAffine *x, const Product *p, const TtfsValue *v) {
    TtfsLinear l = p->w;
    l.kind = TTFS_MATRIX;
    l.in = v->map;
    l.out = (TtfsMap){(uint32_t)p->outs, 1, 1};
    l.perm = inverse(x, v);
    return ttfs_value_linear(x, v, &l, (TtfsField){0});
}

/* NULL without an obstacle when the axis is not the channels. */
static const TtfsValue *channels(TtfsAffine *x, const Product *p, const TtfsValue *v) {
    int axes[TTFS_MAX_RANK];
    if (!ttfs_view_axes(&v->view, v->map, ttfs_in(x, p->operand), axes) || axes[p->axis] != 0)
        return NULL;
    TtfsLinear l = p->w;
    l.kind = TTFS_KERNEL;
    l.in = v->map;
    l.out = (TtfsMap){(uint32_t)p->outs, v->map.h, v->map.w};
    l.patch = (TtfsPatch){{1, 1}, {1, 1}, {1, 1}, {0}, 1};
    const TtfsValue *y = ttfs_value_linear(x, v, &l, (TtfsField){0});
    if (!y) return NULL;
    TtfsValue *out = ttfs_value_copy(x, y);
    out->view = ttfs_view_channels_at(l.out, p->before);
    return out;
}

static const TtfsValue *blocks(TtfsAffine *x, const Product *p, const TtfsValue *v) {
    uint64_t cols = ttfs_map_count(v->map), rows = p->before * p->outs * p->after;
    if (rows * cols > TTFS_DENSE_MOST) {
        ttfs_obstacle(x, "use a convolution with a kernel of 1 x 1, channels first",
                      "a product of many rows whose columns are not the channels of a map");
        return NULL;
    }
    uint32_t *table = ttfs_view_table(&x->arena, &v->view, cols);
    double *d = TTFS_ARRAY(&x->arena, double, rows *cols);
    double *quantum = p->w.quantum ? TTFS_ARRAY(&x->arena, double, rows) : NULL;
    for (uint64_t r = 0; quantum && r < rows; r++)
        quantum[r] = p->w.quantum[r / p->after % p->outs];
    for (uint64_t r = 0; r < rows; r++)
        for (uint64_t k = 0; k < p->ins; k++) {
            uint64_t b = r / (p->outs * p->after), o = r / p->after % p->outs, q = r % p->after;
            uint64_t e = (b * p->ins + k) * p->after + q, at = o * p->w.rs + k * p->w.cs;
            d[r * cols + (table ? table[e] : e)] = p->w.f ? (double)p->w.f[at] : p->w.d[at];
        }
    TtfsLinear l = {.kind = TTFS_MATRIX, .in = v->map, .d = d, .rs = cols, .cs = 1};
    l.out = (TtfsMap){(uint32_t)rows, 1, 1};
    l.name = p->w.name;
    l.quantum = quantum;
    return ttfs_value_linear(x, v, &l, (TtfsField){0});
}

/* + beta c of a gemm. */
static const TtfsValue *add_bias(TtfsAffine *x, const TtfsValue *y) {
    TtfsField beta = ttfs_field_uniform(&x->arena, (double)x->node->attr.beta), none = {0};
    if (ttfs_is_constant(x, 2)) {
        TtfsField c = ttfs_constant_field(x, 2, y, 0);
        return ttfs_value_affine(x, y, none, ttfs_field_times(&x->arena, y->map, c, beta));
    }
    const TtfsValue *c = ttfs_operand(x, 2);
    c = ttfs_map_count(c->map) == ttfs_map_count(y->map) ? ttfs_value_rearrange(x, c, y->map)
                                                         : NULL;
    if (c) c = ttfs_value_affine(x, c, beta, none);
    if (c) return ttfs_value_add(x, y, c);
    ttfs_obstacle(x, "give the sum a layer of its own", "it adds activations of another shape");
    return NULL;
}

const TtfsValue *ttfs_op_product(TtfsAffine *x) {
    const TtfsNode *n = x->node;
    Product p;
    if (!describe(x, &p)) {
        ttfs_obstacle(x, "use constant weights, and one sample at a time",
                      "not a product of constant weights with one vector");
        return NULL;
    }
    const TtfsValue *v = ttfs_value_force(x, ttfs_operand(x, p.operand)), *y;
    if (!v) return NULL;
    if (n->op == TTFS_OP_GEMM && n->attr.alpha != 1) {
        double *row = TTFS_ARRAY(&x->arena, double, 2 * p.outs);
        for (uint64_t o = 0; o < p.outs; o++) row[o] = (double)n->attr.alpha;
        p.w.row = row;
        for (uint64_t o = 0; p.w.quantum && o < p.outs; o++)
            row[p.outs + o] = p.w.quantum[o] * fabs((double)n->attr.alpha);
        if (p.w.quantum) p.w.quantum = row + p.outs;
    }
    if (p.before * p.after == 1) {
        y = vector(x, &p, v);
    } else {
        uint32_t errors = x->diag->errors;
        y = channels(x, &p, v);
        if (!y && x->diag->errors == errors) y = blocks(x, &p, v);
    }
    return y && n->n_in > 2 ? add_bias(x, y) : y;
}

const TtfsValue *ttfs_op_batchnorm(TtfsAffine *x) {
    const TtfsValue *v = ttfs_operand(x, 0);
    TtfsArena scratch = {0};
    const TtfsTensorInfo *t = ttfs_in(x, 0);
    double *p[5] = {0};
    bool ok = true;
    for (uint32_t i = 1; i < 5; i++) ok = (p[i] = ttfs_constant(x, &scratch, i)) && ok;
    TtfsTensorInfo shape = {.rank = t->rank - 1, .dim = {t->dim[1]}};
    for (uint32_t i = 1; i < shape.rank; i++) shape.dim[i] = 1;
    for (uint32_t c = 0; ok && c < t->dim[1]; c++) {
        double variance = p[4][c] + (double)x->node->attr.epsilon;
        ok = variance > 0;
        p[1][c] /= sqrt(variance);
        p[2][c] -= p[3][c] * p[1][c];
    }
    if (!ok) {
        ttfs_arena_free(&scratch);
        ttfs_obstacle(
            x, "export it with its trained statistics",
            "its parameters are not constant, or a variance plus epsilon is not positive");
        return NULL;
    }
    TtfsField k = ttfs_broadcast(x, v, &shape, p[1], 1), s = ttfs_broadcast(x, v, &shape, p[2], 0);
    ttfs_arena_free(&scratch);
    return ttfs_value_affine(x, v, k, s);
}
