# SPDX-License-Identifier: Apache-2.0
#
# A case: a random network, the chip it is laid out for, samples, and what is expected of the chip by the closed
# form: in every turn the flits of every core in every slot in their order, and the host's of every flow. A sample
# enters a turn; those that bring the last results out have no values.

import random

from interpret import Machine
from layout import Layout
from machine import CHIP_HASH, Chip, crc, register, section
from network import compute, compute_turns, random_network

SAMPLES = 4  # more when there are that many copies: each is written again
# What a set of cases has to have.
SITUATIONS = (
    "pool chip", "no pool chip", "conv chip", "no conv chip", "dense", "conv", "conv padded", "conv strided",
    "conv dilated", "max", "max padded", "max strided", "max dilated", "min", "min padded", "min strided", "groups",
    "depthwise", "several sources", "channel slice", "classes", "dense to rows and columns",
    "readout with rows and columns", "several readouts", "several inputs", "several groups of lanes", "passes",
    "a pipeline", "stages and slots", "a skip of two", "a skip of three", "two copies", "four copies", "eight copies",
    "more copies than delays", "no delay of copies", "T = 1", "T = 2^value_bits - 1", "an empty slot", "sums in several flits or one core",
    "streamed weights", "streamed over others")


def random_chip(rng, columns, rows):
    """What a network may draw on; its memories and most widths come later."""
    conv = int(rng.random() < 0.8)
    values = dict(cores_x=columns, cores_y=rows, lanes=rng.choice([1, 2, 3, 4, 8]), weight_bits=rng.choice([2, 4, 5, 8]),
                  value_bits=rng.choice([1, 2, 3, 4, 5, 6]), segments=rng.choice([1, 2, 4]), strides=rng.randint(0, 1),
                  conv=conv, pool=conv & int(rng.random() < 0.7), classes=conv & int(rng.random() < 0.7),
                  counters=rng.randint(0, 1))
    can = Chip(**values)
    can.values = values
    can.list_limit = rng.choice([10, 40, 1000, 1000])
    can.stream_seed = rng.getstate()[1][0]
    can.stream = values["stream"] = can.stream_seed & 1
    return can


