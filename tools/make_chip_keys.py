#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes hw/chip.schema.json, the table of keys in docs/hardware.md and the parameters in ttfs.core from hw/chip.def.

With --check nothing is written, and exit code 1 says which of them is not what it would be. With
--parameters CHIP.json the Verilog parameters of a chip are printed as Verilator takes them.
Tests read the table through `read_keys` and complete a description by `complete`.

    tools/make_chip_keys.py [--check | --parameters CHIP.json]
"""
import ast
import collections
import json
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
TABLE, SCHEMA, DOCS, CORE = (os.path.join(ROOT, *p) for p in
                             (("hw", "chip.def"), ("hw", "chip.schema.json"), ("docs", "hardware.md"), ("ttfs.core",)))
ROW = re.compile(r"TTFS_CHIP_(?:GROUP|KEY)\((?:(\w+), (\w+), )?(.*)\)$")
BEGIN, END = ("<!-- keys: made by tools/make_chip_keys.py -->\n", "<!-- end of keys -->\n")
CORE_BEGIN, CORE_END = ("# Made from hw/chip.def by tools/make_chip_keys.py.\n", "# End of what was made.\n")

# A row. kind "GROUP": only path and doc; default None: required.
Key = collections.namedtuple("Key", "kind member path least most default unit verilog doc")

DEFAULTS = {"FLAG": bool, "WHOLE": int, "REAL": lambda v: v}  # of a kind, as JSON has them


def read_keys():
    """All rows of the table in their order."""
    keys = []
    with open(TABLE, encoding="utf-8") as f:
        for line in f:
            if not line.startswith("TTFS_"):
                continue
            kind, member, rest = ROW.match(line.rstrip()).groups()
            values = ast.literal_eval("(%s)" % rest.replace("TTFS_REQUIRED", "None"))
            keys.append(Key(kind, member, *values) if kind else
                        Key("GROUP", None, values[0], 0, 0, None, "", "", values[1]))
    return keys


def schema_of(key):
    s = {"description": key.doc}
    if key.kind in ("NAME", "NOTE"):
        s["type"] = "string"
        if key.kind == "NAME":
            s["pattern"] = "^[A-Za-z0-9_.-]{%d,%d}$" % (key.least, key.most)
    elif key.kind == "FLAG":
        s["type"] = "boolean"
    else:
        s.update({"type": {"WHOLE": "integer", "REAL": "number"}[key.kind], "minimum": key.least, "maximum": key.most})
    if key.kind in DEFAULTS and key.default is not None:
        s["default"] = DEFAULTS[key.kind](key.default)
    return s


def object_of(keys, group):
    """The schema of the object `group`, "" the outermost."""
    inside = {k.path.rpartition(".")[2]: k for k in keys if k.path.rpartition(".")[0] == group}
    required = [name for name, k in inside.items() if needed(keys, k)]
    s = {"type": "object", "additionalProperties": False}
    if required:
        s["required"] = required
    s["properties"] = {name: dict({"description": k.doc}, **object_of(keys, k.path)) if k.kind == "GROUP" else schema_of(k)
                       for name, k in inside.items()}
    return s


def needed(keys, key):
    if key.kind == "GROUP":
        return any(needed(keys, k) for k in keys if k.path.startswith(key.path + "."))
    return key.default is None


def schema(keys):
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema",
            "$comment": "SPDX-License-Identifier: Apache-2.0. Made from hw/chip.def by tools/make_chip_keys.py; do not edit.",
            "title": "A chip of ttfs"}
    return json.dumps(dict(head, **object_of(keys, "")), indent=2) + "\n"


def cells(key):
    if key.kind in ("NAME", "NOTE"):
        span = "%d to %d characters" % (key.least, key.most) if key.kind == "NAME" else "text"
    elif key.kind == "FLAG":
        span = "true or false"
    else:
        span = "{:,.10g} to {:,.10g} {}".format(key.least, key.most, key.unit)
    default = "**required**" if key.default is None else json.dumps(DEFAULTS.get(key.kind, lambda v: None)(key.default))
    return ("`%s`" % key.path, span.strip(), "none" if default == "null" else default,
            "`%s`" % key.verilog if key.verilog else "", key.doc)


def table(keys):
    rows = [("key", "range", "default", "Verilog", "what it says"), ("---",) * 5]
    rows += [cells(k) if k.kind != "GROUP" else ("`%s`" % k.path, "object", "", "", k.doc) for k in keys]
    return "".join("| %s |\n" % " | ".join(r) for r in rows)


def between(path, begin, end, made):
    """A file with what stands between two lines made anew."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    before, after = text.index(begin) + len(begin), text.index(end)
    return text[:before] + made + text[after:]


def documented(keys):
    """docs/hardware.md with its table made anew."""
    return between(DOCS, BEGIN, END, "\n" + table(keys) + "\n")


def core(keys):
    """ttfs.core with the parameters of ttfs_chip made anew."""
    shown = [k for k in keys if k.verilog]
    rows = ["  %s: {datatype: int, paramtype: vlogparam, description: %s}\n" % (k.verilog, json.dumps(k.doc)) for k in shown]
    text = between(CORE, CORE_BEGIN, CORE_END, "parameters:\n" + "".join(rows))
    return re.sub(r"&chip \[[^\]]*\]", "&chip [%s]" % ", ".join(k.verilog for k in shown), text)


def complete(chip):
    """A description, as JSON gives it, with every key but notes: what is left out by its default."""
    keys = [k for k in read_keys() if k.kind not in ("GROUP", "NOTE")]
    whole = {}
    for k in keys:
        group, _, name = k.path.rpartition(".")
        given, into = (chip.get(group, {}), whole.setdefault(group, {})) if group else (chip, whole)
        into[name] = given[name] if k.default is None else given.get(name, DEFAULTS[k.kind](k.default))
    return whole


def parameters(path):
    with open(path, encoding="utf-8") as f:
        chip = complete(json.load(f))
    for k in read_keys():
        if k.verilog:
            group, _, name = k.path.rpartition(".")
            print("-G%s=%d" % (k.verilog, (chip[group] if group else chip)[name]))


def main():
    if sys.argv[1:2] == ["--parameters"]:
        return parameters(sys.argv[2])
    keys, wrong = read_keys(), 0
    for path, text in ((SCHEMA, schema(keys)), (DOCS, documented(keys)), (CORE, core(keys))):
        with open(path, encoding="utf-8") as f:
            same = f.read() == text
        if not same and sys.argv[1:] == ["--check"]:
            print("%s is not what hw/chip.def says: run tools/make_chip_keys.py" % os.path.relpath(path, ROOT))
            wrong = 1
        elif not same:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
