#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the manual pages, ttfs.1 and one a command, from the table of options.

What the pages share with docs/reference.md (files, environment) is read there, the date of the release in
CHANGELOG.md. In: the version, a folder to write into. The build does it.

    tools/manual/make_manual.py VERSION FOLDER
"""
import os
import re
import sys

from option_table import commands, read_text

HEAD = r""".\" SPDX-License-Identifier: Apache-2.0
.\" Made from compiler/cli/options.def by tools/manual/make_manual.py.
.TH %s 1 "%s" "ttfs %s" "ttfs manual"
"""
ABOUT = """ttfs compiles trained ReLU networks (ONNX) to time\\-to\\-first\\-spike hardware: configuration images and
Verilog, whose spikes are checked against an exact integer reference."""
EXAMPLE = """ttfs check net.onnx
ttfs compile net.onnx -o out --calib train.npz --ticks 63
ttfs verify out --input test.npz --engines golden,rtl --count 100
ttfs run out --input test.npz
ttfs report out"""
EXIT = [("0", "done"), ("1", "the input was refused, or a check failed"), ("2", "usage"), ("3", "internal")]


def escape(text):
    """Text as roff has it: no control character begins a line, hyphens are the ones that are typed."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def released():
    """The date of the newest release in CHANGELOG.md, or `unreleased`."""
    return re.search(r"^## \S+, (\S+)$", read_text("CHANGELOG.md"), re.M)[1]


def section(name, text):
    return ".SH %s\n%s\n" % (name, text)


def items(pairs):
    return "\n".join(".TP\n\\fB%s\\fR\n%s" % (escape(left), escape(right)) for left, right in pairs)


def table(title):
    """The rows of a table of docs/reference.md, without its marks."""
    text = read_text("docs", "reference.md").split("\n## %s\n" % title, 1)[1].split("\n## ", 1)[0]
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in text.splitlines() if line.startswith("| `")]
    return [(left.replace("`", ""), right.replace("`", "")) for left, right in rows]


def option_item(o):
    name = "\\-%s, \\-\\-%s" % (o.letter, escape(o.name)) if o.letter else "\\-\\-" + escape(o.name)
    return ".TP\n\\fB%s\\fR%s\n%s" % (name, " \\fI%s\\fR" % escape(o.value) if o.value else "", escape(o.doc))


def synopsis(command, operand):
    return "\\fBttfs %s\\fR %s [\\fIoptions\\fR]" % (escape(command), escape(operand))


def see(names):
    return ",\n".join(".BR %s (1)" % escape(n) for n in names).replace(",\n", " ,\n")


def command_page(c, version):
    return (HEAD % ("TTFS\\-" + c.name.upper(), released(), version) +
            section("NAME", "ttfs\\-%s \\- %s" % (c.name, escape(c.doc))) +
            section("SYNOPSIS", synopsis(c.name, c.operand)) +
            section("OPTIONS", "\n".join(option_item(o) for o in c.options)) +
            section('"EXIT STATUS"', items(EXIT)) +
            section('"SEE ALSO"', see(["ttfs"])))


def main_page(all_commands, version):
    pages = [("ttfs %s %s" % (c.name, c.operand), c.doc) for c in all_commands]
    return (HEAD % ("TTFS", released(), version) +
            section("NAME", "ttfs \\- compiler from ReLU networks to time\\-to\\-first\\-spike hardware") +
            section("SYNOPSIS", synopsis("COMMAND", "...") + "\n.br\n\\fBttfs \\-\\-version\\fR") +
            section("DESCRIPTION", ABOUT) +
            section("COMMANDS", items(pages)) +
            section('"EXIT STATUS"', items(EXIT)) +
            section("FILES", "A compiled folder \\fIOUT\\fR holds\n" + items(table("The output folder"))) +
            section("ENVIRONMENT", items(table("Environment"))) +
            section("EXAMPLES", ".nf\n%s\n.fi" % escape(EXAMPLE)) +
            section('"SEE ALSO"', see("ttfs-" + c.name for c in all_commands)))


def main(version, folder):
    all_commands = commands()
    pages = {"ttfs.1": main_page(all_commands, version)}
    pages.update(("ttfs-%s.1" % c.name, command_page(c, version)) for c in all_commands)
    os.makedirs(folder, exist_ok=True)
    for name, text in pages.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
