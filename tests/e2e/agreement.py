# SPDX-License-Identifier: Apache-2.0
"""The agreement layer by layer: what `run --layers` says is what traces and outputs say, and of
networks whose windows, ticks or weights alone are coarse the error is due to these."""
import json
import os
import random
import struct
import sys

import onnx_make

from e2e import DIGITS, Case, npy, samples

TEST = os.path.join(DIGITS, "test.npz")
COUNT = samples(45)  # no multiple of what is taken at once


def floats(path):
    with open(path, "rb") as f:
        data = f.read()
    start = 10 + struct.unpack_from("<H", data, 8)[0]
    return struct.unpack_from("<%df" % ((len(data) - start) // 4), data, start)


def layers(case, out, *more, count=COUNT):
    run = case.json("run", out, "--input", TEST, "--count", count, "--layers", *more)
    found = run.get("agreement_by_layer", {})
    with open(case.path(out, "report", "agreement.json"), encoding="utf-8") as f:
        case.equal(json.load(f), found, "agreement.json beside --json")
    return run, found


def outputs(case, out, found, run):
    """The outputs' error is that of the files with the outputs."""
    kept = []
    for engine in ("relu", "golden"):
        case.good("run", out, "--input", TEST, "--count", COUNT, "--engine", engine, "--outputs",
                  engine + ".npy")
        kept.append(floats(case.path(engine + ".npy")))
    errors = [abs(a - b) for a, b in zip(*kept)]
    last = found["parts"][-1]
    case.check(abs(last["mean_error"] - sum(errors) / len(errors)) < 1e-5,
               "mean error of the outputs: %r, the files have %r" % (last, sum(errors) / len(errors)))
    case.check(abs(last["max_error"] - max(errors)) < 1e-4, "largest error: %r" % last)
    case.equal((last["agreement"], last["accuracy"]), (run["agreement"], run["accuracy"]), "the run's agreement")
    worst = found["worst"]
    rows = [max(errors[i:i + 10]) for i in range(0, len(errors), 10)]
    order = sorted(range(len(rows)), key=lambda i: (-rows[i], i))[:5]
    case.equal([w["sample"] for w in worst], order, "the worst samples")
    for w in worst:
        for engine, key in zip(kept, ("relu_class", "class")):
            row = engine[10 * w["sample"]:10 * w["sample"] + 10]
            case.equal(w[key], row.index(max(row)), "%s of sample %d" % (key, w["sample"]))


def spikes(case, out, found):
    """Spikes, silence and saturation are those of the trace."""
    case.good("run", out, "--input", TEST, "--count", COUNT, "--engine", "golden", "--trace", "t.txt")
    with open(case.path("t.txt"), encoding="utf-8") as f:
        text = f.read()
    for l in found["layers"]:
        if "step" not in l:
            continue
        begin = 'spike "%s" tick ' % l["layer"]
        ticks = [int(line.split()[3]) for line in text.splitlines() if line.startswith(begin)]
        case.check(ticks, "no spikes of %s in the trace: %s" % (l["layer"], text[:300]))
        n = l["neurons"] * COUNT
        case.check(abs(l["spikes_per_sample"] - len(ticks) / COUNT) < 1e-9, "spikes: %r" % l)
        case.check(abs(l["silent_share"] - (1 - len(ticks) / n)) < 1e-9, "silence: %r" % l)
        case.check(abs(l["saturated_share"] - ticks.count(0) / n) < 1e-9, "saturation: %r" % l)


def due(case):
    """The parts that are coarse are those that the error is due to."""
    for out, options in (
            ("windows", ("--ticks", 1023, "--weight-bits", 12, "--percentile", 0.5)),
            ("ticks", ("--ticks", 2, "--weight-bits", 12, "--percentile", 1)),
            ("weights", ("--ticks", 1023, "--weight-bits", 2, "--percentile", 1)),
    ):
        case.compile("digits_mlp", out, "--stop-after", "spike", "--quantiser", "plain", *options)
        _, found = layers(case, out, "--engine", "golden")
        share = {p["part"]: p["share"] for p in found.get("parts", [])}
        case.check(share.get(out, 0) > 0.85, "%s: the error is due to %r" % (out, share))
        case.check(abs(sum(share.values()) - 1) < 1e-9, "shares that are no whole: %r" % share)
    case.check(found["first_layer"] is not None, "2 bits and 1,023 ticks part nowhere")
    case.equal({l["layer"]: l["samples_that_part"] for l in found["layers"] if l.get("samples_that_part")}, {"fc1": COUNT}, "where samples part")
    case.compile("digits_mlp", "fine", "--stop-after", "spike", "--ticks", 2047, "--weight-bits", 12,
                 "--percentile", 1, "--quantiser", "fitted")
    _, found = layers(case, "fine", "--engine", "golden")
    case.equal(sum(l.get("samples_that_part", 0) for l in found["layers"]), 0, "samples that part on a fine grid")
    for l in found["layers"]:
        case.check(l["max_error"] < 2e-2, "a fine grid is off: %r" % l)
        case.check(l["exact_max_error"] < 1e-9, "exact is off: %r" % l)


def close(case):
    """Logits that the readout's step does not tell apart are a warning wherever samples are seen; of
    one logit beside 0 too, and not when they are well apart."""
    r = random.Random(3)
    x = [r.random() for _ in range(4 * 40)]
    case.write("x.npy", npy((40, 4), x))
    for name, rows in (("two", [[1.0, -0.5], [1.0, -0.50001]]), ("one", [[1e-6, 1.0]]), ("apart", [[1.0, 0.0], [0.0, 1.0]])):
        m = onnx_make.Model(name, input_shape=[None, 4])
        m.init("w1", [[1.0, 0.5, 0.25, 1.0], [0.5, -1.0, -1.0, -0.5]])
        m.init("w2", rows)
        m.node("Gemm", ["input", "w1"], ["a"], name="first", transB=1)
        m.node("Relu", ["a"], ["b"], name="act")
        m.node("Gemm", ["b", "w2"], ["y"], name="last", transB=1)
        m.output("y", [None, len(rows)])
        m.save(case.path(name + ".onnx"))
        said = {"two": "the largest two logits are closer to each other", "one": "the logit is closer to 0"}.get(name)
        seen = [case.good("compile", name + ".onnx", "-o", name, "--calib", "x.npy", "--stop-after", "spike"),
                case.good("run", name, "--input", "x.npy", "--engine", "golden"),
                case.good("verify", name, "--input", "x.npy", "--engines", "golden,jit")]
        for command in seen:
            case.equal((said or "the readout's step") in command.err, said is not None, "%s: %s" % (name, command))
            case.check(said is None or "last: in " in command.err, "the layer is not named: %s" % command)
        share = case.json("run", name, "--input", "x.npy", "--engine", "golden").get("close_share")
        case.check((share > 0.3) == (said is not None), "%s: close_share %r" % (name, share))
        with open(case.path(name, "report", "accuracy.json"), encoding="utf-8") as f:
            report = json.load(f)
        case.check(abs(report["close_share"] - share) < 0.05 and report["logit_step"] > 0, "%s: %r" % (name, report))


def main():
    case = Case()
    close(case)
    case.compile("digits_cnn", "out", "--ticks", 15, "--weight-bits", 4, "--chip", "tiny")
    run, found = layers(case, "out")
    case.equal([l["layer"] for l in found["layers"]], ["input", "conv1", "pool1", "conv2", "fc"], "layers")
    case.equal((found["samples"], found["exact_samples"]), (COUNT, min(COUNT, 16)), "samples")
    outputs(case, "out", found, run)
    spikes(case, "out", found)
    for count, more in ((COUNT, ("--engine", "golden", "--threads", 1)), (20, ("--engine", "rtl", "--threads", 1))):  # rtl takes ten at once
        want = found if count == COUNT else layers(case, "out", count=count)[1]
        other = layers(case, "out", *more, count=count)[1]
        case.equal(dict(other, engine=""), dict(want, engine=""), "layers with %s" % (more,))

    text = case.good("run", "out", "--input", TEST, "--count", 5, "--layers", "--engine", "golden").out
    for words in ("layer by layer", "parts at", "output error", "+ weights", "worst samples"):
        case.check(words in text, "the text does not say '%s':\n%s" % (words, text))
    case.good("report", "out")
    with open(case.path("out", "report", "index.html"), encoding="utf-8") as f:
        page = f.read()
    for words in ("<h2>Agreement</h2>", "5 samples: relu", "samples that part", "worst samples"):
        case.check(words in page, "the page does not say '%s'" % words)
    for more in (("--engine", "relu"), ("--engine", "exact"), ("--classes-only",)):
        case.refused("run", "out", "--input", TEST, "--layers", *more, says="--layers", code=2)
    due(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
