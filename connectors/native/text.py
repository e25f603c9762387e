"""JSON text as SQL: constants and expressions, put together with `||`.

`json_build_object` takes twice as long, and `jsonb` longer still and changes the order of keys;
the figures stand in docs/performance.md. A text with `||` is `NULL` as soon as one of its parts
is, so every part that may be missing is coalesced.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from connectors.nest import DOUBT, Form


class Expression(str):
    """An expression of SQL that gives text. A plain `str` beside it is JSON that is known."""

    __slots__ = ()


Parts: TypeAlias = Sequence[str]
"""A text in pieces: known JSON, and expressions."""

NULL = "null"
# Quoted text is copied by `to_char`; a quote in it needs a backslash.
_MOMENT = r'"\""YYYY-MM-DD"T"HH24:MI:SS.MS"Z\""'
_FIRST_MOMENT, _AFTER_LAST = "'0001-01-01T00:00:00Z'", "'10000-01-01T00:00:00Z'"
_INT_MAX = 2**31 - 1


def constant(text: str) -> Expression:
    """A text literal. Everything in it comes from the plan: names, numbers, punctuation."""
    quoted = text.replace("'", "''")
    return Expression(f"'{quoted}'")


def put_together(parts: Parts) -> Expression:
    """One expression for all parts.

    Halves are put together before the whole: `a || b || c || d` would copy what has grown so far
    at every step.
    """
    merged: list[str] = []
    for part in parts:
        is_known = not isinstance(part, Expression)
        if is_known and merged and not isinstance(merged[-1], Expression):
            merged[-1] += part
        else:
            merged.append(part)
    return _halves([each if isinstance(each, Expression) else constant(each) for each in merged])


def _halves(parts: Sequence[Expression]) -> Expression:
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return Expression(f"({_halves(parts[:middle])} || {_halves(parts[middle:])})")


def or_else(value: Expression, *, is_required: bool) -> Expression:
    """A text, or where it is missing what stands for that."""
    return Expression(f"coalesce({value}, {constant(DOUBT if is_required else NULL)})")


def string(value: str) -> Expression:
    """A text as a JSON string."""
    return Expression(f"to_json({value})::text")


def text_of(value: str) -> Expression:
    """A value in PostgreSQL's own spelling."""
    return Expression(f"({value})::text")


def is_moment(column: str) -> str:
    """Whether a time is one of the calendar: neither infinite nor of a year without four digits."""
    return f"{column} >= {_FIRST_MOMENT} AND {column} < {_AFTER_LAST}"


def written(column: str, form: Form) -> Expression:
    """The value of a column as JSON; `NULL` where it is, `DOUBT` where there is no JSON for it."""
    match form:
        case Form.TEXT:
            return string(column)
        case Form.DECIMAL:
            return put_together(['"', text_of(column), '"'])
        case Form.DATETIME:
            moment = f"to_char({column} AT TIME ZONE 'UTC', {constant(_MOMENT)})"
            return _known(column, is_moment(column), moment)
        case Form.INTEGER:
            fits = f"{column} BETWEEN {-_INT_MAX - 1} AND {_INT_MAX}"
            return _known(column, fits, text_of(column))
        case _:
            return text_of(column)


def _known(column: str, condition: str, text: str) -> Expression:
    return Expression(
        f"CASE WHEN {condition} THEN {text} WHEN {column} IS NOT NULL THEN {constant(DOUBT)} END"
    )


def members(pairs: Iterable[tuple[str, Parts]]) -> list[str]:
    """A JSON object of keys, which need no escaping, and texts."""
    parts: list[str] = []
    for key, text in pairs:
        parts += [f'{"," if parts else "{"}"{key}":', *text]
    return [*parts, "}" if parts else "{}"]


def listed(items: str) -> Expression:
    """A JSON array of items that are put together with commas; empty where they are `NULL`."""
    return put_together(["[", Expression(f"coalesce({items}, '')"), "]"])
