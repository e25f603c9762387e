"""What goes over the wire to PostgreSQL: every statement that is executed, as its text."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

_ASKS_FOR_TLS = 80877103
"""The code of a message that asks whether the server speaks TLS, in the place of a version."""


class Wire:
    """Passes bytes between clients and a server, and notes in `executed` what is executed."""

    def __init__(self, url: str) -> None:
        self.executed: list[str] = []
        self._target = urlsplit(url)
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0)
        )
        self._port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where clients reach the server through this wire."""
        user = self._target.netloc.rpartition("@")[0]
        return self._target._replace(netloc=f"{user}@127.0.0.1:{self._port}", query="").geturl()

    def close(self) -> None:
        """Break what is still connected."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        serving = asyncio.all_tasks() - {asyncio.current_task()}
        for each in serving:
            each.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _serve(self, come: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        answers, go = await self._connected()
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await asyncio.gather(self._ask(come, go, back), _copy(answers, back))
        finally:
            go.close()
            back.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        found = parse_qs(self._target.query)
        port = int(found.get("port", ["0"])[0]) or self._target.port or 5432
        host = found.get("host", [self._target.hostname or "127.0.0.1"])[0]
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)

    async def _ask(
        self, come: asyncio.StreamReader, go: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        body = await _body(come)
        while int.from_bytes(body[:4]) == _ASKS_FOR_TLS:
            # Nobody could read along.
            back.write(b"N")
            body = await _body(come)
        go.write(_framed(b"", body))
        statements: dict[bytes, str] = {}
        portals: dict[bytes, str] = {}
        while kind := await come.read(1):
            body = await _body(come)
            self._note(kind, body, statements, portals)
            go.write(_framed(kind, body))
            await go.drain()
        go.close()

    def _note(
        self, kind: bytes, body: bytes, statements: dict[bytes, str], portals: dict[bytes, str]
    ) -> None:
        first, _, rest = body.partition(b"\0")
        second = rest.partition(b"\0")[0]
        match kind:
            case b"Q":
                self.executed.append(first.decode())
            case b"P":
                statements[first] = second.decode()
            case b"B":
                portals[first] = statements[second]
            case b"E":
                self.executed.append(portals[first])


async def _body(come: asyncio.StreamReader) -> bytes:
    size = int.from_bytes(await come.readexactly(4))
    return await come.readexactly(size - 4)


def _framed(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4) + body


async def _copy(come: asyncio.StreamReader, go: asyncio.StreamWriter) -> None:
    while data := await come.read(65536):
        go.write(data)
        await go.drain()


@contextmanager
def wire(url: str) -> Iterator[Wire]:
    """A wire to the server at `url`."""
    made = Wire(url)
    try:
        yield made
    finally:
        made.close()
