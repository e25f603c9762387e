"""Which of the rows that a source gave a batch wants, and when enough of them are there.

Whatever a source does of a question, its rows are filtered, sorted and cut here. That it sorts lets
us stop early: once enough rows are there and the source has gone beyond the last of them.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from connectors.contract import Batch, Compare, Filter, Op, Order
from domain.catalogue import ENTITIES
from domain.filter import And, conjuncts, fields_of, predicate
from domain.order import before, beyond, sort_key

Rows: TypeAlias = Sequence[tuple[Any, ...]]


def looked_at(batch: Batch) -> tuple[str, ...]:
    """The fields by which a batch filters and sorts."""
    return (*sorted(fields_of(batch.where)), *(each.field for each in batch.order))


def kept(rows: Rows, batch: Batch, positions: Mapping[str, int]) -> list[tuple[Any, ...]]:
    """The rows that a batch wants, each once though pages shift while they are read; in order."""
    once = {row[positions["record_id"]]: row for row in rows}.values()
    parts = list(conjuncts(batch.where))
    if batch.after is not None:
        parts.append(beyond(batch.order, batch.after))
    if batch.until is not None:
        parts.append(before(batch.order, batch.until))
    passing = filter(predicate(And(tuple(parts)), positions), once) if parts else once
    if not batch.order:
        return list(passing)[: batch.limit]
    return sorted(passing, key=sort_key(batch.order, positions))[: batch.limit]


def start(batch: Batch) -> Filter | None:
    """What the bound says of the first field alone, where no value can be missing."""
    if batch.after is None or not _is_required(batch) or batch.after.values[0] is None:
        return None
    first = batch.order[0]
    op = Op.LTE if first.is_descending else Op.GTE
    return Compare(first.field, op, batch.after.values[0])


def is_enough(rows: Rows, batch: Batch, positions: Mapping[str, int]) -> bool:
    """Whether no row that a sorting source gives later can be among those that are wanted."""
    if batch.limit is None or not rows or (batch.order[0].nulls_first and not _is_required(batch)):
        return False
    place = positions[batch.order[0].field]
    wanted = kept(rows, batch, positions)
    if len(wanted) < batch.limit or not _is_sorted([row[place] for row in rows], batch.order[0]):
        return False
    if batch.limit == 0:
        return True
    edge, last = wanted[-1][place], rows[-1][place]
    return edge is not None and last is not None and _precedes(edge, last, batch.order[0])


def _is_required(batch: Batch) -> bool:
    fields = ENTITIES[batch.entity].fields
    return bool(batch.order) and fields[batch.order[0].field].required


def _is_sorted(values: Sequence[Any], order: Order) -> bool:
    there = [each for each in values if each is not None]
    return not any(_precedes(after, earlier, order) for earlier, after in pairwise(there))


def _precedes(one: Any, other: Any, order: Order) -> bool:
    return bool(one > other) if order.is_descending else bool(one < other)
