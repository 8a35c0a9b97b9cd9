# SPDX-License-Identifier: Apache-2.0
"""Ahead-of-time code gives the golden engine's traces: emitted, linked, run, compared spike for spike.

x86-64 runs on the machine itself; AArch64, RV32IMAC (soft float, no C library) and RV64GC run under qemu-user, without
any library. The object may ask for memcpy and memset and nothing else; the header is strict C11 and C++17.

Arguments: NET SAMPLES PART. digits_mlp and digits_cnn are in the repository, heads is the one of outputs.py;
for other networks see exact.py. PART is `native` (this machine, header, refusals), a processor of CPUS, `text` (the LLVM
text through clang) or a triple of FOREIGN; skipped when this machine lacks what it takes to run it.
"""
import os
import re
import struct
import subprocess
import sys

from e2e import SOURCE, Case, digits_x, llvm_tool, need, samples, skip
from exact import files
import outputs

HERE = os.path.join(os.path.abspath(SOURCE), "tests", "e2e", "emit")
EXAMPLE = os.path.join(os.path.abspath(SOURCE), "examples", "embedded")
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wundef", "-Werror", "-O1"]
# triple: flags of clang, the emulation of the linker, the emulator, float run
FOREIGN = {
    "aarch64-linux-gnu": ([], "aarch64linux", "qemu-aarch64", True),
    "riscv32-unknown-elf": (["-march=rv32imac", "-mabi=ilp32"], "elf32lriscv", "qemu-riscv32", False),
    "riscv64-linux-gnu": (["-march=rv64gc", "-mabi=lp64d"], "elf64lriscv", "qemu-riscv64", True),
}
FEW = 20 # samples that larger networks are calibrated with: fitting all weights to many takes most of a minute
CPUS = {"x86-64-v3": "avx2", "x86-64-v4": "avx512vl", "znver4": "avx512_vnni"} # what the machine must have


class Golden:
    """What the golden engine says, as the bytes that main.c writes."""

    def __init__(self, case, test, count):
        case.good("run", "out", "--input", test, "--engine", "golden", "--count", count, "--trace",
                  "trace.txt", "-q")
        header = read(case.path("net.h"))
        self.classes = "#define NET_CLASSES " in header
        self.populations = [(name, int(first), int(ticks)) for name, first, ticks in re.findall(
            r'X\("([^"]+)", (\d+), \d+, \d+, \d+, (\d+)\)',
            header.split("_READOUT_POPULATIONS(X)")[0])]
        self.readout_first = {name: int(first) for name, first in re.findall(
            r'X\("([^"]+)", (\d+), \d+, \d+, \d+, [^,)]+\)', header.split("_READOUT_POPULATIONS(X)")[1])}
        size = {n: int(v) for n, v in re.findall(r"#define NET_(\w+) (\d+) ", header)}
        self.inputs, self.neurons, self.readouts = (size[k] for k in ("INPUTS", "NEURONS", "READOUTS"))
        self.scale, self.offset = (float(re.search(r"#define NET_INPUT_%s (\S+)" % k, header)[1])
                                   for k in ("SCALE", "OFFSET"))
        self.ticks, self.potentials = [], []
        self.read_trace(read(case.path("trace.txt")))
        self.bytes = b"".join(map(self.sample_bytes, self.ticks, self.potentials))
        self.readout_bytes = b"".join(map(self.sample_bytes, [[]] * count, self.potentials))

    def read_trace(self, text):
        first = {name: first for name, first, _ in self.populations}
        for line in text.splitlines():
            word = line.split()
            if word[0] == "sample":
                self.ticks.append([0xFFFF] * self.neurons)
                self.potentials.append([0] * self.readouts)
            elif word[0] == "spike":
                self.ticks[-1][first[word[1].strip('"')] + int(word[5])] = int(word[3])
            else:
                place = self.readout_first[word[1].strip('"')] + int(word[3])
                self.potentials[-1][place] = int(word[5])

    def sample_bytes(self, ticks, potentials):
        found = [potentials.index(max(potentials))] if self.classes else []
        return struct.pack("<%dH%di%dI" % (len(ticks), self.readouts, len(found)), *ticks, *potentials,
                           *found)

    def integers(self):
        """The encoder's integers: the first population is the input."""
        window = self.populations[0][2]
        return [[0 if t == 0xFFFF else window - t for t in ticks[:self.inputs]] for ticks in self.ticks]


    def reals(self):
        """Values that stand for these integers, where the samples themselves are not at hand."""
        return [[struct.unpack("<f", struct.pack("<f", x * self.scale + self.offset))[0] for x in row]
                for row in self.integers()]


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def command(case, *args):
    """Runs a program that must do well; its standard output."""
    p = subprocess.run(args, cwd=case.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       check=False, timeout=240)
    case.check(p.returncode == 0 and not p.stderr,
               "%s\n%s" % (" ".join(args), (p.stderr or p.stdout).decode(errors="replace")))
    return p.stdout


