# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: running ttfs, making sample files, saying what failed.

Meson gives every test the environment TTFS_BIN (the program) and TTFS_SOURCE (the source tree).
A test makes a Case, calls `check` and friends on it, and ends with `sys.exit(case.done())`:
0 passed, 1 failed, 77 skipped. Standard library only: no numpy, so that a bare machine runs them.
"""
import gzip
import io
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

TTFS = os.environ.get("TTFS_BIN", "build/ttfs")
SOURCE = os.environ.get("TTFS_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
DIGITS = os.path.join(SOURCE, "examples", "digits")
SKIPPED = 77
LIMIT_S = 240  # a command that takes longer hangs
SANITIZER_EXIT = 99
# Verilated chips are kept beside the program, unless the environment names a place.
os.environ.setdefault("TTFS_CACHE", os.path.join(os.path.dirname(os.path.abspath(TTFS)), "cache"))

sys.path.insert(0, os.path.join(SOURCE, "tools"))
sys.dont_write_bytecode = True


def samples(most):
    """Samples to take where `most` would be all: fewer when TTFS_TEST_SAMPLES says so (sanitizers)."""
    return min(most, int(os.environ.get("TTFS_TEST_SAMPLES", most)))


def few(cases, share=4):
    """All of many cases of one kind; with the address sanitizer, under which every run takes several times as long, one in
    `share`: the code whose memory is looked at is the same, what it says is held against its words without."""
    cases = list(cases)
    return cases[::share] if "address" in os.environ.get("TTFS_SANITIZE", "") else cases


def plainly():
    """Options of a compilation whose weights are not looked at; with the address sanitizer fitting them takes most of the time."""
    return ("--quantiser", "plain") if "address" in os.environ.get("TTFS_SANITIZE", "") else ()


def data_folder():
    """The folder with datasets/ and models/ that only developers have, or None."""
    for path in (os.environ.get("TTFS_TEST_DATA"), os.path.join(SOURCE, "..", "shared", "data")):
        if path and os.path.isdir(os.path.join(path, "models")):
            return path
    return None


def skip(why):
    print("skipped: " + why)
    sys.exit(SKIPPED)


def complaints(text):
    """What a tool said, without what Verilator from 5.026 or so on says of its own run."""
    return "".join(line for line in text.splitlines(True) if not line.startswith(("- V e r i", "- Verilator: ")))


def need(name, folder=None):
    """The path of a program, in `folder` or else on the PATH; without it the test is skipped."""
    return shutil.which(name, path=folder) or skip("no %s" % name)


def llvm_tool(name):
    """A program of the LLVM that ttfs is built with: others may not read what it writes."""
    return need(name, os.environ.get("TTFS_LLVM_BIN", "/usr/bin"))


def interpreter():
    """A Python that has numpy: this one, or the system's; without one the test is skipped."""
    for python in (sys.executable, "/usr/bin/python3"):
        p = subprocess.run([python, "-c", "import numpy"], capture_output=True, check=False)
        if p.returncode == 0:
            return python
    return skip("no python3 with numpy")


class Result:
    """One finished command."""

    def __init__(self, args, code, out, err):
        self.args, self.code, self.out, self.err = args, code, out, err

    def __str__(self):
        return "%s\n  exit code %s\n  stdout: %s\n  stderr: %s" % (
            " ".join(self.args), self.code, self.out.strip()[-1500:], self.err.strip()[-3000:])


