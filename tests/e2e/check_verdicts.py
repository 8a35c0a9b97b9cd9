# SPDX-License-Identifier: Apache-2.0
"""check has two verdicts, the spike graph's and the chip's, and lists everything once: no error that
only follows from another, figures for what is too large, and an exit code that the chip decides only
when it was named. Samples that say nothing of the input's range are refused with the way out.
"""
import os
import sys

from e2e import DIGITS, Case, npy
from onnx_make import Model


def mlp(case, name, op, **attributes):
    m = Model(name, input_shape=[None, 4])
    m.init("w", [[1.0, -1.0, 0.5, 0.25]] * 4)
    m.init("v", [[1.0, -0.5, 0.25, 1.0]] * 2)
    m.node("Gemm", ["input", "w"], ["a"], name="fc1", transB=1)
    m.node(op, ["a"], ["b"], name="act", **attributes)
    m.node("Gemm", ["b", "v"], ["y"], name="fc2", transB=1)
    m.output("y", [None, 2])
    m.save(case.path(name + ".onnx"))
    return name + ".onnx"


def relu_end(case):
    m = Model("ends", input_shape=[None, 4])
    m.init("w", [[1.0, -1.0, 0.5, 0.25]] * 4)
    m.node("Gemm", ["input", "w"], ["a"], name="fc1", transB=1)
    m.node("Relu", ["a"], ["y"], name="act")
    m.output("y", [None, 4])
    m.save(case.path("ends.onnx"))
    return "ends.onnx"


def depthwise(case):
    m = Model("depthwise", input_shape=[None, 2, 4, 4])
    m.init("w", [[[[1.0, -1.0]] * 2]] * 2)
    m.init("v", [[1.0] * 18] * 2)
    m.node("Conv", ["input", "w"], ["a"], name="dw", group=2)
    m.node("Relu", ["a"], ["b"], name="act")
    m.node("Flatten", ["b"], ["c"], name="flat")
    m.node("Gemm", ["c", "v"], ["y"], name="last", transB=1)
    m.output("y", [None, 2])
    m.save(case.path("depthwise.onnx"))
    return "depthwise.onnx"


def leaky_map(case):
    """Two convolutions with a LeakyRelu between them: a map with two sources."""
    m = Model("leaky", input_shape=[None, 1, 6, 6])
    m.init("w", [[[[1.0, -1.0]] * 2]] * 2)
    m.init("v", [[[[0.5, 1.0]] * 2] * 2] * 2)
    m.node("Conv", ["input", "w"], ["a"], name="conv1")
    m.node("LeakyRelu", ["a"], ["b"], name="act", alpha=0.1)
    m.node("Conv", ["b", "v"], ["c"], name="conv2")
    m.node("Relu", ["c"], ["d"], name="act2")
    m.node("Flatten", ["d"], ["y"], name="flat")
    m.output("y", [None, 32])
    m.save(case.path("leaky_map.onnx"))
    return "leaky_map.onnx"


def branches(case):
    """Five convolutions side by side, concatenated, under one."""
    m = Model("branches", input_shape=[None, 1, 5, 5])
    m.init("w", [[[[1.0, -1.0]] * 2]] * 3)
    m.init("v", [[[[0.5]]] * 15] * 2)
    for i in range(5):
        m.node("Conv", ["input", "w"], ["a%d" % i], name="conv%d" % i)
        m.node("Relu", ["a%d" % i], ["b%d" % i], name="act%d" % i)
    m.node("Concat", ["b%d" % i for i in range(5)], ["c"], name="all", axis=1)
    m.node("Conv", ["c", "v"], ["d"], name="mix")
    m.node("Relu", ["d"], ["e"], name="end")
    m.node("Flatten", ["e"], ["y"], name="flat")
    m.output("y", [None, 32])
    m.save(case.path("branches.onnx"))
    return "branches.onnx"


def two_inputs(case):
    m = Model("two", input_shape=[None, 4])
    m.input("other", [None, 4])
    m.init("w", [[1.0, -1.0, 0.5, 0.25]] * 2)
    m.node("Add", ["input", "other"], ["s"], name="sum")
    m.node("Gemm", ["s", "w"], ["y"], name="fc", transB=1)
    m.output("y", [None, 2])
    m.save(case.path("two.onnx"))
    return "two.onnx"


