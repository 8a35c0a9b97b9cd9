# SPDX-License-Identifier: Apache-2.0
"""The page in a browser, headless Chromium: every panel is seen with the numbers of the documents that it is made of, the
picker, the boxes of the graph, the copy button and the words of the glossary do what they say, by mouse and by keyboard,
nothing is wider than the window, and neither the page nor the browser complains. Pictures at three widths, light and dark,
are kept beside the program in `pictures` for looking at.

Without Chromium, or where it does not start (it wants namespaces or shared memory that a container may lack), it is skipped.
"""
import json
import os
import sys

import chromium
from e2e import DIGITS, Case, skip
from page_seen import READ, pictures

TEST = os.path.join(DIGITS, "test.npz")
COUNT = 200  # samples: some of them part from relu
PANELS = ["Graph", "Samples", "Spike times", "Agreement", "Classes", "Verification", "Populations", "Outputs", "Schedule",
          "Fit on chip tiny", "Cores", "Slots", "Quantisation", "Weights", "Frontier", "Training", "Robustness", "Energy",
          "What was assumed, approximated or dropped", "Reproduce"]
SEEN = "[...document.querySelectorAll('.pane')].map(e => e.checkVisibility() ? e.innerText : null)"
SAYS = "getComputedStyle(document.querySelector('%s'), '::after').content"


def load(case, *names):
    with open(case.path("out", *names), encoding="utf-8") as f:
        return json.load(f)


def folder(case):
    """All that a page can show; rtl among it, so that cycles and cores are measured."""
    case.compile("digits_cnn", "out", "--chip", "tiny", "--ticks", 31, "--weight-bits", 5, "--target-agreement", 90, "--calib-count", 200)
    case.good("run", "out", "--input", TEST, "--count", COUNT, "--engine", "golden", "--layers")
    case.good("run", "out", "--input", TEST, "--count", 2, "--engine", "rtl")
    case.good("verify", "out", "--input", TEST, "--count", 2, "--engines", "golden,rtl")
    case.good("sweep", "out", "--input", TEST, "--count", 20, "--vary", "time-noise=0,0.1", "--trials", 2)
    case.good("report", "out")
    return case.path("out", "report", "index.html")


def percent(share):
    return "%.2f %%" % (100 * share)


def lost(agreement):
    """What the funnel says of each part: samples that no longer agree, or agree again."""
    before, said = 1.0, []
    for part in agreement["parts"]:
        n = round((before - part["agreement"]) * agreement["samples"])
        said.append("none lost" if n == 0 else "%d %s" % (abs(n), "lost" if n > 0 else "won back"))
        before = part["agreement"]
    return said


def wanted(case):
    """{panel: texts that its documents say}."""
    run, agreement = load(case, "report", "run-golden.json"), load(case, "report", "agreement.json")
    timing, verdict = load(case, "report", "timing.json"), load(case, "verify", "golden-rtl.json")
    frontier, energy, manifest = load(case, "report", "frontier.json"), load(case, "report", "energy.json"), load(case, "manifest.json")
    slot, most = timing["slots"][0], verdict["slots"][0]["most_cycles"]
    chosen = next(p for p in frontier["points"] if p.get("chosen"))
    return {
        "Graph": ["%s spikes" % format(round(p["spikes_per_sample"]), ",") for p in run["populations"]],
        "Samples": ["%d of %d spike" % (r["spikes"], p["neurons"]) for r, p in zip(run["shown"][0]["rasters"], run["populations"])],
        "Spike times": ["%.1f %% silent, %.2f %% saturated" % (100 * p["silent_share"], 100 * p["saturated_share"])
                        for p in run["populations"]],
        "Agreement": [percent(p["agreement"]) for p in agreement["parts"]] + ["%.4g" % w["error"] for w in agreement["worst"]] +
                     ["rtl", "same spikes", "of %d, as one part" % agreement["samples"], "verified to be, on 2 samples"] + lost(agreement),
        "Classes": ["\t".join(str(n) for n in row) for row in run["confusion"]["chip"]],
        "Verification": ["golden, rtl\t%(samples)d\t%(spikes)d\t%(readouts)d\t%(differences)d\tequal" % verdict],
        "Populations": [p["population"] for p in run["populations"]],
        "Outputs": ["logits\t1x10"],
        "Schedule": ["%d cycles" % timing["worst_cycles"] if "worst_cycles" in timing else str(slot["worst_cycles"])],
        "Fit on chip tiny": ["of 8192", "of 1024"],
        "Cores": ["%(events)d events in %(lane_cycles)d busy cycles" % c for c in verdict["cores"]],
        "Slots": ["\t".join(format(n, ",") for n in (slot["worst_cycles"], slot["expected_cycles"], most, slot["worst_cycles"] - most))],
        "Quantisation": ["%d calibration samples" % load(case, "report", "accuracy.json")["calibration_samples"]],
        "Weights": ["% clipped"],
        "Frontier": ["%d chosen%d" % (chosen["ticks"], chosen["weight_bits"])],  # cells of a table that is closed
        "Training": ["ttfs tune"],
        "Robustness": ["20 samples, 2 trials", "time-noise"],
        "Energy": ["%.2f nJ" % energy["nanojoule_per_sample"]],
        "Reproduce": ["--ticks", "--chip tiny", manifest["model"]["sha256"]],
    }


