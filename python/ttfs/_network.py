# SPDX-License-Identifier: Apache-2.0
"""Networks that were compiled, and what runs of them say. Words are those of the command line."""
from __future__ import annotations

import ctypes
import json
import operator
import os
import shutil
import tempfile
import warnings
import weakref
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from ._abi import MOST_CHANNELS, MOST_SHAPE, TtfsConvertOptions, TtfsEmitOptions, TtfsLayerOptions, TtfsSynthOptions, library
from ._call import Answer, Array, Progress, Stopper, call, path
from ._errors import Message, TtfsError, TtfsWarning, VerifyError
from ._form import Population, Reader
from ._html import facts, table
from ._model import model_file
from ._sweep import Difference, Sweep, Synthesis, axes, texts

ALL = 0xffffffff  # samples


class Obstacle:
    """What stands in the way of compiling a model: a node, or what a chip does not take."""

    def __init__(self, found: Mapping[str, Any]):
        self.node: str = found.get("node", found.get("layer", ""))
        self.op: str = found.get("op", "")
        self.reason: str = found.get("reason", found.get("limit", ""))
        self.advice: str = found.get("advice", "")

    def __repr__(self) -> str:
        return "Obstacle(%s)" % ", ".join(repr(v) for v in (self.node, self.op, self.reason) if v)


class Check:
    """Whether a model can be compiled, and all that stands in the way."""

    def __init__(self, answer: Answer):
        self.json, self.text, self.passed = answer.json, answer.text, answer.passed
        self.supported: bool = self.json["supported"]
        self.obstacles: List[Obstacle] = [Obstacle(o) for o in self.json["obstacles"]]
        self.chip: Optional[Dict[str, Any]] = self.json.get("chip")

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return "<ttfs.Check: %s>" % ("supported" if self.supported else "%d obstacles" % len(self.obstacles))

    def _repr_html_(self) -> str:
        chip = self.chip or {}
        rows = [("supported", self.supported), ("chip", chip.get("name")), ("fits", chip.get("fits"))]
        found = [(o.node, o.op, o.reason, o.advice) for o in self.obstacles]
        found += [(o.node, o.op, o.reason, o.advice) for o in map(Obstacle, chip.get("obstacles", []))]
        return facts("ttfs check", rows) + (table(("node", "operator", "reason", "what to do"), found) if found else "")


class Run:
    """What samples gave on one engine. Shares are None where there is nothing to hold them against."""

    def __init__(self, answer: Answer):
        self.json, self.text, self.messages = answer.json, answer.text, answer.messages
        self.outputs: Dict[str, np.ndarray] = dict(answer.arrays)
        self.engine: str = self.json["engine"]
        self.samples: int = answer.figures.samples
        self.accuracy: Optional[float] = self.json.get("accuracy")
        self.agreement: Optional[float] = self.json.get("agreement")
        self.spikes_per_neuron: Optional[float] = self.json.get("spikes_per_neuron")
        self.latency_ticks: int = answer.figures.latency_ticks
        self.cycles: Optional[float] = self.json.get("cycles")
        self.samples_per_second: float = answer.figures.samples_per_second

    @property
    def potentials(self) -> np.ndarray:
        """Values of the first output in real units, samples first."""
        return next(iter(self.outputs.values()))

    @property
    def classes(self) -> np.ndarray:
        """The largest value of each sample, the lowest index where there are several."""
        return self.potentials.reshape(len(self.potentials), -1).argmax(axis=1)

    def _rows(self) -> List[Tuple[str, Any]]:
        names = ("samples", "accuracy", "agreement", "spikes_per_neuron", "latency_ticks", "cycles", "samples_per_second")
        return [(name.replace("_", " "), getattr(self, name)) for name in names]

    def __repr__(self) -> str:
        return "<ttfs.Run: %d samples on %s>" % (self.samples, self.engine)

    def _repr_html_(self) -> str:
        return facts("ttfs run, engine %s" % self.engine, self._rows())


