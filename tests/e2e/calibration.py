# SPDX-License-Identifier: Apache-2.0
"""A calibration that a folder keeps stands for its samples: --calib OUT makes the same bytes as they
do, whatever else is asked for; of another network, damaged or absent it is refused. And samples that
are not like those of calibration are noticed by run and verify.
"""
import hashlib
import json
import os
import random
import re
import struct
import sys

import onnx_make

from e2e import DIGITS, Case, digits_x, npy, tree

CALIB = os.path.join(DIGITS, "calib.npz")
TEST = os.path.join(DIGITS, "test.npz")
KEPT = os.path.join("forms", "calib.blob")
UNLIKE = "not like those of calibration"


def same(case, a, b, what):
    a, b = tree(case.path(a)), tree(case.path(b))
    case.equal(sorted(n for n in a.keys() | b.keys() if a.get(n) != b.get(n)), [], what)


def stands(case):
    """--calib OUT is --calib X, with the same and with other options."""
    cnn = os.path.join(DIGITS, "digits_cnn.onnx")
    case.compile("digits_cnn", "first", "--chip", "tiny", "--threads", 2)
    case.good("compile", cnn, "-o", "again", "--calib", "first", "--chip", "tiny", "--threads", 1)
    same(case, "first", "again", "a folder and one made of its calibration")
    more = ("--ticks", 15, "--weight-bits", 4, "--percentile", 0.9, "--stop-after", "spike")
    case.compile("digits_cnn", "coarse", *more)
    case.good("compile", cnn, "-o", "coarse2", "--calib", "again", *more)
    same(case, "coarse", "coarse2", "other options on a kept calibration")
    case.good("compile", cnn, "-o", "first", "--calib", "first", "--chip", "tiny")
    same(case, "first", "again", "a folder made of its own calibration")
    case.good("compile", "--weights-only", "again", cnn, "-o", "renewed", "--calib", "first")
    case.equal(*(tree(case.path(out))["image/chip.img"] for out in ("renewed", "again")), "weights fitted again to kept samples")


def without_samples(case):
    """A folder of plain weights keeps no sample, and a calibration without any fits none."""
    cnn = os.path.join(DIGITS, "digits_cnn.onnx")
    plain, fitted = ("--quantiser", "plain"), ("--quantiser", "fitted")
    case.compile("digits_cnn", "first", "--chip", "tiny", *plain)
    r = case.good("compile", cnn, "-o", "again", "--calib", "first", "--chip", "tiny")
    case.check("weights are plain, not fitted" in r.err, "that no sample is kept: %s" % r)
    case.equal(*(tree(case.path(out))["image/chip.img"] for out in ("first", "again")), "plain weights of a kept calibration")
    case.refused("compile", cnn, "-o", "x", "--calib", "first", *fitted, says=("not the samples", "not fitted"))
    case.refused("compile", "--weights-only", "first", cnn, "-o", "x", "--calib", "first", *fitted, says="not fitted")
    manifest = tree(case.path("first"))["manifest.json"].decode()
    case.write(os.path.join("first", "manifest.json"), re.sub(r'"quantiser": *"plain", *', "", manifest))
    case.good("compile", "--weights-only", "first", cnn, "-o", "old", "--calib", os.path.join(DIGITS, "calib.npz"))
    case.equal(*(tree(case.path(out))["image/chip.img"] for out in ("first", "old")), "weights of a folder of the time without a quantiser")
    case.write(os.path.join("first", "manifest.json"), manifest.replace('"plain"', '"fitted"'))
    case.refused("compile", "--weights-only", "first", cnn, "-o", "x", "--calib", "first", says="not fitted")


def net(case, name, more=0.0, layer="fc1", wide=6):
    r = random.Random(4)
    m = onnx_make.Model(name, input_shape=[None, 8])
    m.init("w1", [[r.uniform(-1, 1) for _ in range(8)] for _ in range(wide)])
    m.init("w2", [[r.uniform(-1, 1) + more for _ in range(wide)] for _ in range(3)])
    m.node("Gemm", ["input", "w1"], ["a"], name=layer, transB=1)
    m.node("Relu", ["a"], ["b"], name="relu")
    m.node("Gemm", ["b", "w2"], ["y"], name="fc2", transB=1)
    m.output("y", [None, 3])
    m.save(case.path(name + ".onnx"))
    return name + ".onnx"


