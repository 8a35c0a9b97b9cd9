# SPDX-License-Identifier: Apache-2.0
"""Writes NIR files (HDF5) with nothing but the standard library, for tests.

In: nodes, as a dict of their parameters, and edges. Out: the bytes of a file with a superblock of version 0, object
headers of version 1 and links in them; datasets lie contiguous, or with `packed` in one chunk behind shuffle and gzip.
Nothing is checked: tests write broken networks on purpose.

    net({"input": node("Input", shape=[4]), "fc": node("Affine", weight=[[..]], bias=[..]), ...},
        [("input", "fc"), ("fc", "output")]).save("net.nir")

Floats become float32, whole numbers int64, texts fixed-length strings.
"""
import struct
import zlib

NONE = 0xFFFFFFFFFFFFFFFF


def node(kind, **parameters):
    return dict(parameters, type=kind)


def graph(nodes, edges):
    return {"type": "NIRGraph", "nodes": nodes, "edges": Pairs(edges)}


class Pairs(list):
    """Edges: a list of pairs of texts."""


class Raw:
    """A dataset as it should stand there, wrong or not: its messages."""

    def __init__(self, messages):
        self.messages = messages


def message(kind, data, flags=0):
    data += b"\0" * (-len(data) % 8)
    return struct.pack("<HHB3x", kind, len(data), flags) + data


def header(messages):
    body = b"".join(messages)
    return struct.pack("<BxHIII", 1, len(messages), 1, len(body), 0) + body


def space(shape):
    return message(1, struct.pack("<BBBx4x", 1, len(shape), 0) + b"".join(struct.pack("<Q", d) for d in shape))


FLOAT = message(3, struct.pack("<BBBBIHHBBBBI", 0x11, 0x20, 31, 0, 4, 0, 32, 23, 8, 0, 23, 127))
INT = message(3, struct.pack("<BBBBIHH", 0x10, 8, 0, 0, 8, 0, 64))


def text_type(n):
    return message(3, struct.pack("<BBBBI", 0x13, 1, 0, 0, n))


def flat(value):
    if not isinstance(value, (list, tuple)):
        return [], [value]
    parts = [flat(v) for v in value]
    return [len(parts)] + (parts[0][0] if parts else []), [x for _, values in parts for x in values]


class File:
    def __init__(self, root, packed=False):
        self.data = bytearray(96)
        self.packed = packed
        top = self.put(root)
        struct.pack_into("<8sBBBxBBBxHHIQQQQQQI", self.data, 0, b"\x89HDF\r\n\x1a\n", 0, 0, 0, 0, 8, 8, 4, 16, 0, 0, NONE,
                         len(self.data), NONE, 0, top, 0)

    def add(self, data):
        self.data += b"\0" * (-len(self.data) % 8)
        at = len(self.data)
        self.data += data
        return at

    def put(self, value):
        if isinstance(value, Raw):
            return self.add(header(value.messages))
        if isinstance(value, dict):
            return self.group(value)
        return self.dataset(value)

    def group(self, members):
        links = [message(2, struct.pack("<BBQQ", 0, 0, NONE, NONE)), message(10, b"\0\0")]
        for name, value in members.items():
            coded = name.encode()
            links.append(message(6, struct.pack("<BBH", 1, 1, len(coded)) + coded + struct.pack("<Q", self.put(value))))
        return self.add(header(links))

    def dataset(self, value):
        if isinstance(value, Pairs):
            shape, values = [len(value), 2], [x for pair in value for x in pair]
        else:
            shape, values = flat(value)
        if any(isinstance(v, str) for v in values):
            coded = [v.encode() for v in values]
            n = max(map(len, coded)) + 1
            return self.plain(shape, text_type(n), b"".join(v.ljust(n, b"\0") for v in coded), n)
        if all(isinstance(v, int) for v in values):
            return self.plain(shape, INT, struct.pack("<%dq" % len(values), *values), 8)
        return self.plain(shape, FLOAT, struct.pack("<%df" % len(values), *values), 4)

    def plain(self, shape, kind, data, size):
        if self.packed and shape and data:
            return self.chunk(shape, kind, data, size)
        at = self.add(data) if data else NONE
        fill = message(5, bytes([2, 2, 2, 0]))
        return self.add(header([space(shape), kind, fill, message(8, struct.pack("<BBQQ", 3, 1, at, len(data)))]))

    def chunk(self, shape, kind, data, size):
        """All of it as one chunk, shuffled and packed."""
        shuffled = b"".join(data[i::size] for i in range(size))
        packed = zlib.compress(shuffled, 4)
        child = self.add(packed)
        key = struct.pack("<II", len(packed), 0) + b"\0" * 8 * (len(shape) + 1)
        last = struct.pack("<II", 0, 0) + b"".join(struct.pack("<Q", d) for d in shape) + b"\0" * 8
        tree = self.add(b"TREE" + struct.pack("<BBHQQ", 1, 0, 1, NONE, NONE) + key + struct.pack("<Q", child) + last)
        filters = (bytes([1, 2]) + b"\0" * 6 + struct.pack("<HHHHII", 2, 0, 0, 1, size, 0) +
                   struct.pack("<HHHHII", 1, 0, 0, 1, 4, 0))
        layout = (struct.pack("<BBBQ", 3, 2, len(shape) + 1, tree) + b"".join(struct.pack("<I", d) for d in shape) +
                  struct.pack("<I", size))
        return self.add(header([space(shape), kind, message(5, bytes([2, 3, 2, 0])), message(11, filters), message(8, layout)]))

    def save(self, path):
        with open(path, "wb") as f:
            f.write(self.data)


def net(nodes, edges, packed=False, **root):
    return File(dict({"version": "1.0.8", "node": graph(nodes, edges)}, **root), packed)


def chain(*names):
    return list(zip(names, names[1:]))
