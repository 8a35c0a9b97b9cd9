# SPDX-License-Identifier: Apache-2.0
"""Every allocation may fail: once, or that one and all that follow. A command then ends with exit 3
and the message, or gives the same bytes as without; never a signal, never another code, never a
shorter file; and nothing temporary stays behind.

    starved.py failing_alloc.so [long]

A short run takes a sample of the places that allocate, by a seed that it prints (TTFS_TEST_SEED
repeats one) and as many as fit its time (TTFS_TEST_SECONDS); a long one takes all of them.
"""
import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
import time

from e2e import DIGITS, TTFS, Case, npz, npy, digits_x, tree

SLOWEST = 600  # of a command: it may build the simulator, on a loaded machine
SECONDS = float(os.environ.get("TTFS_TEST_SECONDS", 12))  # of a short run
MEMORY = ("ttfs: error: out of memory: ", "ttfs: error: jit: no memory for ")
# A thread's variables of a library that was loaded later (the chip): libc makes room for them at the
# first use, and ends the process itself when it cannot. One place; it may not become more.
LIBC = "cannot allocate memory for thread-local data: ABORT"
GLIBC = "Fatal glibc error: failed to register TLS destructor"  # of the simulator's C++, since glibc 2.41: nobody is asked
# What depends on the clock and on the machine, in text and in JSON.
MOVING = re.compile(r"\d+(\.\d+)? s\b|samples per second .*|\"?\w*(seconds?|peak_bytes)\"?:.*")


