"""Scopes and steps: the skeleton of a plan.

A scope is what a selection set reads from; it knows how the generated code reads a value
(`expression`) and which steps hang on its rows. A step leaves rows of further scopes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol, TypeAlias

from connectors.contract import Nest, Order, Row, Slice, Slices
from domain.entity import Entity
from resolvers.run import Run

Work: TypeAlias = "tuple[Step, Sequence[Any]]"
"""A step, and the parents for which it is to be done."""

KeyOf = Callable[[Any], tuple[Any, ...] | None]
"""The key of a row; none where a part of it is missing."""


class Scope(Protocol):
    """What a selection set is planned against."""

    steps: "list[Step]"
    fusion: "Fused | None"

    def column(self, name: str) -> str | None:
        """The field of the underlying row that a value is, where it is just that."""
        ...

    def expression(self, name: str) -> str:
        """Python source that reads a value of `r`."""
        ...

    def key(self, names: Sequence[str]) -> KeyOf:
        """A function that reads a key from a row."""
        ...


class Step(ABC):
    """One thing to do for all parents of a level.

    It leaves its rows in the run, each of them of one of the scopes in `outputs`, by the index
    under which they are kept. `below` is how many levels of steps need them, one after the other.
    """

    below = 0

    def __init__(self, index: int, outputs: Mapping[int, Scope]) -> None:
        self.index = index
        self.outputs = outputs

    @abstractmethod
    async def places(self, run: Run, parents: Sequence[Any]) -> Sequence[Any]:
        """Do it, and say for each parent the place where its own rows are."""


class Paged(Protocol):
    """A step that gives its rows in pages."""

    index: int

    def order(self, run: Run) -> tuple[Order, ...]:
        """The order in which the rows of a page stand."""
        ...


class Sliced(Protocol):
    """A step whose rows another may bring along."""

    @property
    def is_constant(self) -> bool:
        """Whether its slice is the same in all runs with the same limits."""
        ...

    def slice(self, run: Run) -> Slice:
        """Which rows are wanted; raises `UserError` where arguments are wrong."""
        ...


class Fused(Protocol):
    """What hangs on the rows of a scope where the rows bring it along, as one text each.

    If it `is_page`, there is one text for a whole page of rows.
    """

    nest: Nest

    @property
    def scopes(self) -> "Sequence[Scope]":
        """Those of what is still asked for when the rows are there."""
        ...

    @property
    def is_page(self) -> bool:
        """Whether the text is that of a page."""
        ...

    def slices(self, run: Run) -> Slices:
        """Which part of each relation is wanted in this run."""
        ...

    def open(self, run: Run, rows: list[Row]) -> Sequence[Work]:
        """Look into the texts of rows that have arrived; gives what is still to be done."""
        ...


class RowScope:
    """Rows of one entity. It collects the columns that are needed, in the order of first need.

    `page` is the step that gives the rows in pages, if one does; with
    `has_cursors` it brings along what cursors are made of. Rows that stand `is_apart` are there
    already: nothing is fused into them.
    """

    fusion: Fused | None = None

    def __init__(self, entity: Entity, *, is_apart: bool = False) -> None:
        self.entity = entity
        self.is_apart = is_apart
        self.steps: list[Step] = []
        self.page: Paged | None = None
        self.has_cursors = False
        self._positions: dict[str, int] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields that rows must have, by position."""
        return tuple(self._positions)

    def position(self, name: str) -> int:
        """Where in a row a field stands; asks for it where it is new."""
        if name not in self.entity.fields:
            raise KeyError(f"{self.entity.name} has no field '{name}'")
        return self._positions.setdefault(name, len(self._positions))

    def column(self, name: str) -> str:
        """The field itself."""
        return name

    def expression(self, name: str) -> str:
        """Python source that reads a field of the row `r`."""
        return f"r[{self.position(name)}]"

    def key(self, names: Sequence[str]) -> KeyOf:
        """A function that reads a key from a row."""
        return _complete(itemgetter(*(self.position(name) for name in names)), len(names))


class ValueScope:
    """A mapping, such as an e-mail address in a list or the payload of a mutation."""

    fusion: Fused | None = None

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def column(self, name: str) -> str:
        """The entry itself."""
        return name

    def expression(self, name: str) -> str:
        """Python source that reads an entry of the mapping `r`."""
        return f"r.get({name!r})"

    def key(self, names: Sequence[str]) -> KeyOf:
        """A function that reads a key from the mapping."""

        def read(row: Mapping[str, Any]) -> Any:
            values = tuple(row.get(name) for name in names)
            return values if len(values) > 1 else values[0]

        return _complete(read, len(names))


class PageScope:
    """A page of rows of a step: its attributes, and the rows between its bounds.

    It `may_fuse` into one text where there is one page in all, not one for each of many parents,
    and as long as nothing needs its rows one by one.
    """

    fusion: Fused | None = None

    def __init__(self, index: int, items: RowScope, *, may_fuse: bool = False) -> None:
        self.steps: list[Step] = []
        self.index = index
        self.items = items
        self.may_fuse = may_fuse

    def column(self, name: str) -> str:
        """The attribute itself."""
        return name

    def expression(self, name: str) -> str:
        """Python source that reads an attribute of the page `r`."""
        return f"r.{name}"

    def key(self, names: Sequence[str]) -> KeyOf:
        """No step hangs on a page itself."""
        raise TypeError(f"a page has no fields {list(names)} to follow")


def _complete(read: Callable[[Any], Any], width: int) -> KeyOf:
    if width == 1:

        def single(row: Any) -> tuple[Any, ...] | None:
            value = read(row)
            return None if value is None else (value,)

        return single

    def composite(row: Any) -> tuple[Any, ...] | None:
        values: tuple[Any, ...] = read(row)
        return None if None in values else values

    return composite
