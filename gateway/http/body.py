"""Reading a request's body: never more than the limit, never for longer than the patience."""

import asyncio
from collections.abc import Coroutine, Generator, Mapping
from typing import Any

from starlette.types import Receive

from gateway.http.rejection import Disconnected, Rejected

# A client that writes everything before it reads would lose the answer to a connection that was
# closed on it. What is too much is therefore read and thrown away, up to this many bytes.
MAX_DISCARDED_BYTES = 256 * 1024 * 1024

Headers = Mapping[bytes, bytes]


async def read_body(
    headers: Headers, receive: Receive, *, max_bytes: int, patience_s: float
) -> bytes:
    """The whole body.

    Raises:
        Rejected: 413 over `max_bytes`, 408 after `patience_s`, 400 for a broken `Content-Length`.
        Disconnected: the client left.
    """
    work = _read(headers, receive, max_bytes=max_bytes)
    # Nearly all bodies are here already. Only for one that is not does a clock have to run.
    try:
        wait = work.send(None)
    except StopIteration as done:
        body: bytes = done.value
        return body
    try:
        async with asyncio.timeout(patience_s):
            return await _Begun(work, wait)
    except TimeoutError as exc:
        text = f"The body did not arrive within {patience_s:g} seconds."
        raise Rejected(408, text, headers={"connection": "close"}) from exc


class _Begun:
    """Goes on with a coroutine that has come to its first wait."""

    def __init__(self, work: Coroutine[Any, Any, bytes], wait: Any) -> None:
        self._work = work
        self._wait = wait

    def __await__(self) -> Generator[Any, Any, bytes]:
        wait = self._wait
        while True:
            try:
                given = yield wait
            except BaseException as exc:  # noqa: BLE001 - whatever it is, it is the coroutine's
                wait = self._work.throw(exc)
                continue
            try:
                wait = self._work.send(given)
            except StopIteration as done:
                body: bytes = done.value
                return body


async def _read(headers: Headers, receive: Receive, *, max_bytes: int) -> bytes:
    if _declared_length(headers) > max_bytes:
        return await _refuse_size(headers, receive, max_bytes=max_bytes)
    piece, is_last = await _next_piece(receive)
    if is_last and len(piece) <= max_bytes:
        return piece
    return await _collect(headers, receive, piece, max_bytes=max_bytes, is_last=is_last)


async def _collect(
    headers: Headers, receive: Receive, piece: bytes, *, max_bytes: int, is_last: bool
) -> bytes:
    pieces = [piece]
    length = len(piece)
    while length <= max_bytes:
        if is_last:
            return b"".join(pieces)
        piece, is_last = await _next_piece(receive)
        pieces.append(piece)
        length += len(piece)
    pieces.clear()
    return await _refuse_size(headers, receive, max_bytes=max_bytes, is_done=is_last)


async def _refuse_size(
    headers: Headers, receive: Receive, *, max_bytes: int, is_done: bool = False
) -> bytes:
    """Let the client finish writing, keep nothing, and raise the refusal."""
    # Who asks first ("Expect: 100-continue") has sent nothing yet and is answered at once.
    discarded = MAX_DISCARDED_BYTES if b"expect" in headers else 0
    while not is_done and discarded < MAX_DISCARDED_BYTES:
        piece, is_done = await _next_piece(receive)
        discarded += len(piece)
    text = f"The body is larger than {max_bytes} bytes; ask for less at once, or use variables."
    raise Rejected(413, text, headers={} if is_done else {"connection": "close"})


async def _next_piece(receive: Receive) -> tuple[bytes, bool]:
    """The next bytes, and whether they are the last."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    return message.get("body", b""), not message.get("more_body", False)


def _declared_length(headers: Headers) -> int:
    text = headers.get(b"content-length", b"0")
    if not text.isdigit():
        raise Rejected(400, "Content-Length is not a number of bytes.")
    return int(text)
