"""Filters and orders, made from the definitions of the entities: one input each."""

import enum
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from domain.entity import Entity, Field, FieldType
from schema.field import input_field, required_input

_COMPARISONS: Mapping[str, str] = {
    "eq": "Equal to this; `null` means that there is no value.",
    "ne": "Not equal to this; `null` means that there is a value.",
    "in_": "One of these.",
    "not_in": "None of these.",
    "lt": "Less than this.",
    "lte": "Less than or equal to this.",
    "gt": "Greater than this.",
    "gte": "Greater than or equal to this.",
    "contains": "Has this text in it; capitals count.",
    "starts_with": "Begins with this text; capitals count.",
}
_EQUALITY = ("eq", "ne", "in_", "not_in")
_RANGE = (*_EQUALITY, "lt", "lte", "gt", "gte")
_NAMES = {"in_": "in"}
_LISTS = frozenset({"in_", "not_in"})


def _made(name: str, fields: Mapping[str, tuple[Any, Any]], description: str) -> Any:
    """An input type made of fields: an annotation and a declaration by Python name."""
    body = {each: declaration for each, (_, declaration) in fields.items()}
    annotations = {each: annotation for each, (annotation, _) in fields.items()}
    made = type(name, (), {"__annotations__": annotations, "__module__": __name__, **body})
    return strawberry.input(made, description=description)


def _comparing(name: str, type_: Any, comparisons: tuple[str, ...], subject: str) -> Any:
    fields: dict[str, tuple[Any, Any]] = {
        each: (
            (list[type_] if each in _LISTS else type_) | None,
            input_field(_COMPARISONS[each], name=_NAMES.get(each)),
        )
        for each in comparisons
    }
    fields["is_null"] = (bool | None, input_field("Whether there is no value."))
    return _made(name, fields, f"Compares {subject}. All comparisons that are given must hold.")


_COMPARERS: Mapping[FieldType, Any] = {
    FieldType.TEXT: _comparing(
        "StringFilter", str, (*_RANGE, "contains", "starts_with"), "a text, by code points"
    ),
    FieldType.INTEGER: _comparing("IntFilter", int, _RANGE, "a whole number"),
    FieldType.DECIMAL: _comparing("DecimalFilter", Decimal, _RANGE, "an exact number"),
    FieldType.DATETIME: _comparing("DateTimeFilter", datetime, _RANGE, "a moment"),
    FieldType.BOOLEAN: _comparing("BooleanFilter", bool, ("eq", "ne"), "yes or no"),
}
_ENUM_COMPARERS: dict[str, Any] = {}


def _comparer(field: Field) -> Any:
    choices = field.choices
    if choices is None:
        return _COMPARERS[field.value_type]
    name = choices.__name__
    if name not in _ENUM_COMPARERS:
        _ENUM_COMPARERS[name] = _comparing(f"{name}Filter", choices, _EQUALITY, f"a {name}")
    return _ENUM_COMPARERS[name]


def sortable_fields(entity: Entity) -> list[Field]:
    """The fields that clients can filter and order by: values, not keys and references."""
    hidden = {*entity.key, "source", "record_id", "observed_at"}
    hidden |= {f"{name}_{end}" for name in entity.references for end in ("source", "ref", "id")}
    hidden |= {"organization_id", "organization_ref", "customer_id"}
    return [each for each in entity.fields.values() if each.is_sortable and each.name not in hidden]


def filter_input(entity: Entity) -> Any:
    """The filter of an entity, such as `TicketFilter`."""
    name = f"{entity.type_name}Filter"
    thing = entity.name.replace("_", " ")
    fields: dict[str, tuple[Any, Any]] = {
        each.name: (_comparer(each) | None, input_field(f"What `{each.name}` must be."))
        for each in sortable_fields(entity)
    }
    fields["and_"] = (f"list[{name}] | None", input_field("All of these hold.", name="and"))
    fields["or_"] = (f"list[{name}] | None", input_field("One of these holds.", name="or"))
    fields["not_"] = (f"{name} | None", input_field("This does not hold.", name="not"))
    made = _made(name, fields, f"Chooses {thing}s. All conditions that are given must hold.")
    globals()[name] = made
    return made


@strawberry.enum(description="Which end of the scale comes first.")
class OrderDirection(enum.Enum):
    """The direction of an order."""

    ASC = strawberry.enum_value(
        "ASC", description="Smallest, earliest or first by code point first; missing values last."
    )
    DESC = strawberry.enum_value(
        "DESC", description="Greatest, latest or last by code point first; missing values last."
    )


def order_input(entity: Entity) -> Any:
    """The order of an entity, such as `TicketOrder`."""
    thing = entity.name.replace("_", " ")
    choices: Any = enum.Enum(  # type: ignore[misc]  # made of the entity's fields
        f"{entity.type_name}OrderField",
        {
            each.name.upper(): strawberry.enum_value(each.name, description=f"By `{each.name}`.")
            for each in sortable_fields(entity)
        },
    )
    strawberry.enum(choices, description=f"What {thing}s can be sorted by.")
    fields = {
        "field": (choices, required_input("What to sort by.")),
        "direction": (
            OrderDirection,
            input_field("Which end comes first.", default=OrderDirection.ASC),
        ),
    }
    return _made(f"{entity.type_name}Order", fields, f"How to sort {thing}s.")
