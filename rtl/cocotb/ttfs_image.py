# SPDX-License-Identifier: Apache-2.0
"""What a host must know of a compiled folder: the words that configure the chip, the flits of its ports, and what the integer
reference says of samples. docs/core.md says what the words and flits are; everything here comes from the Python package.
"""
import glob
import json
import os
import re
import tempfile
import zlib
from dataclasses import dataclass

MEMORIES = {"program": 1, "weights": 2, "params": 3, "flows": 4, "buffers": 5, "rows": 6, "cols": 7}
REGISTERS = {"ID": 0, "CHIP": 1, "FLAGS": 2, "CHECK": 3, "PATIENCE": 4, "CYCLES": 5, "TRACE": 6}
CHIP_REGISTERS = 15


def bits_for(n):
    """Bits of a number below n, at least one."""
    return max(1, (n - 1).bit_length())


def register(name):
    """The address of a register of the chip."""
    return CHIP_REGISTERS << 18 | REGISTERS[name]


@dataclass
class Population:
    name: str  # as texts of ttfs quote it
    kind: str  # input, relu, pool, readout
    c: int
    h: int
    w: int
    ticks: int
    stage: int  # turns after a sample's in which it is computed


class Image:
    """The image of a network: `sections`, each a list of (address, word); populations; packing and unpacking of flits."""

    def __init__(self, net):
        text = net.dump("image")
        self.chip = json.loads(re.search(r"^chip (\{.*?^\})", text, re.M | re.S)[1])
        self.input_flow = int(re.search(r"^flows \d+ input (\d+)", text, re.M)[1])
        flow_pop = {int(f): int(p) for f, p in re.findall(r"^flow (\d+) pop (\d+)", text, re.M)}
        pops = re.findall(r'^pop (\d+) (\w+) "((?:[^"\\]|\\.)*)" shape (\d+) (\d+) (\d+) ticks (\d+).* stage (\d+)$', text, re.M)
        found = {int(i): Population(name, kind, *map(int, numbers)) for i, kind, name, *numbers in pops}
        self.of_flow = {flow: found[p] for flow, p in flow_pop.items() if p in found}
        self.pops = list(found.values())
        self.input = self.of_flow[self.input_flow]
        self.turns = max(p.stage for p in self.pops) + 1
        one = self.chip["cores_x"] * self.chip["cores_y"] == 1
        self.value_bits = self.chip["acc_bits"] if one else self.chip["value_bits"]
        self.sum_flits = -(-self.chip["acc_bits"] // self.value_bits)
        self.turn_bits = 0 if one else 1  # of a flit; at the input the chip sets it
        files = sorted(glob.glob(os.path.join(net.folder, "image", "core*_*.hex")))
        self.sections = [section for section in map(self.section, files) if section]

    def section(self, path):
        """A memory of a core: rows of hexadecimal digits, each in as many words as it needs, lowest first."""
        core, memory = re.fullmatch(r"core(\d+)_(\w+)\.hex", os.path.basename(path)).groups()
        with open(path, encoding="ascii") as f:
            rows = f.read().split()
        chunks = -(-len(rows[0]) // 8) if rows else 0  # none of a memory that is not used
        chunk_bits = (chunks - 1).bit_length()
        base = int(core) << 22 | MEMORIES[memory] << 18
        return [(base | row << chunk_bits | k, int(digits, 16) >> 32 * k & 0xffffffff)
                for row, digits in enumerate(rows) for k in range(chunks)]

    def input_flits(self, values):
        """Flits of the input's integers {neuron: value}; the channels of a place follow one another."""
        p = self.input
        neurons = ((c * p.h + y) * p.w + x for y in range(p.h) for x in range(p.w) for c in range(p.c))
        return [self.pack(self.input_flow, n, values[n]) for n in neurons if values.get(n)]

    def pack(self, flow, neuron, value):
        p, c = self.of_flow[flow], self.chip
        place, x = divmod(neuron, p.w)
        channel, y = divmod(place, p.h)
        v = (flow << self.turn_bits + c["y_bits"] | y) << c["x_bits"] | x
        return (v << c["c_bits"] | channel) << self.value_bits | value

    def unpack(self, flit):
        """(population or None, neuron, value)."""
        fields = []
        for bits in (self.value_bits, self.chip["c_bits"], self.chip["x_bits"], self.chip["y_bits"], self.turn_bits):
            fields.append(flit & (1 << bits) - 1)
            flit >>= bits
        value, c, x, y, _ = fields
        p = self.of_flow.get(flit)
        return p, (c * p.h + y) * p.w + x if p else None, value

    def signed(self, parts):
        """The sum whose parts came in this order; the last one has its sign."""
        whole = sum(part << i * self.value_bits for i, part in enumerate(parts))
        width = self.sum_flits * self.value_bits
        return whole - (1 << width) if whole >> width - 1 else whole


def crc(words):
    """Of (address, word)s as the chip forms it: an address that follows the one before is not in it."""
    data, before = b"", None
    for address, word in words:
        if before is None or address != before + 1:
            data += address.to_bytes(4, "little")
        data += word.to_bytes(4, "little")
        before = address
    return zlib.crc32(data)


class Golden:
    """What the engine golden says of samples: `spikes[i]`, {population: {neuron: tick}}; `sums[i]`, {readout: {neuron: potential}}."""

    def __init__(self, net, x):
        self.spikes, self.sums = [], []
        with tempfile.TemporaryDirectory() as folder:
            trace = os.path.join(folder, "trace.txt")
            net.run(x, engine="golden", trace=trace)
            with open(trace, encoding="utf-8") as f:
                for sample in f.read().split("sample ")[1:]:
                    self.take(sample)

    def take(self, text):
        spikes, sums = {}, {}
        for name, tick, neuron in re.findall(r'^spike "((?:[^"\\]|\\.)*)" tick (\d+) neuron (\d+)$', text, re.M):
            spikes.setdefault(name, {})[int(neuron)] = int(tick)
        for name, neuron, potential in re.findall(r'^readout "((?:[^"\\]|\\.)*)" neuron (\d+) potential (-?\d+)$', text, re.M):
            sums.setdefault(name, {})[int(neuron)] = int(potential)
        self.spikes.append(spikes)
        self.sums.append(sums)

    def first(self, count):
        """The same of as many samples."""
        less = object.__new__(Golden)
        less.spikes, less.sums = self.spikes[:count], self.sums[:count]
        return less

    def values(self, i, population):
        """The integers of the input of sample i: a spike at tick k of T is T - k."""
        return {n: population.ticks - tick for n, tick in self.spikes[i].get(population.name, {}).items()}
