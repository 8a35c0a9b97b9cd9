/* SPDX-License-Identifier: Apache-2.0
 *
 * Populations: the relus of values. A value whose channels come from different layers (a concat) is
 * rectified part by part, so that no population holds weights that are only zeros. A value that
 * must be one without being a relu in the source is relu(v) - relu(-v), which is exact.
 */
#include "affine.h"

#include <math.h>

uint32_t ttfs_pop_add(TtfsAffine *x, TtfsTensor t, TtfsMap m, bool nonneg) {
    *TTFS_PUSH(&x->arena, x->pops) = (TtfsAffinePop){.t = t, .map = m, .nonneg = nonneg};
    return x->pops.len;
}

const TtfsValue *ttfs_value_of_pop(TtfsAffine *x, uint32_t pop, TtfsField k, int dir) {
    TtfsMap m = x->pops.at[pop - 1].map;
    TtfsValue *v = ttfs_value_new(x, m, ttfs_view_identity(ttfs_map_count(m)));
    TtfsAddend *t = TTFS_NEW(&x->arena, TtfsAddend);
    *t = (TtfsAddend){.pop = pop, .dir = dir, .l = ttfs_linear_scale(m, k)};
    v->terms = t;
    v->n = 1;
    return v;
}

/* The layer that makes the values, or the node at work. */
static const char *maker(const TtfsAffine *x, const TtfsValue *v) {
    for (uint32_t i = 0; i < v->n; i++)
        if (v->terms[i].l.name) return v->terms[i].l.name;
    return x->node ? x->node->name : "layer";
}

/* relu(v) as one population; every term is as wide as v. */
static const TtfsValue *rectify(TtfsAffine *x, const TtfsValue *v, const char *suffix) {
    const char *layer = maker(x, v);
    const char *name = x->node ? x->node->name : "relu";
    if (suffix) {
        layer = ttfs_arena_printf(&x->arena, "%s%s", layer, suffix);
        name = ttfs_arena_printf(&x->arena, "%s.relu", layer);
    }
    x->of = x->part ? maker(x, v) : NULL;
    TtfsTensor t = ttfs_emit_sum(x, v, layer);
    if (t.i) t = ttfs_emit_node(x, TTFS_OP_RELU, ttfs_unique_name(x, name), 1, &t, NULL, NULL);
    x->of = NULL;
    if (!t.i) return NULL;
    uint32_t pop = ttfs_pop_add(x, t, v->map, true);
    x->pops.at[pop - 1].part = x->part;
    return ttfs_value_of_pop(x, pop, (TtfsField){0}, 1);
}

static const TtfsValue *constant_relu(TtfsAffine *x, const TtfsValue *v) {
    if (!ttfs_budget_array(x->arena.budget, ttfs_map_count(v->map), sizeof(double))) return NULL;
    double *b = ttfs_field_expand(&x->arena, v->map, v->bias, 0);
    for (uint64_t e = 0; e < ttfs_map_count(v->map); e++) b[e] = fmax(0, b[e]);
    TtfsValue *out = ttfs_value_copy(x, v);
    out->bias = ttfs_field_of(&x->arena, v->map, b, 0);
    return out;
}

static const TtfsValue *relu_part(TtfsAffine *x, const TtfsValue *v, const char *suffix,
                                  bool *fresh) {
    if (v->n == 0) return constant_relu(x, v);
    if (suffix || !ttfs_value_nonneg(x, v)) return rectify(x, v, suffix);
    *fresh = false;
    return v;
}

/* The same of channels [at[0], at[1]) of the whole, which messages name; NULL: of all. */
static const TtfsValue *named_part(TtfsAffine *x, const TtfsValue *v, const uint32_t *at,
                                   const char *suffix, bool *fresh) {
    const char *outer = x->part;
    if (outer && at && at[1] - at[0] == 1)
        x->part = ttfs_arena_printf(&x->out->arena, "%s, channel %u", outer, at[0]);
    else if (outer && at)
        x->part =
            ttfs_arena_printf(&x->out->arena, "%s, channels %u to %u", outer, at[0], at[1] - 1);
    v = relu_part(x, v, suffix, fresh);
    x->part = outer;
    return v;
}

static bool cuttable(const TtfsValue *v, uint32_t n, const uint32_t *at) {
    bool ok = true;
    for (uint32_t i = 0; ok && n > 1 && i < n; i++)
        ok = ttfs_value_cut_cost(v, at[i], at[i + 1] - at[i]) <= 4 * TTFS_DENSE_MOST;
    return ok;
}

