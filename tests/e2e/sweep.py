# SPDX-License-Identifier: Apache-2.0
"""`ttfs sweep` and `ttfs merge`: closed forms against the search for crossings and against `run`, the document against
its schema, shards and runs that go on byte for byte, refusals.

Argument: `engines`, `shards`, `words`, `chip` (axes of the integers) or `recipes` (examples/sweep).
"""
import json
import os
import re
import subprocess
import sys

from e2e import DIGITS, LIMIT_S, SOURCE, TTFS, Case, need

TEST = os.path.join(DIGITS, "test.npz")
AXES = ("--vary", "margin=-0.7,-0.3,0,0.5", "--vary", "time-noise=0,0.02,0.2", "--vary", "slope-noise=0,0.01,0.1")
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "number": (int, float), "null": type(None)}


def sweep(case, *more, **how):
    return case.json("sweep", "out", "--input", TEST, *more, **how)


# ---- the schema ------------------------------------------------------------------------------------


def fits(value, schema, whole):
    """Whether a value is what a schema says, of the words that ours has; what is wrong, or None."""
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].split("/")[-1]]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, TYPES["number" if k == "integer" else k]) and
                         not (k in ("integer", "number") and isinstance(value, bool)) and
                         not (k == "integer" and value != int(value)) for k in kinds):
        return "%r is no %s" % (value, kinds)
    if "enum" in schema and value not in schema["enum"]:
        return "%r is none of %s" % (value, schema["enum"])
    if isinstance(value, (int, float)) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return "%r is out of range" % value
    if isinstance(value, dict):
        known = schema.get("properties", {})
        missing = [k for k in schema.get("required", []) if k not in value]
        foreign = [k for k in value if k not in known and schema.get("additionalProperties") is False]
        wrong = [k + ": " + w for k, v in value.items() if k in known for w in [fits(v, known[k], whole)] if w]
        return ", ".join(missing + foreign + wrong) or None
    if isinstance(value, list) and "items" in schema:
        return next((w for v in value for w in [fits(v, schema["items"], whole)] if w), None)
    return None


def check_schema(case, document):
    with open(os.path.join(SOURCE, "hw", "sweep.schema.json"), encoding="utf-8") as f:
        schema = json.load(f)
    case.equal(fits(document, schema, schema), None, "the document beside hw/sweep.schema.json")
    for damaged in (dict(document, seed="1"), dict(document, extra=1),
                    {k: v for k, v in document.items() if k != "points"}):
        case.check(fits(damaged, schema, schema) is not None, "a damaged document fits the schema")


# ---- engines ---------------------------------------------------------------------------------------


def point(document, axis, value):
    return next(p for p in document["points"] if p["axis"] == axis and abs(p["value"] - value) < 1e-12)


def check_engines(case, model, *more):
    """The same noise: the same classes, and the same figures but for rounding to float32."""
    common = AXES + ("--model", model, "--count", 96, "--trials", 3, "--seed", 5) + more
    fast = sweep(case, *common, "-o", "fast.json")
    exact = sweep(case, *common, "--engine", "exact", "-o", "exact.json")
    check_schema(case, fast)
    case.equal(len(fast["points"]), len(exact["points"]), "points")
    differ = 0
    for a, b in zip(fast["points"], exact["points"]):
        what = "%s %s, model %s: " % (a["axis"], a["value"], model)
        for x, y in zip(a["counts"], b["counts"]):
            differ += abs(x["right"] - y["right"]) + abs(x["agree"] - y["agree"])
            case.check(abs(x["spikes"] - y["spikes"]) <= 1e-4 * y["spikes"], what + "spikes %s %s" % (x["spikes"], y["spikes"]))
            case.equal(x["latency"], y["latency"], what + "latency")
            for p, q in zip(x["error"], y["error"]):
                case.check(abs(p - q) <= 1e-3 * q + 500, what + "errors %s %s" % (p, q))
        case.check(abs(a["saturated"] - b["saturated"]) < 1e-4, what + "saturated")
    case.check(differ <= 2, "%d classes differ between fast and exact" % differ)
    quiet, loud = point(fast, "time-noise", 0.02), point(fast, "time-noise", 0.2)
    case.check(quiet["worst_layer"]["mean_abs_error"] < loud["worst_layer"]["mean_abs_error"], "more noise, less error")
    case.check(point(fast, "margin", -0.7)["saturated"] > 10 * point(fast, "margin", 0)["saturated"], "no saturation")
    case.equal(len(set(p["accuracy"]["trials"][0] for p in fast["points"] if p["value"] == 0)), 1, "neutral points")
    trials = [c["error"] for c in loud["counts"]]
    case.check(len(set(map(tuple, trials))) == 3, "trials are alike")


