/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution, matrix products and normalisation. A convolution's row is the patch under one output
 * position without what lies on padding; blocks of positions share the weights that are in the
 * cache. Where packing would waste lanes or memory (few outputs a group, very large matrices) the
 * weights are read where they lie. Sums, bias and scales are float64, then one rounding to float32.
 */
#include "relu_ops.h"

#include <math.h>
#include <string.h>

enum {
    L = TTFS_RELU_LANES,
    BLOCK = 16,             /* output positions that are worked on together */
    FEW_CHANNELS = 4,       /* outputs of a group that are not worth packing */
    FEW_OUTPUTS = 7,        /* likewise of a matrix */
    LARGE_MATRIX = 1 << 22, /* weights that stay where they are */
};

/* A product as the kernel sees it: n outputs of k inputs, `groups` times. */
typedef struct {
    uint64_t n, k, groups;
    bool by_output; /* weights lie output by output */
    bool packed;
} Product;

static Product product_of(const TtfsReluOp *s) {
    const TtfsTensorInfo *w = s->shape[1];
    Product p;
    if (s->node->op == TTFS_OP_CONV) {
        uint64_t groups = s->node->attr.group;
        p = (Product){w->dim[0] / groups, (uint64_t)w->dim[1] * w->dim[2] * w->dim[3], groups, true,
                      true};
        p.packed = p.n > FEW_CHANNELS;
        return p;
    }
    bool swapped = s->node->op == TTFS_OP_GEMM && s->node->attr.trans_b;
    uint64_t rows = w->dim[w->rank - 2], columns = w->dim[w->rank - 1];
    p = (Product){swapped ? rows : columns, swapped ? columns : rows, 1, swapped, true};
    p.groups = ttfs_ir_count(w) / (rows * columns);
    p.packed = p.n > FEW_OUTPUTS && p.n * p.k * p.groups <= LARGE_MATRIX;
    return p;
}

TtfsReluNeed ttfs_relu_need(const TtfsReluOp *s) {
    TtfsOp op = s->node->op;
    if (op == TTFS_OP_TOPK) return (TtfsReluNeed){0, s->shape[0]->dim[s->node->attr.axis], 0};
    if (op != TTFS_OP_CONV && op != TTFS_OP_GEMM && op != TTFS_OP_MATMUL) return (TtfsReluNeed){0};
    Product p = product_of(s);
    if (p.packed)
        return (TtfsReluNeed){ttfs_relu_packed_size(p.n, p.k) * p.groups,
                              (op == TTFS_OP_CONV ? BLOCK : 1) * (p.k + 1), L};
    uint64_t acc = op == TTFS_OP_CONV ? s->out_shape->dim[3] : p.by_output ? p.k : p.n;
    return (TtfsReluNeed){0, 0, acc};
}

void ttfs_relu_pack_weights(TtfsReluOp *s) {
    Product p = product_of(s);
    for (uint64_t g = 0; g < p.groups; g++)
        ttfs_relu_pack(s->packed + g * ttfs_relu_packed_size(p.n, p.k), s->in[1] + g * p.n * p.k,
                       p.n, p.k, p.by_output ? p.k : 1, p.by_output ? 1 : p.n);
}

/* Taps [*from, *to) of a patch that begins at `start` and lie in [0, size). */
static void inside(int64_t start, uint32_t taps, uint32_t dilation, int64_t size, uint32_t *from,
                   uint32_t *to) {
    int64_t d = dilation, first = start < 0 ? (-start + d - 1) / d : 0;
    int64_t end = start < size ? (size - start + d - 1) / d : 0;
    *from = first < taps ? (uint32_t)first : taps;
    *to = end < taps ? (uint32_t)end : taps;
    if (*to < *from) *to = *from;
}

/* The terms under output position (oy, ox), channel by channel, row by row. */
static uint64_t patch(const TtfsReluOp *s, const float *planes, uint32_t oy, uint32_t ox,
                      TtfsReluTerm *terms) {
    const TtfsIrAttr *a = &s->node->attr;
    int64_t h = s->shape[0]->dim[2], w = s->shape[0]->dim[3];
    uint32_t channels = s->shape[1]->dim[1], y0, y1, x0, x1;
    int64_t top = (int64_t)oy * a->stride[0] - a->pad[0];
    int64_t left = (int64_t)ox * a->stride[1] - a->pad[1];
    inside(top, a->kernel[0], a->dilation[0], h, &y0, &y1);
    inside(left, a->kernel[1], a->dilation[1], w, &x0, &x1);
    uint64_t count = 0;
    for (uint64_t c = 0; c < channels; c++)
        for (uint32_t ky = y0; ky < y1; ky++) {
            int64_t row = (int64_t)c * h + top + (int64_t)ky * a->dilation[0];
            const float *x = planes + row * w + (left + (int64_t)x0 * a->dilation[1]);
            uint64_t first = (c * a->kernel[0] + ky) * a->kernel[1] + x0;
            count = ttfs_relu_terms(terms, count, x, x1 - x0, a->dilation[1], first);
        }
    return count;
}

