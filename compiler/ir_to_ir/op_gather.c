/* SPDX-License-Identifier: Apache-2.0
 *
 * GATHER: the places of a constant list along an axis. In: a value of any order; out, by what the
 * list says: the value itself; copies of its channels, seen through a view, when every place comes
 * the same number of times (an expansion, a tile, a nearest resize by a whole number); ranges of
 * channels; or else a matrix of ones, when it is small enough.
 */
#include "operand.h"

typedef struct {
    const float *place;
    uint32_t count, size, axis; /* places, and how many there are to choose from */
} Places;

/* How many times each place comes, when all come in order, each one's copies together (*outside:
 * or all of them again and again); else 0. */
static uint32_t copies(const Places *p, bool *outside) {
    if (p->count % p->size) return 0;
    uint32_t times = p->count / p->size;
    bool inner = true, outer = true;
    for (uint32_t i = 0; i < p->count; i++) {
        inner = inner && (uint32_t)p->place[i] == i / times;
        outer = outer && (uint32_t)p->place[i] == i % p->size;
    }
    *outside = !inner;
    return inner || outer ? times : 0;
}

/* Every channel `times` times, behind one another; the tensor is that through a view. */
static const TtfsValue *repeated(TtfsAffine *x, const TtfsValue *v, const Places *p, uint32_t times,
                                 bool outside) {
    TtfsMap m = v->map, wide = {m.c * times, m.h, m.w};
    TtfsPatch w = {{1, 1}, {1, 1}, {1, 1}, {0}, m.c};
    TtfsView view;
    if (!ttfs_view_repeat(&v->view, m, ttfs_in(x, 0), p->axis, times, outside, &view)) return NULL;
    TtfsLinear l = ttfs_linear_patch(m, wide, &w, ttfs_field_uniform(&x->arena, 1).v);
    const TtfsValue *y = ttfs_value_linear(x, v, &l, (TtfsField){0});
    if (!y) return NULL;
    TtfsValue *out = ttfs_value_copy(x, y);
    out->view = view;
    return out;
}

/* Ranges of channels behind one another. */
static const TtfsValue *ranges(TtfsAffine *x, const TtfsValue *v, const Places *p) {
    const TtfsValue **part = TTFS_ARRAY(&x->arena, const TtfsValue *, p->count);
    uint32_t n = 0;
    for (uint32_t i = 0, next; i < p->count; i = next) {
        for (next = i + 1; next < p->count && p->place[next] == p->place[next - 1] + 1;) next++;
        part[n] = ttfs_value_channels(x, v, (uint32_t)p->place[i], next - i);
        if (!part[n++]) return NULL;
    }
    return ttfs_value_stack(x, n, part);
}

/* Any places: each element of the result is one of the operand's. */
static const TtfsValue *chosen(TtfsAffine *x, const TtfsValue *v, const Places *p) {
    const TtfsTensorInfo *t = ttfs_in(x, 0), *y = ttfs_result(x);
    uint64_t inner = 1, rows = ttfs_ir_count(y);
    for (uint32_t i = p->axis + 1; i < t->rank; i++) inner *= t->dim[i];
    if (rows * ttfs_ir_count(t) > TTFS_DENSE_MOST) {
        ttfs_obstacle(x, "choose rows and columns in equal steps, or fewer of them",
                      "it chooses among many rows or columns in no regular order");
        return NULL;
    }
    uint32_t *from = TTFS_ARRAY(&x->arena, uint32_t, rows);
    for (uint64_t e = 0; e < rows; e++) {
        uint64_t outer = e / inner / p->count, place = (uint64_t)p->place[e / inner % p->count];
        from[e] = (uint32_t)((outer * p->size + place) * inner + e % inner);
    }
    return ttfs_value_select(x, v, ttfs_map_of(y), from);
}

const TtfsValue *ttfs_op_gather(TtfsAffine *x) {
    const TtfsTensorInfo *t = ttfs_in(x, 0);
    uint32_t axis = x->node->attr.axis;
    Places p = {ttfs_in(x, 1)->data, ttfs_in(x, 1)->dim[0], t->dim[axis], axis};
    int axes[TTFS_MAX_RANK];
    bool outside = false;
    const TtfsValue *v = ttfs_value_force(x, ttfs_operand(x, 0));
    if (!v) return NULL;
    uint32_t times = copies(&p, &outside), errors = x->diag->errors;
    if (times == 1) return v;
    const TtfsValue *y = times ? repeated(x, v, &p, times, outside) : NULL;
    if (y || x->diag->errors != errors) return y;
    if (!ttfs_view_axes(&v->view, v->map, t, axes) || axes[axis] != 0) return chosen(x, v, &p);
    uint64_t before = 1;
    for (uint32_t i = 0; i < axis; i++) before *= t->dim[i];
    y = ranges(x, v, &p);
    if (!y) return NULL;
    TtfsValue *out = ttfs_value_copy(x, y);
    out->view = ttfs_view_channels_at(y->map, before);
    return out;
}
