/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters of nodes, and what handlers emit. Parameters are read at their use; constants enter
 * the IR finite and no larger than they need be.
 */
#include "nir_import.h"

#include <math.h>
#include <string.h>

bool ttfs_nir_fault(NirImport *im, const NirNode *n, TtfsCode code, const char *advice,
                    const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    ttfs_error_va(im->diag, TTFS_AT_OP(im->path, n ? n->name : "", n ? n->type : ""), code, advice,
                  fmt, ap);
    va_end(ap);
    return false;
}

bool ttfs_nir_has(const NirNode *n, const char *name) {
    return ttfs_hdf5_find(&n->group, name) != NULL;
}

/* The dataset of that name; false after an error. */
static bool dataset(NirImport *im, NirNode *n, const char *name, TtfsHdf5Object *o) {
    if (!ttfs_nir_has(n, name))
        return ttfs_nir_fault(im, n, TTFS_NIR_FILE, NULL, "it has no parameter '%s'", name);
    return ttfs_hdf5_child(&im->file, &n->group, name, o);
}

bool ttfs_nir_numbers(NirImport *im, NirNode *n, const char *name, NirArray *out) {
    TtfsHdf5Object o;
    *out = (NirArray){0};
    if (!dataset(im, n, name, &o)) return false;
    if (o.rank >= TTFS_MAX_RANK)
        return ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL, "'%s' has %u dimensions, %d at most",
                              name, o.rank, TTFS_MAX_RANK - 1);
    if (!ttfs_hdf5_floats(&im->file, &o, &out->at)) return false;
    out->rank = o.rank, out->count = o.count;
    for (uint32_t i = 0; i < o.rank; i++) out->dim[i] = (uint32_t)o.dim[i];
    return o.count || ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL, "'%s' is empty", name);
}

bool ttfs_nir_array(NirImport *im, NirNode *n, const char *name, NirArray *out) {
    if (!ttfs_nir_numbers(im, n, name, out)) return false;
    for (uint64_t i = 0; i < out->count; i++)
        if (!isfinite(out->at[i]))
            return ttfs_nir_fault(im, n, TTFS_MODEL_VALUE, NULL, "element %llu of '%s' is %f",
                                  (unsigned long long)i, name, (double)out->at[i]);
    return true;
}

bool ttfs_nir_integers(NirImport *im, NirNode *n, const char *name, int64_t least, uint32_t most,
                       int64_t *out, uint32_t *count) {
    enum { LARGEST = INT32_MAX };
    TtfsHdf5Object o;
    int64_t *found;
    if (!ttfs_nir_has(n, name)) return true;
    if (!dataset(im, n, name, &o) || !ttfs_hdf5_integers(&im->file, &o, &found)) return false;
    if (o.rank > 1 || o.count > most)
        return ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL, "'%s' has %llu values, %u at most", name,
                              (unsigned long long)o.count, most);
    for (uint64_t i = 0; i < o.count; i++) {
        if (found[i] < least || found[i] > LARGEST)
            return ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL, "'%s' holds %lld", name,
                                  (long long)found[i]);
        out[i] = found[i];
    }
    *count = (uint32_t)o.count;
    return true;
}

bool ttfs_nir_text(NirImport *im, NirNode *n, const char *name, const char **out) {
    TtfsHdf5Object o;
    const char **texts;
    *out = NULL;
    if (!ttfs_nir_has(n, name)) return true;
    if (!dataset(im, n, name, &o)) return false;
    if (o.kind != TTFS_HDF5_TEXT && o.kind != TTFS_HDF5_VARIABLE_TEXT) return true;
    if (!ttfs_hdf5_texts(&im->file, &o, &texts)) return false;
    if (o.count != 1)
        return ttfs_nir_fault(im, n, TTFS_NIR_FILE, NULL, "'%s' is not one text", name);
    *out = texts[0];
    return true;
}

/* True when nothing changes along the axis. */
static bool even(const NirArray *a, uint32_t axis) {
    uint64_t inner = 1, step;
    for (uint32_t i = axis + 1; i < a->rank; i++) inner *= a->dim[i];
    step = inner * a->dim[axis];
    for (uint64_t i = 0; i < a->count; i++)
        if (a->at[i] != a->at[i / step * step + i % inner]) return false;
    return true;
}

