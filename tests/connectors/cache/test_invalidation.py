"""What changed is dropped in every process on the store, and nothing stays that nobody heard of."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from connectors.cache.invalidation import Invalidation
from connectors.contract import Unavailable
from connectors.federation import Mode
from connectors.native.notice import Listener, tell
from connectors.native.store import Store
from connectors.options import Keeping
from tests.connectors.cache.reading import OF_ADA, OF_BOB, Desk, Place, place, until
from tests.connectors.federated import ADA

AN_HOUR = Keeping(max_age_s=3600)
TERMINATE = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND query ILIKE 'LISTEN%'"
)


@asynccontextmanager
async def process(store: Store) -> AsyncIterator[Place]:
    """A gateway on the store that hears the others."""
    desk = Desk()
    desk.is_open.set()
    it = place(desk, keeping=AN_HOUR)
    it.federation.invalidation = Invalidation(it.federation.reader, tell=partial(tell, store))
    begun = asyncio.Event()

    def missed() -> None:
        it.federation.invalidation.missed()
        begun.set()

    listener = Listener(
        store.apart, heard=it.federation.invalidation.heard, missed=missed, first_pause_s=0.01
    )
    listening = asyncio.create_task(listener.listen())
    await begun.wait()
    try:
        yield it
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        await it.federation.reader.close()


def test_a_change_is_heard_by_the_other_processes(database_url: str) -> None:
    """By customer, or for all of an entity; the one that tells keeps what it learns after that."""

    async def run() -> None:
        store = await Store.open(database_url)
        async with process(store) as one, process(store) as two:
            for it in (one, two):
                await it.told(keys=OF_ADA + OF_BOB)
                it.desk.version = 2
            await one.federation.invalidation.changed("desk", "ticket", customer_ref="ada")
            assert await one.told(keys=OF_ADA + OF_BOB) == [["version 2"], ["version 1"]]
            await until(lambda: len(two.federation.reader.keeper._shelf) == 1)
            assert await two.told(keys=OF_ADA + OF_BOB) == [["version 2"], ["version 1"]]

            await two.federation.invalidation.changed("desk", "ticket")
            await until(lambda: len(one.federation.reader.keeper._shelf) == 0)
        await store.close()

    asyncio.run(run())


def test_after_a_lost_connection_nothing_is_kept_and_changes_are_heard_again(
    database_url: str,
) -> None:
    """Notices may have been lost meanwhile."""

    async def run() -> None:
        store = await Store.open(database_url)
        async with process(store) as it:
            await it.told()
            assert len(it.federation.reader.keeper._shelf) == 1
            await store.fetch(TERMINATE)
            await until(lambda: len(it.federation.reader.keeper._shelf) == 0)

            await it.told()
            other = Invalidation(it.federation.reader, tell=partial(tell, store))
            await other._tell('["another","desk","ticket",null]')
            await until(lambda: len(it.federation.reader.keeper._shelf) == 0)
        await store.close()

    asyncio.run(run())


def test_others_that_cannot_be_told_cost_nothing_here() -> None:
    """The store is down: what is kept here is dropped all the same."""

    async def run() -> None:
        async def fail(_text: str) -> None:
            raise Unavailable("native", "no database")

        desk = Desk()
        desk.is_open.set()
        it = place(desk, keeping=AN_HOUR)
        await it.told()
        await Invalidation(it.federation.reader, tell=fail).changed("desk", "ticket")
        await it.told()
        assert len(desk.asked) == 2

    asyncio.run(run())


def test_what_another_release_says_is_taken_for_a_change_of_everything() -> None:
    """It cannot be read, so that nothing is certain."""

    async def run() -> None:
        desk = Desk()
        desk.is_open.set()
        it = place(desk, keeping=AN_HOUR)
        for text in ("garbage", '{"another": "form"}', '["too", "few"]'):
            await it.told()
            it.federation.invalidation.heard(text)
        await it.told()
        assert len(desk.asked) == 4

    asyncio.run(run())


def test_who_wrote_is_not_given_what_was_kept_before() -> None:
    """The record is ours; what live sources keep of this entity of its customer is dropped."""

    async def run() -> None:
        desk = Desk()
        desk.is_open.set()
        own = {"record_id": "9", "customer_id": ADA, "subject": "ours"}
        modes = {("native", "ticket"): Mode.SYNCED}
        it = place(desk, keeping=AN_HOUR, tickets=[own], modes=modes)
        session = it.session()
        assert await it.told(session, OF_ADA + OF_BOB) == [["ours", "version 1"], ["version 1"]]
        desk.version = 2
        await session.changed("ticket", ("native", "9"))
        assert await it.told(session, OF_ADA + OF_BOB) == [["ours", "version 2"], ["version 1"]]

        desk.version = 3
        await session.changed("ticket", ("native", "unknown"))
        assert await it.told(session, OF_ADA + OF_BOB) == [["ours", "version 3"], ["version 3"]]

    asyncio.run(run())
