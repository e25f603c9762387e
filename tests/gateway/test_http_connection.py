"""What only raw bytes can do: slow requests, large heads, and two requests that look like one."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from gateway.config.settings import Server
from gateway.http.door import GraphQL
from gateway.http_server import Door, HttpServer
from gateway.readiness import Readiness
from resolvers.request import Request
from tests.gateway.http.recorder import DATA, Recorder

BODY = b'{"query":"{ok}"}'
HEAD = b"POST /graphql HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: 16\r\n\r\n" + BODY
SMUGGLED = b"POST /graphql HTTP/1.1\r\nHost: g\r\nX: y\r\n\r\n"
LIMITS = Server(header_timeout_s=0.3, max_header_bytes=2000)


@asynccontextmanager
async def _answering(engine: Recorder, settings: Server) -> AsyncIterator[int]:
    """The port of a server of the gateway's own kind."""
    started = asyncio.Event()

    async def when_started() -> None:
        started.set()

    door = Door(GraphQL(engine=engine, patience_s=0.3))
    server = HttpServer(door, settings, readiness=Readiness(), when_started=when_started)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        await started.wait()
        try:
            yield listening.getsockname()[1]
        finally:
            server.stop()
            await running


def _received(
    *pieces: bytes, every_s: float = 0.0, settings: Server = LIMITS
) -> tuple[bytes, Sequence[Request]]:
    """All that comes back until the server closes, and what was executed.

    With `every_s` one piece is sent after the other, slowly; what cannot be sent is not.
    """
    engine = Recorder()

    async def send(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every_s)

    async def run() -> bytes:
        async with _answering(engine, settings) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            sending = asyncio.create_task(send(writer))
            received = b""
            try:
                async with asyncio.timeout(20):
                    while piece := await reader.read(65536):
                        received += piece
            except ConnectionError:
                # What came before is there all the same.
                pass
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
                writer.close()
        return received

    return asyncio.run(run()), engine.requests


def _drops(text: bytes) -> tuple[bytes, ...]:
    return tuple(bytes([each]) for each in text)


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        pytest.param((), b"", id="nothing"),
        pytest.param(_drops(b"\r\n" * 200), b"", id="empty lines"),
        pytest.param(_drops(HEAD), b"408", id="a head that comes in drops"),
        pytest.param((HEAD + b"X-", *_drops(b"a" * 300)), b"408", id="one header without end"),
        pytest.param(
            (HEAD + b"Content-Length: 400\r\n\r\n", *_drops(b"a" * 400)), b"408", id="a slow body"
        ),
        pytest.param(
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *(b"1\r\na\r\n",) * 300),
            b"408",
            id="slow chunks",
        ),
        pytest.param(
            (b"GET / HTTP/1.1\r\nHost: g\r\nContent-Length: 400\r\n\r\n", *_drops(b"a" * 400)),
            b"400",
            id="a slow body that nobody reads",
        ),
    ],
)
def test_who_is_slow_is_not_waited_for(pieces: Sequence[bytes], status: bytes) -> None:
    """The connection is closed in time, however steadily something comes."""
    received, requests = _received(*pieces, every_s=0.01)

    assert received[9:12] == status
    assert requests == []


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"X: " + b"a" * 1_000_000 + b"\r\n", id="a header of 1 MB"),
        pytest.param(b"X: " + b"a" * 2_100 + b"\r\n", id="a header just too large"),
        pytest.param(b"".join(b"X%d: 1\r\n" % each for each in range(120)), id="120 headers"),
        pytest.param(b"X" * 5_000 + b": 1\r\n", id="a name of 5 kB"),
    ],
)
def test_a_large_head_is_refused(head: bytes) -> None:
    """With 431, or by closing while it still comes."""
    received, requests = _received(HEAD + head + b"Content-Length: 16\r\n\r\n" + BODY)

    assert received[9:12] in {b"431", b""}
    assert requests == []


def test_a_large_body_is_no_large_head() -> None:
    """What comes in one piece with its body is not too large for that."""
    body = b'{"query":"{ok}"' + b" " * 30_000 + b"}"
    sent = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    received, requests = _received(sent)

    assert received[9:12] == b"200"
    assert len(requests) == 1


