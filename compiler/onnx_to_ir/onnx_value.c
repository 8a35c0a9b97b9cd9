/* SPDX-License-Identifier: Apache-2.0
 *
 * What handlers read and write: inputs as activations, weights or integers; outputs as IR nodes or
 * constants. Constants enter the IR at their first use, once, and are checked there.
 */
#include "onnx_import.h"

#include <math.h>
#include <string.h>

bool ttfs_onnx_has(const OnnxNode *n, uint32_t input) {
    return input < n->n_in && n->in[input];
}

bool ttfs_onnx_is_const(const OnnxNode *n, uint32_t input) {
    return ttfs_onnx_has(n, input) && n->in[input]->kind == ONNX_CONST;
}

TtfsTensorInfo ttfs_onnx_shape(const OnnxImport *im, const OnnxNode *n, uint32_t input) {
    const OnnxValue *v = n->in[input];
    if (v->kind == ONNX_TENSOR) return *ttfs_ir_tensor(im->ir, v->tensor);
    TtfsTensorInfo t = {.rank = v->c.rank};
    memcpy(t.dim, v->c.dim, sizeof t.dim);
    return t;
}

static bool finite(OnnxImport *im, const OnnxNode *n, const char *name, const OnnxConst *c) {
    for (uint64_t i = 0; i < c->count; i++)
        if (!isfinite(c->f[i]))
            return ttfs_onnx_obstacle(im, n, TTFS_MODEL_VALUE, NULL, "element %llu of '%s' is %f",
                                      (unsigned long long)i, name, (double)c->f[i]);
    return true;
}

bool ttfs_onnx_all_const(const OnnxNode *n) {
    for (uint32_t i = 0; i < n->n_in; i++)
        if (n->in[i] && n->in[i]->kind != ONNX_CONST) return false;
    return true;
}

TtfsTensor ttfs_onnx_put_const(OnnxImport *im, const OnnxNode *n, const char *name,
                               const OnnxConst *c, uint32_t rank, const uint32_t *dim) {
    if (!c->f || c->count == 0) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_TENSOR, NULL, "'%s' %s", name,
                           c->f ? "is empty" : "is not of a floating-point type");
        return (TtfsTensor){0};
    }
    if (!finite(im, n, name, c)) return (TtfsTensor){0};
    TtfsTensorInfo t = {
        .name = ttfs_arena_strdup(&im->ir->arena, name), .rank = rank, .data = c->f};
    if (rank) memcpy(t.dim, dim, rank * sizeof *dim);
    OnnxConst shaped = {.rank = rank};
    memcpy(shaped.dim, t.dim, sizeof t.dim);
    ttfs_onnx_keep_quanta(c, &shaped);
    t.quantum = shaped.quantum, t.quanta = shaped.quanta, t.quantum_axis = shaped.quantum_axis;
    return ttfs_ir_add_tensor(im->ir, &t);
}

TtfsTensor ttfs_onnx_operand(OnnxImport *im, const OnnxNode *n, uint32_t input) {
    OnnxValue *v = ttfs_onnx_has(n, input) ? n->in[input] : NULL;
    if (!v) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_GRAPH, NULL, "input %u is missing", input);
        return (TtfsTensor){0};
    }
    if (v->tensor.i) return v->tensor;
    return v->tensor = ttfs_onnx_put_const(im, n, v->name, &v->c, v->c.rank, v->c.dim);
}

TtfsTensor ttfs_onnx_activation(OnnxImport *im, const OnnxNode *n, uint32_t input) {
    if (!ttfs_onnx_is_const(n, input)) return ttfs_onnx_operand(im, n, input);
    ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "fold the constant before the export",
                       "its input '%s' is a constant, and this operator is not folded",
                       n->in[input]->name);
    return (TtfsTensor){0};
}

TtfsTensor ttfs_onnx_weight(OnnxImport *im, const OnnxNode *n, uint32_t input) {
    if (!ttfs_onnx_has(n, input) || ttfs_onnx_is_const(n, input))
        return ttfs_onnx_operand(im, n, input);
    ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "export the model with constant weights",
                       "its parameter '%s' is computed, a constant expected", n->in[input]->name);
    return (TtfsTensor){0};
}

bool ttfs_onnx_ints(OnnxImport *im, const OnnxNode *n, uint32_t input, const int64_t **values,
                    size_t *count) {
    *values = NULL;
    *count = 0;
    if (!ttfs_onnx_has(n, input)) return true;
    const OnnxValue *v = n->in[input];
    if (v->kind != ONNX_CONST || !v->c.n || v->c.rank > 1)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                                  "input '%s' is not a constant list of integers", v->name);
    *values = v->c.n;
    *count = (size_t)v->c.count;
    return true;
}

bool ttfs_onnx_number(OnnxImport *im, const OnnxNode *n, uint32_t input, double *out) {
    if (!ttfs_onnx_has(n, input)) return true;
    const OnnxValue *v = n->in[input];
    if (v->kind != ONNX_CONST || v->c.count != 1)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, "export the model with constant settings",
                                  "input '%s' is not a constant number", v->name);
    *out = v->c.f ? (double)v->c.f[0] : (double)v->c.n[0];
    return true;
}

bool ttfs_onnx_list(OnnxImport *im, const OnnxNode *n, const char *name, uint32_t input,
                    const int64_t **values, size_t *count) {
    if (ttfs_onnx_attr(n, name)) return ttfs_onnx_attr_ints(im, n, name, values, count);
    return ttfs_onnx_ints(im, n, input, values, count);
}

