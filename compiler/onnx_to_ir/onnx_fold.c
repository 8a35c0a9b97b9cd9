/* SPDX-License-Identifier: Apache-2.0
 *
 * Constant folding: elementwise arithmetic with numpy broadcasting. Float32 results are those of
 * float32 arithmetic (a double holds sum, product and quotient of two floats well enough that
 * rounding it gives the same float); integers wrap as ONNX leaves open, a division by zero is an
 * obstacle. Comparisons and logic give integers 0 and 1.
 */
#include "onnx_import.h"

#include <math.h>

static double float_two(OnnxFold op, double x, double y) {
    if (op == ONNX_FOLD_ADD) return x + y;
    if (op == ONNX_FOLD_SUB) return x - y;
    if (op == ONNX_FOLD_MUL) return x * y;
    if (op == ONNX_FOLD_DIV) return x / y;
    if (op == ONNX_FOLD_MAX) return x > y ? x : y;
    if (op == ONNX_FOLD_MIN) return x < y ? x : y;
    return op == ONNX_FOLD_POW ? pow(x, y) : fmod(x, y);
}

/* Base to a non-negative power, wrapping; 64 turns at most. */
static uint64_t power(uint64_t base, int64_t exponent) {
    uint64_t result = 1;
    for (; exponent > 0; exponent >>= 1, base *= base)
        if (exponent & 1) result *= base;
    return result;
}

/* The remainder has the sign of the divisor (Mod with fmod = 0). */
static int64_t remainder_of(int64_t a, int64_t b) {
    int64_t r = b == -1 ? 0 : a % b;
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static int64_t integer_two(OnnxFold op, int64_t a, int64_t b) {
    uint64_t x = (uint64_t)a, y = (uint64_t)b;
    if (op == ONNX_FOLD_ADD) return (int64_t)(x + y);
    if (op == ONNX_FOLD_SUB) return (int64_t)(x - y);
    if (op == ONNX_FOLD_MUL) return (int64_t)(x * y);
    if (op == ONNX_FOLD_DIV) return b == -1 ? (int64_t)(0 - x) : a / b;
    if (op == ONNX_FOLD_MAX) return a > b ? a : b;
    if (op == ONNX_FOLD_MIN) return a < b ? a : b;
    if (op == ONNX_FOLD_POW) return (int64_t)power(x, b);
    if (op == ONNX_FOLD_MOD) return remainder_of(a, b);
    if (op == ONNX_FOLD_REMAINDER) return b == -1 ? 0 : a % b;
    if (op == ONNX_FOLD_AND) return a && b;
    return a || b;
}

static double number_at(const OnnxConst *c, uint64_t i) {
    return c->f ? (double)c->f[i] : (double)c->n[i];
}

/* Pow of an integer and a fraction is an integer again. */
static int64_t integer_power(double v) {
    return v > -9.2e18 && v < 9.2e18 ? (int64_t)v : 0;
}

static int64_t compare(OnnxFold op, const OnnxConst *a, uint64_t i, const OnnxConst *b,
                       uint64_t j) {
    bool equal = a->f ? a->f[i] == b->f[j] : a->n[i] == b->n[j];
    bool less = a->f ? a->f[i] < b->f[j] : a->n[i] < b->n[j];
    if (op == ONNX_FOLD_EQUAL) return equal;
    return op == ONNX_FOLD_LESS ? less : !less && !equal;
}

/* Where the element at output coordinates `at` lies in a broadcast operand. */
static uint64_t broadcast_at(const OnnxConst *c, uint32_t rank, const uint32_t *at) {
    uint64_t from = 0;
    for (uint32_t i = 0; i < c->rank; i++)
        from = from * c->dim[i] + (c->dim[i] == 1 ? 0 : at[i + rank - c->rank]);
    return from;
}

static bool operands_fit(OnnxImport *im, const OnnxNode *n, OnnxFold op, const OnnxConst *a,
                         const OnnxConst *b) {
    bool logic = op == ONNX_FOLD_AND || op == ONNX_FOLD_OR;
    if (op == ONNX_FOLD_POW && (a->f != NULL) != (b->f != NULL)) return true;
    if ((a->f != NULL) != (b->f != NULL) || (logic && a->f))
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                                  "the constants have types that do not fit");
    bool divides = op == ONNX_FOLD_DIV || op == ONNX_FOLD_MOD || op == ONNX_FOLD_REMAINDER;
    for (uint64_t i = 0; !b->f && (divides || op == ONNX_FOLD_POW) && i < b->count; i++)
        if (divides ? b->n[i] == 0 : b->n[i] < 0)
            return ttfs_onnx_obstacle(im, n, TTFS_ONNX_GRAPH, NULL, "an integer is divided by %s",
                                      divides ? "zero" : "a power");
    return true;
}

