# SPDX-License-Identifier: Apache-2.0
"""Fitted weights, the default: at few bits and ticks the layers are nearer to the float network on the samples held back,
and so is the network on samples that the compiler never saw; the report says what each layer got. The bytes depend
neither on threads nor on the folder, --weights-only keeps the choice, all engines agree on the result. Without
samples, and with too few, weights are plain and a note says so. --ramps pow2 goes with all of that,
--mean-bits finds widths of layers, and channels have windows of their own where that is better.
"""
import json
import os
import random
import re
import struct
import sys

from chains import Net
from e2e import DIGITS, Case, few, npy, samples, tree

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


def powers(case, net):
    """Every ramp a power of two, fitted and plain, in the folder, in those made from it and on the chip."""
    model = os.path.join(DIGITS, net + ".onnx")
    case.write("config.json", json.dumps({"ramps": "pow2", "ticks": 15, "weight_bits": 3}))
    case.good("compile", model, "-o", "pow2", "--calib", CALIB, "--chip", "tiny", "--config", "config.json")
    case.good("compile", model, "-o", "kept", "--calib", "pow2", "--chip", "tiny", "--ticks", "15", "--weight-bits", "3", "--ramps", "pow2")
    case.good("compile", "--weights-only", "pow2", model, "-o", "weights", "--calib", CALIB)
    blob = [tree(case.path(out))["forms/spike.blob"] for out in ("pow2", "kept", "weights")]
    case.equal((blob[1] == blob[0], blob[2] == blob[0]), (True, True), "the same ramps from --calib OUT, --weights-only")
    case.equal({q["quantiser"] for q in layers(case, "pow2")}, {"fitted"}, "layers with powers of two")
    for q in layers(case, "pow2"):
        case.check(q["ramp_min"] & (q["ramp_min"] - 1) == 0 and q["ramp_max"] & (q["ramp_max"] - 1) == 0, "%s: no powers of two" % q["population"])
    v = case.json("verify", "pow2", "--input", TEST, "--engines", "golden,jit,rtl", "--count", samples(20))
    case.equal((v["equal"], v["differences"]), (True, 0), "engines with powers of two")
    case.good("sweep", "pow2", "--input", TEST, "--vary", "weight-bits=3,4", "--count", "20")
    case.good("compile", "--weights-only", "pow2", model, "-o", "any", "--calib", CALIB, "--ramps", "any")
    case.check(tree(case.path("any"))["forms/spike.blob"] != blob[0], "--ramps any beside --weights-only")


def mixed(case, net):
    """Widths of layers for a mean of bits: kept to, no worse than one width where samples were held back, explicit options give
    the same bytes."""
    model = os.path.join(DIGITS, net + ".onnx")
    case.write("config.json", json.dumps({"mean_bits": 3, "ticks": 15, "layers": {"conv1": {"percentile": 0.99}}}))
    case.good("compile", model, "-o", "mixed", "--calib", CALIB, "--chip", "tiny", "--config", "config.json")
    with open(case.path("mixed", "manifest.json")) as f:
        options = json.load(f)["options"]
    bits = {name: o["weight_bits"] for name, o in options["layers"].items()}
    weights = {"conv1": 8 * 9, "conv2": 16 * 8 * 9, "fc": 10 * 256}
    mean = sum(weights[n] * b for n, b in bits.items()) / sum(weights.values())
    case.check(2.5 < mean <= 3 and len(set(bits.values())) > 1, "bits %s of %s: %.3f in the mean" % (bits, weights, mean))
    case.check("weight bits of layers: " in notes(case, "mixed"), "the widths are not said")
    case.equal(options["layers"]["conv1"]["percentile"], 0.99, "another option of the layer")
    case.write("config.json", json.dumps({"layers": options["layers"], "ticks": 15}))
    case.good("compile", model, "-o", "explicit", "--calib", CALIB, "--chip", "tiny", "--config", "config.json")
    case.good("compile", "--weights-only", "mixed", model, "-o", "weights", "--calib", CALIB)
    blob = [tree(case.path(out))["forms/spike.blob"] for out in ("mixed", "explicit", "weights")]
    case.equal((blob[1] == blob[0], blob[2] == blob[0]), (True, True), "the same widths from explicit options, --weights-only")
    v = case.json("verify", "mixed", "--input", TEST, "--engines", "golden,jit,rtl", "--count", samples(20))
    case.equal((v["equal"], v["differences"]), (True, 0), "engines with mixed widths")
    for more, says in ((("--mean-bits", "3"), "calibration samples"), (("--mean-bits", "9", "--calib", CALIB), "--mean-bits"),
                       (("--mean-bits", "3", "--calib", CALIB, "--calib-count", "39"), "40 calibration samples"),
                       (("--mean-bits", "3", "--calib", CALIB, "--target-agreement", "90"), "--mean-bits")):
        case.refused("compile", model, "-o", "x", *more, code=2, says=says)


