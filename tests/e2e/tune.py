# SPDX-License-Identifier: Apache-2.0
"""`ttfs tune` on the shipped digits: two bits and three ticks are won back, the folder is the same for one and three
threads, the model in it compiles to its forms byte for byte, golden, jit and rtl agree, a stop leaves the best epoch,
what cannot be is refused.
"""
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import nir_make
import onnx_make

from e2e import DIGITS, SOURCE, TTFS, Case, npy, samples

TRAIN, TEST = os.path.join(DIGITS, "test.npz"), os.path.join(DIGITS, "calib.npz")
REJECT = os.path.join(SOURCE, "tests", "reject", "onnx")
QUICK = ("--train", TRAIN, "--lr", "3e-3", "--batch", "32")


def read(case, *names):
    with open(case.path(*names), "rb") as f:
        return f.read()


def tree(case, folder):
    found = {}
    for at, _, names in os.walk(case.path(folder)):
        for name in names:
            path = os.path.join(at, name)
            found[os.path.relpath(path, case.path(folder))] = read(case, path)
    return found


def mlp(case):
    for name, how in (("mlp", "fitted"), ("rounded", "plain")):
        case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", name, "--calib", TEST, "--ticks", 3,
                  "--weight-bits", 2, "--quantiser", how, "-q")
    before = case.json("run", "rounded", "--input", TRAIN, "--labels", TRAIN)
    found = case.json("tune", "rounded", "-o", "tuned", *QUICK, "--epochs", 15, "--threads", 1)
    after = case.json("run", "tuned", "--input", TRAIN, "--labels", TRAIN)
    case.check(after["accuracy"] > before["accuracy"] + 0.02, "accuracy %r, before %r" % (after["accuracy"], before["accuracy"]))
    case.equal(len(found["epochs"]), 15, "epochs")
    case.check(found["epochs"][-1]["loss"] < found["epochs"][0]["loss"], "the loss does not fall")
    case.good("tune", "rounded", "-o", "again", *QUICK, "--epochs", 15, "--threads", 3, "-q")
    one, three = tree(case, "tuned"), tree(case, "again")
    one.pop("report/run-jit.json", None)
    case.equal(sorted(one), sorted(three), "files of one and three threads")
    case.equal([name for name in one if one[name] != three.get(name)], [], "files that depend on threads")
    case.good("verify", "tuned", "--input", TEST, "--count", samples(20), "--engines", "golden,jit,rtl", "-q")
    case.check(found["agreement"] > 0.9 and found["agreement"] == found["epochs"][found["best_epoch"] - 1]["agreement"], "agreement: %r" % found)
    kept = json.loads(read(case, "tuned", "report", "tune.json"))
    case.good("report", "tuned", "-q")
    case.check(b"<b>kept</b>" in read(case, "tuned", "report", "index.html"), "the page says nothing of the training")
    case.equal(kept["seed"], 1, "the seed that is kept")
    case.equal(kept["epochs"][3]["loss"], found["epochs"][3]["loss"], "the document that is kept")


def recompiled(case):
    """The model is an ordinary one, whose forms are the folder's."""
    for more in (("--calib", "tuned", "--ticks", 3, "--weight-bits", 2), ("--weights-only", "tuned", "--calib", TRAIN)):
        case.good("compile", "tuned/model.onnx", "-o", "back", *more, "-q")
        for name in ("ir.txt", "ir.blob", "spike.txt", "spike.blob", "plan.txt", "calib.blob"):
            case.check(read(case, "tuned", "forms", name) == read(case, "back", "forms", name), "forms/%s is another" % name)
        case.check(read(case, "tuned", "image", "chip.img") == read(case, "back", "image", "chip.img"), "another image")


def longer(case):
    """The windows of what was tuned are its own: other ticks are not said of them."""
    r = case.good("tune", "tuned", "-o", "longer", *QUICK, "--epochs", 1, "--ticks", 7)
    case.check("2 windows are the model's own and keep their ticks, up to 3" in r.err, "no word of the ticks:\n%s" % r)
    case.check(r.out.startswith("3 ticks") and json.loads(read(case, "longer", "report", "tune.json"))["ticks"] == 3, "other ticks:\n%s" % r)
    r = case.good("tune", "tuned", "-o", "longer", *QUICK, "--epochs", 1, "--latency", 0.1)
    case.check("no ticks to halve: every window is the model's own" in r.err, "no word of ticks that cannot be halved:\n%s" % r)


