#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the two networks of examples/digits and writes all files of that folder but its README.

In: the 8x8 digits (1,797 images, values 0..16) of E. Alpaydin and C. Kaynak, "Optical Recognition
of Handwritten Digits", UCI Machine Learning Repository, 1998, CC BY 4.0, in the order in which
scikit-learn ships them. --data names either scikit-learn's own file, digits.csv.gz (the default is
that of an installed Debian package python3-sklearn), or a folder with digits-train.npz and
digits-test.npz (arrays x in [0,1] and y).
Split: test = every image i with i % 4 == 0 (450), training = the other 1,347. No test image is used
for training, for a choice among runs, or for calibration.
Out: digits_mlp.onnx, digits_cnn.onnx, test.npz, calib.npz (256 training images).
Invariant: the same data and the same numpy give the same bytes; the script starts itself again with
one thread and without the processor's newer vector units, because these change the last bit of sums.

    tools/train_digits.py [--data PATH] [--out examples/digits] [--check]

--check trains again and compares with the files that are there, byte for byte.
"""
import argparse
import gzip
import io
import os
import sys
import zipfile

STABLE = {
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Prescott",
    "NPY_DISABLE_CPU_FEATURES": "SSSE3 SSE41 POPCNT SSE42 AVX F16C FMA3 AVX2 AVX512F AVX512CD "
                                "AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL",
}
if __name__ == "__main__" and any(os.environ.get(k) != v for k, v in STABLE.items()):
    os.environ.update(STABLE)
    os.execv(sys.executable, [sys.executable, "-W", "ignore"] + sys.argv)

import numpy as np  # noqa: E402

import onnx_make  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SKLEARN = "/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz"


# ---- data --------------------------------------------------------------------------------------

def load(path):
    """(train x, train y, test x, test y); x (N, 8, 8) in [0, 1], y integers."""
    if os.path.isdir(path):
        out = []
        for part in ("train", "test"):
            with np.load(os.path.join(path, "digits-%s.npz" % part)) as d:
                out += [d["x"].astype(np.float64), d["y"].astype(np.int64)]
    else:
        rows = np.loadtxt(gzip.open(path, "rt"), delimiter=",")
        x, y = rows[:, :64].reshape(-1, 8, 8) / 16.0, rows[:, 64].astype(np.int64)
        test = np.arange(len(x)) % 4 == 0
        out = [x[~test], y[~test], x[test], y[test]]
    if out[0].shape != (1347, 8, 8) or out[2].shape != (450, 8, 8):
        raise SystemExit("%s: not the 1,797 digits" % path)
    return out


def noisy(rng, x):
    """Every image with Gaussian noise of a tenth of full scale: augmentation. (Moving the images
    makes it worse: they fill their frame. Found by cross-validation on the training part.)"""
    return x + rng.normal(0, 0.1, x.shape)


# ---- layers: forward keeps what backward needs; backward returns the gradient of the input ------

class Dense:
    def __init__(self, rng, n_in, n_out):
        self.w = rng.normal(0, np.sqrt(2.0 / n_in), (n_out, n_in))
        self.b = np.zeros(n_out)
        self.names = ("w", "b")

    def forward(self, x, train):
        self.x = x
        return x @ self.w.T + self.b

    def backward(self, g):
        self.grads = (g.T @ self.x, g.sum(0))
        return g @ self.w


class Conv:
    """3x3, padding 1, stride 1, no bias: a BatchNormalization follows, or `bias` is True."""

    def __init__(self, rng, c_in, c_out, bias):
        self.w = rng.normal(0, np.sqrt(2.0 / (9 * c_in)), (c_out, c_in, 3, 3))
        self.b = np.zeros(c_out)
        self.names = ("w", "b") if bias else ("w",)

    def forward(self, x, train):
        n, c, h, w = x.shape
        wide = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        taps = [wide[:, :, dy:dy + h, dx:dx + w] for dy in range(3) for dx in range(3)]
        self.cols = np.stack(taps, 2).transpose(0, 3, 4, 1, 2).reshape(n * h * w, c * 9)
        self.shape = x.shape
        y = self.cols @ self.w.reshape(len(self.w), -1).T + self.b
        return y.reshape(n, h, w, -1).transpose(0, 3, 1, 2)

    def backward(self, g):
        n, c, h, w = self.shape
        flat = g.transpose(0, 2, 3, 1).reshape(n * h * w, -1)
        self.grads = ((flat.T @ self.cols).reshape(self.w.shape), flat.sum(0))
        cols = (flat @ self.w.reshape(len(self.w), -1)).reshape(n, h, w, c, 3, 3)
        wide = np.zeros((n, c, h + 2, w + 2))
        for dy in range(3):
            for dx in range(3):
                wide[:, :, dy:dy + h, dx:dx + w] += cols[..., dy, dx].transpose(0, 3, 1, 2)
        return wide[:, :, 1:-1, 1:-1]


class BatchNorm:
    """Over all axes but the channel's; running mean and variance for the trained network."""
    EPS, MOMENTUM = 1e-5, 0.9

    def __init__(self, c):
        self.gamma, self.beta = np.ones(c), np.zeros(c)
        self.mean, self.var = np.zeros(c), np.ones(c)
        self.names = ("gamma", "beta")

    def forward(self, x, train):
        col = (slice(None), None, None)
        mean, var = (x.mean((0, 2, 3)), x.var((0, 2, 3))) if train else (self.mean, self.var)
        if train:
            self.mean = self.MOMENTUM * self.mean + (1 - self.MOMENTUM) * mean
            self.var = self.MOMENTUM * self.var + (1 - self.MOMENTUM) * var
        self.inv = 1.0 / np.sqrt(var + self.EPS)
        self.norm = (x - mean[col]) * self.inv[col]
        return self.norm * self.gamma[col] + self.beta[col]

    def backward(self, g):
        col = (slice(None), None, None)
        self.grads = ((g * self.norm).sum((0, 2, 3)), g.sum((0, 2, 3)))
        g = g * self.gamma[col]
        mean = g.mean((0, 2, 3))[col]
        along = (g * self.norm).mean((0, 2, 3))[col]
        return (g - mean - self.norm * along) * self.inv[col]


