# SPDX-License-Identifier: Apache-2.0
"""ttfs synth: what the tools are given, what is read from them, what is kept; every way in which one can be missing or
fail; chips and devices that are refused; estimates.

    synth.py                with tools of this test, which write what real ones would
    synth.py tools          digits MLP and CNN on iCE40 with the real tools, which take minutes: bitstreams, and both engines that simulate them
    synth.py tools ecp5     the same on ECP5: bitstreams, and engine netlist
"""
import glob
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

from e2e import DIGITS, SOURCE, TTFS, Case, need, tree

PATH = os.environ["PATH"]  # before it is this test's
STAT = '{"design": {"num_cells_by_type": {"SB_CARRY": 9, "SB_LUT4": 400, "SB_DFF": 20, "SB_DFFESR": 30, "SB_RAM40_4K": 5}}}'
REPORT = '{"fmax": {"clk": {"achieved": %s, "constraint": 12.0}}, "utilization": {"ICESTORM_LC": {"available": 7680, "used": 431}}}'
TOOLS = {
    "yosys": """[ "$*" = "-q synth.ys" ] || exit 9
grep -q 'chparam -set FLIT [1-9]' synth.ys && [ -f rtl/ttfs_board.v ] && [ -f rtl/ttfs_top.v ] || exit 8
echo made by yosys; echo module >netlist.v; echo '{}' >board.json; cat >stat.json <<'END'
%s
END""" % STAT,
    "nextpnr-ice40": """echo "$*"; echo placed; [ -f board.json ] && [ -f board.pcf ] || exit 9
echo asc >board.asc; cat >report.json <<'END'
%s
END""" % (REPORT % "90.5"),
    "icepack": "cp \"$1\" \"$2\"",
    "icetime": "echo '// Reading input..'; echo 'Total path delay: 12.50 ns (80.00 MHz)'",
}
# The same for ECP5: carries and distributed memories are LUTs too.
ECP5_CELLS = {"LUT4": 300, "CCU2C": 40, "TRELLIS_DPR16X4": 5, "PFUMX": 7, "L6MUX21": 3, "TRELLIS_FF": 60, "DP16KD": 6, "MULT18X18D": 1}
ECP5 = {
    "yosys": TOOLS["yosys"].replace(STAT, json.dumps({"design": {"num_cells_by_type": ECP5_CELLS}})),
    "nextpnr-ecp5": """echo "$*"; [ -f board.json ] && [ -f board.lpf ] || exit 9
echo text >board.config; cat >report.json <<'END'
%s
END""" % REPORT.replace("ICESTORM_LC", "TRELLIS_COMB") % "70.25",
    "ecppack": "[ \"$1\" = --compress ] && cp \"$2\" \"$3\"",
}
KEPT = ["board.bin", "board.pcf", "icepack.log", "icetime.log", "netlist.v", "nextpnr.log", "synth.json", "synth.ys", "yosys.log"]
PACKAGE = {"yosys": "yosys", "nextpnr-ice40": "nextpnr-ice40", "icepack": "fpga-icestorm", "icetime": "fpga-icestorm"}
LOG = {"yosys": "yosys", "nextpnr-ice40": "nextpnr", "icepack": "icepack", "icetime": "icetime"}


def tools(case, base=None, **changed):
    """A folder of tools, some of them with another text or (None) left out, before the others of this machine."""
    folder = case.path("tools-%d" % case.checks)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in ("sh", "cat", "grep", "cp", "rm"):
        os.symlink(os.path.realpath(shutil.which(name)), os.path.join(folder, name))  # no chain of links
    for name, text in (base or TOOLS).items():
        text = changed.get(name.replace("-", "_"), text)
        if text is None:
            continue
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n%s\n" % text)
        os.chmod(f.name, 0o755)
    os.environ["PATH"] = folder


def unchanged(case, before, what, folder="out"):
    """The folder holds what it held; the differing names are said."""
    after = tree(case.path(folder))
    case.equal(sorted(n for n in set(before) | set(after) if before.get(n) != after.get(n)), [], what)


def kept(case):
    return {name: open(case.path("out", "fpga", "hx8k", name), "rb").read() for name in KEPT}


def made(case):
    """What is in the folder, and that it is what the tools said."""
    tools(case)
    j = case.json("synth", "out", "--device", "hx8k")
    fmax = j.pop("fmax_mhz", 0)
    core = j.pop("core_us", 0)
    with open(case.path("out", "rtl", "ttfs_top.v"), encoding="utf-8") as f:
        flit = int(f.read().split("] in_flit_i")[0].split("[")[-1].split(":")[0]) + 1
    case.equal(j, {"device": "hx8k", "estimated": False, "lut": 400, "ff": 50, "ram": 5, "dsp": 0, "logic_cells": 431,
                   "pins": 10 + flit, "clock_mhz": 12, "meets_clock": True, "bitstream": "out/fpga/hx8k/board.bin"}, "synth --json")
    case.check(abs(fmax - 80) < 1e-9, "the slower analysis counts: %r" % fmax)
    timing = case.json("info", "out")["timing"]
    case.check(abs(core - timing["expected_cycles"] / 12) < 1e-9, "core_us is %r of %r cycles" % (core, timing["expected_cycles"]))
    case.equal(sorted(os.listdir(case.path("out", "fpga", "hx8k"))), KEPT, "files in OUT/fpga/hx8k")
    case.equal(os.listdir(case.path("out", "fpga")), ["hx8k"], "files in OUT/fpga")
    files = kept(case)
    case.equal(files["board.bin"], b"asc\n", "the bitstream")
    case.check(b"--hx8k --package ct256" in files["nextpnr.log"] and b"--seed 1 --freq 12" in files["nextpnr.log"],
               "what nextpnr is asked for: %s" % files["nextpnr.log"])
    case.check(b"chparam -set FLIT %d -set CLOCKS 12 ttfs_board\n" % flit in files["synth.ys"], "the script: %s" % files["synth.ys"])
    pins = [line.split()[-2:] for line in files["board.pcf"].decode().splitlines() if line.startswith("set_io")]
    case.equal(len(set(p for _, p in pins)), 10 + flit, "pins that are told apart")
    case.equal([n for n, _ in pins][10:], ["trace_flit_o[%d]" % i for i in range(flit)], "pins of the monitor")
    document = json.loads(files["synth.json"])
    case.equal((document["lut"], document["fmax_mhz"], document["bitstream"]), (400, fmax, "board.bin"), "the document that is kept")
    case.equal(os.stat(case.path("out", "fpga", "hx8k")).st_mode, os.stat(case.path("out", "rtl")).st_mode, "rights of the folder")
    text = case.good("synth", "out", "--device", "hx8k").out
    for line in ("logic cells         431 of 7680 (6 %)", "LUTs                400 of 7680", "80.0 MHz at most, meets 12.0 MHz",
                 "written: out/fpga/hx8k/board.bin"):
        case.check(line in text, "synth does not say '%s':\n%s" % (line, text))
    case.equal(kept(case), files, "the second run")
    case.compile("digits_mlp", "out", "--fit", "hx8k", "--ticks", "15")  # it is a folder that ttfs wrote
    case.check(not os.path.exists(case.path("out", "fpga")), "another chip's bitstream is left in OUT")


