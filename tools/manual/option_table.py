# SPDX-License-Identifier: Apache-2.0
"""The table of commands and options, compiler/cli/options.def, for the tools that make texts from it.

What can be chosen as a value is said here as well (the table says it in words); test `e2e manual` holds it
against what the program says when it refuses a value.
"""
import os
import re
from dataclasses import dataclass, field

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
STRING = r'"((?:[^"\\]|\\.)*)"'
COMMAND = re.compile(r"^TTFS_COMMAND\((\w+), (\w+), %s, %s\)$" % (STRING, STRING), re.M)
OPTION = re.compile(r"^TTFS_OPTION\((\w+), %s, (?:0|'(\w)'), (?:NULL|%s), ([^,]+), (?:true|false), %s\)$"
                    % (STRING, STRING, STRING), re.M)
HELP = re.compile(r"^TTFS_HELP\((\w+), %s, ([^,]+), %s\)$" % (STRING, STRING), re.M)
STEPS = ["ir", "canonical", "spike", "plan", "image", "verilog"]
FILES = {"OUTPUT", "CHIP", "CALIB", "CALIB_LABELS", "INPUT", "TRAIN", "LABELS", "TEACHER"}  # and whose value is FILE
FOLDERS = {"WEIGHTS_ONLY", "DUMP_LLVM", "DIFF"}
WORDS = {
    "FORMAT": ["obj", "ll", "header"],
    "SCHEDULE": ["auto", "latency", "overlap", "pipeline"],
    "QUANTISER": ["auto", "plain", "fitted", "channels"],
    "STOP_AFTER": STEPS,
    "DUMP_STEP": STEPS,
    "ENGINE": ["relu", "golden", "jit", "rtl", "exact", "board"],
    "ENGINES": ["golden", "jit", "rtl", "netlist", "bitstream", "asic", "board"],
    "OPTIMISE": ["latency", "memory", "energy", "spikes"],
    "MODEL": ["a", "b"],
    "UNIT": ["window", "input"],
    "WINDOWS": ["samples", "calibration"],
    "WEIGHT_KIND": ["relative", "added"],
    "PRESET": ["exact-mapping"],
    "SLOPE_PER": ["neuron", "channel"],
    "JIT_PATH": ["choose", "dense", "events"],
    "FORM": ["ir", "spike", "plan", "image"],
    "COLOR": ["auto", "always", "never"],
}


@dataclass
class Option:
    key: str     # "CALIB_COUNT"
    name: str    # "calib-count"
    letter: str  # "" when it has none
    value: str   # placeholder, "" of a flag
    doc: str
    words: list  # that the value can be
    takes: str   # "file", "folder" or "": what else it can be


@dataclass
class Command:
    name: str
    operand: str
    doc: str
    options: list = field(default_factory=list)


def plain(text):
    return re.sub(r"\\(.)", r"\1", text or "")


def read_text(*names):
    with open(os.path.join(SOURCE, *names), encoding="utf-8") as f:
        return f.read()


def words_of(key):
    if key == "CHIP":
        return sorted(n[:-5] for n in os.listdir(os.path.join(SOURCE, "hw", "chips")) if n.endswith(".json"))
    if key in ("FIT", "DEVICE"):
        return re.findall(r'^TTFS_DEVICE\(\w+, "([^"]+)"', read_text("hw", "devices.def"), re.M)
    return WORDS.get(key, [])


def commands():
    """All commands with their options, in the table's order."""
    text = read_text("compiler", "cli", "options.def")
    found = {key: Command(name, plain(operand), plain(doc)) for key, name, operand, doc in COMMAND.findall(text)}
    helps = {(c, key): (value, doc) for key, value, of, doc in HELP.findall(text) for c in re.findall(r"C\((\w+)\)", of)}
    for key, name, letter, value, of, doc in OPTION.findall(text):
        takes = "file" if key in FILES or value == "FILE" else "folder" if key in FOLDERS else ""
        for command in found if of == "C_ALL" else re.findall(r"C\((\w+)\)", of):
            words = ["fast", "exact", "jit"] if (command, key) == ("SWEEP", "ENGINE") else words_of(key)
            shown, says = helps.get((command, key), (value, doc))
            found[command].options.append(Option(key, name, letter, plain(shown), plain(says), words, takes))
    return list(found.values())
