"""The values of a row as JSON text in SQL: scalars, lists, identifiers, and holes."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.native.fragment import quoted
from connectors.native.text import (
    NULL,
    Expression,
    Parts,
    constant,
    is_moment,
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


@dataclass(frozen=True, slots=True)
class RowText:
    """Writes values of rows of `entity`, which go by `name` in the statement."""

    name: str
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

    def column(self, field: str) -> Expression:
        """A field of the row."""
        return Expression(f"{self.name}.{quoted(field)}")

    def _missing(self, field: str, value: Expression, *, is_required: bool) -> Expression:
        if self.entity.fields[field].required:
            return value
        return or_else(value, is_required=is_required)

    def _scalar(self, piece: Scalar) -> Expression:
        value = written(self.column(piece.field), piece.form)
        return self._missing(piece.field, value, is_required=piece.is_required)

    def _texts(self, piece: Texts) -> Expression:
        column = self.column(piece.field)
        text = text_of(column)
        if piece.has_required_items:
            with_null = f"{column} @> '[null]'::jsonb"
            text = Expression(f"CASE WHEN {with_null} THEN {constant(DOUBT)} ELSE {text} END")
        return self._missing(piece.field, text, is_required=piece.is_required)

    def _identifier(self, piece: Identifier) -> Parts:
        types = {self.entity.fields[each].value_type for each in piece.fields}
        parts: list[str] = []
        for field in piece.fields:
            parts += [":" if parts else f"{piece.prefix}:", self._plain(field)]
        if types == {FieldType.UUID}:
            return ['"', *parts, '"']
        return [string(put_together(parts))]

    def _plain(self, field: str) -> Expression:
        is_text = self.entity.fields[field].value_type is FieldType.TEXT
        return self.column(field) if is_text else text_of(self.column(field))

    def _items(self, piece: Items) -> Expression:
        column = self.column(piece.field)
        item = put_together(members((key, _entry(entry)) for key, entry in piece.members))
        nothing = constant(DOUBT if piece.has_required_items else NULL)
        item = Expression(f"CASE WHEN i.value = 'null'::jsonb THEN {nothing} ELSE {item} END")
        array = listed(f"string_agg({item}, ',')")
        text = Expression(
            f"CASE WHEN {column} IS NOT NULL THEN"  # noqa: S608  # names of the plan and of our own tables only
            f" (SELECT {array} FROM jsonb_array_elements({column}) AS i (value)) END"
        )
        return self._missing(piece.field, text, is_required=piece.is_required)

    def hole(self, number: int, fields: Sequence[str]) -> Parts:
        """Values for whoever asks, in a hole; `DOUBT` where a time among them is none."""
        text = text_of(f"json_build_array({', '.join(map(self._exact, fields))})")
        times = [self.column(each) for each in dict.fromkeys(fields) if self._is_time(each)]
        if times:
            is_doubtful = " OR ".join(f"NOT ({is_moment(each)})" for each in times)
            text = Expression(f"CASE WHEN {is_doubtful} THEN {constant(DOUBT)} ELSE {text} END")
        return [f"{HOLE}{number}:", text, HOLE]

    def _is_time(self, field: str) -> bool:
        return self.entity.fields[field].value_type is FieldType.DATETIME

    def _exact(self, field: str) -> Expression:
        """A value that JSON keeps as it is; of decimals it would lose digits."""
        is_decimal = self.entity.fields[field].value_type is FieldType.DECIMAL
        return text_of(self.column(field)) if is_decimal else self.column(field)


def _entry(entry: Entry | Constant) -> Parts:
    if isinstance(entry, Constant):
        return [entry.json]
    text = text_of(f"i.value -> {constant(entry.name)}")
    if entry.is_required:
        text = Expression(f"nullif({text}, 'null')")
    return [or_else(text, is_required=entry.is_required)]
