"""Reading a whole table in pages, in the order of its key."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, select, tuple_

from connectors.contract import Change, ChangePage, Cursor
from connectors.native.condition import BIND_TYPES
from connectors.native.statement import Statement, compiled
from connectors.native.store import Store
from connectors.native.tables import TABLES
from connectors.native.value import row_reader
from domain.entity import Entity

PAGE_ROWS = 500
"""How many rows a page holds."""

_LIMIT = "row_limit"


async def pages(store: Store, entity: Entity, since: Cursor | None) -> AsyncIterator[ChangePage]:
    """All rows, or those after a cursor; the cursor holds the key of the last row.

    The last page has no cursor: whoever has come there begins anew the next time.
    """
    fields = tuple(entity.fields)
    places = [fields.index(each) for each in entity.key]
    read = row_reader(entity, fields) or tuple
    key = None if since is None else _key(entity, since)
    while True:
        statement = _statement(entity, is_first=key is None)
        named = {f"after_{name}": value for name, value in (key or {}).items()}
        values = statement.values({**named, _LIMIT: PAGE_ROWS + 1})
        found = await store.fetch(statement.text, *values)
        rows = [read(each) for each in found[:PAGE_ROWS]]
        if rows:
            key = {name: rows[-1][place] for name, place in zip(entity.key, places, strict=True)}
        has_more = len(found) > PAGE_ROWS
        yield ChangePage(
            fields=fields,
            changes=[Change(str(each[places[-1]]), each) for each in rows],
            cursor={name: str(value) for name, value in (key or {}).items()} if has_more else None,
        )
        if not has_more:
            return


def _statement(entity: Entity, *, is_first: bool) -> Statement:
    rows = TABLES[entity.name].alias("e")
    key = [rows.c[each] for each in entity.key]
    query = select(*(rows.c[each] for each in entity.fields)).order_by(*key)
    if not is_first:
        types = [BIND_TYPES[entity.fields[each].value_type] for each in entity.key]
        named = zip(entity.key, types, strict=True)
        after = (bindparam(f"after_{name}", type_=type_) for name, type_ in named)
        query = query.where(tuple_(*key) > tuple_(*after))
    return compiled(query.limit(bindparam(_LIMIT, type_=BigInteger())))


def _key(entity: Entity, cursor: Cursor) -> dict[str, Any]:
    read = UUID if entity.key == ("id",) else str
    return {name: read(cursor[name]) for name in entity.key}