class Spikes(Dict[str, np.ndarray]):
    """Populations by name: int32 of samples x channels x rows x columns, the tick of every neuron's spike in
    its window, -1 of a neuron that was silent."""

    def __init__(self, ticks: Mapping[str, np.ndarray], populations: Mapping[str, Population]):
        super().__init__(ticks)
        self._start = {name: p.start for name, p in populations.items()}
        self._number = {name: i for i, name in enumerate(populations, 1)}
        self._latency = max(p.start + p.ticks for p in populations.values())

    def to_nir_data(self) -> Any:
        """The spikes as nir.NIRGraphData (package nir), as `ttfs run --trace F.nird` writes them: a node a population, EventData
        in ticks of the sample. (Potentials of readouts are in the file alone.)"""
        import nir
        nodes: Dict[str, Any] = {}
        for name, tick in self.items():
            nodes[self._node(name, nodes)] = nir.NIRNodeData({"spikes": nir.EventData(
                *self._events(name), int(np.prod(tick.shape[1:])), float(self._latency))})
        return nir.NIRGraphData(nodes)

    def _node(self, population: str, taken: Mapping[str, Any]) -> str:
        """Its name among the nodes, which have no '/': as in the file."""
        name = population if population != "." and "/" not in population else "%s_%d" % (population.replace("/", "."), self._number[population])
        others = (name + "_%d" % i for i in range(2, len(taken) + 3))
        return next(n for n in [name, *others] if n not in taken)

    def _events(self, population: str) -> Tuple[np.ndarray, np.ndarray]:
        """Neurons and times, a row a sample in order of time, filled up with -1 and infinity."""
        rows = [self.raster(population, i) for i in range(len(self[population]))]
        most = max((len(tick) for tick, _ in rows), default=0)
        idx, time = np.full((len(rows), most), -1, dtype=np.int64), np.full((len(rows), most), np.inf)
        for i, (tick, neuron) in enumerate(rows):
            idx[i, :len(neuron)], time[i, :len(tick)] = neuron, tick + self._start[population]
        return idx, time

    def raster(self, population: str, sample: int = 0) -> Tuple[np.ndarray, np.ndarray]:
        """Ticks and neurons of the spikes of a sample, by tick, then neuron: the points of a raster."""
        tick = self[population][sample].ravel()
        neuron = np.flatnonzero(tick >= 0)
        order = np.argsort(tick[neuron], kind="stable")
        return tick[neuron][order], neuron[order]

    def counts(self) -> Dict[str, float]:
        """Spikes per neuron and sample of each population."""
        return {name: float((tick >= 0).mean()) for name, tick in self.items()}


class Verdict:
    """Whether engines say the same, spike for spike. `first` is where they part, or None."""

    def __init__(self, answer: Answer):
        self.json, self.text, self.messages = answer.json, answer.text, answer.messages
        self.engines: List[str] = self.json["engines"]
        self.equal: bool = answer.passed
        self.samples: int = answer.figures.samples
        self.spikes: int = answer.figures.spikes
        self.readouts: int = answer.figures.readouts
        self.differences: int = answer.figures.differences
        self.first: Optional[Dict[str, Any]] = self.json.get("first")

    def __bool__(self) -> bool:
        return self.equal

    def __repr__(self) -> str:
        return "<ttfs.Verdict: %s, %d spikes, %d differences>" % (", ".join(self.engines), self.spikes, self.differences)

    def _repr_html_(self) -> str:
        names = ("engines", "samples", "spikes", "readouts", "differences", "equal", "first")
        return facts("ttfs verify", [(n, ", ".join(self.engines) if n == "engines" else getattr(self, n)) for n in names])


