# SPDX-License-Identifier: Apache-2.0
"""Writes the models of this folder and of tests/golden/ir: python3 tests/reject/onnx/make.py

RULE.onnx breaks the rule it is named after and nothing else; RULE.err beside it holds the messages
that an import must give (of form_*: the canonical form), `FILE` in place of the path. Sound models
go to tests/golden/ir, with the forms that they must give beside them: valid_*.onnx, which the tests
also truncate and damage, and import_*.onnx, which cover the operators family by family.
"""
import gzip
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "tools"))
import onnx_make as om  # noqa: E402
from onnx_make import Model  # noqa: E402

GOLDEN = os.path.normpath(os.path.join(HERE, "..", "..", "golden", "ir"))
SAVED = set()


def save(rule, data):
    data = data.bytes() if isinstance(data, Model) else data
    assert len(data) < 3072, rule
    folder = GOLDEN if rule.startswith(("valid_", "import_")) else HERE
    SAVED.add((folder, rule + ".onnx"))
    with open(os.path.join(folder, rule + ".onnx"), "wb") as f:
        f.write(data)


def ramp(*shape, scale=0.125):
    """Nested list of small numbers, different from each other."""
    def build(dims, start):
        if not dims:
            return scale * ((start * 7) % 11 - 5)
        return [build(dims[1:], start * dims[0] + i + 1) for i in range(dims[0])]
    return build(list(shape), 0)


def dense(shape=(None, 4), **kw):
    """input[4] -> Gemm -> Relu: the start of most models here."""
    m = Model("net", input_shape=list(shape), **kw)
    m.init("w", ramp(3, 4))
    m.init("b", ramp(3))
    m.node("Gemm", ["input", "w", "b"], ["g"], name="fc1", transB=1)
    m.node("Relu", ["g"], ["r"], name="relu1")
    return m


def finish(m, source="r"):
    m.init("w2", ramp(2, 3))
    m.node("Gemm", [source, "w2"], ["logits"], name="fc2", transB=1)
    m.output("logits", [None, 2])
    return m


def image():
    m = Model("net", input_shape=[None, 1, 4, 4])
    m.init("k", ramp(2, 1, 3, 3))
    return m


def end_image(m, source, width):
    m.node("Flatten", [source], ["flat"], name="flat")
    m.init("w2", ramp(2, width))
    m.node("Gemm", ["flat", "w2"], ["logits"], name="fc2", transB=1)
    m.output("logits", [None, 2])
    return m


def valid():
    save("valid_mlp", finish(dense()))
    with open(os.path.join(GOLDEN, "valid_mlp.onnx.gz"), "wb") as f:
        f.write(gzip.compress(finish(dense()).bytes(), mtime=0))
    m = image()
    m.init("kb", ramp(2), raw=False)
    m.node("Conv", ["input", "k", "kb"], ["c"], name="conv1", kernel_shape=[3, 3],
           pads=[1, 1, 1, 1])
    for name in ("scale", "shift", "mean"):
        m.init(name, ramp(2))
    m.init("var", [0.5, 2.0])
    m.node("BatchNormalization", ["c", "scale", "shift", "mean", "var"], ["n"], name="bn1")
    m.node("MaxPool", ["n"], ["p"], name="pool1", kernel_shape=[2, 2], strides=[2, 2])
    m.node("Relu", ["p"], ["q"], name="relu1")
    m.node("Dropout", ["q"], ["d"])
    m.init("shape", [0, -1])
    m.node("Reshape", ["d", "shape"], ["flat"])
    m.init("w2", ramp(2, 8))
    m.node("Transpose", ["w2"], ["w2t"], perm=[1, 0])
    m.node("MatMul", ["flat", "w2t"], ["mm"], name="fc2")
    m.init("b2", ramp(2))
    m.node("Add", ["b2", "mm"], ["sum"])
    m.node("Softmax", ["sum"], ["probabilities"], name="softmax")
    m.output("probabilities", [None, 2])
    save("valid_cnn", m)


    m = Model("net", input_shape=[None, 6], opset=11)
    m.output("logits", [None, 2])
    m.node("Gemm", ["a1", "w3"], ["logits"], name="fc3", alpha=0.5, beta=2.0)  # not in order
    m.init("w1", ramp(6, 4), data_type=om.DOUBLE)
    m.init("b1", ramp(1, 4), data_type=om.FLOAT16, raw=False)
    m.init("w2", ramp(3, 4), data_type=om.FLOAT16)
    m.init("b2", ramp(3), data_type=om.DOUBLE, raw=False)
    m.node("Constant", [], ["w3"], name="w3_made", value=om.tensor("", ramp(3, 2)))
    m.node("Pad", ["input"], ["i"], name="no_pad", pads=[0, 0, 0, 0])
    m.node("Unsqueeze", ["i"], ["i3"], name="wide", axes=[1])
    m.node("MatMul", ["i3", "w1"], ["p1"], name="fc1")
    m.init("ten", 10.0)
    m.node("Div", ["b1", "ten"], ["b1s"])
    m.node("Add", ["p1", "b1s"], ["q1"])
    m.node("Squeeze", ["q1"], ["s1"], axes=[1])
    m.node("Relu", ["s1"], ["r1"])
    m.node("Identity", ["w2"], ["w2i"])
    m.node("Gemm", ["r1", "w2i", "b2"], ["g2"], name="fc2", transB=1)
    m.node("Relu", ["g2"], ["a1"], name="fc1")  # a name used twice
    save("valid_types", m)


