#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Holds the tests against changed sources: makes seeded single changes in the files of a folder, builds
# what the folder's tests need, runs them (the likeliest and fastest first) until one fails, and
# prints the changes that none noticed, with file and line. Not part of the suite.
#
#   tools/mutate.py [--count N] [--seed S] [--list] [--but PLACE]... [--test NAME]... [--most S] [--sanitized]
#                   [--work DIR] PLACE...
#   tools/mutate.py --tables BUILD
#
# PLACE: a part (compiler, driver, runtime, rtl: N changes over all its folders), a folder, a file, or
# FILE:LINE, up to N changes of that line. Same tree, seed and count: same changes.
#   --list   prints the changes and runs nothing
#   --but    makes no change in this part, folder or file
#   --test   runs only this test, to see whether it notices now
#   --most   seconds of processor that the tests may take for one change; those that are a file's own run all the same
#   --sanitized  tries what survives on a sanitized build too, as tools/test.sh does: what only leaks
#   --tables says what the tables below lack or have too many: folders of sources, tests that BUILD knows; exit code 1 then
#   --work   keeps the copy and its build in DIR, for the next run; without it a temporary folder
#
# In: the tree as it lies there (files that git knows). It works in a copy; the tests of a changed
# program run where only the copy can be written (unshare of util-linux), as a change may remove what
# it should not. A change that does not compile, warnings included, does not count, nor does one that
# tools/mutants.txt names, which means the same as the source, nor one that compiles to the same object: another
# takes its place. A test is stopped at its first failure; one that takes four times as long as without the
# change counts as a failure. The last line is `N of M noticed`.

import argparse
import collections
import functools
import glob
import hashlib
import json
import os
import random
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from mutate_tables import ABOUT, DRIVER, END, MODELS, PARTS, RTL_LIMITS, RTL_SEES, SEES

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NAMED = os.path.join(ROOT, "tools", "mutants.txt")

# --- changes ---------------------------------------------------------------------------------------

SWAP = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "+": "-", "-": "+", "*": "+",
        "/": "*", "%": "/", "&&": "||", "||": "&&", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "+=": "-=",
        "-=": "+=", "|=": "=", "^": "|"}
C_SKIP = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:\\\n|[^\n])*'
                    r'|__attribute__\(\(.*?\)\)', re.S | re.M)
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
            if m[1] != m[2]:
                yield m.start(1), m.end(2), m[2] + code[m.end(1):m.start(2)] + m[1]
        for m in re.finditer(r"\? (\w[\w\[\]':]*) : (\w[\w\[\]':]*)(?=[;,)\n])", code):
            yield m.start(1), m.end(2), m[2] + " : " + m[1]
        return
    for m in re.finditer(r"\b(?!if\b|for\b|while\b|switch\b|return\b|sizeof\b|fmin\b|fmax\b)\w+\(", code):
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


def lines(text, change):
    """The lines that a change touches, as they are and as they become, spaces squeezed."""
    start, end, new = change[2:]
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    return " ".join(text[first:last].split()), " ".join((text[first:start] + new + text[end:last]).split())


def shown(text, change):
    return "%s:%d: %s\n    - %s\n    + %s" % ((change[1], line_of(text, change[2]), change[0]) + lines(text, change))


def named():
    """Reasons of tools/mutants.txt by file, line as it is and line as it becomes."""
    found = {}
    for entry in re.split(r"\n(?=[^\s#])", re.sub(r"^#.*\n", "", "\n" + read(NAMED), flags=re.M))[1:]:
        path, old, new, why = [line.strip() for line in entry.strip().split("\n", 3)]
        found[path, old[2:], new[2:]] = " ".join(why.split())
    return found


def stale(names):
    """Those of the named changes that the sources no longer have."""
    texts = {path: read(os.path.join(ROOT, path)) for path, _, _ in names if os.path.exists(os.path.join(ROOT, path))}
    made = {(path,) + lines(text, change) for path, text in texts.items() for change in changes_of(path, text)}
    return [name for name in names if name not in made]


def choose(place, count, seed, but=()):
    """`count` changes of a place, the kinds in equal parts as far as they reach, in random order."""
    place, _, line = place.partition(":")
    rng = random.Random("%s %d" % (place, seed))
    every = {}
    without = {path for p in but for path in tracked(p)}
    for path in tracked(place):
        if path in without:
            continue
        text = read(os.path.join(ROOT, path))
        for change in changes_of(path, text):
            if not line or line_of(text, change[2]) == int(line):
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


