# SPDX-License-Identifier: Apache-2.0
"""Fitted weights, the default: at few bits and ticks the layers are nearer to the float network on the samples held back,
and so is the network on samples that the compiler never saw; the report says what each layer got. The bytes depend
neither on threads nor on the folder, --weights-only keeps the choice, all engines agree on the result. Without
samples, and with too few, weights are plain and a note says so.
"""
import json
import os
import sys

from e2e import DIGITS, Case, npy, samples, tree

TEST = os.path.join(DIGITS, "test.npz")
CALIB = os.path.join(DIGITS, "calib.npz")
FEW = ("--ticks", "15", "--weight-bits", "2")
NOTES = os.path.join("report", "messages.json")


def layers(case, out):
    with open(case.path(out, "report", "accuracy.json")) as f:
        return [q for q in json.load(f)["layers"] if "quantiser" in q]


def notes(case, out):
    with open(case.path(out, NOTES)) as f:
        return " ".join(m["what"] for m in json.load(f))


def accuracy(case, out):
    return case.json("run", out, "--input", TEST, "--labels", TEST)["agreement"]


def fitted(case, net, chip):
    case.compile(net, net + "-plain", "--chip", chip, *FEW, "--quantiser", "plain")
    case.compile(net, net, "--chip", chip, *FEW, "--quantiser", "fitted")
    case.equal({q["quantiser"] for q in layers(case, net + "-plain")}, {"plain"}, "plain layers")
    case.compile(net, net + "-auto", "--chip", chip, *FEW)
    case.equal(*(tree(case.path(out))["forms/spike.blob"] for out in (net, net + "-auto")), "weights when nothing is said")
    case.equal([q["population"] for q in layers(case, net) if q["quantiser"] != "fitted"], [], "layers of %s that are not fitted" % net)
    for q in layers(case, net):
        name, better = q["population"], q["held_back_error"] < q["held_back_error_plain"]
        case.check(better or q["quantiser"] == "plain", "%s: fitted, and no better" % name)
        case.equal("not_fitted" in q, q["quantiser"] == "plain", name + ": the reason")
    case.check("samples held back" in notes(case, net), "what the choice was made on is not said")
    plain, fit = accuracy(case, net + "-plain"), accuracy(case, net)
    print("%s: agreement %.4f plain, %.4f fitted" % (net, plain, fit))
    case.check(fit > plain, "%s: agreement %s fitted, %s plain" % (net, fit, plain))
    v = case.json("verify", net, "--input", TEST, "--engines", "golden,jit,rtl", "--count", samples(20))
    case.equal((v["equal"], v["differences"]), (True, 0), "engines")


def same_bytes(case, net):
    os.makedirs(case.path("elsewhere"))
    want = {n: b for n, b in tree(case.path(net)).items() if not n.startswith(("verify", "report/run-"))}
    for threads in ("1", "2", "7"):
        out = case.path("elsewhere", threads)
        case.good("compile", os.path.join(DIGITS, net + ".onnx"), "-o", out, "--calib", CALIB, "--chip", "tiny", *FEW,
                  "--quantiser", "fitted", "--threads", threads)
        case.equal(sorted(n for n in want if tree(out).get(n) != want[n]), [], threads + " threads differ in")
    out = case.path("again")
    case.good("compile", "--weights-only", net, os.path.join(DIGITS, net + ".onnx"), "-o", out, "--calib", CALIB)
    case.equal(sorted(n for n in want if tree(out).get(n) != want[n] and n != NOTES), [], "--weights-only differs in")


def left_plain(case):
    model = os.path.join(DIGITS, "digits_mlp.onnx")
    case.write("loud.npy", npy((60, 1, 8, 8), [3e38 * (i * i % 251) / 251 for i in range(60 * 64)]))
    for name, more, says in (("bare", (), "no calibration samples"), ("loud", ("--calib", "loud.npy"), "too large for float32: weights are plain"),
                             ("few", ("--calib", CALIB, "--calib-count", "39"), "40 calibration samples")):
        case.good("compile", model, "-o", name, *FEW, *more, "--quantiser", "fitted", "--stop-after", "spike")
        case.equal({q["quantiser"] for q in layers(case, name)}, {"plain"}, name + ": layers")
        case.check(says in notes(case, name), "%s: '%s' is not said" % (name, says))
    case.refused("compile", model, "-o", "x", "--quantiser", "best", code=2, says=("--quantiser", "best", "fitted"))


def main():
    case = Case()
    fitted(case, "digits_mlp", "one")
    fitted(case, "digits_cnn", "tiny")
    same_bytes(case, "digits_cnn")
    left_plain(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