class Network:
    """A compiled network: a folder as `ttfs compile` writes it.

    >>> net = compile("digits_mlp.onnx", calib="calib.npz", ticks=63)
    >>> net.run("test.npz").accuracy > 0.97
    True
    >>> net.verify("test.npz", engines=("golden", "jit"), count=50).equal
    True
    """

    def __init__(self, folder: str, owned: Optional[str] = None):
        self.folder = folder
        if owned:  # goes with the network
            weakref.finalize(self, shutil.rmtree, owned, ignore_errors=True)
        self._populations: Optional[Dict[str, Population]] = None

    # ---- what it is ----------------------------------------------------------------------------

    def _document(self, *names: str) -> Dict[str, Any]:
        with open(os.path.join(self.folder, *names), encoding="utf-8") as f:
            return json.load(f)

    @property
    def manifest(self) -> Dict[str, Any]:
        """Version, hashes of the inputs, options, chip."""
        return self._document("manifest.json")

    @property
    def timing(self) -> Dict[str, Any]:
        """report/timing.json: slots with their worst-case and expected cycles."""
        return self._document("report", "timing.json")

    @property
    def fit(self) -> Dict[str, Any]:
        """report/fit.json: what is used and left of every core."""
        return self._document("report", "fit.json")

    @property
    def energy(self) -> Dict[str, Any]:
        """report/energy.json: an estimate from the chip's description."""
        return self._document("report", "energy.json")

    @property
    def agreement(self) -> Dict[str, Any]:
        """report/agreement.json of a run with `layers`: what windows, ticks and weights each do, layer by layer."""
        return self._document("report", "agreement.json")

    @property
    def training(self) -> Dict[str, Any]:
        """report/tune.json of a network that was tuned: what was asked for, loss, accuracy and spikes an epoch."""
        return self._document("report", "tune.json")

    @property
    def info(self) -> Dict[str, Any]:
        """What `ttfs info` says: layers, outputs, timing, memory."""
        return call("ttfs_describe", path(self.folder), 0).json

    @property
    def populations(self) -> Dict[str, Population]:
        """Shapes, windows, scales, weights, biases and ramps by the names of the model's layers."""
        if self._populations is None:
            self._populations = Reader(self.folder).read()
        return self._populations

    def dump(self, form: str = "spike") -> str:
        """The text of a form: ir, spike, plan or image."""
        return call("ttfs_dump_form", path(self.folder), form.encode()).form

    def diff(self, other: Union[Network, str, os.PathLike], form: Optional[str] = None) -> Difference:
        """What differs between this folder and another one, line by line of plan and image, or of one `form` of them.

        >>> net = compile("digits_mlp.onnx", calib="calib.npz", ticks=63)
        >>> net.diff(net)
        <ttfs.Difference: equal>
        """
        folder = other.folder if isinstance(other, Network) else other
        return Difference(call("ttfs_diff_folders", path(self.folder), path(folder), path(form)))

    # ---- runs ----------------------------------------------------------------------------------

    def _session(self, session: Any, x: Array, labels: Array, stopper: Stopper, more: Dict[str, Any]) -> None:
        session.folder, session.input, session.labels = path(self.folder), x.path, labels.path
        session.input_values, session.label_values = x.pointer(), labels.pointer()
        session.progress = stopper.progress
        count, threads = more.pop("count", None), more.pop("threads", None)
        session.count = ALL if count is None else number("count", count, 1)
        session.threads = session.threads if threads is None else number("threads", threads, 1)
        session.trust_rtl = more.pop("trust_rtl", False)
        session.keep_code = more.pop("cache", True)
        for name in ("cpu", "jit_path", "dump_llvm"):
            setattr(session, name, path(more.pop(name, None)))

    def _run(self, x: Any, labels: Any, progress: Optional[Progress], keep: Dict[str, bool], more: Dict[str, Any]) -> Answer:
        o, stopper, samples, wanted = library.ttfs_run_defaults(), Stopper(progress), Array(x), Array(labels)
        self._session(o.session, samples, wanted, stopper, more)
        for name in ("engine", "trace", "signals", "outputs", "model", "windows", "unit", "slope_per", "shard", "out"):
            value = more.pop(name, None)
            if value is not None:
                setattr(o, name, path(value))
        for name, value in {**keep, **more}.items():
            if name not in ("classes_only", "layers", "margin", "time_noise", "slope_noise", "seed", *keep):
                raise TypeError("run has no option %r" % name)
            setattr(o, name, number(name, value) if name == "seed" else value)
        return call("ttfs_run_samples", ctypes.byref(o), stopper=stopper)

    def run(self, x: Any, labels: Any = None, *, engine: str = "jit", count: Optional[int] = None,
            threads: Optional[int] = None, progress: Optional[Progress] = None, **more: Any) -> Run:
        """Runs samples on one engine: relu, golden, jit, rtl, exact or board:DEVICE. `x` and `labels` are arrays, samples
        first, which are read where they lie, or files. Further options are those of `ttfs run`:
        classes_only, layers, trace, signals, outputs, shard ("1/2"), out (what is counted, for merge), model, margin, windows, time_noise, unit, slope_noise, slope_per, seed, cpu, jit_path, cache,
        trust_rtl, dump_llvm."""
        options = dict(more, engine=engine, count=count, threads=threads)
        return Run(self._run(x, labels, progress, {"keep_outputs": True, "keep_spikes": False}, options))

    def spikes(self, x: Any, *, engine: str = "jit", count: Optional[int] = None, **more: Any) -> Spikes:
        """The tick of every neuron's spike, by population.

        >>> net = compile("digits_mlp.onnx", calib="calib.npz", ticks=63)
        >>> net.spikes("test.npz", count=2)["input"].shape
        (2, 64, 1, 1)
        """
        options = dict(more, engine=engine, count=count)
        answer = self._run(x, None, options.pop("progress", None), {"keep_outputs": False, "keep_spikes": True}, options)
        return Spikes(answer.arrays, self.populations)

    def verify(self, x: Any, engines: Optional[Sequence[str]] = None, *, count: Optional[int] = None,
               fault: Optional[str] = None, check: bool = False, progress: Optional[Progress] = None,
               **more: Any) -> Verdict:
        """Compares whole spike traces and readouts; the first engine is the reference. Without `engines`
        golden, jit, and rtl when there is an image. With `check` differences raise VerifyError. Further options:
        threads, shard, out, cpu, jit_path, cache, trust_rtl."""
        o, stopper, samples, none = library.ttfs_verify_defaults(), Stopper(progress), Array(x), Array(None)
        more["count"] = count
        self._session(o.session, samples, none, stopper, more)
        o.shard, o.out = path(more.pop("shard", None)), path(more.pop("out", None))
        if more:
            raise TypeError("verify has no option %r" % next(iter(more)))
        o.engines = None if engines is None else ",".join([engines] if isinstance(engines, str) else engines).encode()
        o.fault = path(fault)
        answer = call("ttfs_verify_samples", ctypes.byref(o), stopper=stopper)
        verdict = Verdict(answer)
        if check and not verdict.equal:
            raise VerifyError(answer.messages, verdict)
        return verdict

    def sweep(self, x: Any, labels: Any = None, *, vary: Optional[Mapping[str, Any]] = None, engine: Optional[str] = None,
              trials: Optional[int] = None, seed: Optional[int] = None, grid: bool = False, count: Optional[int] = None,
              threads: Optional[int] = None, progress: Optional[Progress] = None, **more: Any) -> Sweep:
        """How robust the network is: accuracy, agreement and spikes along axes. `vary` names the axes, each with its
        values or with a text as --vary has it ("0:0.1:5"). Without `out` the document is report/sweep.json of the folder, where
        an interrupted sweep goes on. Further options are those of `ttfs sweep`: preset, model, unit, slope_per, weight_kind, shard, out, csv.

        >>> net = compile("digits_mlp.onnx", calib="calib.npz", ticks=63)
        >>> sweep = net.sweep("test.npz", vary={"weight-noise": [0, 0.5]}, trials=2, count=50)
        >>> [p["value"] for p in sweep.points], sweep.points[0]["accuracy"] > 0.9
        ([0, 0.5], True)
        """
        o, stopper, samples, wanted = library.ttfs_sweep_defaults(), Stopper(progress), Array(x), Array(labels)
        options = {**more, "count": count, "threads": threads}
        self._session(o.session, samples, wanted, stopper, options)
        named = texts(axes(vary))
        o.engine, o.vary, o.n_vary, o.grid = path(engine), named, len(named), grid
        for name, value in (("trials", trials), ("seed", seed)):
            if value is not None:
                setattr(o, name, number(name, value))
        for name, value in options.items():
            if name not in ("preset", "model", "unit", "slope_per", "weight_kind", "shard", "out", "csv"):
                raise TypeError("sweep has no option %r" % name)
            setattr(o, name, path(value))
        return Sweep(call("ttfs_sweep_samples", ctypes.byref(o), stopper=stopper))

    def tune(self, x: Any, labels: Any = None, out: Union[str, os.PathLike, None] = None, *, epochs: Optional[int] = None,
             sparsity: float = 0, ticks: Optional[int] = None, weight_bits: Optional[int] = None,
             teacher: Union[str, os.PathLike, None] = None, layers: Optional[Mapping[str, str]] = None, seed: Optional[int] = None,
             count: Optional[int] = None, threads: Optional[int] = None, progress: Optional[Progress] = None,
             **more: Any) -> Network:
        """Trains the network on its ticks and weight bits with training samples; the network that it became, whose `training`
        says how. Without labels (or with "none") the float network teaches, or the model `teacher`; teacher="float" is the float
        network beside labels, teacher="none" labels alone; layers={"conv1": "freeze"} stay as they are. Ctrl-C, and `minutes`, give the best epoch so far. Without `out` the folder is a temporary one,
        which goes with the network. Further options are those of `ttfs tune`: batch, lr, pace, latency, time_noise, drop, weight_noise, flip, shift, validate, minutes.

        >>> net = compile("digits_mlp.onnx", calib="calib.npz", ticks=3, weight_bits=2)
        >>> tuned = net.tune("calib.npz", epochs=2, batch=32)
        >>> len(tuned.training["epochs"]), tuned.populations["fc1"].ticks
        (2, 3)
        """
        stopper, samples, wanted, named = Stopper(progress), Array(x), Array(labels), texts(frozen(layers))
        o, options = library.ttfs_tune_defaults(), {**more, "count": count, "threads": threads}
        owned = None if out else tempfile.mkdtemp(prefix="ttfs-")
        network = Network(os.path.join(owned, "out") if owned else os.fspath(out), owned)
        self._session(o.session, samples, wanted, stopper, options)
        set_tuning(o, {"epochs": epochs, "sparsity": sparsity, "ticks": ticks, "weight_bits": weight_bits, "seed": seed, **options})
        o.out, o.teacher, o.layers, o.n_layers = path(network.folder), path(teacher), named, len(named)
        answer = call("ttfs_tune_network", ctypes.byref(o), stopper=stopper, keeps=True)
        for m in answer.messages:
            if m.severity == "error":  # the folder's chip does not take it: there is no plan
                warnings.warn(str(m), TtfsWarning, stacklevel=2)
        return network

    # ---- files ---------------------------------------------------------------------------------

    def report(self, file: Union[str, os.PathLike, None] = None) -> str:
        """Writes the page of the folder, report/index.html, and a copy to `file`; its path."""
        made = call("ttfs_write_page", path(self.folder)).json["page"]
        return os.fspath(shutil.copyfile(made, file)) if file else made

    def timeline(self, file: Union[str, os.PathLike]) -> str:
        """Writes the schedule of slots and cores as trace events (JSON) for Perfetto; its path.

        >>> net = compile("digits_mlp.onnx", calib="calib.npz", ticks=63)
        >>> net.timeline("timeline.json")
        'timeline.json'
        """
        return call("ttfs_write_timeline", path(self.folder), path(file)).json["timeline"]

    def convert(self, file: Union[str, os.PathLike]) -> Dict[str, Any]:
        """Writes the network as NIR, for a rate simulation elsewhere: weights of the integer grid as real numbers.

        >>> net = compile("digits_mlp.onnx", calib="calib.npz", ticks=63)
        >>> net.convert("digits_mlp.nir")["nodes"]
        5
        """
        return call("ttfs_convert", ctypes.byref(TtfsConvertOptions(path(self.folder), path(file)))).json

    def emit(self, file: Union[str, os.PathLike], *, format: Optional[str] = None, triple: Optional[str] = None,
             name: Optional[str] = None, cpu: Optional[str] = None, share_memory: bool = False) -> Dict[str, Any]:
        """Writes the network as code for a processor: obj, ll or header."""
        o = TtfsEmitOptions(path(self.folder), path(file), path(format), path(triple), path(name), path(cpu), share_memory)
        return call("ttfs_emit_code", ctypes.byref(o)).json

    def synth(self, device: Optional[str] = None, *, liberty: Union[str, os.PathLike, None] = None,
              lef: Union[str, os.PathLike, None] = None, sdc: Union[str, os.PathLike, None] = None, sram_ns: float = 0,
              clock: float = 0, estimate: bool = False, encoder: bool = False, boot: bool = False, seeds: int = 0, threads: int = 0,
              progress: Optional[Progress] = None) -> Synthesis:
        """Makes a bitstream of the chip for an FPGA, in fpga/DEVICE of the folder, which takes minutes; with `estimate` says
        at once what the chip takes. With `liberty`, standard cells, in place of a device: a netlist of the chip, in asic of the
        folder. `encoder` puts an encoder of bytes beside the chip of a board, with `boot` it loads the
        network from the board's flash (network.bin). `clock`, in MHz, is what the FPGA's PLL is to make of the board's oscillator, 0 the oscillator's own. With `seeds`
        place and route tries that many, `threads` at a time, and keeps the fastest. A chip that does not meet its clock is not `passed`.

        >>> net = compile("digits_mlp.onnx", calib="calib.npz", ticks=63, fit="ecp5-25k")
        >>> net.synth("ecp5-25k", estimate=True).lut > 500
        True
        """
        stopper = Stopper(progress)
        o = TtfsSynthOptions(folder=path(self.folder), device=path(device), liberty=path(liberty), lef=path(lef), sdc=path(sdc),
                             sram_ns=sram_ns, clock_mhz=clock, estimate=estimate, encoder=encoder, boot=boot, seeds=number("seeds", seeds, 0),
                             threads=number("threads", threads, 0), progress=stopper.progress)
        return Synthesis(call("ttfs_synthesise", ctypes.byref(o), stopper=stopper))

    def save(self, folder: Union[str, os.PathLike]) -> str:
        """Puts the compiled folder at `folder`, which must not be there; its path."""
        return os.fspath(shutil.copytree(self.folder, folder))

    def __repr__(self) -> str:
        return "<ttfs.Network: %s, %d populations>" % (self.manifest["model"]["file"], len(self.populations))

    def _repr_html_(self) -> str:
        rows = [(p.name, p.kind, " x ".join(map(str, p.shape)), p.ticks or None,
                 sum(c.weights.size for c in p.connections if c.weights is not None)) for p in self.populations.values()]
        return facts("ttfs network", [("model", self.manifest["model"]["file"]), ("chip", self.manifest["chip"]["name"])]) + \
            table(("population", "kind", "shape", "ticks", "weights"), rows)