def clocks(case):
    """--clock: the board top behind a PLL, the tools asked for its clock, the UART's divisor; what no PLL makes."""
    tools(case, icetime="echo 'Total path delay: 12.50 ns (80.00 MHz)'")
    shutil.copytree(case.path("out"), case.path("fast"))
    j = case.json("synth", "fast", "--device", "hx8k", "--clock", "60.2")
    case.equal((j.get("clock_mhz"), j.get("meets_clock"), j.get("pll")),
               (60, True, {"cell": "SB_PLL40_CORE", "oscillator_mhz": 12, "vco_mhz": 960, "reference": 1, "feedback": 80, "output": 16}), "the PLL: %r" % j)
    timing = case.json("info", "fast")["timing"]
    case.check(abs(j["core_us"] - timing["expected_cycles"] / 60) < 1e-9, "core_us is %r" % j["core_us"])
    files = {name: open(case.path("fast", "fpga", "hx8k", name), encoding="utf-8").read() for name in ("synth.ys", "nextpnr.log")}
    case.check("--freq 60 " in files["nextpnr.log"], files["nextpnr.log"])
    for line in ("-set CLOCKS 60 ttfs_board\nrename ttfs_board ttfs_board_inside\nread_verilog <<EOT\n", ".DIVF(7'd79)", ".DIVQ(3'd4)", ".FILTER_RANGE(3'd1)",
                 ".REFERENCECLK(clk_i)", ".clk_i(clk)", ".rst_ni(rst_ni && locked)", "endmodule\nEOT\n"):
        case.check(line in files["synth.ys"], "the script lacks %s:\n%s" % (line, files["synth.ys"]))
    case.check("60 MHz of the board's 12; VCO 960 MHz" in case.good("synth", "fast", "--device", "hx8k", "--clock", "60").out, "the report's PLL")
    case.refused("synth", "fast", "--device", "hx8k", "--clock", "90", says=["80.0 MHz, its clock has 90.0", "slower --clock"])
    case.check("pll" not in case.json("synth", "fast", "--device", "hx8k", "--clock", "12"), "the oscillator's own clock has a PLL")
    for clock, says in (("11", "16.125 to 275"), ("16", "16.125 to 275"), ("276", "16.125 to 275"), ("16.5", "2.9 % off")):
        case.refused("synth", "fast", "--device", "hx8k", "--clock", clock, code=2, says=["--clock", says])
    case.refused("synth", "fast", "--device", "artix7-35t", "--clock", "50", code=2, says=["--clock", "bitstream"])
    j = case.json("synth", "fast", "--device", "ecp5-25k", "--clock", "77", "--estimate")
    case.equal((j.get("clock_mhz"), j.get("pll", {}).get("cell")), (75, "EHXPLLL"), "an estimate at another clock")


# A nextpnr whose frequency is the seed's: 1 to 5; one that fails; two that are equal. It says when it begins and ends.
SEEDS = """[ -f board.json ] || exit 9
all="$*"; while [ $# -gt 0 ]; do case $1 in --seed) seed=$2;; --asc) asc=$2;; --report) report=$2;; esac; shift; done
echo "begin $seed" >>"%s"; echo "by seed $seed: $all"
case $seed in 1) mhz=81.5;; 2) echo no way; echo "end 2" >>"%s"; exit 3;; 3) mhz=88.25;; 4) mhz=83;; *) mhz=88.25;; esac
echo "asc of $seed" >"$asc"; echo "REPORT" >"$report"; echo "end $seed" >>"%s"
""".replace("REPORT", (REPORT % "$mhz").replace('"', '\\"'))


def seeds(case):
    """--seeds: place and route by each, at most so many at a time; the fastest is kept, of equals the lowest; what is said of them."""
    order = case.path("order")
    tools(case, nextpnr_ice40=SEEDS % (order, order, order), icetime="echo 'Total path delay: 5 ns'")
    kept = []
    for threads in (1, 3):
        case.write("order", "")
        j = case.json("synth", "fast", "--device", "hx8k", "--seeds", "5", "--threads", threads)
        case.equal((j.get("seed"), j.get("seeds_mhz"), j.get("fmax_mhz")), (3, [81.5, None, 88.25, 83, 88.25], 88.25), "the seeds with %d threads: %r" % (threads, j))
        kept.append(tree(case.path("fast", "fpga", "hx8k")))
        steps = open(order, encoding="utf-8").read().split("\n")
        at_work = [sum(s.startswith("begin") for s in steps[:n]) - sum(s.startswith("end") for s in steps[:n]) for n in range(len(steps))]
        case.check(max(at_work) <= threads and sum(s.startswith("begin") for s in steps) == 5, "%d threads: %r" % (threads, steps))
    case.equal(kept[0], kept[1], "what is kept with 1 and 3 threads")
    log = open(case.path("fast", "fpga", "hx8k", "nextpnr.log"), encoding="utf-8").read()
    case.check(log.startswith("seed 1: 81.50 MHz\nseed 2: failed\nseed 3: 88.25 MHz\nseed 4: 83.00 MHz\nseed 5: 88.25 MHz\nseed 3 is kept:\n\nby seed 3: ")
               and "--seed 3 " in log, log)
    case.equal(open(case.path("fast", "fpga", "hx8k", "board.bin"), encoding="utf-8").read(), "asc of 3\n", "the bitstream of the fastest")
    text = case.good("synth", "fast", "--device", "hx8k", "--seeds", "5").out
    case.check("seed                3 is the fastest of 81.5, failed, 88.2, 83.0, 88.2 MHz\n" in text, text)
    case.equal(case.json("synth", "fast", "--device", "hx8k", "--seeds", "1").get("seeds_mhz"), [81.5], "one seed")
    before = tree(case.path("fast"))
    tools(case, nextpnr_ice40="echo 'the end'; exit 3")
    case.refused("synth", "fast", "--device", "hx8k", "--seeds", "3", says=["fast/fpga/hx8k_nextpnr.log", "nextpnr-ice40 failed: the end"])
    os.remove(case.path("fast", "fpga", "hx8k_nextpnr.log"))
    tools(case, nextpnr_ice40="echo '{}' >report_1.json")
    case.refused("synth", "fast", "--device", "hx8k", "--seeds", "1", says="report_1.json")
    unchanged(case, before, "OUT after seeds that failed", "fast")
    for more, says in ((("--seeds", "0"), "1 to 100"), (("--seeds", "101"), "1 to 100"), (("--threads", "2"), "goes with --seeds"), (("--seeds", "2", "--estimate"), "--estimate")):
        case.refused("synth", "fast", "--device", "hx8k", *more, code=2, says=says)
    case.refused("synth", "fast", "--device", "zynq-7020", "--seeds", "2", code=2, says="does not place zynq-7020")
    case.refused("synth", "fast", "--liberty", "cells.lib", "--seeds", "2", code=2, says="--seeds")


