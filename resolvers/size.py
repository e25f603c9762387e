"""Sizes: how many objects a place in a document stands for, as far as its text tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import (
    BooleanValueNode,
    FieldNode,
    IntValueNode,
    ListValueNode,
    SelectionNode,
    VariableNode,
)

from resolvers.selection import Limits

UNPAGED = 5
"""How many objects a list without pages is taken to have."""

Variables = Mapping[str, Any]
"""Coerced values of variables by name."""


class Size(Protocol):
    """A number of objects that depends on a variable."""

    def of(self, variables: Variables) -> int:
        """The number for coerced variables."""
        ...


@dataclass(frozen=True, slots=True)
class Condition:
    """One object where a variable has the wanted value, else none."""

    variable: str
    is_wanted: bool

    def of(self, variables: Variables) -> int:
        """One or nothing."""
        return bool(variables.get(self.variable)) is self.is_wanted


Conditions = tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class _Page:
    """`first` and `last`: numbers, or names of variables."""

    given: Sequence[int | str]
    limits: Limits

    def of(self, variables: Variables) -> int:
        values = [variables.get(each) if isinstance(each, str) else each for each in self.given]
        # Both at once are refused when the field is asked; here the larger one will do.
        known = [each for each in values if each is not None]
        size = max(known) if known else self.limits.default_first
        # What is less than nothing, or more than a page may have, is refused there too.
        return min(max(size, 0), self.limits.max_first)


@dataclass(frozen=True, slots=True)
class _Ids:
    variable: str
    limits: Limits

    def of(self, variables: Variables) -> int:
        return min(len(variables.get(self.variable) or ()), self.limits.max_first)


def conditions_of(node: SelectionNode) -> Conditions | None:
    """The variables that decide on a selection; none at all where it is left out anyhow."""
    conditions: list[Condition] = []
    for directive in node.directives or ():
        is_wanted = directive.name.value == "include"
        for argument in directive.arguments or ():
            value = argument.value
            if isinstance(value, VariableNode):
                conditions.append(Condition(value.name.value, is_wanted))
            elif isinstance(value, BooleanValueNode) and value.value is not is_wanted:
                return None
    return tuple(conditions)


def page_size(node: FieldNode, limits: Limits) -> int | Size:
    """How many items the page of a connection may have."""
    given: list[int | str] = []
    for each in node.arguments or ():
        if each.name.value in {"first", "last"}:
            if isinstance(each.value, VariableNode):
                given.append(each.value.name.value)
            elif isinstance(each.value, IntValueNode):
                given.append(int(each.value.value))
    page = _Page(tuple(given), limits)
    return page if any(isinstance(each, str) for each in given) else page.of({})


def list_size(node: FieldNode, limits: Limits) -> int | Size:
    """How many objects a list without pages may have: as many as its `ids` where it has some."""
    for each in node.arguments or ():
        if each.name.value == "ids":
            if isinstance(each.value, VariableNode):
                return _Ids(each.value.name.value, limits)
            count = len(each.value.values) if isinstance(each.value, ListValueNode) else 1
            return min(count, limits.max_first)
    return UNPAGED
