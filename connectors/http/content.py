"""Requests of any method whose answers are bytes: whole within the cap, or as a stream."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Self

import httpx2

from connectors.contract import Misconfigured, SourceError
from connectors.http.failure import Failures
from connectors.http.message import Question, Run
from connectors.http.wire import Wire

_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 307, 308})
_FOREIGN = (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request. `path` is escaped, below the base URL. `follows` says whether redirects are."""

    path: str
    method: str = "GET"
    params: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    follows: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """An answer: its status and headers, and its body unless that is a stream.

    `failure` is what it means where it is no success; `body` is then the beginning of what it says.
    """

    url: httpx2.URL
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    failure: SourceError | None = None
    stream: "Stream | None" = None

    @property
    def length(self) -> int | None:
        """How many bytes the stream will give, where that is told."""
        told = self.headers.get("content-length", "")
        is_plain = "content-encoding" not in self.headers and told.isascii() and told.isdigit()
        return int(told) if is_plain else None


class Stream:
    """The body of an answer, read once. It holds a connection until it is closed."""

    def __init__(
        self, response: httpx2.Response, held: AsyncExitStack, failures: Failures, run: Run
    ) -> None:
        self._chunks = response.aiter_bytes()
        self._held = held
        self._failures = failures
        self._run = run

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except _FOREIGN as exc:
            raise self._failures.of_exception(exc, self._run) from exc

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._held.aclose()


class ContentWire(Wire):
    """The way to a source that answers with bytes."""

    async def read(self, message: Message, run: Run) -> Content:
        """The whole answer, at most `max_response_bytes` of it. Raises `SourceError`.

        An answer without success is given, not raised.
        """
        async with self._gate.turn(self._timeout_s):
            try:
                with self.deadlines.within(self._timeout_s):
                    return await self._whole(message, run)
            except _FOREIGN as exc:
                raise self._failures.of_exception(exc, run) from exc

    async def open(self, message: Message, run: Run) -> Content:
        """The answer with its body as a stream, which must be closed. Raises `SourceError`.

        An answer without success has no stream.
        """
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._gate.turn(self._timeout_s))
            try:
                with self.deadlines.within(self._timeout_s):
                    response = await self._sent(message, run)
                    held.push_async_callback(response.aclose)
                    if not response.is_success:
                        return await self._refused(response, run)
            except _FOREIGN as exc:
                raise self._failures.of_exception(exc, run) from exc
            stream = Stream(response, held.pop_all(), self._failures, run)
            return _content(response, stream=stream)

    async def _whole(self, message: Message, run: Run) -> Content:
        response = await self._sent(message, run)
        try:
            if not response.is_success:
                return await self._refused(response, run)
            return _content(response, body=await self._read(response))
        finally:
            await response.aclose()

    async def _refused(self, response: httpx2.Response, run: Run) -> Content:
        words = await self._beginning(response)
        failure = self._failures.of_status(response, run, words=words)
        return _content(response, body=words, failure=failure)

    async def _sent(self, message: Message, run: Run) -> httpx2.Response:
        url = self._url(Question(path=message.path, params=message.params))
        for _ in range(_MAX_REDIRECTS + 1):
            if run.stopped_by:
                raise run.stopped_by
            run.calls += 1
            request = self._client.build_request(
                message.method,
                url,
                content=message.body,
                headers={"Accept": "*/*", "Accept-Encoding": "identity", **message.headers},
            )
            response = await self._client.send(request, stream=True)
            if response.status_code not in _REDIRECTS or not message.follows:
                return response
            await response.aclose()
            url = self._redirected(response)
        raise Misconfigured(
            self._source, f"{url.path} redirects in a circle: check the address of the source"
        )


def _content(
    response: httpx2.Response,
    *,
    body: bytes = b"",
    failure: SourceError | None = None,
    stream: Stream | None = None,
) -> Content:
    return Content(
        url=response.url,
        status=response.status_code,
        headers=response.headers,
        body=body,
        failure=failure,
        stream=stream,
    )