def overflow(case):
    """Three layers whose values grow by 10^15 each: those of the last are no float32."""
    m = Model("overflow", input_shape=[None, 4])
    m.init("w", [[1e15, -1e15, 1e15, -1e15]] * 4)
    last = "input"
    for i in range(3):
        m.node("Gemm", [last, "w"], ["a%d" % i], name="fc%d" % i)
        m.node("Relu", ["a%d" % i], ["b%d" % i], name="act%d" % i)
        last = "b%d" % i
    m.output(last, [None, 4])
    m.save(case.path("overflow.onnx"))
    return "overflow.onnx"


def main():
    case = Case()
    fit = case.json("check", mlp(case, "plain", "Relu"))
    case.check(fit["supported"] and fit["chip"] == {"name": "one", "fits": True, "obstacles": []},
               "a plain network: %s" % fit)
    for model in (depthwise(case), mlp(case, "leaky", "LeakyRelu", alpha=0.1), leaky_map(case)):
        j = case.json("check", model)
        case.check(j["supported"] and j["chip"]["fits"], "%s: %s" % (model, j))
    # One obstacle each, with the layer's figures; every one of a model that has several.
    narrow = case.chip("narrow.json", segments=1)
    small = case.chip("small.json", act_words=2, weight_rows=20, param_words=2)
    bare = case.chip("bare.json", conv=False, pool=False, classes=False)
    for model, chip, limits in (("leaky_map.onnx", narrow, ["sources of a layer"]),
                                ("depthwise.onnx", small, ["words of activations on a core", "weight rows on a core",
                                                           "parameter words on a core"]),
                                ("depthwise.onnx", bare, ["has rows and columns, the chip has channels alone"])):
        j = case.json("check", model, "--chip", chip, code=1)
        got = [o["limit"] for o in j["chip"]["obstacles"]]
        case.check(j["supported"] and not j["obstacles"] and set(got) == set(limits), "%s on %s: %s" % (model, chip, j))
        text = case.ttfs("check", model, "--chip", chip).out
        case.check("does not fit: %d obstacle" % len(got) in text, "the text says both verdicts")
        for o in j["chip"]["obstacles"]:
            name = "the network" if o["layer"] == model else o["layer"]
            lines = [line[len(name) + 3:-len(o["advice"])] for line in text.splitlines()
                     if line.startswith("  %s: " % name) and line.endswith(": " + o["advice"])]
            words = [str(o[key]) for key in ("needed", "available") if o[key] is not None] or [o["limit"]]
            case.check(any(all(w in line for w in words) for line in lines), "no line of %s:\n%s" % (o, text))
    # What the compiler made of a layer is said to be that, or is a form that the chip takes.
    case.refused("check", "leaky_map.onnx", "--chip", narrow, says="that the rectifier behind conv1 became")
    ends = case.json("check", relu_end(case))
    case.check(ends["chip"]["fits"], "a network that ends with a rectifier fits: %s" % ends)
    case.check(case.json("check", branches(case), "--chip", "mesh16")["chip"]["fits"], "five branches on mesh16")
    figures = case.json("check", "leaky_map.onnx", "--chip", narrow, code=1)["chip"]["obstacles"][0]
    case.check((figures["needed"], figures["available"]) == (2, 1), "figures: %s" % figures)
    none = case.json("check", two_inputs(case), code=1)
    case.check(not none["supported"] and len(none["obstacles"]) == 1, "one cause: %s" % none)
    case.check("fault of ttfs" not in str(none), "a model is no fault of ttfs: %s" % none)
    for name, value in (("zero", 0.0), ("tiny", 1e-32), ("negative", -1.0)):
        case.write(name + ".npy", npy((2, 64), [value] * 128))
        case.refused("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "-o", "x", "--calib",
                     name + ".npy", says="--input-range")
    case.refused("compile", overflow(case), "-o", "x", "--calib", case.write("four.npy", npy((4, 4), [1.0, 0.5, 0.25, 0.125] * 4)),
                 says=("fc2: 16 of its 16 values", "beyond what float32 holds, 3.40282e+38", "scale the weights"))
    sys.exit(case.done())


if __name__ == "__main__":
    main()
