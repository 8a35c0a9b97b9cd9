/* SPDX-License-Identifier: Apache-2.0
 *
 * What the operations share: their operands as values or constants, constants broadcast over maps,
 * two values brought onto one map.
 */
#include "affine.h"

#include "operand.h"

#include <string.h>

const TtfsTensorInfo *ttfs_in(const TtfsAffine *x, uint32_t k) {
    return ttfs_ir_tensor(x->in, x->node->in[k]);
}

const TtfsTensorInfo *ttfs_result(const TtfsAffine *x) {
    return ttfs_ir_tensor(x->in, x->node->out);
}

TtfsMap ttfs_map_of(const TtfsTensorInfo *t) {
    if (t->rank == 4 && t->dim[0] == 1) return (TtfsMap){t->dim[1], t->dim[2], t->dim[3]};
    return (TtfsMap){(uint32_t)ttfs_ir_count(t), 1, 1};
}

const TtfsValue *ttfs_operand(TtfsAffine *x, uint32_t k) {
    const TtfsValue **v = &x->values[x->node->in[k].i - 1];
    const TtfsTensorInfo *t = ttfs_in(x, k);
    if (*v || !t->data) return *v;
    TtfsMap m = ttfs_map_of(t);
    uint64_t count = ttfs_map_count(m);
    bool room = ttfs_budget_array(x->arena.budget, count, 2 * sizeof(double));
    TtfsValue *c = ttfs_value_new(x, m, ttfs_view_identity(count));
    if (!room) return *v = c;
    TtfsArena scratch = {0};
    double *all = TTFS_ARRAY(&scratch, double, count);
    for (uint64_t e = 0; e < count; e++) all[e] = (double)t->data[e];
    c->bias = ttfs_field_of(&x->arena, m, all, 0);
    ttfs_arena_free(&scratch);
    return *v = c;
}

bool ttfs_is_constant(TtfsAffine *x, uint32_t k) {
    const TtfsValue *v = x->values[x->node->in[k].i - 1];
    return ttfs_in(x, k)->data || (v && v->n == 0 && !v->pooled);
}

double *ttfs_constant(TtfsAffine *x, TtfsArena *a, uint32_t k) {
    if (!ttfs_is_constant(x, k)) return NULL;
    const TtfsTensorInfo *t = ttfs_in(x, k);
    uint64_t count = ttfs_ir_count(t);
    double *all = TTFS_ARRAY(a, double, count);
    for (uint64_t e = 0; t->data && e < count; e++) all[e] = (double)t->data[e];
    if (t->data) return all;
    const TtfsValue *v = ttfs_operand(x, k);
    uint32_t *table = ttfs_view_table(a, &v->view, count);
    for (uint64_t e = 0; e < count; e++)
        all[e] = ttfs_field_at(&v->bias, v->map, table ? table[e] : e, 0);
    return all;
}

bool ttfs_base(TtfsAffine *x, uint32_t k, TtfsLinear *l) {
    if (!ttfs_is_constant(x, k)) return false;
    l->f = ttfs_in(x, k)->data;
    l->d = l->f ? NULL : ttfs_constant(x, &x->arena, k);
    return true;
}

TtfsField ttfs_broadcast(TtfsAffine *x, const TtfsValue *v, const TtfsTensorInfo *t,
                         const double *values, double none) {
    const TtfsTensorInfo *to = ttfs_result(x);
    if (!ttfs_budget_array(x->arena.budget, ttfs_ir_count(to), 3 * sizeof(double)))
        return (TtfsField){0};
    if (ttfs_ir_count(t) == 1) return ttfs_field_of(&x->arena, (TtfsMap){1, 1, 1}, values, none);
    TtfsArena scratch = {0};
    uint64_t count = ttfs_ir_count(to), stride[TTFS_MAX_RANK] = {0}, size = 1;
    uint32_t digit[TTFS_MAX_RANK] = {0}, lead = to->rank - t->rank;
    for (uint32_t i = t->rank; i-- > 0;) {
        stride[i + lead] = t->dim[i] == 1 ? 0 : size;
        size *= t->dim[i];
    }
    double *all = TTFS_ARRAY(&scratch, double, count);
    uint32_t *table = ttfs_view_table(&scratch, &v->view, count);
    uint64_t at = 0;
    for (uint64_t e = 0; e < count; e++) {
        all[table ? table[e] : e] = values[at];
        for (uint32_t i = to->rank; i-- > 0;) {
            at += stride[i];
            if (++digit[i] < to->dim[i]) break;
            at -= stride[i] * to->dim[i];
            digit[i] = 0;
        }
    }
    TtfsField f = ttfs_field_of(&x->arena, v->map, all, none);
    ttfs_arena_free(&scratch);
    return f;
}

TtfsField ttfs_constant_field(TtfsAffine *x, uint32_t k, const TtfsValue *v, double none) {
    TtfsArena scratch = {0};
    double *values = ttfs_constant(x, &scratch, k);
    TtfsField f = ttfs_broadcast(x, v, ttfs_in(x, k), values, none);
    ttfs_arena_free(&scratch);
    return f;
}

const TtfsValue *ttfs_as_map(TtfsAffine *x, const TtfsValue *v, const TtfsTensorInfo *t) {
    TtfsMap m = ttfs_map_of(t);
    if (t->rank != 4 || t->dim[0] != 1) {
        ttfs_obstacle(x, "use one sample at a time", "its input is not one sample");
        return NULL;
    }
    const TtfsValue *out = ttfs_value_rearrange(x, v, m);
    if (!out)
        ttfs_obstacle(
            x, "export the network with channels first, and without moves between layers",
            "the order of its input (a transposition or reshape of activations) cannot be "
            "taken into its weights");
    return out;
}

