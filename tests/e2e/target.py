# SPDX-License-Identifier: Apache-2.0
"""Targets in place of ticks and weight bits: what is chosen meets the target on the samples held back, which set no
window; the same knobs as options give the same bytes; nothing depends on threads; what cannot be met is said, what
cannot be asked is refused.
"""
import json
import os
import sys

from e2e import DIGITS, Case, npy, tree
from onnx_make import Model

MLP = os.path.join(DIGITS, "digits_mlp.onnx")
CALIB = os.path.join(DIGITS, "calib.npz")
FEW = ("--ticks", "12", "--weight-bits", "4")
OWN = ("manifest.json", os.path.join("report", "frontier.json"), os.path.join("report", "messages.json"))


def document(case, out, *name):
    with open(case.path(out, *name), encoding="utf-8") as f:
        return json.load(f)


def chosen(frontier):
    return next(p for p in frontier["points"] if p["chosen"])


def meets(p, loss):
    return max(p["loss"], p["bound_of_loss"], 6 * p["bound_of_loss"]) <= loss + 1e-9


def unproven(case, f, loss, r):
    """25 samples for proof tell 6 % from 0 by no means: expected, which is said, and not met."""
    t = f["target"]
    case.equal((t["met"], t["proof_samples"]), (False, 25), "what is proven")
    case.check(t["proven_loss"] > loss, "proven: %s" % t)
    case.check("is expected, not proven: of 25 samples" in r.err, "not said:\n%s" % r)


def proven(case, f, loss):
    t = f["target"]
    case.check(t["expected"] and t["proven_loss"] <= loss, "met, not proven: %s" % t)
    case.check(t["proven_loss"] >= 1 - 0.05 ** (1 / 25) - 1e-9, "25 samples prove too much: %s" % t)


def agreement(case):
    case.compile("digits_mlp", "out", *FEW, "--target-agreement", "85", "--threads", "1")
    f = document(case, "out", "report", "frontier.json")
    c = chosen(f)
    proven(case, f, 0.15)
    case.equal((f["target"]["met"], f["target"]["held_back"], f["target"]["agreement"]), (True, 51, 85), "target")
    case.check(len(f["points"]) > 4 and c["ticks"] < 12, "nothing was searched: %s" % f["points"])
    for p in f["points"]:
        case.equal(p["meets"], meets(p, 0.15), "%s meets" % p)
        case.check(p["agreement"]["low"] <= p["agreement"]["share"] <= p["agreement"]["high"], "interval of %s" % p)
    cheaper = [p for p in f["points"] if p["meets"] and p["cost"] < c["cost"] and not p["layers"]]
    case.equal(cheaper, [], "points that meet the target and cost less")
    with open(case.path("out", "report", "messages.json"), encoding="utf-8") as m:
        case.check("settings that were tried" in m.read(), "the choice is not explained")
    case.compile("digits_mlp", "seven", *FEW, "--target-agreement", "85", "--threads", "7")
    case.check(tree(case.path("out")) == tree(case.path("seven")), "the threads decide on something")


def no_part(case):
    """What was tried is judged the same when the samples for proof are others."""
    import zipfile
    with zipfile.ZipFile(CALIB) as z:
        data = z.read("x.npy")
    size, count = 64 * 4, 256
    start, held = len(data) - size * count, count // 5
    rows = [data[start + i * size:][:size] for i in range(count)]
    for i in range(count - held + 1, count, 2):
        rows[i] = rows[0]
    case.write("others.npy", data[:start] + b"".join(rows))
    case.good("compile", MLP, "-o", "others", "--calib", "others.npy", *FEW, "--target-agreement", "85")
    a, b = (document(case, out, "report", "frontier.json") for out in ("out", "others"))
    case.equal((a["points"], a["target"]["proof_samples"]), (b["points"], 25), "the points, with other samples for proof")


def same_bytes(case):
    """What was chosen, as options, on the samples that set windows."""
    options = document(case, "out", "manifest.json")["options"]
    case.write("c.json", json.dumps({"layers": options["layers"]}))
    case.compile("digits_mlp", "explicit", "--ticks", options["ticks"], "--weight-bits", options["weight_bits"], "--quantiser", options["quantiser"],
                 "--config", "c.json", "--calib-count", document(case, "out", "manifest.json")["calib_count"])
    want, got = tree(case.path("out")), tree(case.path("explicit"))
    case.equal(sorted(n for n in want if n not in OWN and got.get(n) != want[n]), [], "with explicit options differ")
    case.good("compile", "--weights-only", "out", MLP, "-o", "again", "--calib", CALIB)
    again = tree(case.path("again"))
    case.equal(sorted(n for n in want if n not in OWN and again.get(n) != want[n]), [], "with --weights-only differ")


