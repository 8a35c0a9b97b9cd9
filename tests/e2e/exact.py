# SPDX-License-Identifier: Apache-2.0
"""The theorem on whole networks: spikes in continuous time, both models, compute what ReLU computes.

Arguments: NET COUNT. digits_mlp and digits_cnn are in the repository; other networks need a folder
with datasets/, models/ and thirdparty/ ($TTFS_TEST_DATA, else ../shared/data) and skip without.
"""
import json
import os
import sys
import time

from e2e import DIGITS, Case, data_folder, samples, skip

from figures import classes, labels

BOUND = 1e-9
CIFAR = {"input": {"mean": [0.4914, 0.4822, 0.4465], "std": [0.2471, 0.2435, 0.2616]}}
# set, its test file, its calibration file
SETS = {
    "mnist": ("mnist", "t10k-images-idx3-ubyte.gz", "train-images-idx3-ubyte.gz"),
    "fashion": ("fashion", "t10k-images-idx3-ubyte.gz", "train-images-idx3-ubyte.gz"),
    "cifar10": ("cifar10", "cifar10-test.npz", "cifar10-calib.npz"),
    "vnn21": ("cifar10", "cifar10-test.npz", "cifar10-calib.npz"),
}


def files(net):
    """Model, test samples, calibration samples."""
    if net.startswith("digits"):
        return [os.path.join(DIGITS, name) for name in (net + ".onnx", "test.npz", "calib.npz")]
    data = data_folder()
    if not data:
        skip("no folder of trained networks: set TTFS_TEST_DATA, or put one at ../shared/data")
    folder, test, calib = SETS[net.split("_")[0]]
    models = "thirdparty" if net.startswith("vnn21") else "models"
    paths = [os.path.join(data, models, net + ".onnx"),
             os.path.join(data, "datasets", folder, test),
             os.path.join(data, "datasets", folder, calib)]
    for path in paths:
        if not os.path.exists(path):
            skip("%s is not there" % path)
    return paths


def check_model(case, model, test, count):
    r = case.json("run", "out", "--input", test, "--engine", "exact", "--model", model,
                  "--count", count)
    print("model %s: %s samples, largest difference %s, spikes per neuron %s, active ReLUs %s" %
          (model, r.get("samples"), r.get("max_abs_error"), r.get("spikes_per_neuron"),
           r.get("active_relus")))
    case.equal(r.get("model"), model, "model")
    case.equal(r.get("samples"), count, "samples")
    case.equal(r.get("agreement"), 1, "agreement with relu")
    case.equal(r.get("beyond_window"), 0, "activations beyond their window")
    case.check(r.get("max_abs_error", 1) <= BOUND, "difference %s" % r.get("max_abs_error"))
    case.check(0 < r.get("active_relus", 0) < 1, "active ReLUs %s" % r.get("active_relus"))
    case.check(abs(r["spikes_per_neuron"] - (1 if model == "a" else r["active_relus"])) < 1e-6,
               "spikes per neuron %s, active ReLUs %s" % (r["spikes_per_neuron"], r["active_relus"]))
    case.check(max(l["max_abs_error"] for l in r["layers"]) == r["max_abs_error"],
               "the largest difference is none of a layer")


def without_rate(r):
    return {k: v for k, v in r.items() if k != "samples_per_second"}


def check_judged(case, test, count):
    """What noise makes of the outputs is judged by its labels, not the network without noise; text and JSON say the
    same."""
    args = ["run", "out", "--input", test, "--engine", "exact", "--count", count, "--time-noise", "0.5", "--outputs", "o.npy"]
    began = time.monotonic()
    j = case.json(*args)
    least, text = count / (time.monotonic() - began), case.good(*args).out
    got, truth = classes(case.path("o.npy")), labels(count)
    accuracy = sum(a == b for a, b in zip(got, truth)) / count
    case.equal(j["accuracy"], accuracy, "accuracy")
    case.check(0.1 < accuracy < 0.9 and 0.1 < j["agreement"] < 0.9, "of noise: %s right, %s agree" % (accuracy, j["agreement"]))
    case.check(least < j["samples_per_second"] < 1e9, "samples per second: %r" % j["samples_per_second"])
    for line in ["accuracy            %.2f %% (" % (100 * accuracy), "agreement with relu %.2f %% (" % (100 * j["agreement"]),
                 "largest difference  %.3g (" % j["max_abs_error"], "  %.3g\n" % j["layers"][-1]["max_abs_error"],
                 "spikes per neuron   %.3f (hidden), %.3f of" % (j["spikes_per_neuron"], j["active_relus"]),
                 "latency             %.6g units" % j["latency"]]:
        case.check(line in text, "no '%s' in\n%s" % (line, text))


def check_noise(case, test, count):
    """Noise makes errors, larger ones for more, the same for any number of threads."""
    errors = []
    for sd in ("0.001", "0.05"):
        args = ["run", "out", "--input", test, "--engine", "exact", "--count", count,
                "--time-noise", sd, "--slope-noise", sd, "--margin", "0.5", "--seed", 7]
        one, two = case.json(*args, "--threads", 1), case.json(*args, "--threads", 2)
        case.equal(without_rate(one), without_rate(two), "with one and two threads")
        errors.append(one["max_abs_error"])
    case.check(BOUND < errors[0] < errors[1], "errors %s of more and more noise" % errors)
    case.refused("run", "out", "--input", test, "--engine", "exact", "--model", "c", code=2,
                 says=["'c'"])
    case.refused("run", "out", "--input", test, "--engine", "exact", "--margin", "-1", code=2,
                 says=["--margin"])
    case.refused("run", "out", "--input", test, "--engine", "exact", "--trace", "t", code=2,
                 says=["--trace"])


def check_form(case, test):
    """A network that was edited to have no canonical form runs in relu alone."""
    with open(case.path("out", "forms", "ir.txt"), encoding="utf-8") as f:
        text = f.read()
    case.check("\nrelu " in text, "no relu in\n" + text)
    case.write("out/forms/ir.txt", text.replace("\nrelu ", "\nsigmoid ", 1))
    case.good("run", "out", "--input", test, "--engine", "relu", "--count", 2)
    case.refused("run", "out", "--input", test, "--engine", "exact", "--count", 2, says="no exact spiking form")


def main(net, count):
    model, test, calib = files(net)
    case, count = Case(), samples(int(count))
    config = case.write("config.json", json.dumps(CIFAR if net.startswith("vnn21") else {}))
    how = () if net.startswith("digits") else ("--quantiser", "plain") # real weights: none of it is looked at, and it takes time
    case.good("compile", model, "-o", "out", "--stop-after", "spike", "--calib", calib,
              "--calib-count", 200, "--config", config, *how)
    for name in ("a", "b"):
        check_model(case, name, test, count)
    if net.startswith("digits"):
        check_noise(case, test, count)
        check_judged(case, test, min(count, 60))
        check_form(case, test)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
