# SPDX-License-Identifier: Apache-2.0
"""Operators with seeded random shapes and attributes, of constants that are folded and of activations,
beside what ONNX says of them, worked out here element by element: moves, reductions, products of
matrices of any rank, sums and the like with operands that spread. Argument: relu_outputs.
"""
import itertools
import math
import random
import struct
import subprocess
import sys

from e2e import Case
import onnx_make as om
from onnx_make import Model

ROUNDS = 12
ACTIVATION = (1, 4, 6, 4)


class Tensor:
    """A shape and a value for each index tuple, row-major."""

    def __init__(self, shape, of):
        self.shape = tuple(shape)
        self.at = {i: of(i) for i in itertools.product(*map(range, self.shape))}

    def __getitem__(self, index):
        return self.at[tuple(index)]

    def flat(self):
        return list(self.at.values())

    def nested(self):
        def build(index):
            if len(index) == len(self.shape):
                return self.at[index]
            return [build(index + (i,)) for i in range(self.shape[len(index)])]
        return build(())


class Bench:
    """A model whose outputs are values that are known."""

    def __init__(self, rng, of_constants):
        self.rng, self.folds, self.wants, self.count = rng, of_constants, [], 0
        self.x = Tensor((1, 1) if of_constants else ACTIVATION, lambda i: self.value())
        self.m = Model("net", input_shape=[None] + list(self.x.shape[1:]), opset=18)

    def value(self):
        return self.rng.randint(-40, 40) / 8 or 0.125

    def name(self):
        self.count += 1
        return "t%d" % self.count

    def const(self, value):
        name = self.name()
        self.m.init(name, value)
        return name

    def tensor(self, shape, of=None):
        """A constant: its name and what it holds."""
        t = Tensor(shape, of or (lambda i: self.value()))
        return self.const(t.nested()), t

    def operand(self):
        """A constant of a random shape, or the activation."""
        if not self.folds:
            return "input", self.x
        return self.tensor([1] + [self.rng.randint(1, 5) for _ in range(self.rng.randint(1, 3))])

    def node(self, op, inputs, want, outs=1, which=0, **more):
        """Adds the operator; its output `which` must be `want`."""
        names = [self.name() for _ in range(outs)]
        self.m.node(op, inputs, names, name=names[0], **more)
        last = names[which]
        if self.folds:
            self.m.node("Reshape", [last, self.const([1, -1])], [last + ".row"], name=last + ".row")
            self.m.node("Add", [last + ".row", "input"], [last + ".sum"], name=last + ".sum")
            last, offset = last + ".sum", self.x.flat()[0]
        else:
            offset = 0
        self.m.output(last, None)
        self.wants.append(("%s %s %s" % (op, inputs, more), [v + offset for v in want.flat()]))


def axis_of(b, t):
    """An axis behind the batch, as it is and as it may be written."""
    axis = b.rng.randrange(1, len(t.shape))
    return axis, axis - b.rng.randint(0, 1) * len(t.shape)


def changed(index, axis, to):
    return index[:axis] + (to,) + index[axis + 1:]


def transpose(b):
    name, t = b.operand()
    perm = list(range(1, len(t.shape)))
    b.rng.shuffle(perm)
    perm = [0] + perm
    want = Tensor([t.shape[p] for p in perm], lambda i: t[[i[perm.index(k)] for k in range(len(perm))]])
    b.node("Transpose", [name], want, perm=perm)


def slice_(b):
    name, t = b.operand()
    axes = sorted(b.rng.sample(range(1, len(t.shape)), b.rng.randint(1, len(t.shape) - 1)))
    rows = {}
    for axis in axes:
        n = t.shape[axis]
        step, start, end = b.rng.choice((1, 1, 2, 3, -1, -2)), b.rng.randint(-n - 1, n), b.rng.randint(-n - 2, n + 1)
        places = list(range(n))[start:end:step]
        if not places or (start > n - 1 and step < 0):
            start, end, step, places = (0, 1 << 40, 1, list(range(n)))
        rows[axis] = (start, end, step, places)
    shape = [len(rows[k][3]) if k in rows else d for k, d in enumerate(t.shape)]
    want = Tensor(shape, lambda i: t[[rows[k][3][p] if k in rows else p for k, p in enumerate(i)]])
    parts = [b.const([rows[a][k] for a in axes]) for k in range(3)]
    b.node("Slice", [name, parts[0], parts[1], b.const(axes), parts[2]], want)