def operators():
    m = dense()
    m.node("Gelu", ["r"], ["s"], name="act")
    m.node("Erf", ["s"], ["t"], name="act2")
    save("op_all_at_once", finish(m, "t"))
    m = dense()
    m.node("Relu", ["r"], ["s"], name="own", domain="com.example")
    save("op_domain", finish(m, "s"))
    m = dense()
    m.node("LSTM", ["r"], ["s"], name="rnn")
    save("op_recurrent", finish(m, "s"))
    m = image()
    m.node("Conv", ["input", "k"], ["c"], name="conv1")
    m.node("Relu", ["c"], ["r"], name="relu1")
    m.node("Gelu", ["r"], ["p"], name="act1")
    m.node("Conv", ["p", "k"], ["c2"], name="conv2", group=-2)
    save("op_then_attribute", end_image(m, "c2", 2))
    m = dense()
    m.node("Mul", ["r", "g"], ["s"], name="gate")
    save("op_product", finish(m, "s"))
    m = dense()
    m.node("MatMul", ["r", "r"], ["s"], name="attention")
    save("op_matmul", finish(m, "s"))
    m = dense()
    m.node("Exp", ["r"], ["s"], name="exp1")
    m.node("Where", ["s", "r", "r"], ["t"], name="choose")
    save("op_constants_only", finish(m, "t"))
    m = image()
    m.node("ScatterND", ["input", "k"], ["c"], name="up1")
    m.node("QLinearConv", ["c"], ["q"], name="quant1")
    m.node("ReduceProd", ["q"], ["z"], name="up2")
    save("op_named", end_image(m, "z", 8))
    m = dense()
    m.init("odd", 0.5)
    m.init("bits", 4.0)
    m.node("BipolarQuant", ["r", "odd"], ["p"], name="sign1", domain="qonnx.custom_op.general")
    m.node("Quant", ["p", "odd", "odd", "bits"], ["q"], name="quant1",
           domain="qonnx.custom_op.general", signed=1, narrow=0, rounding_mode="ROUND")
    m.node("Quant", ["q", "odd", "odd", "bits"], ["s"], name="quant2",
           domain="qonnx.custom_op.general", signed=1, narrow=0, rounding_mode="FLOOR")
    save("op_quant", finish(m, "s"))


def attributes():
    m = image()
    m.node("Conv", ["input", "k"], ["c"], name="conv1", group=2)
    save("attr_group", end_image(m, "c", 8))
    m = image()
    m.node("Conv", ["input", "k"], ["c"], name="conv1", pads=[0, 0, -1, 0])
    save("attr_pads", end_image(m, "c", 8))
    m = image()
    m.node("MaxPool", ["input"], ["c"], name="pool1", kernel_shape=[2, 2], pads=[2, 0, 0, 0])
    save("attr_empty_patch", end_image(m, "c", 4))
    m = image()
    m.init("pads", [0, 0, 1, 1, 0, 0, 1, 1])
    m.node("Pad", ["input", "pads"], ["c"], name="pad1", mode="reflect")
    save("attr_pad_mode", end_image(m, "c", 36))
    m = image()
    m.node("Conv", ["input", "k"], ["c"], name="conv1", strides=[1, 1, 1])
    save("attr_3d", end_image(m, "c", 8))
    m = dense()
    m.node("Split", ["r"], ["s", "t"], name="split1", axis=1, split=[1, 1])
    save("attr_split", finish(m, "s"))
    m = dense()
    m.node("Clip", ["r"], ["s"], name="clip1", min=2.0, max=1.0)
    save("attr_clip", finish(m, "s"))
    m = dense()
    m.node("Cast", ["r"], ["s"], name="cast1", to=7)
    save("attr_cast", finish(m, "s"))
    m = dense()
    m.node("Relu", ["r"], ["s"], name="relu2", slope=0.5)
    save("attr_unknown", finish(m, "s"))
    m = dense()
    m.node("Flatten", ["r"], ["s"], name="flat", axis="one")
    save("attr_kind", finish(m, "s"))


