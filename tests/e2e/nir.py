# SPDX-License-Identifier: Apache-2.0
"""NIR files: those that snnTorch, Norse, Sinabs and the package nir wrote (tests/nir) compile; a network as NIR
and as ONNX gives the same image, layer by layer of the table of docs/nir.md; what is refused is refused by its name, all of
it at once; damaged and hostile HDF5 is refused with a reason.
"""
import os
import re
import struct
import sys
import zlib

import nir_make
from e2e import DIGITS, SOURCE, Case, npy, plainly, tree
from nir_make import NONE, Pairs, Raw, chain, message, net, node
from onnx_make import Model

FOLDER = os.path.join(SOURCE, "tests", "nir")
CALIB = os.path.join(DIGITS, "calib.npz")
TRACED = 70  # samples: two chunks
SOUND = ("snntorch", "norse", "sinabs", "nir", "threshold")


def numbers(*shape, step=7):
    """Weights in a fixed order, exact in float32."""
    count = 1
    for d in shape:
        count *= d
    flat = [((i * step) % 23 - 11) / 32 for i in range(count)]
    for d in reversed(shape[1:]):
        flat = [flat[i:i + d] for i in range(0, len(flat), d)]
    return flat


def full(value, *shape):
    return [full(value, *shape[1:]) for _ in range(shape[0])] if shape else value


def exported(case):
    for name in SOUND:
        path = os.path.join(FOLDER, name + ".nir")
        case.equal(case.json("check", path)["supported"], True, name)
        case.good("compile", path, "-o", name, "--calib", CALIB, "--chip", "one")
        case.equal(case.json("verify", name, "--input", CALIB, "--count", "5", "--engines", "golden,jit")["equal"], True, name)
    case.equal(case.json("info", os.path.join(FOLDER, "nir.nir"))["layers"][3]["name"], "block.conv", "flattened")


def refusals(case):
    path = os.path.join(FOLDER, "refused.nir")
    found = {o["node"]: o["reason"] for o in case.json("check", path, code=1)["obstacles"]}
    case.equal(sorted(found), ["cubali", "cubalif", "delay", "li", "lif", "loop"], "nodes refused")
    for name, word in (("lif", "leaks"), ("li", "forgets"), ("delay", "delay"), ("loop", "recurrent")):
        case.check(word in found.get(name, ""), "%s: %s" % (name, found.get(name)))


# ---- the same network twice ----------------------------------------------------------------------

def relu_of(r, v, *shape):
    return node("IF", r=full(r, *shape), v_threshold=full(v, *shape), v_reset=full(0.0, *shape))


def dense():
    w, b, v = numbers(12, 64), numbers(12), numbers(10, 12, step=5)
    nodes = {"input": node("Input", shape=[64]), "fc1": node("Affine", weight=w, bias=b), "if1": relu_of(1.0, 1.0, 12),
             "fc2": node("Linear", weight=v), "output": node("Output", shape=[10])}
    m = Model("dense", input_shape=[None, 64])
    m.init("w", w)
    m.init("b", b)
    m.init("v", v)
    m.node("Gemm", ["input", "w", "b"], ["fc1"], name="fc1", transB=1)
    m.node("Relu", ["fc1"], ["if1"], name="if1")
    m.node("Gemm", ["if1", "v"], ["fc2"], name="fc2", transB=1)
    return nodes, chain("input", "fc1", "if1", "fc2", "output"), m


def gained():
    """r / v_threshold, a gain, beside a product."""
    nodes, edges, m = dense()
    nodes["if1"] = node("IF", r=full(0.5, 12), v_threshold=[2.0] * 6 + [0.5] * 6)
    m.init("gain", [[0.25] * 6 + [1.0] * 6])
    m.nodes.pop(1)
    m.node("Mul", ["fc1", "gain"], ["g"], name="if1")
    m.node("Relu", ["g"], ["if1"], name="if1")
    return nodes, edges, m


