# SPDX-License-Identifier: Apache-2.0
"""Every figure that a command or a report shows, against its source: the forms as text, the chip's
description, the model, the samples, the files themselves. What a page shows is read back from the
HTML. Argument: a network of examples/digits and a chip.
"""
import hashlib
import html.parser
import json
import os
import re
import struct
import sys
import time

from e2e import DIGITS, SOURCE, Case, digits_x

import onnx_make
from make_chip_keys import complete

SAMPLES = 40
CALIB = os.path.join(DIGITS, "calib.npz")
TEST = os.path.join(DIGITS, "test.npz")


# ---- sources -----------------------------------------------------------------------------------

class Pop:
    def __init__(self, number, name, kind):
        self.number, self.name, self.kind = number, name, kind
        self.conns, self.bias, self.ramp = [], [], []

    def size(self):
        return self.c * self.h * self.w

    def shape(self):
        return "%d" % self.c if self.h * self.w == 1 else "%dx%dx%d" % (self.c, self.h, self.w)


def read_spike(path):
    """Populations by id, and the latency, from forms/spike.txt."""
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    pops, latency, p, i = {}, int(re.search(r"latency (\d+)", lines[1]).group(1)), None, 2
    while i < len(lines):
        words = lines[i].split()
        if words and words[0] == "population":
            p = Pop(int(words[1]), json.loads(words[2]), words[3])
            pops[p.number] = p
        elif words and words[0] == "shape" and p:
            p.c, p.h, p.w = map(int, words[1:4])
        elif words and words[0] == "ticks":
            p.ticks, p.start, p.rate = int(words[1]), int(words[3]), int(words[5])
        elif words and words[0] == "scale":
            p.scale, p.offset = float.fromhex(words[1]), float.fromhex(words[3])
        elif words and words[0] in ("bias", "ramp"):
            values = []
            while "]" not in lines[i + 1]:
                i += 1
                values += map(int, lines[i].split())
            setattr(p, words[0], values)
            i += 1
        elif words and words[0] in ("dense", "conv", "pool", "minpool"):
            p.conns.append(conn(words))
        i += 1
    return pops, latency


def conn(words):
    k = {"kind": words[0], "src": int(words[2]), "channels": int(words[5])}
    for name, count in (("kernel", 2), ("stride", 2), ("dilation", 2), ("pad", 4), ("group", 1),
                        ("bits", 1), ("weights", 1)):
        if name in words:
            at = words.index(name) + 1
            k[name] = [int(v) for v in words[at:at + count]]
    return k


