"""Random valid operations over the whole schema: fields, arguments, fragments, directives."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

from tests.oracle.records import Company
from tests.oracle.values import ENTITY_OF, Values


@dataclass(frozen=True, slots=True)
class Operation:
    """A document, which of its operations to run, and the variables of each run."""

    text: str
    name: str | None
    variables: Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class _Made:
    fragments: dict[str, tuple[str, str]] = field(default_factory=dict)
    heads: list[tuple[str, str, Any]] = field(default_factory=list)
    fields_left: int = 0
    depth_left: int = 7


class Generator:
    """Makes operations. `ids` and `cursors` are such as earlier answers held."""

    def __init__(
        self,
        schema: GraphQLSchema,
        company: Company,
        chance: random.Random,
        *,
        ids: Sequence[str],
        cursors: Sequence[str],
    ) -> None:
        self._schema = schema
        self._company = company
        self._chance = chance
        self._ids = ids
        self._cursors = cursors
        self._made = _Made()
        self._values = self._new_values()

    def _new_values(self) -> Values:
        return Values(self._company, self._chance, self._ids, self._cursors)

    def operation(self) -> Operation:
        """A new operation, to be run with two sets of variables where it has some."""
        size, depth = self._chance.choice([(3, 7), (6, 7), (12, 7), (35, 7), (14, 13)])
        self._made = _Made(fields_left=size, depth_left=depth)
        self._values = self._new_values()
        root: Any = self._schema.query_type
        body = self._selections(root, depth=0)
        name = "Asked" if self._maybe(0.4) else None
        variables = self._values.variables
        definitions = ", ".join(variables.definitions)
        head = "query" + (f" {name}" if name else "") + (f"({definitions})" if definitions else "")
        plain = name is None and not definitions and self._maybe(0.5)
        text = ("" if plain else head + " ") + body
        for fragment, (on, selections) in self._made.fragments.items():
            text += f"\nfragment {fragment} on {on} {selections}"
        if name and self._maybe(0.3):
            text += "\nquery Other { me { name } }"
        runs = [variables.values, variables.again()] if variables.values else [{}]
        return Operation(text, name, runs)

    def _maybe(self, share: float) -> bool:
        return self._chance.random() < share

    def _selections(self, type_: Any, depth: int) -> str:
        parts = [self._selection(type_, depth, n) for n in range(self._chance.randint(1, 5))]
        return "{ " + " ".join(parts) + " }"

    def _selection(self, type_: Any, depth: int, n: int) -> str:
        if isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)) and depth > 0 and n > 0:
            if self._maybe(0.12):
                on = self._narrower(type_)
                condition = f" on {on.name}" if on is not type_ or self._maybe(0.5) else ""
                inner = self._selections(on, depth)
                return f"...{condition}{self._directive()} {inner}"
            if self._maybe(0.1):
                return self._fragment(type_, depth)
        if self._maybe(0.05):
            return self._merged(type_, depth)
        return self._field(type_, depth)

    def _merged(self, type_: Any, depth: int) -> str:
        """More selections of a field that was already selected on this type."""
        known = [(head, inner) for on, head, inner in self._made.heads if on == type_.name]
        if not known:
            return self._field(type_, depth)
        head, inner = self._chance.choice(known)
        return f"{head} {self._selections(inner, depth + 1)}"

    def _narrower(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLInterfaceType) and self._maybe(0.85):
            return self._chance.choice(self._schema.get_possible_types(type_))
        if isinstance(type_, GraphQLObjectType) and type_.interfaces and self._maybe(0.4):
            return self._chance.choice(type_.interfaces)
        return type_

    def _fragment(self, type_: Any, depth: int) -> str:
        known = [name for name, (on, _) in self._made.fragments.items() if on == type_.name]
        if known and self._maybe(0.4):
            return f"...{self._chance.choice(known)}{self._directive()}"
        selections = self._selections(type_, depth)
        name = f"F{len(self._made.fragments)}"
        self._made.fragments[name] = (type_.name, selections)
        return f"...{name}{self._directive()}"

    def _field(self, type_: Any, depth: int) -> str:
        self._made.fields_left -= 1
        if self._maybe(0.08):
            return self._aliased("__typename", "") + self._directive()
        fields: Mapping[str, GraphQLField] = type_.fields
        leaves = [name for name, each in fields.items() if is_leaf_type(get_named_type(each.type))]
        is_ending = depth >= self._made.depth_left or self._made.fields_left < 0
        names = leaves if leaves and (is_ending or self._maybe(0.35)) else list(fields)
        if is_ending and not leaves:
            names = ["pageInfo"] if "pageInfo" in fields else list(fields)
        if "pageInfo" in fields and not is_ending and self._maybe(0.8):
            names = ["nodes", "edges"]
        name = self._chance.choice(names)
        definition = fields[name]
        named = get_named_type(definition.type)
        entity = ENTITY_OF.get(named.name.removesuffix("Connection"))
        arguments = self._values.arguments(definition.args, entity)
        # The same response key must mean the same everywhere, so every use gets its own alias.
        head = self._aliased(name, arguments) + arguments
        if is_leaf_type(named):
            return head + self._directive()
        self._made.heads.append((type_.name, head, named))
        return f"{head}{self._directive()} {self._selections(named, depth + 1)}"

    def _aliased(self, name: str, arguments: str) -> str:
        if not arguments and self._maybe(0.7):
            return name
        return f"a{self._chance.randrange(10**9)}: {name}"

    def _directive(self) -> str:
        if not self._maybe(0.08):
            return ""
        name = self._chance.choice(["skip", "include"])
        if self._maybe(0.5):
            return f" @{name}(if: {self._chance.choice(['true', 'false'])})"
        condition = self._values.variable(None, lambda: self._maybe(0.5), "Boolean!")
        return f" @{name}(if: {condition})"
