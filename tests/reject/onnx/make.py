# SPDX-License-Identifier: Apache-2.0
"""Writes the models of this folder: python3 tests/reject/onnx/make.py

RULE.onnx breaks the rule it is named after and nothing else; RULE.err beside it holds the messages
that an import or the canonical form must give, `FILE` in place of the path. valid_*.onnx are sound;
the tests also truncate and damage them.
"""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "tools"))
import onnx_make as om  # noqa: E402
from onnx_make import Model  # noqa: E402

SAVED = set()


def save(rule, data):
    data = data.bytes() if isinstance(data, Model) else data
    assert len(data) < 2048, rule
    SAVED.add(rule + ".onnx")
    with open(os.path.join(HERE, rule + ".onnx"), "wb") as f:
        f.write(data)


def ramp(*shape, scale=0.125):
    """Nested list of small numbers, different from each other."""
    def build(dims, start):
        if not dims:
            return scale * ((start * 7) % 11 - 5)
        return [build(dims[1:], start * dims[0] + i + 1) for i in range(dims[0])]
    return build(list(shape), 0)


def dense(shape=(None, 4), **kw):
    """input[4] -> Gemm -> Relu: the start of most models here."""
    m = Model("net", input_shape=list(shape), **kw)
    m.init("w", ramp(3, 4))
    m.init("b", ramp(3))
    m.node("Gemm", ["input", "w", "b"], ["g"], name="fc1", transB=1)
    m.node("Relu", ["g"], ["r"], name="relu1")
    return m


def finish(m, source="r"):
    m.init("w2", ramp(2, 3))
    m.node("Gemm", [source, "w2"], ["logits"], name="fc2", transB=1)
    m.output("logits", [None, 2])
    return m


def image():
    m = Model("net", input_shape=[None, 1, 4, 4])
    m.init("k", ramp(2, 1, 3, 3))
    return m


def end_image(m, source, width):
    m.node("Flatten", [source], ["flat"], name="flat")
    m.init("w2", ramp(2, width))
    m.node("Gemm", ["flat", "w2"], ["logits"], name="fc2", transB=1)
    m.output("logits", [None, 2])
    return m


def valid():
    save("valid_mlp", finish(dense()))
    m = image()
    m.init("kb", ramp(2), raw=False)
    m.node("Conv", ["input", "k", "kb"], ["c"], name="conv1", kernel_shape=[3, 3],
           pads=[1, 1, 1, 1])
    for name in ("scale", "shift", "mean"):
        m.init(name, ramp(2))
    m.init("var", [0.5, 2.0])
    m.node("BatchNormalization", ["c", "scale", "shift", "mean", "var"], ["n"], name="bn1")
    m.node("MaxPool", ["n"], ["p"], name="pool1", kernel_shape=[2, 2], strides=[2, 2])
    m.node("Relu", ["p"], ["q"], name="relu1")
    m.node("Dropout", ["q"], ["d"])
    m.init("shape", [0, -1])
    m.node("Reshape", ["d", "shape"], ["flat"])
    m.init("w2", ramp(2, 8))
    m.node("Transpose", ["w2"], ["w2t"], perm=[1, 0])
    m.node("MatMul", ["flat", "w2t"], ["mm"], name="fc2")
    m.init("b2", ramp(2))
    m.node("Add", ["b2", "mm"], ["sum"])
    m.node("Softmax", ["sum"], ["probabilities"], name="softmax")
    m.output("probabilities", [None, 2])
    save("valid_cnn", m)


    m = Model("net", input_shape=[None, 6], opset=11)
    m.output("logits", [None, 2])
    m.node("Gemm", ["a1", "w3"], ["logits"], name="fc3", alpha=0.5, beta=2.0)  # not in order
    m.init("w1", ramp(6, 4), data_type=om.DOUBLE)
    m.init("b1", ramp(1, 4), data_type=om.FLOAT16, raw=False)
    m.init("w2", ramp(3, 4), data_type=om.FLOAT16)
    m.init("b2", ramp(3), data_type=om.DOUBLE, raw=False)
    m.node("Constant", [], ["w3"], name="w3_made", value=om.tensor("", ramp(3, 2)))
    m.node("Pad", ["input"], ["i"], name="no_pad", pads=[0, 0, 0, 0])
    m.node("Unsqueeze", ["i"], ["i3"], name="wide", axes=[1])
    m.node("MatMul", ["i3", "w1"], ["p1"], name="fc1")
    m.init("ten", 10.0)
    m.node("Div", ["b1", "ten"], ["b1s"])
    m.node("Add", ["p1", "b1s"], ["q1"])
    m.node("Squeeze", ["q1"], ["s1"], axes=[1])
    m.node("Relu", ["s1"], ["r1"])
    m.node("Identity", ["w2"], ["w2i"])
    m.node("Gemm", ["r1", "w2i", "b2"], ["g2"], name="fc2", transB=1)
    m.node("Relu", ["g2"], ["a1"], name="fc1")  # a name used twice
    save("valid_types", m)