const TtfsValue *ttfs_value_select(TtfsAffine *x, const TtfsValue *v, TtfsMap m,
                                   const uint32_t *from) {
    uint64_t rows = ttfs_map_count(m), cols = ttfs_map_count(v->map);
    double *d = TTFS_ARRAY(&x->arena, double, rows *cols);
    uint32_t *table = ttfs_view_table(&x->arena, &v->view, cols);
    for (uint64_t r = 0; r < rows; r++) d[r * cols + (table ? table[from[r]] : from[r])] = 1;
    TtfsLinear l = {.kind = TTFS_MATRIX, .in = v->map, .out = m, .d = d, .rs = cols, .cs = 1};
    return ttfs_value_linear(x, v, &l, (TtfsField){0});
}

/* Which element of `t` each element of the result takes, as a matrix. */
static const TtfsValue *repeat(TtfsAffine *x, const TtfsValue *v, const TtfsTensorInfo *t) {
    TtfsMap m = ttfs_map_of(ttfs_result(x));
    uint64_t rows = ttfs_map_count(m), cols = ttfs_map_count(v->map);
    if (rows * cols > TTFS_DENSE_MOST) return NULL;
    const TtfsValue *wide = ttfs_value_new(x, m, ttfs_view_identity(rows));
    double *number = TTFS_ARRAY(&x->arena, double, cols);
    for (uint64_t e = 0; e < cols; e++) number[e] = (double)e;
    TtfsField of = ttfs_broadcast(x, wide, t, number, 0);
    uint32_t *from = TTFS_ARRAY(&x->arena, uint32_t, rows);
    for (uint64_t r = 0; r < rows; r++) from[r] = (uint32_t)ttfs_field_at(&of, m, r, 0);
    return ttfs_value_select(x, v, m, from);
}

/* Input of shape `t` over the result's shape; NULL when it takes too many weights. */
static const TtfsValue *spread(TtfsAffine *x, const TtfsValue *v, const TtfsTensorInfo *t) {
    const TtfsTensorInfo *to = ttfs_result(x);
    TtfsMap m = ttfs_map_of(to), from = v->map;
    bool map = to->rank == 4 && to->dim[0] == 1 && t->rank >= 3 && ttfs_view_is_identity(&v->view);
    for (uint32_t i = 0; map && i < 3; i++)
        map = t->dim[t->rank - 3 + i] == (i == 0 ? from.c : i == 1 ? from.h : from.w);
    if (map && from.c == m.c && from.h * from.w == 1) return ttfs_value_spread(x, v, m);
    if (map && from.c == 1 && from.h == m.h && from.w == m.w) { /* one channel for all */
        static const TtfsPatch point = {{1, 1}, {1, 1}, {1, 1}, {0}, 1};
        TtfsLinear l = ttfs_linear_patch(from, m, &point, ttfs_field_uniform(&x->arena, 1).v);
        return ttfs_value_linear(x, v, &l, (TtfsField){0});
    }
    return repeat(x, v, t);
}

/* Input k over the result's shape. */
static const TtfsValue *spread_operand(TtfsAffine *x, uint32_t k) {
    const TtfsValue *v = ttfs_operand(x, k);
    if (ttfs_ir_count(ttfs_in(x, k)) == ttfs_ir_count(ttfs_result(x))) return v;
    const TtfsValue *wide = spread(x, v, ttfs_in(x, k));
    if (!wide)
        ttfs_obstacle(x, "give both operands the same shape", "it spreads activations over others");
    return wide;
}

static bool conform(TtfsAffine *x, const TtfsValue **a, const TtfsValue **b) {
    const TtfsValue *p = *a, *q = *b;
    if (ttfs_map_same(p->map, q->map) && ttfs_view_same(&p->view, &q->view)) return true;
    TtfsMap m = ttfs_view_is_identity(&p->view)   ? p->map
                : ttfs_view_is_identity(&q->view) ? q->map
                                                  : ttfs_map_of(ttfs_result(x));
    for (int attempt = 0; attempt < 2; attempt++) {
        const TtfsValue *u = ttfs_value_rearrange(x, p, m);
        const TtfsValue *v = u ? ttfs_value_rearrange(x, q, m) : NULL;
        if (v) {
            *a = u;
            *b = v;
            return true;
        }
        m = attempt ? m : (TtfsMap){(uint32_t)ttfs_map_count(m), 1, 1};
    }
    return ttfs_obstacle(x, "keep both operands in one order (channels first)",
                         "its operands lie in memory in different orders");
}

bool ttfs_operands(TtfsAffine *x, const TtfsValue **a, const TtfsValue **b) {
    const TtfsValue **v[2] = {a, b};
    for (uint32_t k = 0; k < 2; k++) {
        *v[k] = NULL;
        if (ttfs_is_constant(x, k) && !ttfs_is_constant(x, !k)) continue;
        *v[k] = spread_operand(x, k);
        if (!*v[k]) return false;
    }
    for (uint32_t k = 0; k < 2; k++) {
        if (*v[k]) continue;
        const TtfsValue *other = *v[!k];
        TtfsValue *c = ttfs_value_new(x, other->map, other->view);
        c->bias = ttfs_constant_field(x, k, other, 0);
        *v[k] = c;
    }
    return conform(x, a, b);
}
