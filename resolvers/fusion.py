"""Fusion at run time: rows that bring along, as JSON text, what hangs on them.

The text of a row is spliced into the answer as it is. What only we can say stands in holes: a
link that is signed here, a cursor, what a live source knows. Their values are read out of the text
as soon as it arrives, the live sources asked, and the holes filled when the answer is written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias
from uuid import UUID

import orjson

from connectors.contract import Nest, Row, Slices
from connectors.nest import BETWEEN, DOUBT, HOLE, WITNESS, Object, RelatedPage, Relation
from domain.entity import Entity, FieldType
from resolvers import cursor
from resolvers.place import Page
from resolvers.problem import UserError
from resolvers.run import Path, Run, Shape
from resolvers.scope import Paged, RowScope, Scope, Sliced, Work
from resolvers.selection import Limits

_BETWEEN: Final = BETWEEN.encode()
_DOUBT: Final = DOUBT.encode()
_HOLE: Final = HOLE.encode()
_WITNESS: Final = WITNESS.encode()

_READERS: Final[Mapping[FieldType, Callable[[str], object]]] = {
    FieldType.DATETIME: datetime.fromisoformat,
    FieldType.DECIMAL: Decimal,
    FieldType.UUID: UUID,
}


class Doubtful(Exception):
    """A text is worth nothing: the operation has to be executed without fusion.

    A required value was missing or out of range, so that a null has to find its place; or a hole
    failed in a list, where only the execution without fusion knows the path.
    """


@dataclass(slots=True)
class Hole:
    """A field that is completed here. Its values are kept among the rows of the run, at `index`.

    `prefix` leads from the object of the row to the one that has the field; it is none below a
    relation, where no path is known. `name` is the name of the function that completes it.
    """

    index: int
    key: str
    scope: RowScope
    name: str
    prefix: tuple[str, ...] | None
    complete: Shape | None = None

    def read(self, values: bytes) -> Row:
        """The row that the values in the text stand for."""
        fields = self.scope.entity.fields
        return tuple(
            value if value is None else _read(fields[name].value_type, value)
            for name, value in zip(self.scope.columns, orjson.loads(values), strict=True)
        )

    def fill(self, row: Row, place: int, path: Path, run: Run) -> bytes | None:
        """The JSON of the field; none where the object that has it must be null."""
        if self.complete is None:
            raise RuntimeError("a plan is used before its functions were compiled")
        known = len(run.errors)
        for part in self.prefix or ():
            path = path, part
        made = self.complete(row, place, path, run)
        if self.prefix is None and len(run.errors) > known:
            raise Doubtful
        if made is None:
            if self.prefix:
                raise Doubtful
            return None
        return orjson.dumps(made[self.key])


@dataclass(frozen=True, slots=True)
class CursorHole:
    """The cursor of a row in a page."""

    entity: Entity
    page: Paged

    def read(self, values: bytes) -> bytes:
        """The values as they are: they are read when the order is known."""
        return values

    def fill(self, row: bytes, _place: int, _path: Path, run: Run) -> bytes:
        """The cursor as JSON."""
        order = self.page.order(run)
        return orjson.dumps(cursor.of_values(orjson.loads(row), self.entity, order))


AnyHole: TypeAlias = Hole | CursorHole


@dataclass(slots=True)
class Fusion:
    """What is fused into the rows of one scope. Its texts are the last values of the rows.

    It is collected while the plan is made: an object for each selection set on the rows, with
    the relations in them and the step of each. `bind` ends that.
    """

    items: list[Object] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    steps: list[Sliced] = field(default_factory=list)
    holes: dict[int, AnyHole] = field(default_factory=dict)
    page: RelatedPage | None = None
    nest: Nest = field(init=False)
    has_witness: bool = field(default=False, init=False)
    _kept: tuple[Limits, Slices] | None = field(default=None, init=False)

    def bind(self, functions: Mapping[str, Shape]) -> None:
        """Make the nest, and give the holes the functions that complete them."""
        self.nest = Nest(tuple(self.items), tuple(self.relations), self.page)
        self.has_witness = self.nest.has_witness
        for each in self.holes.values():
            if isinstance(each, Hole):
                each.complete = functions[each.name]

    @property
    def scopes(self) -> Sequence[Scope]:
        """Those of the holes that are completed here."""
        return [each.scope for each in self.holes.values() if isinstance(each, Hole)]

    @property
    def is_page(self) -> bool:
        """Whether there is one text for a whole page of rows."""
        return self.page is not None

    def slices(self, run: Run) -> Slices:
        """Which part of each relation is wanted; the same object where it is always the same."""
        limits = run.context.limits
        if self._kept is not None and self._kept[0] is limits:
            return self._kept[1]
        is_constant = all(step.is_constant for step in self.steps)
        try:
            slices = Slices(tuple([step.slice(run) for step in self.steps]), is_constant)
        except UserError as exc:
            # An argument is wrong: an error of its field, at a path that is not known here.
            raise Doubtful from exc
        if is_constant:
            self._kept = limits, slices
        return slices

    def open(self, run: Run, rows: list[Row]) -> Sequence[Work]:
        """Take the texts apart at their holes; gives the steps that hang on these."""
        for place, row in enumerate(rows):
            text: Any = row[-1]
            if _DOUBT in text:
                raise Doubtful
            if self.has_witness:
                text, _, told = text.partition(_WITNESS)
                run.witnesses.append(told)
                rows[place] = (*row[:-1], text)
            if len(self.items) > 1:
                texts = text.split(_BETWEEN)
                rows[place] = (*row[:-1], [self._parts(run, each) for each in texts])
            elif self.holes:
                rows[place] = (*row[:-1], self._parts(run, text))
        live = [each for each in self.holes.values() if isinstance(each, Hole)]
        return [(step, run.rows[each.index]) for each in live for step in each.scope.steps]

    def _parts(self, run: Run, text: bytes) -> Any:
        """The text in pieces; in place of a hole its number and the place of its row."""
        if _HOLE not in text:
            return text
        parts: list[Any] = text.split(_HOLE)
        for place in range(1, len(parts), 2):
            number, _, values = parts[place].partition(b":")
            index = int(number)
            rows = run.rows[index]
            rows.append(self.holes[index].read(values))
            parts[place] = index, len(rows) - 1
        return parts

    def completer(self, number: int) -> Shape:
        """The function that gives one of the objects of a row."""

        def complete(row: Row, _place: int, path: Path, run: Run) -> Any:
            text: Any = row[-1]
            if len(self.items) > 1:
                text = text[number]
            return (
                orjson.Fragment(text) if text.__class__ is bytes else self._filled(text, path, run)
            )

        return complete

    def page_completer(self, index: int) -> Shape:
        """The function that gives the object of a page of the step with an index."""

        def complete(page: Page, _place: int, path: Path, run: Run) -> Any:
            text: Any = run.rows[index][page.start][-1]
            if text.__class__ is bytes:
                return orjson.Fragment(text)
            return self._filled(text, path, run)

        return complete

    def _filled(self, text: Sequence[Any], path: Path, run: Run) -> Any:
        """JSON that is spliced in; none where the object must be null."""
        pieces: list[bytes] = []
        for part in text:
            if part.__class__ is bytes:
                pieces.append(part)
                continue
            index, place = part
            filled = self.holes[index].fill(run.rows[index][place], place, path, run)
            if filled is None:
                return None
            pieces.append(filled)
        return orjson.Fragment(b"".join(pieces))


def _read(value_type: FieldType, value: Any) -> object:
    reader = _READERS.get(value_type)
    return value if reader is None else reader(value)
