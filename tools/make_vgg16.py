#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a VGG16 for 224x224 images, 138,357,544 parameters, its weights in a file beside it.

In: a folder. Out: vgg16.onnx (a few KB) and vgg16.weights (553 MB) in it. The weights are
pseudo-random, of the size that keeps activations alike from layer to layer (He et al. 2015), a
period of 65,537 values a layer: a network to measure memory and time with, not to classify. The
same call gives the same bytes. For small trials --divide D divides all widths by D.

    tools/make_vgg16.py /tmp/vgg [--divide 8]
"""
import argparse
import array
import os
import random

import onnx_make

CONVS = [64, 64, "P", 128, 128, "P", 256, 256, 256, "P", 512, 512, 512, "P", 512, 512, 512, "P"]
DENSE = [4096, 4096]
PERIOD = 65537


class Weights:
    """The data file, filled from the front; places are multiples of 64 bytes."""

    def __init__(self, path, model):
        self.file, self.name, self.model = open(path, "wb"), os.path.basename(path), model
        self.place = 0

    def add(self, name, shape, scale, seed):
        count = 1
        for d in shape:
            count *= d
        source = random.Random(seed)
        block = array.array("f", (source.gauss(0, 1) * scale for _ in range(min(count, PERIOD))))
        data = block.tobytes()
        whole, rest = divmod(count, len(block))
        for _ in range(whole):
            self.file.write(data)
        self.file.write(data[:rest * 4])
        self.model.init_external(name, shape, location=self.name, offset=self.place,
                                 length=count * 4)
        padding = -count * 4 % 64
        self.file.write(bytes(padding))
        self.place += count * 4 + padding


def build(folder, divide):
    m = onnx_make.Model("vgg16", input_shape=[None, 3, 224, 224])
    w = Weights(os.path.join(folder, "vgg16.weights"), m)
    last, channels, size, n = "input", 3, 224, 0

    def layer(op, shape, fan_in, **attributes):
        nonlocal last, n
        n += 1
        w.add("w%d" % n, shape, (2.0 / fan_in) ** 0.5, 2 * n)
        w.add("b%d" % n, shape[:1], 0.01, 2 * n + 1)
        m.node(op, [last, "w%d" % n, "b%d" % n], ["y%d" % n], name="layer%d" % n, **attributes)
        last = "y%d" % n

    def relu():
        nonlocal last
        m.node("Relu", [last], ["r%d" % n], name="relu%d" % n)
        last = "r%d" % n

    for width in CONVS:
        if width == "P":
            m.node("MaxPool", [last], ["p%d" % n], name="pool%d" % n, kernel_shape=[2, 2],
                   strides=[2, 2])
            last, size = "p%d" % n, size // 2
            continue
        width //= divide
        layer("Conv", [width, channels, 3, 3], channels * 9, pads=[1, 1, 1, 1])
        relu()
        channels = width
    m.node("Flatten", [last], ["flat"], name="flatten")
    last, inputs = "flat", channels * size * size
    for width in DENSE:
        layer("Gemm", [width // divide, inputs], inputs, transB=1)
        relu()
        inputs = width // divide
    layer("Gemm", [1000, inputs], inputs, transB=1)
    m.output(last, [None, 1000])
    w.file.close()
    m.save(os.path.join(folder, "vgg16.onnx"))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("folder")
    p.add_argument("--divide", type=int, default=1)
    a = p.parse_args()
    os.makedirs(a.folder, exist_ok=True)
    build(a.folder, a.divide)


if __name__ == "__main__":
    main()
