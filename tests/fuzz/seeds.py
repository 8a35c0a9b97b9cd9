# SPDX-License-Identifier: Apache-2.0
"""Sound inputs of every fuzz target, made of small networks that ttfs compiles here.

In: a Case (tests/e2e/e2e.py). Out: {target: {name: bytes}}; the reader takes each of them. As a program,
`seeds.py FOLDER` writes them to FOLDER/TARGET/NAME, for a search (fuzz.sh) to start from.
"""
import gzip
import hashlib
import os
import struct
import sys
import zlib

import asic
import nir_make
import onnx_make

from e2e import SOURCE, Case, idx, npy, npz


def network():
    """A layer, a pool and two outputs, one of them turned: small, so that wounds hit structure."""
    m = onnx_make.Model("net", input_shape=[None, 1, 5, 5])
    m.init("w", [0.5, -0.25, 0.125] * 6, shape=[2, 1, 3, 3])
    for name, value in (("g", 1.0), ("h", 0.25), ("mean", 0.0), ("var", 1.0)):
        m.init(name, [value, value])
    m.init("v", [[0.1, -0.2, 0.3, 0.4] * 2] * 3)
    m.node("Conv", ["input", "w"], ["a"], name="conv1", pads=[1, 1, 1, 1])
    m.node("BatchNormalization", ["a", "g", "h", "mean", "var"], ["n"], name="bn1")
    m.node("Relu", ["n"], ["b"], name="relu1")
    m.node("MaxPool", ["b"], ["p"], name="pool1", kernel_shape=[2, 2], strides=[2, 2])
    m.node("Flatten", ["p"], ["f"], name="flat")
    m.node("Gemm", ["f", "v"], ["c"], name="fc", transB=1)
    m.init("u", [[0.3, -0.1] * 4] * 6)
    m.node("Gemm", ["f", "u"], ["d"], name="box", transB=1)
    m.init("rows", [1, 3, 2])
    m.node("Reshape", ["d", "rows"], ["e"], name="rows")
    m.node("Transpose", ["e"], ["t"], name="turn", perm=[0, 2, 1])
    m.output("c", [None, 3])
    m.output("t", [None, 2, 3])
    return m


def spiking(packed):
    """Most node types, a nested graph and edges that meet, small."""
    ones = [[[1.0] * 5] * 5] * 2
    conv = nir_make.node("Conv2d", weight=[[[[0.5, -0.25], [0.125, 1.0]]]] * 2, bias=[0.25, 0.0], stride=[1, 1], padding="same",
                         dilation=1, groups=1)
    inner = nir_make.graph({"input": nir_make.node("Input", shape=[2, 5, 5]), "output": nir_make.node("Output", shape=[2, 5, 5]),
                            "fire": nir_make.node("IF", r=ones, v_threshold=ones, v_reset=ones)},
                           nir_make.chain("input", "fire", "output"))
    nodes = {"input": nir_make.node("Input", shape=[1, 5, 5]), "conv": conv, "block": inner,
             "scale": nir_make.node("Scale", scale=[[[0.5]]]),
             "pool": nir_make.node("SumPool2d", kernel_size=[2, 2], stride=2, padding=[0, 0]),
             "flat": nir_make.node("Flatten", start_dim=0, end_dim=-1),
             "fc": nir_make.node("Affine", weight=[[0.5] * 8] * 3, bias=[0.0] * 3), "step": nir_make.node("Threshold", threshold=[0.5] * 3),
             "output": nir_make.node("Output", shape=[3])}
    edges = nir_make.chain("input", "conv", "block", "pool", "flat", "fc", "step", "output") + [("conv", "scale"), ("scale", "pool")]
    return bytes(nir_make.net(nodes, edges, packed).data)


def outside(location):
    """A layer whose weights lie in other files."""
    m = onnx_make.Model("net", input_shape=[None, 2])
    m.init_external("w", [3, 2], location=location, offset="8", length="24")
    m.init_external("b", [3], location="w.bin")
    m.node("Gemm", ["input", "w", "b"], ["a"], name="fc", transB=1)
    m.node("Relu", ["a"], ["r"])
    m.output("r", [None, 3])
    return m.bytes()


def pack(**parts):
    """The bytes of several files as one, as fuzz_part reads them."""
    return b"".join(b"=== %s\n%s\n" % (name.encode(), data) for name, data in parts.items())[:-1]


def read(path):
    with open(path, "rb") as f:
        return f.read()


def samples():
    x, y = npy([6, 2, 2], [0.25 * i for i in range(24)]), npy([6], [0, 1, 2, 3, 2, 1], "B", "|u1")
    turned = "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 4), }"
    return {"plain.npy": x, "labels.npy": y, "fortran.npy": npy([3, 4], range(12), header=turned),
            "both.npz": npz({"x": x, "y": y}), "stored.npz": npz({"x": x, "y": y}, compressed=False),
            "images.idx": idx(8, [3, 2, 2], bytes(range(12))),
            "images.idx.gz": idx(8, [3, 2, 2], bytes(range(12)), compressed=True)}


def words():
    lines = {"compile": "compile net.onnx -o out --ticks 63 --weight-bits=8 --chip one --input-range -1:1",
             "run": "run out --input x.npz:x --labels y.npy --engine golden --threads 4 --count 9",
             "verify": "verify out --input x.npz --engines golden,rtl --fault image:7.3 --json",
             "emit": "emit out -o x --cpu x86-64-v3"}
    return {name: line.replace(" ", "\n").encode() for name, line in lines.items()}