bool ttfs_onnx_axes(OnnxImport *im, const OnnxNode *n, uint32_t input, uint32_t rank, uint32_t *set,
                    size_t *count) {
    const int64_t *axes;
    if (!ttfs_onnx_list(im, n, "axes", input, &axes, count)) return false;
    *set = 0;
    for (size_t i = 0; i < *count; i++) {
        uint32_t axis;
        if (!ttfs_onnx_axis(im, n, axes[i], rank, &axis)) return false;
        if (*set >> axis & 1)
            return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "axis %u is named twice", axis);
        *set |= 1u << axis;
    }
    return true;
}

/* Counts what the node makes against the limit. */
static bool within_limit(OnnxImport *im, const OnnxNode *n, const TtfsTensorInfo *out) {
    if ((im->activations += ttfs_ir_count(out)) <= im->most_activations) return true;
    im->activations = 0; /* said once for each time it fills up */
    return ttfs_onnx_obstacle(im, n, TTFS_BUDGET, NULL,
                              "with it the activations have more than %llu elements in all",
                              (unsigned long long)im->most_activations);
}

TtfsTensor ttfs_onnx_emit_slot(OnnxImport *im, OnnxNode *n, TtfsNode *node,
                               const TtfsTensorInfo *shape, uint32_t slot) {
    TtfsArena *a = &im->ir->arena;
    TtfsTensorInfo out = shape ? *shape : (TtfsTensorInfo){0};
    TtfsDiag own = {0};
    OnnxValue *bound = slot < n->n_out ? n->out[slot] : NULL;
    node->name = ttfs_arena_strdup(a, n->name);
    out.name = bound ? ttfs_arena_strdup(a, bound->name) : node->name;
    out.data = NULL;
    bool ok = ttfs_ir_infer(im->ir, node, &out, NULL, &own);
    if (!ok) ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "%s", ttfs_diag_error(&own)->what);
    ttfs_diag_free(&own);
    if (!ok || !within_limit(im, n, &out)) {
        if (bound) bound->kind = ONNX_UNKNOWN; /* an earlier node of this one may have bound it */
        return (TtfsTensor){0};
    }
    node->out = ttfs_ir_add_tensor(im->ir, &out);
    ttfs_ir_add_node(im->ir, node);
    if (bound) {
        bound->kind = ONNX_TENSOR;
        bound->tensor = node->out;
    }
    return node->out;
}

TtfsTensor ttfs_onnx_emit(OnnxImport *im, OnnxNode *n, TtfsNode *node,
                          const TtfsTensorInfo *shape) {
    return ttfs_onnx_emit_slot(im, n, node, shape, 0);
}

TtfsTensor ttfs_onnx_emit_reshape(OnnxImport *im, OnnxNode *n, TtfsTensor x, uint32_t rank,
                                  const uint32_t *dim) {
    const TtfsTensorInfo *t = ttfs_ir_tensor(im->ir, x);
    TtfsTensorInfo want = {.rank = rank};
    if (rank) memcpy(want.dim, dim, rank * sizeof *dim);
    if (t->rank == rank && memcmp(t->dim, want.dim, sizeof want.dim) == 0) return x;
    TtfsNode node = {.op = TTFS_OP_RESHAPE, .n_in = 1, .in = {x}, .attr = ttfs_ir_attr()};
    return ttfs_onnx_emit(im, n, &node, &want);
}

void ttfs_onnx_keep_quanta(const OnnxConst *from, OnnxConst *to) {
    uint64_t before = 1, at = 1;
    to->quantum = NULL, to->quanta = to->quantum_axis = 0;
    if (!from->quanta) return;
    for (uint32_t i = 0; i < from->quantum_axis; i++) before *= from->dim[i];
    for (uint32_t i = 0; i < to->rank; at *= to->dim[i++]) {
        if (from->quanta > 1 && (at != before || to->dim[i] != from->quanta)) continue;
        to->quantum_axis = from->quanta > 1 ? i : 0;
        to->quantum = from->quantum;
        to->quanta = from->quanta;
        return;
    }
    if (from->quanta == 1) to->quantum = from->quantum, to->quanta = 1;
}

void ttfs_onnx_note_lost_grid(OnnxImport *im, const OnnxNode *n, const OnnxConst *a,
                              const OnnxConst *b) {
    if (a->quanta || (b && b->quanta))
        ttfs_note(im->diag, TTFS_AT_NODE(im->path, n->name),
                  "what it makes of quantised weights is on their grid no more; it is quantised "
                  "anew");
}

void ttfs_onnx_bind_const_slot(OnnxNode *n, const OnnxConst *c, uint32_t slot) {
    if (slot >= n->n_out || !n->out[slot]) return;
    n->out[slot]->kind = ONNX_CONST;
    n->out[slot]->c = *c;
}

void ttfs_onnx_bind_const(OnnxNode *n, const OnnxConst *c) {
    ttfs_onnx_bind_const_slot(n, c, 0);
}

bool ttfs_onnx_new_const(OnnxImport *im, const OnnxNode *n, bool is_float, uint32_t rank,
                         const uint32_t *dim, float **f, int64_t **i, OnnxConst *out) {
    *out = (OnnxConst){.rank = rank,
                       .count = 1,
                       .type = is_float ? ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT
                                        : ONNX__TENSOR_PROTO__DATA_TYPE__INT64};
    for (uint32_t k = 0; k < rank; k++) {
        out->dim[k] = dim[k];
        out->count *= dim[k];
        if (out->count > im->fold_budget || out->count > INT32_MAX)
            return ttfs_onnx_obstacle(im, n, TTFS_BUDGET, NULL,
                                      "folding constants would make too many elements");
    }
    im->fold_budget -= out->count;
    if (is_float)
        out->f = *f = TTFS_ARRAY(&im->ir->arena, float, out->count);
    else
        out->n = *i = TTFS_ARRAY(&im->scratch, int64_t, out->count);
    return true;
}
