/* SPDX-License-Identifier: Apache-2.0
 *
 * Which function evaluates which operation.
 */
#include "relu_ops.h"

#include <string.h>

void ttfs_relu_op(TtfsReluStep *s) {
    switch (s->node->op) {
    case TTFS_OP_CONV:
        ttfs_relu_conv(s);
        break;
    case TTFS_OP_GEMM:
        ttfs_relu_gemm(s);
        break;
    case TTFS_OP_MATMUL:
        ttfs_relu_matmul(s);
        break;
    case TTFS_OP_BATCHNORM:
        ttfs_relu_batchnorm(s);
        break;
    case TTFS_OP_ADD:
    case TTFS_OP_SUB:
    case TTFS_OP_MUL:
    case TTFS_OP_DIV:
    case TTFS_OP_MAX:
    case TTFS_OP_MIN:
    case TTFS_OP_RELU:
    case TTFS_OP_LEAKYRELU:
    case TTFS_OP_PRELU:
    case TTFS_OP_CLIP:
    case TTFS_OP_ABS:
    case TTFS_OP_NEG:
    case TTFS_OP_QUANT:
        ttfs_relu_pointwise(s);
        break;
    case TTFS_OP_MAXPOOL:
    case TTFS_OP_MINPOOL:
    case TTFS_OP_AVERAGEPOOL:
        ttfs_relu_pool(s);
        break;
    case TTFS_OP_RESHAPE:
    case TTFS_OP_IDENTITY:
        memcpy(s->out, s->in[0], ttfs_ir_count(s->out_shape) * sizeof *s->out);
        break;
    case TTFS_OP_TRANSPOSE:
        ttfs_relu_transpose(s);
        break;
    case TTFS_OP_CONCAT:
        ttfs_relu_concat(s);
        break;
    case TTFS_OP_SLICE:
        ttfs_relu_slice(s);
        break;
    case TTFS_OP_PAD:
        ttfs_relu_pad(s);
        break;
    case TTFS_OP_SOFTMAX:
    case TTFS_OP_LOGSOFTMAX:
    case TTFS_OP_ARGMAX:
    case TTFS_OP_TOPK:
        ttfs_relu_axis(s);
        break;
    case TTFS_OP_COUNT:
        break;
    }
}
