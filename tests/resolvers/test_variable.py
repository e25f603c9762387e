"""Variables are coerced exactly as graphql-core coerces them, only faster."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, parse
from graphql.execution import VariableValues, get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from resolvers.variable import Coercions, Unsure, Variables
from tests.resolvers.coercing import ARGUMENTS, SCHEMA, value_of

DEFAULTS = {
    "n": "3",
    "colour": "BLUE",
    "tree": '{name: "d", point: {x: 1}, and: [{on: false}]}',
    "which": '{id: "d"}',
    "grid": "[[1], null]",
}


def _operation(definitions: str) -> OperationDefinitionNode:
    (operation,) = parse(f"query ({definitions}) {{ __typename }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


def _both(definitions: str, values: Mapping[str, Any]) -> tuple[Any, Any]:
    nodes = _operation(definitions).variable_definitions or ()
    expected = get_variable_values(SCHEMA, nodes, dict(values), max_errors=20)
    return Variables(Coercions(SCHEMA), nodes).values(values), expected


def _told(result: VariableValues | list[GraphQLError]) -> object:
    if isinstance(result, list):
        return [(each.message, each.locations) for each in result]
    # As a text: NaN is not equal to itself, and 1 is equal to True.
    return repr((result.coerced, {name: each.value for name, each in result.sources.items()}))


@st.composite
def _asked(draw: st.DrawFn) -> tuple[str, Mapping[str, Any]]:
    names = draw(st.lists(st.sampled_from(list(ARGUMENTS)), min_size=1, max_size=3, unique=True))
    definitions, values = [], {}
    for name in names:
        default = f" = {DEFAULTS[name]}" if name in DEFAULTS and draw(st.booleans()) else ""
        definitions.append(f"${name}: {ARGUMENTS[name].type}{default}")
        if draw(st.integers(0, 4)):
            values[name] = draw(value_of(ARGUMENTS[name].type))
    return ", ".join(definitions), values


@given(_asked())
def test_the_values_and_errors_are_the_standard_s(asked: tuple[str, Mapping[str, Any]]) -> None:
    """Of whatever a client sends: values, defaults, what is left out, and every refusal."""
    ours, expected = _both(*asked)

    assert _told(ours) == _told(expected)


@pytest.mark.parametrize(
    "definition",
    ["$a: None", "$a: Query", "$a: Int = RED", "$a: Point! = {}", "$a: Which = {id: null}"],
)
def test_definitions_that_are_wrong_are_left_to_the_standard(definition: str) -> None:
    """Validation refuses them before; here too they are errors and no crash."""
    ours, expected = _both(definition, {})

    assert _told(ours) == _told(expected)


def test_values_that_are_nested_for_ever_are_refused() -> None:
    """In the standard's words, and without running out of stack."""
    deep: Any = {}
    for _ in range(5000):
        deep = {"not": deep}

    ours, expected = _both("$tree: Tree", {"tree": deep})

    assert _told(ours) == _told(expected)
    assert "nested too deeply" in str(ours)


@pytest.mark.parametrize(
    ("definitions", "values"),
    [
        ("$id: ID!", {"id": "x"}),
        ("$n: Int = 3, $s: String", {}),
        ("$n: Int, $f: Float, $b: Boolean", {"n": 1, "f": 0.5, "b": None}),
        ("$w: Which!", {"w": {"point": {"x": 1}}}),
        ("$t: [Tree!]", {"t": [{"and": [{"colour": "RED"}], "grid": [[1, None]]}]}),
    ],
)
def test_ordinary_values_need_no_second_look(definitions: str, values: Mapping[str, Any]) -> None:
    """Else nothing would be gained."""
    nodes = _operation(definitions).variable_definitions or ()

    try:
        Variables(Coercions(SCHEMA), nodes)._read(values)
    except Unsure:
        pytest.fail("it was left to graphql-core")
