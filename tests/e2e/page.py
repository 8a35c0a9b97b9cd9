# SPDX-License-Identifier: Apache-2.0
"""The page of a folder: what its panels say is what the documents say that they are made of, and these say
what a trace does; a panel without data names the command that brings it; names inject nothing; it is small,
and the same whatever came first."""
import base64
import hashlib
import html
import json
import os
import re
import shlex
import sys

import onnx_make

from e2e import DIGITS, Case, npy

TEST = os.path.join(DIGITS, "test.npz")
COUNT = 40
MOST_BYTES = 2 << 20


def load(case, *names):
    with open(case.path(*names), encoding="utf-8") as f:
        return json.load(f)


def page_of(case, out):
    case.good("report", out)
    with open(case.path(out, "report", "index.html"), encoding="utf-8") as f:
        return f.read()


def part(page, title):
    """A panel: from its heading to the next."""
    at = page.index("<h2>" + title)
    return page[at:page.find("<h2>", at + 4) if "<h2>" in page[at + 4:] else len(page)]


def plain(text):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def trace(case, out):
    """Ticks of the golden engine: [sample][population] -> [(neuron, tick)]."""
    case.good("run", out, "--input", TEST, "--count", COUNT, "--engine", "golden", "--trace", "t.txt")
    found = []
    with open(case.path("t.txt"), encoding="utf-8") as f:
        for line in f:
            if line.startswith("sample "):
                found.append({})
            m = re.match(r'spike "([^"]*)" tick ([0-9]+) neuron ([0-9]+)', line)
            if m:
                found[-1].setdefault(m[1], []).append((int(m[3]), int(m[2])))
    return found


