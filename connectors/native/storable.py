"""Comparisons with values that no column of PostgreSQL can hold, and what they come to.

A text with U+0000 or half a surrogate pair, an integer beyond 64 bits: PostgreSQL would refuse the
whole statement, although the answer is clear, since no stored value equals them.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import cast

from domain.entity import Field, FieldType
from domain.filter import NEGATIVE, And, Compare, Filter, Op, Or

_BIGINT = 2**63
_NUMERIC_DIGITS = 131_000  # before the decimal point; PostgreSQL's limit is 131,072
_AFTER_SURROGATES = "\ue000"
_TEXTS = frozenset({FieldType.TEXT, FieldType.ENUM})
DOUBTFUL = _TEXTS | {FieldType.INTEGER, FieldType.DECIMAL}
"""The types some of whose values cannot be stored."""

_NEVER, _ALWAYS = Or(()), And(())


def is_text(text: str) -> bool:
    """Whether a column could hold the text: all of Unicode but U+0000 and half characters."""
    if text.isascii():
        return "\0" not in text
    return _bad_position(text) is None


def is_storable(field: Field, value: object) -> bool:
    """Whether a column for this field could hold the value."""
    match value:
        case str():
            return is_text(value)
        case bool():
            return True
        case int() if field.value_type is FieldType.INTEGER:
            return -_BIGINT <= value < _BIGINT
        case Decimal():
            return not value.is_finite() or value.adjusted() < _NUMERIC_DIGITS
        case _:
            return value is not None


def settled(compare: Compare, field: Field) -> Filter:
    """The same comparison, free of values that cannot be stored."""
    if compare.op is Op.IS_NULL:
        return compare
    if compare.op in {Op.IN, Op.NOT_IN}:
        values = cast("Sequence[object]", compare.value)
        kept = tuple(each for each in values if is_storable(field, each))
        return Compare(compare.field, compare.op, kept)
    if is_storable(field, compare.value):
        return compare
    return _settled_order(compare, field)


def _settled_order(compare: Compare, field: Field) -> Filter:
    if compare.op in NEGATIVE:
        return _ALWAYS
    is_below = compare.op in {Op.LT, Op.LTE}
    if not is_below and compare.op not in {Op.GT, Op.GTE}:
        return _NEVER
    if field.value_type in _TEXTS and isinstance(compare.value, str):
        return _beside(compare.field, compare.value, is_below=is_below)
    is_huge = bool(cast("Decimal", compare.value) > 0)
    return Compare(compare.field, Op.IS_NULL, False) if is_huge is is_below else _NEVER


def _beside(field: str, text: str, *, is_below: bool) -> Filter:
    """Compare with the nearest text that can be stored: texts sort by code point."""
    position = _bad_position(text) or 0
    prefix = text[:position]
    if text[position] == "\0":
        return Compare(field, Op.LTE if is_below else Op.GT, prefix)
    return Compare(field, Op.LT if is_below else Op.GTE, prefix + _AFTER_SURROGATES)


def _bad_position(text: str) -> int | None:
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:
        zero = text.find("\0", 0, error.start)
        return error.start if zero < 0 else zero
    return text.index("\0") if b"\0" in encoded else None
