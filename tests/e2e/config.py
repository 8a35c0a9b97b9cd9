# SPDX-License-Identifier: Apache-2.0
"""The config file and chip descriptions: what an option says a config says too, the command line
wins, paths are relative to the file; unknown keys are refused with the nearest known one.
"""
import json
import os
import re
import shutil
import sys

from e2e import DIGITS, Case, few, tree

MODEL = os.path.join(DIGITS, "digits_mlp.onnx")

REFUSED = (
    ({"tick": 15}, "ticks"), ({"weight-bit": 4}, "weight_bits"), ({"wieght_bits": 4}, "weight_bits"),
    ({"layers": {"fc1": {"tikcs": 3}}}, "ticks"), ({"layers": {"fc1": 3}}, "fc1"),
    ({"layers": []}, "layers"), ({"input": {"men": [0], "std": [1]}}, "mean"),
    ({"input": {"mean": [0.5], "std": [0]}}, "std"), ({"input": {"mean": [0.5]}}, "input"),
    ({"ticks": 0}, "ticks"), ({"ticks": 1.5}, "ticks"), ({"ticks": [1, 2]}, "ticks"),
    ({"ticks": {"a": 1}}, "ticks"), ({"ticks": None}, "ticks"), ({"ticks": 1e300}, "ticks"),
    ({"layers": {"fc1": {"ticks": -3}}}, "ticks"), ({"layers": {"no_such_layer": {"ticks": 3}}},
                                                   "no_such_layer"),
    ({"percentile": 0.3}, "'0.3'"), ({"input_range": [0.3, 0.1]}, "'0.3:0.1'"),
    ({"input_range": [1, 0]}, "input-range"), ({"chip": "onee"}, "one"), ([1, 2], "c.json"),
)
BROKEN = ("", "{", "{\"ticks\": 15,}", "nonsense", "{\"ticks\": 15} x", "[" * 20000, "\0\0\0",
          "{\"ticks\": \"\\ud800\"}", "{\"layers\": " + "{\"a\": " * 2000)


def configs(case):
    calib = os.path.join(DIGITS, "calib.npz")
    case.good("compile", MODEL, "-o", "by-option", "--calib", calib, "--ticks", "31",
              "--weight-bits", "5", "--chip", "tiny", "--percentile", "0.99", "--schedule", "overlap")
    os.makedirs(case.path("conf"))
    shutil.copy(calib, case.path("conf", "calib.npz"))
    case.write("conf/c.json", json.dumps({"ticks": 31, "weight_bits": 5, "chip": "tiny",
                                          "calib": "calib.npz", "percentile": 0.99, "schedule": "overlap"}))
    case.good("compile", MODEL, "-o", "by-config", "--config", case.path("conf", "c.json"))
    case.check(tree(case.path("by-option")) == tree(case.path("by-config")),
               "the config file does not say the same as the options")
    case.good("compile", MODEL, "-o", "both", "--config", case.path("conf", "c.json"),
              "--ticks", "15")
    with open(case.path("both", "manifest.json"), encoding="utf-8") as f:
        case.equal(json.load(f)["options"]["ticks"], 15, "ticks: the command line wins")

    case.write("layer.json", json.dumps({"layers": {"fc1": {"ticks": 15, "weight_bits": 4}}}))
    case.good("compile", MODEL, "-o", "layer", "--config", "layer.json", "--calib", calib)
    for content, says in REFUSED:
        case.write("c.json", json.dumps(content))
        r = case.ttfs("compile", MODEL, "-o", "x", "--calib", calib, "--config", "c.json")
        case.check(r.code == 1 and "ttfs: error: " in r.err and says in r.err,
                   "config %s: expected a refusal that says '%s':\n%s" % (content, says, r))
    for text in BROKEN:
        case.write("c.json", text)
        case.refused("compile", MODEL, "-o", "x", "--config", "c.json", says="c.json")
    for text, line in (("{\"ticks\": 15,\n", 1), ("{\"ticks\": 15,\n\n\"a\" 3\n}", 3)):
        case.write("c.json", text)
        case.refused("compile", MODEL, "-o", "x", "--config", "c.json", says="c.json:%d:1: not JSON" % line)
    case.check(not os.path.exists(case.path("x")), "a refused config wrote a folder")


