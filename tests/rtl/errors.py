#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Provokes every error of docs/core.md on a chip, one after the other, and holds flags, refusals, what the chip does
# meanwhile (by the contract executed) and the good sample that follows (by the closed form) against the contract.
#
#   errors.py FOLDER COLUMNS ROWS FIRST-SEED CASES [corrupt]     corrupt: one flag is expected where none is
#
# A case is one that has what it takes: a chip with CONV (a list is made too long by rows), an input that is kept.

import os
import random
import sys

from case import Case
from interpret import Machine
from machine import CHIP_HASH, ERRORS, ID_WORD, WORDS, address, crc, crc32, pack, register, section, unpack
from simulate import Script, build, run, write_images

BIT = {name: 1 << bit for name, bit in ERRORS.items()}


class Trial:
    """A script and what it has to print."""

    def __init__(self, case):
        self.case, self.chip, self.rng = case, case.chip, random.Random(case.seed)
        self.memories = case.whole_memories()
        self.machine = Machine(self.chip, self.memories, case.layout.streamed)
        self.script, self.answers, self.samples, self.goods = Script(), [], [], {}
        self.provoked = set()
        self.script.writes([(register("CHIP"), CHIP_HASH)])
        for core in range(self.chip.cores):
            for name in self.chip.memories():
                self.fill(core, name, 0, self.memories[core][name])
        self.script.add("z")

    def aim(self):
        """Finds a core that makes lists and keeps a value of the first input: `one`, a flit of `full`."""
        self.full = max(self.case.flits, key=len)
        for self.core, plan in enumerate(self.case.layout.cores):
            self.frame = plan.frames.get(self.case.pops[0])
            if self.frame and any(segments(self.memories[self.core]["program"])):
                self.one = next((f for f in self.full if self.holds(*self.chip.unflit(f))), None)
                return self.one is not None and self.chip.conv and len(self.full) > 6 and self.case.pops[0].top < self.chip.top
        return False

    def holds(self, flow, y, x, c, _):
        return flow == self.case.layout.flow[self.case.pops[0], None] and all(
            low <= at < high for (low, high), at in zip(self.frame.box, (y, x, c)))

    # --- steps

    def fill(self, core, name, first, rows):
        """Writes rows of a memory and their CHECK."""
        words = section(core, self.chip.memories()[name], rows, first)
        self.script.writes(words + [(register("CHECK"), crc(words))])

    def read(self, at, want):
        self.script.add("r", at)
        self.answers.append((at, want))

    def flags(self, *names):
        """All cores' and the chip's are these; then they are cleared."""
        want = sum(BIT[name] for name in names)
        self.read(register("FLAGS"), want)
        self.script.add("w", register("FLAGS"), want)
        self.read(register("FLAGS"), 0)

    def sample(self, flits, middle=(), ends=True):
        """A sample by the contract executed, in the middle of its input further lines; `ends`: with an end marker."""
        for c in self.machine.cores:
            c.flags = 0
        self.samples.append(self.machine.run(flits, self.rng))
        half = len(flits) // 2
        self.script.sample(flits[:half], flits[half:], middle, ends)

    def good(self):
        """A sample without error: the chip forgets what was wrong."""
        n = self.rng.randrange(len(self.case.flits))
        self.goods[len(self.samples)] = n
        self.sample(self.case.flits[n])
        self.flags()

    def bad(self, flits):
        """A sample whose errors cores see, each where it happens; then a good one."""
        self.sample(flits)
        for n, core in enumerate(self.machine.cores):
            self.read(address(n, 0, 0), core.flags)
        names = [name for name in BIT if self.machine.flags & BIT[name]]
        self.provoked.update(names)
        self.flags(*names)

    # --- judge

    def first_turn(self, sample):
        """What a sample gives in a turn of an even number."""
        even = lambda flits: [self.chip.flit(*self.chip.unflit(f)) for f in flits]  # noqa: E731
        slots, host = sample
        return [[even(flits) for flits in cores] for cores in slots], {flow: even(flits) for flow, flits in host.items()}

    def judge(self, found):
        for n, (want, got) in enumerate(zip(self.samples, found.samples)):
            fault = self.case.differs([got], [want])
            if not fault and n in self.goods:
                fault = self.case.differs([self.first_turn(got)], [self.first_turn(self.case.expected[self.goods[n]])])
            if fault:
                return "sample %d: %s" % (n, fault)
        for n, (want, got) in enumerate(zip(self.answers, found.reads)):
            if want != got:
                return "answer %d: %#x reads as %s, expected %#x" % (n, got[0], got[1], want[1])
        if (len(self.samples), len(self.answers)) != (len(found.samples), len(found.reads)):
            return "%d samples and %d answers" % (len(found.samples), len(found.reads))
        return None


# --- what a host can send

