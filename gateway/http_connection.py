"""One HTTP connection, which nobody can hold without asking something, or fill with headers.

uvicorn and httptools bound neither how long a request's head may take nor how large it may be.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.config.settings import Server
from gateway.http.safety import HEADERS

MAX_HEADERS: Final = 100
"""The most header fields of a request."""

_TOO_LARGE: Final = 431
_TIMED_OUT: Final = 408
_BAD: Final = 400


class _Refused(Exception):
    """The head of a request is not acceptable; httptools passes it on as an error of its own."""


class Connection(HttpToolsProtocol):
    """A connection that waits `header_timeout_s` for the whole head of a request, and no longer.

    Where nothing is being answered, it also waits no longer than that for the rest of a request.
    The head of a request may have `max_header_bytes`.
    """

    header_timeout_s: float
    max_header_bytes: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_head = False
        self._head_bytes = 0
        self._patience: asyncio.TimerHandle | None = None
        self._refusal = _BAD

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin; who says nothing is not waited for."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read a piece of a request, or several requests."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._is_in_head and self._head_bytes > self.max_header_bytes:
            self._refusal = _TOO_LARGE
            self.send_400_response("The headers of the request are too large.")
        elif self._is_in_head or self._is_idle:
            # A request that came as a whole, as nearly all do, costs no timer.
            self._wait()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._is_in_head = True

    def on_headers_complete(self) -> None:
        """Begin to answer a request whose head is there."""
        if self._head_bytes > self.max_header_bytes or len(self.headers) > MAX_HEADERS:
            self._refuse_large_head()
        self._is_in_head = False
        self._head_bytes = 0
        self._stop_waiting()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, and close."""
        self._stop_waiting()
        status, self._refusal = self._refusal, _BAD
        body = msg.encode("ascii")
        lines = [STATUS_LINE[status], b"content-type: text/plain; charset=utf-8\r\n"]
        lines += [b"%b: %b\r\n" % each for each in (*self.server_state.default_headers, *HEADERS)]
        lines += [b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body), body]
        self.transport.write(b"".join(lines))
        self.transport.close()

    @property
    def _is_idle(self) -> bool:
        """Whether nothing is being answered."""
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]  # it is None at first

    def _refuse_large_head(self) -> None:
        # The bytes of its body may have come in the same piece.
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.max_header_bytes or len(self.headers) > MAX_HEADERS:
            self._refusal = _TOO_LARGE
            raise _Refused

    def _wait(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(self.header_timeout_s, self._give_up)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if self.transport.is_closing():
            return
        if not self._is_idle:
            # The head of the next request came while this one is answered, which may take longer.
            self._wait()
        elif self._is_in_head:
            self._refusal = _TIMED_OUT
            self.send_400_response("The request did not come in time.")
        else:
            self.transport.close()


def connection_of(settings: Server) -> type[Connection]:
    """The connections of a server with these settings."""

    class Bounded(Connection):
        header_timeout_s = settings.header_timeout_s
        max_header_bytes = settings.max_header_bytes

    return Bounded
