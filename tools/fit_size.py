#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The factors of hw/devices.def by which ttfs estimates LUTs, flip-flops and clock: measures chips, fits the factors to some of
them, and says how far off they are on all. What was measured is kept in tools/size_runs.json.

    tools/fit_size.py run MODEL CALIB DEVICE [--ttfs build/ttfs] [--lanes N] [--weight-bits B] [--ticks T] [--clock MHZ] [--seen area,clock]
                        compile --fit DEVICE, synth (minutes), and a new line of the file; --seen: what of it the fits may see;
                        --measured LUT,FF,BLOCKS[,MHZ]: what synth said before, in place of running it
    tools/fit_size.py fit      the rows of devices.def, fitted to the chips that may be seen
    tools/fit_size.py table    estimated beside measured, a line a chip, as docs/hardware.md has it
    tools/fit_size.py check    exit code 1 unless every chip that the fit did not see is within 10 % (blocks, of which small chips have few: or two of them), but for those that say so ("beyond")

Logic is linear in the factors (hw/size.c); what else an estimate counts (memories, the board top) is kept with the run, so that
a fit needs no folder. The fit is least squares of relative errors, with each factor held near what it is: one that is a third off
costs as much as an error of 3 %. The period of a clock is a sum of the same kind, in hundredths of a nanosecond.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RUNS = os.path.join(HERE, "size_runs.json")
TABLE = os.path.join(HERE, "..", "hw", "devices.def")
WORD = 16             # values of a word of activations
HELD = 0.03 / 0.33    # an error beside the relative change of a factor that weighs as much
MOST = 0.10
KINDS = ("area", "area", "blocks", "clock")


def terms(chip):
    """What the factors of TTFS_LUTS and TTFS_FFS are times, as hw/size.c has it."""
    word = WORD * chip["value_bits"]
    return [1, chip["lanes"] * (chip["slope_bits"] + chip["acc_bits"]), chip["acc_bits"] * chip["value_bits"], word,
            int(chip["conv"]), word * int(chip["pool"]), int(chip["classes"] or chip["segments"] > 1)]


def periods(chip):
    """The same for TTFS_PERIOD: of the chip, of a doubling of its lanes, of maps."""
    return [1, max(1, (chip["lanes"] - 1).bit_length()), int(chip["conv"])]


def rows(kind):
    """Factors by family (of TTFS_PERIOD by device) in devices.def."""
    with open(TABLE, encoding="utf-8") as f:
        found = re.findall(r"^TTFS_%s\((\w+), ([-\d, ]+)\)$" % kind, f.read(), re.M)
    return {name: [int(n) for n in numbers.split(",")] for name, numbers in found}


def devices():
    """The name in the table and the family of a device."""
    with open(TABLE, encoding="utf-8") as f:
        return {name: (row, family) for row, name, family in re.findall(r'^TTFS_DEVICE\((\w+), "([^"]+)", (\w+),', f.read(), re.M)}


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def logic(chip, factors):
    return dot(terms(chip), factors) // 100


def solve(matrix, right):
    """Gauss, with the largest pivot."""
    n = len(right)
    m = [row[:] + [v] for row, v in zip(matrix, right)]
    for i in range(n):
        p = max(range(i, n), key=lambda r: abs(m[r][i]))
        m[i], m[p] = m[p], m[i]
        for r in range(n):
            if r != i:
                f = m[r][i] / m[i][i]
                m[r] = [a - f * b for a, b in zip(m[r], m[i])]
    return [m[i][n] / m[i][i] for i in range(n)]


def fit(old, points):
    """Factors near `old` for points (terms in hundredths, what they are to add up to, weight)."""
    n = len(old)
    matrix = [[0.0] * n for _ in range(n)]
    right = [0.0] * n
    for x, y, w in points:
        for i in range(n):
            right[i] += w * w * x[i] * y
            for j in range(n):
                matrix[i][j] += w * w * x[i] * x[j]
    for i, k in enumerate(old):
        scale = HELD / max(abs(k), 1)
        matrix[i][i] += scale * scale
        right[i] += scale * scale * k
    return [round(v) for v in solve(matrix, right)]


# --- runs ---

def command(ttfs, *args):
    p = subprocess.run([ttfs, *map(str, args), "--json", "-q"], stdout=subprocess.PIPE, text=True, check=False)
    if not p.stdout:
        sys.exit("fit_size: ttfs %s failed" % " ".join(map(str, args)))
    return json.loads(p.stdout)


def measured(o):
    words = (o.measured + ",").split(",") if o.measured else None
    return words and {"lut": int(words[0]), "ff": int(words[1]), "ram": int(words[2]), "fmax_mhz": float(words[3]) if words[3] else None}