def large(case):
    """up5k: weights in SPRAM where block RAM does not do, no pins for the monitor."""
    tools(case)
    case.compile("digits_mlp", "small", "--fit", "up5k", "--ticks", "15")
    case.json("synth", "small", "--device", "up5k")
    with open(case.path("small", "fpga", "up5k", "synth.ys"), encoding="utf-8") as f:
        case.check("spram" not in f.read(), "weights that need none are put into SPRAM")
    with open(case.path("small", "chip.json"), encoding="utf-8") as f:
        chip = dict(json.load(f), lanes=4, weight_rows=8192)
    case.compile("digits_mlp", "few", "--ticks", "15", "--chip", case.write("weights.json", json.dumps(chip)))
    j = case.json("synth", "few", "--device", "up5k")
    case.equal((j.get("device"), j.get("pins"), j.get("ram"), j.get("bitstream")), ("up5k", 9, 5, "few/fpga/up5k/board.bin"), "synth --json: %r" % j)
    kept = {name: open(case.path("few", "fpga", "up5k", name), encoding="utf-8").read() for name in ("synth.ys", "board.pcf", "nextpnr.log")}
    case.check("--up5k --package sg48" in kept["nextpnr.log"], "what nextpnr is asked for: %s" % kept["nextpnr.log"])
    for line in ("-device u -top ttfs_board -spram -run begin:map_ram", 'ram_style "huge"', "delete -port ttfs_board/w:trace_valid_o"):
        case.check(line in kept["synth.ys"], "the script lacks %s:\n%s" % (line, kept["synth.ys"]))
    case.check("trace" not in kept["board.pcf"].split("left out.")[1], "pins of the monitor:\n%s" % kept["board.pcf"])
    case.refused("verify", "few", "--input", os.path.join(DIGITS, "test.npz"), "--count", "1", "--engines", "golden,bitstream",
                 says=["few/fpga/up5k: icebox_vlog knows no SPRAM", "is for hx8k", "engine netlist"])
    for line in ("techmap", "mux_undef"):
        case.check(line not in kept["synth.ys"], "words of activations are split, and need not be:\n%s" % kept["synth.ys"])
    chip.update(value_bits=4, weight_bits=4, weight_rows=16384, act_words=2048, c_bits=7, y_bits=5, x_bits=5, conv=True, pool=True, table_words=128,
                param_words=256, program_words=256, list_entries=512, buffers=8, flows=8, acc_bits=20, slope_bits=12)
    case.compile("digits_cnn", "split", "--ticks", "15", "--weight-bits", "4", "--chip", case.write("split.json", json.dumps(chip)))
    case.json("synth", "split", "--device", "up5k")
    with open(case.path("split", "fpga", "up5k", "synth.ys"), encoding="utf-8") as f:
        text = f.read()
    for line in ("opt_expr -fine -mux_undef c:*u_buffers*", "techmap -D LOW=48 -map split_words.v t:$mem_v2 c:*u_store.u_words* %i\n", "c:*u_store.u_words*low %i %u\n"):
        case.check(line in text, "the script lacks %s:\n%s" % (line, text))
    case.compile("digits_cnn", "much", "--chip", case.chip(weight_rows=65536, weight_bits=8))
    case.refused("synth", "much", "--device", "up5k", says=["of which up5k has", "--fit up5k"])


def ecp5(case):
    """ECP5: its tools, its pins, how its LUTs are counted; the netlist can be simulated, the bitstream cannot."""
    case.compile("digits_mlp", "trellis", "--fit", "ecp5-25k", "--ticks", "15")
    with open(case.path("trellis", "rtl", "ttfs_top.v"), encoding="utf-8") as f:
        flit = int(f.read().split("] in_flit_i")[0].split("[")[-1].split(":")[0]) + 1
    tools(case, ECP5)
    for device, name in (("ecp5-25k", "--25k"), ("ecp5-85k", "--85k")):
        j = case.json("synth", "trellis", "--device", device)
        j.pop("core_us", 0)
        case.equal(j, {"device": device, "estimated": False, "lut": 300 + 80 + 20, "ff": 60, "ram": 6, "dsp": 1, "logic_cells": 431,
                       "pins": 10 + flit, "fmax_mhz": 70.25, "clock_mhz": 25, "meets_clock": True,
                       "bitstream": "trellis/fpga/%s/board.bit" % device}, "synth --json for " + device)
        case.equal(sorted(os.listdir(case.path("trellis", "fpga", device))), ["board.bit", "board.lpf", "ecppack.log", "netlist.v", "nextpnr.log",
                                                                              "synth.json", "synth.ys", "yosys.log"], "files in OUT/fpga/" + device)
        files = {n: open(case.path("trellis", "fpga", device, n), encoding="utf-8").read() for n in ("board.bit", "board.lpf", "nextpnr.log", "synth.ys")}
        case.equal(files["board.bit"], "text\n", "the bitstream")
        case.check(name + " --package CABGA381 --speed 6 --json board.json --lpf board.lpf" in files["nextpnr.log"]
                   and "--seed 1 --freq 25" in files["nextpnr.log"], files["nextpnr.log"])
        for line in ("chparam -set FLIT %d -set CLOCKS 25 ttfs_board\n" % flit, "synth_ecp5 -abc9 -top ttfs_board -json board.json\n"):
            case.check(line in files["synth.ys"], "the script lacks %s:\n%s" % (line, files["synth.ys"]))
        pins = re.findall(r'^LOCATE COMP "([^"]+)" SITE "(\w+)"; IOBUF PORT "([^"]+)" IO_TYPE=LVCMOS33', files["board.lpf"], re.M)
        case.equal((len(pins), len({site for _, site, _ in pins}), [a for a, _, b in pins if a != b]), (10 + flit, 10 + flit, []), "pins")
        case.equal([a for a, _, _ in pins][10:], ["trace_flit_o[%d]" % i for i in range(flit)], "pins of the monitor")
    case.compile("digits_mlp", "trellis", "--fit", "ecp5-25k", "--ticks", "15")  # it is a folder that ttfs wrote
    tools(case, ECP5, nextpnr_ecp5=ECP5["nextpnr-ecp5"].replace("70.25", "37"))
    case.check("a faster clock" not in case.good("synth", "trellis", "--device", "ecp5-25k").out, "a PLL that makes 25 MHz of 25")
    tools(case, ECP5)
    case.check("a PLL makes a faster clock of it: --clock 70\n" in case.good("synth", "trellis", "--device", "ecp5-25k").out, "the clock that a PLL makes")
    for name, package in (("nextpnr-ecp5", "nextpnr-ecp5"), ("ecppack", "fpga-trellis")):
        tools(case, ECP5, **{name.replace("-", "_"): None})
        case.refused("synth", "trellis", "--device", "ecp5-25k", says=[name + ": ", "install the package " + package, "tools/ecp5.sh"])
        tools(case, ECP5, **{name.replace("-", "_"): "echo the end; exit 3"})
        case.refused("synth", "trellis", "--device", "ecp5-25k", says=["trellis/fpga/ecp5-25k_%s.log" % name.split("-")[0], name + " failed: the end"])
    tools(case, ECP5, nextpnr_ecp5=ECP5["nextpnr-ecp5"].replace("70.25", "24.9"))
    j = case.json("synth", "trellis", "--device", "ecp5-25k", code=1)
    case.equal((j.get("meets_clock"), j.get("fmax_mhz")), (False, 24.9), "a clock that is not met")
    tools(case, ECP5)
    verify = ("verify", "trellis", "--input", os.path.join(DIGITS, "test.npz"), "--count", "1", "--engines")
    case.refused(*verify, "golden,netlist", says=["ecp5/cells_sim.v", "install the package yosys"])
    case.refused(*verify, "golden,bitstream", says=["a bitstream of ECP5 cannot be turned back", "engine netlist"])
    models(case, verify)
    wide(case)