def widths(case):
    """Layers whose widths were found one by one keep them, which is said."""
    case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", "widths", "--calib", TEST, "--ticks", 7, "--mean-bits", 3.7, "-q")
    for more, told in (((), False), (("--weight-bits", 4), True)):
        r = case.good("tune", "widths", "-o", "kept_widths", *QUICK, "--minutes", 1e-9, *more)
        case.equal("layers have weight bits of their own in widths" in r.err, told, "what is said of widths")
        said, report = re.match(r"7 ticks, (\d+) to (\d+) weight bits, ", r.out), json.loads(read(case, "kept_widths", "report", "tune.json"))
        case.equal(said and [int(v) for v in said.groups()], [report["least_weight_bits"], report["most_weight_bits"]], "the widths that are said:\n%s" % r)
    bits = [re.findall(r"weights? bits? (\d+)|bits (\d+)", case.good("dump", f, "--form", "spike").out) for f in ("widths", "kept_widths")]
    case.equal(bits[1], bits[0], "widths of layers")
    found = [int(v) for pair in bits[0] for v in pair if v]
    case.equal([min(found), max(found)], [report["least_weight_bits"], report["most_weight_bits"]], "the widths that are said, and those of the graph")


def powers(case):
    """Ramps that are powers of two stay it, with the folder's ticks and with others, and the model gives them again."""
    case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", "powers", "--calib", TEST, "--ticks", 7, "--weight-bits", 4, "--ramps", "pow2", "-q")
    for ticks in (7, 5):
        case.good("tune", "powers", "-o", "still_powers", "--train", TRAIN, "--lr", "1e-2", "--batch", 32, "--epochs", 2, "--ticks", ticks, "-q")
        ramps = [[int(v) for v in re.findall(r"ramp \[([^]]*)\]", case.good("dump", f, "--form", "spike").out)[0].split()] for f in ("powers", "still_powers")]
        case.check(ramps[0] != ramps[1] and all(v > 0 and v & (v - 1) == 0 for v in ramps[1]), "ramps of powers of two, %d ticks: %r" % (ticks, ramps))
        case.good("compile", "still_powers/model.onnx", "-o", "powers_back", "--calib", "still_powers", "--ticks", ticks, "--weight-bits", 4, "--ramps", "pow2", "-q")
        case.equal(read(case, "powers_back", "forms", "spike.txt"), read(case, "still_powers", "forms", "spike.txt"), "the graph of its model")


def kept(case):
    """What was trained, and a model of the user's, are not replaced by what is compiled from it, or beside it."""
    model = read(case, "tuned", "model.onnx")
    for args in (("-o", "tuned", "--calib", "tuned"), ("--weights-only", "tuned", "--calib", TRAIN)):
        case.refused("compile", "tuned/model.onnx", *args, says="name another", code=2)
    case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", "own", "--stop-after", "ir", "-q")
    case.write("own/model.onnx", model)
    case.refused("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", "own", "--stop-after", "ir", says="'model.onnx' in it")
    case.check(model == read(case, "tuned", "model.onnx") == read(case, "own", "model.onnx"), "a model was replaced")


def cnn(case):
    """Convolutions and pools, without labels, with all that can be trained for; and trained again."""
    case.good("compile", os.path.join(DIGITS, "digits_cnn.onnx"), "-o", "cnn", "--calib", TEST, "--ticks", 7,
              "--weight-bits", 3, "--chip", "tiny", "-q")
    found = case.json("tune", "cnn", "-o", "noisy", *QUICK, "--epochs", 2, "--labels", "none", "--time-noise", 0.02, "--drop",
                      0.01, "--weight-noise", 0.02, "--sparsity", 0.1, "--pace", 2)
    case.equal(found["teacher"], "float network", "the teacher")
    case.equal([e["agreement"] for e in found["epochs"]], [e["validation"] for e in found["epochs"]], "agreement where the float network teaches")
    kept = json.loads(read(case, "noisy", "report", "tune.json"))
    case.equal([kept[k] for k in ("seed", "most_epochs", "batch", "lr", "pace", "validate", "sparsity", "time_noise", "drop", "weight_noise")],
               [1, 2, 32, 3e-3, 2, 0.1, 0.1, 0.02, 0.01, 0.02], "what it was trained with, in its folder")
    case.good("verify", "noisy", "--input", TEST, "--count", samples(5), "--engines", "golden,jit", "-q")
    found = case.json("tune", "noisy", "-o", "noisy", *QUICK, "--epochs", 1, "--weight-bits", 4)
    case.equal((found["weight_bits"], found["teacher"]), (4, "labels"), "trained again in its place")


def drawn(chance, *dims):
    """Weights of those dimensions."""
    return [drawn(chance, *dims[1:]) if len(dims) > 1 else chance.gauss(0, 0.3) for _ in range(dims[0])]


def swapped(case):
    """A folder whose spike graph is not its network's: told, and the network is quantised anew."""
    for name in ("mlp", "cnn"):
        case.good("compile", os.path.join(DIGITS, "digits_%s.onnx" % name), "-o", name + "_graph", "--calib", TEST, "--ticks", 7, "--stop-after", "spike", "-q")
    for name in ("spike.txt", "spike.blob"):
        case.write("mlp_graph/forms/" + name, read(case, "cnn_graph", "forms", name))
    r = case.good("tune", "mlp_graph", "-o", "swapped", *QUICK, "--epochs", 1)
    case.check("its spike graph is not what this ttfs makes of its network" in r.err, "no word of another graph:\n%s" % r)
    case.good("verify", "swapped", "--input", TEST, "--count", 5, "--engines", "golden,jit", "-q")


