# SPDX-License-Identifier: Apache-2.0
"""ttfs: a compiler from trained ReLU networks to time-to-first-spike hardware, and its engines.

>>> import ttfs
>>> net = ttfs.compile("digits_mlp.onnx", calib="calib.npz", ticks=63)
>>> verdict = net.verify("test.npz", engines=("golden", "jit"), count=20)
>>> verdict.equal, verdict.differences
(True, 0)

Words are those of the command line, results its bytes. Arrays are read where they lie; errors are TtfsError.
"""
from ._abi import library as _library
from ._errors import Message, TtfsError, TtfsWarning, VerifyError
from ._form import Connection, Population
from ._network import Check, Network, Obstacle, Run, Spikes, Verdict, check, compile, load
from ._sweep import Counts, Difference, Sweep, Synthesis, merge

__version__ = _library.ttfs_version().decode()
__all__ = ["Check", "Connection", "Counts", "Difference", "Message", "Network", "Obstacle", "Population", "Run", "Spikes", "Sweep", "Synthesis",
           "TtfsError", "TtfsWarning", "Verdict", "VerifyError", "check", "compile", "load", "merge", "__version__"]
