# SPDX-License-Identifier: Apache-2.0
"""`ttfs compile --fit DEVICE`: for every device and the networks on the digits the chip that is made is one that others
take too, holds the network and its plan, and has no bit more of what is proven; what fits no device is refused with
every reason and by how much.
"""
import json
import os
import re
import sys

from e2e import DIGITS, SOURCE, Case, few, tree
from onnx_make import Model

CALIB = os.path.join(DIGITS, "calib.npz")
TEST = os.path.join(DIGITS, "test.npz")
NETS = ("digits_mlp", "digits_cnn", "digits_cnn_qdq")
FEATURES = {"digits_mlp": (False, False), "digits_cnn": (True, True), "digits_cnn_qdq": (True, True)}
WHOLE = (("digits_mlp", "up5k"), ("digits_cnn", "zynq-7020"))
PLAN = ("--stop-after", "plan", "--quantiser", "plain")  # what chip is made is not a matter of fitted weights, which take most of the time
MEMORIES = ("act_words", "weight_rows", "param_words", "program_words", "buffers")


def devices():
    """{name: (LUTs, flip-flops)} of hw/devices.def."""
    with open(os.path.join(SOURCE, "hw", "devices.def"), encoding="utf-8") as f:
        rows = re.findall(r'^TTFS_DEVICE\(\w+, "([\w-]+)", \w+, (\d+), (\d+)', f.read(), re.M)
    return {name: (int(luts), int(ffs)) for name, luts, ffs in rows}


def load(case, *names):
    with open(case.path(*names), encoding="utf-8") as f:
        return json.load(f)


def fitted(case, net, device, size):
    """Compiles NET for DEVICE, to the end where more is done with it; the folder and its chip."""
    out = "%s-%s" % (net, device)
    said = case.compile(net, out, "--fit", device, *(() if (net, device) in WHOLE else PLAN)).err
    chip = load(case, out, "chip.json")
    case.equal(load(case, out, "manifest.json")["chip"], chip, "the manifest's chip")
    case.equal((chip["name"], chip["cores_x"] * chip["cores_y"]), (device, 1), "name and cores")
    case.equal((chip["conv"], chip["pool"]), FEATURES[net], net + ": features")
    taken = re.search(r": (\d+) of (\d+) LUTs, (\d+) of (\d+) flip-flops((?:, \d+ of \d+ \w+)+)", said)
    if case.check(taken, "no note of what it takes:\n" + said):
        case.equal((int(taken[2]), int(taken[4])), size, device)
        case.check(0 < int(taken[1]) <= 0.85 * size[0] and 0 < int(taken[3]) <= size[1], said)
        for used, there in re.findall(r"(\d+) of (\d+) \w+", taken[5]):
            case.check(int(used) <= int(there), "more blocks than there are:\n" + said)
    for core in load(case, out, "report", "fit.json")["cores"]:
        for memory in MEMORIES:
            use = core[memory]
            case.check(use["used"] <= use["available"] == chip[memory], "%s: %s: %r" % (out, memory, use))
    return out, chip


def as_any_chip(case, net, out):
    """The file is a description like any other, and gives the same image and Verilog."""
    case.compile(net, "again", "--chip", os.path.join(case.path(out), "chip.json"), "--schedule", "latency")
    a, b = tree(case.path(out)), tree(case.path("again"))
    unlike = sorted(n for n in a.keys() | b.keys() if a.get(n) != b.get(n))
    case.equal(unlike, ["chip.json", os.path.join("report", "messages.json")], out + ": --fit and --chip")


def no_bit_more(case, net, chip):
    """A chip with a bit less of anything is refused."""
    for key in few(("slope_bits", "acc_bits", "ramp_bits", "value_bits", "weight_bits", "c_bits"), 3):
        less = dict(chip, **{key: chip[key] - 1})
        if key == "acc_bits":
            less.update(slope_bits=min(less["slope_bits"], less[key]), ramp_bits=min(less["ramp_bits"], less[key] - 1))
        path = case.write("less.json", json.dumps(less))
        case.refused("compile", os.path.join(DIGITS, net + ".onnx"), "-o", "x", "--calib", CALIB, "--chip", path,
                     says="the chip")


def larger_device_more_lanes(case, chips):
    for net in NETS:
        case.check(max(chips[net, d]["lanes"] for d in ("up5k", "hx8k")) <= chips[net, "artix7-100t"]["lanes"],  # which of the two is larger is a matter of SPRAM
                   net + ": a larger device has fewer lanes")
        most = {"digits_mlp": 32, "digits_cnn": 16, "digits_cnn_qdq": 16}[net]  # channels of the widest layer
        case.equal(chips[net, "artix7-100t"]["lanes"], most, net + ": lanes where there is room")
    case.check(chips["digits_mlp", "up5k"]["lanes"] < 32, "the smallest device has room for all lanes")


