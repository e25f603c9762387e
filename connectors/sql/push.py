"""Filters, keys and orders as SQL, wherever they mean the same in the database."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from connectors.contract import And, Compare, Filter, Op, Or, Order
from connectors.mapping import Translation, split_key
from connectors.sql.column import Clause, Column, Family, Unpushable
from connectors.sql.table import Table
from domain.entity import FieldType
from domain.filter import NEGATIVE

_FAMILIES: Mapping[FieldType, frozenset[Family]] = MappingProxyType(
    {
        FieldType.TEXT: frozenset({Family.TEXT}),
        FieldType.INTEGER: frozenset({Family.INTEGER, Family.NUMBER}),
        FieldType.DECIMAL: frozenset({Family.INTEGER, Family.NUMBER}),
        FieldType.BOOLEAN: frozenset({Family.BOOLEAN}),
        FieldType.DATETIME: frozenset({Family.MOMENT, Family.ZONED}),
    }
)
_COMPARED: Mapping[Op, Callable[[Any, Any], Clause]] = MappingProxyType(
    {
        Op.LT: lambda found, value: found < value,
        Op.LTE: lambda found, value: found <= value,
        Op.GT: lambda found, value: found > value,
        Op.GTE: lambda found, value: found >= value,
    }
)
_POSITIVE = MappingProxyType(
    {
        Op.NE: Op.EQ,
        Op.NOT_IN: Op.IN,
        Op.NOT_CONTAINS: Op.CONTAINS,
        Op.NOT_STARTS_WITH: Op.STARTS_WITH,
    }
)


class Push:
    """Compiles what is asked about one entity for its table; raises `Unpushable`."""

    def __init__(self, translation: Translation, table: Table) -> None:
        self.translation = translation
        self.table = table
        self.keys = [table.columns[name] for name in translation.key_columns() or ()]

    def where(self, filter_: Filter) -> Clause:
        """A filter without `Not`."""
        match filter_:
            case And(parts):
                return sa.and_(sa.true(), *(self.where(each) for each in parts))
            case Or(parts):
                return sa.or_(sa.false(), *(self.where(each) for each in parts))
            case Compare(field, op, value):
                return self._compare(field, op, value)
        raise Unpushable

    def order(self, order: Sequence[Order]) -> list[Clause]:
        """Sort terms; missing values stand where the order says on every database."""
        return [term for each in order for term in self._terms(each)]

    def _terms(self, order: Order) -> list[Clause]:
        columns = self.keys if order.field == "record_id" else [self._plain(order.field)]
        terms: list[Clause] = []
        for column in columns:
            if column.family is Family.OTHER:
                raise Unpushable
            if column.is_nullable:
                missing = sa.case((column.clause.is_(None), 1), else_=0)
                terms.append(missing.desc() if order.nulls_first else missing)
            terms.append(column.exact.desc() if order.is_descending else column.exact.asc())
        return terms

    def matching(self, field: str, keys: Sequence[str]) -> Clause:
        """The rows whose key or reference is among these."""
        if field == "record_id" and len(self.keys) > 1:
            return sa.or_(sa.false(), *(self._same_parts(key) for key in keys))
        return among(self.column(field), keys)

    def column(self, field: str) -> Column:
        """The column of the key or of a reference."""
        if field == "record_id":
            return self.keys[0]
        return self.table.columns[self.translation.column_of(field) or ""]

    def partition(self, field: str) -> list[Clause]:
        """What tells the rows of one key from those of another."""
        columns = self.keys if field == "record_id" else [self.column(field)]
        return [each.exact for each in columns]

    def native(self, key: str) -> tuple[Any, ...] | None:
        """A record id in the types of the key columns; `None` where there can be no such record."""
        parts = split_key(key) if len(self.keys) > 1 else (key,)
        if len(parts) != len(self.keys):
            return None
        found = tuple(each.native(part) for each, part in zip(self.keys, parts, strict=True))
        return None if None in found else found

    def _same_parts(self, key: str) -> Clause:
        parts = split_key(key)
        if len(parts) != len(self.keys):
            return sa.false()
        return sa.and_(*(among(each, [part]) for each, part in zip(self.keys, parts, strict=True)))

    def _plain(self, field: str) -> Column:
        column = self.table.columns.get(self.translation.column_of(field) or "")
        value_type = self.translation.entity.fields[field].value_type
        if column is None or column.family not in _FAMILIES.get(value_type, ()):
            raise Unpushable
        return column

    def _compare(self, field: str, op: Op, value: Any) -> Clause:
        if op in NEGATIVE:
            return self._negative(field, op, value)
        if field == "record_id":
            return self._compare_key(op, value)
        if field.removesuffix("_ref") in self.translation.mapping.references:
            return self._compare_reference(field, op, value)
        if self.translation.mapped_column(field) is not None:
            return self._compare_mapped(field, op, value)
        return compared(self._plain(field), op, value)

    def _negative(self, field: str, op: Op, value: Any) -> Clause:
        name = self.translation.column_of(field)
        if name is None:
            raise Unpushable
        missing = self.table.columns[name].clause.is_(None)
        return sa.or_(missing, sa.not_(self._compare(field, _POSITIVE[op], value)))

    def _compare_reference(self, field: str, op: Op, value: Any) -> Clause:
        column = self.column(field)
        if op in {Op.EQ, Op.IN}:
            return among(column, [value] if op is Op.EQ else list(value))
        if op is Op.IS_NULL and column.family in {Family.INTEGER, Family.UUID}:
            return column.clause.is_(None) if value else column.clause.is_not(None)
        raise Unpushable

    def _compare_mapped(self, field: str, op: Op, value: Any) -> Clause:
        column = self.table.columns[self.translation.mapped_column(field) or ""]
        if op not in {Op.EQ, Op.IN} or column.family not in {Family.TEXT, Family.INTEGER}:
            raise Unpushable
        wanted = [value] if op is Op.EQ else list(value)
        return sa.or_(sa.false(), *(self._chosen(field, column, each) for each in wanted))

    def _chosen(self, field: str, column: Column, value: object) -> Clause:
        choice = self.translation.raw_choice(field, value)
        inside = among(column, choice.words)
        if not choice.is_complement:
            return inside
        return sa.or_(column.clause.is_(None), sa.not_(inside))

    def _compare_key(self, op: Op, value: Any) -> Clause:
        if op in {Op.EQ, Op.IN}:
            return self.matching("record_id", [value] if op is Op.EQ else list(value))
        if op is Op.IS_NULL:
            missing = sa.or_(*(each.clause.is_(None) for each in self.keys))
            return missing if value else sa.not_(missing)
        if op not in _COMPARED:
            return self._as_text(op, value)
        native = self.native(value)
        if native is None:
            return sa.false()
        return past(
            self.keys, op, [k.bound(each) for k, each in zip(self.keys, native, strict=True)]
        )

    def _as_text(self, op: Op, value: Any) -> Clause:
        if len(self.keys) > 1 or self.keys[0].family is not Family.TEXT:
            raise Unpushable
        return compared(self.keys[0], op, value)


def past(columns: Sequence[Column], op: Op, values: Sequence[Clause]) -> Clause:
    """The rows on one side of a composite value, compared part by part."""
    steps: list[Clause] = []
    same: list[Clause] = []
    strict = Op.LT if op in {Op.LT, Op.LTE} else Op.GT
    for column, value in zip(columns, values, strict=True):
        steps.append(sa.and_(*same, _COMPARED[strict](column.exact, value)))
        same.append(column.exact == value)
    if op in {Op.LTE, Op.GTE}:
        steps.append(sa.and_(*same))
    return sa.or_(*steps)


def among(column: Column, keys: Sequence[str]) -> Clause:
    """The rows whose column is one of these texts, in the column's own type."""
    if column.family in {Family.OTHER, Family.BOOLEAN, Family.MOMENT, Family.ZONED}:
        return column.as_text().in_([sa.literal(key, sa.Text) for key in keys])
    natives = [native for key in keys if (native := column.native(key)) is not None]
    if not natives:
        return sa.false()
    return _in(column, natives)


