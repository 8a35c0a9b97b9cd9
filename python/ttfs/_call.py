# SPDX-License-Identifier: Apache-2.0
"""Calls of the library: options in, a result or an exception out.

A call runs on a thread of its own while the main thread waits, so that Ctrl-C is seen at once: the library's
flag is set, the call ends and leaves nothing behind, and KeyboardInterrupt goes on.
"""
from __future__ import annotations

import ctypes
import json
import os
import threading
import warnings
from typing import Any, Callable, Dict, List, Optional

import numpy as np

from ._abi import Tell, TtfsProgress, TtfsValues, library
from ._errors import SEVERITIES, Message, TtfsError, TtfsWarning

Progress = Callable[[str, int, int], None]


def path(name: Any) -> Optional[bytes]:
    """A path or text as the library takes it."""
    return None if name is None else os.fsencode(name)


class Stopper:
    """Progress and the flag of one call. What the caller's function raises ends the call."""

    def __init__(self, tell: Optional[Progress]):
        self.flag, self.raised, self.asked = ctypes.c_int(0), None, tell
        self.function = Tell(self.told) if tell else Tell()
        self.progress = TtfsProgress(self.function, None, ctypes.pointer(self.flag))

    def told(self, _context: Any, what: bytes, done: int, of: int) -> None:
        try:
            if self.raised is None:
                self.asked(what.decode(), done, of)
        except BaseException as e:  # pylint: disable=broad-except
            self.raised = e
            self.flag.value = 1


class Array:
    """Samples for the library: a path is read there, an array where it lies. `values` is None of a path."""

    def __init__(self, x: Any):
        self.path, self.values, self.held = None, None, None
        if isinstance(x, (str, bytes, os.PathLike)):
            self.path = path(x)
        elif x is not None:
            self.take(x)

    def take(self, x: Any) -> None:
        array = np.asarray(x)
        array = array.view(np.int8) if array.dtype == np.bool_ else array  # True is 1
        array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")) if array.ndim else array
        if array.ndim > len(TtfsValues().dim):
            raise ValueError("an array of %d axes; samples have at most %d" % (array.ndim, len(TtfsValues().dim)))
        self.values = TtfsValues(None, array.dtype.name.encode(), array.ndim, array.shape, array.ctypes.data)
        self.held = self.values.held = array  # it must outlive the call, whoever holds the options

    def pointer(self) -> Any:
        return ctypes.pointer(self.values) if self.values is not None else None


def copied(values: TtfsValues) -> np.ndarray:
    """An array of the caller's own: the result's goes with it."""
    shape = tuple(values.dim[:values.rank])
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(values.type.decode()).itemsize
    raw = (ctypes.c_char * size).from_address(values.data) if size else b""
    return np.frombuffer(raw, dtype=values.type.decode()).reshape(shape).copy()


class Answer:
    """What a call came to, in Python's own objects."""

    def __init__(self, result: Any, messages: List[Message]):
        self.messages = messages
        self.passed: bool = library.ttfs_result_passed(result)
        self.figures = library.ttfs_result_figures(result)
        document = library.ttfs_result_json(result)
        self.json: Dict[str, Any] = json.loads(document) if document else {}
        self.text: str = library.ttfs_result_text(result).decode()
        self.form: str = library.ttfs_result_form(result).decode()
        kept = [library.ttfs_result_array(result, i) for i in range(library.ttfs_result_arrays(result))]
        self.arrays = [(v.name.decode(), copied(v)) for v in kept]


def said(messages: Any) -> List[Message]:
    found = []
    for i in range(library.ttfs_messages_count(messages)):
        s = library.ttfs_messages_at(messages, i)
        texts = (s.code, s.where, s.node, s.op, s.what, s.advice)
        found.append(Message(SEVERITIES[s.severity], *(t.decode(errors="replace") for t in texts)))
    return found


def answered(name: str, arguments: Any) -> Answer:
    """The call itself, with messages of its own; TtfsError when it gave no result."""
    messages = library.ttfs_messages_new()
    if not messages:
        raise MemoryError("ttfs: no memory for messages")
    result = None
    try:
        result = getattr(library, name)(*arguments, messages)
        if not result:
            raise TtfsError(said(messages))
        return Answer(result, said(messages))
    finally:
        if result:
            library.ttfs_result_free(result)
        library.ttfs_messages_free(messages)


def waited(work: Callable[[], None], flag: Any) -> None:
    """Runs it on a thread; signals are seen meanwhile, and its end is waited for. All that the thread uses is its
    own, so that it may outlive a wait that was broken off as it began. A join that is broken off takes the
    thread for ended (Python before 3.13), hence the event."""
    ended = threading.Event()

    def run() -> None:
        try:
            work()
        finally:
            ended.set()
    thread = threading.Thread(target=run)
    try:
        thread.start()
        ended.wait()
    except BaseException:
        flag.value = 1
        if thread.ident is not None:
            ended.wait()
        raise


def call(name: str, *arguments: Any, stopper: Optional[Stopper] = None, keeps: bool = False) -> Answer:
    """The library's function `name`; what it says as exceptions and warnings. Of one that `keeps` what it has when
    it is stopped, Ctrl-C gives that."""
    stopper, box = stopper or Stopper(None), []

    def work(_held: Any = stopper) -> None:
        try:
            box.append(answered(name, arguments))
        except Exception as e:  # pylint: disable=broad-except
            box.append(e)

    if threading.current_thread() is threading.main_thread():
        try:
            waited(work, stopper.flag)
        except KeyboardInterrupt:
            if not (keeps and box and isinstance(box[0], Answer)):
                raise
    else:
        work()
    if stopper.raised is not None:
        raise stopper.raised
    answer = box[0]
    if isinstance(answer, Exception):
        raise answer
    for m in answer.messages:
        if m.severity == "warning":
            warnings.warn(str(m), TtfsWarning, stacklevel=4)
    return answer
