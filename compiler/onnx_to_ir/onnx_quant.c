/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of quantised networks: QuantizeLinear, DequantizeLinear. Of constants they are folded:
 * an integer of the grid times its scale, rounded once. Of activations a pair becomes one QUANT
 * node, and a Clip between its halves the bounds of its grid; half a pair becomes a QUANT of
 * integers, or a subtraction and a product, so that pools and moves between the halves keep their
 * meaning.
 */
#include "onnx_import.h"

#include <math.h>
#include <string.h>

typedef struct {
    OnnxConst scale, zero; /* zero: integers, or none (n = f = NULL) */
    uint32_t axis;         /* of a list of scales */
    double lo, hi;
} Grid;

/* Bounds of an integer type; false for others. */
static bool type_bounds(int32_t type, double *lo, double *hi) {
    uint32_t bits = type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT8 ||
                            type == ONNX__TENSOR_PROTO__DATA_TYPE__INT8
                        ? 8
                        : 16;
    bool known = bits == 8 || type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT16 ||
                 type == ONNX__TENSOR_PROTO__DATA_TYPE__INT16;
    bool is_signed = type == ONNX__TENSOR_PROTO__DATA_TYPE__INT8 ||
                     type == ONNX__TENSOR_PROTO__DATA_TYPE__INT16;
    *lo = is_signed ? -(double)(1 << (bits - 1)) : 0;
    *hi = is_signed ? (double)((1 << (bits - 1)) - 1) : (double)((1 << bits) - 1);
    return known;
}

static double zero_at(const Grid *g, uint64_t i) {
    const OnnxConst *z = &g->zero;
    if (z->count == 0) return 0;
    uint64_t k = z->count == 1 ? 0 : i;
    return z->f ? (double)z->f[k] : (double)z->n[k];
}

static double scale_at(const Grid *g, uint64_t i) {
    return (double)g->scale.f[g->scale.count == 1 ? 0 : i];
}

bool ttfs_onnx_positive_scales(OnnxImport *im, const OnnxNode *n, const OnnxConst *scale) {
    bool ok = scale->f && scale->count > 0;
    for (uint64_t i = 0; ok && i < scale->count; i++) ok = isfinite(scale->f[i]) && scale->f[i] > 0;
    if (ok) return true;
    return ttfs_onnx_obstacle(im, n, TTFS_MODEL_VALUE, NULL,
                              "its scales are not positive finite numbers");
}

/* Scale, zero point and axis of a Linear operator on an input of shape x. */
static bool read_grid(OnnxImport *im, const OnnxNode *n, const TtfsTensorInfo *x, Grid *g) {
    int64_t axis = 1, block = 0;
    *g = (Grid){0};
    if (!ttfs_onnx_attr_int(im, n, "axis", &axis) ||
        !ttfs_onnx_attr_int(im, n, "block_size", &block))
        return false;
    if (block)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, "quantise per tensor or per channel",
                                  "scales for blocks are not supported");
    bool zero = ttfs_onnx_has(n, 2);
    if (!ttfs_onnx_is_const(n, 1) || (zero && !ttfs_onnx_is_const(n, 2)))
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "export the model with constant scales",
                                  "its scale or zero point is computed");
    g->scale = n->in[1]->c;
    if (zero) g->zero = n->in[2]->c;
    if (!ttfs_onnx_positive_scales(im, n, &g->scale)) return false;
    bool fits = g->scale.rank <= 1 && (!zero || (g->zero.n && g->zero.count == g->scale.count));
    if (fits && g->scale.count > 1) {
        if (!ttfs_onnx_axis(im, n, axis, x->rank, &g->axis)) return false;
        fits = x->dim[g->axis] == g->scale.count;
    }
    if (fits) return true;
    return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                              "its scales and zero points do not fit its input");
}

