# SPDX-License-Identifier: Apache-2.0
"""Every call that changes the file system fails once, in every command that writes: a full disk, an error of
the device, a write that is short and then none. The command ends with exit code 1 and a message, or as if
nothing had been; the output folder is the old one or the new one; nothing temporary stays. And `tune` is killed at such calls.

    failing_io.py SHIM      the preload library of tests/e2e/preload/failing_io.c
"""
import errno
import os
import shutil
import signal
import subprocess
import sys

from e2e import DIGITS, TTFS, Case, tree

MODEL = os.path.join(DIGITS, "digits_mlp.onnx")
TEST = os.path.join(DIGITS, "test.npz")
ENOSPC, EIO, SHORT = str(errno.ENOSPC), str(errno.EIO), "SHORT"


def run(case, shim, args, **settings):
    env = dict(os.environ, LD_PRELOAD=shim, SOURCE_DATE_EPOCH="0", **settings)  # verdicts have a date
    p = subprocess.run([os.path.abspath(TTFS), *args], cwd=case.folder, env=env, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return p.returncode, p.stdout, p.stderr.decode(errors="replace")


def calls(case, shim, args, **settings):
    """How many calls a whole run makes."""
    case.write("count", "")
    code, _, err = run(case, shim, args, TTFS_FAIL_COUNT=case.path("count"), **settings)
    case.equal((code, err), (0, ""), "a run in which nothing fails: " + " ".join(args))
    with open(case.path("count"), encoding="ascii") as f:
        return int(f.read() or 0)


def restore(case, files, changed=True):
    """The folder `work` as it was, and none of those files."""
    if changed:
        shutil.rmtree(case.path("work"))
        shutil.copytree(case.path("before"), case.path("work"))
    for name in files:
        if os.path.lexists(case.path(name)):
            os.remove(case.path(name))


def sweep(case, shim, args, fault, file=None, step=1, **settings):
    """Each call of one command, or one in `step`, fails once. `file`: what it writes besides."""
    restore(case, [file] if file else [])
    old, total = tree(case.path("work")), calls(case, shim, args, **settings)
    new = tree(case.path("work"))
    with open(case.path(file or "count"), "rb") as f:
        made = f.read()
    case.check(total > 0, "%s makes %d calls: is the shim loaded?" % (args[0], total))
    refused, found = 0, new
    for k in range(total, 0, -step):
        restore(case, [file] if file else [], found != old)
        code, _, err = run(case, shim, args, TTFS_FAIL_AT=str(k), TTFS_FAIL_WITH=fault, **settings)
        what = "%s with call %d of %d failing (%s): exit code %d, %s" % (args[0], k, total, fault, code, err)
        found = tree(case.path("work"))
        refused += code == 1
        case.check(code in (0, 1), what)
        case.check(code == 0 or "ttfs: error: " in err, "no message: " + what)
        case.check(found == new if code == 0 else found in (old, new), "neither old nor new: " + what)
        case.equal([n for n in os.listdir(case.folder) if "tmp" in n], [], "temporary names: " + what)
        if file and os.path.exists(case.path(file)):
            with open(case.path(file), "rb") as f:
                case.check(f.read() == made, "half a file: " + what)
        elif file:
            case.check(code == 1, "no file and no error: " + what)
    case.check(refused > 0, "no failing call of %s was noticed" % args[0])
    return total


def killed(case, shim):
    """A training that SIGKILL ends at one of its calls: OUT2 is the old one or the new one, OUT as it was; the next run cleans up."""
    case.good("compile", MODEL, "-q", "-o", "out", "--calib", TEST, "--ticks", "3", "--weight-bits", "2", "--quantiser", "plain")
    tune = ("tune", "out", "-q", "-o", "tuned", "--train", TEST, "--count", "64", "--epochs", "1")
    case.good(*tune, "--seed", "2")
    out, old, total = tree(case.path("out")), tree(case.path("tuned")), calls(case, shim, tune)
    new, found = tree(case.path("tuned")), []
    case.check(old != new, "two seeds give one network")
    for k in range(1, total + 1, max(1, total // 12)):
        case.good(*tune, "--seed", "2")
        code, _, err = run(case, shim, tune, TTFS_FAIL_AT=str(k), TTFS_FAIL_WITH="KILL")
        case.equal(code, -signal.SIGKILL, "call %d of %d: %s" % (k, total, err))
        found.append(tree(case.path("tuned")))
        case.check(found[-1] in (old, new), "neither old nor new: killed at call %d of %d" % (k, total))
    case.check(old in found, "no kill came before the new folder")
    case.good(*tune)
    case.check(tree(case.path("tuned")) == new and tree(case.path("out")) == out, "after the kills")
    case.equal([n for n in os.listdir(case.folder) if "tmp" in n], [], "what the kills left")


def main(shim):
    case, total = Case(), 0
    os.environ["ASAN_OPTIONS"] = "verify_asan_link_order=0:detect_leaks=0"
    case.good("compile", MODEL, "-q", "-o", "before", "--ticks", "15")
    shutil.copytree(case.path("before"), case.path("work"))
    build = ("compile", MODEL, "-q", "-o", "work", "--ticks", "31")
    trace = ("run", "work", "-q", "--engine", "golden", "--input", TEST, "--count", "2", "--trace", "trace.txt")
    verify = ("verify", "work", "-q", "--input", TEST, "--count", "2", "--engines", "golden,golden")
    values = trace[:-2] + ("--outputs", "out.npy")
    for fault, settings in ((ENOSPC, {}), (EIO, {"TTFS_FAIL_ONLY": "fsync"}), (SHORT, {"TTFS_FAIL_ONLY": "write"})):
        # Of the many files of a folder, which go one way, each has its full disk; other faults one in four.
        total += sweep(case, shim, build, fault, step=1 if fault == ENOSPC else 4, **settings)
        total += sweep(case, shim, trace, fault, file="trace.txt", **settings)
        total += sweep(case, shim, values, fault, file="out.npy", **settings)
        total += sweep(case, shim, verify, fault, **settings)
        total += sweep(case, shim, ("report", "work", "-q"), fault, **settings)
        total += sweep(case, shim, ("emit", "work", "-q", "-o", "net.o"), fault, file="net.o", **settings)
    total += sweep(case, shim, build, ENOSPC, TTFS_FAIL_EXCHANGE="1", TTFS_FAIL_ONLY="rename")
    # A cache that cannot be written costs nothing but time.
    os.environ["TTFS_CACHE"] = case.path("cache")
    keep = tuple(a.replace("golden", "jit") for a in trace)
    for fault, settings in ((ENOSPC, {}), (SHORT, {"TTFS_FAIL_ONLY": "write"})):
        shutil.rmtree(case.path("cache"), ignore_errors=True)
        for k in range(1, calls(case, shim, keep, **settings) + 4):
            shutil.rmtree(case.path("cache"), ignore_errors=True)
            restore(case, ["trace.txt"], False)
            code, _, err = run(case, shim, keep, TTFS_FAIL_AT=str(k), TTFS_FAIL_WITH=fault, **settings)
            told = err.startswith(("ttfs: error: trace.txt", "ttfs: error: work/report"))
            case.check(code == 0 or (code == 1 and told),
                       "run with call %d failing (%s): %d %s" % (k, fault, code, err))
            case.check(not any("tmp" in n for _, _, names in os.walk(case.path("cache")) for n in names),
                       "temporary files in the cache after call %d" % k)
    del os.environ["TTFS_CACHE"]
    killed(case, shim)
    print("%d calls failed" % total)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
