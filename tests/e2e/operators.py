# SPDX-License-Identifier: Apache-2.0
"""Operators by what they mean: a small network for each compiles, its spikes are the same in golden
and jit, and in continuous time it computes what `relu` does (whose values ONNX's own node tests
hold). Twins, the same network written in two ways, must become the same populations. What stands at
the end and only grows, or looks up a label, is dropped with a note.
"""
import json
import random
import sys

from chains import Net
from e2e import Case, few, npy
import onnx_make as om

QONNX = "qonnx.custom_op.general"


def image(more=2):
    """6 x 6 -> more maps of 4 x 4."""
    return Net([None, 1, 6, 6]).conv(more, 1).relu()


def row():
    return Net([None, 8]).dense(8, 6).relu()


def sums(op, axes, ins):
    n = image()
    return n.layer(op, None, n.const(axes), keepdims=0).dense(ins, 3)


def gather(axis, at, outs):
    n = image(4)
    return n.layer("Gather", None, n.const(at), axis=axis).conv(2, outs, 2)


def mean():
    n = image()
    first = n.last
    n.conv(2, 2, pads=[1, 1, 1, 1])
    return n.layer("Mean", None, first, n.weights(2, 1, 1)).relu().layer("Sum", None, first, n.last)


def mixed():
    """A convolution, a matrix and a factor an element, added up."""
    n = image()
    first = n.last
    conv = n.conv(2, 2, pads=[1, 1, 1, 1]).last
    n.last = first
    n.layer("Flatten").dense(32, 32).layer("Reshape", None, n.const([0, 2, 4, 4]))
    n.layer("Add", conv, None)
    total, n.last = n.last, first
    return n.layer("Mul", None, n.weights(2, 4, 4)).layer("Add", total, None).relu().layer("Flatten").dense(32, 3)


def repeated(op, numbers, maps):
    n = image()
    return n.layer(op, None, n.const(numbers)).conv(2, maps)


def expand():
    n = image().layer("GlobalAveragePool")
    return n.layer("Expand", None, n.const([1, 2, 3, 3])).conv(2, 2)


def resize(**more):
    n = image()
    return n.layer("Resize", None, "", n.const([1.0, 1.0, 2.0, 3.0]), mode="nearest",
                   **more).conv(2, 2)


def transposed(**more):
    n = image(4)
    outs = 6 // more.get("group", 1)
    n.layer("ConvTranspose", None, n.weights(4, outs, 3, 3), n.weights(6), **more)
    return n.relu().conv(2, 6)


def transposed_1d():
    n = Net([None, 2, 7])
    n.layer("ConvTranspose", None, n.weights(2, 3, 4), strides=[2], pads=[1, 1]).relu()
    return n.layer("ConvTranspose", None, n.weights(3, 2, 3), strides=[2], output_padding=[1])


def constants():
    n = Net([None, 8])
    w = n.layer("MatMul", n.weights(8, 5), n.weights(5, 6)).last
    return n.layer("MatMul", "input", w).relu().dense(6, 3)


def vector():
    n = Net([8], opset=24, elem_type=om.DOUBLE)
    return n.layer("MatMul", None, n.weights(8, 6)).relu().layer("MatMul", None, n.weights(6, 3))


def features():
    n = Net([None, 8])
    n.domains.append("ai.onnx.ml")
    n.layer("Scaler", domain="ai.onnx.ml", offset=[0.5] * 8, scale=[2.0])
    n.layer("ArrayFeatureExtractor", None, n.const([5, 0, 1, 1]), domain="ai.onnx.ml")
    return n.dense(4, 6).relu().dense(6, 3)


def upsampled():
    n = image()
    return n.layer("Upsample", None, n.const([1.0, 1.0, 2.0, 2.0]), mode="nearest").conv(2, 2)


def groups_apart():
    """A sum whose other terms begin inside the groups of a wide convolution, and end there."""
    n = Net([None, 2048, 1, 1])
    wide = n.conv(4096, 1, group=2048, pads=[1, 1, 1, 1]).last
    n.layer("Conv", "input", n.weights(1, 2048, 1, 1)).relu()
    one, first = n.last, n.conv(1, 1, 1).last
    n.last = one
    n.conv(4095, 1, 1).layer("Concat", first, None, axis=1).layer("Add", None, wide).relu()
    return n.layer("Flatten").dense(4096, 2)