def layer_bounds(case):
    """What a layer's options may be, to the last value: taken ones are what the layer then has."""
    calib = os.path.join(DIGITS, "calib.npz")

    def compile_(key, value):
        case.write("layer.json", json.dumps({"layers": {"fc1": {key: value}}}))
        return case.ttfs("compile", MODEL, "-o", "bound", "--config", "layer.json", "--calib", calib,
                         "--stop-after", "spike")

    def has(pattern, text, what):
        case.check(re.search(pattern, text, re.S), "%s: no '%s' in the spike form" % (what, pattern))

    tops = {}
    for key, value, pattern in (("ticks", 1, r'"fc1" relu\n[^\n]*\n  ticks 1 '), ("ticks", 65535, r'"fc1" relu\n[^\n]*\n  ticks 65535 '),
                                ("weight_bits", 2, r'"fc1".*?dense from 1 [^\n]* bits 2 '),
                                ("weight_bits", 16, r'"fc1".*?dense from 1 [^\n]* bits 16 '),
                                ("percentile", 0.5, r"fc1"), ("percentile", 1, r"fc1")):
        what, r = "%s %s" % (key, value), compile_(key, value)
        if not case.check(r.code == 0, "%s is refused:\n%s" % (what, r)):
            continue
        with open(case.path("bound", "forms", "spike.txt"), encoding="utf-8") as f:
            has(pattern, f.read(), what)
        with open(case.path("bound", "manifest.json"), encoding="utf-8") as f:
            case.equal(json.load(f)["options"]["layers"], {"fc1": {key: value}}, what + " in the manifest")
        with open(case.path("bound", "report", "accuracy.json"), encoding="utf-8") as f:
            tops[what] = next(e for e in json.load(f)["layers"] if e["population"] == "fc1")
    half, whole = tops["percentile 0.5"], tops["percentile 1"]
    case.check(whole["window_top"] >= whole["seen_max"] and whole["saturated_share"] == 0, "percentile 1: %r" % whole)
    case.check(half["window_top"] < half["seen_max"] and half["saturated_share"] > 0.1, "percentile 0.5: %r" % half)
    for key, values, says in (("ticks", (0, 65536, 1.5, -1, "15", None, 1e300), "ticks: 1 to 65535 expected"),
                              ("weight_bits", (1, 17, 2.5, 0, "8", True), "weight_bits: 2 to 16 expected"),
                              ("percentile", (0.4999, 1.0001, 0, -1, "1", None), "percentile: 0.5 to 1 expected")):
        for value in values:
            r = compile_(key, value)
            case.check(r.code == 1 and "layer.json: fc1: " + says in r.err, "%s %r:\n%s" % (key, value, r))


def chips(case):
    chip = case.chip
    case.good("compile", MODEL, "-o", "chip", "--chip", chip(lanes=8))
    # What is left out and has a default is that default: the same image, the same chip in the manifest.
    case.good("compile", MODEL, "-o", "whole", "--chip", chip())
    case.good("compile", MODEL, "-o", "short", "--chip",
              chip(doc=None, weight_bits=None, slope_bits=None, acc_bits=None, ramp_bits=None, value_bits=None,
                   y_bits=None, x_bits=None, program_words=None, flows=None, buffers=None, segments=None,
                   counters=None))
    for name in ("image", "rtl", "forms"):
        case.equal(tree(case.path("short", name)), tree(case.path("whole", name)), "%s of a chip by its defaults" % name)
    with open(case.path("short", "manifest.json"), encoding="utf-8") as f, \
            open(case.path("whole", "manifest.json"), encoding="utf-8") as g:
        case.equal(json.load(f)["chip"], json.load(g)["chip"], "the chip in the manifest")
    for changes, says in (({"lane": 8}, "lanes"), ({"lanes": 0}, "lanes"), ({"lanes": -1}, "lanes"),
                          ({"lanes": 1 << 40}, "lanes"), ({"lanes": 2.5}, "lanes"),
                          ({"lanes": "16"}, "lanes"), ({"cores_x": 33}, "cores_x"),
                          ({"acc_bits": 33}, "acc_bits"), ({"value_bits": 40}, "value_bits"),
                          ({"weight_rows": 1e18}, "weight_rows"), ({"lanes": None}, "lanes")):
        case.refused("compile", MODEL, "-o", "x", "--chip", chip(**changes),
                     says=("chip.json", says))
    for text in BROKEN:
        case.refused("compile", MODEL, "-o", "x", "--chip", case.write("chip.json", text),
                     says="chip.json")
    # Too small: the layer, what it needs and what there is.
    case.refused("compile", MODEL, "-o", "x", "--chip", chip(weight_rows=50),
                 says=("fc1", "50"))
    case.refused("compile", MODEL, "-o", "x", "--chip", chip(acc_bits=8, slope_bits=8, ramp_bits=7))
    case.refused("compile", MODEL, "-o", "x", "--ticks", "300", says="255")


OTHER_KINDS = (None, "text", "", -1, 0.5, True, [], [1], [1, 2], [2, 1], [1, "2"], {}, {"mean": [0]},
               {"mean": [0], "std": [1]}, {"mean": ["0"], "std": [1]}, {"mean": [0] * 17, "std": [1] * 17},
               {"mean": [0, 1], "std": [1]}, {"mean": 0, "std": 1}, {"fc1": {"ticks": "x"}})


def other_kinds(case):
    """Every key with values of every kind: one way or the other, and each refusal names the key or the file."""
    keys = ("ticks", "weight_bits", "percentile", "chip", "schedule", "calib", "quantiser", "ramps", "input", "input_range", "layers", "threads",
            "memory", "help", "o", "k" * 200)
    taken, every = 0, few((key, value) for key in keys for value in OTHER_KINDS)
    for key, value in every:
        case.write("c.json", json.dumps({key: value}))
        r = case.ttfs("compile", MODEL, "-o", "x", "--stop-after", "canonical", "--config", "c.json")
        taken += r.code == 0
        case.check(r.code in (0, 1, 2), "%s: %r:\n%s" % (key, value, r))
        case.check(r.code == 0 or "ttfs: error: " in r.err, "%s: %r is refused without a word" % (key, value))
    case.check(len(every) // 90 <= taken < len(every) // 3, "%d values were taken" % taken)


def main():
    case = Case()
    configs(case)
    other_kinds(case)
    layer_bounds(case)
    chips(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
