# SPDX-License-Identifier: Apache-2.0
"""A face detector: 42 convolutions, two outputs, each of four transposed heads behind one another.
It compiles to the spike graph, both outputs as views of eight readouts; exact is relu, golden comes
nearer to it with finer grids; the chip says that it is too small for it.

Needs a folder with models/ and thirdparty/ ($TTFS_TEST_DATA, else ../shared/data); skips without.
"""
import os
import sys

from e2e import Case, data_folder, npy, skip

NET = "ultraface_slim_320"
SHAPES = {"scores": [1, 4420, 2], "boxes": [1, 4420, 4]}
# Channels and positions of the four heads, an output.
HEADS = {"scores": ((6, 1200), (4, 300), (4, 80), (6, 20)),
         "boxes": ((12, 1200), (8, 300), (8, 80), (12, 20))}
# ticks, bits, largest and mean relative error of scores and of boxes that golden may have
GRIDS = ((1023, 10, {"scores": (0.05, 0.001), "boxes": (0.2, 0.02)}),
         (4095, 12, {"scores": (0.02, 0.0003), "boxes": (0.05, 0.005)}))


def image():
    """Blocks and slopes of three colours, -1 to 1."""
    x = []
    for c in range(3):
        for row in range(240):
            for column in range(320):
                block = (row // (24 + 8 * c) + column // (32 - 4 * c)) % 5 / 2.5 - 1
                slope = (row * (c + 1) + column * (3 - c)) % 256 / 128 - 1
                x.append(0.6 * block + 0.4 * slope)
    return x


def check_text(case):
    """The outputs in the text of the spike graph: one piece a head, transposed."""
    with open(case.path("out", "forms", "spike.txt"), encoding="latin-1") as f:
        text = f.read()
    for name, heads in HEADS.items():
        shape = " ".join(str(n) for n in SHAPES[name])
        at, lines = 0, 'output "%s" shape %s\n' % (name, shape)
        case.check(lines in text, "no line of output %s" % name)
        pieces = text[text.index(lines) + len(lines):].splitlines()[:len(heads)]
        for (channels, positions), line in zip(heads, pieces):
            want = " first 0 at %d loop %d 1 %d loop %d %d 1" % (at, positions, channels, channels,
                                                                 positions)
            case.check(line.startswith("  from ") and line.endswith(want),
                       "%s: '%s' is not '%s'" % (name, line, want))
            at += channels * positions


def compile_(case, model, ticks, bits):
    case.good("compile", model, "-o", "out", "--stop-after", "spike", "--input-range=-1:1",
              "--calib", "x.npy", "--percentile", 1, "--ticks", ticks, "--weight-bits", bits)


def outputs(case, engine, *options):
    """{name: output} of a run, whose shapes must be the model's."""
    r = case.json("run", "out", "--input", "x.npy", "--engine", engine, *options)
    found = {o["name"]: o for o in r.get("outputs", [])}
    case.equal({n: o["shape"] for n, o in found.items()}, SHAPES, "outputs of %s" % engine)
    for name, o in found.items():
        print("%s %s %s: largest relative error %.3g, mean %.3g" %
              (engine, " ".join(map(str, options)), name, o["max_relative_error"],
               o["mean_relative_error"]))
    return r, found


def main():
    data = data_folder()
    if not data:
        skip("no folder of trained networks: set TTFS_TEST_DATA, or put one at ../shared/data")
    model = os.path.join(data, "thirdparty", NET + ".onnx")
    if not os.path.exists(model):
        skip("%s is not there" % model)
    case = Case()
    case.write("x.npy", npy((1, 3, 240, 320), image()))
    case.equal(case.json("check", model).get("supported"), True, "supported")
    case.refused("compile", model, "-o", "chip", says=("input: needs row ids of 240", "larger chip"))
    for ticks, bits, bounds in GRIDS:
        compile_(case, model, ticks, bits)
        found = outputs(case, "golden")[1]
        for name, (largest, mean) in bounds.items():
            o = found.get(name, {})
            case.check(0 < o.get("max_relative_error", 1) <= largest,
                       "T %d, %s: largest error %s" % (ticks, name, o.get("max_relative_error")))
            case.check(0 < o.get("mean_relative_error", 1) <= mean,
                       "T %d, %s: mean error %s" % (ticks, name, o.get("mean_relative_error")))
    check_text(case)
    for neuron in ("a", "b"):
        r, found = outputs(case, "exact", "--model", neuron)
        case.check(r.get("max_abs_error", 1) <= 1e-9, "exact: %s" % r.get("max_abs_error"))
        for name, o in found.items():  # relu rounds its values to float32
            case.check(o["max_relative_error"] <= 1e-5, "exact %s: %r" % (name, o))
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
