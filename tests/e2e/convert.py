# SPDX-License-Identifier: Apache-2.0
"""ttfs convert: a compiled network as NIR computes what the chip's integers do, but for the rounding of times.

Networks of few weight bits and windows of thousands of ticks are compiled, so that their spikes (engine jit) are the ReLU
network on the integer grid within a thousandth; the file that convert writes of them is read by ttfs itself and run in
floats (engine relu), and must give the same outputs. The float network itself, off by its weights' rounding, must not: the
comparison can fail. What NIR cannot say is refused by its name. With `nir`, the package nir reads the files, and what it
writes of them compiles to the same image; its Python is TTFS_TEST_NIR, or the one that runs the test.
"""
import os
import random
import struct
import subprocess
import sys

from chains import Net
from e2e import DIGITS, Case, npy, skip, tree

SAMPLES = 12
NOT_SQUARE = "a kernel that no zeros make square"  # nir 1.0.8 takes its rows for its columns
FINE = ("--ticks", "8191", "--weight-bits", "4", "--percentile", "1", "--stop-after", "spike")
CALIB = os.path.join(DIGITS, "calib.npz")


def dense():
    return Net([None, 8]).dense(8, 12).relu().dense(12, 6).relu().dense(6, 3)


def image(maps=4):
    return Net([None, 1, 8, 8]).conv(maps, 1, pads=[1, 1, 1, 1]).relu()


def flattened(net, ins):
    return net.layer("Flatten").dense(ins, 3)


def residual():
    n = image()
    first = n.last
    n.conv(4, 4, pads=[1, 1, 1, 1])
    return flattened(n.layer("Add", None, first).relu(), 256)


def normalised():
    n = image()
    n.layer("Mul", None, n.const([[[0.5]], [[2.0]], [[1.0]], [[1.5]]]))
    n.layer("Add", None, n.const([[[0.5]], [[0.25]], [[-0.5]], [[1.0]]]))
    return n.conv(3, 4, pads=[1, 1, 0, 1], strides=[1, 2])


def cut_apart():
    """Each half of the channels, through a layer of its own, meet again in a matrix."""
    n = image()
    n.count += 1
    n.node("Split", [n.last, n.const([2, 2])], ["low", "high"], name="split", axis=1)
    n.last = "low"
    low, n.last = n.conv(3, 2).relu().last, "high"
    n.conv(2, 2, strides=[1, 1]).relu().layer("Concat", low, None, axis=1)
    return flattened(n, 180)


def beside():
    """A matrix of the whole and one of a map that a convolution made, added up."""
    n = image()
    first = n.last
    far = n.layer("Flatten").dense(256, 5).last
    n.last = first
    n.layer("GlobalAveragePool").layer("Flatten").dense(4, 5)
    return n.layer("Add", far, None).relu().dense(5, 3)


def two_outputs():
    n = image()
    first = n.last
    n.conv(2, 4).output(n.last, None)
    n.last = first
    return flattened(n, 256)


def beside_padding():
    """Kernels that meet padding alone: what they give is their bias."""
    n = Net([None, 6, 1, 1]).conv(4, 6, 2, pads=[3, 0, 0, 1], strides=[4, 4])
    return n.layer("Add", None, n.const([[[0.5]], [[0.25]], [[0.75]], [[1.0]]])).relu().conv(3, 4, 1)


def nets():
    yield "dense", dense(), ()
    yield "groups, dilated", flattened(image().conv(8, 2, group=2, dilations=[2, 1], pads=[2, 0, 2, 0]).relu(), 384), ()
    yield "uneven padding, steps", flattened(image().conv(3, 4, strides=[2, 2], pads=[0, 0, 1, 1]).relu(), 48), ()
    yield "max pool", flattened(image().layer("MaxPool", kernel_shape=[2, 2], strides=[2, 2]), 64), ()
    yield "max pool that overlaps", flattened(image().layer("MaxPool", kernel_shape=[3, 3], strides=[2, 1],
                                                            pads=[1, 0, 0, 1]), 112), ()
    yield NOT_SQUARE, flattened(image().conv(3, 4, 2, pads=[0, 0, 1, 0], strides=[2, 1]).relu(), 84), ()
    yield "min pool", flattened(image().layer("Neg").layer("MaxPool", kernel_shape=[2, 2]).layer("Neg"), 196), ()
    yield "residual", residual(), ()
    yield "channels apart", cut_apart(), ()
    yield "matrices beside each other", beside(), ()
    yield "two outputs", two_outputs(), ()
    yield "line", flattened(Net([None, 2, 9]).layer("Conv", None, "taps", pads=[1, 1], strides=[2]).relu(), 15), ()
    yield "max pool of an input below 0", flattened(Net([None, 1, 8, 8]).layer("MaxPool", kernel_shape=[2, 2], strides=[2, 2]).conv(4, 1).relu(), 16), (
        "--input-range", "-1:1")
    yield "beside its input", beside_padding(), ()
    yield "groups at one place", Net([None, 8, 1, 1]).conv(6, 4, 2, group=2, pads=[1, 1, 1, 1], strides=[2, 2]).relu().layer("Flatten").dense(6, 3), ()
    yield "pools of an input below 0", flattened(Net([None, 1, 8, 8]).layer("MaxPool", kernel_shape=[2, 2], strides=[2, 2]).layer("Neg").layer(
        "MaxPool", kernel_shape=[3, 3], strides=[1, 1]).layer("Neg").conv(8, 1, 1).relu(), 32), ("--input-range", "-1:1")
    yield "input below 0, padded", flattened(image(), 256), ("--input-range", "-1:1")
    yield "normalised behind the rectifier, padded", normalised(), ()
    yield "vector below 0", dense(), ("--input-range", "-1:1")


