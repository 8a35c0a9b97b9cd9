/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers over patches of a map: convolution, average pool, largest and smallest.
 */
#include "operand.h"

#include <string.h>

static TtfsPatch patch_of(const TtfsNode *n, uint32_t group) {
    TtfsPatch w = {.group = group};
    memcpy(w.kernel, n->attr.kernel, sizeof w.kernel);
    memcpy(w.stride, n->attr.stride, sizeof w.stride);
    memcpy(w.dilation, n->attr.dilation, sizeof w.dilation);
    memcpy(w.pad, n->attr.pad, sizeof w.pad);
    return w;
}

/* A kernel from one position to one is a matrix of the tap that meets it. */
static void flatten_point(TtfsAffine *x, TtfsLinear *l) {
    const TtfsPatch *w = &l->patch;
    uint32_t tap[2];
    if (l->in.h * l->in.w != 1 || l->out.h * l->out.w != 1 || w->group != 1) return;
    for (int i = 0; i < 2; i++) {
        tap[i] = w->pad[i] / w->dilation[i];
        if (w->pad[i] % w->dilation[i] || tap[i] >= w->kernel[i]) return;
    }
    uint64_t taps = (uint64_t)w->kernel[0] * w->kernel[1];
    uint64_t at = (uint64_t)tap[0] * w->kernel[1] + tap[1];
    l->kind = TTFS_MATRIX;
    if (l->perm) {
        uint32_t *perm = TTFS_ARRAY(&x->arena, uint32_t, l->in.c);
        for (uint32_t c = 0; c < l->in.c; c++) perm[c] = l->perm[c * taps + at];
        l->perm = perm;
        return;
    }
    l->cs = taps;
    if (l->f) l->f += at;
    if (l->d) l->d += at;
}

/* The weights for an input whose channel c is channel order[c] of the map; not grouped. */
static void permute(TtfsAffine *x, TtfsLinear *l, const uint32_t *order) {
    *l = ttfs_linear_ungroup(&x->arena, l);
    uint64_t taps = (uint64_t)l->patch.kernel[0] * l->patch.kernel[1], cols = ttfs_linear_cols(l);
    uint32_t *perm = TTFS_ARRAY(&x->arena, uint32_t, cols);
    for (uint32_t c = 0; c < l->in.c; c++)
        for (uint64_t t = 0; t < taps; t++) perm[order[c] * taps + t] = (uint32_t)(c * taps + t);
    l->perm = perm;
}

/* Of a depthwise kernel the channels of result and source are in one order, which the view keeps.
 */
static void permute_rows(TtfsAffine *x, TtfsLinear *l, const uint32_t *order) {
    uint64_t taps = ttfs_linear_cols(l);
    double *d = TTFS_ARRAY(&x->arena, double, l->out.c *taps);
    for (uint32_t c = 0; c < l->out.c; c++) ttfs_linear_row(l, c, d + order[c] * taps);
    if (l->quantum) {
        double *quantum = TTFS_ARRAY(&x->arena, double, l->out.c);
        for (uint32_t c = 0; c < l->out.c; c++) quantum[order[c]] = l->quantum[c];
        l->quantum = quantum;
    }
    l->f = NULL, l->d = d, l->rs = taps, l->cs = 1;
}

/* When only the channels of the input are in another order, the weights take it up. */
static const TtfsValue *in_order(TtfsAffine *x, const TtfsValue *v, TtfsLinear *l, TtfsField *bias,
                                 TtfsView *view) {
    const TtfsTensorInfo *t = ttfs_in(x, 0);
    TtfsMap m = ttfs_map_of(t);
    TtfsView channels;
    bool moved = ttfs_map_same(v->map, m) && !ttfs_view_is_identity(&v->view) &&
                 ttfs_view_channel_order(&v->view, m, (TtfsMap){m.c, 1, 1}, &channels);
    *view = ttfs_view_identity(ttfs_map_count(l->out));
    if (!moved) return ttfs_as_map(x, v, t);
    uint32_t *order = ttfs_view_table(&x->arena, &channels, m.c);
    TtfsValue *plain = ttfs_value_copy(x, v);
    plain->view = ttfs_view_identity(ttfs_map_count(m));
    if (!order) return plain;
    if (l->patch.group == m.c && l->out.c == m.c) {
        permute_rows(x, l, order);
        double *b = TTFS_ARRAY(&x->arena, double, m.c);
        for (uint32_t c = 0; c < m.c; c++)
            b[order[c]] = ttfs_field_at(bias, (TtfsMap){m.c, 1, 1}, c, 0);
        *bias = (TtfsField){m.c, b};
        ttfs_view_channel_order(&v->view, m, l->out, view);
    } else if (l->patch.group == 1 ||
               (uint64_t)l->out.c * l->in.c * l->patch.kernel[0] * l->patch.kernel[1] <=
                   4 * TTFS_DENSE_MOST) {
        permute(x, l, order);
    } else {
        return ttfs_as_map(x, v, t);
    }
    return plain;
}

static const TtfsValue *viewed(TtfsAffine *x, const TtfsValue *v, TtfsView view) {
    if (!v || ttfs_view_is_identity(&view)) return v;
    TtfsValue *out = ttfs_value_copy(x, v);
    out->view = view;
    return out;
}

