/* SPDX-License-Identifier: Apache-2.0
 *
 * What moves values: transpose and reshape are views; concat and slice of channels are ranges; the
 * rest is a kernel with a single one among its weights, which the next layer takes up.
 */
#include "operand.h"

const TtfsValue *ttfs_op_same(TtfsAffine *x) {
    return ttfs_operand(x, 0);
}

const TtfsValue *ttfs_op_transpose(TtfsAffine *x) {
    const TtfsValue *v = ttfs_operand(x, 0);
    TtfsView view;
    if (!ttfs_view_transpose(&v->view, ttfs_in(x, 0), x->node->attr.perm, &view)) {
        ttfs_obstacle(x, "export the network with channels first", "it moves parts of channels");
        return NULL;
    }
    TtfsValue *out = ttfs_value_copy(x, v);
    out->view = view;
    return out;
}

static uint64_t before(const TtfsTensorInfo *t, uint32_t axis) {
    uint64_t n = 1;
    for (uint32_t i = 0; i < axis; i++) n *= t->dim[i];
    return n;
}

static const TtfsValue *plain(TtfsAffine *x, const TtfsValue *v) {
    if (ttfs_view_is_identity(&v->view)) return v;
    TtfsValue *out = ttfs_value_copy(x, v);
    out->view = ttfs_view_identity(ttfs_map_count(v->map));
    return out;
}

static const TtfsValue *viewed(TtfsAffine *x, const TtfsValue *v, TtfsView view) {
    if (!v) return NULL;
    TtfsValue *out = ttfs_value_copy(x, v);
    out->view = view;
    return out;
}

/* A kernel of one tap, on one axis (1: h, 2: w): y[i] = v[first + i * stride], 0 outside. */
static const TtfsValue *pick(TtfsAffine *x, const TtfsValue *v, int axis, int64_t first,
                             uint32_t count, uint32_t stride) {
    TtfsPatch w = {{1, 1}, {1, 1}, {1, 1}, {0}, v->map.c};
    uint32_t size = axis == 1 ? v->map.h : v->map.w, a = (uint32_t)axis - 1;
    int64_t last = first + (int64_t)(count - 1) * stride;
    w.stride[a] = count > 1 ? stride : 1;
    w.pad[a] = first < 0 ? (uint32_t)-first : 0;
    w.pad[a + 2] = last >= size ? (uint32_t)(last - size + 1) : 0;
    uint64_t room = (uint64_t)size + w.pad[a] + w.pad[a + 2];
    uint64_t kernel = room - (uint64_t)(count - 1) * w.stride[a],
             tap = (uint64_t)(first + w.pad[a]);
    if (kernel >= 1 << 20 || w.pad[a] >= 1 << 20 || w.pad[a + 2] >= 1 << 20) {
        ttfs_obstacle(x, "move fewer values", "it moves values too far");
        return NULL;
    }
    w.kernel[a] = (uint32_t)kernel;
    double *d = TTFS_ARRAY(&x->arena, double, kernel);
    d[tap] = 1;
    TtfsMap out = v->map;
    *(axis == 1 ? &out.h : &out.w) = count;
    TtfsLinear l = ttfs_linear_patch(v->map, out, &w, d);
    return ttfs_value_linear(x, v, &l, (TtfsField){0});
}

/* Channels first, first + apart ..; apart may be negative. */
static const TtfsValue *pick_channels(TtfsAffine *x, const TtfsValue *v, uint32_t first,
                                      uint32_t count, int32_t apart) {
    if (apart == 1 || count == 1) return ttfs_value_channels(x, v, first, count);
    const TtfsValue **part = TTFS_ARRAY(&x->arena, const TtfsValue *, count);
    for (uint32_t i = 0; i < count; i++) {
        part[i] = ttfs_value_channels(x, v, (uint32_t)(first + (int64_t)i * apart), 1);
        if (!part[i]) return NULL;
    }
    return ttfs_value_stack(x, count, part);
}

