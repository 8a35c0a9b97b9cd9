# SPDX-License-Identifier: Apache-2.0
"""`ttfs compile --weights-only OUT MODEL2`: the folder is byte for byte that of a whole compilation with the same
options, also in OUT's own place and with weights from outside, and runs on the chip; a network of another graph,
numbers that the chip does not hold and an OUT that is none are refused, and OUT stays as it was.
"""
import json
import os
import re
import shutil
import struct
import sys

import quantise_digits
from e2e import DIGITS, Case, samples, tree
from onnx_make import Model

CALIB = os.path.join(DIGITS, "calib.npz")
MESSAGES = os.path.join("report", "messages.json")  # they say where an input range is from


def retrained(case, net):
    """NET with other weights, beside the calibration samples; its path."""
    source = os.path.join(DIGITS, net + ".onnx")
    with open(source, "rb") as f:
        data = f.read()
    changed = 0
    for values in quantise_digits.initialisers(source).values():
        if len(values) < 64:
            continue
        raw = struct.pack("<%df" % len(values), *values)
        other = struct.pack("<%df" % len(values), *(v * (1 - i * 7919 % 11 / 30) for i, v in enumerate(values)))
        changed += data.count(raw)
        data = data.replace(raw, other)
    case.check(changed >= 2, "%s: only %d tensors changed" % (net, changed))
    os.makedirs(case.path("new"), exist_ok=True)
    shutil.copy(CALIB, case.path("new", "calib.npz"))
    return case.write(os.path.join("new", net + ".onnx"), data)


def same_files(case, got, want, what, but=()):
    a, b = tree(case.path(got)), tree(case.path(want))
    unlike = sorted(n for n in a.keys() | b.keys() if a.get(n) != b.get(n) and n not in but)
    case.equal(unlike, [], what)


def same_as_whole(case, net, chip, *options):
    model = retrained(case, net)
    old, whole, new = net + "-old", net + "-whole", net + "-new"
    given = ("--chip", chip) + options
    ranged = "--input-range" in options
    case.compile(net, old, *given)
    case.good("compile", model, "-o", whole, "--calib", case.path("new", "calib.npz"), *given)
    case.good("compile", "--weights-only", old, model, "-o", new)
    but = () if ranged else (MESSAGES,)
    same_files(case, new, whole, net + ": --weights-only and a whole compilation differ in", but)
    found = case.json("dump", "--diff", old, new, "--form", "image", code=1)["forms"][0]["at"]
    memories = {p["where"].split()[-1] for p in found}
    case.check("weights" in memories and memories <= {"weights", "params", "pops"},
               "more than numbers changed: %r" % memories)
    shutil.copytree(case.path(old), case.path("place"))
    case.good("compile", "--weights-only", "place", model)
    same_files(case, "place", new, net + ": in place and elsewhere")
    shutil.rmtree(case.path("place"))
    runs_on_chip(case, new)


def streamed(case):
    """Weights that come from outside: the words that a whole compilation puts there."""
    model, chip = retrained(case, "digits_mlp"), case.chip("streams.json", lanes=4, weight_rows=560, stream=True)
    case.compile("digits_mlp", "outside", "--chip", chip)
    case.good("compile", model, "-o", "outside-whole", "--calib", case.path("new", "calib.npz"), "--chip", chip)
    case.good("compile", "--weights-only", "outside", model, "-o", "outside-new")
    same_files(case, "outside-new", "outside-whole", "streamed: --weights-only and a whole compilation differ in",
               (MESSAGES,))
    words = os.path.join("image", "stream.hex")
    old, new = (tree(case.path(out))[words] for out in ("outside", "outside-new"))
    case.check(len(old) == len(new) and old != new, "stream.hex: the same words, or as many as not before")


def plan_is_kept(case, net, chip):
    """Whatever a whole compilation would plan: of the plan the expected cycles alone are new."""
    model = retrained(case, net)
    case.compile(net, "mesh", "--chip", chip)
    case.good("compile", "--weights-only", "mesh", model, "-o", "mesh-new")
    found = case.json("dump", "--diff", "mesh", "mesh-new", "--form", "plan", code=1)
    pairs = [pair for place in found["forms"][0]["at"] for pair in place["lines"]]
    case.check(pairs and len(pairs) == found["differences"], "not all lines: %r" % found)
    for pair in pairs:
        old, new = (re.sub(r"expected \d+", "expected", pair[side] or "") for side in ("before", "after"))
        case.equal(new, old, "a line of the plan")
    runs_on_chip(case, "mesh-new")


def runs_on_chip(case, out):
    verdict = case.json("verify", out, "--input", os.path.join(DIGITS, "test.npz"), "--engines", "golden,jit,rtl",
                        "--count", str(samples(20)))
    case.check(verdict["equal"] and verdict["differences"] == 0 and verdict["spikes"] > 0, "verify: %r" % verdict)


