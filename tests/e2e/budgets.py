# SPDX-License-Identifier: Apache-2.0
"""Small files that ask for much: each must get its verdict, for or against, within a stated memory
and time, with the layer that asks for too much and what to do; `--memory` raises the limit.
"""
import os
import resource
import sys

from e2e import Case
from onnx_make import INT64, Model, tensor

MEMORY, SECONDS = 2 << 30, 20  # address space; of a processor


def dense(m, last, name, rows, cols, value=-0.5):
    """A Gemm whose weights take no room in the file."""
    m.node("ConstantOfShape", [m.shape(name + ".s", [rows, cols])], [name + ".w"], name=name + ".c",
           value=tensor("v", [value]))
    m.node("Gemm", [last, name + ".w"], [name], name=name, transB=1)
    return name


class Small(Model):
    """A model with a few short ways to write what is here over and over."""

    def shape(self, name, dims):
        self.init(name, dims, data_type=INT64)
        return name

    def relu(self, last, name):
        self.node("Relu", [last], [name], name=name)
        return name

    def end(self, last, dims):
        self.output(last, dims)
        return self


def doubling_concat():
    m = Small("doubling", input_shape=[None, 1, 8, 8])
    last = "input"
    for i in range(20):
        m.node("Concat", [last, last], ["c%d" % i], name="concat%d" % i, axis=1)
        last = "c%d" % i
    m.node("Relu", [last], ["r"], name="act")
    m.node("GlobalAveragePool", ["r"], ["y"], name="pool")
    return m.end("y", [None, 1 << 20, 1, 1])


def doubling_relu():
    """The same with a layer between, so that every half is a population."""
    m = Small("doubling", input_shape=[None, 4])
    last = "input"
    for i in range(22):
        m.node("Neg", [last], ["n%d" % i], name="neg%d" % i)
        m.node("Concat", [last, "n%d" % i], ["c%d" % i], name="concat%d" % i, axis=1)
        last = m.relu("c%d" % i, "r%d" % i)
    return m.end(last, [None, 4 << 22])


def many_into_concat(count=20000, behind="Gemm"):
    m = Small("many", input_shape=[None, 4])
    m.init("w", [[0.5, -0.5, 1.0, -1.0]])
    for i in range(count):
        m.node("Gemm", ["input", "w"], ["g%d" % i], transB=1)
        m.node("Relu", ["g%d" % i], ["r%d" % i])
    m.node("Concat", ["r%d" % i for i in range(count)], ["all"], name="all", axis=1)
    if behind == "Gemm":
        dense(m, "all", "y", 2, count)
    elif behind == "Relu":
        m.node("Neg", ["all"], ["n"], name="neg")
        m.node("Add", ["n", "n"], ["nn"], name="twice")
        dense(m, m.relu("nn", "act"), "y", 2, count)
    else:
        m.node("Identity", ["all"], ["y"], name="y")
    return m.end("y", [None, 2])


def many_consumers():
    """One population that 10,000 layers read, and as many outputs."""
    m = Small("consumers", input_shape=[None, 4])
    m.init("w", [[0.5, -0.5, 1.0, -1.0]])
    m.init("q", [[0.5, -0.5, 1.0, -1.0] for _ in range(4)])
    m.node("Gemm", ["input", "q"], ["a"], transB=1)
    m.node("Relu", ["a"], ["h"])
    for i in range(10000):
        m.node("Gemm", ["h", "w"], ["y%d" % i], transB=1)
        m.output("y%d" % i, [None, 1])
    return m


def many_sums():
    """A sum of 10,000 layers."""
    m = Small("sums", input_shape=[None, 4])
    m.init("w", [[0.5, -0.5, 1.0, -1.0]])
    last = None
    for i in range(10000):
        m.node("Gemm", ["input", "w"], ["g%d" % i], transB=1)
        r = m.relu("g%d" % i, "r%d" % i)
        if last:
            m.node("Add", [last, r], ["s%d" % i])
            r = "s%d" % i
        last = r
    return m.end(last, [None, 1])


def deep():
    m = Small("deep", input_shape=[None, 4])
    m.init("w", [[-1.0] * 4] * 4)
    last = "input"
    for i in range(12000):
        m.node("Gemm", [last, "w"], ["a%d" % i], transB=1)
        last = m.relu("a%d" % i, "b%d" % i)
    return m.end(last, [None, 4])


def shared_weights(layers=5000):
    """A fifth of a million weights that all layers share, each in its own way."""
    m = Small("shared", input_shape=[None, 500])
    m.init("w", [[(i * 7 + j) % 11 - 5.0 for j in range(500)] for i in range(400)])
    last = []
    for i in range(layers):
        m.node("Gemm", ["input", "w"], ["a%d" % i], transB=1, alpha=0.25 + i % 3)
        last.append(m.relu("a%d" % i, "b%d" % i))
        m.output("b%d" % i, [None, 400])
    return m


