"""Entries as bytes that any process of the same release reads back exactly as they were.

JSON, in which whatever is no plain JSON is an object with a tag: decimals, moments, UUIDs, numbers
that JSON cannot hold, and every mapping.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson

from connectors.cache.entry import Entry

_MAX_INT: Final = 2**53 - 1
"""The largest whole number that every JSON reader takes as it is."""


class Unfit(Exception):
    """A value that is not canonical, or bytes that are not of here."""


def encoded(entry: Entry, tokens: Sequence[str]) -> bytes:
    """An entry with the tokens that it is bound to. Raises `Unfit`."""
    rows = [[_plain(value) for value in row] for row in entry.rows]
    try:
        return orjson.dumps([list(tokens), entry.asked_at, entry.is_partial, rows])
    except TypeError as exc:
        raise Unfit(str(exc)) from exc


def decoded(data: bytes) -> tuple[Entry, tuple[str, ...]]:
    """An entry and its tokens. Raises `Unfit`."""
    try:
        tokens, asked_at, is_partial, rows = orjson.loads(data)
        kept = tuple(tuple(_value(each) for each in row) for row in rows)
        return Entry(kept, float(asked_at), bool(is_partial)), tuple(tokens)
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as exc:
        raise Unfit(f"these bytes hold no entry ({exc})") from exc


def _plain(value: Any) -> Any:  # noqa: PLR0911  # one line for each type
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) <= _MAX_INT else {"i": str(value)}
        case float():
            return value if math.isfinite(value) else {"f": repr(value)}
        case Decimal():
            return {"d": str(value)}
        case datetime() if value.tzinfo is not None:
            return {"t": value.astimezone(UTC).isoformat()}
        case UUID():
            return {"u": value.hex}
        case list():
            return [_plain(each) for each in value]
        case tuple():
            return {"s": [_plain(each) for each in value]}
        case Mapping():
            return {"m": [[_plain(name), _plain(each)] for name, each in value.items()]}
    raise Unfit(f"a {type(value).__name__} is no canonical value")


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_value(each) for each in plain]
    if not isinstance(plain, dict):
        return plain
    ((tag, held),) = plain.items()
    return _READERS[tag](held)


_READERS: Final[Mapping[str, Any]] = {
    "i": int,
    "f": float,
    "d": Decimal,
    "t": datetime.fromisoformat,
    "u": UUID,
    "s": lambda held: tuple(_value(each) for each in held),
    "m": lambda held: {_value(name): _value(each) for name, each in held},
}
