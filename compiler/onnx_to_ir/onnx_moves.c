/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of what moves values: Concat, Slice, Split, Pad. Of constants they are
 * evaluated; of activations they become concat, slice and pad nodes.
 */
#include "onnx_import.h"

#include <string.h>

/* Concatenates the list in place, MAX_INPUTS at a time, until one is left. */
static void concat_list(OnnxImport *im, OnnxNode *n, TtfsTensor *list, uint32_t count,
                        uint32_t axis) {
    while (count > 1) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < count; i += TTFS_MAX_INPUTS) {
            uint32_t part = count - i < TTFS_MAX_INPUTS ? count - i : TTFS_MAX_INPUTS;
            TtfsNode node = {.op = TTFS_OP_CONCAT, .n_in = part, .attr = ttfs_ir_attr()};
            memcpy(node.in, list + i, part * sizeof *list);
            node.attr.axis = axis;
            list[kept] = part > 1 ? ttfs_onnx_emit(im, n, &node, NULL) : list[i];
            if (!list[kept++].i) return;
        }
        count = kept;
    }
}

void ttfs_onnx_concat(OnnxImport *im, OnnxNode *n) {
    int64_t signed_axis = 1;
    uint32_t axis, count = 0;
    if (!ttfs_onnx_attr_int(im, n, "axis", &signed_axis) || n->unknown) return;
    for (uint32_t i = 0; i < n->n_in; i++)
        if (!n->in[i]) {
            ttfs_onnx_obstacle(im, n, TTFS_ONNX_GRAPH, NULL, "input %u is left out", i);
            return;
        }
    if (ttfs_onnx_all_const(n)) {
        ttfs_onnx_fold_concat(im, n, signed_axis);
        return;
    }
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    if (!ttfs_onnx_axis(im, n, signed_axis, x.rank, &axis)) return;
    if (n->n_in == 1) {
        ttfs_onnx_identity(im, n);
        return;
    }
    TtfsTensor *list = TTFS_ARRAY(&im->scratch, TtfsTensor, n->n_in);
    for (uint32_t i = 0; i < n->n_in; i++)
        if (!(list[count++] = ttfs_onnx_operand(im, n, i)).i) return;
    concat_list(im, n, list, count, axis);
}

/* Which part of input 0 is taken, along every axis. */
typedef struct {
    uint32_t rank, first[TTFS_MAX_RANK], count[TTFS_MAX_RANK];
    int32_t apart[TTFS_MAX_RANK];
} Part;

static Part whole(const TtfsTensorInfo *x) {
    Part p = {.rank = x->rank};
    for (uint32_t i = 0; i < x->rank; i++) {
        p.count[i] = x->dim[i];
        p.apart[i] = 1;
    }
    return p;
}

/* Emits or folds the part as output `slot`; the tensor, 0 for constants and after an obstacle. */
static TtfsTensor take(OnnxImport *im, OnnxNode *n, const Part *p, uint32_t slot) {
    if (ttfs_onnx_is_const(n, 0)) {
        const OnnxConst *c = &n->in[0]->c;
        int64_t stride[TTFS_MAX_RANK], start = 0;
        OnnxConst out;
        ttfs_onnx_strides(c, stride);
        for (uint32_t i = 0; i < c->rank; i++) {
            start += p->first[i] * stride[i];
            stride[i] *= p->apart[i];
        }
        if (ttfs_onnx_fold_strided(im, n, c, c->rank, p->count, start, stride, &out))
            ttfs_onnx_bind_const_slot(n, &out, slot);
        return (TtfsTensor){0};
    }
    TtfsNode node = {.op = TTFS_OP_SLICE, .n_in = 1, .attr = ttfs_ir_attr()};
    node.in[0] = ttfs_onnx_operand(im, n, 0);
    memcpy(node.attr.first, p->first, sizeof p->first);
    memcpy(node.attr.count, p->count, sizeof p->count);
    memcpy(node.attr.apart, p->apart, sizeof p->apart);
    if (!node.in[0].i) return node.in[0];
    return ttfs_onnx_emit_slot(im, n, &node, NULL, slot);
}

static int64_t clamp(int64_t v, int64_t lo, int64_t hi) {
    return v < lo ? lo : v > hi ? hi : v;
}

/* start:end:step of one axis, as in numpy. */
static bool slice_axis(OnnxImport *im, const OnnxNode *n, Part *p, uint32_t axis, int64_t start,
                       int64_t end, int64_t step) {
    int64_t size = p->count[axis];
    if (step == 0 || step < -INT32_MAX || step > INT32_MAX)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "a step of %lld", (long long)step);
    if (start < 0) start = clamp(start, -size, 0) + size; /* no sum of two large numbers */
    if (end < 0) end = clamp(end, -size - 1, 0) + size;
    start = step > 0 ? clamp(start, 0, size) : clamp(start, -1, size - 1);
    end = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
    int64_t span = step > 0 ? end - start : start - end, stride = step > 0 ? step : -step;
    int64_t count = span > 0 ? (span + stride - 1) / stride : 0;
    p->first[axis] = count ? (uint32_t)start : 0;
    p->count[axis] = (uint32_t)count;
    p->apart[axis] = (int32_t)step;
    return true;
}

typedef struct {
    const int64_t *start, *end, *axis, *step; /* axis, step: may be NULL */
    size_t count;
} Ranges;

