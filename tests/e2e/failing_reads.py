# SPDX-License-Identifier: Apache-2.0
"""Every call that asks the system something (what a file is, its bytes, a lock, a thread, another program)
fails once, in commands that compile and run. The command ends with exit code 1 and a message, or
says and writes what it does without a failure; nothing temporary stays.

    failing_reads.py SHIM   the preload library of tests/e2e/preload/failing_reads.c
"""
import os
import re
import shutil
import sys

from e2e import DIGITS, Case, tree
from failing_io import calls, run

TEST = os.path.join(DIGITS, "test.npz")
MOVING = re.compile(r"\d+(\.\d+)? s\b|[\d.]+ samples per second.*|\d+(\.\d+)? MiB|\"?\w*(seconds?|peak_bytes)\"?:.*")


def said(out):
    """What a command prints, but for times."""
    return MOVING.sub("", out.decode(errors="replace"))


def reset(case):
    for name in ("work", "cache"):
        shutil.rmtree(case.path(name), ignore_errors=True)
        shutil.copytree(case.path(name + ".before"), case.path(name), symlinks=True)
    if os.path.exists(case.path("out.npy")):
        os.remove(case.path("out.npy"))


def sweep(case, shim, args):
    reset(case)
    old, total = tree(case.path("work")), calls(case, shim, args)
    reset(case)
    _, good, _ = run(case, shim, args)
    new, refused = tree(case.path("work")), 0
    case.check(total > 10, "%s makes %d calls: is the shim loaded?" % (args[0], total))
    for k in range(1, total + 1):
        reset(case)
        code, out, err = run(case, shim, args, TTFS_FAIL_AT=str(k))
        what = "%s with call %d of %d failing: exit code %d\n%s" % (args[0], k, total, code, err)
        refused += code == 1
        case.check(code in (0, 1), what)
        case.check(code == 0 or "ttfs: error: " in err, "no message: " + what)
        case.check(code == 1 or said(out) == said(good), "another result: %s\n%s" % (what, out.decode()[-900:]))
        case.check(tree(case.path("work")) in (old, new), "neither old nor new: " + what)
        left = [n for f in ("work", "cache") for _, folders, names in os.walk(case.path(f))
                for n in folders + names if "tmp" in n]
        case.equal(left, [], "left behind: " + what)
    case.check(refused > 0, "no failing call of %s was noticed" % args[0])
    return total


def main(shim):
    case, total = Case(), 0
    model = os.path.join(DIGITS, "digits_mlp.onnx")
    os.environ["TTFS_CACHE"] = case.path("cache")
    case.good("compile", model, "-q", "-o", "work.before", "--ticks", "31", "--stop-after", "spike")
    shutil.copytree(case.path("work.before"), case.path("work"))
    samples = ("--input", TEST, "--count", "1", "--threads", "2")
    case.good("run", "work", *samples)
    shutil.copytree(case.path("cache"), case.path("cache.before"), symlinks=True)
    total += sweep(case, shim, ("compile", model, "-q", "-o", "work", "--ticks", "15", "--stop-after", "spike"))
    total += sweep(case, shim, ("run", "work", "-q", *samples, "--outputs", "out.npy"))
    total += sweep(case, shim, ("verify", "work", "-q", *samples, "--engines", "golden,jit"))
    print("%d calls failed" % total)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