def tracked(place):
    """The C and Verilog files of a part, a folder or a file."""
    names = subprocess.run(["git", "-C", ROOT, "ls-files"] + PARTS.get(place, [place]), capture_output=True, text=True,
                           check=True).stdout.split("\n")
    found = [n for n in names if n.endswith((".c", ".v"))
             and not (place == "compiler" and os.path.dirname(n) in DRIVER)]
    if not found:
        raise SystemExit("mutate.py: %s: no C or Verilog file that git knows" % place)
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


# What tools/test.sh builds and sets for its second round.
SANITIZED = ["-Dbuildtype=debugoptimized", "-Doptimization=g", "-Dc_args=-g1", "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dwerror=false"]
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:exitcode=99:detect_stack_use_after_return=1:"
                              "allocator_may_return_null=1:hard_rss_limit_mb=16000",
              "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99"}


SAMPLES = 40  # of the tests that can do with fewer
UNKNOWN_S, LONG_S, BENCH_S = 4, 60, 10  # what a test is taken to take, one of suite `long`, a bench at most
OWN_HITS = 20
START_S = 1  # what linking and starting one takes
FAILED = re.compile(rb"^FAILED: |\[  FAILED  \]", re.M)  # the line of a test's own, and cmocka's
SAME = object()  # the verdict on a change that compiles to the same object