bool ttfs_onnx_fold_two(OnnxImport *im, const OnnxNode *n, OnnxFold op, const OnnxConst *a,
                        const OnnxConst *b, OnnxConst *out) {
    uint32_t rank, dim[TTFS_MAX_RANK], at[TTFS_MAX_RANK] = {0};
    bool compares = op == ONNX_FOLD_EQUAL || op == ONNX_FOLD_LESS || op == ONNX_FOLD_GREATER;
    float *f = NULL;
    int64_t *q = NULL;
    if (!operands_fit(im, n, op, a, b)) return false;
    if (!ttfs_ir_broadcast(a->rank, a->dim, b->rank, b->dim, &rank, dim))
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                                  "the constants have shapes that do not fit");
    if (!ttfs_onnx_new_const(im, n, a->f && !compares, rank, dim, &f, &q, out)) return false;
    out->type = compares ? ONNX__TENSOR_PROTO__DATA_TYPE__BOOL : a->type;
    ttfs_onnx_note_lost_grid(im, n, a, b);
    for (uint64_t k = 0; k < out->count; k++) {
        uint64_t i = broadcast_at(a, rank, at), j = broadcast_at(b, rank, at);
        if (f)
            f[k] = (float)float_two(op, number_at(a, i), number_at(b, j));
        else if (b->f && !compares)
            q[k] = integer_power(pow(number_at(a, i), number_at(b, j)));
        else
            q[k] = compares ? compare(op, a, i, b, j) : integer_two(op, a->n[i], b->n[j]);
        for (uint32_t d = rank; d-- > 0 && ++at[d] == dim[d];) at[d] = 0;
    }
    return true;
}

static double float_one(OnnxFold op, double x) {
    if (op == ONNX_FOLD_NEG) return -x;
    if (op == ONNX_FOLD_ABS) return fabs(x);
    if (op == ONNX_FOLD_SQRT) return sqrt(x);
    if (op == ONNX_FOLD_RECIPROCAL) return 1 / x;
    if (op == ONNX_FOLD_EXP) return exp(x);
    if (op == ONNX_FOLD_LOG) return log(x);
    if (op == ONNX_FOLD_FLOOR) return floor(x);
    if (op == ONNX_FOLD_CEIL) return ceil(x);
    if (op == ONNX_FOLD_ROUND) return rint(x);
    return x > 0 ? x : 0; /* RELU */
}

static int64_t integer_one(OnnxFold op, int64_t a) {
    if (op == ONNX_FOLD_NOT) return !a;
    bool minus = op == ONNX_FOLD_NEG || (op == ONNX_FOLD_ABS && a < 0);
    if (minus) return (int64_t)(0 - (uint64_t)a);
    return op == ONNX_FOLD_RELU && a < 0 ? 0 : a;
}

bool ttfs_onnx_fold_one(OnnxImport *im, const OnnxNode *n, OnnxFold op, const OnnxConst *a,
                        OnnxConst *out) {
    float *f = NULL;
    int64_t *q = NULL;
    bool of_integers = op == ONNX_FOLD_NOT || op == ONNX_FOLD_NEG || op == ONNX_FOLD_ABS ||
                       op == ONNX_FOLD_RELU;
    if (a->f ? op == ONNX_FOLD_NOT : !of_integers)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                                  "the constant has a type that does not fit");
    if (!ttfs_onnx_new_const(im, n, a->f != NULL, a->rank, a->dim, &f, &q, out)) return false;
    out->type = a->type;
    bool keeps = op == ONNX_FOLD_NEG || op == ONNX_FOLD_ABS || op == ONNX_FOLD_RELU;
    if (keeps)
        ttfs_onnx_keep_quanta(a, out);
    else
        ttfs_onnx_note_lost_grid(im, n, a, NULL);
    for (uint64_t k = 0; k < out->count; k++) {
        if (f)
            f[k] = (float)float_one(op, (double)a->f[k]);
        else
            q[k] = integer_one(op, a->n[k]);
    }
    return true;
}
