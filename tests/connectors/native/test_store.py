"""The pool of connections to the store, on a real PostgreSQL."""

import asyncio
from decimal import Decimal
from urllib.parse import urlsplit

import asyncpg
import pytest

from connectors.errors import Misconfigured, Refused, TimedOut, Unavailable
from connectors.native.store import Store
from tests.postgres import Server


async def _execute(store: Store, *statements: str) -> None:
    async with store.transaction() as connection:
        for statement in statements:
            await connection.execute(statement)


def test_a_server_that_is_down_is_unavailable() -> None:
    """The message names the setting."""
    with pytest.raises(Unavailable, match=r"cannot be reached.*store\.url") as caught:
        asyncio.run(Store.open("postgresql://nobody@127.0.0.1:1/nothing"))

    assert caught.value.source == "native"
    assert "127.0.0.1" not in caught.value.client_message


def test_a_url_that_is_none_is_misconfigured() -> None:
    """It is found before anything is asked."""
    with pytest.raises(Misconfigured, match="scheme"):
        asyncio.run(Store.open("nonsense"))


def test_a_database_that_does_not_exist_is_misconfigured(postgres: Server) -> None:
    """The name is in the message."""
    url = urlsplit(postgres.url)._replace(path="/no_such_database").geturl()

    with pytest.raises(Misconfigured, match="no_such_database"):
        asyncio.run(Store.open(url))


def test_a_store_can_be_opened_while_the_server_is_down() -> None:
    """Without connections at the start, the first question fails, not the opening."""

    async def scenario() -> None:
        store = await Store.open("postgresql://nobody@127.0.0.1:1/nothing", min_connections=0)
        with pytest.raises(Unavailable):
            await store.fetch("SELECT 1")
        await store.close()

    asyncio.run(scenario())


def test_a_statement_that_takes_too_long_times_out(database_url: str) -> None:
    """The pool stays usable."""

    async def scenario() -> object:
        store = await Store.open(database_url, max_connections=1)
        with pytest.raises(TimedOut):
            await store.fetch("SELECT pg_sleep(60)", timeout_s=0.05)
        rows = await store.fetch("SELECT 1 AS answer")
        await store.close()
        return rows[0]["answer"]

    assert asyncio.run(scenario()) == 1


def test_waiting_for_a_connection_times_out(database_url: str) -> None:
    """A pool that is used up is a matter of load, not a hang."""

    async def scenario() -> None:
        store = await Store.open(database_url, max_connections=1)
        async with store.connection():
            with pytest.raises(TimedOut):
                async with store.connection(timeout_s=0.05):
                    pytest.fail("there was a second connection")
        await store.close()

    asyncio.run(scenario())


def test_a_connection_that_the_server_ended_is_replaced(database_url: str) -> None:
    """As all are when PostgreSQL restarts: one failure, then answers again."""

    async def scenario() -> object:
        store = await Store.open(database_url, max_connections=1)
        with pytest.raises(Unavailable):
            await store.fetch("SELECT pg_terminate_backend(pg_backend_pid())")
        rows = await store.fetch("SELECT 1 AS answer")
        await store.close()
        return rows[0]["answer"]

    assert asyncio.run(scenario()) == 1


def test_json_travels_as_values(database_url: str) -> None:
    """`jsonb` both ways, other languages included; `json` made by a statement stays text."""
    value = {"name": "李雷", "tags": ["vip", None], "weight": 1.5, "nested": {}}

    async def scenario() -> list[object]:
        store = await Store.open(database_url)
        rows = await store.fetch(
            "SELECT $1::jsonb AS value, '{\"a\":1}'::json AS text, 1.10::numeric AS amount", value
        )
        await store.close()
        return list(rows[0])

    assert asyncio.run(scenario()) == [value, '{"a":1}', Decimal("1.10")]


def test_the_session_is_set_for_short_statements(database_url: str) -> None:
    """Times in UTC, no jit, generic plans."""
    statement = """
        SELECT current_setting('TimeZone'), current_setting('jit'),
               current_setting('plan_cache_mode'), current_setting('client_encoding')
    """

    async def scenario() -> list[object]:
        store = await Store.open(database_url)
        rows = await store.fetch(statement)
        await store.close()
        return list(rows[0])

    assert asyncio.run(scenario()) == ["UTC", "off", "force_generic_plan", "UTF8"]


def test_giving_a_connection_back_asks_the_server_nothing(database_url: str) -> None:
    """A reset would have emptied the statements that the session has prepared."""

    async def scenario() -> object:
        store = await Store.open(database_url, max_connections=1)
        await store.fetch("SET application_name = 'kept'")
        rows = await store.fetch("SHOW application_name")
        await store.close()
        return rows[0][0]

    assert asyncio.run(scenario()) == "kept"


def test_a_transaction_that_fails_leaves_nothing(database_url: str) -> None:
    """Also not in the session that is used next."""
    insert = "INSERT INTO logged_interaction VALUES ('key', 'hash', 'id', now())"

    async def scenario() -> object:
        store = await Store.open(database_url, max_connections=1)
        with pytest.raises(asyncpg.UniqueViolationError):
            await _execute(store, insert, insert)
        rows = await store.fetch("SELECT count(*) FROM logged_interaction")
        await store.close()
        return rows[0][0]

    assert asyncio.run(scenario()) == 0


def test_a_transaction_that_was_left_open_is_rolled_back(database_url: str) -> None:
    """A caller's mistake does not reach the next caller."""

    async def scenario() -> object:
        store = await Store.open(database_url, max_connections=1)
        async with store.connection() as connection:
            await connection.execute("BEGIN")
            await connection.execute("CREATE TABLE left_open ()")
        rows = await store.fetch("SELECT to_regclass('left_open') IS NULL AS is_gone")
        await store.close()
        return rows[0]["is_gone"]

    assert asyncio.run(scenario()) is True


def test_a_missing_permission_is_refused(database_url: str) -> None:
    """It would not get better by trying again."""

    async def scenario() -> None:
        store = await Store.open(database_url)
        with pytest.raises(Refused, match="permission denied"):
            await _execute(store, "SET LOCAL ROLE pg_monitor", "SELECT * FROM customer")
        await store.close()

    asyncio.run(scenario())


def test_closing_does_not_wait_for_ever(database_url: str) -> None:
    """A statement that still runs is cut off."""

    async def scenario() -> None:
        store = await Store.open(database_url)
        task = asyncio.create_task(store.fetch("SELECT pg_sleep(60)"))
        await store.fetch("SELECT 1")
        await store.close(timeout_s=0.05)
        with pytest.raises(Unavailable):
            await task

    asyncio.run(scenario())