/* One group of channels of one sample, with packed weights. */
static void conv_packed(TtfsReluOp *s, const Product *p, const float *planes, const double *packed,
                        const float *bias, float *out) {
    uint32_t width = s->out_shape->dim[3];
    uint64_t pixels = (uint64_t)s->out_shape->dim[2] * width, count[BLOCK];
    for (uint64_t at = 0; at < pixels; at += BLOCK) {
        uint64_t block = pixels - at < BLOCK ? pixels - at : BLOCK;
        for (uint64_t r = 0; r < block; r++)
            count[r] = patch(s, planes, (uint32_t)((at + r) / width), (uint32_t)((at + r) % width),
                             s->terms + r * (p->k + 1));
        for (uint64_t o = 0; o < p->n; o += L)
            for (uint64_t r = 0; r < block; r++) {
                ttfs_relu_product(s->acc, packed + o * p->k, s->terms + r * (p->k + 1), count[r]);
                for (uint64_t l = 0; l < L && o + l < p->n; l++)
                    out[(o + l) * pixels + at + r] =
                        (float)(s->acc[l] + (bias ? (double)bias[o + l] : 0.0));
            }
    }
}

/* acc[0..width) += what one row of taps adds to one row of outputs. */
static void add_taps(const TtfsReluOp *s, const float *row, const float *weights) {
    const TtfsIrAttr *a = &s->node->attr;
    int64_t w = s->shape[0]->dim[3], width = s->out_shape->dim[3], stride = a->stride[1];
    for (uint32_t kx = 0; kx < a->kernel[1]; kx++) {
        int64_t shift = (int64_t)kx * a->dilation[1] - a->pad[1]; /* x = ox * stride + shift */
        int64_t from = shift < 0 ? (-shift + stride - 1) / stride : 0;
        int64_t to = shift < w ? (w - shift + stride - 1) / stride : 0;
        if (to > width) to = width;
        if (from < to)
            ttfs_relu_add_scaled(s->acc + from, row + from * stride + shift, (uint64_t)stride,
                                 (double)weights[kx], (uint64_t)(to - from));
    }
}

/* One output channel of one sample, weights where they lie. */
static void conv_channel(TtfsReluOp *s, const float *planes, const float *weights, double bias,
                         float *out) {
    const TtfsIrAttr *a = &s->node->attr;
    int64_t h = s->shape[0]->dim[2], w = s->shape[0]->dim[3];
    uint32_t channels = s->shape[1]->dim[1], width = s->out_shape->dim[3];
    for (uint32_t oy = 0; oy < s->out_shape->dim[2]; oy++) {
        memset(s->acc, 0, width * sizeof *s->acc);
        for (uint64_t c = 0; c < channels; c++)
            for (uint32_t ky = 0; ky < a->kernel[0]; ky++) {
                int64_t y = (int64_t)oy * a->stride[0] - a->pad[0] + (int64_t)ky * a->dilation[0];
                if (y >= 0 && y < h)
                    add_taps(s, planes + ((int64_t)c * h + y) * w,
                             weights + (c * a->kernel[0] + ky) * a->kernel[1]);
            }
        for (uint32_t ox = 0; ox < width; ox++) *out++ = (float)(s->acc[ox] + bias);
    }
}

void ttfs_relu_conv(TtfsReluOp *s) {
    Product p = product_of(s);
    const TtfsTensorInfo *x = s->shape[0], *y = s->out_shape;
    uint64_t pixels = (uint64_t)y->dim[2] * y->dim[3], packed = ttfs_relu_packed_size(p.n, p.k);
    uint64_t group_in = (uint64_t)s->shape[1]->dim[1] * x->dim[2] * x->dim[3];
    const float *bias = s->node->n_in > 2 ? s->in[2] : NULL, *planes = s->in[0];
    float *out = s->out;
    for (uint64_t b = 0; b < x->dim[0]; b++)
        for (uint64_t g = 0; g < p.groups; g++) {
            if (p.packed)
                conv_packed(s, &p, planes, s->packed + g * packed, bias ? bias + g * p.n : NULL,
                            out);
            for (uint64_t o = 0; !p.packed && o < p.n; o++)
                conv_channel(s, planes, s->in[1] + (g * p.n + o) * p.k,
                             bias ? (double)bias[g * p.n + o] : 0.0, out + o * pixels);
            planes += group_in;
            out += p.n * pixels;
        }
}

/* How a product of a row is scaled and what is added to it. */
typedef struct {
    double alpha, beta;
    const float *c; /* NULL: nothing */
    uint64_t column_stride;
} Finish;

