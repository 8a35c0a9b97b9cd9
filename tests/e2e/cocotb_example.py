# SPDX-License-Identifier: Apache-2.0
"""The cocotb example, rtl/cocotb: the digits MLP on a small chip under Icarus, every spike and potential held against golden
by the Python package; a damaged image is seen. Where cocotbext-axi is too, the block of `compile --ip-xact` behind AXI, with pauses. The Python is TTFS_TEST_COCOTB, or the one that runs the test; without cocotb 2
and numpy it is skipped.

Argument: the library of this build.
"""
import os
import re
import subprocess
import sys

from e2e import SOURCE, TTFS, Case, need, skip

EXAMPLE = os.path.join(os.path.abspath(SOURCE), "rtl", "cocotb")


def example(case, python, env, *more):
    return subprocess.run([python, os.path.join(EXAMPLE, "run.py"), "--count", "3", *more], cwd=case.folder, env=env, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def axi(case, python, env):
    if subprocess.run([python, "-c", "import cocotbext.axi"], capture_output=True, check=False).returncode != 0:
        case.left_out("the block behind AXI, for there is no cocotbext-axi in %s" % python)
        return
    p = example(case, python, env, "--axi")
    case.equal(p.returncode, 0, "run.py --axi: " + p.stdout[-4000:])
    case.check("3 tests, 0 failed" in p.stdout, "what run.py --axi says at its end: " + p.stdout[-1000:])
    case.equal(re.findall(r"(\d+) potentials of 3 samples compared by AXI, 0 differences", p.stdout), ["30", "30"], "what was compared by AXI")


def main(library):
    need("iverilog")
    python = os.environ.get("TTFS_TEST_COCOTB", sys.executable)
    asked = subprocess.run([python, "-c", "import cocotb, numpy; print(cocotb.__version__)"], capture_output=True, text=True, check=False)
    if asked.returncode != 0 or int(asked.stdout.split(".")[0]) < 2:
        skip("no cocotb 2 with numpy in %s (TTFS_TEST_COCOTB=PYTHON names another)" % python)
    case = Case()
    env = {**os.environ, "TTFS_LIBRARY": library, "TTFS_BIN": os.path.abspath(TTFS), "TTFS_DATA": os.path.abspath(SOURCE),
           "PYTHONPATH": os.path.join(os.path.abspath(SOURCE), "python")}
    p = example(case, python, env)
    case.equal(p.returncode, 0, "run.py: " + p.stdout[-4000:])
    case.check("3 tests, 0 failed" in p.stdout, "what run.py says at its end: " + p.stdout[-1000:])
    compared = [int(n) for n in re.findall(r"(\d+) spikes and potentials of 3 samples compared, 0 differences", p.stdout)]
    case.check(compared and compared[0] > 60, "what was compared: %s" % compared)
    axi(case, python, env)
    sys.exit(case.done())


main(sys.argv[1])