def layer_options(layers: Optional[Mapping[str, Mapping[str, Any]]]) -> Any:
    """{"fc1": {"ticks": 15, "weight_bits": 4, "percentile": 1}} as the library takes it."""
    made = [TtfsLayerOptions(name.encode(), of.get("ticks", 0), of.get("weight_bits", 0), of.get("percentile", -1))
            for name, of in (layers or {}).items()]
    return (TtfsLayerOptions * len(made))(*made)


def frozen(layers: Optional[Mapping[str, str]]) -> List[bytes]:
    """{"conv1": "freeze"} as --layers takes it, each NAME=freeze."""
    return [("%s=%s" % item).encode() for item in (layers or {}).items()]


def set_tuning(o: Any, options: Mapping[str, Any]) -> None:
    """Numbers of a training by the command line's names; None is the default."""
    for name, value in options.items():
        if name not in ("epochs", "batch", "lr", "sparsity", "ticks", "weight_bits", "time_noise", "drop", "weight_noise",
                        "validate", "minutes", "seed", "latency", "flip", "shift", "pace"):
            raise TypeError("tune has no option %r" % name)
        if value is not None:
            whole = name in ("epochs", "batch", "ticks", "weight_bits", "seed", "shift")
            setattr(o, "rate" if name == "lr" else name, number(name, value) if whole else value)


