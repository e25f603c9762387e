"""What the database cannot do as we mean it, done over the rows that it gave."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from connectors.contract import Batch, Bound, Filter, Order, Row
from domain.filter import Predicate, predicate
from domain.order import before, beyond, sort_key

Native: TypeAlias = Callable[[str], tuple[Any, ...] | None]
"""A record id in the types of the key columns, which decide how records are ordered."""


def evaluated(
    rows: Sequence[Row], batch: Batch, positions: Mapping[str, int], native: Native
) -> list[Row]:
    """The rows of one key, filtered, ordered, bounded and limited as the batch says."""
    place = len(positions)
    keyed = [(*row, native(str(row[positions["record_id"]]))) for row in rows]
    by_native = {**positions, "record_id": place}
    tests = [*_where(batch.where, positions), *_bounds(batch, by_native, native)]
    kept = [row for row in keyed if all(test(row) for test in tests)]
    if batch.order:
        kept.sort(key=sort_key(batch.order, by_native))
    return [row[:place] for row in kept[: batch.limit]]


def _where(filter_: Filter | None, positions: Mapping[str, int]) -> list[Predicate]:
    return [] if filter_ is None else [predicate(filter_, positions)]


def _bounds(batch: Batch, positions: Mapping[str, int], native: Native) -> list[Predicate]:
    sides = ((batch.after, beyond), (batch.until, before))
    return [
        predicate(side(batch.order, _native_bound(batch.order, bound, native)), positions)
        for bound, side in sides
        if bound is not None
    ]


def _native_bound(order: Sequence[Order], bound: Bound, native: Native) -> Bound:
    values = [
        native(str(value)) or () if each.field == "record_id" and value is not None else value
        for each, value in zip(order, bound.values, strict=False)
    ]
    return Bound(tuple(values), is_inclusive=bound.is_inclusive)
