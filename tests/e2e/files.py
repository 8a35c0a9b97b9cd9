# SPDX-License-Identifier: Apache-2.0
"""The file system's edges. An output folder is replaced when it is ours and refused when anything else lies
in it; a compilation killed at any moment leaves the old folder or the new one, and the next run cleans up;
devices and FIFOs are written, links followed, full disks said.
"""
import os
import random
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from e2e import DIGITS, LIMIT_S, TTFS, Case, npy, samples, tree

MODEL = os.path.join(DIGITS, "digits_mlp.onnx")
TEST = os.path.join(DIGITS, "test.npz")
COMPILE = ("compile", MODEL, "-q", "-o")
SEED = 11


def command(*args):
    return [os.path.abspath(TTFS)] + [str(a) for a in args]


def left(case, *below):
    """Temporary names in a folder."""
    return sorted(n for n in os.listdir(case.path(*below)) if n.endswith("-tmp") or n.endswith(".tmp"))


# ---- whose folder it is ------------------------------------------------------------------------

def kept(case, folder, says, *options):
    """A folder is refused, the reason said, and nothing in it touched."""
    before = tree(case.path(folder)) if os.path.isdir(case.path(folder)) else None
    case.refused(*COMPILE, folder, *options, says=says)
    if before is not None:
        case.equal(tree(case.path(folder)), before, "files of " + folder)
    case.equal(left(case), [], "temporary files after " + folder)


def foreign(case):
    def fresh(name):
        shutil.rmtree(case.path(name), ignore_errors=True)
        shutil.copytree(case.path("out"), case.path(name))

    fresh("mixed")
    os.makedirs(case.path("mixed", "notes"))
    case.write("mixed/thesis.txt", "years of work")
    kept(case, "mixed", "'notes/', 'thesis.txt' in it")
    for name in ("forms/mine.txt", "rtl/mine.v", "image/core1x_program.hex", "verify/golden-mine.json",
                 "report/index.htm", "rtl/TTFS_x.v", "manifest.json.bak", "image/chip.img.old"):
        fresh("mixed")
        os.makedirs(case.path("mixed", "verify"), exist_ok=True)
        case.write("mixed/" + name, "x")
        kept(case, "mixed", "'%s' in it" % name)
    for name in ("forms/spike.txt", "report"):
        fresh("mixed")
        path = case.path("mixed", name)
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        os.makedirs(case.path("elsewhere"), exist_ok=True)
        os.symlink(case.path("elsewhere"), path)
        kept(case, "mixed", "'%s' in it" % name)

    good = open(case.path("out", "manifest.json"), encoding="utf-8").read()
    for what, text in (("another product", good.replace('"product":\t"ttfs"', '"product":\t"npm"')),
                       ("no format", re.sub(r'"format":\s*1,', "", good)), ("not JSON", good[:-5]),
                       ("not ours", '{"name": "left-pad", "version": "1.0.0"}'), ("empty", "")):
        fresh("other")
        case.write("other/manifest.json", text)
        case.check(text != good, "the manifest is as it was: " + what)
        kept(case, "other", "its manifest does not say so")
    fresh("older")
    case.write("older/manifest.json", good.replace('\t"product":\t"ttfs",\n', ""))
    case.good(*COMPILE, "older")
    case.equal(tree(case.path("older")), tree(case.path("out")), "a folder of before `product`")
    case.refused("compile", MODEL, "-o", ".", says="the current folder", cwd=case.path("out"))
    case.write("plain", "x")
    kept(case, "plain", "not a folder that ttfs wrote")


def ours(case):
    """What ttfs itself adds later, and what a run that died left in it, is no obstacle."""
    case.good("report", "out")
    case.good("verify", "out", "--input", TEST, "--count", "2", "--engines", "golden,jit")
    case.good("verify", "out", "--input", TEST, "--count", "2", "--engines", "golden,golden")
    case.write("out/report/index.html.01234567.ttfs-tmp", "half")
    case.good(*COMPILE, "out")
    case.check(not os.path.exists(case.path("out", "verify")), "an old verdict is in the new folder")
    os.makedirs(case.path("empty"))
    case.good(*COMPILE, "empty")
    case.equal(tree(case.path("empty")), tree(case.path("out")), "a folder that was empty")