def gather(b):
    name, t = b.operand()
    axis, written = axis_of(b, t)
    n = t.shape[axis]
    places = [b.rng.randint(-n, n - 1) for _ in range(b.rng.randint(1, 5))]
    shape = t.shape[:axis] + (len(places),) + t.shape[axis + 1:]
    b.node("Gather", [name, b.const(places)], Tensor(shape, lambda i: t[changed(i, axis, places[i[axis]] % n)]),
           axis=written)


def concat(b):
    name, t = b.operand()
    axis, written = axis_of(b, t)
    parts = [(name, t)]
    for _ in range(b.rng.randint(1, 2)):
        parts.append(b.tensor(t.shape[:axis] + (b.rng.randint(1, 3),) + t.shape[axis + 1:]))
    b.rng.shuffle(parts)
    places = [(p, k) for _, p in parts for k in range(p.shape[axis])]
    shape = t.shape[:axis] + (len(places),) + t.shape[axis + 1:]

    def at(i):
        part, k = places[i[axis]]
        return part[changed(i, axis, k)]
    b.node("Concat", [p[0] for p in parts], Tensor(shape, at), axis=written)


def pad(b):
    name, t = b.operand()
    before = [0] + [b.rng.randint(0, 2) for _ in t.shape[1:]]
    after = [0] + [b.rng.randint(0, 2) for _ in t.shape[1:]]
    inputs, value = [name, b.const(before + after)], 0
    if b.rng.randint(0, 1):
        value = 0.75
        inputs.append(b.const(value))
    shape = [d + p + q for d, p, q in zip(t.shape, before, after)]

    def at(i):
        return t.at.get(tuple(k - p for k, p in zip(i, before)), value)
    b.node("Pad", inputs, Tensor(shape, at))


def tile(b):
    name, t = b.operand()
    times = [1] + [b.rng.randint(1, 3) if b.rng.randint(0, 1) else 1 for _ in t.shape[1:]]
    want = Tensor([d * n for d, n in zip(t.shape, times)], lambda i: t[[k % d for k, d in zip(i, t.shape)]])
    b.node("Tile", [name, b.const(times)], want)


def split(b):
    name, t = b.operand()
    axis, written = axis_of(b, t)
    n, sizes = t.shape[axis], []
    while sum(sizes) < n:
        sizes.append(b.rng.randint(1, n - sum(sizes)))
    which = b.rng.randrange(len(sizes))
    first, shape = sum(sizes[:which]), t.shape[:axis] + (sizes[which],) + t.shape[axis + 1:]
    b.node("Split", [name, b.const(sizes)], Tensor(shape, lambda i: t[changed(i, axis, first + i[axis])]),
           outs=len(sizes), which=which, axis=written)


def reduce(b):
    name, t = b.operand()
    op, of = b.rng.choice((("ReduceSum", sum), ("ReduceMean", lambda v: sum(v) / len(v)), ("ReduceMax", max),
                           ("ReduceMin", min)))
    axes = sorted(b.rng.sample(range(1, len(t.shape)), b.rng.randint(1, len(t.shape) - 1)))
    if not b.folds and op in ("ReduceMax", "ReduceMin"):
        axes = [2, 3]
    keep = b.rng.randint(0, 1)
    left = [k for k in range(len(t.shape)) if k not in axes]
    groups = {}
    for i, v in t.at.items():
        groups.setdefault(tuple(i[k] for k in left), []).append(v)
    shape = [1 if k in axes else d for k, d in enumerate(t.shape)] if keep else [t.shape[k] for k in left]
    want = Tensor(shape, lambda i: of(groups[tuple(i[k] for k in left) if keep else i]))
    inputs = [name, b.const(axes)] if op == "ReduceSum" else [name]
    more = {} if op == "ReduceSum" else {"axes": axes}
    b.node(op, inputs, want, keepdims=keep, **more)