def channels(case, net):
    """A window a channel, as the default takes it too: nearer to the float network where samples were held back, which is still
    the same function; the same bytes for any threads and from --weights-only; every engine agrees; what cannot go with it is refused."""
    model, bits = os.path.join(DIGITS, net + ".onnx"), ("--ticks", "7", "--weight-bits", "4")
    for out, how in (("layers", "fitted"), ("channels", "channels"), ("alone", "auto")):
        case.good("compile", model, "-o", out, "--calib", CALIB, "--chip", "tiny", *bits, "--quantiser", how, *(("--threads", "1") if out == "alone" else ()))
    said = re.search(r"off by ([0-9.]+) % with a window a layer, ([0-9.]+) % with one a channel: it is one a channel", notes(case, "channels"))
    case.check(said and float(said[2]) < 0.97 * float(said[1]), "windows of channels: %s" % notes(case, "channels"))
    with open(case.path("channels", "report", "accuracy.json")) as f:
        report = json.load(f)
    found = [100 * report["output_error_%s_windows" % of] for of in ("layer", "channel")]
    case.equal((report["windows"], *("%.3g" % v for v in found)), ("channel", *(said.groups() if said else ())), "windows of the report")
    case.good("compile", "--weights-only", "channels", model, "-o", "weights", "--calib", CALIB)
    blob = [tree(case.path(out))["forms/spike.blob"] for out in ("channels", "alone", "weights", "layers")]
    case.equal([b == blob[0] for b in blob], [True, True, True, False], "auto in one thread, --weights-only, windows of layers: the same")
    values = []
    for out in ("layers", "channels"):
        case.json("run", out, "--input", TEST, "--engine", "relu", "--count", "50", "--outputs", out + ".npy")
        with open(case.path(out + ".npy"), "rb") as f:
            values.append(struct.unpack("<500f", f.read()[-2000:]))
    off = max(abs(a - b) for a, b in zip(*values)) / max(map(abs, values[0]))
    case.check(0 <= off < 1e-5, "the float network with channels scaled is off by %g" % off)
    v = case.json("verify", "channels", "--input", TEST, "--engines", "golden,jit,rtl", "--count", samples(20))
    case.equal((v["equal"], v["differences"]), (True, 0), "engines with windows of channels")
    case.refused("compile", model, "-o", "x", *bits, "--calib", CALIB, "--target-agreement", "90", "--quantiser", "channels", code=2, says="windows of layers")


def channels_kept(case, net):
    """What a folder with windows of channels keeps makes the same bytes as the samples, with its own settings and others; a sweep keeps
    its kind of windows, and tune trains it. Weights on grids of their own keep these."""
    model, end = os.path.join(DIGITS, net + ".onnx"), ("--stop-after", "spike")
    settings = (("--ticks", "7", "--weight-bits", "4", "--quantiser", "channels"), ("--ticks", "7", "--weight-bits", "4", "--quantiser", "fitted"),
                ("--ticks", "15", "--weight-bits", "3"), ("--ticks", "31", "--percentile", "0.99"))
    for more in few(settings, 2):
        for out, calib in (("of-samples", CALIB), ("of-folder", "channels")):
            case.good("compile", model, "-o", out, "--calib", calib, *more, *end)
        of, folder = tree(case.path("of-samples")), tree(case.path("of-folder"))
        case.equal(sorted(n for n in of.keys() | folder.keys() if of.get(n) != folder.get(n)), [], "%s of a folder with windows of channels" % (more,))
        if more[1] == "15":
            case.check("forms/channels.blob" in of, "other settings: windows of layers")
            case.good("compile", model, "-o", "other", "--calib", CALIB, *more, *end)
    point = case.json("sweep", "channels", "--input", TEST, "--vary", "ticks=15", "--vary", "weight-bits=3", "--grid", "--count", "60", "--trials", "1")["points"][0]
    run = case.json("run", "other", "--input", TEST, "--count", "60", "--engine", "golden")
    case.equal(point["agreement"]["mean"], run["agreement"], "other ticks and bits in a sweep")
    case.good("tune", "channels", "-o", "tuned", "--train", TEST, "--labels", TEST, "--epochs", "1", "--ticks", "15", "--count", "40")
    case.good("compile", os.path.join(DIGITS, net + "_qdq.onnx"), "-o", "grids", "--calib", CALIB, "--quantiser", "channels", *end)
    case.check("forms/channels.blob" not in tree(case.path("grids")), "windows of channels beside weights on a grid")


