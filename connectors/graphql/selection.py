"""Selections: which fields of a record to ask for, from the paths that a mapping names.

Only what the asked canonical fields are made from is selected.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

import jmespath
from graphql import GraphQLError, parse, print_ast
from graphql.language import ast

_RECORD = frozenset({"_parent", "_position"})
"""What the connector itself puts into parts of records."""


@dataclass(slots=True)
class Tree:
    """Fields within fields; a field without any in it is a value."""

    fields: dict[str, "Tree"] = field(default_factory=dict)

    def child(self, name: str) -> "Tree":
        """The tree below a field, made where it is not there."""
        return self.fields.setdefault(name, Tree())


@dataclass(frozen=True, slots=True)
class Selection:
    """What to ask of a record, and of the whole that it is a part of."""

    record: str
    parent: str


def selection_of(
    paths: Iterable[str], *, calls: Mapping[str, str], values: frozenset[str]
) -> Selection:
    """The selection for JMESPath paths; `values` are fields that are asked for as they are.

    Raises `ValueError` where a path does not tell which fields it needs.
    """
    tree = Tree()
    for path in paths:
        add(tree, path)
    parent = tree.fields.pop("_parent", Tree())
    tree.fields.pop("_position", None)
    return Selection(
        _written(tree, calls, values) or "__typename",
        _written(parent, calls, values, "_parent."),
    )


def add(tree: Tree, path: str) -> None:
    """Add what one JMESPath needs to a tree. Raises `ValueError` where that cannot be told."""
    _walk(jmespath.compile(path).parsed, [tree], path)


def _walk(node: Mapping[str, Any], at: Sequence[Tree], path: str) -> Sequence[Tree]:
    """Add what a node of a path needs below `at`; gives where its value is."""
    return _STEPS.get(node["type"], _any_of)(node, at, path)


def _any_of(node: Mapping[str, Any], at: Sequence[Tree], path: str) -> Sequence[Tree]:
    """Of `or`, `and` and comparisons: all that stands in them."""
    return [tree for each in node["children"] for tree in _walk(each, at, path)]


def _same(_node: Mapping[str, Any], at: Sequence[Tree], _path: str) -> Sequence[Tree]:
    return at


def _nothing(_node: Mapping[str, Any], _at: Sequence[Tree], _path: str) -> Sequence[Tree]:
    return ()


def _one_in_other(node: Mapping[str, Any], at: Sequence[Tree], path: str) -> Sequence[Tree]:
    for each in node["children"]:
        at = _walk(each, at, path)
    return at


def _filtered(node: Mapping[str, Any], at: Sequence[Tree], path: str) -> Sequence[Tree]:
    of, after, condition = node["children"]
    at = _walk(of, at, path)
    _walk(condition, at, path)
    return _walk(after, at, path)


def _everything(_node: Mapping[str, Any], _at: Sequence[Tree], path: str) -> Sequence[Tree]:
    raise ValueError(f"'{path}' takes all fields; name the ones that are wanted")


def _fields(node: Mapping[str, Any], at: Sequence[Tree], path: str) -> Sequence[Tree]:
    name = str(node["value"])
    if not (name.isidentifier() and name.isascii()):
        raise ValueError(f"'{path}': '{name}' is no name of a GraphQL field")
    if not at:
        raise ValueError(f"'{path}' goes on after something that it has made; name fields only")
    return [each.child(name) for each in at]


def _made(node: Mapping[str, Any], at: Sequence[Tree], path: str) -> Sequence[Tree]:
    for each in node["children"]:
        _walk(each, at, path)
    return ()


def _called(node: Mapping[str, Any], at: Sequence[Tree], path: str) -> Sequence[Tree]:
    """What a function gives is, as far as fields go, what its arguments are."""
    children = node["children"]
    plain = [each for each in children if each["type"] != "expref"]
    given = [tree for each in plain for tree in _walk(each, at, path)]
    for each in children:
        if each["type"] == "expref":
            # `&field` is meant within the elements of the list that is the other argument.
            _walk(each["children"][0], given, path)
    return given


_Step: TypeAlias = Callable[[Mapping[str, Any], Sequence[Tree], str], Sequence[Tree]]

_STEPS: Mapping[str, _Step] = MappingProxyType(
    {
        "field": _fields,
        "literal": _nothing,
        "filter_projection": _filtered,
        "multi_select_list": _made,
        "multi_select_dict": _made,
        "function_expression": _called,
        "value_projection": _everything,
        **dict.fromkeys(("identity", "current", "index", "slice"), _same),
        **dict.fromkeys(("subexpression", "index_expression", "pipe", "projection"), _one_in_other),
    }
)
"""By the type of a node in the syntax tree of JMESPath."""


def _written(tree: Tree, calls: Mapping[str, str], values: frozenset[str], before: str = "") -> str:
    parts = []
    for name, below in tree.fields.items():
        place = before + name
        field_ = f"{name}: {calls[place]}" if place in calls else name
        inner = "" if place in values else _written(below, calls, values, f"{place}.")
        parts.append(f"{field_} {{ {inner} }}" if inner else field_)
    return " ".join(parts)


def written_call(text: str) -> str:
    """A field with its arguments, as it is sent. Raises `ValueError` where it is none."""
    try:
        document = parse("{" + text + "}", no_location=True)
    except GraphQLError as exc:
        raise ValueError(f"'{text}' is not written as GraphQL: {exc.message}") from None
    definition = document.definitions[0]
    if not isinstance(definition, ast.OperationDefinitionNode) or len(document.definitions) > 1:
        raise ValueError(f"'{text}' must be one field with its arguments")
    (selection, *others) = definition.selection_set.selections
    is_plain = isinstance(selection, ast.FieldNode) and not (
        selection.selection_set or selection.alias or selection.directives
    )
    if others or not is_plain or "$" in text:
        raise ValueError(f"'{text}' must be one field with its arguments, and without variables")
    return print_ast(selection)
