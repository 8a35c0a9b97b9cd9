# SPDX-License-Identifier: Apache-2.0
"""What a host must know of a folder of `ttfs compile --ip-xact`, from its files alone: the words that configure the chip, registers of the
bus, the encoder, flits, outputs. numpy is needed, ttfs is not. What the words mean: docs/registers.md, docs/core.md.
"""
import glob
import json
import os
import re
import zlib

import numpy as np

MEMORIES = {"program": 1, "weights": 2, "params": 3, "flows": 4, "buffers": 5, "rows": 6, "cols": 7}
CHIP, FLAGS, CHECK = (15 << 18 | word for word in (1, 2, 3))  # registers of the chip, on its configuration port


class Network:
    """What a compiled folder says: the words of the image, the encoder, flits and their neurons, outputs."""

    def __init__(self, out):
        spike, plan = self.text(out, "forms", "spike.txt"), self.text(out, "forms", "plan.txt")
        self.chip = json.loads(re.search(r"^chip (\{.*?^\})", plan, re.M | re.S)[1])
        if self.chip["stream"]:
            raise ValueError("%s: its weights stream from a memory outside, which this driver does not serve" % out)
        header = re.search(r"chip_hash\(32'h([0-9a-f]{8})\)", self.text(out, "rtl", "ttfs_top.v").lower())
        self.hash = int(header[1], 16)
        self.register = {n: int(o, 16) for n, o in re.findall(r"TTFS_REG_(\w+) +0x(\w\w)u /", self.text(out, "ip", "ttfs_registers.h"))}
        first = re.search(r"^input (\d+) order (\d) (\d) (\d)", spike, re.M)
        self.input, *self.order = map(int, first.groups())
        self.shape, self.ticks, self.grid, self.kind = {}, {}, {}, {}
        for block in re.split(r"^population ", spike, flags=re.M)[1:]:
            number, kind = re.match(r'(\d+) "(?:[^"\\]|\\.)*" (\w+)', block).groups()
            p = int(number)
            self.kind[p] = kind
            self.shape[p] = tuple(map(int, re.search(r"^  shape (\d+) (\d+) (\d+)$", block, re.M).groups()))
            self.ticks[p] = int(re.search(r"^  ticks (\d+)", block, re.M)[1])
            self.grid[p] = tuple(map(float.fromhex, re.search(r"^  scale (\S+) offset (\S+)$", block, re.M).groups()))
        self.flow = {int(f): int(p) for f, p in re.findall(r"^flow (\d+) pop (\d+)", plan, re.M)}
        stages = dict((int(p), int(s)) for p, s in re.findall(r"^pop (\d+) slot \d+ stage (\d+)$", plan, re.M))
        self.stage = {p: stages.get(p, 0) for p in self.shape}
        self.readouts = [p for p, kind in self.kind.items() if kind == "readout"]
        self.outputs = self.read_outputs(spike)
        self.uint8 = json.loads(self.text(out, "manifest.json"))["options"]["uint8"]
        one = self.chip["cores_x"] * self.chip["cores_y"] == 1
        self.value_bits = self.chip["acc_bits"] if one else self.chip["value_bits"]
        self.sum_flits = -(-self.chip["acc_bits"] // self.value_bits)
        self.turn_bits = 0 if one else 1  # of a flit; at the input the chip sets it
        files = sorted(glob.glob(os.path.join(out, "image", "core*_*.hex")))
        self.sections = [s for s in map(self.section, files) if s]

    @staticmethod
    def text(*path):
        with open(os.path.join(*path), encoding="utf-8") as f:
            return f.read()

    def read_outputs(self, spike):
        """Of each output which neuron of which readout its elements are; without a table every readout is one, in order."""
        found = []
        for line in re.findall(r'^output "(?:[^"\\]|\\.)*" shape [\d ]+\n((?:  from .*\n)+)', spike, re.M):
            pieces = []
            for pop, first, at, loops in re.findall(r"from (\d+) first (\d+) at (\d+)((?: loop -?\d+ -?\d+ -?\d+)*)", line):
                neurons, elements = np.array([int(first)]), np.array([int(at)])
                for size, neuron, element in re.findall(r"loop (-?\d+) (-?\d+) (-?\d+)", loops):
                    turn = np.arange(int(size))
                    neurons = (neurons[:, None] + turn * int(neuron)).ravel()
                    elements = (elements[:, None] + turn * int(element)).ravel()
                pieces.append((int(pop), neurons, elements))
            found.append(pieces)
        return found or [[(p, np.arange(np.prod(self.shape[p])), np.arange(np.prod(self.shape[p])))] for p in self.readouts]

    @staticmethod
    def section(path):
        """(address, word)s of a memory of a core: rows of hexadecimal digits, each in as many words as it needs, lowest first."""
        core, memory = re.fullmatch(r"core(\d+)_(\w+)\.hex", os.path.basename(path)).groups()
        with open(path, encoding="ascii") as f:
            rows = f.read().split()
        chunks = -(-len(rows[0]) // 8) if rows else 0
        base, bits = int(core) << 22 | MEMORIES[memory] << 18, (chunks - 1).bit_length()
        return [(base | row << bits | k, int(digits, 16) >> 32 * k & 0xffffffff) for row, digits in enumerate(rows) for k in range(chunks)]

    def encode(self, x):
        """The integers of the input, samples x (channel, row, column), of samples as the model has them."""
        c, h, w = self.shape[self.input]
        own = [0, 0, 0]
        for axis, size in zip(self.order, (c, h, w)):
            own[axis] = size
        x = np.asarray(x)
        if x.dtype == np.uint8:
            x = self.of_bytes(x)
        x = np.asarray(x, np.float32).astype(np.float64).reshape((len(x), *own)).transpose(0, *(a + 1 for a in self.order))
        scale, offset = self.grid[self.input]
        return np.clip(np.floor((x - offset) / scale + 0.5), 0, self.ticks[self.input]).astype(int)

    def of_bytes(self, x):
        """Bytes as real values, in float32 as ttfs has them; channels are planes, one behind the other."""
        m, value = self.uint8, x.astype(np.float32) / np.float32(255)
        if "lo" in m:
            return np.float32(m["lo"]) + (np.float32(m["hi"]) - np.float32(m["lo"])) * value
        planes = value.reshape((len(x), len(m["mean"]), -1))
        return (planes - np.float32(m["mean"])[:, None]) / np.float32(m["std"])[:, None]

    def flits(self, values):
        """Of a sample's integers; the channels of a place follow one another."""
        flow, chip = next(f for f, p in self.flow.items() if p == self.input), self.chip
        return [((((flow << self.turn_bits + chip["y_bits"] | y) << chip["x_bits"] | x) << chip["c_bits"] | c) << self.value_bits) | int(values[c, y, x])
                for y, x, c in np.argwhere(values.transpose(1, 2, 0)).tolist()]

    def raw_configuration(self):
        """The bytes that ttfs_axis_raw takes with s_config_i, for uint8 samples; one table, or with mean and std one a channel (then
        TABLES is 1 or a power of two that holds them)."""
        c, h, w = self.shape[self.input]
        flow = next(f for f, p in self.flow.items() if p == self.input)
        pixels = np.arange(256, dtype=np.uint8)
        maps = len(self.uint8.get("mean", [0]))
        if maps > 1 and (maps != c or self.order[0] != 0):
            raise ValueError("mean and std are of %d planes of bytes, the encoder's tables of %d channels%s" % (
                maps, c, "" if self.order[0] == 0 else ", which are not first"))
        real = np.stack([self.of_bytes(np.tile(pixels, (1, maps))).reshape(maps, 256)[m] for m in range(maps)])
        scale, offset = self.grid[self.input]
        tables = np.clip(np.floor((real.astype(np.float32).astype(np.float64) - offset) / scale + 0.5), 0, self.ticks[self.input])
        words = [flow, w - 1, h - 1, c - 1, int(self.order[0] == 2), *tables.astype(int).ravel()]
        return b"".join(int(word).to_bytes(2, "little") for word in words)

    def sums(self, flits):
        """{readout: potentials} of the flits of a turn: a sum's parts follow one another, the last has its sign."""
        found = {p: np.zeros(np.prod(self.shape[p]), int) for p in self.readouts}
        count = {p: np.zeros_like(v) for p, v in found.items()}
        for flit in map(int, flits):
            value, rest = flit & (1 << self.value_bits) - 1, flit >> self.value_bits
            fields = []
            for bits in (self.chip["c_bits"], self.chip["x_bits"], self.chip["y_bits"]):
                fields.append(rest & (1 << bits) - 1)
                rest >>= bits
            p, (c, x, y) = self.flow[rest >> self.turn_bits], fields
            n = (c * self.shape[p][1] + y) * self.shape[p][2] + x
            found[p][n] |= value << count[p][n] * self.value_bits
            count[p][n] += 1
        for p, v in found.items():
            if (count[p] != self.sum_flits).any():
                raise RuntimeError("the chip gave other than %d flits for a sum" % self.sum_flits)
            v[v >> self.sum_flits * self.value_bits - 1 > 0] -= 1 << self.sum_flits * self.value_bits
        return found

    def configuration(self):
        """(address, word)s in the order in which the chip takes them: who it is for, every memory with its CRC behind it."""
        words = [(FLAGS, 0xffffffff), (CHIP, self.hash)]
        for section in self.sections:
            words += [*section, (CHECK, crc(section))]
        return words


def crc(words):
    """CRC-32 of (address, word)s as the chip forms it: an address that follows the one before is not in it."""
    data, at = b"", None
    for address, word in words:
        if address != at:
            data += address.to_bytes(4, "little")
        data += word.to_bytes(4, "little")
        at = address + 1
    return zlib.crc32(data)
