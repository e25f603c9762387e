"""Databases for the tests of the SQL connector: fresh, with names of their own, dropped after."""

import asyncio
import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncmy
import asyncpg
import pytest

POSTGRES = "CUSTOMER360_TEST_POSTGRES"
MARIADB = "CUSTOMER360_TEST_MARIADB"
ENGINES = ("sqlite", "postgresql", "mariadb")
__all__ = ["ENGINES", "MARIADB", "POSTGRES", "database", "mariadb_connection", "server"]


def server(variable: str) -> str:
    """The URL of a server, or the test is skipped."""
    url = os.environ.get(variable)
    if not url:
        pytest.skip(f"{variable} names no server")
    return url


@contextmanager
def database(
    engine: str, folder: Path, script: Sequence[str], *, afterwards: Sequence[str] = ()
) -> Iterator[str]:
    """The URL of a new database in which these statements were run.

    `afterwards` are statements for the end, about what belongs to the whole server of MariaDB.
    """
    match engine:
        case "sqlite":
            yield _sqlite(folder / f"{_name()}.db", script)
        case "postgresql":
            with _postgres(server(POSTGRES), script) as url:
                yield url
        case _:
            with _mariadb(server(MARIADB), script, afterwards) as url:
                yield url


def _name() -> str:
    return f"c360_sql_{secrets.token_hex(6)}"


def _sqlite(path: Path, script: Sequence[str]) -> str:
    connection = sqlite3.connect(path)
    connection.executescript(";\n".join(script))
    connection.commit()
    connection.close()
    return f"sqlite:///{path}"


@contextmanager
def _postgres(url: str, script: Sequence[str]) -> Iterator[str]:
    name = _name()
    own = urlsplit(url)._replace(path=f"/{name}").geturl()
    asyncio.run(_run_postgres(url, [f'CREATE DATABASE "{name}"']))
    try:
        asyncio.run(_run_postgres(own, script))
        yield own
    finally:
        asyncio.run(_run_postgres(url, [f'DROP DATABASE "{name}" WITH (FORCE)']))


async def _run_postgres(url: str, script: Sequence[str]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in script:
            await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def _mariadb(url: str, script: Sequence[str], afterwards: Sequence[str]) -> Iterator[str]:
    name = _name()
    own = urlsplit(url)._replace(path=f"/{name}").geturl()
    asyncio.run(_run_mariadb(url, [f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4"]))
    try:
        asyncio.run(_run_mariadb(own, script))
        yield own
    finally:
        asyncio.run(_run_mariadb(url, [f"DROP DATABASE `{name}`", *afterwards]))


async def _run_mariadb(url: str, script: Sequence[str]) -> None:
    async with mariadb_connection(url) as run:
        for statement in script:
            await run(statement)


@asynccontextmanager
async def mariadb_connection(url: str) -> AsyncIterator[Callable[[str], Awaitable[object]]]:
    """A connection that runs statements, each committed at once."""
    parts = urlsplit(url)
    options: dict[str, Any] = {
        "host": parts.hostname,
        "port": parts.port or 3306,
        "user": parts.username,
        "password": parts.password or "",
        "database": parts.path.strip("/") or None,
    }
    connection = await asyncmy.connect(**options, charset="utf8mb4", autocommit=True)
    try:
        async with connection.cursor() as cursor:
            yield cursor.execute
    finally:
        await connection.ensure_closed()
