/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools. The largest of a patch of k x + s is k times the largest (k > 0) or the smallest (k < 0)
 * x of the patch, plus s; so is every value that grows with one common number, whatever the number
 * of populations it is made of (a leaky or bounded rectifier). A pool of anything else waits, for a
 * relu behind it can go in front of it; when none comes, its source becomes populations.
 */
#include "affine.h"

#include <math.h>

/* True when the part (all terms as wide as it) can be pooled population by population. */
static bool poolable(const TtfsValue *p) {
    bool ok = p->bias.n <= p->map.c;
    for (uint32_t i = 0; ok && i < p->n; i++) {
        const TtfsAddend *t = &p->terms[i];
        ok = t->l.kind == TTFS_SCALE && !t->flat && t->l.k.n <= p->map.c &&
             (t->dir != 0 || p->n == 1);
    }
    return ok;
}

static bool same_patch(const TtfsPatch *a, const TtfsPatch *b) {
    bool same = true;
    for (int i = 0; i < 4; i++) same = same && a->pad[i] == b->pad[i];
    for (int i = 0; i < 2; i++)
        same = same && a->kernel[i] == b->kernel[i] && a->stride[i] == b->stride[i] &&
               a->dilation[i] == b->dilation[i];
    return same;
}

uint32_t ttfs_pop_pool(TtfsAffine *x, uint32_t source, const TtfsPatch *w, TtfsMap out, bool least,
                       const char *name) {
    uint32_t *link = &x->pops.at[source - 1].pools;
    for (; *link; link = &x->pops.at[*link - 1].twin) {
        const TtfsAffinePop *p = &x->pops.at[*link - 1];
        if (p->least == least && same_patch(&p->patch, w)) return *link;
    }
    const TtfsAffinePop *from = &x->pops.at[source - 1];
    TtfsMap m = {from->map.c, out.h, out.w};
    TtfsTensor in = from->t;
    bool nonneg = from->nonneg;
    TtfsGrid grid = from->grid;
    const char *outer = x->part, *part = from->part;
    x->of = part ? name : NULL;
    x->part = part;
    TtfsTensor t = ttfs_emit_node(x, least ? TTFS_OP_MINPOOL : TTFS_OP_MAXPOOL,
                                  ttfs_unique_name(x, name), 1, &in, w, NULL);
    x->of = NULL;
    x->part = outer;
    uint32_t pop = ttfs_pop_add(x, t, m, nonneg); /* moves x->pops */
    TtfsAffinePop *p = &x->pops.at[pop - 1], *owner = &x->pops.at[source - 1];
    p->grid = grid;
    p->part = part;
    p->patch = *w;
    p->least = least;
    p->source = source;
    p->twin = owner->pools;
    return owner->pools = pop;
}

static double factor(const TtfsAddend *t, uint32_t c) {
    return ttfs_field_at(&t->l.k, t->l.out, (uint64_t)c * t->l.out.h * t->l.out.w, 1);
}

/* Whether the value of channel c grows (+1) or falls (-1) with the common number; 0: it is
 * constant. */
static int direction(const TtfsValue *p, uint32_t c) {
    for (uint32_t i = 0; i < p->n; i++) {
        double k = factor(&p->terms[i], c);
        int dir = p->n == 1 ? 1 : p->terms[i].dir;
        if (k != 0) return k > 0 ? dir : -dir;
    }
    return 0;
}

/* Term i of the part in the channels whose value goes that way; false when there are none. */
static bool pool_term(TtfsAffine *x, const TtfsValue *p, uint32_t i, const TtfsValue *pool, int way,
                      TtfsAddend *out) {
    const TtfsAddend *t = &p->terms[i];
    double *k = TTFS_ARRAY(&x->arena, double, p->map.c);
    bool any = false, all = true;
    for (uint32_t c = 0; c < p->map.c; c++) {
        int d = direction(p, c);
        k[c] = d == way ? factor(t, c) : 0;
        any = any || k[c] != 0;
        all = all && (d == way || d == 0);
    }
    if (!any) return false;
    TtfsMap m = {p->map.c, pool->map.h, pool->map.w};
    int dir = p->n == 1 ? 1 : t->dir;
    bool least = pool->least != ((way < 0) != (dir < 0));
    *out = *t;
    out->dir = dir;
    out->pop = ttfs_pop_pool(x, t->pop, &pool->patch, m, least, pool->name);
    out->l = ttfs_linear_scale(m, all ? t->l.k : (TtfsField){p->map.c, k});
    return true;
}

