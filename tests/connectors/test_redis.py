"""The way to Redis: an answer in time, or word at once that there is none."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import Redis

from connectors.redis import RedisAway, RedisLink
from tests.redis import REDIS_URL, needs_redis


def at(url: str, story: Callable[[RedisLink], Awaitable[None]], *, timeout_s: float = 0.05) -> None:
    """A story with a link to the Redis at a URL."""

    async def run() -> None:
        link = RedisLink.open(url, timeout_s=timeout_s)
        try:
            await story(link)
        finally:
            await link.close()

    asyncio.run(run())


@needs_redis
def test_a_redis_that_is_there_is_asked() -> None:
    """What the work gives is the answer."""

    async def story(link: RedisLink) -> None:
        name = "customer360-test:link"
        await link.ask(lambda redis: redis.set(name, "你好", ex=5))
        assert await link.ask(lambda redis: redis.get(name)) == "你好".encode()
        assert await link.ask(lambda redis: redis.delete(name)) == 1

    at(REDIS_URL, story, timeout_s=2)


def test_a_redis_that_is_down_is_left_alone() -> None:
    """The first question finds out; the next ones are told without a try."""
    tries: list[str] = []

    async def work(redis: Redis) -> None:
        tries.append("x")
        await redis.get("x")

    async def story(link: RedisLink) -> None:
        for _ in range(3):
            with pytest.raises(RedisAway):
                await link.ask(work)
        assert link.is_resting

    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        at(f"redis://127.0.0.1:{closed.getsockname()[1]}/0", story)

    assert tries == ["x"]


def test_a_redis_that_never_answers_costs_its_timeout_once() -> None:
    """It takes the connection and says nothing."""

    async def story(link: RedisLink) -> None:
        with pytest.raises(RedisAway):
            await link.ask(lambda redis: redis.get("x"))
        assert link.is_resting

    with socket.create_server(("127.0.0.1", 0)) as mute:
        at(f"redis://127.0.0.1:{mute.getsockname()[1]}/0", story)


def test_a_server_that_is_no_redis_is_away() -> None:
    """It speaks HTTP."""

    async def run() -> None:
        async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            link = RedisLink.open(f"redis://127.0.0.1:{port}/0", timeout_s=1)
            with pytest.raises(RedisAway):
                await link.ask(lambda redis: redis.get("x"))
            await link.close()

    asyncio.run(run())
