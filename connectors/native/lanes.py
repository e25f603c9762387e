"""A bounded number of connections to PostgreSQL, lent to one user each.

asyncpg's own pool costs as much as a short statement: a proxy per loan, a task and a round trip per
return. Here a loan is a `pop` and a return an `append`; the server is asked only after something
went wrong.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import asyncpg
import structlog

SETTLE_S = 5.0
"""How long a connection may take to be usable again after a statement on it was cut off."""

SWEEP_S = 300.0
"""How often connections that were not needed since the last time are closed."""

Connect = Callable[[], Awaitable[asyncpg.Connection]]

log = structlog.get_logger(__name__)


class Lanes:
    """Lends connections that `connect` makes, at most `limit` at a time.

    The one that was used last is lent first, so that those in excess grow cold and are closed.
    Whoever waits is served in the order of coming. A connection that died is replaced.
    """

    def __init__(self, connect: Connect, *, limit: int) -> None:
        self._connect = connect
        self._limit = limit
        self._idle: deque[asyncpg.Connection] = deque()
        self._open: set[asyncpg.Connection] = set()
        # Connections that are open, being opened or being closed.
        self._count = 0
        self._waiting: deque[asyncio.Future[asyncpg.Connection | None]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._spare = 0
        self._sweeping: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._all_gone = asyncio.Event()

    async def apart(self) -> asyncpg.Connection:
        """A connection beyond the limit, for whoever needs one for long and closes it."""
        return await self._connect()

    def take_idle(self) -> asyncpg.Connection | None:
        """A connection that is free at this moment, if there is one."""
        idle = self._idle
        while idle:
            connection = idle.pop()
            self._spare = min(self._spare, len(idle))
            if not connection.is_closed():
                return connection
            self._drop(connection)
        return None

    async def take(self) -> asyncpg.Connection:
        """A connection, as soon as there is one.

        Raises what `connect` raises, and `asyncpg.InterfaceError` once this is closed.
        """
        if self._is_closed:
            raise _closed()
        connection = self.take_idle()
        if connection is None and self._count < self._limit:
            self._count += 1
        elif connection is None:
            connection = await self._turn()
        return await self._made() if connection is None else connection

    def give(self, connection: asyncpg.Connection) -> None:
        """Give back a connection on which everything went to its end."""
        if self._is_closed or connection.is_closed():
            self._drop(connection)
        else:
            self._pass_on(connection)

    def give_unsettled(self, connection: asyncpg.Connection) -> None:
        """Give back a connection on which something was cut off or left open.

        It is lent again when the server has ended the statement and rolled back; if that takes
        longer than `SETTLE_S`, the connection is closed instead.
        """
        if self._is_closed or connection.is_closed():
            self._drop(connection)
        else:
            self._start(self._settle(connection))

    async def close(self) -> None:
        """Close everything as it comes back; nothing is lent any more."""
        self._stop_lending()
        while self._idle:
            await self._retire(self._idle.pop())
        if self._count:
            await self._all_gone.wait()

    def terminate(self) -> None:
        """Close everything now: whoever still uses a connection gets an error."""
        self._stop_lending()
        self._idle.clear()
        for connection in list(self._open):
            self._drop(connection)

    def _stop_lending(self) -> None:
        self._is_closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        for turn in self._waiting:
            if not turn.done():
                turn.set_exception(_closed())
        self._waiting.clear()

    async def _turn(self) -> asyncpg.Connection | None:
        """Wait for a connection, or for the right to make one."""
        turn: asyncio.Future[asyncpg.Connection | None]
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            # It may have come at the same moment; then it is somebody else's turn.
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._pass_on(turn.result())
            raise

    def _pass_on(self, lane: asyncpg.Connection | None) -> None:
        """Give the next who waits a connection, or with `None` the right to make one."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(lane)
                return
        if lane is not None:
            self._idle.append(lane)
            return
        self._count -= 1
        if self._is_closed and not self._count:
            self._all_gone.set()

    async def _made(self) -> asyncpg.Connection:
        try:
            connection = await self._connect()
        except BaseException:
            self._pass_on(None)
            raise
        self._open.add(connection)
        if self._is_closed:
            self._drop(connection)
            raise _closed()
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)
        return connection

    def _drop(self, connection: asyncpg.Connection) -> None:
        if connection in self._open:
            self._open.remove(connection)
            connection.terminate()
            self._pass_on(None)

    async def _settle(self, connection: asyncpg.Connection) -> None:
        try:
            await connection.reset(timeout=SETTLE_S)
        except Exception as exc:  # noqa: BLE001 - whatever it is, this connection is of no use
            log.warning("connection_dropped", error=repr(exc))
            self._drop(connection)
        else:
            self.give(connection)

    def _sweep(self) -> None:
        """Close the connections that nobody needed since the last sweep."""
        for _ in range(min(self._spare, len(self._idle))):
            connection = self._idle.popleft()
            self._start(self._retire(connection))
        self._spare = len(self._idle)
        self._sweeping = None
        if self._open:
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)

    async def _retire(self, connection: asyncpg.Connection) -> None:
        try:
            await connection.close(timeout=SETTLE_S)
        except Exception as exc:  # noqa: BLE001 - it is closed now in either way
            log.warning("connection_dropped", error=repr(exc))
        finally:
            self._drop(connection)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _closed() -> asyncpg.InterfaceError:
    return asyncpg.InterfaceError("the store is closed")
