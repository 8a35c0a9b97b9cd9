/* SPDX-License-Identifier: Apache-2.0
 *
 * QUANT: activations on the model's own grid. In: a value and integers low..high times a scale,
 * one for the tensor, the zero point taken off; out: low times the scale plus populations whose
 * window is the grid, QUANT(relu(v - low * scale)), whose own integers begin at 0. Rounding grows
 * with its operand, so it stands in front of pools, takes up bounds before it (clip), and lies on
 * the population itself when the value is one. What lies on the grid already stays as it is. Any
 * other value becomes a population of its own, since it is rounded there.
 */
#include "operand.h"

#include <float.h>
#include <math.h>

static double rounded(double v, const TtfsGrid *g) {
    return fmin(fmax(rint(v / g->quantum), g->low), g->high);
}

TtfsTensor ttfs_quant_source(const TtfsAffine *x, const TtfsNode *n, TtfsGrid *bounds) {
    TtfsTensor t = n->in[0];
    for (;;) {
        const TtfsNode *m = x->maker[t.i - 1];
        if (!m || m->op != TTFS_OP_CLIP || ttfs_ir_tensor(x->in, m->in[0])->data) return t;
        if (bounds) { /* rounding a bounded value is rounding it, then bounding */
            TtfsGrid g = *bounds;
            if (m->attr.lo > -FLT_MAX) bounds->low = rounded((double)m->attr.lo, &g);
            if (m->attr.hi < FLT_MAX) bounds->high = rounded((double)m->attr.hi, &g);
        }
        t = m->in[0];
    }
}

/* Constant operand k as one number, when all of its elements are the same. */
static bool one_number(TtfsAffine *x, uint32_t k, double *out) {
    TtfsArena scratch = {0};
    const double *v = ttfs_constant(x, &scratch, k);
    bool same = v != NULL;
    for (uint64_t i = 0; same && i < ttfs_ir_count(ttfs_in(x, k)); i++) same = v[i] == v[0];
    if (same) *out = v[0];
    ttfs_arena_free(&scratch);
    return same;
}

static bool read_grid(TtfsAffine *x, TtfsGrid *g, double *zero) {
    const TtfsIrAttr *a = &x->node->attr;
    if (!one_number(x, 1, &g->quantum) || !one_number(x, 2, zero))
        return ttfs_obstacle(x, "quantise activations per tensor",
                             "activations with a scale or zero point of their own for each "
                             "channel have no common grid");
    g->low = (double)a->lo - *zero;
    g->high = (double)a->hi - *zero;
    if (!(g->quantum > 0) || g->low != rint(g->low) || g->high != rint(g->high) ||
        !(g->high - g->low <= 65535))
        return ttfs_obstacle(x, "quantise to at most 16 bits, with whole zero points",
                             "its grid is no range of at most 65536 integers");
    return true;
}

/* The values of a constant on the grid. */
static const TtfsValue *constant(TtfsAffine *x, const TtfsValue *v, const TtfsGrid *g) {
    TtfsValue *out = ttfs_value_copy(x, v);
    double *e = ttfs_field_expand(&x->arena, v->map, v->bias, 0);
    for (uint64_t i = 0; i < ttfs_map_count(v->map); i++) e[i] = rounded(e[i], g) * g->quantum;
    out->bias = ttfs_field_of(&x->arena, v->map, e, 0);
    return out;
}

/* True when each element of a linear map is one of its operand's, or 0. */
static bool selects(TtfsAffine *x, const TtfsLinear *l) {
    uint64_t cols = ttfs_linear_cols(l);
    TtfsMark mark = ttfs_arena_mark(&x->arena);
    double *row = TTFS_ARRAY(&x->arena, double, cols);
    bool ok = true;
    for (uint64_t r = 0; ok && r < ttfs_linear_rows(l); r++) {
        uint64_t ones = 0;
        ttfs_linear_row(l, r, row);
        for (uint64_t j = 0; ok && j < cols; j++) {
            ones += row[j] != 0;
            ok = row[j] == 0 || row[j] == 1;
        }
        ok = ok && ones <= 1;
    }
    ttfs_arena_release(&x->arena, mark);
    return ok;
}

/* True when the part's values are on the grid and within it. */
static bool on_grid(TtfsAffine *x, const TtfsValue *p, const TtfsGrid *g) {
    double low = 0, high = 0;
    if (p->n > 1) return false;
    if (p->n == 1) {
        const TtfsAddend *t = &p->terms[0];
        const TtfsGrid *own = &x->pops.at[t->pop - 1].grid;
        bool moved = t->l.kind != TTFS_SCALE;
        double k = moved ? 1 : ttfs_window_factor(t);
        if (own->quantum == 0 || fabs(k * own->quantum - g->quantum) > 1e-6 * g->quantum)
            return false;
        if (moved && !selects(x, &t->l)) return false;
        low = moved ? fmin(0, own->low) : own->low;
        high = moved ? fmax(0, own->high) : own->high;
    }
    for (uint64_t i = 0; i < p->bias.n; i++) {
        double at = p->bias.v[i] / g->quantum;
        bool whole = fabs(at - rint(at)) <= 1e-4;
        if (!whole || low + rint(at) < g->low || high + rint(at) > g->high) return false;
    }
    return p->bias.n || (low >= g->low && high <= g->high);
}

