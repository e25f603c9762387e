"""Bringing the tables of the native store to the version that this program works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

import migrations
from connectors.errors import Misconfigured
from connectors.native.store import OLDEST_SERVER, SOURCE, driver_url, translated

# Any number will do that is the same in every replica and that nobody else would choose.
_LOCK = 360_360_360_001


async def migrate(url: str) -> None:
    """Create or upgrade the tables in the database at `url`, all or nothing.

    Replicas that start together wait for the one that came first. Raises `Misconfigured` where
    the server is too old or the tables are newer than this program, `Unavailable` where the
    server cannot be reached.
    """
    engine = engine_of(url)
    try:
        with translated(), _driver_errors():
            async with engine.begin() as connection:
                await _migrate(connection)
    finally:
        await engine.dispose()


async def _migrate(connection: AsyncConnection) -> None:
    await _require_fitting_server(connection)
    # One transaction, so that the lock goes with it whatever happens.
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    await connection.run_sync(_upgrade)


async def _require_fitting_server(connection: AsyncConnection) -> None:
    number = (await connection.execute(text("SHOW server_version_num"))).scalar_one()
    require_version(int(number))
    encoding = (await connection.execute(text("SHOW server_encoding"))).scalar_one()
    if encoding != "UTF8":
        raise Misconfigured(
            SOURCE,
            f"The database in store.url stores texts as {encoding}. Create one that takes every"
            " language (CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0) and name it.",
        )


def require_version(number: int) -> None:
    """Raise `Misconfigured` where `server_version_num` is that of a server that is too old."""
    if number // 10_000 < OLDEST_SERVER:
        raise Misconfigured(
            SOURCE,
            f"The store needs PostgreSQL {OLDEST_SERVER} or newer, but store.url leads to"
            f" PostgreSQL {number // 10_000}. Upgrade that server or name another one.",
        )


def _upgrade(connection: Connection) -> None:
    config = script_config()
    config.attributes["connection"] = connection
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    unknown = set(MigrationContext.configure(connection).get_current_heads()) - known
    if unknown:
        raise Misconfigured(
            SOURCE,
            f"The database in store.url is newer than this program: its tables are of version"
            f" {', '.join(sorted(unknown))}. Install the release that made them, or a newer one,"
            " or name another database.",
        )
    command.upgrade(config, "head")


@contextmanager
def _driver_errors() -> Iterator[None]:
    """Raise what asyncpg said instead of SQLAlchemy's wrapping of it."""
    try:
        yield
    except DBAPIError as error:
        cause = error.orig.__cause__ if error.orig else None
        raise (cause if isinstance(cause, asyncpg.PostgresError) else error) from error


def engine_of(url: str) -> AsyncEngine:
    """An SQLAlchemy engine for tools; it reads the URL as the store does, and keeps nothing."""

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(driver_url(url))

    return create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)


def script_config() -> Config:
    """The configuration of Alembic: where the migrations are."""
    config = Config()
    folder = Path(str(migrations.__file__)).parent
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