def check_run(case, model, axis, value, *more):
    """A point of the first trial is what run gives with windows from calibration."""
    words = ("--model", model, "--count", 96, "--seed", 5) + more
    run = case.json("run", "out", "--input", TEST, "--engine", "exact", "--windows", "calibration",
                    "--" + axis, value, *words)
    for engine in ("exact", "fast"):
        p = sweep(case, "--engine", engine, "--vary", "%s=%s" % (axis, value), "--trials", 1, *words, "-o", "one.json")["points"][0]
        case.equal((p["accuracy"]["mean"], p["agreement"]["mean"], p["latency"]),
                   (run["accuracy"], run["agreement"], run["latency"]), "%s %s=%s model %s beside run" % (engine, axis, value, model))


def engines(case):
    case.compile("digits_cnn", "out")
    for model in ("a", "b"):
        check_engines(case, model)
        check_engines(case, model, "--unit", "input", "--slope-noise-per", "channel")
        for axis, value in (("margin", 0), ("margin", -0.6), ("time-noise", 0.1), ("slope-noise", 0.1)):
            check_run(case, model, axis, value)
        check_run(case, model, "time-noise", 0.3, "--unit", "input")
        check_run(case, model, "slope-noise", 0.1, "--slope-noise-per", "channel")
    relu = case.json("run", "out", "--input", TEST, "--engine", "relu")
    free = sweep(case, "--vary", "margin=1e3", "--vary", "weight-noise=0,0.2", "--trials", 2, "-o", "free.json")
    case.equal(free["points"][0]["accuracy"]["mean"], relu["accuracy"], "wide windows beside relu")
    case.equal(free["points"][0]["agreement"]["mean"], 1, "agreement of wide windows")
    noisy = [sweep(case, "--vary", "weight-noise=0.2", "--weight-noise-kind", kind, "--trials", 2, "-o", "weights.json")["points"][0]
             for kind in ("relative", "added")]
    case.equal(noisy[0]["counts"], free["points"][2]["counts"], "weight noise beside another point")
    case.check(noisy[0]["accuracy"]["mean"] > noisy[1]["accuracy"]["mean"], "added noise is not more than relative noise")
    case.check(noisy[0]["counts"][0] != noisy[0]["counts"][1], "weights of trials are alike")


# ---- shards ----------------------------------------------------------------------------------------


def content(case, name):
    with open(case.path(name), "rb") as f:
        return f.read()


def shards(case):
    case.compile("digits_mlp", "out")
    words = ("sweep", "out", "--input", TEST, "--count", 40, "--vary", "margin=-0.5,0", "--vary", "time-noise=0,0.05,0.1",
             "--vary", "weight-noise=0.1", "--vary", "slope-noise=0.001:0.1:9:log", "--trials", 3)
    case.good(*words, "-o", "whole.json", "--csv", "whole.csv", "--threads", 1)
    for n in (1, 2, 3, 7):
        parts = ["part-%d-%d.json" % (n, i) for i in range(1, n + 1)]
        for i, part in enumerate(parts):
            case.good(*words, "-o", part, "--shard", "%d/%d" % (i + 1, n), "--threads", 1 + i % 2)
        case.good("merge", *reversed(parts), "-o", "merged.json", "--csv", "merged.csv")
        case.equal(content(case, "merged.json"), content(case, "whole.json"), "%d shards" % n)
        case.equal(content(case, "merged.csv"), content(case, "whole.csv"), "lines of %d shards" % n)
    parts = ["part-3-%d.json" % i for i in (1, 2, 3)]
    case.refused("merge", *parts[1:], "-o", "x.json", says="shard 1/3 is missing")
    case.refused("merge", *parts, parts[1], "-o", "x.json", says=["shard 2/3", "part-3-2.json"])
    case.refused("merge", *parts[:2], "part-7-3.json", "-o", "x.json", says=["part-7-3.json", "7 shards"])
    case.refused("merge", "whole.json", "-o", "x.json", says=["whole.json", "not a shard"])
    case.refused("merge", *parts, code=2, says="-o")
    case.good(*words, "--seed", 2, "-o", "foreign.json", "--shard", "3/3")
    case.refused("merge", *parts[:2], "foreign.json", "-o", "x.json", says=["foreign.json", "another sweep"])
    case.refused(*words, "-o", "x.json", "--csv", "./x.json", code=2, says=["--csv", "x.json"])
    case.refused("merge", *parts, "-o", "x.json", "--csv", "x.json", code=2, says="--csv")
    case.refused("merge", *parts, "-o", os.path.join(".", parts[1]), code=2, says=["-o", parts[1]])
    case.refused("merge", *parts, "-o", "x.json", "--csv", parts[0], code=2, says=["--csv", parts[0]])
    goes_on(case, words, parts)
    kept(case, words, parts)
    case.check(not os.path.exists(case.path("x.json")), "a refused merge wrote its file")


