"""Statements: one batched question as one SELECT."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa

from connectors.contract import Batch
from connectors.sql.column import Clause, Unpushable
from connectors.sql.push import Push
from domain.filter import conjuncts
from domain.order import before, beyond

_RANK = "c360_rank"
Select: TypeAlias = sa.Select[*tuple[Any, ...]]


def whole(push: Push, batch: Batch, columns: Sequence[str], *, limit: int | None) -> Select:
    """The batch done by the database alone; raises `Unpushable` where it cannot."""
    where = [*_matching(push, batch), *_bounds(push, batch)]
    if batch.where is not None:
        where.append(push.where(batch.where))
    order = push.order(batch.order)
    if limit is None or not batch.match or len(batch.keys) == 1:
        return _selected(push, columns, where).order_by(*order).limit(limit)
    rank = sa.func.row_number().over(
        partition_by=push.partition(batch.match[0]), order_by=order or None
    )
    inner = _selected(push, columns, where).add_columns(rank.label(_RANK)).subquery("ranked")
    return (
        sa.select(*(inner.c[each] for each in columns))
        .where(inner.c[_RANK] <= limit)
        .order_by(inner.c[_RANK])
    )


def part(push: Push, batch: Batch, columns: Sequence[str]) -> Select:
    """A superset of the batch's rows: without order, page, and what of the filter does not fit."""
    where = list(_matching(push, batch))
    for each in conjuncts(batch.where):
        try:
            where.append(push.where(each))
        except Unpushable:
            continue
    return _selected(push, columns, where)


def _matching(push: Push, batch: Batch) -> list[Clause]:
    return [push.matching(batch.match[0], [key[0] for key in batch.keys])] if batch.match else []


def _bounds(push: Push, batch: Batch) -> list[Clause]:
    sides = ((batch.after, beyond), (batch.until, before))
    return [push.where(side(batch.order, bound)) for bound, side in sides if bound is not None]


def _selected(push: Push, columns: Sequence[str], where: Sequence[Clause]) -> Select:
    return selected(push, columns).where(*where)


def selected(push: Push, columns: Sequence[str]) -> Select:
    """These columns of all rows."""
    wanted: list[Clause] = [sa.column(each) for each in columns]
    return sa.select(*wanted).select_from(push.table.origin)
