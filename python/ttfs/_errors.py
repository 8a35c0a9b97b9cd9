# SPDX-License-Identifier: Apache-2.0
"""What the library says, as Python has it: an exception for errors, warnings for warnings."""
from __future__ import annotations

from dataclasses import dataclass
from typing import List

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Message:
    """One message: where, what was found and expected, what to do. Empty where there is nothing to say."""
    severity: str  # "error", "warning" or "note"
    code: str      # "SAMPLES_SHAPE"
    where: str     # file, or the option's name
    node: str      # layer of the model
    op: str        # its operator
    what: str
    advice: str

    def __str__(self) -> str:
        node = "" if ": %s:" % self.node in self.where + ":" else self.node  # the library has it there
        return ": ".join(part for part in (self.where, node, self.what, self.advice) if part)


class TtfsError(Exception):
    """A call that was refused or failed. `messages` has all of them; `code`, `where`, `node`, `op`, `what`
    and `advice` are those of the first error."""

    def __init__(self, messages: List[Message]):
        self.messages = messages
        errors = [m for m in messages if m.severity == "error"]
        first = errors[0] if errors else Message("error", "", "", "", "", "the call failed", "")
        self.code, self.where, self.node, self.op = first.code, first.where, first.node, first.op
        self.what, self.advice = first.what, first.advice
        super().__init__("\n".join(str(m) for m in errors) or first.what)


class VerifyError(TtfsError):
    """Engines that were compared do not say the same; `verdict` says where they part."""

    def __init__(self, messages: List[Message], verdict: object):
        super().__init__(messages)
        self.verdict = verdict


class TtfsWarning(UserWarning):
    """What is most likely a mistake."""