def goes_on(case, words, parts):
    """What a file holds is kept, not run again; what it lacks is run."""
    whole = content(case, "whole.json")
    half = json.loads(whole)
    half["points"][3]["counts"][1] = None
    half["points"][0]["counts"][0] = None
    case.write("half.json", json.dumps(half))
    case.good(*words, "-o", "half.json", "--threads", 2)
    case.equal(content(case, "half.json"), whole, "a run that went on")
    half["points"][2]["counts"][0]["agree"] = 7
    case.write("half.json", json.dumps(half))
    case.good(*words, "-o", "half.json")
    case.equal(json.loads(content(case, "half.json"))["points"][2]["agreement"]["mean"], 7 / 40, "what was kept")
    r = case.good(*words, "--seed", 9, "-o", "half.json")
    case.check("half.json" in r.err and "replaced" in r.err, "another sweep's file is replaced without a word:\n%s" % r)
    part = json.loads(content(case, parts[0]))
    part["points"][0]["counts"][0] = None
    case.write("cut.json", json.dumps(part))
    case.refused("merge", "cut.json", *parts[1:], "-o", "x.json", says=["cut.json", "not finished"])


def kept(case, words, parts):
    """A shard replaces no file but its own; what cannot be read is never replaced."""
    case.write("notes.txt", "mine")
    with open(case.path("huge.json"), "wb") as f:
        f.truncate(257 << 20)
    for name, shard, says in ((parts[0], "1/1", "another part"), ("foreign.json", "3/3", "another sweep"),
                              ("whole.json", "1/3", "another part"), ("notes.txt", "1/3", "no file of a sweep")):
        before = content(case, name)
        case.refused(*words, "-o", name, "--shard", shard, says=[name, says, "-o"])
        case.equal(content(case, name), before, "a file that is not the shard's")
    case.refused(*words, "-o", "huge.json", says=["huge.json", "bytes"])
    case.equal(os.path.getsize(case.path("huge.json")), 257 << 20, "a file that cannot be read")


# ---- words -----------------------------------------------------------------------------------------


