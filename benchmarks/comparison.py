"""Whether contenders answer the same, which is looked at before anything is measured.

Times are compared as times and whole numbers as their text: both may be written in several ways.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)")


def data_of(answer: Mapping[str, Any], *, without: Collection[str] = ()) -> Any:
    """The data of an answer, in one form, without the fields that cannot be compared."""
    if answer.get("errors"):
        raise ValueError(f"an answer with errors: {answer['errors']}")
    return _plain(answer["data"], frozenset(without))


def first_difference(one: Any, other: Any, path: str = "data") -> str:
    """Where two values differ first, and how; nothing where they are equal."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return _first(lambda key: (one[key], other[key]), one, path)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return _first(lambda place: (one[place], other[place]), range(len(one)), path)
    return "" if one == other else f"{path}: {one!r} and {other!r}"


def _first(pair: Callable[[Any], tuple[Any, Any]], keys: Collection[Any], path: str) -> str:
    found = (first_difference(*pair(key), f"{path}.{key}") for key in keys)
    return next(filter(None, found), "")


def _plain(value: Any, without: Collection[str]) -> Any:
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if name not in without}
        return _nested({name: _plain(each, without) for name, each in kept.items()})
    if isinstance(value, list):
        return [_plain(each, without) for each in value]
    if isinstance(value, str) and _TIME.fullmatch(value):
        return datetime.fromisoformat(value)
    return str(value) if type(value) is int else value


def _nested(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """With `b` inside of `a` where a schema that cannot nest has the alias `a__b`."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        outer, _, inner = name.partition("__")
        if inner:
            found.setdefault(outer, {})[inner] = value
        else:
            found[name] = value
    return found