def taught(case):
    """Another model teaches by its logits alone, the folder's float network by its layers too; labels beside them are learnt too."""
    model = os.path.join(DIGITS, "digits_mlp.onnx")
    quick = ("mlp", *QUICK, "--epochs", 2)
    found = {}
    for name, more in (("float", ("--labels", "none")), ("itself", ("--labels", "none", "--teacher", model)), ("labels", ()), ("beside", ("--teacher", "float")),
                       ("alone", ("--teacher", "none")), ("both", ("--teacher", model)),
                       ("other", ("--labels", "none", "--teacher", os.path.join(DIGITS, "digits_cnn.onnx")))):
        found[name] = case.json("tune", *quick, "-o", name, *more)
    r = case.good("tune", *quick, "-o", "threads", "--teacher", model, "--threads", 3)
    case.check(not re.search("^ttfs: samples taught", r.err, re.M), "samples that were taught, without how many:\n%s" % r)
    models = {name: read(case, name, "model.onnx") for name in (*found, "threads")}
    for one, same in (("alone", "labels"), ("threads", "both")):
        case.check(models[one] == models[same], "%s and %s are not the same network" % (one, same))
    case.equal(len(set(models.values())), 6, "networks that different teachers make")
    losses = [case.json("tune", "mlp", "-o", "still", "--train", TRAIN, "--count", 40, "--lr", "1e-12", "--epochs", 1, "--labels", "none", *more)
              ["epochs"][0]["loss"] for more in ((), ("--teacher", model))]
    case.check(losses[0] > 1.001 * losses[1], "the loss of layers and logits is no sum: %r" % losses)
    case.equal([(found[k]["teacher"], found[k]["labels"]) for k in ("float", "itself", "labels", "beside", "alone", "both")],
               [("float network", False), (model, False), ("labels", True), ("float network", True), ("labels", True), (model, True)], "who taught")
    losses = [found[k]["epochs"][0]["loss"] for k in ("both", "alone", "itself")]
    case.check(losses[0] > max(losses[1:]), "the loss of labels and teacher is no sum: %r" % losses)
    kept = json.loads(read(case, "itself", "report", "tune.json"))
    case.equal(kept["teacher_sha256"], hashlib.sha256(open(model, "rb").read()).hexdigest(), "the teacher that is kept")


def moved(case):
    """Samples that are mirrored and shifted: other networks come of it, the same for any number of threads, and the same samples held back."""
    image = ("cnn", *QUICK, "--epochs", 2)
    found = {name: case.json("tune", *image, "-o", name, *more) for name, more in
             (("still", ()), ("flip", ("--flip",)), ("shift", ("--shift", 1)), ("both_ways", ("--flip", "--shift", 1, "--threads", 1)),
              ("moved_beside", ("--shift", 1, "--teacher", "float")), ("moved_taught", ("--shift", 1, "--labels", "none")))}
    case.equal(len({read(case, name, "model.onnx") for name in found}), 6, "networks that samples make which move in other ways")
    case.equal({found[name]["accuracy_before"] for name in ("still", "flip", "shift", "both_ways")}, {found["still"]["accuracy_before"]}, "samples held back that move")
    case.equal((found["shift"]["flip"], found["shift"]["shift"], found["flip"]["flip"]), (False, 1, True), "what is said of moves")
    case.good("tune", *image, "-o", "threads", "--flip", "--shift", 1, "--threads", 3, "-q")
    one, three = tree(case, "both_ways"), tree(case, "threads")
    case.equal([name for name in one.keys() | three.keys() if one.get(name) != three.get(name)], [], "files that depend on threads")
    case.good("verify", "both_ways", "--input", TEST, "--count", samples(5), "--engines", "golden,jit", "-q")
    case.refused("tune", "cnn", "-o", "x", *QUICK, "--shift", 8, says="8 pixels, but the network's samples have 8 x 8", code=2)
    case.refused("tune", "mlp", "-o", "x", *QUICK, "--flip", says="no columns to be mirrored", code=2)
    case.refused("tune", "cnn", "-o", "x", *QUICK, "--flip", "--teacher", os.path.join(DIGITS, "digits_cnn.onnx"), says="--flip and --shift move them", code=2)


def best_without_labels(case):
    """The epoch with the least loss is the best, not the one with most in the teacher's class: here these are two."""
    case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", "plain", "--calib", TEST, "--ticks", 3, "--weight-bits", 2,
              "--quantiser", "plain", "-q")
    found = case.json("tune", "plain", "-o", "least", "--train", TRAIN, "--labels", "none", "--epochs", 5, "--lr", "1e-3", "--batch", 32,
                      "--count", 300, "--validate", 0.4, "--seed", 3)
    losses = [e["validation_loss"] for e in found["epochs"]]
    right = [e["validation"] for e in found["epochs"]]
    least = losses.index(min(losses))
    case.equal(found["best_epoch"], least + 1, "the best of %r" % losses)
    case.check(right[least] < max(right), "the least loss has most in the teacher's class as well: %r" % right)


