"""A server that does with its connections as it likes, over real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(eq=False)
class Connection(asyncio.Protocol):
    """One connection: `behave` is called for each request; `sent` counts bytes that it wrote."""

    behave: "Behave"
    opened: "list[Connection]"
    sent: int = 0
    transport: asyncio.Transport = field(init=False)
    is_closed: asyncio.Event = field(default_factory=asyncio.Event)
    can_write: asyncio.Event = field(default_factory=asyncio.Event)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the connection."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.can_write.set()
        self.opened.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember that it is over."""
        del exc
        self.is_closed.set()
        self.can_write.set()

    def pause_writing(self) -> None:
        """The other side reads no further."""
        self.can_write.clear()

    def resume_writing(self) -> None:
        """It reads on."""
        self.can_write.set()

    def data_received(self, data: bytes) -> None:
        """Answer."""
        assert data.startswith(b"GET /api/tickets ")
        self.behave(self)

    def write(self, data: bytes) -> None:
        """Send something."""
        self.sent += len(data)
        self.transport.write(data)

    async def stream(self, chunk: bytes, *, up_to: int) -> None:
        """Send a chunk again and again, as fast as it is read, until the connection is over."""
        while self.sent < up_to and not self.is_closed.is_set():
            await self.can_write.wait()
            self.write(chunk)
            await asyncio.sleep(0)


Behave: TypeAlias = Callable[[Connection], object]


@contextlib.asynccontextmanager
async def rude(behave: Behave) -> AsyncIterator[tuple[str, list[Connection]]]:
    """The address of such a server, and its connections as they are opened."""
    connections: list[Connection] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(behave, connections), "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api", connections
        for connection in connections:
            connection.transport.abort()
        await asyncio.sleep(0)