def words(case):
    case.compile("digits_mlp", "out")
    base = ("sweep", "out", "--input", TEST, "--count", 8)
    for vary, says in (("margins=0", "'margin'"), ("margin", "AXIS=LIST"), ("margin=", "empty"), ("margin=-1", "above -1"),
                       ("margin=-0.5,-1.5", "-1.5"), ("margin=0,", "comma"), ("margin=x", "numbers"), ("margin=nan", "numbers"),
                       ("time-noise=1.5", "range, 0 to 1"), ("time-noise=-0.1", "-0.1"), ("slope-noise=2", "0 to 1"),
                       ("weight-noise=1:2:3", "0 to 1"), ("margin=0:1", "LO:HI:STEPS"), ("margin=0:1:1", "STEPS"),
                       ("margin=0:1:2.5", "STEPS"), ("margin=-1e308:1e308:3", "-1e+308 is not"), ("margin=0:1e308:3", " 1e+308 is not"), ("margin=0:1:3:log", "above 0"), ("margin=0:1:3:lin", "LO:HI:STEPS")):
        case.refused(*base, "--vary", vary, code=2, says=["--vary", says])
    case.refused(*base, code=2, says="--vary")
    case.refused(*base, "--vary", "margin=0", "--vary", "margin=1", code=2, says="already")
    case.refused(*base, "--vary", "margin=0:1:900", "--vary", "time-noise=0:1:900", code=2, says="1000")
    for option, value in (("--engine", "rtl"), ("--model", "c"), ("--unit", "second"), ("--trials", "0"), ("--trials", "10001"),
                          ("--shard", "0/3"), ("--shard", "4/3"), ("--shard", "1"), ("--shard", "1/3x"), ("--preset", "mine"),
                          ("--slope-noise-per", "layer"), ("--weight-noise-kind", "odd"), ("--count", "0"), ("--seed", "-1")):
        case.refused(*base, "--vary", "margin=0", "-o", "x.json", option, value, code=2, says=option)
    case.refused(*base, "--vary", "margin=0", "--shard", "1/2", code=2, says="-o")
    case.refused(*base, "--vary", "weight-noise=0.1", "--engine", "exact", code=2, says="weight-noise")
    case.refused("sweep", "absent", "--input", TEST, "--vary", "margin=0", says="absent")
    case.refused("merge", "absent.json", "-o", "x.json", says="absent.json")
    case.write("text.json", "{}")
    case.refused("merge", "text.json", "-o", "x.json", says=["text.json", "'product'"])
    case.refused(*base, "--vary", "time-noise=0.1:0.9:900", "--trials", 10000, "-o", "x.json", code=2, says=["--trials", "256 MiB"])
    case.refused("run", "out", "--input", TEST, "--engine", "exact", "--windows", "wide", code=2, says="--windows")
    case.check(not os.path.exists(case.path("x.json")), "a refused sweep wrote its file")
    grid = case.json(*base, "--vary", "margin=0,1", "--vary", "time-noise=0:0.2:3", "--grid", "--trials", 1)
    case.equal([[p["settings"]["margin"], p["settings"]["time-noise"]] for p in grid["points"]],
               [[m, t] for m in (0, 1) for t in (0, 0.1, 0.2)], "points of a grid")
    with open(case.path("out", "report", "sweep.json"), encoding="utf-8") as f:
        case.equal(json.load(f), grid, "the file in the folder beside --json")
    preset = case.json(*base, "--preset", "exact-mapping", "--trials", 1, "-o", "preset.json")
    case.equal((preset["unit"], preset["slope_noise_per"], len(preset["points"])), ("input", "channel", 23), "the preset")
    log = case.json(*base, "--vary", "time-noise=0.001:0.1:3:log", "--trials", 1, "-o", "log.json")
    case.check(abs(log["points"][1]["value"] - 0.01) < 1e-12 and log["points"][1]["scale"] == "log", "a list by factors")
    pages(case, base)
    case.compile("digits_mlp", "out")  # over a folder with a sweep in it


def page(case):
    case.good("report", "out")
    with open(case.path("out", "report", "index.html"), encoding="utf-8") as f:
        return f.read()


def pages(case, base):
    """A panel an axis; of a grid and of a damaged document words."""
    case.check("A grid of 6 points" in page(case), "the page does not say that there is a grid")
    document = case.json(*base, "--preset", "exact-mapping", "--trials", 2)
    text = page(case)
    case.equal(text.count('<svg class="sweep"'), 3, "panels")
    case.equal(text.count("<circle"), 2 * len(document["points"]), "points of panels")
    case.equal(text.count(", neutral<"), 4, "neutral points")
    case.equal(text.count("(by factors)"), 2, "axes by factors")
    for p in document["points"]:
        figure = "%.6g: %.2f %% " % (p["value"], 100 * p["accuracy"]["mean"])
        case.check(figure in text, "the page lacks " + figure)
    case.check("nan" not in text.lower().replace("nanojoule", ""), "the page has a figure that is none")
    case.write("out/report/sweep.json", "{}")
    case.check("cannot be read" in page(case), "a damaged document is not said")
    os.remove(case.path("out", "report", "sweep.json"))
    case.check("Nothing was swept yet" in page(case), "a sweep that nobody made")


# ---- the integers that are compiled ---------------------------------------------------------------

NEUTRAL = (("ticks", 0), ("weight-bits", 0), ("percentile", 0), ("jitter", 0), ("drop", 0), ("stuck", 0), ("flip", 0), ("early", 1),
           ("weight-noise", 0))