def bytes_samples(case):
    """uint8 samples were calibrated through a range: it goes with them."""
    r = random.Random(5)
    case.write("x.npy", npy((30, 8), [0, 255] + [r.randrange(256) for _ in range(238)], "B", "|u1"))
    model = net(case, "net")
    end = ("--stop-after", "spike")
    case.good("compile", model, "-o", "u8", "--calib", "x.npy", "--input-range", "-1:1", *end)
    told = case.good("compile", model, "-o", "u8b", "--calib", "u8", *end)
    case.check("input range -1 to 1" in told.err, "the range is not told: %s" % told)
    case.good("compile", model, "-o", "u8c", "--calib", "u8", "--input-range", "-1:1", *end)
    same(case, "u8", "u8c", "the range that was calibrated for")
    case.equal(tree(case.path("u8"))["forms/spike.txt"], tree(case.path("u8b"))["forms/spike.txt"], "the kept range")
    case.refused("compile", model, "-o", "u8d", "--calib", "u8", "--input-range", "0:1", says="another input range")


def number(v):
    """A float as calibrations hold it: its bits as LEB128."""
    bits, out = struct.unpack("<I", struct.pack("<f", v))[0], b""
    while bits >= 0x80:
        out, bits = out + bytes([bits & 0x7f | 0x80]), bits >> 7
    return out + bytes([bits])


def refusals(case):
    model, end = net(case, "net"), ("--stop-after", "spike")
    for other, says in ((net(case, "weights", more=0.01), ("fc2", "other weights")),
                        (net(case, "names", layer="first"), ("first", "'fc1'")),
                        (net(case, "shape", wide=7), ("another shape",))):
        case.refused("compile", other, "-o", "x", "--calib", "u8", says=("another network",) + says)
    case.refused("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", "x", "--calib", "u8", says="another size")
    case.good("compile", model, "-o", "none", *end)
    case.check(not os.path.exists(case.path("none", KEPT)), "a calibration without samples")
    case.refused("compile", model, "-o", "x", "--calib", "none", says="holds no calibration")
    with open(case.path("u8", KEPT), "rb") as f:
        whole = f.read()

    def seal(body):
        return body + hashlib.sha256(body).digest()

    body = whole[:-32]

    def lies(*swaps):
        said = body
        for old, new in swaps:
            case.check(old in said, "the calibration holds no %r" % old)
            said = said.replace(old, new, 1)
        return seal(said), "cannot be"

    with open(case.path("x.npy"), "rb") as f:
        values = len(set(f.read()[-240:]))  # of 30 samples of 8; they end the calibration: two numbers, the values, a byte each
    samples = len(body) - 240 - 4 * values - 2 - (values > 127)
    case.equal(body[samples], 30, "the number of kept samples")
    words, last = body[-240 - 4 * values:-240], -240 - 4
    low, high, top = number(-1.0), number(1.0), number(3e38)
    for damaged, says in ((whole[:-1] + bytes([whole[-1] ^ 1]), "checksum"), (whole[:20], "checksum"), (b"", ""),
                          (seal(body[:7] + b"\x63" + body[8:]), "version 99"), (seal(body[:-9]), "cannot be"),
                          (seal(body + b"\0"), "cannot be"), (seal(body[:-1] + b"\xff"), "cannot be"), (seal(body[:-1]), "cannot be"),
                          (seal(body[:samples] + b"\0" + body[samples + 1:]), "cannot be"),  # no samples
                          (seal(body[:samples] + b"\x1d" + body[samples + 1:]), "cannot be"),  # one less than there are bytes of
                          (seal(body[:-240 - len(words)] + words[4:8] + words[:4] + body[-240 - len(words) + 8:]), "cannot be"),
                          (seal(body[:last] + struct.pack("<f", float("inf")) + body[-240:]), "cannot be"),
                          (seal(body[:last] + struct.pack("<f", -1e30) + body[-240:]), "cannot be"),  # below what was seen
                          (seal(body[:samples] + b"\x1e\0" + body[-240:]), "cannot be"),  # floats, and bytes of bytes
                          lies((low + high + b"\0", high + low + b"\0")),  # the map
                          lies((low + high + b"\0", number(-3e38) + top + b"\0")),
                          lies((low + high + b"\0" + low + high, low + high + b"\0" + number(-3e38) + top)),
                          lies((low + high + b"\0", low + high + b"\3" + 3 * (low + high))),  # 8 inputs, 3 channels
                          lies((low + high + b"\1", low + number(0.5) + b"\1")),  # counts above the largest value
                          lies((low + high + b"\1", low + top + b"\1"))):  # none of the largest value
        case.write(os.path.join("u8", KEPT), damaged)
        case.refused("compile", model, "-o", "x", "--calib", "u8", says=says)
    case.check(not os.path.exists(case.path("x")), "a refused compile left a folder")
    case.write(os.path.join("u8", KEPT), seal(body[:samples]))  # as it was before samples were kept
    r = case.good("compile", model, "-o", "x", "--calib", "u8", *end)
    case.check("weights are plain, not fitted" in r.err, "a calibration without samples: %s" % r)


