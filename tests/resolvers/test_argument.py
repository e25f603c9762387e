"""Arguments with variables are read exactly as graphql-core reads them, only faster."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, parse, validate
from graphql.execution import VariableValues, get_argument_values, get_variable_values
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from resolvers.argument import Arguments, _plain
from resolvers.problem import UserError
from resolvers.variable import Unsure
from tests.resolvers.coercing import ARGUMENTS, SCHEMA, literal_of, value_of

ALL = SCHEMA.query_type.fields["all"] if SCHEMA.query_type else None


@st.composite
def _asked(draw: st.DrawFn) -> tuple[str, Mapping[str, Any]]:
    some = st.lists(st.sampled_from(list(ARGUMENTS)), max_size=2, unique=True)
    names = dict.fromkeys(["must", "id", *draw(some)])
    variables: dict[str, Any] = {}
    given_ = [f"{name}: {draw(literal_of(ARGUMENTS[name].type, variables))}" for name in names]
    values = {
        name: draw(value_of(type_)) for name, type_ in variables.items() if draw(st.integers(0, 4))
    }
    declared = ", ".join(f"${name}: {type_}" for name, type_ in variables.items())
    head = f"query ({declared})" if variables else "query"
    return f"{head} {{ all({', '.join(given_)}) }}", values


def _parts(document: str) -> tuple[OperationDefinitionNode, FieldNode]:
    (operation,) = parse(document).definitions
    assert isinstance(operation, OperationDefinitionNode)
    (node,) = operation.selection_set.selections
    assert isinstance(node, FieldNode)
    return operation, node


def _expected(node: FieldNode, variables: VariableValues) -> object:
    assert ALL is not None
    try:
        return _plain(get_argument_values(ALL, node, variables))
    except GraphQLError as exc:
        return exc.message


def _ours(arguments: Arguments, variables: VariableValues) -> object:
    try:
        return arguments.values(variables)
    except UserError as exc:
        return exc.message


@settings(
    max_examples=50, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
@given(_asked())
def test_the_values_and_errors_are_the_standard_s(asked: tuple[str, Mapping[str, Any]]) -> None:
    """For every valid document, with variables anywhere in its arguments."""
    document, values = asked
    operation, node = _parts(document)
    variables = get_variable_values(SCHEMA, operation.variable_definitions or (), dict(values))
    assume(not isinstance(variables, list))
    assume(not validate(SCHEMA, parse(document)))
    assert ALL is not None
    assert not isinstance(variables, list)
    arguments = Arguments(ALL, node)

    assert repr(_ours(arguments, variables)) == repr(_expected(node, variables))
    assert repr(_ours(arguments, variables)) == repr(_expected(node, variables))


@pytest.mark.parametrize(
    ("given_", "values", "expected"),
    [
        ("must: {id: $a}, id: $b", {"a": "x", "b": "y"}, {"must": {"id": "x"}, "id": "y"}),
        ("must: $w, id: 1", {"w": {"colour": "RED"}}, {"must": {"colour": "RED"}, "id": "1"}),
        (
            'must: {id: "m"}, id: $b, tree: {and: [{name: $s}]}',
            {"b": "y"},
            {
                "must": {"id": "m"},
                "id": "y",
                "tree": {"on": True, "colour": "RED", "and": [{"on": True, "colour": "RED"}]},
            },
        ),
    ],
)
def test_ordinary_arguments_need_no_second_look(
    given_: str, values: Mapping[str, Any], expected: Mapping[str, Any]
) -> None:
    """Else nothing would be gained."""
    head = "query ($a: ID!, $b: ID!, $w: Which!, $s: String)"
    _, node = _parts(f"{head} {{ all({given_}) }}")
    assert ALL is not None
    arguments = Arguments(ALL, node)
    arguments.values(VariableValues({}, {"a": "", "b": "", "w": {"id": ""}}))

    assert arguments._read is not None
    try:
        read = arguments._read(values)
    except Unsure:
        pytest.fail("it was left to graphql-core")

    defaults = {"ids": ["1"], "n": 5, "m": 6, "colour": "GREEN"}
    assert read == {**defaults, **expected}
