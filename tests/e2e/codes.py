# SPDX-License-Identifier: Apache-2.0
"""Every diagnostic code of compiler/base/diag.def is produced by some input, here at the command
line; a code without a case fails the test. A case: the command, and words its message must hold.
"""
import json
import os
import re
import sys

import nir_make
from e2e import DIGITS, SOURCE, Case, npy
from onnx_make import Model

MLP = os.path.join(DIGITS, "digits_mlp.onnx")
CALIB = os.path.join(DIGITS, "calib.npz")
TEST = os.path.join(DIGITS, "test.npz")
ONNX = os.path.join(SOURCE, "tests", "reject", "onnx")
COMPILE = ("compile", MLP, "-o", "x", "--calib", CALIB)


def edited(case, form, old, new):
    """A folder of its own with one change in the text of a form (`old` is a pattern); the form's path."""
    folder = "edited-%d" % case.checks
    case.compile("digits_mlp", folder)
    path = case.path(folder, "forms", form + ".txt")
    rewrite(case, path, old, new)
    return path


def rewrite(case, path, old, new):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    changed = re.sub(old, new, text, count=1)
    case.check(changed != text, "%s holds no '%s'" % (path, old))
    with open(path, "w", encoding="utf-8") as f:
        f.write(changed)


def model(case, name, weights):
    m = Model(name, input_shape=[None, len(weights[0])])
    m.init("w1", weights)
    m.init("w2", [[1.0] * len(weights)])
    m.node("Gemm", ["input", "w1"], ["a"], name="first", transB=1)
    m.node("Relu", ["a"], ["b"], name="act")
    m.node("Gemm", ["b", "w2"], ["c"], name="last", transB=1)
    m.output("c", [None, 1])
    m.save(case.path(name + ".onnx"))
    return name + ".onnx"


def empty(case):
    m = Model("empty", input_shape=[None, 4])
    m.node("Identity", ["input"], ["y"], name="id")
    m.output("y", [None, 4])
    m.save(case.path("empty.onnx"))
    return "empty.onnx"


def image(case, name, change):
    """A changed copy of the image of folder `out`; its path."""
    with open(case.path("out", "image", "chip.img"), "rb") as f:
        return case.write(name, change(f.read()))


def hang(case):
    """A folder whose Verilog never ends a slot."""
    case.compile("digits_mlp", "hung")
    rewrite(case, case.path("hung", "rtl", "ttfs_chip.v"), r"wire slot_end = ([^;]*);",
            r"wire slot_end = 1'b0 && (\1);")


def other_chip(case):
    """A folder whose Verilog is that of another chip."""
    case.compile("digits_mlp", "other")
    rewrite(case, case.path("other", "rtl", "ttfs_top.v"), r"CHIP_HASH\(32'h\w{8}\)", "CHIP_HASH(32'h12345678)")


def broken_verilog(case):
    case.compile("digits_mlp", "broken")
    with open(case.path("broken", "rtl", "ttfs_chip.v"), "a", encoding="utf-8") as f:
        f.write("module oops(\n")


def whole_sweep(case):
    case.good("sweep", "out", "--input", TEST, "--count", "2", "--vary", "margin=0", "-o", "sweep.json")
    return "sweep.json"


def cut_nir(case):
    with open(os.path.join(SOURCE, "tests", "nir", "norse.nir"), "rb") as f:
        return case.write("cut.nir", f.read(1 << 10))


def open_nir(case):
    """An input whose shape nothing says."""
    nodes = {"input": nir_make.node("Input"), "scale": nir_make.node("Scale", scale=[2.0]), "output": nir_make.node("Output")}
    nir_make.net(nodes, nir_make.chain("input", "scale", "output")).save(case.path("open.nir"))
    return "open.nir"


