"""What a viewer may send: limits and introspection of roles, whoever had a document read before."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from connectors.federation import Federation
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from domain.access.policy import EntityAccess, Policy, RoleAccess
from resolvers.limit import DocumentLimits, Terms
from resolvers.request import Request
from resolvers.selection import Limits
from tests.resolvers.asking import NOW, engine

WIDE = Terms(DocumentLimits())
NARROW = Terms(
    DocumentLimits(
        max_characters=150, max_tokens=40, max_depth=3, max_fields=8, max_aliases=1, max_nodes=50
    )
)
CLOSED = Terms(DocumentLimits(), allows_introspection=False)
ROLE = RoleAccess(name="agent", entities={"customer": EntityAccess(fields=frozenset({"name"}))})

EXCESSES = [
    ("{ customers { nodes { id name } } }" + " " * 150, "characters"),
    ("{ nodes(ids: [" + '"a"' * 35 + "]) { id } }", "more than 40 tokens"),
    ("{ customers(first: 1) { edges { node { id } } } }", "nested 4 fields deep"),
    ("{ me { name role purpose claims roles name role name } }", "has 9 fields"),
    ("{ a: me { name } b: me { name } }", "has 2 aliases"),
    ("{ customers(first: 60) { nodes { id } } }", "61 objects"),
]


def _answers(*asked: tuple[Terms | None, Request], role: RoleAccess | None = None) -> list[Any]:
    """What is answered to requests that come one after the other."""

    async def run() -> list[Any]:
        native = MemoryConnector("native", {}, observed_at=NOW)
        asking = engine(Federation(native, {}, modes={}, board=HealthBoard(lambda: NOW)))
        found = []
        for terms, request in asked:
            context = replace(asking.context(), terms=terms)
            if role is not None:
                context = replace(context, policy=Policy(role=role, rows={}, key=role.name))
            found.append(orjson.loads((await asking.engine.execute(request, context)).body))
        return found

    return asyncio.run(run())


def _asked(terms: Terms | None, query: str, **variables: Any) -> tuple[Terms | None, Request]:
    return terms, Request(query=query, variables=variables)


def _messages(answer: Any) -> Sequence[str]:
    assert "data" not in answer
    return [each["message"] for each in answer["errors"]]


@pytest.mark.parametrize(("query", "words"), EXCESSES)
@pytest.mark.parametrize("role", [None, ROLE], ids=["whole schema", "part of it"])
def test_what_another_role_had_read_is_still_too_much(
    query: str, words: str, role: RoleAccess | None
) -> None:
    """The refusal is the same whether the document is kept or not."""
    known = _answers(_asked(WIDE, query), _asked(NARROW, query), _asked(WIDE, query), role=role)
    (unknown,) = _answers(_asked(NARROW, query), role=role)

    allowed, refused, again = known
    assert refused == unknown
    assert words in _messages(refused)[0]
    assert allowed["data"] == again["data"]


def test_a_role_may_be_allowed_more_than_all_others() -> None:
    """What is kept for it helps nobody else over the limits."""
    query = "{ " + " ".join(f"a{number}: me {{ name }}" for number in range(300)) + " }"
    wide = Terms(DocumentLimits(max_aliases=1000))

    first, second, third = _answers(_asked(None, query), _asked(wide, query), _asked(None, query))

    assert _messages(first) == ["The operation has 300 aliases; at most 200 are allowed."]
    assert len(second["data"]) == 300
    assert third == first


INTROSPECTION = [
    "{ __schema { types { name } } }",
    '{ __type(name: "Customer") { name } }',
    "{ ...F } fragment F on Query { __schema { queryType { name } } }",
]


@pytest.mark.parametrize("query", INTROSPECTION)
def test_who_may_not_ask_for_the_schema_does_not_get_it_from_a_kept_document(query: str) -> None:
    """One role may, the other may not; `__typename` is for both."""
    named = "{ __typename me { __typename } }"

    open_, closed, again, plain = _answers(
        _asked(WIDE, query), _asked(CLOSED, query), _asked(WIDE, query), _asked(CLOSED, named)
    )

    assert open_["data"] == again["data"]
    assert "introspection" in _messages(closed)[0]
    assert plain["data"] == {"__typename": "Query", "me": {"__typename": "Viewer"}}


GUESSES: list[tuple[str, dict[str, Any]]] = [
    ("{ customerz { nodes { id } } }", {}),
    ("{ customers { nodes { idd } } }", {}),
    ("{ customers(frist: 1) { nodes { id } } }", {}),
    ("{ me { name @include(iff: true) } }", {}),
    ("{ me { ... on Viewr { name } } }", {}),
    ("query ($a: CustomerFiltre) { customers(where: $a) { nodes { id } } }", {}),
    ("{ customers(where: {nme: {eq: 1}}) { nodes { id } } }", {}),
    ("{ customers(orderBy: [{field: NAMEE}]) { nodes { id } } }", {}),
    ("{ customers(orderBy: [{field: NAME, direction: ASK}]) { nodes { id } } }", {}),
    ('{ customers(orderBy: [{field: "NAME"}]) { nodes { id } } }', {}),
    (
        "query ($a: CustomerFilter) { customers(where: $a) { nodes { id } } }",
        {"a": {"nme": {"eq": "王"}}},
    ),
    (
        "query ($a: [CustomerOrder!]) { customers(orderBy: $a) { nodes { id } } }",
        {"a": [{"field": "NAMEE"}]},
    ),
    ('{ node(id: "x") { name } }', {}),
]


@pytest.mark.parametrize(("query", "variables"), GUESSES)
def test_guessing_names_is_not_helped(query: str, variables: dict[str, Any]) -> None:
    """Who may see the schema is told what they may have meant, others are told that it is wrong."""
    open_, closed = _answers(_asked(WIDE, query, **variables), _asked(CLOSED, query, **variables))

    assert "Did you mean" in " ".join(_messages(open_))
    assert "Did you mean" not in " ".join(_messages(closed))


def test_pages_of_a_role_are_as_long_as_it_may_have_them() -> None:
    """A page that is longer is refused at its field, as for everybody."""

    async def run() -> Any:
        native = MemoryConnector("native", {}, observed_at=NOW)
        asking = engine(Federation(native, {}, modes={}, board=HealthBoard(lambda: NOW)))
        context = replace(asking.context(), limits=Limits(default_first=5, max_first=10))
        query = "{ customers(first: 11) { nodes { id } } }"
        return orjson.loads((await asking.engine.execute(Request(query=query), context)).body)

    answer = asyncio.run(run())

    (error,) = answer["errors"]
    assert error["message"] == "`first` must be at most 10; use a cursor to go on."