def stale(case):
    """Leftovers of dead runs go, and never become part of a new folder; those of the living, of others, and
    with anything foreign in them stay."""
    dead = case.path("out.0123abcd.ttfs-tmp")
    shutil.copytree(case.path("out"), os.path.join(dead, "new"))
    names = {"out.0123abce.ttfs-tmp/mine": True, "out.0123abcg.ttfs-tmp/x": True, "out.1.tmp/x": True,
             "outer.0123abcd.ttfs-tmp/x": True, "out.0123abcf.ttfs-tmp/new/mine": True}
    for name in names:
        os.makedirs(case.path(os.path.dirname(name)), exist_ok=True)
        case.write(name, "precious")
    want = tree(case.path("empty"))
    case.good(*COMPILE, "out")
    case.check(not os.path.exists(dead), "what a dead run left is still there")
    case.equal(tree(case.path("out")), want, "the new folder")
    for name in names:
        case.check(os.path.exists(case.path(name)), name + " was removed")
        shutil.rmtree(case.path(name.split("/")[0]))
    # A run that died between the two steps of a file system without exchange.
    os.makedirs(dead)
    os.rename(case.path("out"), os.path.join(dead, "old"))
    os.makedirs(os.path.join(dead, "new"))
    case.good("info", "out")
    case.equal((tree(case.path("out")), left(case)), (want, []), "the folder put back")
    case.write("trace.0123abcd.ttfs-tmp", "half")
    case.good("run", "out", "--input", TEST, "--count", "1", "--trace", "trace")
    case.equal(left(case), [], "half a trace of a dead run")


def links(case):
    os.makedirs(case.path("far"))
    os.symlink("far/real", case.path("link"))
    for _ in range(2): # dangling, then to a folder
        case.good(*COMPILE, "link/")
        case.check(os.path.islink(case.path("link")), "the link was replaced")
        case.equal(tree(case.path("far", "real")), tree(case.path("empty")), "what the link names")
    case.equal(left(case, "far"), [], "temporary files")
    os.symlink("loop", case.path("loop"))
    case.refused(*COMPILE, "loop", says="loop")


def into_foreign_links(case):
    """An OUT from elsewhere cannot lead report or verify to the user's files."""
    shutil.copytree(case.path("out"), case.path("evil"))
    case.write("precious", "years of work")
    os.makedirs(case.path("home"))
    os.symlink(case.path("precious"), case.path("evil", "report", "index.html"))
    os.symlink(case.path("home"), case.path("evil", "verify"))
    case.good("report", "evil")
    case.refused("verify", "evil", "--input", TEST, "--count", "1", "--engines", "golden,jit", says="not a folder")
    with open(case.path("precious"), encoding="utf-8") as f:
        case.equal(f.read(), "years of work", "a file that OUT links to")
    case.equal(os.listdir(case.path("home")), [], "a folder that OUT links to")


# ---- killed, and two at once -------------------------------------------------------------------

