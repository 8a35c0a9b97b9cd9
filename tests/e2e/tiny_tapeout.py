# SPDX-License-Identifier: Apache-2.0
"""The Tiny Tapeout tile, rtl/tt: a network of 8, 5 and 3 neurons on the smallest core, configured and run through the tile's SPI pins
under Icarus; every potential is golden's. Verilator finds nothing to complain of; with argument `area` Yosys says how many cells
of the OSU 180 nm library it takes, which are held against what rtl/tt/README.md says. Skipped without numpy.

`tiny_tapeout.py drive OUT X SIMULATION`, for itself: drives a simulation and prints what came.
"""
import json
import os
import random
import re
import subprocess
import sys

from e2e import SOURCE, Case, complaints, interpreter, need, npy, skip
from onnx_make import Model

TILE = os.path.join(os.path.abspath(SOURCE), "rtl", "tt")
WRITE, READ, START, INPUT, END, TAKE = 1, 2, 3, 4, 5, 6
RESULT, DONE, BUSY, REFUSED, ERROR = 1 << 5, 1 << 4, 1 << 3, 1 << 2, 1 << 1
LIBERTY = "/usr/share/qflow/tech/osu018/osu018_stdcells.lib"


def network(case):
    draw = random.Random(5)
    m = Model("tile", input_shape=[None, 8])
    m.init("w1", [[draw.uniform(-1, 1) for _ in range(5)] for _ in range(8)])
    m.init("w2", [[draw.uniform(-1, 1) for _ in range(3)] for _ in range(5)])
    m.node("MatMul", ["input", "w1"], ["a"], name="fc1")
    m.node("Relu", ["a"], ["b"], name="relu1")
    m.node("MatMul", ["b", "w2"], ["y"], name="fc2")
    m.output("y", [None, 3])
    m.save(case.path("tile.onnx"))
    x = [draw.random() for _ in range(8 * 16)]
    case.write("x.npy", npy([16, 8], x))
    case.good("compile", "tile.onnx", "--calib", "x.npy", "--ticks", "7", "--weight-bits", "4", "--quantiser", "plain", "--schedule", "latency",
              "--chip", os.path.join(TILE, "chip.json"), "--ip-xact", "-o", "out")
    case.good("run", "out", "--input", "x.npy", "--count", "4", "--engine", "golden", "--trace", "trace.txt")
    with open(case.path("trace.txt"), encoding="utf-8") as f:
        return [[int(v) for v in re.findall(r"^readout .* potential (-?\d+)$", s, re.M)] for s in f.read().split("sample ")[1:]]


def sources(case):
    with open(case.path("out", "rtl", "filelist.f"), encoding="utf-8") as f:
        chip = [case.path("out", "rtl", name) for name in f.read().split()]
    board = os.path.join(os.path.abspath(SOURCE), "rtl", "board")
    return [*chip, os.path.join(board, "ttfs_board.v"), os.path.join(board, "ttfs_uart.v"), os.path.join(TILE, "tt_um_ttfs.v")]


def quiet(case, what, *command):
    p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    case.equal((p.returncode, complaints(p.stdout)), (0, ""), what)


def drive(out, x, path):
    import numpy as np
    sys.path.insert(0, os.path.join(SOURCE, "rtl", "host"))
    from ttfs_folder import FLAGS, Network
    net, x = Network(out), np.load(x)[:4]
    p = subprocess.Popen(["vvp", "-n", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def frame(command, payload=0):
        """Status and data of how things were before the command; of a frame that was not taken another one follows."""
        while True:
            p.stdin.write("%x %x\n" % (command, payload))
            p.stdin.flush()
            status, data = p.stdout.readline().split()
            if int(status, 16) >> 7 == 0:  # data are x where there are none
                return int(status, 16), int(re.sub("[xX]", "0", data), 16)

    def turn(flits):
        left = []
        frame(START)
        for flit in flits:
            frame(INPUT, flit)
        frame(END)
        while True:
            status, data = frame(0)
            if status & RESULT:
                left.append(data)
                frame(TAKE)
            elif status & DONE and not status & BUSY:
                return left

    for address, word in net.configuration():
        frame(WRITE, address << 32 | word)
    frame(READ, FLAGS << 32)
    flags = frame(0)[1]
    sums = [net.sums(turn(net.flits(v))) for v in net.encode(x)]
    p.stdin.close()
    p.wait(60)
    print(json.dumps({"flags": flags, "sums": [list(s.values())[0].tolist() for s in sums]}))


def simulate(case, python, want):
    path = case.path("simulation")
    quiet(case, "Icarus", need("iverilog"), "-g2012", "-I" + case.path("out", "rtl"), "-o", path, *sources(case), os.path.join(SOURCE, "tests", "rtl", "tt_host.sv"))
    p = subprocess.run([python, os.path.abspath(__file__), "drive", case.path("out"), case.path("x.npy"), path], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, check=False, timeout=200)
    case.equal(p.returncode, 0, "the host: " + p.stdout[-2000:])
    got = json.loads(p.stdout.splitlines()[-1]) if p.returncode == 0 else {}
    case.equal((got.get("flags"), got.get("sums")), (0, want), "FLAGS, potentials of four samples")
    case.check(len({tuple(s) for s in want}) > 2, "the samples' potentials are alike: %s" % want)


def area(case):
    if not os.path.isfile(LIBERTY):
        skip("no %s (package qflow-tech-osu018)" % LIBERTY)
    stat = case.path("stat.txt")
    script = ("read_verilog -DSYNTHESIS -I%s %s; synth -flatten -top tt_um_ttfs; dfflibmap -liberty %s; abc -liberty %s; opt_clean -purge; tee -q -o %s stat -liberty %s"
              % (case.path("out", "rtl"), " ".join(sources(case)), LIBERTY, LIBERTY, stat, LIBERTY))
    subprocess.run([need("yosys"), "-q", "-p", script], check=True)
    with open(stat, encoding="utf-8") as f:
        text = f.read()
    cells = int(re.search(r"Number of cells: +(\d+)", text)[1])
    ffs = sum(int(n) for n in re.findall(r"DFF\w* +(\d+)", text))
    square = float(re.search(r"Chip area for .*: ([\d.]+)", text)[1])
    print("%d cells, %d of them flip-flops, %.0f um^2" % (cells, ffs, square))
    with open(os.path.join(TILE, "README.md"), encoding="utf-8") as f:
        said = int(re.search(r"([\d,]+) cells", f.read())[1].replace(",", ""))
    case.check(abs(said - cells) < cells / 10, "rtl/tt/README.md says %d cells" % said)


def main():
    python = interpreter()
    case = Case()
    want = network(case)
    quiet(case, "Verilator", need("verilator"), "--lint-only", "-Wall", "-I" + case.path("out", "rtl"), "--top-module", "tt_um_ttfs", *sources(case))
    simulate(case, python, want)
    if sys.argv[1:] == ["area"]:
        area(case)
    sys.exit(case.done())


if sys.argv[1:2] == ["drive"]:
    drive(*sys.argv[2:])
else:
    main()
