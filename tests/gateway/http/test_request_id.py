"""The id of a request: taken where it is sane, given back, and in every line that is logged."""

from collections.abc import MutableMapping
from typing import Any

import httpx2
import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gateway.http.request_id import Identified, add_request_id
from resolvers.request import Request as Question
from resolvers.result import Result
from tests.gateway.http.recorder import Recorder, ask, with_client

JSON = {"content-type": "application/json"}
QUERY = b'{"query":"{ok}"}'


class Logging(Recorder):
    """Notes what two lines of the log would have of the request."""

    def __init__(self) -> None:
        super().__init__()
        self.logged: list[MutableMapping[str, Any]] = []

    async def execute(self, request: Question, context: Any) -> Result:
        """Log twice; answer."""
        self.logged += [add_request_id(None, "info", {"event": str(n)}) for n in range(2)]
        return await super().execute(request, context)


def asked(engine: Logging, **headers: str) -> httpx2.Response:
    """One request."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(engine, headers={**JSON, **more}, content=QUERY)


def test_the_id_of_the_client_is_logged_and_given_back() -> None:
    """So that whoever asked finds the lines."""
    engine = Logging()

    response = asked(engine, x_request_id="checkout-7731/a:b")

    assert response.headers["x-request-id"] == "checkout-7731/a:b"
    assert [each["request_id"] for each in engine.logged] == ["checkout-7731/a:b"] * 2


@pytest.mark.parametrize("given", ["", " ", "a b", "x" * 129, 'a"b', "a,b", "\x7f"])
def test_what_is_no_id_is_neither_logged_nor_given_back(given: str) -> None:
    """Nobody writes lines of ours; the log has an id that was made, the same in all lines."""
    engine = Logging()

    response = asked(engine, x_request_id=given)

    assert response.status_code == 200
    assert "x-request-id" not in response.headers
    first, second = [each["request_id"] for each in engine.logged]
    assert (first, len(first)) == (second, 32)


def test_every_request_without_an_id_gets_another() -> None:
    """Lines of two requests are told apart."""
    engine = Logging()

    asked(engine)
    asked(engine)

    assert len({each["request_id"] for each in engine.logged}) == 2


def test_what_is_logged_outside_of_requests_has_none() -> None:
    """Such as pulls."""
    assert add_request_id(None, "info", {"event": "pulled"}) == {"event": "pulled"}


def test_other_addresses_do_the_same() -> None:
    """Downloads and readiness too."""
    seen: list[structlog.typing.EventDict] = []

    async def other(_request: Request) -> PlainTextResponse:
        seen.append(add_request_id(None, "info", {}))
        return PlainTextResponse("ok")

    app = Identified(Starlette(routes=[Route("/other", other)]))

    async def get(client: httpx2.AsyncClient) -> httpx2.Response:
        return await client.get("/other", headers={"x-request-id": "7"})

    response = with_client(app, get)

    assert response.headers["x-request-id"] == "7"
    assert seen == [{"request_id": "7"}]
