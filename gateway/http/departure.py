"""Clients that leave: the work for a request ends when nobody is there to read its answer.

Hardly any request is left, and most are short: a task that listens for each would cost more than
all else at the door. One timer looks at what is under way, and listens only for what takes long.
"""

import asyncio
from types import TracebackType

from starlette.types import Receive

from gateway.http.rejection import Disconnected

PATIENCE_S = 0.1
"""How long the work for a request takes before its client is listened to."""


class Departures:
    """Watches over the clients of requests under way."""

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._here: set[Attendance] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def attended(self, receive: Receive) -> "Attendance":
        """A context for work that a client waits for; raises `Disconnected` where it leaves.

        The body of the request must have been read.
        """
        return Attendance(self, receive)

    def watch(self, attendance: "Attendance") -> None:
        """Begin to watch."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # Another loop than before, whose timers and tasks are gone with it.
            self._loop, self._timer = loop, None
            self._here.clear()
        self._here.add(attendance)
        if self._timer is None:
            self._timer = loop.call_later(self._patience_s, self._ring, loop)

    def forget(self, attendance: "Attendance") -> None:
        """Watch no more."""
        self._here.discard(attendance)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        for each in self._here:
            each.is_long()
        if self._here:
            self._timer = loop.call_later(self._patience_s, self._ring, loop)


class Attendance:
    """The work for one client; a context."""

    __slots__ = ("_departures", "_is_gone", "_is_seen", "_listening", "_receive", "_task")

    def __init__(self, departures: Departures, receive: Receive) -> None:
        self._departures = departures
        self._receive = receive
        self._task: asyncio.Task[object] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._is_seen = False
        self._is_gone = False

    def is_long(self) -> None:
        """Note that the work is still going on; at the second time the client is listened to."""
        if self._is_seen and self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        self._is_seen = True

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True
        if self._task is not None:
            self._task.cancel()

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._departures.watch(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        task, self._task = self._task, None
        self._departures.forget(self)
        if self._listening is not None:
            self._listening.cancel()
        if self._is_gone and task is not None:
            # Cancelled by somebody else too: then the cancellation goes on outwards.
            is_alone = task.uncancel() == 0
            if is_alone and kind is asyncio.CancelledError:
                raise Disconnected from error
