# SPDX-License-Identifier: Apache-2.0
"""Every allocation may fail: once, or that one and all that follow. A command then ends with exit 3
and the message, or gives the same bytes as without; never a signal, never another code, never a
shorter file; and nothing temporary stays behind.

    starved.py failing_alloc.so [long]

A short run takes a sample of the places that allocate, by a seed that it prints (TTFS_TEST_SEED
repeats one) and as many as fit its time; a long one takes all of them.
"""
import os
import random
import re
import shutil
import subprocess
import sys
import time

from e2e import DIGITS, TTFS, Case, npz, npy, digits_x, tree

SECONDS = 40  # of a short run
MEMORY = "ttfs: error: out of memory: "
# What depends on the clock and on the machine, in text and in JSON.
MOVING = re.compile(r"\d+(\.\d+)? s\b|samples per second .*|\"?\w*(seconds?|peak_bytes)\"?:.*")


class Command:
    """A command line and the files that it makes; `keeps` is what must be there whatever happens."""

    def __init__(self, case, name, args, makes=(), keeps=()):
        self.case, self.name, self.args = case, name, args
        self.makes, self.keeps = makes, keeps

    def run(self, library, fail):
        folder = self.case.path("work")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        for name in self.keeps:
            os.symlink(self.case.path(name), os.path.join(folder, name)) if name != "out" else \
                shutil.copytree(self.case.path(name), os.path.join(folder, name))
        env = dict(os.environ, LD_PRELOAD=library, TTFS_FAIL_ALLOC=fail,
                   TTFS_CACHE=self.case.path("cache"))
        try:
            p = subprocess.run([os.path.abspath(TTFS)] + self.args, cwd=folder, env=env, timeout=60,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except subprocess.TimeoutExpired:
            return None, "", "", {}
        return (p.returncode, MOVING.sub("", p.stdout.decode(errors="replace")),
                p.stderr.decode(errors="replace"), tree(folder))

    def places(self, library):
        """What a whole run gives, and the allocations to fail: the first and last of every place."""
        path = self.case.path("places")
        self.good = self.run(library, "list:" + path)
        code, out, err, files = self.good
        self.case.equal(code, 0, "%s: without a failure\n%s" % (self.name, err))
        with open(path, encoding="ascii") as f:
            lines = f.read().split("\n")
        at = sorted({int(k) for line in lines[1:] for k in line.split()})
        self.case.check(len(at) > 20, "%s: only %d places allocate" % (self.name, len(at)))
        return at

    def judge(self, library, how, k):
        code, out, err, files = self.run(library, "%s:%d" % (how, k))
        what = "%s, %s %d: exit %s\n%s\n%s" % (self.name, how, k, code, out[-400:], err[-800:])
        left = [name for name in files if "tmp" in name or ".old" in name or "build." in name]
        self.case.check(not left, "%s\nleft behind: %s" % (what, left))
        if code == 3:
            self.case.check(MEMORY in err, what)
            kept = {n: d for n, d in files.items() if n.split("/")[0] not in self.makes}
            good = {n: d for n, d in self.good[3].items() if n.split("/")[0] not in self.makes}
            self.case.equal(sorted(kept), sorted(good), what)
            return
        self.case.check(code == 0, what)
        self.case.check(code != 0 or (out, files) == (self.good[1], self.good[3]),
                        "%s: exit 0 with other bytes: %s" % (what, [
                            n for n in sorted(set(files) | set(self.good[3]))
                            if files.get(n) != self.good[3].get(n)]))
        cache = os.listdir(self.case.path("cache")) if os.path.isdir(self.case.path("cache")) else []
        self.case.check(not [n for n in cache if "tmp" in n], "%s: cache: %s" % (what, cache))


def commands(case):
    model = os.path.join(DIGITS, "digits_mlp.onnx")
    case.write("x.npz", npz({"x": npy((2, 64), [v for row in digits_x(2) for v in row]),
                             "y": npy((2,), [1, 2], "q", "<i8")}))
    compile_ = ["compile", model, "-o", "out", "--calib", "x.npz", "--chip", "tiny", "--threads", "1"]
    os.environ["TTFS_CACHE"] = case.path("cache")
    case.good(*compile_)
    case.good("verify", "out", "--input", "x.npz", "--engines", "golden,rtl", "--count", "1")
    run = ["run", "out", "--input", "x.npz", "--threads", "1", "--no-cache", "--engine"]
    return [
        Command(case, "check", ["check", model, "--json"]),
        Command(case, "compile", compile_, makes=("out",), keeps=("x.npz",)),
        Command(case, "compile over another", compile_, keeps=("x.npz", "out")),
        Command(case, "run golden", run + ["golden"], keeps=("x.npz", "out")),
        Command(case, "run exact", run + ["exact", "--json"], keeps=("x.npz", "out")),
        Command(case, "run jit", run + ["jit"], keeps=("x.npz", "out")),
        Command(case, "verify", ["verify", "out", "--input", "x.npz", "--engines", "golden,rtl",
                                 "--threads", "1"], makes=("out",), keeps=("x.npz", "out")),
        Command(case, "report", ["report", "out"], makes=("out",), keeps=("out",)),
    ]


def main():
    library, long = os.path.abspath(sys.argv[1]), "long" in sys.argv[2:]
    seed = int(os.environ.get("TTFS_TEST_SEED", random.randrange(1 << 32)))
    print("TTFS_TEST_SEED=%d" % seed)
    chance = random.Random(seed)
    case = Case()
    todo = [(c, how, k) for c in commands(case) for k in c.places(library) for how in ("once", "from")]
    chance.shuffle(todo)
    start, done = time.monotonic(), 0
    for command, how, k in todo:
        if not long and time.monotonic() - start > SECONDS:
            break
        command.judge(library, how, k)
        done += 1
    print("%d of %d failures were tried" % (done, len(todo)))
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
