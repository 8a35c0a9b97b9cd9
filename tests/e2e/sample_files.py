# SPDX-License-Identifier: Apache-2.0
"""Sample files as programs write them: either order of axes in every type, names of arrays, large
zip archives, IDX; and samples that a network would take for something else, which is said.
"""
import io
import json
import random
import struct
import sys
import zipfile

import onnx_make

from e2e import Case, idx, npy, npz

TYPES = {"|b1": "b", "<f4": "f", "<f8": "d", "<f2": "e", "|u1": "B", "|i1": "b", "<u2": "H", "<i2": "h",
         "<u4": "I", "<i4": "i", "<u8": "Q", "<i8": "q", ">f4": "f", ">i2": "h"}
SHAPE = (5, 3, 2, 4)


def place(shape, index):
    """Where element `index` of the last-axis-innermost order lies when the first axis is innermost."""
    at, step = 0, 1
    place_of = []
    for size in reversed(shape):
        place_of.append(index % size)
        index //= size
    for i, size in zip(reversed(place_of), shape):
        at += i * step
        step *= size
    return at


def turned(values, shape):
    out = [0] * len(values)
    for i, v in enumerate(values):
        out[place(shape, i)] = v
    return out


def numpy_file(values, shape, descr, fortran):
    head = "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }" % (
        descr, fortran, ", ".join(map(str, shape)))
    data = turned(values, shape) if fortran else values
    order = ">" if descr[0] == ">" else "<"
    return npy((), [], header=head) + struct.pack("%s%d%s" % (order, len(data), TYPES[descr]), *data)


def model(case, name="net", shape=(3, 2, 4), outputs=3):
    r = random.Random(3)
    size = shape[0] * shape[1] * shape[2]
    m = onnx_make.Model(name, input_shape=[None] + list(shape))
    m.init("w1", [[r.uniform(-1, 1) for _ in range(size)] for _ in range(8)])
    m.init("w2", [[r.uniform(-1, 1) for _ in range(8)] for _ in range(outputs)])
    m.node("Flatten", ["input"], ["x"])
    m.node("Gemm", ["x", "w1"], ["a"], name="first", transB=1)
    m.node("Relu", ["a"], ["b"], name="act")
    m.node("Gemm", ["b", "w2"], ["c"], name="last", transB=1)
    m.output("c", [None, outputs])
    m.save(case.path(name + ".onnx"))
    return name + ".onnx"


def trace(case, out, path, *options):
    """The spikes of a run, and its result."""
    r = case.good("run", out, "--input", path, "--engine", "golden", "--trace", "t.txt", *options)
    with open(case.path("t.txt"), "rb") as f:
        return f.read(), r


def both_orders(case):
    r = random.Random(4)
    count = 5 * 3 * 2 * 4
    for descr in TYPES:
        letter = TYPES[descr]
        values = ([r.uniform(0, 8) for _ in range(count)] if letter in "fde" else
                  [r.randrange(2 if descr == "|b1" else 9) for _ in range(count)])
        plain, _ = trace(case, "out", case.write("c.npy", numpy_file(values, SHAPE, descr, False)))
        other, _ = trace(case, "out", case.write("f.npy", numpy_file(values, SHAPE, descr, True)))
        case.check(plain == other, "%s: the other order of axes gives other spikes" % descr)
        wrong, _ = trace(case, "out", case.write("w.npy", numpy_file(
            turned(values, SHAPE), SHAPE, descr, False)))
        case.check(plain != wrong, "%s: the order of axes does not matter here" % descr)
        if descr == "|b1":  # 0 and 1, not 0 and 1/255
            same, _ = trace(case, "out", case.write("c.npy", numpy_file(values, SHAPE, "|i1", False)))
            case.check(plain == same, "True is 1")
    case.write("mean.json", '{"input": {"mean": [0.1, 0.2, 0.3], "std": [0.5, 0.25, 0.125]}}')
    case.good("compile", "net.onnx", "-o", "means", "--config", "mean.json", "--stop-after", "spike")
    values = [r.randrange(256) for _ in range(count)]
    plain, _ = trace(case, "means", case.write("c.npy", numpy_file(values, SHAPE, "|u1", False)))
    other, _ = trace(case, "means", case.write("f.npy", numpy_file(values, SHAPE, "|u1", True)))
    case.check(plain == other, "mean and std of channels in the other order of axes")
    case.good("compile", "net.onnx", "-o", "a", "--calib", "c.npy", "--stop-after", "spike")
    case.good("compile", "net.onnx", "-o", "b", "--calib", "f.npy", "--stop-after", "spike")
    with open(case.path("a", "forms", "spike.txt")) as a, open(case.path("b", "forms", "spike.txt")) as b:
        case.check(a.read() == b.read(), "calibration depends on the order of axes")