def catch(case):
    """A verilator that keeps what it is given, and fails."""
    seen = case.path("models.v")
    case.write(os.path.join(os.environ["PATH"], "verilator"),
               "#!/bin/sh\ncase $1 in --version|--getenv) echo here; exit 0;; esac\nfor f; do :; done; cp \"$f\" '%s'; exit 1\n" % seen)
    os.chmod(os.path.join(os.environ["PATH"], "verilator"), 0o755)
    return seen


def models(case, verify):
    """The simulator of an ECP5 netlist is given the shipped block RAM in place of Yosys' box, and all else that Yosys has."""
    os.makedirs(case.path("share", "yosys", "ecp5"))
    case.write("share/yosys/ecp5/cells_sim.v", "module LUT4(input A);\nendmodule\nmodule DP16KD(\n  input B);\nendmodule\n// the end\n")
    seen = catch(case)
    case.refused(*verify, "golden,netlist", says="was not built")
    with open(seen, encoding="utf-8") as f:
        text = f.read()
    with open(os.path.join(SOURCE, "runtime", "sim", "sim_ecp5.v"), encoding="utf-8") as f:
        case.check(text.count(f.read()) == 1, "the shipped block RAM")
    case.check(text.endswith("module LUT4_box(input A);\nendmodule\nmodule DP16KD_box(\n  input B);\nendmodule\n// the end\n"), text[-300:])
    case.equal(len(re.findall(r"^module DP16KD\b", text, re.M)), 1, "modules of that name")
    tools(case, ECP5, yosys=ECP5["yosys"].replace("echo module >netlist.v", "printf '  LUT4 #(\\n  ) a (\\n  ALU54B b (\\n  BOX #(\\n  wire c;\\n' >netlist.v"))
    case.write("share/yosys/ecp5/cells_sim.v", "module LUT4(input A);\nendmodule\n(* blackbox *)\nmodule BOX(input A);\nendmodule\n")
    case.good("synth", "trellis", "--device", "ecp5-25k")
    case.refused(*verify, "golden,netlist", says=["netlist.v: there is no model", "these cells by: ALU54B, BOX"])
    netlist = case.path("trellis", "fpga", "ecp5-25k", "netlist.v")
    with open(netlist, encoding="utf-8") as f:
        text = f.read()
    case.write(netlist, text + "module ALU54B(input A);\nendmodule\n")  # one that somebody left in its hierarchy
    case.refused(*verify, "golden,netlist", "--trust-rtl", says=["netlist.v: there is no model", "these cells by: BOX"])


def wide(case):
    """A chip whose flits are wider than the pins of a board's monitor are: it has none, and engine netlist gets the spikes over the link."""
    with open(case.path("trellis", "chip.json"), encoding="utf-8") as f:
        chip = json.load(f)
    # named is what the chip was made for, or where that has no room the first that has
    for words, name, device in ((131072, "ecp5-25k", None), (16384, "mine", "ecp5-25k"), (512, "mine", "up5k"), (512, "hx8k", "hx8k"), (16384, "hx8k", "ecp5-25k")):
        chip.update(param_words=words, name=name)
        case.compile("digits_mlp", "unmade", "--chip", case.write("chip.json", json.dumps(chip)), "--ticks", "15", "--schedule", "latency")
        case.refused("verify", "unmade", "--input", os.path.join(DIGITS, "test.npz"), "--count", "1", "--engines", "golden,netlist",
                     says="run 'ttfs synth unmade --device %s' first" % device if device else "fits no board: compile the network with --fit ecp5-25k")
    chip.update(y_bits=11, x_bits=11, c_bits=16)
    case.compile("digits_mlp", "wide", "--chip", case.write("chip.json", json.dumps(chip)), "--ticks", "15", "--schedule", "latency")
    tools(case, ECP5)
    j = case.json("synth", "wide", "--device", "ecp5-25k")
    seen = catch(case)
    case.equal(j.get("pins"), 9, "pins without a monitor")
    with open(case.path("wide", "fpga", "ecp5-25k", "synth.ys"), encoding="utf-8") as f:
        case.check("delete -port ttfs_board/w:trace_valid_o ttfs_board/w:trace_flit_o" in f.read(), "the monitor's ports are left")
    case.refused("verify", "wide", "--input", os.path.join(DIGITS, "test.npz"), "--count", "1", "--engines", "golden,netlist", says="was not built")
    with open(seen, encoding="utf-8") as f:
        case.check("`define TTFS_TRACED\n" in f.read(), "the host is not told that there is no monitor")