/* The axes of the operand; when the map's are not found there, the elements are put in a row. */
static const TtfsValue *with_axes(TtfsAffine *x, const TtfsValue *v, const TtfsTensorInfo *t,
                                  int axes[TTFS_MAX_RANK]) {
    if (ttfs_view_axes(&v->view, v->map, t, axes)) return v;
    const TtfsValue *out = ttfs_value_rearrange(x, v, ttfs_map_of(t));
    if (out && ttfs_view_axes(&out->view, out->map, t, axes)) return out;
    ttfs_obstacle(x, "export the network with channels first",
                  "its axes are not channels, rows and columns");
    return NULL;
}

static uint32_t channel_axis(const TtfsTensorInfo *t, const int *axes) {
    uint32_t i = t->rank - 1;
    while (i > 0 && axes[i] != 0) i--;
    return i;
}

const TtfsValue *ttfs_op_slice(TtfsAffine *x) {
    const TtfsIrAttr *a = &x->node->attr;
    const TtfsTensorInfo *t = ttfs_in(x, 0);
    int axes[TTFS_MAX_RANK];
    const TtfsValue *v = ttfs_value_force(x, ttfs_operand(x, 0));
    v = v ? with_axes(x, v, t, axes) : NULL;
    if (!v) return NULL;
    uint64_t outside = before(ttfs_result(x), channel_axis(t, axes));
    v = plain(x, v);
    for (uint32_t i = 0; v && i < t->rank; i++) {
        bool whole = a->first[i] == 0 && a->count[i] == t->dim[i] && a->apart[i] == 1;
        if (whole || axes[i] < 0) continue;
        if (axes[i] == 0) {
            v = pick_channels(x, v, a->first[i], a->count[i], a->apart[i]);
        } else if (a->apart[i] < 0 && a->count[i] > 1) {
            ttfs_obstacle(x, "flip the weights in place of the activations",
                          "it reverses rows or columns");
            return NULL;
        } else {
            uint32_t stride = a->apart[i] < 0 ? 1 : (uint32_t)a->apart[i];
            v = pick(x, v, axes[i], a->first[i], a->count[i], stride);
        }
    }
    return v ? viewed(x, v, ttfs_view_channels_at(v->map, outside)) : NULL;
}

/* Channels of the constant `value` (0: none). */
static const TtfsValue *filled(TtfsAffine *x, TtfsMap m, double value) {
    TtfsValue *v = ttfs_value_new(x, m, ttfs_view_identity(ttfs_map_count(m)));
    if (value != 0) v->bias = ttfs_field_uniform(&x->arena, value);
    return v;
}

static const TtfsValue *pad_channels(TtfsAffine *x, const TtfsValue *v, int32_t low, int32_t high,
                                     double value) {
    uint32_t first = low < 0 ? (uint32_t)-low : 0, last = high < 0 ? (uint32_t)-high : 0, n = 0;
    const TtfsValue *part[3];
    if (low > 0) part[n++] = filled(x, (TtfsMap){(uint32_t)low, v->map.h, v->map.w}, value);
    part[n] = ttfs_value_channels(x, v, first, v->map.c - first - last);
    if (!part[n++]) return NULL;
    if (high > 0) part[n++] = filled(x, (TtfsMap){(uint32_t)high, v->map.h, v->map.w}, value);
    return n == 1 ? part[0] : ttfs_value_stack(x, n, part);
}

/* The value of the padding at the places of the axis that were added. */
static const TtfsValue *fill_border(TtfsAffine *x, const TtfsValue *v, int axis, int32_t low,
                                    int32_t high, double value) {
    uint32_t size = axis == 1 ? v->map.h : v->map.w;
    uint64_t count = ttfs_map_count(v->map);
    if (!ttfs_budget_array(x->arena.budget, count, 2 * sizeof(double))) return NULL;
    double *s = TTFS_ARRAY(&x->arena, double, count);
    for (uint64_t e = 0; e < count; e++) {
        int64_t at = (int64_t)(axis == 1 ? e / v->map.w % v->map.h : e % v->map.w);
        if (at < low || at >= (int64_t)size - high) s[e] = value;
    }
    return ttfs_value_affine(x, v, (TtfsField){0}, ttfs_field_of(&x->arena, v->map, s, 0));
}

