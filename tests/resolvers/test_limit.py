"""Limits of documents: what would be too much is refused before anything is spent on it."""

import pytest
from graphql import parse

from resolvers.limit import DocumentLimits, check_limits
from resolvers.problem import UserError
from resolvers.result import ErrorCode

LIMITS = DocumentLimits(max_depth=4, max_fields=10, max_aliases=2, max_nesting=8)


def _refusal(text: str, limits: DocumentLimits = LIMITS) -> str:
    with pytest.raises(UserError) as raised:
        check_limits(parse(text), limits)
    assert raised.value.code is ErrorCode.GRAPHQL_VALIDATION_FAILED
    return raised.value.message


def _passes(text: str) -> None:
    check_limits(parse(text), LIMITS)


def test_depth_counts_fields_through_fragments() -> None:
    """Fragments do not make a document deeper, and do not hide its depth."""
    _passes("{ a { b { c { d } } } }")
    _passes("{ ... { ... { a { b { c { d } } } } } }")
    wanted = "The operation is nested 5 fields deep; at most 4 are allowed."
    assert _refusal("{ a { b { c { d { e } } } } }") == wanted
    assert _refusal("{ a { b { ...F } } } fragment F on T { c { ... { d { e } } } }") == wanted


def test_fields_are_counted_as_often_as_they_are_spread() -> None:
    """Ten fields are allowed; a fragment of three, spread four times, has twelve."""
    _passes("{ a b c d e f g h i j }")
    wanted = "The operation has 12 fields with its fragments spread out; at most 10 are allowed."
    assert _refusal("{ ...F ...F ...F ...F } fragment F on T { a b c }") == wanted


def test_aliases_are_counted_likewise() -> None:
    """Two are allowed."""
    _passes("{ x: a y: b }")
    assert _refusal("{ ...F ...F } fragment F on T { x: a y: b }").startswith(
        "The operation has 4 aliases"
    )


def test_each_operation_is_measured_for_itself() -> None:
    """Two small operations are no large one; one that is too large refuses the document."""
    _passes("query A { a b c d e f } query B { a b c d e f }")
    _refusal("query A { a } query B { a { b { c { d { e } } } } }")


def test_fragments_that_double_at_every_step_cost_nothing() -> None:
    """Each is measured once, though it would be spread two thousand billion times."""
    chain = " ".join(f"fragment F{n} on T {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    text = "{ ...F0 } " + chain + " fragment F40 on T { a }"
    limits = DocumentLimits(max_nesting=100)
    assert "has 1099511627776 fields" in _refusal(text, limits)


@pytest.mark.parametrize("order", [1, -1])
def test_long_chains_of_fragments_are_refused_in_either_order(order: int) -> None:
    """A thousand fragments, one in the other, would overflow the stack of the validation."""
    names = list(range(1000))[::order]
    chain = [f"fragment F{n} on T {{ ...F{n + 1} }}" for n in names]
    text = " ".join(["{ ...F0 }", *chain, "fragment F1000 on T { a }"])
    assert "fields and fragments deep" in _refusal(text, DocumentLimits())
    unused = " ".join(["{ a }", *chain, "fragment F1000 on T { a }"])
    assert "fields and fragments deep" in _refusal(unused, DocumentLimits())


def test_fragments_in_a_circle_are_left_to_the_validation() -> None:
    """It says more about them; here they only must not run for ever."""
    _passes("{ ...A } fragment A on T { a ...B } fragment B on T { b ...A }")
    _passes("{ ...A } fragment A on T { ...A }")
    _passes("{ ...Missing }")