def cases(case):
    """code: (arguments, words of the message)"""
    os.makedirs(case.path("folder"))
    case.write("folder/file", "x")
    case.compile("digits_mlp", "out")
    case.write("big.json", " " * (2 << 20))
    case.write("broken.json", "{")
    case.write("value.json", json.dumps({"ticks": 0}))
    case.write("key.json", json.dumps({"tick": 5}))
    case.write("short.npy", npy((2, 63), [0.0] * 126))
    case.write("text.npy", "no samples")
    case.write("halves.npy", npy((450,), [0.5] * 450))
    broken_verilog(case)
    hang(case)
    other_chip(case)
    rows(case)
    case.compile("digits_mlp", "fitted", "--fit", "hx8k", "--ticks", "15")
    run = ("run", "out", "--input")
    return {
        "FILE_OPEN": (("check", "absent.onnx"), "No such file"),
        "FILE_SIZE": (COMPILE + ("--config", "big.json"), "give a smaller file"),
        "FILE_WRITE": (("compile", MLP, "-o", "folder"), "not a folder that ttfs wrote"),
        "TEXT_SYNTAX": (("dump", edited(case, "spike", "readout 3", "readout three")), "expected"),
        "TEXT_RANGE": (("dump", edited(case, "spike", "readout 3", "readout 99999999999")),
                       "is more than"),
        "JSON_SYNTAX": (COMPILE + ("--config", "broken.json"), "not JSON"),
        "JSON_KEY": (COMPILE + ("--config", "key.json"), "'ticks'"),
        "CHIP_VALUE": (COMPILE + ("--chip", case.chip("lanes.json", lanes=0)), "lanes"),
        "CHIP_UNKNOWN": (COMPILE + ("--chip", "onne"), "the nearest is 'one'"),
        "SAMPLES_FORMAT": (run + ("text.npy",), "neither .npy"),
        "SAMPLES_SHAPE": (run + ("short.npy",), "63 elements, the network takes 64"),
        "SAMPLES_VALUE": (run + (case.write("nan64.npy", npy((1, 64), [float("nan")] * 64)),),
                          "not finite"),
        "SAMPLES_LAYOUT": (("run", "rows", "--input", case.write("cols.npy", npy((2, 4, 3), [0.5] * 24))),
                           "the samples are 4x3, the network takes 3x4"),
        "SAMPLES_RANGE": (run + (case.write("ten.npy", npy((1, 64), [10.0] * 64)),),
                          "100.0 % of all input values lie outside the encoder's range, 0 to 1"),
        "LABELS_RANGE": (run + (TEST, "--labels", case.write("many.npy", npy((450,), [10] * 450, "B", "|u1"))),
                         "450 of 450 count as wrong"),
        "LABELS_FORMAT": (run + (TEST, "--labels", "halves.npy"), "label 0 is 0.5"),
        "ONNX_PARSE": (("check", os.path.join(ONNX, "parse_text.onnx")), "not ONNX"),
        "ONNX_TENSOR": (("check", os.path.join(ONNX, "tensor_short.onnx")), "initialisers"),
        "ONNX_GRAPH": (("check", os.path.join(ONNX, "graph_cycle.onnx")), "graph is not sound"),
        "ONNX_OP": (("check", os.path.join(ONNX, "op_recurrent.onnx")), "feed-forward"),
        "ONNX_ATTR": (("check", os.path.join(ONNX, "attr_unknown.onnx")), "attribute"),
        "ONNX_SHAPE": (("check", os.path.join(ONNX, "shape_free.onnx")), "static shapes"),
        "NIR_FILE": (("check", cut_nir(case)), "damaged"),
        "NIR_NODE": (("check", os.path.join(SOURCE, "tests", "nir", "refused.nir")), "recurrent"),
        "NIR_SHAPE": (("check", open_nir(case)), "--input-shape"),
        "IR_CHECK": (("dump", edited(case, "ir", "output %8", "output %99")), "99"),
        "MODEL_FORM": (("check", os.path.join(ONNX, "form_softmax_inside.onnx")), "spiking form"),
        "CALIB_NONE": (("compile", MLP, "-o", "x"), "--calib"),
        "CALIB_RANGE": (("compile", MLP, "-o", "x", "--calib", case.write("zero.npy", npy((2, 64), [0.0] * 128))),
                        "--input-range"),
        "CALIB_KEPT": (("compile", os.path.join(DIGITS, "digits_cnn.onnx"), "-o", "x", "--calib", "out"),
                       "the calibration is of another network"),
        "DATA_UNLIKE": (run + (case.write("bright.npy", npy((9, 64), [1.0] * 576)),), "not like those of calibration"),
        "LOGITS_CLOSE": (("compile", close(case), "-o", "close", "--calib", case.write("four.npy", npy((9, 4), [0.5] * 36))),
                         "in 100.0 % of 9 calibration samples the largest two logits"),
        "TARGET_MISSED": (COMPILE + ("--target-agreement", "99.9", "--ticks", "1", "--weight-bits", "2"),
                          "99.9 % agreement is not reached"),
        "TARGET_UNPROVEN": (COMPILE + ("--target-agreement", "94", "--ticks", "12", "--weight-bits", "4"),
                            "94 % agreement is expected, not proven"),
        "TARGET_SAMPLES": (COMPILE[:-1] + (case.write("same.npy", npy((500, 64), [0.5] * 32000)), "--ticks", "1",
                                           "--weight-bits", "2", "--target-agreement", "50"), "are of 1 of 10 classes"),
        "MODEL_EMPTY": (("check", empty(case)), "at least one layer"),
        "MODEL_VALUE": (("check", os.path.join(ONNX, "weight_nan.onnx")), "NaN"),
        "OPTION_VALUE": (COMPILE + ("--ticks", "0"), "from 1 to 65535"),
        "CONFIG_VALUE": (COMPILE + ("--config", "value.json"), "value.json: ticks: '0'"),
        "QUANT_RANGE": (("compile", model(case, "wide", [[1.0] * 4096] * 3), "-o", "x",
                         "--ticks", "65535", "--weight-bits", "16"), "fewer weight bits or fewer ticks"),
        "SPIKE_CHECK": (("dump", edited(case, "spike", "latency 510", "latency 511")), "fault of ttfs or of an edited form"),
        "PLAN_FIT": (COMPILE + ("--chip", case.chip("rows.json", weight_rows=64)), "weight rows"),
        "GRAPH_DIFFERS": (("compile", MLP, "--weights-only", "out", "--calib", CALIB, "--ticks", "9"), "ticks: 255 and 9"),
        "DEVICE_FIT": (COMPILE[:1] + (os.path.join(DIGITS, "digits_cnn.onnx"),) + COMPILE[2:] +
                       ("--fit", "hx8k", "--ticks", "1023", "--weight-bits", "16"), "RAM blocks"),
        "SYNTH_FLOW": (("synth", "fitted", "--device", "hx8k"), "install the package yosys", {"PATH": case.path("nothing")}),
        "CELL_LIBRARY": (("synth", "fitted", "--liberty", MLP), "not a liberty file"),
        "PLAN_WIDTH": (COMPILE + ("--chip", case.chip("acc.json", acc_bits=16, slope_bits=16, ramp_bits=15)), "bits"),
        "PLAN_KIND": (COMPILE + ("--weight-bits", "12"), "weight"),
        "PLAN_CHECK": (("verify", edited_plan(case), "--input", TEST), "plan.txt"),
        "IMAGE_FORMAT": (("dump", image(case, "cut.img", lambda d: d[:40])), "cut.img"),
        "IMAGE_CHECKSUM": (("dump", image(case, "flipped.img", lambda d: d[:-1] + bytes([d[-1] ^ 1]))), "checksum"),
        "OUT_FOLDER": (("run", "folder", "--input", TEST), "not a folder that ttfs compile wrote"),
        "SIM_BUILD": (("verify", "broken", "--input", TEST, "--trust-rtl"), "the log"),
        "RTL_CHANGED": (("verify", "broken", "--input", TEST), "--trust-rtl"),
        "SIM_FLAGS": (("verify", "other", "--input", TEST, "--count", "1", "--trust-rtl"),
                      "WRONG (the image is for another chip)"),
        "SIM_RUN": (("run", "hung", "--input", TEST, "--count", "1", "--engine", "rtl",
                     "--trust-rtl"), "slot 0"),
        "BOARD": (("run", "out", "--input", TEST, "--count", "1", "--engine", "board:" + case.path("ttyUSB9")), "no such device"),
        "JIT_COMPILE": (run + (TEST, "--cpu", "z80"), "unknown processor"),
        "JIT_MEMORY": (little_memory(case), "bytes of weights"),
        "MEMORY": (("run", "large", "--input", "large.npy", "--engine", "golden"), "out of memory: "),
        "SWEEP_FILE": (("merge", "value.json", "-o", "x.json"), "'product' is missing"),
        "SWEEP_SHARDS": (("merge", whole_sweep(case), "-o", "x.json"), "a whole sweep"),
        "VERIFY_DIFFER": (("verify", "out", "--input", TEST, "--engines", "golden,golden", "--count",
                           "3", "--fault", "spike:7"), "1 difference; sample 0"),
        "BUDGET": (("check", os.path.join(ONNX, "limit_folding.onnx")), "--memory"),
        "LIMIT": (("check", os.path.join(ONNX, "shape_huge.onnx")), "larger than ttfs takes"),
    }