def panels(case, browser):
    found = browser.run(READ)
    case.equal(list(found), PANELS, "panels")
    for name, texts in wanted(case).items():
        for text in texts:
            case.check(text in found[name]["text"], "%s does not say %r: %r" % (name, text, found[name]["text"][:3000]))
    case.equal({n: p["unseen"] for n, p in found.items() if p["unseen"]}, {}, "pictures without a size")
    answer, run = browser.run("document.querySelector('.answer').innerText"), load(case, "report", "run-golden.json")
    for text in (percent(run["accuracy"]), percent(run["agreement"]), "%.3f" % run["spikes_per_neuron"], "equal"):
        case.check(text in answer, "the answer does not say %r: %r" % (text, answer))
    confusion = sum(map(sum, run["confusion"]["chip"]))
    case.equal(confusion, COUNT, "samples of the confusion")


def picks(case, browser):
    """The mouse and the arrow keys choose the sample that is seen."""
    for i in (3, 7, 0):
        browser.click("label[for=s%d]" % i)
        seen = browser.run(SEEN)
        case.equal([k for k, text in enumerate(seen) if text], [i], "samples seen")
        case.check("Sample %d." % i in seen[i], "the pane of sample %d" % i)
    browser.press("ArrowRight")
    case.equal([k for k, text in enumerate(browser.run(SEEN)) if text], [1], "samples seen after an arrow key")


def graph_leads(case, browser):
    for i in (2, 4):
        browser.click(".graph a[href='#pop-%d']" % i)
        row = browser.run("[location.hash, document.querySelector(':target td').innerText,"
                          " document.querySelector(':target').getBoundingClientRect().top < innerHeight]")
        name = browser.run("document.querySelector(\".graph a[href='#pop-%d'] text\").textContent" % i)
        case.equal(row, ["#pop-%d" % i, name, True], "the row that the graph leads to")


def copies(case, browser):
    browser.click("#command + button")
    case.equal(browser.run("[document.querySelector('#command + button').innerText, String(getSelection())]"),
               ["copied", browser.run("document.querySelector('#command').innerText")], "the copy button")


def explains(case, browser):
    """A word that is pointed at, or that Tab reaches, is explained; screen readers find it in the list."""
    case.equal(browser.run(SAYS % "dfn"), "none", "before")
    browser.hover("dfn")
    case.check("the share of samples" in browser.run(SAYS % "dfn"), "pointed at: %s" % browser.run(SAYS % "dfn"))
    browser.run("document.querySelector('dfn').focus()")
    browser.press("Tab")
    case.equal(browser.run("document.activeElement === document.querySelectorAll('dfn')[1]"), True, "Tab leads to the next word")
    case.check("agreement" in browser.run("getComputedStyle(document.activeElement, '::after').content"), "the keyboard reaches it")
    lost = browser.run("[...document.querySelectorAll('dfn')].filter(e => !document.getElementById(e.getAttribute('aria-describedby'))).length")
    case.equal(lost, 0, "words without an explanation")


def complains(case, browser):
    """What is watched for is seen: a script's error, and a thing that the policy forbids."""
    case.equal(browser.complaints, [], "what was complained about")
    browser.open(case.write("bad.html", "<!doctype html><script>lost.word</script>"))
    case.equal(len(browser.complaints), 1, "a script's error")
    with open(case.path("out", "report", "index.html"), encoding="utf-8") as f:
        browser.open(case.write("worse.html", f.read().replace("</html>", "<script>1</script></html>")))
    case.equal(len(browser.complaints), 2, "a script that the policy does not name")


def main():
    if not chromium.found():
        skip("no chromium")
    case = Case()
    page = folder(case)
    try:
        browser = chromium.Chromium()
    except (RuntimeError, OSError) as e:
        skip("chromium does not start here: %s" % e)
    with browser:
        browser.size(1000)
        browser.open(page)
        for part in (panels, picks, graph_leads, copies, explains):
            part(case, browser)
        pictures(case, browser, "page")
        complains(case, browser)
    sys.exit(case.done())


main()
