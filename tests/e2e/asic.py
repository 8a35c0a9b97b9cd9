# SPDX-License-Identifier: Apache-2.0
"""ttfs synth --liberty: what the tools are given, what is read from them, what is kept and refused.

    asic.py          with tools of this test, which write what real ones would, and a small library of its own
    asic.py tools    Yosys, OpenSTA and the cells of qflow-tech-osu018: the digits' CNN on one core of 16 lanes, its netlist
                     against golden under Verilator, and under Icarus with the foundry's models of the cells
"""
import json
import os
import re
import shutil
import subprocess
import sys

from e2e import DIGITS, SOURCE, Case, need, skip, tree

sys.path.insert(0, os.path.join(SOURCE, "tests", "rtl"))

OSU = "/usr/share/qflow/tech/osu018/osu018_stdcells"
TEST = os.path.join(DIGITS, "test.npz")
LIBERTY = """library (small) { /* cells of a test */
  time_unit : "1ns"; nom_voltage : 1.8; capacitive_load_unit (1, pf);
  cell (CLKBUF) { area : 9; pin (A) { direction : input; } pin (Y) { direction : output; function : "A"; } }
  cell (HOLD) { area : 5; latch (IQ, IQN) { data_in : "A"; } pin (A) { direction : input; } pin (Y) { direction : output; function : "A"; } }
  cell (INV) { area : 2; pg_pin (VDD) { area : 50; } pin (A) { direction : input; } pin (Y) { direction : output; function : "!A"; } }
  cell (BUF) { area : 3; pin (A) { direction : input; } pin (Y) { direction : output; function : "A"; } }
  cell (DFF) { area : 6.5; ff (IQ, IQN) { next_state : "D"; clocked_on : "C"; }
    pin (D) { direction : input; } pin (C) { direction : input; clock : true; } pin (Q) { direction : output; function : "IQ"; } }
  cell (LATCH) { area : 5; latch (IQ, IQN) { enable : "E"; data_in : "D"; } pin (Q) { direction : output; } }
}
"""
LEF = """PROPERTYDEFINITIONS MACRO kind STRING ; END PROPERTYDEFINITIONS
# MACRO not one
SITE row CLASS CORE ; SIZE 0.8 BY 10 ; END row
MACRO BUF CLASS CORE ; SIZE 2.4 BY 10 ; PIN A PORT LAYER m1 ; END END A END BUF
"""
MEMORIES = """
module \\x
  cell \\ttfs_ram \\u
    parameter signed \\WORDS 1024
    parameter \\WIDTH 32'00000000000000000000000000100000
  end
  cell \\ttfs_sram \\v
    parameter \\WORDS 256
    parameter \\WIDTH 12
  end
  cell \\ttfs_sram \\w
    parameter \\WORDS 32
    parameter \\WIDTH 8
  end
end
"""
STAT = {"$scopeinfo": 7, "INV": 10, "BUF": 4, "DFF": 20, "ttfs_ram_1024x32": 3, "ttfs_sram_256x12": 2}
TIMES = """ttfs period 10.000000
ttfs setup
  7.9   data arrival time
  %s   slack (MET)
ttfs hold
  %s   slack (MET)
ttfs from memories
  3.5   slack (MET)
ttfs to memories
  4.5   slack (MET)
ttfs end
tns 0.00"""
KEPT = ["README.md", "abc.constr", "asic.json", "cells.v", "config.json", "config.mk", "macros", "macros.v", "netlist.v", "rtl", "sta.tcl",
        "synth.ys", "timing.log", "ttfs.sdc", "yosys.log"]


