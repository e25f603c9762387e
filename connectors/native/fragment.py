"""Fragments of statements: conditions and orders, compiled once and put into many statements.

SQLAlchemy takes milliseconds for a large statement. What clients write anew, the keys and fields of
an answer, is put together as text; what decides which rows are read is compiled by SQLAlchemy, once
for each way in which rows are looked up, and kept.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import ClauseElement

from connectors.native.selection import divided_conditions_of, ordering
from connectors.native.shape import Selection
from connectors.native.statement import Statement, dialect
from connectors.native.tables import TABLES
from domain.catalogue import ENTITIES

_KEPT = 1000
_ROWS = "q__"
"""The name of the table while fragments are compiled; it is replaced by the one in a statement."""

_ARGUMENT = re.compile(r"\$(\d+)")


@lru_cache(maxsize=1000)
def quoted(name: str) -> str:
    """A name of a column, in quotes where PostgreSQL needs them."""
    return dialect().identifier_preparer.quote(name)


@dataclass(frozen=True, slots=True)
class Argument:
    """Stands in a fragment for the place of an argument."""

    name: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """SQL in pieces: text, in which rows go by a name that is filled in, and arguments."""

    pieces: tuple[str | Argument, ...]


class Arguments:
    """Numbers the arguments of one statement in the order in which it names them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def place(self, name: str) -> str:
        """The place of an argument, such as `$3`."""
        return f"${self._numbers.setdefault(name, len(self._numbers) + 1)}"

    def put(self, fragment: Fragment, *, rows: str, prefix: str) -> str:
        """A fragment about rows that go by a name; its arguments have `prefix` before theirs."""
        return "".join(
            [
                self.place(prefix + each.name)
                if isinstance(each, Argument)
                else each.replace(_ROWS, rows)
                for each in fragment.pieces
            ]
        )

    def statement(self, text: str) -> Statement:
        """The statement of a text."""
        return Statement(text, tuple(self._numbers))


@dataclass(frozen=True, slots=True)
class Reading:
    """Which rows are read and how they are sorted: what stands behind `WHERE` and `ORDER BY`.

    `wheres` are several where the rows are read in several parts.
    """

    wheres: tuple[Fragment, ...]
    order: Fragment


@lru_cache(maxsize=_KEPT)
def reading(entity: str, match: tuple[str, ...], selection: Selection) -> Reading:
    """What a selection among rows that are looked up by `match` says."""
    rows = TABLES[entity].alias(_ROWS)
    parts = divided_conditions_of(selection, ENTITIES[entity], match, rows=rows)
    return Reading(
        wheres=tuple(
            _joined([_in_brackets(_compiled(each)) for each in conditions], " AND ")
            for conditions in parts
        ),
        order=_joined([_compiled(each) for each in ordering(selection.order, rows=rows)], ", "),
    )


def fragment_of(statement: Statement) -> Fragment:
    """A whole statement as a fragment of another."""
    return Fragment(tuple(_pieces(statement.text, dict(enumerate(statement.arguments, 1)))))


def _compiled(clause: ClauseElement) -> Fragment:
    made = clause.compile(dialect=dialect())
    names = dict(enumerate(made.positiontup or (), 1))  # type: ignore[attr-defined]  # of SQL
    return Fragment(tuple(_pieces(str(made), names)))


def _in_brackets(fragment: Fragment) -> Fragment:
    return Fragment(("(", *fragment.pieces, ")"))


def _pieces(text: str, names: Mapping[int, str]) -> Sequence[str | Argument]:
    parts = _ARGUMENT.split(text)
    return [Argument(names[int(each)]) if number % 2 else each for number, each in enumerate(parts)]


def _joined(fragments: Sequence[Fragment], between: str) -> Fragment:
    pieces: list[str | Argument] = []
    for fragment in fragments:
        pieces += [between, *fragment.pieces] if pieces else fragment.pieces
    return Fragment(tuple(pieces))