def little_memory(case):
    """A run of a network of 2^24 neurons a population in less memory than one sample takes."""
    side = 4096
    m = Model("large", input_shape=[None, 1, side, side])
    last = "input"
    for i in range(7):
        m.init("w%d" % i, [[[[-1.0]]]])
        m.init("b%d" % i, [0.75])
        m.node("Conv", [last, "w%d" % i, "b%d" % i], ["c%d" % i], name="conv%d" % i, kernel_shape=[1, 1])
        last = "r%d" % i
        m.node("Relu", ["c%d" % i], [last], name="relu%d" % i)
    m.init("w", [[[[1.0]]]])
    m.node("Conv", [last, "w"], ["y"], name="last", kernel_shape=[1, 1], strides=[side, side])
    m.output("y", [None, 1, 1, 1])
    m.save(case.path("large.onnx"))
    case.good("compile", "large.onnx", "-o", "large", "--stop-after", "spike")
    with open(case.path("large.npy"), "wb") as f:
        f.write(npy((1, side * side), [], header="{'descr': '|u1', 'fortran_order': False, "
                                                 "'shape': (1, %d), }" % (side * side)))
        f.truncate(f.tell() + side * side)
    return ("run", "large", "--input", "large.npy", "--classes-only", "--no-cache", "--threads", "4")


