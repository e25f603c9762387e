"""What a plan resolver answers: where the value of a field comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from resolvers.scope import PageScope, Scope, Step, ValueScope


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar, an enum value or a list of these: Python source over the row `r` and the run.

    `column` is the field of the row that it is, where it is just that.
    """

    expression: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class GlobalId:
    """The global id of the row's record: a type, and the columns of the record's key."""

    expression: str
    type_name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowCursor:
    """The place of the row in the page that it is from."""

    expression: str


@dataclass(frozen=True, slots=True)
class EndCursor:
    """The place of the first or last row of the page `r`."""

    expression: str
    is_start: bool


@dataclass(frozen=True, slots=True)
class Inline:
    """An object made of the same row, where `condition` (Python source) is not `None`.

    `expression` is what the object's own fields read from; its rows have the parent's position.
    `column` is the field of the row that the condition is about, where it is just that.
    """

    scope: Scope
    expression: str = "r"
    condition: str | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list of mappings that the row holds: Python source that gives the list.

    `column` is the field of the row that it is, where it is just that.
    """

    scope: ValueScope
    expression: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class MissingSources:
    """The sources that could not add to the page `r`: Python source that gives their list."""

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


Value: TypeAlias = (
    Leaf
    | GlobalId
    | RowCursor
    | EndCursor
    | Inline
    | Items
    | MissingSources
    | PageRows
    | One
    | Many
    | Connection
    | AnyOf
)
