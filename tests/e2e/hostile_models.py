# SPDX-License-Identifier: Apache-2.0
"""ONNX models, configurations and chip descriptions that are truncated, random, absurd or unsound:
each is refused with a reason; none crashes, hangs or takes memory by a size it merely claims.
"""
import os
import random
import resource
import shutil
import sys

import onnx_make
from onnx_make import Model, field_bytes, field_int

from e2e import DIGITS, Case, few

HUGE = 1 << 60


def dense(n_in=4, n_out=3, value=0.5, **init):
    """input -> Gemm -> Relu -> Gemm; `init` goes to the first weight's initialiser."""
    m = Model("net", input_shape=[None, n_in])
    m.init("w", [[value] * n_in] * n_out, **init)
    m.node("Gemm", ["input", "w"], ["a"], name="fc1", transB=1)
    m.node("Relu", ["a"], ["b"], name="relu1")
    m.init("v", [[0.25] * n_out] * 2)
    m.node("Gemm", ["b", "v"], ["c"], name="fc2", transB=1)
    m.output("c", [None, 2])
    return m


def conv(shape=(None, 1, 8, 8), weight=(2, 1, 3, 3), **attributes):
    m = Model("net", input_shape=list(shape))
    count = weight[0] * weight[1] * weight[2] * weight[3]
    m.init("w", [0.1] * count, shape=list(weight))
    m.node("Conv", ["input", "w"], ["a"], name="conv1", **attributes)
    m.node("Relu", ["a"], ["b"], name="relu1")
    return with_tail(m, "b", [2, 6, 6])


def with_tail(m, source, shape):
    """A layer of three outputs behind a tensor of that shape."""
    m.init("v", [0.1] * (3 * shape[0] * shape[1] * shape[2]), shape=[3, shape[0] * shape[1] * shape[2]])
    m.node("Flatten", [source], ["f"], name="flat")
    m.node("Gemm", ["f", "v"], ["c"], name="fc", transB=1)
    m.output("c", None)
    return m


def pool(**attributes):
    m = conv()
    del m.nodes[2:], m.inits[1:], m.outputs[:]
    m.node("MaxPool", ["b"], ["p"], name="pool1", **attributes)
    return with_tail(m, "p", [2, 3, 3])


def sick_values():
    for word in ("nan", "inf", "-inf"):
        yield "a weight that is " + word, dense(value=float(word))
    m = dense()
    m.inits[1] = onnx_make.tensor("v", [[float("nan")] * 3] * 2)
    yield "NaN in the last layer", m
    for what, value in (("a negative variance", -1.0), ("a variance of 0 and no epsilon", 0.0)):
        m = conv()
        m.node("BatchNormalization", ["a", "g", "h", "mean", "var"], ["n"], name="bn", epsilon=0.0)
        m.node("Relu", ["n"], ["b"], name="relu1")
        m.nodes[1:] = m.nodes[-2:] + m.nodes[2:-2]
        for name in ("g", "h", "mean", "var"):
            m.init(name, [value, value])
        yield what, m


def folded(op, a, b):
    """A shape that the importer has to compute from integer constants."""
    m = Model("net", input_shape=[None, 4])
    m.init("a", a)
    m.init("b", b)
    m.node(op, ["a", "b"], ["s"], name="sum")
    m.node("Reshape", ["input", "s"], ["x"], name="shape")
    m.init("w", [[0.5] * 4] * 3)
    m.node("Gemm", ["x", "w"], ["y"], name="fc", transB=1)
    m.output("y", [None, 3])
    return m


def sick_constants():
    """Integers without a quotient, in every place; integers that are none."""
    for op in ("Div", "Mod"):
        for zero in (0, 1):
            yield "%s by zero at %d" % (op, zero), folded(op, [-1, 4], [int(i != zero) for i in range(2)])
        yield op + " of a row by zero", folded(op, [4, 4], [0])
    yield "the least integer divided by -1", folded("Div", [-1 << 63, 4], [-1, 1])
    m = dense()
    m.init("s", 0.5)
    m.node("DequantizeLinear", ["w", "s"], ["wq"], name="dq")
    m.nodes.insert(0, m.nodes.pop())
    m.node("Gemm", ["input", "wq"], ["a"], name="fc1", transB=1)
    m.nodes[1] = m.nodes.pop()
    yield "DequantizeLinear of floats", m


