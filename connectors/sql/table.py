"""Tables and queries as they are in the database: their columns and types, read once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import NullType, TypeEngine

from connectors.sql.column import Column, is_zoned
from connectors.sql.options import SqlEntity

_BIND = re.compile(r"(?<![:\w\\]):(?=\w)")

# What a statement's own description tells about its columns; SQLite tells nothing.
_INTEGER = sa.BigInteger()
_KINDS: Mapping[tuple[str, Any], TypeEngine[Any]] = MappingProxyType(
    {
        ("postgresql", 16): sa.Boolean(),
        ("postgresql", 20): _INTEGER,
        ("postgresql", 21): _INTEGER,
        ("postgresql", 23): _INTEGER,
        ("postgresql", 25): sa.Text(),
        ("postgresql", 1043): sa.Text(),
        ("postgresql", 1114): sa.DateTime(),
        ("postgresql", 1184): sa.DateTime(timezone=True),
        ("postgresql", 1700): sa.Numeric(),
        ("postgresql", 2950): sa.Uuid(),
        ("mysql", 1): _INTEGER,
        ("mysql", 2): _INTEGER,
        ("mysql", 3): _INTEGER,
        ("mysql", 7): mysql.TIMESTAMP(),
        ("mysql", 8): _INTEGER,
        ("mysql", 9): _INTEGER,
        ("mysql", 12): sa.DateTime(),
        ("mysql", 246): sa.Numeric(),
        ("mysql", 253): sa.Text(),
    }
)


class NoSuchTable(LookupError):
    """The database has no table or view of that name."""


@dataclass(frozen=True, slots=True)
class Table:
    """Where an entity is: what to select from, and the columns that are there by name."""

    origin: sa.FromClause
    columns: Mapping[str, Column]
    dialect: str

    @property
    def in_utc(self) -> frozenset[str]:
        """Columns whose times come without a zone and are in UTC whatever the source's zone is."""
        if self.dialect != "mysql":
            return frozenset()
        return frozenset(
            name for name, each in self.columns.items() if is_zoned(each.kind, self.dialect)
        )


async def described(connection: AsyncConnection, entity: SqlEntity, zone: ZoneInfo) -> Table:
    """Read the columns of an entity's table or query. Raises `NoSuchTable`."""
    dialect = backend(connection.dialect.name)
    if entity.query is not None:
        return await _described_query(connection, entity.query, dialect, zone)
    schema, _, name = (entity.table or "").rpartition(".")
    found = await connection.run_sync(_reflected, name, schema or None)
    columns = {
        each["name"]: Column(each["name"], each["type"], dialect, zone, bool(each["nullable"]))
        for each in found
    }
    origin = sa.table(name, *(sa.column(each) for each in columns), schema=schema or None)
    return Table(origin, columns, dialect)


def backend(name: str) -> str:
    """MariaDB speaks as MySQL does."""
    return "mysql" if name == "mariadb" else name


def _reflected(connection: sa.Connection, name: str, schema: str | None) -> list[Any]:
    try:
        return list(sa.inspect(connection).get_columns(name, schema=schema))
    except sa.exc.NoSuchTableError:
        raise NoSuchTable(name) from None


async def _described_query(
    connection: AsyncConnection, query: str, dialect: str, zone: ZoneInfo
) -> Table:
    text = _BIND.sub(r"\\:", query.strip().rstrip(";"))
    probe = await connection.execute(sa.text(f"SELECT * FROM ({text}) AS q WHERE 1 = 0"))  # noqa: S608  # the operator's own statement
    cursor = probe.cursor
    columns = {
        each[0]: Column(each[0], _KINDS.get((dialect, each[1]), NullType()), dialect, zone)
        for each in cursor.description
    }
    origin = sa.text(text).columns(*(sa.column(each) for each in columns)).subquery("q")
    return Table(origin, columns, dialect)
