"""How long a source takes: percentiles of its last answers."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

KEPT_ANSWERS = 500
"""Of so many answers the times are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Half, 95 and 99 of 100 of the last `answer_count` answers came within so many ms."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    answer_count: int


class Latencies:
    """The times of the last answers of each source, in a ring: to note one costs next to nothing.

    Failures are not among them: what is refused at once would make a source look fast, and what is
    given up would make it look as slow as its timeout.
    """

    def __init__(self) -> None:
        self._taken_s: dict[str, deque[float]] = {}

    def note(self, source: str, elapsed_s: float) -> None:
        """Take in how long an answer took."""
        ring = self._taken_s.get(source)
        if ring is None:
            ring = self._taken_s[source] = deque(maxlen=KEPT_ANSWERS)
        ring.append(elapsed_s)

    def of(self, source: str) -> Latency | None:
        """The percentiles of a source; none where it has not answered yet."""
        ordered = sorted(self._taken_s.get(source, ()))
        if not ordered:
            return None
        return Latency(
            p50_ms=_percentile(ordered, 50),
            p95_ms=_percentile(ordered, 95),
            p99_ms=_percentile(ordered, 99),
            answer_count=len(ordered),
        )


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """The smallest time within which so many of 100 answers came, in ms."""
    rank = -(-len(ordered) * percent // 100)
    return round(ordered[rank - 1] * 1000, 3)
