# SPDX-License-Identifier: Apache-2.0
"""A network with three outputs on the chip: two dense heads, one of them turned, and a view across
both. All readouts are compared with the chip's, a damaged weight of the second is found there, and
every output is held against relu."""
import random
import sys

import onnx_make

from e2e import Case, npy

SHAPES = {"scores": [1, 5, 2], "boxes": [1, 4], "both": [1, 13]}


def model():
    r = random.Random(5)
    m = onnx_make.Model("heads", input_shape=[None, 1, 6, 6])

    def weights(name, rows, columns):
        m.init(name, [[r.uniform(-1, 1) / columns ** 0.5 for _ in range(columns)]
                      for _ in range(rows)])
        m.init(name + ".b", [r.uniform(-0.2, 0.2) for _ in range(rows)])
        return [name, name + ".b"]

    m.node("Flatten", ["input"], ["x"])
    m.node("Gemm", ["x"] + weights("w1", 12, 36), ["a"], name="fc1", transB=1)
    m.node("Relu", ["a"], ["h"], name="relu1")
    m.node("Gemm", ["h"] + weights("w2", 10, 12), ["s"], name="score", transB=1)
    m.init("grid", [1, 2, 5])
    m.node("Reshape", ["s", "grid"], ["s2"], name="grid")
    m.node("Transpose", ["s2"], ["s3"], name="turn", perm=[0, 2, 1])
    m.node("Softmax", ["s3"], ["scores"], name="softmax", axis=2)
    m.node("Gemm", ["x"] + weights("w3", 4, 36), ["boxes"], name="box", transB=1)
    for name, value in (("starts", [3]), ("ends", [0]), ("axes", [1]), ("steps", [-1])):
        m.init(name, value)
    m.node("Slice", ["boxes", "starts", "ends", "axes", "steps"], ["back"], name="backwards")
    m.node("Concat", ["back", "s"], ["both"], name="join", axis=1)
    for name, shape in SHAPES.items():
        m.output(name, [None] + shape[1:])
    return m.bytes()


def main():
    case, r = Case(), random.Random(6)
    path = case.write("heads.onnx", model())
    case.write("x.npy", npy((20, 1, 6, 6), [r.random() for _ in range(720)]))
    case.good("compile", path, "-o", "out", "--chip", "tiny", "--calib", "x.npy", "--ticks", 255)

    v = case.json("verify", "out", "--input", "x.npy", "--engines", "golden,rtl")
    case.equal((v.get("samples"), v.get("readouts"), v.get("differences")), (20, 20 * 14, 0),
               "samples, readouts, differences")
    # weights in order: 12 x 36, then the scores' 10 x 12, then the boxes'
    v = case.json("verify", "out", "--input", "x.npy", "--engines", "golden,rtl", "--count", 3,
                  "--fault", "weight:%d" % (12 * 36 + 10 * 12 + 36), code=1)
    first = v.get("first") or {}
    case.check(v.get("differences", 0) > 0 and "box" in str(first),
               "a damaged weight of the boxes: %r" % first)

    for engine in ("golden", "rtl", "exact"):
        run = case.json("run", "out", "--input", "x.npy", "--engine", engine)
        found = {o["name"]: o for o in run.get("outputs", [])}
        case.equal({n: o["shape"] for n, o in found.items()}, SHAPES, "outputs of " + engine)
        for name, o in found.items():
            most = 1e-5 if engine == "exact" else 0.03
            case.check(0 <= o["mean_relative_error"] <= o["max_relative_error"] <= most,
                       "%s, %s: %r" % (engine, name, o))
        text = case.good("run", "out", "--input", "x.npy", "--engine", engine).out
        case.check(text.count("\noutput ") == 3, "three lines of outputs expected:\n%s" % text)
    info = case.json("info", "out")
    case.equal({o["name"]: o["shape"] for o in info.get("outputs", [])}, SHAPES, "info of the folder")
    info = case.json("info", path)
    case.equal({o["name"]: o["shape"] for o in info.get("outputs", [])}, SHAPES, "info of the model")
    with open(case.path("out", "forms", "spike.txt"), encoding="latin-1") as f:
        text = f.read()
    case.check("  from 4 first 3 at 0 loop 3 -1 1\n  from 3 first 0 at 3 loop 10 1 1\n" in text,
               "no backwards piece in the spike graph")
    case.good("report", "out")
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
