"""An engine that answers as told and remembers what it was asked, and a client for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
from starlette.types import ASGIApp

from gateway.http.door import GraphQL
from resolvers.request import Request
from resolvers.result import Result, ResultKind

DATA = b'{"data":{"ok":true}}'
REFUSAL = b'{"errors":[{"message":"no","extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}'
MAX_BYTES = 1000


class Recorder:
    """Answers every request with one result, or raises one error."""

    def __init__(
        self,
        kind: ResultKind = ResultKind.EXECUTED,
        body: bytes = DATA,
        error: Exception | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self.contexts: list[object] = []
        self._result = Result(kind, body)
        self._error = error

    async def execute(self, request: Request, context: Any) -> Result:
        """Remember the request; answer."""
        self.requests.append(request)
        self.contexts.append(context)
        if self._error is not None:
            raise self._error
        return self._result


def door(engine: Recorder) -> GraphQL:
    """The endpoint in front of the engine, with a small limit and a known error id."""
    return GraphQL(engine=engine, max_body_bytes=MAX_BYTES, error_id=lambda: "error-1")


def ask(
    engine: Recorder,
    method: str = "POST",
    url: str = "/graphql",
    *,
    headers: dict[str, str] | None = None,
    **options: Any,
) -> httpx2.Response:
    """One request through the endpoint; only the headers that are given, and the client's own."""

    async def run(client: httpx2.AsyncClient) -> httpx2.Response:
        request = client.build_request(method, url, headers=headers, **options)
        if "accept" not in {name.lower() for name in headers or {}}:
            del request.headers["accept"]
        return await client.send(request)

    return with_client(door(engine), run)


def with_client(
    app: ASGIApp, run: Callable[[httpx2.AsyncClient], Awaitable[httpx2.Response]]
) -> httpx2.Response:
    """Run with a client that talks to `app` without a socket."""

    async def within() -> httpx2.Response:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await run(client)

    return asyncio.run(within())


def error(response: httpx2.Response) -> tuple[str, str]:
    """Message and code of the only error; there is no data beside it."""
    body = response.json()
    assert set(body) == {"errors"}
    [only] = body["errors"]
    return only["message"], only["extensions"]["code"]