def _in(column: Column, values: Sequence[Any]) -> Clause:
    inside = column.exact.in_([column.bound(each) for each in values])
    if column.family is not Family.TEXT or column.dialect != "mysql":
        return inside
    # What is equal by code point is equal in any collation: this part can use the index.
    return sa.and_(column.clause.in_([sa.literal(each, sa.String) for each in values]), inside)


def compared(column: Column, op: Op, value: Any) -> Clause:
    """One comparison of a plain column; missing values fail it."""
    match op:
        case Op.IS_NULL:
            return column.clause.is_(None) if value else column.clause.is_not(None)
        case Op.EQ:
            return sa.and_(column.clause.is_not(None), _in(column, [value]))
        case Op.IN:
            return _in(column, list(value)) if value else sa.false()
        case Op.CONTAINS | Op.STARTS_WITH if column.family is Family.TEXT:
            return _found_in(column, op, value)
    if op not in _COMPARED:
        raise Unpushable
    return _COMPARED[op](column.exact, column.bound(value))


def _found_in(column: Column, op: Op, value: str) -> Clause:
    """Positions instead of LIKE: nothing to escape, no folding of case."""
    part = column.bound(value)
    if op is Op.STARTS_WITH:
        length = len(value.encode()) if column.dialect == "mysql" else len(value)
        return sa.func.substr(column.exact, 1, length) == part
    if column.dialect == "postgresql":
        return sa.func.strpos(column.exact, part) > 0
    return sa.func.instr(column.exact, part) > 0
