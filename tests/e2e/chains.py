# SPDX-License-Identifier: Apache-2.0
"""Networks that are chains of layers, with random weights, for tests."""
import random

import onnx_make as om
from onnx_make import Model


class Net(Model):
    """A chain: each layer reads what the last one made."""

    def __init__(self, shape, **more):
        super().__init__("net", input_shape=shape, **more)
        self.rng, self.last, self.count = random.Random(len(shape)), "input", 0
        self.shape = shape

    def const(self, value, **more):
        self.count += 1
        self.init("c%d" % self.count, value, **more)
        return "c%d" % self.count

    def weights(self, *shape):
        def build(dims):
            return [build(dims[1:]) for _ in range(dims[0])] if dims else self.rng.uniform(-1, 1.2)
        return self.const(build(shape))

    def layer(self, op, *operands, **more):
        """`operands` that are None are the last value; without any it is the only one."""
        self.count += 1
        inputs = [self.last if x is None else x for x in operands] or [self.last]
        self.last = "t%d" % self.count
        self.node(op, inputs, [self.last], name="%s%d" % (op.lower(), self.count), **more)
        return self

    def conv(self, outs, ins, k=3, **more):
        return self.layer("Conv", None, self.weights(outs, ins, k, k), **more)

    def dense(self, ins, outs):
        return self.layer("Gemm", None, self.weights(ins, outs))

    def relu(self):
        return self.layer("Relu")

    def end(self, elem_type=om.FLOAT):
        self.output(self.last, None, elem_type)
        return self
