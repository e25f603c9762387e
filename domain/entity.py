"""Entities described once: the fields that a record has, their types, and what identifies it.

An entity is a frozen dataclass. Its annotations are the definition: `describe` reads them into an
`Entity`, which connectors, the planner and the schema share. In motion a record is a plain tuple,
a *row*, whose positions follow the list of fields that was asked for.
"""

import enum
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

Json: typing.TypeAlias = Mapping[str, typing.Any]
"""A JSON object of no fixed shape, such as custom fields."""


class FieldType(enum.Enum):
    """The types that a canonical value may have, with the Python type that rows carry."""

    TEXT = str
    INTEGER = int
    DECIMAL = Decimal
    BOOLEAN = bool
    DATETIME = datetime
    UUID = UUID
    ENUM = enum.StrEnum
    JSON = dict
    LIST = list


_SCALARS: Mapping[type, FieldType] = {
    str: FieldType.TEXT,
    int: FieldType.INTEGER,
    Decimal: FieldType.DECIMAL,
    bool: FieldType.BOOLEAN,
    datetime: FieldType.DATETIME,
    UUID: FieldType.UUID,
}

SORTABLE = frozenset(
    {
        FieldType.TEXT,
        FieldType.INTEGER,
        FieldType.DECIMAL,
        FieldType.BOOLEAN,
        FieldType.DATETIME,
        FieldType.UUID,
        FieldType.ENUM,
    }
)


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical field.

    `choices` is the enum of an ENUM field. `item` is what a LIST holds: `str`, or a value class
    such as `EmailAddress`, whose values travel as mappings by the value class's field names.
    """

    name: str
    value_type: FieldType
    required: bool
    choices: type[enum.StrEnum] | None = None
    item: type | None = None

    @property
    def is_sortable(self) -> bool:
        """Whether rows can be filtered and ordered by this field."""
        return self.value_type in SORTABLE


@dataclass(frozen=True, slots=True)
class Entity:
    """What there is to know about one kind of record.

    `key` names the fields that identify a record over all sources, in tie-breaking order;
    `references` names the relations: `customer` stands for the fields `customer_source` and
    `customer_ref`, which hold the key of the record that is meant.
    """

    name: str
    type_name: str
    fields: Mapping[str, Field]
    key: tuple[str, ...]
    references: Mapping[str, str]
    record: type


def describe(
    record: type, *, name: str, key: tuple[str, ...], references: Mapping[str, str] | None = None
) -> Entity:
    """Read the definition of an entity from the annotations of its dataclass."""
    return Entity(
        name=name,
        type_name=record.__name__,
        fields=value_fields(record),
        key=key,
        references=references or {},
        record=record,
    )


def value_fields(record: type) -> dict[str, Field]:
    """The canonical fields of a dataclass by name, in the order of their definition."""
    if not is_dataclass(record):
        raise TypeError(f"{record!r} is no dataclass")
    hints = typing.get_type_hints(record)
    return {each.name: _field(each.name, hints[each.name]) for each in fields(record)}


def _field(name: str, hint: typing.Any) -> Field:
    required, hint = _strip_none(hint)
    if typing.get_origin(hint) is tuple:
        return Field(name, FieldType.LIST, required, item=typing.get_args(hint)[0])
    if hint == Json:
        return Field(name, FieldType.JSON, required)
    if isinstance(hint, type) and issubclass(hint, enum.StrEnum):
        return Field(name, FieldType.ENUM, required, choices=hint)
    return Field(name, _SCALARS[hint], required)


def _strip_none(hint: typing.Any) -> tuple[bool, typing.Any]:
    if typing.get_origin(hint) not in {typing.Union, types.UnionType}:
        return True, hint
    (inner,) = (each for each in typing.get_args(hint) if each is not types.NoneType)
    return False, inner
