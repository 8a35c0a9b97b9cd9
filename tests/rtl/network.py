# SPDX-License-Identifier: Apache-2.0
#
# Random small networks, and what they compute by the closed form y = clamp(floor(U / R), 0, T). Nothing here knows
# of chips, but that a network draws from what a chip can do (`can`: lanes, weight_bits, value_bits, conv, pool,
# classes).

import collections

# A source of a part: channels first .. first + n of population `src` under a kernel; of rows and of columns
# (kernel, stride, dilation, pad).
Source = collections.namedtuple("Source", "src first n rows cols")
Axis = collections.namedtuple("Axis", "k stride step pad")


class Population:
    """c x h x w values of 0 .. top, or sums (top 0). Who lays it out gives it a stage and a slot."""

    def __init__(self, c, h, w, top):
        self.c, self.h, self.w, self.top = c, h, w, top
        self.parts, self.readers, self.stage, self.slot = [], 0, 0, 0

    size = property(lambda s: s.c * s.h * s.w)
    sources = property(lambda s: {r.src: None for part in s.parts for r in part.sources})  # in their order


class Part:
    """A block of a population that one op computes: origin (y, x, c), extent (h, w, n). linear: weights[i][tap],
    a bias and a ramp of every class of rows, of columns, channel. Taps: source by source, row, column, channel."""

    def __init__(self, op, origin, extent, sources):
        self.op, self.sources = op, sources
        self.y, self.x, self.c = origin
        self.h, self.w, self.n = extent
        self.row_class, self.col_class = [0] * self.h, [0] * self.w

    def taps(self):
        return [(s, i, j, c) for s in self.sources for i in range(s.rows.k) for j in range(s.cols.k)
                for c in range(s.first, s.first + s.n)]


def out_size(n, axis):
    return (n + 2 * axis.pad - axis.step * (axis.k - 1) - 1) // axis.stride + 1


def random_network(rng, can):
    tops = lambda: rng.choice([1, 2, can.top, can.top, rng.randint(1, can.top)])  # noqa: E731
    pops = []

    def add(c, h, w, top):
        pops.append(Population(c, h, w, min(top, can.top)))
        return pops[-1]

    for _ in range(rng.choice([1, 1, 1, 2])):
        if can.conv and rng.random() < 0.8:
            add(rng.choice([1, 2, 3, 16, 17]), rng.randint(2, 7), rng.randint(2, 7), tops())
        else:
            add(rng.randint(1, 40), 1, 1, tops())
    for _ in range(rng.randint(1, 4)):
        hidden(rng, can, pops, add, tops())
    for _ in range(rng.choice([1, 1, 2])):
        readout(rng, can, pops, add)
    for p in pops:  # what nobody reads yet
        if p.top and not p.readers:
            dense(rng, add(rng.randint(1, 5), 1, 1, 0), [p])
    for p in pops:
        for part in p.parts:
            if part.op == "linear":
                parameters(rng, can, p, part)
    return pops


def hidden(rng, can, pops, add, top):
    maps = [p for p in pops[-3:] if p.h * p.w > 1]
    src = rng.choice(maps if maps and rng.random() < 0.8 else pops[-2:])
    kinds = ["dense"] + (["conv"] * 3 + ["rows"] + ["pool"] * 2 * can.pool if src.h * src.w > 1 else [])
    kind = rng.choice(kinds)
    if kind == "dense":
        sources = rng.sample(pops[-3:], min(len(pops), rng.choice([1, 1, 2])))
        dense(rng, add(rng.randint(1, 24), 1, 1, top), sources)
    elif kind == "rows":
        dense(rng, add(rng.randint(1, 4), rng.randint(1, 3), rng.randint(1, 3), top), [src])
    elif kind == "pool":
        windowed(rng, can, pops, src, lambda h, w: add(src.c, h, w, src.top), rng.choice(["max", "min"]))
    else:
        windowed(rng, can, pops, src, lambda h, w: add(rng.choice([1, 3, 4, 8, 18]), h, w, top), "linear")


def readout(rng, can, pops, add):
    sources = [p for p in pops if p.top and not p.readers] or [rng.choice([p for p in pops if p.top])]
    maps = [p for p in sources if p.h * p.w > 1]
    if maps and rng.random() < 0.4:
        windowed(rng, can, pops, maps[0], lambda h, w: add(rng.randint(1, 5), h, w, 0), "linear")
    else:
        shape = (rng.randint(1, 2), rng.randint(1, 2)) if can.conv and rng.random() < 0.3 else (1, 1)
        dense(rng, add(rng.randint(1, 12), *shape, 0), sources[:rng.randint(1, 3)])


def whole(src, first=0, n=None):
    return Source(src, first, n or src.c, Axis(src.h, 1, 1, 0), Axis(src.w, 1, 1, 0))


def dense(rng, dst, sources):
    """Every position is a part of its own: its weights are its own."""
    chosen = []
    for s in sources:
        s.readers += 1
        if s.c > 3 and rng.random() < 0.3:
            first = rng.randrange(s.c - 2)
            chosen.append(whole(s, first, rng.randint(1, s.c - first)))
        else:
            chosen.append(whole(s))
    dst.parts = [Part("linear", (y, x, 0), (1, 1, dst.c), chosen) for y in range(dst.h) for x in range(dst.w)]