/* Attributes before opset 10, inputs from then on. */
static bool read_ranges(OnnxImport *im, const OnnxNode *n, Ranges *r) {
    size_t ends, axes, steps;
    if (!ttfs_onnx_list(im, n, "starts", 1, &r->start, &r->count) ||
        !ttfs_onnx_list(im, n, "ends", 2, &r->end, &ends) ||
        !ttfs_onnx_list(im, n, "axes", 3, &r->axis, &axes) ||
        !ttfs_onnx_ints(im, n, 4, &r->step, &steps))
        return false;
    if (axes == 0) r->axis = NULL;
    if (steps == 0) r->step = NULL;
    if (ends == r->count && (!r->axis || axes == r->count) && (!r->step || steps == r->count))
        return true;
    return ttfs_onnx_obstacle(im, n, TTFS_ONNX_GRAPH, NULL,
                              "starts, ends, axes and steps have different lengths");
}

void ttfs_onnx_slice(OnnxImport *im, OnnxNode *n) {
    Ranges r;
    uint32_t seen = 0;
    if (n->unknown || !read_ranges(im, n, &r)) return;
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    Part p = whole(&x);
    for (size_t i = 0; i < r.count; i++) {
        uint32_t axis;
        if (!ttfs_onnx_axis(im, n, r.axis ? r.axis[i] : (int64_t)i, x.rank, &axis)) return;
        if (seen >> axis & 1) {
            ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "axis %u is named twice", axis);
            return;
        }
        seen |= 1u << axis;
        if (!slice_axis(im, n, &p, axis, r.start[i], r.end[i], r.step ? r.step[i] : 1)) return;
    }
    take(im, n, &p, 0);
}

/* Sizes of the parts: given, or as equal as can be with a smaller last one. */
static bool split_sizes(OnnxImport *im, const OnnxNode *n, uint32_t size, uint32_t *sizes) {
    const int64_t *given;
    size_t count;
    uint64_t sum = 0, parts = n->n_out, each = (size + parts - 1) / parts;
    if (!ttfs_onnx_list(im, n, "split", 1, &given, &count)) return false;
    bool fits = count == 0 || count == n->n_out;
    for (uint64_t i = 0; fits && i < parts; i++) {
        uint64_t left = size - sum;
        fits = count == 0 || (given[i] >= 0 && given[i] <= (int64_t)left);
        sizes[i] = fits ? (uint32_t)(count ? (uint64_t)given[i] : left < each ? left : each) : 0;
        sum += sizes[i];
    }
    if (fits && sum == size) return true;
    return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                              "the sizes of its %u parts do not sum to %u", n->n_out, size);
}

void ttfs_onnx_split(OnnxImport *im, OnnxNode *n) {
    int64_t signed_axis = 0, outputs = n->n_out;
    uint32_t axis, first = 0;
    bool ok = ttfs_onnx_attr_int(im, n, "axis", &signed_axis);
    ok = ttfs_onnx_attr_int(im, n, "num_outputs", &outputs) && ok;
    if (!ok || n->unknown || n->n_out == 0) return;
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    uint32_t *sizes = TTFS_ARRAY(&im->scratch, uint32_t, n->n_out);
    if (!ttfs_onnx_axis(im, n, signed_axis, x.rank, &axis) ||
        !split_sizes(im, n, x.dim[axis], sizes))
        return;
    for (uint32_t slot = 0; slot < n->n_out; slot++) {
        Part p = whole(&x);
        p.first[axis] = sizes[slot] ? first : 0;
        p.count[axis] = sizes[slot];
        first += sizes[slot];
        if (n->out[slot]) take(im, n, &p, slot);
    }
}

/* Pads of the axes, in the order of `axes` (opset 18) or of all. */
static bool read_pads(OnnxImport *im, const OnnxNode *n, uint32_t rank, TtfsIrAttr *a, bool *any) {
    const int64_t *pads, *axes;
    size_t count, named;
    if (!ttfs_onnx_list(im, n, "pads", 1, &pads, &count) ||
        !ttfs_onnx_ints(im, n, 3, &axes, &named))
        return false;
    size_t each = named ? named : rank;
    if (count != each * 2)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "%zu pads, %zu expected", count,
                                  each * 2);
    *any = false;
    for (size_t i = 0; i < each; i++) {
        uint32_t axis;
        if (!ttfs_onnx_axis(im, n, named ? axes[i] : (int64_t)i, rank, &axis)) return false;
        int64_t before = pads[i], after = pads[i + each];
        if (before < -INT32_MAX || before > INT32_MAX || after < -INT32_MAX || after > INT32_MAX)
            return ttfs_onnx_obstacle(im, n, TTFS_LIMIT, NULL, "a pad of %lld",
                                      (long long)(before > INT32_MAX ? before : after));
        a->before[axis] = (int32_t)before;
        a->after[axis] = (int32_t)after;
        *any = *any || before != 0 || after != 0;
    }
    return true;
}

void ttfs_onnx_pad(OnnxImport *im, OnnxNode *n) {
    TtfsNode node = {.op = TTFS_OP_PAD, .n_in = 1, .attr = ttfs_ir_attr()};
    const char *mode = "constant";
    bool any = false, ok = ttfs_onnx_attr_text(im, n, "mode", &mode);
    ok = ttfs_onnx_attr_float(im, n, "value", &node.attr.value) && ok;
    if (!ok || n->unknown) return;
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    double value = (double)node.attr.value;
    if (!read_pads(im, n, x.rank, &node.attr, &any) || !ttfs_onnx_number(im, n, 2, &value)) return;
    if (!any) {
        ttfs_onnx_identity(im, n);
        return;
    }
    if (strcmp(mode, "constant") != 0 || !(value >= -1e38 && value <= 1e38)) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, "pad with the constant 0",
                           "mode '%s' with the value %g is not supported", mode, value);
        return;
    }
    node.attr.value = (float)value;
    node.in[0] = ttfs_onnx_activation(im, n, 0);
    if (node.in[0].i) ttfs_onnx_emit(im, n, &node, NULL);
}