STAMP = struct.pack("<HH24s", 0x5455, 24, b"\x03" + b"stamped otherwise" * 2)  # a field of another kind


def large_zip(members, stamp=b""):
    """An archive whose sizes stand in zip64 fields, and whose directory is found through zip64."""
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 10
    try:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
            for name, data in members.items():
                entry = zipfile.ZipInfo(name + ".npy")
                entry.compress_type, entry.extra = zipfile.ZIP_DEFLATED, stamp
                z.writestr(entry, data)
        return out.getvalue()
    finally:
        zipfile.ZIP64_LIMIT = limit


def astray(data):
    """The archive whose directory is where the plain record says, though zip64's own record is spoilt."""
    end, large = data.rindex(b"PK\5\6"), data.rindex(b"PK\6\6")
    directory = struct.unpack("<Q", data[large + 48:large + 56])[0]
    return (data[:large] + b"PK\0\0" + data[large + 4:end + 8] + b"\xff\xff\xff\xff" + data[end + 12:end + 16] +
            struct.pack("<L", directory) + data[end + 20:])


def stamped_first(data):
    """The archive with the stamp in front of the zip64 field in the directory, too."""
    at = 0
    while (at := data.find(STAMP, at)) >= 0:
        begins = [b - 4 for b in range(at - 24, at, 8) if data[b - 4:b] == struct.pack("<HH", 1, at - b)]
        if begins:
            data = data[:begins[0]] + STAMP + data[begins[0]:at] + data[at + len(STAMP):]
        at += len(STAMP)
    return data


def archives(case):
    r = random.Random(5)
    x = npy((6, 24), [r.random() for _ in range(144)])
    y = npy((6,), [0, 1, 2, 0, 1, 2], "B", "|u1")
    other = npy((6, 5), [0.0] * 30)
    want, _ = trace(case, "out", case.write("x.npy", x))
    kinds = {
        "deflated": (npz({"x": x}), ""), "stored": (npz({"x": x}, False), ""),
        "zip64": (large_zip({"w": other, "x": x, "y": y}), ""),
        "zip64 stamped": (large_zip({"w": other, "x": x, "y": y}, STAMP), ""),
        "stamped zip64": (stamped_first(large_zip({"w": other, "x": x, "y": y}, STAMP)), ""),
        "upper case": (npz({"X": x, "Y": y}), ""), "keras": (npz({"x_test": x, "y_test": y}), ""),
        "positional": (npz({"arr_0": x, "arr_1": y}), ""), "only one fits": (npz({"z": other, "data": x, "y": y}), ""),
        "only one fits, stored": (npz({"z": other, "data": x, "y": y}, False), ""),
        "named": (npz({"first": x, "second": x}), ":second"),
    }
    for what, (data, name) in kinds.items():
        path = case.write(what.replace(" ", "-") + ".npz", data)
        got, r = trace(case, "out", path + name)
        case.check(got == want, "%s: other spikes" % what)
        taken = {"keras": "'x_test' is taken", "positional": "'arr_0' is taken",
                 "only one fits": "'data' is taken", "only one fits, stored": "'data' is taken"}.get(what)
        case.equal("is taken" in r.err, taken is not None, what + ": says which array")
        case.check(taken is None or taken in r.err, "%s: %s" % (what, r.err))
        labelled = what in ("zip64", "zip64 stamped", "stamped zip64", "upper case", "keras", "positional")
        case.equal("accuracy" in r.out, labelled or what.startswith("only one fits"), what + ": labels")
    for compressed in (False, True):
        case.refused("run", "out", "--input", case.write("two.npz", npz({"a": x, "b": x, "y": y}, compressed)),
                     says=["no array 'x', and more than one fits", "'a' (6x24 float32)", "'b' (6x24 float32)",
                           "'y' (6 uint8)", "FILE.npz:NAME"])
        spoilt = bytearray(npz({"a": other, "data": x}, compressed))
        spoilt[spoilt.index(b"PK\3\4", 4)] = 0  # where the second member begins
        case.refused("run", "out", "--input", case.write("astray.npz", bytes(spoilt)),
                     says=["no array 'x'; it holds 'a' (6x5 float32), 'data' (no array of numbers)"])
    case.refused("run", "out", "--input", case.write("none.npz", npz({"a": other, "y": y})),
                 says=["no array 'x'; it holds 'a' (6x5 float32), 'y' (6 uint8)"])
    case.refused("run", "out", "--input", case.write("lost.npz", astray(large_zip({"x": x}))),
                 says=["the zip directory is missing or cut off"])
    case.refused("run", "out", "--input", case.path("two.npz:c"), says=["no array 'c'; it holds 'a'"])
    r = case.good("run", "out", "--input", "x.npy", "--labels",
                  case.write("labels.npz", npz({"ids": other, "truth": y})))
    case.check("'truth' is taken" in r.err and "accuracy" in r.out, "labels of another name:\n%s" % r)
    from_one = npz({"x": x, "y": npy((6,), [1, 2, 3, 1, 2, 3], "B", "|u1")})
    r = case.good("run", "out", "--input", case.write("from-one.npz", from_one))
    case.check("ttfs: warning: " in r.err and "counted from 1" in r.err, "labels beside the samples:\n%s" % r)
    one = npz({"x": npy((6, 1), [1.0] * 6)})
    case.good("compile", model(case, "tiny", (1, 1, 1)), "-o", "tiny", "--stop-after", "spike")
    r = case.good("run", "tiny", "--input", case.write("one.npz", one) + ":x")
    case.check("accuracy" not in r.out, "samples of one element are taken as their own labels:\n%s" % r)
    images = bytes(r_ % 256 for r_ in range(144))
    plain, _ = trace(case, "out", case.write("i.idx", idx(8, (6, 24), images)))
    packed, _ = trace(case, "out", case.write("i.gz", idx(8, (6, 4, 6), images, True)))
    case.check(plain == packed, "IDX in gzip gives other spikes")


