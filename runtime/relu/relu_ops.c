/* SPDX-License-Identifier: Apache-2.0
 *
 * The operations without weights, after the ONNX operator specification: additions, rectifier,
 * pools, normalisation, moves, softmax, argmax. Float64 inside, one rounding to float32.
 */
#include "relu_ops.h"

#include <math.h>
#include <string.h>

static void run_add(TtfsReluStep *s) {
    const TtfsTensorInfo *y = s->out_shape;
    uint64_t n = ttfs_ir_count(y);
    uint32_t at[TTFS_MAX_RANK] = {0};
    for (uint64_t k = 0; k < n; k++) {
        uint64_t from[2] = {0, 0};
        for (int i = 0; i < 2; i++) {
            const TtfsTensorInfo *x = s->shape[i];
            for (uint32_t d = 0; d < x->rank; d++)
                from[i] = from[i] * x->dim[d] + (x->dim[d] == 1 ? 0 : at[d + y->rank - x->rank]);
        }
        s->out[k] = s->in[0][from[0]] + s->in[1][from[1]];
        for (uint32_t d = y->rank; d-- > 0 && ++at[d] == y->dim[d];) at[d] = 0;
    }
}

static void run_relu(TtfsReluStep *s) {
    uint64_t n = ttfs_ir_count(s->out_shape);
    for (uint64_t i = 0; i < n; i++) s->out[i] = s->in[0][i] > 0 ? s->in[0][i] : 0.0f;
}

/* Largest value of one window; padding never wins. */
static float window_max(const TtfsReluStep *s, const float *plane, uint32_t oy, uint32_t ox) {
    const TtfsIrAttr *a = &s->node->attr;
    int64_t h = s->shape[0]->dim[2], w = s->shape[0]->dim[3];
    float best = -INFINITY;
    for (uint32_t ky = 0; ky < a->kernel[0]; ky++) {
        int64_t y = (int64_t)oy * a->stride[0] - a->pad[0] + (int64_t)ky * a->dilation[0];
        if (y < 0 || y >= h) continue;
        for (uint32_t kx = 0; kx < a->kernel[1]; kx++) {
            int64_t x = (int64_t)ox * a->stride[1] - a->pad[1] + (int64_t)kx * a->dilation[1];
            if (x >= 0 && x < w && plane[y * w + x] > best) best = plane[y * w + x];
        }
    }
    return best;
}

static void run_maxpool(TtfsReluStep *s) {
    const TtfsTensorInfo *x = s->shape[0], *y = s->out_shape;
    uint64_t planes = (uint64_t)x->dim[0] * x->dim[1], size = (uint64_t)x->dim[2] * x->dim[3];
    float *out = s->out;
    for (uint64_t c = 0; c < planes; c++)
        for (uint32_t oy = 0; oy < y->dim[2]; oy++)
            for (uint32_t ox = 0; ox < y->dim[3]; ox++)
                *out++ = window_max(s, s->in[0] + c * size, oy, ox);
}

/* y = (x - mean) / sqrt(var + epsilon) * scale + shift, one set a channel (axis 1). */
static void run_batchnorm(TtfsReluStep *s) {
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

static void run_transpose(TtfsReluStep *s) {
    const TtfsTensorInfo *x = s->shape[0], *y = s->out_shape;
    uint64_t step[TTFS_MAX_RANK], n = ttfs_ir_count(x);
    uint32_t at[TTFS_MAX_RANK] = {0};
    for (uint32_t i = x->rank, product = 1; i-- > 0; product *= x->dim[i]) step[i] = product;
    for (uint64_t k = 0; k < n; k++) {
        uint64_t from = 0;
        for (uint32_t d = 0; d < y->rank; d++) from += at[d] * step[s->node->attr.perm[d]];
        s->out[k] = s->in[0][from];
        for (uint32_t d = y->rank; d-- > 0 && ++at[d] == y->dim[d];) at[d] = 0;
    }
}

static void softmax_line(const float *x, float *y, uint64_t n, uint64_t step, bool logarithm) {
    double top = x[0], sum = 0;
    for (uint64_t i = 1; i < n; i++) top = (double)x[i * step] > top ? (double)x[i * step] : top;
    for (uint64_t i = 0; i < n; i++) sum += exp((double)x[i * step] - top);
    for (uint64_t i = 0; i < n; i++) {
        double d = (double)x[i * step] - top;
        y[i * step] = (float)(logarithm ? d - log(sum) : exp(d) / sum);
    }
}

static float argmax_line(const float *x, uint64_t n, uint64_t step) {
    uint64_t best = 0;
    for (uint64_t i = 1; i < n; i++)
        if (x[i * step] > x[best * step]) best = i;
    return (float)best;
}

/* Softmax, its logarithm and argmax run along one axis; `step` is that axis' stride. */
static void run_axis(TtfsReluStep *s) {
    const TtfsTensorInfo *x = s->shape[0];
    uint64_t n = x->dim[s->node->attr.axis], step = 1;
    for (uint32_t i = s->node->attr.axis + 1; i < x->rank; i++) step *= x->dim[i];
    uint64_t outer = ttfs_ir_count(x) / (n * step);
    for (uint64_t o = 0; o < outer; o++)
        for (uint64_t i = 0; i < step; i++) {
            const float *line = s->in[0] + o * n * step + i;
            if (s->node->op == TTFS_OP_ARGMAX)
                s->out[o * step + i] = argmax_line(line, n, step);
            else
                softmax_line(line, s->out + o * n * step + i, n, step,
                             s->node->op == TTFS_OP_LOGSOFTMAX);
        }
}

void ttfs_relu_op(TtfsReluStep *s) {
    switch (s->node->op) {
    case TTFS_OP_CONV:
        ttfs_relu_conv(s);
        break;
    case TTFS_OP_GEMM:
    case TTFS_OP_MATMUL:
        ttfs_relu_gemm(s);
        break;
    case TTFS_OP_ADD:
        run_add(s);
        break;
    case TTFS_OP_RELU:
        run_relu(s);
        break;
    case TTFS_OP_MAXPOOL:
        run_maxpool(s);
        break;
    case TTFS_OP_BATCHNORM:
        run_batchnorm(s);
        break;
    case TTFS_OP_RESHAPE:
    case TTFS_OP_IDENTITY:
        memcpy(s->out, s->in[0], ttfs_ir_count(s->out_shape) * sizeof *s->out);
        break;
    case TTFS_OP_TRANSPOSE:
        run_transpose(s);
        break;
    case TTFS_OP_SOFTMAX:
    case TTFS_OP_LOGSOFTMAX:
    case TTFS_OP_ARGMAX:
        run_axis(s);
        break;
    case TTFS_OP_COUNT:
        break;
    }
}
