"""JSON text as SQL: constants and expressions, put together with `||`.

`json_build_object` takes twice as long, and `jsonb` longer still and changes the order of keys;
the figures stand in docs/performance.md. A text with `||` is `NULL` as soon as one of its parts
is, so every part that may be missing is coalesced.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Text, case, cast, func, literal_column

from connectors.nest import DOUBT, Form

Expression: TypeAlias = ColumnElement[Any]
Parts: TypeAlias = Sequence[str | Expression]
"""A text in pieces: JSON that is known, and expressions that give text."""

NULL = "null"
# Quoted text is copied by `to_char`; a quote in it needs a backslash.
_MOMENT = r'"\""YYYY-MM-DD"T"HH24:MI:SS.MS"Z\""'
_INT_MAX = 2**31 - 1


def constant(text: str) -> Expression:
    """A text literal. Everything in it comes from the plan: names, numbers, punctuation."""
    quoted = text.replace("'", "''")
    return literal_column(f"'{quoted}'", Text())


def put_together(parts: Parts) -> Expression:
    """One expression for all parts.

    Halves are put together before the whole: `a || b || c || d` would copy what has grown so far
    at every step.
    """
    merged: list[str | Expression] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return _halves([constant(each) if isinstance(each, str) else each for each in merged])


def _halves(parts: Sequence[Expression]) -> Expression:
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return _halves(parts[:middle]).op("||", return_type=Text())(_halves(parts[middle:]))


def or_else(value: Expression, *, is_required: bool) -> Expression:
    """A text, or where it is missing what stands for that."""
    return func.coalesce(value, constant(DOUBT if is_required else NULL))


def text_of(value: Expression) -> Expression:
    """A value in PostgreSQL's own spelling."""
    return cast(value, Text())


def string(value: Expression) -> Expression:
    """A text as a JSON string."""
    return text_of(func.to_json(value))


def written(value: Expression, form: Form) -> Expression:
    """A value as JSON; `NULL` where it is."""
    match form:
        case Form.TEXT:
            return string(value)
        case Form.DECIMAL:
            return put_together(['"', text_of(value), '"'])
        case Form.DATETIME:
            return func.to_char(value.op("AT TIME ZONE")(constant("UTC")), constant(_MOMENT))
        case Form.INTEGER:
            fits = value.between(literal_column(str(-_INT_MAX - 1)), literal_column(str(_INT_MAX)))
            return case((value.is_(None), None), (fits, text_of(value)), else_=constant(DOUBT))
        case _:
            return text_of(value)


def members(pairs: Iterable[tuple[str, Parts]]) -> list[str | Expression]:
    """A JSON object of keys, which need no escaping, and texts."""
    parts: list[str | Expression] = []
    for key, text in pairs:
        parts += [f'{"," if parts else "{"}"{key}":', *text]
    return [*parts, "}" if parts else "{}"]


def listed(items: Expression) -> Expression:
    """A JSON array of items that are put together with commas; empty where they are `NULL`."""
    return put_together(["[", func.coalesce(items, constant("")), "]"])
