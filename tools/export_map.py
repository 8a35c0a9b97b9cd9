#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the linker's list of what libttfs.so shows: the functions that ttfs.h declares, nothing else.

    tools/export_map.py include/ttfs.h ttfs.map
"""
import re
import sys

FUNCTION = re.compile(r"^[A-Za-z][\w ]*[ *](ttfs_\w+)\(", re.M)


def main(header, out):
    with open(header, encoding="utf-8") as f:
        names = sorted(FUNCTION.findall(f.read()))
    with open(out, "w", encoding="utf-8") as f:
        f.write("TTFS_0 {\nglobal:\n%slocal:\n    *;\n};\n" % "".join("    %s;\n" % n for n in names))


if __name__ == "__main__":
    main(*sys.argv[1:])
