/* SPDX-License-Identifier: Apache-2.0
 *
 * Element by element: sums, factors, and activations as sums of relus:
 *   leaky, prelu   relu(x) - k relu(-x)          abs         relu(x) + relu(-x)
 *   max(x, c)      c + relu(x - c)               min(x, c)   c - relu(c - x)
 *   clip           lo + relu(x - lo), whose window ends at hi - lo (window.c)
 * All but abs (and slopes below 0) grow with x, so they may stand in front of a pool in place of
 * behind it, and their results can be pooled relu by relu.
 */
#include "operand.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const TtfsField NONE = {0};

static const TtfsValue *negate(TtfsAffine *x, const TtfsValue *v) {
    return v ? ttfs_value_affine(x, v, ttfs_field_uniform(&x->arena, -1), NONE) : NULL;
}

const TtfsValue *ttfs_op_sum(TtfsAffine *x) {
    const TtfsValue *a, *b;
    if (!ttfs_operands(x, &a, &b)) return NULL;
    if (x->node->op == TTFS_OP_SUB) b = negate(x, b);
    if (!b) return NULL;
    if (b->n == 0 && !b->pooled) return ttfs_value_affine(x, a, NONE, b->bias);
    if (a->n == 0 && !a->pooled) return ttfs_value_affine(x, b, NONE, a->bias);
    return ttfs_value_add(x, a, b);
}

const TtfsValue *ttfs_op_scale(TtfsAffine *x) {
    const TtfsNode *n = x->node;
    if (n->op == TTFS_OP_NEG) return negate(x, ttfs_operand(x, 0));
    uint32_t k = n->op == TTFS_OP_DIV || ttfs_is_constant(x, 1); /* the constant one */
    if (!ttfs_is_constant(x, k)) {
        ttfs_obstacle(x, "multiply and divide activations by constants only",
                      "a product or quotient of two activations is outside the mapping");
        return NULL;
    }
    const TtfsValue *a, *b;
    if (!ttfs_operands(x, &a, &b)) return NULL;
    const TtfsValue *v = k ? a : b, *c = k ? b : a;
    TtfsField factor = c->bias.n ? c->bias : ttfs_field_uniform(&x->arena, 0);
    if (n->op == TTFS_OP_DIV) {
        double *inverse = TTFS_ARRAY(&x->arena, double, factor.n);
        bool ok = true;
        for (uint64_t i = 0; i < factor.n; i++) {
            ok = ok && factor.v[i] != 0;
            inverse[i] = 1 / factor.v[i];
        }
        if (!ok) {
            ttfs_obstacle(x, "divide by numbers other than 0", "it divides by 0");
            return NULL;
        }
        factor.v = inverse;
    }
    return ttfs_value_affine(x, v, factor, NONE);
}

/* The value with every population said to go that way (0: nothing is known). */
static const TtfsValue *directed(TtfsAffine *x, const TtfsValue *v, int dir) {
    TtfsValue *out = ttfs_value_copy(x, v);
    TtfsAddend *terms = TTFS_ARRAY(&x->arena, TtfsAddend, v->n);
    for (uint32_t i = 0; i < v->n; i++) {
        terms[i] = v->terms[i];
        terms[i].dir = dir;
    }
    out->terms = terms;
    return out;
}

/* a + b, whose populations go as said when both are new. */
static const TtfsValue *join(TtfsAffine *x, const TtfsValue *a, const TtfsValue *b,
                             bool monotonic) {
    const TtfsValue *sum = a && b ? ttfs_value_add(x, a, b) : NULL;
    if (!sum || !monotonic || sum->n != a->n + b->n) return sum;
    TtfsValue *out = ttfs_value_copy(x, sum);
    TtfsAddend *terms = TTFS_ARRAY(&x->arena, TtfsAddend, sum->n);
    for (uint32_t i = 0; i < sum->n; i++) {
        terms[i] = sum->terms[i];
        terms[i].dir = i < a->n ? a->terms[i].dir : b->terms[i - a->n].dir;
    }
    out->terms = terms;
    return out;
}