def nets():
    yield "groups cut apart", groups_apart()
    for mode in ("DCR", "CRD"):
        yield "depth to space " + mode, (image().conv(8, 2, 1)
                                         .layer("DepthToSpace", blocksize=2, mode=mode).conv(2, 2))
    yield "depth to space at the end", image().conv(4, 2).layer("DepthToSpace", blocksize=2)
    yield "space to depth", image().layer("SpaceToDepth", blocksize=2).conv(2, 8, 1)
    yield "sum over space", sums("ReduceSum", [2, 3], 2)
    yield "sum over channels", (image().layer("ReduceSum", None, "axes", keepdims=1).conv(2, 1))
    for op in ("ReduceMin", "ReduceMax", "ReduceMean"):
        yield op, image().layer(op, axes=[2, 3], keepdims=0).dense(2, 3)
    yield "mean of tensors", mean()
    yield "sum of a convolution and others", mixed()
    yield "gather channels", gather(1, [3, 0, 1, 1, -2], 5)
    yield "gather columns", gather(3, [3, 0, 1, 1], 4)
    yield "expand", expand()
    yield "tile", repeated("Tile", [1, 2, 2, 1], 4)
    yield "products of constants", constants()
    yield "resize", resize()
    yield "resize, asymmetric", resize(coordinate_transformation_mode="asymmetric",
                                       nearest_mode="floor")
    yield "upsample", upsampled()
    for more in ({"strides": [2, 2]}, {"strides": [3, 2], "pads": [0, 1, 2, 1]},
                 {"strides": [2, 2], "group": 2}, {"strides": [2, 2], "dilations": [2, 1]},
                 {"strides": [2, 2], "auto_pad": "SAME_UPPER"}, {"pads": [1, 1, 1, 1]},
                 {"strides": [3, 3], "output_shape": [13, 12]}):
        yield "transposed convolution %s" % more, transposed(**more)
    yield "transposed convolution, 1-D", transposed_1d()
    yield "hard sigmoid", row().dense(6, 4).layer("HardSigmoid", alpha=0.3).dense(4, 3)
    yield "vector of doubles", vector()
    yield "scaler and features", features()


def finished(name, n):
    if name == "sum over channels":
        n.init("axes", [1])
    if name == "upsample":
        n.opset = 9
    if name in ("ReduceMin", "ReduceMax", "ReduceMean"):
        n.opset = 13
    return n.end()


def size(shape):
    count = 1
    for d in shape:
        count *= d or 1
    return count


def data(case, n, count=24):
    rng = random.Random(7)
    dims = [d or 1 for d in n.shape]
    shape = [count] + (dims[1:] if len(dims) > 1 else dims)
    return case.write("x.npy", npy(shape, [rng.uniform(-1, 1) for _ in range(count * size(dims))]))


def compiled(case, n, *options):
    """The summary of a compilation, in the folder `out`."""
    model, x = case.write("net.onnx", n.bytes()), data(case, n)
    return case.good("compile", model, "-o", "out", "--calib", x, "--stop-after", "spike",
                     *options), x


def same_in_all(case, name, n, runs=True):
    case.good("check", case.write("net.onnx", n.bytes()))
    before = case.failures
    _, x = compiled(case, n)
    if not runs:
        return
    r = case.json("verify", "out", "--input", x, "--engines", "golden,jit")
    case.equal((r.get("equal"), r.get("differences"), r.get("spikes", 0) > 0), (True, 0, True),
               "%s: golden against jit" % name)
    r = case.json("run", "out", "--input", x, "--engine", "exact")
    case.check(r.get("max_abs_error", 1) <= 1e-9, "%s: exact differs by %s" %
               (name, r.get("max_abs_error")))
    if case.failures > before:
        print("  of the network: %s" % name)


