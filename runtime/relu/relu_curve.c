/* SPDX-License-Identifier: Apache-2.0
 *
 * Curves, element by element: sigmoid, tanh, softplus, softsign, elu. Made in float64, of a form
 * that neither overflows nor loses what is small.
 */
#include "relu_ops.h"

#include <math.h>

static double sigmoid(double x, double slope) {
    (void)slope;
    double e = exp(-fabs(x));
    return (x >= 0 ? 1 : e) / (1 + e);
}

static double hyperbolic(double x, double slope) {
    (void)slope;
    return tanh(x);
}

static double softplus(double x, double slope) {
    (void)slope;
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double softsign(double x, double slope) {
    (void)slope;
    return x / (1 + fabs(x));
}

static double elu(double x, double slope) {
    return x >= 0 ? x : slope * expm1(x);
}

static double (*curve_of(TtfsOp op))(double, double) {
    switch ((int)op) {
    case TTFS_OP_SIGMOID:
        return sigmoid;
    case TTFS_OP_TANH:
        return hyperbolic;
    case TTFS_OP_SOFTPLUS:
        return softplus;
    case TTFS_OP_SOFTSIGN:
        return softsign;
    default:
        return elu;
    }
}

void ttfs_relu_curve(TtfsReluOp *s) {
    double (*curve)(double, double) = curve_of(s->node->op), slope = (double)s->node->attr.slope;
    uint64_t n = ttfs_ir_count(s->out_shape);
    for (uint64_t i = 0; i < n; i++) s->out[i] = (float)curve((double)s->in[0][i], slope);
}
