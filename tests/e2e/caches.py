# SPDX-License-Identifier: Apache-2.0
"""The caches of compiled code: what another user can write to is not used, what lies in a cache is held
against its hash before it is loaded, damage is mended, no shared folder is ever the default, and runs that
share a cache end alike. Planted code would leave a file behind; none may.
"""
import hashlib
import os
import re
import shutil
import subprocess
import sys

from e2e import DIGITS, TTFS, Case, flip, tree

TEST = os.path.join(DIGITS, "test.npz")
NOBODY = 65534
BUILDING = "ttfs: building the simulator (once for this chip)"
RTL = ("verify", "out", "--input", TEST, "--count", "1", "--engines", "golden,rtl")
JIT = ("run", "out", "--input", TEST, "--count", "3")


def environment(case, **values):
    """Runs of `case` see these, and of HOME, XDG_CACHE_HOME and TTFS_CACHE only those given."""
    for name in ("HOME", "XDG_CACHE_HOME", "TTFS_CACHE"):
        os.environ.pop(name, None)
    os.environ.update(values)


def entries(folder):
    return sorted(os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".o"))


def judged(case, folder, why, *command):
    """A run with this folder as TTFS_CACHE says `why` nothing is kept, works, and leaves it alone."""
    before = tree(folder) if os.path.isdir(folder) else None
    environment(case, TTFS_CACHE=folder)
    r = case.good(*(command or JIT))
    case.check("ttfs: note: cache: compiled code is not kept: " in r.err and why in r.err,
               "a note that says '%s':\n%s" % (why, r))
    if before is not None:
        case.equal(tree(folder), before, "files in a cache that must not be used")


def unsafe_folders(case):
    folder = case.path("open")
    os.makedirs(folder + "/jit", mode=0o700)
    os.chmod(folder + "/jit", 0o770)
    judged(case, folder, "can be written to by other users")
    os.chmod(folder + "/jit", 0o700)
    os.chmod(folder, 0o777)
    judged(case, folder, "can be written to by other users")
    case.write("file", "x")
    judged(case, case.path("file"), "Not a directory")
    if os.geteuid() != 0:
        case.left_out("folders of other users, which takes root")
        return
    os.chmod(folder, 0o755)
    os.chown(folder, NOBODY, NOBODY)
    judged(case, folder, "belongs to another user")
    os.chown(folder, 0, 0)
    os.symlink(folder, case.path("link"))
    os.chown(case.path("link"), NOBODY, NOBODY, follow_symlinks=False)
    judged(case, case.path("link"), "is another user's link")


def no_default(case):
    """Without the three variables nothing is kept anywhere, /tmp least of all; a relative XDG_CACHE_HOME
    is ignored."""
    os.makedirs(case.path("tmp"))
    environment(case, TMPDIR=case.path("tmp"))
    r = case.good(*JIT)
    case.check("neither TTFS_CACHE nor XDG_CACHE_HOME nor HOME" in r.err, "a note:\n%s" % r)
    r = case.good(*RTL)
    case.check("neither TTFS_CACHE nor XDG_CACHE_HOME nor HOME" in r.err, "a note:\n%s" % r)
    if shutil.which("verilator"):
        told_of_building(case, r)
    case.equal(tree(case.path("tmp")), {}, "files left in TMPDIR")
    os.environ.pop("TMPDIR")
    environment(case, XDG_CACHE_HOME="relative", HOME=case.path("home"))
    case.good(*JIT)
    case.check(not os.path.exists(case.path("relative")), "a relative XDG_CACHE_HOME was used")
    case.check(entries(case.path("home", ".cache", "ttfs", "jit")), "nothing is kept below HOME")


def told_of_building(case, r):
    """A line when the building of the simulator begins and one at its end."""
    lines = [line for line in r.err.splitlines() if "simulator" in line]
    case.check(len(lines) == 2 and lines[0] == BUILDING and
               re.fullmatch(re.escape(BUILDING) + r": [0-9.]+ s", lines[1]), "building: %r" % lines)