def operators():
    m = dense()
    m.node("Sigmoid", ["r"], ["s"], name="act")
    m.node("Tanh", ["s"], ["t"], name="act2")
    save("op_all_at_once", finish(m, "t"))
    m = dense()
    m.node("Relu", ["r"], ["s"], name="own", domain="com.example")
    save("op_domain", finish(m, "s"))
    m = dense()
    m.node("LSTM", ["r"], ["s"], name="rnn")
    save("op_recurrent", finish(m, "s"))
    m = image()
    m.node("Conv", ["input", "k"], ["c"], name="conv1")
    m.node("Relu", ["c"], ["r"], name="relu1")
    m.node("AveragePool", ["r"], ["p"], name="pool1", kernel_shape=[2, 2])
    m.node("Conv", ["p", "k"], ["c2"], name="conv2", group=2)
    save("op_then_attribute", end_image(m, "c2", 2))


def attributes():
    m = image()
    m.node("Conv", ["input", "k"], ["c"], name="conv1", group=2)
    save("attr_group", end_image(m, "c", 8))
    m = image()
    m.node("Conv", ["input", "k"], ["c"], name="conv1", pads=[0, 0, -1, 0])
    save("attr_pads", end_image(m, "c", 8))
    m = image()
    m.node("MaxPool", ["input"], ["c"], name="pool1", kernel_shape=[2, 2], dilations=[2, 2])
    save("attr_dilated_pool", end_image(m, "c", 4))
    m = dense()
    m.node("Relu", ["r"], ["s"], name="relu2", slope=0.5)
    save("attr_unknown", finish(m, "s"))
    m = dense()
    m.node("Flatten", ["r"], ["s"], name="flat", axis="one")
    save("attr_kind", finish(m, "s"))


def tensors():
    m = Model("net", input_shape=[None, 4])
    m.init("w", [[1.0, float("nan"), 0.0, 0.0]])
    m.node("Gemm", ["input", "w"], ["logits"], name="fc1", transB=1)
    m.output("logits")
    save("weight_nan", m)
    for rule, shape in (("tensor_short", [2, 4]), ("tensor_negative", [-1, 4]),
                        ("tensor_huge", [1 << 20, 1 << 20]), ("tensor_claims_2gb", [1 << 29]),
                        ("tensor_rank", [1] * 7)):
        m = Model("net", input_shape=[None, 4])
        m.init("w", [[1.0, 2.0, 3.0, 4.0]], shape=shape)
        m.node("Gemm", ["input", "w"], ["logits"], name="fc1", transB=1)
        m.output("logits")
        save(rule, m)
    m = Model("net", input_shape=[None, 4])
    m.inits.append(om.field_int(1, 1) + om.field_int(1, 4) + om.field_int(2, om.FLOAT) +
                   om.field_bytes(8, "w") +
                   om.field_bytes(13, om.field_bytes(1, "location") + om.field_bytes(2, "w.bin")) +
                   om.field_int(14, 1))
    m.node("Gemm", ["input", "w"], ["logits"], name="fc1", transB=1)
    m.output("logits")
    save("tensor_external", m)


