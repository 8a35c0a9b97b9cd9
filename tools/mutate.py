#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Holds the tests against changed sources: makes seeded single changes in the files of a folder, builds
# what the folder's tests need, runs them fastest first until one fails, and prints the changes that
# none noticed, with file and line. Not part of the suite.
#
#   tools/mutate.py [--count N] [--seed S] [--list] [--work DIR] FOLDER...
#
# FOLDER: compiler/..., runtime/..., hw or rtl, or one file. Same tree, seed and count: same changes.
#   --list   prints the changes and runs nothing
#   --work   keeps the copy and its build in DIR, for the next run; without it a temporary folder
#
# In: the tree as it lies there (files that git knows). It works in a copy; the tests of a changed
# program run where only the copy can be written (unshare of util-linux), as a change may remove what
# it should not. A change that does not compile, warnings included, does not count. A test that takes
# ten times as long as without the change counts as a failure. The last line is `N of M noticed`.

import argparse
import functools
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Tests of the suite that see a folder, after those that bear its name; fastest first.
END = ["e2e digits_mlp one", "e2e jit digits_mlp", "e2e digits_cnn tiny"]
SEES = {
    "compiler/base": ["chip", "ir", "spike", "onnx_to_ir", "e2e messages", "e2e usage"],
    "compiler/samples": ["e2e hostile samples"],
    "compiler/ir": ["ir_to_ir", "net", "relu"],
    "compiler/net": ["ir_to_ir", "outputs", "ir_to_spike", "exact", "bound"],
    "compiler/onnx_to_ir": ["nodes", "outputs", "grids", "e2e quantised", "e2e outputs"],
    "compiler/ir_to_ir": ["outputs", "grids", "net", "nodes", "line", "e2e outputs", "e2e quantised"],
    "compiler/ir_to_spike": ["outputs", "grids", "bound", "line", "e2e outputs", "e2e quantised"],
    "compiler/spike": ["ir_to_spike", "golden", "plan", "image_to_spike", "outputs"],
    "compiler/plan": ["image", "sim"],
    "compiler/spike_to_plan": ["plan", "image_to_spike", "sim"],
    "compiler/image": ["image_to_spike", "e2e faults"],
    "compiler/plan_to_image": ["image", "image_to_spike", "sim"],
    "compiler/image_to_spike": ["e2e faults"],
    "compiler/chip_to_verilog": ["sim"],
    "compiler/driver": ["samples", "e2e usage", "e2e json", "e2e messages", "e2e faults", "e2e hostile folders",
                        "e2e config", "e2e outputs", "e2e determinism", "e2e codes", "e2e exact digits_mlp"],
    "compiler/cli": ["e2e usage", "e2e json", "e2e messages", "e2e faults", "e2e config", "e2e outputs",
                     "e2e hostile folders", "e2e codes", "e2e exact digits_mlp"],
    "hw": ["chip", "keys", "plan", "image"],
    "runtime/trace": ["golden", "e2e faults"],
    "runtime/golden": ["jit", "sim", "e2e faults"],
    "runtime/relu": ["nodes", "exact", "ir_to_ir"],
    "runtime/exact": ["bound", "e2e exact digits_mlp"],
    "runtime/jit": ["team", "cache", "e2e emit digits_mlp", "e2e library"],
    "runtime/sim": ["cache", "e2e faults"],
    "runtime/engine": ["e2e usage", "e2e faults"],
}
# Checks of tests/rtl/run.sh that see a module, after its own bench.
RTL_SEES = ["fails/core", "fails/chip-cycles", "chip/2", "chip/1"]
RTL_USERS = {"rmw": ["sort", "pool"], "sram": ["desc", "sort"], "first": ["fire", "merge"], "merge": ["bus"],
             "digit": ["addr"], "lane": ["lanes"], "reader": ["seq"], "addr": ["pool"]}

# --- changes ---------------------------------------------------------------------------------------

