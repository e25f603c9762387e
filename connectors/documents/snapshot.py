"""Snapshots: the rows of an entity as they were, in memory, found by key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from connectors.contract import Answer, Batch, Key, Row, Skipped

Rows: TypeAlias = dict[str, tuple[Any, ...]]
"""Rows by record id, in the order of the source."""


@dataclass(slots=True)
class Snapshot:
    """Rows with `fields`, by record id; indexes over references are made when first asked for."""

    fields: tuple[str, ...]
    rows: Rows
    skipped: tuple[Skipped, ...] = ()
    indexes: dict[str, dict[str, list[tuple[Any, ...]]]] = field(default_factory=dict)

    def record(self, record_id: str) -> dict[str, Any]:
        """The values of one row by field."""
        return dict(zip(self.fields, self.rows[record_id], strict=True))

    def answer(self, batch: Batch, *, now: datetime) -> Answer:
        """The rows that a batch asks for, in the order of the source."""
        project = self._projection(batch.fields, now)
        if not batch.match:
            rows = [project(row) for row in self.rows.values()]
            return Answer({(): rows}, skipped=self.skipped, calls=1)
        found = {key: self._at(batch.match[0], key) for key in batch.keys}
        return Answer(
            {key: [project(row) for row in rows] for key, rows in found.items() if rows},
            skipped=self._relevant(batch),
        )

    def _at(self, name: str, key: Key) -> Sequence[tuple[Any, ...]]:
        if name == "record_id":
            row = self.rows.get(key[0])
            return () if row is None else (row,)
        if name not in self.indexes:
            self.indexes[name] = self._index(name)
        return self.indexes[name].get(key[0], ())

    def _index(self, name: str) -> dict[str, list[tuple[Any, ...]]]:
        place = self.fields.index(name)
        index: dict[str, list[tuple[Any, ...]]] = {}
        for row in self.rows.values():
            if row[place] is not None:
                index.setdefault(row[place], []).append(row)
        return index

    def _relevant(self, batch: Batch) -> tuple[Skipped, ...]:
        """A broken record may belong to any reference, but it is a known one if it has a key."""
        if batch.match != ("record_id",):
            return self.skipped
        asked = {key[0] for key in batch.keys} | {None}
        return tuple(each for each in self.skipped if each.record_id in asked)

    def _projection(self, fields: Sequence[str], now: datetime) -> Callable[[tuple[Any, ...]], Row]:
        observed = len(self.fields)
        places: Mapping[str, int] = {
            **{name: place for place, name in enumerate(self.fields)},
            "observed_at": observed,
        }
        wanted = [places[name] for name in fields]
        if observed not in wanted:
            return lambda row: tuple([row[place] for place in wanted])
        return lambda row: tuple([now if at == observed else row[at] for at in wanted])
