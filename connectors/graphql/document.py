"""Documents: the text that is sent for a call, and the variables beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import print_ast
from graphql.language import ast

from connectors.graphql.call import OF_A_KEY, Call, pruned
from connectors.graphql.options import Place
from connectors.graphql.selection import Selection

_ALIAS = "k"
_KEPT_TEXTS = 4096


@dataclass(frozen=True, slots=True)
class Document:
    """What is sent: a text, in which no value stands, and the values of its variables.

    `roots` are the names at the root of the answer, in the order in which they were asked.
    """

    text: str
    variables: Mapping[str, Any]
    roots: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What is asked at a place: the call, what of each record, and the parts in it."""

    place: Place
    selection: Selection
    each: Call | None = None


def document(asked: Asked, given: Mapping[str, Any]) -> Document:
    """The document of one question; `given` are the values of variables."""
    has = _used(asked.place.call, given)
    text = _field(asked, has, "")
    types = [(name, asked.place.type_of(name)) for name in sorted(has)]
    variables = {name: given[name] for name in has}
    return Document(_query(types, [text]), variables, (asked.place.call.name,))


def aliased(
    asked: Asked, given: Mapping[str, Any], of_keys: Sequence[Mapping[str, Any]]
) -> Document:
    """The document that asks for many keys, each by an alias; `of_keys` are the values of each."""
    variables: dict[str, Any] = {}
    types: dict[str, str] = {}
    parts: list[str] = []
    roots: list[str] = []
    for number, own in enumerate(of_keys):
        has = _used(asked.place.call, {**given, **own})
        suffix = f"_{number}"
        for name in sorted(has):
            written = name + suffix if name in OF_A_KEY else name
            variables[written] = own[name] if name in own else given[name]
            types[written] = asked.place.type_of(name)
        roots.append(_ALIAS + suffix)
        parts.append(f"{roots[-1]}: {_field(asked, has, suffix)}")
    return Document(_query([*types.items()], parts), variables, tuple(roots))


def _used(call: Call, given: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(name for name in call.variables if given.get(name) is not None)


def _query(types: Sequence[tuple[str, str]], parts: Sequence[str]) -> str:
    defined = ", ".join(f"${name}: {type_}" for name, type_ in types)
    return f"query{f'({defined})' if defined else ''} {{ {' '.join(parts)} }}"


def _field(asked: Asked, has: frozenset[str], suffix: str) -> str:
    place = asked.place
    return _chained(place.call, asked.selection, asked.each, place.type, has, suffix)


@lru_cache(maxsize=_KEPT_TEXTS)
def _chained(  # noqa: PLR0917  # by position, as the cache wants it
    call: Call,
    selection: Selection,
    each: Call | None,
    type_: str | None,
    has: frozenset[str],
    suffix: str,
) -> str:
    if each is None:
        inner = selection.record
    else:
        parts = _nested(each, selection.record, frozenset(), "")
        inner = f"{selection.parent} {parts}".strip()
    if type_ is not None:
        inner = f"... on {type_} {{ {inner} }}"
    return _nested(call, inner, has, suffix)


def _nested(call: Call, inner: str, has: frozenset[str], suffix: str) -> str:
    for place in reversed(range(len(call.steps))):
        if place == call.connection:
            end = " endCursor" if call.has_cursor else ""
            inner += f" pageInfo {{ hasNextPage{end} }}"
        inner = f"{_step(call.steps[place], has, suffix)} {{ {inner} }}"
    return inner


def _step(step: ast.FieldNode | ast.InlineFragmentNode, has: frozenset[str], suffix: str) -> str:
    if isinstance(step, ast.InlineFragmentNode):
        return f"... on {step.type_condition.name.value}" if step.type_condition else "..."
    arguments = []
    for each in step.arguments or ():
        value = pruned(each.value, has, suffix)
        if value is not None:
            arguments.append(f"{each.name.value}: {print_ast(value)}")
    return step.name.value + (f"({', '.join(arguments)})" if arguments else "")
