/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators that are imported, and why the others are not. Order is free; look-ups are linear,
 * over a few dozen rows.
 */
#include "onnx_import.h"

#include <string.h>

static const OnnxOp ops[] = {
    {"Add", 2, 2, " ", ttfs_onnx_arith},
    {"ArgMax", 1, 1, " axis keepdims select_last_index ", ttfs_onnx_argmax},
    {"BatchNormalization", 5, 5, " epsilon momentum spatial training_mode ", ttfs_onnx_batchnorm},
    {"Constant", 0, 0, " value value_float value_floats value_int value_ints ", ttfs_onnx_constant},
    {"Conv", 2, 3, " auto_pad dilations group kernel_shape pads strides ", ttfs_onnx_conv},
    {"Div", 2, 2, " ", ttfs_onnx_arith},
    {"Dropout", 1, 3, " ratio seed ", ttfs_onnx_dropout},
    {"Flatten", 1, 1, " axis ", ttfs_onnx_flatten},
    {"Gemm", 2, 3, " alpha beta transA transB ", ttfs_onnx_gemm},
    {"Identity", 1, 1, " ", ttfs_onnx_identity},
    {"LogSoftmax", 1, 1, " axis ", ttfs_onnx_softmax},
    {"MatMul", 2, 2, " ", ttfs_onnx_matmul},
    {"MaxPool", 1, 1, " auto_pad ceil_mode dilations kernel_shape pads storage_order strides ",
     ttfs_onnx_maxpool},
    {"Mul", 2, 2, " ", ttfs_onnx_arith},
    {"Pad", 1, 4, " mode pads value ", ttfs_onnx_pad},
    {"Relu", 1, 1, " ", ttfs_onnx_relu},
    {"Reshape", 2, 2, " allowzero ", ttfs_onnx_reshape},
    {"Softmax", 1, 1, " axis ", ttfs_onnx_softmax},
    {"Squeeze", 1, 2, " axes ", ttfs_onnx_squeeze},
    {"Sub", 2, 2, " ", ttfs_onnx_arith},
    {"Transpose", 1, 1, " perm ", ttfs_onnx_transpose},
    {"Unsqueeze", 1, 2, " axes ", ttfs_onnx_unsqueeze},
};

const OnnxOp *ttfs_onnx_op(const char *type) {
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (strcmp(ops[i].op, type) == 0) return &ops[i];
    return NULL;
}

typedef struct {
    const char *types; /* each between blanks */
    const char *reason, *advice;
    bool same_shape; /* its output has the shape of its input: what follows can be examined */
} Refusal;

static const Refusal refusals[] = {
    {" Sigmoid Tanh Gelu Erf Elu Selu Celu Softplus Softsign Mish Swish ", /* smooth functions */
     "it has no exact spiking form: the mapping covers piecewise linear functions",
     "train the network with ReLU in its place", true},
    {" LeakyRelu PRelu Clip Abs HardSigmoid HardSwish ThresholdedRelu ",
     "of the rectifiers only Relu is supported", "train the network with ReLU in its place", true},
    {" LSTM GRU RNN ", "recurrent layers have no exact spiking form: every neuron spikes once",
     "use a feed-forward network", false},
    {" Attention MultiHeadAttention LayerNormalization InstanceNormalization GroupNormalization "
     "RMSNormalization LpNormalization LRN ",
     "it divides or multiplies activations by each other, which has no exact spiking form",
     "use a convolutional or fully connected network with BatchNormalization", false},
    {" AveragePool GlobalAveragePool GlobalMaxPool ReduceMean ReduceMax LpPool ",
     "of the pools only MaxPool is supported", "use MaxPool, or a strided convolution", false},
    {" Concat Sum Split Slice Gather ", "networks with several branches are not supported",
     "use a network that is one chain of layers", false},
    {" QuantizeLinear DequantizeLinear QLinearConv QLinearMatMul ConvInteger MatMulInteger "
     "DynamicQuantizeLinear ",
     "quantised operators are not supported", "give the float32 model: ttfs quantises it", false},
    {" If Loop Scan ", "control flow is not supported", "export one fixed network", false},
};

static const Refusal *refusal_of(const char *type) {
    size_t len = strlen(type);
    for (size_t i = 0; len && i < sizeof refusals / sizeof *refusals; i++)
        for (const char *at = refusals[i].types; (at = strstr(at, type)) != NULL; at += len)
            if (at > refusals[i].types && at[-1] == ' ' && at[len] == ' ') return &refusals[i];
    return NULL;
}

void ttfs_onnx_unsupported(OnnxImport *im, OnnxNode *n) {
    const char *domain = n->proto->domain ? n->proto->domain : "";
    bool foreign = *domain && strcmp(domain, "ai.onnx") != 0;
    const Refusal *r = foreign ? NULL : refusal_of(n->type);
    if (foreign)
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "export with the standard operators of ONNX",
                           "operators of the domain '%s' are not supported", domain);
    else if (r)
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, r->advice, "%s", r->reason);
    else
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP,
                           "use Gemm, Conv, Relu, MaxPool and BatchNormalization",
                           "the operator is not supported");
    if (!r || !r->same_shape || n->unknown || n->n_in == 0 || !n->in[0]) return;
    if (n->in[0]->kind != ONNX_TENSOR) return;
    TtfsNode stand_in = {.op = TTFS_OP_IDENTITY, .n_in = 1, .attr = ttfs_ir_attr()};
    stand_in.in[0] = n->in[0]->tensor; /* only so that the nodes behind it are examined */
    ttfs_onnx_emit(im, n, &stand_in, NULL);
}
