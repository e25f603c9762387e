"""The values of a row as JSON text in SQL: scalars, lists, identifiers, and holes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, case, func, literal_column, select
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import JSONB

from connectors.native.text import (
    NULL,
    Expression,
    Parts,
    constant,
    listed,
    members,
    or_else,
    put_together,
    string,
    text_of,
    written,
)
from connectors.nest import DOUBT, HOLE, Constant, Entry, Hole, Identifier, Items, Scalar, Texts
from domain.entity import Entity, FieldType

ValuePiece = Scalar | Texts | Identifier | Items | Hole
"""What is made of the fields of a row alone."""

_COMMA = constant(",")


@dataclass(frozen=True, slots=True)
class RowText:
    """Writes values of `rows`, which are rows of `entity` under the name that they have there."""

    rows: FromClause
    entity: Entity

    def value(self, piece: ValuePiece) -> Parts:
        """The text of a piece."""
        match piece:
            case Scalar():
                return [self._scalar(piece)]
            case Texts():
                return [self._texts(piece)]
            case Identifier():
                return self._identifier(piece)
            case Items():
                return [self._items(piece)]
            case Hole(number, fields):
                return self.hole(number, fields)

    def _column(self, field: str) -> Expression:
        return self.rows.c[field]

    def _missing(self, field: str, value: Expression, *, is_required: bool) -> Expression:
        if self.entity.fields[field].required:
            return value
        return or_else(value, is_required=is_required)

    def _scalar(self, piece: Scalar) -> Expression:
        value = written(self._column(piece.field), piece.form)
        return self._missing(piece.field, value, is_required=piece.is_required)

    def _texts(self, piece: Texts) -> Expression:
        column = self._column(piece.field)
        text: Expression = text_of(column)
        if piece.has_required_items:
            with_null = column.op("@>", is_comparison=True)(_json("[null]"))
            text = case((with_null, constant(DOUBT)), else_=text)
        return self._missing(piece.field, text, is_required=piece.is_required)

    def _identifier(self, piece: Identifier) -> Parts:
        types = {self.entity.fields[each].value_type for each in piece.fields}
        parts: list[str | Expression] = []
        for field in piece.fields:
            parts += [":" if parts else f"{piece.prefix}:", self._plain(field)]
        if types == {FieldType.UUID}:
            return ['"', *parts, '"']
        return [string(put_together(parts))]

    def _plain(self, field: str) -> Expression:
        is_text = self.entity.fields[field].value_type is FieldType.TEXT
        return self._column(field) if is_text else text_of(self._column(field))

    def _items(self, piece: Items) -> Expression:
        column = self._column(piece.field)
        item_value: ColumnElement[Any] = sql_column("value", JSONB())
        items = func.jsonb_array_elements(column).table_valued(item_value, name="i")
        items = items.render_derived(name="i")
        value = items.c.value
        parts = members((key, _entry(value, entry)) for key, entry in piece.members)
        nothing = constant(DOUBT if piece.has_required_items else NULL)
        item = case((value == _json(NULL), nothing), else_=put_together(parts))
        array = select(listed(func.string_agg(item, _COMMA))).select_from(items)
        text = case((column.is_not(None), array.correlate(self.rows).scalar_subquery()))
        return self._missing(piece.field, text, is_required=piece.is_required)

    def hole(self, number: int, fields: Sequence[str]) -> Parts:
        """Values for whoever asks, in a hole."""
        values = func.json_build_array(*(self._exact(each) for each in fields))
        return [f"{HOLE}{number}:", text_of(values), HOLE]

    def _exact(self, field: str) -> Expression:
        """A value that JSON keeps as it is; of decimals it would lose digits."""
        is_decimal = self.entity.fields[field].value_type is FieldType.DECIMAL
        return text_of(self._column(field)) if is_decimal else self._column(field)


def _entry(value: Expression, entry: Entry | Constant) -> Parts:
    if isinstance(entry, Constant):
        return [entry.json]
    text = text_of(value.op("->")(constant(entry.name)))
    if entry.is_required:
        text = func.nullif(text, constant(NULL))
    return [or_else(text, is_required=entry.is_required)]


def _json(text: str) -> Expression:
    return literal_column(f"'{text}'::jsonb", JSONB())
