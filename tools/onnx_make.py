# SPDX-License-Identifier: Apache-2.0
"""Writes ONNX files with nothing but the standard library.

In: nodes, initialisers, inputs and outputs, one call each. Out: the bytes of a ModelProto
(onnx.proto of ONNX 1.12; field numbers beside each message below). The same calls give the same
bytes. Nothing is checked against the operator specification: tests write broken models on purpose.

    m = Model("net", input_shape=[None, 1, 8, 8])
    m.init("w", weights)                      # nested list or numpy array
    m.node("Conv", ["input", "w"], ["c1"], name="conv1", kernel_shape=[3, 3])
    m.output("c1", [None, 4, 6, 6])
    m.save("net.onnx")
"""
import struct

FLOAT, UINT8, INT8, UINT16, INT16, INT32, INT64, STRING, BOOL = 1, 2, 3, 4, 5, 6, 7, 8, 9
FLOAT16, DOUBLE, UINT32, UINT64, BFLOAT16 = 10, 11, 12, 13, 16
_PACK = {FLOAT: "f", UINT8: "B", INT8: "b", UINT16: "H", INT16: "h", INT32: "i", INT64: "q",
         BOOL: "?", FLOAT16: "e", DOUBLE: "d", UINT32: "I", UINT64: "Q", BFLOAT16: "H"}
_NUMPY = {"float32": FLOAT, "uint8": UINT8, "int8": INT8, "int32": INT32, "int64": INT64,
          "float16": FLOAT16, "float64": DOUBLE}
# Typed field of TensorProto that holds a data type: (field number, struct letter or None = varint).
_TYPED = {FLOAT: (4, "f"), DOUBLE: (10, "d"), INT64: (7, None), UINT32: (11, None),
          UINT64: (11, None)}
_TYPED.update((t, (5, None)) for t in (INT32, INT16, INT8, UINT16, UINT8, BOOL, FLOAT16, BFLOAT16))


def varint(n):
    """Base-128 varint of an int; negative numbers as 64-bit two's complement."""
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def field_int(number, n):
    return varint(number << 3) + varint(n)


def field_bytes(number, data):
    if isinstance(data, str):
        data = data.encode()
    return varint(number << 3 | 2) + varint(len(data)) + bytes(data)


def field_float(number, x):
    return varint(number << 3 | 5) + struct.pack("<f", x)


def _flatten(value):
    """Shape and flat list of a nested list, a scalar or a numpy array."""
    if hasattr(value, "shape") and hasattr(value, "ravel"):
        return list(value.shape), value.ravel().tolist()
    if not isinstance(value, (list, tuple)):
        return [], [value]
    if not value:
        return [0], []
    parts = [_flatten(v) for v in value]
    if any(shape != parts[0][0] for shape, _ in parts):
        raise ValueError("a nested list with rows of different lengths")
    return [len(parts)] + parts[0][0], [x for _, flat in parts for x in flat]


def _data_type(value, flat):
    if hasattr(value, "dtype"):
        return _NUMPY[str(value.dtype)]
    return INT64 if flat and all(isinstance(x, int) for x in flat) else FLOAT


def tensor(name, value, shape=None, data_type=None, raw=True):
    """TensorProto: dims 1, data_type 2, typed data 4/5/7/10, name 8, raw_data 9.

    Ints become int64 and floats float32 unless `data_type` says otherwise. `shape` replaces the
    shape of the value, without a check. float64 arrays without a data_type are stored as float32.
    """
    own_shape, flat = _flatten(value)
    if data_type is None:
        data_type = _data_type(value, flat)
        data_type = FLOAT if data_type == DOUBLE else data_type
    if data_type == BFLOAT16:  # the upper half of a float32, cut off
        flat = [struct.unpack("<I", struct.pack("<f", x))[0] >> 16 for x in flat]
    out = b"".join(field_int(1, d) for d in (own_shape if shape is None else shape))
    out += field_int(2, data_type) + field_bytes(8, name)
    if raw:
        return out + field_bytes(9, struct.pack("<%d%s" % (len(flat), _PACK[data_type]), *flat))
    number, letter = _TYPED[data_type]
    if data_type == FLOAT16:
        flat = [struct.unpack("<H", struct.pack("<e", x))[0] for x in flat]
    if letter:
        return out + field_bytes(number, struct.pack("<%d%s" % (len(flat), letter), *flat))
    return out + field_bytes(number, b"".join(varint(x) for x in flat))