def planted_library(case):
    """C code that would leave a file if it were ever loaded: its bytes."""
    source = case.write("planted.c", '#include <stdio.h>\n__attribute__((constructor)) static void f(void)'
                        '{ fclose(fopen("%s", "w")); }\n' % case.path("planted-ran"))
    subprocess.run(["cc", "-shared", "-fPIC", "-o", case.path("planted.so"), source], check=True)
    with open(case.path("planted.so"), "rb") as f:
        return f.read()


def is_sound(path):
    """Whether an entry's hash, in its header, is that of its key and its content."""
    with open(path, "rb") as f:
        data = f.read()
    key = os.path.basename(path)[:-2].encode()
    return data[16:80].decode(errors="replace") == hashlib.sha256(key + data[80:]).hexdigest()


def damaged(case, command, folder, planted, kinds):
    """Every kind of damage to an entry is no entry: the run ends alike and the entry is whole again."""
    good = case.good(*command).out.splitlines()[:1]
    path = entries(folder)[0]
    with open(path, "rb") as f:
        whole = f.read()
    wounds = {"empty": b"", "cut": whole[:len(whole) // 2], "short": whole[:-1], "zeros": bytes(len(whole)),
              "long": whole + b"x", "another": planted, "planted": whole[:80] + planted}
    for what in kinds or wounds:
        with open(path, "wb") as f:
            f.write(wounds[what])
        case.check(not is_sound(path), "an entry that is %s is sound" % what)
        case.equal(case.good(*command).out.splitlines()[:1], good, "a run on an entry that is " + what)
        case.check(is_sound(path), "the entry that was %s is not mended" % what)


def of_another_user(case):
    path = entries(case.path("cache", "jit"))[0]
    flip(path, os.path.getsize(path) // 2, 3)
    os.chown(path, NOBODY, NOBODY)
    case.good(*JIT)
    case.equal((os.stat(path).st_uid, is_sound(path)), (0, True), "owner of an entry that was another's")


def loaded_from_a_copy(case):
    """A simulator that runs does not notice what becomes of its entry."""
    path = entries(case.path("cache", "sim"))[0]
    more = ("--input", TEST, "--engines", "golden,rtl")
    p = subprocess.Popen([os.path.abspath(TTFS), "verify", "out", *more], cwd=case.folder,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while p.poll() is None:
        with open(path, "r+b") as f:
            f.truncate(0)
        try:
            p.wait(0.05)
        except subprocess.TimeoutExpired:
            pass
    case.equal(p.returncode, 0, "a run whose cache is cut under it: %s" % p.stderr.read().decode())


def at_once(case, command, folder):
    """Runs that fill one empty cache at the same time."""
    shutil.rmtree(folder, ignore_errors=True)
    runs = [subprocess.Popen([os.path.abspath(TTFS), *command, "-q"], cwd=case.folder, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE) for _ in range(2)]
    for p in runs:
        out, err = p.communicate()
        case.equal((p.returncode, err), (0, b""), "one of two runs on one cache")
    case.check(entries(folder), "nothing is kept")
    case.equal([n for n in os.listdir(folder) if n.endswith("tmp")], [], "temporary files in " + folder)


def main():
    case = Case()
    case.compile("digits_mlp", "out", "--ticks", "15")
    planted = planted_library(case)
    unsafe_folders(case)
    no_default(case)
    environment(case, TTFS_CACHE=case.path("cache"))
    at_once(case, JIT, case.path("cache", "jit"))
    damaged(case, JIT, case.path("cache", "jit"), planted, ())
    if os.geteuid() == 0:
        of_another_user(case)
    if not shutil.which("verilator"):
        case.left_out("the simulator's cache, for there is no verilator")
    else: # one code with the jit's, and a build takes its time
        at_once(case, RTL, case.path("cache", "sim"))
        case.check("simulator" not in case.good(*RTL).err, "the simulator is built again")
        damaged(case, RTL, case.path("cache", "sim"), planted, ("planted",))
        loaded_from_a_copy(case)
    case.check(not os.path.exists(case.path("planted-ran")), "planted code ran")
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