def flit_errors(trial):
    """Good inputs with one wrong flit in their midst."""
    chip, flits = trial.chip, trial.full
    flow, y, x, c, value = chip.unflit(trial.one)
    pop = trial.case.pops[0]
    wrong = [(flow, y, x, c, 0), (flow, y, x, c, pop.top + 1), (flow, y, x, c, 1 << chip.value_bits),
             (free_flow(trial), y, x, c, value), (flow, pop.h, x, c, value), (flow, y, pop.w, c, value),
             (flow, y, x, pop.c, value)]
    for flit in wrong:
        packed = chip.flit(*flit)
        if chip.unflit(packed) == flit:  # the chip's flits can say it
            trial.bad(flits[:3] + [packed] + flits[3:])
            trial.good()


def free_flow(trial):
    """A flow that nobody takes; on one core a number above the buffers."""
    if not trial.chip.mesh:
        return trial.chip.buffers
    return next(f for f, word in enumerate(trial.memories[0]["flows"]) if not word & 31)


# --- memories that are wrong for a sample

def wrong_memories(trial):
    """Elements beyond the activations that are read or written, a list that is too long, buffers and table words
    that are not there."""
    chip, core = trial.chip, trial.core
    frame, memory = trial.frame, trial.memories[core]
    flow, y, x, c, _ = chip.unflit(trial.one)
    at = next(segments(memory["program"]))
    segment = unpack("SEGMENT", memory["program"], at)
    segment.update(nx=1, row_stride=0, col_stride=0)
    beyond = dict(segment, base=16 * chip.act_words, ny=1)
    again = dict(segment, base=frame.element(y, x, c), length=1, ny=chip.list_entries + 1, row_step=0)
    for wrong in (beyond, again):
        with_row(trial, "program", at, pack("SEGMENT", **wrong))
    wide = memory["buffers"][frame.number]
    keep = unpack("KEEP", [wide >> 32 * i & 0xffffffff for i in range(4)], 0)
    for change in ({"row_base": chip.table_words}, {"col_base": chip.table_words}):
        with_keep(trial, dict(keep, **change))
    with_row(trial, "rows", keep["row_base"] + y, [1 << 31 | 16 * chip.act_words])
    if chip.mesh:
        with_row(trial, "flows", flow, [memory["flows"][flow] & 31 | chip.buffers << 5])


def with_keep(trial, keep):
    words = pack("KEEP", **keep)
    with_row(trial, "buffers", trial.frame.number, [sum(w << 32 * i for i, w in enumerate(words))])


def with_row(trial, name, first, rows):
    """A sample with other rows of a memory of the trial's core; then they are what they were."""
    memory = trial.memories[trial.core][name]
    was = memory[first:first + len(rows)]
    for new in (rows, was):
        trial.fill(trial.core, name, first, new)
        trial.script.add("z")
        memory[first:first + len(rows)] = new
        if name == "program":
            trial.machine.cores[trial.core].empty()
        if new is rows:
            trial.bad(trial.full)
            assert trial.machine.flags, "%s %d: nothing wrong" % (name, first)
    trial.good()


def segments(program):
    """Where the first SEGMENTs of lists lie."""
    at = program[0]
    while True:
        scan = unpack("SCAN", program, at)
        if scan["op"] == 0 and scan["sample_end"]:
            return
        if scan["op"] == 1:
            yield at + WORDS["SCAN"]
        at += WORDS["SCAN"] + scan["segments"] * WORDS["SEGMENT"] if scan["op"] else 1


# --- what the host does wrong

def port_errors(trial):
    chip, core = trial.chip, trial.chip.cores - 1
    memory = chip.memories()["weights"]
    words = section(core, memory, trial.memories[core]["weights"])
    elsewhere = words[1:] + [words[0]]
    for change in (words[:-1] + [(words[-1][0], words[-1][1] ^ 1)], words[:-1], elsewhere):
        trial.script.writes(change)
        trial.read(register("CHECK"), crc(change))
        trial.script.add("w", register("CHECK"), crc(words))
        refused(trial, "CHECKSUM")
    trial.script.writes(words + [(register("CHECK"), crc(words))])
    trial.good()
    trial.script.add("w", register("CHIP"), CHIP_HASH ^ 0x80000000)
    refused(trial, "WRONG")
    trial.read(register("CHIP"), CHIP_HASH)
    trial.good()


def refused(trial, name):
    """A start that does nothing; without the flag that stood in its way the next does."""
    trial.read(register("FLAGS"), BIT[name])
    trial.script.add("z")
    trial.script.add("p")
    trial.script.add("n", 20)
    trial.flags(name, "REFUSED")


