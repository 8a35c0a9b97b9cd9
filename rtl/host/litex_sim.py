#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A system of LiteX, simulated: a VexRiscv configures the chip, classifies one sample and says so on the serial line.

    litex_sim.py OUT --input X.npz [--sample N] [--folder F]

OUT: a folder of `ttfs compile --ip-xact`, one core, one output. Wants litex, migen, pythondata-cpu-vexriscv, pythondata-misc-tapcfg,
numpy, Verilator, a C compiler for RISC-V (riscv64-unknown-elf-gcc), and of Debian libevent-dev, libjson-c-dev. Files go to F (litex_build).
"""
import argparse
import os
import subprocess
import sys

import numpy as np
from litex.build.generic_platform import Pins, Subsignal
from litex.build.sim import SimPlatform
from litex.build.sim.config import SimConfig
from litex.gen import LiteXModule
from litex.build.io import CRG
from litex.soc.integration.common import get_mem_data
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCCore
from litex.soc.interconnect.csr import CSRStorage
from migen import Finish, If

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from ttfs_folder import Network  # noqa: E402
from ttfs_litex import Ttfs  # noqa: E402

TTFS_BASE, ROM = 0x90000000, 0x10000
PINS = [("sys_clk", 0, Pins(1)), ("sys_rst", 0, Pins(1)),
        ("serial", 0, *(Subsignal(s, Pins(n)) for s, n in (("source_valid", 1), ("source_ready", 1), ("source_data", 8),
                                                           ("sink_valid", 1), ("sink_ready", 1), ("sink_data", 8))))]


class End(LiteXModule):
    """A word that ends the simulation when it is written."""

    def __init__(self):
        self.end = CSRStorage()
        self.sync += If(self.end.re, Finish())


class System(SoCCore):
    def __init__(self, out, rom):
        platform = SimPlatform("SIM", PINS)
        self.crg = CRG(platform.request("sys_clk"))
        SoCCore.__init__(self, platform, int(1e6), cpu_type="vexriscv", cpu_variant="standard", uart_name="sim", ident="ttfs",
                         integrated_rom_size=ROM, integrated_rom_init=rom, integrated_sram_size=0x2000)
        self.ttfs = Ttfs(platform, out)
        self.bus.add_slave("ttfs", self.ttfs.bus, SoCRegion(origin=TTFS_BASE, size=0x1000, cached=False))
        self.irq.add("ttfs")
        self.last = End()


def table(name, words):
    return "static const uint32_t %s[] = {%s};\n" % (name, ", ".join("0x%xu" % w for w in words) or "0u")


def header(net, x, addresses):
    """What the program needs of the folder, the sample and the system."""
    runs, words = [], net.configuration()
    for i, (address, _) in enumerate(words):
        if i == 0 or address != words[i - 1][0] + 1:
            runs.append([address, i, 0])
        runs[-1][2] += 1
    flits = net.flits(net.encode(x)[0])
    if net.sum_flits != 1 or len(net.readouts) != 1:
        raise SystemExit("one core and one output are expected")
    p = net.readouts[0]
    numbers = {"RUNS": len(runs), "FLITS": len(flits), "TURNS": net.stage[p] + 1, "OUTPUTS": int(np.prod(net.shape[p])),
               "VALUE_BITS": net.value_bits, **addresses}
    text = "".join("#define %s 0x%xu\n" % item for item in numbers.items())
    text += "static const struct {\n    uint32_t address, first, words;\n} runs[] = {%s};\n" % ", ".join("{0x%x, %d, %d}" % tuple(r) for r in runs)
    return text + table("image", [w for _, w in words]) + table("flits_high", [f >> 32 for f in flits]) + table("flits_low", [f & 0xffffffff for f in flits])


LINK = """ENTRY(start)
MEMORY { rom (rx) : ORIGIN = %#x, LENGTH = %#x
         sram (rw) : ORIGIN = %#x, LENGTH = %#x }
SECTIONS { .text : { *(.start) *(.text*) *(.rodata*) } > rom
           .bss : { *(.bss*) *(.sbss*) *(COMMON) } > sram }
"""
START = """    .section .start
    .globl start
start:
    lui sp, %%hi(%#x)
    call main
"""


def program(folder, out, system, text):
    """digit.c, linked for the system's memories; its words."""
    rom, sram = system.bus.regions["rom"], system.bus.regions["sram"]
    for name, content in (("digit.h", text), ("digit.ld", LINK % (rom.origin, rom.size, sram.origin, sram.size)), ("start.S", START % (sram.origin + sram.size))):
        with open(os.path.join(folder, name), "w", encoding="ascii") as f:
            f.write(content)
    gcc = "riscv64-unknown-elf-"
    subprocess.run([gcc + "gcc", "-march=rv32im", "-mabi=ilp32", "-O2", "-Wall", "-Wextra", "-ffreestanding", "-nostdlib", "-I" + folder,
                    "-I" + os.path.join(out, "ip"), "-T", os.path.join(folder, "digit.ld"), "-o", os.path.join(folder, "digit.elf"),
                    os.path.join(folder, "start.S"), os.path.join(HERE, "digit.c"), "-lgcc"], check=True)
    binary = os.path.join(folder, "digit.bin")
    subprocess.run([gcc + "objcopy", "-O", "binary", os.path.join(folder, "digit.elf"), binary], check=True)
    return get_mem_data(binary, data_width=32, endianness="little")


def addresses_of(system):
    """Of CSRs, once the system is laid out."""
    base = {name: region.origin for name, region in system.csr.regions.items()}
    return {"TTFS_BASE": TTFS_BASE, "UART_RXTX": base["uart"], "UART_TXFULL": base["uart"] + 4, "FINISH": base["last"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--input", required=True, help=".npz with x")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--folder", default="litex_build")
    asked = parser.parse_args()
    folder, out = os.path.abspath(asked.folder), os.path.abspath(asked.out)
    os.makedirs(folder, exist_ok=True)
    laid = System(out, [])  # once to know its addresses
    laid.finalize()
    x = np.load(asked.input)["x"][asked.sample:asked.sample + 1]
    rom = program(folder, out, laid, header(Network(out), x, addresses_of(laid)))
    system = System(out, rom)
    config = SimConfig()
    config.add_clocker("sys_clk", freq_hz=int(1e6))
    config.add_module("serial2console", "serial")
    system.build(build_dir=os.path.join(folder, "gateware"), sim_config=config, interactive=False, jobs=2)


main()