def set_input(o: Any, input_range: Optional[Sequence[float]], mean: Optional[Sequence[float]],
              std: Optional[Sequence[float]], input_shape: Optional[Sequence[int]] = None) -> None:
    if input_shape is not None and len(input_shape) > MOST_SHAPE:
        raise ValueError("input_shape has at most %d dimensions" % MOST_SHAPE)
    for i, d in enumerate(input_shape or ()):
        o.shape_rank, o.shape[i] = i + 1, number("input_shape", d, 1)
    if input_range is not None:
        o.ranged, (o.lo, o.hi) = True, input_range
    if (mean is None) != (std is None) or (mean is not None and not len(mean) == len(std) <= MOST_CHANNELS):
        raise ValueError("mean and std go together, one number a channel, at most %d" % MOST_CHANNELS)
    for i, (m, s) in enumerate(zip(mean or (), std or ())):
        o.channels, o.mean[i], o.deviation[i] = i + 1, m, s


def number(name: str, value: int, least: int = 0) -> int:
    """A whole number that the library's structs hold; without this ctypes would cut its high bits off."""
    most = 2**64 - 1 if name == "memory" else 2**32 - 1
    if not least <= operator.index(value) <= most:
        raise ValueError("%s is %d, a whole number from %d to %d is expected" % (name, value, least, most))
    return operator.index(value)


