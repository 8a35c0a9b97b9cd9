# SPDX-License-Identifier: Apache-2.0
"""Tables for notebooks. Every text is escaped: names come from models."""
from __future__ import annotations

from html import escape
from typing import Any, Iterable, Sequence


def cell(value: Any) -> str:
    """A number as people read it; NaN and None as a dash."""
    if value is None or value != value:
        return "&ndash;"
    if isinstance(value, float):
        return "%.4g" % value
    return escape(format(value, ",d") if isinstance(value, int) and not isinstance(value, bool) else str(value))


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table with a line of heads."""
    top = "".join("<th>%s</th>" % escape(h) for h in head)
    body = "".join("<tr>%s</tr>" % "".join("<td>%s</td>" % cell(v) for v in row) for row in rows)
    return "<table><thead><tr>%s</tr></thead><tbody>%s</tbody></table>" % (top, body)


def facts(title: str, rows: Iterable[Sequence[Any]]) -> str:
    """Names and values under a title."""
    body = "".join("<tr><th>%s</th><td>%s</td></tr>" % (escape(name), cell(v)) for name, v in rows)
    return "<p><b>%s</b></p><table><tbody>%s</tbody></table>" % (escape(title), body)
