"""The GraphQL endpoint: GraphQL-over-HTTP as an ASGI application.

Specification: https://graphql.github.io/graphql-over-http/ . Where its edition of September 2026
and the audits of graphql-http 1.23 differ, the audits decide, because clients are tested by them:
400 and not 422 for a request that is no request or does not validate, `application/json` where
`Accept` is missing, and 200 for request errors in it. An answer with data and errors is 200 and not
294, a status that is registered nowhere.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import structlog
from starlette.types import Receive, Scope, Send

from gateway.http import media, payload
from gateway.http.body import Headers, read_body
from gateway.http.departure import Departures
from gateway.http.explanation import HEADER as EXPLAIN
from gateway.http.explanation import UNEXPLAINED, Explanations
from gateway.http.headers import TOLD, read_headers
from gateway.http.media import ResponseType
from gateway.http.persisted import AS_SENT, Documents
from gateway.http.rejection import Disconnected, Rejected, error_body
from gateway.http.request_id import HEADER as REQUEST_ID
from gateway.http.request_id import begin
from gateway.http.safety import HEADERS, refuse_forgery
from resolvers.request import Request
from resolvers.result import ErrorCode, Result, ResultKind

log = structlog.get_logger(__name__)

ALLOW = "GET, HEAD, POST, OPTIONS"

_NO_CONTENT = 204
_RETRIED = {ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED, ErrorCode.PERSISTED_QUERY_NOT_FOUND}
_METHODS = frozenset({"GET", "HEAD", "POST"})
_NO_MORE: Mapping[str, str] = {}
_ALWAYS = [(b"vary", b"Accept"), *HEADERS]
_WITH_BODY = {
    each: [*_ALWAYS, (b"content-type", f"{each}; charset=utf-8".encode())] for each in ResponseType
}


class Engine(Protocol):
    """What executes operations."""

    async def execute(self, request: Request, context: Any) -> Result:
        """The answer; raises only for what is a fault of the gateway itself."""


async def no_context(scope: Scope) -> None:
    """The context of an engine that needs none."""
    del scope


def new_error_id() -> str:
    """An id that stands in the answer and in the log."""
    return uuid.uuid4().hex


class _Answer(NamedTuple):
    status: int
    body: bytes
    headers: Mapping[str, str] = _NO_MORE


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQL:
    """The endpoint; mount it with `Route("/graphql", endpoint)`, which leaves it every method.

    `context_of` makes the context of one request from its ASGI scope and may raise `Rejected`.
    `documents` finds those that are named and not sent.
    `explanations` answers what comes with the header `X-Explain` instead of `engine`.
    Bodies over `max_body_bytes` are refused while they come in; a body has `patience_s` to come.
    `departures` ends the work for clients that leave.
    """

    engine: Engine
    explanations: Explanations = UNEXPLAINED
    documents: Documents = AS_SENT
    context_of: Callable[[Scope], Awaitable[Any]] = no_context
    max_body_bytes: int = 8 * 1024 * 1024
    patience_s: float = 30.0
    error_id: Callable[[], str] = new_error_id
    departures: Departures = field(default_factory=Departures)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = read_headers(scope["headers"])
        request_id = begin(headers)
        kind = media.answer_type(headers.get(b"accept"))
        try:
            answer = await self._answer(scope, receive, headers=headers, kind=kind)
        except Disconnected:
            return
        told = _headers_of(answer, kind or ResponseType.LEGACY)
        if TOLD in scope:
            told += [(name.encode(), value.encode()) for name, value in scope[TOLD].items()]
        if request_id is not None:
            told.append((REQUEST_ID, request_id))
        await send({"type": "http.response.start", "status": answer.status, "headers": told})
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        *,
        headers: Mapping[bytes, bytes],
        kind: ResponseType | None,
    ) -> _Answer:
        try:
            if scope["method"] == "OPTIONS":
                return _Answer(_NO_CONTENT, b"", {"allow": ALLOW})
            request = await self._request(scope, receive, headers=headers, kind=kind)
            context = await self.context_of(scope)
            request = self.documents.resolved(request, context)
            asked = headers.get(EXPLAIN)
            with self.departures.attended(receive):
                if asked is None:
                    result = await self.engine.execute(request, context)
                else:
                    result = await self.explanations.answer(asked, request, context)
        except Rejected as rejected:
            return _rejection(rejected, kind)
        except Disconnected:
            raise
        except Exception as exc:  # noqa: BLE001 - the last place that can answer at all; it logs
            return self._failure(exc)
        return _executed(result, kind)

    async def _request(
        self,
        scope: Scope,
        receive: Receive,
        *,
        headers: Mapping[bytes, bytes],
        kind: ResponseType | None,
    ) -> Request:
        method: str = scope["method"]
        if method not in _METHODS:
            text = f"{method} is not allowed here; use POST, or GET for queries."
            raise Rejected(405, text, headers={"allow": ALLOW})
        if kind is None:
            offer = " and ".join(ResponseType)
            raise Rejected(406, f"Nothing in 'Accept' can be served; there are {offer}.")
        if method == "POST":
            _require_json(headers)
            body = await read_body(
                headers, receive, max_bytes=self.max_body_bytes, patience_s=self.patience_s
            )
            return payload.from_body(body)
        refuse_forgery(headers)
        if len(scope["query_string"]) > self.max_body_bytes:
            raise Rejected(414, "The URL is too long; use POST.")
        return payload.from_query_string(scope["query_string"])

    def _failure(self, exc: Exception) -> _Answer:
        error_id = self.error_id()
        log.error("graphql_failed", error_id=error_id, exc_info=exc)
        text = f"Something went wrong in the gateway. Quote this to its operators: {error_id}"
        body = error_body(text, code=ErrorCode.INTERNAL_SERVER_ERROR, errorId=error_id)
        return _Answer(500, body)


def _require_json(headers: Headers) -> None:
    if not media.is_json(headers.get(b"content-type")):
        text = "'Content-Type' has to be application/json, in UTF-8."
        raise Rejected(415, text, headers={"accept-post": media.JSON})
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        text = "Compressed bodies are not supported; send the JSON as it is."
        raise Rejected(415, text, headers={"accept-encoding": "identity"})


def _rejection(rejected: Rejected, kind: ResponseType | None) -> _Answer:
    body = error_body(rejected.message, code=rejected.code)
    status = rejected.status
    # Apollo's clients try again with the document only if the legacy answer says 200.
    is_retried = rejected.code in _RETRIED
    if is_retried and kind is ResponseType.LEGACY:
        status = 200
    return _Answer(status, body, rejected.headers)


def _executed(result: Result, kind: ResponseType | None) -> _Answer:
    if result.kind is ResultKind.EXECUTED:
        return _Answer(200, result.body)
    if result.kind is ResultKind.METHOD_REFUSED:
        return _Answer(405, result.body, {"allow": "POST"})
    if result.kind is ResultKind.OVERLOADED:
        return _Answer(503, result.body, {"retry-after": "1"})
    # A legacy client cannot tell a 400 of ours from one of a proxy: it gets a 200.
    return _Answer(200 if kind is ResponseType.LEGACY else 400, result.body)


def _headers_of(answer: _Answer, kind: ResponseType) -> list[tuple[bytes, bytes]]:
    if answer.status == _NO_CONTENT:
        headers = [*_ALWAYS]
    else:
        headers = [*_WITH_BODY[kind], (b"content-length", b"%d" % len(answer.body))]
    if answer.headers:
        more = answer.headers.items()
        headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in more]
    return headers
