/* SPDX-License-Identifier: Apache-2.0
 *
 * Values: linear maps of them, sums, channel ranges, stacks. Every step is exact in real arithmetic
 * and made in float64. What cannot be one linear map of the populations becomes a population.
 */
#include "affine.h"

#include <math.h>
#include <string.h>

TtfsLoc ttfs_here(const TtfsAffine *x) {
    if (!x->node) return TTFS_AT_FILE(x->file);
    return TTFS_AT_OP(x->file, x->node->name, ttfs_op_name(x->node->op));
}

bool ttfs_within_budget(TtfsAffine *x) {
    if (ttfs_budget_room(x->arena.budget, 0)) return true;
    if (!x->told) ttfs_budget_check(x->arena.budget, ttfs_here(x), x->diag);
    x->told = true;
    return false;
}

bool ttfs_obstacle(TtfsAffine *x, const char *advice, const char *fmt, ...) {
    if (!ttfs_within_budget(x)) return false; /* what follows from it is no obstacle */
    va_list ap;
    va_start(ap, fmt);
    ttfs_error_va(x->diag, ttfs_here(x), TTFS_MODEL_FORM, advice, fmt, ap);
    va_end(ap);
    return false;
}

TtfsValue *ttfs_value_new(TtfsAffine *x, TtfsMap m, TtfsView view) {
    TtfsValue *v = TTFS_NEW(&x->arena, TtfsValue);
    v->map = m;
    v->view = view;
    v->floor = -INFINITY;
    v->known = TTFS_NEW(&x->arena, const TtfsValue *);
    return v;
}

TtfsValue *ttfs_value_copy(TtfsAffine *x, const TtfsValue *v) {
    TtfsValue *copy = TTFS_NEW(&x->arena, TtfsValue);
    *copy = *v;
    copy->known = TTFS_NEW(&x->arena, const TtfsValue *);
    return copy;
}

static bool term_nonneg(TtfsAffine *x, const TtfsAddend *t) {
    return x->pops.at[t->pop - 1].nonneg && ttfs_linear_nonneg(&x->arena, &t->l);
}

bool ttfs_value_nonneg(TtfsAffine *x, const TtfsValue *v) {
    if (v->pooled) return ttfs_value_nonneg(x, v->pooled);
    if (v->floor >= 0) return true;
    bool ok = ttfs_field_nonneg(v->bias);
    for (uint32_t i = 0; ok && i < v->n; i++) ok = term_nonneg(x, &v->terms[i]);
    return ok;
}

typedef TTFS_VEC(TtfsAddend) Terms;

/* The widest run of channels from `at` on, below `end`, that a grouped kernel takes as one. */
static uint32_t run(const TtfsLinear *l, uint32_t at, uint32_t end) {
    if (l->kind != TTFS_KERNEL || l->win.group == 1) return end - at;
    uint32_t ins = l->in.c / l->win.group, count = end - at, inside = ins - at % ins;
    if (at % ins == 0 && count >= ins) return count / ins * ins;
    return count < inside ? count : inside;
}

/* One term through the map, in as many pieces as its groups ask for. */
static bool apply_term(TtfsAffine *x, const TtfsAddend *t, const TtfsLinear *l, Terms *out) {
    uint32_t end = t->at + t->l.out.c;
    for (uint32_t at = t->at, count; at < end; at += count) {
        count = run(l, at, end);
        TtfsAddend piece = *t;
        uint32_t from, to;
        if (ttfs_linear_cut_cost(&t->l, at - t->at, count) > 4 * TTFS_DENSE_MOST ||
            !ttfs_within_budget(x))
            return false;
        TtfsLinear second = ttfs_linear_cut_in(l, at, count, &to);
        TtfsLinear first = ttfs_linear_cut_out(&x->arena, &t->l, at - t->at, count, &from);
        piece.from += from;
        piece.at = to;
        piece.dir = l->kind == TTFS_SCALE ? t->dir : 0;
        if (!ttfs_linear_compose(&x->arena, &first, &second, &piece.l)) return false;
        if (out->len >= TTFS_TERMS_MAX) return false;
        *TTFS_PUSH(&x->arena, *out) = piece;
    }
    return true;
}

/* 0 when nothing below can come out, else unknown. */
static double floor_behind(TtfsAffine *x, const TtfsValue *v, const TtfsLinear *l, TtfsField bias) {
    bool ok = ttfs_field_nonneg(bias) && ttfs_linear_nonneg(&x->arena, l);
    return ok && ttfs_value_nonneg(x, v) ? 0 : -INFINITY;
}

