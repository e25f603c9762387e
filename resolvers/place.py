"""Places: where among the rows of a step those of one parent are."""

from dataclasses import dataclass
from typing import TypeAlias

from connectors.contract import SourceError
from resolvers.problem import UserError

Failure: TypeAlias = SourceError | UserError


@dataclass(frozen=True, slots=True)
class Page:
    """Rows `start` to `stop` of a step, what lies beyond them, and which sources are missing."""

    start: int
    stop: int
    has_next_page: bool
    has_previous_page: bool
    missing: tuple[SourceError, ...] = ()


Place: TypeAlias = int | Page | tuple[int, int] | Failure | None
"""The position of one row, a page, a `(start, stop)` span, nothing, or the failure."""