def bounded(case):
    """A window that the network sets stays, beside windows of channels, and no layer is added; values may be of any size, samples
    more than are kept. Where there is memory to judge windows of layers alone these are taken."""
    rng, small = random.Random(5), [1, 1 / 60, 1 / 45, 1 / 50, 1, 1 / 40, 1 / 55, 1 / 60]

    def kernels(outs, ins, factor):
        return [[[[rng.uniform(-1, 1.2) * factor(o, i) for _ in range(3)] for _ in range(3)] for i in range(ins)] for o in range(outs)]

    net = Net([None, 1, 6, 6])
    net.layer("Conv", None, net.const(kernels(8, 1, lambda o, i: 1e9 * small[o]))).relu()
    net.layer("Conv", None, net.const(kernels(4, 8, lambda o, i: 3e-10 / small[i]))).layer("Clip", None, net.const(0.0), net.const(6.0))
    net.layer("Flatten").dense(16, 3).end().save(case.path("bounded.onnx"))
    case.write("bounded.npy", npy((200, 1, 6, 6), [rng.random() for _ in range(7200)]))
    for how in ("fitted", "channels"):
        case.good("compile", "bounded.onnx", "-o", "bounded-" + how, "--calib", "bounded.npy", "--ticks", "7", "--weight-bits", "4", "--quantiser", how, "--stop-after", "spike")
    case.check("it is one a channel" in notes(case, "bounded-channels"), "beside a bound: %s" % notes(case, "bounded-channels"))
    layers = [re.findall("^population .*", case.good("dump", "bounded-" + how, "--form", "spike").out, re.M) for how in ("fitted", "channels")]
    case.equal(layers[1], layers[0], "the layers")
    more_than_kept(case, rng)
    not_judged(case)
    little_memory(case, rng)


def more_than_kept(case, rng):
    """What is kept of windows of channels is of the samples that are kept; it can be read."""
    case.write("many.npy", npy((1100, 1, 6, 6), [rng.random() for _ in range(39600)]))
    case.good("compile", "bounded.onnx", "-o", "many", "--calib", "many.npy", "--calib-count", "1100", "--ticks", "7", "--weight-bits", "4", "--stop-after", "spike")
    case.check("it is one a channel" in notes(case, "many"), "of many samples: %s" % notes(case, "many"))
    case.good("sweep", "many", "--input", "bounded.npy", "--vary", "ticks=5", "--count", "5", "--trials", "1")


def not_judged(case):
    """The least memory that fits weights in windows of layers does not do for both."""
    def compiled(kilobytes, how):
        case.good("compile", "bounded.onnx", "-o", "small", "--calib", "bounded.npy", "--ticks", "7", "--weight-bits", "4", "--quantiser", how,
                  "--memory", "%dK" % kilobytes, "--threads", "1", "--stop-after", "spike")
        return notes(case, "small")

    least, most = 1000, 8000
    while most - least > 50:
        middle = (least + most) // 2
        least, most = (middle, most) if "weights are not fitted" in compiled(middle, "fitted") else (least, middle)
    said = compiled(most, "channels")
    case.check("windows are one a layer: " in said and "it is one a" not in said, "windows of channels with %d K: %s" % (most, said))


def little_memory(case, rng):
    """Counters of many channels take memory for every thread; what becomes of little memory does not depend on how many there are."""
    net = Net([None, 16])
    net.dense(16, 6000).relu().dense(6000, 3).end().save(case.path("wide.onnx"))
    case.write("wide.npy", npy((60, 16), [rng.random() for _ in range(960)]))
    for threads in "14":
        case.good("compile", "wide.onnx", "-o", "wide" + threads, "--calib", "wide.npy", "--ticks", "7", "--weight-bits", "4", "--memory", "140M",
                  "--threads", threads, "--stop-after", "spike")
    case.equal(notes(case, "wide4"), notes(case, "wide1"), "what is said with 4 threads and 140 MiB")
    case.check("windows are one a layer: " in notes(case, "wide1"), "windows with 140 MiB: %s" % notes(case, "wide1"))


def left_plain(case):
    model = os.path.join(DIGITS, "digits_mlp.onnx")
    case.write("loud.npy", npy((60, 1, 8, 8), [3e38 * (i * i % 251) / 251 for i in range(60 * 64)]))
    for name, more, says in (("bare", (), "no calibration samples"), ("few", ("--calib", CALIB, "--calib-count", "39"), "40 calibration samples")):
        case.good("compile", model, "-o", name, *FEW, *more, "--quantiser", "fitted", "--stop-after", "spike")
        case.equal({q["quantiser"] for q in layers(case, name)}, {"plain"}, name + ": layers")
        case.check(says in notes(case, name), "%s: '%s' is not said" % (name, says))
    case.refused("compile", model, "-o", "x", *FEW, "--calib", "loud.npy", "--quantiser", "fitted", says="beyond what float32 holds")
    case.refused("compile", model, "-o", "x", "--quantiser", "best", code=2, says=("--quantiser", "best", "fitted"))


def main():
    case = Case()
    fitted(case, "digits_mlp", "one")
    fitted(case, "digits_cnn", "tiny")
    same_bytes(case, "digits_cnn")
    powers(case, "digits_cnn")
    mixed(case, "digits_cnn")
    channels(case, "digits_cnn")
    channels_kept(case, "digits_cnn")
    bounded(case)
    left_plain(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
