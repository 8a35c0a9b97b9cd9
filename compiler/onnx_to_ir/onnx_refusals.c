/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators that are not imported: why, and what to do. An operator whose output has the shape of
 * its input is replaced by a stand-in, a relu, so that the nodes behind it are examined in the same
 * go.
 */
#include "onnx_import.h"

#include <string.h>

typedef struct {
    const char *types; /* each between blanks */
    const char *reason, *advice;
    bool same_shape; /* its output has the shape of its input: what follows can be examined */
} Refusal;

static const Refusal refusals[] = {
    {" Gelu Erf Selu Celu Mish Swish HardSwish Sin Cos Sinh "
     "Cosh Tan Atan Asin Acos ",
     "it is outside what the mapping covers: piecewise linear functions have an exact spiking form",
     "train the network with ReLU in its place", true},
    {" ThresholdedRelu Shrink Sign ",
     "of the piecewise functions Relu, LeakyRelu, PRelu, Clip, Abs, Max and Min are supported",
     "write it with Clip, Mul and Add, or train the network with ReLU in its place", true},
    {" LSTM GRU RNN ",
     "it is outside what the mapping covers: every neuron spikes once, so there is no recurrence",
     "use a feed-forward network", false},
    {" Attention MultiHeadAttention LayerNormalization InstanceNormalization GroupNormalization "
     "RMSNormalization LpNormalization MeanVarianceNormalization LRN Einsum ",
     "it is outside what the mapping covers: it multiplies or divides activations by each other",
     "use a convolutional or fully connected network with BatchNormalization", false},
    {" ScatterND GatherND GatherElements NonZero "
     "RoiAlign NonMaxSuppression GridSample CumSum ",
     "this way of moving activations is not supported",
     "end the network before it, or use Reshape, Transpose, Concat and Slice", false},
    {" LpPool GlobalLpPool MaxUnpool ReduceL1 ReduceL2 ReduceProd "
     "ReduceLogSum ReduceLogSumExp ReduceSumSquare ",
     "of the reductions the largest and smallest value, the sum and the mean are supported",
     "use MaxPool, AveragePool, ReduceMax, ReduceMin, ReduceSum or ReduceMean", false},
    {" QLinearConv QLinearMatMul QLinearAdd ConvInteger MatMulInteger DynamicQuantizeLinear "
     "QGemm QLinearAveragePool ",
     "of the quantised forms QuantizeLinear/DequantizeLinear pairs and QONNX Quant are supported",
     "export in the QDQ format, or give the float32 model: ttfs quantises it", false},
    {" If Loop Scan ", "control flow is not supported", "export one fixed network", false},
};

static const Refusal *refusal_of(const char *type) {
    size_t len = strlen(type);
    for (size_t i = 0; len && i < sizeof refusals / sizeof *refusals; i++)
        for (const char *at = refusals[i].types; (at = strstr(at, type)) != NULL; at += len)
            if (at > refusals[i].types && at[-1] == ' ' && at[len] == ' ') return &refusals[i];
    return NULL;
}

void ttfs_onnx_stand_in(OnnxImport *im, OnnxNode *n, uint32_t input) {
    if (n->unknown || !ttfs_onnx_has(n, input) || n->in[input]->kind != ONNX_TENSOR) return;
    TtfsNode node = {.op = TTFS_OP_RELU, .n_in = 1, .attr = ttfs_ir_attr()};
    node.in[0] = n->in[input]->tensor;
    ttfs_onnx_emit(im, n, &node, NULL);
}

void ttfs_onnx_unsupported(OnnxImport *im, OnnxNode *n) {
    const char *domain = n->proto->domain ? n->proto->domain : "";
    bool foreign = *domain && strcmp(domain, "ai.onnx") != 0;
    const Refusal *r = refusal_of(n->type);
    if (r)
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, r->advice, "%s", r->reason);
    else if (foreign)
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "export with the standard operators of ONNX",
                           "operators of the domain '%s' are not supported", domain);
    else
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP,
                           "use Gemm, Conv, Relu, pools, Add, Concat and BatchNormalization",
                           "the operator is not supported");
    if (r && r->same_shape) ttfs_onnx_stand_in(im, n, 0);
}
