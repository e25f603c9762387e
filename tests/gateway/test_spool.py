"""Documents that are streamed through the gateway, over real sockets."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import psutil  # type: ignore[import-untyped]  # it has no types
import pytest
from starlette.applications import Starlette

from connectors.contract import DocumentContent, Unavailable
from gateway.download import download_route, link_for
from gateway.spool import Room
from tests.serving import serving

KEY = b"0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIB = 1024 * 1024


@dataclass
class Flow:
    """A source's stream of `count` chunks, that fails after them if it shall, or waits."""

    count: int
    chunk: bytes = b"x" * 1000
    failure: Exception | None = None
    waits: bool = False
    given: int = 0
    closed: int = 0

    def __aiter__(self) -> "Flow":
        return self

    async def __anext__(self) -> bytes:
        if self.given < self.count:
            self.given += 1
            return self.chunk
        if self.waits:
            await asyncio.sleep(60)
        if self.failure:
            raise self.failure
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Count it."""
        self.closed += 1


@dataclass
class Source:
    """A source of one document."""

    flow: Flow
    size_bytes: int | None = None
    asked: list[str] = field(default_factory=list)

    async def open_document(self, record_id: str) -> DocumentContent | None:
        """The stream."""
        self.asked.append(record_id)
        return DocumentContent(
            name="a.bin",
            media_type="application/x-a",
            size_bytes=self.size_bytes,
            body=self.flow,
        )


def room(folder: Path, **limits: float) -> Room:
    """Room of a megabyte, unless it is said otherwise."""
    given = {"max_bytes": MIB, "room_bytes": 2 * MIB, "source_timeout_s": 10, "client_timeout_s": 5}
    return Room(folder=folder / "downloads", **{**given, **limits})  # type: ignore[arg-type]  # numbers


@contextmanager
def gateway(source: Source, space: Room) -> Iterator[str]:
    """The address of the document on a real server."""
    route = download_route({"s": source}, key=KEY, now=lambda: NOW, room=space)
    with serving(Starlette(routes=[route])) as url:
        yield link_for("s", "a", key=KEY, now=NOW, base_url=url)


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, for at most five seconds."""
    until = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("size_bytes", [5000, None])
