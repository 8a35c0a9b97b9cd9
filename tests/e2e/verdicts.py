# SPDX-License-Identifier: Apache-2.0
"""What verify promises: as many differences as there are, counted here from the traces of two
networks that differ in a few weights; and slots that take no longer than the plan says, which a
lowered plan and a chip that dawdles both break.
"""
import hashlib
import os
import re
import shutil
import signal
import struct
import subprocess
import sys

from e2e import DIGITS, TTFS, Case

TEST = os.path.join(DIGITS, "test.npz")
COUNT = 12
TICKS = 255
LATE = 900  # cycles that the chip waits behind every slot


def rewrite(case, path, old, new):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    changed = re.sub(old, new, text)
    case.check(changed != text, "%s holds no '%s'" % (path, old))
    with open(path, "w", encoding="utf-8") as f:
        f.write(changed)


def copy(case, name, folder="out"):
    shutil.copytree(case.path(folder), case.path(name))
    return name


def trace(case, folder):
    """{(sample, kind, population, neuron): tick or potential} of a run of golden."""
    case.good("run", folder, "--input", TEST, "--count", COUNT, "--engine", "golden", "--trace", "t.txt")
    found, sample = {}, 0
    with open(case.path("t.txt"), encoding="utf-8") as f:
        for line in f:
            w = line.split()
            if w[0] == "sample":
                sample = int(w[1])
            elif w[0] == "spike":
                found[sample, "spike", w[1], int(w[5])] = int(w[3])
            else:
                found[sample, "readout", w[1], int(w[3])] = int(w[5])
    return found


def other_weight(case, index):
    """A copy of the folder whose spike form has all bits of one weight inverted."""
    folder = copy(case, "weight-%d" % index, "spikes")
    blob = case.path(folder, "forms", "spike.blob")
    with open(blob, "r+b") as f:
        f.seek(2 * index)
        weight, = struct.unpack("<h", f.read(2))
        f.seek(2 * index)
        f.write(struct.pack("<h", ~weight))
        f.seek(0)
        digest = hashlib.sha256(f.read()).hexdigest()
    rewrite(case, case.path(folder, "forms", "spike.txt"), r'sha256 "[0-9a-f]*"', 'sha256 "%s"' % digest)
    return folder