class Case:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ttfs-e2e-")
        self.checks, self.failures, self.missed = 0, 0, []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def chip(self, name="chip.json", **changes):
        """Writes hw/chips/one.json with those keys changed (None: left out); its path."""
        with open(os.path.join(SOURCE, "hw", "chips", "one.json"), encoding="utf-8") as f:
            keys = dict(json.load(f), **changes)
        return self.write(name, json.dumps({k: v for k, v in keys.items() if v is not None}))

    def write(self, name, data):
        path = self.path(name)
        with open(path, "wb") as f:
            f.write(data.encode() if isinstance(data, str) else data)
        return path

    # ---- running -------------------------------------------------------------------------------

    def ttfs(self, *args, cwd=None, limit=LIMIT_S, memory=None):
        """Runs ttfs, in an address space of `memory` bytes if that is given; a signal, a sanitizer
        report or a command that hangs is a failure anywhere."""
        env = dict(os.environ)
        env.setdefault("ASAN_OPTIONS", "detect_leaks=1:exitcode=%d" % SANITIZER_EXIT)
        env.setdefault("UBSAN_OPTIONS", "halt_on_error=1:exitcode=%d" % SANITIZER_EXIT)
        args = [os.path.abspath(TTFS)] + [str(a) for a in args]
        less = (lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory))) if memory else None
        try:
            p = subprocess.run(args, cwd=cwd or self.folder, env=env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=limit,
                               preexec_fn=less)
        except subprocess.TimeoutExpired as e:
            self.check(False, "%s: still running after %d s" % (" ".join(args), e.timeout))
            return Result(args, None, "", "")
        r = Result(args, p.returncode, p.stdout.decode(errors="replace"),
                   p.stderr.decode(errors="replace"))
        crashed = (r.code < 0 or r.code == SANITIZER_EXIT or "Sanitizer" in r.err or
                   "runtime error:" in r.err)
        self.check(not crashed, "crashed or reported by a sanitizer:\n%s" % r)
        return r

    def good(self, *args, **more):
        r = self.ttfs(*args, **more)
        self.check(r.code == 0, "expected exit code 0:\n%s" % r)
        return r

    def refused(self, *args, says=(), code=1, **more):
        """Must exit with `code` and one or more `ttfs: error:` lines holding all of `says`."""
        r = self.ttfs(*args, **more)
        errors = [line for line in r.err.splitlines() if line.startswith("ttfs: error: ")]
        self.check(r.code == code, "expected exit code %d:\n%s" % (code, r))
        self.check(bool(errors), "expected a line `ttfs: error: ...`:\n%s" % r)
        for word in (says,) if isinstance(says, str) else says:
            self.check(word in "\n".join(errors), "expected the error to say '%s':\n%s" % (word, r))
        return r

    def json(self, *args, code=0, **more):
        """The JSON document of a command, which must be all of its standard output."""
        r = self.ttfs(*args, "--json", **more)
        self.check(r.code == code, "expected exit code %d:\n%s" % (code, r))
        try:
            return json.loads(r.out)
        except ValueError as e:
            self.check(False, "standard output is not one JSON document (%s):\n%s" % (e, r))
            return {}

    def compile(self, net, out, *options):
        """Compiles examples/digits/NET.onnx with its calibration samples into folder `out`."""
        return self.good("compile", os.path.join(DIGITS, net + ".onnx"), "-o", out,
                         "--calib", os.path.join(DIGITS, "calib.npz"), *options)

    # ---- judging -------------------------------------------------------------------------------

    def check(self, true, what):
        self.checks += 1
        if not true:
            self.failures += 1
            print("FAILED: " + what)
        return true

    def equal(self, got, want, what):
        return self.check(got == want, "%s: found %r, expected %r" % (what, got, want))

    def left_out(self, why):
        """A part of the test did not run: the test counts as skipped, unless something else failed."""
        self.missed.append(why)

    def done(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        print("%d checks, %d failed" % (self.checks, self.failures))
        if self.failures or not (self.checks or self.missed):
            return 1
        if self.missed:
            print("skipped: in part: " + "; ".join(self.missed))
        return SKIPPED if self.missed else 0


# ---- files -------------------------------------------------------------------------------------

def npy(shape, values, letter="f", descr="<f4", header=None):
    """The bytes of an .npy file (version 1); `header` replaces the dictionary, lies and all."""
    shape_text = "(%s%s)" % (", ".join(map(str, shape)), "," if len(shape) == 1 else "")
    head = header or "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (descr, shape_text)
    head += " " * (-(len(head) + 11) % 64) + "\n"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() +
            struct.pack("<%d%s" % (len(values), letter), *values))


def npz(members, compressed=True):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as z:
        for name, data in members.items():
            z.writestr(name + ".npy", data)
    return out.getvalue()


def idx(code, dims, data, compressed=False):
    out = bytes([0, 0, code, len(dims)]) + b"".join(struct.pack(">I", d) for d in dims) + data
    return gzip.compress(out, mtime=0) if compressed else out


def digits_x(count):
    """The first held-back digits as lists of 64 floats, read from examples/digits/test.npz."""
    with zipfile.ZipFile(os.path.join(DIGITS, "test.npz")) as z:
        data = z.read("x.npy")
    start = 10 + struct.unpack_from("<H", data, 8)[0]
    return [list(struct.unpack_from("<64f", data, start + 256 * i)) for i in range(count)]


def tree(folder):
    """{path relative to the folder: bytes} of all files below it."""
    found = {}
    for at, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(at, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found


def flip(path, byte, bit):
    with open(path, "r+b") as f:
        f.seek(byte)
        old = f.read(1)[0]
        f.seek(byte)
        f.write(bytes([old ^ 1 << bit]))
