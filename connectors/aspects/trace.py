"""The trace that the work at hand belongs to, as other systems are told of it.

Nothing sets it where nothing is traced; to look costs nothing worth speaking of.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Final

TRACEPARENT: Final = "traceparent"
"""The header of https://www.w3.org/TR/trace-context/ ."""

_current: ContextVar[str | None] = ContextVar(TRACEPARENT, default=None)


def enter(traceparent: str) -> None:
    """From here on the work belongs to this span, in its task and those that it starts."""
    _current.set(traceparent)


def onward() -> Mapping[str, str]:
    """The headers that a source is sent, so that its spans become part of the trace."""
    current = _current.get()
    return {} if current is None else {TRACEPARENT: current}