def test_a_source_that_fails_in_the_midst_breaks_the_transfer(
    tmp_path: Path, size_bytes: int | None
) -> None:
    """Whether the length was known or not, no client takes the part for the whole."""
    flow = Flow(count=3, failure=Unavailable("s", "gone"))
    with (
        gateway(Source(flow, size_bytes), room(tmp_path)) as url,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        httpx2.get(url)

    assert flow.closed == 1


@pytest.mark.parametrize("count", [2, 6])
def test_a_document_of_another_length_than_was_said_breaks_the_transfer(
    tmp_path: Path, count: int
) -> None:
    """Too short and too long alike."""
    flow = Flow(count=count)
    with (
        gateway(Source(flow, 5000), room(tmp_path)) as url,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        httpx2.get(url)


@pytest.mark.parametrize("failure", [Unavailable("s", "down"), OSError("strange")])
def test_a_source_that_fails_before_the_first_byte_is_a_problem(
    tmp_path: Path, failure: Exception
) -> None:
    """Nothing was sent yet, so that the client can be told."""
    source = Source(Flow(count=0, failure=failure))
    with gateway(source, room(tmp_path)) as url:
        answer = httpx2.get(url)

    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == Unavailable("s", "").client_message


def test_a_document_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    """By the length that the source tells."""
    flow = Flow(count=9999)
    with gateway(Source(flow, 9_999_000), room(tmp_path)) as url:
        answer = httpx2.get(url)

    assert (answer.status_code, flow.given, flow.closed) == (502, 0, 1)


def test_a_document_that_turns_out_too_large_breaks_the_transfer(tmp_path: Path) -> None:
    """Where the source tells no length, the limit is met on the way."""
    flow = Flow(count=9999)
    with (
        gateway(Source(flow), room(tmp_path, max_bytes=10_000)) as url,
        pytest.raises((httpx2.RemoteProtocolError, httpx2.HTTPStatusError)),
    ):
        httpx2.get(url).raise_for_status()

    assert flow.given == 11
    assert flow.closed == 1


def test_a_document_of_no_bytes_is_whole(tmp_path: Path) -> None:
    """Nothing to send is no failure."""
    with gateway(Source(Flow(count=0), 0), room(tmp_path)) as url:
        answer = httpx2.get(url)

    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")


def test_a_document_comes_whole_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """With its headers; the file that it was in has no name, and its room is free again."""
    source = Source(Flow(count=5), 5000)
    with gateway(source, room(tmp_path, room_bytes=5000)) as url:
        answers = [httpx2.get(url)]
        source.flow = Flow(count=5)
        answers.append(httpx2.get(url))

    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].content == b"x" * 5000
    assert answers[0].headers["content-length"] == "5000"
    assert answers[0].headers["content-type"] == "application/x-a"
    assert answers[0].headers["content-disposition"].startswith('attachment; filename="a.bin"')
    assert list((tmp_path / "downloads").iterdir()) == []


def test_head_reads_nothing(tmp_path: Path) -> None:
    """The stream is closed as it came."""
    flow = Flow(count=5)
    with gateway(Source(flow, 5000), room(tmp_path)) as url:
        answer = httpx2.head(url)

    assert (answer.status_code, answer.headers["content-length"]) == (200, "5000")
    assert (flow.given, flow.closed) == (0, 1)


def test_where_there_is_no_room_the_client_is_told_when_to_come_back(tmp_path: Path) -> None:
    """One document takes all of it; once its client has gone, there is room again."""
    flow = Flow(count=2, waits=True)
    source = Source(flow, 5000)
    with gateway(source, room(tmp_path, room_bytes=6000)) as url:
        with httpx2.stream("GET", url) as first:
            assert first.status_code == 200
            second = httpx2.get(url)
        source.flow = Flow(count=5)
        eventually(lambda: httpx2.get(url).status_code == 200)

    assert (second.status_code, second.headers["retry-after"]) == (503, "5")


def test_a_client_that_leaves_stops_the_source(tmp_path: Path) -> None:
    """Nobody reads on for nobody."""
    flow = Flow(count=2, waits=True)
    with gateway(Source(flow, 5000), room(tmp_path)) as url:
        with httpx2.stream("GET", url):
            assert flow.closed == 0

        eventually(lambda: flow.closed == 1)


def test_a_slow_client_does_not_hold_the_source(tmp_path: Path) -> None:
    """The source has given all, and is closed, before the client took more than a little."""
    flow = Flow(count=32, chunk=b"x" * MIB)
    space = room(tmp_path, max_bytes=32 * MIB, room_bytes=32 * MIB)
    with gateway(Source(flow, 32 * MIB), space) as url, httpx2.stream("GET", url) as answer:
        chunks = answer.iter_raw()
        count = len(next(chunks))

        eventually(lambda: flow.closed == 1)
        assert flow.given == 32
        count += sum(map(len, chunks))

    assert count == 32 * MIB


def test_a_client_that_takes_nothing_is_left(tmp_path: Path) -> None:
    """After a while its file and its room are given back."""
    source = Source(Flow(count=32, chunk=b"x" * MIB), 32 * MIB)
    space = room(tmp_path, max_bytes=32 * MIB, room_bytes=32 * MIB, client_timeout_s=0.2)
    with gateway(source, space) as url:
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname, parts.port)) as client:
            client.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            eventually(lambda: source.flow.closed == 1)
            source.flow = Flow(count=32, chunk=b"x" * MIB)

            eventually(lambda: httpx2.get(url).status_code == 200)


def test_a_source_that_takes_too_long_is_broken_off(tmp_path: Path) -> None:
    """However it trickles."""
    flow = Flow(count=1, waits=True)
    with (
        gateway(Source(flow, 5000), room(tmp_path, source_timeout_s=0.2)) as url,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        httpx2.get(url)


def test_memory_stays_flat_while_a_gigabyte_passes(tmp_path: Path) -> None:
    """Every byte is counted at the client; this process holds both ends."""
    size = 1024 * MIB
    flow = Flow(count=1024, chunk=b"x" * MIB)
    space = room(tmp_path, max_bytes=size, room_bytes=size)
    memory = psutil.Process().memory_info
    before, most, count = memory().rss, 0, 0
    with gateway(Source(flow, size), space) as url, httpx2.stream("GET", url) as answer:
        for place, chunk in enumerate(answer.iter_raw()):
            count += len(chunk)
            if place % 100 == 0:
                most = max(most, memory().rss)

    assert count == size
    assert most - before < 100 * MIB