/* Drops the axis, along which nothing changes, to one of size 1. */
static void flatten_axis(NirImport *im, NirArray *a, uint32_t axis) {
    uint64_t inner = 1, to = 0;
    for (uint32_t i = axis + 1; i < a->rank; i++) inner *= a->dim[i];
    uint64_t step = inner * a->dim[axis];
    float *out = TTFS_ARRAY(&im->ir->arena, float, a->count / a->dim[axis]);
    for (uint64_t i = 0; i < a->count; i++)
        if (i % step < inner) out[to++] = a->at[i];
    a->at = out;
    a->count = to;
    a->dim[axis] = 1;
}

TtfsTensor ttfs_nir_weights(NirImport *im, const NirNode *n, const char *what, const NirArray *a) {
    TtfsArena *arena = &im->ir->arena;
    TtfsTensorInfo t = {
        .name = ttfs_arena_printf(arena, "%s.%s", n->name, what), .rank = a->rank, .data = a->at};
    memcpy(t.dim, a->dim, sizeof t.dim);
    return ttfs_ir_add_tensor(im->ir, &t);
}

TtfsTensor ttfs_nir_constant(NirImport *im, NirNode *n, const char *what, const NirArray *a,
                             TtfsTensor like) {
    const TtfsTensorInfo *x = ttfs_ir_tensor(im->ir, like);
    NirArray c = *a;
    bool fits = a->count == 1 || a->rank + 1 == x->rank;
    for (uint32_t i = 0; fits && a->count > 1 && i < a->rank; i++)
        fits = a->dim[i] == 1 || a->dim[i] == x->dim[i + 1];
    if (!fits) {
        ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL, "'%s' does not fit its input of shape %s", what,
                       ttfs_ir_shape_text(&im->scratch, x));
        return (TtfsTensor){0};
    }
    for (uint32_t i = 0; i < c.rank; i++)
        if (c.dim[i] > 1 && even(&c, i)) flatten_axis(im, &c, i);
    NirArray batched = {
        .rank = c.count == 1 ? 0 : c.rank + 1, .dim = {1}, .count = c.count, .at = c.at};
    for (uint32_t i = 0; batched.rank && i < c.rank; i++) batched.dim[i + 1] = c.dim[i];
    return ttfs_nir_weights(im, n, what, &batched);
}

TtfsTensor ttfs_nir_emit(NirImport *im, const NirNode *n, TtfsNode *node,
                         const TtfsTensorInfo *shape) {
    TtfsTensorInfo out = shape ? *shape : (TtfsTensorInfo){0};
    TtfsDiag own = {0};
    node->name = out.name = n->name;
    out.data = NULL;
    bool ok = ttfs_ir_infer(im->ir, node, &out, NULL, &own);
    if (!ok) ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL, "%s", ttfs_diag_error(&own)->what);
    ttfs_diag_free(&own);
    if (ok && (im->activations += ttfs_ir_count(&out)) > im->most_activations)
        ok = ttfs_nir_fault(im, n, TTFS_BUDGET, NULL,
                            "with it the activations have more than %llu elements in all",
                            (unsigned long long)im->most_activations);
    if (!ok) return (TtfsTensor){0};
    node->out = ttfs_ir_add_tensor(im->ir, &out);
    ttfs_ir_add_node(im->ir, node);
    return node->out;
}

TtfsTensor ttfs_nir_two(NirImport *im, const NirNode *n, TtfsOp op, TtfsTensor a, TtfsTensor b) {
    TtfsNode node = {.op = op, .n_in = 2, .in = {a, b}, .attr = ttfs_ir_attr()};
    if (!a.i || !b.i) return (TtfsTensor){0};
    return ttfs_nir_emit(im, n, &node, NULL);
}

TtfsTensor ttfs_nir_reshape(NirImport *im, const NirNode *n, TtfsTensor x, uint32_t rank,
                            const uint32_t *dim) {
    TtfsTensorInfo want = {.rank = rank};
    if (!x.i) return x;
    memcpy(want.dim, dim, rank * sizeof *dim);
    const TtfsTensorInfo *t = ttfs_ir_tensor(im->ir, x);
    if (t->rank == rank && memcmp(t->dim, want.dim, sizeof want.dim) == 0) return x;
    TtfsNode node = {.op = TTFS_OP_RESHAPE, .n_in = 1, .in = {x}, .attr = ttfs_ir_attr()};
    return ttfs_nir_emit(im, n, &node, &want);
}
