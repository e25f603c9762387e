"""The endpoint itself: methods, acceptable answers, headers, its own failures."""

import httpx2
import pytest
from starlette.types import Scope
from structlog.testing import capture_logs

from gateway.http.door import GraphQL
from gateway.http.rejection import Rejected
from tests.gateway.http.recorder import DATA, Recorder, ask, error, with_client

JSON = {"content-type": "application/json"}
QUERY = b'{"query":"{ok}"}'


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_a_fault_of_the_gateway_tells_nothing_but_an_id(accept: str) -> None:
    """The client gets an id; the log has it too, with the exception."""
    engine = Recorder(error=RuntimeError("password=secret at db.internal"))

    with capture_logs() as logs:
        response = ask(engine, headers={**JSON, "accept": accept}, content=QUERY)

    assert response.status_code == 500
    assert b"secret" not in response.content
    [only] = response.json()["errors"]
    assert only["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "errorId": "error-1"}
    assert [(each["event"], each["error_id"]) for each in logs] == [("graphql_failed", "error-1")]
    assert "secret" in str(logs[0]["exc_info"])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "QUERY", "TRACE"])
def test_other_methods_are_refused(method: str) -> None:
    """405 says which methods there are."""
    response = ask(Recorder(), method, headers=JSON, content=QUERY)

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_options_tells_the_methods() -> None:
    """There is no body, and the engine is not asked."""
    engine = Recorder()

    response = ask(engine, "OPTIONS")

    assert response.status_code == 204
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert response.content == b""
    assert engine.requests == []


def test_what_cannot_be_served_is_not_executed() -> None:
    """406 names what there is."""
    engine = Recorder()

    response = ask(engine, headers={**JSON, "accept": "text/html"}, content=QUERY)

    assert response.status_code == 406
    assert error(response)[0] == (
        "Nothing in 'Accept' can be served; "
        "there are application/graphql-response+json and application/json."
    )
    assert engine.requests == []


def test_several_accept_headers_are_one_list() -> None:
    """A client may send the list in several headers."""

    async def run(client: httpx2.AsyncClient) -> httpx2.Response:
        headers = [
            ("content-type", "application/json"),
            ("accept", "text/event-stream"),
            ("accept", "application/graphql-response+json"),
        ]
        return await client.post("/graphql", headers=headers, content=QUERY)

    response = with_client(GraphQL(engine=Recorder()), run)

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"


def test_a_query_gets_json_even_if_events_would_do() -> None:
    """Event streams are for subscriptions."""
    headers = {**JSON, "accept": "text/event-stream, application/json"}

    response = ask(Recorder(), headers=headers, content=QUERY)

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.content == DATA


def test_answers_are_not_kept_and_not_guessed() -> None:
    """Customer data stays out of caches, and browsers believe the media type."""
    response = ask(Recorder(), headers=JSON, content=QUERY)

    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "Accept"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-length"] == str(len(DATA))


def test_the_context_of_a_request_reaches_the_engine() -> None:
    """It is made from the ASGI scope, once per request."""
    engine = Recorder()

    async def context_of(scope: Scope) -> str:
        return str(scope["path"])

    async def run(client: httpx2.AsyncClient) -> httpx2.Response:
        return await client.post("/graphql", headers=JSON, content=QUERY)

    with_client(GraphQL(engine=engine, context_of=context_of), run)

    assert engine.contexts == ["/graphql"]


def test_who_makes_the_context_may_refuse() -> None:
    """Its status, code and headers are the answer, and nothing is executed."""
    engine = Recorder()

    async def context_of(_scope: Scope) -> None:
        headers = {"www-authenticate": "Bearer"}
        raise Rejected(401, "Who are you?", code="UNAUTHENTICATED", headers=headers)

    async def run(client: httpx2.AsyncClient) -> httpx2.Response:
        return await client.post("/graphql", headers=JSON, content=QUERY)

    response = with_client(GraphQL(engine=engine, context_of=context_of), run)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert error(response) == ("Who are you?", "UNAUTHENTICATED")
    assert engine.requests == []
