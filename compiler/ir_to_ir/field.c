/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers over a map, in the shortest of four forms: none, one, one a channel, one an element.
 * Element-wise sums and products keep the longer form of the two and shorten it when an element
 * form turns out to be uniform. A field for which there is no room is none.
 */
#include "affine.h"

uint64_t ttfs_map_count(TtfsMap m) {
    return (uint64_t)m.c * m.h * m.w;
}

bool ttfs_map_same(TtfsMap a, TtfsMap b) {
    return a.c == b.c && a.h == b.h && a.w == b.w;
}

double ttfs_field_at(const TtfsField *f, TtfsMap m, uint64_t element, double none) {
    if (f->n <= 1) return f->n ? f->v[0] : none;
    return f->v[f->n == m.c ? element / ((uint64_t)m.h * m.w) : element];
}

TtfsField ttfs_field_uniform(TtfsArena *a, double v) {
    double *p = TTFS_NEW(a, double);
    *p = v;
    return (TtfsField){1, p};
}

/* One a channel -> one, or none. */
static TtfsField shorten(TtfsField f, double none) {
    for (uint64_t i = 1; i < f.n; i++)
        if (f.v[i] != f.v[0]) return f;
    if (f.n && f.v[0] == none) return (TtfsField){0, NULL};
    return (TtfsField){f.n ? 1 : 0, f.v};
}

TtfsField ttfs_field_of(TtfsArena *a, TtfsMap m, const double *elements, double none) {
    uint64_t count = ttfs_map_count(m), positions = (uint64_t)m.h * m.w;
    bool channels = true;
    for (uint64_t e = 0; channels && e < count; e++)
        channels = elements[e] == elements[e / positions * positions];
    uint64_t n = channels ? m.c : count;
    if (!ttfs_budget_array(a->budget, n, sizeof *elements)) return (TtfsField){0};
    double *v = TTFS_ARRAY(a, double, n);
    for (uint64_t i = 0; i < n; i++) v[i] = elements[channels ? i * positions : i];
    TtfsField f = {n, v};
    return channels ? shorten(f, none) : f;
}

typedef double Binary(double, double);

static double sum(double a, double b) {
    return a + b;
}

static double product(double a, double b) {
    return a * b;
}

static TtfsField combine(TtfsArena *a, TtfsMap m, TtfsField x, TtfsField y, double none,
                         Binary *op) {
    if (x.n == 0) return y;
    if (y.n == 0) return x;
    uint64_t count = ttfs_map_count(m), n = x.n > y.n ? x.n : y.n;
    if (!ttfs_budget_array(a->budget, n, sizeof(double))) return (TtfsField){0};
    double *v = TTFS_ARRAY(a, double, n);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t e = n == count ? i : n == m.c ? i * m.h * m.w : 0;
        v[i] = op(ttfs_field_at(&x, m, e, none), ttfs_field_at(&y, m, e, none));
    }
    TtfsField f = {n, v};
    return n == count && n != m.c ? ttfs_field_of(a, m, v, none) : shorten(f, none);
}

TtfsField ttfs_field_add(TtfsArena *a, TtfsMap m, TtfsField x, TtfsField y) {
    return combine(a, m, x, y, 0, sum);
}

TtfsField ttfs_field_mul(TtfsArena *a, TtfsMap m, TtfsField x, TtfsField y) {
    return combine(a, m, x, y, 1, product);
}

TtfsField ttfs_field_times(TtfsArena *a, TtfsMap m, TtfsField x, TtfsField factor) {
    return x.n ? combine(a, m, x, factor, 0, product) : x;
}

/* The part is channels first .. of the map. */
TtfsField ttfs_field_channels(TtfsMap m, TtfsField f, uint32_t first, TtfsMap part) {
    if (f.n <= 1) return f;
    if (f.n == m.c) return (TtfsField){part.c, f.v + first};
    return (TtfsField){ttfs_map_count(part), f.v + (uint64_t)first * m.h * m.w};
}

bool ttfs_field_nonneg(TtfsField f) {
    for (uint64_t i = 0; i < f.n; i++)
        if (!(f.v[i] >= 0)) return false;
    return true;
}

double *ttfs_field_expand(TtfsArena *a, TtfsMap m, TtfsField f, double none) {
    uint64_t count = ttfs_map_count(m);
    double *v = TTFS_ARRAY(a, double, count);
    for (uint64_t e = 0; e < count; e++) v[e] = ttfs_field_at(&f, m, e, none);
    return v;
}