def convolutional():
    """A branch that joins again, both pools, both paddings by name, groups, a dilation, a scale, a nested graph."""
    a, b, c, v = numbers(4, 1, 3, 3), numbers(4, 2, 3, 3, step=5), numbers(4, 4, 2, 2), numbers(10, 16, step=3)
    bias = numbers(4)
    conv = dict(stride=1, dilation=1)
    inner = nir_make.graph({"input": node("Input", shape=[4, 8, 8]), "output": node("Output", shape=[4, 8, 8]),
                            "conv": node("Conv2d", weight=b, bias=bias, padding="same", groups=2, **conv)},
                           chain("input", "conv", "output"))
    nodes = {"input": node("Input", shape=[1, 8, 8]),
             "stem": node("Conv2d", weight=a, bias=bias, padding=[1, 1], groups=1, **conv), "if1": relu_of(1.0, 1.0, 4, 8, 8),
             "block": inner, "half": node("Scale", scale=full(0.5, 4, 8, 8)), "if2": relu_of(1.0, 1.0, 4, 8, 8),
             "avg": node("AvgPool2d", kernel_size=[2, 2], stride=[2, 2], padding=[0, 0]),
             "wide": node("Conv2d", weight=c, bias=bias, padding="valid", stride=[1, 1], dilation=[2, 2], groups=1),
             "if3": relu_of(1.0, 1.0, 4, 2, 2), "flat": node("Flatten", start_dim=0, end_dim=-1),
             "fc": node("Linear", weight=v), "output": node("Output", shape=[10])}
    edges = chain("input", "stem", "if1", "block", "if2", "avg", "wide", "if3", "flat", "fc", "output")
    m = Model("conv", input_shape=[None, 1, 8, 8])
    for name, value in (("a", a), ("b", b), ("c", c), ("v", v), ("bias", bias), ("h", 0.5)):
        m.init(name, value)
    m.node("Conv", ["input", "a", "bias"], ["stem"], name="stem", pads=[1, 1, 1, 1])
    m.node("Relu", ["stem"], ["if1"], name="if1")
    m.node("Conv", ["if1", "b", "bias"], ["block.conv"], name="block.conv", pads=[1, 1, 1, 1], group=2)
    m.node("Mul", ["if1", "h"], ["half"], name="half")
    m.node("Add", ["block.conv", "half"], ["sum"], name="if2")
    m.node("Relu", ["sum"], ["if2"], name="if2")
    m.node("AveragePool", ["if2"], ["avg"], name="avg", kernel_shape=[2, 2], strides=[2, 2])
    m.node("Conv", ["avg", "c", "bias"], ["wide"], name="wide", dilations=[2, 2])
    m.node("Relu", ["wide"], ["if3"], name="if3")
    m.node("Flatten", ["if3"], ["flat"], name="flat")
    m.node("Gemm", ["flat", "v"], ["fc"], name="fc", transB=1)
    return nodes, edges + [("if1", "half"), ("half", "if2")], m


def along_a_line():
    """One dimension, strided and padded; a sum in place of a mean."""
    a, v = numbers(4, 2, 3), numbers(10, 64, step=3)
    nodes = {"input": node("Input", shape=[2, 32]), "c": node("Conv1d", weight=a, bias=numbers(4), stride=2, padding=1, dilation=1,
                                                             groups=1, input_shape=32),
             "if1": relu_of(1.0, 1.0, 4, 16), "flat": node("Flatten", start_dim=0, end_dim=1), "fc": node("Linear", weight=v),
             "output": node("Output", shape=[10])}
    m = Model("line", input_shape=[None, 2, 32])
    for name, value in (("a", a), ("v", v), ("b", numbers(4))):
        m.init(name, value)
    m.node("Conv", ["input", "a", "b"], ["c"], name="c", pads=[1, 1], strides=[2])
    m.node("Relu", ["c"], ["if1"], name="if1")
    m.node("Flatten", ["if1"], ["flat"], name="flat")
    m.node("Gemm", ["flat", "v"], ["fc"], name="fc", transB=1)
    return nodes, chain("input", "c", "if1", "flat", "fc", "output"), m


