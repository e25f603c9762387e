"""The migrations of the native store, on a real PostgreSQL."""

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from connectors.errors import Misconfigured, Unavailable
from connectors.native.migration import engine_of, migrate, require_version
from connectors.native.store import Store
from connectors.native.tables import METADATA
from tests.postgres import Server, execute


def _difference(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    return list(compare_metadata(context, METADATA))


async def _fetch(url: str, statement: str) -> list[asyncpg.Record]:
    store = await Store.open(url)
    try:
        return list(await store.fetch(statement))
    finally:
        await store.close()


def test_the_models_equal_the_migrations(database_url: str) -> None:
    """Whoever changes a table or an index writes a migration."""

    async def compare() -> list[object]:
        engine = engine_of(database_url)
        async with engine.connect() as connection:
            found = await connection.run_sync(_difference)
        await engine.dispose()
        return found

    assert asyncio.run(compare()) == []


def test_every_text_compares_by_code_point(database_url: str) -> None:
    """A text column in another collation would sort differently from every other source."""
    statement = """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'alembic_version'
          AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
    """

    assert asyncio.run(_fetch(database_url, statement)) == []


def test_no_key_or_relation_crosses_shards(database_url: str) -> None:
    """There are no foreign keys, and every key leads with what the table would be sharded by."""
    keys = """
        SELECT relation.relname AS table, attribute.attname AS first
        FROM pg_index AS index
        JOIN pg_class AS relation ON relation.oid = index.indrelid
        JOIN pg_attribute AS attribute
          ON attribute.attrelid = relation.oid AND attribute.attnum = index.indkey[0]
        WHERE index.indisprimary AND relation.relnamespace = 'public'::regnamespace
          AND relation.relname <> 'alembic_version'
    """
    own = {"logged_interaction": "idempotency_key", "interaction_amendment": "record_id"}
    own |= {"customer": "id", "api_key": "id", "access_record": "id"}
    own |= {"audit_entry": "chain", "audit_anchor": "number"}

    foreign = asyncio.run(_fetch(database_url, "SELECT 1 FROM pg_constraint WHERE contype = 'f'"))
    first = {row["table"]: row["first"] for row in asyncio.run(_fetch(database_url, keys))}

    assert foreign == []
    assert first == {name: own.get(name, "source") for name in METADATA.tables}


def test_replicas_that_start_together_migrate_once(empty_database_url: str) -> None:
    """Four at once: one makes the tables, the others wait and find them."""

    async def start_together() -> None:
        await asyncio.gather(*[migrate(empty_database_url) for _ in range(4)])

    asyncio.run(start_together())

    versions = asyncio.run(_fetch(empty_database_url, "SELECT version_num FROM alembic_version"))
    assert [row["version_num"] for row in versions] == ["0002"]


def test_migrating_twice_keeps_what_is_there(database_url: str) -> None:
    """A restart loses nothing."""
    execute(
        database_url,
        "INSERT INTO logged_interaction VALUES ('a-key', 'hash', 'id', '2026-01-01T00:00Z')",
    )

    asyncio.run(migrate(database_url))

    kept = asyncio.run(_fetch(database_url, "SELECT idempotency_key FROM logged_interaction"))
    assert [row["idempotency_key"] for row in kept] == ["a-key"]


def test_a_database_that_is_newer_than_the_program_is_refused(database_url: str) -> None:
    """An old release must not write into tables that it does not know; it changes nothing."""
    execute(database_url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(Misconfigured, match=r"newer than this program.*9999.*newer one"):
        asyncio.run(migrate(database_url))

    versions = asyncio.run(_fetch(database_url, "SELECT version_num FROM alembic_version"))
    assert [row["version_num"] for row in versions] == ["9999"]


def test_a_database_that_cannot_hold_every_language_is_refused(postgres: Server) -> None:
    """Chinese names would fail one by one later; the start says it once."""
    name = "customer360_test_latin"
    execute(
        postgres.url,
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"
        " LOCALE_PROVIDER libc",
    )
    try:
        url = urlsplit(postgres.url)._replace(path=f"/{name}").geturl()
        with pytest.raises(Misconfigured, match="stores texts as LATIN1"):
            asyncio.run(migrate(url))
    finally:
        execute(postgres.url, f"DROP DATABASE {name}")


def test_a_server_that_is_too_old_is_refused() -> None:
    """Fifteen is the oldest."""
    require_version(150_000)

    with pytest.raises(Misconfigured, match=r"needs PostgreSQL 15 or newer.*PostgreSQL 14"):
        require_version(140_019)


def test_a_server_that_is_down_is_unavailable() -> None:
    """Nothing listens at port 1."""
    with pytest.raises(Unavailable, match="cannot be reached"):
        asyncio.run(migrate("postgresql://nobody@127.0.0.1:1/nothing"))


def test_a_database_that_does_not_exist_says_so(postgres: Server) -> None:
    """The words name the setting that is wrong."""
    url = urlsplit(postgres.url)._replace(path="/no_such_database").geturl()

    with pytest.raises(Misconfigured, match=r"no_such_database.*store\.url"):
        asyncio.run(migrate(url))
