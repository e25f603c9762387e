"""The tokens of a document, and a walk along them."""

import re
from collections.abc import Callable
from typing import TypeVar

from graphql import Source
from graphql.language import NameNode

from resolvers.span import Span

MAX_NESTING = 100
"""How deep braces and brackets may be nested; graphql-core stops at twice of that."""

_TOKEN = re.compile(
    r"""[ \t\n,\ufeff]*(?:\#[^\n\ud800-\udfff]*[ \t\n,\ufeff]*)*(?:
    ( [A-Za-z_][0-9A-Za-z_]*
    | [!$():=@\[\]{}]
    | \.\.\.
    | "[^"\\\n\ud800-\udfff]*"(?!")
    | -?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z_.])
    | \Z
    ) | . )""",
    re.VERBOSE,
)
"""What is ignored, and then a token or, outside of the group, something that is not known here."""

NAME_STARTS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")


class Unusual(Exception):
    """Something that graphql-core is to read."""


Item = TypeVar("Item")


class Reader:
    """Walks along the tokens of a document; the last one is the empty text at its end.

    `Unusual` where there is something that is no token known here, or more than `max_tokens`.
    """

    def __init__(self, text: str, max_tokens: int) -> None:
        self.source = Source(text)
        found = [(each[1], each.start(1)) for each in _TOKEN.finditer(text)]
        self.values = [value for value, _ in found]
        self._starts = [start for _, start in found]
        self.at = 0
        self._depth = 0
        # graphql-core counts comments too.
        if None in self.values or len(found) + text.count("#") > max_tokens:
            raise Unusual

    def span(self, first: int) -> Span:
        """From a token to the one before the next."""
        last = self.at - 1
        end = self._starts[last] + len(self.values[last])
        return Span(self._starts[first], end, self.source)

    def take(self, value: str) -> None:
        """Go past a token that has to be there."""
        if self.values[self.at] != value:
            raise Unusual
        self.at += 1

    def name(self) -> NameNode:
        """A name."""
        at = self.at
        value = self.values[at]
        if value[:1] not in NAME_STARTS:
            raise Unusual
        self.at = at + 1
        start = self._starts[at]
        return NameNode(value=value, loc=Span(start, start + len(value), self.source))

    def many(
        self, opening: str, item: Callable[[], Item], closing: str, *, least: int = 1
    ) -> tuple[Item, ...]:
        """Items between two signs, at least so many."""
        self.take(opening)
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise Unusual
        items: list[Item] = []
        while self.values[self.at] != closing:
            items.append(item())
        if len(items) < least:
            raise Unusual
        self.at += 1
        self._depth -= 1
        return tuple(items)
