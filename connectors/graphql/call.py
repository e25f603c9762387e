"""Calls: which fields lead to the records of a source, as the configuration writes them.

A call is a chain: one field in another, down to what holds the records, each with its arguments.
`orders(first: $size, after: $cursor) { edges { node } }` is one, `nodes(ids: $keys)` another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from graphql import GraphQLError, parse
from graphql.language import ast

Step: TypeAlias = ast.FieldNode | ast.InlineFragmentNode


@dataclass(frozen=True, eq=False)
class Call:
    """A chain of fields. `connection` is the place of the step that is a Relay connection."""

    steps: tuple[Step, ...]
    variables: frozenset[str]
    connection: int | None

    @property
    def name(self) -> str:
        """The field that is asked at the root."""
        return _name(self.steps[0])

    @property
    def has_cursor(self) -> bool:
        """Whether the list goes on from a cursor."""
        return CURSOR in self.variables


CURSOR = "cursor"
"""The variable that takes the end of the page before."""


def call_of(text: str) -> Call:
    """The call that a text writes. Raises `ValueError` where it is none."""
    try:
        document = parse("{" + text + "}", no_location=True)
    except GraphQLError as exc:
        raise ValueError(f"'{text}' is not written as GraphQL: {exc.message}") from None
    (definition, *others) = document.definitions
    if others or not isinstance(definition, ast.OperationDefinitionNode):
        raise ValueError(f"'{text}' must be one field, with its arguments and the fields in it")
    steps = tuple(_chain(definition.selection_set, text))
    if not _name(steps[0]):
        raise ValueError(f"'{text}' must begin with a field")
    return Call(steps, frozenset(_variables(steps)), _connection(steps))


def _chain(within: ast.SelectionSetNode | None, text: str) -> Iterator[Step]:
    while within is not None:
        (selection, *others) = within.selections
        if others:
            raise ValueError(f"'{text}' must lead to one place: write one field in each other")
        if selection.directives:
            raise ValueError(f"'{text}' must not use directives")
        if isinstance(selection, ast.FieldNode) and selection.alias:
            raise ValueError(f"'{text}' must not use aliases; the connector writes them")
        match selection:
            case ast.FieldNode() | ast.InlineFragmentNode():
                yield selection
            case _:
                raise ValueError(f"'{text}' must not use named fragments")
        within = selection.selection_set


def _connection(steps: tuple[Step, ...]) -> int | None:
    """The step with the cursor, else the one that has `nodes` or `edges { node }`."""
    for place, step in enumerate(steps):
        if CURSOR in _variables((step,)):
            return place
    names = [_name(each) for each in steps]
    for end in (["nodes"], ["edges", "node"]):
        before = len(names) - len(end) - 1
        if before >= 0 and names[before + 1 :] == end:
            return before
    return None


def _name(step: Step) -> str:
    return step.name.value if isinstance(step, ast.FieldNode) else ""


def _variables(steps: tuple[Step, ...]) -> set[str]:
    found: set[str] = set()
    for step in steps:
        for argument in (step.arguments or ()) if isinstance(step, ast.FieldNode) else ():
            found |= variables_of(argument.value)
    return found


def variables_of(value: ast.ValueNode) -> set[str]:
    """The variables that stand in a value."""
    match value:
        case ast.VariableNode():
            return {value.name.value}
        case ast.ObjectValueNode():
            return {name for each in value.fields for name in variables_of(each.value)}
        case ast.ListValueNode():
            return {name for each in value.values for name in variables_of(each)}
    return set()


def pruned(value: ast.ValueNode, has: frozenset[str], suffix: str = "") -> ast.ValueNode | None:
    """A value without what depends on a variable that has no value; `None` where nothing is left.

    `suffix` is added to the names of variables whose values differ from key to key.
    """
    match value:
        case ast.VariableNode():
            return _variable(value.name.value, has, suffix)
        case ast.ObjectValueNode() if value.fields:
            parts = [(each, pruned(each.value, has, suffix)) for each in value.fields]
            fields = tuple(
                ast.ObjectFieldNode(name=each.name, value=part) for each, part in parts if part
            )
            return ast.ObjectValueNode(fields=fields) if fields else None
        case ast.ListValueNode() if value.values:
            values = tuple(
                part for each in value.values if (part := pruned(each, has, suffix)) is not None
            )
            return ast.ListValueNode(values=values) if values else None
    return value


OF_A_KEY = frozenset({"key", CURSOR})
"""Variables whose values differ from key to key where many keys are asked by aliases."""


def _variable(name: str, has: frozenset[str], suffix: str) -> ast.VariableNode | None:
    if name not in has:
        return None
    written = name + suffix if name in OF_A_KEY else name
    return ast.VariableNode(name=ast.NameNode(value=written))