def tools(case, stat=STAT, slack="2.0", hold="0.1", memories=MEMORIES, yosys="", sta=""):
    """A folder of tools in the place of this machine's."""
    folder = case.path("tools-%d" % case.checks)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in ("sh", "cat", "grep", "touch"):
        os.symlink(shutil.which(name, path=os.defpath), os.path.join(folder, name))
    texts = {
        "yosys": "%s\ncase $2 in find.ys) [ -f rtl/ttfs_ram.v ] && cat >memories.txt <<'END'\n%s\nEND\n;;\n*) [ -f cells.lib ] && [ -f abc.constr ] "
                 "&& grep -q g_1024x32 rtl/ttfs_ram.v && [ -f macros.v ] || exit 8; echo mapped\necho '// netlist' >netlist.v; echo '// cells' >cells.v\n"
                 "cat >stat.json <<'END'\n%s\nEND\n;; esac" % (yosys, memories, json.dumps({"design": {"num_cells_by_type": stat}})),
        "sta": "%s\n[ \"$*\" = '-exit -no_splash sta.tcl' ] && [ -f ttfs.sdc ] && [ -f macros/ttfs_ram_1024x32.lib ] || exit 7\ncat <<'END'\n%s\nEND"
               % (sta, TIMES % (slack, hold))}
    for name, text in texts.items():
        if text.startswith("absent"):
            continue
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n%s\n" % text)
        os.chmod(f.name, 0o755)
    os.environ["PATH"] = folder


def text_of(case, *names):
    with open(case.path("out", "asic", *names), encoding="utf-8") as f:
        return f.read()


def made(case, synth):
    """What is in the folder, and that it is what the tools said."""
    tools(case)
    j = case.json(*synth, "--lef", "cells.lef", "--sram-ns", "1.5")
    table = j.pop("area_table", [])
    macros = j.pop("macros", [])
    fmax, core = j.pop("fmax_mhz", 0), j.pop("core_us", 0)
    case.equal(j, {"device": "asic", "library": "small", "estimated": False, "lut": None, "dsp": None, "bitstream": None, "cells": 34, "ff": 20,
                   "buffers": 4, "ram": 5, "ram_bits": 3 * 32768 + 2 * 3072, "area": 162, "ff_area": 130, "sram_ns": 1.5, "clock_mhz": 100,
                   "meets_clock": True, "setup_slack_ns": 2, "hold_slack_ns": 0.1, "from_memories_slack_ns": 3.5, "to_memories_slack_ns": 4.5,
                   "folder": "out/asic"}, "synth --liberty --json")
    case.check(abs(fmax - 125) < 1e-9 and abs(core - case.json("info", "out")["timing"]["expected_cycles"] / 100) < 1e-9, (fmax, core))
    case.equal([(c["cell"], c["count"], c["area"]) for c in table], [("BUF", 4, 12), ("DFF", 20, 130), ("INV", 10, 20)], "the area table")
    case.equal([(m["name"], m["words"], m["bits"], m["ports"], m["count"]) for m in macros],
               [("ttfs_ram_1024x32", 1024, 32, "one", 3), ("ttfs_sram_256x12", 256, 12, "a read, a write", 2)], "the macros")
    case.equal(sorted(os.listdir(case.path("out", "asic"))), KEPT, "files in OUT/asic")
    case.equal(sorted(os.listdir(case.path("out", "asic", "macros"))), ["ttfs_ram_1024x32.lib", "ttfs_sram_256x12.lib"], "liberties of macros")
    case.check("set_driving_cell BUF\n" in text_of(case, "abc.constr"), "the driving cell is no clock's")
    case.check("-constr abc.constr -D 10000" in text_of(case, "synth.ys"), "what ABC is told")
    case.check("-period 10.0000" in text_of(case, "ttfs.sdc"), "the clock")
    case.check('values ("1.500")' in text_of(case, "macros", "ttfs_ram_1024x32.lib"), "the access time that was stated")
    for name, widths in (("ttfs_ram_1024x32", (10, 32)), ("ttfs_sram_256x12", (8, 12))):
        text = text_of(case, "macros", name + ".lib")
        types = {m[1]: (int(m[2]), int(m[3])) for m in re.finditer(
            r"type \((\w+)\) \{\s*base_type : array;\s*data_type : bit;\s*bit_width : (\d+);\s*bit_from : (\d+);\s*bit_to : 0;", text)}
        case.equal(types, {"bits_%d" % n: (n, n - 1) for n in widths}, name + ": types of buses")
        case.equal(set(re.findall(r"bus_type : (\w+);", text)), set(types), name + ": types that buses have")
        case.equal(text.count("{"), text.count("}"), name + ": brackets")
    case.check("site `row`, 0.8 x 10" in text_of(case, "README.md") and "| `ttfs_sram_256x12` | 256 | 12 |" in text_of(case, "README.md"),
               "the note")
    case.equal(json.loads(text_of(case, "asic.json"))["folder"], "asic", "the document that is kept")
    before = tree(case.path("out"))
    text = case.good(*synth, "--lef", "cells.lef", "--sram-ns", "1.5").out
    case.equal(tree(case.path("out")), before, "a second run")
    for line in ("34, 162 of area", "3 of 1024 x 32 bits, one port", "125.0 MHz at most, meets 100.0 MHz", "hold                0.10 ns on the worst path\n", "written: out/asic"):
        case.check(line in text, "synth does not say '%s':\n%s" % (line, text))
    tools(case, hold="-0.2")
    r = case.good(*synth)
    case.check("hold                -0.20 ns on the worst path: missing" in r.out and "missed by 0.20 ns on the worst path; place and route" in r.err,
               "a hold time that is not met is not said")
    case.write("own.sdc", "create_clock -name c -period 4.0 [get_ports clk_i]\n")
    case.good(*synth, "--sdc", "own.sdc")
    case.check("-D 4000\n" in text_of(case, "synth.ys") and text_of(case, "ttfs.sdc").startswith("create_clock -name c"), "constraints of one's own")
    case.equal(json.loads(text_of(case, "config.json"))["CLOCK_PERIOD"], 10, "the clock as OpenSTA understood the constraints, for LibreLane")


