"""Columns as they are in the database: how they compare there exactly as canonical values do."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeEngine

from connectors.mapping.value import text as written

Clause = sa.ColumnElement[Any]


class Unpushable(Exception):
    """This comparison would not mean the same in the database; it is done over the rows."""


class Family(enum.Enum):
    """Types that compare alike."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    ZONED = "zoned"
    UUID = "uuid"
    OTHER = "other"


_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_LARGEST = 2**63
_DIGITS = 60
_COLLATIONS: Mapping[str, str] = MappingProxyType({"postgresql": "C", "sqlite": "BINARY"})


def family(kind: TypeEngine[Any], dialect: str) -> Family:
    """The family of a reflected type; `OTHER` where the database compares in ways of its own."""
    match kind:
        case postgresql.CITEXT() | sa.String():
            is_padded = isinstance(kind, sa.CHAR) and dialect == "postgresql"
            return Family.TEXT if dialect in _KNOWN and not is_padded else Family.OTHER
        case sa.DateTime() if dialect in {"postgresql", "mysql"}:
            return Family.ZONED if is_zoned(kind, dialect) else Family.MOMENT
        case sa.Float() if dialect != "sqlite":
            return Family.OTHER
        case sa.Boolean() if dialect != "postgresql":
            return Family.OTHER
    return next((found for type_, found in _FAMILIES if isinstance(kind, type_)), Family.OTHER)


_FAMILIES = (
    (sa.Integer, Family.INTEGER),
    (sa.Numeric, Family.NUMBER),
    (sa.Uuid, Family.UUID),
    (sa.Boolean, Family.BOOLEAN),
)
_KNOWN = frozenset({"postgresql", "mysql", "sqlite"})


def is_zoned(kind: TypeEngine[Any], dialect: str) -> bool:
    """Whether values of the type are moments rather than what a clock on the wall shows."""
    if dialect == "mysql":
        return isinstance(kind, mysql.TIMESTAMP)
    return isinstance(kind, sa.DateTime) and bool(kind.timezone)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table or query. `zone` is that of times without one."""

    name: str
    kind: TypeEngine[Any]
    dialect: str
    zone: ZoneInfo
    is_nullable: bool = True

    @property
    def family(self) -> Family:
        """How it compares."""
        return family(self.kind, self.dialect)

    @property
    def clause(self) -> Clause:
        """The column as it is."""
        return sa.column(self.name)

    @property
    def exact(self) -> Clause:
        """The column so that it compares and sorts as canonical values do: texts by code point."""
        if self.family is not Family.TEXT:
            return self.clause
        if self.dialect == "mysql":
            unicode = sa.cast(self.clause, mysql.CHAR(charset="utf8mb4"))
            return sa.cast(unicode, sa.LargeBinary)
        plain = self.clause
        if isinstance(self.kind, postgresql.CITEXT | sa.Enum):
            plain = sa.cast(self.clause, sa.Text)
        return plain.collate(_COLLATIONS[self.dialect])

    def as_text(self) -> Clause:
        """The column written out, for types of which nothing is known."""
        kind = mysql.CHAR(charset="utf8mb4") if self.dialect == "mysql" else sa.Text()
        return sa.cast(self.clause, kind)

    def bound(self, value: Any) -> Clause:
        """A canonical value for comparing with `exact`; raises `Unpushable`."""
        match self.family:
            case Family.TEXT if isinstance(value, str):
                return _text(value, self.dialect)
            case Family.INTEGER | Family.NUMBER if isinstance(value, int | Decimal):
                return _number(value, self.dialect)
            case Family.BOOLEAN if isinstance(value, bool):
                return sa.literal(value, sa.Boolean)
            case Family.ZONED | Family.MOMENT if isinstance(value, datetime):
                return self._moment(value)
            case Family.UUID if isinstance(value, UUID):
                return sa.literal(value, sa.Uuid)
        raise Unpushable

    def _moment(self, value: datetime) -> Clause:
        if self.family is Family.ZONED and self.dialect == "postgresql":
            return sa.literal(value, sa.DateTime(timezone=True))
        zone = UTC if self.family is Family.ZONED else self.zone
        try:
            wall = value.astimezone(zone).replace(tzinfo=None)
        except OverflowError:  # the first or last hours of the calendar
            raise Unpushable from None
        if wall.replace(tzinfo=zone).astimezone(UTC) != value:  # the repeated hour in autumn
            raise Unpushable
        return sa.literal(wall, sa.DateTime)

    def native(self, key: str) -> Any:
        """A key in the column's own type, or `None` where no such key can be in the column."""
        match self.family:
            case Family.INTEGER:
                fits = _INTEGER.fullmatch(key) and -_LARGEST <= int(key) < _LARGEST
                return int(key) if fits else None
            case Family.NUMBER:
                return _native(Decimal, key)
            case Family.UUID:
                return _native(UUID, key)
        return None if "\0" in key and self.dialect == "postgresql" else key


def _native(kind: type[Decimal | UUID], key: str) -> Any:
    try:
        value = kind(key)
        return value if written(value) == key else None
    except (ValueError, InvalidOperation):
        return None


def _is_handy(value: Decimal) -> bool:
    """Whether a number has few digits: `1e999999` is short to write and long to expand."""
    return abs(value.adjusted()) < _DIGITS and len(value.as_tuple().digits) < _DIGITS


def _text(value: str, dialect: str) -> Clause:
    if dialect == "mysql":
        return sa.literal(value.encode(), sa.LargeBinary)
    if dialect == "postgresql" and "\0" in value:
        raise Unpushable
    return sa.literal(value, sa.Text)


def _number(value: int | Decimal, dialect: str) -> Clause:
    if isinstance(value, Decimal) and not _is_handy(value):
        raise Unpushable
    if isinstance(value, int) or (value == value.to_integral_value() and dialect == "sqlite"):
        whole = int(value)
        if -_LARGEST <= whole < _LARGEST:
            return sa.literal(whole, sa.BigInteger)
    if dialect != "sqlite":
        return sa.literal(Decimal(value), sa.Numeric(asdecimal=True))
    near = float(value)
    if Decimal(repr(near)) != value:  # SQLite knows no exact fractions
        raise Unpushable
    return sa.literal(near, sa.Float)
