/* SPDX-License-Identifier: Apache-2.0
 *
 * Values that wait for no pool: linear maps of them, channel ranges, stacks. All of it is exact in
 * real arithmetic and made in float64; what cannot be exact is not made.
 */
#include "affine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    if (l->kind != TTFS_KERNEL || l->patch.group == 1) return end - at;
    uint32_t ins = l->in.c / l->patch.group, count = end - at, inside = ins - at % ins;
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

const TtfsValue *ttfs_value_through(TtfsAffine *x, const TtfsValue *v, const TtfsLinear *l,
                                    TtfsField bias) {
    Terms terms = {0};
    for (uint32_t i = 0; i < v->n; i++)
        if (!apply_term(x, &v->terms[i], l, &terms)) return NULL;
    TtfsValue *out = ttfs_value_new(x, l->out, ttfs_view_identity(ttfs_map_count(l->out)));
    out->terms = terms.at;
    out->n = terms.len;
    out->floor = floor_behind(x, v, l, bias);
    TtfsField moved = ttfs_linear_forward(&x->arena, l, v->bias);
    out->bias = ttfs_field_add(&x->arena, l->out, moved, bias);
    return out;
}

static int compare(const void *a, const void *b) {
    uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;
    return (p > q) - (p < q);
}

uint32_t *ttfs_value_parts(TtfsAffine *x, const TtfsValue *v, uint32_t *n) {
    /* each part will look at all terms */
    if (!ttfs_budget_spend(x->arena.budget, 2 * (uint64_t)v->n * v->n)) return NULL;
    uint32_t *at = TTFS_ARRAY(&x->arena, uint32_t, 2 * (size_t)v->n + 2), len = 2, kept = 0;
    at[1] = v->map.c;
    for (uint32_t i = 0; i < v->n; i++) {
        at[len++] = v->terms[i].at;
        at[len++] = v->terms[i].at + v->terms[i].l.out.c;
    }
    qsort(at, len, sizeof *at, compare);
    for (uint32_t i = 0; i < len; i++)
        if (kept == 0 || at[i] != at[kept - 1]) at[kept++] = at[i];
    *n = kept - 1;
    return at;
}

uint64_t ttfs_value_cut_cost(const TtfsValue *v, uint32_t first, uint32_t count) {
    uint64_t most = 0, all = (uint64_t)first + count;
    for (uint32_t i = 0; i < v->n; i++) {
        const TtfsAddend *t = &v->terms[i];
        uint64_t begin = t->at > first ? t->at : first, end = (uint64_t)t->at + t->l.out.c;
        if (end > all) end = all;
        if (begin >= end) continue;
        uint64_t cost =
            ttfs_linear_cut_cost(&t->l, (uint32_t)begin - t->at, (uint32_t)(end - begin));
        if (cost > most) most = cost;
    }
    return most;
}

const TtfsValue *ttfs_value_cut(TtfsAffine *x, const TtfsValue *v, uint32_t first, uint32_t count) {
    if (first == 0 && count == v->map.c) return v;
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

const TtfsValue *ttfs_value_join(TtfsAffine *x, uint32_t n, const TtfsValue *const *v) {
    Terms terms = {0};
    TtfsMap m = {0, v[0]->map.h, v[0]->map.w};
    double floor = INFINITY;
    uint64_t terms_in_all = 0;
    for (uint32_t i = 0; i < n; i++) terms_in_all += v[i]->n;
    if (!ttfs_budget_array(x->arena.budget, 4 * terms_in_all, sizeof(TtfsAddend))) return NULL;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < v[i]->n; k++) {
            TtfsAddend *t = TTFS_PUSH(&x->arena, terms);
            *t = v[i]->terms[k];
            t->at += m.c;
        }
        m.c += v[i]->map.c;
        floor = fmin(floor, ttfs_value_nonneg(x, v[i]) ? fmax(0, v[i]->floor) : v[i]->floor);
    }
    TtfsValue *out = ttfs_value_new(x, m, ttfs_view_identity(ttfs_map_count(m)));
    out->terms = terms.at;
    out->n = terms.len;
    out->bias = stack_bias(x, m, n, v);
    out->floor = floor;
    return out;
}

const TtfsValue *ttfs_value_widened(TtfsAffine *x, const TtfsValue *v) {
    TtfsAddend *terms = TTFS_ARRAY(&x->arena, TtfsAddend, v->n);
    for (uint32_t i = 0; i < v->n; i++) {
        const TtfsAddend *t = &v->terms[i];
        if (ttfs_linear_widen_cost(&t->l, v->map.c) > 4 * TTFS_DENSE_MOST) return NULL;
        if (!ttfs_within_budget(x)) return NULL;
        terms[i] = *t;
        terms[i].l = ttfs_linear_widen(&x->arena, &t->l, t->at, v->map.c);
        terms[i].at = 0;
    }
    TtfsValue *out = ttfs_value_copy(x, v);
    out->terms = terms;
    return out;
}
