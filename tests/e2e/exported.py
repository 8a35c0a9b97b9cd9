# SPDX-License-Identifier: Apache-2.0
"""The files of tests/exported, one network as PyTorch's and as Keras' exporter write it: they are
what make.py writes, compile onto the chip `one` as they are, with the same populations, spikes and
cycles, and give what the network's definition gives, worked out here. Argument: relu_outputs.
"""
import importlib.util
import math
import os
import re
import struct
import subprocess
import sys

from e2e import DIGITS, SOURCE, Case, digits_x

FOLDER = os.path.join(SOURCE, "tests", "exported")
COUNT = 10


def made():
    spec = importlib.util.spec_from_file_location("make", os.path.join(FOLDER, "make.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def logits(net, x):
    """The convolution with pads of 1, relu, the largest of 2 x 2, the matrix."""
    def at(r, c):
        return x[r * 8 + c] if 0 <= r < 8 and 0 <= c < 8 else 0.0
    flat = []
    for k in range(net.MAPS):
        w = net.KERNEL[k * 9:k * 9 + 9]
        full = [[max(0.0, net.BIAS[k] + sum(w[i * 3 + j] * at(r + i - 1, c + j - 1)
                                            for i in range(3) for j in range(3)))
                 for c in range(8)] for r in range(8)]
        flat += [max(full[2 * r][2 * c], full[2 * r][2 * c + 1], full[2 * r + 1][2 * c],
                     full[2 * r + 1][2 * c + 1]) for r in range(4) for c in range(4)]
    return [net.OFFSET[k] + sum(a * b for a, b in zip(net.DENSE[k * len(flat):], flat))
            for k in range(net.CLASSES)]


def softmax(v):
    e = [math.exp(a - max(v)) for a in v]
    return [a / sum(e) for a in e]


def outputs(case, program, name, rows):
    x, out = case.write("x.bin", b"".join(struct.pack("<64f", *r) for r in rows)), case.path("y.bin")
    p = subprocess.run([program, os.path.join(FOLDER, name), x, out], stderr=subprocess.PIPE)
    if not case.equal(p.returncode, 0, "exit code of relu_outputs: %s" % p.stderr.decode()):
        return []
    with open(out, "rb") as f:
        return struct.unpack("<%df" % (10 * len(rows)), f.read())


def compiled(case, name):
    """The lines about populations and the chip, and the verdict of golden against jit."""
    calib = os.path.join(DIGITS, "calib.npz")
    case.good("check", os.path.join(FOLDER, name))
    r = case.good("compile", os.path.join(FOLDER, name), "-o", name, "--calib", calib,
                  "--chip", "one")
    lines = re.findall(r"^.*(?:populations, | cycles a sample).*$", r.out + r.err, re.M)
    v = case.json("verify", name, "--input", os.path.join(DIGITS, "test.npz"), "--count", 20,
                  "--engines", "golden,jit")
    return lines, [v.get(key) for key in ("equal", "differences", "spikes", "readouts")]


def main():
    case, net = Case(), made()
    again = case.path("again")
    os.mkdir(again)
    net.torch(again)
    net.keras(again)
    for name in ("torch.onnx", "torch.onnx.data", "keras.onnx"):
        with open(os.path.join(FOLDER, name), "rb") as f, open(os.path.join(again, name), "rb") as g:
            case.check(f.read() == g.read(), "%s is not what make.py writes" % name)
    rows = digits_x(COUNT)
    want = [logits(net, x) for x in rows]
    for name, values in (("torch.onnx", want), ("keras.onnx", [softmax(v) for v in want])):
        flat = [v for r in values for v in r]
        got = outputs(case, sys.argv[1], name, rows)
        case.equal(len(got), len(flat), "values of %s" % name)
        worst = max((abs(a - b) for a, b in zip(got, flat)), default=1)
        case.check(worst <= 1e-5, "%s is off by %g" % (name, worst))
    lines, verdict = compiled(case, "torch.onnx")
    case.equal(len(lines), 2, "lines of the summary: %s" % lines)
    case.equal((verdict[:2], (verdict[2] or 0) > 0), ([True, 0], True), "golden against jit")
    case.equal(compiled(case, "keras.onnx"), (lines, verdict), "the same network from Keras")
    sys.exit(case.done())


main()