class Relu:
    names = ()

    def forward(self, x, train):
        self.on = x > 0
        return x * self.on

    def backward(self, g):
        return g * self.on


class MaxPool:
    """2x2, stride 2; the gradient goes to the first largest of each window."""
    names = ()

    def forward(self, x, train):
        n, c, h, w = x.shape
        win = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)
        win = win.reshape(n, c, h // 2, w // 2, 4)
        self.shape, self.best = x.shape, win.argmax(-1)
        return win.max(-1)

    def backward(self, g):
        n, c, h, w = self.shape
        win = (np.arange(4) == self.best[..., None]) * g[..., None]
        win = win.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5)
        return win.reshape(self.shape)


class Shape:
    """Reshape of every sample: to a vector, or to one channel."""
    names = ()

    def __init__(self, *shape):
        self.to = shape

    def forward(self, x, train):
        self.was = x.shape
        return x.reshape((len(x),) + self.to)

    def backward(self, g):
        return g.reshape(self.was)


# ---- training ----------------------------------------------------------------------------------

def run(net, x, train=False):
    for layer in net:
        x = layer.forward(x, train)
    return x


class Adam:
    def __init__(self, net, decay):
        self.slots = [(layer, i, name) for layer in net for i, name in enumerate(layer.names)]
        self.m = [np.zeros_like(getattr(layer, name)) for layer, _, name in self.slots]
        self.v = [np.zeros_like(m) for m in self.m]
        self.t, self.decay = 0, decay

    def step(self, rate):
        self.t += 1
        for k, (layer, i, name) in enumerate(self.slots):
            g, p = layer.grads[i], getattr(layer, name)
            self.m[k] = 0.9 * self.m[k] + 0.1 * g
            self.v[k] = 0.999 * self.v[k] + 0.001 * g * g
            m, v = self.m[k] / (1 - 0.9 ** self.t), self.v[k] / (1 - 0.999 ** self.t)
            shrink = self.decay * p if name == "w" else 0.0
            setattr(layer, name, p - rate * (m / (np.sqrt(v) + 1e-8) + shrink))


def fit(net, rng, x, y, epochs, rate, decay, batch=64):
    """Cross-entropy, Adam, the rate falling along half a cosine; fresh noise in every epoch."""
    opt = Adam(net, decay)
    for epoch in range(epochs):
        now = rate * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        seen, order = noisy(rng, x), rng.permutation(len(x))
        for at in range(0, len(x) - batch + 1, batch):
            pick = order[at:at + batch]
            logits = run(net, seen[pick], True)
            p = np.exp(logits - logits.max(1, keepdims=True))
            g = p / p.sum(1, keepdims=True)
            g[np.arange(batch), y[pick]] -= 1
            g /= batch
            for layer in reversed(net):
                g = layer.backward(g)
            opt.step(now)


def make_mlp(rng):
    return [Shape(64), Dense(rng, 64, 32), Relu(), Dense(rng, 32, 10)]


