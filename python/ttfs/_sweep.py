# SPDX-License-Identifier: Apache-2.0
"""Sweeps, shards that were put together, and what a synthesis made."""
from __future__ import annotations

import ctypes
import os
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

import numpy as np

from ._abi import TtfsMergeOptions
from ._call import Answer, call, path
from ._html import facts, table

Path = Union[str, "os.PathLike[str]"]
MEANS = ("accuracy", "agreement", "spikes_per_neuron", "saturated")


def mean_of(value: Any) -> Any:
    """The mean of the trials; a number is one."""
    return value.get("mean") if isinstance(value, dict) else value


class Sweep:
    """How robust a network is. `points` are records, one a point: the axis and its value (of a grid a value an
    axis), and accuracy, agreement, spikes_per_neuron and saturated, means of the trials; `json` is the whole document."""

    def __init__(self, answer: Answer):
        self.json, self.text, self.messages = answer.json, answer.text, answer.messages
        self.points: List[Dict[str, Any]] = [self._record(p) for p in self.json["points"]]

    @staticmethod
    def _record(point: Mapping[str, Any]) -> Dict[str, Any]:
        place = {k: point[k] for k in ("axis", "value", "values") if k in point}
        return {**place, **{k: mean_of(point[k]) for k in MEANS if k in point}}

    def to_pandas(self) -> Any:
        """A DataFrame of the points; it needs pandas."""
        import pandas  # pylint: disable=import-error,import-outside-toplevel
        return pandas.DataFrame.from_records(self.points)

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        return "<ttfs.Sweep: %d points, %d samples, %d trials>" % (len(self), self.json["samples"], self.json["trials"])

    def _repr_html_(self) -> str:
        names = list(self.points[0]) if self.points else []
        return table(names, [[p.get(n) for n in names] for p in self.points])


class Counts:
    """What shards of a run or of a verification came to together."""

    def __init__(self, answer: Answer):
        self.json, self.text, self.messages = answer.json, answer.text, answer.messages
        self.passed: bool = answer.passed
        self.samples: int = answer.figures.samples
        self.differences: int = answer.figures.differences
        self.accuracy, self.agreement, self.spikes_per_neuron = (
            None if np.isnan(v) else v for v in (answer.figures.accuracy, answer.figures.agreement, answer.figures.spikes_per_neuron))

    def __repr__(self) -> str:
        return "<ttfs.Counts: %d samples of a %s>" % (self.samples, self.json.get("document", "run"))

    def _repr_html_(self) -> str:
        names = ("samples", "accuracy", "agreement", "spikes_per_neuron", "differences")
        return facts("ttfs merge", [(n, getattr(self, n)) for n in names])


class Difference:
    """What differs between two compiled folders: `equal`, `differences` (lines), `forms` by name, `text` as the command prints it."""

    def __init__(self, answer: Answer):
        self.json, self.text, self.messages = answer.json, answer.text, answer.messages
        self.equal: bool = answer.passed
        self.differences: int = self.json["differences"]
        self.forms: Any = self.json["forms"]

    def __repr__(self) -> str:
        return "<ttfs.Difference: %s>" % ("equal" if self.equal else "%d lines" % self.differences)


class Synthesis:
    """What the chip takes of a device: `lut`, `ff`, `ram`, `dsp`, `fmax_mhz`, `bitstream`; an estimate has no bits, and a clock where
    the device has a flow.
    Of standard cells there is `area`, and no `lut`, `dsp` or `bitstream`."""

    def __init__(self, answer: Answer):
        self.json, self.text, self.messages = answer.json, answer.text, answer.messages
        self.device: str = self.json["device"]
        self.passed: bool = answer.passed
        self.lut, self.ff, self.ram, self.dsp = (self.json.get(k) for k in ("lut", "ff", "ram", "dsp"))
        self.fmax_mhz: Optional[float] = self.json.get("fmax_mhz")
        self.bitstream: Optional[str] = self.json.get("bitstream")
        self.area: Optional[float] = self.json.get("area")

    def __repr__(self) -> str:
        size = "%s LUTs" % self.lut if self.area is None else "area %s" % self.area
        return "<ttfs.Synthesis: %s, %s>" % (self.device, size)

    def _repr_html_(self) -> str:
        names = ("lut", "ff", "ram", "dsp", "area", "fmax_mhz", "bitstream")
        return facts("ttfs synth " + self.device, [(n, getattr(self, n)) for n in names])


def number_text(value: Any) -> str:
    """As the command line writes it; the shortest text that gives the number again."""
    return repr(int(value)) if float(value) == int(value) and abs(value) < 1e15 else repr(float(value))


def axes(vary: Optional[Mapping[str, Any]]) -> List[bytes]:
    """{"time-noise": [0, 0.1], "margin": "0:1:5"} as --vary takes it, each AXIS=LIST."""
    made = []
    for axis, values in (vary or {}).items():
        text = values if isinstance(values, str) else ",".join(map(number_text, np.atleast_1d(values)))
        made.append(("%s=%s" % (axis.replace("_", "-"), text)).encode())
    return made


def texts(values: Sequence[bytes]) -> Any:
    return (ctypes.c_char_p * len(values))(*values)


def merge(files: Sequence[Path], out: Path, *, csv: Optional[Path] = None) -> Union[Sweep, Counts]:
    """Puts the shards of a sweep, run or verification together and writes `out`: the bytes of one that was not cut."""
    named = texts([os.fsencode(f) for f in files])
    answer = call("ttfs_merge_shards", ctypes.byref(TtfsMergeOptions(named, len(named), path(out), path(csv))))
    return Sweep(answer) if "points" in answer.json else Counts(answer)