def missing(case):
    """Each tool, missing or failing: said, with its package or its log; what was there stays."""
    tools(case)
    os.makedirs(case.path("out", "fpga", "hx8k.0123abcd.ttfs-tmp"))  # of a run that died
    case.good("synth", "out", "--device", "hx8k")
    case.equal(os.listdir(case.path("out", "fpga")), ["hx8k"], "what a run that died left")
    before = tree(case.path("out"))
    for name, package in PACKAGE.items():
        tools(case, **{name.replace("-", "_"): None})
        case.refused("synth", "out", "--device", "hx8k", says=[name + ": ", "install the package " + package])
        unchanged(case, before, "OUT after a run without " + name)
    tools(case, yosys=TOOLS["yosys"] + "\n: >'%s'" % case.path("ran"), icetime=None)
    case.refused("synth", "out", "--device", "hx8k", says="icetime: ")
    case.check(not os.path.exists(case.path("ran")), "Yosys ran its minutes before the last tool was looked for")
    tools(case, yosys="echo begun; while :; do :; done")
    os.environ["TTFS_TOOL_MINUTES"] = "0.003"
    case.refused("synth", "out", "--device", "hx8k", says=["yosys was given up after 0.003 minutes (TTFS_TOOL_MINUTES says another limit): begun", "out/fpga/hx8k_yosys.log", "give it more time"])
    os.environ["TTFS_TOOL_MINUTES"] = "an hour"  # no number: the usual limit
    for name in PACKAGE:
        log = "out/fpga/hx8k_%s.log" % LOG[name]
        tools(case, **{name.replace("-", "_"): "for i in 1 2 3 4 5 6 7 8 9; do echo $i long; done; echo; echo the end; exit 3"})
        r = case.refused("synth", "out", "--device", "hx8k", says=[log, name + " failed"])
        case.check("%s failed: the end" % name in r.err and ": 9 long" in r.err and ": 1 long" not in r.err, "the end of the log:\n%s" % r)
        with open(case.path(log), encoding="utf-8") as f:
            case.check("1 long" in f.read(), "the log is not whole")
        tools(case)
        case.good("synth", "out", "--device", "hx8k")
        unchanged(case, before, "OUT after a run in which %s failed, and a good one" % name)
    for name, text in (("yosys", TOOLS["yosys"].replace(STAT, "{}")), ("yosys", TOOLS["yosys"].replace(STAT, "no JSON")),
                       ("nextpnr_ice40", TOOLS["nextpnr-ice40"].replace("achieved", "wished")), ("icetime", "echo done"),
                       ("icetime", "echo 'Total path delay: -1 ns'"), ("nextpnr_ice40", TOOLS["nextpnr-ice40"] + "\nrm report.json")):
        tools(case, **{name: text})
        case.refused("synth", "out", "--device", "hx8k")
        unchanged(case, before, "OUT after a report that cannot be read")


def slow(case):
    """A clock that is not met: a bitstream, and exit code 1."""
    for changed in ({"icetime": "echo 'Total path delay: 100.00 ns (10.00 MHz)'"},
                    {"nextpnr_ice40": TOOLS["nextpnr-ice40"].replace("90.5", "10.0")}):
        tools(case, **changed)
        case.refused("synth", "out", "--device", "hx8k", says=["10.0 MHz", "fewer lanes"])
        j = case.json("synth", "out", "--device", "hx8k", code=1)
        case.equal((j.get("meets_clock"), j.get("fmax_mhz")), (False, 10), "a clock that is not met")


def engines(case):
    """What verify asks for before it simulates what synth made: files made here, models of cells, icestorm."""
    tools(case)
    case.good("synth", "out", "--device", "hx8k")
    verify = ("verify", "out", "--input", os.path.join(DIGITS, "test.npz"), "--count", "1", "--engines")
    case.refused(*verify, "golden,netlist", says=["cells_sim.v", "install the package yosys"])
    tools(case, yosys=None)
    case.refused(*verify, "golden,netlist", says=["yosys: the models of the cells", "install the package yosys"])
    case.refused(*verify, "golden,bitstream", says=["iceunpack: ", "install the package fpga-icestorm"])
    shutil.copytree(case.path("out"), case.path("foreign"))
    shutil.copy(case.path("foreign", "fpga", "hx8k", "netlist.v"), case.path("foreign", "fpga", "hx8k", "old_netlist.v"))
    case.refused("verify", "foreign", *verify[2:], "golden,netlist", says="the models of the cells")  # the user's file is none of ours
    for name in ("netlist.v", "board.bin"):
        with open(case.path("foreign", "fpga", "hx8k", name), "a", encoding="utf-8") as f:
            f.write("// mine\n")
    verify = ("verify", "foreign", *verify[2:])
    for engine, name in (("netlist", "netlist.v"), ("bitstream", "board.bin")):
        case.refused(*verify, "golden," + engine, says=[name + ": not a file that ttfs synth made here", "--trust-rtl"])
    case.refused(*verify, "golden,netlist", "--trust-rtl", says="the models of the cells")
    shutil.rmtree(case.path("foreign", "fpga"))
    for engine in ("netlist", "bitstream"):
        case.refused(*verify, "golden," + engine, says=["not made this file, which engine %s reads" % engine, "run 'ttfs synth foreign --device hx8k' first"])


