# SPDX-License-Identifier: Apache-2.0
"""The relu engine against stored outputs of trained networks, which other programs computed.

Arguments: the program relu_outputs. Needs a folder with datasets/, models/ and thirdparty/
($TTFS_TEST_DATA, else ../shared/data); skips without. Of every network in models/ the logits of up
to 1,000 test images; of every network in thirdparty/ the stored answers to random inputs, and those
to test images where it is known how they were prepared. One line a network: the largest difference,
relative to the largest stored value.
"""
import array
import ast
import glob
import gzip
import math
import os
import subprocess
import sys
import zipfile

from e2e import Case, data_folder, samples, skip

BOUND = 1e-4
IMAGES = 1000
# Importing it is refused: scales that are computed while it runs.
REFUSED = ("connxr_mnist_quantized",)
PLAIN, MNIST = ((0,), (1,)), ((0.1307,), (0.3081,))
CIFAR = ((0.4914, 0.4822, 0.4465), (0.2471, 0.2435, 0.2616))
# images, mean and deviation a channel of value / 255, and how they lie
PREPARED = {
    "digits_conv": ("digits", PLAIN, ""),
    "digits_mlp_64_32_10": ("digits", PLAIN, ""),
    "mnist_mlp_784_128_10": ("mnist", PLAIN, ""),
    "mnist_mlp_784_256_256_10": ("mnist", MNIST, ""),
    "mnist_lenet5": ("mnist", PLAIN, ""),
    "fashion_lenet_bn": ("fashion", PLAIN, ""),
    "cifar10_vgg7_bn": ("cifar10", PLAIN, ""),
    "cifar10_resnet8": ("cifar10", PLAIN, ""),
    "vnn21_mnistfc_256x2": ("mnist", PLAIN, ""),
    "vnn21_verivital_mnist_convnet_avgpool": ("mnist", PLAIN, ""),
    "vnn21_verivital_mnist_convnet_maxpool": ("mnist", PLAIN, ""),
    "vnn21_cifar10_resnet_2b": ("cifar10", CIFAR, ""),
    "vnn21_cifar10_resnet_4b": ("cifar10", CIFAR, ""),
    "vnn21_marabou_cifar10_small": ("cifar10", PLAIN, "channels last"),
    "marabou_cifar_base_kw": ("cifar10", ((0.485, 0.456, 0.406), (0.225,) * 3), ""),
    "marabou_cnn_max_mnist2": ("mnist", PLAIN, ""),
    "onnx2c_atmega_mnist": ("mnist", PLAIN, "half size"),
}


def npy_values(data):
    """The values of an .npy file as an array, with its shape as in the header."""
    start = 10 + int.from_bytes(data[8:10], "little")
    header = ast.literal_eval(data[10:start].decode())
    values = array.array({"|u1": "B", "<f4": "f", "<i8": "q"}[header["descr"]])
    values.frombytes(data[start:])
    return values, header["shape"]


def images(data, name):
    """Images of a test set: values, elements of one, channels."""
    folder = os.path.join(data, "datasets", name)
    if name in ("mnist", "fashion"):
        with gzip.open(os.path.join(folder, "t10k-images-idx3-ubyte.gz")) as f:
            return array.array("B", f.read(16 + 784 * IMAGES)[16:]), 784, 1
    with zipfile.ZipFile(os.path.join(folder, name + "-test.npz")) as z:
        values, shape = npy_values(z.read("x.npy"))
    return values, len(values) // shape[0], 3 if name == "cifar10" else 1


def halved(image):
    """Means of 2 x 2 of 28 x 28 values."""
    return [(image[56 * y + 2 * x] + image[56 * y + 2 * x + 1] +
             image[56 * y + 2 * x + 28] + image[56 * y + 2 * x + 29]) / 4
            for y in range(14) for x in range(14)]


def prepare(data, name, count):
    """Network inputs of the first test images, as float32 bytes."""
    which, (mean, deviation), order = PREPARED[name]
    values, size, channels = images(data, which)
    plane, scale, out = size // channels, 255 if values.typecode == "B" else 1, array.array("f")
    for i in range(min(count, len(values) // size)):
        image = values[size * i:size * (i + 1)]
        if order == "half size":
            image, plane = halved(image), 196
        x = []
        for c in range(channels):
            m, d = mean[c % len(mean)], deviation[c % len(mean)]
            x += [(v / scale - m) / d for v in image[plane * c:plane * (c + 1)]]
        if order == "channels last":
            x = [x[plane * c + i] for i in range(plane) for c in range(channels)]
        out.extend(x)
    return out.tobytes()


def floats(path):
    values = array.array("f")
    with open(path, "rb") as f:
        values.frombytes(f.read())
    return values


def compare(case, program, model, x, want, what):
    """Runs the samples and holds all outputs against `want`; the largest relative difference."""
    name = os.path.basename(model)[:-5]
    given, taken = case.write("in.f32", x), case.path("out.f32")
    p = subprocess.run([program, model, given, taken], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=500)
    if p.returncode == 3 and name in REFUSED:
        print("%-40s %-12s refused: %s" % (name, what, p.stderr.decode().splitlines()[0][:60]))
        return
    if not case.check(p.returncode == 0, "%s: %s" % (name, p.stderr.decode()[-2000:])):
        return
    got = floats(taken)
    if not case.check(got and len(got) <= len(want) or what == "random",
                      "%s: %d values, %d stored" % (name, len(got), len(want))):
        return
    if what == "random":
        case.equal(len(got), len(want), "%s: values" % name)
    largest = max(abs(v) for v in want[:len(got)])
    error = max(abs(a - b) for a, b in zip(got, want)) / largest
    moved = max(abs(a - b) for a, b in zip(got, want[1:])) / largest
    case.check(all(math.isfinite(v) for v in got), "%s: not all values are finite" % name)
    case.check(moved > BOUND, "%s: values of another place are as near" % name)
    print("%-40s %-12s %7d values, largest relative difference %.2g" %
          (name, what, len(got), error))
    case.check(error <= BOUND, "%s %s: difference %g" % (name, what, error))


def main(program):
    data = data_folder()
    if not data:
        skip("no folder of trained networks: set TTFS_TEST_DATA, or put one at ../shared/data")
    case, count = Case(), samples(IMAGES)
    models = sorted(glob.glob(os.path.join(data, "models", "*.onnx")))
    others = sorted(glob.glob(os.path.join(data, "thirdparty", "*.onnx")))
    case.check(len(models) > 0, "no models in %s" % data)
    for model in models:
        name, stored = os.path.basename(model)[:-5], model[:-5] + ".test_logits.npy"
        case.check(name in PREPARED, "%s: how its inputs are prepared is not known" % name)
        if name in PREPARED:
            with open(stored, "rb") as f:
                want = npy_values(f.read())[0]
            compare(case, program, model, prepare(data, name, count), want, "test images")
    for model in others:
        name, stored = os.path.basename(model)[:-5], model[:-5] + ".rand.in.f32"
        if not os.path.exists(stored):
            print("%-40s %-12s no stored inputs" % (name, "random"))
            continue
        with open(stored, "rb") as f:
            compare(case, program, model, f.read(), floats(model[:-5] + ".rand.out.f32"), "random")
        stored = model[:-5] + ".test256_logits.f32"
        if name in PREPARED and os.path.exists(stored):
            compare(case, program, model, prepare(data, name, min(count, 256)), floats(stored),
                    "test images")
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