static bool stays(TtfsAffine *x, const TtfsValue *v, const TtfsGrid *g) {
    uint32_t n, *at = ttfs_value_parts(x, v, &n);
    if (!at) return NULL;
    bool ok = true;
    for (uint32_t i = 0; ok && i < n; i++) {
        const TtfsValue *p = ttfs_value_channels(x, v, at[i], at[i + 1] - at[i]);
        ok = p && on_grid(x, p, g);
    }
    return ok;
}

static const TtfsValue *round_value(TtfsAffine *x, const TtfsValue *v, TtfsGrid g) {
    if (v->pooled) {
        const TtfsValue *inner = round_value(x, v->pooled, g);
        inner = inner ? ttfs_value_pool(x, inner, &v->patch, v->map, v->least, v->name) : NULL;
        if (!inner) return NULL;
        TtfsValue *out = ttfs_value_copy(x, inner);
        out->view = v->view;
        return out;
    }
    if (g.low < 0 && ttfs_value_nonneg(x, v)) g.low = 0;
    if (!(g.low < g.high)) { /* one quantum is left: a constant */
        TtfsValue *c = ttfs_value_new(x, v->map, v->view);
        c->bias = ttfs_field_uniform(&x->arena, g.high * g.quantum);
        return c;
    }
    if (v->n == 0) return constant(x, v, &g);
    if (stays(x, v, &g)) return v;
    if (ttfs_window_of_input(x, v)) return ttfs_window_on(x, v, g);
    TtfsField none = {0}, low = {0}, minus = {0};
    if (g.low != 0) {
        low = ttfs_field_uniform(&x->arena, g.low * g.quantum);
        minus = ttfs_field_uniform(&x->arena, -g.low * g.quantum);
    }
    const TtfsValue *r = ttfs_value_affine(x, v, none, minus);
    TtfsGrid from_zero = {g.quantum, 0, g.high - g.low};
    r = r ? ttfs_window_relu(x, r, &from_zero, "the network rounds them there") : NULL;
    r = r ? ttfs_value_affine(x, r, none, low) : NULL;
    if (!r) return NULL;
    TtfsValue *out = ttfs_value_copy(x, r);
    out->floor = g.low * g.quantum;
    return out;
}

/* Of constants only, whatever their scales; see ops.def. */
static const TtfsValue *all_constant(TtfsAffine *x) {
    TtfsValue *v = ttfs_value_copy(x, ttfs_operand(x, 0));
    double *in = ttfs_field_expand(&x->arena, v->map, v->bias, 0);
    TtfsField s = ttfs_constant_field(x, 1, v, 1), z = ttfs_constant_field(x, 2, v, 0);
    for (uint64_t e = 0; e < ttfs_map_count(v->map); e++) {
        double scale = ttfs_field_at(&s, v->map, e, 1), zero = ttfs_field_at(&z, v->map, e, 0);
        double q = fmin(fmax(rint(in[e] / scale) + zero, (double)x->node->attr.lo),
                        (double)x->node->attr.hi);
        in[e] = x->node->attr.integer ? q : (q - zero) * scale;
    }
    v->bias = ttfs_field_of(&x->arena, v->map, in, 0);
    return v;
}

const TtfsValue *ttfs_op_quant(TtfsAffine *x) {
    TtfsGrid g;
    double zero = 0;
    if (ttfs_is_constant(x, 0) && ttfs_is_constant(x, 1) && ttfs_is_constant(x, 2))
        return all_constant(x);
    if (!read_grid(x, &g, &zero)) return NULL;
    TtfsTensor t = ttfs_quant_source(x, x->node, &g);
    const TtfsValue *v = round_value(x, x->values[t.i - 1], g);
    if (!v || !x->node->attr.integer) return v;
    TtfsField up = ttfs_field_uniform(&x->arena, 1 / g.quantum);
    return ttfs_value_affine(x, v, up, ttfs_field_uniform(&x->arena, zero));
}

bool ttfs_input_grid_ok(TtfsAffine *x) {
    uint32_t rounded_by = 0, others = 0;
    TtfsTensor input = x->out->input;
    for (uint32_t i = 0; i < x->out->nodes.len; i++)
        if (x->out->nodes.at[i].op == TTFS_OP_TRANSPOSE) input = x->out->nodes.at[i].out;
    for (uint32_t i = 0; i < x->out->nodes.len; i++) {
        const TtfsNode *n = &x->out->nodes.at[i];
        if (n->in[0].i != input.i) continue;
        *(n->op == TTFS_OP_QUANT ? &rounded_by : &others) += 1;
    }
    if (rounded_by == 0 || rounded_by + others == 1) return true;
    return ttfs_obstacle(x, "quantise the input once, for all its readers",
                         "the input is read on more than one grid, or with and without one");
}