def bits(case):
    """The board top that engine bitstream makes around the bits has the ports of rtl/board/ttfs_board.v; what icebox_vlog is told of
    pins, and writes of ports, in plain words."""
    tools(case)
    case.good("synth", "out", "--device", "hx8k")
    seen = case.path("seen.v")
    for name, text in (("iceunpack", "cp \"$1\" \"$2\""), ("icebox_vlog", "cp pins.pcf '%s'; echo 'module ttfs_bits (input clk_i, output trace_flit_o_0, input spi_sck_i);'; "
                        "echo 'assign one = 1;'; echo endmodule" % case.path("pins.pcf")),
                       ("verilator", "case $1 in --version|--getenv) echo here; exit 0;; esac\nfor f; do :; done; cp \"$f\" '%s'; exit 1" % seen)):
        case.write(os.path.join(os.environ["PATH"], name), "#!/bin/sh\n%s\n" % text)
        os.chmod(os.path.join(os.environ["PATH"], name), 0o755)
    os.makedirs(case.path("share", "yosys", "ice40"))
    case.write("share/yosys/ice40/cells_sim.v", "// cells\n")
    case.refused("verify", "out", "--input", os.path.join(DIGITS, "test.npz"), "--count", "1", "--engines", "golden,bitstream", says="was not built")
    with open(case.path("pins.pcf"), encoding="utf-8") as f, open(case.path("out", "fpga", "hx8k", "board.pcf"), encoding="utf-8") as g:
        words = [line.split()[-2:] for line in g if line.startswith("set_io")]
        case.equal(f.read().splitlines(), ["set_io %s %s" % (re.sub(r"\[(\d+)\]", r"_\1", name), pin) for name, pin in words], "pins for icebox_vlog")
    case.check("module ttfs_bits (clk_i, trace_flit_o_0, spi_sck_i);\ninput clk_i;\noutput trace_flit_o_0;\ninput spi_sck_i;\n\nassign one = 1;\nendmodule\n"
               in open(seen, encoding="utf-8").read(), "ports behind their list: %s" % open(seen, encoding="utf-8").read()[:300])
    ports = r"\b(?:input|output) +(?:wire +)?(?:\[[^]]*\] +)?(\w+)"
    made_of = open(seen, encoding="utf-8").read().split("module ttfs_board (")[1].split(");")[0]
    board = open(os.path.join(SOURCE, "rtl", "board", "ttfs_board.v"), encoding="utf-8").read().split("module ttfs_board")[1].split(");")[0]
    board = re.sub(r"`ifdef.*?`endif", "", "\n".join(line.split("//")[0] for line in board.splitlines()), flags=re.S)
    case.equal(sorted(re.findall(ports, made_of)), sorted(re.findall(ports, board)), "ports of the board top")
    case.equal(len(re.findall(ports, board)), 11, "and these are they")


def not_remembered(case):
    """Where the cache cannot hold what was made, synth says what that costs."""
    tools(case)
    old, os.environ["TTFS_CACHE"] = os.environ["TTFS_CACHE"], case.path("cache")
    os.makedirs(case.path("cache", "synth", hashlib.sha256(kept(case)["netlist.v"]).hexdigest() + ".o"), mode=0o700)
    for folder in ("cache", "cache/synth"):
        os.chmod(case.path(folder), 0o700)
    r = case.good("synth", "out", "--device", "hx8k")
    case.check("cache/synth: cannot be written" in r.err and "--trust-rtl" in r.err, "a note:\n%s" % r)
    os.environ["TTFS_CACHE"] = old


def refusals(case):
    tools(case)
    case.refused("synth", "out", code=2, says="--device hx8k")
    for more in (("--lef", "x"), ("--sdc", "x"), ("--sram-ns", "2")):
        case.refused("synth", "out", "--device", "hx8k", *more, code=2, says=[more[0], "with --liberty"])
    case.refused("synth", "out", "--device", "hx9k", code=2, says="hx8k")
    case.refused("synth", "absent", "--device", "hx8k", says="not a folder that ttfs compile wrote")
    case.compile("digits_mlp", "one")
    case.refused("synth", "one", "--device", "hx8k", says=["EBR", "--fit hx8k"])
    case.compile("digits_mlp", "tiny", "--chip", "tiny")
    for more in ((), ("--estimate",)):
        case.refused("synth", "tiny", "--device", "hx8k", *more, says="several cores")
    case.compile("digits_mlp", "early", "--stop-after", "plan")
    case.refused("synth", "early", "--device", "hx8k")
    case.good("synth", "early", "--device", "hx8k", "--estimate")
    shutil.copytree(case.path("out"), case.path("edited"))
    with open(case.path("edited", "rtl", "ttfs_chip.v"), "a", encoding="utf-8") as f:
        f.write("// mine\n")
    said = case.refused("synth", "edited", "--device", "hx8k", says=["not the Verilog that this ttfs writes", "compile again"]).err
    case.check("--trust-rtl" not in said, "an option that synth has not: " + said)
    shutil.copytree(case.path("out"), case.path("mine"))
    case.good("synth", "mine", "--device", "hx8k")
    case.write("mine/fpga/hx8k/notes.txt", "mine")
    before = tree(case.path("mine"))
    case.refused("synth", "mine", "--device", "hx8k", says="fpga/hx8k/notes.txt")
    unchanged(case, before, "a folder with a file of the user's", "mine")
    shutil.rmtree(case.path("mine", "fpga"))
    os.symlink(case.path("one"), case.path("mine", "fpga"))
    tools(case, yosys="touch %s; exit 3" % case.path("ran"))
    case.refused("synth", "mine", "--device", "hx8k", says="not a folder")
    case.equal(glob.glob(case.path("one", "hx8k*")), [], "written through a link")
    os.remove(case.path("mine", "fpga"))
    os.mkdir(case.path("mine", "fpga"))
    case.write("mine/fpga/hx8k", "precious")
    case.refused("synth", "mine", "--device", "hx8k", says="not a folder that ttfs wrote")
    case.equal(open(case.path("mine", "fpga", "hx8k")).read(), "precious", "a file of the user's")
    case.check(not os.path.exists(case.path("ran")), "tools ran though nothing can be written")
    shutil.rmtree(case.path("mine", "fpga"))


PROJECT = ["core0_buffers.hex", "core0_params.hex", "core0_program.hex", "core0_weights.hex", "project.tcl", "synth.json", "synth.ys", "ttfs.xdc",
           "yosys.log"]
MAPPED = {"LUT2": 10, "LUT6": 20, "RAM32M": 2, "RAM64X1S": 5, "RAM128X1S": 1, "RAM256X1S": 1, "RAM64X1D": 1, "SRL16E": 3, "FDRE": 40, "FDSE": 2, "RAMB18E1": 3, "RAMB36E1": 2, "CARRY4": 9, "DSP48E1": 1}


def arty(case, folder, part):
    """The project of a board: its script, its top, which elaborates with the chip, and a pin for each port of that."""
    text = {name: open(os.path.join(folder, "board." + name), encoding="utf-8").read() for name in ("tcl", "v", "xdc")}
    for says in ("-part %s\n" % part, "set_property top board ", "write_bitstream -force $here/board.bit", "< 0} {\n    error"):
        case.check(says in text["tcl"], text["tcl"])
    ports = re.findall(r"(?:input|output) (\w+)", text["v"])
    case.equal(sorted(re.findall(r"PACKAGE_PIN .*\[get_ports (\w+)\]", text["xdc"])), sorted(ports), "pins and ports")
    pins = re.findall(r"PACKAGE_PIN (\w+)", text["xdc"])
    case.equal((len(ports), len(set(pins))), (9, len(pins)), "pins, each once")
    case.check(".CLOCKS(100)" in text["v"] and "-period 10.000 [get_ports clk_i]" in text["xdc"], "the UART and the clock of 100 MHz")
    iverilog, rtl = shutil.which("iverilog", path=PATH), os.path.join(folder, "..", "..", "rtl")
    if iverilog:
        p = subprocess.run([iverilog, "-g2005", "-Wall", "-s", "board", "-I" + rtl, "-y", rtl, "-y", folder, "-o", case.path("board.vvp"), os.path.join(folder, "board.v")],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=dict(os.environ, PATH=PATH))
        case.equal((p.returncode, p.stdout), (0, ""), "board.v elaborates")


