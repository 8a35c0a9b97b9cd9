#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Chip bench: makes small random networks, lays them out for a chip by its own rules, computes every
# spike and readout by the closed form of the arithmetic, runs the chip under Icarus and compares
# traces, readouts and cycles. Each case runs configured over the port, preloaded, with a host that
# pauses, and with a rude one. Needs nothing but Python and iverilog.
#
#   chip.py BUILD-FOLDER CORES FIRST-SEED CASES [corrupt-spikes | corrupt-cycles]
#
# The latter change an expected spike or readout, or a slot's bound, in every case: they succeed when
# the same output that passes without the change is refused with it, for that neuron or slot.

import os
import random
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from make_chip_keys import read_keys  # noqa: E402


def ceil_div(a, b):
    return -(-a // b)


def field_table():
    table = {}
    for line in open(os.path.join(ROOT, "hw/fields.def")):
        m = re.match(r"TTFS_FIELD\((\w+), (\w+), (\d+), (\d+), (\d+), (\d+)", line)
        if m:
            table[m[2]] = tuple(int(m[i]) for i in range(3, 6))
    return table


def cycle_table():
    text = open(os.path.join(ROOT, "hw/cycles.def")).read()
    return {m[1]: int(m[2]) for m in re.finditer(r"^TTFS_CYCLES\((\w+), (\d+),", text, re.M)}


FIELDS = field_table()
CYCLES = cycle_table()
PARAMETERS = [k for k in read_keys() if k.verilog]


class Chip:
    def __init__(self, rng, cores):
        for key in PARAMETERS:
            setattr(self, key.member, key.default)
        self.cores = cores
        self.lanes = rng.choice([1, 2, 3, 4, 8])
        self.weight_bits = rng.choice([3, 4, 8])
        self.slope_bits = rng.choice([14, 16, 19])
        self.acc_bits = rng.choice([22, 24, 28])
        self.tick_bits = rng.choice([2, 4, 5])
        self.c_bits, self.y_bits, self.x_bits = rng.choice([(5, 4, 4), (6, 3, 5), (4, 5, 4)])
        self.slots = 8
        self.weight_rows = 4096
        self.list_words = 8192
        self.log_words = 512
        self.seen_words = 256
        self.v_rows = ceil_div(self.acc_bits, self.weight_bits)
        self.s_rows = ceil_div(self.slope_bits, self.weight_bits)
        self.drain = CYCLES["DRAIN"] + ceil_div(max(self.c_bits, self.y_bits + 1), CYCLES["DIGIT_BITS"])


class Pop:
    """A population: shape (c, h, w), flat when h = w = 1 and it says so; ticks 0 for a readout."""

    def __init__(self, c, h, w, flat, ticks):
        self.c, self.h, self.w, self.flat, self.ticks = c, h, w, flat, ticks
        self.size = c * h * w

    def id(self, chip, c, y, x):
        return c if self.flat else (c << chip.y_bits | y) << chip.x_bits | x

    def neurons(self):
        return [(c, y, x) for c in range(self.c) for y in range(self.h) for x in range(self.w)]


class Layer:
    """Computes population `dst` from `src`: op linear or pool, kernel, stride, padding."""

    def __init__(self, op, src, dst, k, s, pad):
        self.op, self.src, self.dst = op, src, dst
        (self.kh, self.kw), (self.sy, self.sx), (self.py, self.px) = k, s, pad
        self.band = self.patch = False


def out_size(n, k, s, p):
    return (n + 2 * p - k) // s + 1


def random_net(rng, chip):
    """Input, then up to five layers; the last is mostly a readout."""
    top = 2 ** chip.tick_bits - 1

    def ticks():
        return rng.choice([1, 2, top, top, rng.randint(1, top)])

    if rng.random() < 0.25:
        pops = [Pop(rng.randint(1, 40), 1, 1, True, ticks())]
    else:
        pops = [Pop(rng.randint(1, 3), rng.randint(2, 7), rng.randint(2, 7), False, ticks())]
    layers = []
    for _ in range(rng.randint(1, 4)):
        src = pops[-1]
        kind = rng.choice(["dense"] if src.flat else ["conv", "conv", "pool", "dense"])
        if kind == "dense":
            dst = Pop(rng.randint(1, 20), 1, 1, True, ticks())
            layer = Layer("linear", src, dst, (src.h, src.w), (1, 1), (0, 0))
        else:
            kh, kw = rng.randint(1, min(4, src.h)), rng.randint(1, min(4, src.w))
            sy, sx = rng.randint(1, 3), rng.randint(1, 3)
            py, px = rng.randint(0, kh - 1), rng.randint(0, kw - 1)
            h, w = out_size(src.h, kh, sy, py), out_size(src.w, kw, sx, px)
            c = rng.randint(1, 9) if kind == "conv" else src.c
            if c * h * w > chip.log_words or kind == "pool" and c * h * w > chip.seen_words:
                continue
            if h >= 2 ** chip.y_bits or w >= 2 ** chip.x_bits or c > 2 ** chip.c_bits:
                continue
            dst = Pop(c, h, w, False, src.ticks if kind == "pool" else ticks())
            layer = Layer("linear" if kind == "conv" else "pool", src, dst, (kh, kw), (sy, sx), (py, px))
            layer.band, layer.patch = rng.random() < 0.5, rng.random() < 0.5
        layers.append(layer)
        pops.append(dst)
    src = pops[-1]
    if rng.random() < 0.8 or not layers:
        dst = Pop(rng.randint(1, 12), 1, 1, True, 0)
        layer = Layer("linear", src, dst, (src.h, src.w), (1, 1), (0, 0))
        layers.append(layer)
        pops.append(dst)
    for layer in layers:
        if layer.op == "linear":
            random_parameters(rng, chip, layer)
    return pops, layers


def random_parameters(rng, chip, layer):
    """Weights, ramps and biases that use the range and do not wrap: |S| and |V| stay inside."""
    top = 2 ** (chip.weight_bits - 1)
    src, dst = layer.src, layer.dst
    full = rng.random() < 0.3
    keep = 1.0 if full else rng.choice([0.2, 0.6, 1.0])
    layer.w = {}
    for c in range(dst.c):
        for i in range(src.c):
            for dy in range(layer.kh):
                for dx in range(layer.kw):
                    w = rng.choice([-top, top - 1]) if full else rng.randint(-top, top - 1)
                    layer.w[c, i, dy, dx] = w if rng.random() < keep else 0
    taps = src.c * layer.kh * layer.kw
    reach = taps * top
    assert reach < 2 ** (chip.slope_bits - 1), "slope"
    layer.r, layer.b = [], []
    t = max(dst.ticks, 1)
    room = 2 ** (chip.acc_bits - 1) - 1 - reach * src.ticks
    assert room > 0, "accumulator"
    for c in range(dst.c):
        most = min(2 ** (chip.slope_bits - 1) - 1, max(1, room // (2 * t)))
        r = rng.choice([1, most, max(1, min(most, reach * src.ticks // (4 * t) + rng.randint(0, 40)))])
        span = min(room - r * t, 4 * r * t)
        layer.r.append(r)
        layer.b.append(rng.choice([0, r // 2, rng.randint(-max(span, 0), max(span, 0))]))


def compute(layer, times):
    """times: {neuron: tick} of the source; gives those of dst, or the readout {channel: value}."""
    src, dst = layer.src, layer.dst
    out = {}
    for c, y, x in dst.neurons():
        y0, x0 = y * layer.sy - layer.py, x * layer.sx - layer.px
        window = [(dy, dx) for dy in range(layer.kh) for dx in range(layer.kw)]
        if layer.op == "pool":
            seen = [times[k] for k in ((c, y0 + dy, x0 + dx) for dy, dx in window) if k in times]
            if seen:
                out[c, y, x] = min(seen)
            continue
        u = layer.b[c]
        for i in range(src.c):
            for dy, dx in window:
                at = times.get((i, y0 + dy, x0 + dx))
                if at is not None:
                    u += layer.w[c, i, dy, dx] * (src.ticks - at)
        if dst.ticks == 0:
            out[c, y, x] = u
        else:
            v = min(max(u // layer.r[c], 0), dst.ticks)
            if v > 0:
                out[c, y, x] = dst.ticks - v
    return out


class Core:
    def __init__(self):
        self.desc = {}
        self.rows = []
        self.slices = {}


def split(n, parts, rng):
    """Cuts 0..n into at most `parts` pieces."""
    if rng.random() < 0.2:
        parts = 1
    step = ceil_div(n, parts)
    return [(a, min(step, n - a)) for a in range(0, n, step)]


def lay_out(rng, chip, pops, layers):
    """Slot s computes layer s - 1. A core logs and sorts what its next slot reads, else it idles."""
    cores = [Core() for _ in range(chip.cores)]
    bases, at = [], rng.randint(0, 5)
    for p in pops:
        bases.append(at)
        at += p.size + p.ticks
    scratch = at + chip.list_words // 4
    assert scratch + chip.list_words // 4 < chip.list_words
    for slot in range(len(layers) + 1):
        pop = pops[slot]
        cuts = []
        if slot > 0:
            layer = layers[slot - 1]
            by_row = layer.op == "linear" and pop.h > 1 and rng.random() < 0.5
            cuts = split(pop.h if by_row else pop.c, chip.cores, rng)
        for n, core in enumerate(cores):
            core.desc[slot] = d = dict(last=int(slot == len(layers)))
            if n < len(cuts):
                core.desc[slot - 1]["listen"] = 1
                d.update(seal=1, seal_ticks=pops[slot - 1].ticks, seal_base=bases[slot - 1])
                first, count = cuts[n]
                ch = (0, pop.c) if by_row else (first, count)
                rows = (first, count) if by_row else (0, pop.h)
                d.update(place(chip, core, layer, ch, rows, bases[slot - 1], scratch))
                core.slices[slot] = (layer, ch, rows)
    return cores


def place(chip, core, layer, ch, rows, src_base, scratch):
    src, dst = layer.src, layer.dst
    pool = layer.op == "pool"
    groups = ceil_div(ch[1], chip.lanes)
    d = dict(op=2 if pool else 1, readout=int(dst.ticks == 0), src_flat=int(src.flat),
             dst_flat=int(dst.flat), band=int(layer.band and not pool),
             patch=int(layer.patch and not pool), src_ticks=src.ticks, dst_ticks=dst.ticks,
             src_base=src_base, band_base=scratch, patch_base=scratch + chip.list_words // 8,
             groups=groups, channels=ch[1], ch_first=ch[0], oy_first=rows[0], oy_count=rows[1],
             ox_count=dst.w, kh=layer.kh, kw=layer.kw, sy=layer.sy, sx=layer.sx,
             y_start=rows[0] * layer.sy - layer.py, x_start=-layer.px)
    if pool:
        d.update(row_c=dst.h * dst.w, row_y=dst.w, pool_qy=layer.py // layer.sy,
                 pool_ry=layer.py % layer.sy, pool_qx=layer.px // layer.sx, pool_rx=layer.px % layer.sx)
        return d
    taps = [(i, dy, dx) for i in range(src.c) for dy in range(layer.kh) for dx in range(layer.kw)]
    d.update(row_c=0 if src.flat else layer.kh * layer.kw, row_y=0 if src.flat else layer.kw,
             group_rows=len(taps), weight_base=len(core.rows))
    lanes = [[c if c < ch[0] + ch[1] else None for c in range(a, a + chip.lanes)]
             for a in range(ch[0], ch[0] + ch[1], chip.lanes)]
    for group in lanes:
        core.rows += [[0 if c is None else layer.w[(c,) + t] for c in group] for t in taps]
    d["param_base"] = len(core.rows)
    for group in lanes:
        v = [0 if c is None else layer.b[c] - layer.r[c] * dst.ticks for c in group]
        r = [5 if c is None else layer.r[c] for c in group]
        core.rows += [[a >> j * chip.weight_bits for a in v] for j in range(chip.v_rows)]
        core.rows += [[a >> j * chip.weight_bits for a in r] for j in range(chip.s_rows)]
    assert len(core.rows) <= chip.weight_rows
    return d


def descriptor_words(d):
    words = [0] * 20
    for name, value in d.items():
        word, lsb, width = FIELDS[name]
        words[word] |= (value & (1 << width) - 1) << lsb
    return words


def row_value(chip, row):
    mask = (1 << chip.weight_bits) - 1
    return sum((w & mask) << i * chip.weight_bits for i, w in enumerate(row))


# Cycles. `hits(y, x)` and so on give list lengths; the same formula serves real lists and worst ones.

def list_words(spikes_by_tick):
    return sum(max(1, n) for n in spikes_by_tick)


def worst_words(spikes, ticks):
    return spikes + ticks - 1 if spikes else ticks


class Lists:
    """Lengths of the source list, of a row's band, of a position's patch; real or at worst."""

    def __init__(self, layer, times):
        self.layer, self.times = layer, times

    def words(self, inside, count):
        src = self.layer.src
        if self.times is None:
            return worst_words(count, src.ticks)
        by_tick = [0] * src.ticks
        for (_, y, x), t in self.times.items():
            by_tick[t] += inside(y, x)
        return list_words(by_tick)

    def clip(self, start, k, n):
        return max(0, min(start + k, n) - max(start, 0))

    def whole(self):
        return self.words(lambda y, x: 1, self.layer.src.size)

    def band(self, oy):
        l = self.layer
        y0 = oy * l.sy - l.py
        return self.words(lambda y, x: 0 <= y - y0 < l.kh,
                          l.src.c * l.src.w * self.clip(y0, l.kh, l.src.h))

    def patch(self, oy, ox):
        l = self.layer
        y0, x0 = oy * l.sy - l.py, ox * l.sx - l.px
        return self.words(lambda y, x: 0 <= y - y0 < l.kh and 0 <= x - x0 < l.kw,
                          l.src.c * self.clip(y0, l.kh, l.src.h) * self.clip(x0, l.kw, l.src.w))


def linear_cycles(chip, layer, ch, rows, lists):
    k = CYCLES
    tail = layer.dst.ticks or chip.lanes  # the ramp, or the readout
    total, ramp = k["OP"], 0              # ramp: what is left of the group's before
    for oy in range(rows[0], rows[0] + rows[1]):
        source = lists.whole()
        for ox in range(layer.dst.w):
            copies = 0
            if layer.band and ox == 0:
                copies += lists.whole() + k["COPY"]
            if layer.band:
                source = lists.band(oy)
            words = source
            if layer.patch:
                copies += source + k["COPY"]
                words = lists.patch(oy, ox)
            total += copies
            ramp = max(0, ramp - copies)
            for _ in range(ceil_div(ch[1], chip.lanes)):
                total += max(ramp + chip.v_rows, k["READ"]) + words + chip.s_rows
                ramp = tail
    return total + ramp + chip.drain


def windows(at, pad, stride, k):
    """Windows that a row or column lies in, without their bounds: steps of a pool's target counter."""
    return max(0, ceil_div(k - (at + pad) % stride, stride))


def pool_cycles(chip, layer, ch, times):
    k = CYCLES
    prepare = max(2 ** chip.y_bits, 2 ** chip.x_bits, ch[1] * layer.dst.h * layer.dst.w)
    if times is None:
        rows = [windows(y, layer.py, layer.sy, layer.kh) for y in range(layer.src.h)]
        cols = [windows(x, layer.px, layer.sx, layer.kw) for x in range(layer.src.w)]
        words = (worst_words(layer.src.size, layer.src.ticks)
                 + ch[1] * (sum(rows) * sum(cols) - sum(map(bool, rows)) * sum(map(bool, cols))))
    else:
        by_tick = [0] * layer.src.ticks
        words = 0
        for (c, y, x), t in times.items():
            by_tick[t] += 1
            if ch[0] <= c < ch[0] + ch[1]:
                words += max(1, windows(y, layer.py, layer.sy, layer.kh)
                             * windows(x, layer.px, layer.sx, layer.kw)) - 1
        words += list_words(by_tick)
    return k["OP"] + prepare + words + k["POOL"] + chip.drain


def slot_cycles(chip, cores, pops, slot, spikes, worst):
    """The bound for a slot; spikes[p] are the times of population p. worst: not knowing them."""
    k = CYCLES
    front, op, out = [], [], 0
    for core in cores:
        d = core.desc[slot]
        seal = 0
        if d.get("seal"):
            n = pops[slot - 1].size if worst else len(spikes[slot - 1])
            seal = k["SEAL"] + pops[slot - 1].ticks + n
        front.append(k["FETCH"] + seal)
        if slot not in core.slices:
            op.append(k["OP"])
            continue
        layer, ch, rows = core.slices[slot]
        times = None if worst else spikes[slot - 1]
        if layer.op == "pool":
            op.append(pool_cycles(chip, layer, ch, times))
        else:
            op.append(linear_cycles(chip, layer, ch, rows, Lists(layer, times)))
        mine = ch[1] * rows[1] * layer.dst.w
        if not worst and layer.dst.ticks:
            mine = sum(ch[0] <= c < ch[0] + ch[1] and rows[0] <= y < rows[0] + rows[1]
                       for c, y, x in spikes[slot])
        out = max(out, mine * (chip.cores if layer.op == "linear" else chip.cores - 1))
    total = max(front) + max(op) + out + k["BARRIER"]
    if slot == 0:
        total += pops[0].size if worst else len(spikes[0])
    return total, max(f + o for f, o in zip(front, op)) + 1


def write_case(chip, folder, cores, samples):
    os.makedirs(folder, exist_ok=True)
    config = []
    row_bits = chip.lanes * chip.weight_bits
    chunks = ceil_div(row_bits, 32)
    chunk_bits = (chunks - 1).bit_length()
    for n, core in enumerate(cores):
        desc = [0] * (chip.slots * 32)
        for slot, d in core.desc.items():
            desc[slot * 32:slot * 32 + 20] = descriptor_words(d)
        with open(os.path.join(folder, "core%d_desc.hex" % n), "w") as f:
            f.write("\n".join("%x" % w for w in desc) + "\n")
        rows = [row_value(chip, r) for r in core.rows] or [0]
        with open(os.path.join(folder, "core%d_weights.hex" % n), "w") as f:
            f.write("\n".join("%x" % r for r in rows) + "\n")
        config += [(n << 24 | 1 << 22 | i, w) for i, w in enumerate(desc) if i // 32 in core.desc]
        config += [(n << 24 | 2 << 22 | i << chunk_bits | c, r >> 32 * c & 0xffffffff)
                   for i, r in enumerate(rows) for c in range(chunks)]
    with open(os.path.join(folder, "config.hex"), "w") as f:
        f.write("\n".join("%x\n%x" % w for w in config) + "\n")
    words = [t << 32 | i for sample in samples for t, i in sample + [(1 << 31, 0)]]
    with open(os.path.join(folder, "input.hex"), "w") as f:
        f.write("\n".join("%x" % w for w in words) + "\n")
    return len(config) * 2, len(words)


def build(chip, folder, preload, config_words, input_words, limit):
    with open(os.path.join(folder, "params.vh"), "w") as f:
        values = [(k.verilog, getattr(chip, k.member)) for k in PARAMETERS]
        f.writelines("`define %s %d\n" % value for value in values)
        f.write("`define CHIP_PARAMETERS %s\n" % ", ".join(".%s(%d)" % value for value in values))
        f.write("`define PRELOAD %d\n`define INIT_PREFIX \"%s/\"\n" % (preload, folder))
        f.write("`define CONFIG_WORDS %d\n`define INPUT_WORDS %d\n" % (config_words, input_words))
        f.write("`define CYCLE_LIMIT %d\n" % limit)
    binary = os.path.join(folder, "sim%d" % preload)
    subprocess.run(["iverilog", "-g2005-sv", "-I" + folder, "-I" + os.path.join(ROOT, "rtl"), "-y",
                    os.path.join(ROOT, "rtl"), "-o", binary, os.path.join(HERE, "chip_tb.sv")],
                   check=True)
    return binary


def simulate(binary, folder, samples, words, host):
    """A list of samples: {slot: set of (core, tick, id)}, {id: value}, {slot: cycles}. Lines that the bench
    did not print are Icarus's own and differ from version to version: the results count."""
    run = subprocess.run(["vvp", "-n", binary, "+dir=" + folder, "+samples=%d" % samples,
                          "+words=%d" % words, "+" + host], capture_output=True, text=True)
    result, ended = [], False
    for line in run.stdout.splitlines():
        part = line.split()
        if part[:1] == ["sample"]:
            result.append(({}, {}, {}))
        elif part[:1] == ["spike"]:
            key = tuple(int(p) for p in part[2:])
            found = result[-1][0].setdefault(int(part[1]), [])
            found.append(key)
        elif part[:1] == ["readout"]:
            assert int(part[1]) not in result[-1][1], "readout twice"
            result[-1][1][int(part[1])] = int(part[2])
        elif part[:1] == ["slot"]:
            result[-1][2][int(part[1])] = int(part[2])
        elif part[:1] == ["fault:"]:
            raise SystemExit("chip.py: %s: %s" % (folder, line))
        elif part[:1] == ["end"]:
            ended = True
    if not ended or run.returncode != 0:
        raise SystemExit("chip.py: %s: the simulation did not end well (exit code %d): %s%s" %
                         (folder, run.returncode, run.stdout[-500:], run.stderr))
    return result


def cover(chip, pops, layers, samples, hit):
    """Notes which of the situations that we want to have met this case has."""
    def note(name, condition):
        hit[name] = hit.get(name, 0) + bool(condition)

    top = 2 ** chip.tick_bits - 1
    for layer in layers:
        pool, conv = layer.op == "pool", layer.op == "linear" and not layer.dst.flat
        padded, strided = layer.py or layer.px, layer.sy > 1 or layer.sx > 1
        note("pool overlapping", pool and (layer.kh > layer.sy or layer.kw > layer.sx))
        note("pool padded", pool and padded)
        note("pool with gaps", pool and (layer.kh < layer.sy or layer.kw < layer.sx))
        note("conv padded", conv and padded)
        note("conv strided", conv and strided)
        for band in (False, True):
            for patch in (False, True):
                note("conv band %d patch %d" % (band, patch),
                     conv and layer.band == band and layer.patch == patch)
        note("dense from rows and columns", layer.src.h * layer.src.w > 1 and layer.dst.flat)
        note("dense from flat", layer.src.flat and layer.dst.ticks)
        note("readout", layer.dst.ticks == 0)
        note("several groups", layer.dst.c > chip.lanes)
    for n, pop in enumerate(pops):
        if pop.ticks == 0:
            continue
        note("T = 1", pop.ticks == 1)
        note("T = 2^TICK_BITS - 1", pop.ticks == top)
        for spikes in samples:
            used = set(spikes[n].values())
            note("empty tick", spikes[n] and len(used) < pop.ticks)
            note("no spike", not spikes[n])
            note("all neurons spike", len(spikes[n]) == pop.size)
            note("all in one tick", pop.size > 1 and len(spikes[n]) == pop.size and len(used) == 1)
            note("full list", n + 1 < len(pops) and len(spikes[n]) == pop.size)


class Case:
    """A random network on a random chip, three samples, and what is expected of them."""

    def __init__(self, folder, seed, cores, hit):
        self.folder = folder
        rng = random.Random(seed)
        for _ in range(100):  # until the network fits
            self.chip = Chip(rng, cores)
            try:
                self.pops, self.layers = random_net(rng, self.chip)
                self.cores = lay_out(rng, self.chip, self.pops, self.layers)
                break
            except AssertionError:
                continue
        self.samples = [self.sample(rng, [0, 1, rng.random()][(seed + n) % 3]) for n in range(3)]
        cover(self.chip, self.pops, self.layers, self.samples, hit)
        self.bounds = [[self.bound(slot, s, False) for slot in range(len(self.pops))]
                       for s in self.samples]
        self.worst = [self.bound(slot, None, True)[0] for slot in range(len(self.pops))]

    def sample(self, rng, share):
        """The spikes of every population; a `share` of the input's neurons fire."""
        same = rng.random() < 0.2
        times = {k: rng.randrange(self.pops[0].ticks) if not same else 0
                 for k in self.pops[0].neurons() if rng.random() < share}
        spikes = [times]
        for layer in self.layers:
            spikes.append(compute(layer, spikes[-1]))
        return spikes

    def bound(self, slot, spikes, worst):
        return slot_cycles(self.chip, self.cores, self.pops, slot, spikes, worst)

    def run(self):
        """What the chip does: (host, samples) for every way to run it."""
        inputs = [sorted((t, self.pops[0].id(self.chip, *k)) for k, t in s[0].items())
                  for s in self.samples]
        config_words, input_words = write_case(self.chip, self.folder, self.cores, inputs)
        limit = config_words + 40 * sum(self.worst) + 10000
        runs = []
        for preload, host in ((0, "polite"), (1, "polite"), (0, "pauses"), (0, "rude")):
            binary = build(self.chip, self.folder, preload, config_words, input_words, limit)
            runs.append((host, simulate(binary, self.folder, len(inputs),
                                        0 if preload else config_words, host)))
        return runs

    def judge(self, runs, tally):
        """The first fault, or None. A rude host gets to the cycle what a polite one does."""
        if runs[1] != runs[0]:
            return "preloaded differs from configured"
        if runs[3][1] != runs[0][1]:
            return "a rude host changes what the chip does"
        for host, got in runs:
            for n, (expected, found) in enumerate(zip(self.samples, got)):
                fault = judge(self.chip, self.cores, self.pops, expected, found, self.bounds[n],
                              self.worst, host == "pauses", tally)
                if fault:
                    return "sample %d, host %s: %s" % (n, host, fault)
        return None

    def corrupt_spike(self):
        """Changes an expected spike or readout; gives the fault that has to be found."""
        for n, spikes in enumerate(self.samples):
            for p in range(len(self.pops) - 1, 0, -1):
                for key, was in spikes[p].items():
                    spikes[p][key] += 1
                    i = self.pops[p].id(self.chip, *key)
                    return "sample %d, host polite: slot %d: .* differ in %s" % (
                        n, p, re.escape(str([(i, was), (i, was + 1)])))
        raise SystemExit("chip.py: nothing to corrupt")

    def corrupt_cycles(self):
        """Lowers the bound of one slot to where it cannot be kept."""
        slot = len(self.pops) - 1
        bound, still = self.bounds[1][slot]
        self.bounds[1][slot] = (still - 1, still)
        return "sample 1, host polite: slot %d takes \\d+ cycles, formula %d to %d" % (
            slot, still, still - 1)


def run_case(folder, seed, cores, corrupt, tally, hit):
    """The fault of a case, or None. A corrupted one has to give the very fault that was put in, and
    none before."""
    case = Case(folder, seed, cores, hit)
    runs = case.run()
    fault = case.judge(runs, tally)
    if fault or not corrupt:
        return fault
    wanted = case.corrupt_spike() if corrupt == "corrupt-spikes" else case.corrupt_cycles()
    fault = case.judge(runs, tally)
    print("noticed: case %d: %s" % (seed, fault))
    return None if fault and re.match(wanted, fault) else "%s, not %s" % (fault, wanted)


def judge(chip, cores, pops, expected, found, bounds, worst, pauses, tally):
    spikes, readout, cycles = found
    if 0 in spikes:
        return "a core's spikes in the input's slot"
    for slot in range(1, len(pops)):
        pop = pops[slot]
        want = {pop.id(chip, *k): t for k, t in expected[slot].items()}
        if pop.ticks == 0:
            if readout != want:
                return "slot %d: readouts differ in %s" % (
                    slot, sorted(set(readout.items()) ^ set(want.items()))[:6])
            if slot in spikes:
                return "spikes in the readout's slot"
            continue
        have = {i: t for _, t, i in spikes.get(slot, [])}
        if len(have) != len(spikes.get(slot, [])):
            return "slot %d: a neuron fires twice" % slot
        if have != want:
            return "slot %d: %d spikes, %d expected, differ in %s" % (
                slot, len(have), len(want), sorted(set(have.items()) ^ set(want.items()))[:6])
        for core, _, i in spikes.get(slot, []):
            layer, ch, rows = cores[core].slices[slot]
            c = i if pop.flat else i >> chip.y_bits + chip.x_bits
            if not ch[0] <= c < ch[0] + ch[1]:
                return "slot %d: channel %d from core %d" % (slot, c, core)
    for slot in range(len(pops)):
        if pauses and (slot == 0 or pops[slot].ticks == 0):
            continue
        bound, still = bounds[slot]
        tally.append((cycles[slot], bound, worst[slot], still))
        if not still <= cycles[slot] <= bound <= worst[slot]:
            return "slot %d takes %d cycles, formula %d to %d, at worst %d" % (
                slot, cycles[slot], still, bound, worst[slot])
    return None


def main():
    folder, cores, first, cases = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    corrupt = sys.argv[5] if len(sys.argv) > 5 else ""
    if corrupt not in ("", "corrupt-spikes", "corrupt-cycles"):
        raise SystemExit("chip.py: '%s' is neither corrupt-spikes nor corrupt-cycles" % corrupt)
    tally, hit = [], {}
    for seed in range(first, first + cases):
        fault = run_case(os.path.join(folder, "case%d" % seed), seed, cores, corrupt, tally, hit)
        if fault:
            print("case %d: %s" % (seed, fault))
            return 1
    if corrupt:
        return 0
    missed = [name for name in hit if not hit[name]]
    if missed and cases > 1:
        print("not met in these cases: " + ", ".join(missed))
        return 1
    took, bound, worst, still = (sum(t[i] for t in tally) for i in range(4))
    equal = sum(t[0] == t[3] for t in tally)
    print("%d cases, %d slots, %d cycles; formula with real lists %.1f %% above, at worst %.1f %%, "
          "%d slots exactly the formula without stalls"
          % (cases, len(tally), took, 100.0 * bound / took - 100, 100.0 * worst / took - 100, equal))
    return 0


if __name__ == "__main__":
    sys.exit(main())
