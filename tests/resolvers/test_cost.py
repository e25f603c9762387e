"""Cost: an answer of a million objects is refused before anything is asked."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from resolvers.cost import Cost, cost_of
from resolvers.limit import DocumentLimits
from resolvers.problem import UserError
from resolvers.request import Request
from resolvers.result import ErrorCode, ResultKind
from resolvers.selection import Limits
from resolvers.type_table import TypeTable
from schema.build import build_schema, executable
from tests.resolvers.asking import engine
from tests.resolvers.customers import SOURCES

TABLE = TypeTable(executable(build_schema()))
EXAMPLES = Path(__file__).parents[2] / "examples" / "queries"


def _cost(text: str) -> Cost:
    definitions = parse(text).definitions
    (operation,) = (each for each in definitions if isinstance(each, OperationDefinitionNode))
    fragments = [each for each in definitions if isinstance(each, FragmentDefinitionNode)]
    return cost_of(
        operation,
        table=TABLE,
        fragments={each.name.value: each for each in fragments},
        limits=Limits(default_first=20, max_first=500),
    )


def _count(text: str, variables: Mapping[str, Any] | None = None) -> int:
    return _cost(text).count(variables or {})


def test_a_million_objects_are_refused_in_words() -> None:
    """The client is told where most of them are, and what to lower."""
    cost = _cost(
        "{ customers(first: 500) { nodes { bought: purchases(first: 100) {"
        " nodes { lines(first: 20) { nodes { description } } } } } } }"
    )
    with pytest.raises(UserError) as raised:
        cost.check({}, max_nodes=100_000)
    assert raised.value.code is ErrorCode.COST_ESTIMATED_TOO_EXPENSIVE
    assert raised.value.message == (
        "The answer could have 1,101,001 objects; at most 100,000 are allowed. Most are at"
        " `customers.nodes.bought.nodes.lines.nodes`: lower `first` or `last` there or in the lists"
        " around it, and follow their cursors."
    )


def test_no_source_is_asked_for_what_costs_too_much(request: pytest.FixtureRequest) -> None:
    """The variables decide: the same document is answered with smaller pages."""
    text = """query ($n: Int) { customers(first: $n) { nodes { purchases(first: $n) { nodes {
        lines(first: $n) { nodes { description } } } } } } }"""

    async def run() -> None:
        async with AsyncExitStack() as stack:
            counted = await SOURCES["memory"](request, stack)
            asking = engine(counted.federation)
            large = await asking.engine.execute(
                Request(query=text, variables={"n": 100}), asking.context()
            )
            assert counted.count() == 0
            small = await asking.engine.execute(
                Request(query=text, variables={"n": 2}), asking.context()
            )
            assert counted.count() > 0
        refused = json.loads(large.body)
        assert large.kind is ResultKind.REQUEST_ERROR
        assert [each["extensions"] for each in refused["errors"]] == [
            {"code": "COST_ESTIMATED_TOO_EXPENSIVE"}
        ]
        assert small.kind is ResultKind.EXECUTED

    asyncio.run(run())


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("{ me { name roles } }", 1),
        ("{ me { name } a: me { name } }", 2),
        ("{ me { name } me { roles } }", 1),
        ("{ customers(first: 3) { nodes { id } } }", 4),
        ("{ customers { nodes { id } } }", 21),
        ("{ customers(first: null) { nodes { id } } }", 21),
        ("{ customers(last: 5) { nodes { id } } }", 6),
        ("{ customers(first: null, last: 5) { nodes { id } } }", 6),
        ("{ customers(first: 5, last: 7) { nodes { id } } }", 8),
        ("{ customers(first: 501) { nodes { id } } }", 501),
        ("{ customers(first: 2147483647) { nodes { id } } }", 501),
        ("{ customers(first: -1) { nodes { id } } }", 1),
        ("{ customers(first: 3) { edges { node { id } } } }", 7),
        ("{ customers(first: 3) { nodes { id } x: nodes { id } edges { cursor } } }", 10),
        ("{ customers(first: 3) { pageInfo { hasNextPage } } }", 5),
        ("{ customers(first: 3) { nodes { emails { address } } } }", 19),
        (
            "{ tickets(first: 3) { nodes { customer { purchases(last: 2) { nodes { id } } } } } }",
            16,
        ),
        ('{ nodes(ids: ["a", "b"]) { id ... on Customer { emails { address } } } }', 12),
        ('{ nodes(ids: "a") { id } }', 1),
        (
            '{ node(id: "a") { ... on Purchase { lines(first: 9) { nodes { quantity } } } } }',
            11,
        ),
        ("{ __schema { types { name } } me { name } }", 1),
        ("{ me @skip(if: true) { name } customers @include(if: false) { nodes { id } } }", 0),
        ("{ me @skip(if: false) { name } }", 1),
        ("mutation { logInteraction(input: {}) { problems { code } } }", 6),
    ],
)
def test_objects_are_counted_with_all_pages_full(text: str, count: int) -> None:
    """Pages by what is asked or the default, other lists by a constant, leaves not at all."""
    assert _count(text) == count


@pytest.mark.parametrize(
    ("variables", "count"),
    [
        ({"n": 10, "m": 2}, 1 + 10 * (1 + 1 + 2)),
        ({"n": 10}, 1 + 10 * (1 + 1 + 20)),
        ({"n": None, "m": 0}, 1 + 20 * (1 + 1)),
        ({"n": 9999, "m": -5}, 1 + 500 * (1 + 1)),
    ],
)
def test_variables_say_how_large_pages_are(variables: Mapping[str, Any], count: int) -> None:
    """Null and what is missing mean the default; what a page may not have is not counted."""
    text = (
        "query ($n: Int, $m: Int) { customers(first: $n) {"
        " nodes { purchases(last: $m) { nodes { id } } } } }"
    )
    assert _count(text, variables) == count


def test_variables_say_which_ids_and_which_parts() -> None:
    """`ids` count as many as they are; what is skipped counts nothing."""
    ids = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert _count(ids, {"ids": ["a", "b", "c"]}) == 3
    assert _count(ids, {"ids": ["a"] * 900}) == 500
    parts = (
        "query ($all: Boolean!, $few: Boolean!) { me { name } customers(first: 7) @skip(if: $few) {"
        " nodes @include(if: $all) { id ...F @skip(if: $few) } } } fragment F on Customer {"
        " emails { address } }"
    )
    assert _count(parts, {"all": True, "few": False}) == 1 + 1 + 7 + 7 * 5
    assert _count(parts, {"all": False, "few": False}) == 2
    assert _count(parts, {"all": True, "few": True}) == 1


def test_fragments_count_where_they_are_spread_and_once_for_each_object() -> None:
    """Under different conditions they count in any case: it is an upper estimate."""
    text = (
        "query ($a: Boolean!, $b: Boolean!) { me { name } x: customers(first: 3) { ...P ...P }"
        " y: customers(first: 4) { ...P @include(if: $a) ...P @include(if: $b) } }"
        " fragment P on CustomerConnection { nodes { id } }"
    )
    assert _count(text, {"a": False, "b": False}) == 1 + 1 + 3 + 1 + 4


def test_fragments_that_double_at_every_step_are_counted_in_linear_time() -> None:
    """Forty fragments, each spread twice by the one before, under two conditions."""
    chain = " ".join(
        f"fragment F{n} on Customer {{ ...F{n + 1} @skip(if: $a) ...F{n + 1} @skip(if: $b) }}"
        for n in range(40)
    )
    text = (
        "query ($a: Boolean!, $b: Boolean!) { customers(first: 2) { nodes { ...F0 } } }"
        f" {chain} fragment F40 on Customer {{ emails {{ address }} }}"
    )
    assert _count(text, {"a": False, "b": False}) == 1 + 2 + 2 * 5


def test_nothing_that_the_examples_ask_is_refused() -> None:
    """They are far below what is allowed."""
    allowed = DocumentLimits().max_nodes
    texts = [each.read_text() for each in sorted(EXAMPLES.glob("*.graphql"))]
    counts = [_count(each, {"first": 20}) for each in texts]
    assert len(counts) == 6
    assert max(counts) < allowed / 100
