"""Pulls beside each other, killed, adopted on the way, and in the background."""

import asyncio
import signal
import subprocess
import sys

import pytest

from connectors.contract import Malformed, Unavailable
from connectors.sync import backoff_s
from tests.connectors.scanned import ScannedSource
from tests.connectors.synced import Synced, crm, shop, with_sync

_DOWN = Unavailable("crm", "crm is down: start it.", retry_after_s=7)


def test_one_process_pulls_a_source_at_a_time(database_url: str) -> None:
    """The second is told, and another source is not held up."""

    async def story(it: Synced) -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def wait(_place: int) -> None:
            begun.set()
            await go_on.wait()

        slow, orders = crm(before_page=wait), shop()
        sync = it.sync(slow, orders)
        first = asyncio.create_task(sync.sync_source("crm"))
        await begun.wait()

        second = await sync.sync_source("crm")
        other = await sync.sync_source("shop")
        go_on.set()
        done = await first
        again = await sync.sync_source("crm")

        assert (second.is_busy, second.entities) == (True, ())
        assert other.is_complete
        assert (done.is_busy, again.is_busy) == (False, False)

    with_sync(database_url, story)


def test_a_pull_that_is_cancelled_makes_room_for_the_next(database_url: str) -> None:
    """The lock is given back, and the pages that were stored stay."""

    async def story(it: Synced) -> None:
        begun = asyncio.Event()

        async def hang(place: int) -> None:
            if place:
                begun.set()
                await asyncio.Event().wait()

        source = crm(before_page=hang)
        sync = it.sync(source)
        pull = asyncio.create_task(sync.sync_source("crm"))
        await begun.wait()
        pull.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pull

        assert await it.ids("customer_record") == ["1", "2"]
        assert not (await it.sync(crm()).sync_source("crm")).is_busy

    with_sync(database_url, story)


@pytest.mark.parametrize("source", ["crm", "shop"])
def test_nothing_is_lost_or_doubled_by_a_kill(database_url: str, source: str) -> None:
    """A process that is killed between two pages is followed by one that finishes its work."""
    command = [sys.executable, "-m", "tests.connectors.sync_process", database_url, source, "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own script
    assert process.stdout is not None
    assert process.stdout.readline() == "stopped\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    async def story(it: Synced) -> None:
        table = {"crm": "customer_record", "shop": "purchase"}[source]
        half = await it.ids(table)
        again = {"crm": crm, "shop": shop}[source]()
        # PostgreSQL may not have noticed yet that the process is gone, and tells nobody when.
        while (await it.sync(again).sync_source(source)).is_busy:  # noqa: ASYNC110  # as said
            await asyncio.sleep(0.01)

        assert half == ["1", "2"]
        assert await it.ids(table) == ["1", "2", "3"]
        assert again.scans[-1] == (table, {"place": 2})
        customers = await it.store.fetch("SELECT id FROM customer")
        assert len(customers) == (3 if source == "crm" else 0)

    with_sync(database_url, story, first_id=100)


def test_one_record_is_adopted_on_the_way(database_url: str) -> None:
    """It is fetched live and indexed as if it had been pulled; a second time changes nothing."""

    async def story(it: Synced) -> None:
        source = crm()
        sync = it.sync(source)

        assert await sync.adopt("crm", "2")
        assert await sync.adopt("crm", "2")
        assert not await sync.adopt("crm", "nobody")
        assert not await sync.adopt("unknown", "2")

        assert await it.customers() == {"crm:2": 1}
        source.put("customer_record", "4", kind="PERSON", name="a\0b")
        with pytest.raises(Malformed):
            await sync.adopt("crm", "4")
        source.failure = _DOWN
        with pytest.raises(Unavailable):
            await sync.adopt("crm", "3")

    with_sync(database_url, story)


def test_the_background_pulls_every_source_and_outlives_failures(database_url: str) -> None:
    """A dead source is asked ever more rarely and heals; a defect in one does not stop others."""

    async def story(it: Synced) -> None:
        dead, orders, broken = crm(failure=_DOWN), shop(), ScannedSource("desk")
        broken.put("no_such_entity", "1")
        broken.put("customer_record", "1", colour="red")
        waits: list[float] = []
        enough = asyncio.Event()

        async def sleep(seconds: float) -> None:
            waits.append(seconds)
            if waits.count(7) == 2:
                dead.failure = None
            if 3 in waits and 5 in waits:
                enough.set()
            await asyncio.sleep(0)

        sync = it.sync(dead, orders, broken, sleep=sleep)
        task = asyncio.create_task(sync.run_forever({"crm": 3, "shop": 5, "desk": 11}))
        await enough.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await it.ids("customer_record", "source = 'crm'") == ["1", "2", "3"]
        assert await it.ids("purchase") == ["1", "2", "3"]

    with_sync(database_url, story)


def test_pauses_double_up_to_a_limit() -> None:
    """The limit is a minute, or the interval where that is longer."""
    assert [backoff_s(count, 30) for count in (1, 2, 3, 6, 999)] == [2, 4, 8, 60, 60]
    assert backoff_s(999, 300) == 300