static const TtfsValue *pool_part(TtfsAffine *x, const TtfsValue *p, const TtfsValue *pool) {
    uint64_t work = (uint64_t)p->map.c * p->n * p->n; /* a channel's direction, for every term */
    if (!ttfs_budget_spend(x->arena.budget, 2 * work) ||
        !ttfs_budget_array(x->arena.budget, (uint64_t)p->map.c * p->n, 2 * sizeof(double)))
        return NULL;
    TtfsMap m = {p->map.c, pool->map.h, pool->map.w};
    TtfsValue *out = ttfs_value_new(x, m, ttfs_view_identity(ttfs_map_count(m)));
    TtfsAddend *terms = TTFS_ARRAY(&x->arena, TtfsAddend, 2 * (size_t)p->n);
    for (uint32_t i = 0; i < p->n; i++) {
        out->n += pool_term(x, p, i, pool, 1, &terms[out->n]);
        out->n += pool_term(x, p, i, pool, -1, &terms[out->n]);
    }
    out->terms = terms;
    out->bias = p->bias;
    out->floor = p->floor;
    return out;
}

/* Few runs of channels that go one way each are pooled apart; else both pools of all channels are
 * made, and the factors of each are 0 where the other one holds. */
static const TtfsValue *pool_runs(TtfsAffine *x, const TtfsValue *p, const TtfsValue *pool) {
    enum { MOST = 4 };
    uint32_t at[MOST + 1] = {0}, n = 1;
    int way = 0;
    for (uint32_t c = 0; c < p->map.c && n <= MOST; c++) {
        int d = direction(p, c);
        if (way * d < 0) at[n++] = c;
        if (d) way = d;
    }
    if (n == 1 || n > MOST) return pool_part(x, p, pool);
    const TtfsValue *part[MOST];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t end = i + 1 < n ? at[i + 1] : p->map.c;
        part[i] = ttfs_settled_channels(x, p, at[i], end - at[i]);
        part[i] = part[i] ? pool_part(x, part[i], pool) : NULL;
        if (!part[i]) return NULL;
    }
    return ttfs_value_join(x, n, part);
}

/* A zero padding in front of the largest of values >= 0 is padding of the pool. */
static bool pool_padding(TtfsAffine *x, const TtfsValue *p, const TtfsValue *pool, TtfsValue *plain,
                         TtfsValue *padded) {
    if (pool->least || p->n != 1 || p->bias.n || p->terms[0].l.kind != TTFS_KERNEL) return false;
    const TtfsAddend *t = &p->terms[0];
    const TtfsPatch *w = &t->l.patch;
    bool point = w->kernel[0] * w->kernel[1] == 1 && w->stride[0] == 1 && w->stride[1] == 1;
    if (!point || t->flat || w->group != t->l.in.c || t->l.out.c != t->l.in.c) return false;
    if (!ttfs_value_nonneg(x, p)) return false;
    *padded = *pool;
    for (int i = 0; i < 4; i++) {
        const TtfsPatch *q = &pool->patch;
        uint64_t span = (uint64_t)(q->kernel[i & 1] - 1) * q->dilation[i & 1] + 1;
        uint64_t pad = (uint64_t)q->pad[i] + w->pad[i], size = i & 1 ? t->l.in.w : t->l.in.h;
        if (pad >= span || (pad && q->dilation[i & 1] > size)) return false;
        padded->patch.pad[i] = (uint32_t)pad;
    }
    double *k = TTFS_ARRAY(&x->arena, double, t->l.out.c);
    for (uint32_t c = 0; c < t->l.out.c; c++) ttfs_linear_row(&t->l, c, &k[c]);
    TtfsAddend *scale = TTFS_NEW(&x->arena, TtfsAddend);
    *scale = *t;
    scale->l = ttfs_linear_scale(t->l.in, (TtfsField){t->l.out.c, k});
    *plain = *p;
    plain->map = t->l.in;
    plain->terms = scale;
    return true;
}

/* The largest (least: smallest) constant of the patch at (y, v) of a plane. */
static double patch_extreme(const TtfsValue *pool, TtfsMap in, const double *plane, uint32_t y,
                            uint32_t v) {
    const TtfsPatch *w = &pool->patch;
    double best = pool->least ? INFINITY : -INFINITY;
    for (uint32_t j = 0; j < w->kernel[0]; j++)
        for (uint32_t i = 0; i < w->kernel[1]; i++) {
            int64_t at = (int64_t)y * w->stride[0] + (int64_t)j * w->dilation[0] - w->pad[0];
            int64_t to = (int64_t)v * w->stride[1] + (int64_t)i * w->dilation[1] - w->pad[1];
            if (at < 0 || to < 0 || at >= in.h || to >= in.w) continue;
            double c = plane[(uint64_t)at * in.w + (uint64_t)to];
            best = pool->least ? fmin(best, c) : fmax(best, c);
        }
    return best;
}

