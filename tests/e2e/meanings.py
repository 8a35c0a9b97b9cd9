# SPDX-License-Identifier: Apache-2.0
"""What agreement and accuracy mean, network by network and engine by engine: classes, the sign of one
logit, errors of maps, several outputs and regressions; and the values of outputs and layers that
`run` writes. The networks are small enough for Python to compute what every engine should give.
"""
import ast
import io
import random
import shutil
import struct
import sys
import zipfile

from e2e import Case, few, npy, npz

import onnx_make

INPUTS, HIDDEN, SAMPLES = 6, 8, 60
ENGINES = few(("relu", "golden", "jit", "exact"), 2)


def dense(weights, x):
    return [sum(w * v for w, v in zip(row, x)) for row in weights]


class Net:
    """A hidden layer of ReLUs and a matrix per output."""

    def __init__(self, case, name, outputs, shapes=None, xs=None):
        r = random.Random(name)
        self.name, self.outputs = name, outputs
        self.first = [[round(r.uniform(-1, 1), 3) for _ in range(INPUTS)] for _ in range(HIDDEN)]
        self.last = [[[round(r.uniform(-1, 1), 3) for _ in range(HIDDEN)] for _ in range(n)]
                     for n in outputs]
        self.shapes = shapes or [[n] for n in outputs]
        self.bias = [[0.0] * n for n in outputs]
        if xs:  # values on either side of 0
            self.bias = [[-sum(row) / len(xs)] for row in zip(*[self.values(x)[0] for x in xs])]
        m = onnx_make.Model(name, input_shape=[None, INPUTS])
        m.init("w", self.first)
        m.node("Gemm", ["input", "w"], ["a"], name="first", transB=1)
        m.node("Relu", ["a"], ["h"], name="act")
        for i, shape in enumerate(self.shapes):
            m.init("v%d" % i, self.last[i])
            m.init("b%d" % i, self.bias[i])
            plain = len(shape) == 1
            m.node("Gemm", ["h", "v%d" % i, "b%d" % i], ["y%d" % i if plain else "z%d" % i], name="last%d" % i, transB=1)
            if not plain:
                m.init("s%d" % i, [1] + shape)
                m.node("Reshape", ["z%d" % i, "s%d" % i], ["y%d" % i], name="shape%d" % i)
            m.output("y%d" % i, [None] + shape)
        m.save(case.path(name + ".onnx"))
        case.good("compile", name + ".onnx", "-o", name, "--stop-after", "spike", "--ticks", 1023,
                  "--weight-bits", 12, "--calib", "x.npy", "--percentile", 1, "--quantiser", "fitted")  # hidden values in the network's units

    def hidden(self, x):
        return [max(0.0, v) for v in dense(self.first, x)]

    def values(self, x):
        return [[v + b for v, b in zip(dense(w, self.hidden(x)), bias)]
                for w, bias in zip(self.last, self.bias)]


