"""What is read for a batch, and the rows of a key cut to what the batch wants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeAlias

from connectors.contract import Batch
from connectors.mapping.page import Rows, kept, looked_at
from connectors.mapping.translation import Translation

_Cut: TypeAlias = Callable[[tuple[Any, ...]], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What is read for a batch: its fields, and those that grouping and filtering look at.

    `unmapped` is the reference that only the question tells, because records do not hold it.
    `positions` tells where in a row a field is; `cut` leaves the fields of the batch.
    """

    batch: Batch
    columns: tuple[str, ...]
    unmapped: str | None
    positions: Mapping[str, int]
    cut: _Cut

    @property
    def mapped(self) -> tuple[str, ...]:
        """The columns that records hold."""
        return self.columns[:-1] if self.unmapped else self.columns

    def finished(self, rows: Rows) -> list[tuple[Any, ...]]:
        """The rows that are wanted, cut to the fields of the batch."""
        if not rows:
            return []
        return list(map(self.cut, kept(rows, self.batch, self.positions)))


def shape_of(batch: Batch, translation: Translation) -> Shape:
    """The shape of a batch over a mapping."""
    needed = dict.fromkeys((*batch.fields, "record_id", *batch.match, *looked_at(batch)))
    known = {"record_id", "observed_at", *translation.provided_fields}
    unmapped = next((name for name in batch.match if name not in known), None)
    columns = (*(name for name in needed if name != unmapped), *((unmapped,) if unmapped else ()))
    positions = {name: place for place, name in enumerate(columns)}
    return Shape(batch, columns, unmapped, positions, _cut([positions[f] for f in batch.fields]))


def _cut(places: list[int]) -> _Cut:
    if places == list(range(len(places))):
        return itemgetter(slice(len(places)))
    return lambda row: tuple([row[place] for place in places])