def sick_shapes():
    yield "an input of 2^60", dense_input([None, HUGE])
    yield "an input of -4", dense_input([None, -4])
    yield "an input of 0", dense_input([None, 0])
    yield "an input of 2^31 x 2^31", conv(shape=(None, 1, 1 << 31, 1 << 31))
    yield "an input of 2 GB", conv(shape=(None, 1, 46341, 46341), pads=[1, 1, 1, 1])
    yield "a second free dimension", conv(shape=(None, 1, "H", 8))
    yield "no input shape", conv_without_shape()
    yield "an initialiser that claims 2^60", dense(shape=[3, HUGE])
    yield "an initialiser that claims a negative size", dense(shape=[3, -4])
    yield "an initialiser whose sizes wrap to 12", dense(shape=[1 << 62, 4, 3])
    yield "an initialiser with less data than its shape", dense(shape=[30, 4])
    yield "a Gemm that does not fit its input", dense(shape=[4, 3])
    yield "1000 dimensions", dense(shape=[1] * 998 + [3, 4])
    yield "a kernel larger than the image", conv(shape=(None, 1, 2, 2))
    yield "a stride of 0", conv(strides=[0, 0])
    yield "a negative stride", conv(strides=[-1, 1])
    yield "a stride of 2^40", conv(strides=[1 << 40, 1 << 40])
    yield "negative pads", conv(pads=[-1, -1, -1, -1])
    yield "pads of 2^62", conv(pads=[1 << 62] * 4)
    yield "three strides", conv(strides=[1, 1, 1])
    yield "a dilation of 2^33", conv(dilations=[1 << 33, 1 << 33])
    yield "a dilation of 0", conv(dilations=[0, 1])
    yield "a group of 0", conv(group=0)
    yield "a group of -3", conv(group=-3)
    yield "a kernel_shape that is not the weight's", conv(kernel_shape=[5, 5])
    yield "a pool without a kernel", pool()
    yield "a pool of 0 x 0", pool(kernel_shape=[0, 0])
    yield "a pool of 2^40", pool(kernel_shape=[1 << 40, 1 << 40])
    yield "a pool whose pads reach past its kernel", pool(kernel_shape=[2, 2], pads=[9, 9, 9, 9])
    for side in range(4):
        yield "a pool with a pad as large as its kernel", pool(
            kernel_shape=[3, 3], pads=[3 * (side == i) for i in range(4)])


def dense_input(shape):
    m = dense()
    m.inputs.clear()
    m.input("input", shape)
    return m


def conv_without_shape():
    m = conv()
    m.inputs.clear()
    m.input("input", None)
    return m


def sick_graphs():
    m = dense()
    m.nodes.clear()
    m.node("Relu", ["b"], ["a"], name="r1")
    m.node("Relu", ["a"], ["b"], name="r2")
    m.outputs.clear()
    m.output("b", [None, 4])
    yield "a cycle", m
    m = dense()
    m.node("Relu", ["a"], ["b"], name="again")
    yield "a tensor made twice", m
    m = dense()
    m.outputs.clear()
    yield "no output", m
    m = dense()
    m.outputs.clear()
    m.output("nowhere", [None, 2])
    yield "an output that nothing makes", m
    m = dense()
    m.node("Add", ["ghost", "c"], ["d"], name="haunted")
    m.outputs.clear()
    m.output("d", [None, 2])
    yield "an input that nothing makes", m
    yield "no nodes", Model("empty", input_shape=[None, 4])
    m = dense()
    m.input("second", [None, 4])
    m.node("Add", ["c", "second"], ["d"], name="join")
    m.outputs.clear()
    m.output("d", [None, 2])
    yield "two inputs", m
    m = dense()
    m.node("Gemm", [], ["d"], name="starved")
    m.outputs.clear()
    m.output("d", [None, 2])
    yield "a node without input", m
    m = dense()
    m.node("Relu", ["c"], ["d"], name="foreign", domain="com.example.custom")
    m.outputs.clear()
    m.output("d", [None, 2])
    yield "a foreign domain", m


