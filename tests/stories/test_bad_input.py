"""Whatever a client sends, it gets a clear error of its own, never a failure of the gateway."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.stories.company import ask, free_port, gateway

CURSOR_OF_ANOTHER_ORDER = "WyItcGxhY2VkX2F0IiwiMjAyNi0wMS0wMVQwMDowMDowMCswMDowMCJd"

ANOTHER_ORDER = (
    "This cursor belongs to a list in another order; use it with the same `orderBy`, or begin"
    " without a cursor."
)

FIELD_ERRORS = [
    ("{ customers(first: -1) { nodes { id } } }", "`first` must not be negative."),
    (
        "{ customers(first: 10000000) { nodes { id } } }",
        "`first` must be at most 500; use a cursor to go on.",
    ),
    (
        "{ customers(first: 1, last: 1) { nodes { id } } }",
        "Use either `first` or `last`, not both.",
    ),
    (
        '{ customers(after: "nonsense") { nodes { id } } }',
        "This is no cursor of this graph; use a `cursor` that a query answered.",
    ),
    (
        f'{{ customers(after: "{CURSOR_OF_ANOTHER_ORDER}") {{ nodes {{ id }} }} }}',
        ANOTHER_ORDER,
    ),
    (
        '{ node(id: "中文") { id } }',
        "'中文' is no id of this graph; use an `id` that a query answered.",
    ),
    (
        '{ node(id: "Thing:a:b") { id } }',
        "There is no type 'Thing' with an id.",
    ),
    (
        '{ customer(by: {id: "Ticket:desk:1"}) { id } }',
        "This is the id of a Ticket, but the id of a Customer is needed.",
    ),
    (
        '{ customer(by: {record: {source: "nowhere", recordId: "1"}}) { id } }',
        "There is no source 'nowhere'; there are desk, more, native, people.",
    ),
    (
        "{ customers(where: {name: {contains: null}}) { nodes { id } } }",
        "`name: {contains: null}` says nothing; leave it out, or use `isNull`.",
    ),
]

REFUSALS = [
    ("{ customers { nodes { idd } } }", "GRAPHQL_VALIDATION_FAILED"),
    ("{ customers { ", "GRAPHQL_PARSE_FAILED"),
    ("query A { me { name } } query B { me { name } }", "OPERATION_RESOLUTION_FAILURE"),
    ("{ me { name } } { sources { name } }", "GRAPHQL_VALIDATION_FAILED"),
    ("fragment F on Viewer { name }", "GRAPHQL_VALIDATION_FAILED"),
    ("{ customer(by: {}) { id } }", "GRAPHQL_VALIDATION_FAILED"),
    ('{ customer(by: {id: "a", email: "b"}) { id } }', "GRAPHQL_VALIDATION_FAILED"),
    (
        '{ purchases(where: {placedAt: {gt: "yesterday"}}) { nodes { id } } }',
        "GRAPHQL_VALIDATION_FAILED",
    ),
    ("{" + "a" * 5_000_000 + "}", "BAD_REQUEST"),
    ("{" + " me { name }" * 6_000 + "}", "GRAPHQL_PARSE_FAILED"),
    ("{" + "".join(f" a{n}: me {{ name }}" for n in range(150)) + "}", "GRAPHQL_VALIDATION_FAILED"),
]


@pytest.mark.parametrize(("query", "message"), FIELD_ERRORS, ids=lambda each: each[:50])
def test_a_bad_argument_is_an_error_of_its_field(
    tmp_path: Path, database_url: str, query: str, message: str
) -> None:
    """The message says what to do, the code that it is the client's to mend."""

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            answer = await ask(it, query)

        (error,) = answer["errors"]
        assert error["message"] == message
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}

    asyncio.run(run())


@pytest.mark.parametrize(("query", "code"), REFUSALS, ids=lambda each: each[:50])
def test_a_bad_document_is_refused_with_its_code(
    tmp_path: Path, database_url: str, query: str, code: str
) -> None:
    """It is a client error, there is no data, and nothing is executed."""

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            transport = httpx2.ASGITransport(app=it.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://it") as client:
                accept = {"accept": "application/graphql-response+json"}
                response = await client.post("/graphql", json={"query": query}, headers=accept)

        answer: Any = response.json()
        assert 400 <= response.status_code < 500
        assert "data" not in answer
        assert {each["extensions"]["code"] for each in answer["errors"]} == {code}

    asyncio.run(run())


def test_bad_variables_are_refused_before_anything_is_asked(
    tmp_path: Path, database_url: str
) -> None:
    """The error names the variable and what is wrong with it."""
    query = "query ($n: Int!, $by: CustomerBy!) { customers(first: $n) { nodes { id } } }"

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            answer = await ask(it, query, n="many")

        assert "data" not in answer
        assert {each["extensions"]["code"] for each in answer["errors"]} <= {
            "BAD_USER_INPUT",
            "GRAPHQL_VALIDATION_FAILED",
        }

    asyncio.run(run())


def test_a_condition_that_is_null_is_refused(tmp_path: Path, database_url: str) -> None:
    """A default allows the variable to be nullable, yet null decides nothing."""
    query = "query ($if: Boolean = true) { me { name @include(if: $if) } }"

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            answer = await ask(it, query, **{"if": None})
            by_default = await ask(it, query)

        assert "data" not in answer
        assert answer["errors"] == [
            {
                "message": "The variable '$if' decides `@skip` or `@include`: not null.",
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ]
        assert by_default["data"] == {"me": {"name": "anonymous"}}

    asyncio.run(run())