def first_difference(case, told, plain, changed):
    """The first one in the order of samples, populations and neurons, each value from the traces."""
    first = min((k for k in set(plain) | set(changed) if plain.get(k) != changed.get(k)),
                key=lambda k: (k[0], k[1] != "spike", k[3]))
    kind, what = first[1], "tick" if first[1] == "spike" else "potential"
    want, got = plain.get(first, -1), changed.get(first, -1)
    case.equal([told[k] for k in ("kind", "sample", "population", "neuron", "engine", "want_" + what, "got_" + what)],
               [kind, first[0], first[2].strip('"'), first[3], "jit", want, got], "the first difference")
    if kind == "readout":
        case.equal(told["potential"], want, "the readout's potential")
        return
    with open(case.path("spikes", "forms", "spike.txt"), encoding="utf-8") as f:
        text = f.read()
    ramp = [int(r) for r in re.search(r"ramp \[([^]]*)\]", text)[1].split()][first[3]]
    steps = min(TICKS, max(0, told["potential"] // ramp))
    case.equal(TICKS - steps if steps else -1, want, "tick that follows from the potential %d" % told["potential"])


def differences(case):
    case.compile("digits_mlp", "spikes", "--stop-after", "spike")
    plain = trace(case, "spikes")
    for index in (100, 500, 2048 + 3):
        changed = trace(case, other_weight(case, index))
        want = sum(plain.get(k) != changed.get(k) for k in set(plain) | set(changed))
        args = ("--input", TEST, "--count", COUNT, "--engines", "golden,jit", "--fault", "weight:%d" % index)
        v = case.json("verify", "spikes", *args, code=1)
        whole = case.json("verify", "out", *args, code=1)
        case.check(want > 0, "weight %d changes nothing" % index)
        case.equal((v.get("spikes"), v.get("readouts")), (sum(k[1] == "spike" for k in plain), 10 * COUNT),
                   "what is compared is the reference's, weight %d" % index)
        case.equal(v.get("differences"), want, "differences by weight %d" % index)
        case.equal((whole.get("differences"), whole["first"]["kind"]), (want + 1, "image"),
                   "the image, which is of another network, is one more")
        first_difference(case, v["first"], plain, changed)
    for n in (2, 3):
        v = case.json("verify", "out", "--input", TEST, "--count", COUNT, "--fault", "spike:9",
                      "--engines", ",".join(["golden"] * n), code=1)
        case.equal(v.get("differences"), n - 1, "a spike moved in %d engines" % (n - 1))


def lowered_plans(case):
    """A plan that promises less than its own formula is refused, however consistent it is."""
    with open(case.path("out", "forms", "plan.txt"), encoding="utf-8") as f:
        text = f.read()
    worst = int(re.search(r"^slot 1 worst (\d+)", text, re.M).group(1))
    total = int(re.search(r"^cycles worst (\d+)", text, re.M).group(1))
    for name, edits in (("slot", [(r"(?m)^slot 1 worst \d+", "slot 1 worst %d" % (worst - 1))]),
                        ("all", [(r"(?m)^slot 1 worst \d+", "slot 1 worst %d" % (worst - 1)),
                                 (r"(?m)^cycles worst \d+", "cycles worst %d" % (total - 1))]),
                        ("total", [(r"(?m)^cycles worst \d+", "cycles worst %d" % (total - 1))])):
        folder = copy(case, "plan-" + name)
        for old, new in edits:
            rewrite(case, case.path(folder, "forms", "plan.txt"), old, new)
        for engines in ("golden,rtl", "golden,jit"):
            case.refused("verify", folder, "--input", TEST, "--count", 1, "--engines", engines,
                         says=("plan.txt", "cycles"))


def late_chip(case):
    """A chip whose spikes are right and whose slots end too late."""
    folder = copy(case, "late")
    rewrite(case, case.path(folder, "rtl", "ttfs_chip.v"), r"wire slot_end = ([^;]*);",
            r"wire ended = \1;\n    reg [15:0] late_q;\n"
            r"    always @(posedge clk_i) late_q <= ended ? late_q + 16'd1 : 16'd0;\n"
            r"    wire slot_end = ended && late_q == 16'd%d;" % LATE)
    good = case.json("verify", "out", "--input", TEST, "--count", 3, "--engines", "golden,rtl")
    late = case.json("verify", folder, "--input", TEST, "--count", 3, "--engines", "golden,rtl", "--trust-rtl",
                     code=1)
    case.equal((late.get("differences"), late.get("spikes")), (0, good.get("spikes")), "spikes of the late chip")
    broken = []
    for a, b in zip(good["slots"], late["slots"]):
        case.equal(b["most_cycles"], a["most_cycles"] + LATE, "slot %d of the late chip" % a["slot"])
        if b["most_cycles"] > b["worst_cycles"]:
            broken.append(b)
    case.check(len(broken) > 0, "no slot is late enough: %r" % late["slots"])
    case.refused("verify", folder, "--input", TEST, "--count", 3, "--engines", "golden,rtl", "--trust-rtl",
                 says=["slot %d took %d cycles, the plan promises at most %d" %
                       (b["slot"], b["most_cycles"], b["worst_cycles"]) for b in broken])


def ignored_children(case):
    """Started by a program that ignores the ends of its children, the simulator is found all the same."""
    args = [os.path.abspath(TTFS), "verify", "out", "--input", TEST, "--count", "1", "--engines", "golden,rtl"]
    p = subprocess.run(args, cwd=case.folder, capture_output=True, check=False,
                       preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    case.equal(p.returncode, 0, "verify where SIGCHLD is ignored: %s" % p.stderr.decode())


def main():
    case = Case()
    case.compile("digits_mlp", "out")
    differences(case)
    lowered_plans(case)
    late_chip(case)
    ignored_children(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
