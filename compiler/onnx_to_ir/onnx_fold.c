/* SPDX-License-Identifier: Apache-2.0
 *
 * Constant folding: transposition and elementwise arithmetic. Float32 results are those of float32
 * arithmetic (a double holds sum, product and quotient of two floats well enough that rounding it
 * gives the same float); integers wrap as ONNX leaves open, a division by zero is an obstacle.
 */
#include "onnx_import.h"

#include <string.h>

void ttfs_onnx_fold_transpose(OnnxImport *im, OnnxNode *n, const uint32_t *perm) {
    const OnnxConst *c = &n->in[0]->c;
    uint32_t dim[TTFS_MAX_RANK], step[TTFS_MAX_RANK], at[TTFS_MAX_RANK] = {0};
    uint64_t stride[TTFS_MAX_RANK];
    for (uint32_t i = c->rank, s = 1; i-- > 0; s *= c->dim[i]) step[i] = s;
    for (uint32_t i = 0; i < c->rank; i++) {
        dim[i] = c->dim[perm[i]];
        stride[i] = step[perm[i]];
    }
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst out;
    if (!ttfs_onnx_new_const(im, n, c->f != NULL, c->rank, dim, &f, &q, &out)) return;
    for (uint64_t k = 0; k < out.count; k++) {
        uint64_t from = 0;
        for (uint32_t i = 0; i < c->rank; i++) from += at[i] * stride[i];
        if (f)
            f[k] = c->f[from];
        else
            q[k] = c->n[from];
        for (uint32_t i = c->rank; i-- > 0 && ++at[i] == dim[i];) at[i] = 0;
    }
    ttfs_onnx_bind_const(n, &out);
}

static float float_op(char op, float a, float b) {
    double x = a, y = b;
    return (float)(op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : x / y);
}

static int64_t integer_op(char op, int64_t a, int64_t b) {
    uint64_t x = (uint64_t)a, y = (uint64_t)b;
    if (op == '/') return b == -1 ? (int64_t)(0 - x) : a / b;
    return (int64_t)(op == '+' ? x + y : op == '-' ? x - y : x * y);
}

/* Where the element at output coordinates `at` lies in a broadcast operand. */
static uint64_t broadcast_at(const OnnxConst *c, uint32_t rank, const uint32_t *at) {
    uint64_t from = 0;
    for (uint32_t i = 0; i < c->rank; i++)
        from = from * c->dim[i] + (c->dim[i] == 1 ? 0 : at[i + rank - c->rank]);
    return from;
}

static bool broadcast_shape(const OnnxConst *a, const OnnxConst *b, uint32_t *rank, uint32_t *dim) {
    *rank = a->rank > b->rank ? a->rank : b->rank;
    for (uint32_t i = 0; i < *rank; i++) {
        uint32_t p = i + a->rank < *rank ? 1 : a->dim[i + a->rank - *rank];
        uint32_t q = i + b->rank < *rank ? 1 : b->dim[i + b->rank - *rank];
        if (p != q && p != 1 && q != 1) return false;
        dim[i] = p == 1 ? q : p;
    }
    return true;
}

void ttfs_onnx_fold_elementwise(OnnxImport *im, OnnxNode *n, char op) {
    const OnnxConst *a = &n->in[0]->c, *b = &n->in[1]->c;
    uint32_t rank, dim[TTFS_MAX_RANK], at[TTFS_MAX_RANK] = {0};
    if ((a->f != NULL) != (b->f != NULL) || !broadcast_shape(a, b, &rank, dim)) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                           "the constants have types or shapes that do not fit");
        return;
    }
    for (uint64_t i = 0; !b->f && op == '/' && i < b->count; i++)
        if (b->n[i] == 0) {
            ttfs_onnx_obstacle(im, n, TTFS_ONNX_GRAPH, NULL, "an integer is divided by zero");
            return;
        }
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst out;
    if (!ttfs_onnx_new_const(im, n, a->f != NULL, rank, dim, &f, &q, &out)) return;
    for (uint64_t k = 0; k < out.count; k++) {
        uint64_t i = broadcast_at(a, rank, at), j = broadcast_at(b, rank, at);
        if (f)
            f[k] = float_op(op, a->f[i], b->f[j]);
        else
            q[k] = integer_op(op, a->n[i], b->n[j]);
        for (uint32_t d = rank; d-- > 0 && ++at[d] == dim[d];) at[d] = 0;
    }
    ttfs_onnx_bind_const(n, &out);
}