def rows(case):
    """A network that takes 3 x 4 values."""
    m = Model("rows", input_shape=[None, 3, 4])
    m.init("w", [[1.0] * 12] * 2)
    m.node("Flatten", ["input"], ["x"])
    m.node("Gemm", ["x", "w"], ["y"], name="only", transB=1)
    m.output("y", [None, 2])
    m.save(case.path("rows.onnx"))
    case.good("compile", "rows.onnx", "-o", "rows", "--stop-after", "spike")


def close(case):
    """A network whose two logits are nearly the same."""
    m = Model("close", input_shape=[None, 4])
    m.init("w1", [[1.0, 0.5, 0.25, 1.0]] * 2)
    m.init("w2", [[1.0, -0.5], [1.0, -0.50001]])
    m.node("Gemm", ["input", "w1"], ["a"], name="first", transB=1)
    m.node("Relu", ["a"], ["b"], name="act")
    m.node("Gemm", ["b", "w2"], ["y"], name="last", transB=1)
    m.output("y", [None, 2])
    m.save(case.path("close.onnx"))
    return "close.onnx"


def edited_plan(case):
    return os.path.dirname(os.path.dirname(edited(case, "plan", "weights 0 ", "weights 1 ")))


# Cases that the unit tests make, because no command can: where.
WARNINGS = ("CALIB_NONE", "DATA_UNLIKE", "LOGITS_CLOSE", "SAMPLES_LAYOUT", "SAMPLES_RANGE", "LABELS_RANGE", "TARGET_MISSED",
            "TARGET_UNPROVEN", "TARGET_SAMPLES")
ELSEWHERE = {"IMAGE_LIFT": ("tests/unit/test_image_to_spike.c", "ttfs_image_to_spike"),
             "STOPPED": ("tests/unit/test_memory.c", '"STOPPED"')}


def main():
    case = Case()
    with open(os.path.join(SOURCE, "compiler", "base", "diag.def"), encoding="utf-8") as f:
        codes = re.findall(r"^TTFS_CODE\((\w+)", f.read(), re.M)
    made = cases(case)
    out_of_memory = ("JIT_MEMORY", "MEMORY")
    for code in codes:
        if code in ELSEWHERE:
            file, word = ELSEWHERE[code]
            with open(os.path.join(SOURCE, file), encoding="utf-8") as f:
                case.check(word in f.read(), "%s makes no %s" % (file, code))
            continue
        if not case.check(code in made, "no case makes " + code):
            continue
        args, says, *environment = made[code]
        usual = dict(os.environ)
        os.environ.update(*environment)
        r = case.ttfs(*args, memory=500 << 20 if code in out_of_memory else None)
        os.environ.update(usual)
        exits = (3,) if code in out_of_memory else (1, 2)
        severity = "warning" if code in WARNINGS else "error"
        exits = (0,) if code in WARNINGS else exits
        case.check(r.code in exits and "ttfs: %s: " % severity in r.err and says in r.err,
                   "%s: expected a refusal that says '%s':\n%s" % (code, says, r))
    case.equal(sorted(set(made) - set(codes)), [], "cases of no code")
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
