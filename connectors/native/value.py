"""Rows of PostgreSQL as canonical rows.

asyncpg gives nearly everything as the contract wants it. What is left are the times inside lists
of value classes, such as when a losing alternative was observed: JSON has them as texts.
"""

import dataclasses
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeAlias

from domain.entity import Entity, FieldType, value_fields

Row: TypeAlias = tuple[object, ...]
Read: TypeAlias = Callable[[Any], object]


def row_reader(entity: Entity, fields: Sequence[str]) -> Callable[[Sequence[object]], Row] | None:
    """What is still to be done to rows of these fields; `None` where it is nothing."""
    readers = [
        (place, read)
        for place, name in enumerate(fields)
        if (read := _reader(entity.fields[name].item)) is not None
    ]
    return _finish(readers) if readers else None


def _finish(readers: Iterable[tuple[int, Read]]) -> Callable[[Sequence[object]], Row]:
    found = tuple(readers)

    def finish(row: Sequence[object]) -> Row:
        values = list(row)
        for place, read in found:
            values[place] = read(values[place])
        return tuple(values)

    return finish


def _reader(item: type | None) -> Read | None:
    """Reads a list of a value class; `None` where its JSON is canonical as it is."""
    inner = _inner_readers(item) if dataclasses.is_dataclass(item) else {}
    if not inner:
        return None

    def read(values: Sequence[Mapping[str, Any]] | None) -> object:
        if values is None:
            return None
        return [
            {name: inner[name](each) if name in inner else each for name, each in value.items()}
            for value in values
        ]

    return read


def _inner_readers(item: type | None) -> Mapping[str, Read]:
    found: dict[str, Read] = {}
    for field in value_fields(typing.cast("type", item)).values():
        if field.value_type is FieldType.DATETIME:
            found[field.name] = _time
        elif (read := _reader(field.item)) is not None:
            found[field.name] = read
    return MappingProxyType(found)


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
