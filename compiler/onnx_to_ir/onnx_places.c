/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of what takes places along axes, each any number of times: Gather, Expand, Tile. Of
 * constants they are evaluated. Of activations the places along an axis are a constant list: those
 * in equal steps become a slice, others a gather.
 */
#include "onnx_import.h"

#include <string.h>

enum { MOST_PLACES = 1 << 24 }; /* whole numbers that float32 holds */

static bool evenly_apart(const int64_t *place, uint64_t count) {
    int64_t apart = count > 1 ? place[1] - place[0] : 1;
    for (uint64_t i = 1; i < count; i++)
        if (apart == 0 || place[i] - place[i - 1] != apart) return false;
    return true;
}

static TtfsTensor emit_slice(OnnxImport *im, OnnxNode *n, TtfsTensor x, uint32_t axis,
                             const int64_t *place, uint64_t count) {
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, x);
    TtfsNode node = {.op = TTFS_OP_SLICE, .n_in = 1, .in = {x}, .attr = ttfs_ir_attr()};
    memcpy(node.attr.count, t.dim, sizeof t.dim);
    node.attr.first[axis] = (uint32_t)place[0];
    node.attr.count[axis] = (uint32_t)count;
    node.attr.apart[axis] = count > 1 ? (int32_t)(place[1] - place[0]) : 1;
    return ttfs_onnx_emit(im, n, &node, NULL);
}

TtfsTensor ttfs_onnx_emit_places(OnnxImport *im, OnnxNode *n, TtfsTensor x, uint32_t axis,
                                 const int64_t *place, uint64_t count) {
    uint32_t size = ttfs_ir_tensor(im->ir, x)->dim[axis], one = (uint32_t)count;
    bool even = evenly_apart(place, count);
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst c;
    if (even && count == size && place[0] == 0 && (count == 1 || place[1] == 1)) return x;
    if (even) return emit_slice(im, n, x, axis, place, count);
    if (size > MOST_PLACES || count > MOST_PLACES) {
        ttfs_onnx_obstacle(im, n, TTFS_LIMIT, NULL, "more than 2^24 places along an axis");
        return (TtfsTensor){0};
    }
    if (!ttfs_onnx_new_const(im, n, true, 1, &one, &f, &q, &c)) return (TtfsTensor){0};
    for (uint32_t i = 0; i < one; i++) f[i] = (float)place[i];
    TtfsNode node = {.op = TTFS_OP_GATHER, .n_in = 2, .in = {x}, .attr = ttfs_ir_attr()};
    node.attr.axis = axis;
    const char *name = ttfs_arena_printf(&im->scratch, "%s.places", n->name);
    node.in[1] = ttfs_onnx_put_const(im, n, name, &c, 1, &one);
    return node.in[1].i ? ttfs_onnx_emit(im, n, &node, NULL) : node.in[1];
}

/* Indices, negative ones counted from the end, as places; NULL after an obstacle. */
static int64_t *places_of(OnnxImport *im, const OnnxNode *n, const OnnxConst *at, uint32_t size) {
    int64_t *place = TTFS_ARRAY(&im->scratch, int64_t, at->count);
    for (uint64_t i = 0; i < at->count; i++) {
        place[i] = at->n[i] < 0 ? at->n[i] + size : at->n[i];
        if (place[i] >= 0 && place[i] < size) continue;
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "index %lld of %u elements",
                           (long long)at->n[i], size);
        return NULL;
    }
    return place;
}

/* Of an activation x at constant indices; their shape takes the place of the axis. */
static void gather(OnnxImport *im, OnnxNode *n, TtfsTensor x, const OnnxConst *at, uint32_t axis) {
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, x);
    uint32_t rank = 0, dim[2 * TTFS_MAX_RANK];
    const int64_t *place = at->count ? places_of(im, n, at, t.dim[axis]) : NULL;
    for (uint32_t i = 0; i < t.rank; i++) {
        for (uint32_t k = 0; i == axis && k < at->rank; k++) dim[rank++] = at->dim[k];
        if (i != axis) dim[rank++] = t.dim[i];
    }
    if (at->count == 0 || rank > TTFS_MAX_RANK)
        ttfs_onnx_obstacle(im, n, TTFS_LIMIT, NULL, "no indices, or more than %d dimensions",
                           TTFS_MAX_RANK);
    if (!place || rank > TTFS_MAX_RANK) return;
    TtfsTensor y = ttfs_onnx_emit_places(im, n, x, axis, place, at->count);
    if (y.i == x.i && at->rank == 1)
        ttfs_onnx_identity(im, n);
    else if (y.i)
        ttfs_onnx_emit_reshape(im, n, y, rank, dim);
}

void ttfs_onnx_gather(OnnxImport *im, OnnxNode *n) {
    int64_t signed_axis = 0;
    uint32_t axis;
    OnnxConst folded;
    if (!ttfs_onnx_attr_int(im, n, "axis", &signed_axis) || n->unknown) return;
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    if (!ttfs_onnx_axis(im, n, signed_axis, x.rank, &axis)) return;
    const OnnxConst *at = ttfs_onnx_is_const(n, 1) ? &n->in[1]->c : NULL;
    if (!at || !at->n) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "export the model with constant indices",
                           "its indices are computed, or no integers");
    } else if (ttfs_onnx_is_const(n, 0)) {
        if (ttfs_onnx_fold_gather(im, n, &n->in[0]->c, at, axis, &folded))
            ttfs_onnx_bind_const(n, &folded);
    } else {
        gather(im, n, ttfs_onnx_operand(im, n, 0), at, axis);
    }
}