def check(model: Any, *, chip: Optional[str] = None, schedule: Optional[str] = None,
          input_range: Optional[Sequence[float]] = None, memory: int = 0, example: Any = None,
          input_shape: Optional[Sequence[int]] = None) -> Check:
    """Whether a model can be compiled, and all that stands in the way at once.

    >>> check("digits_cnn.onnx")
    <ttfs.Check: supported>
    """
    o = library.ttfs_compile_defaults()
    o.chip, o.schedule, o.memory = path(chip), path(schedule), memory
    set_input(o, input_range, None, None, input_shape)
    with model_file(model, example) as file:
        o.model = path(file)
        return Check(call("ttfs_check_model", ctypes.byref(o)))


def compile(model: Any, out: Union[str, os.PathLike, None] = None, *, calib: Any = None, chip: Optional[str] = None,
            fit: Optional[str] = None, lanes: Optional[int] = None, schedule: Optional[str] = None, calib_count: Optional[int] = None,
            ticks: Optional[int] = None, weight_bits: Optional[int] = None, mean_bits: Optional[float] = None, percentile: Optional[float] = None,
            quantiser: Optional[str] = None, ramps: Optional[str] = None, target_agreement: Optional[float] = None, max_drop: Optional[float] = None,
            optimise: Optional[str] = None, calib_labels: Any = None,
            input_range: Optional[Sequence[float]] = None, mean: Optional[Sequence[float]] = None,
            std: Optional[Sequence[float]] = None, layers: Optional[Mapping[str, Mapping[str, Any]]] = None,
            seed: Optional[int] = None, memory: Optional[int] = None, threads: Optional[int] = None,
            stop_after: Optional[str] = None, ip_xact: Optional[bool] = None, weights_only: Union[str, os.PathLike, None] = None, example: Any = None,
            progress: Optional[Progress] = None, input_shape: Optional[Sequence[int]] = None) -> Network:
    """Compiles a model: a path (ONNX or NIR), the bytes of an ONNX file, an onnx.ModelProto, or a torch.nn.Module with an
    `example` batch. Options are those of `ttfs compile`, and give the same bytes; None is the default. Without
    `out` the folder is a temporary one, which goes with the network.

    >>> import numpy as np
    >>> calib = np.load("calib.npz")["x"]
    >>> net = compile("digits_cnn.onnx", calib=calib, ticks=63, chip="tiny")
    >>> net.populations["conv1"].weights.shape
    (8, 1, 3, 3)
    """
    o = library.ttfs_weights_only_defaults(path(weights_only)) if weights_only else library.ttfs_compile_defaults()
    owned = None if out or weights_only else tempfile.mkdtemp(prefix="ttfs-")
    folder = os.path.join(owned, "out") if owned else os.fspath(out or weights_only)
    network = Network(folder, owned)
    stopper, samples, layer, labels = Stopper(progress), Array(calib), layer_options(layers), Array(calib_labels)
    o.calib_labels, o.calib_label_values = labels.path, labels.pointer()
    o.out, o.calib, o.calib_values, o.progress = path(folder), samples.path, samples.pointer(), stopper.progress
    o.layers, o.n_layers = layer, len(layer)
    given = {"chip": path(chip), "fit": path(fit), "lanes": lanes, "schedule": path(schedule), "calib_count": calib_count, "ticks": ticks,
             "weight_bits": weight_bits, "mean_bits": mean_bits, "percentile": percentile, "quantiser": path(quantiser), "ramps": path(ramps), "optimise": path(optimise),
             "target_agreement": target_agreement, "max_drop": max_drop, "seed": seed, "memory": memory, "threads": threads,
             "stop_after": path(stop_after), "ip_xact": ip_xact}
    for name, value in given.items():
        if value is not None:
            setattr(o, name, number(name, value) if isinstance(value, int) else value)
    set_input(o, input_range, mean, std, input_shape)
    with model_file(model, example) as file:
        o.model = path(file)
        call("ttfs_compile", ctypes.byref(o), stopper=stopper)
    return network


def load(folder: Union[str, os.PathLike]) -> Network:
    """A folder that was compiled before, by the program or from here."""
    if not os.path.isfile(os.path.join(folder, "manifest.json")):
        where = os.fspath(folder)
        raise TtfsError([Message("error", "OUT_FOLDER", where, "", "", "not a folder that ttfs compile wrote",
                                 "give the folder that ttfs compile wrote")])
    return Network(os.fspath(folder))
