"""The door of an HTTP system of the demo: bytes pass through it, or it has a fault.

It stands below HTTP, because a server that does not answer is no matter of HTTP.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType

from gateway.demo.fault import Fault

_PIECE = 65536
_DELAY_S = 3.0
_TRICKLE_S = 0.5
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: no waiting, which makes a connection end with a reset."""


def _reply(status: str, body: str, *headers: str, media_type: str = "application/json") -> bytes:
    content = body.encode()
    head = [
        f"HTTP/1.1 {status}",
        f"content-type: {media_type}",
        f"content-length: {len(content)}",
        "connection: close",
        *headers,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


_REPLIES: Mapping[Fault, bytes] = MappingProxyType(
    {
        Fault.UNAUTHORIZED: _reply("401 Unauthorized", '{"error": "who are you?"}'),
        Fault.THROTTLED: _reply("429 Too Many Requests", "{}", "retry-after: 30"),
        Fault.FAILED: _reply("500 Internal Server Error", '{"error": "that is our fault"}'),
        Fault.OVERLOADED: _reply("503 Service Unavailable", '{"error": "not now"}'),
        Fault.HTML: _reply("200 OK", "<title>Please sign in</title>", media_type="text/html"),
        Fault.TRUNCATED: _reply("200 OK", '{"tickets": [{"id": 7'),
        Fault.SHAPE: _reply("200 OK", '{"result": {"count": 0}}'),
        Fault.CUT: _reply("200 OK", '{"tickets": [{"id": 7, "subject": "x"}]}')[:-20],
        Fault.RESET: b"",
        Fault.DOWN: b"",
    }
)


class Door:
    """Passes bytes to the server at a port of this machine, as far as `fault` allows."""

    def __init__(self, port: int, fault: Callable[[], Fault]) -> None:
        self._port = port
        self._fault = fault

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until it leaves."""
        # Cancelled is who serves when all of it ends.
        with contextlib.suppress(OSError, asyncio.CancelledError):
            if await self._passed(reader, writer) is Fault.RESET:
                linked: socket.socket = writer.get_extra_info("socket")
                linked.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.close()

    async def _passed(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Fault | None:
        """Pass on until either side leaves, or until a fault ends it: that fault."""
        back, forth = await asyncio.open_connection("127.0.0.1", self._port)
        answering = asyncio.create_task(self._answer(back, writer))
        try:
            while data := await reader.read(_PIECE):
                fault = self._fault()
                if fault in _REPLIES:
                    writer.write(_REPLIES[fault])
                    await writer.drain()
                    return fault
                if fault is Fault.BLACKHOLE:
                    await self._swallow(reader)
                    return fault
                if fault is Fault.DELAY:
                    await asyncio.sleep(_DELAY_S)
                forth.write(data)
                await forth.drain()
            return None
        finally:
            answering.cancel()
            forth.close()

    async def _answer(self, back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await back.read(_PIECE):
                if self._fault() is Fault.TRICKLE:
                    await self._trickle(data, writer)
                else:
                    writer.write(data)
                await writer.drain()
        writer.close()

    async def _trickle(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        for place in range(len(data)):
            if self._fault() is not Fault.TRICKLE:
                writer.write(data[place:])
                return
            writer.write(data[place : place + 1])
            await writer.drain()
            await asyncio.sleep(_TRICKLE_S)

    async def _swallow(self, reader: asyncio.StreamReader) -> None:
        while await reader.read(_PIECE):
            pass
