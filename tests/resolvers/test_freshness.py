"""`@freshness`: how old kept answers may be for a query, in the words of the client."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import parse

from connectors.options import Keeping
from resolvers.acceptance import is_certainly_valid
from resolvers.engine import Engine
from resolvers.request import Request
from resolvers.type_table import TypeTable
from schema.build import build_schema, executable
from tests.connectors.cache.reading import Place, played
from tests.resolvers.asking import Asking

SCHEMA = executable(build_schema())
TABLE = TypeTable(SCHEMA)
TICKETS = "{ tickets { nodes { subject } } }"
A_DAY = Keeping(max_age_s=86_400)


async def answered(it: Place, text: str, **variables: object) -> Mapping[str, Any]:
    """The answer to a query."""
    asking = Asking(Engine(SCHEMA, nesting=it.federation.can_nest), it.federation)
    request = Request(query=text, variables=variables)
    result = await asking.engine.execute(request, asking.context())
    answer: Mapping[str, Any] = json.loads(result.body)
    return answer


def subjects(answer: Mapping[str, Any]) -> set[str]:
    """What the tickets of an answer are about."""
    return {each["subject"] for each in answer["data"]["tickets"]["nodes"]}


@pytest.mark.parametrize(
    ("wanted", "age_s", "version"),
    [
        ("30s", 30, 1),
        ("30s", 31, 2),
        ("5m", 300, 1),
        ("5m", 301, 2),
        ("2h", 7200, 1),
        ("2h", 7201, 2),
        ("1d", 7201, 1),
        ("999999999d", 86_399, 1),
        ("999999999d", 86_400, 2),
        ("0s", 0, 2),
    ],
)
def test_a_query_gets_nothing_older_than_it_says(wanted: str, age_s: float, version: int) -> None:
    """As a literal and as a variable; and nothing is kept longer than the settings say."""

    async def story(it: Place) -> None:
        await answered(it, TICKETS)
        it.desk.version = 2
        it.clock.now_s += age_s
        literal = await answered(it, f'query @freshness(maxStale: "{wanted}") {TICKETS}')
        assert subjects(literal) == {f"version {version}"}

    async def with_a_variable(it: Place) -> None:
        await answered(it, TICKETS)
        it.desk.version = 2
        it.clock.now_s += age_s
        text = f"query ($age: String!) @freshness(maxStale: $age) {TICKETS}"
        assert subjects(await answered(it, text, age=wanted)) == {f"version {version}"}

    played(story, keeping=A_DAY)
    played(with_a_variable, keeping=A_DAY)


@pytest.mark.parametrize("wrong", ["", "5", "m", "-5m", "5 m", "1.5h", "5M", "1w", "5分", "9" * 40])
def test_what_is_no_duration_is_told(wrong: str) -> None:
    """Nothing is asked."""

    async def story(it: Place) -> None:
        answer = await answered(
            it, f"query ($age: String!) @freshness(maxStale: $age) {TICKETS}", age=wrong
        )
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert "whole number and a unit" in error["message"]
        assert "data" not in answer
        assert it.desk.asked == []

    played(story)


@pytest.mark.parametrize(
    ("text", "is_known"),
    [
        (f'query @freshness(maxStale: "5m") {TICKETS}', True),
        (f"query ($age: String!) @freshness(maxStale: $age) {TICKETS}", True),
        (f'query ($age: String = "5m") @freshness(maxStale: $age) {TICKETS}', True),
        (f"query ($age: String) @freshness(maxStale: $age) {TICKETS}", False),
        (f"query @freshness(maxStale: 5) {TICKETS}", False),
        (f"query @freshness(maxStale: null) {TICKETS}", False),
        (f"query @freshness {TICKETS}", False),
        (f'query @freshness(maxAge: "5m") {TICKETS}', False),
        (f'query @freshness(maxStale: "5m", maxStale: "5m") {TICKETS}', False),
        (f'query @freshness(maxStale: "5m") @freshness(maxStale: "5m") {TICKETS}', False),
        (f'query @fresh(maxStale: "5m") {TICKETS}', False),
        ('{ tickets @freshness(maxStale: "5m") { nodes { subject } } }', False),
        ('mutation @freshness(maxStale: "5m") { __typename }', False),
        ('fragment f on Ticket @freshness(maxStale: "5m") { id } { tickets { ...f } }', False),
    ],
)
def test_the_quick_pass_knows_where_it_may_stand(text: str, is_known: bool) -> None:  # noqa: FBT001
    """It lets pass what is right; all else is left to graphql-core."""
    assert is_certainly_valid(TABLE, parse(text)) is is_known
