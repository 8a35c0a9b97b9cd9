# SPDX-License-Identifier: Apache-2.0
#
# The machine of docs/core.md as numbers: a chip's parameters (hw/chip.def), records (hw/records.def), memories
# (hw/memories.def), flits, addresses and the CRC of the configuration port. Nothing here knows what a network is.

import collections
import os
import re
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from make_chip_keys import read_keys  # noqa: E402

KEYS = [k for k in read_keys() if k.verilog]
CHIP_HASH = 0x5EEDC0DE  # the benches make their chips up: any number will do
ID_WORD = 0x54540005  # what the register ID reads


def ceil_div(a, b):
    return -(-a // b)


def bits_for(n):
    """Bits that hold 0 .. n - 1, at least 1."""
    return max(1, (n - 1).bit_length())


def rows_of(table, macro):
    text = open(os.path.join(ROOT, "hw", table)).read()
    return [[p.strip() for p in m[1].split(",")]
            for m in re.finditer(r"^%s\((.*?), \"" % macro, text, re.M | re.S)]


Field = collections.namedtuple("Field", "name word lsb width signed")
Memory = collections.namedtuple("Memory", "name number rows bits chunks chunk_bits")

WORDS = {name: int(words) for name, words in rows_of("records.def", "TTFS_RECORD")}
FIELDS = {kind: [Field(f[2], *map(int, f[3:])) for f in rows_of("records.def", "TTFS_FIELD") if f[0] == kind]
          for kind in WORDS}
ERRORS = {name: int(bit) for name, bit in rows_of("memories.def", "TTFS_ERROR")}  # bits of FLAGS
# Words of memory 15.
REGISTERS = {name: int(word) for name, word in rows_of("memories.def", "TTFS_REGISTER")}


def signed(value, bits):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


def pack(kind, **values):
    """The words of a record; of an end of slot, one."""
    words = [0] * (WORDS[kind] if values.get("op", 1) else 1)
    for f in FIELDS[kind]:
        v = values.pop(f.name, 0)
        least = -(1 << f.width - 1) if f.signed else 0
        assert least <= v < least + (1 << f.width), "%s.%s: %d" % (kind, f.name, v)
        if f.word < len(words):
            words[f.word] |= (v & (1 << f.width) - 1) << f.lsb
    assert not values, values
    return words


def unpack(kind, memory, at):
    """The record at a word of a program, fields by name."""
    record = {}
    for f in FIELDS[kind]:
        v = memory[at + f.word] >> f.lsb & (1 << f.width) - 1 if at + f.word < len(memory) else 0
        record[f.name] = signed(v, f.width) if f.signed else v
    return record


def word_bits(words):
    """Bits of a word's address in the banks of a memory of so many words."""
    return bits_for(words) - (4 * words <= 3 << bits_for(words))


class Chip:
    """Parameters by their keys' names. What follows from them is computed when asked for."""

    def __init__(self, **values):
        for key in KEYS:
            setattr(self, key.member, key.default)
        self.__dict__.update(values)

    def check(self):
        for key in KEYS:
            value = getattr(self, key.member)
            assert key.least <= value <= key.most, "%s = %d" % (key.member, value)
        assert self.weight_bits <= self.slope_bits <= self.acc_bits > self.ramp_bits and self.value_bits <= self.acc_bits
        assert self.buffers <= self.flows and self.flit_bits <= 64

    cores = property(lambda s: s.cores_x * s.cores_y)
    mesh = property(lambda s: s.cores > 1)
    element_bits = property(lambda s: bits_for(s.act_words) + 4)
    bank_bits = property(lambda s: word_bits(s.act_words) + 4)
    flow_bits = property(lambda s: bits_for(s.flows))
    buffer_bits = property(lambda s: bits_for(s.buffers))
    flit_value = property(lambda s: s.value_bits if s.mesh else s.acc_bits)
    turn_bits = property(lambda s: int(s.mesh))
    flit_bits = property(lambda s: s.flow_bits + s.turn_bits + s.y_bits + s.x_bits + s.c_bits + s.flit_value)
    sum_flits = property(lambda s: ceil_div(s.acc_bits, s.flit_value))
    top = property(lambda s: (1 << s.value_bits) - 1)

    def flit(self, flow, y, x, c, value, turn=0):
        """What is made in a turn of that number."""
        f = flow
        for part, width in ((turn, self.turn_bits), (y, self.y_bits), (x, self.x_bits), (c, self.c_bits), (value, self.flit_value)):
            f = f << width | part & (1 << width) - 1
        return f

    def unflit(self, f):
        parts = []
        for width in (self.flit_value, self.c_bits, self.x_bits, self.y_bits):
            parts.append(f & (1 << width) - 1)
            f >>= width
        return (f >> self.turn_bits,) + tuple(reversed(parts))

    def turn_of(self, f):
        """The lowest bit of the number of the turn that a flit was made in; of a chip of one core 0."""
        return f >> self.flit_bits - self.flow_bits - 1 & self.turn_bits

    def sum(self, flow, y, x, c, value, turn=0):
        """The flits of a readout's sum."""
        return [self.flit(flow, y, x, c, value >> i * self.flit_value, turn) for i in range(self.sum_flits)]

    def memories(self):
        found = {}
        for row in rows_of("memories.def", "TTFS_MEMORY"):
            name, number = row[1], int(row[2])
            rows, bits = (self.evaluate(e) for e in row[3:])
            chunks = ceil_div(bits, 32)
            if rows:
                found[name] = Memory(name, number, rows, bits, chunks, (chunks - 1).bit_length())
        return found

    def evaluate(self, expression):
        """An expression of memories.def: C's `a ? b : c` over members of the chip."""
        text = expression.replace("chip->", "chip.").replace("TTFS_BUFFER_BITS(chip)", "chip.buffer_bits")
        text = re.sub(r"^(.*) \? (.*) : (.*)$", r"(\2) if (\1) else (\3)", text)
        return int(eval(text, {"chip": self}))


def address(core, memory, row=0, chunk=0):
    """Of a chunk of a row of a Memory, or of a register when `memory` is a number."""
    if isinstance(memory, int):
        return core << 22 | memory << 18 | row
    return core << 22 | memory.number << 18 | row << memory.chunk_bits | chunk


def register(name):
    """Address of a register of the chip."""
    return address(0, 15, REGISTERS[name])


def crc32(words):
    """Of words, their lowest bytes first."""
    return zlib.crc32(b"".join(w.to_bytes(4, "little") for w in words))


def crc(words):
    """Of (address, data) written one after the other."""
    text, before = b"", None
    for at, data in words:
        if before is None or at != before + 1:
            text += at.to_bytes(4, "little")
        text += data.to_bytes(4, "little")
        before = at
    return zlib.crc32(text)


def section(core, memory, rows, first=0):
    """The writes that fill rows of a memory."""
    return [(address(core, memory, first + i, c), row >> 32 * c & 0xffffffff)
            for i, row in enumerate(rows) for c in range(memory.chunks)]