def few_enough(case):
    """Samples are kept up to 16 MiB of floats, all of them, and beyond that none."""
    m = onnx_make.Model("wide", input_shape=[None, 8192])
    m.init("w", [[1 / 8192] * 8192, [-1 / 8192] * 8192])
    m.node("Gemm", ["input", "w"], ["y"], name="fc", transB=1)
    m.output("y", [None, 2])
    m.save(case.path("wide.onnx"))
    case.write("wide.npy", npy((513, 8192), [i * i % 251 for i in range(8192)] * 513, "B", "|u1"))
    for count, kept in ((512, True), (513, False)):
        case.good("compile", "wide.onnx", "-o", "wide", "--calib", "wide.npy", "--calib-count", count, "--stop-after", "spike")
        size = os.path.getsize(case.path("wide", KEPT))
        case.equal(size > 512 * 8192, kept, "%d samples of 8,192 values, %d bytes: they are kept" % (count, size))


def unlike(case):
    """Samples like those of calibration pass without a word; turned ones and bright ones do not."""
    case.compile("digits_cnn", "out", "--ticks", 15, "--weight-bits", 4, "--stop-after", "spike")
    x = digits_x(40)
    case.write("inverse.npy", npy((40, 64), [1 - v for row in x for v in row]))
    for command in (("run", "out", "--engine", "golden"), ("verify", "out", "--engines", "golden,jit")):
        r = case.good(*command, "--input", TEST, "--count", 200)
        case.check("warning" not in r.err, "a warning about samples that are alike: %s" % r)
        r = case.good(*command, "--input", "inverse.npy")
        case.check(UNLIKE in r.err and "silent, in calibration" in r.err, "inverse samples: %s" % r)
        name, seen = re.search(r"warning: out: ([^:]*): .*silent, in calibration ([0-9.]+) %", r.err).groups()
        with open(case.path("out", "forms", "spike.txt"), encoding="utf-8") as f:
            rate = int(re.search(r'"%s" (?:input|relu|pool)\n(?:.*\n)*?.* rate (\d+)\n' % name, f.read())[1])
        case.equal(seen, "%.1f" % (100 - rate / 1e4), "the share that calibration saw of " + name)
        r = case.good(*command, "--input", "inverse.npy", "--count", 7)
        case.check(UNLIKE not in r.err, "seven samples: %s" % r)
    r = random.Random(6)
    quiet = [0.1 + 0.1 * r.random() for _ in range(40 * 8)]
    case.write("quiet.npy", npy((40, 8), quiet))
    case.write("loud.npy", npy((40, 8), [4 * v for v in quiet]))
    case.good("compile", net(case, "net"), "-o", "soft", "--calib", "quiet.npy", "--input-range", "0:1", "--stop-after", "spike")
    r = case.good("run", "soft", "--input", "quiet.npy", "--engine", "golden")
    case.check(UNLIKE not in r.err, "quiet samples: %s" % r)
    r = case.good("run", "soft", "--input", "loud.npy", "--engine", "golden")
    case.check(UNLIKE in r.err and "fc1: " in r.err and "at the end of the window" in r.err, "loud samples: %s" % r)


def wild(case):
    """Values beyond float32 have no window: the first layer that computes them is named, at once."""
    case.write("x.npy", npy((4, 8), [float(i % 7) for i in range(32)]))
    r = case.refused("compile", net(case, "huge", more=3e38), "-o", "huge", "--calib", "x.npy", says=("huge.onnx: fc2: ", "beyond what float32 holds"))
    case.check(not os.path.exists(case.path("huge")), "a folder whose calibration nobody can read:\n%s" % r)


def largest(case):
    """What is said to be the largest value seen is above the window of nearly all, also where the window is the model's own grid."""
    for name in ("digits_cnn", "digits_cnn_qdq"):
        case.compile(name, name, "--stop-after", "spike")
        with open(case.path(name, "report", "accuracy.json"), encoding="utf-8") as f:
            layers = {l["population"]: l for l in json.load(f)["layers"]}
        for layer in ("conv1", "conv2"):
            seen, top = layers[layer]["seen_max"], layers[layer]["window_top"]
            case.check(0.9 * top < seen < 2 * top, "%s, %s: %s was seen, the window ends at %s" % (name, layer, seen, top))


def main():
    case = Case()
    stands(case)
    largest(case)
    without_samples(case)
    bytes_samples(case)
    refusals(case)
    few_enough(case)
    unlike(case)
    wild(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
