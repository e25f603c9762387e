"""What a plan resolver answers: where the value of a field comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from resolvers.scope import PageScope, Scope, Step, ValueScope


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar, an enum value or a list of these: Python source over the row `r` and the run."""

    expression: str


@dataclass(frozen=True, slots=True)
class Inline:
    """An object made of the same row, where `condition` (Python source) is not `None`.

    `expression` is what the object's own fields read from; its rows have the parent's position.
    """

    scope: Scope
    expression: str = "r"
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list of mappings that the row holds: Python source that gives the list."""

    scope: ValueScope
    expression: str


@dataclass(frozen=True, slots=True)
class PageRows:
    """The rows of the page `r`."""

    page: PageScope


@dataclass(frozen=True, slots=True)
class One:
    """The row that a step found for the parent."""

    step: Step
    scope: Scope


@dataclass(frozen=True, slots=True)
class Many:
    """The rows that a step found for the parent."""

    step: Step
    scope: Scope


@dataclass(frozen=True, slots=True)
class Connection:
    """The page that a step found for the parent."""

    step: Step
    scope: PageScope


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A row of one of several types that a step found: the scope and rows of each type."""

    step: Step
    scopes: Mapping[str, Scope]
    indexes: Mapping[str, int]
    is_list: bool


Value: TypeAlias = Leaf | Inline | Items | PageRows | One | Many | Connection | AnyOf
