#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes, of hw/registers.def, what speaks of the registers that a bus sees: rtl/wrap/ttfs_registers.vh, hw/ttfs_registers.h,
hw/ttfs_registers.rdl (SystemRDL 2.0) and docs/registers.md.

    tools/make_registers.py            writes them
    tools/make_registers.py --check    exit code 1, with the names of those that are not what it would write
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCE = "made by tools/make_registers.py of hw/registers.def"
ACCESS = {"RO": "read", "RW": "read, write", "WO": "write", "W1C": "read; written ones are cleared", "WINDOW": "read, write", "TAKE": "read"}


class Register:
    def __init__(self, name, offset, access, doc):
        self.name, self.offset, self.access, self.doc = name, int(offset, 16), access, doc
        self.fields = []


def read(path=os.path.join(ROOT, "hw", "registers.def")):
    """The registers in order, each with its fields (name, lsb, bits, doc); what overlaps or is no word is refused."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    registers = {}
    for kind, rest in re.findall(r"^TTFS_BUS_(REGISTER|FIELD)\((.*)\)$", text, re.M):
        doc = re.search(r'"(.*)"$', rest)[1]
        words = [w.strip() for w in rest[:rest.index('"')].rstrip(", ").split(",")]
        if kind == "REGISTER":
            registers[words[0]] = Register(*words, doc)
        else:
            registers[words[0]].fields.append((words[1], int(words[2]), int(words[3]), doc))
    offsets = [r.offset for r in registers.values()]
    assert offsets == sorted(set(offsets)) and all(o % 4 == 0 for o in offsets), "offsets"
    for r in registers.values():
        assert r.access in ACCESS, r.access
        bits = [b for _, lsb, n, _ in r.fields for b in range(lsb, lsb + n)]
        assert len(bits) == len(set(bits)) and all(b < 32 for b in bits), "fields of %s" % r.name
    return list(registers.values())


def verilog(registers):
    lines = ["// SPDX-License-Identifier: Apache-2.0", "// Words of the registers that a bus sees, and bits of their fields: %s." % SOURCE, ""]
    for r in registers:
        lines.append("localparam [5:0] REG_%s = 6'd%d;" % (r.name, r.offset // 4))
    lines.append("localparam [5:0] REG_LAST = 6'd%d;" % (registers[-1].offset // 4))
    lines += ["// verilator lint_off UNUSEDPARAM"]
    for r in registers:
        lines += ["localparam %s_%s = %d;" % (r.name, name, lsb) for name, lsb, _, _ in r.fields]
    return "\n".join(lines + ["// verilator lint_on UNUSEDPARAM", ""])


def header(registers):
    lines = ["/* SPDX-License-Identifier: Apache-2.0", " *", " * Registers that a bus sees of a chip behind ttfs_axil or ttfs_wb, for programs of a host:",
             " * %s." % SOURCE, " */", "/* clang-format off */", "#ifndef TTFS_REGISTERS_H", "#define TTFS_REGISTERS_H", "", "/* Offsets in bytes. */"]
    lines += ["#define TTFS_REG_%-12s 0x%02xu /* %s */" % (r.name, r.offset, r.doc) for r in registers]
    for r in registers:
        if r.fields:
            lines += ["", "/* %s: lowest bit and mask of what it holds. */" % r.name]
        for name, lsb, bits, _ in r.fields:
            lines += ["#define TTFS_REG_%s_%s_LSB %du" % (r.name, name, lsb),
                      "#define TTFS_REG_%s_%s 0x%08xu" % (r.name, name, ((1 << bits) - 1) << lsb)]
    return "\n".join(lines + ["", "/* clang-format on */", "#endif", ""])


# How software accesses a field, and what the chip does to it.
RDL = {"RO": "sw = r; hw = w;", "RW": "sw = rw; hw = r;", "WO": "sw = w; hw = r;", "W1C": "sw = rw; hw = w; onwrite = woclr;",
       "WINDOW": "sw = rw; hw = rw; onread = ruser; onwrite = wuser;", "TAKE": "sw = r; hw = w; onread = ruser;"}


def rdl(registers):
    lines = ["// SPDX-License-Identifier: Apache-2.0", "// Registers that a bus sees of a chip behind ttfs_axil or ttfs_wb: %s." % SOURCE, "",
             "addrmap ttfs_registers {", '    name = "ttfs";', "    default regwidth = 32;", "    default accesswidth = 32;"]
    for r in registers:
        kind = "external reg" if r.access in ("WINDOW", "TAKE") else "reg"
        lines += ["", "    %s {" % kind, '        desc = "%s";' % r.doc]
        for name, lsb, bits, doc in r.fields or [("VALUE", 0, 32, None)]:
            lines.append("        field { %s%s } %s[%d:%d];" % ('desc = "%s"; ' % doc if doc else "", RDL[r.access], name, lsb + bits - 1, lsb))
        lines.append("    } %s @ 0x%02x;" % (r.name, r.offset))
    return "\n".join(lines + ["};", ""])


def markdown(registers):
    lines = ["# The registers of a bus", "", "What `ttfs_axil` and `ttfs_wb` ([rtl/README.md](../rtl/README.md#wrappers)) show of a chip: words of 32 bits, offsets in bytes.",
             "This page, `rtl/wrap/ttfs_registers.vh`, `hw/ttfs_registers.h` and `hw/ttfs_registers.rdl` (SystemRDL) are %s." % SOURCE, "",
             "| offset | register | access | what it says |", "| --- | --- | --- | --- |"]
    for r in registers:
        lines.append("| 0x%02x | `%s` | %s | %s |" % (r.offset, r.name, ACCESS[r.access], r.doc))
        for name, lsb, bits, doc in r.fields:
            where = "bit %d" % lsb if bits == 1 else "bits %d to %d" % (lsb + bits - 1, lsb)
            lines.append("| | `%s.%s` | %s | %s |" % (r.name, name, where, doc))
    return "\n".join(lines + ["", "Other offsets, and writes of less than a word, are answered with an error and do nothing.", ""])


FILES = {"rtl/wrap/ttfs_registers.vh": verilog, "hw/ttfs_registers.h": header, "hw/ttfs_registers.rdl": rdl, "docs/registers.md": markdown}


def main(arguments):
    registers = read()
    stale = []
    for name, make in FILES.items():
        path = os.path.join(ROOT, name)
        text = make(registers)
        if arguments == ["--check"]:
            with open(path, encoding="utf-8") as f:
                stale += [name] if f.read() != text else []
        else:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
    for name in stale:
        print("%s is not what tools/make_registers.py writes" % name)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
