"""A source that meets what is due, with all aspects around it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.aspects.ability import guarded
from connectors.aspects.breaker import CircuitBreaker
from connectors.aspects.gate import SourceGate
from connectors.aspects.guard import Guard
from connectors.aspects.guarded import Guarded
from connectors.contract import (
    Answer,
    Batch,
    ChangePage,
    Connector,
    Cursor,
    SourceError,
    Unavailable,
)
from connectors.memory import MemoryConnector
from connectors.options import Options
from tests.connectors.aspects.guarding import Clock

Outcome = SourceError | Mapping[str, SourceError] | None
"""What an attempt meets: a failure, failures of some keys, or nothing."""

NOW = datetime(2026, 5, 1, tzinfo=UTC)
TICKETS = [{"record_id": name, "subject": f"about {name}"} for name in ("a", "b", "王")]
BATCH = Batch(
    entity="ticket",
    fields=("record_id",),
    match=("record_id",),
    keys=(("a",), ("b",), ("王",)),
    timeout_s=10,
)


class Scripted(MemoryConnector):
    """Meets one outcome after the other, then none; `asked` are the batches that came."""

    def __init__(self, *outcomes: Outcome, name: str = "desk") -> None:
        super().__init__(name, {"ticket": TICKETS})
        self.outcomes = list(outcomes)
        self.asked: list[Batch] = []

    async def fetch(self, batch: Batch) -> Answer:
        """The answer of the records in memory, but for what is due."""
        self.asked.append(batch)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, SourceError):
            raise outcome
        answer = await super().fetch(batch)
        failures = {(key,): error for key, error in (outcome or {}).items()}
        rows = {key: rows for key, rows in answer.rows.items() if key not in failures}
        return Answer(rows=rows, failures=failures, calls=2)

    async def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """A page for each outcome."""
        del entity, since
        while self.outcomes:
            outcome = self.outcomes.pop(0)
            if isinstance(outcome, SourceError):
                raise outcome
            yield ChangePage(fields=(), changes=[], cursor=None)


def over(inner: Connector, clock: Clock, *, chance: float = 0.0, **settings: Any) -> Guarded:
    """A connector with all aspects, by the clock of the test."""
    options = Options(kind="memory", **settings)
    guard = Guard(
        source=inner.name,
        options=options,
        gate=SourceGate(inner.name, options.limits, clock=clock),
        breaker=CircuitBreaker(inner.name, options.breaker, clock=clock),
        clock=clock,
        chance=lambda: chance,
        sleep=clock.sleep,
    )
    return guarded(inner, guard)


def down(retry_after_s: float | None = None) -> Unavailable:
    """The failure of a source that is down."""
    return Unavailable("desk", "503", retry_after_s=retry_after_s)


def ids(answer: Answer) -> list[Any]:
    """The ids of all rows."""
    return sorted(row[0] for rows in answer.rows.values() for row in rows)


def fail(source: Guarded) -> SourceError:
    """Why the question fails."""
    with pytest.raises(SourceError) as raised:
        asyncio.run(source.fetch(BATCH))
    return raised.value