def make_cnn(rng):
    return [Shape(1, 8, 8), Conv(rng, 1, 8, False), BatchNorm(8), Relu(), MaxPool(),
            Conv(rng, 8, 16, True), Relu(), Shape(256), Dense(rng, 256, 10)]


# ---- files -------------------------------------------------------------------------------------

def export_mlp(net):
    m = onnx_make.Model("digits_mlp", input_shape=[None, 64])
    for i, layer in ((1, net[1]), (2, net[3])):
        m.init("fc%d.weight" % i, layer.w.astype(np.float32))
        m.init("fc%d.bias" % i, layer.b.astype(np.float32))
    m.node("Gemm", ["input", "fc1.weight", "fc1.bias"], ["fc1"], name="fc1", transB=1)
    m.node("Relu", ["fc1"], ["relu1"], name="relu1")
    m.node("Gemm", ["relu1", "fc2.weight", "fc2.bias"], ["logits"], name="fc2", transB=1)
    m.output("logits", [None, 10])
    return m.bytes()


def export_cnn(net):
    conv1, norm, conv2, fc = net[1], net[2], net[5], net[8]
    m = onnx_make.Model("digits_cnn", input_shape=[None, 1, 8, 8])
    for name, value in (("conv1.weight", conv1.w), ("bn1.weight", norm.gamma),
                        ("bn1.bias", norm.beta), ("bn1.mean", norm.mean), ("bn1.var", norm.var),
                        ("conv2.weight", conv2.w), ("conv2.bias", conv2.b),
                        ("fc.weight", fc.w), ("fc.bias", fc.b)):
        m.init(name, value.astype(np.float32))
    window = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1]}
    m.node("Conv", ["input", "conv1.weight"], ["conv1"], name="conv1", **window)
    m.node("BatchNormalization", ["conv1"] + ["bn1." + s for s in ("weight", "bias", "mean", "var")],
           ["bn1"], name="bn1", epsilon=BatchNorm.EPS)
    m.node("Relu", ["bn1"], ["relu1"], name="relu1")
    m.node("MaxPool", ["relu1"], ["pool1"], name="pool1", kernel_shape=[2, 2], strides=[2, 2])
    m.node("Conv", ["pool1", "conv2.weight", "conv2.bias"], ["conv2"], name="conv2", **window)
    m.node("Relu", ["conv2"], ["relu2"], name="relu2")
    m.node("Flatten", ["relu2"], ["flat"], name="flatten", axis=1)
    m.node("Gemm", ["flat", "fc.weight", "fc.bias"], ["logits"], name="fc", transB=1)
    m.output("logits", [None, 10])
    return m.bytes()


def npz(x, y):
    """The bytes of a compressed .npz with arrays x (float32) and y (uint8) and no dates in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, value in (("x", x.astype(np.float32)), ("y", y.astype(np.uint8))):
            entry = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            array = io.BytesIO()
            np.save(array, value)
            z.writestr(entry, array.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def train(name, make, export, data, epochs, rate, decay):
    x, y, test_x, test_y = data
    rng = np.random.RandomState(20240601)
    net = make(rng)
    fit(net, rng, x, y, epochs, rate, decay)
    right = int((run(net, test_x).argmax(1) == test_y).sum())
    print("%s: %d of %d held-back digits right, %.2f %%"
          % (name, right, len(test_y), 100.0 * right / len(test_y)))
    return export(net)


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", default=SKLEARN)
    p.add_argument("--out", default=os.path.join(HERE, "..", "examples", "digits"))
    p.add_argument("--check", action="store_true")
    args = p.parse_args()
    if not os.path.exists(args.data):
        raise SystemExit("%s: not there; install python3-sklearn or give --data" % args.data)
    data = load(args.data)
    files = {
        "digits_mlp.onnx": train("digits_mlp", make_mlp, export_mlp, data, 150, 1e-2, 1e-1),
        "digits_cnn.onnx": train("digits_cnn", make_cnn, export_cnn, data, 60, 1e-2, 1e-1),
        "test.npz": npz(data[2], data[3]),
        "calib.npz": npz(data[0][:256], data[1][:256]),
    }
    differ = []
    for name, content in files.items():
        path = os.path.join(args.out, name)
        if args.check:
            with open(path, "rb") as f:
                differ += [name] if f.read() != content else []
        else:
            with open(path, "wb") as f:
                f.write(content)
        print("%s: %d bytes" % (name, len(content)))
    if differ:
        raise SystemExit("not the same as before: " + ", ".join(differ))


if __name__ == "__main__":
    main()