static const TtfsValue *pool_constant(TtfsAffine *x, const TtfsValue *p, const TtfsValue *pool) {
    TtfsMap m = {p->map.c, pool->map.h, pool->map.w};
    uint64_t taps = (uint64_t)pool->patch.kernel[0] * pool->patch.kernel[1];
    if (!ttfs_budget_spend(x->arena.budget, ttfs_map_count(m) * taps) ||
        !ttfs_budget_array(x->arena.budget, ttfs_map_count(m), sizeof(double)))
        return NULL;
    double *all = TTFS_ARRAY(&x->arena, double, ttfs_map_count(m)), *at = all;
    for (uint32_t c = 0; c < m.c; c++)
        for (uint32_t y = 0; y < m.h; y++)
            for (uint32_t v = 0; v < m.w; v++)
                *at++ = patch_extreme(pool, p->map, p->bias.v + (uint64_t)c * p->map.h * p->map.w,
                                      y, v);
    TtfsValue *out = ttfs_value_new(x, m, ttfs_view_identity(ttfs_map_count(m)));
    out->bias = ttfs_field_of(&x->arena, m, all, 0);
    return out;
}

static const TtfsValue *pool_any(TtfsAffine *x, const TtfsValue *p, const TtfsValue *pool) {
    TtfsValue plain, padded;
    if (p->n == 0 && p->bias.n > p->map.c) return pool_constant(x, p, pool);
    if (poolable(p)) return pool_runs(x, p, pool);
    if (pool_padding(x, p, pool, &plain, &padded)) return pool_runs(x, &plain, &padded);
    p = ttfs_value_materialise(x, p, "a pool takes the values of populations");
    if (!p) return NULL;
    uint32_t n, *at = ttfs_value_parts(x, p, &n);
    if (!at) return NULL;
    return n == 1 && at[1] && poolable(p) ? pool_runs(x, p, pool) : NULL;
}

const TtfsValue *ttfs_value_force(TtfsAffine *x, const TtfsValue *v) {
    if (!v || !v->pooled) return v;
    if (*v->known) return *v->known;
    const TtfsValue *inner = ttfs_value_force(x, v->pooled);
    if (!inner) return NULL;
    if (inner->map.h * inner->map.w == 1) { /* every patch holds the one value */
        const TtfsValue *same = ttfs_settled_spread(x, inner, v->map);
        if (!same) return NULL;
        TtfsValue *out = ttfs_value_copy(x, same);
        out->view = v->view;
        return *v->known = out;
    }
    uint32_t n, *at = ttfs_value_parts(x, inner, &n);
    if (!at) return NULL;
    const TtfsValue **part = TTFS_ARRAY(&x->arena, const TtfsValue *, n);
    for (uint32_t i = 0; i < n; i++) {
        part[i] = ttfs_settled_channels(x, inner, at[i], at[i + 1] - at[i]);
        part[i] = part[i] ? pool_any(x, part[i], v) : NULL;
        if (!part[i]) return NULL;
    }
    const TtfsValue *whole = n == 1 ? part[0] : ttfs_value_join(x, n, part);
    if (!whole) return NULL;
    TtfsValue *out = ttfs_value_copy(x, whole);
    out->view = v->view;
    return *v->known = out;
}

const TtfsValue *ttfs_value_pool(TtfsAffine *x, const TtfsValue *v, const TtfsPatch *w, TtfsMap out,
                                 bool least, const char *name) {
    uint32_t depth = 0; /* of pools that wait for one another */
    for (const TtfsValue *p = v; p->pooled; p = p->pooled) depth++;
    if (depth >= 8) v = ttfs_value_force(x, v);
    if (!v) return NULL;
    TtfsValue *pool = ttfs_value_new(x, out, ttfs_view_identity(ttfs_map_count(out)));
    pool->pooled = v;
    pool->patch = *w;
    pool->least = least;
    pool->name = name;
    if (v->pooled) return pool;
    uint32_t n, *at = ttfs_value_parts(x, v, &n);
    if (!at) return NULL;
    for (uint32_t i = 0; i < n; i++) {
        const TtfsValue *p = ttfs_settled_channels(x, v, at[i], at[i + 1] - at[i]);
        if (!p || !poolable(p)) return pool;
    }
    return ttfs_value_force(x, pool);
}
