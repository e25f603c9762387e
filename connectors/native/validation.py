"""Whether values fit the fields of an entity, before they are written."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from connectors.native.storable import is_storable
from domain.entity import Entity, Field, FieldType


class Unfit(Exception):
    """A value that a field cannot take; the text names the field and says what would do."""


def fitted(entity: Entity, values: Mapping[str, Any]) -> dict[str, object]:
    """The values as the store takes them; raises `Unfit` at the first that it cannot take."""
    unknown = sorted(set(values) - set(entity.fields))
    if unknown:
        raise Unfit(f"{entity.name} has no field {', '.join(unknown)}")
    return {name: _fitted(entity.fields[name], value) for name, value in values.items()}


def require_complete(entity: Entity, values: Mapping[str, object]) -> None:
    """Raises `Unfit` where a required field has no value."""
    for field in entity.fields.values():
        if field.required and values.get(field.name) is None:
            raise Unfit(f"{field.name} is missing: {entity.name} requires it")


def _fitted(field: Field, value: object) -> object:
    if value is None:
        if field.required:
            raise Unfit(f"{field.name} cannot be empty")
        return None
    return _FIT[field.value_type](field, value)


def _text(field: Field, value: object) -> object:
    if not isinstance(value, str):
        raise Unfit(f"{field.name} must be a text")
    if not is_storable(field, value):
        raise Unfit(f"{field.name} holds a character that cannot be stored, such as U+0000")
    return str(value)


def _choice(field: Field, value: object) -> object:
    choices = [str(each) for each in field.choices or ()]
    if value not in choices:
        raise Unfit(f"{field.name} must be one of {', '.join(choices)}")
    return str(value)


def _time(field: Field, value: object) -> object:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Unfit(f"{field.name} must be a time with its offset from UTC")
    return value.astimezone(UTC)


def _list(field: Field, value: object) -> object:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise Unfit(f"{field.name} must be a list")
    return [_text(field, each) if field.item is str else each for each in value]


def _typed(type_: type) -> Callable[[Field, object], object]:
    def fit(field: Field, value: object) -> object:
        if not isinstance(value, type_) or not is_storable(field, value):
            raise Unfit(f"{field.name} must be of type {type_.__name__}, within its limits")
        return value

    return fit


_FIT: Mapping[FieldType, Callable[[Field, object], object]] = MappingProxyType(
    {
        FieldType.TEXT: _text,
        FieldType.ENUM: _choice,
        FieldType.DATETIME: _time,
        FieldType.LIST: _list,
        FieldType.INTEGER: _typed(int),
        FieldType.DECIMAL: _typed(Decimal),
        FieldType.BOOLEAN: _typed(bool),
        FieldType.UUID: _typed(UUID),
        FieldType.JSON: _typed(dict),
    }
)
