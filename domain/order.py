"""Orders and keyset bounds: how rows are sorted, and where in a sorted list a page begins.

A missing value sorts after every other value, in both directions. Texts sort by code point; a
decimal that is no number (NaN) equals itself and sorts as if it were larger than all numbers.
An order that reaches a connector ends with the key of the record, so that it is total.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.filter import And, Compare, Filter, Op, Or, Row, ranked


@dataclass(frozen=True, slots=True)
class Order:
    """One field to sort by."""

    field: str
    is_descending: bool = False
    nulls_first: bool = False

    def reversed(self) -> "Order":
        """The order of the same list read from its end."""
        return Order(self.field, not self.is_descending, not self.nulls_first)


@dataclass(frozen=True, slots=True)
class Bound:
    """A place in a sorted list: rows whose first `len(values)` sort values lie beyond `values`.

    With `is_inclusive` rows that are equal to `values` in those fields are beyond it too.
    """

    values: tuple[object, ...]
    is_inclusive: bool = False


def sort_key(order: Sequence[Order], positions: Mapping[str, int]) -> Callable[[Row], Any]:
    """A key function for `sorted` over rows; `positions` says where in a row a field is."""
    places = [
        (positions[each.field], -1 if each.is_descending else 1, -1 if each.nulls_first else 1)
        for each in order
    ]

    def compare(one: Row, other: Row) -> int:
        for place, sign, null_sign in places:
            a, b = one[place], other[place]
            if a is None or b is None:
                if a is not b:
                    return null_sign if a is None else -null_sign
            elif a != b:
                step = _step(a, b)
                if step:
                    return sign * step
        return 0

    return functools.cmp_to_key(compare)


def _step(one: Any, other: Any) -> int:
    """-1 or 1 for values of one field that differ; 0 for two decimals that are no numbers."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        one, other = ranked(one), ranked(other)
        if one == other:
            return 0
    return -1 if one < other else 1


def beyond(order: Sequence[Order], bound: Bound) -> Filter:
    """The filter that keeps the rows after a bound, free of `Not`."""
    steps: list[Filter] = []
    equal: list[Filter] = []
    for each, value in zip(order, bound.values, strict=False):
        steps.append(And((*equal, _after(each, value))))
        equal.append(_same(each.field, value))
    if bound.is_inclusive:
        steps.append(And(tuple(equal)))
    return Or(tuple(steps))


def before(order: Sequence[Order], bound: Bound) -> Filter:
    """The filter that keeps the rows in front of a bound: `beyond`, read from the other end."""
    return beyond([each.reversed() for each in order], bound)


def _same(field: str, value: object) -> Filter:
    return Compare(field, Op.IS_NULL, True) if value is None else Compare(field, Op.EQ, value)


def _after(order: Order, value: object) -> Filter:
    if value is None:
        return Compare(order.field, Op.IS_NULL, False) if order.nulls_first else Or(())
    strictly = Compare(order.field, Op.LT if order.is_descending else Op.GT, value)
    return strictly if order.nulls_first else Or((strictly, Compare(order.field, Op.IS_NULL, True)))
