"""What was asked since the start, in plain numbers: metrics are made of them when somebody looks.

To count costs one call per batch, and no lock: only the event loop counts.
"""

from bisect import bisect_left
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The upper bounds of the classes of durations, in seconds; the last class has none."""


@dataclass(slots=True)
class Durations:
    """How long something took: how often by class, and all of it together."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    sum_s: float = 0.0

    def add(self, elapsed_s: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS_S, elapsed_s)] += 1
        self.sum_s += elapsed_s


@dataclass(slots=True)
class Tally:
    """What was asked of one entity of one source, in batches.

    `outcomes`: batches by what became of them, other than a whole answer; `codes`: failures by
    code. `call_count` counts the requests or statements that were sent; `kept_count` the keys that
    were answered from memory, `not_kept_count` those that could have been and were not.
    """

    durations: Durations = field(default_factory=Durations)
    row_count: int = 0
    call_count: int = 0
    kept_count: int = 0
    not_kept_count: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)

    def failed(self, outcome: str, code: str, *, elapsed_s: float, call_count: int) -> None:
        """Count a batch that was not answered."""
        self.durations.add(elapsed_s)
        self.call_count += call_count
        self.note(outcome, {code})

    def note(self, outcome: str, codes: AbstractSet[str]) -> None:
        """Count what became of a batch."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        for code in codes:
            self.codes[code] = self.codes.get(code, 0) + 1


class Tallies:
    """The tallies of all sources, by source and entity."""

    def __init__(self) -> None:
        self.by_entity: dict[tuple[str, str], Tally] = {}

    def of(self, source: str, entity: str) -> Tally:
        """The tally of an entity of a source, opened at its first batch."""
        tally = self.by_entity.get((source, entity))
        if tally is None:
            tally = self.by_entity[source, entity] = Tally()
        return tally

    def answered(
        self, source: str, entity: str, *, elapsed_s: float, row_count: int, call_count: int
    ) -> None:
        """Count a batch that was answered. The only call that every batch costs."""
        tally = self.by_entity.get((source, entity)) or self.of(source, entity)
        durations = tally.durations
        durations.counts[bisect_left(BOUNDS_S, elapsed_s)] += 1
        durations.sum_s += elapsed_s
        tally.row_count += row_count
        tally.call_count += call_count
