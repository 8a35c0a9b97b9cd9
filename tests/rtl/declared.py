# SPDX-License-Identifier: Apache-2.0
"""Verilog in which a net, register, variable or parameter is used before the line that declares it, which newer versions of Icarus
refuse: declared.py FILE.. prints each; exit status 1 when there is one.

A name that several blocks of a module declare counts from the first of them on.
"""
import re
import sys

KINDS = "input|output|inout|wire|reg|integer|genvar|localparam|parameter|signed"


def plain(text):
    """The text with comments and strings blanked, of the same length."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"', lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def without_nested(text):
    """The same with all that stands in brackets blanked."""
    out, depth = [], 0
    for c in text:
        depth -= c in ")]}"
        out.append(" " if depth > 0 or (c in "([{" and depth == 0) or (c in ")]}" and depth == 0) else c)
        depth += c in "([{"
    return "".join(out)


def names(statement):
    """The names, with their places, that a statement `wire [3:0] a = b, c` declares."""
    at = 0
    for part in without_nested(statement).split(","):
        head = part.split("=")[0]
        found = [m for m in re.finditer(r"[A-Za-z_]\w*", head) if not re.fullmatch(KINDS, m.group())]
        if found:
            yield found[-1].group(), at + found[-1].start()
        at += len(part) + 1


def early(module):
    """(name, where it is used, where it is declared) of each name that is used too early."""
    declared = {}
    for m in re.finditer(r"\b(?:input|output|inout|wire|reg|integer|genvar|localparam)\b", module):
        end = re.compile(r";|\binput\b|\boutput\b|\binout\b").search(module, m.end())
        for name, at in names(module[m.end():end.start() if end else len(module)]):
            declared.setdefault(name, m.end() + at)
    for name, at in declared.items():
        use = re.search(r"(?<![\w.$`'])%s\b" % name, module)
        if use and use.start() < at:
            yield name, use.start(), at


def main():
    status = 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as f:
            text = plain(f.read())
        for m in re.finditer(r"\bmodule\b.*?\bendmodule\b", text, re.S):
            for name, use, at in early(m.group()):
                line = [text.count("\n", 0, m.start() + place) + 1 for place in (use, at)]
                print("%s:%d: %s is used here and declared in line %d" % (path, line[0], name, line[1]))
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
