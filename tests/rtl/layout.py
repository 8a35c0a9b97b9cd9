# SPDX-License-Identifier: Apache-2.0
#
# Lays a network out for a chip by docs/core.md alone: cuts populations into tasks, gives them cores and slots, and
# makes programs, buffers, tables, flows, weights and parameters. What a chip may choose (memories, widths) comes out
# just large enough.

import collections
import random

from machine import Chip, address, bits_for, ceil_div, crc32, pack, word_bits

WORD = 16

# A block of a part on a core: rows first .. first + count, columns, channels, relative to the part.
Task = collections.namedtuple("Task", "pop part core rows cols chans")
# Runs of a source that a segment reads: of kernel rows (first, step, count), of columns, channels first, count.
Piece = collections.namedtuple("Piece", "source rows cols first n")


def cuts(rng, n, most, unit=1):
    """0 .. n in at most `most` pieces, multiples of `unit` but the last."""
    step = ceil_div(ceil_div(n, unit), rng.randint(1, most)) * unit
    return [(a, min(step, n - a)) for a in range(0, n, step)]


class Frame:
    """What a core keeps of a population: rows, columns and channels [least, most) that its tasks read, pads
    included; where it lies: element(y, x, c)."""

    def __init__(self, pop):
        self.pop, self.aligned, self.delay, self.banks = pop, False, 0, 0
        self.box = [[1 << 20, -(1 << 20)] for _ in range(3)]

    def need(self, *ranges):
        self.box = [[min(a, c), max(b, d)] for (a, b), (c, d) in zip(self.box, ranges)]

    def place(self, rng, base):
        """Takes elements from base on; gives the first behind them."""
        (y0, y1), (x0, x1), (c0, c1) = self.box
        if self.aligned:
            c0 = self.box[2][0] = c0 // WORD * WORD
        slack = rng.choice([0, 0, 1, 3])
        self.pitch_x = ceil_div(c1 - c0, WORD) * WORD if self.aligned else c1 - c0 + slack
        self.pitch_y = (x1 - x0) * self.pitch_x + (WORD if self.aligned else 1) * rng.choice([0, 0, slack])
        self.base = ceil_div(base, WORD) * WORD if self.aligned else base
        return self.base + (y1 - y0) * self.pitch_y

    def element(self, y, x, c):
        return (self.base + (y - self.box[0][0]) * self.pitch_y + (x - self.box[1][0]) * self.pitch_x
                + c - self.box[2][0])


class CorePlan:
    def __init__(self):
        self.frames = {}  # population: Frame
        self.programs = [[], [], []]  # words
        self.weights, self.params, self.rows, self.cols = [], [], [], []
        self.buffers, self.tasks, self.longest = {}, [], 0
        self.regions = []  # [base, rows, slot that reads them last] of weight rows that are streamed


