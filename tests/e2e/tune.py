# SPDX-License-Identifier: Apache-2.0
"""`ttfs tune` on the shipped digits: two bits and three ticks are won back, the folder is the same for one and three
threads, the model in it compiles to its forms byte for byte, golden, jit and rtl agree, a stop leaves the best epoch,
what cannot be is refused.
"""
import json
import os
import signal
import subprocess
import sys
import time

from e2e import DIGITS, TTFS, Case, samples

TRAIN, TEST = os.path.join(DIGITS, "test.npz"), os.path.join(DIGITS, "calib.npz")
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
    case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", "mlp", "--calib", TEST, "--ticks", 3,
              "--weight-bits", 2, "-q")
    before = case.json("run", "mlp", "--input", TRAIN, "--labels", TRAIN)
    found = case.json("tune", "mlp", "-o", "tuned", *QUICK, "--epochs", 15, "--threads", 1)
    after = case.json("run", "tuned", "--input", TRAIN, "--labels", TRAIN)
    case.check(after["accuracy"] > before["accuracy"] + 0.02, "accuracy %r, before %r" % (after["accuracy"], before["accuracy"]))
    case.equal(len(found["epochs"]), 15, "epochs")
    case.check(found["epochs"][-1]["loss"] < found["epochs"][0]["loss"], "the loss does not fall")
    case.good("tune", "mlp", "-o", "again", *QUICK, "--epochs", 15, "--threads", 3, "-q")
    one, three = tree(case, "tuned"), tree(case, "again")
    one.pop("report/run-jit.json", None)
    case.equal(sorted(one), sorted(three), "files of one and three threads")
    case.equal([name for name in one if one[name] != three.get(name)], [], "files that depend on threads")
    case.good("verify", "tuned", "--input", TEST, "--count", samples(20), "--engines", "golden,jit,rtl", "-q")
    kept = json.loads(read(case, "tuned", "report", "tune.json"))
    case.equal(kept["epochs"][3]["loss"], found["epochs"][3]["loss"], "the document that is kept")


def recompiled(case):
    """The model is an ordinary one, whose forms are the folder's."""
    for more in (("--calib", "tuned", "--ticks", 3, "--weight-bits", 2), ("--weights-only", "tuned", "--calib", TRAIN)):
        case.good("compile", "tuned/model.onnx", "-o", "back", *more, "-q")
        for name in ("ir.txt", "ir.blob", "spike.txt", "spike.blob", "plan.txt", "calib.blob"):
            case.check(read(case, "tuned", "forms", name) == read(case, "back", "forms", name), "forms/%s is another" % name)
        case.check(read(case, "tuned", "image", "chip.img") == read(case, "back", "image", "chip.img"), "another image")


def cnn(case):
    """Convolutions and pools, without labels, with all that can be trained for; and trained again."""
    case.good("compile", os.path.join(DIGITS, "digits_cnn.onnx"), "-o", "cnn", "--calib", TEST, "--ticks", 7,
              "--weight-bits", 3, "--chip", "tiny", "-q")
    found = case.json("tune", "cnn", "-o", "noisy", *QUICK, "--epochs", 2, "--labels", "none", "--time-noise", 0.02, "--drop",
                      0.01, "--weight-noise", 0.02, "--sparsity", 0.1)
    case.equal(found["teacher"], "float network", "the teacher")
    case.good("verify", "noisy", "--input", TEST, "--count", samples(5), "--engines", "golden,jit", "-q")
    found = case.json("tune", "noisy", "-o", "noisy", *QUICK, "--epochs", 1, "--weight-bits", 4)
    case.equal((found["weight_bits"], found["teacher"]), (4, "labels"), "trained again in its place")


def sparse(case):
    """The sparsity term costs spikes."""
    spikes = [case.json("tune", "mlp", "-o", "sparse", *QUICK, "--epochs", 4, "--ticks", 7, "--weight-bits", 4, "--sparsity", mu)
              ["spikes_per_neuron"] for mu in (0, 3)]
    case.check(spikes[1] < 0.8 * spikes[0], "spikes a neuron without and with the term: %r" % spikes)


def stopped(case):
    """Ctrl-C after an epoch or more: the best of them is compiled; before the first: nothing is written."""
    args = [os.path.abspath(TTFS), "tune", "mlp", "-o", "stopped", *QUICK, "--epochs", "100000", "--threads", "1", "--json"]
    p = subprocess.Popen(args, cwd=case.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    case.equal(p.returncode, 0, "after Ctrl-C: %s" % err.decode(errors="replace"))
    found = json.loads(out or b"{}")
    case.check(0 < len(found.get("epochs", [])) < 100000, "epochs until it was stopped")
    case.check(b"stopped: this is the best of" in err, "no word of the stop")
    case.good("run", "stopped", "--input", TEST, "-q")
    r = case.good("tune", "mlp", "-o", "short", *QUICK, "--epochs", 100000, "--minutes", 1e-3)
    case.check("written: short" in r.out, "nothing said of a training that ran out of time")


def refusals(case):
    def refused(says, *args, code=1):
        case.refused("tune", *args, code=code, says=says)

    refused("tune needs -o OUT2", "mlp", "--train", TRAIN, code=2)
    refused("training samples are needed", "mlp", "-o", "x", code=2)
    for option, value in (("--lr", "0"), ("--validate", "0"), ("--epochs", "0"), ("--batch", "4097"), ("--drop", "2")):
        refused(option, "mlp", "-o", "x", "--train", TRAIN, option, value, code=2)
    refused("not a folder that ttfs compile wrote", "nowhere", "-o", "x", "--train", TRAIN)
    case.write("kept/mine.txt", "mine") if os.path.isdir(case.path("kept")) else os.mkdir(case.path("kept"))
    case.write("kept/mine.txt", "mine")
    refused("is not a folder that ttfs wrote", "mlp", "-o", "kept", "--train", TRAIN)
    case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", "bare", "-q")
    refused("calibrat", "bare", "-o", "x", "--train", TRAIN)
    case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", "loose", "--calib", TEST, "--stop-after", "spike", "-q")
    refused("potentials may pass", "loose", "-o", "x", "--train", TRAIN, "--ticks", 4095, "--weight-bits", 12)
    case.check(not os.path.exists(case.path("x")), "written after a refusal")


def main():
    case = Case()
    mlp(case)
    recompiled(case)
    cnn(case)
    sparse(case)
    stopped(case)
    refusals(case)
    sys.exit(case.done())


main()
