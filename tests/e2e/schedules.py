# SPDX-License-Identifier: Apache-2.0
"""The same network in every schedule: what was asked for is what the reports say, golden and rtl agree sample by
sample, the traces are the same, and pipelines take fewer cycles a sample and more turns. Arguments: NET CHIP.
"""
import json
import os
import sys

from e2e import DIGITS, Case, plainly

COUNT = 12
TEST = os.path.join(DIGITS, "test.npz")
FITTED = ("--calib", os.path.join(DIGITS, "calib.npz"), "--ticks", 15)
CALIB = FITTED + plainly()


def trace(case, out):
    case.good("run", out, "--input", TEST, "--count", COUNT, "--engine", "rtl", "--trace", out + ".txt")
    with open(case.path(out + ".txt"), encoding="utf-8") as f:
        return f.read()


def timing(case, out):
    with open(case.path(out, "report", "timing.json"), encoding="utf-8") as f:
        return json.load(f)


def asked(case, model, chip):
    """Schedules by name: cycles of a sample, by what was compiled."""
    cycles, traces = {}, set()
    for name in ("latency", "overlap", "pipeline"):
        j = case.json("compile", model, "-o", name, *CALIB, "--chip", chip, "--schedule", name)
        case.equal((j["schedule"], timing(case, name)["schedule"]), (name, name), "schedule")
        with open(case.path(name, "manifest.json"), encoding="utf-8") as f:
            case.equal(json.load(f)["options"]["schedule"], name, "schedule in the manifest")
        v = case.json("verify", name, "--input", TEST, "--count", COUNT, "--engines", "golden,rtl")
        case.equal((v["differences"], v["samples"]), (0, COUNT), name)
        case.check(all(0 < s["most_cycles"] <= s["worst_cycles"] for s in v["slots"]), "%s: %r" % (name, v["slots"]))
        run = case.json("run", name, "--input", TEST, "--count", COUNT, "--engine", "rtl")
        case.check(run["cycles"] <= j["worst_cycles"] and
                   run["cycles"] <= run["latency_cycles"] <= (j["turns"] + j["early"]) * j["worst_cycles"], "%s: %r" % (name, run))
        cycles[name] = (j["turns"], j["slots"], run["cycles"])
        traces.add(trace(case, name))
    case.equal(len(traces), 1, "traces of three schedules")
    case.equal([cycles[n][0] for n in ("latency", "overlap")], [1, 2], "turns")
    case.equal((cycles["pipeline"][1], cycles["pipeline"][0] > 2), (1, True), "a pipeline: %r" % (cycles["pipeline"],))
    case.check(cycles["latency"][2] > cycles["overlap"][2] > cycles["pipeline"][2], "cycles: %r" % cycles)


def streamed(case, model):
    """A pipeline whose weights come in several slots is one all the same."""
    chip = case.chip(stream=True, weight_rows=300)
    for name, turns in (("pipeline", 5), ("overlap", 2)):
        j = case.json("compile", model, "-o", "streamed", *FITTED, "--chip", chip, "--schedule", name, "--quantiser", "plain", "--stop-after", "plan")
        case.equal((j["schedule"], j["turns"], j["slots"] > 1), (name, turns, True), "schedule of a chip that streams")


def chosen(case, model, chip):
    """Auto, and what it takes where the activations have no room for copies."""
    want = "overlap" if chip == "one" else "pipeline"
    case.equal(case.json("compile", model, "-o", "auto", *CALIB, "--chip", chip)["schedule"], want, "auto")
    whole = case.json("compile", model, "-o", "latency", *CALIB, "--chip", "one", "--schedule", "latency")
    with open(case.path("latency", "report", "fit.json"), encoding="utf-8") as f:
        words = json.load(f)["cores"][0]["act_words"]["used"]
    small = case.chip(act_words=words)
    r = case.ttfs("compile", model, "-o", "small", *CALIB, "--chip", small)
    case.check(r.code == 0 and timing(case, "small")["schedule"] == "latency", "auto on a small chip:\n%s" % r)
    case.check("schedule overlap does not fit chip one, so" in r.err, "that auto fell back is not said:\n%s" % r)
    with open(case.path("small", "report", "messages.json"), encoding="utf-8") as f:
        case.check("schedule overlap does not fit" in f.read(), "that auto fell back is not in the report")
    case.equal(timing(case, "small")["worst_cycles"], whole["worst_cycles"], "cycles of the fall-back")
    case.refused("compile", model, "-o", "x", *CALIB, "--chip", small, "--schedule", "pipeline", says="activation")
    case.equal(case.ttfs("check", model, "--chip", small, "--schedule", "pipeline").code, 1, "check of a pipeline")
    case.good("check", model, "--chip", small, "--schedule", "latency")
    case.refused("compile", model, "-o", "x", *CALIB, "--schedule", "soup", code=2, says=("--schedule", "soup", "pipeline"))


def main(net, chip):
    case = Case()
    model = os.path.join(DIGITS, net + ".onnx")
    asked(case, model, chip)
    if chip == "one":
        streamed(case, model)
    chosen(case, model, chip)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
