# SPDX-License-Identifier: Apache-2.0
#
# Scripts for chip_tb.sv, its build and its runs under Icarus, and its print read back.

import os
import re
import subprocess

from machine import CHIP_HASH, HERE, KEYS, ROOT

OUTSIDE_WORDS = 1 << 16  # at most, of the memory that weights are streamed from


class Script(list):
    """Lines of chip_tb.sv."""

    def add(self, op, a=0, b=0):
        self.append("%s %x %x" % (op, a, b))

    def writes(self, words):
        for at, data in words:
            self.add("w", at, data)

    def reads(self, addresses):
        for at in addresses:
            self.add("r", at)

    def sample(self, flits, more=(), between=(), ends=True, waits=True):
        """Inputs, lines between them and more inputs; the end marker, or a host that forgets it; waits for the sample's end."""
        self.add("s")
        for flit in flits:
            self.add("i", 0, flit)
        self += between
        for flit in more:
            self.add("i", 0, flit)
        if ends:
            self.add("i", 1)
        if waits:
            self.rest()

    def rest(self):
        """Until all that began is done."""
        self.add("d")
        self.add("z")


class Printed:
    """What a run printed: samples of (slots of cores of flits, {flow: flits of the host}), cycles of every sample's
    slots, what reads and flags answered. A flit is of the oldest sample that is not done, or, when its turn's bit says so, of
    the next one; `ahead` counts those of cores, `late` those that come behind one of the next sample, `host_ahead` the host's."""

    def __init__(self, chip, text):
        self.samples, self.cycles, self.done, self.reads, self.flags = [], [], [], [], []
        self.faults, self.ended = [], False
        self.over = self.ahead = self.late = self.host_ahead = 0
        self.chip = chip
        for line in text.splitlines():
            part = line.split()
            take = getattr(self, "take_" + part[0].rstrip(":"), None) if part else None
            if take:
                take(*part[1:])

    def sample_of(self, flit):
        behind = self.chip.mesh and self.chip.turn_of(flit) ^ self.over & 1
        if self.over + behind >= len(self.samples):
            self.faults.append("a flit of a turn that has not begun: %x" % flit)
            return len(self.samples) - 1
        return self.over + behind

    def slot(self, sample, number):
        slots = self.samples[sample][0]
        while len(slots) <= number:
            slots.append([[] for _ in range(self.chip.cores)])
        return slots[number]

    def take_sample(self):
        self.samples.append(([], {}))
        self.cycles.append([])

    def known(self, digits):
        if re.fullmatch("[0-9a-f]+", digits):
            return int(digits, 16)
        self.faults.append("unknown bits in %s" % digits)
        return 0

    def take_t(self, slot, core, flit):
        flit = self.known(flit)
        sample = self.sample_of(flit)
        self.ahead += sample > self.over
        self.late += sample == self.over and sample + 1 < len(self.samples) and any(map(any, self.samples[-1][0]))
        self.slot(sample, int(slot))[int(core)].append(flit)

    def take_o(self, flit):
        flit = self.known(flit)
        sample = self.sample_of(flit)
        self.host_ahead += sample > self.over
        self.samples[sample][1].setdefault(self.chip.unflit(flit)[0], []).append(flit)

    def take_slot(self, number, cycles):
        self.slot(self.over, int(number))
        self.cycles[self.over].append((int(number), int(cycles)))

    def take_over(self):
        self.over += 1

    def take_done(self, cycles):
        self.done.append(int(cycles))

    def take_read(self, at, data):
        self.reads.append((int(at, 16), self.known(data)))

    def take_flags(self, flags):
        self.flags.append(self.known(flags))

    def take_fault(self, *words):
        self.faults.append(" ".join(words))

    def take_hung(self, *words):
        self.faults.append("hung " + " ".join(words))

    def take_end(self):
        self.ended = True


def build(chip, folder, preload=0, gates=0):
    """A simulation of the chip; preloaded from the folder's core<N>_<memory>.hex; with clock gates or without."""
    values = [(k.verilog, getattr(chip, k.member)) for k in KEYS]
    with open(os.path.join(folder, "params.vh"), "w") as f:
        f.writelines("`define %s %d\n" % value for value in values)
        f.write("`define CHIP_PARAMETERS %s\n" % ", ".join(".%s(%d)" % value for value in values))
        f.write("`define CHIP_HASH 32'h%x\n`define FLIT %d\n" % (CHIP_HASH, chip.flit_bits))
        f.write("`define PRELOAD %d\n`define INIT_PREFIX \"%s/\"\n`define CYCLE_LIMIT 1000000\n" % (preload, folder))
        f.write("`define OUTSIDE_WORDS %d\n`define CLOCK_GATES %d\n" % (OUTSIDE_WORDS, gates))
    binary = os.path.join(folder, "sim%d%d" % (preload, gates))
    rtl = os.path.join(ROOT, "rtl")
    subprocess.run(["iverilog", "-g2012", "-DTTFS_ASSERTIONS", "-I" + folder, "-I" + rtl, "-y", rtl, "-o", binary,
                    os.path.join(HERE, "chip_tb.sv")], check=True)
    return binary


def write_images(chip, folder, memories, outside=()):
    """The files that a preloaded chip starts with: a row a line, what is not needed zeros. And of the memory behind
    the chip's port."""
    with open(os.path.join(folder, "outside.hex"), "w") as f:
        f.writelines("%x\n" % word for word in list(outside) or [0])
    for core, rows_of in enumerate(memories):
        for name in chip.memories():
            with open(os.path.join(folder, "core%d_%s.hex" % (core, name)), "w") as f:
                f.writelines("%x\n" % (row or 0) for row in rows_of[name])


def run(chip, binary, folder, script, host=""):
    """Runs a script; host: "", "pauses" or "rude". Lines that the bench did not print are Icarus's own and differ
    from version to version: the others count."""
    name = os.path.join(folder, "script")
    with open(name, "w") as f:
        f.write("\n".join(script) + "\n")
    ran = subprocess.run(["vvp", "-n", binary, "+script=" + name] + ["+" + host] * bool(host),
                         capture_output=True, text=True)
    printed = Printed(chip, ran.stdout)
    if printed.faults or not printed.ended or ran.returncode:
        raise SystemExit("chip.py: %s, host %s: %s; exit code %d: %s%s" % (
            folder, host or "polite", printed.faults[:3], ran.returncode, ran.stdout[-300:], ran.stderr))
    return printed