def tensors():
    m = Model("net", input_shape=[None, 4])
    m.init("w", [[1.0, float("nan"), 0.0, 0.0]])
    m.node("Gemm", ["input", "w"], ["logits"], name="fc1", transB=1)
    m.output("logits")
    save("weight_nan", m)
    for rule, shape in (("tensor_short", [2, 4]), ("tensor_negative", [-1, 4]),
                        ("tensor_huge", [1 << 20, 1 << 20]), ("tensor_claims_2gb", [1 << 29]),
                        ("tensor_rank", [1] * 7)):
        m = Model("net", input_shape=[None, 4])
        m.init("w", [[1.0, 2.0, 3.0, 4.0]], shape=shape)
        m.node("Gemm", ["input", "w"], ["logits"], name="fc1", transB=1)
        m.output("logits")
        save(rule, m)
    for rule, entries in (("tensor_external", {"location": "absent.bin"}),
                          ("tensor_external_up", {"location": "../onnx/values.bin"}),
                          ("tensor_external_root", {"location": "/etc/hostname"}),
                          ("tensor_external_none", {}),
                          ("tensor_external_offset", {"location": "values.bin", "offset": "-4"}),
                          ("tensor_external_end", {"location": "values.bin", "offset": 1 << 62})):
        m = Model("net", input_shape=[None, 4])
        m.init_external("w", [1, 4], **entries)
        m.node("Gemm", ["input", "w"], ["logits"], name="fc1", transB=1)
        m.output("logits")
        save(rule, m)
    m = Model("net", input_shape=[None, 4])  # said once, not for each tensor
    for i in range(3):
        m.init_external("w%d" % i, [4, 4], location="../onnx/values.bin")
        m.node("Gemm", ["t%d" % i if i else "input", "w%d" % i], ["t%d" % (i + 1)])
    m.output("t3")
    save("tensor_external_once", m)


def graphs():
    m = dense()
    m.node("Add", ["r", "y"], ["x"], name="first")
    m.node("Relu", ["x"], ["y"], name="second")
    save("graph_cycle", finish(m, "y"))
    save("graph_missing_input", finish(dense(), "nothing"))
    m = dense()
    m.node("Relu", ["g"], ["r"], name="again")
    save("graph_two_makers", finish(m))
    m = finish(dense())
    m.init("c", ramp(3))
    m.output("nothing", [None, 3])
    save("graph_second_output", m)
    m = dense()
    m.input("second", [None, 3])
    m.node("Add", ["r", "second"], ["s"], name="sum")
    save("graph_two_inputs", finish(m, "s"))
    m = dense()
    m.output("nothing")
    save("graph_no_output", m)
    save("graph_opset", finish(dense(opset=3)))
    save("shape_batch", finish(dense(shape=(8, 4))))
    m = finish(dense(shape=(8, 4)))
    m.output("input")
    save("shape_batch_out", m)
    save("shape_input", finish(dense(shape=(None, 5))))
    m = Model("net", input_shape=[None, None, 8])
    m.node("Relu", ["input"], ["logits"], name="relu1")
    m.output("logits")
    save("shape_free", m)
    m = Model("net", input_shape=[None, 1 << 20, 1 << 20])
    m.node("Relu", ["input"], ["logits"], name="relu1")
    m.output("logits")
    save("shape_huge", m)
    for rule, shape in (("shape_dims", [None] + [2] * 6), ("shape_no_dims", [])):
        m = Model("net", input_shape=shape)
        m.node("Relu", ["input"], ["logits"], name="relu1")
        m.output("logits")
        save(rule, m)
    m = image()
    m.node("Conv", ["input", "k"], ["c"], name="conv1", pads=[9000] * 4)
    m.node("Relu", ["c"], ["logits"], name="relu1")
    m.output("logits")
    save("limit_activations", m)
    m = Model("net", input_shape=[None, 4])
    m.init("column", ramp(150, 1))
    m.init("row", ramp(1, 200))
    m.init("deep", ramp(50, 1, 1))
    m.node("Add", ["column", "row"], ["square"], name="outer")
    m.node("Add", ["square", "deep"], ["cube"], name="outer3")
    m.node("Add", ["input", "cube"], ["logits"], name="sum")
    m.output("logits")
    save("limit_folding", m)
    m = dense()
    m.init("shape", [0, 7])
    m.node("Reshape", ["r", "shape"], ["s"], name="view")
    save("shape_reshape", finish(m, "s"))