/* What waits behind the pool, put in front of it as `inner`. */
static const TtfsValue *behind(TtfsAffine *x, const TtfsValue *pool, const TtfsValue *inner) {
    const TtfsValue *again =
        inner ? ttfs_value_pool(x, inner, &pool->patch, pool->map, pool->least, pool->name) : NULL;
    if (!again) return NULL;
    TtfsValue *out = ttfs_value_copy(x, again);
    out->view = pool->view;
    return out;
}

/* relu(v), one of several that the rectifier at work becomes. */
static const TtfsValue *relu_of(TtfsAffine *x, const TtfsValue *v, const char *part, bool *fresh) {
    if (!v) return NULL;
    x->part = ttfs_arena_printf(&x->out->arena, "%s, for %s", part, x->node->name);
    v = ttfs_value_relu(x, v, NULL, fresh);
    x->part = NULL;
    return v;
}

/* relu(x) + k relu(-x) */
static const TtfsValue *two_sides(TtfsAffine *x, const TtfsValue *v, TtfsField k) {
    bool up, down;
    TtfsField minus = ttfs_field_times(&x->arena, v->map, k, ttfs_field_uniform(&x->arena, -1));
    bool grows = k.n && ttfs_field_nonneg(minus);
    if (ttfs_value_nonneg(x, v)) return v;
    if (v->pooled && grows && k.n <= v->map.c) return behind(x, v, two_sides(x, v->pooled, k));
    v = ttfs_value_force(x, v);
    if (!v) return NULL;
    const TtfsValue *a = relu_of(x, v, "values above 0", &up);
    const TtfsValue *b = a ? relu_of(x, negate(x, v), "values below 0", &down) : NULL;
    if (!b) return NULL;
    b = ttfs_value_affine(x, down ? directed(x, b, -1) : b, k, NONE);
    return join(x, a, b, up && down && grows);
}

/* max(v, c), c over the map of v */
static const TtfsValue *at_least(TtfsAffine *x, const TtfsValue *v, TtfsField c) {
    bool fresh;
    if (v->pooled && c.n <= v->map.c) return behind(x, v, at_least(x, v->pooled, c));
    TtfsField minus = ttfs_field_times(&x->arena, v->map, c, ttfs_field_uniform(&x->arena, -1));
    const TtfsValue *r = ttfs_value_affine(x, v, NONE, minus);
    r = r ? ttfs_value_relu(x, r, NULL, &fresh) : NULL;
    return r ? ttfs_value_affine(x, r, NONE, c) : NULL;
}

/* min(v, c) */
static const TtfsValue *at_most(TtfsAffine *x, const TtfsValue *v, TtfsField c) {
    bool fresh;
    if (v->pooled && c.n <= v->map.c) return behind(x, v, at_most(x, v->pooled, c));
    const TtfsValue *r = ttfs_value_affine(x, v, ttfs_field_uniform(&x->arena, -1), c);
    r = r ? ttfs_value_relu(x, r, NULL, &fresh) : NULL;
    if (!r) return NULL;
    if (fresh) r = directed(x, r, -1);
    return ttfs_value_affine(x, r, ttfs_field_uniform(&x->arena, -1), c);
}

static TtfsField bound(TtfsAffine *x, float v) {
    return v == 0 ? NONE : ttfs_field_uniform(&x->arena, (double)v);
}

static const TtfsValue *with_floor(TtfsAffine *x, const TtfsValue *v, double floor) {
    if (!v || v->floor >= floor) return v;
    TtfsValue *out = ttfs_value_copy(x, v);
    out->floor = floor;
    return out;
}

static const TtfsValue *one_number(TtfsAffine *x, const TtfsValue *v, float c) {
    TtfsValue *out = ttfs_value_new(x, v->map, v->view);
    out->bias = bound(x, c);
    return out;
}

/* min(relu(v), top), top > 0 */
static const TtfsValue *ended(TtfsAffine *x, const TtfsValue *v, double top) {
    return ttfs_window_relu(x, v, &(TtfsGrid){0, 0, top}, "the network bounds them there");
}

