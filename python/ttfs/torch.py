# SPDX-License-Identifier: Apache-2.0
"""Training on ticks and weight bits in PyTorch, on its devices and with loaders and augmentations of your own.

    spiking = ttfs.torch.prepare(net, ticks=7, weight_bits=3, samples=x)    # a module, trained like any other
    ttfs.torch.export(spiking, "net.onnx")                                  # ttfs compile net.onnx computes the same

The forward pass is the chip's (docs/semantics.md): integers in float32, which holds them to 2^24, scales in float64. With source
scale s_in, window [0, s T] and the unit u = s / R of a channel's potential, R whole, a sum is U = round(b / u) + sum w x with
w = clamp(round(W u_in)), u_in = s_in / u, and a ReLU sends floor(U / R + 1/2), clamped to 0..T: for whole U and R that is what
neurons with ramp R and half a quantum in their bias send. Gradients go straight through rounding and are 0 beyond window and grid.
"""
from __future__ import annotations

import copy
import math
import operator
import os
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple, Union

import numpy as np
import torch
from torch import fx, nn

from ._onnx import Writer

PACE = 10  # logarithms of windows and units move by so many learning rates a step of Adam
MOST_EXACT = 1 << 24
SLACK = 2.0 ** -30  # quotients of whole numbers are off by less, and apart by more


def rounded(v: torch.Tensor, to: Optional[torch.Tensor] = None) -> torch.Tensor:
    """`to`, or the whole number nearest to v (halves up); with the gradient of v."""
    whole = torch.floor(v + 0.5) if to is None else to
    return v + (whole - v).detach()


class SpikeInput(nn.Module):
    """Encodes samples: multiples 0..ticks of top / ticks; values outside are clamped."""

    def __init__(self, ticks: int, top: float = 1.0, shape: Sequence[int] = ()):
        super().__init__()
        self.ticks, self.top, self.shape = ticks, float(top), tuple(shape)  # of one sample

    def scale(self) -> torch.Tensor:
        return torch.tensor(float(np.float32(self.top / self.ticks)), dtype=torch.float64)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        s = self.scale()
        return (torch.clamp(torch.floor(x.double() / s + 0.5), 0, self.ticks) * s).float()


class SpikeReLU(nn.Module):
    """A ReLU whose values are the ticks of spikes: multiples 0..ticks of window / ticks, the window learned or fixed."""

    def __init__(self, ticks: int, window: float = 1.0, learn_window: bool = True):
        super().__init__()
        if not 1 <= operator.index(ticks) <= 65535 or not 0 < window < math.inf:
            raise ValueError("ticks are 1 to 65535, the window is above 0")
        self.ticks = operator.index(ticks)
        self.register_buffer("begin", torch.tensor(float(window), dtype=torch.float64))
        self.log_window = nn.Parameter(torch.zeros(()), requires_grad=learn_window)

    def scale(self) -> torch.Tensor:
        """The real value of a tick, float64, on a number that float32 has."""
        s = self.begin.double() / self.ticks * torch.exp(PACE * self.log_window.double())
        return rounded(s, s.detach().float().double())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        s = self.scale()
        ticks = torch.clamp(x.double() / s, -0.5, self.ticks + 0.5)
        whole = torch.clamp(torch.floor(ticks.detach() + 0.5 + SLACK), 0, self.ticks)
        return (rounded(ticks, whole) * s).float()


