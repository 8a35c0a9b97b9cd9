/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of what works element by element, with one, two or many operands. Of constants they are
 * folded; of activations they become IR nodes where the IR has the operation.
 */
#include "onnx_import.h"

#include <float.h>
#include <string.h>

typedef struct {
    const char *type;
    OnnxFold fold;
    TtfsOp op; /* TTFS_OP_COUNT: of constants only */
} Pointwise;

static const Pointwise pointwise[] = {
    {"Abs", ONNX_FOLD_ABS, TTFS_OP_ABS},
    {"Add", ONNX_FOLD_ADD, TTFS_OP_ADD},
    {"And", ONNX_FOLD_AND, TTFS_OP_COUNT},
    {"Ceil", ONNX_FOLD_CEIL, TTFS_OP_COUNT},
    {"Div", ONNX_FOLD_DIV, TTFS_OP_DIV},
    {"Equal", ONNX_FOLD_EQUAL, TTFS_OP_COUNT},
    {"Exp", ONNX_FOLD_EXP, TTFS_OP_COUNT},
    {"Floor", ONNX_FOLD_FLOOR, TTFS_OP_COUNT},
    {"Greater", ONNX_FOLD_GREATER, TTFS_OP_COUNT},
    {"Less", ONNX_FOLD_LESS, TTFS_OP_COUNT},
    {"Log", ONNX_FOLD_LOG, TTFS_OP_COUNT},
    {"Max", ONNX_FOLD_MAX, TTFS_OP_MAX},
    {"Mean", ONNX_FOLD_ADD, TTFS_OP_ADD},
    {"Min", ONNX_FOLD_MIN, TTFS_OP_MIN},
    {"Mod", ONNX_FOLD_MOD, TTFS_OP_COUNT},
    {"Mul", ONNX_FOLD_MUL, TTFS_OP_MUL},
    {"Neg", ONNX_FOLD_NEG, TTFS_OP_NEG},
    {"Not", ONNX_FOLD_NOT, TTFS_OP_COUNT},
    {"Or", ONNX_FOLD_OR, TTFS_OP_COUNT},
    {"Pow", ONNX_FOLD_POW, TTFS_OP_COUNT},
    {"Reciprocal", ONNX_FOLD_RECIPROCAL, TTFS_OP_COUNT},
    {"Relu", ONNX_FOLD_RELU, TTFS_OP_RELU},
    {"Round", ONNX_FOLD_ROUND, TTFS_OP_COUNT},
    {"Sqrt", ONNX_FOLD_SQRT, TTFS_OP_COUNT},
    {"Sub", ONNX_FOLD_SUB, TTFS_OP_SUB},
    {"Sum", ONNX_FOLD_ADD, TTFS_OP_ADD},
};

static const Pointwise *row_of(const OnnxNode *n) {
    uint32_t i = 0;
    while (strcmp(pointwise[i].type, n->type) != 0) i++; /* the table of operators has no others */
    return &pointwise[i];
}

static bool constants_only(OnnxImport *im, const OnnxNode *n, const Pointwise *p) {
    if (p->op != TTFS_OP_COUNT) return true;
    return ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP,
                              "compute it outside the network, or use piecewise linear layers",
                              "only of constants: of activations it is outside what the mapping "
                              "covers");
}

void ttfs_onnx_one(OnnxImport *im, OnnxNode *n) {
    const Pointwise *p = row_of(n);
    OnnxConst out;
    if (n->unknown) return;
    if (ttfs_onnx_is_const(n, 0)) {
        if (ttfs_onnx_fold_one(im, n, p->fold, &n->in[0]->c, &out)) ttfs_onnx_bind_const(n, &out);
        return;
    }
    if (!constants_only(im, n, p)) {
        ttfs_onnx_stand_in(im, n, 0);
        return;
    }
    TtfsNode node = {.op = p->op, .n_in = 1, .attr = ttfs_ir_attr()};
    node.in[0] = ttfs_onnx_operand(im, n, 0);
    if (node.in[0].i) ttfs_onnx_emit(im, n, &node, NULL);
}

/* Products and quotients of two activations have no piecewise linear form. */
static bool linear(OnnxImport *im, const OnnxNode *n, TtfsOp op) {
    bool a = ttfs_onnx_is_const(n, 0), b = ttfs_onnx_is_const(n, 1);
    if (op == TTFS_OP_MUL ? a || b : op != TTFS_OP_DIV || b) return true;
    return ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "use a network without gates or attention",
                              "it multiplies or divides by an activation, which is outside what "
                              "the mapping covers");
}