def synapses(pops, p, k):
    """Weights that neurons of p see through one connection, position by position."""
    if k["kind"] == "dense":
        return k["weights"][0]
    if k["kind"] != "conv":
        return 0
    src, n = pops[k["src"]], 0
    for y in range(p.h):
        for x in range(p.w):
            for ky in range(k["kernel"][0]):
                for kx in range(k["kernel"][1]):
                    sy = y * k["stride"][0] + ky * k["dilation"][0] - k["pad"][0]
                    sx = x * k["stride"][1] + kx * k["dilation"][1] - k["pad"][1]
                    n += 0 <= sy < src.h and 0 <= sx < src.w
    return n * p.c * (k["channels"] // k["group"][0])


def weights(p):
    return sum(k["weights"][0] for k in p.conns if "weights" in k)


def read_plan(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    plan = {"slots": {}, "when": {}, "cores": {}, "tasks": []}
    plan["worst"], plan["expected"] = map(int, re.search(r"^cycles worst (\d+) expected (\d+)", text, re.M).groups())
    plan["early"] = int(re.search(r"^early ([01])$", text, re.M).group(1))
    plan["flows"] = int(re.search(r"^flows (\d+)$", text, re.M).group(1))
    for m in re.finditer(r"^slot (\d+) worst (\d+) expected (\d+)$", text, re.M):
        plan["slots"][int(m.group(1))] = tuple(map(int, m.groups()[1:]))
    for m in re.finditer(r"^pop (\d+) slot (\d+) stage (\d+)$", text, re.M):
        plan["when"][int(m.group(1))] = tuple(map(int, m.groups()[1:]))
    for m in re.finditer(r"^core (\d+)((?: \w+ \d+)+)$", text, re.M):
        used = m.group(2).split()
        plan["cores"][int(m.group(1))] = dict(zip(used[::2], map(int, used[1::2])))
    for m in re.finditer(r"^task \d+ pop (\d+) core (\d+) slot (\d+) channels (\d+) (\d+) rows (\d+) (\d+) "
                         r"columns (\d+) (\d+) groups (\d+) of (\d+) passes (\d+) streamed (\d+)", text, re.M):
        plan["tasks"].append(tuple(map(int, m.groups())))
    return plan


class Source:
    """What a compiled folder says in its own forms."""

    def __init__(self, case, folder, chip):
        self.pops, self.latency = read_spike(case.path(folder, "forms", "spike.txt"))
        self.plan = read_plan(case.path(folder, "forms", "plan.txt"))
        with open(os.path.join(SOURCE, "hw", "chips", chip + ".json"), encoding="utf-8") as f:
            self.chip = complete(json.load(f))
        self.all = list(self.pops.values())
        self.hidden = [p for p in self.all if p.kind in ("relu", "pool")]
        self.neurons = sum(p.size() for p in self.all)
        self.synapses = sum(synapses(self.pops, p, k) for p in self.all for k in p.conns)
        self.parameters = sum(weights(p) + len(p.bias) for p in self.all)
        self.turns = 1 + max(stage for _, stage in self.plan["when"].values())
        self.lasts = self.turns + self.plan["early"]  # from its start, in turns
        deep = self.turns > 2 or len(self.plan["slots"]) == 1
        self.schedule = "latency" if self.turns == 1 else "pipeline" if deep else "overlap"
        self.readouts = sum(p.size() for p in self.all if p.kind == "readout")

    def us(self, cycles):
        return cycles / self.chip["clock_mhz"]


def near(got, want, share=1e-9):
    return isinstance(got, (int, float)) and abs(got - want) <= share * max(1, abs(want))


# ---- JSON --------------------------------------------------------------------------------------

def check_compile(case, s, j):
    image = os.path.getsize(case.path("out", "image", "chip.img"))
    want = {"layers": len(s.all) - 1, "populations": len(s.all), "neurons": s.neurons,
            "synapses": s.synapses, "parameters": s.parameters, "cores": s.chip["cores_x"] * s.chip["cores_y"],
            "slots": len(s.plan["slots"]), "schedule": s.schedule, "turns": s.turns, "worst_cycles": s.plan["worst"],
            "expected_cycles": s.plan["expected"], "image_bytes": image}
    case.equal({k: j.get(k) for k in want}, want, "compile --json")
    case.check(0 < j["seconds"] < 240 and 1 << 20 < j["peak_bytes"] < 64 << 30, "seconds, peak_bytes: %r" % j)
    slots = s.plan["slots"].values()
    case.equal((sum(v[0] for v in slots), sum(v[1] for v in slots)), (s.plan["worst"], s.plan["expected"]),
               "cycles of the slots in all")


def placed(s):
    """Where each population is computed: slot, stage, cores, tasks."""
    for pop, p in s.pops.items():
        cores = [v[1] for v in s.plan["tasks"] if v[0] == pop]
        yield (p.name,) + s.plan["when"][pop] + (len(set(cores)), len(cores))


def check_timing(case, s, j, what):
    case.equal((j["schedule"], j["turns"]), (s.schedule, s.turns), what + ": schedule")
    case.equal((j["worst_latency_cycles"], j["expected_latency_cycles"]),
               (s.lasts * s.plan["worst"], s.lasts * s.plan["expected"]), what + ": from start to results")
    keys = ("population", "slot", "stage", "cores", "tasks")
    case.equal(j["populations"], [dict(zip(keys, v)) for v in placed(s)], what + ": populations")
    case.check(0 < j["lane_use"] <= 1 and j["traffic"]["flits"] > 0, "%s: %r" % (what, j["traffic"]))
    case.equal(j["traffic"]["hops"] > 0, len(s.plan["cores"]) > 1, what + ": hops")
    case.equal((j["latency_ticks"], j["worst_cycles"], j["expected_cycles"], j["clock_mhz"]),
               (s.latency, s.plan["worst"], s.plan["expected"], s.chip["clock_mhz"]), what)
    case.equal(s.latency, max(p.start + p.ticks for p in s.all), "latency is the last window's end")
    case.check(near(j["worst_us"], s.us(s.plan["worst"])) and near(j["expected_us"], s.us(s.plan["expected"])),
               "%s: microseconds" % what)
    for e, (number, (worst, expected)) in zip(j["slots"], s.plan["slots"].items()):
        want = {"slot": number, "worst_cycles": worst, "expected_cycles": expected,
                "stream_words": 0, "waits_for_memory": False}  # chips without stream
        case.equal(e, want, "%s: slot %d" % (what, number))
    case.equal(len(j["slots"]), len(s.plan["slots"]), what + ": slots")


# Where the chip says how many there are of what a core uses.
MEMORIES = {"act_words": "act_words", "weight_rows": "weight_rows", "param_words": "param_words",
            "program_words": "program_words", "buffers": "buffers", "table_rows": "table_words",
            "table_cols": "table_words"}


def check_fit(case, s, j, what):
    case.equal((j["schedule"], j["turns"]), (s.schedule, s.turns), what + ": schedule")
    case.equal(j["flows"], {"used": s.plan["flows"], "available": s.chip["flows"]}, what + ": flows")
    for c, e in enumerate(j["cores"]):
        want = {m: {"used": s.plan["cores"][c][m], "available": s.chip[key]} for m, key in MEMORIES.items()}
        case.equal(e, dict(want, core=c), "%s: core %d" % (what, c))
    case.equal(len(j["cores"]), len(s.plan["cores"]), what + ": cores")
    tasks = [{"population": s.pops[v[0]].name, "core": v[1], "slot": v[2], "first_channel": v[3],
              "channels": v[4], "first_row": v[5], "rows": v[6], "first_column": v[7], "columns": v[8],
              "weight_rows": v[9] * v[10], "streamed": v[12] == 1, "lists": v[6] * v[8] * v[11]}
             for v in s.plan["tasks"]]
    case.equal(j["tasks"], tasks, what + ": tasks")


def check_info(case, s):
    j = case.json("info", "out")
    for e, p in zip(j["layers"], s.all):
        shape = p.shape() + (" potentials" if p.kind == "readout" else "")
        want = {"name": p.name, "kind": p.kind, "shape": shape, "neurons": p.size(),
                "parameters": weights(p) + len(p.bias),
                "synapses": sum(synapses(s.pops, p, k) for k in p.conns)}
        case.equal(e, want, "info: " + p.name)
    case.equal(len(j["layers"]), len(s.all), "info: layers")
    check_timing(case, s, j["timing"], "info, timing")
    check_fit(case, s, j["fit"], "info, fit")
    text = case.good("info", "out").out
    totals = next(line.split() for line in text.splitlines() if line.startswith("in all"))
    case.equal(totals[2:], [str(s.neurons), str(s.parameters), str(s.synapses)], "info: in all")


def check_files(case, s, model):
    def load(name):
        with open(case.path("out", name), encoding="utf-8") as f:
            return json.load(f)
    check_timing(case, s, load("report/timing.json"), "timing.json")
    check_fit(case, s, load("report/fit.json"), "fit.json")
    energy, pj = load("report/energy.json"), s.chip["energy_pj"]
    events = sum(synapses(s.pops, p, k) * s.pops[k["src"]].rate * 1e-6 for p in s.all for k in p.conns)
    ticks = sum(p.size() * p.ticks for p in s.all if p.kind == "relu")
    spikes = sum(p.size() * p.rate * 1e-6 for p in s.all)
    joules = (events * pj["event"] + ticks * pj["tick"] + spikes * pj["spike"]) * 1e-3
    for key, want in (("synaptic_events", events), ("neuron_ticks", ticks), ("spikes", spikes)):
        case.check(want - 1 < energy[key] <= want + 1e-6, "energy, %s: %r, %r expected" % (key, energy[key], want))
    case.check(abs(energy["nanojoule_per_sample"] - joules) < 2e-3, "energy: %r" % energy)
    m = load("manifest.json")
    for key, path in (("model", model), ("calib", CALIB)):
        with open(path, "rb") as f:
            case.equal(m[key], {"file": os.path.basename(path), "sha256": hashlib.sha256(f.read()).hexdigest()},
                       "manifest, " + key)
    case.equal((m["calib_count"], m["options"]["ticks"], m["options"]["weight_bits"]), (SAMPLES, 63, 7), "manifest")
    case.equal(m["chip"], s.chip, "manifest, chip")


def check_calibration(case, s, model):
    """accuracy.json against the activations of the calibration samples."""
    with open(case.path("out", "report", "accuracy.json"), encoding="utf-8") as f:
        j = json.load(f)
    case.equal((j["calibration_samples"], j["percentile"]), (SAMPLES, 0.99), "accuracy.json")
    case.good("run", "out", "--input", CALIB, "--engine", "relu", "--trace", "calib.txt", "--count", SAMPLES)
    seen = {}
    with open(case.path("calib.txt"), encoding="utf-8") as f:
        for line in f:
            if line.startswith("value"):
                words = line.split()
                seen.setdefault(json.loads(words[1]), []).append(float(words[4]))
    by_name = {p.name: p for p in s.all}
    rectifiers = [e["name"] for e in case.json("info", model)["layers"] if e["kind"] == "relu"]
    node = dict(zip([p.name for p in s.all if p.kind == "relu"], rectifiers), input="input")
    for e in j["layers"]:
        p = by_name[e["population"]]
        if p.kind == "relu":
            case.equal((e["ramp_min"], e["ramp_max"]), (min(p.ramp), max(p.ramp)), "ramps of " + p.name)
        if p.kind == "readout":
            continue
        top = p.scale * p.ticks
        case.check(near(e["window_top"], top, 1e-6), "window of %s: %r, %r" % (p.name, e["window_top"], top))
        values = [max(0.0, v) for v in seen[node[p.name]]]
        case.check(near(e["seen_max"], max(values), 1e-6), "largest value of %s: %r, %r" %
                   (p.name, e["seen_max"], max(values)))
        above = sum(v > top for v in values) / len(values)
        case.check(abs(e["saturated_share"] - above) <= 0.01, "share of %s above the window: %r, %r" %
                   (p.name, e["saturated_share"], above))
    case.equal([e["population"] for e in j["layers"]], [p.name for p in s.all if p.kind != "pool"],
               "layers of accuracy.json")


# ---- runs --------------------------------------------------------------------------------------

def npy_floats(path):
    with open(path, "rb") as f:
        raw = f.read()
    start = 10 + struct.unpack_from("<H", raw, 8)[0]
    return struct.unpack("<%df" % ((len(raw) - start) // 4), raw[start:])


def labels(count):
    import zipfile
    with zipfile.ZipFile(TEST) as z:
        data = z.read("y.npy")
    start = 10 + struct.unpack_from("<H", data, 8)[0]
    descr = re.search(rb"'descr': '.(.)(\d)'", data)
    letter = {b"u1": "B", b"i8": "q", b"i4": "i"}[descr.group(1) + descr.group(2)]
    return struct.unpack_from("<%d%s" % (count, letter), data, start)


def classes(path):
    values = npy_floats(path)
    return [max(range(10), key=lambda c: (values[10 * i + c], -c)) for i in range(len(values) // 10)]


def check_run(case, s):
    args = ("run", "out", "--input", TEST, "--count", SAMPLES)
    case.good(*args, "--engine", "relu", "--outputs", "relu.npy")
    case.good(*args, "--engine", "golden", "--outputs", "golden.npy", "--trace", "trace.txt")
    want, got, truth = classes(case.path("relu.npy")), classes(case.path("golden.npy")), labels(SAMPLES)
    with open(case.path("trace.txt"), encoding="utf-8") as f:
        lines = [line.split() for line in f]
    spikes = [json.loads(w[1]) for w in lines if w[0] == "spike"]
    hidden = {p.name for p in s.hidden}
    neurons = sum(p.size() for p in s.hidden)
    accuracy = sum(a == b for a, b in zip(got, truth)) / SAMPLES
    agreement = sum(a == b for a, b in zip(got, want)) / SAMPLES
    inputs = [v for row in digits_x(SAMPLES) for v in row]
    p = s.pops[1]
    clipped = sum(not -0.5 <= (v - p.offset) / p.scale < p.ticks + 0.5 for v in inputs)
    for engine in ("golden", "jit", "rtl"):
        began = time.monotonic()
        j = case.json(*args, "--engine", engine)
        least = SAMPLES / (time.monotonic() - began)
        case.equal({k: j[k] for k in ("engine", "samples", "judged_by", "accuracy", "agreement", "latency_ticks",
                                      "clipped_inputs")},
                   {"engine": engine, "samples": SAMPLES, "judged_by": "class", "accuracy": accuracy,
                    "agreement": agreement, "latency_ticks": s.latency, "clipped_inputs": clipped}, engine)
        case.check(near(j["spikes_per_neuron"], sum(n in hidden for n in spikes) / neurons / SAMPLES),
                   "%s: spikes per neuron %r" % (engine, j["spikes_per_neuron"]))
        case.check(near(j["clipped_share"], clipped / len(inputs)), "share of clipped inputs")
        case.check(least < j["samples_per_second"] < 1e9, "%s: samples per second: %r, %r with the start" %
                   (engine, j["samples_per_second"], least))
        case.equal(j["cycles"] is None, engine != "rtl", engine + ": cycles")
        if engine == "rtl":
            case.check(0.3 * s.plan["expected"] < j["cycles"] <= s.plan["worst"], "cycles %r" % j["cycles"])
            case.check(0.3 * s.turns * s.plan["expected"] < j["latency_cycles"] <= s.lasts * s.plan["worst"],
                       "cycles to the results: %r" % j["latency_cycles"])
            check_lanes(case, s, j, sum(n in hidden for n in spikes))
    text = case.good(*args, "--engine", "golden").out
    for words in ("accuracy            %.2f %% (" % (100 * accuracy), "agreement with relu %.2f %% (" % (100 * agreement),
                  "latency             %d ticks" % s.latency, "engine golden, %d samples" % SAMPLES):
        case.check(words in text, "run does not say '%s':\n%s" % (words, text))
    return len(spikes)


def check_lanes(case, s, j, spikes):
    """What cores counted: every spike and sum left one, every event moved the lanes."""
    every = [sum(c[k] for c in j["cores"]) for k in ("events", "lane_cycles", "flits")]
    case.check(0 < every[0] <= every[1], "events, cycles of the lanes: %r" % every)
    case.check(spikes + s.readouts * SAMPLES <= every[2], "%r flits of %d spikes" % (every[2], spikes))
    case.check(near(j["lane_use"], every[0] / (SAMPLES * len(j["cores"]) * j["cycles"])), "lane use %r" % j["lane_use"])


def check_verify(case, s, spikes):
    want = {"samples": SAMPLES, "spikes": spikes, "readouts": SAMPLES * s.readouts, "differences": 0,
            "equal": True, "first": None, "engines": ["golden", "jit", "rtl"]}
    j = case.json("verify", "out", "--input", TEST, "--count", SAMPLES)
    case.equal({k: j[k] for k in want}, want, "verify")
    for e, (number, (worst, _)) in zip(j["slots"], s.plan["slots"].items()):
        case.equal((e["slot"], e["worst_cycles"]), (number, worst), "verify, slot")
        case.check(0 < e["most_cycles"] <= worst, "verify, slot %d: %r" % (number, e))
    case.equal(len(j["slots"]), len(s.plan["slots"]), "verify, slots")
    with open(case.path("out", "verify", "golden-jit-rtl.json"), encoding="utf-8") as f:
        kept = json.load(f)
        case.check(re.fullmatch(r"2[0-9]{3}(-[0-9]{2}){2}T[0-9:]{8}Z", kept.pop("date", "")), "the verdict's date")
        case.equal(kept, j, "the kept verdict")
    text = case.good("verify", "out", "--input", TEST, "--count", SAMPLES).out
    case.check("%d spikes, %d readout potentials" % (spikes, SAMPLES * s.readouts) in text and "EQUAL" in text, text)
    bad = case.json("verify", "out", "--input", TEST, "--count", SAMPLES, "--engines", "golden,jit", "--fault",
                    "spike:7", code=1)
    case.equal((bad["differences"], bad["equal"], bad["first"]["kind"]), (1, False, "spike"), "one moved spike")
    case.check("slots" not in bad, "slots of engines that have no clock: %r" % bad.get("slots"))


# ---- the page ----------------------------------------------------------------------------------

class Page(html.parser.HTMLParser):
    """Headings with what follows them: rows of cells, and the text of paragraphs and items."""

    def __init__(self):
        super().__init__()
        self.parts, self.rows, self.text = {}, None, []
        self.stack, self.now = [], None

    def handle_starttag(self, tag, attrs):
        if tag in ("meta", "rect"):
            return
        self.stack.append(tag)
        if tag in ("h1", "h2", "td", "th", "p", "li", "title"):
            self.text = []
        if tag == "tr" and self.now:
            self.parts[self.now].append([])

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_data(self, data):
        self.text.append(data)

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop() != tag:
            pass
        text = " ".join("".join(self.text).split())
        if tag in ("h1", "h2"):
            self.now = text
            self.parts[text] = []
        elif tag in ("td", "th") and self.now:
            self.parts[self.now][-1].append(text)
        elif tag in ("p", "li") and self.now:
            self.parts[self.now].append(text)


def check_bars(case, s, text):
    """A share is a bar of so much of 100 pixels, drawn to a tenth."""
    shares = [p.rate * 1e-6 for p in s.all if p.ticks]
    if len(s.plan["slots"]) > 1:
        shares += [worst / s.plan["worst"] for worst, _ in s.plan["slots"].values()]
    shares += [used[m] / s.chip[m] for used in s.plan["cores"].values() for m in list(MEMORIES)[:5]]
    bars = [float(w) for w in re.findall(r'<rect width="([0-9.]+)" height="10" fill="#', text)]
    case.equal(len(bars), len(shares), "bars of the page")
    for bar, share in zip(bars, shares):
        case.check(abs(bar - 100 * share) <= 0.0501, "a bar of %g pixels for a share of %g" % (bar, share))
    case.check(len(set(bars)) > 3 and max(bars) <= 120, "bars: %r" % bars)


def check_page(case, s):
    case.good("report", "out")
    with open(case.path("out", "report", "index.html"), encoding="utf-8") as f:
        text = f.read()
    page = Page()
    page.feed(text)
    page.close()
    case.equal(page.stack[1:], [], "elements that nothing closes")
    parts = {k.split(" on chip")[0]: v for k, v in page.parts.items()}
    head = next(k for k in parts if "time-to-first-spike" in k)
    case.check("%d neurons, %d synapses, %d parameters; latency %d ticks" %
               (s.neurons, s.synapses, s.parameters, s.latency) in parts[head][0], "head: %r" % parts[head])
    bits = {k["bits"][0] for p in s.all for k in p.conns if "bits" in k}
    rows = [[p.name, p.kind, p.shape(), str(p.size()),
             "%d to %d" % (p.start, p.start + p.ticks) if p.ticks else "reads potentials",
             str(max(bits)) if any("bits" in k for k in p.conns) else "",
             "%.1f %%" % (p.rate * 1e-4) if p.ticks else ""] for p in s.all]
    case.equal(parts["Populations"][1:], rows, "page, populations")
    case.equal(parts["Outputs"][1:], [["logits", "1x10", "1"]], "page, outputs")
    plan = s.plan
    words = "at most %d cycles, proven before anything runs; %d are expected with the rates of calibration. " \
            "At %g MHz: %.1f µs and %.1f µs." % (plan["worst"], plan["expected"], s.chip["clock_mhz"],
                                                 s.us(plan["worst"]), s.us(plan["expected"]))
    case.check(words in parts["Schedule"][0], "page, schedule: %r" % parts["Schedule"][0])
    case.check("Schedule %s: " % s.schedule in parts["Schedule"][1] and
               "after %d turn%s, " % (s.turns, "" if s.turns == 1 else "s") in parts["Schedule"][1] and
               "at most %d cycles" % (s.lasts * plan["worst"]) in parts["Schedule"][1], parts["Schedule"][1])
    with open(case.path("out", "report", "timing.json"), encoding="utf-8") as f:
        timing = json.load(f)
    said = ["add a weight in %.1f %% of their cycles" % (100 * timing["lane_use"])]
    if timing["traffic"]["hops"]:
        said.append("%(flits)d values and sums a sample take %(hops)d hops" % timing["traffic"])
    case.check(all(any(words in part for part in parts["Schedule"]) for words in said), "page, traffic: %r" % said)
    rows = [row for row in parts["Schedule"] if isinstance(row, list)]
    tables = [["slot", "cycles at most", "expected", "share"]] if len(plan["slots"]) > 1 else []
    tables += [[str(n), str(worst), str(expected), ""] for n, (worst, expected) in plan["slots"].items() if tables]
    tables += [["population", "slot", "stage", "cores", "tasks"]] + [[str(v) for v in row] for row in placed(s)]
    case.equal(rows, tables, "page, slots and populations")
    case.equal(parts["Fit"][2:], [[str(c)] + ["%d of %d" % (used[m], s.chip[m]) for m in list(MEMORIES)[:5]]
                                  for c, used in plan["cores"].items()], "page, fit")
    with open(case.path("out", "report", "accuracy.json"), encoding="utf-8") as f:
        accuracy = json.load(f)
    case.check("%d calibration samples" % SAMPLES in parts["Quantisation"][0], "page, quantisation")
    for row, e in zip(parts["Quantisation"][2:], accuracy["layers"]):
        p = next(q for q in s.all if q.name == e["population"])
        window = ["%.4g" % e["window_top"], "%.4g" % e["seen_max"], "%.3f %%" % (100 * e["saturated_share"])] \
            if p.kind != "readout" else ["", "", ""]
        ramps = "%d to %d" % (min(p.ramp), max(p.ramp)) if p.ramp else ""
        case.check("grid_error" not in e, "no model's integers in " + p.name)  # examples/digits is float
        case.equal(row, [p.name] + window + ["%.3f %%" % (100 * e["weight_error"]), "%d" % e["clipped_weights"], ramps, ""],
                   "page, quantisation of " + p.name)
    with open(case.path("out", "report", "energy.json"), encoding="utf-8") as f:
        e = json.load(f)
    case.check("%.2f nJ a sample for %.0f synaptic events and %.0f spikes" %
               (e["nanojoule_per_sample"], e["synaptic_events"], e["spikes"]) in parts["Energy"][0], "page, energy")
    verdicts = {}
    for name in sorted(os.listdir(case.path("out", "verify"))):
        with open(case.path("out", "verify", name), encoding="utf-8") as f:
            verdicts[name] = json.load(f)
    rows = [[name.replace("-fault.json", "").replace(".json", "").replace("-", ", ") +
             (" (damaged on purpose)" if "-fault" in name else ""), str(v["samples"]), str(v["spikes"]),
             str(v["readouts"]), str(v["differences"]), "equal" if v["equal"] else "not equal"]
            for name, v in verdicts.items()]
    case.equal(parts["Verification"][1:], rows, "page, verification")
    with open(case.path("out", "report", "messages.json"), encoding="utf-8") as f:
        notes = json.load(f)
    told = next(v for k, v in parts.items() if k.startswith("What was assumed"))
    case.equal([t for t in told], ["%s %s" % (n["where"], n["what"]) for n in notes], "page, messages")
    check_bars(case, s, text)
    outside = r'src\s*=(?!"data:image/png;base64,)|href\s*=(?!"#pop-[0-9]+")|url\(|@import|<script[^>]'
    case.check(not re.search(outside, text), "the page loads something")


# ---- a model -----------------------------------------------------------------------------------

def check_model(case):
    """info of a model whose sizes can be read off."""
    m = onnx_make.Model("sizes", input_shape=[None, 2, 6, 5])
    m.init("w1", [[[[0.1] * 3 for _ in range(3)] for _ in range(2)] for _ in range(4)])
    m.init("b1", [0.1] * 4)
    m.node("Conv", ["input", "w1", "b1"], ["a"], name="conv", kernel_shape=[3, 3], strides=[2, 1], pads=[1, 1, 1, 1])
    m.node("Relu", ["a"], ["b"], name="act")
    m.node("Flatten", ["b"], ["c"], name="flat")
    m.init("w2", [[0.1] * 60] * 7)
    m.node("Gemm", ["c", "w2"], ["d"], name="fc", transB=1)
    m.output("d", [None, 7])
    m.save(case.path("sizes.onnx"))
    j = case.json("info", "sizes.onnx")
    found = {e["name"]: (e["shape"], e["neurons"], e["parameters"], e["macs"]) for e in j["layers"]}
    want = {"conv": ("4x3x5", 0, 4 * 2 * 9 + 4, 4 * 15 * 2 * 9), "act": ("4x3x5", 60, 0, 0),
            "flat": ("60", 0, 0, 0), "fc": ("7", 0, 420, 420)}
    case.equal({k: v for k, v in found.items() if k in want}, want, "info of a model")
    case.equal(j["outputs"], [{"name": "d", "shape": [1, 7]}], "outputs of a model")


def main(net, chip):
    case = Case()
    model = os.path.join(DIGITS, net + ".onnx")
    j = case.json("compile", model, "-o", "out", "--calib", CALIB, "--calib-count", SAMPLES, "--ticks", 63,
                  "--weight-bits", 7, "--percentile", 0.99, "--chip", chip)
    s = Source(case, "out", chip)
    check_compile(case, s, j)
    check_info(case, s)
    check_files(case, s, model)
    check_calibration(case, s, model)
    check_verify(case, s, check_run(case, s))
    check_page(case, s)
    check_model(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
