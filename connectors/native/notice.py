"""Notices between all processes that use one store: PostgreSQL's NOTIFY and LISTEN."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import structlog

from connectors.native.store import FAILURES, Store

log = structlog.get_logger(__name__)

CHANNEL: Final = "customer360_changes"
"""The channel on which processes tell each other what changed."""

_BEAT_S = 15.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0


async def tell(store: Store, text: str, *, channel: str = CHANNEL) -> None:
    """Send a text of less than 8,000 bytes to all who listen. Raises `SourceError`."""
    await store.fetch("SELECT pg_notify($1, $2)", channel, text, timeout_s=5.0)


class Listener:
    """Hears notices on a connection of its own, and comes back when that is lost.

    `connect` makes a connection. `heard` gets each text. `missed` is called whenever there may have
    been some before: at the start, and after each time that the connection was lost.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        *,
        heard: Callable[[str], None],
        missed: Callable[[], None],
        channel: str = CHANNEL,
        beat_s: float = _BEAT_S,
        first_pause_s: float = _FIRST_PAUSE_S,
    ) -> None:
        self._connect = connect
        self._heard = heard
        self._missed = missed
        self._channel = channel
        self._beat_s = beat_s
        self._first_pause_s = first_pause_s

    async def listen(self) -> None:
        """Listen for ever. Ends only when it is cancelled."""
        pause_s = self._first_pause_s
        while True:
            try:
                connection = await self._connect()
            except FAILURES as exc:
                log.warning("notices_not_heard", error=str(exc) or type(exc).__name__)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                continue
            pause_s = self._first_pause_s
            try:
                await self._hear(connection)
            except FAILURES as exc:
                log.warning("notices_lost", error=str(exc) or type(exc).__name__)
                await asyncio.sleep(pause_s)
            finally:
                connection.terminate()

    async def _hear(self, connection: asyncpg.Connection) -> None:
        """Until the connection is lost, which raises one of `FAILURES`."""
        is_lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: is_lost.set())
        await connection.add_listener(
            self._channel, lambda _connection, _pid, _channel, text: self._heard(text)
        )
        # Only now is nothing missed any more.
        self._missed()
        while True:
            try:
                async with asyncio.timeout(self._beat_s):
                    await is_lost.wait()
            except TimeoutError:
                # A network that is gone tells nobody: ask.
                await connection.execute("SELECT 1", timeout=self._beat_s)
            else:
                raise ConnectionError("the connection was closed")
