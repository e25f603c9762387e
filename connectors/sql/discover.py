"""What a database offers: its tables and views, their columns, types and keys."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract import DiscoveredEntity


def table_names(connection: sa.Connection) -> list[str]:
    """The tables and views of the default schema."""
    inspector = sa.inspect(connection)
    return sorted({*inspector.get_table_names(), *inspector.get_view_names()})


async def discovered(connection: AsyncConnection) -> list[DiscoveredEntity]:
    """Every table and view, in the order of their names."""
    return await connection.run_sync(_discovered)


def _discovered(connection: sa.Connection) -> list[DiscoveredEntity]:
    return [_table(sa.inspect(connection), name) for name in table_names(connection)]


def _table(inspector: sa.Inspector, name: str) -> DiscoveredEntity:
    key = unique_key(inspector, name, None)
    fields = {each["name"]: _written(each["type"]) for each in inspector.get_columns(name)}
    return DiscoveredEntity(name, fields, key=", ".join(key) or None)


def _written(kind: Any) -> str:
    try:
        return str(kind)
    except sa.exc.CompileError:  # types without a name in standard SQL, such as NullType
        return type(kind).__name__


def unique_key(inspector: sa.Inspector, name: str, schema: str | None) -> tuple[str, ...]:
    """The columns of the primary key; empty where there is none, as with views."""
    return tuple(inspector.get_pk_constraint(name, schema=schema)["constrained_columns"])