def finished(n):
    if n.shape == [None, 2, 9]:
        n.init("taps", [[[0.5, -0.25, 1.0], [0.75, 0.5, -1.0]], [[0.3, 0.1, 0.2], [-0.5, 0.6, 0.7]], [[1.0, 0.2, 0.1]] * 2])
    return n.end()


def samples(case, n, more, name, largest):
    """Within 0 and `largest`, or as far below 0."""
    count, rng = SAMPLES, random.Random(5)
    for d in n.shape[1:]:
        count *= d
    return case.write(name, npy([SAMPLES] + n.shape[1:], [rng.uniform(-largest if more else 0, largest) for _ in range(count)]))


def outputs(case, folder, engine, x):
    """All outputs, sorted by their sizes: what an .npz of floats holds, one after the other."""
    case.good("run", folder, "--input", x, "--engine", engine, "--outputs", "y.npz")
    return read_npz(case.path("y.npz"))


def read_npz(path):
    import zipfile
    found = []
    with zipfile.ZipFile(path) as z:
        for name in sorted(z.namelist()):
            data = z.read(name)
            start = 10 + struct.unpack_from("<H", data, 8)[0]
            found.append(list(struct.unpack_from("<%df" % ((len(data) - start) // 4), data, start)))
    return sorted(found, key=len)


def apart(a, b):
    """The largest difference, of the largest value."""
    flat = [(x, y) for one, two in zip(a, b) for x, y in zip(one, two)]
    return max(abs(x - y) for x, y in flat) / max(abs(y) for _, y in flat)


def same(case, name, n, more):
    """Calibrated with larger samples, so that nothing saturates: the IF that is read has no top."""
    model, x = case.write("net.onnx", finished(n).bytes()), samples(case, n, more, "x.npy", 0.7)
    calib = samples(case, n, more, "calib.npy", 1)
    case.good("compile", model, "-o", "out", "--calib", calib, *FINE, *more)
    said = case.json("convert", "out", "-o", "net.nir")
    case.equal(sorted(said), ["bytes", "edges", "file", "nodes"], "keys")
    case.equal(said["bytes"], os.path.getsize(case.path("net.nir")), "bytes")
    case.good("compile", "net.nir", "-o", "again", "--stop-after", "spike", *more)
    chip, written = outputs(case, "out", "jit", x), outputs(case, "again", "relu", x)
    case.equal([len(y) for y in written], [len(y) for y in chip], "%s: sizes of outputs" % name)
    case.check(apart(written, chip) <= 1.5e-3, "%s: off by %.2g of the largest output" % (name, apart(written, chip)))
    if name in ("dense", "residual"):
        floats = outputs(case, "out", "relu", x)
        case.check(apart(floats, chip) > 5e-3, "%s: the float network is as near: nothing was seen" % name)


def refusals(case):
    """All that NIR cannot say in one network, by name."""
    n = image(3)
    n.layer("Neg").layer("MaxPool", kernel_shape=[3, 3], pads=[1, 1, 1, 1]).layer("Neg")
    n.conv(3, 3, pads=[2, 1, 1, 2], dilations=[2, 2]).relu()
    n.layer("Flatten").dense(147, 48).relu().layer("Reshape", None, n.const([0, 3, 4, 4])).layer("MaxPool", kernel_shape=[2, 2]).conv(2, 3, 2)
    n.layer("Transpose", perm=[0, 2, 3, 1])
    model, x = case.write("net.onnx", n.end().bytes()), samples(case, n, (), "x.npy", 1)
    case.good("compile", model, "-o", "refused", "--calib", x, "--stop-after", "spike")
    r = case.refused("convert", "refused", "-o", "no.nir",
                     says=("min pool with padding", "step of its dilation", "its source is a vector",
                           "moves elements of readouts"))
    case.equal(r.err.count("ttfs: error: "), 4, "refusals:\n%s" % r)
    case.check(not os.path.exists(case.path("no.nir")), "a file was written")
    case.refused("convert", "refused", code=2, says="-o net.nir")
    case.refused("convert", "absent", "-o", "no.nir", says="absent")
    for command in ("convert", "emit"):
        case.refused(command, "refused", "-o", case.path("refused", "forms", "spike.txt"), code=2, says="a file of the folder 'refused' itself")


def too_large(case):
    """What would take more than there is, said before it is made."""
    line = Net([None, 1, 1, 9000]).layer("Conv", None, "taps", pads=[0, 1, 0, 1])
    line.init("taps", [[[[0.5, 0.25, 1.0]]]])
    for n, more, says in ((Net([None, 1, 150, 150]).layer("GlobalMaxPool").layer("Flatten").dense(1, 2), (), "a pool of 22500 taps"),
                          (line, ("--input-range", "-1:1"), "a kernel of 17999 x 17999")):
        x = samples(case, n, more, "x.npy", 1)
        case.good("compile", case.write("net.onnx", n.end().bytes()), "-o", "large", "--calib", x, "--stop-after", "spike", *more)
        case.refused("convert", "large", "-o", "no.nir", says=says)


def same_names(case):
    """Names that a link may not have, and one that is another's part, stay apart and lead to the same network."""
    n = Net([None, 8])
    for name, ins, outs in (("a/b", 8, 6), ("a.b_2", 6, 5), ("a.b_2.sum", 5, 4), ("z" * 1500, 4, 3)):
        n.node("Gemm", [n.last, n.weights(ins, outs)], [name], name=name)
        n.node("Relu", [name], [name + "r"], name=name + "_relu")
        n.last = name + "r"
    same(case, "names", n.dense(3, 3), ())


def digits(case):
    """The example's network: as accurate as the chip's, and the same file from one call to the next."""
    case.compile("digits_cnn", "cnn", "--ticks", "63", "--stop-after", "spike")
    case.good("convert", "cnn", "-o", "cnn.nir")
    case.good("compile", "cnn.nir", "-o", "back", "--calib", CALIB, "--ticks", "63", "--stop-after", "image")
    test = os.path.join(DIGITS, "test.npz")
    for folder, engine in (("cnn", "jit"), ("back", "relu"), ("back", "jit")):
        r = case.json("run", folder, "--input", test, "--labels", test, "--engine", engine)
        case.check(r["accuracy"] > 0.98, "%s on %s: %s" % (folder, engine, r["accuracy"]))
    case.good("convert", "cnn", "-o", "twice.nir")
    with open(case.path("cnn.nir"), "rb") as f, open(case.path("twice.nir"), "rb") as g:
        case.check(f.read() == g.read(), "written twice, it is another file")


READ = """
import sys, nir
g = nir.read(sys.argv[1])
nir.write(sys.argv[2], g)
print(sorted(type(n).__name__ for n in g.nodes.values()))
print(nir.read(sys.argv[2]).nodes["input"].output_type["output"].tolist())
"""


def by_the_package(case):
    python = os.environ.get("TTFS_TEST_NIR", sys.executable)
    if subprocess.run([python, "-I", "-c", "import nir"], capture_output=True, check=False).returncode != 0:
        skip("no Python package nir in %s (TTFS_TEST_NIR=PYTHON names another)" % python)
    for name, n, more in nets():
        if name == NOT_SQUARE:
            continue
        model, x = case.write("net.onnx", finished(n).bytes()), samples(case, n, more, "x.npy", 1)
        case.good("compile", model, "-o", "out", "--calib", x, *FINE, *more)
        case.good("convert", "out", "-o", "net.nir")
        p = subprocess.run([python, "-I", "-c", READ, "net.nir", "by_nir.nir"], cwd=case.folder, capture_output=True, text=True, check=False)
        if not case.check(p.returncode == 0, "%s: nir does not read it: %s" % (name, p.stderr[-1500:])):
            continue
        for file in ("net", "by_nir"):
            case.good("compile", file + ".nir", "-o", file, "--calib", x, "--stop-after", "spike", "--ticks", "15", *more)
        case.check(tree(case.path("net", "forms")) == tree(case.path("by_nir", "forms")), "%s: nir writes another network" % name)


def main():
    case = Case()
    if sys.argv[1:] == ["package"]:
        by_the_package(case)
        sys.exit(case.done())
    every = 1 if os.environ.get("TTFS_SANITIZE", "none") == "none" else 3  # of the networks; sanitizers take their time
    for name, n, more in list(nets())[::every]:
        same(case, name, n, more)
    for part in (refusals, too_large, same_names, digits):
        part(case)
    sys.exit(case.done())


main()