def axis(rng, n):
    """A window on n rows or columns that fits at least once."""
    step = rng.choice([1, 1, 1, 2])
    k = rng.randint(1, min(4, max(1, (n + step - 1) // step)))
    reach = step * (k - 1)
    return Axis(k, rng.randint(1, 3), step, rng.randint(0, min(reach, 2)))


def windowed(rng, can, pops, src, make, op):
    """A convolution or a pool; a convolution may have groups, or further sources of the same shape."""
    rows, cols, before = axis(rng, src.h), axis(rng, src.w), list(pops)
    dst = make(out_size(src.h, rows), out_size(src.w, cols))
    src.readers += 1
    extent = (dst.h, dst.w)
    if op != "linear":
        dst.parts = [Part(op, (0, 0, 0), extent + (dst.c,), [Source(src, 0, src.c, rows, cols)])]
        return
    groups = rng.choice([g for g in (1, 1, 2, 3, 4) if dst.c % g == 0 and src.c % g == 0])
    sources = [src] + [p for p in before if p.top and p is not src and (p.h, p.w) == (src.h, src.w)
                       and rng.random() < 0.5 and groups == 1][:1]
    for p in sources[1:]:
        p.readers += 1
    for g in range(groups):
        n, reads = dst.c // groups, [Source(p, g * p.c // groups, p.c // groups, rows, cols) for p in sources]
        dst.parts.append(Part(op, (0, 0, g * n), extent + (n,), reads))
    if can.classes and rng.random() < 0.6:
        for part in dst.parts:
            part.row_class, part.col_class = classes(rng, dst.h), classes(rng, dst.w)


def classes(rng, n):
    """A class of every row at the edges, one of all between."""
    first = rng.randint(0, min(2, n - 1))
    last = rng.randint(0, min(2, n - 1 - first))
    return [min(i, first) + max(0, i - (n - 1 - last)) for i in range(n)]


def parameters(rng, can, pop, part):
    """Weights, biases and ramps that spread the results over 0 .. T and beyond."""
    top = 1 << can.weight_bits - 1
    taps = part.taps()
    full, keep = rng.random() < 0.2, rng.choice([0.2, 0.6, 1.0])
    draw = (lambda: rng.choice([-top, top - 1])) if full else (lambda: rng.randint(-top, top - 1))
    part.weights = [[draw() if rng.random() < keep else 0 for _ in taps] for _ in range(part.n)]
    part.params = {}
    for i in range(part.n):
        reach = sum(abs(w) * s.src.top for w, (s, _, _, _) in zip(part.weights[i], taps)) or 1
        for key in {(r, q) for r in part.row_class for q in part.col_class}:
            ramp = rng.choice([1, reach, max(1, reach // (4 * max(1, pop.top))), rng.randint(1, reach)])
            part.params[key + (i,)] = (rng.choice([0, ramp // 2, rng.randint(-reach, reach)]), ramp)


def compute(pops, inputs):
    """inputs: samples, each a {(c, y, x): value} of every population without parts. Gives of every sample a list of
    {(c, y, x): value or sum}, zeros left out but of sums."""
    samples = []
    for given in inputs:
        values = list(given) + [None] * (len(pops) - len(given))
        for p, pop in enumerate(pops):
            if pop.parts:
                values[p] = compute_population(pop, {s: values[pops.index(s)] for s in pop.sources})
        samples.append(values)
    return samples


def compute_turns(pops, samples):
    """samples: what `compute` gives, one entering a turn. Gives the same of every turn: of the sample that entered
    `stage` turns before; before the first one what there is of populations that have no value yet."""
    turns = []
    for n in range(len(samples)):
        turns.append([])
        for p, pop in enumerate(pops):
            if n >= pop.stage:
                turns[n].append(samples[n - pop.stage][p])
                continue
            sources = {s: n - (pop.stage - s.stage) for s in pop.sources}
            turns[n].append(compute_population(
                pop, {s: turns[t][pops.index(s)] if t >= 0 else {} for s, t in sources.items()}))
    return turns


def compute_population(pop, seen):
    return {k: v for part in pop.parts for k, v in compute_part(pop, part, seen) if v or not pop.top}


def compute_part(pop, part, seen):
    for r in range(part.h):
        for q in range(part.w):
            window = [seen[s.src].get((c, r * s.rows.stride - s.rows.pad + i * s.rows.step,
                                       q * s.cols.stride - s.cols.pad + j * s.cols.step), 0)
                      for s, i, j, c in part.taps()]
            for i in range(part.n):
                key = (part.c + i, part.y + r, part.x + q)
                if part.op == "linear":
                    bias, ramp = part.params[part.row_class[r], part.col_class[q], i]
                    u = bias + sum(w * y for w, y in zip(part.weights[i], window))
                    yield key, max(0, min(u // ramp, pop.top)) if pop.top else u
                else:
                    yield key, (max if part.op == "max" else min)(window[i::part.n])