def reply(number, status=0, data=b""):
    """What a board says to a frame (rtl/README.md, The board top)."""
    body, crc = bytes([number, status]) + data, 0xffffffff
    for byte in body:
        crc ^= byte << 24
        for _ in range(8):
            crc = crc << 1 & 0xffffffff ^ (0x04c11db7 if crc >> 31 else 0)
    body += struct.pack(">I", ~crc & 0xffffffff)
    return b"~" + body.replace(b"}", b"}]").replace(b"~", b"}^") + b"~"


def board():
    """All that a board says to target_board.c: opened, loaded, a sample with a result, a word read."""
    words = {131: 0x54540005, 132: 0x1234567, 135: 0, 141: 0, 147: 0x7e7d7e7d}
    says = {number: reply(number, 64, struct.pack(">I", word)) for number, word in words.items()}
    says[145] = reply(145, 32 + 8, struct.pack(">Q", 0x7e05))
    says[129], says[146] = reply(129, 4), reply(146, 16)
    return b"".join(says.get(number, reply(number)) for number in [0, *range(128, 148)])


CONFIG = b"""{"chip": "one", "calib_count": 9, "ticks": 63, "weight_bits": 8, "memory": "2G", "percentile": 0.99,
 "seed": 3, "input": {"mean": [0.5, 0.25], "std": [0.5, 1]}, "layers": {"fc": {"ticks": 15, "weight_bits": 4,
 "percentile": 0.9}}}
"""


def entry(content):
    """An entry of the cache under the key of zeros."""
    seal = hashlib.sha256(b"0" * 64 + content).hexdigest().encode()
    return b"TTFSJO1\n" + struct.pack("<Q", len(content)) + seal + content


def folder_of(case):
    files = {name: read(case.path("out", name)) for name in
             ("manifest.json", "forms/spike.txt", "forms/ir.txt", "forms/ir.blob", "forms/spike.blob",
              "forms/plan.txt", "image/chip.img", "report/accuracy.json", "report/energy.json",
              "report/messages.json") if os.path.exists(case.path("out", name))}
    files["verify/golden-jit.json"] = b'{"samples": 3, "spikes": 40, "readouts": 9, "differences": 0, "equal": true}'
    return pack(**files)


def counts_of(case):
    case.write("five.npy", npy((2, 25), [0.5] * 50))
    case.good("run", "out", "--input", "five.npy", "--shard", "1/2", "-o", "run.json")
    return read(case.path("run.json"))


def sweep_of(case):
    case.write("five.npy", npy((2, 25), [0.5] * 50))
    case.good("sweep", "out", "--input", "five.npy", "--vary", "margin=0", "--vary", "time-noise=0.1", "--trials", "2",
              "--shard", "1/2", "-o", "sweep.json")
    return read(case.path("sweep.json"))


def make(case):
    model = network().bytes()
    small = network()
    case.write("net.onnx", model)
    case.good("compile", case.path("net.onnx"), "-o", "out", "--chip", "tiny", "--ticks", "15",
              "--stop-after", "image")
    form = {name: case.good("dump", "out", "--form", name).out.encode()
            for name in ("ir", "spike", "plan", "image")}
    case.write("x.npy", npy((3, 25), [0.01 * i for i in range(75)]))
    kept = case.good("compile", case.path("net.onnx"), "-o", "kept", "--calib", "x.npy", "--stop-after", "spike",
                     "--dump", "canonical").out.encode()
    weights = bytes(range(32))
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return {
        "nir": {"plain.nir": spiking(False), "packed.nir": spiking(True), "norse.nir": read(os.path.join(SOURCE, "tests", "nir", "norse.nir"))},
        "onnx": {"net.onnx": model, "net.onnx.gz": gzip.compress(small.bytes(), mtime=0)},
        "onnx_files": {"beside": pack(**{"net.onnx": outside("w.bin"), "w.bin": weights}),
                       "below": pack(**{"net.onnx": outside("sub/w.bin"), "w.bin": weights, "sub/w.bin": weights}),
                       "link": pack(**{"net.onnx": outside("link.bin"), "w.bin": weights, "link.bin": b"w.bin"})},
        "samples": samples(),
        "inflate": {"gzip": b"\1\x20" + gzip.compress(b"twice " * 9, mtime=0),
                    "deflate": b"\0\x20" + stream.compress(b"twice " * 9) + stream.flush()},
        "chip": {"tiny.json": read(os.path.join(SOURCE, "hw", "chips", "tiny.json"))},
        "config": {"config.json": CONFIG},
        "words": words(),
        "board": {"conversation": board()},
        "ir": {"ir.txt": form["ir"]},
        "spike": {"spike.txt": form["spike"]},
        "plan": {"both": pack(**{"spike.txt": form["spike"], "plan.txt": form["plan"]}), "plan.txt": form["plan"]},
        "image": {"chip.img": read(case.path("out", "image", "chip.img"))},
        "disasm": {"disasm.txt": form["image"]},
        "folder": {"folder": folder_of(case)},
        "sweep": {"sweep.json": sweep_of(case)},
        "counts": {"run.json": counts_of(case)},
        "calib": {"calibration": pack(**{"ir.txt": kept, "calib.blob": read(case.path("kept", "forms", "calib.blob"))})},
        "cells": {"cells": asic.LIBERTY.encode() + b"\n" + pack(lef=asic.LEF.encode()), "liberty": asic.LIBERTY.encode()},
        "cache": {"entry": entry(b"code"), "empty": entry(b"")},
    }


if __name__ == "__main__":
    case = Case()
    for target, inputs in make(case).items():
        os.makedirs(os.path.join(sys.argv[1], target), exist_ok=True)
        for name, data in inputs.items():
            with open(os.path.join(sys.argv[1], target, name), "wb") as f:
                f.write(data)
    sys.exit(case.done())