static void finish(const Finish *f, const double *acc, uint64_t first, uint64_t n, float *out) {
    for (uint64_t i = 0; i < n; i++) {
        double c = f->c ? f->beta * (double)f->c[(first + i) * f->column_stride] : 0.0;
        out[first + i] = (float)(f->alpha * acc[i] + c);
    }
}

/* One row of inputs (`stride` apart) times one matrix -> one row of outputs. */
static void row_product(TtfsReluOp *s, const Product *p, uint64_t group, const float *x,
                        uint64_t stride, const Finish *f, float *out) {
    const float *w = s->in[1] + group * p->n * p->k;
    if (p->packed) {
        const double *packed = s->packed + group * ttfs_relu_packed_size(p->n, p->k);
        uint64_t count = ttfs_relu_terms(s->terms, 0, x, p->k, stride, 0);
        for (uint64_t o = 0; o < p->n; o += L) {
            ttfs_relu_product(s->acc, packed + o * p->k, s->terms, count);
            finish(f, s->acc, o, p->n - o < L ? p->n - o : L, out);
        }
    } else if (p->by_output) {
        for (uint64_t i = 0; i < p->k; i++) s->acc[i] = (double)x[i * stride];
        for (uint64_t o = 0; o < p->n; o++) {
            double sum = ttfs_relu_dot(s->acc, w + o * p->k, p->k);
            finish(f, &sum, o, 1, out);
        }
    } else {
        memset(s->acc, 0, p->n * sizeof *s->acc);
        for (uint64_t i = 0; i < p->k; i++)
            if (x[i * stride] != 0)
                ttfs_relu_add_scaled(s->acc, w + i * p->n, 1, (double)x[i * stride], p->n);
        finish(f, s->acc, 0, p->n, out);
    }
}

/* y = alpha A B + beta C. */
void ttfs_relu_gemm(TtfsReluOp *s) {
    Product p = product_of(s);
    const TtfsIrAttr *a = &s->node->attr;
    const TtfsTensorInfo *c = s->node->n_in > 2 ? s->shape[2] : NULL;
    uint64_t rows = s->out_shape->dim[0];
    uint64_t columns = c && c->rank >= 1 ? c->dim[c->rank - 1] : 1;
    bool c_rows = c && c->rank >= 2 && c->dim[c->rank - 2] != 1;
    Finish f = {(double)a->alpha, (double)a->beta, c ? s->in[2] : NULL, columns != 1};
    for (uint64_t r = 0; r < rows; r++) {
        if (c_rows) f.c = s->in[2] + r * columns;
        row_product(s, &p, 0, s->in[0] + r * (a->trans_a ? 1 : p.k), a->trans_a ? rows : 1, &f,
                    s->out + r * p.n);
    }
}

/* Which matrix of an operand of MATMUL meets matrix `i` of the output: the axes before the last two
 * broadcast. */
static uint64_t matrix_of(const TtfsTensorInfo *x, const TtfsTensorInfo *y, uint64_t i) {
    uint64_t from = 0, stride = 1;
    for (uint32_t d = 2; d < y->rank; d++) {
        uint64_t at = i % y->dim[y->rank - 1 - d], size = d < x->rank ? x->dim[x->rank - 1 - d] : 1;
        i /= y->dim[y->rank - 1 - d];
        if (size != 1) from += at * stride;
        stride *= size;
    }
    return from;
}

void ttfs_relu_matmul(TtfsReluOp *s) {
    Product p = product_of(s);
    const TtfsTensorInfo *y = s->out_shape;
    uint64_t rows = y->dim[y->rank - 2], matrices = ttfs_ir_count(y) / (rows * p.n);
    Finish f = {.alpha = 1.0};
    for (uint64_t i = 0; i < matrices; i++) {
        const float *a = s->in[0] + matrix_of(s->shape[0], y, i) * rows * p.k;
        uint64_t b = matrix_of(s->shape[1], y, i);
        for (uint64_t r = 0; r < rows; r++)
            row_product(s, &p, b, a + r * p.k, 1, &f, s->out + (i * rows + r) * p.n);
    }
}

/* y = (x - mean) / sqrt(var + epsilon) * scale + shift, one set a channel (axis 1). */
void ttfs_relu_batchnorm(TtfsReluOp *s) {
    const TtfsTensorInfo *x = s->shape[0];
    uint64_t channels = x->dim[1], outer = x->dim[0];
    uint64_t inner = ttfs_ir_count(x) / (channels * outer);
    for (uint64_t c = 0; c < channels; c++) {
        double k = (double)s->in[1][c] / sqrt((double)s->in[4][c] + (double)s->node->attr.epsilon);
        double mean = s->in[3][c], shift = s->in[2][c];
        for (uint64_t b = 0; b < outer; b++) {
            const float *from = s->in[0] + (b * channels + c) * inner;
            float *to = s->out + (b * channels + c) * inner;
            for (uint64_t i = 0; i < inner; i++)
                to[i] = (float)(((double)from[i] - mean) * k + shift);
        }
    }
}
