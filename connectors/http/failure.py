"""Every failure of HTTP, mapped once: from a status or a foreign exception to a `SourceError`.

Messages name the path, the status and the content type; never the query, in which keys may stand,
nor headers or bodies.
"""

import re
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType

import httpx2

from connectors.contract import (
    Malformed,
    Misconfigured,
    Refused,
    SourceError,
    TimedOut,
    Unavailable,
)
from connectors.http.message import Run
from connectors.http.options import OverloadedWhen


class NotFound(Misconfigured):
    """The source knows no such address."""


_BAD_CREDENTIALS = (Refused, "the credentials in `auth` are not valid")
_FORBIDDEN = (Refused, "the credentials in `auth` do not allow this")
_NOT_FOUND = (NotFound, "nothing is there; check `base_url` and the path")
_TOO_BIG = (Refused, "the question is too big; lower `keys_per_call`")
_OVERLOADED = (Unavailable, "too many requests")
_FAILED = (Unavailable, "the source failed")
_STRANGE = (Misconfigured, "the source does not take this request; check path and params")
_BY_STATUS: Mapping[int, tuple[type[SourceError], str]] = MappingProxyType(
    {
        401: _BAD_CREDENTIALS,
        407: _BAD_CREDENTIALS,
        402: _FORBIDDEN,
        403: _FORBIDDEN,
        451: _FORBIDDEN,
        404: _NOT_FOUND,
        410: _NOT_FOUND,
        408: (TimedOut, "the source gave up waiting"),
        413: _TOO_BIG,
        414: _TOO_BIG,
        431: _TOO_BIG,
        425: _OVERLOADED,
        429: _OVERLOADED,
    }
)
_STOPPING = (_BAD_CREDENTIALS, _OVERLOADED)
"""What further requests would be told as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """The failures of one source: its name and host, and the clock for `Retry-After`.

    `overloaded_when` tells which further answers mean the same as 429.
    """

    source: str
    host: str
    timeout_s: float
    now: Callable[[], datetime]
    overloaded_when: OverloadedWhen | None = None

    def looks_into(self, response: httpx2.Response) -> bool:
        """Whether the words of this answer tell what it means."""
        rule = self.overloaded_when
        return rule is not None and rule.text is not None and response.status_code in rule.statuses

    def of_status(self, response: httpx2.Response, run: Run, *, words: bytes = b"") -> SourceError:
        """The failure that an answer without success stands for.

        `words` are those of its body, where `looks_into` wants them.
        """
        meaning = self._meaning(response.status_code, words)
        kind, text = meaning
        after_s = self.retry_after_s(response)
        if after_s is None and issubclass(kind, Unavailable):
            after_s = self._reset_s(response)
        error = kind(self.source, f"{said(response)}: {text}", retry_after_s=after_s)
        if meaning in _STOPPING:
            run.stopped_by = error
        return error

    def _meaning(self, status: int, words: bytes) -> tuple[type[SourceError], str]:
        rule = self.overloaded_when
        is_named = rule is not None and status in rule.statuses
        if rule is not None and is_named and (rule.text or "").encode() in words:
            return _OVERLOADED
        return _BY_STATUS.get(status, _FAILED if status >= _SERVER_ERROR else _STRANGE)

    def of_exception(self, exc: Exception, run: Run) -> SourceError:
        """The failure that an exception of the HTTP library stands for."""
        if isinstance(exc, httpx2.ConnectTimeout | httpx2.ConnectError):
            run.stopped_by = self._unreached(exc)
            return run.stopped_by
        match exc:
            case httpx2.ReadTimeout():
                text = f"{self.host} sent nothing for longer than it may"
                return TimedOut(self.source, text)
            case httpx2.TimeoutException() | TimeoutError():
                text = f"{self.host} took longer than the {self.timeout_s:g} s it may"
                return TimedOut(self.source, text)
            case httpx2.DecodingError():
                text = f"{self.host} sent an answer that cannot be decompressed"
                return Malformed(self.source, text)
            case httpx2.InvalidURL() | httpx2.UnsupportedProtocol():
                return Malformed(self.source, "the address of the next page cannot be read")
        text = f"{self.host} broke the connection ({type(exc).__name__})"
        return Unavailable(self.source, text)

    def _unreached(self, exc: Exception) -> SourceError:
        if isinstance(exc, httpx2.ConnectTimeout):
            text = f"{self.host} took no connection within `connect_timeout_s`"
            return TimedOut(self.source, text)
        if _has_cause(exc, ssl.SSLError):
            text = f"no secure connection to {self.host}: its certificate is not trusted"
            return Misconfigured(self.source, text)
        if _has_cause(exc, socket.gaierror):
            text = f"no address is known for the host {self.host}: check `base_url`"
            return Unavailable(self.source, text)
        return Unavailable(self.source, f"nobody answers at {self.host}: is it running?")

    def retry_after_s(self, response: httpx2.Response) -> float | None:
        """Seconds from `Retry-After`, a number or a date; `None` where it is neither."""
        text = response.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text)
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(0.0, (until - self.now()).total_seconds())

    def _reset_s(self, response: httpx2.Response) -> float | None:
        """Seconds until the vendor counts anew; large numbers are moments since 1970."""
        headers = response.headers
        text = next((headers[name].strip() for name in _RESETS if name in headers), "")
        if not _NUMBER.fullmatch(text):
            return None
        number = float(text)
        if number >= _FIRST_MILLISECOND:
            number /= 1000
        if number >= _FIRST_SECOND:
            number = max(0.0, number - self.now().timestamp())
        return number


_SERVER_ERROR = 500
_RESETS = ("ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
_FIRST_SECOND = 1_000_000_000
_FIRST_MILLISECOND = 1_000_000_000_000


def said(response: httpx2.Response) -> str:
    """What was asked and how it was answered, in words."""
    content_type = response.headers.get("content-type", "no content type").split(";")[0]
    request = response.request
    return f"{request.method} {request.url.path} answered {response.status_code} ({content_type})"


def _has_cause(exc: BaseException | None, kind: type[BaseException]) -> bool:
    while exc is not None:
        if isinstance(exc, kind):
            return True
        exc = exc.__cause__ or exc.__context__
    return False