static const TtfsValue *clip(TtfsAffine *x, const TtfsValue *v, float lo, float hi) {
    bool low = lo > -FLT_MAX, high = hi < FLT_MAX;
    if (v->pooled) return behind(x, v, clip(x, v->pooled, lo, hi));
    if (low && (v->floor >= (double)lo || (lo <= 0 && ttfs_value_nonneg(x, v)))) low = false;
    double floor = lo > -FLT_MAX ? (double)lo : -INFINITY;
    if (!low && !high) return v;
    bool above = !low && ttfs_value_nonneg(x, v);
    if (high && (hi <= lo || (above && hi <= 0))) return one_number(x, v, hi);
    if (above) return with_floor(x, ended(x, v, (double)hi), fmax(0, floor));
    if (!low) return with_floor(x, at_most(x, v, bound(x, hi)), floor);
    if (!high) return with_floor(x, at_least(x, v, bound(x, lo)), floor);
    const TtfsValue *y = ttfs_value_affine(x, v, NONE, bound(x, -lo));
    y = y ? ended(x, y, (double)hi - (double)lo) : NULL;
    return y ? with_floor(x, ttfs_value_affine(x, y, NONE, bound(x, lo)), floor) : NULL;
}

/* Largest or smallest of v and a constant; of v and one number it is a clip. */
static const TtfsValue *extreme_of_constant(TtfsAffine *x, const TtfsValue *v, TtfsField c,
                                            bool least) {
    float one = c.n == 1 ? (float)c.v[0] : 0;
    if (c.n == 1 && (double)one == c.v[0])
        return least ? clip(x, v, -INFINITY, one) : clip(x, v, one, INFINITY);
    bool above = ttfs_field_nonneg(c) && (!least || ttfs_value_nonneg(x, v));
    v = least ? at_most(x, v, c) : at_least(x, v, c);
    return above ? with_floor(x, v, 0) : v;
}

/* Largest or smallest of two: b + relu(a - b), b - relu(b - a). */
static const TtfsValue *extreme(TtfsAffine *x, bool least) {
    const TtfsValue *a, *b;
    if (!ttfs_operands(x, &a, &b)) return NULL;
    if (a->n == 0 && !a->pooled) {
        const TtfsValue *swap = a;
        a = b;
        b = swap;
    }
    if (b->n == 0 && !b->pooled) return extreme_of_constant(x, a, b->bias, least);
    bool fresh;
    const TtfsValue *d = least ? negate(x, a) : negate(x, b);
    d = d ? ttfs_value_add(x, least ? b : a, d) : NULL;
    d = d ? ttfs_value_relu(x, d, NULL, &fresh) : NULL;
    if (d && least) d = negate(x, d);
    return d ? ttfs_value_add(x, b, d) : NULL;
}

static const TtfsValue *activate(TtfsAffine *x, const TtfsValue *v) {
    const TtfsNode *n = x->node;
    const TtfsIrAttr *a = &n->attr;
    TtfsField one = ttfs_field_uniform(&x->arena, 1);
    bool fresh;
    if (n->op == TTFS_OP_RELU) return ttfs_value_relu(x, v, NULL, &fresh);
    if (n->op == TTFS_OP_CLIP) return clip(x, v, a->lo, a->hi);
    if (n->op == TTFS_OP_ABS) return with_floor(x, two_sides(x, v, one), 0);
    if (n->op == TTFS_OP_LEAKYRELU)
        return two_sides(x, v, ttfs_field_uniform(&x->arena, -(double)a->slope));
    TtfsField k = ttfs_constant_field(x, 1, v, 1), minus = ttfs_field_uniform(&x->arena, -1);
    return two_sides(x, v, ttfs_field_mul(&x->arena, v->map, k, minus));
}

const TtfsValue *ttfs_op_activation(TtfsAffine *x) {
    const TtfsNode *n = x->node;
    if (n->op == TTFS_OP_MAX || n->op == TTFS_OP_MIN) return extreme(x, n->op == TTFS_OP_MIN);
    if (n->op == TTFS_OP_PRELU && !ttfs_is_constant(x, 1)) {
        ttfs_obstacle(x, "use constant slopes", "its slopes are computed");
        return NULL;
    }
    return activate(x, ttfs_operand(x, 0));
}
