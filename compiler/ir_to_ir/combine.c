/* SPDX-License-Identifier: Apache-2.0
 *
 * What the operations do with values, whether they wait for a pool or not: what can stand in front
 * of the pool is put there, for the rest the value is settled first.
 */
#include "affine.h"

#include <math.h>

const TtfsValue *ttfs_value_linear(TtfsAffine *x, const TtfsValue *v, const TtfsLinear *l,
                                   TtfsField bias) {
    v = ttfs_value_force(x, v);
    return v ? ttfs_settled_linear(x, v, l, bias) : NULL;
}

const TtfsValue *ttfs_value_affine(TtfsAffine *x, const TtfsValue *v, TtfsField k, TtfsField s) {
    if (k.n == 0 && s.n == 0) return v;
    TtfsView view = v->view;
    bool channels = k.n <= v->map.c && s.n <= v->map.c;
    if (v->pooled && channels && ttfs_map_count(v->map) > 0) {
        TtfsField minus = ttfs_field_times(&x->arena, v->map, k, ttfs_field_uniform(&x->arena, -1));
        bool up = ttfs_field_nonneg(k), down = k.n && ttfs_field_nonneg(minus);
        if (up || down) { /* what grows with the largest, or falls with it, goes in front */
            TtfsValue *out = ttfs_value_copy(x, v);
            out->pooled = ttfs_value_affine(x, v->pooled, k, s);
            out->least = v->least != !up;
            return out->pooled ? out : NULL;
        }
    }
    TtfsLinear l = ttfs_linear_scale(v->map, k);
    const TtfsValue *scaled = ttfs_value_linear(x, v, &l, s);
    if (!scaled) return NULL;
    TtfsValue *out = ttfs_value_copy(x, scaled);
    out->view = view;
    return out;
}

const TtfsValue *ttfs_value_relu(TtfsAffine *x, const TtfsValue *v, const char *suffix,
                                 bool *fresh) {
    if (!v->pooled) return ttfs_settled_relu(x, v, suffix, fresh);
    /* a relu in front of the pool instead: it is monotonic */
    const TtfsValue *inner = ttfs_value_relu(x, v->pooled, suffix, fresh);
    const TtfsValue *pool = inner ? ttfs_value_pool(x, inner, &v->patch, v->map, v->least, v->name)
                                  : NULL;
    if (!pool) return NULL;
    TtfsValue *out = ttfs_value_copy(x, pool);
    out->view = v->view;
    return out;
}

typedef TTFS_VEC(TtfsAddend) Terms;

/* Adds a term; a factor of the same channels of the same population joins its like. */
static void add_term(TtfsAffine *x, Terms *terms, const TtfsAddend *t) {
    for (uint32_t i = 0; t->l.kind == TTFS_SCALE && i < terms->len; i++) {
        TtfsAddend *u = &terms->at[i];
        bool like = u->l.kind == TTFS_SCALE && u->pop == t->pop && u->from == t->from &&
                    u->at == t->at && u->flat == t->flat && ttfs_map_same(u->l.out, t->l.out);
        if (!like) continue;
        TtfsField one = ttfs_field_uniform(&x->arena, 1);
        TtfsField sum =
            ttfs_field_add(&x->arena, t->l.out, u->l.k.n ? u->l.k : one, t->l.k.n ? t->l.k : one);
        u->l.k = sum.n ? sum : ttfs_field_uniform(&x->arena, 0);
        u->dir = 0;
        return;
    }
    TtfsAddend *u = TTFS_PUSH(&x->arena, *terms);
    *u = *t;
    u->dir = 0;
    if (!u->l.name && x->node) u->l.name = x->node->name;
}

const TtfsValue *ttfs_value_add(TtfsAffine *x, const TtfsValue *a, const TtfsValue *b) {
    a = ttfs_value_force(x, a);
    b = a ? ttfs_value_force(x, b) : NULL;
    if (!b) return NULL;
    TtfsField bias = ttfs_field_add(&x->arena, a->map, a->bias, b->bias);
    if (a->n == 0 || b->n == 0) {
        TtfsValue *out = ttfs_value_copy(x, a->n ? a : b);
        out->floor = ttfs_value_nonneg(x, a) && ttfs_value_nonneg(x, b) ? 0 : -INFINITY;
        out->bias = bias;
        return out;
    }
    if (a->n + b->n > TTFS_TERMS_MAX) {
        const TtfsValue **most = a->n > b->n ? &a : &b;
        *most = ttfs_value_materialise(x, *most, "it is the sum of too many layers");
        return *most ? ttfs_value_add(x, a, b) : NULL;
    }
    Terms terms = {0};
    for (uint32_t i = 0; i < a->n; i++) add_term(x, &terms, &a->terms[i]);
    for (uint32_t i = 0; i < b->n; i++) add_term(x, &terms, &b->terms[i]);
    TtfsValue *out = ttfs_value_new(x, a->map, a->view);
    out->terms = terms.at;
    out->n = terms.len;
    out->bias = bias;
    if (ttfs_value_nonneg(x, a) && ttfs_value_nonneg(x, b)) out->floor = 0;
    return out;
}

