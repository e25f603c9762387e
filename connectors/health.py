"""How each source is doing: what the last questions to it showed."""

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.aspects.failure_log import FailureLog
from connectors.aspects.latency import Latencies
from connectors.aspects.tally import Tallies
from connectors.errors import (
    CircuitOpen,
    Misconfigured,
    OverLimit,
    Refused,
    SourceError,
    TimedOut,
)

NOT_ASKED = (CircuitOpen, OverLimit)
"""Failures of questions that never came to their source."""


class SourceStatus(enum.StrEnum):
    """What became of the last question to a source."""

    UNKNOWN = "UNKNOWN"
    OK = "OK"
    PARTIAL = "PARTIAL"
    TIMEOUT = "TIMEOUT"
    REFUSED = "REFUSED"
    DOWN = "DOWN"
    OPEN = "OPEN"
    STALE = "STALE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The state of a source: status, when it was last asked and last answered, what is wrong."""

    status: SourceStatus = SourceStatus.UNKNOWN
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    problem: str | None = None
    skipped_count: int = 0


def status_of(error: SourceError) -> SourceStatus:
    """The status that a failure stands for."""
    if isinstance(error, NOT_ASKED):
        return SourceStatus.OPEN
    if isinstance(error, TimedOut):
        return SourceStatus.TIMEOUT
    if isinstance(error, (Refused, Misconfigured)):
        return SourceStatus.REFUSED
    return SourceStatus.DOWN


class HealthBoard:
    """The health of every source by name, as this process has seen it.

    `failures` logs what goes wrong, `tallies` counts, and `latencies` keeps how long answers took.
    """

    def __init__(self, now: Callable[[], datetime], *, failures: FailureLog | None = None) -> None:
        self.failures = failures or FailureLog()
        self.tallies = Tallies()
        self.latencies = Latencies()
        self._now = now
        self._health: dict[str, Health] = {}
        # Sources whose last answer was whole, which is noted with every answer.
        self._answered_at: dict[str, datetime] = {}

    def of(self, source: str) -> Health:
        """The health of one source."""
        at = self._answered_at.get(source)
        if at is not None:
            return Health(status=SourceStatus.OK, asked_at=at, answered_at=at)
        return self._health.get(source, Health())

    def answered(self, source: str, *, skipped_count: int = 0) -> None:
        """Note that a source answered, leaving out so many records that could not be read."""
        if not skipped_count:
            self._answered_at[source] = self._now()
            return
        now = self._now()
        health = Health(
            status=SourceStatus.PARTIAL,
            asked_at=now,
            answered_at=now,
            problem=f"{skipped_count} records could not be read",
            skipped_count=skipped_count,
        )
        self._note(source, health)

    def failed_in_part(self, error: SourceError) -> None:
        """Note that a source answered, but not to everything that it was asked."""
        now = self._now()
        health = Health(
            status=SourceStatus.PARTIAL,
            asked_at=now,
            answered_at=now,
            problem=error.client_message,
        )
        self._note(error.source, health)

    def failed(self, error: SourceError) -> None:
        """Note that a source failed; when it last answered stays known.

        Where it was not even asked, what was wrong when it was asked last stays known too.
        """
        before = self.of(error.source)
        if isinstance(error, NOT_ASKED):
            problem = before.problem or error.client_message
            health = replace(before, status=SourceStatus.OPEN, problem=problem)
        else:
            health = replace(
                before,
                status=status_of(error),
                asked_at=self._now(),
                problem=error.client_message,
            )
        self._note(error.source, health)

    def _note(self, source: str, health: Health) -> None:
        self._health[source] = health
        self._answered_at.pop(source, None)
