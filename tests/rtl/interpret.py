# SPDX-License-Identifier: Apache-2.0
#
# docs/core.md executed: memories in, flits out, no cycles. Says what a chip does with any contents of its memories,
# errors included; the layouts of layout.py are held against their closed form with it before a chip runs them.

import collections
import functools
import operator

from machine import ERRORS, WORDS, ceil_div, signed, unpack

WORD = 16  # values of a word of the activations
NORTH, EAST, SOUTH, WEST, CORE = range(5)
EVER = 1 << 20  # records of a slot that no program of ours has


class Core:
    def __init__(self, chip, memories):
        self.chip, self.mem = chip, memories
        self.empty()
        self.flags = self.events = self.sent = 0  # the latter two as the counters count

    def empty(self):
        """As a word of the program that is written does."""
        self.words = [[0] * WORD for _ in range(self.chip.act_words)]
        self.parity = [0] * self.chip.act_words
        self.at = self.mem["program"][:3]

    def error(self, name):
        self.flags |= 1 << ERRORS[name]

    def word(self, element, banks, turn):
        """The word that an element lies in as `turn` left it: one of another parity is emptied."""
        element &= (1 << self.chip.element_bits) - 1
        element ^= (turn & (1 << banks) - 1) << self.chip.bank_bits - banks
        at, parity = element // WORD, turn >> banks & 1
        if at >= self.chip.act_words:
            self.error("ADDRESS")
            return [0] * WORD
        if self.parity[at] != parity:
            self.words[at], self.parity[at] = [0] * WORD, parity
        return self.words[at]

    def read(self, segment, element, turn):
        return self.word(element, segment["banks"], turn - segment["delay"])[element % WORD]

    # --- what arrives

    def put(self, buffer, y, x, c, value, turn):
        entry = self.mem["buffers"][buffer]
        keep = unpack("KEEP", [entry >> 32 * i & 0xffffffff for i in range(4)], 0)
        if keep["top"] == 0:  # no buffer
            return self.error("FLOW")
        if value == 0 or value > keep["top"]:
            return self.error("VALUE")
        if (y >= keep["rows"] or x >= keep["cols"]) if self.chip.conv else y or x:
            return self.error("PLACE")
        offset = c - keep["c"]
        if not 0 <= offset < keep["channels"]:
            return None if keep["part"] else self.error("PLACE")
        if self.chip.conv:
            places = (("rows", keep["row_base"] + y), ("cols", keep["col_base"] + x))
            if any(at >= self.chip.table_words for _, at in places):
                return self.error("ADDRESS")
            held = [self.mem[name][at] for name, at in places]
            if not all(h >> 31 for h in held):
                return None
            element = sum(h & 0x7fffffff for h in held) + offset
        else:
            element = (keep["row_base"] | keep["col_base"] << 16) + offset
        if element >= WORD * self.chip.act_words:
            return self.error("ADDRESS")
        self.word(element, keep["banks"], turn)[element % WORD] = value
        return None

    # --- the engines: a slot's records one after the other

    def records(self, engine, kind):
        """The records of a slot, up to its end. That one's SAMPLE_END sends the engine to its start."""
        for _ in range(EVER):
            r = unpack(kind, self.mem["program"], self.at[engine])
            if r["op"] == 0:
                self.ended = r["sample_end"]
                self.at[engine] = self.mem["program"][engine] if r["sample_end"] else self.at[engine] + 1
                return
            self.at[engine] += WORDS[kind]
            yield r
        raise AssertionError("a slot without end")

    def scan(self, turn):
        lists, pooled = collections.deque(), collections.deque()
        for r in self.records(0, "SCAN"):
            segments = []
            for _ in range(r["segments"]):
                segments.append(unpack("SEGMENT", self.mem["program"], self.at[0]))
                self.at[0] += WORDS["SEGMENT"]
            for p in range(r["rows"]):
                for q in range(r["cols"]):
                    if r["op"] == 1:
                        lists.append(self.patches(segments, p, q, turn))
                    else:
                        pooled.append(self.pool(max if r["op"] == 2 else min, segments[0], p, q, turn))
        return lists, pooled

    @staticmethod
    def runs(s, p, q):
        start = s["base"] + p * s["row_stride"] + q * s["col_stride"]
        return [start + i * s["row_step"] + j * s["run_step"] for i in range(s["ny"]) for j in range(s["nx"])]

    def patches(self, segments, p, q, turn):
        events, number = [], 0
        for s in segments:
            for run in self.runs(s, p, q):
                for i in range(s["length"]):
                    value = self.read(s, run + i, turn)
                    if value:
                        events.append((number, value))
                    number += 1
        if len(events) > self.chip.list_entries:
            self.error("LIST")
        return events[:self.chip.list_entries]

    def pool(self, which, s, p, q, turn):
        return [which(self.read(s, run + i, turn) for run in self.runs(s, p, q)) for i in range(s["length"])]

    def walk(self, lists):
        """What the fire unit takes: potentials of all lanes, a group at a time."""
        taken, lanes = collections.deque(), self.chip.lanes
        v = [0] * lanes
        for r in self.records(1, "WALK"):
            for _ in range(r["lists"]):
                events = lists.popleft()
                self.events += len(events) * r["groups"]
                for g in range(r["groups"]):
                    for number, value in events:
                        weights = self.weights(r["weight_base"] + g * r["group_rows"] + number)
                        v = [a + w * value * (value <= r["top"]) for a, w in zip(v, weights)]
                    if not r["more"]:
                        taken.append(v)
                        v = [0] * lanes
        assert not lists
        return taken

    def weights(self, row):
        if row >= self.chip.weight_rows:
            self.error("ADDRESS")
            return [0] * self.chip.lanes
        bits = self.chip.weight_bits
        return [signed(self.mem["weights"][row] >> i * bits, bits) for i in range(self.chip.lanes)]

    def fire(self, taken, pooled):
        flits = []
        for r in self.records(2, "FIRE"):
            for p in range(r["rows"]):
                for q in range(r["cols"]):
                    flits += self.position(r, p, q, taken, pooled)
        assert not taken and not pooled
        return flits

    def position(self, r, p, q, taken, pooled):
        """(is a sum, flit) of a position; a sum's value is whole here."""
        n, lanes = r["channels"], self.chip.lanes
        if r["op"] == 3:
            u = pooled.popleft()
        else:
            groups = [taken.popleft() for _ in range(ceil_div(n, lanes))]
            u = [groups[i // lanes][i % lanes] for i in range(n)]
            base = r["param_base"] + self.classes(r, p, q)
            params = [self.params(base + i) for i in range(n)]
            u = [signed(v + bias, self.chip.acc_bits) for v, (bias, _) in zip(u, params)]
        if r["op"] == 1:
            u = [max(0, min(v // ramp, r["top"])) for v, (_, ramp) in zip(u, params)]
        where = (r["flow"], r["y"] + p, r["x"] + q)
        return [(r["op"] == 2, where + (r["c"] + i, v)) for i, v in enumerate(u) if v or r["op"] == 2]

    def classes(self, r, p, q):
        if not self.chip.classes:
            return 0
        row = min(p, r["edge_top"]) + max(0, p - (r["rows"] - 1 - r["edge_bottom"]))
        col = min(q, r["edge_left"]) + max(0, q - (r["cols"] - 1 - r["edge_right"]))
        return row * r["class_row"] + col * r["channels"]

    def params(self, at):
        if at >= self.chip.param_words:
            self.error("ADDRESS")
            return 0, 1
        word = self.mem["params"][at]
        return signed(word >> self.chip.ramp_bits, self.chip.acc_bits), word & (1 << self.chip.ramp_bits) - 1


class Machine:
    """A configured chip. memories[core][name] is a list of rows; streamed: of every slot, the (core, first row, rows)
    of weights that come in it and are there in the next."""

    def __init__(self, chip, memories, streamed=()):
        self.chip, self.number, self.streamed = chip, 0, streamed
        self.cores = [Core(chip, m) for m in memories]

    @property
    def flags(self):
        return functools.reduce(operator.or_, (c.flags for c in self.cores))

    def deliver(self, core, port, flit, turn):
        """A flit of a turn comes into a router (from the core itself: CORE); True when it reaches the host."""
        if not self.chip.mesh:
            if flit[0] >= self.chip.buffers:
                self.cores[0].error("FLOW")
            else:
                self.cores[0].put(flit[0], *flit[1:], turn)
            return False
        entry = self.cores[core].mem["flows"][flit[0]] if flit[0] < self.chip.flows else 0
        if not entry & 31:
            self.cores[core].error("FLOW")
        if entry >> CORE & 1:
            self.take(core, entry >> 5, flit, turn)
        x, y = core % self.chip.cores_x, core // self.chip.cores_x
        host = False
        for port, (dx, dy) in enumerate(((0, -1), (1, 0), (0, 1), (-1, 0))):
            if not entry >> port & 1:
                continue
            if port == WEST and core == 0:
                host = True
                continue
            assert 0 <= x + dx < self.chip.cores_x and 0 <= y + dy < self.chip.cores_y, "a route leaves the mesh"
            host |= self.deliver(core + dx + dy * self.chip.cores_x, port ^ 2, flit, turn)
        return host

    def take(self, core, buffer, flit, turn):
        if buffer >= self.chip.buffers:
            self.cores[core].error("FLOW")
        else:
            self.cores[core].put(buffer, *flit[1:], turn)

    def run(self, flits, rng):
        """One turn: for every slot the flits of every core in their order, and the host's flits of every flow.
        `rng` orders what a slot leaves open: a program that depends on it is wrong."""
        slots, host, ended = [], {}, False
        while not ended:
            order = list(range(len(self.cores))) + ([-1] if not slots else [])
            rng.shuffle(order)
            trace = [[] for _ in self.cores]
            for n in order:
                if n < 0:
                    self.feed(flits, self.number)
                else:
                    trace[n] = self.slot(n, host, self.number)
            for core, first, rows in self.streamed[len(slots)] if self.streamed else ():
                self.cores[core].mem["weights"][first:first + len(rows)] = rows
            slots.append(trace)
            ended = self.cores[0].ended
            assert all(c.ended == ended for c in self.cores)
        self.number += 1
        return slots, host

    def run_early(self, inputs, rng):
        """Turns with EARLY: what `run` gives of each. Cores and host begin their next one whenever they may, in any order."""
        turns, begun, ended = [([[[] for _ in self.cores]], {}) for _ in inputs], [0] * (len(self.cores) + 1), 0
        while ended < len(inputs):
            host = begun[-1]  # turns whose input has ended: the next one has been started when it may be
            may = [n for n, k in enumerate(begun) if k < len(inputs) and k <= min(host, ended + 1)]
            n = rng.choice(may)
            slots, to_host = turns[begun[n]]
            if n == len(self.cores):
                self.feed(inputs[host], self.number + host)
            else:
                slots[0][n] = self.slot(n, to_host, self.number + begun[n])
            begun[n] += 1
            ended += min(begun) > ended
        self.number += len(inputs)
        return turns

    def feed(self, flits, turn):
        for f in flits:
            self.deliver(0, WEST, self.chip.unflit(f), turn)

    def slot(self, n, host, turn):
        core, trace = self.cores[n], []
        lists, pooled = core.scan(turn)
        for is_sum, (flow, y, x, c, value) in core.fire(core.walk(lists), pooled):
            parts = self.chip.sum(flow, y, x, c, value, turn) if is_sum else [self.chip.flit(flow, y, x, c, value, turn)]
            for part in parts:
                trace.append(part)
                core.sent += 1
                if is_sum and not self.chip.mesh or self.deliver(n, CORE, self.chip.unflit(part), turn):
                    host.setdefault(flow, []).append(part)
        return trace
