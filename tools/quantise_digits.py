#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quantises examples/digits/digits_cnn.onnx into digits_cnn_qdq.onnx, standard library only.

In: the float network and calib.npz. Out: the same network with QuantizeLinear and DequantizeLinear
around every layer: uint8 activations whose range is what 64 calibration digits reach, int8 weights
(per output channel; of the last layer per tensor), int32 biases on the grid of the sums. The
normalisation is folded into the first layer. Plain float64 sums in a fixed order: the same bytes on
every machine. `Integers` is the quantised network in integer arithmetic, for tests to compare with.

    tools/quantise_digits.py [--folder examples/digits] [--check]

--check makes the file again and compares it with the one that is there.
"""
import argparse
import io
import math
import os
import struct
import zipfile

import onnx_make

HERE = os.path.dirname(os.path.abspath(__file__))
DIGITS = os.path.join(HERE, "..", "examples", "digits")
SAMPLES = 64


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


# ---- reading -----------------------------------------------------------------------------------

def fields(data):
    """(number, value) of every field of a protobuf message: an int, or bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            size = {1: 8, 5: 4}.get(key & 7) or varint()
            at += size
            yield key >> 3, data[at - size:at]


def initialisers(path):
    """Flat float lists by name (ModelProto.graph = 7, GraphProto.initializer = 5)."""
    with open(path, "rb") as f:
        graph = dict(fields(f.read()))[7]
    out = {}
    for number, value in fields(graph):
        if number == 5:
            tensor = dict(fields(value))  # name = 8, raw_data = 9
            raw = tensor[9]
            out[tensor[8].decode()] = struct.unpack("<%df" % (len(raw) // 4), raw)
    return out


def digits(path, count):
    """The first images of an .npz as lists of 64 floats."""
    with zipfile.ZipFile(path) as z:
        data = z.read("x.npy")
    size = struct.unpack("<H", data[8:10])[0]
    values = io.BytesIO(data[10 + size:])
    return [list(struct.unpack("<64f", values.read(256))) for _ in range(count)]


# ---- the layers, on flat lists -----------------------------------------------------------------

def conv(x, w, b, ins, outs, side):
    """3x3, one of padding."""
    y = []
    for o in range(outs):
        for i in range(side):
            for j in range(side):
                total = b[o]
                for c in range(ins):
                    for u in range(max(0, 1 - i), min(3, side + 1 - i)):
                        for v in range(max(0, 1 - j), min(3, side + 1 - j)):
                            total += (w[((o * ins + c) * 3 + u) * 3 + v]
                                      * x[(c * side + i + u - 1) * side + j + v - 1])
                y.append(total)
    return y


def pool(x, channels, side):
    return [max(x[(c * side + i + u) * side + j + v] for u in (0, 1) for v in (0, 1))
            for c in range(channels) for i in range(0, side, 2) for j in range(0, side, 2)]


def dense(x, w, b):
    return [bias + sum(p * q for p, q in zip(w[o * len(x):(o + 1) * len(x)], x))
            for o, bias in enumerate(b)]


# ---- quantising --------------------------------------------------------------------------------

def folded(p):
    """Weights and biases of the three layers, the normalisation taken into the first."""
    w, b = [], []
    for o in range(8):
        k = p["bn1.weight"][o] / math.sqrt(p["bn1.var"][o] + 1e-5)
        w += [v * k for v in p["conv1.weight"][9 * o:9 * o + 9]]
        b.append(p["bn1.bias"][o] - p["bn1.mean"][o] * k)
    return [(w, b), (p["conv2.weight"], p["conv2.bias"]), (p["fc.weight"], p["fc.bias"])]


def layer(w, b, x_scale, each):
    """int8 weights with their scales, int32 biases on the sums' grid."""
    row = len(w) // len(b)
    rows = [w[i * row:(i + 1) * row] for i in range(len(b))]
    top = [max(abs(v) for v in r) for r in rows]
    scales = [f32((t if each else max(top)) / 127) for t in top]
    q = [round(v / s) for r, s in zip(rows, scales) for v in r]
    return q, scales, [round(v / (s * x_scale)) for v, s in zip(b, scales)]


class Integers:
    """The quantised network: integers of every grid for one sample."""

    def __init__(self, folder):
        real = folded(initialisers(os.path.join(folder, "digits_cnn.onnx")))
        tops = [0.0, 0.0, 0.0]
        for x in digits(os.path.join(folder, "calib.npz"), SAMPLES):
            a = [max(0.0, v) for v in conv(x, *real[0], 1, 8, 8)]
            c = [max(0.0, v) for v in conv(pool(a, 8, 8), *real[1], 8, 16, 4)]
            y = dense(c, *real[2])
            tops = [max(tops[0], max(a)), max(tops[1], max(c)), max(tops[2], max(map(abs, y)))]
        self.scales = [f32(1 / 255), f32(tops[0] / 255), f32(tops[1] / 255), f32(tops[2] / 127)]
        self.layers = [layer(*real[i], self.scales[i], i < 2) for i in range(3)]

    def _round(self, sums, i):
        """Sums of layer i on the grid behind it: to even, as ONNX does, 0 to 255."""
        _, scales, _ = self.layers[i]
        per = len(sums) // len(scales)
        return [min(255, max(0, round(v * scales[k // per] * self.scales[i] / self.scales[i + 1])))
                for k, v in enumerate(sums)]

    def run(self, x):
        """(input, behind conv1, behind conv2, sums of the logits)"""
        (w1, _, b1), (w2, _, b2), (w3, _, b3) = self.layers
        q0 = [min(255, max(0, round(v / self.scales[0]))) for v in x]
        q1 = self._round(conv(q0, w1, b1, 1, 8, 8), 0)
        q2 = self._round(conv(pool(q1, 8, 8), w2, b2, 8, 16, 4), 1)
        return q0, q1, q2, dense(q2, w3, b3)

    # ---- writing -------------------------------------------------------------------------------

    def model(self):
        m = onnx_make.Model("digits_cnn_qdq", input_shape=[None, 1, 8, 8])
        zero = {onnx_make.UINT8: "u8", onnx_make.INT8: "s8"}
        for kind, name in zero.items():
            m.init("zero." + name, 0, data_type=kind)

        def grid(x, scale, kind=onnx_make.UINT8, ends_in=None):
            m.init(x + ".scale", scale, data_type=onnx_make.FLOAT)
            m.node("QuantizeLinear", [x, x + ".scale", "zero." + zero[kind]], [x + ".q"],
                   name=x + ".quantize")
            m.node("DequantizeLinear", [x + ".q", x + ".scale", "zero." + zero[kind]],
                   [ends_in or x + ".grid"], name=x + ".dequantize")
            return ends_in or x + ".grid"

        def weights(name, i, shape):
            q, scales, bias = self.layers[i]
            each = i < 2
            sums = [s * self.scales[i] for s in scales]
            m.init(name + ".weight.q", q, shape=shape, data_type=onnx_make.INT8)
            m.init(name + ".weight.scale", scales if each else scales[0],
                   data_type=onnx_make.FLOAT)
            m.init(name + ".weight.zero", [0] * len(scales) if each else 0,
                   data_type=onnx_make.INT8)
            m.init(name + ".bias.q", bias, data_type=onnx_make.INT32)
            m.init(name + ".bias.scale", sums if each else sums[0], data_type=onnx_make.FLOAT)
            axis = {"axis": 0} if each else {}
            m.node("DequantizeLinear", [name + ".weight." + k for k in ("q", "scale", "zero")],
                   [name + ".weight"], name=name + ".weight.dequantize", **axis)
            m.node("DequantizeLinear", [name + ".bias.q", name + ".bias.scale"],
                   [name + ".bias"], name=name + ".bias.dequantize", **axis)
            return [name + ".weight", name + ".bias"]

        window = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1]}
        x = grid("input", self.scales[0])
        m.node("Conv", [x] + weights("conv1", 0, [8, 1, 3, 3]), ["conv1"], name="conv1", **window)
        m.node("Relu", ["conv1"], ["relu1"], name="relu1")
        x = grid("relu1", self.scales[1])
        m.node("MaxPool", [x], ["pool1"], name="pool1", kernel_shape=[2, 2], strides=[2, 2])
        x = grid("pool1", self.scales[1])
        m.node("Conv", [x] + weights("conv2", 1, [16, 8, 3, 3]), ["conv2"], name="conv2", **window)
        m.node("Relu", ["conv2"], ["relu2"], name="relu2")
        x = grid("relu2", self.scales[2])
        m.node("Flatten", [x], ["flat"], name="flatten", axis=1)
        m.node("Gemm", ["flat"] + weights("fc", 2, [10, 256]), ["fc"], name="fc", transB=1)
        grid("fc", self.scales[3], onnx_make.INT8, "logits")
        m.output("logits", [None, 10])
        return m.bytes()


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--folder", default=DIGITS)
    p.add_argument("--check", action="store_true")
    args = p.parse_args()
    made = Integers(args.folder).model()
    path = os.path.join(args.folder, "digits_cnn_qdq.onnx")
    if not args.check:
        with open(path, "wb") as f:
            f.write(made)
    with open(path, "rb") as f:
        if f.read() != made:
            raise SystemExit("not the same as before: " + path)
    print("%s: %d bytes" % (os.path.basename(path), len(made)))


if __name__ == "__main__":
    main()
