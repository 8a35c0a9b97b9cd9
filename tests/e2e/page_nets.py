# SPDX-License-Identifier: Apache-2.0
"""The page of networks larger than the digits', in headless Chromium: LeNet-5 and VGG, ResNet-8, a detector of 42 convolutions with
two outputs, and a quantised network. Each page has at most 2 MB and opens within a second of processor time of the page's thread; all of
its populations and figures are seen, nothing is wider than the window, no text of a picture lies on another, nobody complains. Pictures are
kept as those of `page browser`. Names on the command line are the networks to take.

Needs a folder with models/, thirdparty/ and datasets/ ($TTFS_TEST_DATA, else ../shared/data), and Chromium.
"""
import json
import os
import sys
import time

import chromium
import ultraface
from e2e import DIGITS, Case, data_folder, npy, skip
from page_seen import READ, pictures

MOST_BYTES, MOST_S = 2_000_000, 1.0
MNIST = ("datasets/mnist/train-images-idx3-ubyte.gz", "datasets/mnist/t10k-images-idx3-ubyte.gz", "datasets/mnist/t10k-labels-idx1-ubyte.gz")
CIFAR = ("datasets/cifar10/cifar10-calib.npz", "datasets/cifar10/cifar10-test.npz", "datasets/cifar10/cifar10-test.npz")
# name: model, calibration, samples, labels, samples of a run, options of compile; without a chip there is no plan
NETS = {
    "lenet5": ("models/mnist_lenet5.onnx", *MNIST, 1000, ("--chip", "one")),
    "vgg7": ("models/cifar10_vgg7_bn.onnx", *CIFAR, 200, ("--stop-after", "spike")),
    "resnet8": ("models/cifar10_resnet8.onnx", *CIFAR, 100, ("--stop-after", "spike")),
    "ultraface": ("thirdparty/ultraface_slim_320.onnx", "x.npy", "x.npy", None, 1,
                  ("--stop-after", "spike", "--input-range=-1:1", "--percentile", "1", "--ticks", "1023", "--weight-bits", "10")),
    "qdq": (os.path.join(DIGITS, "digits_cnn_qdq.onnx"), os.path.join(DIGITS, "calib.npz"), os.path.join(DIGITS, "test.npz"),
            os.path.join(DIGITS, "test.npz"), 450, ("--chip", "tiny")),
}


def compiled(case, data, name):
    """The page of a folder with all that a run brings, and a verdict."""
    model, calib, test, labels, count, options = NETS[name]
    at = lambda file: file if file is None or file == "x.npy" or os.path.isabs(file) else os.path.join(data, file)
    judged = ("--labels", at(labels)) if labels else ()
    case.good("compile", at(model), "-o", name, "--calib", at(calib), "--calib-count", 200, *options)
    case.good("run", name, "--input", at(test), "--count", count, "--layers", *judged)
    case.good("verify", name, "--input", at(test), "--count", 1, "--engines", "golden,jit", limit=900)
    case.good("report", name)
    return case.path(name, "report", "index.html")


def opened(browser, page):
    """Seconds until the page is loaded, laid out and painted, by the clock and of its thread's processor time: of three times the best."""
    found = []
    for _ in range(3):
        browser.open("/dev/null")
        before, start = spent(browser), time.monotonic()
        browser.open(page)
        browser.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")
        found.append((time.monotonic() - start, spent(browser) - before))
    return min(clock for clock, _ in found), min(used for _, used in found)


def spent(browser):
    """Of the page's thread. A page of another site may have another one, which begins at 0."""
    return next(m["value"] for m in browser.call("Performance.getMetrics")["metrics"] if m["name"] == "TaskDuration")


def right(case, name, browser):
    """Every population in the graph, the table and the histograms, with its figures; every panel says something."""
    with open(case.path(name, "report", "run-jit.json"), encoding="utf-8") as f:
        run = json.load(f)
    found = browser.run(READ)
    for p in run["populations"]:
        spikes = "%s spikes" % format(round(p["spikes_per_sample"]), ",")
        for panel, text in (("Graph", spikes), ("Populations", p["population"]), ("Spike times", p["population"]), ("Samples", p["population"])):
            case.check(text in found[panel]["text"], "%s: %s does not say %r" % (name, panel, text))
    case.equal({n: p["unseen"] for n, p in found.items() if p["unseen"]}, {}, name + ": pictures without a size")
    case.equal([n for n, p in found.items() if len(p["text"].strip()) < 20], [], name + ": empty panels")
    for word in ("NaN", "undefined", "-nan", "inf"):
        lost = [n for n, p in found.items() if word in p["text"].split()]
        case.equal(lost, [], "%s: panels that say %s" % (name, word))
    answer = browser.run("document.querySelector('.answer').innerText")
    if run.get("accuracy") is not None:
        case.check("%.2f %%" % (100 * run["accuracy"]) in answer, "%s: the answer does not say the accuracy: %s" % (name, answer))


def seen(case, name, page, browser):
    size = os.path.getsize(page)
    case.check(size <= MOST_BYTES, "%s: the page has %d bytes" % (name, size))
    browser.size(1000)
    clock, used = opened(browser, page)
    case.check(used <= MOST_S, "%s: the page takes %.2f s of its thread to open" % (name, used))
    print("%-10s %9d bytes, opens in %.0f ms of its thread, %.0f ms by the clock" % (name, size, 1e3 * used, 1e3 * clock))
    right(case, name, browser)
    pictures(case, browser, name)
    case.equal(browser.complaints, [], name + ": what was complained about")


def main(names):
    data = data_folder()
    if not data:
        skip("no folder of trained networks: set TTFS_TEST_DATA, or put one at ../shared/data")
    if not chromium.found():
        skip("no chromium")
    case = Case()
    if "ultraface" in names:
        case.write("x.npy", npy((1, 3, 240, 320), ultraface.image()))
    pages = {name: compiled(case, data, name) for name in names}
    try:
        browser = chromium.Chromium()
    except (RuntimeError, OSError) as e:
        skip("chromium does not start here: %s" % e)
    with browser:
        browser.call("Performance.enable", timeDomain="threadTicks")
        for name, page in pages.items():
            seen(case, name, page, browser)
    sys.exit(case.done())


main(sys.argv[1:] or list(NETS))
