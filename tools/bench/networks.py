# SPDX-License-Identifier: Apache-2.0
"""What tools/bench/jit runs: networks with their test samples, as float32, int8 and spike graph.

A folder of networks holds NAME.onnx. Where there is a NAME.json, its `dataset` and `mean`, `std`
say which samples of ../datasets it takes; else the folder has test.npz and calib.npz itself. What
is made lies in the cache folder under the hash of all that it depends on.
"""
import gzip
import hashlib
import json
import os
import subprocess

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat, QuantType,
                                      quantize_static)
from onnxruntime.quantization.shape_inference import quant_pre_process

CALIBRATION = 500
MOST_SAMPLES, MULTIPLE = 960, 64
RECIPE = "qdq, u8 activations by min and max, s8 weights a channel, all operators, 1"
# How a set's name begins: folder, calibration and test samples, test labels.
SETS = {
    "MNIST": ("mnist", "train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz",
              "t10k-labels-idx1-ubyte.gz"),
    "Fashion-MNIST": ("fashion", "train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz",
                      "t10k-labels-idx1-ubyte.gz"),
    "CIFAR-10": ("cifar10", "cifar10-calib.npz", "cifar10-test.npz", "cifar10-test.npz"),
    "digits": ("digits", "digits-train.npz", "digits-test.npz", "digits-test.npz"),
}


class Missing(Exception):
    """Something that is needed is not there; the text says what."""


def read_array(path, name, most):
    """The first `most` items of an IDX .gz or of array `name` of an .npz."""
    if not os.path.exists(path):
        raise Missing("%s is not there" % path)
    if path.endswith(".npz"):
        return np.load(path)[name][:most]
    with gzip.open(path) as f:
        head = f.read(4)
        if head[:3] != b"\0\0\x08":
            raise Missing("%s holds no bytes in IDX form" % path)
        dims = np.frombuffer(f.read(4 * head[3]), ">u4").astype(int)
        dims[0] = min(dims[0], most)
        return np.frombuffer(f.read(int(np.prod(dims))), np.uint8).reshape(dims)


def digest(*parts):
    """Of texts, and of files as ("file", path)."""
    h = hashlib.sha256()
    for part in parts:
        if isinstance(part, tuple):
            with open(part[1], "rb") as f:
                part = f.read()
        data = part if isinstance(part, bytes) else str(part).encode()
        h.update(b"%d:" % len(data) + data)
    return h.hexdigest()[:20]


class Reader(CalibrationDataReader):
    def __init__(self, name, x):
        self.batches = iter([{name: x[i:i + 50]} for i in range(0, len(x), 50)])

    def get_next(self):
        return next(self.batches, None)


class Network:
    def __init__(self, folder, name, cache):
        self.name, self.cache = name, cache
        self.model = os.path.join(folder, name + ".onnx")
        about = os.path.join(folder, name + ".json")
        self.about = {}
        if os.path.exists(about):
            with open(about) as f:
                self.about = json.load(f)
        value = onnx.load(self.model).graph.input[0]
        self.input = value.name
        self.shape = [d.dim_value for d in value.type.tensor_type.shape.dim][1:]
        self.calib_file, test, labels = self.files(folder)
        x = self.real(read_array(test, "x", MOST_SAMPLES))
        self.x = x[:len(x) // MULTIPLE * MULTIPLE]
        self.y = read_array(labels, "y", len(self.x)).astype(int)

    def files(self, folder):
        dataset = self.about.get("dataset")
        if dataset is None:
            names = ("calib.npz", "test.npz", "test.npz")
        else:
            kind = dataset.split()[0]
            if kind not in SETS:
                raise Missing("%s: samples of '%s' are not known" % (self.name, kind))
            folder = os.path.join(folder, "..", "datasets", SETS[kind][0])
            names = SETS[kind][1:]
        return [os.path.join(folder, n) for n in names]

    def real(self, x):
        """Samples as the network was trained on them."""
        if x.dtype == np.uint8:
            x = x.astype(np.float32) / np.float32(255)
        x = np.ascontiguousarray(x.reshape([len(x)] + self.shape), np.float32)
        if "mean" in self.about:
            axes = [-1] + [1] * (len(self.shape) - 1)
            mean, std = (np.array(self.about[k], np.float32).reshape(axes) for k in ("mean", "std"))
            x = (x - mean) / std
        return x

    def samples(self):
        """SAMPLES.npy and the same as raw float32."""
        path = os.path.join(self.cache, "samples", self.name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        np.save(path + ".npy", self.x)
        self.x.tofile(path + ".f32")
        return path + ".npy", path + ".f32"

    def int8(self):
        """The QDQ version that ONNX Runtime's own tool makes."""
        key = digest(("file", self.model), ("file", self.calib_file), ort.__version__, RECIPE)
        path = os.path.join(self.cache, "int8", "%s-%s.onnx" % (self.name, key))
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            calib = self.real(read_array(self.calib_file, "x", CALIBRATION))
            quant_pre_process(self.model, path + ".pre", skip_symbolic_shape=True)
            quantize_static(path + ".pre", path + ".new", Reader(self.input, calib),
                            quant_format=QuantFormat.QDQ, per_channel=True,
                            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
            os.remove(path + ".pre")
            os.rename(path + ".new", path)
        return path

    def spike(self, ttfs):
        """The text of its spike graph."""
        args = ["--calib", self.calib_file, "--calib-count", str(CALIBRATION), "--ticks", "255",
                "--weight-bits", "8", "--stop-after", "spike"]
        config = json.dumps({"input": {k: self.about[k] for k in ("mean", "std")}}
                            if "mean" in self.about else {})
        key = digest(("file", self.model), ("file", ttfs), *args, config)
        out = os.path.join(self.cache, "spike", "%s-%s" % (self.name, key))
        if not os.path.isdir(out):
            os.makedirs(os.path.dirname(out), exist_ok=True)
            with open(out + ".json", "w") as f:
                f.write(config)
            subprocess.run([ttfs, "compile", self.model, "-o", out, "--quiet", "--config",
                            out + ".json"] + args, check=True)
        return os.path.join(out, "forms", "spike.txt")


def find(folder, names, cache):
    """The networks of a folder, or those that are named."""
    there = sorted(f[:-5] for f in os.listdir(folder) if f.endswith(".onnx"))
    absent = [n for n in names if n not in there]
    if absent or not there:
        raise Missing("%s holds no %s" % (folder, ", ".join(absent) or "networks"))
    return [Network(folder, n, cache) for n in names or there]