def linear(case, name, *shape, classes=10, outputs=1, weight=None):
    """A matrix of drawn weights, or of one, over samples of that shape; or several."""
    m = onnx_make.Model(name, input_shape=[None, *shape])
    size = 1
    for d in shape:
        size *= d
    m.init("w", [[weight] * size] * classes if weight else drawn(random.Random(3), classes, size))
    m.node("Flatten", ["input"], ["flat"], name="flat", axis=1)
    for i in range(outputs):
        m.node("Gemm", ["flat", "w"], ["y%d" % i], name="only%d" % i, transB=1)
        m.output("y%d" % i, [None, classes])
    m.save(case.path(name + ".onnx"))
    return name + ".onnx"


def teachers(case):
    """Models that cannot teach are refused by name."""
    case.good("compile", linear(case, "pupil", 2, 4, 8), "-o", "pupil", "--calib", TEST, "-q")
    for says, teacher in (("the teacher's samples are 4 x 8 x 2, the network's 2 x 4 x 8", linear(case, "turned", 4, 8, 2)),
                          ("the teacher takes 128 values a sample, the network 64", linear(case, "larger", 4, 4, 8)),
                          ("the teacher names one of 7 classes, the network one of 10", linear(case, "fewer", 2, 4, 8, classes=7)),
                          ("the teacher has 2 outputs, the network one", linear(case, "two", 2, 4, 8, outputs=2)),
                          ("of sample 0 the teacher's output 0 is inf", linear(case, "infinite", 2, 4, 8, weight=3e38)),
                          ("nowhere.onnx", "nowhere.onnx"), ("x400.npy", "x400.npy")):
        case.refused("tune", "pupil", "-o", "x", *QUICK, "--teacher", teacher, says=says)
    nodes = {"input": nir_make.node("Input"), "scale": nir_make.node("Scale", scale=[2.0]), "output": nir_make.node("Output")}
    nir_make.net(nodes, nir_make.chain("input", "scale", "output")).save(case.path("open.nir"))
    r = case.refused("tune", "pupil", "-o", "x", *QUICK, "--teacher", "open.nir", says=["does not say the input's shape", "write it again with the shape"])
    case.check("--input-shape" not in r.err, "advice of an option that tune has not:\n%s" % r)
    case.refused("tune", "pupil", "-o", "x", *QUICK, "--labels", "none", "--teacher", "none", says="nothing is left to learn from", code=2)
    r = case.refused("tune", "pupil", "-o", "x", *QUICK, "--teacher", os.path.join(REJECT, "limit_folding.onnx"), says="too many elements")
    case.check("tune has no --memory" in r.err, "a limit that cannot be raised:\n%s" % r)
    case.good("tune", "pupil", "-o", "flat", *QUICK, "--epochs", 1, "--teacher", linear(case, "vector", 64), "-q")


def integers(case, folder, layer=None):
    """Ticks, scale (six digits), biases, ramps and weights of a population of the spike graph; without one of all."""
    text = case.good("dump", folder, "--form", "spike").out
    pops, blob = text.split("blob hex")[0].split("\npopulation ")[1:], bytes.fromhex("".join(text.split("blob hex")[1].split()[1:]))
    at, found = 0, {}
    for pop in pops:
        weights = 2 * sum(map(int, re.findall(r" weights (\d+)$", pop, re.M)))
        scale = ["%.6g" % float.fromhex(v) for v in re.findall(r"scale (\S+)", pop)]
        found[re.search('"(.*?)" ', pop)[1]] = (scale, re.findall(r"ticks \d+|(?:bias|ramp) \[[^]]*\]", pop), blob[at:at + weights])
        at += weights
    case.equal(at, len(blob), "bytes of weights")
    return found.get(layer) if layer else found


def begun(case):
    """A training begins with the folder's integers, those of a fitted one too: one that moves nothing gives these, as does one without
    labels that ruins the network."""
    for folder in ("mlp", "cnn", "drawn", "tuned"):
        found = case.json("tune", folder, "-o", "begun", "--train", TRAIN, "--lr", "1e-12", "--epochs", 1, "--count", 40)
        case.equal(found["best_epoch"], 1, "the epoch that is kept with labels")
        case.equal(integers(case, "begun"), integers(case, folder), "what a training of %s begins with" % folder)
    r = case.good("tune", "cnn", "-o", "begun", "--train", TRAIN, "--lr", "0.3", "--epochs", 1, "--batch", 32, "--labels", "none")
    case.check("no epoch was better" in r.err and "note: cnn: not trained" in r.err and "so its network is what is written" in r.err, "nothing said of no training:\n%s" % r)
    case.equal(integers(case, "begun"), integers(case, "cnn"), "what a training that ruins gives")