const TtfsValue *ttfs_op_pad(TtfsAffine *x) {
    const TtfsIrAttr *a = &x->node->attr;
    const TtfsTensorInfo *t = ttfs_in(x, 0);
    int axes[TTFS_MAX_RANK];
    const TtfsValue *v = ttfs_value_force(x, ttfs_operand(x, 0));
    v = v ? with_axes(x, v, t, axes) : NULL;
    if (!v) return NULL;
    uint64_t outside = before(ttfs_result(x), channel_axis(t, axes));
    v = plain(x, v);
    for (uint32_t i = 0; v && i < t->rank; i++) {
        if (a->before[i] == 0 && a->after[i] == 0) continue;
        if (axes[i] < 0) {
            ttfs_obstacle(x, "pad rows, columns or channels", "it pads an axis of one element");
            return NULL;
        }
        if (axes[i] == 0) {
            v = pad_channels(x, v, a->before[i], a->after[i], (double)a->value);
            continue;
        }
        int64_t count = (int64_t)t->dim[i] + a->before[i] + a->after[i];
        v = pick(x, v, axes[i], -(int64_t)a->before[i], (uint32_t)count, 1);
        if (v && a->value != 0)
            v = fill_border(x, v, axes[i], a->before[i], a->after[i], (double)a->value);
    }
    return v ? viewed(x, v, ttfs_view_channels_at(v->map, outside)) : NULL;
}

/* Rows or columns behind one another: each padded to the whole, and added up. */
static const TtfsValue *concat_space(TtfsAffine *x, uint32_t n, const TtfsValue **v, int axis) {
    const TtfsValue *sum = NULL;
    int64_t at = 0, whole = 0;
    for (uint32_t i = 0; i < n; i++) whole += axis == 1 ? v[i]->map.h : v[i]->map.w;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t size = axis == 1 ? v[i]->map.h : v[i]->map.w;
        const TtfsValue *part = pick(x, v[i], axis, -at, (uint32_t)whole, 1);
        if (!part) return NULL;
        sum = sum ? ttfs_value_add(x, sum, part) : part;
        if (!sum) return NULL;
        at += size;
    }
    return sum;
}

const TtfsValue *ttfs_op_concat(TtfsAffine *x) {
    const TtfsNode *n = x->node;
    uint32_t along = n->attr.axis, c = 0;
    const TtfsValue *v[TTFS_MAX_INPUTS];
    int axes[TTFS_MAX_RANK], axis = 0;
    bool row = false;
    for (uint32_t i = 0; i < n->n_in; i++) {
        v[i] = ttfs_value_force(x, ttfs_operand(x, i));
        if (!v[i]) return NULL;
        bool found = ttfs_view_axes(&v[i]->view, v[i]->map, ttfs_in(x, i), axes);
        row = row || !found ||
              (i && (axis != axes[along] || c != channel_axis(ttfs_in(x, i), axes)));
        axis = axes[along];
        c = channel_axis(ttfs_in(x, i), axes);
        row = row || axis < 0 ||
              (axis == 0 && (v[i]->map.h != v[0]->map.h || v[i]->map.w != v[0]->map.w));
    }
    row = row && before(ttfs_result(x), along) == 1;
    for (uint32_t i = 0; row && i < n->n_in; i++) { /* all elements behind one another */
        TtfsMap m = {(uint32_t)ttfs_map_count(v[i]->map), 1, 1};
        v[i] = ttfs_value_rearrange(x, v[i], m);
        axis = v[i] ? 0 : -1;
        c = along;
        if (!v[i]) break;
    }
    if (axis < 0) {
        ttfs_obstacle(x, "concatenate channels, channels first",
                      "it puts values behind one another that are not in one order");
        return NULL;
    }
    for (uint32_t i = 0; i < n->n_in; i++) v[i] = plain(x, v[i]);
    const TtfsValue *out = axis == 0 ? ttfs_value_stack(x, n->n_in, v)
                                     : concat_space(x, n->n_in, v, axis);
    return out ? viewed(x, out, ttfs_view_channels_at(out->map, before(ttfs_result(x), c))) : NULL;
}
