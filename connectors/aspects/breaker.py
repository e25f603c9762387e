"""The circuit breaker of a source: after failures in a row it is left alone, then tried once.

    CLOSED ──failures in a row──▶ OPEN ──open_s passed, one question tries──▶ HALF_OPEN
       ▲                           ▲                                             │
       └───────── it answers ──────┼─────────────────────────────────────────────┤
                                   └───────────────── it fails again ────────────┘

What counts as a failure: no connection, no answer in time, 429 and 5xx, which is `Unavailable`.
Whatever else a source says, it is there. What was never asked says nothing of the source.
"""

import enum
from collections.abc import Callable

from connectors.contract import CircuitOpen, OverLimit, SourceError, Unavailable
from connectors.options import Breaker

LONGEST_REST_S = 300.0
"""The longest that a source is left alone because it said so, before it is tried again."""

_PROBE_S = 1.0
"""When to come back where another question is trying the source at this moment."""


class BreakerState(enum.StrEnum):
    """Whether questions go on to a source."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class Admission:
    """The leave to ask once. What became of the question is told to it; what is first counts."""

    __slots__ = ("_breaker", "_is_over", "_round")

    def __init__(self, breaker: "CircuitBreaker", number: int) -> None:
        self._breaker = breaker
        self._round = number
        self._is_over = False

    def answered(self) -> None:
        """Note that the source answered something."""
        if self._is_first():
            self._breaker.settle(self._round, failure=None)

    def answered_in_part(self) -> None:
        """Note that it answered to some keys and failed for others: it is there, but not well."""
        if self._breaker.state is BreakerState.CLOSED:
            self.dropped()
        else:
            self.answered()

    def failed(self, error: SourceError) -> None:
        """Note that a question failed as a whole."""
        if not is_of_source(error):
            self.dropped()
        elif not isinstance(error, Unavailable):
            self.answered()
        elif self._is_first():
            self._breaker.settle(self._round, failure=error)

    def dropped(self) -> None:
        """Note that nothing is known, as where nobody waited for the answer."""
        if self._is_first():
            self._breaker.release(self._round)

    def yields(self) -> None:
        """Let another question try the source, where this one takes long. Both count."""
        if not self._is_over:
            self._breaker.release(self._round)

    def _is_first(self) -> bool:
        was_over, self._is_over = self._is_over, True
        return not was_over


class CircuitBreaker:
    """The breaker of one source. `clock` gives seconds that only grow."""

    def __init__(self, source: str, options: Breaker, *, clock: Callable[[], float]) -> None:
        self._source = source
        self._options = options
        self._clock = clock
        self._failure_count = 0
        self._opens_until: float | None = None
        self._is_probed = False
        # Answers to questions of an earlier round, before it opened or closed, count no more.
        self._round = 0

    @property
    def state(self) -> BreakerState:
        """Whether questions go on to the source now."""
        if self._opens_until is None:
            return BreakerState.CLOSED
        if self._is_probed or self._clock() >= self._opens_until:
            return BreakerState.HALF_OPEN
        return BreakerState.OPEN

    @property
    def rest_s(self) -> float:
        """How much longer the source is left alone, in seconds."""
        if self._opens_until is None:
            return 0.0
        return max(0.0, self._opens_until - self._clock())

    def admit(self) -> Admission:
        """The leave to ask the source. Raises `CircuitOpen` where it is left alone."""
        if self._opens_until is None:
            return Admission(self, self._round)
        rest_s = self.rest_s
        if rest_s > 0 or self._is_probed:
            raise CircuitOpen(self._source, self._words(rest_s), retry_after_s=rest_s or _PROBE_S)
        self._is_probed = True
        return Admission(self, self._round)

    def settle(self, number: int, *, failure: SourceError | None) -> None:
        """Take in what became of a question of a round."""
        if number != self._round:
            return
        if failure is None:
            self._close()
            return
        self._failure_count += 1
        if self._is_probed or self._failure_count >= self._options.failures:
            self._open(failure)

    def release(self, number: int) -> None:
        """Forget a question of a round; if it was the one that tries, another one may."""
        if number == self._round:
            self._is_probed = False

    def _open(self, failure: SourceError) -> None:
        asked_for_s = min(failure.retry_after_s or 0.0, LONGEST_REST_S)
        self._opens_until = self._clock() + max(self._options.open_s, asked_for_s)
        self._is_probed = False
        self._round += 1

    def _close(self) -> None:
        self._failure_count = 0
        if self._opens_until is not None:
            self._opens_until = None
            self._is_probed = False
            self._round += 1

    def _words(self, rest_s: float) -> str:
        since = f"it failed {self._failure_count} times in a row"
        if rest_s > 0:
            return f"{since} and is tried again in {rest_s:.1f} s; see why it failed"
        return f"{since} and is being tried again at this moment"


def is_of_source(error: SourceError) -> bool:
    """Whether a failure says something of the source, which was then asked."""
    return not isinstance(error, (CircuitOpen, OverLimit))
