# SPDX-License-Identifier: Apache-2.0
"""Progress of what takes more than a second: calibration, run, verify (the building of the simulator:
caches.py). A file gets whole lines, one when the work has shown to be long and one at its end; a
terminal one line that is written over; -q and short work nothing.
"""
import array
import os
import random
import re
import sys

from e2e import TTFS, Case, npy
from terminal import shown

MOST = 512000  # samples of the file


def samples(case):
    r = random.Random(1)
    some = [r.random() for _ in range(64 * 100)]
    values = array.array("f", some * (MOST // 100)).tobytes()
    case.write("x.npy", npy((0,), [], header="{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 64), }" % MOST) +
               values)


def long_enough(case, *command, counts="--count"):
    """Runs a command on more and more samples until it tells of progress; how it went, how many."""
    count = 250
    while True:
        r = case.good(*command, counts, count)
        if re.search(r"^ttfs: \d+ of \d+ .* left$", r.err, re.M) or 2 * count > MOST:
            return r, count
        count *= 2


def two_lines(case, what, err, things, count):
    """A line with rate and time left, and one at the end."""
    lines = [line for line in err.splitlines() if re.match(r"ttfs: \d+ of \d+ %s" % things, line)]
    case.check("\r" not in err and "\033" not in err, "%s: control characters in a file: %r" % (what, err))
    case.equal(len(lines), 2, "%s: lines of progress in\n%s" % (what, err))
    if len(lines) != 2:
        return
    first = re.fullmatch(r"ttfs: (\d+) of (\d+) %s, [0-9.e+]+ a second, \d+ s left" % things, lines[0])
    last = re.fullmatch(r"ttfs: (\d+) of (\d+) %s in [0-9.]+ s" % things, lines[1])
    case.check(first and last, "%s: lines are\n%s" % (what, "\n".join(lines)))
    if first and last:
        case.check(0 < int(first.group(1)) < count and int(first.group(2)) == count, what + ": " + lines[0])
        case.equal((int(last.group(1)), int(last.group(2))), (count, count), what + ": " + lines[1])


def on_terminal(case, *args):
    """Standard error of a command whose standard error is a terminal."""
    return shown(case, [os.path.abspath(TTFS)] + [str(a) for a in args], "stderr")


def main():
    case = Case()
    case.compile("digits_cnn", "out")
    samples(case)
    run = ("run", "out", "--input", "x.npy", "--threads", 1)
    for engine in ("golden", "exact"):  # the float network alone takes less than a second for all of them
        r, count = long_enough(case, *run, "--engine", engine)
        two_lines(case, "run, " + engine, r.err, "samples", count)
    r, checked = long_enough(case, "verify", "out", "--input", "x.npy", "--threads", 1, "--engines", "golden,golden")
    two_lines(case, "verify", r.err, "samples", checked)
    model = os.path.join(os.environ.get("TTFS_SOURCE", "."), "examples", "digits", "digits_cnn.onnx")
    r, calibrated = long_enough(case, "compile", model, "-o", "again", "--calib", "x.npy", "--threads", 1,
                                "--stop-after", "spike", counts="--calib-count")
    two_lines(case, "compile", r.err, "calibration samples", calibrated)
    run += ("--engine", "exact", "--count")
    case.equal(case.good(*run, count, "-q").err, "", "progress with -q")
    for _ in range(20):  # work that is stopped for a second meanwhile is not short
        r = case.good("run", "out", "--input", "x.npy", "--engine", "relu", "--count", 3)
        if not r.err:
            break
    case.equal(r.err, "", "progress of short work")
    case.json(*run, count)
    line = r"\r\d+ of %d samples, [0-9.e+]+ a second, \d+ s left\033\[K"
    shown = on_terminal(case, *run, count)
    while not re.search(line % count, shown) and 2 * count <= MOST: # the machine was slower when it was counted
        count *= 2
        shown = on_terminal(case, *run, count)
    case.check(re.search(line % count, shown) and
               shown.endswith("\r\033[K"), "progress on a terminal: %r" % shown[-300:])
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
