"""What the failures of a GraphQL upstream mean, and what they cost."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from connectors.contract import (
    Batch,
    Malformed,
    Misconfigured,
    Refused,
    SourceError,
    Unavailable,
)
from tests.connectors.graphql.fake import Points
from tests.connectors.graphql.opening import (
    BY_CUSTOMER,
    LIST,
    asking,
    by_id,
    everything,
    of_customers,
    opened,
    purchase,
    purchases,
    saying,
    shop,
)

ALIASED = purchases(list={"query": LIST}, by={"customer": {"query": BY_CUSTOMER}})
NODES = purchases(by={"record_id": {"query": "nodes(ids: $keys)", "type": "Purchase"}})
WHERE = purchases(
    by={
        "customer": {
            "query": "purchases_list(where: {customer_ref: {_in: $keys}})",
            "types": {"keys": "[String!]"},
        }
    }
)


def _failure(transport: httpx2.AsyncBaseTransport, batch: Batch, entities: Any) -> SourceError:
    async def run() -> SourceError:
        async with opened(entities, transport) as connector:
            with pytest.raises(SourceError) as raised:
                await connector.fetch(batch)
            return raised.value

    return asyncio.run(run())


def _error(message: str, code: str | None = None, **more: Any) -> dict[str, Any]:
    extensions = {"extensions": {"code": code}} if code else {}
    return {"message": message, **extensions, **more}


def _said(*errors: dict[str, Any], status: int = 200, **more: Any) -> httpx2.Response:
    return httpx2.Response(status, json={"errors": list(errors), **more})


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("UNAUTHENTICATED", Refused),
        ("FORBIDDEN", Refused),
        ("ACCESS_DENIED", Refused),
        ("access-denied", Refused),
        ("invalid-jwt", Refused),
        ("GRAPHQL_VALIDATION_FAILED", Misconfigured),
        ("undefinedField", Misconfigured),
        ("MAX_COST_EXCEEDED", Refused),
        ("THROTTLED", Unavailable),
        ("INTERNAL_SERVER_ERROR", Unavailable),
        ("something of its own", Unavailable),
    ],
)
def test_the_code_of_an_error_says_what_to_do(code: str, kind: type[SourceError]) -> None:
    """Also where the status says that all is well."""
    found = _failure(saying(_said(_error("no", code))), everything(), ALIASED)

    assert isinstance(found, kind)


def test_an_answer_of_errors_only_is_no_success() -> None:
    """Not even with `data: null`, and its words are not for clients."""
    answer = _said(
        _error("Cannot query field 'x'", locations=[{"line": 1, "column": 1}]), data=None
    )

    found = _failure(saying(answer), everything(), ALIASED)

    assert type(found) is Misconfigured
    assert "Cannot query field 'x'" in found.message
    assert "field" not in found.client_message


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (httpx2.Response(200, text="<html>"), Malformed),
        (httpx2.Response(200, json=["no", "GraphQL"]), Malformed),
        (httpx2.Response(200, json={"status": "ok"}), Malformed),
        (httpx2.Response(200, json={"data": None}), Malformed),
        (httpx2.Response(200, json={"data": {"purchases": {"nodes": []}}}), Malformed),
        (httpx2.Response(200, json={"data": {"purchases": []}}), None),
        (httpx2.Response(200, json={"errors": "Not Found"}), Unavailable),
        (httpx2.Response(400, text="<html>"), Misconfigured),
        (_said(_error("no", "GRAPHQL_PARSE_FAILED"), status=400), Misconfigured),
        (httpx2.Response(401, json={"errors": []}), Refused),
        (httpx2.Response(500, text="oops"), Unavailable),
    ],
)
def test_answers_of_another_form_are_told_apart(
    response: httpx2.Response, kind: type[SourceError] | None
) -> None:
    """HTML, JSON that is no GraphQL, a list without pages, and what HTTP says."""
    if kind is not None:
        assert isinstance(_failure(saying(response), everything(), ALIASED), kind)


def test_too_many_questions_say_when_to_come_again() -> None:
    """From the points that are left and how fast they come back."""
    fake = shop(purchase(1), points=Points(cost=100, available=40, rate=20))

    found = _failure(asking(fake), everything(), ALIASED)

    assert isinstance(found, Unavailable)
    assert found.retry_after_s == pytest.approx(3.0, abs=0.2)


def test_an_error_under_an_alias_costs_that_key_only() -> None:
    """The others are answered, and the key is unknown and not empty."""
    fake = shop(purchase(1), purchase(2, "k2"))
    fake.broken[("k2", "purchases")] = "FORBIDDEN"

    async def run() -> None:
        async with opened(ALIASED, asking(fake)) as connector:
            answer = await connector.fetch(of_customers("k1", "k2", "k3"))
            assert answer.rows == {("k1",): [("p1",)]}
            assert answer.failures.keys() == {("k2",)}
            assert isinstance(answer.failures["k2",], Refused)

    asyncio.run(run())


def test_an_error_in_a_record_costs_the_key_that_the_record_is_of() -> None:
    """By what the record tells, in a list of the records of many keys."""
    fake = shop(purchase(1), purchase(2, "k2"), purchase(3, "k2"))
    fake.broken[("p3", "total")] = "INTERNAL_SERVER_ERROR"

    async def run() -> None:
        async with opened(WHERE, asking(fake)) as connector:
            answer = await connector.fetch(of_customers("k1", "k2", fields=("record_id", "total")))
            assert [key for key, rows in answer.rows.items() if rows] == [("k1",)]
            assert answer.failures.keys() == {("k2",)}

    asyncio.run(run())


def test_an_error_in_place_of_a_record_costs_the_key_at_that_place() -> None:
    """In a list of as many things as there were keys."""
    answer = {
        "data": {"nodes": [{"record_id": "p1"}, None, None]},
        "errors": [_error("卖完了", "INTERNAL_SERVER_ERROR", path=["nodes", 1])],
    }

    async def run() -> None:
        async with opened(NODES, saying(httpx2.Response(200, json=answer))) as connector:
            found = await connector.fetch(by_id("p1", "p2", "p3"))
            assert found.rows == {("p1",): [("p1",)]}
            assert found.failures.keys() == {("p2",)}

    asyncio.run(run())


def test_an_error_in_a_record_of_a_whole_list_skips_that_record() -> None:
    """With its id and the words of the source, for the operator."""
    fake = shop(purchase(1), purchase(2))
    fake.broken[("p2", "number")] = "INTERNAL_SERVER_ERROR"

    async def run() -> None:
        async with opened(ALIASED, asking(fake)) as connector:
            answer = await connector.fetch(everything("record_id", "number"))
            assert answer.rows == {(): [("p1", "订单 1")]}
            (skipped,) = answer.skipped
            assert skipped.record_id == "p2"
            assert "卖完了" in skipped.reason

    asyncio.run(run())


def test_an_error_of_the_whole_list_is_a_failure() -> None:
    """A list that is null because of an error is not an empty one."""
    answer = _said(_error("no", "FORBIDDEN", path=["purchases"]), data={"purchases": None})

    assert isinstance(_failure(saying(answer), everything(), ALIASED), Refused)


def test_a_cursor_that_comes_again_ends_the_list() -> None:
    """A source that always gives the same page would never end."""
    page = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "x"}}
    answer = httpx2.Response(200, json={"data": {"purchases": page}})

    found = _failure(saying(answer), everything(), ALIASED)

    assert isinstance(found, Malformed)
    assert "circles" in found.message


def test_a_nested_list_with_more_pages_is_no_answer() -> None:
    """A connection below a list cannot go on for each of its owners."""
    nested = purchases(
        by={
            "customer": {
                "query": "nodes(ids: $keys) { ... on Customer { purchases(first: 1) { nodes } } }"
            }
        }
    )
    fake = shop(purchase(1), purchase(2), purchase(3, "k2"))

    found = _failure(asking(fake), of_customers("k1", "k2"), nested)

    assert isinstance(found, Malformed)
    assert "$key" in found.message


def test_a_failure_on_a_later_page_costs_only_those_who_have_one() -> None:
    """Whoever was answered by then is answered."""
    fake = shop(purchase(1), purchase(2), purchase(3, "k2"))
    aliased = purchases(by={"customer": {"query": BY_CUSTOMER, "size": 1}})
    calls: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        calls.append(request)
        if len(calls) > 1:
            return httpx2.Response(503)
        given = request.headers.get("authorization")
        status, found = fake.answer(json.loads(request.content), authorization=given)
        return httpx2.Response(status, json=found)

    async def run() -> None:
        async with opened(aliased, httpx2.MockTransport(answer)) as connector:
            found = await connector.fetch(of_customers("k1", "k2"))
            assert found.rows == {("k2",): [("p3",)]}
            assert isinstance(found.failures["k1",], Unavailable)
            assert found.calls == 2

    asyncio.run(run())
