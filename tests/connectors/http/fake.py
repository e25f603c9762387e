"""A fake service that lets in who has a token of the moment, and gives tokens."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx2

from tests.connectors.rest.opening import NOW

SECRET = "hush-secret"
ROTATING = "hush-refresh"


@dataclass
class Clock:
    """A clock that goes on when it is told to."""

    at: datetime = NOW

    def now(self) -> datetime:
        """What it shows."""
        return self.at

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


@dataclass
class Guarded:
    """A login at `login.example` and an API at `desk.example` that takes its last token only.

    `forms` are the requests for tokens, `seen` the headers of requests for data. `refuse` answers
    a request for a token in another way, `delay_s` keeps every answer waiting. `answer` is added
    to tokens.
    """

    clock: Clock = field(default_factory=Clock)
    expires_in: object = 3600
    scheme: str = "Bearer"
    header: str = "authorization"
    delay_s: float = 0.0
    answer: dict[str, Any] = field(default_factory=dict)
    refuse: Callable[[], httpx2.Response] | None = None
    forms: list[dict[str, str]] = field(default_factory=list)
    logins: list[httpx2.Request] = field(default_factory=list)
    seen: list[httpx2.Request] = field(default_factory=list)
    valid: str | None = None
    refuses_all: bool = False

    def transport(self) -> httpx2.MockTransport:
        """Both, instead of the network."""
        return httpx2.MockTransport(self._handle)

    async def _handle(self, request: httpx2.Request) -> httpx2.Response:
        return await (self._login if request.url.host == "login.example" else self._data)(request)

    async def _login(self, request: httpx2.Request) -> httpx2.Response:
        self.logins.append(request)
        self.forms.append({k: v[0] for k, v in parse_qs(request.content.decode()).items()})
        number = len(self.forms)
        await asyncio.sleep(self.delay_s)
        if self.refuse is not None:
            return self.refuse()
        self.valid = f"hush-token-{number}"
        token = {"access_token": self.valid, "expires_in": self.expires_in, "token_type": "x"}
        return httpx2.Response(200, json=token | self.answer)

    async def _data(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        expected = f"{self.scheme} {self.valid}".strip()
        is_refused = self.refuses_all or request.headers.get(self.header) != expected
        await asyncio.sleep(self.delay_s)
        if is_refused:
            return httpx2.Response(401, json={"error": "who are you?"})
        return httpx2.Response(200, json={"data": [{"id": "t1"}]})

    def revoke(self) -> None:
        """Take no token any more but the next."""
        self.valid = None
