"""What clients say about lists, in the words of the domain: filters, orders, windows."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from strawberry.utils.str_converters import to_camel_case

from domain.catalogue import ENTITIES
from domain.entity import Entity
from domain.filter import And, Compare, Filter, Not, Op, Or
from domain.order import Bound, Order
from resolvers import cursor
from resolvers.argument import ArgumentValues
from resolvers.problem import UserError

_OPS: Mapping[str, Op] = {
    "eq": Op.EQ,
    "ne": Op.NE,
    "in": Op.IN,
    "notIn": Op.NOT_IN,
    "lt": Op.LT,
    "lte": Op.LTE,
    "gt": Op.GT,
    "gte": Op.GTE,
    "contains": Op.CONTAINS,
    "startsWith": Op.STARTS_WITH,
    "isNull": Op.IS_NULL,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How many nodes of a list a client gets when it does not say, and at most."""

    default_first: int = 20
    max_first: int = 500


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for. `size` nodes, from its end where `is_backward`."""

    size: int
    is_backward: bool
    after: Bound | None
    before: Bound | None


def filter_of(entity: Entity, where: Mapping[str, Any] | None) -> Filter | None:
    """The filter that a `where` argument says; none where it says nothing."""
    return None if not where else _filter(entity, where)


def _filter(entity: Entity, where: Mapping[str, Any]) -> Filter:
    parts: list[Filter] = []
    for name, value in where.items():
        if value is None:
            raise UserError(f"`{name}: null` says nothing; leave it out, or use `isNull`.")
        match name:
            case "and":
                parts.append(And(tuple(_filter(entity, each) for each in value)))
            case "or":
                parts.append(Or(tuple(_filter(entity, each) for each in value)))
            case "not":
                parts.append(Not(_filter(entity, value)))
            case _:
                parts += _comparisons(_fields_by_name(entity.name)[name], name, value)
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _comparisons(field: str, name: str, comparisons: Mapping[str, Any]) -> list[Filter]:
    return [_comparison(field, name, op, value) for op, value in comparisons.items()]


def _comparison(field: str, name: str, op: str, value: Any) -> Filter:
    if value is None:
        if op in {"eq", "ne"}:
            return Compare(field, Op.IS_NULL, op == "eq")
        raise UserError(f"`{name}: {{{op}: null}}` says nothing; leave it out, or use `isNull`.")
    if isinstance(value, list):
        return Compare(field, _OPS[op], tuple(value))
    return Compare(field, _OPS[op], value)


@functools.cache
def _fields_by_name(entity_name: str) -> Mapping[str, str]:
    return {to_camel_case(each): each for each in ENTITIES[entity_name].fields}


def order_of(
    entity: Entity, order_by: Sequence[Mapping[str, Any]] | None, default: Sequence[Order]
) -> tuple[Order, ...]:
    """The total order that an `orderBy` argument says: ties are broken by the record's key."""
    order = list(default)
    if order_by:
        order = [Order(each["field"], each["direction"] == "DESC") for each in order_by]
    unique: dict[str, Order] = {}
    for each in (*order, *(Order(name) for name in entity.key)):
        unique.setdefault(each.field, each)
    return tuple(unique.values())


def window_of(
    entity: Entity, order: Sequence[Order], arguments: ArgumentValues, limits: Limits
) -> Window:
    """The window that `first`, `after`, `last` and `before` say; `UserError` where they clash."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise UserError("Use either `first` or `last`, not both.")
    name, size = ("last", last) if last is not None else ("first", first)
    if size is None:
        size = limits.default_first
    if size < 0:
        raise UserError(f"`{name}` must not be negative.")
    if size > limits.max_first:
        raise UserError(f"`{name}` must be at most {limits.max_first}; use a cursor to go on.")
    ends = [arguments.get(each) for each in ("after", "before")]
    after, before = (None if end is None else cursor.decode(end, entity, order) for end in ends)
    return Window(size, last is not None, after, before)