def twins():
    """Two ways to write a network; the second needs no more populations than the first."""
    def steps(last):
        n = Net([None, 9, 4] if last else [None, 4, 9])
        if last:
            n.layer("Pad", None, n.const([0, 2, 0, 0, 0, 0])).layer("Transpose", perm=[0, 2, 1])
        else:
            n.layer("Pad", None, n.const([0, 0, 2, 0, 0, 0]))
        n.layer("Conv", None, n.weights(3, 4, 3)).relu().layer("Flatten", axis=1)
        return n.dense(27, 3).end()

    def window(clip):
        n = row().dense(6, 5).relu()
        if clip:
            grid = [n.const(0.25), n.const(0, data_type=om.UINT8)]
            n.layer("QuantizeLinear", None, *grid)
            n.layer("Clip", None, n.const(0, data_type=om.UINT8), n.const(15, data_type=om.UINT8))
            n.layer("DequantizeLinear", None, *grid)
        else:
            n.domains.append(QONNX)
            n.layer("IntQuant", None, n.const(0.25), n.const(0.0), n.const(4.0), domain=QONNX,
                    signed=0, narrow=0, rounding_mode="ROUND")
        return n.dense(5, 3).end()

    yield "channels first and last", steps(False), steps(True)
    yield "a window by its bits and by a Clip", window(False), window(True)


def populations(case, n):
    r, _ = compiled(case, n)
    return [line for line in r.out.splitlines() + r.err.splitlines() if " populations, " in line]


def ends():
    for op in ("Sigmoid", "Tanh", "Softplus", "Softsign", "Elu"):
        yield op, row().dense(6, 1).layer(op).end(), "at the end is dropped: it grows"
    n = row().dense(6, 3).layer("ArgMax", axis=1)
    n.inits.append(om.tensor("labels", [0], shape=[3], data_type=om.INT64)
                   .replace(om.field_int(2, om.INT64), om.field_int(2, om.STRING)))
    n.layer("ArrayFeatureExtractor", "labels", None, domain="ai.onnx.ml")
    n.domains.append("ai.onnx.ml")
    yield "labels", n.layer("Cast", to=7).end(om.INT64), "look-up of the label is dropped"
    n = row().dense(6, 3).layer("Softmax").layer("ZipMap", domain="ai.onnx.ml",
                                                 classlabels_int64s=[0, 1, 2])
    n.domains.append("ai.onnx.ml")
    yield "zip map", n.end(), "names of the classes are dropped"


def parts():
    """Layers that become several populations, which messages call by the layer and what of it they
    are: a rectifier of two sides, and a pool over values that are no ReLU's. Sides below 0 are hardly
    reached. The page and its JSON say it too."""
    def positive(ins):
        return [[0.5] * (ins - 1) + [-1e-7]]
    n = row()
    n.layer("Gemm", None, n.const(positive(6)), transB=1).layer("LeakyRelu", alpha=0.1)
    yield n.dense(1, 3).end(), "gemm5: values below 0, for leakyrelu6: the window was widened"
    n = image(4)
    n.layer("Conv", None, n.const([[[[w]] for w in positive(4)[0]]] * 2))
    n.layer("MaxPool", kernel_shape=[2, 2]).layer("Flatten")
    yield n.dense(18, 3).end(), "conv5: values below 0: the window was widened"


def misfits():
    """Transposed convolutions of 4 channels whose numbers do not fit one another, with the one that does."""
    fits = {"weights": (4, 6, 3, 3), "bias": 6}
    for change, taken in (({}, True), ({"kernel_shape": [3, 3]}, True), ({"kernel_shape": [3, 2]}, False),
                          ({"kernel_shape": [2, 3]}, False), ({"bias": 5}, False), ({"bias": 7}, False),
                          ({"group": 2}, False), ({"group": 2, "bias": 12}, True), ({"group": 3, "bias": 18}, False),
                          ({"weights": (3, 6, 3, 3)}, False), ({"weights": (5, 6, 3, 3)}, False),
                          ({"weights": (4, 6, 3)}, False), ({"weights": (4, 1, 1, 4096), "bias": 1}, True),
                          ({"weights": (4, 1, 1, 4097), "bias": 1}, False),
                          ({"weights": (4, 1, 1, 1), "bias": 1, "strides": [1, 4096]}, True),
                          ({"weights": (4, 1, 1, 1), "bias": 1, "strides": [1, 4097]}, False),
                          ({"weights": (4, 1, 1, 1), "bias": 1, "strides": [4097, 1]}, False)):
        attributes = {**fits, **change}
        n, shape, bias = image(4), attributes.pop("weights"), attributes.pop("bias")
        n.layer("ConvTranspose", None, n.weights(*shape), n.weights(bias), **attributes)
        yield change, n.layer("GlobalAveragePool").end(), taken