KEYS = ("accuracy", "agreement", "spikes_per_neuron", "latency_ticks")


def vary(*axes):
    return [word for axis in axes for word in ("--vary", axis)]


def figures(p):
    return (p["accuracy"]["mean"], p["agreement"]["mean"], p["spikes_per_neuron"], p["latency"])


def check_neutral(case):
    run = case.json("run", "out", "--input", TEST, "--engine", "jit")
    d = sweep(case, "--engine", "jit", *vary(*("%s=%s" % a for a in NEUTRAL)), "-o", "neutral.json")
    check_schema(case, d)
    for p in d["points"]:
        case.equal(figures(p), tuple(run[k] for k in KEYS), "%s without fault beside run" % p["axis"])
        case.equal(p["worst_layer"]["mean_abs_error"], 0, "error of %s without fault" % p["axis"])


def values(case, folder):
    """The values of fc1 in real units, by sample and neuron, that are not 0; and the end of its window."""
    case.good("run", folder, "--input", TEST, "--engine", "golden", "--trace", "t.txt")
    with open(case.path(folder, "forms", "spike.txt"), encoding="utf-8") as f:
        fc1 = f.read().split('"fc1" relu')[1]
    ticks, scale = int(re.search(r"ticks (\d+)", fc1)[1]), float.fromhex(re.search(r"scale (\S+) offset 0x0p", fc1)[1])
    with open(case.path("t.txt"), encoding="utf-8") as f:
        samples = f.read().split("sample ")[1:]
    return {(i, neuron): (ticks - int(tick)) * scale for i, sample in enumerate(samples)
            for tick, neuron in re.findall(r'spike "fc1" tick (\d+) neuron (\d+)', sample)}, ticks * scale


def error(clean, other, count):
    return sum(abs(clean.get(k, 0) - other.get(k, 0)) for k in set(clean) | set(other)) / count


def check_again(case):
    """Another grid is what a compilation with it runs that has windows of the same kind, without its samples (windows of channels:
    test fitted); its error is that of the values, in real units."""
    clean, top = values(case, "out")
    for axis, value in (("ticks", 15), ("weight-bits", 3), ("percentile", 0.8)):
        case.compile("digits_mlp", "other", "--quantiser", "fitted", "--" + axis, value)
        run = case.json("run", "other", "--input", TEST, "--engine", "jit")
        p = sweep(case, *vary("%s=%s" % (axis, value)), "-o", "again.json")["points"][0]
        case.equal(figures(p), tuple(run[k] for k in KEYS), "%s=%s beside a compilation" % (axis, value))
        want, worst = error(clean, values(case, "other")[0], 450 * 32), p["worst_layer"]
        case.check(abs(worst["mean_abs_error"] / want - 1) < 1e-6 and abs(worst["share_of_window"] * top / want - 1) < 1e-6,
                   "%s=%s: %s, an error of %.9g expected" % (axis, value, worst, want))


def check_faults(case):
    """More of a fault is more of what it does."""
    d = sweep(case, *vary("jitter=2,20", "drop=0.1,0.9,1", "stuck=0.1,0.9,1", "flip=0.001,0.1", "early=0,0.25,0.75,1"),
              "--engine", "jit", "--trials", 3, "-o", "faults.json")
    at = {(p["axis"], p["value"]): p for p in d["points"]}
    for axis, less, more in (("jitter", 2, 20), ("drop", 0.1, 0.9), ("stuck", 0.1, 0.9), ("flip", 0.001, 0.1)):
        a, b = at[axis, less], at[axis, more]
        case.check(0 < a["worst_layer"]["share_of_window"] < b["worst_layer"]["share_of_window"], "errors of " + axis)
        case.check(a["accuracy"]["mean"] > b["accuracy"]["mean"], "accuracy of " + axis)
        case.check(len(set(json.dumps(c) for c in a["counts"])) == 3, "trials of %s are alike" % axis)
    whole = at["early", 1]
    for axis in ("drop", "stuck"):
        case.equal(at[axis, 1]["spikes_per_neuron"], 0, "spikes with %s=1" % axis)
        share = at[axis, 0.9]["spikes_per_neuron"] / whole["spikes_per_neuron"]
        case.check(share < 0.2, "%s=0.9 leaves %.2f of the spikes" % (axis, share))
    early = [at["early", v] for v in (0, 0.25, 0.75, 1)]
    case.equal([whole["latency"] - p["latency"] for p in early], [255, 191, 64, 0], "ticks that early takes off")
    case.check(early[0]["accuracy"]["mean"] < 0.2 < early[2]["accuracy"]["mean"], "accuracy of early")
    case.equal([p["worst_layer"]["mean_abs_error"] for p in early], [0] * 4, "errors of what is read early")