def too_large(case):
    m = Model("large", input_shape=[None, 784])
    m.init("w", [[((i * 31 + j * 17) % 255 - 127) / 127 for j in range(784)] for i in range(200)])
    m.node("Gemm", ["input", "w"], ["a"], name="first", transB=1)
    m.node("Relu", ["a"], ["b"], name="act")
    m.init("v", [[((i + j) % 7 - 3) / 3 for j in range(200)] for i in range(10)])
    m.node("Gemm", ["b", "v"], ["y"], name="last", transB=1)
    m.output("y", [None, 10])
    m.save(case.path("large.onnx"))
    for options in ((), ("--ticks", "1023", "--weight-bits", "16")):
        r = case.refused("compile", "large.onnx", "-o", "x", "--fit", "hx8k", *options, says="RAM blocks")
        found = re.findall(r"needs about (\d+) [\w -]+, (\d+) can be used: (\d+) too many", r.err)
        case.equal(len(found), r.err.count(" error: "), "reasons with figures:\n%s" % r)
        for need, have, more in found:
            case.equal(int(need) - int(have), int(more), "by how much")
    case.good("compile", "large.onnx", "-o", "x", "--fit", "ecp5-85k")
    case.equal(load(case, "x", "chip.json")["name"], "ecp5-85k", "the chip in the folder")
    case.equal(load(case, "x", "chip.json")["strides"], 1, "steps over empty ticks of a long window")
    case.good("compile", "large.onnx", "-o", "x", "--fit", "ecp5-85k", "--ticks", "15", "--lanes", "32")
    case.equal(load(case, "x", "chip.json")["strides"], 0, "none are empty when 784 sources fire in 15")
    case.compile("digits_cnn", "sparse", "--fit", "ecp5-25k", "--ticks", "15", "--lanes", "8", *PLAN)
    case.equal(load(case, "sparse", "chip.json")["strides"], 1, "patches of few events")


def given_lanes(case):
    net = os.path.join(DIGITS, "digits_mlp.onnx")
    for lanes in (5, 8):  # five is no number that the search would take
        case.compile("digits_mlp", "lanes", "--fit", "up5k", "--lanes", lanes)
        case.equal(load(case, "lanes", "chip.json")["lanes"], lanes, "lanes that were asked for")
        case.equal(case.json("verify", "lanes", "--input", TEST, "--count", "2", "--engines", "golden,jit")["differences"], 0, "engines")
    case.refused("compile", net, "-o", "x", "--calib", CALIB, "--fit", "up5k", "--lanes", 128, says=("up5k", "128 lanes", "LUTs", "fewer --lanes"))
    case.refused("compile", os.path.join(DIGITS, "digits_cnn.onnx"), "-o", "x", "--calib", CALIB, "--fit", "hx8k", "--weight-bits", "16", "--ticks", "255", "--lanes", 1, *PLAN,
                 says=("1 lane", "RAM blocks", "another number of --lanes"))
    case.refused("compile", net, "-o", "x", "--lanes", 8, says=("--lanes", "--fit"), code=2)
    case.refused("compile", net, "-o", "x", "--fit", "up5k", "--lanes", 257, says="--lanes", code=2)
    config = case.write("lanes.json", json.dumps({"fit": "up5k", "lanes": 8, "calib": CALIB}))
    case.good("compile", net, "-o", "by-config", "--config", config)
    case.equal(load(case, "by-config", "chip.json"), load(case, "lanes", "chip.json"), "lanes by the config")


def options(case):
    net = os.path.join(DIGITS, "digits_mlp.onnx")
    case.refused("compile", net, "-o", "x", "--fit", "up5", says=("--fit", "up5k, hx8k"), code=2)
    case.refused("compile", net, "-o", "x", "--fit", "up5k", "--chip", "one", says="--chip", code=2)
    case.refused("compile", net, "--weights-only", "digits_mlp-up5k", "--fit", "up5k", says="the folder's", code=2)
    case.good("compile", net, "--weights-only", "digits_mlp-up5k", "-o", "kept", "--calib", CALIB)
    case.equal(load(case, "kept", "chip.json"), load(case, "digits_mlp-up5k", "chip.json"), "the chip that is kept")
    known = list(devices())
    with open(os.path.join(SOURCE, "hw", "config.schema.json"), encoding="utf-8") as f:
        case.equal(json.load(f)["properties"]["fit"]["enum"], known, "devices of the schema")
    text = case.ttfs("compile", "--help").out
    case.check(", ".join(known[:-1]) + " or " + known[-1] in text, "devices of --help:\n" + text)
    config = case.write("fit.json", json.dumps({"fit": "up5k", "calib": CALIB}))
    case.good("compile", net, "-o", "by-config", "--config", config)
    case.equal(load(case, "by-config", "chip.json"), load(case, "digits_mlp-up5k", "chip.json"), "by the config")
    for schedule in ("overlap", "pipeline"):  # what these keep twice the chip holds
        case.compile("digits_cnn", schedule, "--fit", "artix7-35t", "--schedule", schedule, *PLAN)
    case.compile("digits_mlp", "early", "--fit", "up5k", "--stop-after", "spike")
    case.check(not os.path.exists(case.path("early", "chip.json")), "a chip before there is a plan")


def main():
    case = Case()
    chips = {}
    for device, size in devices().items():
        for net in NETS:
            out, chips[net, device] = fitted(case, net, device, size)
    for net, device in WHOLE:
        as_any_chip(case, net, "%s-%s" % (net, device))
        no_bit_more(case, net, chips[net, device])
    larger_device_more_lanes(case, chips)
    too_large(case)
    options(case)
    given_lanes(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
