"""Filters: one small grammar for clients, row rules and connectors.

Filters are two-valued: a comparison with a missing value is false, `ne` and `not_in` are true for
it. `positive` moves every `Not` into the comparisons, so that a connector never compiles one.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeAlias


class Op(enum.StrEnum):
    """How a field is compared. Texts compare by code point, case-sensitively."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    NOT_IN = "not_in"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    NOT_STARTS_WITH = "not_starts_with"
    IS_NULL = "is_null"


@dataclass(frozen=True, slots=True)
class Compare:
    """One field against a value; `value` is a tuple for `IN` and `NOT_IN`, a bool for `IS_NULL`."""

    field: str
    op: Op
    value: object


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold; an empty `And` holds always."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds; an empty `Or` never holds."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class Related:
    """The record that a relation leads to passes a filter of its own; no record does not.

    `relation` is one of `Entity.references`, or `organization` of a customer.
    """

    relation: str
    where: "Filter"

    @property
    def reference(self) -> str:
        """The field of a source's record that refers to the other."""
        return f"{self.relation}_ref"


Filter: TypeAlias = Compare | And | Or | Not | Related
Row: TypeAlias = Sequence[object]
Predicate: TypeAlias = Callable[[Row], bool]

_COMPLEMENTS = {
    Op.EQ: Op.NE,
    Op.IN: Op.NOT_IN,
    Op.CONTAINS: Op.NOT_CONTAINS,
    Op.STARTS_WITH: Op.NOT_STARTS_WITH,
}
_COMPLEMENTS |= {positive: negative for negative, positive in _COMPLEMENTS.items()}
_OPPOSITES = {Op.LT: Op.GTE, Op.LTE: Op.GT, Op.GT: Op.LTE, Op.GTE: Op.LT}
NEGATIVE = frozenset({Op.NE, Op.NOT_IN, Op.NOT_CONTAINS, Op.NOT_STARTS_WITH})
"""The comparisons that hold for a missing value."""


def positive(filter_: Filter) -> Filter:
    """The same filter without any `Not`."""
    match filter_:
        case Not(part):
            return _negated(part)
        case And(parts):
            return And(tuple(positive(each) for each in parts))
        case Or(parts):
            return Or(tuple(positive(each) for each in parts))
        case Related(relation, part):
            return Related(relation, positive(part))
        case _:
            return filter_


def _negated(filter_: Filter) -> Filter:
    match filter_:
        case Not(part):
            return positive(part)
        case And(parts):
            return Or(tuple(_negated(each) for each in parts))
        case Or(parts):
            return And(tuple(_negated(each) for each in parts))
        case Compare(field, Op.IS_NULL, value):
            return Compare(field, Op.IS_NULL, not value)
        case Compare(field, op, value) if op in _OPPOSITES:
            return Or((Compare(field, _OPPOSITES[op], value), Compare(field, Op.IS_NULL, True)))
        case Compare(field, op, value):
            return Compare(field, _COMPLEMENTS[op], value)
        case Related():
            raise TypeError("a filter over related records cannot be turned round")


def conjuncts(filter_: Filter | None) -> tuple[Filter, ...]:
    """The parts that must all hold, of a positive filter."""
    match filter_:
        case None:
            return ()
        case And(parts):
            return tuple(each for part in parts for each in conjuncts(part))
        case _:
            return (filter_,)


def all_of(parts: Sequence[Filter]) -> Filter | None:
    """One filter for several; `None` where there is nothing to hold."""
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def fields_of(filter_: Filter | None) -> frozenset[str]:
    """The names of all fields that a filter looks at."""
    match filter_:
        case None:
            return frozenset()
        case Compare(field, _, _):
            return frozenset({field})
        case Not(part):
            return fields_of(part)
        case Related():
            return frozenset({filter_.reference})
        case And(parts) | Or(parts):
            return frozenset().union(*(fields_of(each) for each in parts))


def related_in(filter_: Filter | None) -> tuple[Related, ...]:
    """The parts of a filter that look at related records."""
    match filter_:
        case Related():
            return (filter_,)
        case Not(part):
            return related_in(part)
        case And(parts) | Or(parts):
            return tuple(found for each in parts for found in related_in(each))
        case _:
            return ()


def predicate(
    filter_: Filter,
    positions: Mapping[str, int],
    *,
    related: Callable[[Related], Predicate] | None = None,
) -> Predicate:
    """A function that tells whether a row passes; `positions` says where in a row a field is.

    `related` gives the function for a part about related records, which are not in the row.
    """
    match filter_:
        case Not(part):
            inner = predicate(part, positions, related=related)
            return lambda row: not inner(row)
        case And(parts):
            tests = [predicate(each, positions, related=related) for each in parts]
            return lambda row: all(test(row) for test in tests)
        case Or(parts):
            tests = [predicate(each, positions, related=related) for each in parts]
            return lambda row: any(test(row) for test in tests)
        case Related():
            if related is None:
                raise TypeError("nobody has looked at the related records")
            return related(filter_)
        case Compare(field, op, value):
            return _comparison(positions[field], op, value)


_ZERO: Final = Decimal(0)


def ranked(value: Decimal) -> tuple[bool, Decimal]:
    """A decimal for comparisons: what is no number equals itself and exceeds all numbers."""
    return (True, _ZERO) if value.is_nan() else (False, value)


def _comparison(position: int, op: Op, value: object) -> Predicate:
    if op is Op.IS_NULL:
        return lambda row: (row[position] is None) is value
    if isinstance(value, Decimal):
        return _decimal_comparison(position, op, value)
    test = _TESTS[op]
    when_missing = op in NEGATIVE

    def passes(row: Row) -> bool:
        found = row[position]
        return when_missing if found is None else test(found, value)

    return passes


def _decimal_comparison(position: int, op: Op, value: Decimal) -> Predicate:
    test = _TESTS[op]
    when_missing = op in NEGATIVE
    wanted = ranked(value)

    def passes(row: Row) -> bool:
        found: Any = row[position]
        return when_missing if found is None else test(_rank(found), wanted)

    return passes


def _rank(found: Any) -> tuple[bool, Decimal]:
    return ranked(found) if isinstance(found, Decimal) else (False, found)


_TESTS: Mapping[Op, Callable[..., bool]] = {
    Op.EQ: lambda found, value: bool(found == value),
    Op.NE: lambda found, value: bool(found != value),
    Op.IN: lambda found, value: found in value,
    Op.NOT_IN: lambda found, value: found not in value,
    Op.LT: lambda found, value: bool(found < value),
    Op.LTE: lambda found, value: bool(found <= value),
    Op.GT: lambda found, value: bool(found > value),
    Op.GTE: lambda found, value: bool(found >= value),
    Op.CONTAINS: lambda found, value: value in found,
    Op.NOT_CONTAINS: lambda found, value: value not in found,
    Op.STARTS_WITH: lambda found, value: found.startswith(value),
    Op.NOT_STARTS_WITH: lambda found, value: not found.startswith(value),
}
