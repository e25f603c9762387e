"""Tokens: got when first needed, renewed before they expire, once for all who need them.

A request waits for a token only where there is none that is still good: it is renewed in the
background as soon as little of its time is left.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson

from connectors.contract import Misconfigured, Refused, SourceError, Unavailable
from connectors.http.failure import Failures
from connectors.http.message import Run
from connectors.http.oauth import OAuth2

_MAX_BYTES = 1024 * 1024
_MOST_MARGIN_S = 60.0
_MARGIN_SHARE = 0.1
_PAUSE_S = 5.0
"""How long after a failure, or after a token that was not taken, the next one is asked for."""
_REFUSALS = frozenset({400, 401, 402, 403})
_SERVER_ERROR = 500
_TOO_MANY = 429


@dataclass(slots=True)
class Token:
    """A token: its header's value, where it is to be used if elsewhere, and until when.

    `renew_at` is when to get the next one. `has_worked` says that a source has taken it.
    """

    value: str
    origin: httpx2.URL | None
    made_at: datetime
    renew_at: datetime | None
    expires_at: datetime | None
    has_worked: bool = False


class TokenKeeper:
    """Keeps the token of one source."""

    def __init__(
        self,
        options: OAuth2,
        *,
        source: str,
        transport: httpx2.AsyncBaseTransport,
        timeout_s: float,
        now: Callable[[], datetime],
    ) -> None:
        self._options = options
        self._source = source
        self._transport = transport
        self._timeout_s = timeout_s
        self._now = now
        self._url = httpx2.URL(options.token_url)
        self._place = f"{self._url.host}{self._url.path}"
        refresh = options.refresh_token
        self._failures = Failures(
            source=source, host=self._url.netloc.decode("ascii"), timeout_s=timeout_s, now=now
        )
        self._refresh_token = refresh.get_secret_value() if refresh else None
        self._token: Token | None = None
        self._failure: tuple[SourceError, datetime] | None = None
        self._renewal: asyncio.Task[Token | SourceError] | None = None

    async def token(self) -> Token:
        """A token that is good by now. Raises `Unavailable`, `Refused` or `Misconfigured`."""
        token, now = self._token, self._now()
        if token is None or (token.expires_at is not None and now >= token.expires_at):
            return await self._renewed(now)
        if token.renew_at is not None and now >= token.renew_at and not self._has_failed(now):
            self._start()
        return token

    async def after_refusal(self, token: Token) -> Token | None:
        """Another token instead of one that a source did not take, if that may help."""
        if self._token is not token and self._token is not None:
            return self._token  # Renewed meanwhile, for another request.
        now = self._now()
        if not token.has_worked and now - token.made_at < timedelta(seconds=_PAUSE_S):
            return None
        self._token = None
        return await self._renewed(now)

    async def close(self) -> None:
        """Ask for nothing any more."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)

    def _has_failed(self, now: datetime) -> bool:
        return self._failure is not None and now < self._failure[1]

    async def _renewed(self, now: datetime) -> Token:
        if self._failure is not None and self._has_failed(now):
            raise self._failure[0]
        # Whoever waits may go away; the others still want the token.
        made = await asyncio.shield(self._start())
        if isinstance(made, SourceError):
            raise made
        return made

    def _start(self) -> "asyncio.Task[Token | SourceError]":
        is_of_another_loop = (
            self._renewal is not None and self._renewal.get_loop() is not asyncio.get_running_loop()
        )
        if self._renewal is None or self._renewal.done() or is_of_another_loop:
            self._renewal = asyncio.get_running_loop().create_task(self._renew())
        return self._renewal

    async def _renew(self) -> Token | SourceError:
        try:
            async with asyncio.timeout(self._timeout_s):
                self._token = await self._asked()
        except SourceError as exc:
            return self._failed(exc)
        except (httpx2.HTTPError, OSError) as exc:
            error = self._failures.of_exception(exc, Run())
            error.__cause__ = exc
            return self._failed(error)
        self._failure = None
        return self._token

    def _failed(self, error: SourceError) -> SourceError:
        pause_s = max(_PAUSE_S, error.retry_after_s or 0)
        self._failure = (error, self._now() + timedelta(seconds=pause_s))
        return error

    async def _asked(self) -> Token:
        request = httpx2.Request(
            "POST",
            self._url,
            data=self._options.form(self._refresh_token),
            headers={"Accept": "application/json", **self._options.client_headers()},
        )
        response = await self._transport.handle_async_request(request)
        try:
            return self._made(await self._answer(response))
        finally:
            await response.aclose()

    async def _answer(self, response: httpx2.Response) -> Mapping[str, Any]:
        body = b""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _MAX_BYTES:
                break
        try:
            answer = orjson.loads(body)
        except ValueError:
            answer = None
        found: Mapping[str, Any] = answer if isinstance(answer, dict) else {}
        if response.is_success and isinstance(found.get("access_token"), str):
            return found
        raise self._refusal(response, found)

    def _refusal(self, response: httpx2.Response, answer: Mapping[str, Any]) -> SourceError:
        status = response.status_code
        said = f"{self._place} answered {status}"
        if status == _TOO_MANY or status >= _SERVER_ERROR:
            after_s = self._failures.retry_after_s(response)
            return Unavailable(self._source, f"no token: {said}", retry_after_s=after_s)
        # Some say what is wrong with 200. The words of RFC 6749 hold no secret.
        error = str(answer.get("error", ""))
        told = f" ({error})" if error.isidentifier() else ""
        if status in _REFUSALS or error:
            text = f"no token: {said}{told}; check the client, secret and scope in `auth.oauth2`"
            return Refused(self._source, text)
        text = f"no token: {said} without an `access_token`; check `auth.oauth2.token_url`"
        return Misconfigured(self._source, text)

    def _made(self, answer: Mapping[str, Any]) -> Token:
        now = self._now()
        life_s = _seconds(answer.get("expires_in"))
        if isinstance(answer.get("refresh_token"), str) and self._refresh_token is not None:
            self._refresh_token = answer["refresh_token"]
        expires_at = renew_at = None
        if life_s is not None:
            margin_s = min(_MOST_MARGIN_S, life_s * _MARGIN_SHARE)
            expires_at = now + timedelta(seconds=life_s)
            renew_at = expires_at - timedelta(seconds=margin_s)
        return Token(
            value=f"{self._options.prefix} {answer['access_token']}".strip(),
            origin=self._address(answer),
            made_at=now,
            renew_at=renew_at,
            expires_at=expires_at,
        )

    def _address(self, answer: Mapping[str, Any]) -> httpx2.URL | None:
        name = self._options.address_field
        if name is None:
            return None
        parts = urlsplit(str(answer.get(name) or ""))
        is_safe = parts.scheme == "https" or self._url.scheme == "http" == parts.scheme
        if not parts.hostname or not is_safe:
            text = f"{self._place} gave no address in `{name}`: check `auth.oauth2.address_field`"
            raise Misconfigured(self._source, text)
        return httpx2.URL(f"{parts.scheme}://{parts.netloc}")


def _seconds(value: object) -> float | None:
    """How long a token lives; some services write a text. Nothing means until it is refused."""
    try:
        seconds = float(str(value))
    except ValueError:
        return None
    return seconds if 0 < seconds < float("inf") else None