def arrays(path):
    """{name: (shape, values)} of an .npy (name "") or .npz file of float32."""
    with open(path, "rb") as f:
        data = f.read()
    found = {}
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            assert z.testzip() is None
            files = {n[:-4]: z.read(n) for n in z.namelist()}
    else:
        files = {"": data}
    for name, raw in files.items():
        start = 10 + struct.unpack_from("<H", raw, 8)[0]
        head = ast.literal_eval(raw[10:start].decode())
        assert head["descr"] == "<f4" and not head["fortran_order"] and start % 64 == 0
        found[name] = (head["shape"], list(struct.unpack("<%df" % ((len(raw) - start) // 4), raw[start:])))
    return found


def near(got, want, share):
    """Every value within that share of the range of what it should be."""
    scale = (max(want) - min(want)) or 1
    return len(got) == len(want) and max(abs(a - b) for a, b in zip(got, want)) <= share * scale


def label_file(case, name, values, shape=None, letter="B", descr="|u1"):
    case.write(name, npy(shape or (len(values),), values, letter, descr))
    return name


def run(case, net, engine, labels=None, *more):
    """JSON, text and messages of one run."""
    args = ["run", net, "--input", "x.npy", "--engine", engine] + (["--labels", labels] if labels else [])
    r = case.good(*args, *more)
    return case.json(*args, *more), r.out, r.err


def judged(case, what, j, by, accuracy, agreement=1):
    case.equal((j.get("judged_by"), j.get("accuracy"), j.get("agreement")), (by, accuracy, agreement), what)


def one_logit(case, xs):
    net = Net(case, "one", [1], xs=xs)
    values = [net.values(x)[0][0] for x in xs]
    truth = [int(v > 0) for v in values]
    case.check(0 < sum(truth) < SAMPLES, "both classes are needed")
    near_zero = min(abs(v) for v in values) / (max(values) - min(values))
    case.check(near_zero > 1e-3, "a logit is too near 0 for this test: %g" % near_zero)
    label_file(case, "true.npy", truth)
    label_file(case, "swapped.npy", [1 - t for t in truth])
    label_file(case, "pm.npy", [2 * t - 1 for t in truth], None, "b", "|i1")
    label_file(case, "float.npy", truth, None, "f", "<f4")
    label_file(case, "from1.npy", [t + 1 for t in truth])
    label_file(case, "hot.npy", [v for t in truth for v in (1 - t, t)], (SAMPLES, 2))
    label_file(case, "values.npy", values, None, "f", "<f4")
    for engine in ENGINES:
        for labels, accuracy, says in (("true.npy", 1, None), ("swapped.npy", 0, None), (None, None, None),
                                       ("pm.npy", 1, "-1 and 1 are taken as the classes 0 and 1"),
                                       ("float.npy", 1, "whole numbers"), ("hot.npy", 1, "one-hot"),
                                       ("from1.npy", truth.count(1) and
                                        sum(t + 1 == int(v > 0) for t, v in zip(truth, values)) / SAMPLES,
                                        "seem to be counted from 1, and are not shifted")):
            j, out, err = run(case, "one", engine, labels)
            judged(case, "%s, labels %s" % (engine, labels), j, "sign", accuracy)
            case.check(says is None or says in err, "labels %s: %s" % (labels, err))
            case.equal("accuracy" in out, labels is not None, "accuracy in the text")
            case.check("sign" in out or engine == "relu" and not labels, "%s does not say that signs are judged:\n%s" % (engine, out))
        j, out, err = run(case, "one", engine, "values.npy")
        judged(case, engine + ", labels that are values", j, "error", None, None)
        truth_error = j.get("truth", [{}])[0]
        case.check(truth_error.get("max_relative_error", 1) < 0.01 and "no class" in out and "values" in err,
                   "%s beside values: %r\n%s%s" % (engine, truth_error, out, err))
    case.good("compile", "one.onnx", "-o", "chip", "--calib", "x.npy", "--percentile", 1)
    j, out, _ = run(case, "chip", "rtl", "true.npy")
    judged(case, "rtl", j, "sign", 1)
    case.equal(j.get("outputs"), run(case, "chip", "golden")[0].get("outputs"), "errors on the Verilog")
    j, out, _ = run(case, "one", "jit", "true.npy", "--classes-only")
    judged(case, "classes only", j, "sign", 1, None)


def classes(case, xs):
    net = Net(case, "five", [5])
    truth = [max(range(5), key=lambda c: net.values(x)[0][c]) for x in xs]
    label_file(case, "c.npy", truth)
    label_file(case, "c1.npy", [t + 1 for t in truth])
    label_file(case, "c9.npy", [9] + truth[1:])
    label_file(case, "hot5.npy", [int(t == c) for t in truth for c in range(5)], (SAMPLES, 5))
    label_file(case, "real5.npy", [v for x in xs for v in net.values(x)[0]], (SAMPLES, 5), "f", "<f4")
    label_file(case, "two.npy", [0] * 2 * SAMPLES, (SAMPLES, 2))
    for engine in ENGINES:
        for labels, accuracy, says in (("c.npy", 1, None), ("hot5.npy", 1, "one-hot"),
                                       ("c1.npy", 0, "counted from 1"), (None, None, None),
                                       ("c9.npy", 1 - 1 / SAMPLES, "1 of %d count as wrong" % SAMPLES)):
            j, out, err = run(case, "five", engine, labels)
            case.check(j.get("agreement", 0) >= 0.95 and j.get("judged_by") == "class", "%s: %r" % (engine, j))
            if engine in ("relu", "exact"):
                judged(case, "%s, labels %s" % (engine, labels), j, "class", accuracy)
            case.check(says is None or says in err, "labels %s: %s" % (labels, err))
            case.check(engine == "relu" or "the same class" in out, "%s: %s" % (engine, out))
            case.check("outputs" not in j and "truth" not in j, "errors beside classes: %r" % j)
        j, out, err = run(case, "five", engine, "real5.npy")
        judged(case, engine + ", labels that are values", j, "error", None, None)
        case.check(j.get("truth", [{}])[0].get("max_relative_error", 1) < 0.01, "truth: %r" % j)
        case.refused("run", "five", "--input", "x.npy", "--engine", engine, "--labels", "two.npy",
                     says="2 numbers a sample")
    own = npz({"x": npy((SAMPLES, INPUTS), [v for x in xs for v in x]), "y": npy((SAMPLES, 2), [0.0] * 2 * SAMPLES)})
    r = case.good("run", "five", "--input", case.write("own.npz", own))
    case.check("not used as labels: 2 numbers a sample" in r.err and "accuracy" not in r.out, str(r))


def maps(case, xs):
    net = Net(case, "map", [6], [[1, 2, 3]])
    heads = Net(case, "heads", [4, 2], [[4], [2]])
    label_file(case, "map.npy", [v for x in xs for v in net.values(x)[0]], (SAMPLES, 1, 2, 3), "f", "<f4")
    label_file(case, "class.npy", [0] * SAMPLES)
    for engine in ENGINES:
        j, out, _ = run(case, "map", engine, "map.npy")
        judged(case, engine + ", a map", j, "error", None, None)
        case.check(j.get("truth", [{}])[0].get("max_relative_error", 1) < 0.01, "%s, a map: %r" % (engine, j))
        case.equal("outputs" in j, engine != "relu", engine + ": errors beside relu")
        case.refused("run", "map", "--input", "x.npy", "--engine", engine, "--labels", "class.npy",
                     says="one number a sample; the output is a map of 6 values")
        j, out, err = run(case, "heads", engine, "class.npy")
        judged(case, engine + ", two outputs", j, "error", None, None)
        case.check("not used: the network has 2 outputs" in err and "accuracy" not in out, out + err)
        for o, w in zip(j.get("outputs", []), zip(*[heads.values(x) for x in xs])):
            flat = [v for row in w for v in row]
            case.check(near(o["range"], [min(flat), max(flat)], 1e-5), "range of %s" % o["name"])
            case.check(o["mean_relative_error"] <= o["max_relative_error"] < 0.01, "errors: %r" % o)


def unlike_forms(case):
    """A folder whose two forms do not have the same outputs, by number or by size."""
    m = onnx_make.Model("wider", input_shape=[None, INPUTS + 1])
    m.init("w", [[0.5] * (INPUTS + 1)] * 5)
    m.node("Gemm", ["input", "w"], ["y0"], name="only", transB=1)
    m.output("y0", [None, 5])
    m.save(case.path("wider.onnx"))
    case.good("compile", "wider.onnx", "-o", "wider", "--stop-after", "spike")
    for name, other, what in (("map", "heads", "outputs"), ("five", "map", "outputs"), ("one", "five", "outputs"),
                              ("heads", "wider", "inputs")):
        folder = "unlike-" + name
        shutil.copytree(case.path(name), case.path(folder))
        for end in ("txt", "blob"):
            shutil.copy(case.path(other, "forms", "ir." + end), case.path(folder, "forms", "ir." + end))
        for engine in ("jit", "relu", "exact"):
            case.refused("run", folder, "--input", "x.npy", "--engine", engine, says="its forms have different " + what)


def written(case, xs):
    """--outputs and --trace against what Python computes."""
    for name, sizes, shapes in (("one", [1], [[1]]), ("five", [5], [[5]]), ("map", [6], [[1, 2, 3]]),
                                ("heads", [4, 2], [[4], [2]])):
        net = Net(case, name, sizes, shapes, xs if name == "one" else None)
        want = [[v for x in xs for v in net.values(x)[i]] for i in range(len(sizes))]
        for engine in ENGINES:
            bound = {"relu": 1e-6, "exact": 1e-6}.get(engine, 0.01)
            case.good("run", name, "--input", "x.npy", "--engine", engine, "--outputs", "o.npz")
            found = arrays(case.path("o.npz"))
            case.equal(sorted(found), ["y%d" % i for i in range(len(sizes))], "arrays of the outputs")
            for i, shape in enumerate(shapes):
                got = found["y%d" % i]
                case.equal(got[0], tuple([SAMPLES] + shape), "shape of an output")
                case.check(near(got[1], want[i], bound), "%s %s: values of y%d" % (engine, name, i))
            if len(sizes) == 1:
                case.good("run", name, "--input", "x.npy", "--engine", engine, "--outputs", "o.npy", "-q")
                case.equal(arrays(case.path("o.npy"))[""], found["y0"], "%s: .npy and .npz" % engine)
        case.good("run", name, "--input", "x.npy", "--engine", "jit", "--outputs", "a.npz", "--threads", 1)
        case.good("run", name, "--input", "x.npy", "--engine", "golden", "--outputs", "b.npz", "--threads", 3)
        with open(case.path("a.npz"), "rb") as a, open(case.path("b.npz"), "rb") as b:
            case.check(a.read() == b.read(), "outputs depend on the engine or the threads")
    case.refused("run", "heads", "--input", "x.npy", "--outputs", "o.npy", code=2, says="2 outputs")
    case.refused("run", "heads", "--input", "x.npy", "--outputs", "o.txt", code=2, says=".npz")
    case.refused("run", "five", "--input", "x.npy", "--outputs", "absent/o.npy", says="absent")

    net = Net(case, "five", [5])
    case.good("run", "five", "--input", "x.npy", "--engine", "relu", "--trace", "t.txt", "--count", 3)
    with open(case.path("t.txt")) as f:
        text = f.read()
    lines, sample = {}, None
    for line in text.splitlines():
        words = line.split()
        if words[0] == "sample":
            sample = int(words[1])
        else:
            lines.setdefault((sample, ast.literal_eval(words[1])), []).append(float(words[4]))
    for i, x in enumerate(xs[:3]):
        for layer, want in (("act", net.hidden(x)), ("last0", net.values(x)[0])):
            case.check(near(lines.get((i, layer), []), want, 1e-6), "trace of relu, sample %d, %s" % (i, layer))
    again = case.path("again.txt")
    case.good("run", "five", "--input", "x.npy", "--engine", "relu", "--trace", again, "--count", 3, "--threads", 1)
    with open(again) as f:
        case.check(f.read() == text, "the trace of relu depends on the threads")


def main():
    case = Case()
    r = random.Random(11)
    xs = [[struct.unpack("<f", struct.pack("<f", r.random()))[0] for _ in range(INPUTS)] for _ in range(SAMPLES)]
    case.write("x.npy", npy((SAMPLES, INPUTS), [v for x in xs for v in x]))
    one_logit(case, xs)
    classes(case, xs)
    maps(case, xs)
    unlike_forms(case)
    written(case, xs)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