def layouts(case):
    """Axes in another order are said by every command that takes samples."""
    r = random.Random(6)
    values = [r.random() for _ in range(4 * 24)]
    good = case.write("chw.npy", npy((4, 3, 2, 4), values))
    bad = case.write("hwc.npy", npy((4, 2, 4, 3), values))
    words = "the samples are 2x4x3, the network takes 3x2x4"
    for arguments in (("run", "out", "--input"), ("run", "out", "--engine", "exact", "--input"),
                      ("run", "out", "--engine", "relu", "--input"),
                      ("verify", "out", "--engines", "golden,jit", "--input"),
                      ("compile", "net.onnx", "-o", "x", "--stop-after", "spike", "--calib")):
        what = " ".join(arguments)
        r = case.good(*arguments, bad)
        case.check("ttfs: warning: " in r.err and words in r.err, "%s does not warn:\n%s" % (what, r))
        r = case.good(*arguments, good)
        case.check("warning" not in r.err, "%s warns of nothing:\n%s" % (what, r))


def ranges(case):
    """Samples that lie elsewhere than those of calibration are said, and how many were clipped."""
    r = random.Random(7)
    count = 4 * 24
    files = {
        "unit": npy((4, 3, 2, 4), [r.random() for _ in range(count - 2)] + [0, 1]),
        "wide": npy((4, 3, 2, 4), [255 * r.random() for _ in range(count - 2)] + [0, 255]),
        "bytes": npy((4, 3, 2, 4), [r.randrange(256) for _ in range(count - 2)] + [0, 255], "B", "|u1"),
        "dark": npy((4, 3, 2, 4), [r.randrange(17) for _ in range(count - 2)] + [0, 16], "B", "|u1"),
        "half": npy((4, 3, 2, 4), [r.randrange(128) for _ in range(count - 2)] + [0, 127], "B", "|u1"),
        "few": npy((4, 3, 2, 4), [0.5] * (count - 1) + [9.0]),
    }
    for name, data in files.items():
        case.write(name + ".npy", data)
    sixteen = struct.unpack("<f", struct.pack("<f", 16 / 255))[0]
    seen = {"unit": [0, 1], "wide": [0, 255], "bytes": [0, 1], "dark": [0, sixteen]}
    said = {("unit", "bytes"): None, ("bytes", "bytes"): None, ("unit", "unit"): None, ("wide", "wide"): None,
            ("dark", "dark"): None, ("unit", "half"): None, ("bytes", "half"): None,
            ("unit", "dark"): "uint8 samples become 0 to 0.0627451 here, the calibration samples held 0 to 1",
            ("dark", "bytes"): "uint8 samples become 0 to 1 here, the calibration samples held 0 to 0.0627451",
            ("wide", "bytes"): "uint8 samples become 0 to 1 here, the calibration samples held 0 to 255",
            ("unit", "wide"): "of all input values lie outside the encoder's range, 0 to 1",
            ("bytes", "wide"): "of all input values lie outside the encoder's range, 0 to 1",
            ("unit", "few"): "1.0 % of all input values lie outside the encoder's range, 0 to 1"}
    for calib in seen:
        case.good("compile", "net.onnx", "-o", calib, "--calib", calib + ".npy", "--stop-after", "spike")
        with open(case.path(calib, "manifest.json")) as f:
            case.equal(json.load(f).get("calib_seen"), seen[calib], calib + ": range in the manifest")
    for (calib, x), words in said.items():
        for arguments in (("run", calib, "--input", x + ".npy"), ("verify", calib, "--input", x + ".npy")):
            r = case.good(*arguments)
            case.check(words in r.err if words else "warning" not in r.err,
                       "%s: expected to say %r:\n%s" % (" ".join(arguments), words, r))
    j = case.json("run", "unit", "--input", "few.npy")
    case.equal((j.get("clipped_inputs"), j.get("clipped_share")), (1, 1 / count), "clipped inputs")
    case.good("compile", "net.onnx", "-o", "no", "--stop-after", "spike")
    with open(case.path("no", "manifest.json")) as f:
        case.equal(json.load(f).get("calib_seen", 1), None, "range without calibration")
    r = case.good("compile", "net.onnx", "-o", "no", "--stop-after", "spike", "--calib", "wide.npy",
                  "--input-range", "0:1")
    case.check("outside the encoder's range, 0 to 1" in r.err, "calibration samples outside:\n%s" % r)
    r = case.good("compile", "net.onnx", "-o", "no", "--stop-after", "spike", "--calib", "unit.npy",
                  "--input-range", "0:1")
    case.check("warning" not in r.err, "calibration samples inside:\n%s" % r)