class Copy:
    """A copy of the tree with a build of its own; of one tree there may be two, one of them sanitized."""

    def __init__(self, work, sanitized=False):
        self.root = os.path.join(work, "tree")
        self.build = os.path.join(self.root, "build-san" if sanitized else "build")
        self.options = SANITIZED if sanitized else []
        self.files = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True,
                                    check=True).stdout.strip("\0").split("\0")
        for name in self.files:
            self.fill(name)
        for name in self.before(work) - set(self.files):  # a header that moved would still be found
            if os.path.exists(os.path.join(self.root, name)):
                os.remove(os.path.join(self.root, name))
        os.makedirs(os.path.join(self.root, "tmp"), exist_ok=True)
        os.chmod(os.path.join(self.root, "tmp"), 0o1777)
        self.env = dict(os.environ, CCACHE_BASEDIR=self.root, CCACHE_NOHASHDIR="1",
                        TMPDIR="/tmp", TTFS_CACHE=os.path.join(self.root, "cache"),
                        TTFS_BUILD=os.path.join(self.root, "tmp", "rtl"), PYTHONDONTWRITEBYTECODE="1",
                        PYTHONUNBUFFERED="1", TTFS_TEST_FEW="1", TTFS_TEST_SAMPLES=str(SAMPLES), **(SANITIZERS if sanitized else {}))
        self.limits = {resource.RLIMIT_FSIZE: 5 << 30, resource.RLIMIT_CORE: 0}  # a test makes a hole of 4 GiB
        if not sanitized:
            self.limits[resource.RLIMIT_AS] = 24 << 30
        self.tests, self.targets = {}, {}
        self.objects = {}  # of sources, as ninja calls them
        self.unchanged = {}  # what they hold without a change

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
        command = [os.path.join(self.root, "tools", "build.sh"), self.build] + self.options + ["--", "ttfs"]
        log = subprocess.run(command, env=self.env, capture_output=True, text=True)
        if log.returncode:
            raise SystemExit("mutate.py: the copy does not build:\n" + log.stderr)
        told = json.loads(subprocess.run(["meson", "introspect", "--tests", "--targets", self.build],
                                         capture_output=True, text=True, check=True).stdout)
        self.tests = {t["name"]: t for t in told["tests"]}
        self.targets = {t["id"]: os.path.relpath(t["filename"][0], self.build) for t in told["targets"]}
        for c in json.loads(read(os.path.join(self.build, "compile_commands.json"))):
            name = os.path.relpath(os.path.join(c["directory"], c["file"]), self.root)
            self.objects.setdefault(name, c["output"])

    def make(self, test):
        """Builds what a test runs; false when that does not compile."""
        return self.ninja(["ttfs"] * ("TTFS_BIN" in test["env"]) + [self.targets[t] for t in test["depends"]])

    def ninja(self, targets):
        return subprocess.run(["ninja", "-C", self.build] + targets, env=self.env, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def compiled(self, name):
        """The object of a source as it lies there now; None for what does not compile, "" for what is not compiled."""
        if name not in self.objects:
            return ""
        if not self.ninja([self.objects[name]]):
            return None
        with open(os.path.join(self.build, self.objects[name]), "rb") as f:
            return hashlib.sha256(f.read()).digest()

    def original(self, name):
        """As `compiled`, of the source without a change, which lies there now."""
        if name not in self.unchanged:
            self.unchanged[name] = self.compiled(name)
        return self.unchanged[name]

    def rtl(self, name):
        """A check of tests/rtl/run.sh as a test."""
        return {"name": name, "cmd": [os.path.join(self.root, "tests", "rtl", "run.sh"), "--is", name], "env": {},
                "suite": [], "workdir": self.root}

    def run(self, test, cpu_s):
        """Exit code and seconds of processor; None for one that takes longer, or sleeps."""
        began = spent()
        user = [] if os.geteuid() == 0 else ["--map-root-user"]  # root may give files to others, as tests do
        command = ["unshare", "--mount"] + user + ["sh", "-c", SANDBOX, "sh", self.root] + test["cmd"]
        limits = {**self.limits, resource.RLIMIT_CPU: int(cpu_s)}
        p = subprocess.Popen(command, cwd=test["workdir"] or self.build, env=dict(self.env, **test["env"]),
                             bufsize=0, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             start_new_session=True, preexec_fn=lambda: bound(limits))
        try:
            code = first_end(p, 60 + 10 * cpu_s)  # the machine may be busy
        finally:
            try:
                os.killpg(p.pid, signal.SIGKILL)  # what the test left running
            except ProcessLookupError:
                pass
            p.wait()
            p.stdout.close()
        if code == 90:
            raise SystemExit("mutate.py: no way to make all but the copy read-only here (unshare, mount)")
        return code, spent() - began


def first_end(p, most_s):
    """The exit code of a test, 1 as soon as it says that something failed; None for one that takes longer."""
    said, until = b"", time.monotonic() + most_s
    os.set_blocking(p.stdout.fileno(), False)
    while time.monotonic() < until:
        select.select([p.stdout], [], [], 0.1)
        new = p.stdout.read()
        said = said[-99:] + (new or b"")
        if FAILED.search(said):
            return 1
        if p.poll() is not None:
            return p.returncode
        if new == b"":
            time.sleep(0.1)
    return None


def bound(limits):
    for what, most in limits.items():
        resource.setrlimit(what, (most, most))


def spent():
    """Seconds of processor that finished children took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tests_of(copy, path):
    """The tests that see a file: those that bear its folder's name, then the others; `own` are those, and the ones
    that are about the file or share a word with its name."""
    folder = os.path.dirname(path)
    if path.startswith("rtl/"):
        return checks_of(copy, path)
    if path.endswith(".v"):
        return [dict(copy.tests[n], own=True) for n in MODELS[path]]
    base = os.path.basename(folder)
    own = [n for n in sorted(copy.tests, key=lambda n: (n != base, n))
           if re.fullmatch(base + r"(_sums|_check|_fits)?", n)]
    stem = os.path.basename(path)[:-2]
    near = [n for n in ABOUT if stem in ABOUT[n].split()]
    others = [n for n in dict.fromkeys(near + SEES.get(folder, []) + END) if n not in own]
    missing = [n for n in others if n not in copy.tests]
    if missing:
        raise SystemExit("mutate.py: the suite has no such test: " + ", ".join(missing))
    return [dict(copy.tests[n], own=n in own + near or bool(words(stem) & words(n))) for n in own + others]


def checks_of(copy, path):
    """As `tests_of`, of a module of the chip, of a wrapper or of the board: checks of tests/rtl/run.sh."""
    module = os.path.basename(path)[len("ttfs_"):-2]
    lints = ["lint/ttfs_" + n for n in [module] + users(module)]
    benches = ["bench/" + n for n in [module] + users(module) if n != "chip"]  # chip/N are its runs
    proofs = ["formal/" + module] if os.path.exists(os.path.join(ROOT, "tests/rtl/formal", module + ".sv")) else []
    chip = RTL_LIMITS * (module in ("core", "chip")) + RTL_SEES if os.path.dirname(path) == "rtl" else []
    return [dict(copy.rtl(n), own=n == "bench/" + module)
            for n in dict.fromkeys(lints + benches + chip + proofs)]


@functools.lru_cache(maxsize=None)
def users(module):
    """The modules in which a module stands, without `ttfs_`."""
    stands = re.compile(r"^ *ttfs_%s (?:#\(|u_)" % module, re.M)
    return [os.path.basename(n)[len("ttfs_"):-2] for n in tracked("rtl") if stands.search(read(os.path.join(ROOT, n)))]


def wrong_in_tables(build):
    """What SEES lacks of the folders of sources, and has that is no folder or, in this build, no test; changes of
    tools/mutants.txt that the sources have not."""
    told = json.loads(subprocess.run(["meson", "introspect", "--tests", build], capture_output=True, text=True, check=True).stdout)
    tests = {t["name"] for t in told}
    folders = {os.path.relpath(os.path.dirname(f), ROOT) for place in ("compiler/*", "runtime/*", "hw")
               for f in glob.glob(os.path.join(ROOT, place, "*.c"))}
    models = {os.path.relpath(f, ROOT) for place in ("compiler/*", "runtime/*", "hw") for f in glob.glob(os.path.join(ROOT, place, "*.v"))}
    named_tests = set(END + ["rtl " + n for n in RTL_SEES + RTL_LIMITS]).union(ABOUT, *SEES.values(), *MODELS.values())
    stems = {os.path.basename(f)[:-2] for folder in folders for f in glob.glob(os.path.join(ROOT, folder, "*.c"))}
    return (["no tests are named for " + f for f in sorted(folders - set(SEES))]
            + ["no such folder: " + f for f in sorted(set(SEES) - folders)]
            + ["its tests are not named, or it is not there: " + f for f in sorted(models ^ set(MODELS))]
            + ["no such file: " + f for f in sorted(set(" ".join(ABOUT.values()).split()) - stems)]
            + ["no such test: " + t for t in sorted(named_tests - tests)]
            + ["tools/mutants.txt: %s has no such change now: %s" % name[:2] for name in stale(named())])


def words(name):
    """The words of a name, without the s of a plural."""
    return {w.rstrip("s") for w in re.findall("[a-z]+", name)} - {"e2e", "e"}


class Judge:
    """Runs tests on the copy; learns how long each takes, and how often it notices."""

    def __init__(self, copy):
        self.copy = copy
        self.seconds = {}  # of tests that passed; None for those that fail or are skipped without a change
        self.hits = collections.Counter()
        self.unrun = []  # tests that the last change had no time for
        self.note = copy.build + ".json"  # how long tests took in earlier runs
        self.before = json.loads(read(self.note)) if os.path.exists(self.note) else {}

    def learn(self, name, seconds):
        self.seconds[name] = seconds
        if seconds is not None:
            self.before[name] = min(seconds, self.before.get(name, seconds))  # one that filled a cache took longer
            with open(self.note, "w") as f:
                json.dump(self.before, f)

    def takes(self, test):
        """Seconds of processor, as far as they are known."""
        guess = LONG_S if "ttfs:long" in test["suite"] else UNKNOWN_S
        if self.seconds.get(test["name"], 0) is None:
            return None
        return self.before.get(test["name"], guess)

    def cost(self, test):
        """What a notice by the test costs; a file's own are taken to have noticed some already."""
        return (START_S + (self.takes(test) or 0)) / (1 + self.hits[test["name"]] + OWN_HITS * test["own"])

    def usable(self, test):
        """Whether the test passes without a change, which lies there now; it is run when that is not known."""
        name = test["name"]
        if name not in self.seconds:
            if "depends" in test and not self.copy.make(test):
                raise SystemExit("mutate.py: %s does not build in the copy" % name)
            code, seconds = self.copy.run(test, 600)
            self.learn(name, seconds if code == 0 else None)
            if code != 0:
                print("mutate.py: left out: %s %s without a change" % (name, "is skipped" if code == 77 else "fails"),
                      file=sys.stderr, flush=True)
        return self.seconds[name] is not None

    def verdict(self, tests, write, most):
        """The name of the test that noticed the change that write(True) makes and write(False) takes back; "" when
        none did in `most` seconds of processor; None for what does not compile."""
        left, self.unrun = most, []
        write(True)
        for test in tests:
            name = test["name"]
            if self.takes(test) is None:
                continue
            if left < self.takes(test) and not test["own"]:
                self.unrun.append(name)
                continue
            if "depends" in test and not self.copy.make(test):
                return None
            guess = BENCH_S if name.startswith("bench/") else LONG_S
            code, seconds = self.copy.run(test, 20 + 4 * (self.seconds.get(name) or self.before.get(name, guess)))
            left -= seconds
            if code == 0:
                self.learn(name, seconds)
                continue
            write(False)
            if self.usable(test):
                self.hits[name] += 1
                return None if name.startswith("lint/ttfs_") else name
            write(True)
        return ""


class Judges:
    """The tests as shipped, and those of the sanitized build for what they do not notice, if that is wanted."""

    def __init__(self, work, options):
        self.options = options
        self.judges = [Judge(Copy(work, sanitized)) for sanitized in [False] + [True] * options.sanitized]

    def verdict(self, change):
        """As Judge.verdict; SAME for a change that the compiler makes nothing of."""
        path, start, end, new = change[1:]
        text = read(os.path.join(ROOT, path))
        changed = text[:start] + new + text[end:]
        by = ""
        for judge in self.judges:
            if not path.startswith("rtl/") and not judge.copy.tests:
                judge.copy.set_up()
            write = lambda new, judge=judge: judge.copy.write(path, changed if new else text)
            original = judge.copy.original(path)
            try:
                write(True)
                compiled = judge.copy.compiled(path)
                if compiled is None or compiled == original != "":
                    return None if compiled is None else SAME
                by = judge.verdict(self.ordered(judge, path), write, self.options.most)
            finally:
                write(False)
            if by != "":
                break
        return by

    def ordered(self, judge, path):
        """The tests that see a file, those first that are most likely to notice soonest."""
        tests = tests_of(judge.copy, path)
        tests.sort(key=lambda t: (not t["name"].startswith("lint/ttfs_"), judge.cost(t)))
        return [t for t in tests if not self.options.test or t["name"] in self.options.test]


def mutate(judges, place, options, names):
    """(noticed, counted) of a place; survivors are printed as they are found."""
    chosen, spare = choose(place, options.count, options.seed, options.but)
    noticed = counted = 0
    random.Random(options.seed).shuffle(spare)
    while chosen:
        change = chosen.pop(0)
        text = read(os.path.join(ROOT, change[1]))
        where = "%s:%d" % (change[1], line_of(text, change[2]))
        why = names.get((change[1],) + lines(text, change))
        by = None if why else judges.verdict(change)
        if by is None or by is SAME:  # another in its place
            print("named         %s: %s" % (where, why) if why else
                  "same object   " + shown(text, change) if by is SAME else "compiles not  " + where, flush=True)
            chosen += [spare.pop()] if spare else []
            continue
        counted += 1
        noticed += by != ""
        print("noticed       %s by %s" % (where, by) if by else "SURVIVED      " + shown(text, change), flush=True)
        if not by and judges.judges[0].unrun:
            print("    not run: " + ", ".join(judges.judges[0].unrun), flush=True)
    print("%s: %d of %d noticed" % (place, noticed, counted), flush=True)
    return noticed, counted


def main():
    p = argparse.ArgumentParser(description="single changes that no test notices")
    p.add_argument("--count", type=int, default=20, help="changes a place (20)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--list", action="store_true", help="print the changes, run nothing")
    p.add_argument("--but", action="append", default=[], metavar="PLACE", help="make no change here; may be given again")
    p.add_argument("--test", action="append", help="of the tests that see a file, only this one; may be given again")
    p.add_argument("--most", type=float, default=300, help="seconds of processor that tests may take for a change, but for a file's own")
    p.add_argument("--sanitized", action="store_true", help="try what survives under the sanitizers as well")
    p.add_argument("--work", help="keep the copy and its build here")
    p.add_argument("--tables", metavar="BUILD", help="only say what is wrong with the tables of folders and tests")
    p.add_argument("places", nargs="*", metavar="PLACE")
    o = p.parse_args()
    if o.tables:
        wrong = wrong_in_tables(o.tables)
        print("\n".join("mutate.py: " + w for w in wrong))
        return 1 if wrong else 0
    if not o.places:
        p.error("a PLACE is needed")
    places = [p if p in PARTS else os.path.relpath(os.path.abspath(p), ROOT) for p in o.places]
    names = named()
    for name in stale(names):
        print("mutate.py: tools/mutants.txt: %s has no such change now:\n    - %s\n    + %s" % name, file=sys.stderr)
    if o.list:
        for place in places:
            for change in choose(place, o.count, o.seed, o.but)[0]:
                print(shown(read(os.path.join(ROOT, change[1])), change))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    work = os.path.abspath(o.work) if o.work else tempfile.mkdtemp(prefix="ttfs-mutate-")
    try:
        judges = Judges(work, o)
        found = [mutate(judges, p, o, names) for p in places]
    finally:
        if not o.work:
            shutil.rmtree(work, ignore_errors=True)
    print("%d of %d noticed" % (sum(f[0] for f in found), sum(f[1] for f in found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