AMBIGUOUS: Sequence[tuple[str, bytes]] = [
    ("CL.TE", b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("TE.CL", b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
    ("two lengths", b"Content-Length: 16\r\nContent-Length: 0\r\n\r\n" + BODY),
    ("the same length twice", b"Content-Length: 16\r\nContent-Length: 16\r\n\r\n" + BODY),
    ("a list of lengths", b"Content-Length: 16, 0\r\n\r\n" + BODY),
    ("a length with a sign", b"Content-Length: +16\r\n\r\n" + BODY),
    ("a hexadecimal length", b"Content-Length: 0x10\r\n\r\n" + BODY),
    ("a huge length", b"Content-Length: 99999999999999999999999\r\n\r\n" + BODY),
    ("a space before the colon", b"Content-Length : 16\r\n\r\n" + BODY),
    ("a folded header", b"X: a\r\n Content-Length: 0\r\nContent-Length: 16\r\n\r\n" + BODY),
    ("a folded length", b"Content-Length:\r\n 16\r\n\r\n" + BODY),
    ("chunked that is not last", b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
    ("nearly chunked", b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    ("a vertical tab", b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"),
    ("chunked twice", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"),
    ("bare LF", b"X: a\nContent-Length: 16\r\n\r\n" + BODY),
    ("bare CR", b"X: a\rContent-Length: 16\r\n\r\n" + BODY),
    ("a NUL", b"X: a\x00b\r\nContent-Length: 16\r\n\r\n" + BODY),
    (
        "a bad size of a chunk",
        b"Transfer-Encoding: chunked\r\n\r\n0x10\r\n" + BODY + b"\r\n0\r\n\r\n",
    ),
    ("a chunk that is longer", b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n"),
    ("a size that overflows", b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 17 + b"\r\n"),
    ("LF after the size", b"Transfer-Encoding: chunked\r\n\r\n10\n" + BODY + b"\r\n0\r\n\r\n"),
]


@pytest.mark.parametrize(("name", "rest"), AMBIGUOUS)
def test_nothing_is_smuggled_behind_a_request(name: str, rest: bytes) -> None:
    """What can be read in two ways is refused, the connection closed, and the rest not read."""
    received, requests = _received(HEAD + rest + WHOLE)

    assert received.startswith(b"HTTP/1.1 400 "), name
    assert received.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in received
    assert requests == []


@pytest.mark.parametrize(
    "line",
    [
        b"CONNECT g:443 HTTP/1.1\r\nHost: g\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /graphql HTTP/9.9\r\nHost: g\r\n\r\n",
        b"POST /gra phql HTTP/1.1\r\nHost: g\r\n\r\n",
        b"\x00" * 100,
        "查询 /graphql HTTP/1.1\r\n\r\n".encode(),
    ],
)
def test_what_is_no_request_is_refused(line: bytes) -> None:
    """With 400 and the connection closed."""
    received, requests = _received(line)

    assert received.startswith(b"HTTP/1.1 400 ")
    assert b"x-content-type-options: nosniff" in received
    assert requests == []


def test_requests_one_behind_the_other_are_answered_in_order() -> None:
    """Pipelining is no smuggling; the connection may be kept."""
    last = WHOLE.replace(b"Host: g", b"Host: g\r\nConnection: close")

    received, requests = _received(WHOLE + WHOLE + last)

    assert received.count(DATA) == 3
    assert len(requests) == 3


def test_an_answer_that_takes_longer_is_waited_for() -> None:
    """The patience is for those who send, not for those who are answered."""

    class Slow(Recorder):
        async def execute(self, request: Request, context: object) -> object:  # type: ignore[override]
            await asyncio.sleep(0.8)
            return await super().execute(request, context)

    engine = Slow()

    async def run() -> bytes:
        async with _answering(engine, LIMITS) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(WHOLE + HEAD)
            received = await asyncio.wait_for(reader.read(), 20)
            writer.close()
            return received

    received = asyncio.run(run())

    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in received


def test_a_program_of_this_machine_does_not_say_where_others_come_from() -> None:
    """`X-Forwarded-For` and `X-Forwarded-Proto` change nothing of what the server knows."""
    seen: list[tuple[str, str]] = []

    async def context_of(scope: dict[str, object]) -> None:
        client = scope["client"]
        assert isinstance(client, tuple)
        seen.append((client[0], str(scope["scheme"])))

    async def run() -> None:
        started = asyncio.Event()

        async def when_started() -> None:
            started.set()

        door = Door(GraphQL(engine=Recorder(), context_of=context_of))  # type: ignore[arg-type]
        server = HttpServer(door, LIMITS, readiness=Readiness(), when_started=when_started)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            running = asyncio.create_task(server.serve(sockets=[listening]))
            await started.wait()
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            told = b"X-Forwarded-For: 10.0.0.5\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n"
            writer.write(HEAD + told + b"Content-Length: 16\r\n\r\n" + BODY)
            await reader.read()
            writer.close()
            server.stop()
            await running

    asyncio.run(run())

    assert seen == [("127.0.0.1", "http")]