def summed():
    """SumPool2d beside a convolution with ones; I as the readout; what no output needs is left out."""
    v = numbers(10, 16, step=3)
    nodes = {"input": node("Input", shape=[1, 8, 8]), "scale": node("Scale", scale=full(1.0, 1, 8, 8)),
             "pool": node("SumPool2d", kernel_size=2, stride=2, padding=0), "if1": relu_of(1.0, 2.0, 1, 4, 4),
             "flat": node("Flatten", start_dim=0, end_dim=-1), "fc": node("Linear", weight=v), "i": node("I", r=full(1.0, 10)),
             "dead": node("LIF", tau=[0.1]), "output": node("Output", shape=[10])}
    m = Model("sum", input_shape=[None, 1, 8, 8])
    m.init("k", full(0.5, 1, 1, 2, 2))
    m.init("v", v)
    m.node("Conv", ["input", "k"], ["pool"], name="pool", strides=[2, 2])
    m.node("Relu", ["pool"], ["if1"], name="if1")
    m.node("Flatten", ["if1"], ["flat"], name="flat")
    m.node("Gemm", ["flat", "v"], ["i"], name="fc", transB=1)
    return nodes, chain("input", "scale", "pool", "if1", "flat", "fc", "i", "output") + [("pool", "dead")], m


def twins(case):
    for made in (dense, gained, convolutional, along_a_line, summed):
        nodes, edges, m = made()
        m.output({"dense": "fc2", "conv": "fc", "line": "fc", "sum": "i"}[m.name], [None, 10])
        m.save(case.path("net.onnx"))
        images = []
        for name, packed in (("plain", False), ("packed", True)):
            net(nodes, edges, packed).save(case.path(name + ".whatever"))
            case.good("compile", name + ".whatever", "-o", name, "--calib", CALIB, "--ticks", "63", *plainly(), "--stop-after", "image")
            images.append(tree(case.path(name, "image")))
        case.good("compile", "net.onnx", "-o", "onnx", "--calib", CALIB, "--ticks", "63", *plainly(), "--stop-after", "image")
        case.check(images[0] == tree(case.path("onnx", "image")), "%s: the image of the NIR file is another" % made.__name__)
        case.check(images[0] == images[1], "%s: packed data give another image" % made.__name__)


# ---- shapes, values ------------------------------------------------------------------------------

def input_shapes(case):
    nodes, edges, _ = convolutional()
    del nodes["input"]["shape"]
    net(nodes, edges).save(case.path("open.nir"))
    case.refused("check", "open.nir", says=("input", "--input-shape 1,28,28"))
    case.good("compile", "open.nir", "-o", "shaped", "--input-shape", "1,8,8", "--calib", CALIB, *plainly())
    case.write("shape.json", '{"input_shape": [1, 8, 8]}')
    case.good("compile", "open.nir", "-o", "told", "--config", "shape.json", "--calib", CALIB, *plainly())
    case.check(tree(case.path("shaped")) == tree(case.path("told")), "the config file's shape gives another folder")
    case.refused("check", "open.nir", "--input-shape", "2,8,8", says="stem: Conv2d")
    for text in ("", "1,,8", "0", "1,8,8,", "1,1,1,1,1,1", "-1", "9999999999", "2147483648"):
        case.refused("check", "open.nir", "--input-shape", text, code=2, says="is no shape")
    case.refused("check", "open.nir", "--input-shape", "2147483647", code=1)
    nodes, edges, m = dense()
    del nodes["input"]["shape"]
    net(nodes, edges).save(case.path("weights.nir"))
    case.good("check", "weights.nir")
    nodes["input"]["shape"] = [1, 64]
    net(nodes, edges).save(case.path("batch.nir"))
    case.check("taken as a batch" in case.good("check", "batch.nir").err, "the batch is dropped with a note")
    case.refused("check", "batch.nir", "--input-shape", "64", says="--input-shape says another")
    m.output("fc2", [None, 10])
    m.save(case.path("net.onnx"))
    case.refused("check", "net.onnx", "--input-shape", "64", code=2, says="for NIR files")


