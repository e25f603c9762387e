"""Made-up rows: values of the right types, each new, so that every key is another one."""

import enum
import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson

from connectors.contract import Batch, Row
from domain.catalogue import ENTITIES
from domain.entity import Entity, Field, FieldType

UNPAGED: Final = 5
"""How many rows a key has where nothing says how many."""

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)

_MAKERS: Final[Mapping[FieldType, Callable[[int], object]]] = {
    FieldType.TEXT: "r{}".format,
    FieldType.INTEGER: lambda number: number,
    FieldType.DECIMAL: Decimal,
    FieldType.BOOLEAN: lambda _number: False,
    FieldType.DATETIME: lambda number: _EPOCH + timedelta(seconds=number),
    FieldType.UUID: lambda number: UUID(int=number),
    FieldType.JSON: lambda _number: {},
    FieldType.LIST: lambda _number: [],
}

SourcesOf = Callable[[str], Sequence[str]]
"""The sources whose records of an entity there are."""


class Rows:
    """Makes rows. Where a row names a source, the sources there are take turns."""

    def __init__(self, sources_of: SourcesOf) -> None:
        self._sources_of = sources_of
        self._numbers = itertools.count(1)

    def of_key(self, batch: Batch, key: Sequence[object]) -> list[Row]:
        """The rows of one key of a batch: as many as there can be."""
        entity = ENTITIES[batch.entity]
        known = dict(zip(batch.match, key, strict=False))
        return [self.row(entity, batch.fields, known) for _ in range(self._count(batch))]

    def _count(self, batch: Batch) -> int:
        if batch.limit is not None:
            return batch.limit
        return row_count(batch.entity, batch.match, self._sources_of)

    def row(self, entity: Entity, fields: Sequence[str], known: Mapping[str, object]) -> Row:
        """One row, with the values that are known."""
        number = next(self._numbers)
        return tuple(
            known[name] if name in known else self._value(entity, entity.fields[name], number)
            for name in fields
        )

    def exact(self, entity: Entity, fields: Sequence[str]) -> bytes:
        """The values of a row as they stand in a hole of a nest."""
        return orjson.dumps(self.row(entity, fields, {}), default=str)

    def _value(self, entity: Entity, field: Field, number: int) -> Any:
        target = _source_of(entity, field.name)
        if target is not None:
            sources = self._sources_of(target)
            return sources[number % len(sources)] if sources else None
        if field.choices is not None:
            return _first(field.choices)
        return _MAKERS[field.value_type](number)


def row_count(entity: str, match: tuple[str, ...], sources_of: SourcesOf) -> int:
    """How many rows a key has that is not limited."""
    if match == ENTITIES[entity].key or match[-1:] in {("record_id",), ("source",)}:
        return 1
    if entity == "customer":
        return 1 if match else UNPAGED
    if entity == "customer_record":
        return max(1, len(sources_of(entity)))
    return UNPAGED


def _source_of(entity: Entity, name: str) -> str | None:
    """The entity whose source a field names."""
    if name == "source":
        return entity.name
    relation = name.removesuffix("_source")
    return entity.references.get(relation) if relation != name else None


def _first(choices: type[enum.StrEnum]) -> str:
    return next(iter(choices)).value
