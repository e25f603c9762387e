"""The way to one source: a question goes out, its JSON comes back, within bounds."""

from collections.abc import Mapping
from typing import Any

import httpx2
import orjson

from connectors.aspects import trace
from connectors.contract import Environment, Malformed, Misconfigured
from connectors.deadline import Deadlines
from connectors.http.authenticated import Authenticated
from connectors.http.failure import Failures, said
from connectors.http.message import Question, Reply, Run, encoded
from connectors.http.options import HttpOptions
from connectors.http.tls import context

_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({307, 308})
_UTF8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_MAX_WORDS_BYTES = 64 * 1024
"""How far a failure is read to see what it says."""


class Wire:
    """The way to one source: bounded in concurrency, time and size of the answers.

    `deadlines` ends the questions that it does not answer in time.
    """

    def __init__(
        self,
        source: str,
        *,
        options: HttpOptions,
        environment: Environment,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._source = source
        self._base_text = options.base_url.rstrip("/") + "/"
        self._base = httpx2.URL(self._base_text)
        self._timeout_s = options.timeout_s
        self.deadlines = Deadlines()
        self._max_bytes = options.max_response_bytes
        self._gate = environment.gate
        self._failures = Failures(
            source=source,
            host=self._base.netloc.decode(),
            timeout_s=options.timeout_s,
            now=environment.now,
            overloaded_when=options.overloaded_when,
        )
        self._home = Authenticated(
            transport or _network(source, options, environment),
            auth=options.auth,
            origin=self._base,
            source=source,
            timeout_s=options.timeout_s,
            now=environment.now,
        )
        self._client = httpx2.AsyncClient(
            transport=self._home,
            headers={
                "Accept": "application/json",
                "User-Agent": "customer360-gateway",
                **options.headers,
            },
            # The whole has its deadline: a timer for each part of it would only cost.
            timeout=httpx2.Timeout(
                None, connect=options.connect_timeout_s, read=options.read_timeout_s
            ),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def ask(self, question: Question, run: Run) -> Reply:
        """The answer to one request. Raises `SourceError`; `NotFound` where there is nothing."""
        async with self._gate.turn(self._timeout_s):
            if run.stopped_by:
                raise run.stopped_by
            try:
                with self.deadlines.within(self._timeout_s):
                    return await self._followed(question, run)
            except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as exc:
                raise self._failures.of_exception(exc, run) from exc

    async def _followed(self, question: Question, run: Run) -> Reply:
        url = self._url(question)
        for _ in range(_MAX_REDIRECTS + 1):
            run.calls += 1
            response = await self._client.send(self._request(url, question.body, run), stream=True)
            try:
                if response.status_code not in _REDIRECTS:
                    return await self._reply(response, question, run)
                url = self._redirected(response)
            finally:
                await response.aclose()
        raise Misconfigured(
            self._source, f"{url.path} redirects in a circle: check `base_url` and the path"
        )

    def _url(self, question: Question) -> httpx2.URL:
        # Put together as text: to read an address costs 20 µs, and to change one as much again.
        path = question.path
        is_whole = path.startswith(("http://", "https://"))
        text = path if is_whole else self._base_text + path.lstrip("/")
        if question.params:
            text = text.partition("#")[0]
            text += ("&" if "?" in text else "?") + encoded(question.params)
        url = httpx2.URL(text)
        if is_whole and not self._home.serves(url):
            raise Malformed(
                self._source,
                f"the next page is said to be at {url.scheme}://{url.host}, where our credentials"
                " must not go: check `base_url`",
            )
        return url

    def _request(self, url: httpx2.URL, body: Mapping[str, Any] | None, run: Run) -> httpx2.Request:
        headers = {**dict(run.headers), **trace.onward()}
        if body is None:
            return self._client.build_request("GET", url, headers=headers)
        headers["Content-Type"] = "application/json"
        return self._client.build_request("POST", url, content=orjson.dumps(body), headers=headers)

    def _redirected(self, response: httpx2.Response) -> httpx2.URL:
        url = response.url.join(response.headers.get("location", ""))
        if not self._home.serves(url):
            raise Misconfigured(
                self._source,
                f"{said(response)} and points to {url.scheme}://{url.host}, where our credentials"
                " must not go: set `base_url` to where the API really is",
            )
        if response.request.method == "POST" and response.status_code not in _KEEP_METHOD:
            raise Misconfigured(
                self._source, f"{said(response)} and points to {url.path}: set the path to that"
            )
        return url

    async def _reply(self, response: httpx2.Response, question: Question, run: Run) -> Reply:
        if not response.is_success and not _is_answer(response, question):
            is_told = self._failures.looks_into(response)
            words = await self._beginning(response) if is_told else b""
            raise self._failures.of_status(response, run, words=words)
        links = _links(response)
        if response.status_code == httpx2.codes.NO_CONTENT:
            return Reply(url=response.url, value=None, links=links, is_empty=True)
        value = self._parsed(await self._read(response), response)
        return Reply(url=response.url, value=value, links=links)

    async def _read(self, response: httpx2.Response) -> bytes:
        length = response.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length) > self._max_bytes:
            raise self._too_large(response)
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._max_bytes:
                raise self._too_large(response)
        return bytes(body)

    def _too_large(self, response: httpx2.Response) -> Malformed:
        return Malformed(
            self._source,
            f"{said(response)} with more than {self._max_bytes} bytes: ask for smaller pages, or"
            " raise `max_response_bytes`",
        )

    async def _beginning(self, response: httpx2.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _MAX_WORDS_BYTES:
                break
        return bytes(body[:_MAX_WORDS_BYTES])

    def _parsed(self, body: bytes, response: httpx2.Response) -> Any:
        charset = response.charset_encoding or "utf-8"
        try:
            if charset.lower() not in _UTF8:
                body = body.decode(charset).encode()
            return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
        except (LookupError, ValueError) as exc:
            raise Malformed(
                self._source,
                f"{said(response)} with {len(body)} bytes that are no whole JSON in {charset}:"
                " check `base_url` and the path",
            ) from exc


def _network(
    source: str, options: HttpOptions, environment: Environment
) -> httpx2.AsyncHTTPTransport:
    # As many connections as there may be calls, and one for a token.
    count = options.limits.concurrent + 1
    return httpx2.AsyncHTTPTransport(
        verify=context(options.auth.tls, source=source, base_dir=environment.base_dir),
        limits=httpx2.Limits(max_connections=count, max_keepalive_connections=count),
    )


def _links(response: httpx2.Response) -> dict[str, str]:
    """The addresses of a `Link` header (RFC 8288) by relation; one link may have several."""
    return {
        relation.lower(): link["url"]
        for link in response.links.values()
        for relation in link.get("rel", "").split()
    }


def _is_answer(response: httpx2.Response, question: Question) -> bool:
    """Whether a failure says as much as an answer would."""
    is_json = "json" in response.headers.get("content-type", "")
    return is_json and response.status_code in question.answered
