#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a network on its Verilog under Icarus, by cocotb, every spike held against golden.

    run.py                              examples/digits/digits_mlp.onnx on the chip of chip.json
    run.py --out OUT --input X.npz      a compiled folder of your own, with samples
    run.py --axi                        the block of `compile --ip-xact` behind AXI, by cocotbext-axi with pauses

Wants cocotb 2 and numpy (--axi: cocotbext-axi), Icarus 11 or later, and the package ttfs (docs/python.md). Exit code 0 when all tests passed.
"""
import argparse
import os
import sys
import tempfile

import numpy as np
import ttfs
from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

HERE = os.path.dirname(os.path.abspath(__file__))
DIGITS = os.path.join(HERE, "..", "..", "examples", "digits")


def network(asked):
    if asked.out:
        return ttfs.load(asked.out)
    return ttfs.compile(os.path.join(DIGITS, "digits_mlp.onnx"), calib=os.path.join(DIGITS, "calib.npz"),
                        ticks=15, weight_bits=4, chip=os.path.join(HERE, "chip.json"), ip_xact=asked.axi or None,
                        schedule="latency" if asked.axi else None)


def samples(asked):
    file = np.load(asked.input)
    return (file["x"] if asked.input.endswith(".npz") else file)[:asked.count]


def simulate(net, x, folder, axi):
    """(tests, failed ones) of test_network.py, or with `axi` of test_axi.py."""
    rtl, ip = os.path.join(net.folder, "rtl"), os.path.join(net.folder, "ip")
    top, tests = ("ttfs_axi", "test_axi") if axi else ("ttfs_top", "test_network")
    with open(os.path.join(rtl, "filelist.f"), encoding="utf-8") as f:
        sources = [os.path.join(rtl, name) for name in f.read().split()]
    if axi:
        sources += [os.path.join(ip, name + ".v") for name in ("ttfs_regs", "ttfs_axil", "ttfs_axis", "ttfs_axi")]
    np.save(os.path.join(folder, "x.npy"), x)
    runner = get_runner("icarus")
    runner.build(sources=sources, includes=[rtl, ip], hdl_toplevel=top, build_dir=folder, build_args=["-g2005"],
                 timescale=("1ns", "1ps"))
    more = {"TTFS_OUT": os.path.abspath(net.folder), "TTFS_SAMPLES": os.path.join(folder, "x.npy"),
            "PYTHONPATH": os.pathsep.join([HERE, *sys.path])}
    return get_results(runner.test(hdl_toplevel=top, test_module=tests, build_dir=folder, test_dir=folder, extra_env=more))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", help="a folder of ttfs compile")
    parser.add_argument("--input", default=os.path.join(DIGITS, "test.npz"), help=".npy, or .npz with x")
    parser.add_argument("--count", type=int, default=10, help="samples (10)")
    parser.add_argument("--axi", action="store_true", help="the block behind AXI; OUT: of compile --ip-xact --schedule latency")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tests, failed = simulate(network(asked), samples(asked), folder, asked.axi)
    print("%d tests, %d failed" % (tests, failed))
    sys.exit(failed > 0 or tests == 0)


main()