/* Which scale belongs to element k of a constant of shape x. */
static uint64_t channel_of(const Grid *g, const OnnxConst *x, uint64_t k) {
    uint64_t inner = 1;
    if (g->scale.count == 1) return 0;
    for (uint32_t i = g->axis + 1; i < x->rank; i++) inner *= x->dim[i];
    return k / inner % g->scale.count;
}

/* The scale (or the zero point as floats) in the IR, in a shape that broadcasts to x. */
static TtfsTensor put_along(OnnxImport *im, OnnxNode *n, const char *what, const Grid *g, bool zero,
                            uint32_t rank) {
    uint32_t dim[TTFS_MAX_RANK], one = (uint32_t)g->scale.count;
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst c;
    for (uint32_t i = 0; i < rank; i++) dim[i] = 1;
    if (one > 1) dim[g->axis] = one;
    if (!ttfs_onnx_new_const(im, n, true, 1, &one, &f, &q, &c)) return (TtfsTensor){0};
    for (uint32_t i = 0; i < one; i++) f[i] = (float)(zero ? zero_at(g, i) : scale_at(g, i));
    const char *name = ttfs_arena_printf(&im->scratch, "%s.%s", n->name, what);
    return ttfs_onnx_put_const(im, n, name, &c, one > 1 ? rank : 0, dim);
}

static void fold_quantize(OnnxImport *im, OnnxNode *n, const Grid *g, int32_t type) {
    const OnnxConst *x = &n->in[0]->c;
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst out;
    if (!x->f) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_TENSOR, NULL, "it quantises integers");
        return;
    }
    if (!ttfs_onnx_new_const(im, n, false, x->rank, x->dim, &f, &q, &out)) return;
    out.type = type;
    for (uint64_t k = 0; k < x->count; k++) {
        uint64_t i = channel_of(g, x, k);
        double v = rint((double)(x->f[k] / (float)scale_at(g, i))) + zero_at(g, i);
        q[k] = (int64_t)(v > g->lo ? v < g->hi ? v : g->hi : g->lo); /* a NaN becomes lo */
    }
    ttfs_onnx_bind_const(n, &out);
}

static void emit_quant(OnnxImport *im, OnnxNode *n, const Grid *g, TtfsTensor x, bool integer) {
    uint32_t rank = ttfs_ir_tensor(im->ir, x)->rank;
    TtfsNode node = {.op = TTFS_OP_QUANT, .n_in = 3, .in = {x}, .attr = ttfs_ir_attr()};
    node.in[1] = put_along(im, n, "scale", g, false, rank);
    node.in[2] = put_along(im, n, "zero_point", g, true, rank);
    node.attr.lo = (float)g->lo;
    node.attr.hi = (float)g->hi;
    node.attr.integer = integer;
    if (node.in[1].i && node.in[2].i) ttfs_onnx_emit(im, n, &node, NULL);
}

static void on_grid(OnnxNode *n, uint32_t quant) {
    if (!n->n_out || !n->out[0] || n->out[0]->kind != ONNX_TENSOR) return;
    n->out[0]->quant = quant;
    n->out[0]->integer = true;
}

bool ttfs_onnx_narrow_grid(OnnxImport *im, OnnxNode *n, double lo, double hi) {
    uint32_t quant = n->in[0]->quant;
    if (!quant) return false;
    TtfsNode node = im->ir->nodes.at[quant - 1];
    node.attr.lo = fmaxf(node.attr.lo, (float)ceil(lo));
    node.attr.hi = fminf(node.attr.hi, (float)floor(hi));
    if (!(node.attr.lo < node.attr.hi)) return false; /* one integer is left: a constant */
    if (ttfs_onnx_emit(im, n, &node, NULL).i) on_grid(n, im->ir->nodes.len);
    return true;
}