def check_early(case):
    """In fine ticks the class that is read early is that of continuous time."""
    case.compile("digits_mlp", "fine", "--ticks", "4095", "--weight-bits", "14", "--stop-after", "spike")
    words = ("sweep", "fine", "--input", TEST, *vary("early=0,0.3,0.6,1"))
    ticks, times = (case.json(*words, "--engine", engine, "-o", engine + ".json")["points"] for engine in ("jit", "fast"))
    for a, b in zip(ticks, times):
        case.check(abs(a["counts"][0]["right"] - b["counts"][0]["right"]) <= 2, "early=%g: right %s, %s" % (
            a["value"], a["counts"][0]["right"], b["counts"][0]["right"]))
    case.check(times[1]["accuracy"]["mean"] < times[3]["accuracy"]["mean"], "what is read early is as good")
    whole = case.json("sweep", "fine", "--input", TEST, *vary("margin=0"), "-o", "margin.json")["points"][0]
    case.equal((times[3]["counts"], times[3]["latency"] > times[1]["latency"]), (whole["counts"], True), "early=1 beside margin=0")


def check_shards(case):
    words = ("sweep", "out", "--input", TEST, "--count", 60, "--trials", 2, "--engine", "jit",
             *vary("ticks=0,7", "jitter=0,3", "flip=0,0.01", "early=0.5,1"), "--grid")
    case.good(*words, "-o", "whole.json", "--threads", 1)
    case.good(*words, "-o", "two.json", "--threads", 2)
    case.equal(content(case, "two.json"), content(case, "whole.json"), "two threads")
    for n in (2, 7):
        parts = ["chip-%d-%d.json" % (n, i) for i in range(1, n + 1)]
        for i, part in enumerate(parts):
            case.good(*words, "-o", part, "--shard", "%d/%d" % (i + 1, n))
        case.good("merge", *reversed(parts), "-o", "merged.json")
        case.equal(content(case, "merged.json"), content(case, "whole.json"), "%d shards of the chip" % n)
    half = json.loads(content(case, "whole.json"))
    half["points"][3]["counts"][0] = None
    case.write("half.json", json.dumps(half))
    case.good(*words, "-o", "half.json")
    case.equal(content(case, "half.json"), content(case, "whole.json"), "a run of the chip that went on")


def chip_refusals(case):
    base = ("sweep", "out", "--input", TEST, "--count", 8, "-o", "x.json")
    for axis, says in (("ticks=0.5", "whole numbers 1 to 65535"), ("ticks=1:4:3", "2.5"), ("weight-bits=17", "2 to 16"),
                       ("percentile=0.4", "0.5 to 1"), ("jitter=-1", "0 to 65535"), ("drop=1.5", "0 to 1"), ("stuck=-0.1", "0 to 1"),
                       ("flip=2", "0 to 1"), ("early=1.01", "0 to 1")):
        case.refused(*base, *vary(axis), code=2, says=["--vary", says])
    case.refused(*base, *vary("drop=0.1", "margin=0.1"), code=2, says=["'drop'", "engine jit", "not of fast"])
    case.refused(*base, *vary("drop=0.1"), "--engine", "exact", code=2, says=["'drop'", "engine jit", "not of exact"])
    case.refused(*base, *vary("weight-noise=0.1", "time-noise=0"), "--engine", "jit", code=2, says=["'time-noise'", "fast, exact"])
    for option in (("--model", "a"), ("--unit", "input"), ("--slope-noise-per", "neuron")):
        case.refused(*base, *vary("drop=0.1"), *option, code=2, says=option[0])
    case.compile("digits_mlp", "bare", "--quantiser", "plain")
    with open(case.path("bare", "manifest.json"), encoding="utf-8") as f:
        manifest = f.read()
    case.write("bare/manifest.json", manifest.replace('"plain"', '"fitted"'))
    case.refused("sweep", "bare", "--input", TEST, *vary("ticks=7"), says=["fitted", "--quantiser plain"])
    case.good("sweep", "bare", "--input", TEST, "--count", 8, *vary("drop=0.1"), "--trials", 1)
    os.remove(case.path("out", "forms", "calib.blob"))
    case.refused(*base, *vary("ticks=7"), says="holds no calibration")
    case.check(not os.path.exists(case.path("x.json")), "a refused sweep wrote its file")