def counted(case, run, ticks):
    """Histograms, shares and rasters are those of the trace."""
    case.equal(run["histogram_samples"], COUNT, "samples of the histograms")
    for p in run["populations"]:
        name, n = p["population"], p["neurons"] * COUNT
        all_ticks = [t for sample in ticks for _, t in sample.get(name, [])]
        bins = min(64, p["ticks"])
        want = [0] * bins
        for t in all_ticks:
            want[t * bins // p["ticks"]] += 1
        case.equal(p["histogram"], want, "histogram of " + name)
        case.check(abs(p["silent_share"] - (1 - len(all_ticks) / n)) < 1e-9, "silence: %r" % p)
        case.check(abs(p["saturated_share"] - all_ticks.count(0) / n) < 1e-9, "saturation: %r" % p)
    case.equal([s["sample"] for s in run["shown"]], list(range(8)), "samples shown")
    for s in run["shown"]:
        for grid, raster in zip(run["grids"], s["rasters"]):
            name = grid["population"]
            p = next(q for q in run["populations"] if q["population"] == name)
            cells = [0] * (grid["rows"] * grid["columns"])
            for neuron, t in ticks[s["sample"]].get(name, []):
                row = neuron * grid["rows"] // p["neurons"]
                cells[row * grid["columns"] + t * grid["columns"] // p["ticks"]] += 1
            case.check(max(cells) <= 35, "a cell of %d spikes" % max(cells))
            case.equal([int(c, 36) for c in raster["cells"]], cells, "raster of %s, sample %d" % (name, s["sample"]))
            case.equal((raster["spikes"], raster["peak"]), (sum(cells), max(cells)), "spikes of " + name)


def drawn(case, page, run):
    """What the documents say is what the page says."""
    answer = plain(page[page.index('<dl class="answer">'):page.index("</dl>")])
    for words in ("Accuracy %.2f %%" % (100 * run["accuracy"]), "Agreement with relu %.2f %%" % (100 * run["agreement"]),
                  "Spikes a neuron %.3f" % run["spikes_per_neuron"], "of %d samples, golden" % COUNT):
        case.check(words in answer, "the answer does not say '%s': %s" % (words, answer))
    samples = part(page, "Samples")
    case.equal(samples.count('type="radio"'), 8, "choices of the picker")
    labels = re.findall(r'aria-label="([0-9]+) spikes in ticks', samples)
    case.equal([int(n) for n in labels], [r["spikes"] for s in run["shown"] for r in s["rasters"]], "spikes of the rasters")
    for s in run["shown"]:
        words = "Sample %(sample)d. The chip says %(class)d . Relu says %(relu_class)d . The label is %(label)d ." % s
        case.check(words in plain(samples), "the samples do not say '%s'" % words)
    spans = sum(int(n) for n in re.findall(r"M[0-9]+ [0-9]+\.5h([0-9]+)", samples))
    case.equal(spans, sum(len(r["cells"]) - r["cells"].count("0") for s in run["shown"] for r in s["rasters"]), "cells drawn")
    times = plain(part(page, "Spike times"))
    graph = plain(part(page, "Graph"))
    for p in run["populations"]:
        words = "%.1f %% silent, %.2f %% saturated , T %d" % (100 * p["silent_share"], 100 * p["saturated_share"], p["ticks"])
        case.check(words in times, "the spike times do not say '%s': %s" % (words, times))
        case.check("%s spikes" % format(round(p["spikes_per_sample"]), ",") in graph, "the graph: %s" % graph)
    targets = set(re.findall(r'href="#([^"]+)"', page))
    case.check(targets and targets <= set(re.findall(r'id="([^"]+)"', page)), "links that lead nowhere: %r" % targets)


def confused(case, run):
    """Rows of the confusions sum to the samples, the diagonal is accuracy and agreement."""
    c = run["confusion"]
    for key, share in (("chip", "accuracy"), ("chip_beside_relu", "agreement")):
        right = sum(c[key][i][i] for i in range(c["classes"]))
        case.equal((sum(map(sum, c[key])), right), (COUNT, round(run[share] * COUNT)), "confusion, " + key)
    case.equal([sum(row) for row in c["chip"]], [sum(row) for row in c["relu"]], "labels of both confusions")


def matrices(case, page, run):
    """Relu's, the chip's and their difference are those of the run; the policy names our script alone."""
    cells = [int(n) for n in re.findall(r'<td class="(?:none|good|poor)">([-+0-9]+)</td>', part(page, "Classes"))]
    relu, chip = ([n for row in run["confusion"][key] for n in row] for key in ("relu", "chip"))
    case.equal(cells, relu + chip + [c - r for c, r in zip(chip, relu)], "cells of the matrices")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    case.equal(len(scripts), 1, "scripts of the page")
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    case.check("script-src 'sha256-%s'" % digest in page, "the policy does not name the script")


def made_of_the_folder(case, page):
    """Slots, weights and the command are those of the folder."""
    timing = load(case, "out", "report", "timing.json")
    for s in timing["slots"]:
        words = "{slot} {worst_cycles:,} {expected_cycles:,}".format(**s)
        case.check(words in plain(part(page, "Slots")), "no slot '%s': %s" % (words, plain(part(page, "Slots"))))
    weights = sum(int(n.replace(",", "")) for n in re.findall(r"([0-9,]+) weights of 8 bit", plain(part(page, "Weights"))))
    parameters = int(re.search(r"([0-9]+) parameters", page)[1])  # weights and biases
    case.check(0.9 * parameters < weights <= parameters, "%d weights of %d parameters" % (weights, parameters))
    command = plain(part(page, "Reproduce"))
    manifest = load(case, "out", "manifest.json")
    for words in ("ttfs compile digits_cnn.onnx -o OUT", "--ticks 100", "--chip tiny", manifest["model"]["sha256"]):
        case.check(words in command, "the command does not say '%s': %s" % (words, command))


def made_again(case):
    """The command of a folder with a chip and a range of its own makes the same network and plan: it names the
    chip's description, not a shipped chip of that name."""
    case.compile("digits_cnn", "mine", "--chip", case.chip("mine.json", clock_mhz=13), "--ticks", 20, "--input-range", "-0.5:2")
    panel = part(page_of(case, "mine"), "Reproduce")
    case.check("<code>chip</code> of manifest.json" in panel, "the chip's description: %s" % panel)
    command = shlex.split(html.unescape(re.search(r'<pre id="command">(.*?)</pre>', panel)[1]))
    chip = case.write("chip.json", json.dumps(load(case, "mine", "manifest.json")["chip"]))
    case.good(*[{"OUT": case.path("again"), "chip.json": chip}.get(word, word) for word in command[1:]], cwd=DIGITS)
    for name in ("manifest.json", "forms/spike.txt", "forms/plan.txt"):
        with open(case.path("mine", name), encoding="utf-8") as a, open(case.path("again", name), encoding="utf-8") as b:
            case.equal(b.read(), a.read(), name + " of the folder made again")


def many_verdicts(case):
    """Of more than 64 the first by name stay, in whatever order the folder gives them."""
    os.makedirs(case.path("mine", "verify"), exist_ok=True)
    numbers = [(7 * i) % 90 for i in range(90)]
    for i in numbers:
        case.write("mine/verify/v%02d.json" % i, json.dumps({"date": "2020-01-01T00:00:%02dZ" % (i % 60), "equal": True, "engines": ["golden"]}))
    shown = re.findall(r"<td>v([0-9]{2})</td>", part(page_of(case, "mine"), "Verification"))
    case.equal([int(n) for n in shown], list(range(64)), "verdicts of 90")


def funnel(case):
    """Heights from a little below the least share to all; the Verilog has a share when it was equal; layers beyond a step."""
    parts = [{"part": part, "agreement": share} for part, share in (("windows", 0.98), ("ticks", 0.97), ("weights", 0.975))]
    layers = [{"layer": "l%d" % i, "mean_steps": steps} for i, steps in enumerate((0.5, 1.5, 0.9, 2.4))]
    slots = [{} for _ in load(case, "mine", "report", "timing.json")["slots"]]
    agreement = {"samples": 200, "parts": parts, "layers": layers, "first_layer": "l2"}
    for equal, least, rtl in ((True, 0.955, ("97.50 %", "same spikes")), (False, 0, ("0.00 %", "not equal"))):
        case.write("mine/report/agreement.json", json.dumps(agreement))
        case.write("mine/verify/golden-rtl.json", json.dumps({"equal": equal, "engines": ["golden", "rtl"], "samples": 9, "slots": slots}))
        panel = part(page_of(case, "mine"), "Agreement")
        shares = [1, 1, 0.98, 0.97, 0.975, 0.975 if equal else 0]
        heights = re.findall(r'class="stage" [^>]* height="([0-9.]+)"', panel)
        case.equal(heights, ["%.1f" % (8 + 82 * (share - least) / (1 - least)) for share in shares], "heights, equal %s" % equal)
        bands = [tuple(map(float, m)) for m in re.findall(r'<path d="M[0-9.]+ ([0-9.]+)L[0-9.]+ ([0-9.]+)V([0-9.]+)L[0-9.]+ ([0-9.]+)z"', panel)]
        case.check(len(bands) == len(shares) - 1 and all(abs(d - a - float(left)) < 0.21 and abs(c - b - float(right)) < 0.21 for (a, b, c, d), left, right
                                                         in zip(bands, heights, heights[1:])), "bands from stage to stage: %r" % bands)
        case.check("heights from %.2f to 100 %%" % (100 * least) in panel, "the heights' words: %s" % panel)
        case.equal(re.findall(r'y="136">([^<]*)<', panel)[-1:] + re.findall(r'y="152">([^<]*)<', panel)[2:],
                   [rtl[0], "4 lost", "2 lost", "1 won back", rtl[1]], "what stands under it")
        case.equal(re.findall(r'<rect class="(\w*)" [^>]*><title>l', panel), ["", "over", "first", "over"], "layers")
    agreement["parts"] = parts[:2]
    case.write("mine/report/agreement.json", json.dumps(agreement))
    panel = part(page_of(case, "mine"), "Agreement")
    case.check("funnel" not in panel and '<svg class="layers"' in panel, "a funnel without one of its parts: %s" % panel)


def saturated(case, run):
    """More than a twentieth at its window's end is marked, but of the input."""
    shares = {"input": 0.5, "conv1": 0.0501, "conv2": 0.05}
    listed = [dict(p, saturated_share=shares.get(p["population"], 0)) for p in run["populations"]]
    case.write("mine/report/run-golden.json", json.dumps(dict(run, populations=listed)))
    panel = part(page_of(case, "mine"), "Spike times")
    marked = [p["population"] for p, mark in zip(listed, re.findall(r'<span class="(\w*)">[0-9.]+ % saturated', panel)) if mark == "bad"]
    case.equal(marked, ["conv1"], "populations that are marked")


def dashed(case):
    """A file whose name begins as an option does is a path in the command."""
    with open(os.path.join(DIGITS, "digits_mlp.onnx"), "rb") as f:
        case.write("-q.onnx", f.read())
    with open(os.path.join(DIGITS, "calib.npz"), "rb") as f:
        case.write("memory", f.read())  # as samples of a program are called
    case.good("compile", "./-q.onnx", "-o", "dashed", "--calib", "memory", "--stop-after", "spike")
    case.check("ttfs compile ./-q.onnx -o OUT" in part(page_of(case, "dashed"), "Reproduce"), "the model's name in the command")
    case.check("were a program's: <code>memory</code>" in part(page_of(case, "dashed"), "Reproduce"), "samples without a file")


def hostile(case):
    """Documents from elsewhere: other types, sizes and numbers than ours leave a page."""
    run = {"engine": "<b>", "samples": 1e999, "histogram_samples": "x", "populations": [1, {"population": 7, "histogram": [-1, 1e308, "x"]}],
           "picture": [2, -1, 1e9], "grids": {"a": 1}, "shown": [[], {"pixels": "zz", "rasters": [1], "outputs": 3}],
           "confusion": {"classes": 17, "chip": [[1e308] * 17] * 17, "relu": [[-1e308] * 17] * 17}}
    text = json.dumps(run).replace("Infinity", "1e999")
    with open(case.path("out", "report", "run-golden.json"), "w", encoding="utf-8") as f:
        f.write(text)
    for name in ("agreement", "frontier", "energy", "accuracy", "messages", "sweep", "tune"):
        with open(case.path("out", "report", name + ".json"), "w", encoding="utf-8") as f:
            f.write('{"epochs": [1, {"loss": 1e999}], "teacher": "<b>,", "points": [1, {"cost": 1e999, "loss": -1e308}], "layers": 3, "worst": {"a": [1]}, "parts": [[{}]]}')
    page = page_of(case, "out")
    case.check("<b>," not in page and part(page, "Reproduce"), "the page of other documents")


def without(case):
    """A panel without data says which command brings it."""
    page = page_of(case, "out")
    for title, command in (("Samples", "ttfs run OUT --input X"), ("Spike times", "ttfs run OUT --input X"),
                           ("Agreement", "ttfs run OUT --input X --layers"), ("Verification", "ttfs verify OUT --input X"),
                           ("Robustness", "ttfs sweep OUT --input X"), ("Training", "ttfs tune OUT -o OUT2 --train X"),
                           ("Frontier", "ttfs compile MODEL -o OUT --calib X --target-agreement P")):
        case.check("<code>%s</code>" % command in part(page, title), "%s names no command" % title)


def same_whatever_came_first(case):
    """Runs and verdicts in another order, on more threads: the same page but for the verdict's date."""
    verify = ("verify", "out", "--input", TEST, "--count", 5, "--engines", "golden,jit")
    os.environ["SOURCE_DATE_EPOCH"] = "86400"
    case.good(*verify)
    page = page_of(case, "out")
    case.check("1970-01-02" in page, "the verdict's date is not on the page")
    case.good("run", "out", "--input", TEST, "--count", COUNT, "--engine", "golden", "--threads", 3)
    case.equal(page_of(case, "out"), page, "the page after a run on three threads")
    case.good("run", "out", "--input", TEST, "--count", 3, "--engine", "jit")
    case.equal(page_of(case, "out"), page, "the page after a run of fewer samples")
    del os.environ["SOURCE_DATE_EPOCH"]
    run = load(case, "out", "report", "run-golden.json")
    case.write("out/report/run-board.json", json.dumps(dict(run, engine="board", samples=COUNT + 1)))
    case.check("of %d samples, board" % (COUNT + 1) in plain(page_of(case, "out")), "a run of more samples on a board")
    os.remove(case.path("out", "report", "run-board.json"))


def named(case):
    """Names of layers that would be something else in HTML."""
    bad = "</script><script>alert(1)</script>"
    names = ["<img src=x onerror=alert(1)>", "\" onmouseover=\"alert(1)", "' onclick='x", "a&b%s" + bad]
    m = onnx_make.Model("evil", input_shape=[None, 4])
    at = "input"
    for i, name in enumerate(names):
        m.init("w%d" % i, [[0.5 - 0.3 * (j == k) for k in range(4)] for j in range(4)])
        m.node("Gemm", [at, "w%d" % i], ["g%d" % i], name=name + "g")
        at = "r%d" % i
        if i < 3:
            m.node("Relu", ["g%d" % i], [at], name=name)
    m.output("g3", [None, 4])
    m.save(case.path("evil.onnx"))
    x = case.write("x.npy", npy((9, 4), [0.05 * i for i in range(36)]))
    case.good("compile", "evil.onnx", "-o", "evil", "--calib", x, "--chip", "tiny")
    case.good("run", "evil", "--input", x, "--engine", "golden", "--layers")
    case.good("verify", "evil", "--input", x, "--engines", "golden,jit")
    page = page_of(case, "evil")
    case.check(not re.search(r"<img src=x|<script>alert|[\"'] on[a-z]+=", page.replace("&#39; on", "").replace("&quot; on", "")),
               "a name became HTML")
    case.check("&lt;img src=x onerror" in page, "the names are not on the page")
    case.check("default-src 'none'" in page, "the page has no policy")


def main():
    case = Case()
    case.compile("digits_cnn", "out", "--chip", "tiny", "--ticks", 100)
    without(case)
    ticks = trace(case, "out")
    run = load(case, "out", "report", "run-golden.json")
    counted(case, run, ticks)
    confused(case, run)
    page = page_of(case, "out")
    drawn(case, page, run)
    matrices(case, page, run)
    made_of_the_folder(case, page)
    case.check(len(page) <= MOST_BYTES, "the page has %d bytes" % len(page))
    same_whatever_came_first(case)
    named(case)
    made_again(case)
    many_verdicts(case)
    funnel(case)
    saturated(case, run)
    dashed(case)
    hostile(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
