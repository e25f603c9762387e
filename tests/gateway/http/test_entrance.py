"""The way in: what goes straight to the endpoint, and what goes through the application."""

import asyncio

import httpx2
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.entrance import Entrance
from tests.gateway.http.recorder import Recorder, door

QUERY = {"query": "{ok}"}


class Counted:
    """An application of one page that counts what comes to it."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        page = Route("/page", lambda _: PlainTextResponse("page"))
        self._app = Starlette(routes=[page, Route("/graphql", door(Recorder()))])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count, and answer."""
        self.paths.append(scope.get("path", scope["type"]))
        await self._app(scope, receive, send)


def _ask(app: ASGIApp, method: str, path: str, **options: object) -> httpx2.Response:
    async def run() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.request(method, path, **options)  # type: ignore[arg-type]

    return asyncio.run(run())


def test_questions_pass_by_the_application() -> None:
    """Its middleware and router are not run for them."""
    engine, app = Recorder(), Counted()

    response = _ask(Entrance("/graphql", door(engine), app), "POST", "/graphql", json=QUERY)

    assert response.json() == {"data": {"ok": True}}
    assert [each.query for each in engine.requests] == ["{ok}"]
    assert app.paths == []


def test_all_else_is_the_application_s() -> None:
    """Also what only looks like the endpoint."""
    engine, app = Recorder(), Counted()
    entrance = Entrance("/graphql", door(engine), app)

    answers = [_ask(entrance, "GET", path).status_code for path in ("/page", "/none", "/graphql/x")]

    assert answers == [200, 404, 404]
    assert app.paths == ["/page", "/none", "/graphql/x"]
    assert engine.requests == []


def test_a_lifespan_is_the_application_s() -> None:
    """It starts and stops as it would alone."""
    app = Counted()
    told: list[Message] = []

    async def run() -> None:
        orders = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

        async def receive() -> Message:
            return next(orders)

        async def send(message: Message) -> None:
            told.append(message)

        await Entrance("/graphql", door(Recorder()), app)({"type": "lifespan"}, receive, send)

    asyncio.run(run())

    assert app.paths == ["lifespan"]
    assert [each["type"] for each in told] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


def test_other_origins_are_told_what_they_may() -> None:
    """Around both ways stands the same permission."""
    entrance = Entrance("/graphql", door(Recorder()), Counted())
    app = CORSMiddleware(entrance, allow_origins=["https://portal.example.com"])
    origin = {"origin": "https://portal.example.com"}

    answers = [
        _ask(app, "POST", "/graphql", json=QUERY, headers=origin),
        _ask(app, "GET", "/page", headers=origin),
        _ask(
            app,
            "OPTIONS",
            "/graphql",
            headers={**origin, "access-control-request-method": "GET"},
        ),
    ]

    assert [each.status_code for each in answers] == [200] * 3
    allowed = [each.headers["access-control-allow-origin"] for each in answers]
    assert allowed == ["https://portal.example.com"] * 3


def test_a_content_type_that_came_twice_is_none() -> None:
    """Nobody can say which of the two was meant."""
    twice = [("content-type", "application/json"), ("content-type", "application/json")]

    response = _ask(door(Recorder()), "POST", "/graphql", headers=twice, content=b"{}")

    assert response.status_code == 415