def refused(rule, base, op, inputs, consts=None, domain="", inner=None, **attrs):
    """One operator that is not as it must be; "x" is the activation before it."""
    m = base()
    if domain and domain not in m.domains:
        m.domains.append(domain)
    names = {"x": "r" if base is dense else "input"}
    for name, value in (consts or {}).items():
        names[name] = "const_" + name
        m.init(names[name], value)
    if inner:
        m.node(*inner)
    m.node(op, [names.get(i, i) for i in inputs], ["out"], name="it", domain=domain, **attrs)
    m.output("out")
    save(rule, m)


def settings():
    """Attributes and constant operands, operator by operator."""
    two = {"a": ramp(2), "b": ramp(3)}
    mixed = {"a": ramp(3), "b": [1, 2, 3]}
    refused("const_two_values", dense, "Constant", [], value_float=1.0, value_int=1)
    refused("const_fill", dense, "ConstantOfShape", ["n"], {"n": [2]}, value=om.tensor("", [1.0, 2.0]))
    refused("const_range_still", dense, "Range", ["a", "b", "c"], {"a": 1.0, "b": 7.0, "c": 0.0})
    refused("const_range_away", dense, "Range", ["a", "b", "c"], {"a": 1, "b": 7, "c": -2})
    refused("const_where", dense, "Where", ["c", "a", "b"], {"c": [1, 0, 1], **mixed})
    refused("const_sum_types", dense, "Add", ["a", "b"], mixed)
    refused("const_sum_shapes", dense, "Add", ["a", "b"], two)
    refused("const_div_zero", dense, "Div", ["a", "b"], {"a": [1, 2], "b": [1, 0]})
    refused("const_mod_zero", dense, "Mod", ["a", "b"], {"a": [1, 2], "b": [0, 1]})
    refused("const_root_type", dense, "Sqrt", ["a"], {"a": [1, 2]})
    refused("const_product_shapes", dense, "MatMul", ["a", "b"], {"a": ramp(2, 3), "b": ramp(2, 3)})
    refused("const_product_type", dense, "MatMul", ["a", "b"], {"a": ramp(2, 3), "b": [1, 2, 3]})
    refused("const_product_outer", dense, "MatMul", ["a", "b"], {"a": ramp(2, 1, 3), "b": ramp(3, 3, 1)})
    refused("const_concat", dense, "Concat", ["a", "b"], mixed, axis=0)
    refused("attr_training", image, "BatchNormalization", ["x"] + ["v"] * 4, {"v": [1.0]}, training_mode=1)
    refused("attr_slice_lengths", image, "Slice", ["x", "a", "b", "c"], {"a": [0, 0], "b": [1, 1], "c": [1]})
    refused("attr_slice_twice", image, "Slice", ["x", "a", "b", "c"], {"a": [0, 0], "b": [1, 1], "c": [2, -2]})
    refused("attr_pad_far", image, "Pad", ["x", "a"], {"a": [0, 0, 0, 0, 0, 0, 0, 1 << 40]})
    refused("attr_block_none", image, "SpaceToDepth", ["x"], blocksize=0)
    refused("attr_block_rank", dense, "SpaceToDepth", ["x"], blocksize=2)
    refused("attr_auto_pad", image, "Conv", ["x", "k"], auto_pad="SAME")
    refused("attr_rank", image, "MaxPool", ["x"], kernel_shape=[2])
    refused("attr_kernel", image, "MaxPool", ["x"], strides=[1, 1])
    refused("attr_axis_twice", image, "ReduceMean", ["x"], axes=[2, -2])
    refused("attr_axis_beyond", image, "Softmax", ["x"], axis=4)
    refused("attr_perm", image, "Transpose", ["x"], perm=[0, 1, 1, 3])
    refused("attr_perm_short", image, "Transpose", ["x"], perm=[0, 1, 2])
    refused("attr_out_pads", image, "ConvTranspose", ["x", "w"], {"w": ramp(1, 1, 2, 2)}, output_padding=[0, 0, 0])
    refused("attr_out_nothing", image, "ConvTranspose", ["x", "w"], {"w": ramp(1, 1, 2, 2)}, pads=[3, 3, 3, 3])
    refused("attr_out_wide", image, "ConvTranspose", ["x", "w"], {"w": ramp(1, 1, 2, 2)}, output_padding=[0, 2])
    refused("attr_resize_mode", image, "Resize", ["x", "", "c"], {"c": [1.0, 1.0, 2.0, 2.0]}, mode="linear")
    refused("attr_resize_axes", image, "Resize", ["x", "", "c"], {"c": [2.0, 2.0]}, mode="nearest")
    refused("attr_resize_sizes", image, "Resize", ["x"], mode="nearest")
    refused("shape_expand", dense, "Expand", ["x", "n"], {"n": [2, 2]})
    refused("shape_tile", dense, "Tile", ["x", "n"], {"n": [1, 0]})
    refused("shape_tile_rank", dense, "Tile", ["x", "n"], {"n": [1, 1, 2]})
    refused("shape_below", dense, "Reshape", ["x", "n"], {"n": [0, -2]})
    refused("shape_two_free", dense, "Reshape", ["x", "n"], {"n": [-1, -1]})
    refused("shape_rows", image, "Reshape", ["x", "n"], {"n": [1, 5, -1]})
    refused("shape_gather_none", dense, "Gather", ["x", "n"], {"n": []}, axis=1)
    refused("shape_gather_far", dense, "Gather", ["x", "n"], {"n": [3]}, axis=1)
    refused("shape_gather_computed", dense, "Gather", ["x", "g"], axis=1)
    refused("shape_squeeze", dense, "Squeeze", ["x", "n"], {"n": [1]})
    refused("shape_computed", dense, "Reshape", ["x", "g"])
    refused("shape_not_integers", dense, "Reshape", ["x", "n"], {"n": [1.0, 3.0]})
    refused("input_left_out", dense, "Add", ["x", ""])
    refused("input_computed", dense, "PRelu", ["x", "g"])
    refused("input_integers", dense, "Gemm", ["x", "w3"], {"w3": [[1, 2], [3, 4], [5, 6]]})
    refused("input_second", dense, "Add", ["d", "mask"], inner=("Dropout", ["r"], ["d", "mask"], "drop"))
    refused("input_constant", dense, "Softplus", ["a"], two)
    refused("input_bound", dense, "Clip", ["x", "b"], two)


