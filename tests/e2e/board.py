# SPDX-License-Identifier: Apache-2.0
"""The board top with a network: the simulator of the rtl engine drives a host (runtime/sim/sim_host.v) that speaks to
ttfs_board over its serial link, which configures the chip, puts samples in and takes results out; spikes come from the
monitor. Whole spike traces against golden; an image that is damaged on purpose differs. Verilator finds nothing to warn of.
"""
import json
import os
import re
import subprocess
import sys

from e2e import DIGITS, LIMIT_S, SOURCE, Case, need

TEST = os.path.join(DIGITS, "test.npz")
BOARD = os.path.join(SOURCE, "rtl", "board", "ttfs_board.v")


def read_chip(rtl):
    """The chip's top module and the bits of its flits."""
    with open(os.path.join(rtl, "ttfs_top.v"), encoding="utf-8") as f:
        chip = f.read()
    return chip, int(re.search(r"\[(\d+):0\] in_flit_i", chip)[1]) + 1


def lint(case, folder):
    """The board top before the chip of OUT: no warning."""
    rtl = case.path(folder, "rtl")
    p = subprocess.run([need("verilator"), "--lint-only", "-Wall", "-I" + rtl, "-y", rtl, "-GFLIT=%d" % read_chip(rtl)[1], BOARD],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_S, check=False)
    case.equal((p.returncode, p.stdout), (0, b""), "lint of the board top")


def put_behind_link(case, folder):
    """OUT/rtl becomes the host, the board top and the chip as a module of another name."""
    rtl = case.path(folder, "rtl")
    chip, flit = read_chip(rtl)
    with open(BOARD, encoding="utf-8") as f:
        board = f.read()
    with open(os.path.join(SOURCE, "runtime", "sim", "sim_host.v"), encoding="utf-8") as f:
        host = f.read()
    for name, text in (("ttfs_inner.v", chip.replace("module ttfs_top", "module ttfs_inner")),
                       ("ttfs_board.v", board.replace("FLIT = 28", "FLIT = %d" % flit).replace("ttfs_top u_top", "ttfs_inner u_top")),
                       ("ttfs_top.v", "`define TTFS_FLIT %d\n%s" % (flit, host))):
        with open(os.path.join(rtl, name), "w", encoding="utf-8") as f:
            f.write(text)


def main():
    case = Case()
    case.compile("digits_mlp", "fitted", "--fit", "hx8k", "--ticks", "15")
    with open(case.path("fitted", "chip.json"), encoding="utf-8") as f:
        chip = json.load(f)
    chip.update(lanes=2, weight_rows=chip["weight_rows"] * chip["lanes"] // 2)  # it is built faster
    case.compile("digits_mlp", "out", "--chip", case.write("chip.json", json.dumps(chip)), "--ticks", "15", "--schedule", "latency")
    lint(case, "out")
    put_behind_link(case, "out")
    verify = ("verify", "out", "--input", TEST, "--engines", "golden,rtl", "--trust-rtl", "--count", "2")
    j = case.json(*verify, limit=600)
    case.equal((j.get("equal"), j.get("differences"), j.get("samples"), j.get("readouts")), (True, 0, 2, 20), "behind the link")
    case.check(j.get("spikes", 0) > 40, "spikes that were compared: %r" % j.get("spikes"))
    j = case.json(*verify, "--fault", "weight:7", code=1)
    case.check(j.get("equal") is False, "a damaged weight is not noticed behind the link")
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
