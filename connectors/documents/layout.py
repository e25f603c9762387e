"""Layouts: patterns that tell from the path of a document whose it is, and what."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Self

_TOKEN = re.compile(r"\{([A-Za-z_]\w*)\}|(\*\*/)|(\*)|([{}])|([^*{}]+)")


@dataclass(frozen=True, slots=True)
class Layout:
    """A pattern such as `customers/{customer}/{kind}/{name}`.

    `{name}` stands for something within one step of the path, `*` for anything there, `**/` for
    any number of steps.
    """

    pattern: str
    expression: re.Pattern[str]

    @classmethod
    def parsed(cls, pattern: str) -> Self:
        """Read a pattern; raises `ValueError` where it is none."""
        if not is_pattern_below(pattern):
            raise ValueError(
                "write a path below the folder, without a leading '/' and without '..'"
            )
        names = re.findall(r"\{(\w+)\}", pattern)
        if len(names) != len(set(names)):
            raise ValueError("a layout names each part once")
        return cls(pattern, re.compile("".join(map(_part, _TOKEN.finditer(pattern))), re.DOTALL))

    def parts(self, name: str) -> Mapping[str, str] | None:
        """The parts of a path by their names; `None` where it does not fit."""
        found = self.expression.fullmatch(name)
        return found.groupdict() if found else None

    @property
    def customer_head(self) -> str | None:
        """The folder that holds a folder for each customer, such as `customers/`, or the root.

        `None` where the layout does not begin with the customer.
        """
        head, token, rest = self.pattern.partition("{customer}/")
        is_plain = token and rest and not set("{}*") & set(head) and (not head or head[-1] == "/")
        return head if is_plain else None

    @property
    def depth(self) -> int | None:
        """How many steps the longest path has that fits; `None` where any number may."""
        return None if "**/" in self.pattern else self.pattern.count("/") + 1


def _part(token: re.Match[str]) -> str:
    name, steps, anything, brace, text = token.groups()
    if brace:
        raise ValueError("a brace stands alone; write parts as {customer}")
    if name:
        return f"(?P<{name}>[^/]+?)"
    if steps:
        return "(?:[^/]+/)*"
    return "[^/]*" if anything else re.escape(text)


def is_pattern_below(pattern: str) -> bool:
    """Whether a pattern stays below its folder."""
    parts = PurePosixPath(pattern).parts
    return bool(parts) and not pattern.startswith("/") and ".." not in parts