void ttfs_onnx_quantize(OnnxImport *im, OnnxNode *n) {
    int64_t type = 0;
    Grid g;
    if (!ttfs_onnx_attr_int(im, n, "output_dtype", &type) || n->unknown) return;
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    if (!read_grid(im, n, &x, &g)) return;
    if (g.zero.count) type = g.zero.type;
    if (type == 0) type = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8;
    if (type < 0 || type > INT16_MAX) type = 0;
    if (!type_bounds((int32_t)type, &g.lo, &g.hi)) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "quantise to 8 or 16 bit integers",
                           "it quantises to %s", ttfs_onnx_type_name((int32_t)type));
        return;
    }
    if (ttfs_onnx_is_const(n, 0)) {
        fold_quantize(im, n, &g, (int32_t)type);
        return;
    }
    TtfsTensor in = ttfs_onnx_operand(im, n, 0);
    if (in.i) emit_quant(im, n, &g, in, true);
    on_grid(n, im->ir->nodes.len);
}

static void fold_dequantize(OnnxImport *im, OnnxNode *n, const Grid *g) {
    const OnnxConst *x = &n->in[0]->c;
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst out;
    if (!x->n) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_TENSOR, NULL, "its input is not of an integer type");
        return;
    }
    if (!ttfs_onnx_new_const(im, n, true, x->rank, x->dim, &f, &q, &out)) return;
    for (uint64_t k = 0; k < x->count; k++) {
        uint64_t i = channel_of(g, x, k);
        f[k] = (float)(((double)x->n[k] - zero_at(g, i)) * scale_at(g, i));
    }
    double lo, hi;
    if (type_bounds(x->type, &lo, &hi)) { /* a bias of 32 bits is on the sums' grid, not its own */
        out.quantum = g->scale.f;
        out.quanta = (uint32_t)g->scale.count;
        out.quantum_axis = out.quanta > 1 ? g->axis : 0;
    }
    ttfs_onnx_bind_const(n, &out);
}

/* True when the IR node has exactly this scale and zero point. */
static bool same_grid(const OnnxImport *im, const TtfsNode *node, const Grid *g) {
    const TtfsTensorInfo *scale = ttfs_ir_tensor(im->ir, node->in[1]);
    const TtfsTensorInfo *zero = ttfs_ir_tensor(im->ir, node->in[2]);
    bool same = ttfs_ir_count(scale) == g->scale.count;
    if (same && g->scale.count > 1) same = scale->dim[g->axis] == g->scale.count;
    for (uint64_t i = 0; same && i < g->scale.count; i++)
        same = (double)scale->data[i] == scale_at(g, i) && (double)zero->data[i] == zero_at(g, i);
    return same;
}

void ttfs_onnx_dequantize(OnnxImport *im, OnnxNode *n) {
    Grid g;
    if (n->unknown) return;
    TtfsTensorInfo t = ttfs_onnx_shape(im, n, 0);
    if (!read_grid(im, n, &t, &g)) return;
    if (ttfs_onnx_is_const(n, 0)) {
        fold_dequantize(im, n, &g);
        return;
    }
    TtfsTensor x = ttfs_onnx_operand(im, n, 0);
    uint32_t quant = n->in[0]->quant;
    if (!x.i) return;
    if (quant && same_grid(im, &im->ir->nodes.at[quant - 1], &g)) {
        TtfsNode node = im->ir->nodes.at[quant - 1]; /* the pair as one node */
        node.attr.integer = false;
        ttfs_onnx_emit(im, n, &node, NULL);
        return;
    }
    TtfsNode sub = {.op = TTFS_OP_SUB, .n_in = 2, .in = {x}, .attr = ttfs_ir_attr()};
    sub.in[1] = put_along(im, n, "zero_point", &g, true, t.rank);
    TtfsNode mul = {.op = TTFS_OP_MUL, .n_in = 2, .attr = ttfs_ir_attr()};
    mul.in[1] = put_along(im, n, "scale", &g, false, t.rank);
    if (!sub.in[1].i || !mul.in[1].i || !(mul.in[0] = ttfs_onnx_emit(im, n, &sub, NULL)).i) return;
    ttfs_onnx_emit(im, n, &mul, NULL);
}
