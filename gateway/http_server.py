"""The HTTP server: begins to answer, drains, and ends, each at the right moment."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.config.settings import Server
from gateway.http_connection import connection_of
from gateway.readiness import Readiness

_CLOSE = (b"connection", b"close")


class Door:
    """What the server asks; another application can take the place of the one behind it.

    It is no coroutine of its own: a request costs one call and one look at an attribute more.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Have one request answered by what is behind the door at this moment."""
        return self.app(scope, receive, send)


class Farewell:
    """Answers as another application does, and asks for no further request on the connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_last(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), _CLOSE]}
            await send(message)

        await self._app(scope, receive, send_last)


class HttpServer(uvicorn.Server):
    """A server that says when it has begun to answer, and leaves signals to its caller.

    At SIGTERM it goes on for `drain_s`, in which the gateway is not ready and every answer is the
    last of its connection; then it takes nothing new and what is under way has `grace_s`. SIGINT
    leaves out the first, and a second signal both. `caught` has the signals that came.

    uvicorn raises the signals that it caught again while the store is still open, which would end
    the process there and leave PostgreSQL to recover at the next start.
    """

    def __init__(
        self,
        door: Door,
        settings: Server,
        *,
        readiness: Readiness,
        when_started: Callable[[], Awaitable[None]],
    ) -> None:
        config = uvicorn.Config(
            door,
            http=connection_of(settings),
            ws="none",
            interface="asgi3",
            lifespan="off",
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=settings.grace_s,
            server_header=False,
            # uvicorn would believe any program of this machine where a request came from.
            proxy_headers=False,
        )
        super().__init__(config)
        self.caught: list[int] = []
        self._door = door
        self._drain_s = settings.drain_s
        self._readiness = readiness
        self._when_started = when_started

    @property
    def under_way(self) -> set[asyncio.Task[None]]:
        """The requests that are being answered now."""
        return self.server_state.tasks

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Note signals while the server runs; what handled them before does so afterwards."""
        loop = asyncio.get_running_loop()
        before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        for number in before:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; the second time, stop."""
        del frame
        self.caught.append(sig)
        self._readiness.is_stopping = True
        if len(self.caught) > 1:
            self._stop_at_once()
        elif sig == signal.SIGTERM and self._drain_s:
            self._door.app = Farewell(self._door.app)
            asyncio.get_running_loop().call_later(self._drain_s, self.stop)
        else:
            self.stop()

    def stop(self) -> None:
        """Take nothing new, and end when what is under way is answered."""
        self._readiness.is_stopping = True
        self.should_exit = True

    def _stop_at_once(self) -> None:
        self.should_exit = self.force_exit = True
        for task in self.under_way:
            task.cancel()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        await self._when_started()