def small(case, name, hidden, value=None, positions=None):
    """A dense network like digits_mlp, or a convolution with that 3x3 kernel; its path."""
    m = Model(name, input_shape=[None, 1, 4, 4] if positions else [None, 64])
    if positions:
        m.init("w", [[positions]] * hidden)
        m.node("Conv", ["input", "w"], ["a"], name="conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        m.node("Relu", ["a"], ["r"], name="relu")
        m.node("Flatten", ["r"], ["b"], name="flat")
    else:
        m.init("w", [[value or 0.1 * ((i * 31 + j * 17) % 13 - 6) for j in range(64)] for i in range(hidden)])
        m.node("Gemm", ["input", "w"], ["a"], name="fc1", transB=1)
        m.node("Relu", ["a"], ["b"], name="relu")
    m.init("v", [[1.0 - 0.2 * (i % 5 + j % 3) for j in range(hidden * (16 if positions else 1))] for i in range(10)])
    m.node("Gemm", ["b", "v"], ["y"], name="fc2", transB=1)
    m.output("y", [None, 10])
    m.save(case.path(name + ".onnx"))
    return name + ".onnx"


def other_graphs(case):
    case.good("compile", small(case, "eight", 8), "-o", "eight", "--input-range", "0:1")
    before = tree(case.path("eight"))
    refill = ("compile", "--weights-only", "eight")
    case.refused(*refill, small(case, "nine", 9), says=("fc1", "channels: 8 and 9"))
    case.refused(*refill, "eight.onnx", "--ticks", "31", says=("input", "ticks: 255 and 31"))
    case.refused(*refill, os.path.join(DIGITS, "digits_cnn.onnx"), says="channels: 64 and 1")
    case.refused(*refill, "eight.onnx", "--weight-bits", "12", says="weights of 12 bits, the chip has 8")
    case.check(tree(case.path("eight")) == before, "a refusal changed the folder")
    case.good(*refill, "eight.onnx")
    case.check(tree(case.path("eight")) == before, "the same model gives other bytes")


def too_wide(case):
    case.good("compile", "eight.onnx", "-o", "narrow", "--chip", case.chip(slope_bits=13, acc_bits=24, ramp_bits=20))
    wide = small(case, "wide", 8, 1.0)
    case.refused("compile", "--weights-only", "narrow", wide, says=("fc1", "bits of slope, the chip has 13"))
    case.good("compile", wide, "-o", "x")  # that chip holds it


def other_positions(case):
    full, flat = [[1.0] * 3] * 3, [[0.0] * 3, [1.0] * 3, [0.0] * 3]
    case.good("compile", small(case, "all", 2, positions=full), "-o", "all", "--input-range", "-1:1")
    refill = ("compile", "--weights-only", "all")
    case.refused(*refill, small(case, "flat", 2, positions=flat), says=("conv", "biases of their own"))
    case.good(*refill, small(case, "double", 2, positions=[[2.0, 1.0, 2.0]] * 3), "-o", "double")


def options(case):
    model = retrained(case, "digits_mlp")
    refill = ("compile", "--weights-only", "digits_mlp-old", model)
    case.refused(*refill, "--chip", "one", says="the chip is the folder's", code=2)
    case.refused(*refill, "--schedule", "latency", says="the plan is the folder's", code=2)
    case.refused(*refill, "--stop-after", "plan", says="all steps", code=2)
    os.remove(case.path("new", "calib.npz"))
    case.refused(*refill, says="was calibrated with calib.npz", code=2)
    shutil.copy(os.path.join(DIGITS, "test.npz"), case.path("calib.npz"))  # that name, other samples
    case.refused(*refill, says="was calibrated with calib.npz", code=2)
    shutil.copy(CALIB, case.path("calib.npz"))
    case.good(*refill, "-o", "here")
    case.good(*refill, "--calib", os.path.join(DIGITS, "test.npz"), "-o", "there")


def no_folder(case):
    os.makedirs(case.path("empty"))
    case.refused("compile", "--weights-only", "empty", "eight.onnx", says="not a folder that ttfs compile wrote")
    case.good("compile", "eight.onnx", "-o", "half", "--stop-after", "plan")
    case.refused("compile", "--weights-only", "half", "eight.onnx", says="stopped before")
    with open(case.path("eight", "manifest.json"), encoding="utf-8") as f:
        good = json.load(f)
    for key, value in (("ticks", "x"), ("percentile", 3), ("seed", -1), ("input_range", [1, 0]), ("layers", []),
                       ("layers", {"relu": {"ticks": 0}}), ("weight_bits", None)):
        manifest = dict(good, options=dict(good["options"], **{key: value}))
        case.write(os.path.join("eight", "manifest.json"), json.dumps(manifest))
        case.refused("compile", "--weights-only", "eight", "eight.onnx", "-o", "x", says="damaged: " + key)
    whole = json.dumps(good)
    case.write(os.path.join("eight", "manifest.json"), whole + " " * ((1 << 20) - len(whole)))
    case.good("compile", "--weights-only", "eight", "eight.onnx", "-o", "padded")
    case.write(os.path.join("eight", "manifest.json"), whole + " " * ((1 << 20) + 1 - len(whole)))
    case.refused("compile", "--weights-only", "eight", "eight.onnx", "-o", "x", says="manifest.json")
    case.write(os.path.join("eight", "manifest.json"), json.dumps(dict(good, calib={"file": 1})))
    case.refused("compile", "--weights-only", "eight", "eight.onnx", "-o", "x", says="damaged: calib")


def main():
    case = Case()
    layers = case.write("layers.json", json.dumps({"layers": {"fc1": {"weight_bits": 5, "percentile": 0.99}}}))
    same_as_whole(case, "digits_mlp", "one", "--ticks", "63", "--weight-bits", "6", "--seed", "9", "--calib-count",
                  "100", "--config", layers, "--input-range", "0:1")
    same_as_whole(case, "digits_cnn", "one")
    streamed(case)
    plan_is_kept(case, "digits_cnn", "tiny")
    other_graphs(case)
    too_wide(case)
    other_positions(case)
    options(case)
    no_folder(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
