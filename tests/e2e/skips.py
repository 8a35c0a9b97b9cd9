# SPDX-License-Identifier: Apache-2.0
"""What cannot run is a skip: with a tool taken away, the tests that need it end with 77 and name it,
and tools/count_tests.py counts them under that reason.
"""
import json
import os
import subprocess
import sys

from e2e import SKIPPED, SOURCE, Case

HERE = os.path.dirname(os.path.abspath(__file__))
COUNT = os.path.join(SOURCE, "tools", "count_tests.py")


def run(case, *command, **env):
    p = subprocess.run(command, cwd=case.folder, env=dict(os.environ, **env), stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False)
    return p.returncode, p.stdout.decode(errors="replace")


def shell_only(case):
    """A folder for PATH that has what the scripts themselves call, and no tool of a test."""
    os.makedirs(case.path("bin"))
    for name in ("sh", "dirname", "sed", "mktemp", "mkdir", "rm", "tr", "grep", "cat"):
        found = next(f for f in (os.path.join(d, name) for d in ("/usr/bin", "/bin")) if os.path.exists(f))
        os.symlink(found, case.path("bin", name))
    return case.path("bin")


def without(case, what, command, **env):
    code, said = run(case, *command, **env)
    case.equal(code, SKIPPED, "exit code without %s: %s" % (what, said))
    case.check("skipped: " in said and what in said, "%s does not say that it lacks %s: %s" % (command, what, said))


def tools_taken_away(case):
    bare = shell_only(case)
    without(case, "no data folder", (sys.executable, os.path.join(SOURCE, "tools", "bench", "accuracy")))
    emit = (sys.executable, os.path.join(HERE, "emit.py"), "digits_mlp", "1")
    for part, tool in (("text", "clang"), ("riscv64-linux-gnu", "clang")):
        without(case, tool, emit + (part,), TTFS_LLVM_BIN=bare)
    without(case, "chromium", (sys.executable, os.path.join(HERE, "page_browser.py")), PATH=bare)
    without(case, "qemu-riscv32", (sys.executable, os.path.join(HERE, "docs.py"), "embedded"), PATH=bare)
    rtl = os.path.join(SOURCE, "tests", "rtl", "run.sh")
    for name, tool in (("lint/ttfs_skid", "verilator"), ("synth/ttfs_skid", "yosys"), ("bench/skid", "iverilog"),
                       ("fails/skid", "iverilog"), ("fails/synth-latch", "yosys")):
        without(case, tool, (rtl, "--is", name), PATH=bare)
    without(case, "clang-format", (os.path.join(HERE, "style.sh"), "layout", os.path.abspath(SOURCE)), PATH=bare)
    case.write("bin/clang-format", "#!/bin/sh\necho clang-format version 98.7.6\n")
    os.chmod(case.path("bin", "clang-format"), 0o755)
    without(case, "98.7.6", (os.path.join(HERE, "style.sh"), "layout", os.path.abspath(SOURCE)), PATH=bare)


def tool_that_dies(case):
    """A Yosys that died by a signal, or whose ABC did, runs once more, which is said; one that dies again, or only
    fails, is a failure."""
    os.makedirs(case.path("dies"))
    path = case.path("dies") + os.pathsep + os.environ["PATH"]
    for how, times, code, runs in (("kill -ABRT $$", 1, 0, 2), ("kill -SEGV $$", 2, 1, 2), ("exit 1", 1, 1, 1),
                                   ("echo 'ERROR: ABC: execution of command failed: return code 134.'; exit 1", 1, 0, 2)):
        case.write("runs", "")
        case.write("dies/yosys", "#!/bin/sh\necho run >>%s\n[ $(wc -l <%s) -gt %d ] || { %s; }\n" % (
            case.path("runs"), case.path("runs"), times, how))
        os.chmod(case.path("dies", "yosys"), 0o755)
        got, said = run(case, os.path.join(SOURCE, "tests", "rtl", "run.sh"), "--is", "synth/ttfs_skid", PATH=path)
        with open(case.path("runs"), encoding="ascii") as f:
            case.equal((got, len(f.readlines())), (code, runs), "exit code and runs of a yosys with %s: %s" % (how, said))
        case.equal("runs once more" in said, runs == 2, "what is said of a yosys with %s: %s" % (how, said))


def in_part(case):
    """What a Case leaves out makes a skip of it, but hides no failure."""
    for failed, code in ((False, SKIPPED), (True, 1)):
        text = ("from e2e import Case; import sys; c = Case(); c.check(%r, 'x'); c.left_out('a tool'); "
                "c.left_out('a folder'); sys.exit(c.done())" % (not failed))
        got, said = run(case, sys.executable, "-c", text, PYTHONPATH=HERE)
        case.equal(got, code, "exit code of a test that ran in part")
        case.check(("skipped: in part: a tool; a folder" in said) != failed, said)


def counted(case):
    tests = [("a", "OK", ""), ("b", "SKIP", "x\nskipped: no tool\n"), ("c", "SKIP", "skipped: no tool\nbye\n"),
             ("d", "SKIP", "")]
    case.write("log.json", "".join(json.dumps({"name": n, "result": r, "stdout": o}) + "\n" for n, r, o in tests))
    code, said = run(case, sys.executable, COUNT, "9", "log")
    case.equal((code, said.splitlines()),
               (0, ["skipped, 1: no reason given", "    d", "skipped, 2: no tool", "    b", "    c",
                    "1 passed, 0 failed, 3 skipped"]), "count_tests.py")
    case.write("bad.json", json.dumps({"name": "e", "result": "TIMEOUT"}) + "\n")
    code, said = run(case, sys.executable, COUNT, "9", "log", "bad", "none")
    case.equal((code, said.splitlines()[-1]), (1, "1 passed, 2 failed, 3 skipped"), "count_tests.py")
    case.check("FAILED (timeout): e" in said, "a failed test is not named: %s" % said)
    case.write("s.json", json.dumps({"name": "f", "result": "SKIP"}))
    case.equal(run(case, sys.executable, COUNT, "9", "s")[0], 1, "exit code when nothing ran")


def late(case):
    """What there was no time for is skipped and named; without such a lack, or after a long while, it has failed."""
    tests = [("a", "OK", 1), ("b", "INTERRUPT", 20), ("d", "INTERRUPT", 400)]
    case.write("cut.json", "".join(json.dumps({"name": n, "result": r, "duration": s}) + "\n" for n, r, s in tests) + '{"name": "e')
    case.write("cut.names", "a\nb\nc\nd\n")
    code, said = run(case, sys.executable, COUNT, "9", "cut")
    case.equal((code, said.splitlines()), (1, ["FAILED (interrupt): b", "FAILED (interrupt): d", "FAILED (missing): c",
                                               "1 passed, 3 failed, 0 skipped"]), "count_tests.py, cut for another reason")
    case.write("cut.late", "")
    case.write("none.late", "")
    code, said = run(case, sys.executable, COUNT, "9", "cut", "none")
    case.equal((code, said.splitlines()),
               (1, ["FAILED (interrupt): d", "skipped, 3: no time was left of 9 s (TTFS_TEST_SECONDS=0: no limit)", "    b",
                    "    c", "    none", "1 passed, 1 failed, 3 skipped"]), "count_tests.py, late")


def main():
    case = Case()
    tools_taken_away(case)
    tool_that_dies(case)
    in_part(case)
    counted(case)
    late(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
