"""The statement for a shape: one for all keys, with keys and values as binds.

With a limit it is a limited sub-select per key, which stops reading an index after that many rows;
a window function would number every row of every key first. Columns are always qualified: in
`SELECT id::text AS id … ORDER BY id` PostgreSQL sorts by the output, a text.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    TableValuedAlias,
    and_,
    bindparam,
    column,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from connectors.native.condition import BIND_TYPES, Condition
from connectors.native.lookup import match_fields
from connectors.native.selection import conditions_of, divided_conditions_of, ordering
from connectors.native.shape import LIMIT, Shape
from connectors.native.statement import Statement, compiled
from connectors.native.tables import CUSTOMER_IDENTIFIER, TABLES
from domain.catalogue import ENTITIES
from domain.entity import Entity

_SINGLE: ColumnElement[int] = literal_column("1")
_ONE: ColumnElement[int] = literal_column("1").label("n")


def statement_of(shape: Shape) -> Statement:
    """The statement for a shape without a nest.

    Its rows end with one column more than was asked for: the number of the key, from 1.
    """
    return compiled(_keyed(shape) if shape.match else _listed(shape))


def _listed(shape: Shape) -> Select[Any]:
    table = TABLES[shape.entity].alias("e")
    entity = ENTITIES[shape.entity]
    parts = divided_conditions_of(shape.selection, entity, shape.match, rows=table)
    if len(parts) == 1:
        query = select(*(table.c[each] for each in shape.fields), _ONE)
        query = query.select_from(table).where(*parts[0])
        return _cut(query.order_by(*ordering(shape.selection.order, rows=table)), shape)
    order = ordering(shape.selection.order, rows=table)
    # Every part is sorted and cut: PostgreSQL would read it to its end otherwise.
    cut = [_cut(select(table).where(*each).order_by(*order), shape).subquery() for each in parts]
    rows = union_all(*(select(each) for each in cut)).subquery("u")
    query = select(*(rows.c[each] for each in shape.fields), _ONE).select_from(rows)
    return _cut(query.order_by(*ordering(shape.selection.order, rows=rows)), shape)


def _keyed(shape: Shape) -> Select[Any]:
    entity = ENTITIES[shape.entity]
    keys = _keys(entity, shape.match, name="k")
    rows = TABLES[shape.entity].alias("e")
    source, link = _linked(shape, rows, keys)
    conditions = (link, *_conditions(shape, rows))
    order = ordering(shape.selection.order, rows=rows)
    if not shape.selection.is_limited:
        return (
            select(*(rows.c[each] for each in shape.fields), keys.c.n)
            .select_from(keys.join(source, and_(*conditions)))
            .order_by(*order)
        )
    # A key's rows stay together and in order: they come from one run of the sub-select.
    query = select(*(rows.c[each] for each in dict.fromkeys(shape.fields)), _ONE)
    query = query.select_from(source).where(*conditions).order_by(*order)
    each_key = _cut(query, shape).lateral("x")
    return select(*(each_key.c[each] for each in shape.fields), keys.c.n).select_from(
        keys.join(each_key, true())
    )


def _keys(entity: Entity, match: Sequence[str], *, name: str) -> TableValuedAlias:
    types = [BIND_TYPES[field.value_type] for field in match_fields(entity, match)]
    arrays = [bindparam(f"key{place}", type_=ARRAY(each)) for place, each in enumerate(types)]
    columns = [column(f"key{place}", each) for place, each in enumerate(types)]
    table = func.unnest(*arrays).table_valued(*columns, with_ordinality="n", name=name)
    return table.render_derived(name=name)


def _linked(shape: Shape, rows: FromClause, keys: FromClause) -> tuple[FromClause, Condition]:
    """Where the rows of a key come from, and what ties them to the key."""
    if shape.entity == "customer" and shape.match in {("id",), ("email",), ("phone",)}:
        found = _surviving(shape.match)
        source = rows.join(found, and_(found.c.id == rows.c.id, found.c.superseded_by.is_(None)))
        return source, found.c.n == keys.c.n
    pairs = enumerate(shape.match)
    return rows, and_(*(rows.c[field] == keys.c[f"key{place}"] for place, field in pairs))


def _surviving(match: tuple[str, ...]) -> CTE:
    """The customers that were found, and in turn those into which they were merged.

    `UNION` without `ALL` ends a circle, should there ever be one.
    """
    table = TABLES["customer"]
    customer, survivor = table.alias(), table.alias()
    keys = _keys(ENTITIES["customer"], match, name="s")
    source: FromClause
    if match == ("id",):
        source = keys.join(customer, customer.c.id == keys.c.key0)
    else:
        source = _identified(keys, customer, match[0])
    found = (
        select(keys.c.n, customer.c.id, customer.c.superseded_by)
        .select_from(source)
        .cte("found", recursive=True)
    )
    # As a limited sub-select, or PostgreSQL, which cannot know how short the chains are, would
    # prepare for many by reading the whole table.
    next_ = select(survivor.c.id, survivor.c.superseded_by)
    step = next_.where(survivor.c.id == found.c.superseded_by).limit(_SINGLE).lateral()
    return found.union(
        select(found.c.n, step.c.id, step.c.superseded_by).select_from(found.join(step, true()))
    )


def _identified(keys: FromClause, customer: FromClause, identifier: str) -> FromClause:
    given, record = CUSTOMER_IDENTIFIER.alias(), TABLES["customer_record"].alias()
    kind: ColumnElement[str] = literal_column(f"'{identifier}'")
    of_value = and_(given.c.type == kind, given.c.value == keys.c.key0)
    of_record = and_(
        record.c.source == given.c.source,
        record.c.record_id == given.c.record_id,
        ~record.c.is_deleted,
    )
    found = keys.join(given, of_value).join(record, of_record)
    return found.join(customer, customer.c.id == record.c.customer_id)


def _conditions(shape: Shape, rows: FromClause) -> Sequence[Condition]:
    return conditions_of(shape.selection, ENTITIES[shape.entity], shape.match, rows=rows)


def _cut(query: Select[Any], shape: Shape) -> Select[Any]:
    if not shape.selection.is_limited:
        return query
    return query.limit(bindparam(LIMIT, type_=BigInteger()))
