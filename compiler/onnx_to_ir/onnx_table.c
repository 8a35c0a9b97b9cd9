/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators that are imported: inputs, attributes, handler. Rows of operators that only fold
 * constants lead to the same handlers, which say so of an activation. Order is free; look-ups are
 * linear, over a few dozen rows.
 */
#include "onnx_import.h"

#include <string.h>

#define ANY    UINT32_MAX
#define WINDOW " auto_pad ceil_mode dilations kernel_shape pads strides "

static const OnnxOp ops[] = {
    {"Abs", 1, 1, " ", ttfs_onnx_one},
    {"Add", 2, 2, " ", ttfs_onnx_two},
    {"And", 2, 2, " ", ttfs_onnx_two},
    {"ArgMax", 1, 1, " axis keepdims select_last_index ", ttfs_onnx_argmax},
    {"AveragePool", 1, 1, WINDOW "count_include_pad ", ttfs_onnx_averagepool},
    {"BatchNormalization", 5, 5, " epsilon momentum spatial training_mode ", ttfs_onnx_batchnorm},
    {"Cast", 1, 1, " round_mode saturate to ", ttfs_onnx_cast},
    {"Ceil", 1, 1, " ", ttfs_onnx_one},
    {"Clip", 1, 3, " min max ", ttfs_onnx_clip},
    {"Concat", 1, ANY, " axis ", ttfs_onnx_concat},
    {"Constant", 0, 0,
     " value value_float value_floats value_int value_ints value_string value_strings "
     "sparse_value ",
     ttfs_onnx_constant},
    {"ConstantOfShape", 1, 1, " value ", ttfs_onnx_constant_of_shape},
    {"Conv", 2, 3, " auto_pad dilations group kernel_shape pads strides ", ttfs_onnx_conv},
    {"DequantizeLinear", 2, 3, " axis block_size output_dtype ", ttfs_onnx_dequantize},
    {"Div", 2, 2, " ", ttfs_onnx_two},
    {"Dropout", 1, 3, " ratio seed ", ttfs_onnx_dropout},
    {"Equal", 2, 2, " ", ttfs_onnx_two},
    {"Exp", 1, 1, " ", ttfs_onnx_one},
    {"Expand", 2, 2, " ", ttfs_onnx_expand},
    {"Flatten", 1, 1, " axis ", ttfs_onnx_flatten},
    {"Floor", 1, 1, " ", ttfs_onnx_one},
    {"Gather", 2, 2, " axis ", ttfs_onnx_gather},
    {"Gemm", 2, 3, " alpha beta transA transB ", ttfs_onnx_gemm},
    {"GlobalAveragePool", 1, 1, " ", ttfs_onnx_globalpool},
    {"GlobalMaxPool", 1, 1, " ", ttfs_onnx_globalpool},
    {"Greater", 2, 2, " ", ttfs_onnx_two},
    {"Identity", 1, 1, " ", ttfs_onnx_identity},
    {"LeakyRelu", 1, 1, " alpha ", ttfs_onnx_leakyrelu},
    {"Less", 2, 2, " ", ttfs_onnx_two},
    {"Log", 1, 1, " ", ttfs_onnx_one},
    {"LogSoftmax", 1, 1, " axis ", ttfs_onnx_softmax},
    {"MatMul", 2, 2, " ", ttfs_onnx_matmul},
    {"Max", 1, ANY, " ", ttfs_onnx_many},
    {"MaxPool", 1, 1, WINDOW "storage_order ", ttfs_onnx_maxpool},
    {"Min", 1, ANY, " ", ttfs_onnx_many},
    {"Mod", 2, 2, " fmod ", ttfs_onnx_two},
    {"Mul", 2, 2, " ", ttfs_onnx_two},
    {"Neg", 1, 1, " ", ttfs_onnx_one},
    {"Not", 1, 1, " ", ttfs_onnx_one},
    {"Or", 2, 2, " ", ttfs_onnx_two},
    {"Pad", 1, 4, " mode pads value ", ttfs_onnx_pad},
    {"Pow", 2, 2, " ", ttfs_onnx_two},
    {"PRelu", 2, 2, " ", ttfs_onnx_prelu},
    {"QuantizeLinear", 2, 3, " axis block_size output_dtype precision saturate ",
     ttfs_onnx_quantize},
    {"Range", 3, 3, " ", ttfs_onnx_range},
    {"Reciprocal", 1, 1, " ", ttfs_onnx_one},
    {"ReduceMax", 1, 2, " axes keepdims noop_with_empty_axes ", ttfs_onnx_reduce},
    {"ReduceMean", 1, 2, " axes keepdims noop_with_empty_axes ", ttfs_onnx_reduce},
    {"Relu", 1, 1, " ", ttfs_onnx_one},
    {"Reshape", 2, 2, " allowzero ", ttfs_onnx_reshape},
    {"Round", 1, 1, " ", ttfs_onnx_one},
    {"Shape", 1, 1, " start end ", ttfs_onnx_shape_of},
    {"Size", 1, 1, " ", ttfs_onnx_shape_of},
    {"Slice", 1, 5, " axes ends starts ", ttfs_onnx_slice},
    {"Softmax", 1, 1, " axis ", ttfs_onnx_softmax},
    {"Split", 1, 2, " axis num_outputs split ", ttfs_onnx_split},
    {"Sqrt", 1, 1, " ", ttfs_onnx_one},
    {"Squeeze", 1, 2, " axes ", ttfs_onnx_squeeze},
    {"Sub", 2, 2, " ", ttfs_onnx_two},
    {"Sum", 1, ANY, " ", ttfs_onnx_many},
    {"TopK", 1, 2, " axis k largest sorted ", ttfs_onnx_topk},
    {"Transpose", 1, 1, " perm ", ttfs_onnx_transpose},
    {"Unsqueeze", 1, 2, " axes ", ttfs_onnx_unsqueeze},
    {"Where", 3, 3, " ", ttfs_onnx_where},
};

/* QONNX (github.com/fastmachinelearning/qonnx) and what Brevitas exports; IntQuant is the newer
 * name of Quant. */
static const OnnxOp qonnx_ops[] = {
    {"BipolarQuant", 2, 2, " ", ttfs_onnx_qonnx_bipolar},
    {"IntQuant", 4, 4, " signed narrow rounding_mode ", ttfs_onnx_qonnx_quant},
    {"Quant", 4, 4, " signed narrow rounding_mode ", ttfs_onnx_qonnx_quant},
};

static const char *const qonnx_domains[] = {
    "qonnx.custom_op.general",
    "finn.custom_op.general",
    "onnx.brevitas",
};

static const OnnxOp *find(const OnnxOp *table, size_t n, const char *type) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].op, type) == 0) return &table[i];
    return NULL;
}

const OnnxOp *ttfs_onnx_op(const char *domain, const char *type) {
    if (*domain == 0 || strcmp(domain, "ai.onnx") == 0)
        return find(ops, sizeof ops / sizeof *ops, type);
    for (size_t i = 0; i < sizeof qonnx_domains / sizeof *qonnx_domains; i++)
        if (strcmp(domain, qonnx_domains[i]) == 0)
            return find(qonnx_ops, sizeof qonnx_ops / sizeof *qonnx_ops, type);
    return NULL;
}