def remembered(case):
    """With labels the beginning, which knows those held back by heart, is not what is kept: a note says which were right more often.
    It is where the training ruins the network."""
    how = ("--train", TRAIN, "--batch", 32, "--ticks", 15, "--weight-bits", 6, "--epochs", 2)
    r = case.good("tune", "mlp", "-o", "fewer", *how, "--lr", "0.05")
    kept = json.loads(read(case, "fewer", "report", "tune.json"))
    case.check(kept["best_epoch"] > 0 and kept["accuracy_after"] < kept["accuracy_before"], "a rate that forgets: %r" % kept)
    case.check("of the samples held back %.2f %% are right, %.2f before" % (100 * kept["accuracy_after"], 100 * kept["accuracy_before"]) in r.err, "no word of them:\n%s" % r)
    r = case.good("tune", "mlp", "-o", "ruined", *how, "--lr", "0.1")
    kept = json.loads(read(case, "ruined", "report", "tune.json"))
    case.equal((kept["best_epoch"], kept["accuracy_after"]), (0, kept["accuracy_before"]), "a rate that ruins")
    case.check("not trained: no epoch can be kept (of a smaller --lr one may be)" in r.err, "no word of it:\n%s" % r)


def frozen(case):
    """A layer stays as it is, in a chain and where a sum, a pool or a concatenation is read; names are held against the network's."""
    for folder, layers in (("mlp", ("fc1", "fc2")), ("drawn", ("joined", "last"))):
        case.good("tune", folder, "-o", "begin", *QUICK, "--minutes", 1e-9, "-q")
        for still, other in (layers, layers[::-1]):
            found = case.json("tune", folder, "-o", "frozen", *QUICK, "--epochs", 3, "--layers", still + "=freeze")
            case.check(found["best_epoch"] > 0 and found["layers"] == [still + "=freeze"], "what was frozen: %r" % found)
            case.equal(integers(case, "frozen", still), integers(case, "begin", still), "%s, which was frozen" % still)
            case.check(integers(case, "frozen", other) != integers(case, "begin", other), "%s did not move" % other)
    for folder, more, told in (("mlp", (), False), ("tuned", (), False), ("mlp", ("--ticks", 5), True)):
        r = case.good("tune", folder, "-o", "frozen", *QUICK, "--epochs", 1, "--layers", "fc1=freeze", *more)
        case.equal("than those of %s, whose integers it has not" % folder in r.err, told, "what is said of a frozen layer of %s" % folder)
        case.equal(integers(case, "frozen", "fc1") != integers(case, folder, "fc1"), told, "a frozen layer that is not the one of %s" % folder)
    case.check(integers(case, "frozen", "fc9") is None, "a layer that is not there")
    for says, layers in (("no layer is called 'fc3'; the nearest is 'fc1'. There are fc1, fc2", "fc1=freeze,fc3=freeze"),
                         ("no layer is called 'fc1,fc2'", "fc1,fc2=freeze"), ("'fc1' is no NAME=freeze", "fc1"),
                         ("'fc1=thaw': a layer can be told to freeze, not 'thaw'", "fc1=thaw"),
                         ("'' is no NAME=freeze", "fc1=freeze,"), ("'input' has no weights to freeze", "input=freeze"),
                         ("every layer is frozen", "fc1=freeze,fc2=freeze")):
        case.refused("tune", "mlp", "-o", "x", *QUICK, "--layers", layers, says=says, code=2)


def residual(case):
    """A sum, a concatenation, groups, bounds, pools of both kinds, with drawn weights: learns digits on 7 ticks and 4 bits."""
    chance = random.Random(1)
    m = onnx_make.Model("residual", input_shape=[None, 1, 8, 8])
    for name, dims in (("w1", (4, 1, 3, 3)), ("b1", (4,)), ("w2", (4, 2, 3, 3)), ("w3", (4, 8, 3, 3)), ("w4", (10, 64)), ("b4", (10,))):
        m.init(name, drawn(chance, *dims))
    m.init("lo", 0.0)
    m.init("hi", 6.0)
    same = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    m.node("Conv", ["input", "w1", "b1"], ["c1"], name="first", **same)
    m.node("Clip", ["c1", "lo", "hi"], ["r1"], name="bounded")
    m.node("Conv", ["r1", "w2"], ["c2"], name="grouped", group=2, **same)
    m.node("Add", ["c2", "r1"], ["s2"], name="sum")
    m.node("Relu", ["s2"], ["r2"], name="rectified")
    m.node("Concat", ["r2", "r1"], ["both"], name="both", axis=1)
    m.node("Conv", ["both", "w3"], ["c3"], name="joined", **same)
    m.node("Relu", ["c3"], ["r3"], name="again")
    m.node("MaxPool", ["r3"], ["p3"], name="largest", kernel_shape=[2, 2], strides=[1, 1])
    m.node("AveragePool", ["p3"], ["a3"], name="mean", kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 1, 1])
    m.node("Flatten", ["a3"], ["flat"], name="flat", axis=1)
    m.node("Gemm", ["flat", "w4", "b4"], ["y"], name="last", transB=1)
    m.output("y", [None, 10])
    m.save(case.path("residual.onnx"))
    case.good("compile", "residual.onnx", "-o", "drawn", "--calib", TEST, "--ticks", 7, "--weight-bits", 4, "-q")
    found = case.json("tune", "drawn", "-o", "learnt", *QUICK, "--epochs", 15)
    case.check(found["accuracy_before"] < 0.4 and found["accuracy_after"] > 0.6, "from %(accuracy_before)r to %(accuracy_after)r" % found)
    case.good("verify", "learnt", "--input", TEST, "--count", samples(5), "--engines", "golden,jit,rtl", "-q")