void ttfs_onnx_two(OnnxImport *im, OnnxNode *n) {
    const Pointwise *p = row_of(n);
    int64_t fmod_mode = 0;
    OnnxConst out;
    if (!ttfs_onnx_attr_int(im, n, "fmod", &fmod_mode) || n->unknown) return;
    if (ttfs_onnx_all_const(n)) {
        OnnxFold fold = fmod_mode ? ONNX_FOLD_REMAINDER : p->fold;
        if (ttfs_onnx_fold_two(im, n, fold, &n->in[0]->c, &n->in[1]->c, &out))
            ttfs_onnx_bind_const(n, &out);
        return;
    }
    if (!constants_only(im, n, p) || !linear(im, n, p->op)) {
        ttfs_onnx_stand_in(im, n, ttfs_onnx_is_const(n, 0));
        return;
    }
    TtfsNode node = {.op = p->op, .n_in = 2, .attr = ttfs_ir_attr()};
    node.in[0] = ttfs_onnx_operand(im, n, 0);
    node.in[1] = ttfs_onnx_operand(im, n, 1);
    if (node.in[0].i && node.in[1].i) ttfs_onnx_emit(im, n, &node, NULL);
}

TtfsTensor ttfs_onnx_emit_times(OnnxImport *im, OnnxNode *n, TtfsTensor x, double factor) {
    float *f = TTFS_NEW(&im->ir->arena, float);
    *f = (float)factor;
    const char *name = ttfs_arena_printf(&im->scratch, "%s.factor", n->name);
    OnnxConst c = {.f = f, .count = 1};
    TtfsNode node = {.op = TTFS_OP_MUL, .n_in = 2, .in = {x}, .attr = ttfs_ir_attr()};
    node.in[1] = ttfs_onnx_put_const(im, n, name, &c, 0, NULL);
    return node.in[1].i ? ttfs_onnx_emit(im, n, &node, NULL) : node.in[1];
}

static bool is_mean(const OnnxNode *n) {
    return strcmp(n->type, "Mean") == 0;
}

/* Constants among the operands, folded one after the other. */
static void fold_many(OnnxImport *im, OnnxNode *n, OnnxFold fold) {
    OnnxConst sum = n->in[0]->c, next;
    float count = (float)n->n_in;
    const OnnxConst divisor = {.f = &count, .count = 1, .type = sum.type};
    for (uint32_t i = 1; i < n->n_in; i++) {
        if (!ttfs_onnx_fold_two(im, n, fold, &sum, &n->in[i]->c, &next)) return;
        sum = next;
    }
    if (is_mean(n)) {
        if (!ttfs_onnx_fold_two(im, n, ONNX_FOLD_DIV, &sum, &divisor, &next)) return;
        sum = next;
    }
    ttfs_onnx_bind_const(n, &sum);
}

/* Sum, Mean, Max and Min of any number of operands: a chain of two-operand nodes. */
void ttfs_onnx_many(OnnxImport *im, OnnxNode *n) {
    const Pointwise *p = row_of(n);
    if (n->unknown) return;
    for (uint32_t i = 0; i < n->n_in; i++)
        if (!n->in[i]) {
            ttfs_onnx_obstacle(im, n, TTFS_ONNX_GRAPH, NULL, "input %u is left out", i);
            return;
        }
    if (ttfs_onnx_all_const(n)) {
        fold_many(im, n, p->fold);
        return;
    }
    if (n->n_in == 1) {
        ttfs_onnx_identity(im, n);
        return;
    }
    TtfsTensor sum = ttfs_onnx_operand(im, n, 0);
    for (uint32_t i = 1; sum.i && i < n->n_in; i++) {
        TtfsTensor next = ttfs_onnx_operand(im, n, i);
        TtfsNode node = {.op = p->op, .n_in = 2, .in = {sum, next}, .attr = ttfs_ir_attr()};
        sum = next.i ? ttfs_onnx_emit(im, n, &node, NULL) : next;
        if (!next.i && n->n_out && n->out[0]) n->out[0]->kind = ONNX_UNKNOWN;
    }
    if (sum.i && is_mean(n)) ttfs_onnx_emit_times(im, n, sum, 1 / (double)n->n_in);
}

/* Sigmoid and its like: at the end of a network they are dropped, inside they stand in the way. */
void ttfs_onnx_curve(OnnxImport *im, OnnxNode *n) {
    TtfsNode node = {.op = n->type[0] == 'E'             ? TTFS_OP_ELU
                           : n->type[0] == 'T'           ? TTFS_OP_TANH
                           : n->type[1] == 'i'           ? TTFS_OP_SIGMOID
                           : strcmp(n->type, "Softplus") ? TTFS_OP_SOFTSIGN
                                                         : TTFS_OP_SOFTPLUS,
                     .n_in = 1,
                     .attr = ttfs_ir_attr()};
    if (node.op == TTFS_OP_ELU) node.attr.slope = 1;
    if (!ttfs_onnx_attr_float(im, n, "alpha", &node.attr.slope) || n->unknown) return;
    node.in[0] = ttfs_onnx_activation(im, n, 0);
    if (node.in[0].i) ttfs_onnx_emit(im, n, &node, NULL);
}

