/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of the QONNX operators: Quant (IntQuant) and BipolarQuant. In: a value, its scale, for
 * Quant a zero point and a number of bits. Of constants they are folded onto the grid; of
 * activations a Quant is one QUANT node. A bipolar activation jumps, and has no form here.
 */
#include "onnx_import.h"

#include <math.h>
#include <string.h>

typedef struct {
    OnnxConst scale, zero; /* floats */
    double lo, hi;
} Grid;

/* Bounds from bit width, sign and narrow range (QONNX, Quant). */
static bool qonnx_bounds(OnnxImport *im, const OnnxNode *n, Grid *g) {
    int64_t is_signed = 1, narrow = 0;
    const char *mode = "ROUND";
    double bits = 0;
    if (!ttfs_onnx_attr_int(im, n, "signed", &is_signed) ||
        !ttfs_onnx_attr_int(im, n, "narrow", &narrow) ||
        !ttfs_onnx_attr_text(im, n, "rounding_mode", &mode) || n->unknown ||
        !ttfs_onnx_number(im, n, 3, &bits))
        return false;
    if (strcmp(mode, "ROUND") != 0)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, "train with rounding_mode ROUND",
                                  "rounding_mode '%s' is not supported", mode);
    if (!(bits >= 1 && bits <= 16) || bits != floor(bits) || (bits == 1 && is_signed))
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, "quantise to 2 to 16 bits",
                                  "a bit width of %g", bits);
    double span = ldexp(1, (int)bits - (is_signed != 0));
    g->lo = is_signed ? -span + (narrow != 0) : 0;
    g->hi = span - 1 - (!is_signed && narrow);
    return true;
}

/* The scale, when it is one or one a place of an axis of the result, and zero points are whole. */
static void qonnx_quanta(const OnnxConst *scale, const OnnxConst *zero, OnnxConst *out) {
    uint32_t wide = 0, lead = out->rank - scale->rank;
    for (uint64_t i = 0; i < zero->count; i++)
        if (!(fmod((double)zero->f[i], 1) == 0)) return;
    for (uint32_t i = 0; i < scale->rank; i++) {
        if (scale->dim[i] == 1) continue;
        wide++;
        out->quantum_axis = i + lead;
    }
    if (wide > 1) return;
    out->quantum = scale->f;
    out->quanta = (uint32_t)scale->count;
}

static void fold_qonnx(OnnxImport *im, OnnxNode *n, const Grid *g) {
    OnnxConst scaled, moved, *x = &n->in[0]->c;
    if (!x->f) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_TENSOR, NULL, "it quantises integers");
        return;
    }
    if (!ttfs_onnx_fold_two(im, n, ONNX_FOLD_DIV, x, &g->scale, &scaled) ||
        !ttfs_onnx_fold_two(im, n, ONNX_FOLD_ADD, &scaled, &g->zero, &moved))
        return;
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst grid;
    if (!ttfs_onnx_new_const(im, n, true, moved.rank, moved.dim, &f, &q, &grid)) return;
    for (uint64_t i = 0; i < grid.count; i++) {
        double v = rint((double)moved.f[i]);
        f[i] = (float)(v > g->lo ? v < g->hi ? v : g->hi : g->lo);
    }
    if (ttfs_onnx_fold_two(im, n, ONNX_FOLD_SUB, &grid, &g->zero, &moved) &&
        ttfs_onnx_fold_two(im, n, ONNX_FOLD_MUL, &moved, &g->scale, &scaled)) {
        qonnx_quanta(&g->scale, &g->zero, &scaled);
        ttfs_onnx_bind_const(n, &scaled);
    }
}

/* Whole zero points, as in QuantizeLinear. (QONNX adds them before it rounds half to even: an odd
 * one decides otherwise only where the value lies exactly between two integers.) */
static bool whole_zero_points(OnnxImport *im, OnnxNode *n, const OnnxConst *zero) {
    for (uint64_t i = 0; i < zero->count; i++) {
        if (fmod((double)zero->f[i], 1) == 0) continue;
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "quantise activations with whole zero points",
                           "a zero point of %g", (double)zero->f[i]);
        ttfs_onnx_stand_in(im, n, 0);
        return false;
    }
    return true;
}

/* Quant(x, scale, zero point, bits) */
void ttfs_onnx_qonnx_quant(OnnxImport *im, OnnxNode *n) {
    Grid g = {0};
    if (!qonnx_bounds(im, n, &g)) return;
    if (!ttfs_onnx_is_const(n, 1) || !ttfs_onnx_is_const(n, 2) || !n->in[2]->c.f) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "export the model with constant scales",
                           "its scale or zero point is computed");
        return;
    }
    g.scale = n->in[1]->c;
    g.zero = n->in[2]->c;
    if (!ttfs_onnx_positive_scales(im, n, &g.scale)) return;
    if (ttfs_onnx_is_const(n, 0)) {
        fold_qonnx(im, n, &g);
        return;
    }
    if (!whole_zero_points(im, n, &g.zero)) return;
    TtfsNode node = {.op = TTFS_OP_QUANT, .n_in = 3, .attr = ttfs_ir_attr()};
    for (uint32_t i = 0; i < 3; i++)
        if (!(node.in[i] = ttfs_onnx_operand(im, n, i)).i) return;
    node.attr.lo = (float)g.lo;
    node.attr.hi = (float)g.hi;
    ttfs_onnx_emit(im, n, &node, NULL);
}

static void fold_bipolar(OnnxImport *im, OnnxNode *n, const OnnxConst *scale) {
    const OnnxConst *x = &n->in[0]->c;
    const OnnxConst whole = {.f = (const float[]){0}, .count = 1};
    OnnxConst sign, scaled;
    float *f = NULL;
    int64_t *q = NULL;
    if (!x->f) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_TENSOR, NULL, "it quantises integers");
        return;
    }
    if (!ttfs_onnx_new_const(im, n, true, x->rank, x->dim, &f, &q, &sign)) return;
    for (uint64_t i = 0; i < x->count; i++) f[i] = x->f[i] >= 0 ? 1 : -1;
    if (!ttfs_onnx_fold_two(im, n, ONNX_FOLD_MUL, &sign, scale, &scaled)) return;
    qonnx_quanta(scale, &whole, &scaled);
    ttfs_onnx_bind_const(n, &scaled);
}

/* BipolarQuant(x, scale): plus or minus the scale, plus where x is 0. */
void ttfs_onnx_qonnx_bipolar(OnnxImport *im, OnnxNode *n) {
    if (n->unknown) return;
    if (!ttfs_onnx_is_const(n, 0)) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "quantise activations to 2 bits or more",
                           "it makes activations jump at 0, which no piecewise linear layer does");
        ttfs_onnx_stand_in(im, n, 0);
    } else if (!ttfs_onnx_is_const(n, 1)) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "export the model with constant scales",
                           "its scale is computed");
    } else if (ttfs_onnx_positive_scales(im, n, &n->in[1]->c)) {
        fold_bipolar(im, n, &n->in[1]->c);
    }
}