def changed(name, **parameters):
    nodes, edges, _ = dense()
    nodes[name] = dict(nodes[name], **parameters)
    return nodes, edges


def faults(case):
    """A network with one thing wrong: the node is named, and what was expected."""
    nodes, edges, _ = dense()
    less = {k: v for k, v in nodes.items() if k != "fc1"}
    block = nir_make.graph({"input": node("Input", shape=[64]), "i": node("I", r=[1.0]), "output": node("Output", shape=[64])},
                           chain("input", "i", "output"))
    for made, words in (
            (changed("if1", v_threshold=full(0.0, 12)), ("if1: IF", "above 0 expected")),
            (changed("if1", r=full(-1.0, 12)), ("if1: IF", "'r' is -1")),
            (changed("if1", r=full(1.0, 11)), ("if1: IF", "11 and 12")),
            (changed("if1", r=full(float("nan"), 12)), ("if1: IF", "'r' is nan")),
            (changed("fc1", weight=numbers(12, 63)), ("fc1: Affine", "63")),
            (changed("fc1", bias=numbers(11)), ("fc1: Affine", "12 expected")),
            (changed("fc1", weight="heavy"), ("fc1/weight", "numbers expected")),
            (changed("fc1", type="Attention"), ("fc1: Attention", "no such type")),
            (changed("fc1", type=[3]), ("fc1/type", "a text expected")),
            (changed("input", shape=[1 << 40]), ("input: Input", str(1 << 40))),
            (changed("input", shape=[7, 64]), ("fc1: Affine", "7x64".replace("x", ", "))),
            ((less, edges), ("fc1", "no such node")),
            ((nodes, edges + [("fc2", "input")]), ("input: Input", "recurrent")),
            ((nodes, [e for e in edges if e[0] != "fc1"]), ("if1: IF", "no edge leads to it")),
            ((nodes, edges + [("input", "if1")]), ("if1: IF", "shapes")),
            ((nodes, edges + [("fc1", "if1")]), ("if1: IF", "'fc1' is there twice")),
            ((dict(nodes, fc1=block), edges), ("fc1.i: I", "'if1' reads it")),
            ((dict(nodes, second=node("Input", shape=[3])), edges), ("second: Input", "a second Input")),
            ((nodes, Pairs()), ("output", "no edge"))):
        net(*made).save(case.path("bad.nir"))
        case.refused("check", "bad.nir", says=words)
    nodes, edges, _ = dense()
    nodes["fc1"].pop("weight")
    net(nodes, edges).save(case.path("bad.nir"))
    case.refused("check", "bad.nir", says=("fc1: Affine", "no parameter 'weight'"))
    nodes, edges, _ = along_a_line()
    nodes["flat"].update(start_dim=1, end_dim=0)
    net(nodes, edges).save(case.path("bad.nir"))
    case.refused("check", "bad.nir", says=("flat: Flatten", "behind 'end_dim'"))


# ---- the file ------------------------------------------------------------------------------------

class Halves(nir_make.File):
    """Matrices of 12 rows as two chunks; `second` is where the second of them says that it lies."""
    second, filters = 6, []

    @staticmethod
    def pack(part):
        return part

    def plain(self, shape, kind, data, size):
        if shape != [12, 64]:
            return super().plain(shape, kind, data, size)
        half, entries = len(data) // 2, b""
        for row, part in ((0, data[:half]), (self.second, data[half:])):
            entries += struct.pack("<IIQQQQ", half, 0, row, 0, 0, self.add(self.pack(part)))
        tree = self.add(b"TREE" + struct.pack("<BBHQQ", 1, 0, 2, NONE, NONE) + entries + struct.pack("<IIQQQ", 0, 0, 12, 64, 0))
        layout = message(8, struct.pack("<BBBQIII", 3, 2, 3, tree, 6, 64, size))
        return self.add(nir_make.header([nir_make.space(shape), kind, message(5, bytes([2, 3, 2, 0])), layout] + self.filters))