def write_samples(case, golden, reals):
    rows = (",\n".join("{%s}" % ", ".join(map(str, row)) for row in golden.integers()),
            ",\n".join("{%s}" % ", ".join(v.hex() + "f" for v in row) for row in reals))
    case.write("samples.h", "static const uint16_t integers[][%d] = {\n%s};\n"
               "#ifdef REAL\nstatic const float reals[][%d] = {\n%s};\n#endif\n" %
               (golden.inputs, rows[0], golden.inputs, rows[1]))


def judge(case, golden, what, got, real, shared=False):
    want = (golden.readout_bytes if shared else golden.bytes) * (2 if real else 1)
    at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), min(len(want), len(got)))
    case.check(want == got, "%s: %d bytes for %d, the first difference at %d" %
               (what, len(got), len(want), at))
    print("%s: %d %s equal to golden's" % (what, (2 if real else 1) * len(golden.ticks),
                                           "readouts" if shared else "traces"))


def only_memory_calls(case, what, path):
    undefined = set(command(case, llvm_tool("llvm-nm"), "-u", "-j", path).decode().split())
    case.check(undefined <= {"memcpy", "memset"}, "%s needs %s" % (what, sorted(undefined)))


def native(case, golden, cpu):
    """This machine, C library and all; `cpu` None: as emit takes it by default."""
    options = ("--cpu", cpu) if cpu else ()
    case.good("emit", "out", "-o", "net.o", "--name", "net", *options)
    only_memory_calls(case, "the object", "net.o")
    command(case, "gcc", *STRICT, "-pedantic", "-DREAL", "-I.", "-I" + EXAMPLE, "-o", "native",
            os.path.join(HERE, "main.c"), os.path.join(EXAMPLE, "port.c"), "net.o")
    judge(case, golden, cpu or "this machine", command(case, "./native"), True)


def damage_is_seen(case, golden):
    """With the lowest bit of all constants turned around in the object, traces differ: the comparison
    can fail."""
    case.good("emit", "out", "-o", "bad.o", "--name", "net")
    sections = command(case, "objdump", "-h", "bad.o").decode()
    size, at = (int(n, 16) for n in re.search(r" \.rodata +(\w+) +\w+ +\w+ +(\w+)", sections).groups())
    with open(case.path("bad.o"), "r+b") as f:
        f.seek(at)
        constants = f.read(size)
        f.seek(at)
        f.write(bytes(b ^ 1 for b in constants))
    command(case, "gcc", *STRICT, "-DREAL", "-I.", "-I" + EXAMPLE, "-o", "bad",
            os.path.join(HERE, "main.c"), os.path.join(EXAMPLE, "port.c"), "bad.o")
    got = command(case, "./bad")
    case.check(len(got) == 2 * len(golden.bytes) and got != golden.bytes * 2,
               "damaged constants of the object are not seen")


def from_text(case, golden, clang):
    """The LLVM text is a whole module: another compiler makes the object of it."""
    case.good("emit", "out", "-o", "net.ll", "--name", "net", "--format", "ll")
    command(case, clang, "-O1", "-Wno-override-module", "-c", "net.ll", "-o", "net.o")
    command(case, "gcc", *STRICT, "-DREAL", "-I.", "-I" + EXAMPLE, "-o", "text",
            os.path.join(HERE, "main.c"), os.path.join(EXAMPLE, "port.c"), "net.o")
    judge(case, golden, "LLVM text", command(case, "./text"), True)


def work_bytes(case):
    return int(re.search(r"NET_WORK_BYTES (\d+)", read(case.path("net.h")))[1])