def names(case, synth):
    """Names of a liberty go into scripts as names and no more; a function may have brackets around it."""
    tools(case)
    case.write("names.lib", LIBERTY.replace("(small)", '("small\nexec touch ran; $x [y] \\")').replace(
        "  cell (BUF)", '  cell ("B [exec touch ran]") { pin (A) { direction : input; } pin (Y) { direction : output; function : "A"; } }\n  cell (BUF)'
    ).replace('"A"; } }\n  cell (DFF)', '"( (A) )"; } }\n  cell (DFF)'))
    j = case.json("synth", "out", "--liberty", "names.lib")
    case.equal(j.get("library"), "small_exec_touch_ran___x__y___", "the library's name")
    for name in ("ttfs.sdc", "sta.tcl", "synth.ys", "abc.constr", "config.mk", "README.md"):
        case.check("exec touch" not in text_of(case, name) and "\nexec" not in text_of(case, name), "%s:\n%s" % (name, text_of(case, name)))
    case.check("set_driving_cell -lib_cell BUF [all_inputs]" in text_of(case, "ttfs.sdc"), "the driving cell")


def units(case):
    """Times and loads in a library's own units: 10 ps, 2 fF."""
    tools(case)
    case.write("units.lib", LIBERTY.replace('"1ns"', '"10ps"').replace("(1, pf)", "(2, ff)"))
    j = case.json("synth", "out", "--liberty", "units.lib")
    got = [round(j.get(k, 0), 9) for k in ("clock_mhz", "setup_slack_ns", "hold_slack_ns", "from_memories_slack_ns")]
    case.equal(got, [10000, 0.02, 0.001, 0.035], "times in units of 10 ps")
    case.check("-period 1000.0000 [" in text_of(case, "ttfs.sdc") and "set_load 15.0000 [" in text_of(case, "ttfs.sdc"), text_of(case, "ttfs.sdc"))


