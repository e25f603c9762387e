"""What only a real connection can do wrong: sizes that lie, clients that stall or leave."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest

from gateway.http.door import GraphQL
from resolvers.request import Request
from tests.gateway.http.recorder import DATA, Recorder
from tests.serving import serving

MEGABYTE = b" " * 1024 * 1024
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture
def engine() -> Recorder:
    """The engine behind the server."""
    return Recorder()


@pytest.fixture
def url(engine: Recorder) -> Iterator[str]:
    """A server with the limits of a real one."""
    with serving(GraphQL(engine=engine)) as address:
        yield address


def raw(url: str, sent: bytes, *, is_closed: bool = False) -> bytes:
    """Send bytes; optionally say that nothing more comes; everything that comes back."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        connection.sendall(sent)
        if is_closed:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


def megabytes(count: int) -> Iterator[bytes]:
    """A body that is never in memory as a whole."""
    for _ in range(count):
        yield MEGABYTE


@pytest.mark.parametrize("has_length", [True, False])
def test_64_megabytes_are_refused_and_the_client_reads_why(
    url: str, engine: Recorder, *, has_length: bool
) -> None:
    """With a declared length or without, a client that writes before it reads gets its 413."""
    headers = {"content-type": "application/json"}
    if has_length:
        headers["content-length"] = str(64 * len(MEGABYTE))

    response = httpx2.post(url, headers=headers, content=megabytes(64), timeout=30)

    assert response.status_code == 413
    [only] = response.json()["errors"]
    assert only["extensions"] == {"code": "BAD_REQUEST"}
    assert engine.requests == []


def test_a_client_that_asks_first_need_not_send(url: str, engine: Recorder) -> None:
    """`Expect: 100-continue` with a length over the limit is answered before any body comes."""
    sent = HEAD + b"Content-Length: 67108864\r\nExpect: 100-continue\r\n\r\n"

    received = raw(url, sent)

    assert received.startswith(b"HTTP/1.1 413 ")
    assert engine.requests == []


@pytest.mark.parametrize("length", [b"-1", b"ten", b"1, 2", b"9" * 30])
def test_a_length_that_is_no_length_is_a_client_error(url: str, length: bytes) -> None:
    """Whoever notices first, server or endpoint, answers with 4xx."""
    sent = HEAD + b"Content-Length: " + length + b"\r\nConnection: close\r\n\r\n{}"

    received = raw(url, sent, is_closed=True)

    assert received.startswith(b"HTTP/1.1 4")


def test_a_body_longer_than_its_length_is_cut(url: str, engine: Recorder) -> None:
    """What stands beyond the declared length is no part of this request."""
    body = b'{"query":"{ok}"}'
    length = str(len(body)).encode()
    sent = HEAD + b"Connection: close\r\nContent-Length: " + length + b"\r\n\r\n" + body + b"!!!"

    received = raw(url, sent, is_closed=True)

    assert received.startswith(b"HTTP/1.1 200 ")
    assert DATA in received
    assert engine.requests == [Request(query="{ok}")]


def test_a_client_that_leaves_is_forgotten(url: str, engine: Recorder) -> None:
    """A body that stops in the middle is never executed, and the next client is served."""
    raw(url, HEAD + b'Content-Length: 100\r\n\r\n{"query":', is_closed=True)

    response = httpx2.post(url, json={"query": "{ok}"})

    assert response.status_code == 200
    assert engine.requests == [Request(query="{ok}")]


def test_a_client_that_stalls_is_told_so(engine: Recorder) -> None:
    """After the patience for a body is over, the answer is 408 and the connection closes."""
    with serving(GraphQL(engine=engine, patience_s=0.05)) as url:
        received = raw(url, HEAD + b'Content-Length: 100\r\n\r\n{"query":')

    assert received.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in received.lower()
    assert engine.requests == []


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_50000_levels_are_a_client_error(url: str, engine: Recorder, opening: bytes) -> None:
    """Deep nesting costs neither the stack nor a 500."""
    closing = b"]" if opening == b"[" else b"}"
    deep = opening * 50_000 + b"1" + closing * 50_000
    body = b'{"query":"{ok}","variables":{"a":' + deep + b"}}"

    response = httpx2.post(url, headers={"content-type": "application/json"}, content=body)

    assert response.status_code == 400
    assert engine.requests == []