def busy_errors(trial):
    chip, flits = trial.chip, trial.full
    line = lambda op, a, b=0: "%s %x %x" % (op, a, b)  # noqa: E731
    for name, memory in chip.memories().items():
        at = address(chip.cores - 1, memory)
        trial.sample(flits, middle=[line("w", at, 0xffffffff)])
        trial.flags("BUSY")
    at = address(0, chip.memories()["program"])
    trial.sample(flits, middle=[line("r", at)])
    trial.answers.append((at, 0))
    trial.flags("BUSY")
    trial.sample(flits, middle=[line("p", 0)])  # a start is not looked at
    trial.sample(flits, middle=[line("w", register("EARLY"), 1), line("r", register("EARLY"))])  # in no sample; one core has none
    trial.answers.append((register("EARLY"), 0))
    trial.flags("BUSY" if chip.mesh else "NOWHERE")
    trial.sample(flits, middle=[line("r", register("ID"))])  # registers are read at any time
    trial.answers.append((register("ID"), ID_WORD))
    trial.good()


def nowhere(trial):
    chip, memories = trial.chip, trial.chip.memories()
    places = [address(chip.cores, 1, 0), address(1023, 15, 0), address(0, 8, 0), address(0, 14, 0), address(0, 15, 8 - (not chip.mesh)),
              address(0, 0, 6)]
    places += [address(0, m, m.rows) for m in memories.values()]
    places += [address(0, m, 0, m.chunks) for m in memories.values() if m.chunks < 1 << m.chunk_bits]
    places += [address(0, n, 0) for n in range(1, 8) if n not in [m.number for m in memories.values()]]
    for at in places:
        trial.read(at, 0)
        trial.flags("NOWHERE")
        trial.script.add("w", at, 0xffffffff)
        trial.flags("NOWHERE")
    trial.good()


def patience(trial):
    """A host that stops: the chip goes on with what it has. One that only pauses, for as long as may be."""
    trial.script.add("w", register("PATIENCE"), 30)
    trial.read(register("PATIENCE"), 30)
    trial.good()
    trial.sample(trial.full, middle=["n 15 0"])
    trial.flags()
    trial.sample(trial.full[:3], ends=False)
    trial.flags("HOST")
    trial.good()
    trial.script.add("w", register("PATIENCE"), 0)
    trial.sample(trial.full, middle=["n 50 0"])
    trial.flags()


def stream_errors(trial):
    """A damaged word behind the port; a block of what are no weights, or no weights of the chip: in the section of the
    last slot, which is empty."""
    memory, chip = trial.case.layout.memory(), trial.chip
    change = lambda at, word: trial.script.add("m", at, word)  # noqa: E731
    end = len(memory) - 2
    bit = trial.rng.randrange(32)
    change(end + 1, memory[end + 1] ^ 1 << bit)
    trial.sample(trial.full)
    trial.flags("CHECKSUM")
    change(end + 1, memory[end + 1])
    trial.good()
    weights = chip.memories()["weights"]
    for at in (address(0, chip.memories()["params"]), address(chip.cores, weights), address(0, weights, weights.rows)):
        wrong = [3, at, 1, trial.rng.getrandbits(32)]
        for i, word in enumerate(wrong + [crc32(wrong)]):
            change(end + i, word)
        trial.sample(trial.full)
        trial.flags("NOWHERE")
    for i, word in enumerate(memory[end:]):
        change(end + i, word)
    trial.good()


STEPS = [flit_errors, wrong_memories, port_errors, busy_errors, nowhere, patience, stream_errors]


def suitable(seed, columns, rows):
    """The first trial from seed on whose input and programs can be got wrong."""
    while True:
        case = Case(seed, columns, rows, spare=True)
        seed += 1
        trial = Trial(case)
        if trial.aim():
            return trial


def main():
    folder, (columns, rows, first, cases) = sys.argv[1], map(int, sys.argv[2:6])
    seed = first
    for _ in range(cases):
        trial = suitable(seed, columns, rows)
        case = trial.case
        seed = case.seed + 1
        trial.good()
        for step in STEPS:
            step(trial)
        assert trial.provoked == {"VALUE", "FLOW", "PLACE", "ADDRESS", "LIST"}, trial.provoked
        path = os.path.join(folder, "case%d" % case.seed)
        os.makedirs(path, exist_ok=True)
        write_images(case.chip, path, case.memories, case.layout.memory())
        found = run(case.chip, build(case.chip, path), path, trial.script)
        fault = trial.judge(found)
        if fault:
            print("case %d on %dx%d: %s" % (case.seed, columns, rows, fault))
            return 1
        if sys.argv[6:] == ["corrupt"]:
            at, want = trial.answers[len(trial.answers) // 2]
            trial.answers[len(trial.answers) // 2] = (at, want ^ 1)
            print("noticed: %s" % trial.judge(found))
            if not trial.judge(found).startswith("answer %d:" % (len(trial.answers) // 2)):
                return 1
    print("%d cases: %d samples, %d answers in the last" % (cases, len(trial.samples), len(trial.answers)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