def damaged_maps(case):
    """A manifest whose mean and std map no value is refused."""
    case.write("mean.json", '{"input": {"mean": [0.1, 0.2, 0.3], "std": [0.5, 0.25, 0.125]}}')
    case.good("compile", "net.onnx", "-o", "means", "--config", "mean.json", "--stop-after", "spike")
    case.write("x.npy", npy((1, 3, 2, 4), [0.5] * 24))
    path = case.path("means", "manifest.json")
    with open(path, encoding="utf-8") as f:
        good = json.load(f)
    for mean, std, fine in (([0, 0, 0], [1, 1, 1], True), ([0, 0, 0], [1, 0, 1], False), ([0, 0, 0], [1, 1, -1], False),
                            ([0, 0, 0], [1, 1], False), ([0, 0, "0"], [1, 1, 1], False), ([], [], False),
                            ([0] * 17, [1] * 17, False)):
        with open(path, "w", encoding="utf-8") as f:
            json.dump(dict(good, options=dict(good["options"], uint8={"mean": mean, "std": std})), f)
        if fine:
            case.good("run", "means", "--input", "x.npy", "--engine", "golden")
        else:
            case.refused("run", "means", "--input", "x.npy", "--engine", "golden",
                         says=["manifest.json", "options.uint8"])


def border(case):
    """The encoder takes half a step beyond its range below, and less than that above; compile, that
    looks before there is an encoder, counts the same values."""
    top, under = 1.25, 1.25 - 2.0**-20
    for name, values in (("above", [top] * 3 + [0.5] * 45), ("within", [under] * 3 + [-0.25] * 45),
                         ("below", [-0.25 - 2.0**-20] * 2 + [0.5] * 46)):
        path = case.write(name + ".npy", npy((2, 3, 2, 4), values))
        r = case.good("compile", "net.onnx", "-o", "border", "--stop-after", "spike", "--ticks", 2,
                      "--input-range", "0:1", "--calib", path)
        clipped = case.json("run", "border", "--input", path).get("clipped_inputs")
        case.equal(clipped, {"above": 3, "within": 0, "below": 2}[name], name + ": clipped inputs")
        case.equal("%.1f %% of all input values lie outside" % (100 * clipped / 48) in r.err, clipped > 0,
                   "%s: what compile says:\n%s" % (name, r))
        text, words = case.good("run", "border", "--input", path).out, "clipped inputs      %.2f %%, %d values outside"
        case.check(words % (100 * clipped / 48, clipped) in text if clipped else "clipped" not in text,
                   "%s: what run says:\n%s" % (name, text))


def main():
    case = Case()
    case.good("compile", model(case), "-o", "out", "--input-range", "0:8", "--stop-after", "spike")
    both_orders(case)
    archives(case)
    layouts(case)
    ranges(case)
    border(case)
    damaged_maps(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
