# SPDX-License-Identifier: Apache-2.0
"""The LiteX example, rtl/host/litex_sim.py: a VexRiscv configures the block and classifies a digit; class and potentials are golden's.
The Python is TTFS_TEST_LITEX, or the one that runs the test; without litex, its VexRiscv and a C compiler for RISC-V it is skipped.
"""
import os
import re
import subprocess
import sys

from e2e import DIGITS, SOURCE, Case, need, skip

INPUT = os.path.join(os.path.abspath(DIGITS), "test.npz")
SAMPLES = (3,)


def main():
    for tool in ("verilator", "riscv64-unknown-elf-gcc"):
        need(tool)
    python = os.environ.get("TTFS_TEST_LITEX", sys.executable)
    wanted = "litex, migen, numpy, pythondata_cpu_vexriscv, pythondata_misc_tapcfg"
    if subprocess.run([python, "-c", "import " + wanted], capture_output=True, check=False).returncode != 0:
        skip("no %s in %s (TTFS_TEST_LITEX=PYTHON names another)" % (wanted, python))
    case = Case()
    case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "--calib", os.path.join(DIGITS, "calib.npz"), "--ticks", "15", "--weight-bits", "4",
              "--chip", os.path.join(SOURCE, "rtl", "cocotb", "chip.json"), "--ip-xact", "-o", "out")
    case.good("run", "out", "--input", INPUT, "--count", max(SAMPLES) + 1, "--engine", "golden", "--trace", "trace.txt")
    with open(case.path("trace.txt"), encoding="utf-8") as f:
        golden = [re.findall(r"^readout .* potential (-?\d+)$", s, re.M) for s in f.read().split("sample ")[1:]]
    for sample in SAMPLES:
        classify(case, python, sample, golden[sample])
    sys.exit(case.done())


def classify(case, python, sample, want):
    p = subprocess.run([python, os.path.join(SOURCE, "rtl", "host", "litex_sim.py"), "out", "--input", INPUT, "--sample", str(sample), "--folder", "sim"],
                       cwd=case.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                       env={**os.environ, "PATH": os.path.dirname(python) + os.pathsep + os.environ["PATH"]})
    said = dict(re.findall(r"^(flags|potentials|class) (.*)$", p.stdout, re.M))
    case.equal((p.returncode, said.get("flags")), (0, "0"), "litex_sim.py: " + p.stdout[-3000:])
    case.equal(said.get("potentials", "").split(), want, "sample %d: potentials" % sample)
    case.equal(said.get("class"), str(max(range(len(want)), key=lambda i: int(want[i]))), "sample %d: class" % sample)
    print("sample %d: class %s, %d potentials" % (sample, said.get("class"), len(want)))


main()