def drop(case):
    """By labels beside the samples, and from a file of their own, by a config; bits a layer."""
    import zipfile
    with zipfile.ZipFile(CALIB) as z:
        case.write("x.npy", z.read("x.npy")), case.write("y.npy", z.read("y.npy"))
    r = case.compile("digits_mlp", "drop", *FEW, "--max-drop", "6", "--optimise", "memory")
    f = document(case, "drop", "report", "frontier.json")
    case.equal((f["target"]["expected"], f["target"]["optimise"]), (True, "memory"), "target")
    unproven(case, f, 0.06, r)
    case.check(f["float_accuracy"]["share"] > 0.9 and "accuracy" in chosen(f), "no accuracy: %s" % chosen(f))
    case.check(chosen(f)["memory_bits"] < max(p["memory_bits"] for p in f["points"]), "no memory saved")
    case.write("t.json", json.dumps({"max_drop": 6, "optimise": "memory", "calib": "x.npy", "calib_labels": "y.npy",
                                     "ticks": 12, "weight_bits": 4}))
    case.good("compile", MLP, "-o", "by-config", "--config", "t.json")
    case.equal(document(case, "by-config", "report", "frontier.json"), f, "the frontier by a config file")


def missed(case):
    r = case.compile("digits_mlp", "missed", "--ticks", "1", "--weight-bits", "2", "--target-agreement", "99.9")
    case.check("is not reached with up to 1 ticks and 2 bits" in r.err, "not said:\n%s" % r)
    f = document(case, "missed", "report", "frontier.json")
    case.equal((f["target"]["met"], chosen(f)["ticks"], chosen(f)["weight_bits"]), (False, 1, 2), "what was taken")
    case.equal(chosen(f)["unseen_loss"], 1, "the most that others lose, which is all")
    case.check(" 0 % or more of samples" in r.err, "a share below nothing is promised:\n%s" % r)


def maps(case):
    m = Model("maps", input_shape=[None, 1, 8, 8])
    m.node("Relu", ["input"], ["y"], name="act")
    m.output("y", [None, 1, 8, 8])
    m.save(case.path("maps.onnx"))
    return "maps.onnx"


def refused(case):
    case.write("few.npy", npy((40, 64), [0.5] * 40 * 64))
    case.write("y9.npy", npy((9,), [1] * 9, "B", "|u1"))
    base = ("compile", MLP, "-o", "x", "--calib", CALIB)
    for args, code, says in (
            ((*base, "--target-agreement", "0.999"), 2, "1 to 100"),
            ((*base, "--target-agreement", "99", "--max-drop", "1"), 2, "one target"),
            ((*base, "--optimise", "memory"), 2, "a target expected"),
            ((*base, "--target-agreement", "99", "--optimise", "area"), 2, "latency"),
            ((*base, "--target-agreement", "99", "--calib-labels", "y9.npy"), 2, "for --max-drop"),
            ((*base, "--max-drop", "1", "--calib-labels", "y9.npy"), 1, "9 labels for 256"),
            ((*base[:4], "--max-drop", "1", "--calib", case.path("x.npy")), 2, "--calib-labels"),
            (("compile", MLP, "-o", "x", "--target-agreement", "99"), 2, "calibration samples expected"),
            ((*base[:4], "--target-agreement", "99", "--calib", "few.npy"), 2, "at least 50"),
            ((*base[:4], "--target-agreement", "99", "--calib", "out"), 1, "keeps what its samples showed"),
            (("compile", "--weights-only", "out", MLP, "--target-agreement", "99"), 2, "the folder's"),
            (("compile", maps(case), "-o", "x", "--calib", CALIB, "--target-agreement", "99"), 2, "name no class"),
            ((*base, "--target-agreement", "99", "--optimise", "energy", "--fit", "hx8k"), 2, "no energy_pj")):
        case.refused(*args, code=code, says=says)
    case.check(not os.path.exists(case.path("x")), "a refusal wrote a folder")


def main():
    case = Case()
    agreement(case)
    no_part(case)
    same_bytes(case)
    drop(case)
    missed(case)
    refused(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
