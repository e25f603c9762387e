"""GET: queries in the URL, and never a change."""

from urllib.parse import urlencode

import pytest

from resolvers.request import Request
from resolvers.result import ResultKind
from tests.gateway.http.recorder import DATA, MAX_BYTES, REFUSAL, Recorder, ask, error


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "variables=%7B%7D",
        "query={ok}&query={no}",
        "query={ok}&variables=[1]",
        "query={ok}&variables={",
        "query={ok}&variables=7",
        "query={ok}&extensions=%22x%22",
        "query=%ff",
        "&".join(f"a{n}=1" for n in range(101)),
    ],
)
def test_a_url_that_is_no_request_is_a_client_error(query_string: str) -> None:
    """It is 400 with the reason, and never reaches the engine."""
    engine = Recorder()

    response = ask(engine, "GET", f"/graphql?{query_string}")

    assert response.status_code == 400
    assert error(response)[1] == "BAD_REQUEST"
    assert engine.requests == []


def test_a_url_that_is_too_long_is_refused() -> None:
    """It is 414 and tells to use POST."""
    response = ask(Recorder(), "GET", "/graphql?query=" + "a" * MAX_BYTES)

    assert response.status_code == 414
    assert error(response)[0] == "The URL is too long; use POST."


def test_a_mutation_is_refused() -> None:
    """The engine is told that nothing may change; its refusal is 405 and names POST."""
    engine = Recorder(ResultKind.METHOD_REFUSED, REFUSAL)

    response = ask(engine, "GET", "/graphql?query=mutation{change}")

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert response.content == REFUSAL
    assert [request.may_mutate for request in engine.requests] == [False]


@pytest.mark.parametrize(
    ("site", "mode", "status"),
    [
        ("cross-site", "no-cors", 403),
        ("cross-site", "navigate", 403),
        ("same-site", "no-cors", 403),
        ("cross-site", "cors", 200),
        ("same-origin", "no-cors", 200),
        ("none", "navigate", 200),
    ],
)
def test_a_foreign_page_cannot_make_a_browser_ask(site: str, mode: str, status: int) -> None:
    """A link or an image on another site is refused; typing the address, or a fetch, is not."""
    engine = Recorder()
    headers = {"sec-fetch-site": site, "sec-fetch-mode": mode}

    response = ask(engine, "GET", "/graphql?query={ok}", headers=headers)

    assert response.status_code == status
    assert len(engine.requests) == (1 if status == 200 else 0)


def test_a_header_that_needs_a_preflight_lets_a_foreign_page_in() -> None:
    """Who can send it has been allowed to by CORS."""
    headers = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "no-cors",
        "apollo-require-preflight": "1",
    }

    response = ask(Recorder(), "GET", "/graphql?query={ok}", headers=headers)

    assert response.status_code == 200


def test_a_query_arrives_whole() -> None:
    """Name, variables and extensions are read from the URL; GET must not change anything."""
    engine = Recorder()
    query_string = urlencode(
        {
            "query": "query A { 客户: ok }",
            "operationName": "A",
            "variables": '{"name":"王琳"}',
            "extensions": "{}",
            "unknown": "x",
        }
    )

    response = ask(engine, "GET", f"/graphql?{query_string}")

    assert response.status_code == 200
    assert response.content == DATA
    assert engine.requests == [
        Request(
            query="query A { 客户: ok }",
            operation_name="A",
            variables={"name": "王琳"},
            extensions={},
            may_mutate=False,
        )
    ]


def test_empty_parameters_are_not_given() -> None:
    """An empty operationName means none; `null` there would be a name."""
    engine = Recorder()

    ask(engine, "GET", "/graphql?query={ok}&operationName=&variables=null&extensions=")
    ask(engine, "GET", "/graphql?query={ok}&operationName=null")

    assert [request.operation_name for request in engine.requests] == [None, "null"]
    assert [request.variables for request in engine.requests] == [None, None]


def test_head_is_get_without_the_body() -> None:
    """Status and headers are those of GET."""
    engine = Recorder()

    response = ask(engine, "HEAD", "/graphql?query={ok}")

    assert response.status_code == 200
    assert response.headers["content-length"] == str(len(DATA))
    assert response.content == b""
    assert [request.may_mutate for request in engine.requests] == [False]