def stopped(case):
    """Told to end it ends its tools, which would work for a minute, and leaves nothing."""
    tools(case, nextpnr_ice40="echo $$ >>'%s'; exec %s 60" % (case.path("pids"), shutil.which("sleep", path=PATH)))
    case.write("pids", "")
    before = tree(case.path("fast"))
    p = subprocess.Popen([os.path.abspath(TTFS), "synth", "fast", "--device", "hx8k", "--seeds", "2", "--threads", "2", "-q"], cwd=case.folder, stderr=subprocess.PIPE)
    pids = wait_for(lambda: open(case.path("pids"), encoding="utf-8").read().split("\n")[:-1], 2)
    p.send_signal(signal.SIGTERM)
    _, err = p.communicate(timeout=30)
    case.check(p.returncode == 1 and b"told to stop" in err, "after SIGTERM: %d, %r" % (p.returncode, err))
    case.equal([os.path.exists("/proc/%s" % pid) for pid in pids], [False, False], "tools of a synth that was told to end")
    unchanged(case, before, "OUT after it was told to end", "fast")


def wait_for(list_of, n):
    """What list_of gives once it has n entries, or after half a minute."""
    until = time.monotonic() + 30
    while len(list_of()) < n and time.monotonic() < until:
        time.sleep(0.01)
    return list_of()


def encoders(case):
    """With --encoder the board top gets one, as wide as the chip; by itself there is no encoder, and none where there is no board top."""
    tools(case)
    case.good("synth", "fast", "--device", "hx8k", "--encoder")
    with open(case.path("fast", "chip.json"), encoding="utf-8") as f:
        chip = json.load(f)
    with open(case.path("fast", "fpga", "hx8k", "synth.ys"), encoding="utf-8") as f:
        script = f.read()
    for name, value in (("ENCODER", 1), ("VALUE", chip["acc_bits"]), ("VALUE_BITS", chip["value_bits"]), ("C_BITS", chip["c_bits"]),
                        ("X_BITS", chip["x_bits"]), ("Y_BITS", chip["y_bits"])):
        case.check(" -set %s %d " % (name, value) in script, "%s in %s" % (name, script[:400]))
    case.good("synth", "fast", "--device", "hx8k")
    with open(case.path("fast", "fpga", "hx8k", "synth.ys"), encoding="utf-8") as f:
        case.check("ENCODER" not in f.read(), "an encoder that nobody asked for")
    case.refused("synth", "fast", "--device", "hx8k", "--encoder", "--estimate", code=2, says="--encoder")
    case.refused("synth", "fast", "--device", "zynq-7020", "--encoder", code=2, says=["--encoder", "zynq-7020 has no board"])
    case.refused("synth", "fast", "--liberty", "cells.lib", "--encoder", code=2, says="--encoder")


def boots(case):
    """With --boot the board top reads the flash: its pins, its ports behind a PLL too, and network.bin, which e2e board link reads."""
    tools(case)
    for device, clock in (("hx8k", "48"), ("hx8k", "12"), ("up5k", "12")):
        case.good("synth", "fast", "--device", device, "--boot", "--clock", clock)
        folder = case.path("fast", "fpga", device)
        script, pins = (open(os.path.join(folder, name), encoding="utf-8").read() for name in ("synth.ys", "board.pcf"))
        case.check("read_verilog -DSYNTHESIS -DTTFS_BOOT -I" in script, script[:200])
        case.equal((".flash_miso_i(flash_miso_i)" in script, "output flash_sck_o" in script), (clock == "48",) * 2, "ports of a PLL")
        case.equal(len(re.findall(r"^set_io flash_\w+ \w+$", pins, re.M)), 4, "pins of the flash")
        with open(os.path.join(folder, "network.bin"), "rb") as f:
            case.equal(f.read(12), b"TTFB" + (1).to_bytes(4, "big") + (15 << 18 | 1).to_bytes(4, "big"), "network.bin")
        case.good("synth", "fast", "--device", device)
        case.check("flash_" not in open(os.path.join(folder, "board.pcf"), encoding="utf-8").read().split("set_io", 1)[1]
                   and not os.path.exists(os.path.join(folder, "network.bin")), "a flash that nobody asked for")
    for device in ("ecp5-25k", "artix7-35t"):
        case.refused("synth", "fast", "--device", device, "--boot", code=2, says="--boot: is for up5k and hx8k")
    case.refused("synth", "fast", "--device", "hx8k", "--boot", "--estimate", code=2, says="--boot: is not in the estimate")


