"""The id of a request, under which all that is logged about it can be found.

A client, or a proxy in front of us, gives it in `X-Request-Id` and gets it back. Where none is
given, one is made at the first line that is logged: most requests log none.
"""

import re
import uuid
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.typing import EventDict

from gateway.http.headers import read_headers

HEADER = b"x-request-id"

_SANE = re.compile(rb"[A-Za-z0-9._~:/+=@-]{1,128}")

# The one place of the list is the id, as soon as there is one. No class: it is made for every
# request, and mostly never looked at.
_here: ContextVar[list[str | None] | None] = ContextVar("request", default=None)


def begin(headers: Mapping[bytes, bytes]) -> bytes | None:
    """Have what is logged from here on belong to the request; its id where it came with one."""
    given = headers.get(HEADER)
    if given is not None and not _SANE.fullmatch(given):
        given = None
    _here.set([None if given is None else given.decode("ascii")])
    return given


def current() -> str | None:
    """The id of the request that is answered; one is made where it came with none."""
    here = _here.get()
    if here is None:
        return None
    if here[0] is None:
        here[0] = uuid.uuid4().hex
    return here[0]


def add_request_id(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Add the id to what is logged while a request is answered."""
    here = _here.get()
    if here is not None:
        if here[0] is None:
            here[0] = uuid.uuid4().hex
        event.setdefault("request_id", here[0])
    return event


@dataclass(frozen=True, slots=True)
class Identified:
    """Another application, whose requests begin and end with their id."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        given = begin(read_headers(scope.get("headers", ())))
        if given is None:
            await self.app(scope, receive, send)
            return

        async def send_back(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (HEADER, given)]}
            await send(message)

        await self.app(scope, receive, send_back)