class Layout:
    """In: the network, what the chip can do. Out: chip, memories[core][name], tasks of every core in their order,
    flow of every (population, core); `slots`; `streamed`: of every slot (core, first row, rows) that come in it."""

    def __init__(self, rng, can, pops, spare=False, early=False):
        self.rng, self.can, self.pops, self.spare, self.early = rng, can, pops, spare, early
        self.cores = [CorePlan() for _ in range(can.cores)]
        self.slots = self.give_slots()
        self.choice = random.Random(can.stream_seed)  # of what is streamed: a chip without it is the same otherwise
        self.streamed = [[] for _ in range(self.slots)]
        self.reused = False
        for pop in pops:
            for part in pop.parts:
                self.cut(pop, part)
        for core in self.cores:
            rng.shuffle(core.tasks)
            core.tasks.sort(key=lambda t: t.pop.slot)
        self.act_words = self.place_frames()
        self.give_flows()
        for core in self.cores:
            self.make_buffers(core)
            for slot in range(self.slots):
                for task in [t for t in core.tasks if t.pop.slot == slot]:
                    self.program(core, task)
                end = {"op": 0, "sample_end": int(slot == self.slots - 1)}
                for program, kind in zip(core.programs, ("SCAN", "WALK", "FIRE")):
                    program += pack(kind, **end)
        self.chip = self.make_chip()
        self.memories = [self.fill(core, n) for n, core in enumerate(self.cores)]

    # --- where and when

    def give_slots(self):
        """A slot behind the sources of the same stage: all populations in one stage, each in a stage of its own and
        all in one slot, or both. For EARLY in one slot, and what is read was made two stages before or more."""
        mode = "early" if self.early else "slots" if self.spare else self.rng.choice(["slots", "slots", "pipeline", "mixed"])
        more = [0] if mode in ("pipeline", "early") else [0, 0, 0, 0, 1]
        steps = {"slots": [0], "pipeline": [1], "mixed": [0, 1, 1, 2], "early": [2, 2, 2, 3]}[mode]
        for p in self.pops:
            p.stage = p.slot = 0
            if p.parts:
                p.stage = max(s.stage for s in p.sources) + self.rng.choice(steps)
                behind = [s.slot + 1 for s in p.sources if s.stage == p.stage]
                p.slot = max(behind + [0]) + self.rng.choice(more)
                assert all(p.stage - s.stage < 8 - self.early for s in p.sources), "delay = %d" % p.stage
        return max(p.slot for p in self.pops) + 1 + self.rng.choice(more)

    def cut(self, pop, part):
        pool, most = part.op != "linear", max(2, self.can.cores)
        share = [self.rng.choice([1, most]) for _ in range(3)] if self.rng.random() < 0.8 else [1] * 3
        for rows in cuts(self.rng, part.h, share[0]):
            for cols in cuts(self.rng, part.w, share[1]):
                for chans in cuts(self.rng, part.n, share[2], WORD if pool else 1):
                    core = self.cores[self.rng.randrange(self.can.cores)]
                    task = Task(pop, part, core, rows, cols, chans)
                    core.tasks.append(task)
                    for s in part.sources:
                        frame = core.frames.setdefault(s.src, Frame(s.src))
                        frame.aligned |= pool
                        frame.delay = max(frame.delay, pop.stage - s.src.stage)
                        frame.need(span(s.rows, rows), span(s.cols, cols), channels(task, s))

    def place_frames(self):
        """Frames of as many copies one behind the other, then each such group where none of its copies lies on
        another: no word has values of two kinds. Gives the words of a chip that has just enough of them."""
        for core in self.cores:
            self.give_banks(core)
        groups = [self.group(core, banks) for core in self.cores for banks in (3, 2, 1, 0)]
        for bits in range(1, 17):
            places = [place_groups(self.rng, groups[i:i + 4], bits) for i in range(0, len(groups), 4)]
            words = max([(3 << bits) // 4 + 1] + [p[1] for p in places]) if all(places) else 0
            if words and word_bits(words) == bits:
                for (frames, _, _), at in zip(groups, [at for starts, _ in places for at in starts]):
                    for frame in frames:
                        frame.base += at * WORD
                return words
        raise AssertionError("act_words = %d" % words)

    def group(self, core, banks):
        """Frames of 2^banks copies, and how many words they take."""
        frames = [f for f in core.frames.values() if f.banks == banks]
        self.rng.shuffle(frames)
        at = self.rng.randint(0, 20) if frames else 0
        for frame in frames:
            at = frame.place(self.rng, at + self.rng.choice([0, 0, 1, 40]))
        return frames, ceil_div(at, WORD), banks

    def give_banks(self, core):
        """The longest delay is below the copies, with EARLY two below; now and then there are more than that takes."""
        for frame in core.frames.values():
            frame.banks = min(3, (frame.delay + self.early).bit_length() + (0 if self.spare else self.rng.choice([0] * 9 + [1, 2])))

    def give_flows(self):
        """Numbers for (population, core that makes it or None); on one core those of values number buffers."""
        makers = [(p, None) for p in self.pops if not p.parts]
        makers += sorted({(p, n) for n, c in enumerate(self.cores) for p in [t.pop for t in c.tasks]},
                         key=lambda m: (self.pops.index(m[0]), m[1]))
        count = max(2, len(makers) + self.rng.randint(0, 3) + self.spare)
        numbers = self.rng.sample(range(count), len(makers))
        self.flow, self.flows = dict(zip(makers, numbers)), count

    # --- a core's memories

    def make_buffers(self, core):
        kept = list(core.frames)
        numbers = self.rng.sample(range(len(kept) + 2), len(kept))
        for pop, number in zip(kept, numbers):
            if not self.can.mesh:
                number = self.flow[pop, 0 if pop.parts else None]
            frame = core.frames[pop]
            (y0, y1), (x0, x1), (c0, c1) = frame.box
            c1 = min(c1, pop.c)
            row_base, col_base, rows, cols = frame.base & 0xffff, frame.base >> 16, 0, 0
            if self.can.conv:
                lines = [frame.element(y, x0, c0) if y0 <= y < y1 else None for y in range(pop.h)]
                places = [(x - x0) * frame.pitch_x if x0 <= x < x1 else None for x in range(pop.w)]
                row_base, col_base = self.table(core.rows, lines), self.table(core.cols, places)
                rows, cols = pop.h, pop.w
            words = pack("KEEP", row_base=row_base, col_base=col_base, rows=rows, cols=cols, c=c0, channels=c1 - c0,
                         top=pop.top, banks=frame.banks, part=int(c0 > 0 or c1 < pop.c))
            core.buffers[number] = sum(w << 32 * i for i, w in enumerate(words))
            frame.number = number

    def table(self, table, places):
        table += [self.rng.choice([0, 1 << 31])] * self.rng.choice([0, 0, 1])  # of nobody
        table += [self.rng.randrange(WORD) if p is None else 1 << 31 | p for p in places]
        return len(table) - len(places)

    def program(self, core, task):
        if task.part.op != "linear":
            segment = self.segment(core, task, Piece(*pool_piece(task)), *(task.rows + task.cols))
            core.programs[0] += pack("SCAN", op=2 if task.part.op == "max" else 3, segments=1, rows=task.rows[1],
                                     cols=task.cols[1]) + segment
            core.programs[2] += self.fire(core, task, 3)
            return
        passes = self.passes(task)
        longest = max(sum(map(size, p)) for p in passes)
        core.longest = max(core.longest, longest)
        bases = [self.weights(core, task, pieces) for pieces in passes]
        if len(passes) == 1:
            self.lists(core, task, passes[0], task.rows, task.cols)
            self.walk(core, task, passes[0], bases[0], lists=task.rows[1] * task.cols[1], groups=self.groups(task))
        else:
            self.in_passes(core, task, passes, bases)
        core.programs[2] += self.fire(core, task, 1 if task.pop.top else 2)

    def groups(self, task):
        return ceil_div(task.chans[1], self.can.lanes)

    def in_passes(self, core, task, passes, bases):
        for r in range(task.rows[1]):
            for q in range(task.cols[1]):
                for g in range(self.groups(task)):
                    for pieces, base in zip(passes, bases):
                        self.lists(core, task, pieces, (task.rows[0] + r, 1), (task.cols[0] + q, 1))
                        self.walk(core, task, pieces, base + g * sum(map(size, pieces)), lists=1, groups=1,
                                  more=int(pieces is not passes[-1]))

    def lists(self, core, task, pieces, rows, cols):
        core.programs[0] += pack("SCAN", op=1, segments=len(pieces), rows=rows[1], cols=cols[1])
        for piece in pieces:
            core.programs[0] += self.segment(core, task, piece, *(rows + cols))

    def walk(self, core, task, pieces, base, **fields):
        top = max(p.source.src.top for p in pieces)
        core.programs[1] += pack("WALK", op=1, top=self.rng.choice([top, self.can.top]), weight_base=base,
                                 group_rows=sum(map(size, pieces)), **fields)

    def segment(self, core, task, piece, row, rows, col, cols):
        s, frame = piece.source, core.frames[piece.source.src]
        step_y, step_x = s.rows.step * frame.pitch_y, s.cols.step * frame.pitch_x
        base = frame.element(row * s.rows.stride - s.rows.pad, col * s.cols.stride - s.cols.pad, piece.first)
        fields = dict(base=base + piece.rows[0] * step_y + piece.cols[0] * step_x, length=piece.n,
                      ny=piece.rows[2], nx=piece.cols[2], row_step=piece.rows[1] * step_y,
                      run_step=piece.cols[1] * step_x, row_stride=s.rows.stride * frame.pitch_y,
                      col_stride=s.cols.stride * frame.pitch_x, banks=frame.banks,
                      delay=task.pop.stage - s.src.stage)
        if task.part.op == "linear":
            self.join(fields, "nx", "run_step")
            if fields["nx"] == 1:
                self.join(fields, "ny", "row_step")
        for count, step in (("ny", "row_step"), ("nx", "run_step")):  # steps that nobody takes
            if fields[count] == 1 and self.rng.random() < 0.5:
                fields[step] = 0
        if rows == 1 and cols == 1 and self.rng.random() < 0.5:
            fields.update(row_stride=0, col_stride=0)
        return pack("SEGMENT", **fields)

    def join(self, fields, count, step):
        """Runs that follow one another are one run."""
        must = not self.can.conv
        if fields[count] > 1 and fields[step] == fields["length"] and (must or self.rng.random() < 0.5):
            fields["length"] *= fields[count]
            fields[count] = 1

    def passes(self, task):
        """The pieces of every list; several when it would be too long, or have too many segments."""
        limit = max(1, self.can.list_limit)
        passes = [[]]
        for s in task.part.sources:
            for piece in pieces_of(self.rng, s, limit):
                room = limit - sum(map(size, passes[-1]))
                if passes[-1] and (size(piece) > room or len(passes[-1]) == self.can.segments):
                    passes.append([])
                passes[-1].append(piece)
        return passes

    def weights(self, core, task, pieces):
        """Rows of all groups; gives the first. Lanes without a channel hold anything."""
        index = {t: n for n, t in enumerate(task.part.taps())}
        taps = [index[t] for piece in pieces for t in taps_of(piece)]
        core.weights += [None] * self.rng.choice([0, 0, 1])
        found, lanes, bits = [], self.can.lanes, self.can.weight_bits
        first, n = task.chans
        for g in range(self.groups(task)):
            for tap in taps:
                row = [task.part.weights[first + i][tap] if i < n else self.rng.getrandbits(bits)
                       for i in range(g * lanes, (g + 1) * lanes)]
                found.append(sum((w & (1 << bits) - 1) << i * bits for i, w in enumerate(row)))
        return self.put_weights(core, task.pop.slot, found)

    def put_weights(self, core, slot, rows):
        """Where rows lie that a slot reads: configured, or streamed in the slot before, over what none reads then."""
        if not self.can.stream or slot == 0 or self.choice.random() < 0.4:
            core.weights += rows
            return len(core.weights) - len(rows)
        fits = [r for r in core.regions if r[1] >= len(rows) and r[2] < slot - 1]
        if fits:
            region, self.reused = self.choice.choice(fits), True
        else:
            region = [len(core.weights), len(rows), 0]
            core.regions.append(region)
            core.weights += [None] * len(rows)
        region[2] = slot
        self.streamed[slot - 1].append((self.cores.index(core), region[0], rows))
        return region[0]

    def memory(self):
        """The words behind the chip's port: a section a slot."""
        return [w for blocks in self.streamed for w in self.section(blocks)]

    def section(self, blocks):
        words, weights = [], self.chip.memories()["weights"]
        for core, first, rows in blocks:
            data = [[row >> 32 * c & 0xffffffff for c in range(weights.chunks)] for row in rows]
            if weights.chunks == 1 << weights.chunk_bits:  # the words of rows follow one another
                data = [[w for row in data for w in row]]
            for i, part in enumerate(data):
                words += [address(core, weights, first + i), len(part)] + part
        words = [len(words)] + words
        return words + [crc32(words)]

    def fire(self, core, task, op):
        (row, rows), (col, cols), (first, n) = task.rows, task.cols, task.chans
        part = task.part
        fields = dict(op=op, top=task.pop.top, channels=n, flow=self.flow[task.pop, self.cores.index(core)],
                      rows=rows, cols=cols, y=part.y + row, x=part.x + col, c=part.c + first)
        if op != 3:
            row_class, col_class = (c[a:a + k] for c, a, k in ((part.row_class, row, rows), (part.col_class, col, cols)))
            fields["edge_top"], fields["edge_bottom"], row_index = self.edges(row_class)
            fields["edge_left"], fields["edge_right"], col_index = self.edges(col_class)
            fields["class_row"] = (col_index[-1] + 1) * n + self.rng.choice([0, 0, 1])
            core.params += [None] * self.rng.choice([0, 0, 2])
            base = fields["param_base"] = len(core.params)
            core.params += [None] * (row_index[-1] * fields["class_row"] + (col_index[-1] + 1) * n)
            for r, rc in zip(row_index, row_class):
                for q, qc in zip(col_index, col_class):
                    at = base + r * fields["class_row"] + q * n
                    core.params[at:at + n] = [part.params[rc, qc, first + i] for i in range(n)]
            if row_index[-1] == 0 and self.rng.random() < 0.5:
                fields["class_row"] = 0
        return pack("FIRE", **fields)

    def edges(self, classes):
        """How many rows of these are a class of their own at either end, and the class of each."""
        n = len(classes)
        top = bottom = 0
        if self.can.classes:
            while top < n - 1 and classes[top] != classes[top + 1]:
                top += 1
            while bottom < n - 1 - top and classes[n - 1 - bottom] != classes[n - 2 - bottom]:
                bottom += 1
            top += self.rng.choice([0, 0, 1]) if top + bottom < n - 1 else 0
        return top, bottom, [min(r, top) + max(0, r - (n - 1 - bottom)) for r in range(n)]

    # --- the chip

    def make_chip(self):
        can, pops, cores = self.can, self.pops, self.cores
        slope, acc, ramp = widths([part for p in pops for part in p.parts if part.op == "linear"])
        values = dict(can.values, list_entries=max([2] + [c.longest for c in cores]))
        values["slope_bits"] = max(4, can.weight_bits, slope)
        values["acc_bits"] = max(values["slope_bits"], acc, ramp + 1, can.value_bits)
        values["ramp_bits"] = ramp
        values["c_bits"], values["y_bits"], values["x_bits"] = (
            bits_for(max(getattr(p, a) for p in pops)) for a in "chw")
        values["act_words"] = self.act_words
        for name in ("weights", "params", "rows"):
            values[{"weights": "weight_rows", "params": "param_words", "rows": "table_words"}[name]] = max(
                [2] + [len(getattr(c, name)) for c in cores] + [len(c.cols) for c in cores if name == "rows"])
        values["program_words"] = max([16] + [3 + sum(map(len, c.programs)) for c in cores])
        values["buffers"] = max([2] + [n + 1 for c in cores for n in c.buffers])
        if self.spare:
            enlarge(values)
        self.flows = values["flows"] = max(self.flows, values["buffers"] + self.spare)
        chip = Chip(**values)
        chip.check()
        return chip

    def fill(self, core, n):
        """Rows of every memory; None where the chip needs nothing."""
        starts, program = [], []
        for words in core.programs:
            starts.append(3 + len(program))
            program += words
        ramp = self.chip.ramp_bits
        params = [None if p is None else (p[0] & (1 << self.chip.acc_bits) - 1) << ramp | p[1] for p in core.params]
        rows = {"program": starts + program, "weights": core.weights, "params": params, "rows": core.rows,
                "cols": core.cols, "buffers": [core.buffers.get(i) for i in range(self.chip.buffers)]}
        if self.chip.mesh:
            rows["flows"] = [None] * self.flows
            for (pop, maker), flow in self.flow.items():
                rows["flows"][flow] = self.route(pop, maker or 0, n, core)
        return {name: rows[name] + [None] * (m.rows - len(rows[name])) for name, m in self.chip.memories().items()}

    def route(self, pop, maker, here, core):
        """The flow table's word at `here`: every target's way, in x first, then in y."""
        ports, width = set(), self.chip.cores_x
        targets = [n for n, c in enumerate(self.cores) if pop in c.frames]
        for target in targets + [0] * (pop.top == 0):
            at = maker
            while at != here and at != target:
                at = step(at, target, width)[0]
            if at == here:
                ports.add(step(at, target, width)[1] if at != target else 3 if pop.top == 0 else 4)
        buffer = core.frames[pop].number if pop in core.frames else 0
        return sum(1 << p for p in ports) | buffer << 5


def place_groups(rng, groups, bits):
    """(words where groups of frames begin, the first word behind all copies) where banks have 2^bits words, and the
    memory half as many more; None when there is not enough room. A group is (frames, words, banks); it may begin in
    any of its copies."""
    used, starts = set(), []
    for _, words, banks in groups:
        stride = 1 << bits >> banks if banks else (3 << bits) // 2
        behind = rng.choice([0, 0, 1 << bits]) if not banks and words <= 1 << bits >> 1 else 0
        for start in [*range(behind, max(0, stride - words) + 1), *range(behind)]:
            taken = {start + i + copy * stride for i in range(words) for copy in range(1 << banks)}
            if words <= stride and not taken & used:
                break
        else:
            return None
        used |= taken
        starts.append(start + rng.randrange(1 << banks) * stride)
    return starts, max(used | {1}) + 1


def enlarge(values):
    """Makes room for ids, elements, buffers and weight rows that are not there, and for sums of any list."""
    for name in ("c_bits", "y_bits", "x_bits"):
        values[name] += 1
    values["act_words"] = (1 << bits_for(values["act_words"])) + 1
    values["buffers"] |= 1 << bits_for(values["buffers"]) - 1 | 1
    values["buffers"] += values["buffers"] & values["buffers"] + 1 == 0 and 2
    values["table_words"] = (1 << bits_for(values["table_words"])) + 1
    values["weight_rows"] += values["list_entries"] + 1
    values["slope_bits"], values["acc_bits"] = 24, 32


def step(at, target, width):
    """The next core on the way and the port that leads there."""
    (y, x), (ty, tx) = divmod(at, width), divmod(target, width)
    if x != tx:
        return (at + 1, 1) if tx > x else (at - 1, 3)
    return (at + width, 2) if ty > y else (at - width, 0)


def span(axis, block):
    """Rows or columns of a source that a block of a part's reads, pads included."""
    first = block[0] * axis.stride - axis.pad
    return first, first + (block[1] - 1) * axis.stride + (axis.k - 1) * axis.step + 1


def channels(task, s):
    if task.part.op == "linear":
        return s.first, s.first + s.n
    return s.first + task.chans[0], s.first + sum(task.chans)


def pool_piece(task):
    s = task.part.sources[0]
    return s, (0, 1, s.rows.k), (0, 1, s.cols.k), s.first + task.chans[0], task.chans[1]


def size(piece):
    return piece.rows[2] * piece.cols[2] * piece.n


def taps_of(piece):
    (i0, di, ni), (j0, dj, nj) = piece.rows, piece.cols
    return [(piece.source, i0 + di * i, j0 + dj * j, c) for i in range(ni) for j in range(nj)
            for c in range(piece.first, piece.first + piece.n)]


def pieces_of(rng, s, limit):
    """A source in pieces of at most `limit` elements: whole, by rows, by runs or by channels; runs or rows of a
    piece may be read backwards."""
    def way(k):
        return (0, 1, k) if rng.random() < 0.8 else (k - 1, -1, k)

    if s.rows.k * s.cols.k * s.n <= limit and rng.random() < 0.9:
        return [Piece(s, way(s.rows.k), way(s.cols.k), s.first, s.n)]
    if s.cols.k * s.n <= limit and rng.random() < 0.7:
        return [Piece(s, (i, 1, 1), way(s.cols.k), s.first, s.n) for i in range(s.rows.k)]
    n = min(limit, s.n)
    return [Piece(s, (i, 1, 1), (j, 1, 1), c, min(n, s.first + s.n - c)) for i in range(s.rows.k)
            for j in range(s.cols.k) for c in range(s.first, s.first + s.n, n)]


def widths(parts):
    """Signed bits of slopes and potentials that hold whatever the values are; bits of the ramps."""
    slopes, sums, ramps = [0], [0], [1]
    for part in parts:
        for i in range(part.n):
            for sign in (1, -1):
                reach = [(max(0, sign * w), s.src.top) for w, (s, _, _, _) in zip(part.weights[i], part.taps())]
                slope, v = sum(w for w, _ in reach), sum(w * t for w, t in reach)
                biases = [0] + [sign * b for (_, _, c), (b, _) in part.params.items() if c == i]
                slopes.append(slope if sign > 0 else -slope)
                sums += [x if sign > 0 else -x for x in [v] + [v + b for b in biases]]
        ramps += [r for _, r in part.params.values()]
    bits = lambda values: max(v.bit_length() if v >= 0 else (-v - 1).bit_length() for v in values) + 1  # noqa: E731
    return bits(slopes), bits(sums), max(ramps).bit_length()
