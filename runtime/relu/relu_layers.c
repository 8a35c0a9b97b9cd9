/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution and matrix products: rows of inputs are gathered as float64 (a convolution's row is
 * the patch under one output position, zero where it lies on padding) and multiplied with packed
 * weights; bias and scales are applied in float64, then one rounding to float32.
 */
#include "relu_kernel.h"
#include "relu_ops.h"

/* A product as the kernel sees it: n outputs of k inputs, `groups` times. */
typedef struct {
    uint64_t n, k, groups;
} Product;

static Product product_of(const TtfsReluStep *s) {
    const TtfsTensorInfo *w = s->shape[1];
    if (s->node->op == TTFS_OP_CONV) {
        uint64_t groups = s->node->attr.group;
        return (Product){w->dim[0] / groups, (uint64_t)w->dim[1] * w->dim[2] * w->dim[3], groups};
    }
    bool swapped = s->node->op == TTFS_OP_GEMM && s->node->attr.trans_b;
    return (Product){w->dim[!swapped], w->dim[swapped], 1};
}

TtfsReluNeed ttfs_relu_need(const TtfsReluStep *s) {
    TtfsOp op = s->node->op;
    if (op != TTFS_OP_CONV && op != TTFS_OP_GEMM && op != TTFS_OP_MATMUL) return (TtfsReluNeed){0};
    Product p = product_of(s);
    uint64_t padded = ttfs_relu_packed_size(p.n, 1);
    return (TtfsReluNeed){padded * p.k * p.groups, 2 * p.k, 2 * padded};
}

void ttfs_relu_pack_weights(TtfsReluStep *s) {
    Product p = product_of(s);
    bool by_output = s->node->op == TTFS_OP_CONV ||
                     (s->node->op == TTFS_OP_GEMM && s->node->attr.trans_b);
    for (uint64_t g = 0; g < p.groups; g++)
        ttfs_relu_pack(s->packed + g * ttfs_relu_packed_size(p.n, p.k), s->in[1] + g * p.n * p.k,
                       p.n, p.k, by_output ? p.k : 1, by_output ? 1 : p.n);
}

/* The inputs under output position (oy, ox) of group g, channel by channel, row by row. */
static void gather_patch(const TtfsReluStep *s, uint64_t g, uint32_t oy, uint32_t ox, double *row) {
    const TtfsIrAttr *a = &s->node->attr;
    const TtfsTensorInfo *x = s->shape[0];
    int64_t h = x->dim[2], w = x->dim[3];
    uint64_t channels = s->shape[1]->dim[1];
    int64_t y0 = (int64_t)oy * a->stride[0] - a->pad[0],
            x0 = (int64_t)ox * a->stride[1] - a->pad[1];
    for (uint64_t c = 0; c < channels; c++) {
        const float *plane = s->in[0] + (g * channels + c) * (uint64_t)(h * w);
        for (uint32_t ky = 0; ky < a->kernel[0]; ky++) {
            int64_t y = y0 + (int64_t)ky * a->dilation[0];
            for (uint32_t kx = 0; kx < a->kernel[1]; kx++) {
                int64_t v = x0 + (int64_t)kx * a->dilation[1];
                bool inside = y >= 0 && y < h && v >= 0 && v < w;
                *row++ = inside ? (double)plane[y * w + v] : 0.0;
            }
        }
    }
}

void ttfs_relu_conv(TtfsReluStep *s) {
    Product p = product_of(s);
    const TtfsTensorInfo *y = s->out_shape;
    uint64_t pixels = (uint64_t)y->dim[2] * y->dim[3], padded = ttfs_relu_packed_size(p.n, 1);
    const float *bias = s->node->n_in > 2 ? s->in[2] : NULL;
    for (uint64_t g = 0; g < p.groups; g++)
        for (uint64_t at = 0; at < pixels; at += 2) {
            uint32_t count = at + 1 < pixels ? 2 : 1;
            for (uint32_t r = 0; r < count; r++)
                gather_patch(s, g, (uint32_t)((at + r) / y->dim[3]),
                             (uint32_t)((at + r) % y->dim[3]), s->rows + r * p.k);
            ttfs_relu_product(s->acc, s->rows, count, s->packed + g * padded * p.k, p.n, p.k);
            for (uint64_t o = 0; o < p.n; o++)
                for (uint32_t r = 0; r < count; r++) {
                    uint64_t channel = g * p.n + o;
                    double b = bias ? (double)bias[channel] : 0.0;
                    s->out[channel * pixels + at + r] = (float)(s->acc[r * padded + o] + b);
                }
        }
}

/* Element (row, column) of GEMM's third operand, broadcast to the output. */
static double addend(const TtfsReluStep *s, uint64_t row, uint64_t column) {
    const TtfsTensorInfo *c = s->shape[2];
    uint64_t columns = c->rank >= 1 ? c->dim[c->rank - 1] : 1;
    uint64_t rows = c->rank >= 2 ? c->dim[c->rank - 2] : 1;
    return s->in[2][(rows == 1 ? 0 : row * columns) + (columns == 1 ? 0 : column)];
}

/* GEMM and MATMUL: y = alpha A B + beta C over all rows of A. */
void ttfs_relu_gemm(TtfsReluStep *s) {
    Product p = product_of(s);
    bool gemm = s->node->op == TTFS_OP_GEMM, trans_a = gemm && s->node->attr.trans_a;
    uint64_t rows = ttfs_ir_count(s->shape[0]) / p.k, padded = ttfs_relu_packed_size(p.n, 1);
    uint64_t row_step = trans_a ? 1 : p.k, in_step = trans_a ? rows : 1;
    double alpha = gemm ? (double)s->node->attr.alpha : 1.0, beta = (double)s->node->attr.beta;
    for (uint64_t at = 0; at < rows; at += 2) {
        uint32_t count = at + 1 < rows ? 2 : 1;
        for (uint32_t r = 0; r < count; r++)
            for (uint64_t i = 0; i < p.k; i++)
                s->rows[r * p.k + i] = (double)s->in[0][(at + r) * row_step + i * in_step];
        ttfs_relu_product(s->acc, s->rows, count, s->packed, p.n, p.k);
        for (uint32_t r = 0; r < count; r++)
            for (uint64_t o = 0; o < p.n; o++) {
                double c = gemm && s->node->n_in > 2 ? beta * addend(s, at + r, o) : 0.0;
                s->out[(at + r) * p.n + o] = (float)(alpha * s->acc[r * padded + o] + c);
            }
    }
}
