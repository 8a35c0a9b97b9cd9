/* SPDX-License-Identifier: Apache-2.0
 *
 * Element by element: one, two or three operands that broadcast as in numpy. The output is walked
 * in rows along its last axis; along it every operand is either a row or one value. Float32
 * arithmetic, as ONNX says: one operation, one rounding.
 */
#include "relu_ops.h"

#include <math.h>

enum { MOST = 3 };

/* One row: operand k's element i is in[k][i * stride[k]]. */
typedef struct {
    const float *in[MOST];
    uint64_t stride[MOST];
    float *out;
    uint64_t n;
} Row;

static void row_two(TtfsOp op, const Row *r) {
    const float *a = r->in[0], *b = r->in[1];
    uint64_t p = r->stride[0], q = r->stride[1], n = r->n;
    float *y = r->out;
    if (op == TTFS_OP_ADD)
        for (uint64_t i = 0; i < n; i++) y[i] = a[i * p] + b[i * q];
    else if (op == TTFS_OP_SUB)
        for (uint64_t i = 0; i < n; i++) y[i] = a[i * p] - b[i * q];
    else if (op == TTFS_OP_MUL)
        for (uint64_t i = 0; i < n; i++) y[i] = a[i * p] * b[i * q];
    else if (op == TTFS_OP_DIV)
        for (uint64_t i = 0; i < n; i++) y[i] = a[i * p] / b[i * q];
    else if (op == TTFS_OP_MAX)
        for (uint64_t i = 0; i < n; i++) y[i] = a[i * p] > b[i * q] ? a[i * p] : b[i * q];
    else if (op == TTFS_OP_MIN)
        for (uint64_t i = 0; i < n; i++) y[i] = a[i * p] < b[i * q] ? a[i * p] : b[i * q];
    else /* PRELU */
        for (uint64_t i = 0; i < n; i++) y[i] = a[i * p] < 0 ? a[i * p] * b[i * q] : a[i * p];
}

static float clamp(float v, float lo, float hi) {
    v = v < lo ? lo : v;
    return v > hi ? hi : v;
}

static void row_quant(const TtfsIrAttr *a, const Row *r) {
    for (uint64_t i = 0; i < r->n; i++) {
        float scale = r->in[1][i * r->stride[1]], zero = r->in[2][i * r->stride[2]];
        float q = clamp(rintf(r->in[0][i * r->stride[0]] / scale) + zero, a->lo, a->hi);
        r->out[i] = a->integer ? q : (q - zero) * scale;
    }
}

/* Offset of an operand at the row of the output whose coordinates but the last are `at`. */
static uint64_t offset(const TtfsTensorInfo *x, const TtfsTensorInfo *y, const uint32_t *at) {
    uint64_t from = 0;
    for (uint32_t d = 0; d < x->rank; d++) {
        uint32_t axis = d + y->rank - x->rank;
        bool moves = x->dim[d] != 1 && axis + 1 < y->rank;
        from = from * x->dim[d] + (moves ? at[axis] : 0);
    }
    return from;
}

static void run_rows(TtfsReluOp *s) {
    const TtfsTensorInfo *y = s->out_shape;
    uint32_t at[TTFS_MAX_RANK] = {0}, operands = s->node->n_in < MOST ? s->node->n_in : MOST;
    Row r = {.n = y->rank ? y->dim[y->rank - 1] : 1};
    for (uint32_t k = 0; k < operands; k++) {
        const TtfsTensorInfo *x = s->shape[k];
        r.stride[k] = x->rank && x->dim[x->rank - 1] != 1;
    }
    uint64_t rows = ttfs_ir_count(y) / r.n;
    for (uint64_t i = 0; i < rows; i++) {
        r.out = s->out + i * r.n;
        for (uint32_t k = 0; k < operands; k++) r.in[k] = s->in[k] + offset(s->shape[k], y, at);
        if (s->node->op == TTFS_OP_QUANT)
            row_quant(&s->node->attr, &r);
        else
            row_two(s->node->op, &r);
        for (uint32_t d = y->rank > 1 ? y->rank - 1 : 0; d-- > 0 && ++at[d] == y->dim[d];)
            at[d] = 0;
    }
}

static void run_one(TtfsReluOp *s) {
    const TtfsIrAttr *a = &s->node->attr;
    const float *x = s->in[0];
    float *y = s->out;
    uint64_t n = ttfs_ir_count(s->out_shape);
    TtfsOp op = s->node->op;
    if (op == TTFS_OP_RELU)
        for (uint64_t i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : 0.0f;
    else if (op == TTFS_OP_LEAKYRELU)
        for (uint64_t i = 0; i < n; i++) y[i] = x[i] < 0 ? x[i] * a->slope : x[i];
    else if (op == TTFS_OP_CLIP)
        for (uint64_t i = 0; i < n; i++) y[i] = clamp(x[i], a->lo, a->hi);
    else if (op == TTFS_OP_ABS)
        for (uint64_t i = 0; i < n; i++) y[i] = fabsf(x[i]);
    else /* NEG */
        for (uint64_t i = 0; i < n; i++) y[i] = -x[i];
}

void ttfs_relu_pointwise(TtfsReluOp *s) {
    if (s->node->n_in == 1)
        run_one(s);
    else
        run_rows(s);
}