def constant_weights():
    """Layers of weights that the file only describes."""
    m = Small("described", input_shape=[None, 2048])
    last = "input"
    for i in range(300):
        last = m.relu(dense(m, last, "g%d" % i, 2048, 2048), "r%d" % i)
    return m.end(last, [None, 2048])


def expanded_weights():
    m = Small("expanded", input_shape=[None, 1000])
    m.init("w", [[0.5]])
    last = "input"
    for i in range(300):
        m.node("Expand", ["w", m.shape("s%d" % i, [1000, 1000])], ["w%d" % i])
        m.node("Gemm", [last, "w%d" % i], ["g%d" % i], transB=1)
        last = m.relu("g%d" % i, "r%d" % i)
    return m.end(last, [None, 1000])


def large_maps():
    """Maps of 2^24 values with a constant of their own each."""
    m = Small("maps", input_shape=[None, 1, 4096, 4096])
    m.init("w", [[[[1.0, -1.0, 0.5]] * 3]])
    m.init("b", [0.5])
    last = "input"
    for i in range(15):
        m.node("Conv", [last, "w", "b"], ["c%d" % i], name="conv%d" % i, pads=[1, 1, 1, 1])
        m.node("Conv", ["c%d" % i, "w", "b"], ["d%d" % i], name="more%d" % i, pads=[1, 1, 1, 1])
        last = m.relu("d%d" % i, "r%d" % i)
    return m.end(last, [None, 1, 4096, 4096])


def large_kernel(rectified=True):
    """A kernel of a quarter of a million taps over a large map, with padding and an offset."""
    m = Small("kernel", input_shape=[None, 1, 2000, 2000])
    m.init("one", [[[[-1.0]]]])
    m.init("b", [0.5])
    m.init("w", [[[[(i * j) % 7 - 3.0 for j in range(450)] for i in range(450)]]])
    m.node("Conv", ["input", "one", "b"], ["a"], name="first")
    last = m.relu("a", "r") if rectified else "a"
    m.node("Add", [last, "b"], ["o"], name="offset")
    m.node("Conv", ["o", "w"], ["c"], name="wide", pads=[224, 224, 225, 225])
    return m.end(m.relu("c", "act"), [None, 1, 2000, 2000])


def large_pool(op):
    m = Small("pool", input_shape=[None, 1, 3000, 3000])
    m.init("b", [[[[0.5] * 3000]]])
    m.node("Add", ["input", "b"], ["a"], name="offset")
    m.node(op, ["a"], ["p"], name="pool", kernel_shape=[1501, 1501], pads=[750, 750, 750, 750],
           strides=[1, 1])
    return m.end(m.relu("p", "act"), [None, 1, 3000, 3000])


def transposed():
    """Moves that only matrices can take, one after another."""
    m = Small("moves", input_shape=[None, 2, 32, 32])
    m.init("w", [[[[1.0, -1.0]] * 2] * 2] * 2)
    last = "input"
    for i in range(1500):
        m.node("Transpose", [last], ["t%d" % i], name="t%d" % i, perm=[0, 1, 3, 2])
        m.node("Conv", ["t%d" % i, "w"], ["c%d" % i], name="c%d" % i, pads=[0, 0, 1, 1])
        last = m.relu("c%d" % i, "r%d" % i)
    return m.end(last, [None, 2, 32, 32])


def composed():
    """Convolutions without a rectifier between: their products are multiplied out."""
    m = Small("composed", input_shape=[None, 64, 64, 64])
    m.init("w", [[[[(i * j) % 5 - 2.0] * 3] * 3 for j in range(64)] for i in range(64)])
    last = "input"
    for i in range(400):
        m.node("Conv", [last, "w"], ["c%d" % i], name="c%d" % i, pads=[0, 0, 0, 0] if i % 2 else [1, 1, 1, 1])
        last = "c%d" % i
        if i % 2:
            last = m.relu(last, "r%d" % i)
            m.node("Pad", [last, m.shape("p%d" % i, [0, 0, 1, 1, 0, 0, 1, 1])], ["q%d" % i], name="q%d" % i)
            last = "q%d" % i
    return m.end(last, [None, 64, 64, 64])


def flattened():
    """A convolution and a matrix as one matrix, many times."""
    m = Small("flattened", input_shape=[None, 4, 32, 32])
    m.init("w", [[[[(i * j) % 5 - 2.0] * 5] * 5 for j in range(4)] for i in range(4)])
    m.shape("flat", [-1, 4096])
    m.shape("map", [-1, 4, 32, 32])
    m.init("one", [[0.25] * 8])
    m.shape("es", [8, 512, 8])
    last = "input"
    for i in range(200):
        m.node("Conv", [last, "w"], ["c%d" % i], name="c%d" % i, pads=[2, 2, 2, 2])
        m.node("Reshape", ["c%d" % i, "flat"], ["f%d" % i], name="f%d" % i)
        dense(m, "f%d" % i, "g%d" % i, 16, 4096)
        dense(m, m.relu("g%d" % i, "r%d" % i), "h%d" % i, 4096, 16)
        m.node("Reshape", ["h%d" % i, "map"], ["m%d" % i], name="m%d" % i)
        last = "m%d" % i
    return m.end(last, [None, 4, 32, 32])


