# SPDX-License-Identifier: Apache-2.0
"""Compiles small networks and lets fuzz_forms damage every file that ttfs reads.

Arguments: FUZZ-PROGRAM FORM COUNT SEED. The number of copies can be raised for a long run:
TTFS_FUZZ_FACTOR=100 meson test --suite fuzz --timeout-multiplier 100
"""
import os
import subprocess
import sys

import onnx_make

from e2e import SOURCE, Case

FILES = {"onnx": "net.onnx", "ir": "out/forms/ir.txt", "spike": "out/forms/spike.txt",
         "plan": "out/forms/plan.txt", "image": "out/image/chip.img", "disasm": "disasm.txt",
         "chip": os.path.join(SOURCE, "hw", "chips", "tiny.json")}


def network():
    """A layer, a pool and two outputs, one of them turned: small, so that wounds hit structure."""
    m = onnx_make.Model("net", input_shape=[None, 1, 5, 5])
    m.init("w", [0.5, -0.25, 0.125] * 6, shape=[2, 1, 3, 3])
    for name, value in (("g", 1.0), ("h", 0.25), ("mean", 0.0), ("var", 1.0)):
        m.init(name, [value, value])
    m.init("v", [[0.1, -0.2, 0.3, 0.4] * 2] * 3)
    m.node("Conv", ["input", "w"], ["a"], name="conv1", pads=[1, 1, 1, 1])
    m.node("BatchNormalization", ["a", "g", "h", "mean", "var"], ["n"], name="bn1")
    m.node("Relu", ["n"], ["b"], name="relu1")
    m.node("MaxPool", ["b"], ["p"], name="pool1", kernel_shape=[2, 2], strides=[2, 2])
    m.node("Flatten", ["p"], ["f"], name="flat")
    m.node("Gemm", ["f", "v"], ["c"], name="fc", transB=1)
    m.init("u", [[0.3, -0.1] * 4] * 6)
    m.node("Gemm", ["f", "u"], ["d"], name="box", transB=1)
    m.init("rows", [1, 3, 2])
    m.node("Reshape", ["d", "rows"], ["e"], name="rows")
    m.node("Transpose", ["e"], ["t"], name="turn", perm=[0, 2, 1])
    m.output("c", [None, 3])
    m.output("t", [None, 2, 3])
    return m


def main(program, form, count, seed):
    case = Case()
    count = int(count) * int(os.environ.get("TTFS_FUZZ_FACTOR", "1"))
    model = case.write("net.onnx", network().bytes())
    case.good("compile", model, "-o", "out", "--chip", "tiny", "--ticks", "15",
              "--stop-after", "image")
    case.write("disasm.txt", case.good("dump", "out", "--form", "image").out)
    more = [case.path("out", "forms", "spike.txt")] if form == "plan" else []
    p = subprocess.run([program, form, case.path(FILES[form]), str(count), seed, *more],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    print(p.stdout.decode(errors="replace")[-6000:])
    case.check(p.returncode == 0, "fuzz_forms %s ended with %d" % (form, p.returncode))
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
