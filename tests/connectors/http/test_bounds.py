"""What one answer may cost: bytes, memory, time and connections, over real sockets."""

import asyncio
import contextlib
import gc
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.contract import Malformed, SourceError, TimedOut, Unavailable
from tests.connectors.http.rude import Connection, rude
from tests.connectors.rest.opening import everything, opened, tickets

LIST = tickets(list={"path": "/tickets", "items": "data"})
GIGABYTE = 1_000_000_000
MAX_BYTES = 2_000_000
OK = b"HTTP/1.1 200 OK\r\n"
EMPTY = OK + b'Content-Length: 11\r\n\r\n{"data":[]}'


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@contextlib.contextmanager
def _memory() -> Iterator[list[int]]:
    """The most memory that was taken in the block, in bytes, once it is over."""
    gc.collect()
    tracemalloc.start()
    peak: list[int] = []
    try:
        yield peak
        peak.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


async def _refused(url: str) -> str:
    async with opened(LIST, base_url=url, max_response_bytes=MAX_BYTES) as source:
        with pytest.raises(Malformed) as caught:
            await source.fetch(everything())
    return caught.value.message


def _streamed(head: bytes, chunk: bytes) -> tuple[str, Connection, int]:
    """What is said about a gigabyte that comes as fast as it is read, and what it cost."""
    tasks: set[asyncio.Task[None]] = set()

    def behave(connection: Connection) -> None:
        connection.write(head)
        tasks.add(asyncio.create_task(connection.stream(chunk, up_to=GIGABYTE)))

    async def run() -> tuple[str, Connection]:
        async with rude(behave) as (url, connections):
            message = await _refused(url)
            async with asyncio.timeout(5):
                await connections[0].is_closed.wait()
            await asyncio.gather(*tasks)
        return message, connections[0]

    with _memory() as peak:
        message, connection = asyncio.run(run())
    return message, connection, peak[0]


def test_an_answer_of_a_gigabyte_is_left_at_the_limit() -> None:
    """No more is read than the limit and what sockets hold, and the connection is closed."""
    head = OK + b"Transfer-Encoding: chunked\r\n\r\n"

    message, connection, peak = _streamed(head, _chunk(b" " * 65_536))

    assert f"with more than {MAX_BYTES} bytes" in message
    assert connection.sent < MAX_BYTES + 16_000_000
    assert peak < 4 * MAX_BYTES


def test_a_small_answer_that_unpacks_to_a_gigabyte_is_left_at_the_limit() -> None:
    """It is unpacked in pieces: a thousandfold of what came is never in memory."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    begin = packing.compress(b" ") + packing.flush(zlib.Z_FULL_FLUSH)
    packing.compress(b" " * 1_000_000)
    block = packing.flush(zlib.Z_FULL_FLUSH)
    head = OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + _chunk(begin)

    message, connection, peak = _streamed(head, _chunk(block * 60))

    assert f"with more than {MAX_BYTES} bytes" in message
    assert connection.sent < 8_000_000
    assert peak < 4 * MAX_BYTES


def test_an_answer_that_says_that_it_is_too_large_is_not_read() -> None:
    """Its length is in its head."""
    head = OK + b"Content-Length: %d\r\n\r\n" % GIGABYTE

    message, connection, peak = _streamed(head, b" " * 65_536)

    assert f"with more than {MAX_BYTES} bytes" in message
    assert connection.sent < 16_000_000
    assert peak < MAX_BYTES


def test_a_head_without_an_end_is_unavailable() -> None:
    """Header after header: given up long before the memory is full."""
    tasks: set[asyncio.Task[None]] = set()

    def behave(connection: Connection) -> None:
        connection.write(OK)
        tasks.add(asyncio.create_task(connection.stream(b"X-More: 1\r\n" * 1000, up_to=GIGABYTE)))

    async def run() -> tuple[SourceError, int]:
        async with rude(behave) as (url, connections), opened(LIST, base_url=url) as source:
            with pytest.raises(SourceError) as caught:
                await source.fetch(everything())
            await asyncio.gather(*tasks)
        return caught.value, connections[0].sent

    error, sent = asyncio.run(run())

    assert type(error) is Unavailable
    assert sent < 16_000_000


def test_who_stops_waiting_gives_the_connection_back() -> None:
    """A cancelled question closes its connection, and the next one gets through."""
    silent = True

    def behave(connection: Connection) -> None:
        connection.write(OK if silent else EMPTY)

    async def run() -> int:
        nonlocal silent
        settings: dict[str, Any] = {"limits": {"concurrent": 1}}
        async with (
            rude(behave) as (url, connections),
            opened(LIST, base_url=url, **settings) as source,
        ):
            for _ in range(5):
                asking = asyncio.create_task(source.fetch(everything()))
                await asyncio.sleep(0.02)
                asking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking
            async with asyncio.timeout(5):
                for connection in connections:
                    await connection.is_closed.wait()
            silent = False
            await source.fetch(everything(timeout_s=5))
            return len(connections)

    assert asyncio.run(run()) == 6


def test_questions_in_turn_share_one_connection() -> None:
    """An answer that was read whole leaves its connection for the next."""

    async def run() -> int:
        async with (
            rude(lambda connection: connection.write(EMPTY)) as (url, connections),
            opened(LIST, base_url=url) as source,
        ):
            for _ in range(3):
                await source.fetch(everything())
            return len(connections)

    assert asyncio.run(run()) == 1


def test_the_wait_for_a_turn_counts_as_time_of_the_question() -> None:
    """One call at a time, which is taken: who has 0.2 s is told after 0.2 s, and asks nothing."""

    async def run() -> tuple[float, int]:
        settings: dict[str, Any] = {"limits": {"concurrent": 1}}
        async with (
            rude(lambda _: None) as (url, connections),
            opened(LIST, base_url=url, **settings) as source,
        ):
            first = asyncio.create_task(source.fetch(everything()))
            await asyncio.sleep(0.05)
            began = asyncio.get_running_loop().time()
            with pytest.raises(TimedOut):
                await source.fetch(everything(timeout_s=0.2))
            took_s = asyncio.get_running_loop().time() - began
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            return took_s, len(connections)

    took_s, count = asyncio.run(run())

    assert took_s < 2
    assert count == 1


def test_a_source_that_falls_silent_is_left_before_its_time_is_up() -> None:
    """`read_timeout_s` is for each silence, `timeout_s` for the whole."""

    def behave(connection: Connection) -> None:
        connection.write(OK + b"Content-Length: 100\r\n\r\n ")

    async def run() -> SourceError:
        async with (
            rude(behave) as (url, _),
            opened(LIST, base_url=url, read_timeout_s=0.1, timeout_s=60) as source,
        ):
            with pytest.raises(SourceError) as caught:
                await source.fetch(everything(timeout_s=60))
        return caught.value

    error = asyncio.run(run())

    assert type(error) is TimedOut
    assert "sent nothing for longer than it may" in error.message