def depthwise_cut():
    """A depthwise kernel over 8,000 channels, cut channel by channel."""
    m = Small("cut", input_shape=[None, 8000, 2, 2])
    m.init("w", [[[[1.0, -1.0]] * 2]] * 8000)
    m.node("Conv", ["input", "w"], ["c"], name="dw", group=8000, pads=[0, 0, 1, 1])
    parts = []
    for i in range(0, 4000):
        for k, v in (("a", i * 2 + 1), ("b", i * 2 + 2)):
            m.init("%s%d" % (k, i), [v], data_type=INT64)
        m.init("x", [1], data_type=INT64) if i == 0 else None
        m.node("Slice", ["c", "a%d" % i, "b%d" % i, "x"], ["s%d" % i])
        parts.append("s%d" % i)
    m.node("Concat", parts, ["all"], name="all", axis=1)
    m.node("Neg", ["all"], ["n"], name="neg")
    return m.end(m.relu("n", "act"), [None, 4000, 2, 2])


def spread():
    m = Small("spread", input_shape=[None, 512, 1, 1])
    last = "input"
    m.init("w", [[[[1.0]], [[-1.0]]] * 256] * 2)
    m.init("z", [[[[0.0] * 64] * 64]])
    for i in range(64):
        m.node("Add", [last, "z"], ["a%d" % i], name="a%d" % i)
        m.node("Conv", ["a%d" % i, "w"], ["c%d" % i], name="c%d" % i)
        m.node("Neg", ["c%d" % i], ["n%d" % i], name="n%d" % i)
        r = m.relu("n%d" % i, "r%d" % i)
        m.output(r, [None, 2, 64, 64])
    return m


MODELS = {
    "doubling_concat": doubling_concat,
    "doubling_relu": doubling_relu,
    "many_into_concat_gemm": many_into_concat,
    "many_into_concat_relu": lambda: many_into_concat(10000, "Relu"),
    "many_into_concat_out": lambda: many_into_concat(10000, "Identity"),
    "many_consumers": many_consumers,
    "many_sums": many_sums,
    "deep": deep,
    "shared_weights": shared_weights,
    "constant_weights": constant_weights,
    "expanded_weights": expanded_weights,
    "large_maps": large_maps,
    "large_kernel": large_kernel,
    "large_kernel_linear": lambda: large_kernel(False),
    "large_maxpool": lambda: large_pool("MaxPool"),
    "large_averagepool": lambda: large_pool("AveragePool"),
    "transposed": transposed,
    "composed": composed,
    "flattened": flattened,
    "depthwise_cut": depthwise_cut,
    "spread": spread,
}


def negated(layers):
    """Layers of 2^24 neurons that cost nothing but their number."""
    m = Small("negated", input_shape=[None, 1, 4096, 4096])
    m.init("w", [[[[-1.0]]]])
    last = "input"
    for i in range(layers):
        m.node("Conv", [last, "w"], ["c%d" % i], name="conv%d" % i)
        last = m.relu("c%d" % i, "r%d" % i)
    return m.end(last, [None, 1, 4096, 4096])


def raised(case):
    """--memory lets a network through that the default refuses, or a smaller value; and values are checked."""
    negated(10).save(case.path("negated.onnx"))
    case.refused("check", "negated.onnx", says="--memory")
    case.good("check", "negated.onnx", "--memory", "2G")
    shared_weights(20).save(case.path("shared.onnx"))
    case.refused("check", "shared.onnx", "--memory", "16M", says=("0.0156 GiB", "--memory"))
    case.good("check", "shared.onnx", "--memory", "64M")
    for value in ("0", "8X", "-1", "G", "8GB", "99999999T"):
        case.refused("check", "shared.onnx", "--memory", value, code=2, says="--memory")


def main():
    case = Case()
    for name, make in MODELS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        make().save(case.path(name + ".onnx"))
        size = os.path.getsize(case.path(name + ".onnx"))
        case.check(size < 1.5e6, "%s: %d bytes are no small file" % (name, size))
        refused = False
        for args in (("compile", "-o", "x", "--stop-after", "spike"), ("check",)):
            if refused:  # by the steps that both take first: e2e check verdicts holds what check says of refusals
                continue
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            r = case.ttfs(args[0], name + ".onnx", *args[1:], memory=MEMORY)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            refused = r.code == 1
            case.check(r.code in (0, 1), "no verdict:\n%s" % str(r)[:2000])
            case.check(r.code == 0 or "ttfs: error: " in r.err, "no reason:\n%s" % str(r)[:2000])
            case.check(seconds < SECONDS, "%s: a verdict after %.0f s" % (name, seconds))
    raised(case)
    sys.exit(case.done())


if __name__ == "__main__":
    main()