def reshaped(case):
    """A matrix whose values are a map, read by a convolution, neither with a bias: its model says the biases of all places."""
    chance = random.Random(4)
    m = onnx_make.Model("reshaped", input_shape=[None, 64])
    for name, dims in (("w1", (32, 64)), ("w2", (3, 2, 3, 3)), ("w3", (10, 48))):
        m.init(name, drawn(chance, *dims))
    m.init("map", [0, 2, 4, 4])
    m.node("Gemm", ["input", "w1"], ["c1"], name="matrix", transB=1)
    m.node("Reshape", ["c1", "map"], ["m1"], name="map")
    m.node("Relu", ["m1"], ["r1"], name="rectified")
    m.node("Conv", ["r1", "w2"], ["c2"], name="conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    m.node("Relu", ["c2"], ["r2"], name="again")
    m.node("Flatten", ["r2"], ["flat"], name="flat", axis=1)
    m.node("Gemm", ["flat", "w3"], ["y"], name="last", transB=1)
    m.output("y", [None, 10])
    m.save(case.path("reshaped.onnx"))
    case.good("compile", "reshaped.onnx", "-o", "map_of_vector", "--calib", TEST, "--ticks", 7, "--weight-bits", 4, "-q")
    case.good("tune", "map_of_vector", "-o", "map_tuned", *QUICK, "--epochs", 3, "-q")
    case.good("verify", "map_tuned", "--input", TEST, "--count", samples(5), "--engines", "golden,jit", "-q")


def shorter(case):
    """Ticks are halved where they are not missed: the folder has those that were kept, whatever the threads, and its model gives it again."""
    finer = ("--ticks", 15, "--weight-bits", 4)
    long = case.json("tune", "mlp", "-o", "long", *QUICK, *finer, "--epochs", 3)
    found = case.json("tune", "mlp", "-o", "shorter", *QUICK, *finer, "--epochs", 3, "--latency", 0.005, "--threads", 1)
    kept = [t for t in found["trials"] if t["kept"]]
    case.equal((long["latency_ticks"], "trials" in long), (30, False), "latency without the term")
    case.check(kept and kept[-1]["latency_ticks"] == found["latency_ticks"] < 30, "latency with the term: %r" % found)
    case.equal(kept[-1]["validation"], found["accuracy_after"], "accuracy of what was kept")
    tried = [(t["layer"], t["ticks"]) for t in found["trials"]]
    case.equal((tried[0], [t for t in tried if t[0] not in ("input", "fc1")]), (("input", 7), []), "layers that were tried")
    case.check(found["accuracy_after"] >= long["accuracy_after"] - 0.005 * (30 - found["latency_ticks"]), "what it cost: %r" % found)
    case.good("tune", "mlp", "-o", "threads", *QUICK, *finer, "--epochs", 3, "--latency", 0.005, "--threads", 3, "-q")
    one, three = tree(case, "shorter"), tree(case, "threads")
    case.equal([name for name in one.keys() | three.keys() if one.get(name) != three.get(name)], [], "files that depend on threads")
    case.good("verify", "shorter", "--input", TEST, "--count", samples(10), "--engines", "golden,jit,rtl", "-q")
    case.good("compile", "shorter/model.onnx", "-o", "back", "--calib", "shorter", *finer, "-q")
    for name in ("spike.txt", "spike.blob", "plan.txt"):
        case.check(one[os.path.join("forms", name)] == read(case, "back", "forms", name), "forms/%s is another" % name)
    r = case.good("tune", "mlp", "-o", "threads", *QUICK, *finer, "--epochs", 1, "--latency", 1, "--seed", 2)
    case.check(re.search(r"fc1 +1 +2 .* kept\n", r.out), "ticks at any price: %s" % r)
    case.refused("tune", "mlp", "-o", "x", *QUICK, "--latency", 0.1, "--layers", "fc1=freeze", says="frozen layers (--layers) keep", code=2)


def returned(case):
    """Of ticks that are not kept nothing stays, not even that the model could say the input's grid with them: -0.5 is a whole step of
    3 ticks from -0.5 to 1, none of 7."""
    case.write("one.json", json.dumps({"layers": {"fc1": {"ticks": 1}}}))
    case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", "shifted", "--calib", TEST, "--ticks", 7, "--weight-bits", 4,
              "--input-range=-0.5:1", "--config", "one.json", "-q")
    found = case.json("tune", "shifted", "-o", "returned", *QUICK, "--epochs", 1, "--latency", 1e-9)
    case.equal([(t["layer"], t["ticks"], t["kept"]) for t in found["trials"]], [("input", 3, False)], "trials")
    case.equal(found["latency_ticks"], 8, "latency of what stayed")