SWAP = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "+": "-", "-": "+", "*": "+",
        "/": "*", "%": "/", "&&": "||", "||": "&&", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "+=": "-=",
        "-=": "+=", "|=": "=", "^": "|"}
C_SKIP = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:\\\n|[^\n])*',
                    re.S | re.M)
V_SKIP = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|^[ \t]*`[^\n]*|^[^\n]*\bunused\b[^\n]*'
                    r'|^[^\n]*_out_of_range[^\n]*|^ *parameter \w+ *= \d+[^\n]*', re.S | re.M)


def blank(text, skip):
    """The text with what is no code blanked, at the same places."""
    return skip.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def closing(code, at):
    """The place of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(code)):
        depth += code[i] in "([{"
        depth -= code[i] in ")]}"
        if depth == 0:
            return i
    return len(code)


def arguments(code, at):
    """(start, end) of the arguments of the call whose bracket is at `at`."""
    end, depth, start, found = closing(code, at), 0, at + 1, []
    for i in range(at + 1, end):
        depth += code[i] in "([{"
        depth -= code[i] in ")]}"
        if code[i] == "," and depth == 0:
            found.append((start, i))
            start = i + 1
    return found + [(start, end)]


def operators(code, verilog):
    for m in re.finditer(r"(?<= )(==|!=|<=|>=|&&|\|\||<<|>>|\+=|-=|\|=|[-+*/%<>&|^])(?=[ \n])", code):
        line = code[code.rfind("\n", 0, m.start()) + 1:m.start()]
        if verilog and m[0] == "<=" and line.count("(") == line.count(")"):
            continue  # an assignment
        yield m.start(), m.end(), SWAP[m[0]]


def constants(code, verilog):
    if verilog:
        for m in re.finditer(r"1'b[01]", code):
            yield m.start(), m.end(), "1'b%d" % (1 - int(m[0][-1]))
    for m in re.finditer(r"(?<![\w.'])\d+(?![\w.'])", code):
        yield m.start(), m.end(), str(int(m[0]) + 1)
        if int(m[0]) > 1:
            yield m.start(), m.end(), str(int(m[0]) - 1)


def conditions(code, verilog):
    for m in re.finditer(r"\b(?:if|while) \(", code):
        end = closing(code, m.end() - 1)
        yield m.end(), end, "!(" + code[m.end():end] + ")"
    for m in re.finditer(r"\breturn (true|false);", code):
        yield m.start(1), m.end(1), "false" if m[1] == "true" else "true"


def swaps(code, verilog):
    if verilog:  # neighbouring connections of an instance; arms of a choice
        for m in re.finditer(r"\.\w+\s*\(([^()\n]+)\),\n\s*\.\w+\s*\(([^()\n]+)\)", code):
            yield m.start(1), m.end(2), m[2] + code[m.end(1):m.start(2)] + m[1]
        for m in re.finditer(r"\? (\w[\w\[\]':]*) : (\w[\w\[\]':]*)(?=[;,)\n])", code):
            yield m.start(1), m.end(2), m[2] + " : " + m[1]
        return
    for m in re.finditer(r"\b(?!if\b|for\b|while\b|switch\b|return\b|sizeof\b)\w+\(", code):
        found = arguments(code, m.end() - 1)
        for (a, b), (c, d) in zip(found, found[1:]):
            first, second = code[a:b].strip(), code[c:d].strip()
            if first != second and not re.search(r"\w \*?\w", first + "," + second):
                yield a, d, second + ", " + first


def statements(code, verilog):
    if verilog:
        pattern = r"^\s*(?:if \([^\n]*\) |else )?([\w\[\]:{}, *+-]+ <= [^;]+;)"
    else:
        pattern = r"^\s+((?!return\b|goto\b|case\b|else\b|if\b|for\b|while\b|do\b|typedef\b)[\w\[\]>.()*-]+"\
                  r"(?:\(| [-+|&*]?= |\+\+|--)[^;{}]*;)"
    for m in re.finditer(pattern, code, re.M):
        yield m.start(1), m.end(1), ";"
    if not verilog:
        for m in re.finditer(r"\b(continue|break);(?=\s*\n)", code):
            yield m.start(), m.end(), "break;" if m[1] == "continue" else ";"


KINDS = [operators, constants, conditions, swaps, statements]


def changes_of(path, text):
    """All changes of a file: (path, start, end, new text)."""
    verilog = path.endswith(".v")
    code = blank(text, V_SKIP if verilog else C_SKIP)
    for kind in KINDS:
        for start, end, new in kind(code, verilog):
            if code[start:end].strip() and text[start:end] == code[start:end]:
                yield kind.__name__, path, start, end, new


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def shown(text, change):
    kind, path, start, end, new = change
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    squeeze = lambda s: " ".join(s.split())
    return "%s:%d: %s\n    - %s\n    + %s" % (path, line_of(text, start), kind, squeeze(text[first:last]),
                                            squeeze(text[first:start] + new + text[end:last]))


def choose(folder, count, seed):
    """`count` changes of the folder, the kinds in equal parts as far as they reach, in random order."""
    rng = random.Random("%s %d" % (folder, seed))
    every = {}
    for path in tracked(folder):
        for change in changes_of(path, read(os.path.join(ROOT, path))):
            every.setdefault(change[0], []).append(change)
    for kind in every.values():
        rng.shuffle(kind)
    queue, chosen = sorted(every), []
    while queue and len(chosen) < count:
        kind = queue.pop(0)
        chosen.append(every[kind].pop())
        if every[kind]:
            queue.append(kind)
    return chosen, [c for kind in sorted(every) for c in every[kind]]


def tracked(folder):
    names = subprocess.run(["git", "-C", ROOT, "ls-files", folder], capture_output=True, text=True, check=True)
    found = [n for n in names.stdout.split("\n") if n.endswith((".c", ".v"))]
    if not found:
        raise SystemExit("mutate.py: %s: no C or Verilog file that git knows" % folder)
    return found


@functools.lru_cache(maxsize=None)
def read(path):
    """A file as it was when it was first read: the tree may be worked on meanwhile."""
    with open(path) as f:
        return f.read()


# --- the copy, its build and its tests -----------------------------------------------------------------

# Everything but the copy and the kernel's own file systems becomes read-only, or nothing is run. /tmp is
# a folder of the copy, in which the copy is found again when it lies there.
SANDBOX = r"""
copy=$1; shift
mount --make-rprivate / && mount --bind "$copy" "$copy" || exit 90
case $copy in /tmp/*) mkdir -p "$copy$copy" && mount --bind "$copy" "$copy$copy" || exit 90 ;; esac
mount --rbind "$copy/tmp" /tmp || exit 90
while read -r _ at kind flags _; do
    case "$at/" in "$copy/"* | /tmp/* | /proc/* | /sys/* | /dev/*) continue ;; esac
    keep=$(echo "$flags" | tr , '\n' | grep -x 'nosuid\|nodev\|noexec\|noatime\|relatime' | tr '\n' ,)
    mount -o "remount,bind,ro,$keep" "$at" 2>/dev/null
    [ ! -w "$at" ] || exit 90
done </proc/self/mounts
cd "$PWD" && exec "$@"
"""


class Copy:
    """A copy of the tree with a build of its own."""

    def __init__(self, work):
        self.root = os.path.join(work, "tree")
        self.build = os.path.join(self.root, "build")
        self.files = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True,
                                    check=True).stdout.strip("\0").split("\0")
        for name in self.files:
            self.fill(name)
        for name in self.before(work) - set(self.files):  # a header that moved would still be found
            if os.path.exists(os.path.join(self.root, name)):
                os.remove(os.path.join(self.root, name))
        os.makedirs(os.path.join(self.root, "tmp"), exist_ok=True)
        self.env = dict(os.environ, CCACHE_BASEDIR=self.root, CCACHE_NOHASHDIR="1",
                        TMPDIR="/tmp", TTFS_CACHE=os.path.join(self.root, "cache"),
                        TTFS_BUILD=os.path.join(self.root, "tmp", "rtl"), PYTHONDONTWRITEBYTECODE="1")
        self.tests = {}

    def before(self, work):
        """The files that an earlier copy in this folder had; takes note of today's."""
        note = os.path.join(work, "files.json")
        names = set(json.loads(read(note))) if os.path.exists(note) else set()
        with open(note, "w") as f:
            json.dump(self.files, f)
        return names

    def fill(self, name):
        """Copies a file when it differs, so that what is built stays built."""
        source, to = os.path.join(ROOT, name), os.path.join(self.root, name)
        if not os.path.isfile(source):
            return
        if not os.path.exists(to) or open(source, "rb").read() != open(to, "rb").read():
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copy(source, to)

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w") as f:
            f.write(text)

    def set_up(self):
        log = subprocess.run([os.path.join(self.root, "tools", "build.sh"), self.build, "--", "ttfs"],
                             env=self.env, capture_output=True, text=True)
        if log.returncode:
            raise SystemExit("mutate.py: the copy does not build:\n" + log.stderr)
        told = json.loads(subprocess.run(["meson", "introspect", "--tests", self.build], capture_output=True,
                                         text=True, check=True).stdout)
        self.tests = {t["name"]: t for t in told}

    def make(self, test):
        """Builds what a test runs; false when that does not compile."""
        inside = [os.path.relpath(p, self.build) for p in test["cmd"]
                  if p.startswith(self.build + "/") and not p.endswith(".py")]
        if any(e.endswith("TTFS_BIN") for e in test["env"]):
            inside.append("ttfs")
        targets = [t for t in inside if t == "ttfs" or os.access(os.path.join(self.build, t), os.X_OK)
                   or "/test_" in t] or ["ttfs"]
        return subprocess.run(["ninja", "-C", self.build] + targets, env=self.env, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def rtl(self, name):
        """A check of tests/rtl/run.sh as a test."""
        return {"name": name, "cmd": [os.path.join(self.root, "tests", "rtl", "run.sh"), "--is", name], "env": {},
                "workdir": self.root}

    def run(self, test, limit):
        """Exit code and seconds; None for one that takes too long."""
        began = time.monotonic()
        command = ["unshare", "--map-root-user", "--mount", "sh", "-c", SANDBOX, "sh", self.root] + test["cmd"]
        p = subprocess.Popen(command, cwd=test["workdir"] or self.build, env=dict(self.env, **test["env"]),
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             start_new_session=True, preexec_fn=bounds)
        try:
            code = p.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            try:
                os.killpg(p.pid, signal.SIGKILL)  # what the test left running
            except ProcessLookupError:
                pass
            p.wait()
        if code == 90:
            raise SystemExit("mutate.py: no way to make all but the copy read-only here (unshare, mount)")
        return code, time.monotonic() - began


def bounds():
    resource.setrlimit(resource.RLIMIT_AS, (24 << 30, 24 << 30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def tests_of(copy, path):
    """The tests that see a file, those that bear its folder's name first."""
    folder = os.path.dirname(path)
    if path.endswith(".v"):
        module = os.path.basename(path)[len("ttfs_"):-2]
        return [copy.rtl(n) for n in ["lint/ttfs_" + module] + ["bench/" + module] * (module != "chip")
                + ["bench/" + u for u in RTL_USERS.get(module, [])] + RTL_SEES]
    base = os.path.basename(folder)
    names = [n for n in sorted(copy.tests, key=lambda n: (n != base, n)) if re.fullmatch(base + r"(_sums|_check)?", n)]
    names += [n for n in SEES.get(folder, []) + END if n not in names]
    missing = [n for n in names if n not in copy.tests]
    if missing:
        print("mutate.py: no such test any more: " + ", ".join(missing), file=sys.stderr)
    return [copy.tests[n] for n in names if n in copy.tests]


class Judge:
    """Runs tests on the copy; knows how long each takes when nothing is changed."""

    def __init__(self, copy):
        self.copy, self.seconds = copy, {}

    def calibrate(self, tests):
        for test in tests:
            if test["name"] in self.seconds:
                continue
            if "depends" in test and not self.copy.make(test):
                raise SystemExit("mutate.py: %s does not build in the copy" % test["name"])
            code, seconds = self.copy.run(test, 1800)
            self.seconds[test["name"]] = seconds if code == 0 else None
            if code != 0:
                print("mutate.py: left out: %s %s without a change" % (
                    test["name"], "is skipped" if code == 77 else "fails"), file=sys.stderr, flush=True)

    def verdict(self, tests):
        """The name of the test that noticed; "" when none did; None for what does not compile."""
        for n, test in enumerate(tests):
            if self.seconds[test["name"]] is None:
                continue
            if "depends" in test and not self.copy.make(test):
                return None if n == 0 else "the build of " + test["name"]
            code, _ = self.copy.run(test, 60 + 10 * self.seconds[test["name"]])
            if code != 0:
                return None if test["name"].startswith("lint/") else test["name"]
        return ""


def try_change(copy, judge, change):
    path, start, end, new = change[1:]
    text = read(os.path.join(ROOT, path))
    tests = tests_of(copy, path)
    judge.calibrate(tests)
    copy.write(path, text[:start] + new + text[end:])
    try:
        return judge.verdict(tests)
    finally:
        copy.write(path, text)


def mutate(copy, judge, folder, count, seed):
    """(noticed, counted) of a folder; survivors are printed as they are found."""
    chosen, spare = choose(folder, count, seed)
    noticed = counted = 0
    random.Random(seed).shuffle(spare)
    while chosen:
        change = chosen.pop(0)
        by = try_change(copy, judge, change)
        text = read(os.path.join(ROOT, change[1]))
        where = "%s:%d" % (change[1], line_of(text, change[2]))
        if by is None:  # does not compile: another in its place
            print("compiles not  %s" % where, flush=True)
            chosen += [spare.pop()] if spare else []
            continue
        counted += 1
        noticed += by != ""
        print("noticed       %s by %s" % (where, by) if by else "SURVIVED      " + shown(text, change), flush=True)
    print("%s: %d of %d noticed" % (folder, noticed, counted), flush=True)
    return noticed, counted


def main():
    p = argparse.ArgumentParser(description="single changes that no test notices")
    p.add_argument("--count", type=int, default=20, help="changes a folder (20)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--list", action="store_true", help="print the changes, run nothing")
    p.add_argument("--work", help="keep the copy and its build here")
    p.add_argument("folders", nargs="+", metavar="FOLDER")
    o = p.parse_args()
    folders = [os.path.relpath(os.path.abspath(f), ROOT) for f in o.folders]
    if o.list:
        for folder in folders:
            for change in choose(folder, o.count, o.seed)[0]:
                print(shown(read(os.path.join(ROOT, change[1])), change))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    work = os.path.abspath(o.work) if o.work else tempfile.mkdtemp(prefix="ttfs-mutate-")
    try:
        copy = Copy(work)
        if any(not f.startswith("rtl") for f in folders):
            copy.set_up()
        judge = Judge(copy)
        found = [mutate(copy, judge, f, o.count, o.seed) for f in folders]
    finally:
        if not o.work:
            shutil.rmtree(work, ignore_errors=True)
    print("%d of %d noticed" % (sum(f[0] for f in found), sum(f[1] for f in found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
