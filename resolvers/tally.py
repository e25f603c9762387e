"""Which operations were executed since the start, in plain numbers: metrics are made of them.

Clients choose the names of operations. Only the first ones are told apart, so that nobody can fill
the memory, or the store of the figures, with names.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final

from graphql import OperationDefinitionNode, OperationType

from connectors.aspects.tally import BOUNDS_S, Durations

MOST_NAMES: Final = 200
"""So many names of operations are told apart."""

OTHER: Final = "other"
"""What all further ones are called."""

ANONYMOUS: Final = "anonymous"
"""What operations without a name are called."""


@dataclass(slots=True)
class OperationTally:
    """How long the operations of a name took, and how many of them had errors in their answer."""

    durations: Durations = field(default_factory=Durations)
    error_count: int = 0


class OperationTallies:
    """The tallies of all operations by kind and name, and what was refused by code."""

    def __init__(self) -> None:
        self.by_name: dict[tuple[OperationType, str], OperationTally] = {}
        self.refusals: dict[str, int] = {}

    def executed(
        self, operation: OperationDefinitionNode, *, elapsed_s: float, error_count: int
    ) -> None:
        """Count an operation that was executed. The only call that every request costs."""
        name = operation.name.value if operation.name else ANONYMOUS
        tally = self.by_name.get((operation.operation, name))
        if tally is None:
            tally = self._opened(operation.operation, name)
        durations = tally.durations
        durations.counts[bisect_left(BOUNDS_S, elapsed_s)] += 1
        durations.sum_s += elapsed_s
        if error_count:
            tally.error_count += 1

    def refused(self, code: str) -> None:
        """Count an operation that was not executed."""
        self.refusals[code] = self.refusals.get(code, 0) + 1

    def _opened(self, kind: OperationType, name: str) -> OperationTally:
        if len(self.by_name) >= MOST_NAMES:
            name = OTHER
        return self.by_name.setdefault((kind, name), OperationTally())