/* The shape that input 1 asks for, broadcast with input 0's. */
static bool expanded_shape(OnnxImport *im, const OnnxNode *n, uint32_t *rank, uint32_t *dim) {
    const int64_t *v;
    size_t count;
    if (!ttfs_onnx_ints(im, n, 1, &v, &count)) return false;
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    uint32_t to[TTFS_MAX_RANK] = {0};
    bool fits = count <= TTFS_MAX_RANK;
    for (size_t i = 0; fits && i < count; i++) {
        fits = v[i] >= 0 && v[i] <= INT32_MAX;
        to[i] = fits ? (uint32_t)v[i] : 0;
    }
    if (fits && ttfs_ir_broadcast(x.rank, x.dim, (uint32_t)count, to, rank, dim)) return true;
    return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                              "its input does not expand to the shape");
}

/* x, with every axis that grows at its places again and again. */
static void repeat(OnnxImport *im, OnnxNode *n, TtfsTensor x, uint32_t rank, const uint32_t *dim) {
    TtfsTensor source = n->in[0]->tensor;
    for (uint32_t axis = 0; x.i && axis < rank; axis++) {
        uint32_t size = ttfs_ir_tensor(im->ir, x)->dim[axis];
        if (dim[axis] == size) continue;
        if (dim[axis] == 0 || dim[axis] > MOST_PLACES) {
            ttfs_onnx_obstacle(im, n, TTFS_LIMIT, NULL, "an axis of %u elements", dim[axis]);
            return;
        }
        int64_t *place = TTFS_ARRAY(&im->scratch, int64_t, dim[axis]);
        for (uint32_t i = 0; i < dim[axis]; i++) place[i] = i % size;
        x = ttfs_onnx_emit_places(im, n, x, axis, place, dim[axis]);
    }
    if (x.i == source.i) ttfs_onnx_identity(im, n);
}

static void fold_expand(OnnxImport *im, OnnxNode *n, uint32_t rank, const uint32_t *dim) {
    const OnnxConst *c = &n->in[0]->c;
    int64_t stride[TTFS_MAX_RANK], spread[TTFS_MAX_RANK] = {0};
    OnnxConst out;
    ttfs_onnx_strides(c, stride);
    for (uint32_t i = 0; i < c->rank; i++)
        spread[i + rank - c->rank] = c->dim[i] == 1 ? 0 : stride[i];
    if (ttfs_onnx_fold_strided(im, n, c, rank, dim, 0, spread, &out)) ttfs_onnx_bind_const(n, &out);
}

void ttfs_onnx_expand(OnnxImport *im, OnnxNode *n) {
    uint32_t rank, dim[TTFS_MAX_RANK], wide[TTFS_MAX_RANK];
    if (n->unknown || !expanded_shape(im, n, &rank, dim)) return;
    if (ttfs_onnx_is_const(n, 0)) {
        fold_expand(im, n, rank, dim);
        return;
    }
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    for (uint32_t i = 0; i < rank; i++) wide[i] = i < rank - x.rank ? 1 : x.dim[i + x.rank - rank];
    TtfsTensor t = ttfs_onnx_emit_reshape(im, n, ttfs_onnx_operand(im, n, 0), rank, wide);
    if (t.i) repeat(im, n, t, rank, dim);
}

static void fold_tile(OnnxImport *im, OnnxNode *n, const uint32_t *dim) {
    OnnxConst x = n->in[0]->c, out;
    for (uint32_t axis = 0; axis < x.rank; axis++) {
        if (dim[axis] == x.dim[axis]) continue;
        int64_t *place = TTFS_ARRAY(&im->scratch, int64_t, dim[axis]);
        for (uint32_t i = 0; i < dim[axis]; i++) place[i] = i % x.dim[axis];
        OnnxConst at = {.rank = 1, .dim = {dim[axis]}, .count = dim[axis], .n = place};
        if (!ttfs_onnx_fold_gather(im, n, &x, &at, axis, &out)) return;
        x = out;
    }
    ttfs_onnx_bind_const(n, &x);
}

void ttfs_onnx_tile(OnnxImport *im, OnnxNode *n) {
    const int64_t *times;
    size_t count;
    uint32_t dim[TTFS_MAX_RANK];
    if (n->unknown || !ttfs_onnx_ints(im, n, 1, &times, &count)) return;
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    bool fits = count == x.rank;
    for (uint32_t i = 0; fits && i < x.rank; i++) {
        fits = times[i] >= 1 && times[i] <= MOST_PLACES && x.dim[i] <= MOST_PLACES / times[i];
        dim[i] = fits ? x.dim[i] * (uint32_t)times[i] : 0;
    }
    if (!fits) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                           "its repeats are not one number above 0 an axis, or too large");
    } else if (ttfs_onnx_is_const(n, 0)) {
        fold_tile(im, n, dim);
    } else {
        repeat(im, n, ttfs_onnx_operand(im, n, 0), x.rank, dim);
    }
}
