"""Statements built with SQLAlchemy, as text and arguments for asyncpg."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import CompoundSelect, Insert, Select, Update
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

Clause: TypeAlias = Select[Any] | CompoundSelect[str, int] | Insert | Update


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text, and the names of its arguments `$1`, `$2` … in this order."""

    text: str
    arguments: tuple[str, ...]

    def values(self, named: Mapping[str, object]) -> Sequence[object]:
        """The arguments, each from its name."""
        return [named[name] for name in self.arguments]


@cache
def dialect() -> PGDialect_asyncpg:
    """PostgreSQL as asyncpg speaks to it."""
    return PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy types no dialect


def compiled(clause: Clause) -> Statement:
    """Compile a statement. Costs about a millisecond: keep what it gives."""
    made = clause.compile(dialect=dialect())
    return Statement(str(made), tuple(made.positiontup or ()))
