"""Documents with something changed by chance: most are broken, some of them hardly visibly."""

import random
import re
from collections.abc import Callable, Sequence

from graphql import GraphQLSchema, is_enum_type

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|\S')
_VALUE = re.compile(r"(?<=: )(?:\{[^{}]*\}|\[[^\[\]]*\]|[^\s,(){}\[\]]+)")
_FRAGMENT = re.compile(r"\.\.\.[^{}]*\{[^{}]*\}|fragment[^{}]*\{[^{}]*\}|\w+ \{[^{}]*\}|\$\w+: \S+")
_LITERALS = (
    '"a"',
    "1",
    "1.5",
    "99999999999",
    "true",
    "null",
    "[]",
    "[null]",
    "{}",
    "OPEN",
    "$v0",
    "$v1",
    "[$v0]",
    "{eq: $v0}",
    '{id: "x"}',
    '{id: $v0, email: "x"}',
    "[[1]]",
    '"2026-01-01T00:00:00Z"',
)
_PIECES = (
    "... on Customer { id }",
    "... on Node { id }",
    "... on Nothing { id }",
    "... { name }",
    "... @include(if: true) { name }",
    "...F0",
    "...F1",
    "@skip(if: true)",
    "@skip(if: $v0)",
    "@include(if: true, if: false)",
    "@skip(if: true) @skip(if: true)",
    "@include",
    "@nothing",
    "@deprecated",
    "first: 1",
    "(first: 1)",
    "(first: $v0)",
    "(first: 1, first: 2)",
    "where: {}",
    "query Other { me { name } }",
    "query Other($v0: ID!) { node(id: $v0) { id } }",
    "{ me { name } }",
    "subscription { me { name } }",
    "mutation { logInteraction(input: {}) { problems { code } } }",
    "fragment F0 on Customer { id }",
    "fragment F9 on Customer { ...F9 }",
    "fragment F9 on String { id }",
    "$v0: Int",
    "$v0: Int!",
    "$v0: [ID!]! = []",
    "$v0: Customer",
    "($v0: Int)",
    "(",
    ")",
    "{",
    "}",
    "!",
    ": ",
    "__typename",
    "__schema { types { name } }",
    '__type(name: "X") { name }',
    "id: name",
    "name: id",
    "nodes { id }",
    "x: nodes { __typename }",
    "= 1",
    "= null",
    "on",
    "type A { a: Int }",
)


class Mutation:
    """Changes documents over a schema. Values in `others` are put into them too."""

    def __init__(
        self, schema: GraphQLSchema, chance: random.Random, *, others: Sequence[str] = ()
    ) -> None:
        self._chance = chance
        self._values = [*_LITERALS, *(each for text in others for each in _VALUE.findall(text))]
        self._pieces = [*_PIECES, *(each for text in others for each in _FRAGMENT.findall(text))]
        names = set(schema.type_map)
        for type_ in schema.type_map.values():
            names.update(getattr(type_, "fields", {}))
            names.update(type_.values if is_enum_type(type_) else ())
        self._names = sorted(names)
        self._changes = (
            self._renamed,
            self._without,
            self._with,
            self._other_value,
            self._without_brackets,
            self._swapped,
            self._repeated,
        )

    def changed(self, text: str) -> str:
        """The document with one to three changes."""
        for _ in range(self._chance.choice([1, 1, 1, 2, 3])):
            tokens = _TOKEN.findall(text)
            text = " ".join(self._chance.choice(self._changes)(tokens)) if tokens else text
        return text

    def _place(self, tokens: Sequence[str], is_meant: Callable[[str], bool]) -> int:
        places = [n for n, each in enumerate(tokens) if is_meant(each)]
        return self._chance.choice(places or range(len(tokens)))

    def _renamed(self, tokens: list[str]) -> list[str]:
        at = self._place(tokens, str.isidentifier)
        own = [each for each in tokens if each.isidentifier()] or self._names
        name = self._chance.choice(self._chance.choice([own, self._names]))
        return [*tokens[:at], name, *tokens[at + 1 :]]

    def _without(self, tokens: list[str]) -> list[str]:
        at = self._chance.randrange(len(tokens))
        return [*tokens[:at], *tokens[at + self._chance.choice([1, 1, 2, 3]) :]]

    def _with(self, tokens: list[str]) -> list[str]:
        at = self._chance.randrange(len(tokens) + 1)
        return [*tokens[:at], self._chance.choice(self._pieces), *tokens[at:]]

    def _other_value(self, tokens: list[str]) -> list[str]:
        at = self._place(tokens, ":".__eq__) + 1
        return [*tokens[:at], self._chance.choice(self._values), *tokens[at + 1 :]]

    def _span(self, tokens: list[str]) -> tuple[int, int]:
        start = self._place(tokens, lambda each: each in set("({["))
        depth = 0
        for end in range(start, len(tokens)):
            depth += (tokens[end] in set("({[")) - (tokens[end] in set(")}]"))
            if depth <= 0:
                return start, end + 1
        return start, len(tokens)

    def _without_brackets(self, tokens: list[str]) -> list[str]:
        start, end = self._span(tokens)
        return [*tokens[:start], *tokens[end:]]

    def _swapped(self, tokens: list[str]) -> list[str]:
        one, other = sorted(self._chance.randrange(len(tokens)) for _ in range(2))
        tokens[one], tokens[other] = tokens[other], tokens[one]
        return tokens

    def _repeated(self, tokens: list[str]) -> list[str]:
        start, end = self._span(tokens)
        inner = tokens[start + 1 : end - 1]
        return [*tokens[: start + 1], *inner, *inner, *tokens[end - 1 :]]