def killed(case, count):
    """SIGKILL after a random time, over folders that are there, four at once, for most of it is waiting."""
    want = []
    for ticks in ("15", "31"):
        case.good(*COMPILE, "kill", "--ticks", ticks)
        want.append(tree(case.path("kill")))
    names = ["kill%d" % i for i in range(4)]
    for name in names:
        shutil.copytree(case.path("kill"), case.path(name))
    with ThreadPoolExecutor(len(names)) as pool:
        found = list(pool.map(lambda name: kills(case, name, want, count // len(names)), names))
    died, torn = map(sum, zip(*found))
    case.equal(torn, 0, "torn or missing folders after %d kills (%d ran to the end)" % (count, count - died))
    case.check(died > count // 4, "only %d of %d runs were killed before their end" % (died, count))
    for name in names:
        case.good(*COMPILE, name, "--ticks", "31")
        case.check(tree(case.path(name)) == want[1], "the run after the kills of " + name)
    case.equal(left(case), [], "temporary files after the kills")


def kills(case, name, want, count):
    """How many of `count` runs died, and after how many the folder was not as wanted. The longest wait follows the
    machine: a run that came to its end makes it shorter, one that was killed longer, so that most are killed, some of
    them late."""
    rng = random.Random("%d %s" % (SEED, name))
    longest, died, torn = 1.0, 0, 0
    for _ in range(count):
        p = subprocess.Popen(command(*COMPILE, name, "--ticks", rng.choice(("15", "31"))), cwd=case.folder,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0, longest))
        p.kill()
        dead = p.wait() < 0
        died += dead
        longest *= 1.05 if dead else 0.85
        torn += tree(case.path(name)) not in want
    return died, torn


def at_once(case):
    """Many compilations into one folder: each ends well, one whole folder stays."""
    want = []
    for ticks in ("15", "31"):
        case.good(*COMPILE, "race", "--ticks", ticks)
        want.append(tree(case.path("race")))
    for there in (True, False):
        if not there:
            shutil.rmtree(case.path("race"))
        runs = [subprocess.Popen(command(*COMPILE, "race", "--ticks", t), cwd=case.folder,
                                 stderr=subprocess.PIPE) for t in ("15", "31") * 5]
        for p in runs:
            case.equal((p.communicate()[1], p.returncode), (b"", 0), "one of ten compilations into one folder")
        case.check(tree(case.path("race")) in want, "the folder after ten compilations at once is torn")
        case.equal(left(case), [], "temporary files of ten compilations at once")


# ---- other files -------------------------------------------------------------------------------

def through(case, name, *args):
    """What a command writes to a FIFO."""
    os.mkfifo(case.path(name))
    p = subprocess.Popen(command(*args, name), cwd=case.folder, stdout=subprocess.DEVNULL)
    with open(case.path(name), "rb") as f:
        data = f.read()
    case.equal(p.wait(), 0, "a command that writes to a FIFO")
    case.check(not os.path.isfile(case.path(name)), "the FIFO was replaced")
    os.remove(case.path(name))
    return data


def devices(case):
    run = ("run", "out", "--input", TEST, "--count", "2", "--trace")
    emit = ("emit", "out", "--format", "ll", "-o")
    values = run[:-1] + ("--outputs",)
    os.symlink("/dev/full", case.path("full.npy"))
    os.symlink("/dev/null", case.path("null.npy"))
    case.refused(*values, "full.npy", says="full.npy: No space left on device")
    case.good(*values, "null.npy")
    case.check(not os.path.isfile("/dev/null") and os.path.islink(case.path("null.npy")), "a device was replaced")
    case.check(len(through(case, "fifo.npy", *values)) > 128, "values through a FIFO")
    for name, args in (("trace.txt", run), ("net.ll", emit)):
        case.good(*args, name)
        with open(case.path(name), "rb") as f:
            want = f.read()
        case.equal(through(case, "fifo", *args), want, "through a FIFO: " + name)
        os.makedirs(case.path("store"), exist_ok=True)
        os.symlink("store/" + name, case.path("to"))
        for _ in range(2): # dangling, then to a file
            case.good(*args, "to")
            case.check(os.path.islink(case.path("to")), "the link to %s was replaced" % name)
            with open(case.path("store", name), "rb") as f:
                case.equal(f.read(), want, "through a link: " + name)
        os.remove(case.path("to"))
        case.refused(*args, "/dev/full", says="/dev/full: No space left on device")
        case.good(*args, "/dev/null")
        case.check(not os.path.isfile("/dev/null"), "/dev/null was replaced")
        os.chmod(case.path(name), 0o600)
        case.good(*args, name)
        case.equal(os.stat(case.path(name)).st_mode & 0o777, 0o600, "mode of a file that was there")
        case.equal(left(case) + left(case, "store"), [], "temporary files")
    case.refused("run", "out", "--input", TEST, "--count", "1", "--trace", "empty", says="empty: Is a directory")
    case.check(len(case.good(*run, "/dev/stdout").out) > 1000, "a trace on /dev/stdout")
    with open(case.path("both"), "wb") as f:
        subprocess.run(command(*run, "/dev/stdout"), cwd=case.folder, stdout=f, check=True)
    with open(case.path("both"), encoding="utf-8") as f:
        text = f.read()
    case.check(text.startswith("sample 0\n") and "engine jit" in text, "trace and figures in one file: " + text)


def printed(case):
    """Standard output that does not take it all is exit 1 with the reason; so is a message unheard."""
    reason = {"full": "No space left on device", "closed": "Bad file descriptor", "pipe": "Broken pipe"}
    for args in (("--version",), ("--help",), ("dump", "out"), ("info", "out"), ("check", MODEL, "--json"),
                 ("run", "out", "--input", TEST, "--count", "2", "--json"), ("report", "out", "--json")):
        for how, why in reason.items():
            full = open("/dev/full", "wb")
            reading, writing = os.pipe()
            os.close(reading)
            out = {"full": full, "closed": None, "pipe": writing}[how]
            p = subprocess.run(command(*args), cwd=case.folder, stdout=out, stderr=subprocess.PIPE,
                               preexec_fn=(lambda: os.close(1)) if how == "closed" else None)
            full.close()
            os.close(writing)
            says = "ttfs: error: standard output: " + why
            case.check(p.returncode == 1 and says in p.stderr.decode(),
                       "%s, standard output %s: %d %s" % (args, how, p.returncode, p.stderr.decode()))
    with open("/dev/full", "wb") as full:
        p = subprocess.run(command("check", MODEL, "-q"), stderr=full)
        case.equal(p.returncode, 0, "nothing to say, to a full standard error")
        os.environ["TTFS_CACHE"], kept_cache = "/dev/null/x", os.environ["TTFS_CACHE"]
        p = subprocess.run(command("run", "out", "--input", TEST, "--count", "1"), cwd=case.folder,
                           stdout=subprocess.DEVNULL, stderr=full)
        case.equal(p.returncode, 1, "a note that standard error did not take")
        os.environ["TTFS_CACHE"] = kept_cache


def without_streams(case):
    """A program that is started without standard streams has something in their places, so that no file of its own gets there."""
    os.mkfifo(case.path("waits"))
    p = subprocess.Popen(command("run", "out", "--input", TEST, "--count", "1", "--engine", "golden", "--trace", "waits"), cwd=case.folder,
                         preexec_fn=lambda: os.closerange(0, 3))
    found, until = {}, time.monotonic() + LIMIT_S
    while len(found) < 3 and time.monotonic() < until and p.poll() is None:
        time.sleep(0.01)
        try:
            found = {fd: os.readlink("/proc/%d/fd/%s" % (p.pid, fd)) for fd in os.listdir("/proc/%d/fd" % p.pid) if fd in "012"}
        except FileNotFoundError:  # of the loader, closed meanwhile
            continue
    case.equal(found, dict.fromkeys("012", "/dev/null"), "files in the places of standard streams")
    p.kill()
    p.wait()


def read_only(case):
    """A good verdict on a folder that cannot be written to is good; a page that cannot be is an error."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        case.left_out("a read-only folder, which takes root and setpriv")
        return
    os.chmod(case.folder, 0o755)
    for path in (TTFS, TEST): # copies, as the build folder may be closed to others
        shutil.copy(path, case.folder)
    as_nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "env", "TTFS_CACHE=/dev/null",
                 case.path(os.path.basename(TTFS))]
    verify = ["verify", "out", "--input", os.path.basename(TEST), "--count", "2", "--engines", "golden,jit"]
    run = ["run", "out", "--input", os.path.basename(TEST), "--count", "2", "--engine", "golden"]
    for args, code, says in ((verify, 0, "warning: out: the verdict is not kept: Permission denied"),
                             (verify + ["--fault", "spike:3"], 1, "1 difference"),
                             (run + ["--layers"], 0, "note: out: the agreement by layer is not kept"),
                             (run, 0, "note: out: what the page shows of this run is not kept"),
                             (["report", "out"], 1, "Permission denied")):
        p = subprocess.run(as_nobody + args, cwd=case.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        case.check(p.returncode == code and says in p.stderr.decode(),
                   "%s: %d %s" % (args, p.returncode, p.stderr.decode()))


def cut_while_mapped(case):
    """Samples that are cut while they are read: an error that names them, not a signal."""
    header = npy((1 << 24, 64), [], header="{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 64), }" % (1 << 24))
    path = case.write("large.npy", header)
    os.truncate(path, len(header) + (1 << 32)) # a hole: no room on the disk
    p = subprocess.Popen(command("run", "out", "--input", "large.npy", "--engine", "relu"), cwd=case.folder,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    mapped = False
    while not mapped and p.poll() is None:
        with open("/proc/%d/maps" % p.pid, encoding="utf-8", errors="replace") as f:
            mapped = "large.npy" in f.read()
    os.truncate(path, 1 << 20)
    err = p.communicate()[1].decode()
    case.check(mapped and p.returncode == 1 and "large.npy: it was cut while it was read" in err,
               "samples cut while they are read: %d %s" % (p.returncode, err))
    os.remove(path)


def odd_names(case):
    """Names are names: nothing in them is expanded, by ttfs or by a tool that it runs; no locale matters."""
    name = "a $HOME ~ `x` $(y) %s ä"
    shutil.copyfile(MODEL, case.path(name + ".onnx"))
    case.good("compile", name + ".onnx", "-o", name, "-q")
    os.environ["LC_ALL"] = "de_DE.UTF-8"
    case.good("compile", name + ".onnx", "-o", name + "2", "-q")
    del os.environ["LC_ALL"]
    case.equal(tree(case.path(name)), tree(case.path(name + "2")), "a folder by locale")
    case.good("run", name, "--input", TEST, "--count", "1")


def main():
    case = Case()
    case.good(*COMPILE, "out")
    foreign(case)
    ours(case)
    stale(case)
    links(case)
    into_foreign_links(case)
    at_once(case)
    killed(case, samples(200))
    devices(case)
    printed(case)
    without_streams(case)
    read_only(case)
    cut_while_mapped(case)
    odd_names(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