class Case:
    """spare: the chip is larger than it need be, so that there are things that it does not have. early: a network that
    cores may be a turn ahead with, on a mesh."""

    def __init__(self, seed, columns=1, rows=1, spare=False, early=False):
        self.seed, self.rng, self.early = seed, random.Random(seed), early
        rng = self.rng
        self.pops = None
        while not self.pops or sum(p.size for p in self.pops) > 700 or self.layout.chip.acc_bits > 32:
            try:
                self.can = random_chip(rng, columns, rows)
                if spare:
                    self.can.stream = self.can.values["stream"] = 1
                self.pops = random_network(rng, self.can)
                self.layout = Layout(rng, self.can, self.pops, spare, early)
            except AssertionError as e:  # a key's range
                if "=" not in str(e):
                    raise
                self.pops = None
        self.chip, self.memories = self.layout.chip, self.layout.memories
        self.inputs = [self.sample([0, 1, rng.random(), 1][(seed + n) % 4]) for n in range(self.count())]
        self.inputs += [self.sample(0) for _ in range(max(p.stage for p in self.pops))]
        self.values = compute_turns(self.pops, compute(self.pops, self.inputs))
        self.flits = [self.order(s) for s in self.inputs]
        self.expected = [self.expect(v, n) for n, v in enumerate(self.values)]

    # --- samples

    def count(self):
        copies = 1 << max(f.banks for c in self.layout.cores for f in c.frames.values())
        return max(SAMPLES, copies + 2)

    def sample(self, share):
        """Values of the inputs; a `share` of their neurons has one."""
        rng = self.rng
        same = rng.random() < 0.2
        return [{(c, y, x): p.top if same else rng.randint(1, p.top) for c in range(p.c) for y in range(p.h)
                 for x in range(p.w) if rng.random() < share} for p in self.pops if not p.parts]

    def order(self, values):
        """The host's flits: populations mixed, values in any order. The chip does not look at their turns."""
        flits = [self.chip.flit(self.layout.flow[p, None], y, x, c, v, x + c)
                 for p, given in zip(self.pops, values) for (c, y, x), v in given.items()]
        self.rng.shuffle(flits)
        return flits

    def expect(self, values, turn):
        slots = [[[] for _ in self.layout.cores] for _ in range(self.layout.slots)]
        host = {}
        for n, core in enumerate(self.layout.cores):
            for task in core.tasks:
                flow = self.layout.flow[task.pop, n]
                for y, x, c in places(task):
                    value = values[self.pops.index(task.pop)].get((c, y, x), 0)
                    if task.pop.top == 0:
                        parts = self.chip.sum(flow, y, x, c, value, turn)
                        host.setdefault(flow, []).extend(parts)
                    else:
                        parts = [self.chip.flit(flow, y, x, c, value, turn)] * (value != 0)
                    slots[task.pop.slot][n] += parts
        return slots, host

    # --- the image

    def writes(self, fill=False):
        """All that configures the chip, in sections that CHECK ends. Rows that it needs nothing of are left out, or
        filled with anything where every bit is kept."""
        sections = []
        for core, memories in enumerate(self.memories):
            for name, memory in self.chip.memories().items():
                rows = memories[name]
                if fill and name not in ("buffers", "rows", "cols"):
                    rows = [self.rng.getrandbits(memory.bits) if r is None else r for r in rows]
                sections += [section(core, memory, block, first) for first, block in blocks(rows)]
        words = [(register("CHIP"), CHIP_HASH)]
        for part in sections:
            words += part + [(register("CHECK"), crc(part))]
        return words

    def whole_memories(self):
        return [{name: [0 if r is None else r for r in rows] for name, rows in m.items()} for m in self.memories]

    # --- judges

    def interpreted(self):
        """The first difference between the contract executed and the closed form, or None."""
        machine = Machine(self.chip, self.whole_memories(), self.layout.streamed)
        found = machine.run_early(self.flits, self.rng) if self.early else [machine.run(f, self.rng) for f in self.flits]
        if machine.flags:
            return "interpreter: flags %#x" % machine.flags
        return self.differs(found)

    def differs(self, found, expected=None):
        """found: of every sample (slots, host) as `expected` has them."""
        expected = expected or self.expected
        for n, (want, got) in enumerate(zip(expected, found)):
            for slot, (cores, have) in enumerate(zip(want[0], got[0])):
                for core, (a, b) in enumerate(zip(cores, have)):
                    if a != b:
                        return "sample %d, slot %d, core %d: %s" % (n, slot, core, self.first(a, b))
            if len(want[0]) != len(got[0]):
                return "sample %d: %d slots, expected %d" % (n, len(got[0]), len(want[0]))
            if want[1] != got[1]:
                flow = min(f for f in set(want[1]) | set(got[1]) if want[1].get(f) != got[1].get(f))
                return "sample %d, host, flow %d: %s" % (n, flow, self.first(want[1].get(flow, []), got[1].get(flow, [])))
        return None if len(found) == len(expected) else "%d samples, expected %d" % (len(found), len(expected))

    def first(self, want, got):
        at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), min(len(want), len(got)))
        show = lambda flits: str(self.chip.unflit(flits[at])) if at < len(flits) else "none"  # noqa: E731
        return "flit %d of %d is %s, expected %s of %d (flow, y, x, c, value)" % (at, len(got), show(got), show(want),
                                                                                  len(want))

    # --- which situations it has

    def situations(self):
        chip, tasks = self.chip, [t for c in self.layout.cores for t in c.tasks]
        found = {"pool chip" if chip.pool else "no pool chip", "conv chip" if chip.conv else "no conv chip"}
        add = lambda name, condition: found.add(name) if condition else None  # noqa: E731
        for t in tasks:
            windows = [a for s in t.part.sources for a in (s.rows, s.cols)]
            whole = all((s.rows.k, s.cols.k, s.rows.pad, s.cols.pad) == (s.src.h, s.src.w, 0, 0) for s in t.part.sources)
            kind = t.part.op if t.part.op != "linear" else "dense" if whole else "conv"
            for name, condition in (("", True), (" padded", any(a.pad for a in windows)),
                                    (" strided", any(a.stride > 1 for a in windows)),
                                    (" dilated", any(a.step > 1 and a.k > 1 for a in windows))):
                add(kind + name, condition)
            add("dense to rows and columns", kind == "dense" and t.pop.h * t.pop.w > 1)
            add("several sources", len(t.part.sources) > 1)
            add("groups", kind == "conv" and t.part.n < t.pop.c)
            add("depthwise", kind == "conv" and t.part.sources[0].n == 1 < t.part.sources[0].src.c)
            add("channel slice", kind == "dense" and any(s.n < s.src.c for s in t.part.sources))
            add("classes", max(t.part.row_class + t.part.col_class) > 0)
            add("readout with rows and columns", not t.pop.top and t.pop.h * t.pop.w > 1)
            add("several groups of lanes", kind in ("conv", "dense") and t.chans[1] > chip.lanes)
        add("passes", any(w >> 5 & 1 for c in self.layout.cores for w in self.walk_heads(c)))
        add("several readouts", sum(not p.top for p in self.pops) > 1)
        add("several inputs", sum(not p.parts for p in self.pops) > 1)
        delays = [(t.pop.stage - s.src.stage, t.core.frames[s.src].banks) for t in tasks for s in t.part.sources]
        one_slot = self.layout.slots == 1 and any(p.stage for p in self.pops)
        add("a pipeline", one_slot)
        add("stages and slots", not one_slot and any(p.stage for p in self.pops))
        for name, delay in (("two", 2), ("three", 3)):
            add("a skip of " + name, any(d == delay for d, _ in delays))
        for name, banks in (("two", 1), ("four", 2), ("eight", 3)):
            add(name + " copies", any(b == banks for _, b in delays))
        add("more copies than delays", any(0 < d.bit_length() < b for d, b in delays))
        add("no delay of copies", any(d == 0 < b for d, b in delays))
        add("streamed weights", any(self.layout.streamed))
        add("streamed over others", self.layout.reused)
        add("T = 1", any(p.top == 1 for p in self.pops))
        add("T = 2^value_bits - 1", chip.value_bits > 1 and any(p.top == chip.top for p in self.pops))
        add("an empty slot", any(not any(t.pop.slot == s for t in tasks) for s in range(1, self.layout.slots)))
        add("sums in several flits or one core", chip.sum_flits > 1 or not chip.mesh)
        return found

    @staticmethod
    def walk_heads(core):
        words, at = core.programs[1], 0
        while at < len(words):
            yield words[at]
            at += 5 if words[at] & 15 else 1


def places(task):
    """(y, x, c) of a task's results in the order in which they leave."""
    part = task.part
    return [(part.y + r, part.x + q, part.c + c) for r in range(task.rows[0], sum(task.rows))
            for q in range(task.cols[0], sum(task.cols)) for c in range(task.chans[0], sum(task.chans))]


def blocks(rows):
    """(first, rows) of what is not None."""
    found = []
    for i, row in enumerate(rows):
        if row is None:
            continue
        if found and found[-1][0] + len(found[-1][1]) == i:
            found[-1][1].append(row)
        else:
            found.append((i, [row]))
    return found