def odd_graphs():
    """Not as the standard wants them, but with a clear meaning: taken or refused, both are right."""
    yield "weights of 3e38, whose sums leave float32", dense(value=3e38)
    m = dense()
    m.nodes[0], m.nodes[1] = m.nodes[1], m.nodes[0]
    yield "nodes out of order", m
    m = dense()
    m.node("Relu", ["c"], [], name="mute")
    yield "a dead node without output", m
    m = dense()
    m.node("Relu", ["ghost"], ["d"], name="haunted")
    yield "a dead node whose input nothing makes", m


def sick_bytes():
    whole = dense().bytes()
    with open(os.path.join(DIGITS, "digits_cnn.onnx"), "rb") as f:
        cnn = f.read()
    yield "an empty file", b""
    for share in (0.01, 0.3, 0.5, 0.9, 0.999):
        yield "cut after %g" % share, cnn[:int(len(cnn) * share)]
    yield "random bytes", random.Random(1).randbytes(5000)
    yield "text", b"this is no model\n" * 100
    yield "a length that claims 2^62", whole[:4] + b"\x3a" + onnx_make.varint(1 << 62) + whole
    yield "an endless varint", b"\xff" * 4000
    nested = b""
    for _ in range(3000):  # AttributeProto.g = GraphProto -> node -> attribute -> ...
        nested = field_bytes(1, field_bytes(5, field_bytes(1, "x") + field_bytes(6, nested) +
                                            field_int(20, 5)))
    yield "graphs nested 3000 deep", field_int(1, 8) + field_bytes(7, nested)
    yield "a model without a graph", field_int(1, 8)


def mutated(case, seed, count):
    """A few random bytes changed: compiled or refused, both are right."""
    rng = random.Random(seed)
    sound = [dense().bytes(), conv().bytes(),
             pool(kernel_shape=[2, 2], strides=[2, 2]).bytes()]
    for i in few(range(count)):
        data = bytearray(rng.choice(sound))
        for _ in range(rng.randint(1, 5)):
            data[rng.randrange(len(data))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
        r = case.ttfs("compile", case.write("m.onnx", bytes(data)), "-o", "mutated")
        case.check(r.code in (0, 1), "mutation %d of seed %d:\n%s" % (i, seed, r))
        case.check(r.code == 0 or "ttfs: error:" in r.err,
                   "mutation %d of seed %d is refused without a word:\n%s" % (i, seed, r))


def main():
    case = Case()
    if os.environ.get("TTFS_SANITIZE", "none") == "none":
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    case.good("compile", case.write("sound.onnx", dense().bytes()), "-o", "sound")
    case.good("compile", case.write("sound.onnx", conv().bytes()), "-o", "sound")
    pooled = pool(kernel_shape=[2, 2], strides=[2, 2]).bytes()
    case.good("compile", case.write("sound.onnx", pooled), "-o", "sound")
    for op, a, b in (("Div", [-2, 8], [2, 2]), ("Mod", [-1 << 63, 4], [-1, 5])):
        case.good("check", case.write("sound.onnx", folded(op, a, b).bytes()))
    for what, model in list(sick_values()) + list(sick_constants()) + list(sick_shapes()) + list(sick_graphs()):
        path = case.write("sick.onnx", model.bytes())
        r = case.ttfs("compile", path, "-o", "sick")
        case.check(r.code == 1 and "ttfs: error: " in r.err,
                   "%s: expected exit code 1 and a reason:\n%s" % (what, r))
        case.check("sick.onnx" in r.err, "%s: the message does not name the file:\n%s" % (what, r))
        case.check(not os.path.exists(case.path("sick")), what + ": wrote an output folder")
        shutil.rmtree(case.path("sick"), ignore_errors=True)
    for what, data in sick_bytes():
        path = case.write("sick.onnx", data)
        for command in (["check", path], ["compile", path, "-o", "sick"], ["info", path]):
            r = case.ttfs(*command)
            case.check(r.code == 1 and "ttfs: error: " in r.err and "sick.onnx" in r.err,
                       "%s: expected exit code 1 and a reason:\n%s" % (what, r))
    for what, model in odd_graphs():
        r = case.ttfs("compile", case.write("odd.onnx", model.bytes()), "-o", "odd")
        case.check(r.code == 0 or (r.code == 1 and "ttfs: error: " in r.err),
                   "%s: neither taken nor refused:\n%s" % (what, r))
    mutated(case, 11, 60)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
