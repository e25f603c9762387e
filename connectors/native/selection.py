"""Which rows of a table are wanted, and in which order, as parts of a statement."""

from collections.abc import Sequence

from sqlalchemy import FromClause

from connectors.native.condition import Column, Condition, Conditions
from connectors.native.shape import Selection
from domain.entity import Entity
from domain.filter import fields_of
from domain.order import Order


def conditions_of(
    selection: Selection, entity: Entity, match: tuple[str, ...], *, rows: FromClause
) -> Sequence[Condition]:
    """The conditions of a selection among rows that are looked up by `match`."""
    found = _unbounded(selection, entity, match, rows)
    if selection.after is not None:
        found.append(Conditions(rows, entity).beyond(selection.order, selection.after))
    return found


def divided_conditions_of(
    selection: Selection, entity: Entity, match: tuple[str, ...], *, rows: FromClause
) -> Sequence[Sequence[Condition]]:
    """The same, in parts that hold other rows each; every part can be read along an index."""
    found = _unbounded(selection, entity, match, rows)
    if selection.after is None:
        return [found]
    parts = Conditions(rows, entity).divided(selection.order, selection.after)
    return [[*found, each] for each in parts]


def _unbounded(
    selection: Selection, entity: Entity, match: tuple[str, ...], rows: FromClause
) -> list[Condition]:
    """All conditions but where the rows begin."""
    conditions = Conditions(rows, entity)
    found = list(_visible(selection, entity, match, rows))
    if selection.where is not None:
        found.append(conditions.where(selection.where))
    if selection.until is not None:
        backwards = [each.reversed() for each in selection.order]
        found.append(conditions.beyond(backwards, selection.until))
    return found


def ordering(order: Sequence[Order], *, rows: FromClause) -> Sequence[Column]:
    """Spelt out as in the indexes: PostgreSQL compares the words, not what they come to."""
    return [_sorted(rows.c[each.field], each) for each in order]


def _visible(
    selection: Selection, entity: Entity, match: tuple[str, ...], rows: FromClause
) -> Sequence[Condition]:
    """Leave out what was merged away or deleted, unless asked by key or by `is_deleted`."""
    if match == entity.key:
        return ()
    if entity.name == "customer":
        return (rows.c.superseded_by.is_(None),)
    if entity.name == "customer_record" and "is_deleted" not in fields_of(selection.where):
        return (~rows.c.is_deleted,)
    return ()


def _sorted(by: Column, order: Order) -> Column:
    directed = by.desc() if order.is_descending else by.asc()
    return directed.nulls_first() if order.nulls_first else directed.nulls_last()