class SpikeSum(nn.Module):
    """A Conv2d or Linear with integer weights, between two windows: `source` and `relu` (None: the readout) have scale()."""

    def __init__(self, layer: nn.Module, source: nn.Module, relu: Optional[nn.Module], weight_bits: int):
        super().__init__()
        self.weight, self.bits = layer.weight, weight_bits
        channels = layer.weight.shape[0]
        self.bias = layer.bias if layer.bias is not None else nn.Parameter(torch.zeros(channels, device=layer.weight.device))
        self.conv = None if isinstance(layer, nn.Linear) else (layer.stride, padding_of(layer), layer.dilation, layer.groups)
        self._ends = (source, relu)  # a tuple: they are the model's, not this module's
        largest = layer.weight.detach().abs().flatten(1).amax(1).double()
        largest = largest.amax().expand(1) if relu is None else largest
        with torch.no_grad():
            unit = largest / (2 ** (weight_bits - 1) - 1) * source.scale()
            self.register_buffer("begin", torch.where(unit > 0, unit, torch.ones_like(unit)))
        self.log_unit = nn.Parameter(torch.zeros_like(self.begin, dtype=torch.float32))

    def unit(self) -> torch.Tensor:
        """The real value of one of a channel's potential, float64: the tick of its ReLU over a whole number."""
        relu = self._ends[1]
        raw = self.begin.double() * torch.exp(PACE * self.log_unit.double())
        if relu is None:
            return raw
        most = min(1 << 22, MOST_EXACT // (relu.ticks + 1))
        ratio = relu.scale() / raw
        return relu.scale() / rounded(ratio, torch.clamp(torch.round(ratio.detach()), 1, most))

    def step(self) -> torch.Tensor:
        """Of a weight, of each channel, on a number that float32 has."""
        s = self.unit() / self._ends[0].scale()
        return rounded(s, s.detach().float().double())

    def integers(self) -> Tuple[torch.Tensor, torch.Tensor]:
        """Weights, and biases without half a ramp."""
        shape = [-1] + [1] * (self.weight.dim() - 1)
        low, high = -2 ** (self.bits - 1), 2 ** (self.bits - 1) - 1
        w = rounded(torch.clamp(self.weight.double() / self.step().reshape(shape), low, high))
        return w.float(), rounded(self.bias.double() / self.unit())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        w, c = self.integers()
        k = rounded(x.double() / self._ends[0].scale()).float()
        u = nn.functional.linear(k, w) if self.conv is None else nn.functional.conv2d(k, w, None, *self.conv)
        shape = [-1] + [1] * (u.dim() - 2)
        v = (u.double() + c.reshape(shape)) * self.unit().reshape(shape)
        return v if self._ends[1] is not None else v.float()

    def reach(self) -> float:
        """What a potential may come to: float32 holds less than 2^24 exactly."""
        w, c = self.integers()
        return float((w.abs().flatten(1).sum(1) * self._ends[0].ticks + c.abs().float()).amax())


def padding_of(layer: nn.Module) -> Tuple[int, int]:
    if layer.padding_mode != "zeros":
        raise ValueError("padding_mode %r: zeros are padded with" % layer.padding_mode)
    if layer.padding == "valid":
        return (0, 0)
    if layer.padding == "same":
        sizes = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size)]
        if any(n % 2 for n in sizes):
            raise ValueError("padding 'same' of an even kernel: give numbers")
        return (sizes[0] // 2, sizes[1] // 2)
    return tuple(layer.padding)


# ---- from a module to a module of spikes -------------------------------------------------------------

SUMS, NORMS = (nn.Conv2d, nn.Linear), (nn.BatchNorm1d, nn.BatchNorm2d)
RELUS = (nn.ReLU, nn.functional.relu, torch.relu, torch.relu_, "relu", "relu_")
PASSES = (nn.Dropout, nn.Dropout2d, nn.Identity, nn.functional.dropout)
POOLS = (nn.MaxPool2d, nn.functional.max_pool2d, torch.max_pool2d)
POOL_WORDS = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
FLATS = (nn.Flatten, torch.flatten, "flatten", "view", "reshape")
CHAIN = SUMS + NORMS + RELUS + PASSES + POOLS + FLATS


class _Walk:
    """The graph of a module, a chain of what can be said in spikes."""

    def __init__(self, module: nn.Module):
        self.traced = fx.symbolic_trace(module)
        self.modules = dict(self.traced.named_modules())

    def kind(self, node: fx.Node) -> Any:
        """The class of a module, a function, or a method's name."""
        return type(self.modules[node.target]) if node.op == "call_module" else node.target

    def is_of(self, node: fx.Node, kinds: Sequence[Any]) -> bool:
        return node.op.startswith("call_") and self.kind(node) in kinds

    def refuse(self, node: fx.Node, why: str) -> ValueError:
        kind = self.kind(node) if node.op.startswith("call_") else node.op
        name = node.target if node.op == "call_module" else node.name
        return ValueError("%s (%s): %s" % (name, getattr(kind, "__name__", kind), why))

    def check(self) -> None:
        for node in self.traced.graph.nodes:
            known = self.is_of(node, CHAIN)
            shape = node.op == "call_method" and node.target == "size" or node.op == "call_function" and node.target in (getattr, operator.getitem)
            if not known and not shape and node.op not in ("placeholder", "output"):
                raise self.refuse(node, "chains of Conv2d, Linear, BatchNorm, ReLU, MaxPool2d and Flatten are prepared here; "
                                        "ttfs tune trains what ttfs compile takes")
            if known and not node.users:
                raise self.refuse(node, "nothing reads it; leave it out")
            if node.op == "output" and not (isinstance(node.args[0], fx.Node) and self.is_of(node.args[0], CHAIN)):
                raise self.refuse(node, "the values of one layer are returned, not %s" % (node.args[0],))
            values = [n for n in node.all_input_nodes if not self.is_of(n, ("size", getattr, operator.getitem))]
            if known and len(values) != 1:
                raise self.refuse(node, "one value is read, not %d" % len(values))
            if self.is_of(node, NORMS) and not self.is_of(values[0], SUMS):
                raise self.refuse(node, "a BatchNorm behind a Conv2d or Linear is folded; this one is behind %s" % values[0].name)

    def drop(self, node: fx.Node, value: fx.Node) -> None:
        node.replace_all_uses_with(value)
        self.traced.graph.erase_node(node)

    def fold(self) -> None:
        """Normalisation into weights, by the running means; what only passes on goes."""
        for node in list(self.traced.graph.nodes):
            if self.is_of(node, PASSES):
                self.drop(node, node.args[0])
            elif self.is_of(node, NORMS):
                layer, norm = self.modules[node.args[0].target], self.modules[node.target]
                if norm.running_mean is None:
                    raise self.refuse(node, "it keeps no running mean")
                with torch.no_grad():
                    gain = torch.rsqrt(norm.running_var + norm.eps) * (1 if norm.weight is None else norm.weight)
                    b = ((0 if layer.bias is None else layer.bias) - norm.running_mean) * gain + (0 if norm.bias is None else norm.bias)
                    w = layer.weight * gain.reshape([-1] + [1] * (layer.weight.dim() - 1))
                layer.weight, layer.bias = nn.Parameter(w), nn.Parameter(b)
                self.drop(node, node.args[0])

    def readers(self, node: fx.Node) -> List[fx.Node]:
        return [n for n in node.users if not self.is_of(n, ("size", getattr))]


def windows_of(walk: _Walk, samples: torch.Tensor, percentile: float) -> Dict[str, float]:
    """The window of each ReLU by its node: that share of the positive values is inside."""
    found: Dict[str, float] = {}

    class Watch(fx.Interpreter):
        def run_node(self, n: fx.Node) -> Any:
            value = super().run_node(n)
            if walk.is_of(n, FLATS + (nn.Linear,)) and (value.dim() != 2 or len(value) != len(samples)):
                raise walk.refuse(n, "it gives %s; a vector a sample is expected" % " x ".join(map(str, value.shape)))
            if walk.is_of(n, RELUS):
                positive = value[value > 0].flatten().sort().values
                found[n.name] = float(positive[max(math.ceil(percentile * len(positive)), 1) - 1]) if len(positive) else 1.0
            return value
    with torch.no_grad():
        Watch(walk.traced.eval()).run(samples)
    return found


class _Prepare:
    """Puts modules of spikes into the traced module."""

    def __init__(self, walk: _Walk, ticks: int, bits: int, windows: Dict[str, float], learn: bool):
        self.walk, self.ticks, self.bits, self.windows, self.learn = walk, ticks, bits, windows, learn
        self.traced, self.graph = walk.traced, walk.traced.graph
        self.grid: Dict[fx.Node, nn.Module] = {}  # whose scale a value is on

    def put(self, node: fx.Node, name: str, module: nn.Module) -> None:
        self.traced.add_submodule(name, module)
        node.op, node.target, node.kwargs = "call_module", name, {}
        node.args = node.args[:1]

    def start(self, node: fx.Node, top: float, shape: Sequence[int]) -> None:
        self.traced.add_submodule("input_spikes", SpikeInput(self.ticks, top, shape))
        with self.graph.inserting_after(node):
            made = self.graph.call_module("input_spikes", ())
        node.replace_all_uses_with(made)
        made.args = (node,)
        self.grid[made] = self.traced.input_spikes

    def add(self, node: fx.Node) -> None:
        source, readers, relu = self.grid[node.args[0]], self.walk.readers(node), None
        if [n for n in readers if n.op != "output"]:
            if len(readers) != 1 or not self.walk.is_of(readers[0], RELUS):
                raise self.walk.refuse(node, "it is read by one ReLU, or is the output (two linear layers are one, and a MaxPool2d "
                                             "goes behind the ReLU)")
            relu = SpikeReLU(self.ticks, self.windows[readers[0].name], self.learn)
            self.put(readers[0], readers[0].name + "_spikes", relu)
            self.grid[readers[0]] = relu
        layer = self.walk.modules[node.target]
        if node.target in self.used:
            raise self.walk.refuse(node, "a layer that is used twice has two grids")
        self.used.append(node.target)
        try:
            self.traced.add_submodule(node.target, SpikeSum(layer, source, relu, self.bits))
        except ValueError as e:
            raise self.walk.refuse(node, str(e)) from e

    def pool(self, node: fx.Node) -> None:
        """A module, whichever way it was called; padding is below every spike, as it is on the chip."""
        pool = self.walk.modules.get(node.target) if node.op == "call_module" else nn.MaxPool2d(
            **{**dict(zip(POOL_WORDS, node.args[1:])), **node.kwargs})
        if pool.ceil_mode or pool.return_indices:
            raise self.walk.refuse(node, "without ceil_mode and return_indices")
        self.put(node, node.name + "_pool", pool)

    def run(self, top: float, shape: Sequence[int]) -> fx.GraphModule:
        self.used: List[str] = []
        for node in list(self.graph.nodes):
            if node.op == "placeholder":
                if node.users:  # else an argument that has a default
                    self.start(node, top, shape)
            elif node in self.grid or node.op == "output":
                continue
            elif self.walk.is_of(node, SUMS):
                self.add(node)
            elif self.walk.is_of(node, RELUS):
                raise self.walk.refuse(node, "a ReLU follows a Conv2d or Linear")
            elif node.args and node.args[0] in self.grid:
                self.grid[node] = self.grid[node.args[0]]
                if self.walk.is_of(node, POOLS):
                    self.pool(node)
        self.graph.lint()
        self.traced.recompile()
        self.traced.delete_all_unused_submodules()
        return self.traced


def extremes(samples: torch.Tensor) -> Tuple[float, float]:
    return (float(samples.min()), float(samples.max())) if samples.numel() else (math.nan, math.nan)


def prepare(model: nn.Module, ticks: int, weight_bits: int, samples: torch.Tensor, *, top: float = 1.0, percentile: float = 0.999,
            learn_window: bool = True) -> fx.GraphModule:
    """A copy of the model that computes in spikes of so many ticks and integer weights of so many bits, to be trained on.

    Windows begin with the activations of `samples`, a batch of training samples from 0 to `top`: that percentile of the positive
    ones is inside. BatchNorm is folded by its running means, Dropout is left out. Chains of Conv2d, Linear, BatchNorm, ReLU (module
    or function), MaxPool2d and Flatten; anything else is a ValueError that names the node."""
    if not 2 <= operator.index(weight_bits) <= 16:
        raise ValueError("weight_bits are 2 to 16")
    if not 1 <= operator.index(ticks) <= 65535 or not 0 < percentile <= 1:
        raise ValueError("ticks are 1 to 65535, the percentile is above 0, to 1")
    low, high = extremes(samples)
    if not (low >= 0 and high <= top):
        raise ValueError("samples are from %g to %g; from 0 to top=%g is expected" % (low, high, top))
    walk = _Walk(copy.deepcopy(model))
    walk.check()
    walk.fold()
    windows = windows_of(walk, samples, percentile)
    return _Prepare(walk, operator.index(ticks), weight_bits, windows, learn_window).run(top, samples.shape[1:]).train()


# ---- what it computes, and its file --------------------------------------------------------------------

class _Step:
    """A node of a prepared module that has a value: its module, the module whose scale it is on, its name once compiled."""

    def __init__(self, node: fx.Node, module: Optional[nn.Module], grid: Optional[nn.Module], name: str):
        self.node, self.module, self.grid, self.name = node, module, grid, name


def _steps(model: nn.Module) -> Iterator[_Step]:
    if not isinstance(model, fx.GraphModule) or not hasattr(model, "input_spikes"):
        raise TypeError("a module that prepare() made is expected")
    grid: Dict[fx.Node, Optional[nn.Module]] = {}
    for n in model.graph.nodes:
        module = model.get_submodule(n.target) if n.op == "call_module" else None
        if isinstance(module, (SpikeInput, SpikeReLU)):
            name = "input" if isinstance(module, SpikeInput) else n.args[0].target
            grid[n] = module
        elif isinstance(module, SpikeSum):
            name, grid[n] = n.target, None
        elif n.args and n.args[0] in grid and not (n.op == "call_method" and n.target == "size"):
            name, grid[n] = n.name, grid[n.args[0]]
        else:
            continue
        yield _Step(n, module, grid[n], name)


def spikes(model: nn.Module, x: torch.Tensor) -> Dict[str, np.ndarray]:
    """The tick of every neuron's spike, -1 of a silent one, by the names that the compiled network has: int32 of samples x
    channels x rows x columns, as Network.spikes gives them."""
    steps = {s.node: s for s in _steps(model) if isinstance(s.module, (SpikeInput, SpikeReLU, nn.MaxPool2d))}
    found: Dict[str, np.ndarray] = {}

    class Watch(fx.Interpreter):
        def run_node(self, n: fx.Node) -> Any:
            value, step = super().run_node(n), steps.get(n)
            if step:
                count = torch.floor(value.double() / step.grid.scale() + 0.5).to(torch.int32)
                tick = torch.where(count > 0, step.grid.ticks - count, torch.full_like(count, -1))
                found[step.name] = tick.reshape(tuple(tick.shape) + (1,) * (4 - tick.dim())).cpu().numpy()
            return value
    with torch.no_grad():
        Watch(model).run(x)
    return found


class _Export:
    """Steps as nodes; names of layers are kept."""

    def __init__(self) -> None:
        self.writer, self.value = Writer(), {}  # of a node: the name of its value

    def window(self, name: str, x: str, grid: nn.Module) -> str:
        s, bits = float(grid.scale()), grid.ticks.bit_length()
        if 2 ** bits - 1 != grid.ticks:
            bounds = [self.writer.constant(name + ".low", 0), self.writer.constant(name + ".high", s * grid.ticks)]
            x = self.writer.node("Clip", name + ".top", [x, *bounds])
        return self.writer.quant(name, x, s, bits, False)

    @staticmethod
    def biases(layer: SpikeSum, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        """In real units. A channel without weights has no grid of its own to be read on: its bias is what it sends."""
        relu = layer._ends[1]
        if relu is None:
            return b
        s = float(relu.scale())
        sent = np.clip(np.floor(b / s + 0.5 + SLACK), 0, relu.ticks) * s
        return np.where(w.reshape(len(w), -1).any(axis=1), b, sent)

    def layer(self, name: str, x: str, layer: SpikeSum) -> str:
        w, c = (v.detach().cpu().numpy() for v in layer.integers())
        step, unit = (v.detach().cpu().numpy() for v in (layer.step(), layer.unit()))
        per = [-1] + [1] * (w.ndim - 1)
        values = self.writer.constant(name + ".values", w.astype(np.float64) * step.reshape(per))
        weights = self.writer.quant(name + ".weight", values, step.reshape(per), layer.bits, True)
        inputs = [x, weights, self.writer.constant(name + ".bias", self.biases(layer, w, c * unit))]
        if layer.conv is None:
            return self.writer.node("Gemm", name, inputs, transB=1)
        stride, pad, dilation, groups = layer.conv
        return self.writer.node("Conv", name, inputs, kernel_shape=w.shape[2:], strides=stride, pads=[*pad, *pad],
                                dilations=dilation, group=groups)

    def pool(self, name: str, x: str, pool: nn.MaxPool2d) -> str:
        kernel, stride, pad, dilation = (v if isinstance(v, tuple) else (v, v) for v in (
            pool.kernel_size, pool.stride, pool.padding, pool.dilation))
        return self.writer.node("MaxPool", name, [x], kernel_shape=kernel, strides=stride, pads=[*pad, *pad], dilations=dilation)

    def add(self, step: _Step) -> None:
        x, module = self.value[step.node.args[0]], step.module
        if isinstance(module, SpikeInput):
            made = self.window("input.window", x, module)
        elif isinstance(module, SpikeSum):
            made = self.layer(step.name, x, module)
        elif isinstance(module, SpikeReLU):
            made = self.window(step.name + ".window", self.writer.node("Relu", step.name + ".relu", [x]), module)
        elif isinstance(module, nn.MaxPool2d):
            made = self.pool(step.name, x, module)
        else:
            made = self.writer.node("Flatten", step.name, [x], axis=1)
        self.value[step.node] = made


def export(model: nn.Module, path: Union[str, os.PathLike]) -> str:
    """Writes a prepared module as ONNX with QONNX `Quant` nodes: integers, scales, bits. Compiled with the same ticks and weight
    bits (ttfs.compile(path, ticks=..., weight_bits=...)) it computes the module's integers. The path."""
    made, last = _Export(), None
    for step in _steps(model):
        if isinstance(step.module, SpikeInput):
            made.value[step.node.args[0]] = "input"
        if isinstance(step.module, SpikeSum) and step.module.reach() >= MOST_EXACT:
            raise ValueError("%s: its potentials may pass 2^24, beyond which they are not computed exactly: fewer ticks or weight bits"
                             % step.name)
        made.add(step)
        last = step
    with torch.no_grad():
        shape = model.input_spikes.shape
        outputs = model(torch.zeros((1, *shape), device=next(model.parameters()).device)).shape[1:]
    made.writer.save(path, ("input", shape), (made.value[last.node], tuple(outputs)))
    return os.fspath(path)
