"""How long the question that is being asked can wait, known to the gate that it comes through.

A connector need not hand the deadline of a question on to each of its calls: the context does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Patience:
    """The patience of one attempt: when it ends, and what its calls are doing until then.

    `waits` wait for a turn, `calls` are under way. Those that are given up are not taken off, so
    that one can see afterwards what they were doing.
    """

    ends_at: float
    waits: int = 0
    calls: int = 0

    @property
    def has_only_waited(self) -> bool:
        """Whether the source owed nothing when time was up: the gate did, to all of the calls."""
        return self.waits > 0 and self.calls == 0


_PATIENCE: ContextVar[Patience | None] = ContextVar("patience", default=None)


def current() -> Patience | None:
    """The patience of the question that this task works for; none outside of one."""
    return _PATIENCE.get()


@contextmanager
def until(ends_at: float) -> Iterator[Patience]:
    """Let all calls inside know when the question is given up, by the clock of the gate."""
    patience = Patience(ends_at)
    token = _PATIENCE.set(patience)
    try:
        yield patience
    finally:
        _PATIENCE.reset(token)