def projects(case):
    """7 series: a Vivado project, and what Yosys maps the chip to; no clock is known."""
    yosys = """[ "$*" = "-q synth.ys" ] && grep -q 'synth_xilinx -flatten -family xc7 -top ttfs_top' synth.ys && [ -f rtl/ttfs_top.v ] || exit 9
echo mapped; cat >stat.json <<'END'
%s
END""" % json.dumps({"design": {"num_cells_by_type": MAPPED}})
    case.compile("digits_mlp", "seven", "--fit", "artix7-35t", "--ticks", "15")
    tools(case, yosys=yosys)
    for device, part, period in (("artix7-35t", "xc7a35ticsg324-1L", 10), ("artix7-100t", "xc7a100tcsg324-1", 10), ("zynq-7020", "xc7z020clg400-1", 8)):
        j = case.json("synth", "seven", "--device", device)
        j.pop("core_us", 0)
        case.equal(j, {"device": device, "estimated": False, "lut": 54, "ff": 42, "ram": 7, "dsp": 1, "logic_cells": None, "pins": None,
                       "fmax_mhz": None, "clock_mhz": 1000 / period, "meets_clock": None, "bitstream": None,
                       "project": "seven/fpga/%s/project.tcl" % device}, "synth --json for " + device)
        folder = case.path("seven", "fpga", device)
        board = ["board.tcl", "board.v", "board.xdc"] * (device != "zynq-7020"), ["ttfs_board.v", "ttfs_boot.v", "ttfs_uart.v"] * (device != "zynq-7020")
        case.equal(sorted(f for f in os.listdir(folder) if f not in ("core0_rows.hex", "core0_cols.hex")), sorted(PROJECT + board[0] + board[1]), "files in OUT/fpga/" + device)
        if device != "zynq-7020":
            arty(case, folder, part)
        with open(os.path.join(folder, "project.tcl"), encoding="utf-8") as f:
            script = f.read()
        case.check("-part %s\n" % part in script and "PRELOAD=1 INIT_PREFIX" in script, script)
        with open(os.path.join(folder, "ttfs.xdc"), encoding="utf-8") as f:
            case.check("-period %.3f" % period in f.read(), "the clock of " + device)
        for name in ("weights", "program"):
            case.equal(open(os.path.join(folder, "core0_%s.hex" % name)).read(), open(case.path("seven", "image", "core0_%s.hex" % name)).read(), name)
    text = case.good("synth", "seven", "--device", "zynq-7020").out
    case.check("mapped by Yosys, not placed" in text and "written: seven/fpga/zynq-7020/project.tcl" in text and "clock  " not in text, text)
    before = tree(case.path("seven"))
    tools(case, yosys="exit 3")
    case.refused("synth", "seven", "--device", "zynq-7020", says=["zynq-7020_yosys.log", "yosys failed"])
    tools(case, yosys=yosys.replace("LUT", "lut").replace("\"RAM", "\"ram").replace("SRL", "srl"))
    case.refused("synth", "seven", "--device", "zynq-7020", says="stat.json")
    for more in ({"LUT6": 53200}, {"FDRE": 106400}, {"RAMB36E1": 140}):
        tools(case, yosys=yosys.replace(json.dumps(MAPPED), json.dumps(dict(MAPPED, **more))))
        case.refused("synth", "seven", "--device", "zynq-7020", says=["zynq-7020 has 53200, 106400 and 280", "--fit zynq-7020"])
    os.remove(case.path("seven", "fpga", "zynq-7020_yosys.log")) if os.path.exists(case.path("seven", "fpga", "zynq-7020_yosys.log")) else None
    unchanged(case, before, "OUT after runs that failed", "seven")


def guests(case):
    """What lies elsewhere in OUT does not hinder; what comes while the tools run is not lost."""
    tools(case)
    shutil.copytree(case.path("out"), case.path("guests"))
    case.write("guests/notes.txt", "mine")
    for _ in range(2):
        case.good("synth", "guests", "--device", "hx8k")
    tools(case, icepack=TOOLS["icepack"] + "\necho late > %s" % case.path("guests", "fpga", "hx8k", "late.txt"))
    case.refused("synth", "guests", "--device", "hx8k", says="fpga/hx8k/late.txt")
    case.equal(open(case.path("guests", "fpga", "hx8k", "late.txt")).read(), "late\n", "what came meanwhile")
    os.remove(case.path("guests", "fpga", "hx8k", "late.txt"))
    left = case.path("guests", "fpga", "hx8k.0123abcd.ttfs-tmp", "new")
    os.makedirs(left)
    open(os.path.join(left, "board.bin"), "w").close()  # of a run that died
    os.remove(case.path("guests", "notes.txt"))
    case.compile("digits_mlp", "guests", "--fit", "hx8k", "--ticks", "15")
    case.check(not os.path.exists(case.path("guests", "fpga")), "what a run that died left is in OUT")


def estimates(case):
    """Of any device, at once, with no tool."""
    os.environ["PATH"] = case.path("nothing")
    for device in ("up5k", "hx8k", "ecp5-25k", "ecp5-85k", "artix7-35t", "artix7-100t", "zynq-7020"):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        j = case.json("synth", "out", "--device", device, "--estimate")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        case.check(took < 5, "an estimate took %.1f s of processor time" % took)
        case.check(j.get("estimated") is True and j.get("lut", 0) > 1000 and j.get("ff", 0) > 1000,
                   "estimate for %s: %r" % (device, j))
        case.equal([j.get(k, 0) for k in ("meets_clock", "bitstream", "logic_cells", "pins")], [None] * 4, "what is not known")
        case.check(device[0] in "az" or 15 < j["fmax_mhz"] < 150, "an estimated clock of %r MHz on %s" % (j.get("fmax_mhz"), device))
    text = case.good("synth", "out", "--device", "hx8k", "--estimate").out
    case.check("estimated before synthesis" in text and re.search("clock  +about [0-9]+ MHz at most", text), text)


def real(case, device, needs, engines):
    """The digits' networks on the device: bitstreams that meet the clock they claim."""
    for tool in needs:
        need(tool)
    for net in ("digits_mlp", "digits_cnn"):
        case.compile(net, net, "--fit", device, "--ticks", "15")
        j = case.json("synth", net, "--device", device, limit=3000)
        print("%s: %s" % (net, j))
        case.check(j.get("meets_clock") is True and j.get("fmax_mhz", 0) > 40, "the clock of %s" % net)
        guess = case.json("synth", net, "--device", device, "--estimate")
        for key in ("lut", "ff", "ram"):
            case.check(0.8 < guess[key] / j[key] < 1.2, "%s of %s: %d, estimated %d" % (key, net, j[key], guess[key]))
        with open(case.path(j["bitstream"]), "rb") as f:  # how one begins: of iCE40, of ECP5
            case.check(re.search(b"\x7e\xaa\x99\x7e|\xff\xff\xbd\xb3", f.read(400)), "%s is no bitstream" % j["bitstream"])
        for engine in engines:
            verify = ("verify", net, "--input", os.path.join(DIGITS, "test.npz"), "--count", "5", "--engines", "golden," + engine)
            j = case.json(*verify, limit=3000)
            print("%s as %s: %r" % (net, engine, {k: j.get(k) for k in ("samples", "spikes", "readouts", "differences")}))
            case.equal((j.get("equal"), j.get("differences"), j.get("samples"), j.get("readouts")), (True, 0, 5, 50), net + " as " + engine)
            j = case.json(*verify, "--fault", "weight:7", code=1, limit=3000)
            case.check(j.get("equal") is False, "a damaged weight is not noticed as %s" % engine)


def main():
    case = Case()
    if sys.argv[1:] == ["tools"]:
        real(case, "hx8k", ("yosys", "nextpnr-ice40", "icepack", "icetime"), ("netlist", "bitstream"))
        return case.done()
    if sys.argv[1:] == ["tools", "ecp5"]:
        real(case, "ecp5-25k", ("yosys", "nextpnr-ecp5", "ecppack"), ("netlist",))
        return case.done()
    case.compile("digits_mlp", "out", "--fit", "hx8k", "--ticks", "15")
    path = os.environ["PATH"]
    for part in (made, clocks, seeds, stopped, encoders, boots, large, ecp5, missing, slow, engines, bits, not_remembered, refusals, guests, projects, estimates):
        part(case)
    os.environ["PATH"] = path
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
