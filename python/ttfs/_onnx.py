# SPDX-License-Identifier: Apache-2.0
"""ONNX files, written with numpy and nothing else (field numbers of onnx.proto). The same calls give the same bytes."""
from __future__ import annotations

import os
from typing import Any, List, Sequence, Tuple, Union

import numpy as np

QONNX = "qonnx.custom_op.general"
FLOAT, INT, TEXT, INTS = 1, 2, 3, 7


def varint(n: int) -> bytes:
    out, n = bytearray(), n & (1 << 64) - 1
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def whole(field: int, n: int) -> bytes:
    return varint(field << 3) + varint(n)


def part(field: int, data: Union[str, bytes]) -> bytes:
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


def attribute(name: str, value: Any) -> bytes:
    if isinstance(value, str):
        return part(1, name) + part(4, value) + whole(20, TEXT)
    if isinstance(value, int):
        return part(1, name) + whole(3, value) + whole(20, INT)
    return part(1, name) + b"".join(whole(8, v) for v in value) + whole(20, INTS)


class Writer:
    """A model of one input and one output, whose batch is free."""

    def __init__(self) -> None:
        self.nodes: List[bytes] = []
        self.constants: List[bytes] = []

    def constant(self, name: str, value: Any) -> str:
        v = np.asarray(value, dtype="<f4")
        head = b"".join(whole(1, d) for d in v.shape) + whole(2, FLOAT) + part(8, name)
        self.constants.append(head + part(9, v.tobytes()))
        return name

    def node(self, op: str, name: str, inputs: Sequence[str], domain: str = "", **attributes: Any) -> str:
        """The node, and the name of its value, which is the node's."""
        made = b"".join(part(1, x) for x in inputs) + part(2, name) + part(3, name) + part(4, op)
        made += b"".join(part(5, attribute(k, v)) for k, v in attributes.items())
        self.nodes.append(made + (part(7, domain) if domain else b""))
        return name

    def quant(self, name: str, x: str, scale: Any, bits: int, signed: bool) -> str:
        """QONNX: multiples of the scale in so many bits; no zero point."""
        inputs = [x, self.constant(name + ".scale", scale), self.constant(name + ".zero", 0), self.constant(name + ".bits", bits)]
        return self.node("Quant", name, inputs, QONNX, signed=int(signed), narrow=0, rounding_mode="ROUND")

    @staticmethod
    def value(field: int, name: str, shape: Sequence[int]) -> bytes:
        dims = part(1, part(2, "batch")) + b"".join(part(1, whole(1, d)) for d in shape)
        return part(field, part(1, name) + part(2, part(1, whole(1, FLOAT) + part(2, dims))))

    def save(self, path: Union[str, os.PathLike], given: Tuple[str, Sequence[int]], made: Tuple[str, Sequence[int]]) -> None:
        """Writes the file, which appears whole or not at all."""
        graph = b"".join(part(1, n) for n in self.nodes) + part(2, "ttfs") + b"".join(part(5, c) for c in self.constants)
        graph += self.value(11, *given) + self.value(12, *made)
        opsets = part(8, part(1, "") + whole(2, 13)) + part(8, part(1, QONNX) + whole(2, 1))
        beside = "%s.%d" % (os.fspath(path), os.getpid())
        try:
            with open(beside, "wb") as f:
                f.write(whole(1, 7) + part(2, "ttfs") + part(7, graph) + opsets)
            os.replace(beside, path)
        except BaseException:
            if os.path.exists(beside):
                os.unlink(beside)
            raise
