#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a C header with the text of some files as arrays: embed_text.py OUT.h NAME=FILE...

Comments that stand at a line's beginning, indentation and empty lines are left out.
"""
import re
import sys


def text_of(path):
    with open(path, encoding="utf-8") as f:
        text = re.sub(r"(?ms)^/\*.*?\*/\n", "", f.read())
    return "\n".join(line.strip() for line in text.splitlines() if line.strip()) + "\n"


def quoted(line):
    return '    "' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"'


with open(sys.argv[1], "w", encoding="utf-8") as out:
    out.write("/* SPDX-License-Identifier: Apache-2.0 */\n")
    for argument in sys.argv[2:]:
        name, path = argument.split("=", 1)
        lines = "\n".join(quoted(line) for line in text_of(path).splitlines())
        out.write("static const char %s[] =\n%s;\n" % (name, lines))