const TtfsValue *ttfs_value_channels(TtfsAffine *x, const TtfsValue *v, uint32_t first,
                                     uint32_t count) {
    v = ttfs_value_force(x, v);
    return v ? ttfs_settled_channels(x, v, first, count) : NULL;
}

const TtfsValue *ttfs_value_stack(TtfsAffine *x, uint32_t n, const TtfsValue *const *v) {
    const TtfsValue **all = TTFS_ARRAY(&x->arena, const TtfsValue *, n);
    for (uint32_t i = 0; i < n; i++) {
        all[i] = ttfs_value_force(x, v[i]);
        if (!all[i]) return NULL;
    }
    return ttfs_value_join(x, n, all);
}

const TtfsValue *ttfs_value_spread(TtfsAffine *x, const TtfsValue *v, TtfsMap m) {
    v = ttfs_value_force(x, v);
    return v ? ttfs_settled_spread(x, v, m) : NULL;
}

/* A term whose elements the table moves, on a map of the same size. */
static bool rearrange_term(TtfsAffine *x, const TtfsValue *v, const TtfsAddend *t, TtfsMap m,
                           const uint32_t *table, TtfsAddend *out) {
    bool row = m.h == 1 && m.w == 1 && !table;
    uint32_t positions = v->map.h * v->map.w;
    *out = *t;
    out->dir = 0;
    if (row && t->l.kind == TTFS_SCALE) {
        TtfsMap part = {t->l.out.c * positions, 1, 1};
        out->from *= t->flat ? 1 : positions;
        out->at *= positions;
        out->flat = true;
        out->l.in = out->l.out = part;
        if (t->l.k.n > 1)
            out->l.k = (TtfsField){part.c, ttfs_field_expand(&x->arena, t->l.out, t->l.k, 1)};
        return true;
    }
    if (row && t->l.kind == TTFS_MATRIX) {
        out->at *= positions;
        out->l.out = (TtfsMap){t->l.out.c * positions, 1, 1};
        return true;
    }
    if (t->l.kind == TTFS_MATRIX && !table && t->at == 0 && t->l.out.c == v->map.c) {
        out->l.out = m;
        return true;
    }
    if (ttfs_map_count(t->l.in) * ttfs_map_count(m) > TTFS_DENSE_MOST) return false;
    TtfsLinear wide = ttfs_linear_widen(&x->arena, &t->l, t->at, v->map.c);
    out->l = ttfs_linear_matrix(&x->arena, &wide, table);
    out->at = 0;
    out->l.out = m;
    return true;
}

const TtfsValue *ttfs_value_rearrange(TtfsAffine *x, const TtfsValue *v, TtfsMap m) {
    if (ttfs_map_same(v->map, m) && ttfs_view_is_identity(&v->view)) return v;
    v = ttfs_value_force(x, v);
    if (!v) return NULL;
    uint64_t count = ttfs_map_count(m);
    if (!ttfs_budget_array(x->arena.budget, count, sizeof(double) + sizeof(uint32_t))) return NULL;
    uint32_t *table = ttfs_view_table(&x->arena, &v->view, count);
    TtfsAddend *terms = TTFS_ARRAY(&x->arena, TtfsAddend, v->n);
    for (uint32_t i = 0; i < v->n; i++)
        if (!rearrange_term(x, v, &v->terms[i], m, table, &terms[i]) || !ttfs_within_budget(x))
            return NULL;
    TtfsValue *out = ttfs_value_new(x, m, ttfs_view_identity(count));
    out->terms = terms;
    out->n = v->n;
    out->floor = v->floor;
    if (v->bias.n <= 1) {
        out->bias = v->bias;
        return out;
    }
    double *bias = TTFS_ARRAY(&x->arena, double, count);
    for (uint64_t e = 0; e < count; e++)
        bias[e] = ttfs_field_at(&v->bias, v->map, table ? table[e] : e, 0);
    out->bias = ttfs_field_of(&x->arena, m, bias, 0);
    return out;
}