class Shuffled(Halves):
    """With a filter that puts all first bytes of 5 first, then all second ones; what is left over stays. It is there twice, and
    counts once."""
    filters = [message(11, bytes([1, 1]) + b"\0" * 6 + struct.pack("<HHHHII", 2, 0, 0, 1, 5, 0))] * 2

    @staticmethod
    def pack(part):
        n = len(part) // 5
        return b"".join(part[i:5 * n:5] for i in range(5)) + part[5 * n:]


def chunked(case):
    """Chunks fill a dataset together; one that is there twice does not stand for another."""
    nodes, edges, _ = dense()
    root = {"version": "1.0.8", "node": nir_make.graph(nodes, edges)}
    Halves(root).save(case.path("halves.nir"))
    net(nodes, edges).save(case.path("whole.nir"))
    Shuffled(root).save(case.path("shuffled.nir"))
    halves, shuffled, whole = (case.good("compile", name + ".nir", "-o", "x", "--stop-after", "ir", "--dump", "ir").out.replace(name, "whole")
                               for name in ("halves", "shuffled", "whole"))
    case.equal(halves, whole, "two chunks")
    case.equal(shuffled, whole, "two chunks with bytes shuffled in fives")
    Halves.second = 0
    Halves(root).save(case.path("twice.nir"))
    case.refused("check", "twice.nir", says=("fc1/weight", "damaged"))


def containers(case):
    """HDF5 that is not taken is refused by its name."""
    nodes, edges, _ = dense()

    def weight(*messages):
        return dict(nodes, fc1=dict(nodes["fc1"], weight=Raw(list(messages))))
    layout, big = message(8, struct.pack("<BBQQ", 3, 1, 96, 3072)), nir_make.space([1 << 31])
    square, one = nir_make.space([12, 64]), nir_make.FLOAT
    lzf = message(11, bytes([1, 1]) + b"\0" * 6 + struct.pack("<HHHH", 32000, 0, 0, 0))
    chunks = message(8, struct.pack("<BBBQIII", 3, 2, 3, 96, 1 << 20, 1 << 20, 4))
    line, three = message(8, struct.pack("<BBBQII", 3, 2, 2, 96, 1, 4)), message(8, struct.pack("<BBQQ", 3, 1, 96, 3))
    for messages, word in (((square, one, lzf, layout), "lzf"), ((square, one, message(7, b"\0" * 8), layout), "another file"),
                           ((square, message(3, b"\0" * 16, flags=2), layout), "committed"), ((big, one, layout), "2^31"),
                           ((square, message(3, struct.pack("<BBBBI", 0x16, 0, 0, 0, 4)), layout), "integers, IEEE floats"),
                           ((square, one, message(8, b"\4\2" + b"\0" * 30)), "libver"), ((square, one), "no dataset"),
                           ((square, one, message(8, struct.pack("<BBQQ", 3, 1, 1 << 60, 3072))), "cut off"),
                           ((nir_make.space([2, 2, 2]), one, line, three), "two layouts"),
                           ((square, one, chunks), "damaged"), ((square, one, message(8, b"\3\3")), "virtual")):
        net(weight(*messages), edges).save(case.path("bad.nir"))
        case.refused("check", "bad.nir", says=("fc1/weight", word))
    soft = Raw([message(2, struct.pack("<BBQQ", 0, 0, NONE, NONE)), message(6, b"\1\x08\1\1x\0\0\0")])
    outside = Raw([message(6, b"\1\x08\x40\1x\0\0\0")])
    dense_links = Raw([message(2, struct.pack("<BBQQ", 0, 0, 96, 96))])
    for value, word in ((soft, "soft link"), (outside, "external link"), (dense_links, "track_order")):
        net(dict(nodes, fc1=value), edges).save(case.path("bad.nir"))
        case.refused("check", "bad.nir", says=word)
    deep = nir_make.graph(nodes, edges)
    for _ in range(9):
        deep = nir_make.graph({"input": node("Input", shape=[64]), "deep": deep, "output": node("Output", shape=[10])},
                              chain("input", "deep", "output"))
    nir_make.File({"node": deep}).save(case.path("bad.nir"))
    case.refused("check", "bad.nir", says="8 deep")
    for root, word in (({}, "no group 'node'"), ({"node": node("IF")}, "NIRGraph"), ({"node": {}}, "no 'type'")):
        nir_make.File(root).save(case.path("bad.nir"))
        case.refused("check", "bad.nir", says=word)


