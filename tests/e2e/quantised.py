# SPDX-License-Identifier: Apache-2.0
"""A quantised network keeps its integers: examples/digits/digits_cnn_qdq.onnx.

The script that made the model makes the same bytes again. Without calibration it compiles onto its
own grids; golden's integers are held against the model's integer arithmetic, which the script
computes by itself: no activation off by more than one step, few at all, and where the activations
of a sample are the same, so is every sum of the logits. More weight bits make the ratios finer, and
most samples the same in all; too few lose the grid, with a note. Golden and rtl agree as everywhere.
"""
import json
import math
import os
import re
import subprocess
import sys

from e2e import DIGITS, SOURCE, Case, samples
import onnx_make
import quantise_digits

MODEL = os.path.join(DIGITS, "digits_cnn_qdq.onnx")
TEST = os.path.join(DIGITS, "test.npz")
TICKS = 255


def traces(path):
    """Of every sample: integers by population name, and the potentials."""
    out = []
    with open(path) as f:
        for line in f:
            if line.startswith("sample"):
                out.append(({"input": [0] * 64, "conv1": [0] * 512, "conv2": [0] * 256}, [0] * 10))
                continue
            kind, name, rest = re.match(r'(\w+) "([^"]*)" (.*)', line).groups()
            number = [int(v) for v in re.findall(r"-?\d+", rest)]
            if kind == "readout":
                out[-1][1][number[0]] = number[1]
            elif name in out[-1][0]:
                out[-1][0][name][number[1]] = TICKS - number[0]
    return out


def compare(case, want, folder):
    """The share of activations that differ from the model's, and samples in which none does."""
    case.json("run", folder, "--input", TEST, "--engine", "golden", "--count", len(want),
              "--trace", case.path(folder + ".txt"))
    got, other, all_ = traces(case.path(folder + ".txt")), 0, 0
    case.equal(len(got), len(want), "samples traced")
    same = 0
    for (have, potential), model in zip(got, want):
        case.equal(have["input"], model[0], "integers of the input")
        for name, integers in (("conv1", model[1]), ("conv2", model[2])):
            off = [abs(p - q) for p, q in zip(have[name], integers)]
            case.check(max(off) <= 1, "%s is off by %d steps" % (name, max(off)))
            other += sum(off)
            all_ += len(off)
        if have["conv2"] == model[2]:
            same += 1
            case.equal(potential, model[3], "sums of the logits")
    print("%s: %d of %d activations differ, %d of %d samples are the same in all"
          % (folder, other, all_, same, len(want)))
    return other / all_, same


def qonnx(path):
    """A network of QONNX `Quant`: 1 to 4 bits, narrow, a scale a channel behind a normalisation."""
    m = onnx_make.Model("qonnx", input_shape=[None, 1, 8, 8])

    def number(name, value, shape=None):
        m.init(name, value, shape=shape, data_type=onnx_make.FLOAT)
        return name

    def quant(x, out, scale, bits, is_signed, narrow, shape=None):
        m.node("Quant", [x, number(out + ".s", scale, shape), "zero", number(out + ".b", bits)],
               [out], name=out, domain="qonnx.custom_op.general", signed=is_signed, narrow=narrow,
               rounding_mode="ROUND")
        return out

    def wave(n):
        return [0.5 * math.sin(3 + 7 * i) for i in range(n)]

    number("zero", 0.0)
    x = quant("input", "x", 0.0625, 4, 0, 0)
    w = quant(number("w1", wave(36), [4, 1, 3, 3]), "w1q", [.1, .12, .09, .2], 3, 1, 1, [4, 1, 1, 1])
    m.node("Conv", [x, w], ["c1"], name="c1", kernel_shape=[3, 3])
    for name, value in (("k", [1.1, -.5, 2, .7]), ("b", [.1, .2, .3, 0.0]), ("m", [0.0, .1, -.1, .2]),
                        ("v", [1.0, .5, 2.0, 1.0])):
        number("bn." + name, value)
    m.node("BatchNormalization", ["c1", "bn.k", "bn.b", "bn.m", "bn.v"], ["bn"], name="bn")
    m.node("Relu", ["bn"], ["r1"], name="r1")
    x = quant("r1", "a1", 0.125, 3, 0, 0)
    w = quant(number("w2", wave(144), [4, 4, 3, 3]), "w2q", .3, 2, 1, 1)
    m.node("Conv", [x, w], ["c2"], name="c2", kernel_shape=[3, 3])
    m.node("Relu", ["c2"], ["r2"], name="r2")
    x = quant("r2", "a2", 0.43, 1, 0, 0)
    m.node("Flatten", [x], ["flat"], name="flat", axis=1)
    w = quant(number("w3", wave(320), [64, 5]), "w3q", .1, 4, 1, 0)
    m.node("MatMul", ["flat", w], ["y"], name="fc")
    m.output("y", [None, 5])
    m.save(path)


