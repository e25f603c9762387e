"""Documents: refused with a code, or kept with their plans, within bounds."""

import pytest
from graphql import build_schema as schema_of

from resolvers.limit import DocumentLimits
from resolvers.operation import BYTES_PER_CHARACTER, DocumentCache, InvalidDocument
from resolvers.problem import UserError
from resolvers.result import ErrorCode

SCHEMA = schema_of("type Query { a: Int, b(x: Int): Query }")


def _cache(max_bytes: int = 2**20, **limits: int) -> DocumentCache:
    return DocumentCache(SCHEMA, DocumentLimits(**limits), max_bytes=max_bytes)


def _code(text: str, **limits: int) -> ErrorCode:
    with pytest.raises((InvalidDocument, UserError)) as raised:
        _cache(**limits).get(text)
    assert isinstance(raised.value, (InvalidDocument, UserError))
    return raised.value.code


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "#",
        "{",
        "}",
        "{ a",
        "query",
        "null",
        "\x00",
        "查询",
        "{ a " * 3000,
        "{a(x:" + "[" * 9000,
    ],
)
def test_what_cannot_be_parsed_is_refused(text: str) -> None:
    """Also what is nested so deeply that a parser would overflow."""
    assert _code(text) is ErrorCode.GRAPHQL_PARSE_FAILED


def test_what_is_too_long_is_not_even_parsed() -> None:
    """By its characters and by its tokens."""
    assert _code("{ a }" + " " * 100, max_characters=100) is ErrorCode.GRAPHQL_PARSE_FAILED
    assert _code("{ a a a a a }", max_tokens=5) is ErrorCode.GRAPHQL_PARSE_FAILED


@pytest.mark.parametrize(
    "text",
    [
        "{ nothing }",
        "{ a { b } }",
        "{ a } { a }",
        "query A { a } query A { a }",
        "{ ...A } fragment A on Query { ...A }",
        "query ($x: Nothing) { a }",
    ],
)
def test_what_the_schema_does_not_allow_is_refused(text: str) -> None:
    """With the errors of the specification's validation."""
    assert _code(text) is ErrorCode.GRAPHQL_VALIDATION_FAILED


def test_a_document_of_fragments_alone_has_nothing_to_run() -> None:
    """The specification's validation finds the fragment unused before that."""
    assert _code("fragment A on Query { a }") is ErrorCode.GRAPHQL_VALIDATION_FAILED


def test_which_operation_is_meant_must_be_clear() -> None:
    """One needs no name, several do, and a name must be one of theirs."""
    one = _cache().get("query A { a }")
    assert one.operation(None) is one.operation("A")
    two = _cache().get("query A { a } query B { a }")
    assert two.operation("B").name is not None
    for document, name in ((one, "B"), (one, ""), (two, None), (two, "C")):
        with pytest.raises(UserError) as raised:
            document.operation(name)
        assert raised.value.code is ErrorCode.OPERATION_RESOLUTION_FAILURE


def test_a_document_is_read_once_and_the_least_used_is_dropped_first() -> None:
    """Within the bytes that documents may take; what is refused is not kept."""
    texts = ["{ a }", "{ b { a } }", "{ x: a }"]
    size = sum(map(len, texts[:2])) * BYTES_PER_CHARACTER
    cache = _cache(max_bytes=size)
    first, second = cache.get(texts[0]), cache.get(texts[1])
    assert cache.get(texts[0]) is first
    cache.get(texts[2])
    assert cache.get(texts[0]) is first
    assert cache.get(texts[1]) is not second


def test_a_document_larger_than_the_cache_is_answered_all_the_same() -> None:
    """It is just not kept."""
    cache = _cache(max_bytes=10)
    assert cache.get("{ a }") is not cache.get("{ a }")