def grids():
    """Quantisation."""
    q = "qonnx.custom_op.general"
    step = {"s": 0.5, "z": 0.0, "n": 4.0, "i": [1, 2, 3], "v": [0.5, 0.25], "m": -0.5}
    refused("grid_step", dense, "QuantizeLinear", ["x", "m"], step)
    refused("grid_blocks", dense, "QuantizeLinear", ["x", "s"], step, block_size=2)
    refused("grid_computed", dense, "QuantizeLinear", ["x", "g"], step)
    refused("grid_steps", dense, "QuantizeLinear", ["x", "v"], step, axis=1)
    refused("grid_steps_rank", dense, "QuantizeLinear", ["x", "r"], {"r": [[0.5, 0.25, 0.5]]}, axis=1)
    refused("grid_of_integers", dense, "QuantizeLinear", ["i", "s"], step)
    refused("grid_type", dense, "QuantizeLinear", ["x", "s"], step, output_dtype=6)
    refused("grid_type_none", dense, "QuantizeLinear", ["x", "s"], step, output_dtype=1 << 40)
    refused("grid_back", dense, "DequantizeLinear", ["v", "s"], step)
    for bits in (1.0, 2.5, 17.0):
        refused("grid_bits_%g" % bits, dense, "Quant", ["x", "s", "z", "n"], {**step, "n": bits}, domain=q, signed=1,
                narrow=0, rounding_mode="ROUND")
    refused("grid_quant_integers", dense, "Quant", ["i", "s", "z", "n"], step, domain=q, signed=1, narrow=0,
            rounding_mode="ROUND")
    refused("grid_quant_computed", dense, "Quant", ["x", "g", "z", "n"], step, domain=q, signed=1, narrow=0,
            rounding_mode="ROUND")
    refused("grid_signs_integers", dense, "BipolarQuant", ["i", "s"], step, domain=q)
    refused("grid_signs_computed", dense, "BipolarQuant", ["x", "g"], step, domain=q)