def refusals(case, synth):
    tools(case)
    before = tree(case.path("out"))
    for more, says in ((("--device", "hx8k"), "--device is of an FPGA"), (("--estimate",), "--estimate is of an FPGA"), (("--clock", "50"), "--clock is of an FPGA"),
                       (("--sram-ns", "0"), "0.01"), (("--sdc", "absent.sdc"), "absent.sdc"), (("--lef", "cells.lib"), "not a LEF file")):
        case.refused(*synth, *more, says=says, code=2 if says[0] in "-0" else 1)
    case.write("none.lib", "no library")
    case.write("nobuf.lib", LIBERTY.replace('"A"', '"!A"'))
    case.write("odd.lib", LIBERTY.replace("(BUF)", '("B [exec touch ran]; $(shell touch ran)")'))
    case.refused("synth", "out", "--liberty", "none.lib", says=["none.lib", "not a liberty file"])
    for name in ("nobuf.lib", "odd.lib"):
        case.refused("synth", "out", "--liberty", name, says="no cell is a buffer")
    for changed, says in (({"yosys": "absent"}, "install the package yosys"), ({"sta": "absent"}, "install the package opensta"),
                          ({"stat": dict(STAT, LATCH=1)}, "latches (LATCH)"), ({"stat": dict(STAT, mystery=1)}, "no cell for mystery"),
                          ({"stat": {}}, "stat.json"), ({"slack": "no number"}, "timing.log"), ({"memories": "cell \\ttfs_ram \\u\n end"}, "memories.txt")):
        tools(case, **changed)
        if "slack" in changed:
            tools(case, sta="echo nothing; exit 0")
        r = case.refused(*synth, says=says)
        case.equal("tools/setup.sh does" in r.err, says == "install the package yosys", "what tools/setup.sh installs:\n%s" % r)
        case.equal(tree(case.path("out")), before, "OUT after %s" % says)
    tools(case, sta="echo the end; exit 3")
    case.refused(*synth, says=["out/asic/failed_timing.log", "sta failed: the end"])
    tools(case, slack="-2.5")
    case.refused(*synth, says=["80.0 MHz", "its clock has 100.0"])
    case.equal(case.json(*synth, code=1).get("meets_clock"), False, "a clock that is not met")
    case.check("failed_timing.log" not in os.listdir(case.path("out", "asic")), "the log of a failure is left")
    verify = ("verify", "out", "--input", TEST, "--count", "1", "--engines", "golden,asic")
    with open(case.path("out", "asic", "cells.v"), "a", encoding="utf-8") as f:
        f.write("// mine\n")
    case.refused(*verify, says=["cells.v: not a file that ttfs synth made here", "--trust-rtl"])
    shutil.rmtree(case.path("out", "asic"))
    case.refused(*verify, says=["ttfs synth has not made this file, which engine asic reads", "run 'ttfs synth out --liberty FILE' first"])


# --- keys -----------------------------------------------------------------------------------------

# Of what is published: librelane/librelane, librelane/config/flow.py, steps/pyosys.py, steps/openroad.py (3.0);
# The-OpenROAD-Project/OpenROAD-flow-scripts, flow/scripts/variables.yaml.
LIBRELANE = """DESIGN_NAME VERILOG_FILES VERILOG_INCLUDE_DIRS VERILOG_DEFINES EXTRA_VERILOG_MODELS EXTRA_LIBS EXTRA_LEFS EXTRA_GDS CLOCK_PORT
    CLOCK_PERIOD PNR_SDC_FILE SIGNOFF_SDC_FILE FP_CORE_UTIL PL_TARGET_DENSITY_PCT FP_MACRO_HORIZONTAL_HALO FP_MACRO_VERTICAL_HALO""".split()
ORFS = """DESIGN_NAME VERILOG_FILES VERILOG_INCLUDE_DIRS SDC_FILE ADDITIONAL_LIBS ADDITIONAL_LEFS ADDITIONAL_GDS ABC_DRIVER_CELL ABC_LOAD_IN_FF
    CORE_UTILIZATION PLACE_DENSITY MACRO_PLACE_HALO PLATFORM""".split()


def keys(case):
    """Keys that are known, and files that are there."""
    folder = case.path("out", "asic")
    config = json.loads(text_of(case, "config.json"))
    case.equal([k for k in config if k not in LIBRELANE], [], "keys of config.json that LibreLane has not")
    case.equal([k for k in ("DESIGN_NAME", "VERILOG_FILES", "CLOCK_PORT", "CLOCK_PERIOD") if k not in config], [], "keys that are needed")
    files = [f for value in config.values() if isinstance(value, list) for f in value if f.startswith("dir::")]
    make = text_of(case, "config.mk")
    exported = re.findall(r"^export (\w+)", make, re.M)
    case.equal([k for k in exported if k not in ORFS + ["ASIC_DIR"]], [], "keys of config.mk that OpenROAD-flow-scripts has not")
    named = [f[5:] for f in files] + re.findall(r"\$\(ASIC_DIR\)(\S+)", make)
    case.equal([f for f in named if not os.path.exists(os.path.join(folder, f))], [], "files that are named and not there")
    case.check(sorted(os.listdir(os.path.join(folder, "rtl"))) and "dir::rtl/ttfs_top.v" in files, files)