def run_qonnx(case):
    qonnx(case.path("qonnx.onnx"))
    said = case.ttfs("compile", "qonnx.onnx", "-o", "qonnx", "--chip", "one")
    case.equal(said.code, 0, str(said))
    for layer, channels in (("c1", 4), ("c2", 4), ("fc", 5)):
        text = "%s: the weights of %d of %d channels are the model's" % (layer, channels, channels)
        case.check(text in said.err, "'%s' was not said: %s" % (text, said.err))
    spike = case.good("dump", "qonnx").out
    case.equal(re.findall(r"ticks (\d+)", spike), ["15", "7", "1", "0"], "windows")
    run = case.json("run", "qonnx", "--input", TEST, "--engine", "golden")
    # logits of a few steps are often equal, and float32 parts them by chance
    case.check(run.get("agreement", 0) >= 0.9, "agreement %s" % run.get("agreement"))


def main():
    case, count = Case(), samples(60)
    made = subprocess.run([sys.executable, os.path.join(SOURCE, "tools", "quantise_digits.py"),
                           "--check"], capture_output=True, text=True)
    case.equal(made.returncode, 0, "making the model again: " + made.stderr)

    model = quantise_digits.Integers(DIGITS)
    images = quantise_digits.digits(TEST, count)
    want = [model.run(x) for x in images]

    said = case.ttfs("compile", MODEL, "-o", "eight", "--chip", "one")
    case.equal(said.code, 0, str(said))
    case.check("warning" not in said.err, "a warning: " + said.err)
    for layer, channels in (("conv1", 8), ("conv2", 16), ("fc", 10)):
        text = "%s: the weights of %d of %d channels are the model's integers" % (
            layer, channels, channels)
        case.check(text in said.err, "'%s' was not said: %s" % (text, said.err))
    said = case.ttfs("compile", MODEL, "-o", "twelve", "--stop-after", "spike",
                     "--weight-bits", "12")
    case.equal(said.code, 0, str(said))
    said = case.ttfs("compile", MODEL, "-o", "four", "--stop-after", "spike", "--weight-bits", "4")
    case.check("need 8 bits, the layer has 4" in said.err, "no note: " + said.err)
    for out, kept in (("eight", True), ("four", False)):
        with open(case.path(out, "report", "accuracy.json"), encoding="utf-8") as f:
            grids = [(l["grid_kept_channels"], l["grid_lost_channels"]) for l in json.load(f)["layers"]
                     if "grid_error" in l]
        case.equal(grids, [(n, 0) if kept else (0, n) for n in (8, 16, 10)], out + ": channels that keep their integers")
        case.good("report", out)
        with open(case.path(out, "report", "index.html"), encoding="utf-8") as f:
            case.check(("%d of 16 channels" % (16 * kept)) in f.read(), "the page says no integers of " + out)

    eight, _ = compare(case, want, "eight")
    twelve, same = compare(case, want, "twelve")
    case.check(eight < 0.07, "%g of the activations differ" % eight)
    case.check(twelve < 0.005, "%g of the activations differ with 12 bits" % twelve)
    case.check(same > count // 2, "only %d samples have all of the model's integers" % same)

    run = case.json("run", "eight", "--input", TEST, "--labels", TEST, "--engine", "golden")
    case.check(run.get("accuracy", 0) >= 0.98, "accuracy %s" % run.get("accuracy"))
    case.check(run.get("agreement", 0) >= 0.995, "agreement %s" % run.get("agreement"))
    v = case.json("verify", "eight", "--input", TEST, "--engines", "golden,rtl", "--count", count)
    case.equal(v.get("equal"), True, "golden and rtl equal")
    run_qonnx(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
