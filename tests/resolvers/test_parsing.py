"""Parsing: the quick parser gives what graphql-core gives, or leaves the document to it."""

import random
from typing import Any

import pytest
from graphql import GraphQLSyntaxError, OperationDefinitionNode, get_location, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.parsing import parsed
from resolvers.span import Span
from tests.resolvers.mutation import Mutation
from tests.resolvers.test_validation import LIST, REFUSED, SMALL, UNDERSTOOD, WHOLE

PIECES = (
    *' \n\t,#"\\{}()[]:!$@.=&|-+0189eEé中\ufeffa_\r\x00\ud800',
    *('"""', "...", "..", "#c\n", "#c#d", "0x", "1.", "1e", "00", "-0", ".5", "1.5e+3", '"a\\n"'),
    *("on", "fragment", "query", "true", "null", '"说明"', "$a", "[1, $a]", "{a: {b: []}}", "{}"),
)


def _of(read: Any, text: str) -> Any:
    try:
        return read(text)
    except GraphQLSyntaxError as exc:
        return exc.formatted


def _both(text: str) -> tuple[Any, Any]:
    return _of(lambda each: parsed(each, max_tokens=10_000), text), _of(
        lambda each: parse(each, max_tokens=10_000), text
    )


@pytest.mark.parametrize(
    "text",
    [
        *UNDERSTOOD,
        *REFUSED,
        WHOLE,
        LIST,
        "",
        " ",
        "#",
        "{ a # b\n c }",
        "{ a } # the end",
        "\ufeff{,,a,,}",
        '{ a(s: "", t: "中 # , {") }',
        '{ a(s: """block""") }',
        '{ a(s: "x""y") }',
        '{ a(s: "\\u4e2d") }',
        "{ a(f: -1.5e10, g: 1E-3, h: -0, i: 00) }",
        "{ a(x: 1b) }",
        "{ a\r\n b\r c }",
        "query ($a: [[Int!]!]! = [[1]] @b) { a }",
        "query ($a: [Int String]) { a }",
        "query ($a: Int = $b) { a }",
        "query ($a: Int = [{b: $b}]) { a }",
        '"described" query { a }',
        "{ ... }",
        "{ ...on }",
        "{ ... @skip(if: true) { a } }",
        "{ ... on on { on: on } }",
        "fragment on on A { a }",
        "query on { query fragment on true null }",
        "{ " * 201 + "}" * 201,
        "{a(x:" + "[" * 150 + "]" * 150 + ")}",
        "{ a(x: {) }",
    ],
)
def test_what_it_gives_is_what_graphql_core_gives(text: str) -> None:
    """The same nodes at the same places, or the same error."""
    quick, usual = _both(text)
    assert quick == usual


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0, max_value=10**9))
def test_so_it_is_for_documents_that_are_changed_by_chance(seed: int) -> None:
    """By tokens and by characters; most of them are no documents any more."""
    chance = random.Random(seed)
    mutation = Mutation(SMALL, chance, others=UNDERSTOOD)
    for _ in range(20):
        text = chance.choice([*UNDERSTOOD, *REFUSED, LIST])
        if chance.random() < 0.4:
            text = mutation.changed(text)
        for _ in range(chance.randint(0, 3)):
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice(PIECES) + text[at + chance.choice([0, 0, 1, 2]) :]
        quick, usual = _both(text)
        assert quick == usual, repr(text)


def test_what_clients_usually_send_takes_the_quick_way() -> None:
    """Its nodes have spans without tokens, which are places like others."""
    for text in (WHOLE, LIST, *UNDERSTOOD):
        document = parsed(text, max_tokens=1000)
        assert isinstance(document.loc, Span)
        assert document.token_count == parse(text).token_count
    (definition,) = parsed("{\n  a }", max_tokens=10).definitions
    assert isinstance(definition, OperationDefinitionNode)
    (selection,) = definition.selection_set.selections
    assert selection.loc is not None
    assert selection.loc == (4, 5)
    place = get_location(selection.loc.source, selection.loc.start)
    assert (place.line, place.column) == (2, 3)


def test_tokens_are_bounded_and_comments_count() -> None:
    """As graphql-core counts them."""
    for text in ("{ a b c d }", "{ a #\n#\n#\n#\n }"):
        assert parsed(text, max_tokens=7).definitions
        with pytest.raises(GraphQLSyntaxError, match="more than 5 tokens"):
            parsed(text, max_tokens=5)