def bounds(case):
    """Claims do not take memory: zeros that unpack to a gibibyte, under a limit of 64 MiB."""
    zeros = net({"input": node("Input", shape=[1 << 14]), "fc": node("Linear", weight=full(0.0, 512, 1 << 12)),
                 "output": node("Output", shape=[512])}, chain("input", "fc", "output"), packed=True)
    zeros.save(case.path("zeros.nir"))
    case.refused("check", "zeros.nir", "--memory", "4M", says="--memory")
    with open(os.path.join(FOLDER, "sinabs.nir"), "rb") as f:
        whole = f.read()
    for n in range(8, len(whole), 4999):
        case.write("cut.nir", whole[:n])
        r = case.ttfs("check", "cut.nir")
        case.equal(r.code, 1, "cut to %d bytes:\n%s" % (n, r))


# ---- traces --------------------------------------------------------------------------------------

def messages(data, at):
    """(type, bytes) of an object header of version 1."""
    n, size = struct.unpack_from("<HxxxxI", data, at + 2)
    at += 16
    for _ in range(n):
        kind, length = struct.unpack_from("<HH", data, at)
        yield kind, data[at + 8:at + 8 + length]
        at += 8 + length


def members(data, at):
    """{name: address} of a group."""
    found = {}
    for kind, m in messages(data, at):
        if kind == 6:
            n = struct.unpack_from("<H", m, 3)[0]
            found[m[5:5 + n].decode()] = struct.unpack_from("<Q", m, 5 + n)[0]
    return found


F64 = struct.pack("<BBBBIHHBBBBI", 0x11, 0x20, 63, 0, 8, 0, 64, 52, 11, 0, 52, 1023)  # "IEEE floating-point datatype" of HDF5's text
I64 = struct.pack("<BBBBIHH", 0x10, 8, 0, 0, 8, 0, 64)


