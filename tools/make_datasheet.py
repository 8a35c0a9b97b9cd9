#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes docs/datasheet.md: block diagram, ports, timing, parameters, memory map, registers, integration and sign-off, of what says them
already: rtl/README.md, rtl/ttfs_chip.v, hw/chip.def, hw/memories.def, hw/registers.def.

    tools/make_datasheet.py            writes it
    tools/make_datasheet.py --check    exit code 1 when it is not what it would write
"""
import os
import re
import sys

sys.dont_write_bytecode = True

import make_registers  # noqa: E402
from make_chip_keys import read_keys  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PATH = os.path.join(ROOT, "docs", "datasheet.md")
HEAD = """# Datasheet: the ttfs chip

An accelerator of time-to-first-spike networks whose results are those of an integer reference, spike for spike. Made by
tools/make_datasheet.py of the tables and the Verilog; what the machine does in full is [core.md](core.md), why it looks like that [hardware.md](hardware.md).

| | |
| --- | --- |
| clock, reset | one clock `clk_i`, rising edge; `rst_ni` low, synchronous, a cycle or more; no clock is made inside (`CLOCK_GATES`: each core's is gated) |
| language | Verilog-2005, no vendor's primitives, no latches, no multipliers |
| memories | `ttfs_ram` (one port), `ttfs_sram` (a read and a write port): to be replaced by macros |
| latency | the worst case of a sample is proven per slot before anything runs: `report/timing.json` of a compiled folder, by the formula of [core.md](core.md#cycles) |
| measured | on FPGAs [hardware.md](hardware.md), on 180 nm cells [asic.md](asic.md); no silicon |
"""
STEPS = """## Integration

1. `ttfs compile MODEL -o OUT --chip CHIP ...`: `OUT/rtl/filelist.f` has the files, `ttfs_top` the chip's parameters.
2. Memories: for an FPGA as they are; for a chip the modules of `OUT/asic/macros.v`, filled with the foundry's macros.
3. A bus, if there is one: the block that `compile --ip-xact` writes ([integration.md](integration.md)); or `ttfs_axil` or `ttfs_wb`, with `ttfs_axis` beside it for samples ([rtl/README.md](../rtl/README.md#wrappers)); or the ports themselves. FuseSoC takes `ttfs.core`.
4. After reset wait until `busy_o` is low (about `ACT_WORDS` cycles), write register CHIP, then every memory of the image (`OUT/image/core*_*.hex`, or [ttfs.h](../include/ttfs.h)), a CRC behind each, and read FLAGS.
5. A sample: `start_i`, its flits, the end marker; take the readouts; `done_o`. FLAGS stays 0.

## Sign-off

Every line is a command, from the source folder; `OUT` is a compiled folder, `X` its samples.

| what | command | passes when |
| --- | --- | --- |
| lint, no warning | `tests/rtl/run.sh lint` | every line begins with ok |
| elaborates, synthesises without latches | `tests/rtl/run.sh elab synth` | the same |
| benches, and that they can fail | `tests/rtl/run.sh bench fails` | the same |
| proofs, and that they can fail | `tests/rtl/run.sh formal` | the same |
| parameters out of range are refused | `tests/rtl/run.sh limits lint/edges` | the same |
| no path from an input to an output | `tests/rtl/run.sh paths` | the same |
| random networks on the whole chip | `tests/rtl/run.sh chip errors` | the same |
| this page and the registers are the tables' | `tools/make_datasheet.py --check && tools/make_registers.py --check` | exit code 0 |
| FuseSoC's targets | `fusesoc --cores-root . run --target lint ttfs:ttfs:ttfs && fusesoc --cores-root . run --target sim ttfs:ttfs:ttfs` | exit code 0, PASS |
| the network on the Verilog | `build/ttfs verify OUT --input X --engines golden,rtl` | 0 differences |
| the netlist, timing, area, macros | `build/ttfs synth OUT --liberty CELLS.lib --lef CELLS.lef --sdc OWN.sdc` | exit code 0: the clock is met |
| the netlist against golden | `build/ttfs verify OUT --input X --count 3 --engines golden,asic` | 0 differences |
| FPGA: bitstream and its netlist | `build/ttfs synth OUT --device hx8k && build/ttfs verify OUT --input X --count 5 --engines golden,netlist,bitstream` | exit code 0, 0 differences |
"""


def text_of(*names):
    with open(os.path.join(ROOT, *names), encoding="utf-8") as f:
        return f.read()


def section(text, title):
    """What stands under a title of a page, up to the next of its level."""
    return text.split("\n## %s\n" % title, 1)[1].split("\n## ", 1)[0].strip("\n")


def blocks():
    """The block diagram of rtl/README.md: its first code block."""
    return section(text_of("rtl", "README.md"), "Blocks").split("\n|", 1)[0].strip("\n")


def ports():
    lines = ["| port | bits | | |", "| --- | --- | --- | --- |"]
    head = text_of("rtl", "ttfs_chip.v").split("\n) (\n", 1)[1].split("\n);", 1)[0]
    group = ""
    for line in head.splitlines():
        note = re.match(r"\s*// (.*)", line)
        port = re.match(r"\s*(input|output)\s+wire\s+(?:\[(.*?)\])?\s*(\w+),?\s*(?://\s*(.*))?$", line)
        if note:
            group = note[1]
        elif port:
            bits = "1" if not port[2] else re.sub(r"^(.*)-1:0$", r"`\1`", port[2]) if "-1:0" in port[2] else str(int(port[2].split(":")[0]) + 1)
            lines.append("| `%s` | %s | %s | %s |" % (port[3], bits, port[1], port[4] or group))
            group = group if port[4] else ""
    return "\n".join(lines)


def rows(macro):
    found = []
    for line in text_of("hw", "memories.def").splitlines():
        m = re.match(r"%s\((\w+), (.*), \"(.*)\"\)$" % macro, line)
        if m:
            found.append((m[1], m[2], m[3]))
    return found


def memory_map():
    lines = ["An address of the configuration port: core in bits 31 to 22, memory in 21 to 18, word in 17 to 0; a row wider than 32 bits is written in chunks,",
             "the number of the chunk in the lowest bits of the word ([core.md](core.md)).", "",
             "| memory | number | rows, bits | what it holds |", "| --- | --- | --- | --- |"]
    for name, values, doc in rows("TTFS_MEMORY"):
        parts = [p.strip() for p in values.split(",")]
        size = ", ".join(parts[2:]).replace("chip->", "")
        lines.append("| `%s` | %s | `%s` | %s |" % (name, parts[1], size, doc))
    lines += ["", "| register (memory 15 of core 0) | word | what it says |", "| --- | --- | --- |"]
    lines += ["| `%s` | %s | %s |" % row for row in rows("TTFS_REGISTER")]
    lines += ["", "| bit of `FLAGS` | | what happened |", "| --- | --- | --- |"]
    lines += ["| `%s` | %s | %s |" % row for row in rows("TTFS_ERROR")]
    return "\n".join(lines)


def parameters():
    lines = ["| parameter | range | what it says |", "| --- | --- | --- |"]
    lines += ["| `%s` | %d to %d | %s |" % (k.verilog, k.least, k.most, k.doc) for k in read_keys() if k.verilog]
    return "\n".join(lines)


def bus():
    text = make_registers.markdown(make_registers.read())
    table = [line for line in text.splitlines() if line.startswith("|")]
    return "What `ttfs_axil` and `ttfs_wb` show, offsets in bytes ([registers.md](registers.md)):\n\n" + "\n".join(table)


def page():
    timing = section(text_of("rtl", "README.md"), "Ports")
    parts = [HEAD, "## Blocks\n\n" + blocks(), "## Ports\n\n" + ports(), "## Timing\n\n" + timing, "## Parameters\n\n" + parameters(),
             "## Memory map\n\n" + memory_map(), "## Registers of a bus\n\n" + bus(), STEPS]
    return "\n\n".join(p.strip("\n") for p in parts) + "\n"


def main(arguments):
    if arguments == ["--check"]:
        with open(PATH, encoding="utf-8") as f:
            if f.read() != page():
                print("docs/datasheet.md is not what tools/make_datasheet.py writes")
                return 1
        return 0
    with open(PATH, "w", encoding="utf-8") as f:
        f.write(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