def sparse(case):
    """The sparsity term costs spikes."""
    spikes = [case.json("tune", "mlp", "-o", "sparse", *QUICK, "--epochs", 4, "--ticks", 7, "--weight-bits", 4, "--sparsity", mu)
              ["spikes_per_neuron"] for mu in (0, 3)]
    case.check(spikes[1] < 0.8 * spikes[0], "spikes a neuron without and with the term: %r" % spikes)


def stopped(case):
    """Ctrl-C after an epoch or more: the best of them is compiled; before the first: nothing is written."""
    args = [os.path.abspath(TTFS), "tune", "mlp", "-o", "stopped", *QUICK, "--epochs", "100000", "--threads", "1", "--json"]
    for wait in (1, 4, 16, 64):  # a busy machine may not have come to an epoch
        p = subprocess.Popen(args, cwd=case.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(wait)
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=120)
        if p.returncode == 0:
            break
        case.check(b"STOPPED" in err or b"nothing was made" in err or p.returncode < 0, "after Ctrl-C: %r" % err)
        case.check(not os.path.exists(case.path("stopped")), "written though no epoch was done")
    case.equal(p.returncode, 0, "after Ctrl-C: %s" % err.decode(errors="replace"))
    found = json.loads(out or b"{}")
    case.check(0 < len(found.get("epochs", [])) < 100000, "epochs until it was stopped")
    case.check(b"stopped: this is the best of" in err, "no word of the stop")
    case.good("run", "stopped", "--input", TEST, "-q")
    r = case.good("tune", "mlp", "-o", "short", *QUICK, "--epochs", 100000, "--minutes", 1e-3)
    case.check("written: short" in r.out and "--minutes were over after" in r.err, "nothing said of a training that ran out of time")
    r = case.good("tune", "mlp", "-o", "short", *QUICK, "--minutes", 1e-9)
    kept = json.loads(read(case, "short", "report", "tune.json"))
    case.check("not trained: no epoch was done" in r.err, "no word of a training without an epoch:\n%s" % r)
    case.equal((kept["ended_by"], kept["epochs"], kept["best_epoch"]), ("minutes", [], 0), "a training without an epoch")


def killed(case):
    """SIGKILL while it trains: OUT and OUT2 stay as they are, and the next run works (what of one while it writes, `failing_io.py` has)."""
    tune = ("tune", "mlp", "-o", "killed", *QUICK, "--threads", "1", "-q")
    case.good(*tune, "--epochs", 1)
    before = [tree(case, name) for name in ("mlp", "killed")]
    p = subprocess.Popen([os.path.abspath(TTFS), *tune, "--epochs", "100000"], cwd=case.folder)
    time.sleep(1)
    p.kill()
    case.equal(p.wait(), -signal.SIGKILL, "a training that is killed")
    case.check([tree(case, name) for name in ("mlp", "killed")] == before, "a folder after a kill")
    case.good(*tune, "--epochs", 1)
    case.check(tree(case, "killed") == before[1], "the run after a kill")
    case.equal([n for n in os.listdir(case.folder) if n.endswith("-tmp")], [], "what a kill left")


def outgrown(case):
    """A chip made for the network has no bit to spare: what outgrows it by training is written, without a plan, and compiles for another."""
    bits = ("--ticks", 7, "--weight-bits", 4, "--fit", "hx8k", "-q")
    case.compile("digits_mlp", "tight", *bits, "--quantiser", "fitted")
    tight = ("tight", "--train", TRAIN, "--batch", 32)
    for seed in range(2, 14):
        r = case.ttfs("tune", *tight, "-o", "grown", "--lr", "1e-2", "--epochs", 10, "--validate", 0.5, "--seed", seed)
        if r.code:
            break
    case.check(r.code == 1 and "the chip has" in r.err and "without a plan" in r.err, "what outgrew its chip:\n%s" % r)
    case.check(not os.path.exists(case.path("grown", "image")), "an image for a chip that does not take it")
    case.good("verify", "grown", "--input", TEST, "--count", 3, "--engines", "golden,jit", "-q")
    case.good("compile", "grown/model.onnx", "-o", "wider", "--calib", "grown", *bits)
    case.check(read(case, "grown", "forms", "spike.txt") == read(case, "wider", "forms", "spike.txt"), "compiled for a wider chip: another graph")


