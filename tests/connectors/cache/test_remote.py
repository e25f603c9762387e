"""Answers behind the memory: shared by replicas in a Redis, and never needed."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from connectors.cache.remote import RemoteShelf
from connectors.contract import Unavailable
from connectors.options import Keeping
from connectors.redis import RedisLink
from tests.connectors.cache.reading import Clock, Desk, Place, place
from tests.redis import REDIS_URL, needs_redis

A_MINUTE = Keeping(max_age_s=60, stale_if_error_s=600)
BEARER = "Bearer of-somebody-secret"


def shelf(url: str = REDIS_URL, **more: Any) -> RemoteShelf:
    """A second level; replicas with the same secret and release share it."""
    known = {"secret": b"s", "identities": {"desk": "settings"}, "release": "test", **more}
    return RemoteShelf(RedisLink.open(url, timeout_s=known.pop("timeout_s", 2)), **known)


@asynccontextmanager
async def replica(clock: Clock, remote: RemoteShelf, **more: Any) -> AsyncIterator[Place]:
    """A gateway with a desk of its own, which answers at once."""
    desk = Desk()
    desk.is_open.set()
    it = place(desk, keeping=A_MINUTE, remote=remote, clock=clock, **more)
    try:
        yield it
    finally:
        await it.federation.reader.close()


@pytest.fixture(autouse=True)
def _emptied() -> Iterator[None]:
    """Leaves nothing behind."""
    yield
    if REDIS_URL:
        asyncio.run(_empty())


async def _empty() -> None:
    link = RedisLink.open(REDIS_URL, timeout_s=2)
    await link.ask(lambda redis: redis.flushdb())
    await link.close()


async def settled(it: Place) -> None:
    """Wait until everything is in Redis."""
    await asyncio.gather(*it.federation.reader.keeper._chores)


@needs_redis
def test_a_second_replica_is_answered_from_what_the_first_keeps() -> None:
    """With the age that it has; and spared too, where the source is away."""

    async def run() -> None:
        clock, secret = Clock(), uuid4().bytes
        async with (
            replica(clock, shelf(secret=secret)) as one,
            replica(clock, shelf(secret=secret)) as two,
        ):
            await one.told()
            await settled(one)
            clock.now_s += 20
            session = two.session()
            assert await two.told(session) == [["version 1"]]
            account = session.accounts.by_source["desk"]
            assert (account.age_s, account.kept_count, two.desk.asked) == (20, 1, [])

            two.federation.reader.forget_all()
            two.desk.fault = Unavailable("desk", "gone")
            clock.now_s += 100
            assert await two.told() == [["version 1"]]

    asyncio.run(run())


@needs_redis
@pytest.mark.parametrize(
    "difference",
    [{"secret": uuid4().bytes}, {"release": "next"}, {"identities": {"desk": "another database"}}],
)
def test_other_secrets_releases_and_settings_share_nothing(difference: Any) -> None:
    """A new release never misreads what an old one kept."""

    async def run() -> None:
        clock, secret = Clock(), uuid4().bytes
        async with (
            replica(clock, shelf(secret=secret)) as one,
            replica(clock, shelf(**{"secret": secret, **difference})) as two,
        ):
            await one.told()
            await settled(one)
            await two.told()
            assert len(two.desk.asked) == 1

    asyncio.run(run())


@needs_redis
def test_what_changed_counts_no_more_in_any_replica() -> None:
    """Also for one whose memory never had it; what is kept afterwards does."""

    async def run() -> None:
        clock, secret = Clock(), uuid4().bytes
        async with (
            replica(clock, shelf(secret=secret)) as one,
            replica(clock, shelf(secret=secret)) as two,
            replica(clock, shelf(secret=secret)) as three,
        ):
            for customer_ref in ("ada", None):
                await one.told()
                await settled(one)
                await one.federation.invalidation.changed(
                    "desk", "ticket", customer_ref=customer_ref
                )
                await settled(one)
                two.federation.reader.forget_all()
                two.desk.version += 1
                await two.told()
                await settled(two)
                three.federation.reader.forget_all()
                assert await three.told() == [[f"version {two.desk.version}"]]
            assert len(two.desk.asked) == 2
            assert three.desk.asked == []

    asyncio.run(run())


@needs_redis
def test_neither_names_nor_values_hold_the_credentials_of_clients() -> None:
    """What is kept for one is not found by another; and it ends by itself."""

    async def run() -> None:
        clock, secret = Clock(), uuid4().bytes
        forwards = {"desk": frozenset({"authorization"})}
        link = RedisLink.open(REDIS_URL, timeout_s=2)
        before = set(await link.ask(lambda redis: redis.keys("customer360:*")))
        async with replica(clock, shelf(secret=secret), forwards=forwards) as it:
            await it.told(it.session(headers={"authorization": BEARER}))
            await settled(it)
            it.federation.reader.forget_all()
            await it.told(it.session(headers={"authorization": "Bearer of-another"}))
            await settled(it)
            assert len(it.desk.asked) == 2
        made = set(await link.ask(lambda redis: redis.keys("customer360:*"))) - before
        assert len(made) == 2
        values = await link.ask(lambda redis: redis.mget(made))
        assert "secret" not in repr([made, values])
        lives_s = [await link.ask(partial(_life, name=name)) for name in made]
        assert all(0 < each <= 660 for each in lives_s)
        await link.close()

    asyncio.run(run())


async def _life(redis: Redis, *, name: bytes | str) -> int:
    life_s: int = await redis.ttl(name)
    return life_s


@needs_redis
def test_a_redis_full_of_garbage_is_asked_around() -> None:
    """The source is asked, and the garbage replaced."""

    async def run() -> None:
        clock, secret = Clock(), uuid4().bytes
        link = RedisLink.open(REDIS_URL, timeout_s=2)
        before = set(await link.ask(lambda redis: redis.keys("customer360:*")))
        async with replica(clock, shelf(secret=secret)) as it:
            await it.told()
            await settled(it)
            (name,) = set(await link.ask(lambda redis: redis.keys("customer360:*"))) - before
            await link.ask(lambda redis: redis.set(name, b"\xff garbage", ex=60))
            it.federation.reader.forget_all()
            assert await it.told() == [["version 1"]]
            assert len(it.desk.asked) == 2
        await link.close()

    asyncio.run(run())


@pytest.mark.parametrize("is_mute", [False, True])
def test_without_its_redis_the_gateway_keeps_in_memory(is_mute: bool) -> None:  # noqa: FBT001
    """One that is down or says nothing costs milliseconds once, and no answer."""

    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
            if not is_mute:
                server.close()
            async with replica(Clock(), shelf(url, timeout_s=0.02)) as it:
                assert await it.told() == [["version 1"]]
                assert await it.told() == [["version 1"]]
                await it.federation.invalidation.changed("desk", "ticket")
                it.desk.version = 2
                assert await it.told() == [["version 2"]]
                assert len(it.desk.asked) == 2

    asyncio.run(run())
