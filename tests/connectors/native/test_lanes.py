"""Lending connections: bounded, in turn, and never one that died."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from connectors.errors import TimedOut, Unavailable
from connectors.native.lanes import Lanes
from connectors.native.store import Store, driver_url

PID = "SELECT pg_backend_pid()"


async def _pid(store: Store) -> int:
    pid: int = (await store.fetch(PID))[0][0]
    return pid


async def _sleepers(store: Store) -> int:
    rows = await store.fetch(
        "SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE 'SELECT pg_sleep%' AND state = 'active'"
    )
    return len(rows)


def _with_store(url: str, scenario: Callable[[Store], Awaitable[None]], *, limit: int) -> None:
    async def run() -> None:
        store = await Store.open(url, max_connections=limit)
        try:
            await scenario(store)
        finally:
            await store.close()

    asyncio.run(run())


def test_a_statement_that_takes_too_long_is_cancelled_on_the_server(database_url: str) -> None:
    """Its connection stays, and answers the next statement."""

    async def scenario(store: Store) -> None:
        before = await _pid(store)

        with pytest.raises(TimedOut):
            await store.fetch("SELECT pg_sleep(60)", timeout_s=0.05)

        assert await _pid(store) == before
        assert await _sleepers(store) == 0

    _with_store(database_url, scenario, limit=1)


def test_the_time_may_be_bounded_by_the_caller(database_url: str) -> None:
    """Then the statement ends with the caller's patience."""

    async def scenario(store: Store) -> None:
        before = await _pid(store)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await store.fetch("SELECT pg_sleep(60)", timeout_s=None)

        assert await _pid(store) == before

    _with_store(database_url, scenario, limit=1)


def test_a_statement_that_is_wrong_costs_no_connection(database_url: str) -> None:
    """The failure is the caller's, the connection goes on."""

    async def scenario(store: Store) -> None:
        before = await _pid(store)

        with pytest.raises(asyncpg.DivisionByZeroError):
            await store.fetch("SELECT 1 / 0")

        assert await _pid(store) == before

    _with_store(database_url, scenario, limit=1)


def test_many_questions_share_few_connections(database_url: str) -> None:
    """Those that find none free wait for their turn."""

    async def scenario(store: Store) -> None:
        pids = await asyncio.gather(*(_pid(store) for _ in range(40)))

        assert len(set(pids)) == 2

    _with_store(database_url, scenario, limit=2)


def test_who_came_first_is_served_first(database_url: str) -> None:
    """Also before one that comes while the connection changes hands."""

    async def scenario(store: Store) -> None:
        order: list[int] = []

        async def ask(number: int) -> None:
            await store.fetch("SELECT 1")
            order.append(number)

        async with store.connection():
            waiting = [asyncio.create_task(ask(number)) for number in range(5)]
            await asyncio.sleep(0)
        late = asyncio.create_task(ask(5))
        await asyncio.gather(*waiting, late)

        assert order == [0, 1, 2, 3, 4, 5]

    _with_store(database_url, scenario, limit=1)


def test_who_gives_up_waiting_does_not_take_a_connection_along(database_url: str) -> None:
    """Not even at the moment when it was given one."""

    async def scenario(store: Store) -> None:
        async with store.connection():
            waiting = asyncio.create_task(store.fetch("SELECT 1"))
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])

        assert waiting.cancelled()
        assert len(await store.fetch("SELECT 1")) == 1

    _with_store(database_url, scenario, limit=1)


def test_connections_that_die_while_they_are_idle_are_replaced(database_url: str) -> None:
    """Nobody notices: the next statement gets a fresh one."""

    async def scenario(store: Store) -> None:
        pid = await _pid(store)
        other = await asyncpg.connect(driver_url(database_url))
        await other.execute("SELECT pg_terminate_backend($1, 5000)", pid)
        await other.close()
        await asyncio.sleep(0.05)

        assert await _pid(store) != pid

    _with_store(database_url, scenario, limit=1)


def test_a_connection_that_cannot_be_made_leaves_its_place_to_others() -> None:
    """Each failure is told to the one that it happened to; nobody waits for ever."""

    async def refuse() -> asyncpg.Connection:
        await asyncio.sleep(0)
        raise ConnectionRefusedError

    async def scenario() -> list[object]:
        lanes = Lanes(refuse, limit=1)
        return list(await asyncio.gather(*(lanes.take() for _ in range(3)), return_exceptions=True))

    assert [type(each) for each in asyncio.run(scenario())] == [ConnectionRefusedError] * 3


def test_connections_that_are_not_needed_are_closed(database_url: str) -> None:
    """A peak does not hold its connections for ever; what is used stays."""

    async def scenario() -> list[int]:
        lanes = Lanes(lambda: asyncpg.connect(driver_url(database_url)), limit=3)
        for each in [await lanes.take() for _ in range(3)]:
            lanes.give(each)
        lanes._sweep()
        lanes.give(await lanes.take())
        lanes._sweep()
        await asyncio.gather(*lanes._tasks)
        counts = [len(lanes._idle), len(lanes._open)]
        await lanes.close()
        return counts

    assert asyncio.run(scenario()) == [1, 1]


def test_a_closed_store_answers_nothing(database_url: str) -> None:
    """Neither new questions nor those that waited for a connection."""

    async def scenario() -> None:
        store = await Store.open(database_url, max_connections=1)
        async with store.connection():
            waiting = asyncio.create_task(store.fetch("SELECT 1"))
            closing = asyncio.create_task(store.close())
            with pytest.raises(Unavailable, match="closed"):
                await waiting
        await closing
        with pytest.raises(Unavailable, match="closed"):
            await store.fetch("SELECT 1")

    asyncio.run(scenario())