# --- the real tools -------------------------------------------------------------------------------

class Gates:
    """A netlist under Icarus, driven by chip_tb.sv: the image is configured, samples go in, spikes come out."""

    def __init__(self, case, chip, forms):
        self.case, self.chip = case, chip
        self.flow_pop = {int(f): int(p) for f, p in re.findall(r"^flow (\d+) pop (\d+)$", forms, re.M)}
        shapes = re.findall(r'^pop (\d+) (\w+) "(.*?)" shape (\d+) (\d+) (\d+) ticks (\d+)', forms, re.M)
        self.pops = {int(p): (kind, name, int(c), int(h), int(w), int(t)) for p, kind, name, c, h, w, t in shapes}
        self.input = int(re.search(r"^flows \d+ input (\d+)$", forms, re.M)[1])

    def words(self):
        """All that the image holds, as writes over the configuration port."""
        from machine import address
        for name, memory in self.chip.memories().items():
            with open(self.case.path("net", "image", "core0_%s.hex" % name), encoding="utf-8") as f:
                for row, line in enumerate(f):
                    for chunk in range(memory.chunks):
                        yield address(0, memory, row, chunk), int(line, 16) >> 32 * chunk & 0xffffffff

    def trace(self, path):
        """Samples of {(name, neuron): tick, or potential}."""
        samples = []
        with open(path, encoding="utf-8") as f:
            for line in f:
                if line.startswith("sample "):
                    samples.append({})
                found = re.match(r'(?:spike|readout) "(.*)" (?:tick|neuron) (-?\d+) (?:neuron|potential) (-?\d+)', line)
                if found and line.startswith("spike"):
                    samples[-1][found[1], int(found[3])] = int(found[2])
                elif found:
                    samples[-1][found[1], int(found[2])] = int(found[3])
        return samples

    def flits(self, sample):
        kind, name, c, h, w, ticks = self.pops[self.flow_pop[self.input]]
        for (of, neuron), tick in sorted(sample.items()):
            if of == name:
                yield self.chip.flit(self.input, neuron // w % h, neuron % w, neuron // w // h, ticks - tick)

    def seen(self, printed):
        """What a run printed of a sample, as trace() has it, but for the input."""
        from machine import signed
        found = {}
        flits = [f for slot in printed[0] for core in slot for f in core] + [f for flow in printed[1].values() for f in flow]
        for flit in flits:
            flow, y, x, c, value = self.chip.unflit(flit)
            kind, name, channels, h, w, ticks = self.pops[self.flow_pop[flow]]
            neuron = (c * h + y) * w + x
            found[name, neuron] = signed(value, self.chip.acc_bits) if kind == "readout" else ticks - value
        return found


def wrap(chip, top):
    """ttfs_chip for chip_tb.sv: the netlist's ttfs_top, whose parameters are fixed."""
    from machine import KEYS
    head = top[top.index(") (") + 3:top.index(");")]
    names = re.findall(r"(\w+_n?[io])\b", head)
    parameters = ", ".join("parameter %s = 0" % k.verilog for k in KEYS)
    return "module ttfs_chip #(%s, parameter CHIP_HASH = 0, CLOCK_GATES = 0, PRELOAD = 0, INIT_PREFIX = 0) (%s);\nttfs_top u (%s);\nendmodule\n" % (
        parameters, head, ", ".join(".%s(%s)" % (n, n) for n in names))


def icarus(case, count):
    """Samples on the netlist with the foundry's models of the cells: differences from golden."""
    import simulate
    from machine import KEYS, Chip
    with open(case.path("net", "rtl", "ttfs_top.v"), encoding="utf-8") as f:
        top = f.read()
    values = {k.member: int(re.search(r"\.%s\((-?\d+)\)" % k.verilog, top)[1]) for k in KEYS}
    chip = Chip(**values)
    gates = Gates(case, chip, case.good("dump", "net", "--form", "image").out)
    case.good("run", "net", "--engine", "golden", "--input", TEST, "--count", str(count), "--trace", "golden.txt")
    golden = gates.trace(case.path("golden.txt"))
    script = simulate.Script()
    script.add("w", 15 << 18 | 1, int(re.search(r"CHIP_HASH\(32'h(\w+)\)", top)[1], 16))
    script.writes(gates.words())
    for sample in golden:
        script.sample(list(gates.flits(sample)))
    folder = case.path("icarus")
    os.makedirs(folder)
    simulate.write_images(chip, folder, [])
    with open(os.path.join(folder, "params.vh"), "w", encoding="utf-8") as f:
        f.writelines("`define %s %d\n" % (k.verilog, values[k.member]) for k in KEYS)
        f.write("`define CHIP_PARAMETERS %s\n" % ", ".join(".%s(%d)" % (k.verilog, values[k.member]) for k in KEYS))
        f.write("`define CHIP_HASH 0\n`define FLIT %d\n`define PRELOAD 0\n`define INIT_PREFIX \"%s/\"\n" % (chip.flit_bits, folder))
        f.write("`define CYCLE_LIMIT 2000000\n`define OUTSIDE_WORDS 65536\n`define CLOCK_GATES 0\n")
    case.write("icarus/wrap.v", wrap(chip, top))
    asic = case.path("net", "asic")
    binary = os.path.join(folder, "sim")
    subprocess.run(["iverilog", "-g2012", "-I" + folder, "-o", binary, os.path.join(SOURCE, "tests", "rtl", "chip_tb.sv"),
                    os.path.join(folder, "wrap.v"), os.path.join(asic, "netlist.v"), os.path.join(asic, "macros.v"), OSU + ".v"], check=True)
    printed = simulate.run(chip, binary, folder, script)
    inputs = gates.pops[gates.flow_pop[gates.input]][1]
    spikes = differences = 0
    for want, got in zip(golden, printed.samples):
        want = {k: v for k, v in want.items() if k[0] != inputs}
        seen = gates.seen(got)
        spikes += len(want)
        differences += len([k for k in set(want) | set(seen) if want.get(k) != seen.get(k)])
    return len(printed.samples), spikes, differences


def real(case):
    for tool in ("yosys", "sta", "iverilog", "verilator"):
        need(tool)
    if not os.path.exists(OSU + ".lib"):
        skip("no qflow-tech-osu018, whose cells the chip is mapped to")
    case.compile("digits_cnn", "net", "--chip", "one", "--ticks", "63", "--schedule", "latency")
    j = case.json("synth", "net", "--liberty", OSU + ".lib", "--lef", OSU + ".lef", limit=3000)
    print({k: v for k, v in j.items() if k != "area_table"})
    case.check(j.get("meets_clock") is True and j.get("fmax_mhz", 0) >= 100 and j.get("buffers", 0) > 100, "100 MHz with the memories' paths")
    verdict = case.json("verify", "net", "--input", TEST, "--count", "3", "--engines", "golden,asic", limit=3000)
    print(verdict)
    case.equal((verdict.get("equal"), verdict.get("samples")), (True, 3), "golden and the netlist")
    count, values, differences = icarus(case, 3)
    print("Icarus: %d samples, %d spikes and potentials, %d differences" % (count, values, differences))
    case.equal((count, differences), (3, 0), "golden and the netlist under Icarus")
    case.check(values > 1000, "values that were compared")
    path = case.path("net", "asic", "netlist.v")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    damaged = text.replace("\n  XOR2X1 ", "\n  XNOR2X1 ")
    case.check(damaged != text, "gates to damage")
    case.write("net/asic/netlist.v", damaged)
    r = case.ttfs("verify", "net", "--input", TEST, "--count", "1", "--engines", "golden,asic", "--trust-rtl", limit=3000)
    case.check(r.code == 1, "a netlist with other gates is not noticed:\n%s" % r)


def main():
    case = Case()
    os.environ["TTFS_CACHE"] = case.path("cache") if sys.argv[1:] != ["tools"] else os.environ["TTFS_CACHE"]
    if sys.argv[1:] == ["tools"]:
        real(case)
        return case.done()
    case.write("cells.lib", LIBERTY)
    case.write("cells.lef", LEF)
    synth = ("synth", "out", "--liberty", "cells.lib")
    case.compile("digits_mlp", "out", "--fit", "hx8k", "--ticks", "15")
    made(case, synth)
    keys(case)
    names(case, synth)
    units(case)
    refusals(case, synth)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
