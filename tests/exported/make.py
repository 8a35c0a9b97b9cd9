# SPDX-License-Identifier: Apache-2.0
"""Writes the models of this folder, as README.md says: python3 tests/exported/make.py [FOLDER]"""
import os
import random
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
from onnx_make import Model  # noqa: E402

MAPS, CLASSES = 4, 10
RNG = random.Random(1)


def numbers(count, most):
    """Exact in float32, so that both files hold the same."""
    return [round(RNG.uniform(-most, most) * 1024) / 1024 for _ in range(count)]


KERNEL, BIAS = numbers(MAPS * 9, 0.6), numbers(MAPS, 0.2)        # [map][row][column]
DENSE, OFFSET = numbers(CLASSES * MAPS * 16, 0.4), numbers(CLASSES, 0.2)  # [class][map][4][4]


def torch(folder):
    m = Model("main_graph", input_shape=["batch", 1, 8, 8], input_name="x", opset=18, ir_version=10)
    data = b""
    for name, shape, values in (("conv.weight", [MAPS, 1, 3, 3], KERNEL),
                                ("conv.bias", [MAPS], BIAS),
                                ("fc.weight", [CLASSES, MAPS * 16], DENSE),
                                ("fc.bias", [CLASSES], OFFSET)):
        part = struct.pack("<%df" % len(values), *values)
        m.init_external(name, shape, location="torch.onnx.data", offset=len(data), length=len(part))
        data += part
    m.init("val_4", [-1, MAPS * 16])
    m.node("Conv", ["x", "conv.weight", "conv.bias"], ["conv2d"], name="node_conv2d", group=1,
           pads=[1, 1, 1, 1], auto_pad="NOTSET", strides=[1, 1], dilations=[1, 1])
    m.node("Relu", ["conv2d"], ["relu"], name="node_relu")
    m.node("MaxPool", ["relu"], ["max_pool2d"], name="node_max_pool2d", storage_order=0,
           dilations=[1, 1], ceil_mode=0, pads=[0, 0, 0, 0], auto_pad="NOTSET", strides=[2, 2],
           kernel_shape=[2, 2])
    m.node("Reshape", ["max_pool2d", "val_4"], ["view"], name="node_view", allowzero=1)
    m.node("Gemm", ["view", "fc.weight", "fc.bias"], ["linear"], name="node_linear", beta=1.0,
           transB=1, alpha=1.0, transA=0)
    m.output("linear", ["batch", CLASSES])
    m.save(os.path.join(folder, "torch.onnx"))
    with open(os.path.join(folder, "torch.onnx.data"), "wb") as f:
        f.write(data)


def keras(folder):
    at, scope = "sequential_1/conv2d_1/", "sequential_1/"
    m = Model("tf2onnx", input_shape=["unk__20", 8, 8, 1], input_name="x", opset=18)
    m.domains.append("ai.onnx.ml")
    rows = [[DENSE[k * MAPS * 16 + c * 16 + p] for k in range(CLASSES)]
            for p in range(16) for c in range(MAPS)]  # [row, column, map][class]
    m.init(at + "convolution/ReadVariableOp:0",
           [[[KERNEL[c * 9 + i * 3:c * 9 + i * 3 + 3] for i in range(3)]] for c in range(MAPS)])
    m.init(at + "Reshape:0", [[[[b]] for b in BIAS]])
    m.init(scope + "dense_1/Cast/ReadVariableOp:0", rows)
    m.init(scope + "dense_1/BiasAdd/ReadVariableOp:0", OFFSET)
    m.init("shape__17", [-1, 1, 8, 8])
    m.init("flatten__18", [-1, MAPS * 16])
    m.node("Reshape", ["x", "shape__17"], [at + "convolution__6:0"], name=at + "convolution__6")
    m.node("Conv", [at + "convolution__6:0", at + "convolution/ReadVariableOp:0"],
           [at + "convolution:0"], name=at + "convolution", dilations=[1, 1], strides=[1, 1],
           kernel_shape=[3, 3], group=1, auto_pad="SAME_UPPER")
    m.node("Add", [at + "convolution:0", at + "Reshape:0"], [at + "add:0"], name=at + "add")
    m.node("Relu", [at + "add:0"], [at + "Relu:0"], name=at + "Relu")
    m.node("MaxPool", [at + "Relu:0"], [scope + "max_pooling2d_1/MaxPool2d:0"],
           name=scope + "max_pooling2d_1/MaxPool2d", strides=[2, 2], kernel_shape=[2, 2],
           auto_pad="VALID")
    m.node("Transpose", [scope + "max_pooling2d_1/MaxPool2d:0"], ["Transpose__19:0"],
           name="Transpose__19", perm=[0, 2, 3, 1])
    m.node("Reshape", ["Transpose__19:0", "flatten__18"], [scope + "flatten_1/Reshape:0"],
           name=scope + "flatten_1/Reshape")
    m.node("MatMul", [scope + "flatten_1/Reshape:0", scope + "dense_1/Cast/ReadVariableOp:0"],
           [scope + "dense_1/MatMul:0"], name=scope + "dense_1/MatMul")
    m.node("Add", [scope + "dense_1/MatMul:0", scope + "dense_1/BiasAdd/ReadVariableOp:0"],
           [scope + "dense_1/BiasAdd:0"], name=scope + "dense_1/BiasAdd")
    m.node("Softmax", [scope + "dense_1/BiasAdd:0"], ["Identity:0"], name=scope + "dense_1/Softmax")
    m.output("Identity:0", ["unk__21", CLASSES])
    m.save(os.path.join(folder, "keras.onnx"))


if __name__ == "__main__":
    for part in (torch, keras):
        part(sys.argv[1] if len(sys.argv) > 1 else HERE)