def labels():
    """What stands around networks of scikit-learn."""
    ml = "ai.onnx.ml"
    refused("label_computed", dense, "ArrayFeatureExtractor", ["x", "g"], domain=ml)
    refused("label_far", dense, "ArrayFeatureExtractor", ["x", "i"], {"i": [3]}, domain=ml)
    refused("label_scales", dense, "Scaler", ["x"], domain=ml, scale=[1.0, 2.0], offset=[0.5])
    refused("label_offsets", dense, "Scaler", ["x"], domain=ml, scale=[1.0], offset=[0.5, 1.0, 2.0, 3.0])


def files():
    whole = finish(dense()).bytes()
    save("parse_truncated", whole[:-40])
    save("parse_text", b"this is no model at all\n")
    deep = b""
    for _ in range(60):  # a graph in an attribute of a node of a graph ...
        deep = om.field_bytes(1, om.field_bytes(5, om.field_bytes(6, deep)))
    save("parse_deep", om.field_bytes(7, deep))
    save("parse_twice", om.field_bytes(7, b"") + om.field_bytes(7, b""))
    save("parse_no_graph", om.field_int(1, 8))


def forms():
    m = dense()
    m.node("Softmax", ["r"], ["s"], name="attention")
    save("form_softmax_inside", finish(m, "s"))
    m = dense()
    m.node("Sigmoid", ["r"], ["s"], name="gate")
    save("form_sigmoid_inside", finish(m, "s"))


