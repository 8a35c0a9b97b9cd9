# SPDX-License-Identifier: Apache-2.0
"""The spike graph of a compiled folder, from its text (forms/spike.txt) and the weights beside it."""
from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Dict, List, Optional

import numpy as np

HEAD = re.compile(r'^population (\d+) "((?:[^"\\]|\\.)*)" (\w+)$')
LIST = re.compile(r"^  (bias|ramp) \[$")
CONNECTION = re.compile(r"^  (dense|conv|pool|minpool) from (\d+) channels (\d+) (\d+)(.*)$")


@dataclass
class Connection:
    """The synapses from one population. Of a kernel and its stride: rows, then columns."""
    kind: str     # dense, conv, pool or minpool
    source: str   # name of the population
    first_channel: int
    channels: int
    kernel: tuple = ()
    stride: tuple = ()
    dilation: tuple = ()
    pad: tuple = ()
    group: int = 1
    weight_bits: int = 0
    weights: Optional[np.ndarray] = None  # int16: out x in x rows x columns, or out x in; None of pools


@dataclass
class Population:
    """Neurons of one tensor. A spike at tick k is the integer ticks - k, its real value that times `scale`
    plus `offset`; U = bias + weights . x, and a neuron fires when U reaches ramp * ticks (docs/semantics.md)."""
    name: str
    kind: str      # input, relu, pool or readout
    shape: tuple   # channels, rows, columns
    ticks: int = 0
    start: int = 0  # tick of the sample at which its window begins
    scale: float = 0.0
    offset: float = 0.0
    bias: Optional[np.ndarray] = None
    ramps: Optional[np.ndarray] = None
    connections: List[Connection] = field(default_factory=list)

    @property
    def weights(self) -> Optional[np.ndarray]:
        """Those of the only connection that has some; None where there are none or several."""
        own = [c.weights for c in self.connections if c.weights is not None]
        return own[0] if len(own) == 1 else None


def numbers(rest: str, word: str, count: int) -> tuple:
    words = rest.split()
    if word not in words:
        return ()
    at = words.index(word) + 1
    return tuple(int(w) for w in words[at:at + count])


def shape_of(c: Connection, out: int, count: int) -> tuple:
    if c.kind != "conv":
        return (out, count // out)
    return (out, count // out // (c.kernel[0] * c.kernel[1]), *c.kernel)


def unquoted(text: str) -> str:
    """A name as it was before the form quoted it: \\xNN is a byte, \\c the character c.

    >>> unquoted(r"c\\xc3\\xa9v\\"1")
    'c\u00e9v"1'
    """
    plain = re.sub(rb"\\(?:x([0-9a-f]{2})|(.))", lambda m: bytes([int(m[1], 16)]) if m[1] else m[2], text.encode())
    return plain.decode(errors="replace")


class Reader:
    """Reads line by line; weights come in order of connections, those that are shared once."""

    def __init__(self, folder: str):
        with open(os.path.join(folder, "forms", "spike.txt"), encoding="utf-8") as f:
            self.lines = iter(f.read().split("\n"))
        self.blob = np.fromfile(os.path.join(folder, "forms", "spike.blob"), dtype="<i2")
        self.at, self.found, self.all = 0, [], []

    def weights(self, c: Connection, rest: str) -> None:
        count = numbers(rest, "weights", 1)
        if not count:
            return
        shared = numbers(rest, "shared", 1)
        if shared:
            flat = self.all[shared[0] - 1].weights.ravel()
        else:
            flat = self.blob[self.at:self.at + count[0]]
            self.at += count[0]
        p = self.found[-1]
        c.weights = flat.reshape(shape_of(c, p.shape[0] if c.kind == "conv" else int(np.prod(p.shape)), count[0]))

    def connection(self, kind: str, source: str, first: str, channels: str, rest: str) -> None:
        c = Connection(kind, self.found[int(source) - 1].name, int(first), int(channels),
                       kernel=numbers(rest, "kernel", 2), stride=numbers(rest, "stride", 2),
                       dilation=numbers(rest, "dilation", 2), pad=numbers(rest, "pad", 4),
                       group=(numbers(rest, "group", 1) or (1,))[0],
                       weight_bits=(numbers(rest, "bits", 1) or (0,))[0])
        self.weights(c, rest)
        self.found[-1].connections.append(c)
        self.all.append(c)

    def list(self, key: str) -> None:
        values = []
        for line in self.lines:
            if line == "  ]":
                break
            values += line.split()
        setattr(self.found[-1], "ramps" if key == "ramp" else key, np.array(values, dtype=np.int32))

    def line(self, line: str) -> None:
        head, listed, connection = HEAD.match(line), LIST.match(line), CONNECTION.match(line)
        words = line.split()
        if head:
            self.found.append(Population(unquoted(head[2]), head[3], ()))
        elif listed:
            self.list(listed[1])
        elif connection:
            self.connection(*connection.groups())
        elif line.startswith("  shape "):
            self.found[-1].shape = tuple(int(w) for w in words[1:])
        elif line.startswith("  ticks "):
            self.found[-1].ticks, self.found[-1].start = int(words[1]), int(words[3])
        elif line.startswith("  scale "):
            self.found[-1].scale, self.found[-1].offset = float.fromhex(words[1]), float.fromhex(words[3])

    def read(self) -> Dict[str, Population]:
        for line in self.lines:
            self.line(line)
        return {p.name: p for p in self.found}