def grids():
    """Transposed convolutions of weights on a grid, one for all or one a channel, with whether it stays: it does
    when each output channel has one."""
    for axis, group, stays in ((None, 1, True), (None, 2, True), (1, 1, True), (1, 2, False), (0, 1, False)):
        n = image(4)
        values = n.last
        numbers = [[[[(5 * i + 3 * o + y - x) % 15 - 7 for x in range(3)] for y in range(3)] for o in range(3)]
                   for i in range(4)]
        steps = 0.25 if axis is None else [0.25 + 0.03 * k for k in range(3 if axis else 4)]
        n.layer("DequantizeLinear", n.const(numbers, data_type=om.INT8), n.const(steps), axis=axis or 0)
        weights, n.last = n.last, values
        n.layer("ConvTranspose", None, weights, strides=[2, 1], group=group)
        yield "axis %s, %d groups" % (axis, group), n.relu().conv(2, 3 * group).end(), stays


def constants_as(nodes):
    """A network whose constants are initializers, or what nodes with each kind of value give."""
    n = image(4)

    def const(kind, value):
        name = n.const(value) if not nodes else "k%d" % n.count
        if nodes:
            n.count += 1
            n.node("Constant", [], [name], name=name, **{kind: value})
        return name

    n.layer("Mul", None, const("value_float", 1.5)).layer("Add", None, const("value_floats", [0.1, -0.2, 0.3, 0.0]))
    n.layer("Gather", None, const("value_int", 1), axis=1)  # a scalar takes the axis away
    n.layer("Reshape", None, const("value_ints", [0, 0, 4])).relu().layer("Flatten")
    return n.dense(16, 2).end()


def forms_of(case, n):
    compiled(case, n)
    found = []
    for name in ("spike.txt", "spike.blob"):
        with open(case.path("out", "forms", name), "rb") as f:
            found.append(f.read())
    return found


def main():
    case = Case()
    for change, n, taken in misfits():
        r = case.ttfs("check", case.write("net.onnx", n.bytes()))
        case.check((r.code == 0) == taken and
                   (taken or "its weights or its bias do not fit its input and kernel" in r.err),
                   "transposed convolution, %s:\n%s" % (change, r))
    for what, n, stays in grids():
        r = case.good("check", case.write("net.onnx", n.bytes()))
        case.equal("what it makes of quantised weights" not in r.out + r.err, stays, "a grid with %s:\n%s" % (what, r))
    case.equal(forms_of(case, constants_as(True)), forms_of(case, constants_as(False)), "constants by nodes")
    run = [name for name, _ in few(nets(), 3)]
    for name, n in nets():
        same_in_all(case, name, finished(name, n), name in run)
    for name, one, two in twins():
        case.equal(populations(case, two), populations(case, one), name)
    for name, n, note in ends():
        r, _ = compiled(case, n)
        case.check(note in r.err, "%s: expected the note '%s':\n%s" % (name, note, r))
    for n, note in parts():
        r, _ = compiled(case, n)
        case.check(note in r.err and ".neg" not in r.err, "expected the note '%s':\n%s" % (note, r))
        with open(case.path("out/report/messages.json"), encoding="utf-8") as f:
            said = [": ".join((m["where"], m["op"], m["what"])) for m in json.load(f) if "op" in m]
        r = case.good("check", "net.onnx")
        case.check(".neg" not in r.out and "_2" not in r.out, "check: %s" % r)
        case.check(any(note in text for text in said), "expected '%s' in %s" % (note, said))
    inside = row().layer("Sigmoid").dense(6, 3).end()
    case.refused("check", case.write("inside.onnx", inside.bytes()),
                 says="train the network with ReLU in its place")
    sys.exit(case.done())


main()