def foreign(case, golden, triple, tools, shared):
    flags, emulation, _, real = FOREIGN[triple]
    clang, linker, qemu = tools
    emit = ("emit", "out", "--name", "net", "--triple", triple)
    case.good(*emit, "-o", "net.h", "--format", "header")
    before = work_bytes(case)
    emit += ("--share-memory",) if shared else ()
    case.good(*emit, "-o", "net.o")
    only_memory_calls(case, triple, "net.o")
    case.good(*emit, "-o", "net.h", "--format", "header")
    header = read(case.path("net.h"))
    case.equal(("net_run_real(" in header, "net_ticks(" in header), (real, not shared),
               "%s has a run from floats, has ticks" % triple)
    case.check((work_bytes(case) < before) == shared, "%d bytes, %d shared" % (before, work_bytes(case)))
    objects = []
    for path in (os.path.join(HERE, "main.c"), os.path.join(EXAMPLE, "port.c")):
        objects.append(os.path.basename(path)[:-2] + ".o")
        command(case, clang, "--target=" + triple, *flags, *STRICT, "-ffreestanding", "-fno-builtin",
                *(["-DREAL"] if real else []), *(["-DSHARED"] if shared else []), "-I.", "-I" + EXAMPLE, "-c", path, "-o", objects[-1])
    command(case, linker, "-m", emulation, "-o", "foreign", *objects, "net.o")
    judge(case, golden, triple, command(case, qemu, "./foreign"), real, shared)


def headers(case):
    case.write("twice.c", '#include "net.h"\n#include "net.h"\nextern int a_declaration;\n')
    for compiler, language in (("gcc", ["-std=c11"]), ("g++", ["-std=c++17", "-x", "c++"])):
        command(case, compiler, *language, "-Wall", "-Wextra", "-pedantic", "-Wundef", "-Werror",
                "-fsyntax-only", "twice.c")


def refusals(case):
    for triple in ("mips-unknown-elf", "nonsense", ""):
        case.refused("emit", "out", "-o", "x", "--triple", triple,
                     says=("x86_64", "aarch64", "riscv32", "riscv64"))
    case.refused("emit", "out", "-o", "x", "--cpu", "z80", says="z80")
    case.refused("emit", "out", "-o", "x", "--triple", "riscv32", "--cpu", "x86-64-v3", says="riscv32")
    case.refused("emit", "out", "-o", "x", "--format", "hex", code=2, says="header")
    for name in ("1net", "a-b", "", "a" * 64):
        case.refused("emit", "out", "-o", "x", "--name", name, code=2, says="--name")
    case.refused("emit", "out", code=2, says="-o")
    case.check(not os.path.exists(case.path("x")), "a refused emit wrote its file")


def this_machine(case, golden, net):
    headers(case)
    own = case.json("emit", "out", "-o", "own.o")
    case.equal(own.get("name"), net, "the name by default")
    refusals(case)
    case.good("emit", "out", "-o", "again.o")
    with open(case.path("own.o"), "rb") as a, open(case.path("again.o"), "rb") as b:
        case.check(a.read() == b.read(), "the same call gave other bytes")
    native(case, golden, None)
    if net.startswith("digits"):
        damage_is_seen(case, golden)


def tools_of(part):
    """What `part` is run with; the test is skipped when something is missing."""
    if part == "text":
        return llvm_tool("clang")
    if part in CPUS and (os.uname().machine != "x86_64" or CPUS[part] not in read("/proc/cpuinfo").split()):
        skip("this processor has no %s to run %s on" % (CPUS[part], part))
    return (llvm_tool("clang"), llvm_tool("ld.lld"), need(FOREIGN[part][2])) if part in FOREIGN else ()


def main(net, most, part):
    tools = tools_of(part)
    case, count = Case(), samples(int(most))
    if net == "heads":
        model, test = case.write("heads.onnx", outputs.model()), outputs.inputs(case)
        calib = test
    else:
        model, test, calib = files(net)
    few = () if net.startswith("digits") or net == "heads" else ("--calib-count", FEW)
    case.good("compile", model, "-o", "out", "--calib", calib, *few, "--stop-after", "spike")
    case.good("emit", "out", "-o", "net.h", "--name", "net", "--format", "header")
    golden = Golden(case, test, count)
    case.equal(len(golden.ticks), count, "samples in the golden trace")
    write_samples(case, golden, digits_x(count) if net.startswith("digits") else golden.reals())
    if part == "native":
        this_machine(case, golden, net)
    elif part == "text":
        from_text(case, golden, tools)
    elif part in CPUS:
        native(case, golden, part)
    else:
        for shared in (False, True):
            foreign(case, golden, part, tools, shared)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
