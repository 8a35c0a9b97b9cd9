# SPDX-License-Identifier: Apache-2.0
"""The board top with a network: engine netlist, whose host (runtime/sim/sim_host.v) speaks to ttfs_board over
its serial link, which configures the chip, puts samples in and takes results out; spikes come from the
monitor, the clock through a PLL. Whole spike traces against golden; an image that is damaged on purpose differs. Verilator finds nothing to warn of.
"""
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys

from e2e import DIGITS, LIMIT_S, SOURCE, Case, complaints, need, npy
from faults import engine
from link import encoder
from onnx_make import Model

TEST = os.path.join(DIGITS, "test.npz")
BOARD = os.path.join(SOURCE, "rtl", "board", "ttfs_board.v")
HOST = os.path.join(SOURCE, "runtime", "sim", "sim_host.v")


def read_chip(rtl):
    """The chip's top module and the bits of its flits."""
    with open(os.path.join(rtl, "ttfs_top.v"), encoding="utf-8") as f:
        chip = f.read()
    return chip, int(re.search(r"\[(\d+):0\] in_flit_i", chip)[1]) + 1


def lint(case, folder):
    """The board top before the chip of OUT: no warning."""
    rtl = case.path(folder, "rtl")
    for more in ([], encoder(case, folder)):
        p = subprocess.run([need("verilator"), "--lint-only", "-Wall", "-I" + rtl, "-y", rtl, "-y", os.path.dirname(BOARD),
                            "-y", os.path.join(SOURCE, "rtl", "wrap"), "-GFLIT=%d" % read_chip(rtl)[1], *more, BOARD],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S, check=False)
        case.equal((p.returncode, complaints(p.stdout)), (0, ""), "lint of the board top")


def lint_host(case, folder):
    """What speaks to the board top in simulations, before the netlist: no warning."""
    for traced in (["-DTTFS_TRACED"], []):
        p = subprocess.run([need("verilator"), "--lint-only", "-Wall", "-Wno-DECLFILENAME", "-Wno-PINMISSING", "-DTTFS_FLIT=%d" % read_chip(case.path(folder, "rtl"))[1], *traced,
                            "--top-module", "ttfs_top", HOST, case.path(folder, "fpga", "hx8k", "netlist.v")],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S, check=False)
        case.equal((p.returncode, complaints(p.stdout)), (0, ""), "lint of the host")


def put_netlist(case, folder):
    """In place of a netlist: the board top, which boots and finds no flash, and the chip's Verilog, as one file."""
    rtl = case.path(folder, "rtl")
    chip, flit = read_chip(rtl)
    records = open(os.path.join(rtl, "ttfs_records.vh"), encoding="utf-8").read()
    with open(BOARD, encoding="utf-8") as f:
        top, changed = re.subn(r"(parameter FLIT +=) \d+", r"\g<1> %d" % flit, f.read().replace("ttfs_top u_top", "ttfs_inner u_top"))
    case.equal(changed, 1, "widths of flits of the board top")
    parts = ["`define TTFS_BOOT", top]
    for name in ("ttfs_uart.v", "ttfs_boot.v"):
        with open(os.path.join(os.path.dirname(BOARD), name), encoding="utf-8") as f:
            parts.append(f.read())
    parts.append(chip.replace("module ttfs_top", "module ttfs_inner"))
    for path in sorted(glob.glob(os.path.join(rtl, "ttfs_*.v"))):
        if os.path.basename(path) != "ttfs_top.v":
            with open(path, encoding="utf-8") as f:
                parts.append(f.read())
    text = "\n".join(parts).replace('`include "ttfs_records.vh"', records).replace('`include "ttfs_assert.vh"', read_assertions(rtl))
    case.write(os.path.join(folder, "fpga", "hx8k", "netlist.v"), text)


