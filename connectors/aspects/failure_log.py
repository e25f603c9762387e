"""The log of what failed: every failure under an id that clients see too, and no flood of them."""

import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import structlog

from connectors.errors import SourceError

log = structlog.get_logger(__name__)

QUIET_S: Final = 60.0
"""So long a failure that repeats itself is only counted, in seconds."""

_MOST_KINDS = 1000
_NUMBERS = re.compile(r"\d+(?:\.\d+)?")

_Kind: TypeAlias = tuple[str, str, str]


@dataclass(slots=True)
class _Told:
    """A failure that was logged, and how often it was seen again since."""

    error_id: str
    at: float
    again: int = 0


def new_error_id() -> str:
    """An id that stands in an answer and in the log."""
    return uuid.uuid4().hex


class FailureLog:
    """Logs failures of sources once each.

    One that is like another of the last `quiet_s` seconds, but for numbers in its text, gets the id
    of that one and is counted; the count is logged when the time is over. `clock` is in seconds.
    """

    def __init__(
        self,
        *,
        quiet_s: float = QUIET_S,
        new_id: Callable[[], str] = new_error_id,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._quiet_s = quiet_s
        self._new_id = new_id
        self._clock = clock
        self._told: dict[_Kind, _Told] = {}

    def failed(self, failure: SourceError, *, entity: str) -> SourceError:
        """The failure with its id, after it was logged or counted."""
        if failure.error_id is not None:
            return failure
        cause = failure.__cause__
        if type(failure) is SourceError and isinstance(cause, Exception):
            return self._unexpected(failure, cause, entity=entity)
        known = self._again(_kind(failure.source, failure.code, failure.message))
        failure.error_id = known.error_id
        if not known.again:
            log.warning(
                "source_failed",
                source=failure.source,
                entity=entity,
                code=failure.code,
                error=failure.message,
                error_id=known.error_id,
                **_cause(failure),
            )
        return failure

    def failed_unexpectedly(self, source: str, error: Exception, *, entity: str) -> SourceError:
        """What something that should not happen is to the caller, after it was logged."""
        failure = SourceError(source, f"unexpected {type(error).__name__}")
        return self._unexpected(failure, error, entity=entity)

    def _unexpected(self, failure: SourceError, error: Exception, *, entity: str) -> SourceError:
        known = self._again(_kind(failure.source, type(error).__name__, str(error)))
        failure.error_id = known.error_id
        if not known.again:
            log.error(
                "source_failed_unexpectedly",
                source=failure.source,
                entity=entity,
                error_id=known.error_id,
                exc_info=error,
            )
        return failure

    def skipped(self, source: str, record_id: str | None, why: str) -> None:
        """Log that a record was left out because it cannot be read."""
        known = self._again((source, record_id or "", why))
        if not known.again:
            log.warning(
                "record_skipped",
                source=source,
                record=record_id,
                why=why,
                error_id=known.error_id,
            )

    def sum_up(self) -> None:
        """Log how often failures were repeated whose quiet time is over."""
        now = self._clock()
        over = [kind for kind, each in self._told.items() if now - each.at >= self._quiet_s]
        for kind in over:
            self._close(kind)

    def _again(self, kind: _Kind) -> _Told:
        """The failure of a kind that was logged before; one that is not `again` is to be logged."""
        now = self._clock()
        known = self._told.get(kind)
        if known is not None and now - known.at < self._quiet_s:
            known.again += 1
            return known
        if known is not None:
            self._close(kind)
        elif len(self._told) >= _MOST_KINDS:
            self._close(next(iter(self._told)))
        known = self._told[kind] = _Told(self._new_id(), now)
        return known

    def _close(self, kind: _Kind) -> None:
        known = self._told.pop(kind)
        if known.again:
            log.warning(
                "failed_again",
                source=kind[0],
                what=kind[1],
                times=known.again,
                within_s=round(self._clock() - known.at),
                error_id=known.error_id,
            )


def _kind(source: str, code: str, text: str) -> _Kind:
    return source, code, _NUMBERS.sub("#", text)


def _cause(failure: SourceError) -> dict[str, str]:
    """What a failure was made of, for the log only."""
    cause = failure.__cause__
    return {} if cause is None else {"cause": f"{type(cause).__name__}: {cause}"}