def run(o):
    ttfs = os.path.abspath(o.ttfs)
    with tempfile.TemporaryDirectory(prefix="ttfs-size-") as folder:
        out = os.path.join(folder, "out")
        ways = ["--lanes", o.lanes] if o.lanes else []
        command(ttfs, "compile", o.model, "-o", out, "--calib", o.calib, "--fit", o.device, "--ticks", o.ticks, "--weight-bits", o.weight_bits, *ways)
        guess = command(ttfs, "synth", out, "--device", o.device, "--estimate")
        made = measured(o) or command(ttfs, "synth", out, "--device", o.device, *(["--clock", o.clock] if o.clock else []))
        with open(os.path.join(out, "chip.json"), encoding="utf-8") as f:
            chip = json.load(f)
    family = devices()[o.device][1]
    net = os.path.splitext(os.path.basename(o.model))[0]
    line = {"what": "%s, %d bits, T %d, %d lanes" % (net, o.weight_bits, o.ticks, chip["lanes"]), "device": o.device, "seen": o.seen.split(",") if o.seen else [],
            "chip": {k: chip[k] for k in ("lanes", "slope_bits", "acc_bits", "value_bits", "conv", "pool", "classes", "segments")},
            "other": {"lut": guess["lut"] - logic(chip, rows("LUTS")[family]), "ff": guess["ff"] - logic(chip, rows("FFS")[family])},
            "ram": [made["ram"], guess["ram"]], "lut": made["lut"], "ff": made["ff"], "fmax_mhz": made["fmax_mhz"]}
    runs = load()
    runs.append(line)
    save(runs)
    print(json.dumps(line))


def load():
    if not os.path.exists(RUNS):
        return []
    with open(RUNS, encoding="utf-8") as f:
        return json.load(f)


def save(runs):
    with open(RUNS + ".new", "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(r) for r in runs) + "\n]\n")
    os.replace(RUNS + ".new", RUNS)


# --- fits and errors ---

def seen(family, runs):
    return [r for r in runs if "area" in r["seen"] and devices()[r["device"]][1] == family]


def print_rows(runs):
    for kind, key in (("LUTS", "lut"), ("FFS", "ff")):
        for family, old in rows(kind).items():
            points = [([t / 100 for t in terms(r["chip"])], r[key] - r["other"][key], 1 / r[key]) for r in seen(family, runs)]
            print("TTFS_%s(%s, %s)" % (kind, family, ", ".join(map(str, fit(old, points)))))
    for row, old in rows("PERIOD").items():
        points = [([t / 100 for t in periods(r["chip"])], 1000 / r["fmax_mhz"], r["fmax_mhz"] / 1000) for r in runs
                  if "clock" in r["seen"] and r["fmax_mhz"] and devices()[r["device"]][0] == row]
        print("TTFS_PERIOD(%s, %s)" % (row, ", ".join(map(str, fit(old, points)))))


def estimates(r):
    """Estimated and measured: LUTs, flip-flops, blocks, MHz (None: nobody timed it)."""
    row, family = devices()[r["device"]]
    period = dot(periods(r["chip"]), rows("PERIOD").get(row, [0] * 3)) / 100
    return [(r["other"]["lut"] + logic(r["chip"], rows("LUTS")[family]), r["lut"]),
            (r["other"]["ff"] + logic(r["chip"], rows("FFS")[family]), r["ff"]), (r["ram"][1], r["ram"][0]),
            (1000 / period if period else None, r["fmax_mhz"])]


def error(pair):
    return 0 if None in pair or not pair[1] else pair[0] / pair[1] - 1


def print_table(runs):
    print("| chip | device | LUTs | flip-flops | blocks | MHz |\n| --- | --- | --- | --- | --- | --- |")
    for r in sorted(runs, key=lambda r: (r["device"], r["what"])):
        cells = []
        for p, form, kind in zip(estimates(r), ("%d", "%d", "%d", "%.1f"), KINDS):
            cells.append("-" if None in p else "%s, %s (%+.0f %%)%s" % (form % p[1], form % p[0], 100 * error(p), "*" if kind in r["seen"] else ""))
        print("| %s | `%s` | %s |" % (r["what"], r["device"], " | ".join(cells)))


def check(runs):
    judged = [(r["what"], r["device"], what, error(p), kind == "blocks" and abs(p[0] - p[1]) <= 2) for r in runs if "area" not in r["seen"] and not r.get("beyond")
              for p, kind, what in zip(estimates(r), KINDS, ("LUTs", "flip-flops", "blocks", "MHz")) if kind not in r["seen"] and None not in p]
    far = [line for line in judged if abs(line[3]) > MOST and not line[4]]
    for chip, device, what, off, _ in far:
        print("%s on %s: %s %+.1f %%" % (chip, device, what, 100 * off))
    for r in runs:
        if r.get("beyond"):
            print("%s on %s: known to be beyond" % (r["what"], r["device"]))
    print("%d figures of %d chips that no fit saw, %d beyond %d %%" % (len(judged), len(set(line[:2] for line in judged)), len(far), 100 * MOST))
    return 1 if far else 0


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    kinds = p.add_subparsers(dest="kind", required=True)
    q = kinds.add_parser("run")
    for name in ("model", "calib", "device"):
        q.add_argument(name)
    q.add_argument("--ttfs", default="build/ttfs")
    q.add_argument("--lanes", type=int)
    q.add_argument("--weight-bits", type=int, default=8)
    q.add_argument("--ticks", type=int, default=15)
    q.add_argument("--clock", type=float)
    q.add_argument("--seen")
    q.add_argument("--measured")
    for name in ("fit", "table", "check"):
        kinds.add_parser(name)
    o = p.parse_args()
    if o.kind == "run":
        return run(o)
    return {"fit": print_rows, "table": print_table, "check": check}[o.kind](load())


if __name__ == "__main__":
    sys.exit(main())