def external_tensor(name, shape, entries, data_type=FLOAT):
    """TensorProto whose data lies in another file: external_data 13 {key 1, value 2},
    data_location 14 = 1. `entries` is a dict: location, offset, length."""
    out = b"".join(field_int(1, d) for d in shape) + field_int(2, data_type)
    out += field_bytes(8, name)
    for key, value in entries.items():
        out += field_bytes(13, field_bytes(1, key) + field_bytes(2, str(value)))
    return out + field_int(14, 1)


def attribute(name, value):
    """AttributeProto: name 1, f 2, i 3, s 4, t 5, floats 7, ints 8, type 20."""
    out = field_bytes(1, name)
    if isinstance(value, bytes):  # an encoded TensorProto
        return out + field_bytes(5, value) + field_int(20, 4)
    if isinstance(value, str):
        return out + field_bytes(4, value) + field_int(20, 3)
    if isinstance(value, float):
        return out + field_float(2, value) + field_int(20, 1)
    if isinstance(value, int):
        return out + field_int(3, value) + field_int(20, 2)
    if any(isinstance(x, float) for x in value):
        return out + b"".join(field_float(7, x) for x in value) + field_int(20, 6)
    return out + b"".join(field_int(8, int(x)) for x in value) + field_int(20, 7)


def value_info(name, shape, elem_type=FLOAT):
    """ValueInfoProto: name 1, type 2 {tensor_type 1 {elem_type 1, shape 2 {dim 1}}}.

    A dimension is an int (dim_value 1), a string (dim_param 2) or None (dim_param "N" in front,
    nothing elsewhere). A shape of None leaves the shape out.
    """
    dims = b""
    for i, d in enumerate(shape or []):
        if d is None:
            d = "N" if i == 0 else ""
        dims += field_bytes(1, field_int(1, d) if isinstance(d, int) else
                            field_bytes(2, d) if d else b"")
    kind = field_int(1, elem_type) + (b"" if shape is None else field_bytes(2, dims))
    return field_bytes(1, name) + field_bytes(2, field_bytes(1, kind))


class Model:
    """One model under construction; the input is called "input" unless input_name says else."""

    def __init__(self, name, input_shape=None, input_name="input", opset=13, ir_version=8,
                 elem_type=FLOAT):
        self.name, self.opset, self.ir_version = name, opset, ir_version
        self.nodes, self.inits, self.inputs, self.outputs = [], [], [], []
        self.domains = []  # other than the standard one, version 1 each
        if input_shape is not None:
            self.input(input_name, input_shape, elem_type)

    def input(self, name, shape, elem_type=FLOAT):
        self.inputs.append(value_info(name, shape, elem_type))

    def output(self, name, shape=None, elem_type=FLOAT):
        self.outputs.append(value_info(name, shape, elem_type))

    def init(self, name, value, shape=None, data_type=None, raw=True):
        self.inits.append(tensor(name, value, shape, data_type, raw))

    def init_external(self, name, shape, data_type=FLOAT, **entries):
        self.inits.append(external_tensor(name, shape, entries, data_type))

    def node(self, op, inputs, outputs, name="", domain="", **attributes):
        """NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7."""
        out = b"".join(field_bytes(1, x) for x in inputs)
        out += b"".join(field_bytes(2, x) for x in outputs)
        out += (field_bytes(3, name) if name else b"") + field_bytes(4, op)
        out += b"".join(field_bytes(5, attribute(k, v)) for k, v in attributes.items())
        self.nodes.append(out + (field_bytes(7, domain) if domain else b""))

    def bytes(self):
        """ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8 {version 2};
        GraphProto: node 1, name 2, initializer 5, input 11, output 12."""
        graph = b"".join(field_bytes(1, n) for n in self.nodes) + field_bytes(2, self.name)
        graph += b"".join(field_bytes(5, t) for t in self.inits)
        graph += b"".join(field_bytes(11, v) for v in self.inputs)
        graph += b"".join(field_bytes(12, v) for v in self.outputs)
        return (field_int(1, self.ir_version) + field_bytes(2, "ttfs onnx_make") +
                field_bytes(7, graph) + field_bytes(8, field_int(2, self.opset)) +
                b"".join(field_bytes(8, field_bytes(1, d) + field_int(2, 1))
                         for d in self.domains))

    def save(self, path):
        with open(path, "wb") as f:
            f.write(self.bytes())