def spaced(b):
    """DepthToSpace and SpaceToDepth."""
    s = 2
    if b.folds:
        name, t = b.tensor([1, 4 * b.rng.randint(1, 2), s * b.rng.randint(1, 2), s * b.rng.randint(1, 3)])
    else:
        name, t = "input", b.x
    n, c, h, w = t.shape
    if b.rng.randint(0, 1):
        want = Tensor((n, c * s * s, h // s, w // s),
                      lambda i: t[(0, i[1] % c, i[2] * s + i[1] // c // s, i[3] * s + i[1] // c % s)])
        b.node("SpaceToDepth", [name], want, blocksize=s)
        return
    mode, d = b.rng.choice(("DCR", "CRD")), c // (s * s)

    def at(i):
        inside = i[2] % s * s + i[3] % s
        return t[(0, inside * d + i[1] if mode == "DCR" else i[1] * s * s + inside, i[2] // s, i[3] // s)]
    b.node("DepthToSpace", [name], Tensor((n, d, h * s, w * s), at), blocksize=s, mode=mode)


def spread(shapes):
    rank = max(map(len, shapes))
    wide = [(1,) * (rank - len(s)) + tuple(s) for s in shapes]
    return tuple(max(d) for d in zip(*wide))


def at_spread(t, i):
    own = i[len(i) - len(t.shape):]
    return t[[0 if d == 1 else k for k, d in zip(own, t.shape)]]


def narrowed(b, shape):
    """A shape that spreads to this one."""
    s = [d if b.rng.randint(0, 2) else 1 for d in shape]
    return s[b.rng.randint(0, len(s)):]


TWO = {"Add": lambda p, q: p + q, "Sub": lambda p, q: p - q, "Mul": lambda p, q: p * q, "Div": lambda p, q: p / q,
       "Max": max, "Min": min}


def two(b):
    name, t = b.operand()
    op = b.rng.choice(sorted(TWO))
    other, o = b.tensor(narrowed(b, t.shape))
    pair = [(name, t), (other, o)]
    if op != "Div" or b.folds:
        b.rng.shuffle(pair)
    if b.folds and op == "Add" and b.rng.randint(0, 1):
        pair[0] = b.tensor(narrowed(b, t.shape))
    want = Tensor(spread([p[1].shape for p in pair]), lambda i: TWO[op](*(at_spread(p[1], i) for p in pair)))
    b.node(op, [p[0] for p in pair], want)


def matmul(b):
    """Matrices behind axes that spread; a vector is a row or a column."""
    if not b.folds:
        weight, w = b.tensor([4, b.rng.randint(1, 3)])
        want = Tensor(ACTIVATION[:3] + (w.shape[1],), lambda i: sum(b.x[i[:3] + (k,)] * w[(k, i[3])] for k in range(4)))
        b.node("MatMul", ["input", weight], want)
        return
    rows, mid, cols = (b.rng.randint(1, 3) for _ in range(3))
    outer = [b.rng.randint(1, 3) for _ in range(b.rng.randint(0, 3))]
    shapes = [narrowed(b, outer) + [rows, mid], narrowed(b, outer) + [mid, cols]]
    for k in range(2):
        if b.rng.randint(0, 5) == 0:
            shapes[k] = [mid]
    (left, p), (right, q) = b.tensor(shapes[0]), b.tensor(shapes[1])
    p = p if len(p.shape) > 1 else Tensor((1, mid), lambda i: p[(i[1],)])
    q = q if len(q.shape) > 1 else Tensor((mid, 1), lambda i: q[(i[0],)])
    lead = spread([p.shape[:-2], q.shape[:-2]])
    shape = lead + (p.shape[-2],) * (len(shapes[0]) > 1) + (q.shape[-1],) * (len(shapes[1]) > 1)

    def at(i):
        r = i[len(lead)] if len(shapes[0]) > 1 else 0
        c = i[-1] if len(shapes[1]) > 1 else 0
        return sum(at_spread(p, i[:len(lead)] + (r, k)) * at_spread(q, i[:len(lead)] + (k, c)) for k in range(mid))
    b.node("MatMul", [left, right], Tensor(shape, at))


def expand(b):
    if b.folds:
        name, t = b.operand()
    else:
        name, t = "input", b.x
    shape = [b.rng.randint(2, 3) if d == 1 and k else d for k, d in enumerate(t.shape)]
    asked = [1 if b.rng.randint(0, 1) and d == e else e for d, e in zip(t.shape, shape)]
    want = Tensor([e if d == 1 else d for d, e in zip(t.shape, asked)], lambda i: at_spread(t, i))
    b.node("Expand", [name, b.const(asked)], want)


def bfloat16(v):
    """Rounded to the upper half of a float32, ties to even."""
    bits, = struct.unpack("<I", struct.pack("<f", v))
    return struct.unpack("<f", struct.pack("<I", (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000))[0]


def float16(v):
    return struct.unpack("<e", struct.pack("<e", v))[0]


def stored(b):
    """Constants of every type, as bytes and as a list of the type's own; and what half precision makes of them."""
    whole = {om.UINT8: (0, 255), om.INT8: (-128, 127), om.UINT16: (0, 65535), om.INT16: (-32768, 32767), om.BOOL: (0, 1),
             om.INT32: (-1 << 31, (1 << 31) - 1), om.UINT32: (3, (1 << 32) - 1), om.INT64: (-1 << 60, 1 << 33), om.UINT64: (5, 1 << 62)}
    real = {kind: (-1.5, 0.0078125) for kind in (om.FLOAT, om.DOUBLE, om.FLOAT16, om.BFLOAT16)}
    for kind, values in list(whole.items()) + list(real.items()):
        for raw in (True, False):
            name, want = b.name(), Tensor((1, 2), lambda i, values=values: values[i[1]])
            b.m.init(name, [list(values)], data_type=kind, raw=raw)
            b.node("Cast", [name], want, to=om.FLOAT)
    for kind, narrow in ((om.FLOAT16, float16), (om.BFLOAT16, bfloat16)):
        values = [b.rng.uniform(-9, 9) * 10 ** b.rng.randint(-6, 3) for _ in range(40)] + [1 + 2 ** -8, 1 + 3 * 2 ** -8, 2049, 2051, 6e-8]
        name = b.name()
        b.m.node("Cast", [b.const([values])], [name], name=name, to=kind)
        b.node("Cast", [name], Tensor((1, len(values)), lambda i, values=values, narrow=narrow: narrow(values[i[1]])), to=om.FLOAT)


CASES = [transpose, slice_, gather, concat, pad, tile, split, reduce, spaced, two, matmul, expand]
ONLY_ACTIVATIONS = [reduce, pad, spaced]  # constants are not folded through these


def judge(case, program, b):
    model = case.write("net.onnx", b.m.bytes())
    x = case.write("x.bin", struct.pack("<%df" % len(b.x.at), *b.x.flat()))
    p = subprocess.run([program, model, x, case.path("y.bin")], stderr=subprocess.PIPE)
    if not case.equal(p.returncode, 0, "exit code of relu_outputs: %s" % p.stderr.decode()):
        return
    with open(case.path("y.bin"), "rb") as f:
        got = [v[0] for v in struct.iter_unpack("<f", f.read())]
    case.equal(len(got), sum(len(w) for _, w in b.wants), "values of %s" % [what for what, _ in b.wants])
    for what, want in b.wants:
        own, got = got[:len(want)], got[len(want):]
        worst = max((abs(p - q) / (1 + abs(q)) for p, q in zip(own, want)), default=math.inf)
        case.check(worst <= 1e-5, "%s is off by %g:\n  %s\n  %s" % (what, worst, own, want))


def main():
    case = Case()
    for seed in range(ROUNDS):
        for folds in (False, True):
            b = Bench(random.Random(2 * seed + folds), folds)
            for one in CASES:
                if folds and one in ONLY_ACTIVATIONS:
                    continue
                for _ in range(20 if one is matmul else 3):
                    one(b)
            if folds and seed == 0:
                stored(b)
            judge(case, sys.argv[1], b)
    sys.exit(case.done())


main()