const TtfsValue *ttfs_settled_relu(TtfsAffine *x, const TtfsValue *v, const char *suffix,
                                   bool *fresh) {
    *fresh = true;
    if (!suffix && ttfs_value_nonneg(x, v)) {
        *fresh = false;
        return v;
    }
    uint32_t n, *at = ttfs_value_parts(x, v, &n);
    if (!at) return NULL;
    if (!cuttable(v, n, at)) { /* as one, with zeros where a term does not reach */
        const TtfsValue *whole = ttfs_value_widened(x, v);
        if (whole) return relu_part(x, whole, suffix, fresh);
        ttfs_obstacle(x, "use fewer groups, or none",
                      "it rectifies groups that end where those of other layers do not");
        return NULL;
    }
    const TtfsValue **part = TTFS_ARRAY(&x->arena, const TtfsValue *, n);
    for (uint32_t i = 0; i < n; i++) {
        part[i] = ttfs_value_cut(x, v, at[i], at[i + 1] - at[i]);
        if (part[i]) part[i] = named_part(x, part[i], n > 1 ? &at[i] : NULL, suffix, fresh);
        if (!part[i]) return NULL;
    }
    const TtfsValue *whole = n == 1 ? part[0] : ttfs_value_join(x, n, part);
    if (!whole) return NULL;
    TtfsValue *out = ttfs_value_copy(x, whole);
    out->view = v->view;
    out->floor = 0;
    return out;
}

static const TtfsValue *negated(TtfsAffine *x, const TtfsValue *v) {
    TtfsLinear minus = ttfs_linear_scale(v->map, ttfs_field_uniform(&x->arena, -1));
    return ttfs_value_through(x, v, &minus, (TtfsField){0});
}

const TtfsValue *ttfs_value_materialise(TtfsAffine *x, const TtfsValue *v, const char *why) {
    if (*v->known) return *v->known;
    bool fresh, nonneg = ttfs_value_nonneg(x, v);
    if (!ttfs_within_budget(x)) return NULL;
    ttfs_note(x->diag, TTFS_AT_NODE(x->file, x->node ? x->node->name : NULL),
              "the values of %s become %s of their own, at the cost of a window: %s", maker(x, v),
              nonneg ? "a population" : "two populations (above and below 0)", why);
    const char *outer = x->part;
    x->part = nonneg ? "values as a population" : "values above 0";
    const TtfsValue *above = ttfs_settled_relu(x, v, ".pos", &fresh);
    x->part = outer;
    if (!above || nonneg) return *v->known = above;
    const TtfsValue *below = negated(x, v);
    x->part = "values below 0";
    below = below ? ttfs_settled_relu(x, below, ".neg", &fresh) : NULL;
    x->part = outer;
    below = below ? negated(x, below) : NULL;
    if (!below) return NULL;
    TtfsAddend *terms = TTFS_ARRAY(&x->arena, TtfsAddend, above->n + below->n);
    for (uint32_t i = 0; i < above->n + below->n; i++) {
        terms[i] = i < above->n ? above->terms[i] : below->terms[i - above->n];
        terms[i].dir = i < above->n ? 1 : -1;
    }
    TtfsValue *out = ttfs_value_copy(x, above);
    out->terms = terms;
    out->n = above->n + below->n;
    out->bias = ttfs_field_add(&x->arena, v->map, above->bias, below->bias);
    out->floor = v->floor;
    return *v->known = out;
}

const TtfsValue *ttfs_settled_linear(TtfsAffine *x, const TtfsValue *v, const TtfsLinear *l,
                                     TtfsField bias) {
    const TtfsValue *out = ttfs_within_budget(x) ? ttfs_value_through(x, v, l, bias) : NULL;
    if (!out && ttfs_within_budget(x)) {
        v = ttfs_value_materialise(x, v,
                                   "the layers before and behind it cannot be one layer exactly");
        out = v && ttfs_within_budget(x) ? ttfs_value_through(x, v, l, bias) : NULL;
    }
    if (!out)
        ttfs_obstacle(x, "put a Relu between it and the layer before it, or use a smaller layer",
                      "its product with the layer before it has too many weights");
    return out;
}

const TtfsValue *ttfs_settled_spread(TtfsAffine *x, const TtfsValue *v, TtfsMap m) {
    if (m.h * m.w == 1) return v;
    TtfsPatch w = {{m.h, m.w}, {1, 1}, {1, 1}, {m.h - 1, m.w - 1, m.h - 1, m.w - 1}, m.c};
    double *ones = TTFS_ARRAY(&x->arena, double, (uint64_t)m.h *m.w);
    for (uint64_t i = 0; i < (uint64_t)m.h * m.w; i++) ones[i] = 1;
    TtfsLinear l = ttfs_linear_patch(v->map, m, &w, ones);
    return ttfs_settled_linear(x, v, &l, (TtfsField){0});
}

const TtfsValue *ttfs_settled_channels(TtfsAffine *x, const TtfsValue *v, uint32_t first,
                                       uint32_t count) {
    bool whole = first == 0 && count == v->map.c;
    if (!whole && ttfs_value_cut_cost(v, first, count) > 4 * TTFS_DENSE_MOST)
        v = ttfs_value_materialise(x, v, "its groups are cut apart");
    return v ? ttfs_value_cut(x, v, first, count) : NULL;
}