const TtfsValue *ttfs_op_conv(TtfsAffine *x) {
    const TtfsNode *n = x->node;
    TtfsLinear l = {
        .kind = TTFS_KERNEL, .in = ttfs_map_of(ttfs_in(x, 0)), .cs = 1, .name = n->name};
    l.out = ttfs_map_of(ttfs_result(x));
    l.patch = patch_of(n, n->attr.group);
    bool constant = ttfs_base(x, 1, &l) && (n->n_in < 3 || ttfs_is_constant(x, 2));
    if (!constant || ttfs_in(x, 0)->dim[0] != 1) {
        ttfs_obstacle(x, "use constant weights, and one sample at a time",
                      "not a product of constant weights with one sample");
        return NULL;
    }
    l.rs = ttfs_linear_cols(&l);
    l.quantum = ttfs_quanta_of(&x->arena, ttfs_in(x, 1), 0, l.out.c);
    TtfsField bias = {0};
    if (n->n_in > 2) {
        double *b = ttfs_constant(x, &x->arena, 2);
        bias = ttfs_field_of(&x->arena, (TtfsMap){l.out.c, 1, 1}, b, 0);
    }
    TtfsView view;
    const TtfsValue *v = in_order(x, ttfs_operand(x, 0), &l, &bias, &view);
    if (!v) return NULL;
    flatten_point(x, &l);
    return viewed(x, ttfs_value_linear(x, v, &l, bias), view);
}

/* Taps of the patch at `at` that hit the map, along an axis. */
static uint32_t hits(const TtfsPatch *w, int axis, uint32_t at, uint32_t size) {
    uint32_t n = 0;
    for (uint32_t j = 0; j < w->kernel[axis]; j++) {
        int64_t i = (int64_t)at * w->stride[axis] + (int64_t)j * w->dilation[axis] - w->pad[axis];
        n += i >= 0 && i < size;
    }
    return n;
}

/* What makes up for dividing by the whole patch where part of it is padding. */
static TtfsField border(TtfsAffine *x, const TtfsLinear *l) {
    const TtfsPatch *w = &l->patch;
    uint64_t taps = (uint64_t)w->kernel[0] * w->kernel[1];
    uint64_t work = l->out.h * (w->kernel[0] + (uint64_t)l->out.w * w->kernel[1]);
    if (!ttfs_budget_spend(x->arena.budget, work + ttfs_map_count(l->out)) ||
        !ttfs_budget_array(x->arena.budget, ttfs_map_count(l->out), 2 * sizeof(double)))
        return (TtfsField){0};
    double *k = TTFS_ARRAY(&x->arena, double, ttfs_map_count(l->out)), *at = k;
    for (uint32_t y = 0; y < l->out.h; y++) {
        uint32_t rows = hits(w, 0, y, l->in.h);
        for (uint32_t v = 0; v < l->out.w; v++)
            *at++ = (double)taps / ((double)rows * hits(w, 1, v, l->in.w));
    }
    uint64_t plane = (uint64_t)l->out.h * l->out.w;
    for (uint32_t c = 1; c < l->out.c; c++) memcpy(k + c * plane, k, plane * sizeof *k);
    return ttfs_field_of(&x->arena, l->out, k, 1);
}

const TtfsValue *ttfs_op_average(TtfsAffine *x) {
    const TtfsTensorInfo *t = ttfs_in(x, 0);
    TtfsMap in = ttfs_map_of(t), out = ttfs_map_of(ttfs_result(x));
    TtfsPatch w = patch_of(x->node, in.c);
    uint64_t taps = (uint64_t)w.kernel[0] * w.kernel[1];
    if (t->rank != 4 || taps > (uint64_t)1 << 24) return ttfs_as_map(x, ttfs_operand(x, 0), t);
    double *d = TTFS_ARRAY(&x->arena, double, taps);
    for (uint64_t i = 0; i < taps; i++) d[i] = 1 / (double)taps;
    TtfsLinear l = ttfs_linear_patch(in, out, &w, d);
    l.name = x->node->name;
    TtfsView view;
    TtfsField none = {0}, bias = {0};
    const TtfsValue *v = in_order(x, ttfs_operand(x, 0), &l, &bias, &view);
    if (!v) return NULL;
    bool padded = w.pad[0] || w.pad[1] || w.pad[2] || w.pad[3];
    TtfsField k = padded && !x->node->attr.count_pad ? border(x, &l) : none;
    v = ttfs_value_linear(x, v, &l, (TtfsField){0});
    return viewed(x, v ? ttfs_value_affine(x, v, k, (TtfsField){0}) : NULL, view);
}

const TtfsValue *ttfs_op_pool(TtfsAffine *x) {
    bool least = x->node->op == TTFS_OP_MINPOOL;
    const TtfsValue *v = ttfs_operand(x, 0);
    TtfsMap in = ttfs_map_of(ttfs_in(x, 0)), out = ttfs_map_of(ttfs_result(x));
    TtfsPatch w = patch_of(x->node, 1);
    TtfsView view;
    if (ttfs_map_same(v->map, in) && !ttfs_view_is_identity(&v->view) &&
        ttfs_view_channel_order(&v->view, in, out, &view)) {
        TtfsValue *plain = ttfs_value_copy(x, v);
        plain->view = ttfs_view_identity(ttfs_map_count(in));
        return viewed(x, ttfs_value_pool(x, plain, &w, out, least, x->node->name), view);
    }
    v = ttfs_as_map(x, v, ttfs_in(x, 0));
    return v ? ttfs_value_pool(x, v, &w, out, least, x->node->name) : NULL;
}