def imports():
    """Sound models, an operator family each."""
    m = Model("pointwise", input_shape=[None, 4])
    for name, value in (("row", ramp(4)), ("one", 2.0), ("slope", [0.5])):
        m.init(name, value)
    last = "input"
    for i, (op, operands) in enumerate((
            ("Sub", ["", "row"]), ("Sub", ["row", ""]), ("Mul", ["one", ""]), ("Div", ["", "one"]),
            ("Max", ["", "row", "one"]), ("Min", ["row", ""]), ("Neg", [""]), ("Abs", [""]),
            ("PRelu", ["", "slope"]), ("LeakyRelu", [""]), ("Sum", ["", "row", ""]),
            ("Clip", ["", "", "one"]))):
        first = op != "Clip"
        inputs = [last if not x and (first or k == 0) else x for k, x in enumerate(operands)]
        m.node(op, inputs, ["t%d" % i], name="%s_%d" % (op, i))
        last = "t%d" % i
    m.output(last)
    save("import_pointwise", m)

    m = Model("one_d", input_shape=[None, 2, 9])
    m.init("k", ramp(3, 2, 3))
    m.init("d", ramp(3, 1, 2))
    m.node("Conv", ["input", "k"], ["c"], name="conv1", pads=[1, 0], strides=[2])
    m.node("Conv", ["c", "d"], ["e"], name="depthwise", group=3, dilations=[2])
    m.node("AveragePool", ["e"], ["p"], name="mean", kernel_shape=[2])
    m.node("GlobalMaxPool", ["p"], ["q"], name="top")
    m.output("q")
    save("import_1d", m)

    m = Model("pools", input_shape=[None, 2, 5, 5])
    m.node("AveragePool", ["input"], ["a"], name="counted", kernel_shape=[3, 3], strides=[2, 2],
           pads=[1, 1, 0, 0], count_include_pad=1)
    m.node("AveragePool", ["input"], ["b"], name="both", kernel_shape=[3, 3], strides=[2, 2],
           pads=[1, 1, 0, 0], count_include_pad=1, ceil_mode=1)
    m.node("MaxPool", ["input"], ["c"], name="same", kernel_shape=[2, 2], auto_pad="SAME_LOWER",
           strides=[3, 3])
    m.node("GlobalAveragePool", ["input"], ["d"], name="whole")
    m.node("ReduceMean", ["input"], ["e"], name="space", axes=[-1, -2], keepdims=0)
    m.node("Transpose", ["input"], ["t"], name="nhwc", perm=[0, 2, 3, 1])
    m.node("ReduceMax", ["t"], ["f"], name="channels", axes=[1, 2])
    for name in "abcdef":
        m.output(name)
    for side in range(4):
        m.node("AveragePool", ["input"], ["p%d" % side], name="side%d" % side, kernel_shape=[2, 2],
               pads=[int(i == side) for i in range(4)], count_include_pad=1)
        m.output("p%d" % side)
    save("import_pools", m)

    m = Model("moves", input_shape=[None, 10, 2, 2], opset=11)
    m.node("Split", ["input"], ["s%d" % i for i in range(10)], name="split", axis=1)
    m.node("Concat", ["s%d" % i for i in reversed(range(10))], ["c"], name="concat", axis=1)
    for name, value in (("starts", [-1, 1]), ("ends", [-99, 9]), ("axes", [1, 2]),
                        ("steps", [-3, 1]), ("pads", [0, 1, 0, -1, 0, 0, 2, 0]), ("at", 1)):
        m.init(name, value)
    m.node("Slice", ["c", "starts", "ends", "axes", "steps"], ["d"], name="slice")
    m.node("Pad", ["d", "pads"], ["e"], name="pad")
    m.node("Gather", ["e", "at"], ["f"], name="gather", axis=1)
    m.node("Unsqueeze", ["f"], ["g"], name="wide", axes=[1])
    m.output("g")
    save("import_moves", m)

    m = Model("shapes", input_shape=[None, 2, 3])
    for name, value in (("zero", 0), ("minus", [-1]), ("first", [0]), ("two", [2])):
        m.init(name, value)
    m.node("Shape", ["input"], ["shape"])
    m.node("Gather", ["shape", "zero"], ["batch"], axis=0)
    m.node("Unsqueeze", ["batch", "first"], ["batch1"])
    m.node("Concat", ["batch1", "minus"], ["view"], axis=0)
    m.node("Reshape", ["input", "view"], ["flat"], name="flatten")
    m.node("ConstantOfShape", ["two"], ["ones"], value=om.tensor("", [1]))
    m.node("Mul", ["ones", "minus"], ["minus2"])
    m.node("Equal", ["ones", "minus2"], ["equal"])
    m.node("Slice", ["view", "first", "two"], ["view2"])
    m.node("Where", ["equal", "minus2", "view2"], ["view3"])
    m.node("Cast", ["view3"], ["asfloat"], to=1)
    m.node("Cast", ["asfloat"], ["asint"], to=7)
    m.init("noughts", [0, 0])
    m.node("Pow", ["asint", "noughts"], ["ones again"])
    m.node("Mul", ["asint", "ones again"], ["same"])
    m.node("Reshape", ["flat", "same"], ["again"], name="again")
    m.output("again")
    save("import_shapes", m)

    m = Model("quant", input_shape=[None, 2, 2, 2])
    for name, value, kind in (("s", 0.5, om.FLOAT), ("z", 3, om.UINT8), ("q", [1, -2], om.INT8),
                              ("qs", [0.25, 0.5], om.FLOAT), ("qz", [0, 1], om.INT8),
                              ("t", 0.25, om.FLOAT), ("nought", 0.0, om.FLOAT),
                              ("bits", 3.0, om.FLOAT)):
        m.init(name, value, data_type=kind)
    m.node("QuantizeLinear", ["input", "s", "z"], ["a"], name="q1")
    m.node("DequantizeLinear", ["a", "s", "z"], ["b"], name="dq1")
    m.node("MaxPool", ["a"], ["c"], name="pool", kernel_shape=[2, 2])
    m.node("DequantizeLinear", ["c", "t", "z"], ["d"], name="dq2")
    m.node("DequantizeLinear", ["q", "qs", "qz"], ["w"], name="dqw", axis=0)
    m.node("Add", ["b", "d"], ["e"], name="sum")
    m.node("Quant", ["w", "t", "nought", "bits"], ["wq"], name="weight_quant",
           domain="qonnx.custom_op.general", signed=1, narrow=1, rounding_mode="ROUND")
    m.node("Mul", ["e", "wq"], ["f"], name="scale")
    m.node("Quant", ["f", "t", "nought", "bits"], ["g"], name="act_quant",
           domain="qonnx.custom_op.general", signed=0, narrow=0, rounding_mode="ROUND")
    m.domains.append("qonnx.custom_op.general")
    m.output("g")
    save("import_quant", m)

    m = Model("vector", input_shape=[4], opset=24, elem_type=om.DOUBLE)
    for name, value, kind in (("half", 0.5, om.FLOAT), ("z", 0, om.INT8), ("low", -3, om.INT8),
                              ("high", 7, om.INT8), ("quarter", 0.25, om.FLOAT),
                              ("three", 3.0, om.FLOAT), ("bits", 4.0, om.FLOAT),
                              ("w", [0.25, -0.125, 0.0, -5.0], om.FLOAT)):
        m.init(name, value, data_type=kind)
    m.node("QuantizeLinear", ["input", "half", "z"], ["a"], name="q1")
    m.node("Clip", ["a", "low", "high"], ["b"], name="window")
    m.node("DequantizeLinear", ["b", "half", "z"], ["c"], name="dq1")
    m.node("IntQuant", ["c", "quarter", "three", "bits"], ["d"], name="int_quant",
           domain="qonnx.custom_op.general", signed=0, narrow=0, rounding_mode="ROUND")
    m.node("BipolarQuant", ["w", "half"], ["s"], name="signs", domain="qonnx.custom_op.general")
    m.node("Mul", ["d", "s"], ["e"], name="scale")
    m.domains.append("qonnx.custom_op.general")
    m.output("e", [4], om.DOUBLE)
    save("import_vector", m)

    m = Model("storage", input_shape=[None, 3])
    for i, kind in enumerate((om.BFLOAT16, om.FLOAT16, om.DOUBLE, om.FLOAT)):
        for raw in (True, False):
            name = "f%d%d" % (i, raw)
            m.init(name, [0.5, -2.0, 3.25], data_type=kind, raw=raw)
    for i, kind in enumerate((om.INT8, om.UINT8, om.INT16, om.UINT16, om.INT32, om.UINT32,
                              om.INT64, om.UINT64, om.BOOL)):
        for raw in (True, False):
            m.init("i%d%d" % (i, raw), [1, 0, 1], data_type=kind, raw=raw)
    m.init_external("x", [3], location="values.bin", offset=4, length=12)
    terms = []
    for name in ["f%d%d" % (i, r) for i in range(4) for r in (0, 1)]:
        terms.append(name)
    for name in ["i%d%d" % (i, r) for i in range(9) for r in (0, 1)]:
        m.node("Cast", [name], [name + "f"], to=1)
        terms.append(name + "f")
    m.node("Sum", terms, ["all"], name="all")
    m.node("Add", ["input", "all"], ["y"], name="y")
    m.node("Add", ["y", "x"], ["z"], name="z")
    m.output("z")
    save("import_storage", m)
    for folder in (HERE, GOLDEN):
        with open(os.path.join(folder, "values.bin"), "wb") as f:
            f.write(struct.pack("<5f", 9, 1, 2, 3, 9))

    m = Model("tails", input_shape=[None, 6])
    m.init("k", [2])
    m.node("TopK", ["input", "k"], ["best", "places"], name="topk")
    m.node("ArgMax", ["input"], ["class"], name="argmax", axis=1, keepdims=0)
    m.node("Cast", ["class"], ["small"], to=6)
    m.node("LogSoftmax", ["input"], ["logs"], name="logs")
    for name in ("logs", "best", "places", "small"):
        m.output(name)
    save("import_tails", m)

    m = Model("tails", input_shape=[None, 2, 3], opset=11)
    m.init("k", [2])
    m.node("Softmax", ["input"], ["rows"], name="rows")  # of six
    m.node("LogSoftmax", ["input"], ["logs"], name="logs", axis=2)
    m.node("TopK", ["input", "k"], ["least", "places"], name="topk", axis=2, largest=0)
    m.node("ArgMax", ["input"], ["class"], name="argmax", axis=-2)
    m.node("Cast", ["class"], ["small"], to=6)
    for name in ("rows", "logs", "least", "places", "small"):
        m.output(name)
    save("import_tails_11", m)


if __name__ == "__main__":
    for part in (valid, operators, attributes, settings, grids, labels, tensors, graphs, files, forms, imports):
        part()
    for folder in (HERE, GOLDEN):
        for name in os.listdir(folder):
            if name.endswith(".onnx") and (folder, name) not in SAVED:
                print("not made here any more:", os.path.join(folder, name))