def attributes(data, at):
    """{name: value} of the numbers at an object, whose types must be whole."""
    found = {}
    for kind, m in messages(data, at):
        if kind != 12:
            continue
        sizes = struct.unpack_from("<HHH", m, 2)
        starts = [8]
        for size in sizes:
            starts.append(starts[-1] + (size + 7) // 8 * 8)
        parts = [m[start:start + size] for start, size in zip(starts, sizes)]
        if parts[1] in (F64, I64):
            found[parts[0][:-1].decode()], = struct.unpack_from("<d" if parts[1] == F64 else "<q", m, starts[3])
    return found


def chunks(data, at, rank):
    """(place, bytes) of the chunks below a node of their tree; a node is between those beside it."""
    kind, level, n, left, right = struct.unpack_from("<BBHQQ", data, at + 4)
    assert data[at:at + 4] == b"TREE" and kind == 1 and {left, right} <= {NONE}
    for entry in range(at + 24, at + 24 + n * (24 + 8 * rank), 24 + 8 * rank):
        size, child = struct.unpack_from("<I", data, entry)[0], struct.unpack_from("<Q", data, entry + 16 + 8 * rank)[0]
        if level:
            yield from chunks(data, child, rank)
        else:
            yield struct.unpack_from("<%dQ" % rank, data, entry + 8), zlib.decompress(data[child:child + size])


def rows(data, at, letter):
    """The rows of a dataset of 8-byte numbers in gzipped chunks, with what is in none of them, and the chunks."""
    of = dict(messages(data, at))
    rank = of[1][1]
    dims, sides = struct.unpack_from("<%dQ" % rank, of[1], 8), struct.unpack_from("<%dI" % rank, of[8], 11)
    blank = struct.unpack_from("<" + letter, of[5], 8)[0] if of[5][3] else 0
    width, wide = dims[-1], sides[-1]
    found, n = [[blank] * width for _ in range(dims[0])], 0
    for place, packed in chunks(data, struct.unpack_from("<Q", of[8], 3)[0], rank):
        flat, n = struct.unpack("<%d%s" % (len(packed) // 8, letter), packed), n + 1
        for i in range(min(sides[0], dims[0] - place[0])):
            row = flat[i * wide:i * wide + min(wide, width - place[-1])]
            found[place[0] + i][place[-1]:place[-1] + len(row)] = row
    return found, n


def traces(case):
    """NIRData holds the spikes of the text, in order of time, and the potentials in real units."""
    case.compile("digits_cnn", "cnn", "--stop-after", "spike")
    run = ("run", "cnn", "--input", CALIB, "--count", str(TRACED), "--trace")
    case.good(*run, "t.txt")
    case.good(*run, "t.nird", "--outputs", "y.npy")
    case.good(*run, "again.nird", "--threads", "1", "--engine", "golden")
    case.refused("run", "cnn", "--input", CALIB, "--engine", "relu", "--trace", "r.nird", code=2, says="no ticks for events")
    with open(case.path("t.nird"), "rb") as f, open(case.path("again.nird"), "rb") as g, open(case.path("t.txt"), encoding="utf-8") as t:
        data, text = f.read(), t.read()
        case.check(data == g.read(), "golden on one thread writes another file")
    nodes = members(data, members(data, struct.unpack_from("<Q", data, 64)[0])["nodes"])
    want = {}
    for i, sample in enumerate(text.split("sample ")[1:]):
        for name, tick, neuron in re.findall(r'spike "(.*)" tick (\d+) neuron (\d+)', sample):
            want.setdefault((name, i), []).append((int(tick), int(neuron)))
    case.check(len(want) > 7, "the text has spikes")
    numbers = []
    for name, at in nodes.items():
        kind, found = next(iter(members(data, members(data, at)["observables"]).items()))
        numbers.append(attributes(data, found))
        if kind == "membrane":
            with open(case.path("y.npy"), "rb") as f:
                y = struct.unpack("<%df" % (10 * TRACED), f.read()[-40 * TRACED:])
            got = [v for row in rows(data, members(data, found)["data"], "d")[0] for v in row]
            case.check(all(abs(a - b) <= 1e-6 * max(1, abs(b)) for a, b in zip(got, y)) and len(got) == 10 * TRACED, "potentials")
            continue
        (idx, n), (time, _) = (rows(data, members(data, found)[key], letter) for key, letter in (("idx", "q"), ("time", "d")))
        case.equal(n, 2, "%s: chunks" % name)
        begin = {t - w[0] for i in range(TRACED) for t, w in zip(time[i], want.get((name, i), []))}
        case.equal(len(begin), 1, "%s: ticks before its window" % name)
        for i in range(TRACED):
            pairs = [(int(t - min(begin)), n) for t, n in zip(time[i], idx[i]) if n >= 0]
            case.equal(pairs, want.get((name, i), []), "events of %s in sample %d" % (name, i))
            case.check(all(t == float("inf") for t, n in zip(time[i], idx[i]) if n < 0), "silence is at infinity")
    sizes = {p["name"]: p["neurons"] for p in case.json("info", "cnn")["layers"]}
    latency = case.json(*run[:4], "--count", "7")["latency_ticks"]
    case.equal(numbers, [{"dt": 1.0} if name == "fc" else {"n_neurons": sizes[name], "t_max": float(latency)} for name in nodes],
               "numbers beside the events")


def main():
    case = Case()
    for part in (exported, refusals, twins, input_shapes, faults, chunked, containers, bounds, traces):
        part(case)
    sys.exit(case.done())


main()