const TtfsValue *ttfs_value_linear(TtfsAffine *x, const TtfsValue *v, const TtfsLinear *l,
                                   TtfsField bias) {
    v = ttfs_value_force(x, v);
    for (int attempt = 0; v && attempt < 3 && ttfs_within_budget(x); attempt++) {
        Terms terms = {0};
        bool ok = true;
        for (uint32_t i = 0; ok && i < v->n; i++) ok = apply_term(x, &v->terms[i], l, &terms);
        if (ok) {
            TtfsValue *out = ttfs_value_new(x, l->out, ttfs_view_identity(ttfs_map_count(l->out)));
            out->terms = terms.at;
            out->n = terms.len;
            out->floor = floor_behind(x, v, l, bias);
            TtfsField moved = ttfs_linear_forward(&x->arena, l, v->bias);
            out->bias = ttfs_field_add(&x->arena, l->out, moved, bias);
            return out;
        }
        v = attempt ? NULL
                    : ttfs_value_materialise(
                          x, v, "the layers before and behind it cannot be one layer exactly");
    }
    ttfs_obstacle(x, "put a Relu between it and the layer before it, or use a smaller layer",
                  "its product with the layer before it has too many weights");
    return NULL;
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

/* v, or its populations when a cut would take the groups of a wide kernel apart. */
static const TtfsValue *cuttable(TtfsAffine *x, const TtfsValue *v, uint32_t first,
                                 uint32_t count) {
    for (uint32_t i = 0; i < v->n; i++) {
        const TtfsAddend *t = &v->terms[i];
        uint64_t begin = t->at > first ? t->at : first, end = (uint64_t)t->at + t->l.out.c;
        if (end > (uint64_t)first + count) end = (uint64_t)first + count;
        if (begin < end && ttfs_linear_cut_cost(&t->l, (uint32_t)begin - t->at,
                                                (uint32_t)(end - begin)) > 4 * TTFS_DENSE_MOST)
            return ttfs_value_materialise(x, v, "its groups are cut apart");
    }
    return v;
}

const TtfsValue *ttfs_value_channels(TtfsAffine *x, const TtfsValue *v, uint32_t first,
                                     uint32_t count) {
    v = ttfs_value_force(x, v);
    if (!v || (first == 0 && count == v->map.c)) return v;
    v = cuttable(x, v, first, count);
    if (!v) return NULL;
    TtfsMap part = {count, v->map.h, v->map.w};
    TtfsValue *out = ttfs_value_new(x, part, ttfs_view_identity(ttfs_map_count(part)));
    Terms terms = {0};
    for (uint32_t i = 0; i < v->n; i++) {
        const TtfsAddend *old = &v->terms[i];
        uint32_t begin = old->at > first ? old->at : first, end = old->at + old->l.out.c, from;
        if (end > first + count) end = first + count;
        if (begin >= end) continue;
        TtfsAddend t = *old;
        if (!ttfs_within_budget(x)) return NULL;
        t.l = ttfs_linear_cut_out(&x->arena, &old->l, begin - t.at, end - begin, &from);
        t.from += t.flat ? from * t.l.in.h * t.l.in.w : from;
        t.at = begin - first;
        *TTFS_PUSH(&x->arena, terms) = t;
    }
    out->terms = terms.at;
    out->n = terms.len;
    out->floor = v->floor;
    out->bias = ttfs_field_channels(v->map, v->bias, first, part);
    return out;
}

/* Constants behind one another. */
static TtfsField stack_bias(TtfsAffine *x, TtfsMap m, uint32_t n, const TtfsValue *const *v) {
    uint64_t positions = (uint64_t)m.h * m.w, per = 1, at = 0;
    if (!ttfs_budget_array(x->arena.budget, ttfs_map_count(m), sizeof(double)))
        return (TtfsField){0};
    for (uint32_t i = 0; i < n; i++)
        if (v[i]->bias.n > v[i]->map.c) per = positions;
    double *all = TTFS_ARRAY(&x->arena, double, m.c *per);
    for (uint32_t i = 0; i < n; i++)
        for (uint64_t e = 0; e < v[i]->map.c * per; e++)
            all[at++] = ttfs_field_at(&v[i]->bias, v[i]->map, e * (positions / per), 0);
    return ttfs_field_of(&x->arena, per == 1 ? (TtfsMap){m.c, 1, 1} : m, all, 0);
}

const TtfsValue *ttfs_value_stack(TtfsAffine *x, uint32_t n, const TtfsValue *const *v) {
    const TtfsValue **all = TTFS_ARRAY(&x->arena, const TtfsValue *, n);
    Terms terms = {0};
    TtfsMap m = {0, v[0]->map.h, v[0]->map.w};
    double floor = INFINITY;
    uint64_t terms_in_all = 0;
    for (uint32_t i = 0; i < n; i++) terms_in_all += v[i]->n;
    if (!ttfs_budget_array(x->arena.budget, 4 * terms_in_all, sizeof(TtfsAddend))) return NULL;
    for (uint32_t i = 0; i < n; i++) {
        all[i] = ttfs_value_force(x, v[i]);
        if (!all[i]) return NULL;
        for (uint32_t k = 0; k < all[i]->n; k++) {
            TtfsAddend *t = TTFS_PUSH(&x->arena, terms);
            *t = all[i]->terms[k];
            t->at += m.c;
        }
        m.c += all[i]->map.c;
        floor = fmin(floor, ttfs_value_nonneg(x, all[i]) ? fmax(0, all[i]->floor) : all[i]->floor);
    }
    TtfsValue *out = ttfs_value_new(x, m, ttfs_view_identity(ttfs_map_count(m)));
    out->terms = terms.at;
    out->n = terms.len;
    out->bias = stack_bias(x, m, n, all);
    out->floor = floor;
    return out;
}

const TtfsValue *ttfs_value_spread(TtfsAffine *x, const TtfsValue *v, TtfsMap m) {
    if (m.h * m.w == 1) return v;
    TtfsWindow w = {{m.h, m.w}, {1, 1}, {1, 1}, {m.h - 1, m.w - 1, m.h - 1, m.w - 1}, m.c};
    double *ones = TTFS_ARRAY(&x->arena, double, (uint64_t)m.h *m.w);
    for (uint64_t i = 0; i < (uint64_t)m.h * m.w; i++) ones[i] = 1;
    TtfsLinear l = ttfs_linear_window(v->map, m, &w, ones);
    return ttfs_value_linear(x, v, &l, (TtfsField){0});
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