class Command:
    """A command line, and the files and folders that are there before."""

    def __init__(self, case, name, args, there=()):
        self.case, self.name, self.args, self.there = case, name, args, there
        self.libc = 0

    def run(self, library, fail):
        folder = self.case.path("work")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        for name in self.there:
            copy = shutil.copytree if os.path.isdir(self.case.path(name)) else shutil.copy
            copy(self.case.path(name), os.path.join(folder, name))
        env = dict(os.environ, LD_PRELOAD=library, TTFS_FAIL_ALLOC=fail, SOURCE_DATE_EPOCH="0")  # verdicts have a date
        try:
            p = subprocess.run([os.path.abspath(TTFS)] + self.args, cwd=folder, env=env, timeout=SLOWEST,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except subprocess.TimeoutExpired:
            return None, "", "", {}
        return (p.returncode, MOVING.sub("", p.stdout.decode(errors="replace")),
                p.stderr.decode(errors="replace"), tree(folder))

    def places(self, library):
        """What a whole run gives, and the allocations to fail: the first and last of every place."""
        path = self.case.path("places")
        self.cache = os.environ["TTFS_CACHE"]
        self.before = {n: d for name in self.there for n, d in (
            [(name + "/" + n, d) for n, d in tree(self.case.path(name)).items()]
            if os.path.isdir(self.case.path(name)) else [(name, open(self.case.path(name), "rb").read())])}
        self.good = self.run(library, "list:" + path)
        code, out, err, files = self.good
        self.case.equal(code, 0, "%s: without a failure\n%s" % (self.name, err))
        with open(path, encoding="ascii") as f:
            lines = f.read().split("\n")
        at = sorted({int(k) for line in lines[1:] for k in line.split()})
        self.case.check(len(at) > 20, "%s: only %d places allocate" % (self.name, len(at)))
        return at

    def files_are_whole(self, files):
        """Names of files that are neither as before nor as a run without a failure leaves them. An
        output folder that is compiled is wholly the one or the other."""
        before, after = self.before, self.good[3]
        if self.args[0] in ("compile", "tune"):
            return [] if files in (before, after) else sorted(
                n for n in files.keys() | before.keys() if files.get(n) != before.get(n))
        return sorted(n for n in files.keys() | before.keys()
                      if files.get(n) not in (before.get(n), after.get(n)))

    def judge(self, library, how, k):
        code, out, err, files = self.run(library, "%s:%d" % (how, k))
        if (code == 127 and LIBC in err) or (code == -6 and GLIBC in err):
            self.libc += 1
            return
        what = "%s, %s %d: exit %s\n%s\n%s" % (self.name, how, k, code, out[-400:], err[-800:])
        if code == 3:
            self.case.check(any(m in err for m in MEMORY), what)
            self.case.equal(self.files_are_whole(files)[:5], [], what + "\nfiles cut or left behind")
        elif self.case.check(code == 0, what):
            self.case.check(out == self.good[1], "%s\nexit 0, but it says something else" % what)
            self.case.equal(sorted(n for n in files.keys() | self.good[3].keys()
                                   if files.get(n) != self.good[3].get(n))[:5], [],
                            what + "\nexit 0, but other files")
        left = [n for n in tree(self.cache) if "tmp" in n] if os.path.isdir(self.cache) else []
        self.case.equal(left, [], what + "\nleft in the cache")


def copied(path, there):
    """Another test may have made room in the cache meanwhile."""
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(path, there)


def others(folder, names):
    """What of a cache is no simulator: what other tests build there now."""
    return [n for n in names if not n.endswith(".o")]


def commands(case):
    model = os.path.join(DIGITS, "digits_mlp.onnx")
    case.write("x.npz", npz({"x": npy((2, 64), [v for row in digits_x(2) for v in row]),
                             "y": npy((2,), [1, 2], "q", "<i8")}))
    compile_ = ["compile", model, "-o", "out", "--calib", "x.npz", "--chip", "tiny", "--threads", "1"]
    case.good(*compile_)
    rtl = ("verify", "out", "--input", "x.npz", "--engines", "golden,rtl", "--count", "1")
    case.good(*rtl)  # builds the simulator where other tests have it too
    shutil.copytree(os.path.join(os.environ["TTFS_CACHE"], "sim"), case.path("cache", "sim"), ignore=others, copy_function=copied)
    os.chmod(case.path("cache"), 0o700)
    os.environ["TTFS_CACHE"] = case.path("cache")
    case.check("building" not in case.good(*rtl).err, "the copied simulator is not taken")
    run = ["run", "out", "--input", "x.npz", "--threads", "1", "--no-cache", "--engine"]
    return [
        Command(case, "check", ["check", model, "--json"]),
        Command(case, "compile", compile_, ("x.npz",)),
        Command(case, "compile over another", compile_, ("x.npz", "out")),
        Command(case, "run golden", run + ["golden"], ("x.npz", "out")),
        Command(case, "run exact", run + ["exact", "--json"], ("x.npz", "out")),
        Command(case, "sweep", ["sweep", "out", "--input", "x.npz", "--threads", "1", "--vary", "margin=-0.5,0", "--vary", "weight-noise=0.1",
                                "--trials", "2"], ("x.npz", "out")),
        Command(case, "run jit", run + ["jit"], ("x.npz", "out")),
        Command(case, "verify", ["verify", "out", "--input", "x.npz", "--engines", "golden,rtl",
                                 "--threads", "1"], ("x.npz", "out")),
        Command(case, "tune", ["tune", "out", "-o", "tuned", "--train", "x.npz", "--threads", "1", "--epochs", "1", "-q"], ("x.npz", "out")),
        Command(case, "report", ["report", "out"], ("out",)),
    ]


def main():
    library, long = os.path.abspath(sys.argv[1]), "long" in sys.argv[2:]
    seed = int(os.environ.get("TTFS_TEST_SEED", random.randrange(1 << 32)))
    print("TTFS_TEST_SEED=%d" % seed)
    chance = random.Random(seed)
    case = Case()
    every = commands(case)
    todo = [[(c, how, k) for k in c.places(library) for how in ("once", "from")] for c in every]
    many, start, done = sum(map(len, todo)), time.monotonic(), 0
    while any(todo) and (long or time.monotonic() - start < SECONDS):
        of_command = chance.choice([t for t in todo if t])  # LLVM has most places by far
        command, how, k = of_command.pop(chance.randrange(len(of_command)))
        command.judge(library, how, k)
        done += 1
    print("%d of %d failures were tried" % (done, many))
    case.check(sum(c.libc for c in every) <= 2, "libc ended the process more than twice")
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