def fitting(case):
    """Of the epochs and the halved windows that a chip without a bit to spare takes the best is kept."""
    tight = ("tight", "--train", TRAIN, "--batch", 32)
    for seed in range(2, 14):
        r = case.ttfs("tune", *tight, "-o", "fitting", "--lr", "3e-3", "--epochs", 10, "--seed", seed)
        if r.code == 0 and "the chip does not take them" in r.err and not re.search(r"^ +0 .*kept$", r.out, re.M):
            break
    case.check("the chip does not take them" in r.err, "no epoch that the chip refuses:\n%s" % r)
    case.good("verify", "fitting", "--input", TEST, "--count", 3, "--engines", "golden,rtl", "-q")
    for seed in range(3, 14):
        r = case.ttfs("tune", *tight, "-o", "fitting", "--lr", "1e-2", "--epochs", 3, "--seed", seed, "--latency", 1e-4, "--json")
        found = json.loads(r.out) if r.code == 0 else {"trials": []}
        if not all(t["fits"] for t in found["trials"]) and any(t["kept"] for t in found["trials"]):
            break
    case.check(not all(t["fits"] for t in found["trials"]), "no ticks that the chip refuses: %r" % found["trials"])
    case.check(not any(t["kept"] and not t["fits"] for t in found["trials"]), "kept what the chip refuses: %r" % found["trials"])
    case.good("verify", "fitting", "--input", TEST, "--count", 3, "--engines", "golden,rtl", "-q")


def refusals(case):
    def refused(says, *args, **more):
        case.refused("tune", *args, says=says, **more)

    refused("tune needs -o OUT2", "mlp", "--train", TRAIN, code=2)
    refused("training samples are needed", "mlp", "-o", "x", code=2)
    for option, value in (("--lr", "0"), ("--pace", "0"), ("--validate", "0"), ("--epochs", "0"), ("--batch", "4097"), ("--drop", "2")):
        refused(option, "mlp", "-o", "x", "--train", TRAIN, option, value, code=2)
    refused("1 training sample, at least 2 expected", "mlp", "-o", "x", "--train", TRAIN, "--count", 1, code=2)
    refused("not a folder that ttfs compile wrote", "nowhere", "-o", "x", "--train", TRAIN)
    case.write("kept/mine.txt", "mine") if os.path.isdir(case.path("kept")) else os.mkdir(case.path("kept"))
    case.write("kept/mine.txt", "mine")
    refused("is not a folder that ttfs wrote", "mlp", "-o", "kept", "--train", TRAIN)
    case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", "bare", "-q")
    refused("calibrat", "bare", "-o", "x", "--train", TRAIN)
    case.write("values.npy", npy((400, 10), [0.25] * 4000))
    case.write("x400.npy", npy((400, 64), [0.5] * 400 * 64))
    refused("a class a sample expected", "mlp", "-o", "x", "--train", "x400.npy", "--labels", "values.npy")
    refused("/proc/none", "mlp", "-o", "/proc/none/x", *QUICK, "--epochs", "100000")
    case.write("nan.npy", npy((450, 64), [float("nan")] * 450 * 64))
    said = [case.refused("tune", "mlp", "-o", "x", "--train", "nan.npy", "--labels", "none" if k else TRAIN, "--count", 300, "--threads", n,
                         says="nan.npy").err for k in (0, 1) for n in (1, 4)]
    case.check(said[0] == said[1] and said[2] == said[3], "what is said of samples depends on threads: %r" % said)
    m = onnx_make.Model("map", input_shape=[None, 1, 8, 8])
    m.init("w", drawn(random.Random(2), 2, 1, 3, 3))
    m.node("Conv", ["input", "w"], ["y"], name="pixels", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    m.output("y", [None, 2, 8, 8])
    m.save(case.path("map.onnx"))
    case.good("compile", "map.onnx", "-o", "map", "--calib", TEST, "-q")
    refused("one vector of logits", "map", "-o", "x", "--train", TRAIN)
    case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", "loose", "--calib", TEST, "--stop-after", "spike", "-q")
    refused("potentials may pass", "loose", "-o", "x", "--train", TRAIN, "--ticks", 4095, "--weight-bits", 12)
    case.check(not os.path.exists(case.path("x")), "written after a refusal")


def main():
    case = Case()
    mlp(case)
    recompiled(case)
    longer(case)
    widths(case)
    powers(case)
    kept(case)
    cnn(case)
    residual(case)
    reshaped(case)
    begun(case)
    remembered(case)
    swapped(case)
    taught(case)
    moved(case)
    best_without_labels(case)
    frozen(case)
    sparse(case)
    shorter(case)
    returned(case)
    stopped(case)
    killed(case)
    outgrown(case)
    fitting(case)
    refusals(case)
    teachers(case)
    sys.exit(case.done())


main()