/* max(0, min(1, alpha x + beta)), exactly. */
void ttfs_onnx_hardsigmoid(OnnxImport *im, OnnxNode *n) {
    float alpha = 0.2f, *beta = TTFS_NEW(&im->ir->arena, float);
    *beta = 0.5f;
    bool ok = ttfs_onnx_attr_float(im, n, "alpha", &alpha);
    if (!ttfs_onnx_attr_float(im, n, "beta", beta) || !ok || n->unknown) return;
    TtfsTensor x = ttfs_onnx_activation(im, n, 0);
    if (!x.i || !(x = ttfs_onnx_emit_times(im, n, x, (double)alpha)).i) return;
    const char *name = ttfs_arena_printf(&im->scratch, "%s.offset", n->name);
    TtfsNode add = {.op = TTFS_OP_ADD, .n_in = 2, .in = {x}, .attr = ttfs_ir_attr()};
    add.in[1] = ttfs_onnx_put_const(im, n, name, &(OnnxConst){.f = beta, .count = 1}, 0, NULL);
    TtfsNode clip = {.op = TTFS_OP_CLIP, .n_in = 1, .attr = ttfs_ir_attr()};
    clip.attr.lo = 0, clip.attr.hi = 1;
    if (add.in[1].i && (clip.in[0] = ttfs_onnx_emit(im, n, &add, NULL)).i)
        ttfs_onnx_emit(im, n, &clip, NULL);
}

void ttfs_onnx_leakyrelu(OnnxImport *im, OnnxNode *n) {
    TtfsNode node = {.op = TTFS_OP_LEAKYRELU, .n_in = 1, .attr = ttfs_ir_attr()};
    node.attr.slope = 0.01f;
    if (!ttfs_onnx_attr_float(im, n, "alpha", &node.attr.slope) || n->unknown) return;
    node.in[0] = ttfs_onnx_activation(im, n, 0);
    if (node.in[0].i) ttfs_onnx_emit(im, n, &node, NULL);
}

void ttfs_onnx_prelu(OnnxImport *im, OnnxNode *n) {
    TtfsNode node = {.op = TTFS_OP_PRELU, .n_in = 2, .attr = ttfs_ir_attr()};
    if (n->unknown) return;
    node.in[0] = ttfs_onnx_activation(im, n, 0);
    node.in[1] = ttfs_onnx_weight(im, n, 1);
    if (node.in[0].i && node.in[1].i) ttfs_onnx_emit(im, n, &node, NULL);
}

static float bound(double v) {
    if (v <= -(double)FLT_MAX) return -FLT_MAX;
    return v >= (double)FLT_MAX ? FLT_MAX : (float)v;
}

static void fold_clip(OnnxImport *im, OnnxNode *n, double lo, double hi) {
    const OnnxConst *x = &n->in[0]->c;
    OnnxConst out;
    float *f = NULL;
    int64_t *q = NULL;
    if (!ttfs_onnx_new_const(im, n, x->f != NULL, x->rank, x->dim, &f, &q, &out)) return;
    out.type = x->type;
    for (uint64_t i = 0; i < x->count; i++) {
        double v = f ? (double)x->f[i] : (double)x->n[i];
        if (f)
            f[i] = v < lo ? bound(lo) : v > hi ? bound(hi) : x->f[i];
        else
            q[i] = v < lo ? (int64_t)lo : v > hi ? (int64_t)hi : x->n[i];
    }
    ttfs_onnx_bind_const(n, &out);
}

/* Bounds are attributes before opset 11, inputs from then on; either may be left out. */
void ttfs_onnx_clip(OnnxImport *im, OnnxNode *n) {
    TtfsNode node = {.op = TTFS_OP_CLIP, .n_in = 1, .attr = ttfs_ir_attr()};
    bool ok = ttfs_onnx_attr_float(im, n, "min", &node.attr.lo);
    ok = ttfs_onnx_attr_float(im, n, "max", &node.attr.hi) && ok;
    if (!ok || n->unknown) return;
    double lo = (double)node.attr.lo, hi = (double)node.attr.hi;
    if (!ttfs_onnx_number(im, n, 1, &lo) || !ttfs_onnx_number(im, n, 2, &hi)) return;
    if (!(lo <= hi)) { /* ONNX: the upper bound wins; a NaN is no bound */
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "bounds of %g and %g", lo, hi);
        return;
    }
    if (ttfs_onnx_is_const(n, 0)) {
        fold_clip(im, n, lo, hi);
        return;
    }
    if (ttfs_onnx_narrow_grid(im, n, lo, hi)) return;
    node.attr.lo = bound(lo);
    node.attr.hi = bound(hi);
    node.in[0] = ttfs_onnx_operand(im, n, 0);
    if (node.in[0].i) ttfs_onnx_emit(im, n, &node, NULL);
}
