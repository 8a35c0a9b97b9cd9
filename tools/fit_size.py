#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The factors of hw/devices.def by which ttfs estimates LUTs, flip-flops and clock: measures chips, fits the factors to some of
them, and says how far off they are on the others. The chips and what was measured of them stand in tools/size_runs.json.

    tools/fit_size.py measure [WORDS] [--ttfs build/ttfs] [--data DIR] [--again]
                        what of the file has no figures (--again: has WORDS in its line) is compiled and synthesised: by Yosys alone, or
                        where it says "clock" by ttfs synth, minutes
    tools/fit_size.py guess    what of an estimate is no factor's (memories, board top) anew, of all: compiles, seconds
    tools/fit_size.py fit      the rows of devices.def, fitted to the chips that are "seen"
    tools/fit_size.py table    estimated beside measured, a line a chip, as docs/hardware.md has it
    tools/fit_size.py check    exit code 1 unless every chip that the fit did not see is within 10 % (blocks, of which small chips have few: or two of them)

A chip is a line of the file: net, device, bits, ticks, lanes; "with": keys of the chip that --fit made and that were changed.
Nets are those of examples/, or of the folder --data (models/, datasets/; else $TTFS_TEST_DATA, ../shared/data). Logic is linear in the
factors (hw/size.c). The fit is least squares of relative errors, with each factor held near what it is: one that is a third off
costs as much as an error of 1 %. The period of a clock is a sum of the same kind, in hundredths of a nanosecond.
"""
import argparse
import fcntl
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
HELD = 0.01 / 0.33    # an error beside the relative change of a factor that weighs as much
MOST = 0.10
DEEP = 2048           # words of activations that need no multiplexer
KINDS = ("LUTs", "flip-flops", "blocks", "MHz")


def bits_for(n):
    return max(1, (n - 1).bit_length())


def terms(chip):
    """What the factors of TTFS_LUTS and TTFS_FFS are times, as hw/size.c has it."""
    c, word = chip, WORD * chip["value_bits"]
    steps = 0 if not c["strides"] else 2 if c["value_bits"] > 4 else 1
    addresses = bits_for(c["act_words"]) + 4 + 2 * bits_for(c["list_entries"]) + bits_for(c["weight_rows"]) + bits_for(c["param_words"]) + 3 * bits_for(c["program_words"])
    return [1, c["lanes"] * c["slope_bits"], c["lanes"] * c["acc_bits"], c["lanes"] * c["weight_bits"], c["lanes"] * c["acc_bits"] * steps,
            c["ramp_bits"] * c["value_bits"], word, addresses, flit_bits(c), c["conv"], word * c["pool"], int(c["classes"] or c["segments"] > 1), c["counters"]]


def flit_bits(c):
    return c["y_bits"] + c["x_bits"] + c["c_bits"] + c["acc_bits"] + bits_for(c["flows"])


def periods(chip):
    """The same for TTFS_PERIOD: of the chip, of a doubling of its lanes, of maps, of one of its words of activations beyond DEEP."""
    return [1, bits_for(chip["lanes"]), chip["conv"], max(0, bits_for(chip["act_words"]) - bits_for(DEEP))]


def rows(kind):
    """Factors by family (of TTFS_PERIOD by device) in devices.def."""
    with open(TABLE, encoding="utf-8") as f:
        found = re.findall(r"^TTFS_%s\((\w+), ([-\d, ]+)\)$" % kind, f.read(), re.M)
    return {name: [int(n) for n in numbers.split(",")] for name, numbers in found}


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


# --- runs ---

def devices():
    """The name in the table and the family of a device."""
    with open(TABLE, encoding="utf-8") as f:
        return {name: (row, family) for row, name, family in re.findall(r'^TTFS_DEVICE\((\w+), "([^"]+)", (\w+),', f.read(), re.M)}


def load():
    with open(RUNS, encoding="utf-8") as f:
        return json.load(f)


def save(runs):
    with open(RUNS + ".new", "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(r) for r in runs) + "\n]\n")
    os.replace(RUNS + ".new", RUNS)


def name_of(r):
    more = ", ".join("%s %d" % (k, v) for k, v in r.get("with", {}).items())
    return "%s, %d bits, T %d, %d lanes" % (r["net"], r["bits"], r["ticks"], r["lanes"]) + (", " + more if more else "")


def command(ttfs, *args):
    p = subprocess.run([ttfs, *map(str, args), "--json", "-q"], stdout=subprocess.PIPE, text=True, check=False)
    if not p.stdout:
        sys.exit("fit_size: ttfs %s failed" % " ".join(map(str, args)))
    return json.loads(p.stdout)


def sources(net, data):
    """A net and its calibration samples."""
    if net in ("digits_mlp", "digits_cnn"):
        folder = os.path.join(HERE, "..", "examples", "digits")
        return os.path.join(folder, net + ".onnx"), os.path.join(folder, "calib.npz")
    part = net.split("_")[0]
    samples = {"digits": "digits-train.npz", "cifar10": "cifar10-calib.npz"}.get(part, "t10k-images-idx3-ubyte.gz")
    return os.path.join(data, "models", net + ".onnx"), os.path.join(data, "datasets", part, samples)


KEYS = ("lanes", "weight_bits", "slope_bits", "acc_bits", "ramp_bits", "value_bits", "c_bits", "y_bits", "x_bits", "act_words", "list_entries", "weight_rows",
        "param_words", "program_words", "flows", "buffers", "table_words", "segments", "strides", "conv", "pool", "classes", "counters")
FLAGS = ("conv", "pool", "classes", "counters")


def compiled(o, r, out):
    """OUT of a line; its chip."""
    model, samples = sources(r["net"], o.data)
    words = ["compile", model, "--calib", samples, "--ticks", r["ticks"], "--weight-bits", r["bits"], "--schedule", "latency", "-o", out]
    chip = r.get("chip")
    if not chip:
        command(o.ttfs, *words, "--fit", r["device"], "--lanes", r["lanes"])
        with open(os.path.join(out, "chip.json"), encoding="utf-8") as f:
            made = json.load(f)
        chip = {k: int(r.get("with", {}).get(k, made[k])) for k in KEYS}
    with open(out + ".json", "w", encoding="utf-8") as f:
        json.dump(dict({k: bool(v) if k in FLAGS else v for k, v in chip.items()}, name=r["device"], clock_mhz=12), f)
    command(o.ttfs, *words, "--chip", out + ".json")
    return chip


def script(family, chip, device):
    """What ttfs synth has Yosys do, up to the count."""
    if family == "XC7":
        return "synth_xilinx -flatten -family xc7 -top ttfs_top -noiopad -noclkbuf"
    with open(TABLE, encoding="utf-8") as f:
        yosys, pins = re.search(r'^TTFS_FLOW\(%s, "[^"]+", "([^"]+)", .* (\d+)\)$' % device, f.read(), re.M).groups()
    flit = flit_bits(chip)
    lines = ["chparam -set FLIT %d -set CLOCKS 12 ttfs_board" % flit, "scratchpad -copy abc9.script.flow3 abc9.script"]
    if flit > int(pins):
        lines += ["hierarchy -top ttfs_board", "proc", "delete -port ttfs_board/w:trace_valid_o ttfs_board/w:trace_flit_o"]
    if device == "UP5K" and chip["weight_rows"] > 1024:
        lines += [yosys + " -top ttfs_board -spram -run begin:map_ram", 'setattr -set ram_style "huge" t:$mem_v2 c:*u_weights* %i',
                  yosys + " -top ttfs_board -spram -run map_ram:"]
    else:
        lines += [yosys + " -top ttfs_board"]
    return "\n".join(lines)


# LUTs, flip-flops and blocks that a cell is, by how its name begins; the first that fits (compiler/driver/flow_*.c, vivado.c).
CELLS = {"ICE40": (("SB_LUT4", 1, 0, 0), ("SB_DFF", 0, 1, 0), ("SB_RAM40", 0, 0, 1), ("SB_SPRAM", 0, 0, 1)),
         "ECP5": (("LUT4", 1, 0, 0), ("CCU2C", 2, 0, 0), ("TRELLIS_DPR16X4", 4, 0, 0), ("TRELLIS_FF", 0, 1, 0), ("DP16KD", 0, 0, 1), ("PDPW16KD", 0, 0, 1)),
         "XC7": (("LUT", 1, 0, 0), ("SRL", 1, 0, 0), ("RAM32M", 4, 0, 0), ("RAM64M", 4, 0, 0), ("RAM32X1S", 1, 0, 0), ("RAM64X1S", 1, 0, 0), ("RAM128X1S", 2, 0, 0),
                 ("RAM256X1S", 4, 0, 0), ("RAM32X1D", 2, 0, 0), ("RAM64X1D", 2, 0, 0), ("RAM128X1D", 4, 0, 0), ("FD", 0, 1, 0), ("RAMB18", 0, 0, 1), ("RAMB36", 0, 0, 2))}


def mapped(out, chip, device):
    """What Yosys makes of the chip in OUT, behind the board top where there is one."""
    row, family = devices()[device]
    top = "" if family == "XC7" else os.path.join(HERE, "..", "rtl", "board", "ttfs_*.v")
    stat, words = os.path.join(out, "stat.json"), os.path.join(out, "map.ys")
    with open(words, "w", encoding="utf-8") as f:
        f.write("read_verilog -DSYNTHESIS -I%s/rtl %s/rtl/ttfs_*.v %s\n%s\ntee -q -o %s stat -json\n" % (out, out, top, script(family, chip, row), stat))
    subprocess.run(["yosys", "-q", words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(stat, encoding="utf-8") as f:
        cells = json.load(f)["design"]["num_cells_by_type"]
    made = [0, 0, 0]
    for name, n in cells.items():
        for begin, *weights in CELLS[family]:
            if name.startswith(begin):
                made = [a + n * w for a, w in zip(made, weights)]
                break
    return dict(zip(("lut", "ff", "ram"), made))


def locked(change):
    with open(os.path.join(tempfile.gettempdir(), "ttfs-size-runs.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        runs = load()
        change(runs)
        save(runs)


def one(o, r, again):
    with tempfile.TemporaryDirectory(prefix="ttfs-size-") as folder:
        out = os.path.join(folder, "out")
        chip = compiled(o, r, out)
        guess = command(o.ttfs, "synth", out, "--device", r["device"], "--estimate")
        r.update(chip=chip, guess=[guess[k] for k in ("lut", "ff", "ram")])
        if again:
            made = command(o.ttfs, "synth", out, "--device", r["device"]) if r.get("clock") else mapped(out, chip, r["device"])
            r.update((k, made[k]) for k in ("lut", "ff", "ram"))
            if r.get("clock"):
                r["fmax_mhz"] = made["fmax_mhz"]
    return r


def changed(r):
    """Writes a line in place of the one of its name and device."""
    name = (name_of(r), r["device"])
    locked(lambda runs: runs.__setitem__(slice(None), [r if (name_of(x), x["device"]) == name else x for x in runs]))
    print(json.dumps(r), flush=True)


def measure(o):
    for r in load():
        if (o.again or "lut" not in r) and (not o.words or o.words in json.dumps(r)):
            changed(one(o, r, True))


def guess(o):
    for r in load():
        if "lut" in r:
            changed(one(o, r, False))


# --- fits and errors ---

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
    """Factors near `old` for points (terms in hundredths, what they are to add up to, weight), none below 0."""
    n = len(old)
    matrix = [[0.0] * n for _ in range(n)]
    right = [0.0] * n
    for x, y, w in points:
        for i in range(n):
            right[i] += w * w * x[i] * y
            for j in range(n):
                matrix[i][j] += w * w * x[i] * x[j]
    for i, k in enumerate(old):
        scale = HELD / max(abs(k), 5)
        matrix[i][i] += scale * scale
        right[i] += scale * scale * k
    free = list(range(n))
    while True:
        found = solve([[matrix[i][j] for j in free] for i in free], [right[i] for i in free])
        if min(found) >= 0:
            return [round(dict(zip(free, found)).get(i, 0)) for i in range(n)]
        free = [i for i, v in zip(free, found) if v >= 0]


def seen(runs):
    return [r for r in runs if r.get("seen") and "lut" in r]


def print_rows(runs):
    for kind, at, key in (("LUTS", 0, "lut"), ("FFS", 1, "ff")):
        for family, old in rows(kind).items():
            mine = [r for r in seen(runs) if devices()[r["device"]][1] == family]
            points = [([t / 100 for t in terms(r["chip"])], r[key] - r["guess"][at] + dot(terms(r["chip"]), old) // 100, 1 / r[key]) for r in mine]
            print("TTFS_%s(%s, %s)" % (kind, family, ", ".join(map(str, fit(old, points)))))
    for row, old in rows("PERIOD").items():
        points = [([t / 100 for t in periods(r["chip"])], 1000 / r["fmax_mhz"], r["fmax_mhz"] / 1000) for r in seen(runs)
                  if r.get("fmax_mhz") and devices()[r["device"]][0] == row]
        print("TTFS_PERIOD(%s, %s)" % (row, ", ".join(map(str, fit(old, points)))))


def pairs(r):
    """Estimated and measured of KINDS (None: nobody timed it)."""
    period = dot(periods(r["chip"]), rows("PERIOD").get(devices()[r["device"]][0], [0] * 4)) / 100
    return list(zip(r["guess"], (r["lut"], r["ff"], r["ram"]))) + [(1000 / period if period else None, r.get("fmax_mhz"))]


def error(pair):
    return 0 if None in pair or not pair[1] else pair[0] / pair[1] - 1


def print_table(runs):
    print("| chip | device | LUTs | flip-flops | blocks | MHz |\n| --- | --- | --- | --- | --- | --- |")
    for r in sorted((r for r in runs if "lut" in r), key=lambda r: (bool(r.get("seen")), r["device"], name_of(r))):
        cells = ["-" if None in p else "%s, %s (%+.0f %%)" % (form % p[1], form % p[0], 100 * error(p)) for p, form in zip(pairs(r), ("%d", "%d", "%d", "%.1f"))]
        print("| %s%s | `%s` | %s |" % (name_of(r), "*" if r.get("seen") else "", r["device"], " | ".join(cells)))


def check(runs):
    unseen = [r for r in runs if "lut" in r and not r.get("seen")]
    judged = [(name_of(r), r["device"], kind, error(p)) for r in unseen for kind, p in zip(KINDS, pairs(r))
              if None not in p and not (kind == "blocks" and abs(p[0] - p[1]) <= 2)]
    far = [line for line in judged if abs(line[3]) > MOST]
    for chip, device, what, off in far:
        print("%s on %s: %s %+.1f %%" % (chip, device, what, 100 * off))
    print("%d chips that no fit saw, %d figures beyond %d %%" % (len(unseen), len(far), 100 * MOST))
    return 1 if far else 0


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    kinds = p.add_subparsers(dest="kind", required=True)
    for name in ("measure", "guess"):
        q = kinds.add_parser(name)
        q.add_argument("--ttfs", default="build/ttfs")
        q.add_argument("--data", default=os.environ.get("TTFS_TEST_DATA", os.path.join(HERE, "..", "..", "shared", "data")))
        if name == "measure":
            q.add_argument("words", nargs="?")
            q.add_argument("--again", action="store_true")
    for name in ("fit", "table", "check"):
        kinds.add_parser(name)
    o = p.parse_args()
    if "ttfs" in o:
        o.ttfs = os.path.abspath(o.ttfs)
        return {"measure": measure, "guess": guess}[o.kind](o)
    return {"fit": print_rows, "table": print_table, "check": check}[o.kind](load())


if __name__ == "__main__":
    sys.exit(main())