def plain_all_the_same(case):
    """Weights that auto left plain, as no samples were kept or no memory was left to fit to them, are made again plain."""
    model, ticks = os.path.join(DIGITS, "digits_mlp.onnx"), vary("ticks=7")
    case.compile("digits_mlp", "bare", "--quantiser", "plain")
    r = case.good("compile", model, "-o", "kept", "--calib", "bare")
    case.check("weights are plain, not fitted" in r.err, "a calibration without samples: %s" % r)
    r = case.compile("digits_mlp", "small", "--memory", "4M")
    case.check("--memory" in r.err, "weights that are plain for want of memory: %s" % r)
    base = ("--input", TEST, "--count", 60, "--trials", 1, *ticks)
    want = case.json("sweep", "bare", *base, "-o", "bare.json")["points"]
    for folder in ("kept", "small"):
        case.equal(case.json("sweep", folder, *base, "-o", folder + ".json")["points"], want, "ticks of " + folder)
    case.compile("digits_mlp", "lost", "--quantiser", "fitted")
    with open(case.path("bare", "forms", "calib.blob"), "rb") as f:
        case.write("lost/forms/calib.blob", f.read())  # the same without samples
    case.refused("sweep", "lost", *base, says=["weights were fitted to samples", "--quantiser plain"])


def chip(case):
    case.compile("digits_mlp", "out", "--quantiser", "fitted")
    plain_all_the_same(case)
    check_neutral(case)
    check_again(case)
    check_faults(case)
    check_early(case)
    check_shards(case)
    case.good("sweep", "out", "--input", TEST, "--count", 40, *vary("drop=0,0.1", "ticks=0,7", "early=0.5,1"), "--trials", 2)
    text = page(case)
    case.equal(text.count('<svg class="sweep"'), 3, "panels of the chip")
    case.equal(text.count(", neutral<"), 6, "neutral points of the chip")
    case.check("Integers of the chip" in text, "the page does not say what was swept")
    chip_refusals(case)


# ---- recipes ---------------------------------------------------------------------------------------


def script(case, name, *args, **env):
    p = subprocess.run([os.path.join(os.path.abspath(SOURCE), "examples", "sweep", name), *args], cwd=case.folder,
                       env=dict(os.environ, **env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=LIMIT_S)
    return case.check(p.returncode == 0, "%s ended with %d:\n%s" % (name, p.returncode, p.stdout.decode(errors="replace")))


def recipes(case):
    need("parallel")
    case.compile("digits_mlp", "out")
    sweep = ("sweep", "out", "--input", TEST, "--count", "40", "--vary", "margin=-0.5,0", "--vary", "time-noise=0.05", "--trials", "3")
    case.good(*sweep, "-o", "whole.json")
    command = (os.path.abspath(TTFS),) + sweep
    script(case, "parallel.sh", "with spaces.json", "3", *command, JOBS="2", HOME=case.folder)
    case.equal(content(case, "with spaces.json"), content(case, "whole.json"), "GNU parallel")
    for task, count in (("1", "2"), ("2", "2"), ("1", "1")):  # the last one is submitted again
        script(case, "slurm.sh", "slurm.json", "2", *command, SLURM_ARRAY_TASK_ID=task, SLURM_ARRAY_TASK_COUNT=count,
               SLURM_CPUS_PER_TASK="2")
    case.good("merge", "slurm.json.parts/1.json", "slurm.json.parts/2.json", "-o", "slurm.json")
    case.equal(content(case, "slurm.json"), content(case, "whole.json"), "a Slurm array")


def main():
    case = Case()
    {"engines": engines, "shards": shards, "words": words, "chip": chip, "recipes": recipes}[sys.argv[1]](case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