def graphs():
    m = dense()
    m.node("Add", ["r", "y"], ["x"], name="first")
    m.node("Relu", ["x"], ["y"], name="second")
    save("graph_cycle", finish(m, "y"))
    save("graph_missing_input", finish(dense(), "nothing"))
    m = dense()
    m.node("Relu", ["g"], ["r"], name="again")
    save("graph_two_makers", finish(m))
    m = finish(dense())
    m.output("r", [None, 3])
    save("graph_two_outputs", m)
    m = dense()
    m.input("second", [None, 3])
    m.node("Add", ["r", "second"], ["s"], name="sum")
    save("graph_two_inputs", finish(m, "s"))
    m = dense()
    m.output("nothing")
    save("graph_no_output", m)
    save("graph_opset", finish(dense(opset=3)))
    save("shape_batch", finish(dense(shape=(8, 4))))
    save("shape_input", finish(dense(shape=(None, 5))))
    m = Model("net", input_shape=[None, None, 8])
    m.node("Relu", ["input"], ["logits"], name="relu1")
    m.output("logits")
    save("shape_free", m)
    m = Model("net", input_shape=[None, 1 << 20, 1 << 20])
    m.node("Relu", ["input"], ["logits"], name="relu1")
    m.output("logits")
    save("shape_huge", m)
    m = image()
    m.node("Conv", ["input", "k"], ["c"], name="conv1", pads=[9000] * 4)
    m.node("Relu", ["c"], ["logits"], name="relu1")
    m.output("logits")
    save("limit_activations", m)
    m = Model("net", input_shape=[None, 4])
    m.init("column", ramp(150, 1))
    m.init("row", ramp(1, 200))
    m.init("deep", ramp(50, 1, 1))
    m.node("Add", ["column", "row"], ["square"], name="outer")
    m.node("Add", ["square", "deep"], ["cube"], name="outer3")
    m.node("Add", ["input", "cube"], ["logits"], name="sum")
    m.output("logits")
    save("limit_folding", m)
    m = dense()
    m.init("shape", [0, 7])
    m.node("Reshape", ["r", "shape"], ["s"], name="view")
    save("shape_reshape", finish(m, "s"))


def files():
    whole = finish(dense()).bytes()
    save("parse_truncated", whole[:-40])
    save("parse_text", b"this is no model at all\n")
    deep = b""
    for _ in range(60):  # a graph in an attribute of a node of a graph ...
        deep = om.field_bytes(1, om.field_bytes(5, om.field_bytes(6, deep)))
    save("parse_deep", om.field_bytes(7, deep))
    save("parse_twice", om.field_bytes(7, b"") + om.field_bytes(7, b""))
    save("parse_no_graph", om.field_int(1, 8))


def forms():
    m = dense()
    m.init("w3", ramp(3, 3))
    m.node("Gemm", ["r", "w3"], ["h"], name="fc_mid")
    m.node("Add", ["h", "r"], ["s"], name="residual")
    m.node("Relu", ["s"], ["t"], name="relu2")
    save("form_residual", finish(m, "t"))
    m = dense()
    m.init("w3", ramp(3, 3))
    m.node("Gemm", ["r", "w3"], ["h"], name="fc_mid")
    save("form_no_relu", finish(m, "h"))
    m = Model("net", input_shape=[None, 3])
    m.node("Relu", ["input"], ["r"], name="relu0")
    save("form_relu_of_input", finish(m))
    for rule, source in (("form_batchnorm_of_input", "input"), ("form_batchnorm_after_relu", "r")):
        m = dense(shape=(None, 4))
        size = 4 if source == "input" else 3
        for name in ("scale", "shift", "mean", "var"):
            m.init(name, [1.0] * size)
        m.node("BatchNormalization", [source, "scale", "shift", "mean", "var"], ["n"], name="bn1")
        if source == "input":
            m.init("w5", ramp(3, 4))
            m.node("Gemm", ["n", "w5"], ["h"], name="fc_mid", transB=1)
            m.node("Relu", ["h"], ["q"], name="relu2")
            save(rule, finish(m, "q"))
        else:
            save(rule, finish(m, "n"))
    m = dense()
    m.node("Softmax", ["r"], ["s"], name="attention")
    save("form_softmax_inside", finish(m, "s"))
    m = Model("net", input_shape=[None, 2, 4, 4])
    m.node("Transpose", ["input"], ["t"], name="nhwc", perm=[0, 2, 3, 1])
    save("form_transpose", end_image(m, "t", 32))
    m = dense()
    m.output("r", [None, 3])
    save("form_ends_with_relu", m)
    m = Model("net", input_shape=[None, 2])
    m.init("big", [[struct.unpack("<f", b"\xff\xff\x7f\x7f")[0], 0.0]])
    m.node("Gemm", ["input", "big"], ["logits"], name="fc1", transB=1, alpha=4.0)
    m.output("logits", [None, 1])
    save("weight_overflow", m)


if __name__ == "__main__":
    for part in (valid, operators, attributes, tensors, graphs, files, forms):
        part()
    for name in os.listdir(HERE):
        if name.endswith(".onnx") and name not in SAVED:
            print("not made here any more:", name)
