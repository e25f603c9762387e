"""POST: the JSON body, its type, and what of it is refused."""

from typing import Any

import orjson
import pytest

from resolvers.request import Request
from resolvers.result import ResultKind
from tests.gateway.http.recorder import DATA, MAX_BYTES, REFUSAL, Recorder, ask, error

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body is not valid JSON in UTF-8: "),
        (b"null", "The body has to be a JSON object with a 'query'."),
        (b"1", "The body has to be a JSON object with a 'query'."),
        (b'"{ ok }"', "The body has to be a JSON object with a 'query'."),
        (b"[]", "Batches are not supported: send one JSON object per request."),
        (b"[{}]", "Batches are not supported: send one JSON object per request."),
        (b"{}", "'query' has to be a string that holds a GraphQL document."),
        (b'{"query":""}', "'query' has to be a string that holds a GraphQL document."),
        (b'{"query":null}', "'query' has to be a string that holds a GraphQL document."),
        (b'{"query":["{ok}"]}', "'query' has to be a string that holds a GraphQL document."),
        (b'{"query":"{ok}","variables":[7]}', "'variables' has to be a JSON object or null."),
        (b'{"query":"{ok}","variables":"{}"}', "'variables' has to be a JSON object or null."),
        (b'{"query":"{ok}","extensions":0}', "'extensions' has to be a JSON object or null."),
        (b'{"query":"{ok}","operationName":0}', "'operationName' has to be a string or null."),
        (b'{"query":"\xff{ok}"}', "The body is not valid JSON in UTF-8: "),
        (b'{"query":"\\ud800"}', "The body is not valid JSON in UTF-8: "),
        (b'{"query":"{ok}"', "The body is not valid JSON in UTF-8: "),
        (b'{"query":NaN}', "The body is not valid JSON in UTF-8: "),
        (b"[" * 400 + b"]" * 400, "Batches are not supported: send one JSON object per request."),
        ("查询".encode("gb18030"), "The body is not valid JSON in UTF-8: "),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_a_body_that_is_no_request_is_a_client_error(
    body: bytes, message: str, accept: str
) -> None:
    """It is answered with 400 in either media type, says why, and never reaches the engine."""
    engine = Recorder()

    response = ask(engine, headers={**JSON, "accept": accept}, content=body)

    assert response.status_code == 400
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    told, code = error(response)
    assert told.startswith(message)
    assert code == "BAD_REQUEST"
    assert engine.requests == []


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=utf-16",
        "application/json, application/json",
        "json",
        "",
    ],
)
def test_only_json_is_taken(content_type: str | None) -> None:
    """Among the refused are the types that a foreign page could send without asking first."""
    engine = Recorder()
    headers = {} if content_type is None else {"content-type": content_type}

    response = ask(engine, headers=headers, content=b'{"query":"{ok}"}')

    assert response.status_code == 415
    assert response.headers["accept-post"] == "application/json"
    assert error(response)[1] == "BAD_REQUEST"
    assert engine.requests == []


def test_a_compressed_body_is_refused_in_words() -> None:
    """A body that says it is compressed is not taken for broken JSON."""
    response = ask(Recorder(), headers={**JSON, "content-encoding": "gzip"}, content=b"\x1f\x8b")

    assert response.status_code == 415
    assert response.headers["accept-encoding"] == "identity"


def test_a_body_over_the_limit_is_refused() -> None:
    """One byte too many is 413; the limit itself is fine."""
    engine = Recorder()
    padding = MAX_BYTES - len(b'{"query":""}')

    fits = ask(engine, headers=JSON, content=b'{"query":"%s"}' % (b" " * padding))
    too_large = ask(engine, headers=JSON, content=b'{"query":"%s"}' % (b" " * (padding + 1)))

    assert fits.status_code == 200
    assert too_large.status_code == 413
    assert error(too_large)[1] == "BAD_REQUEST"
    assert len(engine.requests) == 1


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=UTF-8"])
def test_a_request_arrives_whole(content_type: str) -> None:
    """Everything of the request reaches the engine as it was sent, Chinese included."""
    engine = Recorder()
    body: dict[str, Any] = {
        "query": "query A { 客户: ok }",
        "operationName": "A",
        "variables": {"name": "王琳", "amount": 1.5},
        "extensions": {"trace": "x"},
        "somethingElse": 1,
    }

    response = ask(engine, headers={"content-type": content_type}, content=orjson.dumps(body))

    assert response.status_code == 200
    assert response.content == DATA
    assert engine.requests == [
        Request(
            query="query A { 客户: ok }",
            operation_name="A",
            variables={"name": "王琳", "amount": 1.5},
            extensions={"trace": "x"},
        )
    ]


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"query":"{ok}"}',
        b'{"query":"{no}","query":"{ok}"}',
        b'{"query":"{ok}","variables":null,"operationName":null,"extensions":null}',
    ],
)
def test_lenient_forms_are_understood(body: bytes) -> None:
    """A byte order mark is passed over, the last of equal keys counts, null means not given."""
    engine = Recorder()

    response = ask(engine, headers=JSON, content=body)

    assert response.status_code == 200
    assert engine.requests == [Request(query="{ok}")]


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json", 200), ("*/*", 200), ("application/graphql-response+json", 400)],
)
def test_a_request_error_has_the_status_of_its_media_type(accept: str, status: int) -> None:
    """A legacy client gets 200, because it cannot trust another status to be ours."""
    engine = Recorder(ResultKind.REQUEST_ERROR, REFUSAL)

    response = ask(engine, headers={**JSON, "accept": accept}, content=b'{"query":"{"}')

    assert response.status_code == status
    assert response.content == REFUSAL


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_who_comes_when_there_is_too_much_to_do_is_told_when_to_come_again(accept: str) -> None:
    """Proxies and clients know what a 503 with `Retry-After` means."""
    engine = Recorder(ResultKind.OVERLOADED, REFUSAL)

    response = ask(engine, headers={**JSON, "accept": accept}, content=b'{"query":"{ok}"}')

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.content == REFUSAL


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json", 200), ("application/graphql-response+json", 400)],
)
def test_a_persisted_query_is_answered_as_apollo_clients_expect(accept: str, status: int) -> None:
    """Without the document they are told to send it."""
    engine = Recorder()
    body = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "ab"}}}

    response = ask(engine, headers={**JSON, "accept": accept}, content=orjson.dumps(body))

    assert response.status_code == status
    assert error(response) == ("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED")
    assert engine.requests == []
