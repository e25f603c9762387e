"""What the benchmark asks."""

import random
import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from benchmarks.document import OwnWords, PostGraphileWords
from benchmarks.query import QUERIES, cold

_ROOT = Path(__file__).parents[2]
_OWN = OwnWords()


@pytest.fixture(scope="module", params=["schema.graphql", "benchmarks/peers/shared/schema.graphql"])
def schema(request: pytest.FixtureRequest) -> GraphQLSchema:
    """The gateway's schema, and that of the peers which speak its words."""
    return build_schema((_ROOT / str(request.param)).read_text(encoding="utf-8"))


def _no_cursor(_body: bytes) -> Any:
    return {"data": {"customers": {"pageInfo": {"endCursor": "here"}}}}


@pytest.mark.parametrize("query", QUERIES, ids=lambda each: each.name)
def test_every_question_is_valid(schema: GraphQLSchema, query: Any) -> None:
    """A question that is refused would be measured as a very fast answer."""
    [body] = query.bodies(_OWN, [7], _no_cursor)

    assert validate(schema, parse(orjson.loads(body)["query"])) == []


def test_documents_never_seen_are_valid_and_all_different(schema: GraphQLSchema) -> None:
    """However they are varied, contenders accept them, and no cache has them."""
    documents = [orjson.loads(cold(_OWN, 7, seed=seed))["query"] for seed in range(200)]

    assert [each for each in documents if validate(schema, parse(each))] == []
    assert len(set(documents)) == 200


def test_documents_never_seen_keep_below_the_limit_of_aliases() -> None:
    """The gateway's limit of 100 aliases would refuse them."""
    documents = (orjson.loads(cold(_OWN, 7, seed=seed))["query"] for seed in range(200))

    assert max(each.count(": ") for each in documents) < 100


def test_a_document_never_seen_asks_everybody_for_the_same() -> None:
    """Everybody gives relations and values the same names, so that answers can be compared."""
    own, other = (
        orjson.loads(cold(words, 7, seed=3))["query"] for words in (_OWN, PostGraphileWords())
    )
    # What is inside of JSON columns comes whole from PostGraphile.
    outside = re.sub(r"(emails|phones|addresses) {[^}]*}", "", own)
    named = re.findall(r"(a[0-9a-f]+): \w+", outside)

    assert len(named) > 10
    assert [each for each in named if each not in other] == []


def test_the_same_question_is_about_the_same_customers_in_every_run() -> None:
    """Runs can be compared, and every contender is asked the same."""
    random.seed(1)
    before = QUERIES[0].numbers(1000)
    random.seed(2)

    assert QUERIES[0].numbers(1000) == before
    assert len(before) == 5000