def put_pll(case, folder):
    """Before that netlist, a PLL, as ttfs synth --clock puts it there (e2e synth looks at that)."""
    path = case.path(folder, "fpga", "hx8k", "netlist.v")
    with open(path, encoding="utf-8") as f:
        text = f.read().replace("module ttfs_board ", "module ttfs_board_inside ", 1)
    flit = read_chip(case.path(folder, "rtl"))[1]
    ports = ("clk_i", "rst_ni", "spi_sck_i", "spi_cs_ni", "spi_mosi_i", "uart_rx_i"), ("spi_miso_o", "uart_tx_o", "busy_o", "trace_valid_o")
    text += "module ttfs_board (%s,\n    output [%d:0] trace_flit_o);\n    wire clk, locked;\n" % (
        ", ".join(["input " + p for p in ports[0]] + ["output " + p for p in ports[1]]), flit - 1)
    text += "    SB_PLL40_CORE #(.FEEDBACK_PATH(\"SIMPLE\"), .DIVR(4'd0), .DIVF(7'd79), .DIVQ(3'd4), .FILTER_RANGE(3'd1)) u_pll (\n" \
        "        .REFERENCECLK(clk_i), .PLLOUTGLOBAL(clk), .LOCK(locked), .RESETB(1'b1), .BYPASS(1'b0));\n"
    wires = dict({p: p for p in ports[0] + ports[1] + ("trace_flit_o",)}, clk_i="clk", rst_ni="rst_ni && locked")
    text += "    ttfs_board_inside u_board (%s);\nendmodule\n" % ", ".join(".%s(%s)" % p for p in wires.items())
    case.write(os.path.join(folder, "fpga", "hx8k", "netlist.v"), text)


def read_assertions(rtl):
    with open(os.path.join(rtl, "ttfs_assert.vh"), encoding="utf-8") as f:
        return f.read()


def unbiased(case):
    """A network of the same size without biases: of an input of zeros there is no spike."""
    r = random.Random(3)
    m = Model("unbiased", input_shape=[None, 64])
    m.init("w", [[r.uniform(-1, 1) for _ in range(64)] for _ in range(32)])
    m.init("v", [[r.uniform(-1, 1) for _ in range(32)] for _ in range(10)])
    m.node("Gemm", ["input", "w"], ["a"], name="fc1", transB=1)
    m.node("Relu", ["a"], ["b"], name="act")
    m.node("Gemm", ["b", "v"], ["y"], name="fc2", transB=1)
    m.output("y", [None, 10])
    m.save(case.path("unbiased.onnx"))
    case.write("x.npy", npy((2, 64), [i % 5 / 4 for i in range(64)] + [0] * 64))


def errors_of_a_sample(case):
    """What the chip tells of in a sample is not told of the next one, in which nothing is wrong: its first layer's
    channels are none of the network's, but it has no spike."""
    unbiased(case)
    case.good("compile", "unbiased.onnx", "-o", "wrong", "--calib", "x.npy", "--chip", "chip.json", "--ticks", "15", "--weight-bits", "6", "--schedule", "latency")
    os.makedirs(case.path("wrong", "fpga", "hx8k"))
    shutil.copy(case.path("out", "fpga", "hx8k", "netlist.v"), case.path("wrong", "fpga", "hx8k"))
    fault = "program:%d.5" % (engine(case.path("wrong", "image", "chip.img"), 0, 2) + 4)
    found = [case.json("verify", "wrong", "--input", "x.npy", "--engines", "golden,netlist", "--trust-rtl", "--count", count,
                       "--fault", fault, code=1)["traces"] for count in ("1", "2")]
    case.check("the chip tells of" in str(found[0]["first"]), "nothing is told of: %r" % found[0])
    case.equal(found[1], found[0], "what is told of a sample without a spike, behind one with errors")


def main():
    case = Case()
    case.compile("digits_mlp", "fitted", "--fit", "hx8k", "--ticks", "15")
    with open(case.path("fitted", "chip.json"), encoding="utf-8") as f:
        chip = json.load(f)
    chip.update(lanes=2, weight_rows=chip["weight_rows"] * chip["lanes"] // 2)  # it is built faster
    case.compile("digits_mlp", "out", "--chip", case.write("chip.json", json.dumps(chip)), "--ticks", "15", "--schedule", "latency")
    lint(case, "out")
    verify = ("verify", "out", "--input", TEST, "--engines", "golden,netlist", "--count", "2")
    case.refused(*verify, says=["run 'ttfs synth out --device hx8k' first"])
    os.makedirs(case.path("out", "fpga", "hx8k"))
    put_netlist(case, "out")
    lint_host(case, "out")
    put_pll(case, "out")
    case.refused(*verify, says=["netlist.v", "not a file that ttfs synth made here", "--trust-rtl"])
    need("yosys")
    verify += ("--trust-rtl",)
    j = case.json(*verify, limit=600)
    case.equal((j.get("equal"), j.get("differences"), j.get("samples"), j.get("readouts")), (True, 0, 2, 20), "behind the link")
    case.check(j.get("spikes", 0) > 40, "spikes that were compared: %r" % j.get("spikes"))
    j = case.json(*verify, "--fault", "weight:7", code=1)
    case.check(j.get("equal") is False, "a damaged weight is not noticed behind the link")
    errors_of_a_sample(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
