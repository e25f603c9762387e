"""How each source is doing: what the last questions to it showed."""

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.errors import Misconfigured, Refused, SourceError, TimedOut


class SourceStatus(enum.StrEnum):
    """What became of the last question to a source."""

    UNKNOWN = "UNKNOWN"
    OK = "OK"
    PARTIAL = "PARTIAL"
    TIMEOUT = "TIMEOUT"
    REFUSED = "REFUSED"
    DOWN = "DOWN"


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
    if isinstance(error, TimedOut):
        return SourceStatus.TIMEOUT
    if isinstance(error, (Refused, Misconfigured)):
        return SourceStatus.REFUSED
    return SourceStatus.DOWN


class HealthBoard:
    """The health of every source by name, as this process has seen it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._health: dict[str, Health] = {}

    def of(self, source: str) -> Health:
        """The health of one source."""
        return self._health.get(source, Health())

    def answered(self, source: str, *, skipped_count: int = 0) -> None:
        """Note that a source answered, leaving out so many records that could not be read."""
        now = self._now()
        status = SourceStatus.PARTIAL if skipped_count else SourceStatus.OK
        problem = f"{skipped_count} records could not be read" if skipped_count else None
        self._health[source] = Health(
            status=status,
            asked_at=now,
            answered_at=now,
            problem=problem,
            skipped_count=skipped_count,
        )

    def failed_in_part(self, error: SourceError) -> None:
        """Note that a source answered, but not to everything that it was asked."""
        now = self._now()
        self._health[error.source] = Health(
            status=SourceStatus.PARTIAL,
            asked_at=now,
            answered_at=now,
            problem=error.client_message,
        )

    def failed(self, error: SourceError) -> None:
        """Note that a source failed; when it last answered stays known."""
        self._health[error.source] = replace(
            self.of(error.source),
            status=status_of(error),
            asked_at=self._now(),
            problem=error.client_message,
        )
