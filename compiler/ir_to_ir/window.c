/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows that the network sets: populations whose values lie on a grid (QUANT of a relu) or end at
 * a bound (CLIP of a relu). In: a value, and low..high of its integers, or the bound; out: the
 * value with such populations in place of its own, made once each. Both grow with their operand, so
 * they stand in front of pools, and one that lies on a bounded population lies on what is bounded.
 * Invariant: a window begins at 0, but for the input's.
 */
#include "affine.h"

#include <math.h>

double ttfs_window_factor(const TtfsAddend *t) {
    if (t->l.kind != TTFS_SCALE || t->l.k.n > 1) return 0;
    return t->l.k.n ? t->l.k.v[0] : 1;
}

static uint32_t root(const TtfsAffine *x, uint32_t pop) {
    while (x->pops.at[pop - 1].source) pop = x->pops.at[pop - 1].source;
    return pop;
}

/* True when the value is a population that may have a window itself, times a factor above 0. */
static bool plain(const TtfsAffine *x, const TtfsValue *p) {
    if (p->n != 1 || p->bias.n || !(ttfs_window_factor(&p->terms[0]) > 0)) return false;
    return x->pops.at[root(x, p->terms[0].pop) - 1].grid.quantum == 0;
}

bool ttfs_window_of_input(const TtfsAffine *x, const TtfsValue *v) {
    return plain(x, v) && root(x, v->terms[0].pop) == 1 && ttfs_window_factor(&v->terms[0]) == 1 &&
           v->terms[0].from == 0 && v->map.c == x->pops.at[v->terms[0].pop - 1].map.c;
}

/* The window `g` on a population that ends at `top` (0: nowhere). */
static TtfsGrid within(TtfsGrid g, double top) {
    if (top > 0) g.high = fmin(g.high, g.quantum > 0 ? rint(top / g.quantum) : top);
    return g;
}

static bool same(const TtfsGrid *a, const TtfsGrid *b) {
    return a->quantum == b->quantum && a->low == b->low && a->high == b->high;
}

/* The population with that window, made once; a pool of it when it is a pool. */
static uint32_t window_pop(TtfsAffine *x, uint32_t source, TtfsGrid g) {
    TtfsAffinePop from = x->pops.at[source - 1];
    if (from.source) {
        uint32_t inner = window_pop(x, from.source, g);
        return ttfs_pop_pool(x, inner, &from.patch, from.map, from.least,
                             ttfs_ir_tensor(x->out, from.t)->name);
    }
    g = within(g, from.grid.high);
    if (from.bounded) return window_pop(x, from.bounded, g);
    for (uint32_t i = from.windows; i; i = x->pops.at[i - 1].twin)
        if (same(&x->pops.at[i - 1].grid, &g)) return i;
    TtfsTensor t = ttfs_emit_window(x, from.t, g, x->node->name);
    uint32_t pop = ttfs_pop_add(x, t, from.map, g.low >= 0);
    TtfsAffinePop *made = &x->pops.at[pop - 1];
    made->grid = g;
    made->bounded = g.quantum > 0 ? 0 : source;
    made->twin = from.windows;
    made->part = from.part;
    return x->pops.at[source - 1].windows = pop;
}

const TtfsValue *ttfs_window_on(TtfsAffine *x, const TtfsValue *p, TtfsGrid g) {
    TtfsAddend *t = TTFS_NEW(&x->arena, TtfsAddend);
    TtfsValue *out = ttfs_value_copy(x, p);
    *t = p->terms[0];
    double factor = ttfs_window_factor(t), top = x->pops.at[root(x, t->pop) - 1].grid.high;
    if (g.quantum > 0)
        g.quantum /= factor;
    else
        g.high /= factor;
    if (within(g, top).high <= g.low) { /* one quantum is left */
        out->n = 0;
        return out;
    }
    t->pop = window_pop(x, t->pop, g);
    out->terms = t;
    out->floor = g.low * g.quantum;
    return out;
}

/* A constant that is never below 0. */
static const TtfsValue *constant(TtfsAffine *x, const TtfsValue *v, const TtfsGrid *g) {
    TtfsValue *out = ttfs_value_copy(x, v);
    if (!ttfs_budget_array(x->arena.budget, ttfs_map_count(v->map), sizeof(double))) return NULL;
    double *e = ttfs_field_expand(&x->arena, v->map, v->bias, 0);
    for (uint64_t i = 0; i < ttfs_map_count(v->map); i++)
        e[i] = g->quantum > 0 ? fmin(rint(e[i] / g->quantum), g->high) * g->quantum
                              : fmin(e[i], g->high);
    out->bias = ttfs_field_of(&x->arena, v->map, e, 0);
    return out;
}

/* A part that is never below 0. */
static const TtfsValue *window_part(TtfsAffine *x, const TtfsValue *p, const TtfsGrid *g,
                                    const char *why) {
    if (p->n == 0) return constant(x, p, g);
    bool own = plain(x, p) && root(x, p->terms[0].pop) != 1;
    if (!own) p = ttfs_value_materialise(x, p, why);
    return p && plain(x, p) ? ttfs_window_on(x, p, *g) : NULL;
}

const TtfsValue *ttfs_window_relu(TtfsAffine *x, const TtfsValue *v, const TtfsGrid *g,
                                  const char *why) {
    bool fresh;
    const TtfsValue *r = ttfs_value_relu(x, v, NULL, &fresh);
    if (!r) return NULL;
    uint32_t n, *at = ttfs_value_parts(x, r, &n);
    if (!at) return NULL;
    const TtfsValue **part = TTFS_ARRAY(&x->arena, const TtfsValue *, n);
    for (uint32_t i = 0; i < n; i++) {
        part[i] = ttfs_value_channels(x, r, at[i], at[i + 1] - at[i]);
        part[i] = part[i] ? window_part(x, part[i], g, why) : NULL;
        if (!part[i]) return NULL;
    }
    const TtfsValue *whole = n == 1 ? part[0] : ttfs_value_stack(x, n, part);
    if (!whole) return NULL;
    TtfsValue *out = ttfs_value_copy(x, whole);
    out->view = v->view;
    return out;
}
